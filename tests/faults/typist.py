"""A process that types, keeps drafts and saves until it is killed; it tells what it was promised.

Arguments: the site folder. Prints ``draft N`` once weight N is kept as a draft, ``saved N`` once it
is saved.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.load import load_study
from tests.clinic import Clinic

WEIGHT = "01-001/SCR/VS/WEIGHT"


def main(path: str) -> None:
    with Clinic(Path(path), load_study()).open() as session:
        key = locate(session.study, WEIGHT)
        assert isinstance(key, ItemKey)
        entry = Casebook(session).open(key.form)
        for n in count(1):
            entry.type(key, f"{40 + n / 10:.1f}")
            if n % 3:
                entry.keep_draft(key)
                print(f"draft {n}", flush=True)
            else:
                entry.save(complete=True, reason=ChangeReason("TYPO"))
                print(f"saved {n}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
