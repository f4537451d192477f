"""The queries that are not closed, on paper: to go through them beside the source records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mrd_desktop.insight.reports.follow_up import query_place
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import Block, Cell, Column, Heading, Report, Table, Words
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.queries import STATE_WORDS, QueryLine
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

WHAT = "queries"
TITLE = Text("Queries that are not closed", "未关闭的质疑")
HINT = Text(
    "Write what the source says beside the query and answer it in the program.",
    "请在质疑旁注明原始记录内容，并在系统中回复。",
)
NOTHING = Text("No query is waiting.", "没有未关闭的质疑。")
SYSTEM = Text("check {check}", "核查 {check}")
COLUMNS = (
    Column(Text("No.", "编号"), 0.8),
    Column(Text("Where", "位置"), 2.4),
    Column(Text("Question", "质疑内容"), 3.2),
    Column(Text("Asked", "提出"), 1.4),
    Column(Text("Answer", "回复"), 2.4),
)
STATES = ("open", "answered")


def query_list(session: Session, lines: Iterable[QueryLine], subject: str = "") -> Report:
    """What waits for an answer, then what waits to be closed; by subject, oldest first.

    Args:
        subject: the one subject whose queries these are, if it is one.
    """
    waiting = sorted(lines, key=lambda q: (q.subject, q.opened_at, q.query))
    blocks: list[Block] = [Words(HINT, quiet=True)]
    for state in STATES:
        rows = tuple(_rows(session, [q for q in waiting if q.state == state]))
        if rows:
            blocks += [Heading(_counted(STATE_WORDS[state], len(rows)), 2)]
            blocks.append(Table(COLUMNS, rows, tall=state == "open"))
    if len(blocks) == 1:
        blocks = [Words(NOTHING)]
    return Report(WHAT, TITLE, tuple(blocks), subject=subject, landscape=True)


def _rows(session: Session, lines: Iterable[QueryLine]) -> Iterator[tuple[Cell, ...]]:
    words = Editions(session).of
    for q in lines:
        by = SYSTEM.filled(check=q.check) if q.check else Text(q.opened_by, q.opened_by)
        at = local_time(session, q.opened_at)
        yield (
            Cell(q.query, strong=True),
            Cell(query_place(words, q.address)),
            Cell(q.text),
            Cell(Text(f"{at} {by.en}", f"{at} {by.zh}")),
            Cell(f"{q.answer} ({q.changed_by})" if q.answer else ""),
        )


def _counted(words: Text, n: int) -> Text:
    return Text(f"{words.en} · {n}", f"{words.zh} · {n}")
