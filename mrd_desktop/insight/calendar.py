"""What happens when: visits with their windows and reports that are due, by month.

Nothing here writes. Subjects stand under their number only.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import Enum

from mrd_desktop.insight.worklist import tasks
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.editions import WordsOf
from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.study.address import EventKey, FormKey, Key
from mrd_desktop.study.model import Study
from mrd_desktop.study.schedule import add_months, follow_up_end, follow_up_windows, windows
from mrd_desktop.texts import Text

_DUE_KINDS = ("report", "conversion", "confirm", "imaging", "lvef")
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Occasion:
    """A visit or something due.

    Attributes:
        kind: ``visit``, ``survival``, or the kind of a task with a last day.
        key: what stays the same however often it is worked out; unique at a site.
        text: what it is, without the subject.
        done: the day it took place; then only that day counts.
    """

    kind: str
    key: str
    subject: str
    text: Text
    opens: date
    target: date
    closes: date
    place: Key
    done: date | None = None

    @property
    def open(self) -> bool:
        """It has not taken place."""
        return self.done is None


class Sign(Enum):
    """What a day is for an occasion."""

    DONE = "✓"
    OPENS = "▹"
    TARGET = "●"
    CLOSES = "◂"
    DUE = "!"

    @property
    def text(self) -> Text:
        """In words."""
        return _SIGNS[self]


_SIGNS = {
    Sign.DONE: Text("took place", "已完成"),
    Sign.OPENS: Text("window opens", "窗口开启"),
    Sign.TARGET: Text("target day", "目标日期"),
    Sign.CLOSES: Text("last day of the window", "窗口最后一天"),
    Sign.DUE: Text("due", "到期"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One line on a day."""

    sign: Sign
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month's sheet; ``inside`` False for days of the months around."""

    day: date
    inside: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month in whole weeks, Monday first."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]

    def day(self, wanted: date) -> Day | None:
        """One day of the sheet."""
        return next((d for week in self.weeks for d in week if d.day == wanted), None)


def occasions(study: Study, chart: Chart, words: WordsOf) -> tuple[Occasion, ...]:
    """Everything dated that is ahead, open or done for one subject.

    Args:
        words: a visit that took place is named as its form was saved.
    """
    found = [*_visits(chart, words), *_survival(study, chart), *_due(study, chart)]
    return tuple(sorted(found, key=lambda o: (o.target, o.key)))


def month(first: date, found: Iterable[Occasion]) -> Month:
    """The sheet of the month that a day lies in."""
    first = first.replace(day=1)
    by_day: dict[date, list[Mark]] = {}
    for occasion in found:
        for day, sign in _marks(occasion):
            by_day.setdefault(day, []).append(Mark(sign, occasion))
    order = list(Sign)

    def marks(day: date) -> tuple[Mark, ...]:
        on = by_day.get(day, [])
        return tuple(sorted(on, key=lambda m: (-order.index(m.sign), m.occasion.subject)))

    days = calendar.Calendar().itermonthdates(first.year, first.month)
    flat = [Day(d, (d.year, d.month) == (first.year, first.month), marks(d)) for d in days]
    weeks = (tuple(flat[n : n + _WEEK]) for n in range(0, len(flat), _WEEK))
    return Month(first, tuple(weeks))


def next_month(first: date, by: int = 1) -> date:
    """The first day of a later or earlier month."""
    return add_months(first.replace(day=1), by)


def _marks(o: Occasion) -> Iterator[tuple[date, Sign]]:
    """One sign a day at most."""
    if o.done is not None:
        yield o.done, Sign.DONE
    elif o.kind in _DUE_KINDS:
        yield o.target, Sign.DUE
    else:
        signs = {o.opens: Sign.OPENS, o.target: Sign.TARGET}
        yield from (signs | {o.closes: Sign.CLOSES}).items()


def _visits(chart: Chart, words: WordsOf) -> Iterator[Occasion]:
    scene, subject = chart.scene, chart.data.subject
    ended = follow_up_end(scene)
    for visit in windows(scene):
        w, event = visit.window, visit.event
        place = FormKey(EventKey(subject, event.oid), "SV")
        line = scene.at(place.event, "SV")
        if visit.done is None:
            missed = line is not None and line.text("SV.STAT") == "MISSED"
            over = ended < scene.today and w.target > ended
            if event.oid == "SCR" or missed or over:
                continue
        key = f"visit {place.event}"
        if line is not None:
            event = words(place).by_event.get(event.oid, event)
        yield Occasion(
            "visit", key, subject, event.text, w.opens, w.target, w.closes, place, visit.done
        )


def _survival(study: Study, chart: Chart) -> Iterator[Occasion]:
    event = next((e for e in study.events if e.every_months), None)
    contacts = [d for x in chart.scene.forms("SS") if (d := x.day("SS.SSDAT"))]
    subject = chart.data.subject
    for number, w in enumerate(follow_up_windows(chart.scene), 1):
        if event is None:
            return
        done = next((c for c in contacts if w.opens <= c <= w.closes), None)
        key = f"survival {subject}/{event.oid} {number}"
        place = EventKey(subject, event.oid, number)
        yield Occasion(
            "survival", key, subject, event.text, w.opens, w.target, w.closes, place, done
        )


def _due(study: Study, chart: Chart) -> Iterator[Occasion]:
    for task in tasks(study, chart):
        place = task.place
        if task.kind not in _DUE_KINDS or task.until is None or isinstance(place, SecondPlace):
            continue
        days = (task.until, task.until, task.until)
        yield Occasion(task.kind, task.key, task.subject, task.text, *days, place)
