"""Figures as laid out: what they hold and do not say, and that nothing is clipped or touches.

Every figure is laid out from 0, 1, 3, 12, 50, 300 and 2,000 synthetic subjects in both languages.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.insight.cohort import cohort
from mrd_desktop.insight.comparison import compare
from mrd_desktop.insight.competing import Ended, cumulative_incidence
from mrd_desktop.insight.detail import detail
from mrd_desktop.insight.figures import curves, trends
from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.catalogue import NAMES, Choice, People, figure
from mrd_desktop.insight.figures.files import csv_bytes, names, pages, report_of, stamp_text
from mrd_desktop.insight.figures.model import LOOKS, Figure
from mrd_desktop.insight.figures.sheet import Circle, Label, Path, Sheet
from mrd_desktop.insight.figures.svg import svg_bytes
from mrd_desktop.insight.figures.words import width, wrapped
from mrd_desktop.insight.kaplan_meier import Observation, kaplan_meier
from mrd_desktop.insight.outcome import State
from mrd_desktop.insight.population import Analysed
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.study.rules.treatment_status import CONTINUE, INTERMISSION
from mrd_desktop.texts import Language, Text
from tests.insight.cases import CONTINUED, PAUSED, died, ended, progressed, seen
from tests.insight.crowd import crowd

SCREEN, FILE, SMALL = (860.0, 590.0), (1100.0, 760.0), (400.0, 300.0)
EN, ZH = Language.EN, Language.ZH
Name = pytest.mark.parametrize("name", NAMES)


def analysed(*scenes: object) -> Analysed:
    return Analysed(date(2027, 6, 30), tuple(scenes), cohort(scenes))  # type: ignore[arg-type]


def laid(name: str, seen_by: Analysed, language: Language = EN, size: tuple[float, float] = FILE,
         choice: Choice | None = None) -> tuple[Sheet, ...]:  # fmt: skip
    return figure(name, seen_by, choice).sheets(Size(*size, language))


@cache
def of_crowd(name: str, count: int) -> Figure:
    """The figure of so many subjects; it is the same at any size and in either language."""
    return figure(name, crowd(count))


def inside(sheet: Sheet) -> list[str]:
    """What leaves the sheet."""
    wrong = []
    for mark in sheet.marks:
        match mark:
            case Label():
                left, top, right, bottom = mark.box
            case Circle(x, y, r):
                left, top, right, bottom = x - r, y - r, x + r, y + r
            case Path(points):
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
        if left < 0 or top < 0 or right > sheet.width or bottom > sheet.height:
            wrong.append(f"{mark}")
    return wrong


def touching(sheet: Sheet) -> list[str]:
    """Labels that touch, looked for from the top down."""
    boxes = sorted((*label.box, label.text) for label in sheet.labels())
    boxes.sort(key=lambda b: b[1])
    wrong = []
    for number, a in enumerate(boxes):
        for b in boxes[number + 1 :]:
            if b[1] >= a[3] - 1:
                break
            if a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1:
                wrong.append(f"{a[4]} / {b[4]}")
    return wrong


@Name
@pytest.mark.parametrize("count", [0, 1, 3, 12, 50])
def test_nothing_is_clipped_and_no_words_touch(name: str, count: int) -> None:
    made = of_crowd(name, count)
    for size, language in itertools.product((SCREEN, FILE, SMALL), Language):
        for sheet in made.sheets(Size(*size, language)):
            assert inside(sheet) == [], (size, language)
            assert touching(sheet) == [], (size, language)
            assert sheet.title
            assert sheet.description


@pytest.mark.soak
@pytest.mark.parametrize("language", [EN, ZH])
def test_nor_with_hundreds(language: Language, fraction: Callable[[int, int], int]) -> None:
    many = fraction(2000, 300)
    for name in NAMES:
        found = of_crowd(name, many).sheets(Size(*SCREEN, language))
        for sheet in (found[0], found[-1]):
            assert inside(sheet) == [], name
            assert touching(sheet) == [], name


def test_nobody_is_lost_between_pages() -> None:
    many = crowd(300)
    enrolled = sorted(c.subject for _, c in many.cohort.members)
    for name in ("courses", "visits"):
        found = of_crowd(name, 300).sheets(Size(*FILE, EN))
        assert len(found) > 3
        shown = [x.text for sheet in found for x in sheet.labels() if x.role == "subject"]
        assert sorted(shown) == enrolled
        numbers = [x.text for x in found[1].labels()]
        assert f"2 / {len(found)}" in numbers


def test_a_course_shows_what_happened() -> None:
    edits = (progressed("2027-05-10"), died("2027-06-01"))
    (sheet,) = laid("courses", analysed(seen(PAUSED, *edits), seen(CONTINUED)))
    assert sheet.count("subject") == 2
    assert sheet.count("span") == 4
    assert sheet.count("progression") == 1
    assert sheet.count("death") == 1
    assert sheet.count("alive") == 1
    assert sheet.count("MRD positive") == 3
    assert sheet.count("MRD negative") == 14


def test_who_refused_is_in_no_figure() -> None:
    gone = seen(PAUSED, ended("2027-06-20", "WITHDRAWAL OF CONSENT", use="N"))
    both = analysed(gone, seen(CONTINUED))
    for name in NAMES:
        for sheet in laid(name, both):
            assert PAUSED not in {x.text for x in sheet.labels()}, name
        rows = figure(name, both).table.rows
        assert all(PAUSED not in row for row in rows), name
    notes = figure("pfs", both).heading.notes
    assert any(
        n.en.startswith("Left out because the use of the data was refused: 1") for n in notes
    )


def test_what_cannot_be_used_is_said() -> None:
    notes = figure("pfs", analysed(seen(PAUSED, progressed("2025-01-01")))).heading.notes
    assert "Data points that cannot be used as they stand: 1. They are listed with the table." in {
        n.en for n in notes
    }


def groups(events: int, n: int = 40) -> dict[str, list[Observation]]:
    return {
        group: [Observation(30 * k + at, k <= events // 2) for k in range(1, n + 1)]
        for at, group in ((0, INTERMISSION), (7, CONTINUE))
    }


def drawn(observed: dict[str, list[Observation]], language: Language = EN) -> tuple[Sheet, str]:
    series = curves.survival({g: kaplan_meier(o) for g, o in observed.items()})
    made = curves.made(Text("x", "x"), Text("y", "y"), series, Text("z", "z"), compare(observed))
    (sheet,) = made.sheets(Size(*FILE, language))
    return sheet, " ".join(x.text for x in sheet.labels())


@pytest.mark.parametrize(("events", "shown"), [(0, False), (8, False), (10, True), (40, True)])
def test_below_ten_events_nothing_is_inferred(events: int, shown: bool) -> None:
    _, words = drawn(groups(events))
    assert ("Log-rank p" in words) == shown
    assert ("Hazard ratio" in words) == shown
    assert (f"Events in all: {events}." in words) != shown
    assert "Patients chose their group" in words


@pytest.mark.parametrize(("events", "medians"), [(0, 0), (18, 0), (20, 2)])
def test_a_median_needs_ten_events_in_its_group(events: int, medians: int) -> None:
    sheet, words = drawn(groups(events))
    assert words.count("median not reached") == medians
    assert ("No median is given" in words) == (medians == 0)
    assert ("Median: the smallest" in words) == (medians > 0)
    assert sheet.count("band") == (2 if events else 0)


@pytest.mark.parametrize("n", [1, 3, 4])
def test_with_fewer_than_five_no_curve_is_drawn(n: int) -> None:
    sheet, words = drawn(groups(2, n))
    assert sheet.count("curve") == 0
    assert sheet.count("band") == 0
    assert sheet.count("empty") == 1
    assert "Fewer than 5 subjects in each group" in words
    assert "edian" not in words
    assert "Bands" not in words


def test_a_small_group_beside_a_large_one_has_no_median() -> None:
    _, words = drawn({INTERMISSION: groups(40)[INTERMISSION], CONTINUE: groups(4, 4)[CONTINUE]})
    assert words.count("median") == 1
    assert "Bands" in words


def test_a_curve_ends_where_fewer_than_five_are_at_risk() -> None:
    (sheet, _) = drawn(groups(40, 40))
    curve = next(m for m in sheet.marks if isinstance(m, Path) and m.role == "curve")
    axis = [x for x in sheet.labels() if x.text.isdigit() and x.ink == "secondary"]
    month = {int(x.text): x.x for x in axis}
    first, last = min(month), max(month)
    end = curve.points[-1][0]
    days = (end - month[first]) / (month[last] - month[first]) * (last - first) * 30.4375
    assert days == pytest.approx(30 * 36, abs=1)


def test_every_point_that_is_drawn_has_its_interval() -> None:
    sheet, _ = drawn(groups(20))
    assert sheet.count("band") == sheet.count("curve") == 2
    none, words = drawn(groups(0))
    assert none.count("band") == 0
    assert words.count("so that no interval can be given") == 2


def test_censoring_marks_and_numbers_at_risk() -> None:
    sheet, _ = drawn({INTERMISSION: groups(4)[INTERMISSION], CONTINUE: []})
    assert sheet.count("censored") == 34  # 38 censored; of the last four none is drawn
    risk = [x.text for x in sheet.labels() if x.role == "risk"]
    assert risk[0] == "40"
    assert set(risk[len(risk) // 2 :]) == {"0"}


def test_groups_differ_without_colour() -> None:
    sheet, _ = drawn(groups(20))
    found = [m for m in sheet.marks if isinstance(m, Path) and m.role == "curve"]
    assert found[0].dash != found[1].dash
    marks = {type(m) for m in sheet.marks if m.role == "censored"}
    assert marks == {Circle, Path}


def test_choice_of_group_and_population() -> None:
    many = crowd(50)
    for group in (INTERMISSION, CONTINUE):
        (sheet,) = laid("pfs", many, choice=Choice(group=group))
        assert sheet.count("curve") == 1
        assert "One group only" in " ".join(x.text for x in sheet.labels())
    everybody = figure("courses", many).table.rows
    evaluable = figure("courses", many, Choice(People.EVALUABLE)).table.rows
    assert 0 < len({r[0] for r in evaluable}) < len({r[0] for r in everybody})


@Name
def test_the_table_holds_the_data_in_both_languages(name: str) -> None:
    table = of_crowd(name, 50).table
    assert table.rows
    assert {len(row) for row in table.rows} == {len(table.columns)}
    en, zh = csv_bytes(table, EN), csv_bytes(table, ZH)
    assert en.count(b"\n") == zh.count(b"\n") == len(table.rows) + 1
    assert en.splitlines()[0] != zh.splitlines()[0]


@Name
def test_svg_is_sound_and_says_what_it_shows(name: str) -> None:
    made = figure(name, crowd(3)).stamped(Text("stamp <&>", "印记 <&>"))
    for sheet in pages(made, ZH):
        root = ET.fromstring(svg_bytes(sheet, ZH))
        space = "{http://www.w3.org/2000/svg}"
        assert root.findtext(f"{space}title") == sheet.title
        assert root.findtext(f"{space}desc") == sheet.description
        said = [e.text for e in root.iter(f"{space}text")]
        assert "印记 <&>" in said
        assert said == [x.text for x in sheet.labels()]


def test_enrolment_counts_every_month() -> None:
    table = figure("enrolment", crowd(50)).table
    last = table.rows[-1]
    assert (last[5], last[6]) == ("50", str(len(crowd(50).cohort.members)))
    assert sum(int(str(r[2])) for r in table.rows) == int(str(last[6]))


def test_marker_and_ctdna_stand_against_their_limits() -> None:
    high = "TM@M18.CA153VAL=80"
    (sheet,) = laid("ca153", analysed(seen(PAUSED, high)))
    assert sheet.count("limit") == 1
    assert sheet.count("trend") == 1
    (lod,) = laid("vaf", analysed(seen(PAUSED, "MRD@M09.LOD=0.02")))
    assert lod.count("lod") >= 1
    assert any(x.text == "not detected" for x in lod.labels())


def test_of_many_subjects_each_counts_once_for_a_month() -> None:
    told = ((40, 0.2), (80, 0.4), (91, 0.5), (99, 0.6), (180, None))
    values = tuple(trends.Value(day, value, False) for day, value in told)
    found = trends.nearest(trends.Trend("01-001", INTERMISSION, 0, values))
    assert {month: v.value for month, v in found.items()} == {0: 0.2, 3: 0.5, 6: None}
    (sheet,) = of_crowd("ca153", 300).sheets(Size(*SCREEN, EN))
    subjects = len(crowd(300).cohort.members)
    counted = [int(x.text) for x in sheet.labels() if x.role == "subjects"]
    assert counted
    assert max(counted) <= subjects


def test_of_many_subjects_what_is_detected_is_not_joined_and_told_of_how_many() -> None:
    made = of_crowd("vaf", 300)
    assert isinstance(made, trends.Trends)
    (sheet,) = made.sheets(Size(*SCREEN, EN))
    assert sheet.count("trend") == 0
    assert not any(x.text == "not detected" for x in sheet.labels())
    told = [x.text.split("/") for x in sheet.labels() if x.role == "subjects"]
    nearest = [v for one in made.trends for v in trends.nearest(one).values()]
    assert sum(int(tested) for _, tested in told) == len(nearest)
    assert sum(int(found) for found, _ in told) == sum(v.value is not None for v in nearest)


def test_off_treatment_is_of_the_intermission_group_alone() -> None:
    made = of_crowd("pfs-off-treatment", 300)
    assert isinstance(made, curves.Curves)
    assert [one.look for one in made.series] == [LOOKS[INTERMISSION]]
    words = " ".join(x.en for x in made.heading.notes)
    assert "Log-rank" not in words
    other = figure("pfs-off-treatment", crowd(300), Choice(group=CONTINUE))
    assert isinstance(other, curves.Curves)
    assert other.series == ()


def test_a_median_from_beyond_the_curve_is_not_given() -> None:
    steps = [
        curves.At(200, 5, 10, 0, 0, 0.7, 0.4, 0.9),
        curves.At(310, 4, 4, 0, 0, 0.4, 0.1, 0.7),
    ]
    one = curves.Series(LOOKS[INTERMISSION], 20, tuple(steps), 310, 200, None)
    made = curves.made(Text("x", "x"), Text("y", "y"), (one,), Text("z", "z"), None)
    (sheet,) = made.sheets(Size(*FILE, EN))
    assert any("median beyond the curve" in x.text for x in sheet.labels())


@pytest.mark.parametrize("name", ["ca153", "vaf", "mtm"])
def test_subjects_whose_values_end_alike_are_named_one_below_the_other(name: str) -> None:
    made = figure(name, analysed(seen(PAUSED), seen(CONTINUED)))
    assert isinstance(made, trends.Trends)
    first, second = made.trends
    for values in (first.values, second.values):
        alike = replace(
            made, trends=(replace(first, values=values), replace(second, values=values))
        )
        (sheet,) = alike.sheets(Size(*FILE, EN))
        names = [x for x in sheet.labels() if x.role == "name"]
        assert [x.text for x in names] == [PAUSED, CONTINUED]
        assert touching(sheet) == []


def test_the_legend_of_an_incidence_names_competing_events() -> None:
    ended = [Ended(30 * k, State.COMPETING if k < 4 else State.CENSORED) for k in range(1, 21)]
    series = curves.incidence({INTERMISSION: cumulative_incidence(ended)})
    made = curves.made(Text("x", "x"), Text("y", "y"), series, Text("z", "z"), None, rising=True)
    (sheet,) = made.sheets(Size(*FILE, EN))
    assert "Intermission: n = 20, events 0, competing 3" in {x.text for x in sheet.labels()}


@pytest.mark.parametrize("training", [True, False])
def test_the_foot_says_that_the_site_is_for_training(training: bool) -> None:
    report = report_of("pfs", Text("x", "x"))
    role = Text("r", "r")
    stamp = Stamp("01", "n", "s", "u", role, "2027-06-30", 1, "1", "1", "1", training)
    told = stamp_text(report, stamp)
    assert told.en.startswith("TRAINING · ") == training
    assert told.zh.startswith("培训 · ") == training


def test_names_of_files() -> None:
    assert names("pfs", "svg", 1) == ["pfs.svg"]
    assert names("courses", "svg", 12)[0] == "courses-01.svg"


@given(st.text("我Wm,.。 a1", max_size=80), st.integers(40, 300))
def test_wrapped_lines_fit(text: str, room: int) -> None:
    for language in Language:
        lines = wrapped(text, 11, room, language)
        for line in lines:
            alone = " " not in line.strip() or language is ZH
            assert width(line, 11) <= room or alone
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


Ends = st.lists(st.tuples(st.integers(0, 900), st.sampled_from(State)), min_size=1, max_size=60)


@given(Ends)
def test_incidence_rises_within_its_interval(ends: list[tuple[int, State]]) -> None:
    steps = cumulative_incidence(Ended(t, s) for t, s in ends)
    shares = [s.incidence for s in steps]
    assert shares == sorted(shares)
    for step in steps:
        for share, interval in (
            (step.incidence, step.interval),
            (step.competing_incidence, step.competing_interval),
        ):
            if interval is not None:
                assert 0 <= interval[0] <= share <= interval[1] <= 1
    last = steps[-1]
    assert last.incidence + last.competing_incidence <= 1


def test_a_later_day_changes_nothing_that_was_drawn_before() -> None:
    day = date(2026, 12, 31)
    early = [seen(PAUSED, f"TODAY={day}"), seen(CONTINUED, f"TODAY={day}")]
    late = [seen(PAUSED, progressed("2027-05-10"), f"TODAY={day}"), early[1]]
    for name in NAMES:
        one: Figure = figure(name, replace(analysed(*early), day=day))
        other: Figure = figure(name, replace(analysed(*late), day=day))
        assert one.table == other.table, name


def test_groups_never_at_risk_together_leave_figure_and_detail_alive() -> None:
    """One subject just chose the intermission; ten of the other group progressed a year later."""
    new = seen(PAUSED, "-*TA", "-*RES", "-*CONV")
    late = [seen(CONTINUED, progressed("2026-12-02")) for _ in range(10)]
    found = cohort([new, *late])
    shown = figure("pfs", Analysed(date(2027, 6, 30), (new, *late), found))
    assert curves.NOT_TOGETHER in shown.heading.notes
    compared = detail(found)["comparison"]["PFS"]
    assert (compared["events"], compared["cannot_be_told_apart"]) == (10, True)
    assert compared["p"] is compared["hazard_ratio"] is None
