"""The slip a patient takes home: when to come again.

Others may see it: it names neither study nor hospital nor disease, only the number and the days.
"""

from __future__ import annotations

from mrd_desktop.insight.plan import next_visit
from mrd_desktop.insight.reports.errors import NoNextVisit
from mrd_desktop.insight.reports.model import Fact, Facts, Report, Words
from mrd_desktop.record.casebook import Chart
from mrd_desktop.study.model import StudyEvent
from mrd_desktop.study.schedule import Window, windows
from mrd_desktop.texts import Text

TITLE = Text("Your next appointment", "复诊预约单")
NUMBER = Text("Number", "编号")
VISIT = Text("Appointment", "预约")
BETWEEN = Text("Please come between", "请于以下日期之间就诊")
DAYS = Text("{opens} and {closes}", "{opens} 至 {closes}")
BEST = Text("best on", "最佳日期")
AGREED = Text("Agreed day and hour", "约定日期、时间")
PLACE = Text("Place", "地点")
CALL = Text("Telephone for questions", "联系电话")
BRING = Text("Please bring", "请携带")
ASK = Text(
    "If you cannot come on these days, please call before.", "如不能按时前来，请提前致电联系。"
)


def appointment_slip(chart: Chart, event: str = "") -> Report:
    """The slip for a visit, the next one unless it is named.

    Raises:
        NoNextVisit: none is due, or the named one has no window.
    """
    definition, window = _due(chart, event)
    facts = (
        Fact(NUMBER, chart.data.subject),
        Fact(VISIT, definition.text),
        Fact(BETWEEN, DAYS.filled(opens=window.opens, closes=window.closes)),
        Fact(BEST, str(window.target)),
        Fact(AGREED),
        Fact(PLACE),
        Fact(BRING),
        Fact(CALL),
    )
    return Report(
        "appointment",
        TITLE,
        (Facts(facts, 1), Words(ASK)),
        subject=chart.data.subject,
        about=definition.oid,
        discreet=True,
    )


def _due(chart: Chart, event: str) -> tuple[StudyEvent, Window]:
    if not event:
        due = next_visit(chart)
        if due is None:
            raise NoNextVisit(chart.data.subject)
        return due.event, due.window
    found = next((v for v in windows(chart.scene) if v.event.oid == event), None)
    if found is None:
        raise NoNextVisit(chart.data.subject)
    return found.event, found.window
