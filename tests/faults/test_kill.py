"""kill -9 of a real command: what it acknowledged is there, and everything opens and verifies.

The moments of each act, many more of them, are in :mod:`tests.faults.test_points`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.ledger import store
from tests.clinic import Clinic
from tests.faults.processes import (
    command,
    lines_until_killed,
    renamed_story,
    signed_in,
    sound,
    started,
)

Fraction = Callable[[int, int], int]


@pytest.mark.soak
def test_every_acknowledged_save_survives(
    clinic: Clinic, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    acknowledged: dict[int, str] = {}
    rounds = fraction(100, 2)
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
