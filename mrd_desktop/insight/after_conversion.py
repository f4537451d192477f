"""What a conversion asks for: its form, a confirming sample, imaging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from mrd_desktop.insight.places import where_to_enter
from mrd_desktop.insight.task import Task, by_day
from mrd_desktop.record.casebook import Chart
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.rules.mrd_sequence import PENDING, Conversion, conversion_of, conversions
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import follow_up_end
from mrd_desktop.texts import Text

FORM = Text("MRD positive on {day}: fill in the conversion form", "{day} MRD阳性：请填写转阳事件表")
CONFIRM = Text("Confirming MRD sample due by {until}", "MRD复核采样应于{until}前完成")
IMAGING = Text(
    "Imaging after the conversion of {day} due by {until}",
    "{day}转阳后的影像检查应于{until}前完成",
)
_BEFORE = timedelta(days=28)
"""A scan this long before the positive sample still answers it (EC-054)."""


def after_conversion(chart: Chart) -> Iterator[Task]:
    """The tasks of every conversion of a subject."""
    scene = chart.scene
    forms = [(conversion_of(x), x) for x in scene.forms("CONV")]
    over = follow_up_end(scene) < scene.today
    # Numbers of removed forms are never given out again.
    numbers = count(max((x.key.repeat for x in chart.forms if x.key.form == "CONV"), default=0) + 1)
    for one in conversions(scene):
        form = next((x for c, x in forms if c and c.first.form.key == one.first.form.key), None)
        told = one.first.day("MRD.RPTDAT") or one.day
        if form is None:
            yield _form(chart, one, told, next(numbers))
        if over:
            continue
        if one.status == PENDING and not _sampled(scene, one):
            yield _confirmation(chart, one)
        if not _imaged(scene, one) and not _explained(form):
            yield _imaging(chart, one, told)


def _form(chart: Chart, one: Conversion, told: date, number: int) -> Task:
    until = told + _days(chart, "CONVTAT")
    place = FormKey(EventKey(chart.data.subject, "LOG"), "CONV", number)
    return _task(chart, "conversion", one, FORM.filled(day=one.day), until, place)


def _confirmation(chart: Chart, one: Conversion) -> Task:
    until = one.day + _days(chart, "CONFHI")
    place = where_to_enter(chart, "MRD", one.day + timedelta(days=1))
    return _task(chart, "confirm", one, CONFIRM.filled(until=until), until, place)


def _imaging(chart: Chart, one: Conversion, told: date) -> Task:
    until = told + _days(chart, "IMGCONV")
    place = where_to_enter(chart, "TA", one.day)
    return _task(chart, "imaging", one, IMAGING.filled(day=one.day, until=until), until, place)


def _task(
    chart: Chart, kind: str, one: Conversion, text: Text, until: date, place: FormKey
) -> Task:
    subject, today = chart.data.subject, chart.data.today
    urgency = by_day(until, today, soon=timedelta.max)
    return Task(kind, urgency, subject, text, until, place, f"{subject} {one.day}")


def _sampled(scene: Scene, one: Conversion) -> bool:
    """A sample was taken since, and its result is awaited."""
    return any(
        day > one.day and line.missing("MRD.RESULT") == "PEND"
        for line in scene.forms("MRD")
        if (day := line.day("MRD.SAMPDAT"))
    )


def _imaged(scene: Scene, one: Conversion) -> bool:
    scans = (line.day("TA.STDAT") for line in scene.forms("TA") if line.text("TA.PERF") == "Y")
    return any(day >= one.day - _BEFORE for day in scans if day)


def _explained(form: Line | None) -> bool:
    """The conversion form says that no imaging was done."""
    return form is not None and form.text("CONV.IMGYN") == "N"


def _days(chart: Chart, parameter: str) -> timedelta:
    return timedelta(days=int(chart.scene.parameter(parameter)))
