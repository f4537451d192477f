"""Which computer owns a subject, from facts alone and in any order of arrival."""

from __future__ import annotations

from itertools import permutations

import pytest

from mrd_desktop.record.owning import Fact, Standing, handed_again, standing

A, B, C = "a" * 26, "b" * 26, "c" * 26
MADE = Fact("created", A, 10, "2026-01-01")
HANDED = Fact("handed", A, 20, "2026-01-02", B, digest="d")
TOOK = Fact("received", B, 30, "2026-01-03", A, 20, "d")


def force(by: str, seq: int, day: int, upto: int) -> Fact:
    return Fact("received", by, seq, f"2026-01-{day:02}", A, upto, "x", forced=True, since=10)


def found(*facts: Fact) -> Standing:
    """The same in every order."""
    first, *others = (standing(order) for order in permutations(facts))
    assert all(other == first for other in others)
    return first


@pytest.mark.parametrize("day", [1, 9], ids=["before the receipt", "after the receipt"])
def test_a_claim_that_knew_nothing_of_the_handing_displaces_no_receipt(day: int) -> None:
    stale = force(C, 40, day, 15)
    now = found(MADE, HANDED, TOOK, stale)
    assert (now.owner, now.rivals, now.conflict) == (B, (stale,), True)


def test_what_was_received_is_not_taken_back() -> None:
    back = force(A, 40, 9, 20)
    assert (found(MADE, HANDED, TOOK, back).owner) == B


def test_what_was_taken_back_does_not_go_with_a_late_file() -> None:
    back = force(A, 21, 2, 20)
    assert (found(MADE, HANDED, TOOK, back).owner) == A


def test_without_a_receipt_the_claim_counts() -> None:
    claim = force(C, 40, 9, 15)
    now = found(MADE, HANDED, claim)
    assert (now.owner, now.conflict) == (C, False)
    assert [(s.chain, s.since, s.until) for s in now.segments] == [(A, 10, 15), (C, 40, None)]


def test_a_receipt_that_says_otherwise_is_none() -> None:
    other = Fact("received", B, 30, "2026-01-03", A, 20, "e")
    assert found(MADE, HANDED, other, force(C, 40, 9, 15)).owner == C


def test_handed_over_again_it_is_taken_by_either_handing() -> None:
    again = Fact("handed", A, 25, "2026-01-04", B, digest="e")
    waiting = found(MADE, HANDED, again)
    assert waiting.segments[-1].until == 25
    assert handed_again(waiting, A, B)
    assert not handed_again(waiting, A, C)
    assert not handed_again(waiting, B, B)
    took = Fact("received", B, 30, "2026-01-05", A, 25, "e")
    assert found(MADE, HANDED, again, took).segments[0].until == 25
    assert found(MADE, HANDED, again, TOOK).segments[0].until == 20


def test_handed_to_another_instead_goes_to_the_first() -> None:
    other = Fact("handed", A, 25, "2026-01-04", C, digest="e")
    assert found(MADE, HANDED, other).on_its_way == B
