"""Five versions of the definition over 10,000 forms: how long the site waits; nothing is lost."""

from __future__ import annotations

from tests.benchmarks.ratio import Ratio
from tests.benchmarks.sites import scratch
from tests.clinic import make_clinic
from tests.transfer.five import VERSIONS, through_five
from tests.transfer.route import Route, acquaint, make_store, values

SUBJECTS, EACH = 100, 20
SECONDS = 60.0


def run() -> list[Ratio]:
    """Forms under each version in turn; the amendments are looked at and installed between."""
    with scratch() as folder:
        clinic = make_clinic(folder / "site")
        store = make_store(folder / "store", clinic.study)
        acquaint(clinic, store)
        (folder / "stick").mkdir()
        saved, took = through_five(
            Route(clinic, store, folder / "stick"), folder, subjects=SUBJECTS, each=EACH
        )
        with clinic.open() as session:
            held = values(session)
    lost = sum(held.get(address) != value for address, value in saved.items())
    forms = SUBJECTS * EACH * VERSIONS
    return [
        Ratio(
            f"{VERSIONS} versions over {forms:,} forms", took, SECONDS, "s", "a minute of waiting"
        ),
        Ratio(f"values lost of {len(saved):,}", lost, 1.0, "values", "none", hold=0.0),
    ]
