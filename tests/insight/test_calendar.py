"""The calendar: what is on which day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mrd_desktop.insight.calendar import Occasion, Sign, month, next_month, occasions
from mrd_desktop.insight.reports.model import Weeks
from mrd_desktop.insight.reports.month import month_report
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.editions import Editions
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Text
from tests.clinic import Clinic

PLACE = FormKey(EventKey("01-001", "M12"), "SV")


def visit(**changed: object) -> Occasion:
    values: dict[str, object] = {
        "kind": "visit", "key": "k", "subject": "01-001", "text": Text("Month 12", "第12个月"),
        "opens": date(2027, 6, 16), "target": date(2027, 6, 30), "closes": date(2027, 7, 14),
        "place": PLACE, **changed,
    }  # fmt: skip
    return Occasion(**values)  # type: ignore[arg-type]


def signs(*found: Occasion, first: date = date(2027, 6, 1)) -> dict[date, list[Sign]]:
    sheet = month(first, found)
    return {d.day: [m.sign for m in d.marks] for w in sheet.weeks for d in w if d.marks}


def test_a_month_is_whole_weeks_from_monday() -> None:
    sheet = month(date(2027, 6, 17), ())
    days = [d for week in sheet.weeks for d in week]
    assert len(days) % 7 == 0
    assert days[0].day.weekday() == 0
    assert [d.day for d in days if d.inside] == [date(2027, 6, n) for n in range(1, 31)]


def test_an_open_visit_stands_on_three_days() -> None:
    assert signs(visit()) == {date(2027, 6, 16): [Sign.OPENS], date(2027, 6, 30): [Sign.TARGET]}
    july = signs(visit(), first=date(2027, 7, 1))
    assert july == {date(2027, 6, 30): [Sign.TARGET], date(2027, 7, 14): [Sign.CLOSES]}


def test_a_visit_that_took_place_stands_on_its_day_only() -> None:
    assert signs(visit(done=date(2027, 6, 20))) == {date(2027, 6, 20): [Sign.DONE]}


def test_what_is_due_stands_on_its_day() -> None:
    day = date(2027, 6, 5)
    report = visit(kind="report", opens=day, target=day, closes=day)
    assert signs(report) == {day: [Sign.DUE]}


def test_a_visit_on_one_day_stands_once() -> None:
    day = date(2027, 6, 5)
    assert signs(visit(opens=day, target=day, closes=day)) == {day: [Sign.CLOSES]}


def test_months_follow_each_other_over_the_year() -> None:
    assert next_month(date(2027, 12, 31)) == date(2028, 1, 1)
    assert next_month(date(2027, 1, 31), -1) == date(2026, 12, 1)


def test_windows_of_a_subject_come_from_t0(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        assert occasions(session.study, book.chart("01-001"), Editions(session).of) == ()
        subject = book.create_subject()
        for event, form, item, value in (
            ("SCR", "IC", "RFICDAT", "2027-06-10"),
            ("C0", "TC", "TCDAT", "2027-06-20"),
        ):
            entry = book.open(FormKey(EventKey(subject, event), form))
            entry.type(ItemKey(RowKey(entry.key, "A"), item), value)
            entry.save(complete=False)
        chart = book.chart(subject)
        found = {o.key: o for o in occasions(session.study, chart, Editions(session).of)}
        saved = book.open(FormKey(EventKey(subject, "W06"), "SV"))
        saved.type(ItemKey(RowKey(saved.key, "A"), "VISDAT"), "2027-06-29")
        saved.save(complete=False)
        old = Text("Formerly", "原名")
        renamed = tuple(replace(e, text=old) for e in session.study.events)
        former = replace(session.study, events=renamed)
        later = occasions(session.study, book.chart(subject), lambda _: former)
    assert {o.key.split("/")[1] for o in later if o.text == old} == {"W06#1"}
    week6 = found[f"visit {subject}/W06#1"]
    assert (week6.opens, week6.target, week6.closes) == (
        date(2027, 7, 25), date(2027, 8, 1), date(2027, 8, 8),
    )  # fmt: skip
    assert f"visit {subject}/SCR#1" not in found


def test_the_sheet_on_paper_tells_subjects_by_number() -> None:
    report = month_report(month(date(2027, 6, 1), [visit()]), date(2027, 6, 30))
    (weeks,) = [b for b in report.blocks if isinstance(b, Weeks)]
    days = {d.day: d for week in weeks.weeks for d in week}
    assert [e.text for e in days[date(2027, 6, 30)].entries] == [Text("01-001 M12", "01-001 M12")]
    assert days[date(2027, 6, 30)].today
    assert report.about == "2027-06"
