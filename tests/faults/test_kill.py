"""kill -9 at any moment: what was acknowledged is there, and everything opens and verifies."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import ItemKey
from mrd_desktop.transfer.inspect import verify_package
from tests.clinic import Clinic
from tests.faults.processes import (
    command,
    lines_until_killed,
    renamed_story,
    signed_in,
    sound,
    started,
)
from tests.faults.typist import WEIGHT
from tests.transfer.route import SPONSOR, Route, values

Fraction = Callable[[int, int], int]


@pytest.mark.soak
def test_every_acknowledged_save_survives(
    clinic: Clinic, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    acknowledged: dict[int, str] = {}
    rounds = fraction(1000, 4)
    for n in range(rounds):
        story = renamed_story(tmp_path, f"01-{n + 1:04d}")
        line = command("desktop", "load", clinic.path, story, "--jsonl", *signed_in(clinic.path))
        told = lines_until_killed(started(line), chance, chance.randint(1, 17), 0.08)
        acknowledged |= {x["seq"]: x["address"] for x in map(json.loads, told)}
        if n % 20 and n < rounds - 1:
            continue  # a walk each time would cost more than the kills
        with clinic.open() as session:
            assert sound(session)
            with session.reading() as conn:
                saved = {
                    r.header.seq: r.body["address"]
                    for r in store.records(conn, session.folder.chain)
                    if r.opening is not None and r.kind.value == "form.saved"
                }
        assert acknowledged.items() <= saved.items()
    assert len(acknowledged) >= rounds


@pytest.mark.soak
def test_what_was_typed_is_a_draft_or_a_record(
    charted: Clinic, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    typist = [sys.executable, "-m", "tests.faults.typist", str(charted.path)]
    for _ in range(fraction(200, 3)):
        told = lines_until_killed(started(typist), chance, chance.randint(2, 12), 0.05)
        promised = int(told[-1].split()[1])
        with charted.open() as session:
            assert sound(session)
            key = locate(session.study, WEIGHT)
            assert isinstance(key, ItemKey)
            entry = Casebook(session).open(key.form)
            shown = entry.field(key).text
            assert round((float(shown) - 40) * 10) >= promised
            entry.discard()


@pytest.mark.soak
def test_an_export_is_whole_or_not_there(
    charted_route: Route, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    site, stick = charted_route.clinic.path, charted_route.stick
    line = command("desktop", "export", site, "--to", stick, *signed_in(site))
    begun = time.monotonic()
    first = started(line)
    assert first.wait() == 0
    whole = time.monotonic() - begun
    for _ in range(fraction(200, 4)):
        _kill(line, chance.uniform(0.3, 1.05) * whole)
        with charted_route.clinic.open() as session:
            assert sound(session)
            for file in stick.glob("*.mrdpkg"):
                wrong = [c for c in verify_package(file, session) if c.ok is False]
                assert wrong == [], file.name
    charted_route.send()
    arrivals = charted_route.store.take(*sorted(stick.glob("*.mrdpkg")))
    assert [a for a in arrivals if not a.fine] == []
    with charted_route.clinic.open() as here, charted_route.store.open() as there:
        assert sound(there)
        assert values(there).items() <= values(here).items()
        assert len(values(there)) > 100


@pytest.mark.soak
def test_a_receipt_is_all_or_nothing(charted_route: Route, seed: int, fraction: Fraction) -> None:
    chance = Random(seed)
    package = charted_route.send().path
    place = charted_route.store.path
    for n in range(fraction(200, 4)):
        copied = charted_route.copy(charted_route.stick.parent / f"round-{n}")
        store_path = copied.store.path
        line = command("sponsor", "receive", store_path, package, *signed_in(place, SPONSOR))
        _kill(line, chance.uniform(0.5, 3.0))
        with copied.store.open() as session:
            assert sound(session)
            before = len(values(session))
        assert before == 0 or before > 100
        (arrival,) = copied.store.take(package)
        assert arrival.verdict.value == ("duplicate" if before else "accepted")


def _kill(line: list[str], after: float) -> None:
    process = started(line)
    time.sleep(after)
    process.kill()
    process.communicate()
