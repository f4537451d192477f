"""How long after a visit its forms were entered: late ones, and what was keyed from paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from mrd_desktop.insight.reports.model import Cell, Column, Report, Table, Words
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.paper import Paper
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.model import Study
from mrd_desktop.study.schedule import visit_date
from mrd_desktop.texts import Text

WHAT = "delay"
LIMIT = "ENTRYDAYS"
"""The parameter that says how many days may pass from a visit to entry."""
TITLE = Text("Delay of data entry", "数据录入时效")
ABOUT = Text(
    "Days from the visit to the first save of each form; above {limit} days it is late. Where a "
    "form was keyed from a paper record, the day on the paper stands beside the day of entry.",
    "自访视日至表单首次保存的天数，超过 {limit} 天为延迟。"
    "由纸质记录补录的表单同时列出纸质记录日期与录入日期。",
)
COLUMNS = (
    Column(Text("Subject", "受试者编号"), 1.0),
    Column(Text("Visit", "访视"), 0.8),
    Column(Text("Form", "表单"), 2.4),
    Column(Text("Visit date", "访视日期"), 1.2),
    Column(Text("On paper", "纸质记录日期"), 1.2),
    Column(Text("Paper record", "纸质原件编号"), 1.2),
    Column(Text("Entered", "录入日期"), 1.2),
    Column(Text("Days", "天数"), 0.7),
    Column(Text("", ""), 0.7),
)
LATE = Text("late", "延迟")


@dataclass(frozen=True, slots=True)
class Delay:
    """One form: when it was observed, written on paper and entered.

    Attributes:
        observed: the day of its visit.
        days: from the visit to entry; never below 0.
    """

    key: FormKey
    observed: date
    paper: Paper | None
    entered: date
    days: int
    late: bool


def delays(study: Study, chart: Chart) -> Iterator[Delay]:
    """The forms of a subject's dated visits, in the order they were entered."""
    limit = study.parameters[LIMIT]
    for key, form in chart.recorded.items():
        observed = visit_date(chart.scene, key.event)
        if form.removed or form.entered is None or observed is None:
            continue
        days = max((form.entered - observed).days, 0)
        yield Delay(key, observed, form.paper, form.entered, days, days > limit)


def delay_report(study: Study, charts: Iterable[Chart]) -> Report:
    """What is late or came from paper; the longest delay of a subject first."""
    about = Text(
        ABOUT.en.format(limit=study.parameters[LIMIT]),
        ABOUT.zh.format(limit=study.parameters[LIMIT]),
    )
    rows = [
        _row(study, found)
        for chart in charts
        for found in sorted(delays(study, chart), key=lambda d: -d.days)
        if found.late or found.paper
    ]
    body = (Words(about, quiet=True), Table(COLUMNS, tuple(rows)))
    return Report(WHAT, TITLE, body, landscape=True)


def _row(study: Study, found: Delay) -> tuple[Cell, ...]:
    event = found.key.event
    visit = event.event if event.repeat == 1 else f"{event.event} {event.repeat}"
    return (
        Cell(found.key.subject, strong=True),
        Cell(visit),
        Cell(study.by_form[found.key.form].text),
        Cell(found.observed.isoformat()),
        Cell(found.paper.day if found.paper else ""),
        Cell(found.paper.reference if found.paper else ""),
        Cell(found.entered.isoformat()),
        Cell(str(found.days)),
        Cell(LATE if found.late else ""),
    )
