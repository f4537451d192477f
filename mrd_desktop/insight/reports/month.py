"""A month of the calendar on paper."""

from __future__ import annotations

from datetime import date

from mrd_desktop.insight.calendar import Mark, Month, Sign
from mrd_desktop.insight.reports.model import DayBox, Entry, Report, Weeks, Words
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Text

SHORT = {
    "report": Text("report", "报告"),
    "conversion": Text("conversion", "转阳"),
    "confirm": Text("confirming MRD", "MRD复核"),
    "imaging": Text("imaging", "影像"),
    "lvef": Text("LVEF", "LVEF"),
    "survival": Text("survival", "生存随访"),
}


def month_report(sheet: Month, today: date) -> Report:
    """The sheet of a month; subjects by number."""
    weeks = tuple(
        tuple(
            DayBox(d.day, d.inside, d.day == today, tuple(_entry(m) for m in d.marks)) for d in week
        )
        for week in sheet.weeks
    )
    en = "; ".join(f"{s.value} {s.text.en}" for s in Sign)
    zh = "；".join(f"{s.value} {s.text.zh}" for s in Sign)
    title = month_title(sheet.first)
    blocks = (Weeks(weeks), Words(Text(en, zh), quiet=True))
    return Report("calendar", title, blocks, about=f"{sheet.first:%Y-%m}", landscape=True)


def month_title(first: date) -> Text:
    """``2027 年 6 月``."""
    return Text(f"{first:%Y-%m}", f"{first.year} 年 {first.month} 月")


def short(mark: Mark) -> Text:
    """What a mark is about in a word: ``M12``."""
    o = mark.occasion
    if o.kind in SHORT:
        return SHORT[o.kind]
    event = o.place.event.event if isinstance(o.place, FormKey) else ""
    return Text(event, event) if event else o.text


def _entry(mark: Mark) -> Entry:
    said = short(mark)
    subject = mark.occasion.subject
    text = Text(f"{subject} {said.en}", f"{subject} {said.zh}")
    return Entry(mark.sign.value, text, mark.sign in (Sign.TARGET, Sign.CLOSES, Sign.DUE))
