"""The update of a signed bundle, for ``dev.py bundle --update``: one file to carry to the clinics.

Runs with the Python of the clean environment, after the bundle was signed; signs the statement with
``ssh-keygen`` and the same key. Notes are a JSON file with ``en`` and ``zh``; an order to go back
names versions and says why, in both languages, as ``why_en`` and ``why_zh`` of the same file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.texts import Text
from mrd_desktop.transfer.update import UpdateRefused, write


def signed(key: Path, message: bytes) -> str:
    """The armored signature of a statement; a passphrase is asked for by ssh-keygen."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "statement"
        file.write_bytes(message)
        subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", Namespace.UPDATE, file], check=True
        )
        return file.with_name("statement.sig").read_text("ascii")


def main(args: Sequence[str]) -> int:
    """Write the update and say where it is."""
    parser = argparse.ArgumentParser(prog="updatefile.py")
    parser.add_argument("folder", type=Path)
    parser.add_argument("to", type=Path)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--notes", type=Path, required=True)
    parser.add_argument("--minimum", required=True)
    parser.add_argument("--back", nargs="*", default=())
    asked = parser.parse_args(args)
    try:
        said = json.loads(asked.notes.read_text("utf-8"))
        notes = Text(said["en"], said["zh"])
        why = Text(said["why_en"], said["why_zh"]) if asked.back else Text("", "")
        path = write(
            asked.folder, asked.to, minimum=asked.minimum, notes=notes, back=asked.back, why=why,
            sign=lambda message: signed(asked.key, message),
        )  # fmt: skip
    except (UpdateRefused, OSError, KeyError, ValueError, subprocess.CalledProcessError) as wrong:
        print(f"No update was written: {wrong}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
