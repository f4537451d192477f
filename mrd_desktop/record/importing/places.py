"""Which filled form a row of a report is about: the sample's own form, or the visit's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.importing.mapping import day_item
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.data import SAMPLE_ITEM
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Form, StudyEvent
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero, window
from mrd_desktop.texts import Text


@dataclass(frozen=True, slots=True)
class Sample:
    """By what a row is known: the day of sampling, the number of the sample if it has one."""

    day: date
    number: str = ""


def find_form(book: Casebook, scene: Scene, form: Form, sample: Sample, event: str) -> FormKey:
    """The form that a row fills.

    A form with the sample's number or, without one, of the same day is taken first. Else it is
    the one form of the visit that names no day yet, or a new one.

    Args:
        event: what the report calls the visit; ``""``: the visit whose window the day lies in.

    Raises:
        ValueRefused: the row fits no place, or more than one; the sentence says which.
    """
    visit = _named(scene, event) if event else None
    lines = [x for x in scene.forms(form.oid) if visit is None or x.event == visit]
    own = [x for x in lines if sample.number and x.text(SAMPLE_ITEM) == sample.number]
    own = own or [x for x in lines if _day(form, x) == sample.day and _may_be(x, sample)]
    if len(own) > 1:
        raise ValueRefused(_SEVERAL)
    if own:
        return own[0].form.key
    at = visit or _by_window(scene, form, sample.day)
    here = [x for x in scene.forms(form.oid) if x.event == at]
    if len(here) == 1 and _day(form, here[0]) is None and _may_be(here[0], sample):
        return here[0].form.key
    if here:
        raise ValueRefused(_TAKEN.filled(event=at.event))
    return book.next_form(at, form.oid)


def _day(form: Form, line: Line) -> date | None:
    item = day_item(form)
    return line.day(item.oid) if item else None


def _may_be(line: Line, sample: Sample) -> bool:
    """The form does not belong to a sample of another number."""
    number = line.text(SAMPLE_ITEM)
    return number is None or not sample.number or number == sample.number


def _named(scene: Scene, text: str) -> EventKey:
    """The visit that a report names: ``M03``, ``UNS#2``, or as the schedule calls it."""
    name, _, number = text.partition("#")
    wanted = "".join(name.split()).casefold()
    for event in scene.study.events:
        if wanted not in {
            "".join(n.split()).casefold() for n in (event.oid, event.text.en, event.text.zh)
        }:
            continue
        if not event.repeating and not number:
            return EventKey(scene.data.subject, event.oid)
        if event.repeating and number.isascii() and number.isdigit():
            key = EventKey(scene.data.subject, event.oid, int(number))
            if any(f.event == key for f in scene.data.forms):
                return key
        raise ValueRefused(_WHICH.filled(event=event.oid))
    raise ValueRefused(_NO_VISIT)


def _by_window(scene: Scene, form: Form, day: date) -> EventKey:
    """The visit whose window holds the day; before the choice, as if it were made today."""
    zero = day_zero(scene) or scene.today
    fitting: list[StudyEvent] = []
    for event in scene.study.events:
        due = window(event, zero)
        offered = form.oid in (*event.planned, *event.optional)
        if due and offered and not event.repeating and due.opens <= day <= due.closes:
            fitting.append(event)
    planned = [e for e in fitting if form.oid in e.planned] or fitting
    if not planned and (other := _without_form(scene, day, zero)):
        raise ValueRefused(_NO_FORM.filled(visit=other.text, form=form.text))
    if len(planned) != 1:
        raise ValueRefused(_NO_WINDOW if not planned else _TWO_WINDOWS)
    return EventKey(scene.data.subject, planned[0].oid)


def _without_form(scene: Scene, day: date, zero: date) -> StudyEvent | None:
    """A visit whose window holds the day, whatever its forms."""
    for event in scene.study.events:
        due = window(event, zero)
        if due and not event.repeating and due.opens <= day <= due.closes:
            return event
    return None


_SEVERAL: Final = Text(
    "Several forms of this sample exist. Enter it by hand.", "该样本已有多份表单，请手工录入。"
)
_TAKEN: Final = Text(
    "Visit {event} has a form of another sample or day. Check the date, or enter it by hand.",
    "访视 {event} 已有其他样本或日期的表单，请核对日期或手工录入。",
)
_WHICH: Final = Text(
    "Say which visit {event}, like {event}#2; it must be open.",
    "请注明是第几次 {event}，如 {event}#2，且该访视须已建立。",
)
_NO_VISIT: Final = Text("No visit of this name.", "没有该名称的访视。")
_NO_FORM: Final = Text(
    "The date lies in the window of the visit {visit}, which has no form “{form}”. Add an "
    "unscheduled visit (N on the subject’s page) and name it in the report, like UNS#1, or "
    "enter it by hand.",
    "日期在“{visit}”访视窗内，但该访视没有“{form}”。请先添加计划外访视（受试者页按 N）"
    "并在报告中注明（如 UNS#1），或手工录入。",
)
_NO_WINDOW: Final = Text(
    "The date lies in no visit window. Open an unscheduled visit and name it in the report, "
    "or enter it by hand.",
    "日期不在任何访视窗内，请先建立计划外访视并在报告中注明，或手工录入。",
)
_TWO_WINDOWS: Final = Text(
    "The date lies in two visit windows. Name the visit in the report, or enter it by hand.",
    "日期落在两个访视窗内，请在报告中注明访视或手工录入。",
)
