"""The trail narrowed by what is typed, on the screen, in the file and on the command line alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mrd_desktop.insight.audit.finding import fitting
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.audit import TrailLine
from mrd_desktop.study.load import load_study
from mrd_desktop.vault.clock import Zone

STUDY = load_study()
WEIGHT = "01-001/SCR#1/VS#1/A#1/WEIGHT"


def line(seq: int, at: str, user: str, kind: Kind, address: str | None = None) -> TrailLine:
    return TrailLine("x", seq, seq, at, user, "coordinator", kind.value, address, {})


LINES = (
    line(1, "2027-05-31T15:59:00.000Z", "crc", Kind.SESSION_OPENED),
    line(2, "2027-05-31T16:01:00.000Z", "crc", Kind.ITEM_SET, WEIGHT),
    line(3, "2027-06-02T01:00:00.000Z", "inv", Kind.FORM_REMOVED, "01-002/SCR#1/VS#1"),
    line(4, "2027-07-02T01:00:00.000Z", "inv", Kind.QUERY_OPENED, "01-001"),
    line(5, "2028-02-29T01:00:00.000Z", "cra", Kind.PRINTED),
)


def test_a_statement_about_a_recipient_and_a_failed_sign_in_are_found_by_what_they_are() -> None:
    at = "2028-03-01T01:00:00.000Z"
    trusted, failed = (
        line(1, at, "admin", Kind.TRUST_PINNED),
        line(2, at, "crc", Kind.SIGNIN_FAILED),
    )
    stated = replace(trusted, seq=3, content={"place": {"jurisdiction": "CN"}})
    lines = (trusted, replace(failed, content={"user": "nurse7", "n": 7, "at": at}), stated)

    def found(typed: str) -> list[int]:
        return [x.seq for x in fitting(lines, typed, STUDY, Zone("CST", 480))]

    assert found("接收方") == [3]
    assert found("recipient stated") == [3]
    assert found("nurse7") == [2]
    assert found("信任密钥") == [1, 3]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", [1, 2, 3, 4, 5]),
        ("01-001", [2, 4]),
        ("01-00", []),
        ("inv", [3, 4]),
        ("2027-05", [1]),
        ("2027-06-01", [2]),
        ("2027-06", [2, 3]),
        ("2027-06-02..2027-07-02", [3, 4]),
        ("2027-06-02..", [3, 4, 5]),
        ("2028", [5]),
        ("2028-02", [5]),
        ("2027-13", []),
        ("体重", [2]),
        ("WEIGHT 01-001", [2]),
        ("VS.WEIGHT", [2]),
        ("移除", [3]),
        ("inv 2027-07", [4]),
        ("crc 2027-07", []),
    ],
)
def test_what_is_typed_narrows_the_trail(typed: str, found: Sequence[int]) -> None:
    said = [x.seq for x in fitting(LINES, typed, STUDY, Zone("CST", 480))]
    assert said == list(found)
