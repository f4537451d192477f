"""Synthetic subjects: nobody's data, without a hard finding, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from mrd_desktop.insight.synthetic import resident_id, stories
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.story import load_story
from tests.clinic import Clinic

TODAY = date(2027, 6, 30)


@pytest.mark.soak
def test_synthetic_subjects_have_no_hard_finding(
    clinic: Clinic, seed: int, fraction: Callable[[int, int], int]
) -> None:
    subjects = fraction(300, 3)
    with clinic.open() as session:
        book = Casebook(session)
        for story in stories("01", TODAY, subjects, seed, "01-001"):
            wrong = [
                (str(r.key), r.status, [x.check for x in r.reasons])
                for r in load_story(book, story)
                if r.status != "complete"
            ]
            assert wrong == []
            blocking = [f.check.id for f in book.findings(story.subject) if f.check.blocks]
            assert blocking == []
        assert len(book.subjects()) == subjects


def test_the_same_seed_gives_the_same_stories() -> None:
    one = list(stories("01", TODAY, 12, 5, "01-004"))
    assert one == list(stories("01", TODAY, 12, 5, "01-004"))
    other = list(stories("01", TODAY, 12, 6, "01-004"))
    assert [s.subject for s in one] == [s.subject for s in other]
    assert one != other
    assert one[0].subject == "01-004"


def test_nobody_is_meant_and_nothing_lies_ahead() -> None:
    for story in stories("01", TODAY, 40, 8, "01-001"):
        for record in story.records:
            if record.form == "ID":
                assert str(record.items["IDNO"]).startswith("990101")
                assert str(record.items["PATNAME"]).startswith("测试")
            dates = [v for k, v in record.items.items() if k.endswith("DAT")]
            assert [d for d in dates if isinstance(d, str) and d > TODAY.isoformat()] == []


def test_identity_numbers_have_their_check_digit() -> None:
    number = resident_id(date(1978, 9, 2), 22)
    assert len(number) == 18
    weights = [2**n % 11 for n in range(17, -1, -1)]
    digits = [10 if c == "X" else int(c) for c in number]
    assert sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 1
