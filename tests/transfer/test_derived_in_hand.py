"""Derived items of a row in hand: the same contents are computed once, other ones anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer import derived
from mrd_desktop.transfer.derived import Derivations

STUDY = load_study()
LAB = STUDY.by_form["LAB"]
GROUPS = tuple(g for g in LAB.groups if not g.repeating)
KEY = FormKey(EventKey("01-001", "UNS"), "LAB")
TODAY = date(2027, 6, 30)


@pytest.fixture(scope="module")
def nothing() -> Iterator[Connection]:
    """A database that holds nothing: what is in hand is enough."""
    with create_engine("sqlite://").connect() as conn:
        yield conn


def rows(chance: Random, count: int) -> Iterator[Sequence[Sequence[Any]]]:
    """Recorded rows that differ in few items each, results and limits near one another."""
    entered = [(g, i) for g in GROUPS for i in g.items if not i.derived and not i.codelist]
    stands: dict[tuple[str, str], tuple[str | None, str | None]] = {
        (g.name, i.name): ("5", None) for g, i in entered
    }
    (performed,) = (g for g in GROUPS if "PERF" in g.by_name)
    for _ in range(count):
        group, item = chance.choice(entered)
        told = chance.choice([("4", None), ("5", None), ("6", None), (None, "NK")])
        stands[group.name, item.name] = told
        stands[performed.name, "PERF"] = (chance.choice(["Y", "Y", "Y", "N"]), None)
        yield [
            (1, 1, group, item, value, 0, missing)
            for (group, item), (value, missing) in stands.items()
        ]


@pytest.mark.parametrize("kept", [4_096, 2], ids=["all are kept", "few are kept"])
def test_what_was_computed_before_is_what_would_be_computed_now(
    nothing: Connection, seed: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derived, "_KEPT", kept)
    lasting = Derivations(nothing, STUDY, LAB, GROUPS, TODAY)
    different = set()
    for told in rows(Random(seed), 300):
        anew = Derivations(nothing, STUDY, LAB, GROUPS, TODAY)
        found = list(lasting.of(KEY, 1, told))
        assert found == list(anew.of(KEY, 1, told))
        different.add(tuple(answer.value for _, _, answer in found))
    assert len(different) > 50, "the rows differ in what they compute to"
