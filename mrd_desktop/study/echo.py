"""What the program understood, told beside the field while one types.

A code's meaning; a CTCAE term in Chinese; the row that a number points at; a date in full with its
weekday, the study day, where it lies in the visit's window, and the age at a date of birth. Nothing
of this is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from mrd_desktop.study import ctcae
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.answer import Answer, Raw
from mrd_desktop.study.expression.logic import completed_years
from mrd_desktop.study.model import Item, Kind, Study
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import typed
from mrd_desktop.study.referring import referred
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import Window, day_zero, study_day, window
from mrd_desktop.study.values import coded, meanings
from mrd_desktop.texts import Text

_WEEKDAYS = (
    Text("Mon", "周一"),
    Text("Tue", "周二"),
    Text("Wed", "周三"),
    Text("Thu", "周四"),
    Text("Fri", "周五"),
    Text("Sat", "周六"),
    Text("Sun", "周日"),
)
_STUDY_DAY = Text("day {n}", "第 {n} 天")
_INSIDE = Text("in window ({span})", "窗口内（{span}）")
_BEFORE = Text("{n} d before the window ({span})", "早于窗口 {n} 天（{span}）")
_AFTER = Text("{n} d after the window ({span})", "晚于窗口 {n} 天（{span}）")
_AGE = Text("age {n} on {day}", "{day} 时 {n} 岁")
_AGE_TODAY = Text("age {n} today", "现年 {n} 岁")
_NO_MONTH = Text("{year}, month unknown", "{year}年，月份不详")
_NO_DAY = Text("{year}-{month:02}, day unknown", "{year}年{month}月，日不详")

_AGE_OF = re.compile(r"years\(([A-Z0-9]+\.[A-Z0-9]+), ([A-Z0-9]+\.[A-Z0-9]+)\)")


def echo(scene: Scene, key: ItemKey, item: Item, answer: Answer | None) -> Text | None:
    """What an answer means, None where nothing needs to be told.

    Args:
        scene: the subject's data with the form as typed.
    """
    if answer is None or answer.value is None:
        return None
    if coded(item, answer):
        return meanings(item, answer)
    if item.type.kind in (Kind.DATE, Kind.PARTIAL_DATE):
        return _date(scene, key, item, answer.value)
    if item.refers is not None:
        return referred(scene, item, answer)
    term = ctcae.term_of(scene.study, answer.text) if item.oid == ctcae.TERM else None
    return term.text if term else None


def _date(scene: Scene, key: ItemKey, item: Item, text: Raw) -> Text:
    value = typed(item.type, text)
    assert isinstance(value, PartialDate)
    if not value.full:
        return _partly(value)
    day = value.earliest
    weekday = _WEEKDAYS[day.weekday()]
    parts = [Text(f"{value.text} {weekday.en}", f"{value.text} {weekday.zh}")]
    if item.oid in birth_dates(scene.study):
        parts += _age(scene, item, day)
    elif t0 := day_zero(scene):
        parts.append(_STUDY_DAY.filled(n=study_day(t0, day)))
        if item.oid in visit_dates(scene.study):
            event = scene.study.by_event.get(key.form.event.event)
            due = window(event, t0) if event else None
            parts += [_position(due, day)] if due else []
    return Text(" · ".join(p.en for p in parts), " · ".join(p.zh for p in parts))


@lru_cache(maxsize=8)
def visit_dates(study: Study) -> frozenset[str]:
    """The items that say when a form of the schedule was done.

    The first whole date of every form that belongs to several visits: there the place in the
    window means something; the date of a diagnosis has none.
    """
    timed = [e for e in study.events if e.offset_days is not None or e.offset_months is not None]
    visits = [{*e.planned, *e.optional} for e in timed]
    found = set()
    for form in study.forms:
        if sum(form.oid in forms for forms in visits) > 1:
            single = (i for g in form.groups if not g.repeating for i in g.items)
            dates = (i.oid for i in single if i.type.kind is Kind.DATE and not i.derived)
            found |= {oid for oid in [next(dates, "")] if oid}
    return frozenset(found)


@lru_cache(maxsize=8)
def birth_dates(study: Study) -> Mapping[str, str]:
    """The dates that an age is counted from, each with the date on which the study counts it."""
    ages = (_AGE_OF.fullmatch(d.value.source.strip()) for d in study.derivations)
    return {found[1]: found[2] for found in ages if found}


def _age(scene: Scene, item: Item, born: date) -> list[Text]:
    other = birth_dates(scene.study)[item.oid]
    line = scene.form(scene.study.form_of[other].oid)
    day = line.day(other) if line else None
    if born > (day or scene.today):
        return []
    years = completed_years(PartialDate.of(born), PartialDate.of(day or scene.today))
    return [_AGE.filled(n=years, day=day.isoformat()) if day else _AGE_TODAY.filled(n=years)]


def _position(due: Window, day: date) -> Text:
    span = _span(due, day)
    if day < due.opens:
        return _BEFORE.filled(n=(due.opens - day).days, span=span)
    if day > due.closes:
        return _AFTER.filled(n=(day - due.closes).days, span=span)
    return _INSIDE.filled(span=span)


def _span(due: Window, day: date) -> str:
    """Both ends of the window; the year only where it is not the year of the date."""
    same = due.opens.year == due.closes.year == day.year
    ends = [f"{end:%m-%d}" if same else end.isoformat() for end in (due.opens, due.closes)]
    return ends[0] if due.opens == due.closes else " – ".join(ends)


def _partly(value: PartialDate) -> Text:
    if value.earliest.month != value.latest.month:
        return _NO_MONTH.filled(year=value.text)
    return _NO_DAY.filled(year=value.earliest.year, month=value.earliest.month)
