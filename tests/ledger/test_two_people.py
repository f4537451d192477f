"""What takes two people is refused in a chain without their signatures."""

from __future__ import annotations

import pytest

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Header, Kind, RecordClass
from mrd_desktop.ledger.trust import SIGNED_KINDS, Mistrust, Trust
from mrd_desktop.ledger.verify import SIGNATURES, verify_records
from tests.ledger.kit import Site, database

CHAIN = "a" * 26
FORCED: dict[str, JSON] = {"subject": "S-1", "forced": True, "user": "pi", "second": "admin"}
SHEET: dict[str, JSON] = {"generation": 2, "recovery": "R-2", "user": "pi", "second": "admin"}
UPDATE: dict[str, JSON] = {"act": "program_updated", "user": "pi", "second": "admin"}
BRANCH: dict[str, JSON] = {"seq": 3, "held": {"seq": 9}, "user": "pi", "second": "admin"}


def header() -> Header:
    return Header(
        v=1, suite=1, at="2026-01-01T00:00:00Z", c="0" * 64, chain=CHAIN, cls=RecordClass.CODED,
        end=True, prev="0" * 64, seq=9, session="b" * 26, txn=3,
    )  # fmt: skip


@pytest.mark.parametrize("signed", [{}, {"signed": None}, {"signed": []}], ids=str)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.SUBJECT_RECEIVED, FORCED),
        (Kind.GENERATION_CHANGED, SHEET),
        (Kind.BRANCH_RESOLVED, BRANCH),
        (Kind.REVIEW_NOTED, UPDATE),
    ],
    ids=["take-over by force", "new recovery sheet", "two histories", "update"],
)
def test_it_is_refused_unsigned(kind: Kind, body: dict[str, JSON], signed: dict[str, JSON]) -> None:
    with pytest.raises(Mistrust):
        Trust(CHAIN).learn(kind, header(), {**body, **signed})


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.SUBJECT_RECEIVED, FORCED),
        (Kind.GENERATION_CHANGED, SHEET),
        (Kind.BRANCH_RESOLVED, BRANCH),
        (Kind.REVIEW_NOTED, UPDATE),
    ],
    ids=["take-over by force", "new recovery sheet", "two histories", "update"],
)
def test_the_walk_along_a_chain_finds_it(kind: Kind, body: dict[str, JSON]) -> None:
    with database() as conn:
        site = Site(conn)
        site.write(Entry(kind, RecordClass.CODED, body))
        verdict = verify_records(site.records(), site.chain, True)
    assert verdict.check(SIGNATURES).seq == 4


def test_whoever_walks_shows_every_kind_that_is_judged() -> None:
    assert set(Trust(CHAIN).kinds) <= SIGNED_KINDS


def test_an_ordinary_one_needs_no_second_person() -> None:
    Trust(CHAIN).learn(Kind.SUBJECT_RECEIVED, header(), {"subject": "S-1", "seq": 4})
    Trust(CHAIN).learn(Kind.GENERATION_CHANGED, header(), {"generation": 2, "reason": "closed"})
