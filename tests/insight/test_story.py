"""The story of a subject: what the picture and the screen reader tell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from mrd_desktop.insight.chronicle import Strand, by_day, chronicle, when
from mrd_desktop.insight.story import Turn, VisitPoint, story
from mrd_desktop.study.load import load_study
from mrd_desktop.study.scene import Scene
from tests.insight.cases import PAUSED, died, seen
from tests.study.stories import records, scene, subject_data


def test_the_paused_patient() -> None:
    told = story(scene(load_study(), "01-002"))
    assert told.t0 == date(2025, 10, 20)
    assert [(p.status, str(p.start)) for p in told.treatments] == [
        ("INTERMISSION", "2025-10-20"),
        ("RESUMED", "2026-08-20"),
    ]
    results = [p.result for p in told.mrd]
    assert results.count("POSITIVE") == 2
    assert [str(p.day) for p in told.mrd if p.result == "POSITIVE"] == ["2026-07-21", "2026-08-11"]
    assert max(v.share for v in told.marker) == Decimal("0.584")
    assert {s.response for s in told.scans} == {"CR"}
    assert [v.percent for v in told.lvef] == [65, 66, 64, 63, 62, 63]


def test_a_dose_without_a_resumption_ends_the_bar_of_the_intermission() -> None:
    """As the analyses count it; the first dose is of 2026-08-20."""
    told = story(seen(PAUSED, "-*RES", "-*CONV"))
    assert [(p.status, str(p.start)) for p in told.treatments] == [
        ("INTERMISSION", "2025-10-20"),
        ("RESUMED", "2026-08-20"),
    ]


def test_a_visit_outside_its_window_is_marked_and_two_are_ahead() -> None:
    told = story(scene(load_study(), "01-002"))
    assert [v.label for v in told.visits if v.in_window is False] == ["M15"]
    assert [v.label for v in told.visits if v.day is None] == ["M21", "M24"]
    assert [v.label for v in told.visits if v.window is None] == ["UNS 1", "UNS 2"]
    assert told.last == date(2027, 11, 3)  # the window of month 24 closes
    assert told.first == date(2025, 9, 24)


def test_a_window_that_closed_without_a_visit_is_missed() -> None:
    kept = [r for r in records("01-002") if r["visit"] in ("SCR", "C0")]
    told = story(Scene(load_study(), subject_data(load_study(), "01-002", kept, date(2026, 3, 1))))
    assert [(v.label, v.missed) for v in told.visits if v.day is None] == [
        ("W06", True),
        ("M03", True),
        ("M06", False),
        ("M09", False),
    ]


def test_nothing_is_ahead_of_the_dead() -> None:
    told = story(seen("01-002", died("2027-05-03")))
    assert told.ended == date(2027, 5, 3)
    assert not [v for v in told.visits if v.day is None]


def test_a_screen_failure_has_no_treatment_and_no_windows() -> None:
    told = story(scene(load_study(), "01-001"))
    assert told.t0 is None
    assert told.treatments == ()
    assert [v.label for v in told.visits] == ["SCR"]
    assert not told.empty


def test_before_any_date_there_is_no_story() -> None:
    told = story(Scene(load_study(), subject_data(load_study(), "01-009", [])))
    assert told.empty
    assert told.last > told.first


def test_the_course_is_told_in_turns() -> None:
    told = story(seen("01-002", died("2027-05-03")))
    assert [(t.turn, str(t.day)) for t in told.turns] == [
        (Turn.CHOICE, "2025-10-20"),
        (Turn.CONVERSION, "2026-07-21"),
        (Turn.RESUMPTION, "2026-08-20"),
        (Turn.DEATH, "2027-05-03"),
    ]


def test_adverse_events_keep_grade_and_gravity() -> None:
    bad = "+AE@LOG TERM=Synthetic; STDAT=2026-09; ONGO=Y; GRADE=3; SER=Y"
    (event,) = story(seen("01-002", bad)).adverse
    assert (event.day, event.end, event.grade, event.serious) == (
        date(2026, 9, 1),
        None,
        3,
        True,
    )


def test_the_chronicle_tells_every_point_in_the_order_of_the_picture() -> None:
    told = story(seen("01-002", "+AE@LOG TERM=Synthetic; STDAT=2026-09-01; GRADE=3; SER=Y"))
    lines = chronicle(told)
    for strand, points in (
        (Strand.TURN, told.turns),
        (Strand.TREATMENT, told.treatments),
        (Strand.MRD, told.mrd),
        (Strand.MARKER, told.marker),
        (Strand.SCAN, told.scans),
        (Strand.LVEF, told.lvef),
        (Strand.ADVERSE, told.adverse),
        (Strand.VISIT, told.visits),
    ):
        assert len(lines[strand]) == len(points) > 0
        assert [x.day for x in lines[strand]] == [_day_of(p) for p in points]
    days = [x.day for x in by_day(lines)]
    assert days == sorted(days)


def _day_of(point: object) -> date:
    if isinstance(point, VisitPoint):
        return when(point)
    day: date = getattr(point, "day", None) or getattr(point, "start")  # noqa: B009
    return day


def test_what_is_to_be_looked_at_is_marked() -> None:
    lines = chronicle(story(seen("01-002", "TM@M12.CA153VAL=26")))
    assert [str(x.day) for x in lines[Strand.MRD] if x.notable] == ["2026-07-21", "2026-08-11"]
    (over,) = (x for x in lines[Strand.MARKER] if x.notable)
    assert over.what.zh == "上限的 104%，超过上限"
    assert [x.what.en[:3] for x in lines[Strand.VISIT] if x.notable] == ["M15"]
    assert over.words.en == "CA15-3 / limit: 104% of the limit, above it, 2026-10-22, day 368"
