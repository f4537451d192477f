"""The report of a serious adverse event, with its 24-hour clock, from the event's form.

The form holds days, not hours: the hour at which the site became aware is written by hand, and
the report is due at that hour of the next day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from mrd_desktop.insight.reports.errors import NotSerious
from mrd_desktop.insight.reports.model import (
    Block,
    Fact,
    Facts,
    Heading,
    Report,
    Said,
    Signing,
)
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.insight.status import standing
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.editions import WordsOf
from mrd_desktop.record.errors import NotFound
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.visibility import is_shown
from mrd_desktop.texts import Text

TITLE = Text("Serious adverse event report", "严重不良事件报告表")
DAY = timedelta(days=1)
CLOCK = Text("24-hour clock", "24 小时时限")
AWARE = Text("Site became aware", "中心获知日期")
AWARE_HOUR = Text("… at (hour, by hand)", "获知时刻（手写）")
DUE = Text("Report due", "报告时限")
DUE_SAYS = Text("{day}, at the same hour", "{day} 同一时刻前")
REPORTED = Text("Reported to the sponsor", "报告申办方日期")
REPORTED_HOUR = Text("… at (hour, by hand)", "报告时刻（手写）")
STATE = Text("State", "时限状态")
KIND = Text("Kind of report", "报告类型")
KINDS = Text("□ first   □ follow-up no. ____   □ final", "□ 首次   □ 随访第 ____ 次   □ 总结")
PATIENT = Text("Subject", "受试者")
NUMBER = Text("Subject number", "受试者编号")
STATUS = Text("Status in the study", "研究状态")
COURSE = Text("Course, measures and assessment (by hand)", "事件经过、处理及评价（手写）")
REPORTER = Text("Reporter", "报告人")
INVESTIGATOR = Text("Investigator", "研究者")
_LINES = 6


class ClockState(Enum):
    """How the 24 hours stand."""

    UNKNOWN = Text("the day of awareness is not recorded yet", "尚未记录获知日期")
    RUNNING = Text("running", "计时中")
    OVERDUE = Text("overdue: report at once and say why", "已超时：请立即报告并说明原因")
    KEPT = Text("reported in time by the day", "按日期计已按时报告")
    LATE = Text("reported late", "已报告，超过时限")

    @property
    def text(self) -> Text:
        """In words."""
        return self.value


@dataclass(frozen=True, slots=True)
class Clock:
    """Days of the 24-hour rule; ``due`` is the day after awareness."""

    aware: date | None
    reported: date | None
    today: date

    @property
    def due(self) -> date | None:
        """The last day, at the hour of awareness."""
        return self.aware + DAY if self.aware else None

    @property
    def state(self) -> ClockState:
        """How it stands."""
        if self.due is None:
            return ClockState.UNKNOWN
        if self.reported is not None:
            return ClockState.LATE if self.reported > self.due else ClockState.KEPT
        return ClockState.OVERDUE if self.today > self.due else ClockState.RUNNING


def clock(event: Line, today: date) -> Clock:
    """The clock of an adverse event's form."""
    return Clock(event.day("AE.AWDAT"), event.day("AE.RPTDAT"), today)


def serious(scene: Scene) -> tuple[Line, ...]:
    """The subject's serious events."""
    return tuple(x for x in scene.forms("AE") if x.text("AE.SER") == "Y")


def sae_report(words: WordsOf, chart: Chart, key: FormKey) -> Report:
    """The report of one event, each form in the words it was saved under.

    Raises:
        NotFound: there is no such form.
        NotSerious: the event is not recorded as serious.
    """
    event = chart.scene.line(key)
    if event is None or key.form != "AE":
        raise NotFound(str(key))
    if event.text("AE.SER") != "Y":
        raise NotSerious(str(key))
    blocks: list[Block] = [
        Facts((Fact(KIND, KINDS),), 1),
        Heading(CLOCK, 2),
        _clock(clock(event, chart.data.today)),
        Heading(PATIENT, 2),
        _subject(words, chart),
        *_event(words(key), event),
        Heading(COURSE, 2),
        Facts(tuple(Fact("") for _ in range(_LINES)), 1),
        Signing((REPORTER, INVESTIGATOR)),
    ]
    return Report("sae", TITLE, tuple(blocks), chart.data.subject, f"AE#{key.repeat}")


def _clock(found: Clock) -> Facts:
    due: Said = DUE_SAYS.filled(day=found.due) if found.due else ""
    return Facts(
        (
            Fact(AWARE, str(found.aware or "")),
            Fact(AWARE_HOUR),
            Fact(DUE, due),
            Fact(STATE, found.state.text),
            Fact(REPORTED, str(found.reported or "")),
            Fact(REPORTED_HOUR),
        )
    )


def _subject(words: WordsOf, chart: Chart) -> Facts:
    person = chart.scene.form("DM")
    study = chart.scene.study if person is None else words(person.form.key)
    facts = [Fact(NUMBER, chart.data.subject), Fact(STATUS, standing(chart.scene).status.text)]
    for oid in ("DM.SEX", "DM.AGE"):
        item = study.by_item[oid]
        facts.append(Fact(item.text, meaning(study, item, person.answer(oid) if person else None)))
    return Facts(tuple(facts))


def _event(study: Study, event: Line) -> Iterator[Block]:
    for group in study.by_form["AE"].groups:
        shown = [i for i in group.items if is_shown(event, i)]
        facts = tuple(Fact(i.text, meaning(study, i, event.answer(i.oid))) for i in shown)
        if facts:
            yield Heading(group.text, 2)
            yield Facts(facts)
