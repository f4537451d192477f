"""The worklist on paper."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from mrd_desktop.insight.reports.model import Block, Cell, Column, Heading, Report, Table, Words
from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.texts import Text

TITLE = Text("Worklist", "今日工作")
DAY = Text("As of {day}", "截至 {day}")
NOTHING = Text("Nothing is waiting.", "没有待办事项。")
URGENCIES = {
    Urgency.OVERDUE: Text("Overdue", "已逾期"),
    Urgency.DUE: Text("To be done now", "现在处理"),
    Urgency.SOON: Text("Within a week", "一周内"),
    Urgency.OPEN: Text("Open", "待完成"),
}
COLUMNS = (
    Column(Text("Subject", "受试者"), 1.0),
    Column(Text("What", "事项"), 4.0),
    Column(Text("Until", "截止"), 1.0),
    Column(Text("Done", "完成"), 0.6),
)
BOX = "□"


def worklist_report(tasks: Iterable[Task], today: date) -> Report:
    """The tasks in their order, under headings of their urgency, with boxes to tick."""
    found = tuple(tasks)
    blocks: list[Block] = [Words(DAY.filled(day=today), quiet=True)]
    for urgency in Urgency:
        rows = tuple(_row(t) for t in found if t.urgency is urgency)
        if rows:
            blocks += [Heading(URGENCIES[urgency], 2), Table(COLUMNS, rows)]
    if not found:
        blocks.append(Words(NOTHING))
    return Report("worklist", TITLE, tuple(blocks), about=today.isoformat())


def _row(task: Task) -> tuple[Cell, ...]:
    until = str(task.until or "")
    return Cell(task.subject, strong=True), Cell(task.text), Cell(until), Cell(BOX)
