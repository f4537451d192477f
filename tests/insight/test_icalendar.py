"""iCalendar: lines as RFC 5545 wants them, UIDs that stay, and no names."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.insight.calendar import Occasion
from mrd_desktop.insight.icalendar import OCTETS, calendar_file, escaped, folded, uid
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.texts import Language, Text

DAY = date(2027, 7, 20)
VISIT = Occasion(
    "visit", "visit 01-002/M21#1", "01-002", Text("Month 21", "第21个月"), date(2027, 7, 6), DAY,
    date(2027, 8, 3), FormKey(EventKey("01-002", "M21"), "SV"),
)  # fmt: skip
REPORT = Occasion(
    "report", "report 01-002/M18#1/MRD#1", "01-002", Text("MRD report awaited", "MRD报告待回报"),
    DAY, DAY, DAY, FormKey(EventKey("01-002", "M18"), "MRD"),
)  # fmt: skip


def made(*found: Occasion, at: str = "2027-06-30T01:02:03.456Z") -> str:
    data = calendar_file(found, chain="c", site="01", at=at, language=Language.ZH)
    return data.decode().replace("\r\n ", "")


def test_an_event_is_on_its_target_day_and_tells_the_window() -> None:
    text = made(VISIT)
    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
    assert text.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")
    for line in (
        "DTSTAMP:20270630T010203Z",
        "DTSTART;VALUE=DATE:20270720",
        "DTEND;VALUE=DATE:20270721",
        "SUMMARY:01-002 第21个月",
        "DESCRIPTION:窗口 2027-07-06 – 2027-08-03",
    ):
        assert f"\r\n{line}\r\n" in text


def test_an_event_keeps_its_uid_and_no_two_share_one() -> None:
    later = made(VISIT, at="2028-01-01T00:00:00.000Z")
    assert f"UID:{uid('c', VISIT)}" in later
    assert uid("c", VISIT) != uid("c", REPORT)
    assert uid("c", VISIT) != uid("d", VISIT)
    assert "01-002" not in uid("c", VISIT)


def test_neither_study_nor_what_is_examined_is_told() -> None:
    text = made(VISIT, REPORT).replace("PRODID:-//MRD Desktop//Calendar//EN", "")
    assert "MRD" not in text.replace("mrd-desktop.invalid", "")
    assert "报告到期" in text


def test_what_took_place_is_left_out() -> None:
    done = Occasion(
        VISIT.kind, VISIT.key, VISIT.subject, VISIT.text, VISIT.opens, VISIT.target, VISIT.closes,
        VISIT.place, done=DAY,
    )  # fmt: skip
    assert "VEVENT" not in made(done)


@given(st.text(max_size=300).filter(lambda t: "\r" not in t and "\n" not in t))
def test_lines_are_folded_at_75_octets_and_unfold_to_themselves(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    data = folded(text)
    pieces = data.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(p) <= OCTETS for p in pieces)
    for piece in pieces:
        piece.decode()  # no character is split
    assert data.replace(b"\r\n ", b"").removesuffix(b"\r\n").decode() == text


def test_text_values_are_escaped() -> None:
    assert escaped("a;b,c\\d\ne") == "a\\;b\\,c\\\\d\\ne"
