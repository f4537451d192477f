"""Each flag of the trail's review: its seeded case is listed once, and its neighbour is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.insight.audit.rules import RULES, WORDS, Flag, Ground, flags
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.audit import TrailLine
from mrd_desktop.study.load import load_study
from mrd_desktop.vault.clock import Zone, stamp

GROUND = Ground(load_study(), Zone("CST", 480), limits())
MORNING = datetime.fromisoformat("2027-03-01T09:00:00+08:00")
VITALS = "01-001/SCR#1/VS#1"
WEIGHT = f"{VITALS}/A#1/WEIGHT"
RESULT = "01-001/SCR#1/MRD#1/R#1/RESULT"
VISIT_DAY = "01-001/SCR#1/SV#1/A#1/VISDAT"


@dataclass(frozen=True)
class Fact:
    """One record of a synthetic trail, so many minutes after its beginning."""

    kind: Kind
    address: str = ""
    minutes: float = 0
    user: str = "crc"
    more: tuple[tuple[str, JSON], ...] = ()


def fact(
    kind: Kind, address: str = "", minutes: float = 0, user: str = "crc", **more: JSON
) -> Fact:
    return Fact(kind, address, minutes, user, tuple(more.items()))


def value(address: str, minutes: float = 0, *, was: bool = False, **more: JSON) -> Fact:
    about: dict[str, JSON] = {"source": "entry", "value": "1", **more}
    if was:
        about["was"] = {"chain": "x", "seq": 1}
    return fact(Kind.ITEM_SET, address, minutes, **about)


def lines(facts: Sequence[Fact]) -> list[TrailLine]:
    return [
        TrailLine(
            "x", n, n, stamp(MORNING + timedelta(minutes=f.minutes)), f.user, "coordinator",
            f.kind.value, f.address or None, dict(f.more),
        )
        for n, f in enumerate(facts, 1)
    ]  # fmt: skip


def critical_place() -> str:
    """The address of a critical item at screening."""
    oid = sorted(GROUND.study.critical)[0]
    form, group, item = GROUND.study.places[oid]
    return f"01-001/SCR#1/{form.oid}#1/{group.name}#1/{item.name}"


BURST = limits().burst
DAY = 24 * 60
CASES: dict[Flag, tuple[list[Fact], int]] = {
    Flag.SIGNED: (
        [value(WEIGHT), fact(Kind.SIGNATURE_MADE, VITALS),
         value(WEIGHT, was=True, source="derived"),
         value(WEIGHT, was=True), value("01-001/SCR#1/PS#1/A#1/X", was=True)],
        4,
    ),
    Flag.CRITICAL: (
        [value(critical_place()), value(critical_place(), was=True), value(WEIGHT, was=True)],
        2,
    ),
    Flag.REMOVED: (
        [fact(Kind.ROW_ADDED, f"{VITALS}/A#2"), fact(Kind.ROW_REMOVED, f"{VITALS}/A#2"),
         fact(Kind.ROW_RESTORED, f"{VITALS}/A#2")],
        2,
    ),
    Flag.LATE: (
        [value(VISIT_DAY, value="2027-03-01"), fact(Kind.FORM_SAVED, VITALS, 5 * DAY),
         fact(Kind.FORM_SAVED, "01-001/SCR#1/PS#1", 6 * DAY),
         fact(Kind.FORM_SAVED, VITALS, 30 * DAY)],
        3,
    ),
    Flag.BURST: (
        [*(value(WEIGHT, 0.1 * n, was=True) for n in range(BURST)),
         *(value(WEIGHT, 60 + n, was=True) for n in range(BURST))],
        BURST,
    ),
    Flag.HOURS: (
        [fact(Kind.FORM_SAVED, VITALS), fact(Kind.FORM_SAVED, VITALS, 14 * 60),
         fact(Kind.FORM_SAVED, VITALS, 14 * 60 + 1)],
        2,
    ),
    Flag.TRIED: (
        [fact(Kind.ENTRY_SUPERSEDED, WEIGHT, check="X1", value="999"),
         fact(Kind.ENTRY_SUPERSEDED, WEIGHT, check="SECOND", value="60"),
         fact(Kind.ENTRY_SUPERSEDED, WEIGHT, check="X1", value="998"),
         fact(Kind.ENTRY_SUPERSEDED, WEIGHT, DAY, check="X1", value="997")],
        3,
    ),
    Flag.CLOCK: (
        [fact(Kind.SESSION_OPENED, time_quality="computer"),
         fact(Kind.CLOCK_NOTED, wall="x", last="y", reason="synthetic")],
        2,
    ),
    Flag.ACCESS: (
        [fact(Kind.ROLE_GRANTED, role="monitor"),
         fact(Kind.ROLE_GRANTED, role="coordinator+siteadmin", exception="synthetic"),
         fact(Kind.USER_CONFIRMED, second="pi"),
         fact(Kind.RESTORE_DONE, drill=True)],
        2,
    ),
}  # fmt: skip


def test_a_key_that_one_person_confirmed_is_flagged() -> None:
    found = flags(lines([fact(Kind.USER_CONFIRMED, exception="synthetic")]), GROUND)
    assert found == {1: (Flag.ACCESS,)}


def test_a_maker_who_confirmed_alone_without_a_reason_is_flagged() -> None:
    def one(kind: Kind, user: str, actor: str = "admin", **more: JSON) -> Fact:
        return Fact(kind, user=actor, more=(("user", user), *more.items()))

    here = [
        one(Kind.USER_ADDED, "admin"), one(Kind.USER_CONFIRMED, "admin"),  # whose folder it is
        one(Kind.USER_ADDED, "pi"), one(Kind.USER_ADDED, "second"),
        one(Kind.USER_CONFIRMED, "pi", second="crc"), one(Kind.USER_CONFIRMED, "pi", "second"),
        one(Kind.USER_CONFIRMED, "pi"),  # alone
        one(Kind.REVIEW_NOTED, "pi", "second", act="code_issued"),
        one(Kind.USER_CONFIRMED, "pi", "second", by="crc"),  # a maker, whatever it says
        one(Kind.USER_CONFIRMED, "admin"),  # nobody's own key a second time
        one(Kind.USER_ADDED, "m2", "m2", by="recovery", serial="1"),
        one(Kind.USER_CONFIRMED, "m2"),
    ]  # fmt: skip
    assert set(flags(lines(here), GROUND)) == {7, 9, 10, 11, 12}
    practice = [fact(Kind.CHAIN_CREATED, training=True), *here]
    assert set(flags(lines(practice), GROUND)) == {12}, "what the sheet made is told everywhere"
    lax = replace(GROUND.study.oversight, confirmed_by_another=False)
    ground = replace(GROUND, study=replace(GROUND.study, oversight=lax))
    assert set(flags(lines(here), ground)) == {11}


@pytest.mark.parametrize("flag", list(Flag))
def test_the_case_of_a_flag_is_found_once_and_by_its_own_rule(flag: Flag) -> None:
    facts, seq = CASES[flag]
    found = flags(lines(facts), GROUND)
    assert [n for n, said in found.items() if flag in said] == [seq]
    others = [f for f in Flag if f is not flag]
    assert not any(flag in said for said in flags(lines(facts), GROUND, others).values())


def test_every_flag_has_a_rule_and_words() -> None:
    assert list(RULES) == list(Flag) == list(WORDS)
    assert all(words.en and words.zh for words in WORDS.values())


@pytest.mark.parametrize(
    "facts",
    [
        [fact(Kind.SIGNIN_FAILED, minutes=n) for n in range(limits().failed)],
        [fact(Kind.SIGNIN_FAILED, gap=True)],
        [fact(Kind.USER_ADDED, by="recovery")],
        [fact(Kind.KEY_ROTATED, consent=None)],
        [
            fact(Kind.GENERATION_CHANGED, reason="yearly"),
            fact(Kind.GENERATION_CHANGED, reason="leak_suspected"),
        ],
        [fact(Kind.RESTORE_DONE)],
        [fact(Kind.SESSION_OPENED, time_quality="noted")],
        [fact(Kind.SESSION_OPENED, time_quality="ahead")],
        [
            fact(Kind.SESSION_OPENED, time_quality="confirmed"),
            fact(Kind.SESSION_OPENED, time_quality="unconfirmed"),
        ],
        [value(WEIGHT, was=True, cleared=True)],
    ],
)
def test_other_faces_of_the_same_flags(facts: list[Fact]) -> None:
    assert list(flags(lines(facts), GROUND)) == [len(facts)]


def test_what_is_saved_while_the_clock_may_be_ahead_is_flagged() -> None:
    facts = [
        fact(Kind.SESSION_OPENED, time_quality="ahead"),
        fact(Kind.FORM_SAVED, VITALS),
        fact(Kind.SESSION_OPENED, user="pi", time_quality="computer"),
        fact(Kind.FORM_SAVED, VITALS, user="pi"),
        fact(Kind.SIGNATURE_MADE, VITALS, meaning="review"),
        fact(Kind.SESSION_OPENED, time_quality="confirmed"),
        fact(Kind.FORM_SAVED, VITALS),
    ]
    assert list(flags(lines(facts), GROUND, [Flag.CLOCK])) == [1, 2, 5]


def test_a_few_failures_and_slow_changes_are_nothing() -> None:
    few = [fact(Kind.SIGNIN_FAILED, minutes=n) for n in range(limits().failed - 1)]
    assert flags(lines(few), GROUND) == {}


def test_what_is_closed_to_the_reader_is_passed_over() -> None:
    closed = TrailLine("x", 1, 1, stamp(MORNING), "crc", "coordinator", None, None, None)
    assert flags([closed], GROUND) == {}
