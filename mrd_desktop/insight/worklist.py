"""The worklist: what a coordinator has to do, most pressing first.

Every line leads to one place. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from mrd_desktop.insight.status import standing
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.model import Study
from mrd_desktop.study.rules.mrd_sequence import conversions
from mrd_desktop.study.schedule import Window, follow_up_end, follow_up_windows, windows
from mrd_desktop.texts import Text

SOON = timedelta(days=7)
"""A visit is announced this long before its window opens."""


class Urgency(Enum):
    """How pressing a line is, most pressing first."""

    OVERDUE = 0
    DUE = 1
    SOON = 2
    OPEN = 3


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the worklist.

    Attributes:
        kind: stable code of the kind of work, for filters.
        until: the last day it is in time, None where it has none.
        place: where Enter leads.
    """

    kind: str
    urgency: Urgency
    subject: str
    text: Text
    until: date | None
    place: FormKey | EventKey | str


def tasks(study: Study, chart: Chart) -> tuple[Task, ...]:
    """What is to be done for one subject."""
    found = [
        *_visits(chart),
        *_survival(chart),
        *_reports(chart),
        *_conversions(chart),
        *_screening(chart),
        *_forms(study, chart),
    ]
    return tuple(sorted(found, key=order))


def order(task: Task) -> tuple[int, date, str]:
    """Most pressing first, then by the day it is due, then by subject."""
    return task.urgency.value, task.until or date.max, task.subject


def _visits(chart: Chart) -> Iterator[Task]:
    scene, today = chart.scene, chart.data.today
    if follow_up_end(scene) < today:
        return
    for visit in windows(scene):
        w, name = visit.window, visit.event.text
        if visit.done or visit.event.oid == "SCR" or w.opens - SOON > today:
            continue
        if _missed(chart, visit.event.oid):
            continue
        urgency = _urgency(w, today)
        text = _VISIT_WORDS[urgency]
        text = Text(
            text.en.format(visit=name.en, closes=w.closes, opens=w.opens),
            text.zh.format(visit=name.zh, closes=w.closes, opens=w.opens),
        )
        place = FormKey(EventKey(chart.data.subject, visit.event.oid), "SV")
        yield Task("visit", urgency, chart.data.subject, text, w.closes, place)


_VISIT_WORDS = {
    Urgency.OVERDUE: Text(
        "{visit} is overdue, its window closed {closes}", "{visit}访视逾期,窗口已于{closes}关闭"
    ),
    Urgency.DUE: Text(
        "{visit} is due, its window closes {closes}", "{visit}访视在窗口内,{closes}关闭"
    ),
    Urgency.SOON: Text("{visit}: its window opens {opens}", "{visit}访视窗口{opens}开启"),
}


def _urgency(window: Window, today: date) -> Urgency:
    if today > window.closes:
        return Urgency.OVERDUE
    return Urgency.DUE if today >= window.opens else Urgency.SOON


def _missed(chart: Chart, event: str) -> bool:
    visit = chart.scene.at(EventKey(chart.data.subject, event), "SV")
    return visit is not None and visit.text("SV.STAT") == "MISSED"


def _survival(chart: Chart) -> Iterator[Task]:
    today = chart.data.today
    contacts = [d for x in chart.scene.forms("SS") if (d := x.day("SS.SSDAT"))]
    for w in follow_up_windows(chart.scene):
        if w.opens - SOON > today or any(w.opens <= c <= w.closes for c in contacts):
            continue
        urgency = _urgency(w, today)
        text = Text(f"Survival follow-up, target {w.target}", f"生存随访,目标日期{w.target}")
        place = EventKey(chart.data.subject, "SFU")
        yield Task("visit", urgency, chart.data.subject, text, w.closes, place)


def _reports(chart: Chart) -> Iterator[Task]:
    limit = int(chart.scene.parameter("MRDTAT"))
    for mrd in chart.scene.forms("MRD"):
        taken = mrd.day("MRD.SAMPDAT")
        if taken is None or mrd.missing("MRD.RESULT") != "PEND":
            continue
        until = taken + timedelta(days=limit)
        late = chart.data.today > until
        text = Text(
            f"MRD report of {taken} is {'overdue' if late else 'awaited'}",
            f"{taken}采样的MRD报告{'逾期未回' if late else '待回报'}",
        )
        urgency = Urgency.OVERDUE if late else Urgency.OPEN
        yield Task("report", urgency, chart.data.subject, text, until, mrd.form.key)


def _conversions(chart: Chart) -> Iterator[Task]:
    scene, today, subject = chart.scene, chart.data.today, chart.data.subject
    for conversion in conversions(scene):
        known = [d for x in scene.forms("CONV") if (d := x.day("CONV.FPDAT"))]
        if conversion.day not in known:
            text = Text(
                f"MRD positive on {conversion.day}: fill in the conversion form",
                f"{conversion.day} MRD阳性:请填写转阳事件表",
            )
            place = FormKey(EventKey(subject, "LOG"), "CONV", len(known) + 1)
            yield Task("conversion", Urgency.OVERDUE, subject, text, conversion.day, place)
        if conversion.status == "PENDING":
            until = conversion.day + timedelta(days=int(scene.parameter("CONFHI")))
            text = Text(f"Confirming MRD sample due by {until}", f"MRD复核采样应于{until}前完成")
            urgency = Urgency.OVERDUE if today > until else Urgency.DUE
            yield Task("conversion", urgency, subject, text, until, EventKey(subject, "UNS"))


def _screening(chart: Chart) -> Iterator[Task]:
    subject = chart.data.subject
    state = standing(chart.scene)
    if any(flag.name == "OVERDUE" for flag in state.flags):
        text = Text("Screening is longer than planned", "筛选期超过方案规定时间")
        yield Task("screening", Urgency.OVERDUE, subject, text, None, subject)
    if state.status.name == "ELIGIBLE":
        text = Text("Eligible: record the treatment choice", "已合格:请记录治疗选择")
        place = FormKey(EventKey(subject, "C0"), "TC")
        yield Task("choice", Urgency.DUE, subject, text, None, place)


def _forms(study: Study, chart: Chart) -> Iterator[Task]:
    for line in chart.forms:
        if line.removed:
            continue
        form, event = study.by_form[line.key.form], study.by_event[line.key.event.event]
        en, zh = f"{event.text.en} · {form.text.en}", f"{event.text.zh} · {form.text.zh}"
        if line.drafted:
            text = Text(f"{en}: unsaved draft", f"{zh}:有未保存的草稿")
            yield Task("draft", Urgency.DUE, line.key.subject, text, None, line.key)
        if line.state is FormState.INCOMPLETE:
            text = Text(f"{en}: incomplete", f"{zh}:未完成")
            yield Task("incomplete", Urgency.OPEN, line.key.subject, text, None, line.key)
        if line.queries:
            text = Text(f"{en}: {line.queries} open queries", f"{zh}:{line.queries}个待回复质疑")
            yield Task("query", Urgency.OPEN, line.key.subject, text, None, line.key)
