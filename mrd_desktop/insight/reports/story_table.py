"""The story of a subject on paper: the picture, and every dated result, oldest first."""

from __future__ import annotations

from mrd_desktop.insight.chronicle import Told, by_day, chronicle
from mrd_desktop.insight.figures.story import story_figure
from mrd_desktop.insight.reports.model import Cell, Column, Drawing, Fact, Facts, Report, Table
from mrd_desktop.insight.status import standing
from mrd_desktop.insight.story import story
from mrd_desktop.record.casebook import Chart
from mrd_desktop.texts import Text

WHAT = "story"
TITLE = Text("Story of a subject", "受试者病程")
SUBJECT = Text("Subject", "受试者")
STATUS = Text("Status", "状态")
AS_OF = Text("As of", "截至")
DAY, UNTIL = Text("Date", "日期"), Text("Until", "至")
SINCE, STRAND = Text("Day from T0", "距T0天数"), Text("Kind", "类别")
TOLD, LOOK = Text("What", "内容"), Text("!", "!")
NOTE = "!"


def story_report(chart: Chart) -> Report:
    """Picture and table of one subject."""
    told = story(chart.scene)
    status = standing(chart.scene).status.text
    facts = Facts(
        (
            Fact(SUBJECT, told.subject),
            Fact(STATUS, status),
            Fact(Text("T0", "T0"), str(told.t0 or "")),
            Fact(AS_OF, told.today.isoformat()),
        )
    )
    columns = (
        Column(DAY, 1.1),
        Column(UNTIL, 1.1),
        Column(SINCE, 0.9),
        Column(STRAND, 1.4),
        Column(TOLD, 4.5),
        Column(LOOK, 0.3),
    )
    rows = tuple(_row(line) for line in by_day(chronicle(told)))
    picture = Drawing(story_figure(told))
    return Report(WHAT, TITLE, (facts, picture, Table(columns, rows)), subject=told.subject)


def _row(told: Told) -> tuple[Cell, ...]:
    return (
        Cell(str(told.day)),
        Cell(str(told.until or "")),
        Cell("" if told.since is None else str(told.since)),
        Cell(told.strand.text, quiet=True),
        Cell(told.what, strong=told.notable),
        Cell(NOTE if told.notable else ""),
    )
