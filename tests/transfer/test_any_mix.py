"""Whatever mix of packages arrives, in whatever order: the sponsor's tables are the same bytes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.transfer.publish import AUDIT, CSV, write_datasets
from mrd_desktop.transfer.verdict import Verdict
from tests.transfer.route import CONSENT, Route, Store, fill
from tests.transfer.test_receive import new_subject

# The tables of a team belong to one store; here many copies of one take turns.
pytestmark = pytest.mark.soak

Fraction = Callable[[int, int], int]
GOOD = {Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.GAP}


def tables(store: Store, to: Path) -> dict[str, str]:
    """The digest of each CSV file."""
    with store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, to, (CSV, AUDIT))
    found = {
        str(p.relative_to(to)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in to.rglob("*.csv")
    }
    shutil.rmtree(to)
    return found


ACTS = ("new", "held", "released", "changed", "back")


def happen(route: Route, act: str, chance: Random, subjects: dict[str, str]) -> None:
    """What a site may do between two packages, also what releases or takes back earlier records."""
    if act in ("new", "held"):
        agreed = "Y" if act == "new" else "N"
        subjects[new_subject(route, ICDATA=agreed)] = agreed
    else:
        before = {"released": "N", "back": "Y"}.get(act)
        fitting = [s for s, a in subjects.items() if before in (None, a)] or list(subjects)
        subject = chance.choice(sorted(fitting))
        agreed = {"released": "Y", "back": "N"}.get(act, subjects[subject])
        subjects[subject] = agreed
        answers = {"ICVER": f"V{chance.randrange(100)}", "ICDATA": agreed}
        with route.clinic.open() as session:
            fill(session, f"{subject}/SCR/IC", {**CONSENT, **answers}, complete=False)


def test_any_mix_gives_the_same_tables(
    route: Route, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    empty = shutil.copytree(route.store.path, tmp_path / "empty")
    subjects: dict[str, str] = {}
    sent: list[tuple[Path, bool]] = []
    acts = ["new", "held", "released", "new", "back", *chance.choices(ACTS, k=fraction(7, 0))]
    for act in acts:
        happen(route, act, chance, subjects)
        full = len(sent) == 3 or chance.random() < 0.3
        sent.append((route.send(full=full).path, full))
    paths = [path for path, _ in sent]
    for arrival in route.store.take(*paths):
        assert arrival.fine
    wanted = tables(route.store, tmp_path / "wanted")
    assert any(full for _, full in sent[2:])
    told: set[Verdict] = set()
    for n in range(fraction(100, 4)):
        store = Store(shutil.copytree(empty, tmp_path / f"store{n}"), route.store.study)
        mix = chance.choices(paths, k=chance.randint(0, 2 * len(paths))) if n else list(paths)
        if chance.random() < 0.5:
            mix.sort()
        # Then what is missing is sent again: everything, or from the last full package on.
        fulls = [at for at, (_, full) in enumerate(sent) if full]
        begin = chance.choice(fulls) if fulls and chance.random() < 0.5 else 0
        arrivals = store.take(*mix, *paths[begin:])
        told |= {a.verdict for a in arrivals}
        assert {a.verdict for a in arrivals} <= GOOD, [a.reason for a in arrivals]
        assert tables(store, tmp_path / "found") == wanted, (n, [p.name for p in mix], begin)
        shutil.rmtree(store.path)
    assert Verdict.DUPLICATE in told
