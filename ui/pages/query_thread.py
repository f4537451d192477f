"""The thread of one query: who said what when, and how its value changed in between."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.queries import QueryLine
from mrd_desktop.record.threads import Act, Turn, thread
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.texts import Text
from ui.context import Context
from ui.jobs import Job, Progress
from ui.theme import Ink, Size
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.work import Desk

NAME = Text("Thread of the query", "质疑往来")
WHEN = Text("When", "时间")
WHO = Text("By", "操作者")
WHAT = Text("What", "事项")
READING = Text("Reading…", "正在读取…")
ACTS = {
    Act.ASKED: Text("asked", "提出"),
    Act.ANSWERED: Text("answered", "回复"),
    Act.EXPLAINED: Text("explained", "说明"),
    Act.CLOSED: Text("closed", "关闭"),
    Act.REOPENED: Text("asked again", "重新打开"),
    Act.CHANGED: Text("value changed", "数据更改"),
}
CLEARED = Text("cleared", "清空")
_PAUSE = 120
_ROWS = 4


class ThreadView(Card):
    """The lines of the marked query; read in a worker, once the mark has come to rest."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._query: QueryLine | None = None
        columns: tuple[Column[Turn], ...] = (
            Column(WHEN, lambda t: Cell(context.hours.moment(t.at), Ink.SECONDARY), width=136),
            Column(WHO, lambda t: Cell(t.user, Ink.SECONDARY), width=112),
            Column(WHAT, self._what),
        )
        self.list: Listing[Turn] = Listing(context, columns, NAME)
        self._fit(1)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.list)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._read)

    def show_query(self, query: QueryLine) -> None:
        """Show another one."""
        if query != self._query:
            self._query = query
            self.list.show_empty(READING)
            self.list.show_rows([], lambda t: t)
            self._pause.start()

    def _read(self) -> None:
        query, session = self._query, self.desk.session
        if query is None or session.locked:
            return

        def work(_: Progress) -> tuple[Turn, ...]:
            return thread(session, query)

        job = Job(work)
        job.finished.connect(partial(self._take, query))
        job.refused.connect(lambda refused: self.desk.say(refused.text))
        self.desk.jobs.start(job)  # type: ignore[arg-type]

    def _take(self, query: QueryLine, turns: tuple[Turn, ...]) -> None:
        if query == self._query:
            self._fit(len(turns))
            self.list.show_rows(turns, lambda t: t)
            self.list.scrollToBottom()

    def _fit(self, rows: int) -> None:
        self.list.setFixedHeight(Size.FIELD + min(max(rows, 1), _ROWS) * Size.ROW + 2)

    def _what(self, turn: Turn) -> Cell:
        act = ACTS[turn.act]
        said = Text(*turn.words)
        if turn.act is Act.CHANGED:
            said = self._value(turn)
        if not said.en:
            return Cell(act)
        ink = Ink.ACCENT if turn.act in (Act.ANSWERED, Act.EXPLAINED) else Ink.TEXT
        return Cell(Text(f"{act.en}: {said.en}", f"{act.zh}：{said.zh}"), ink)

    def _value(self, turn: Turn) -> Text:
        if turn.value is None or self._query is None:
            return CLEARED
        key = parse_address(self._query.address)
        assert isinstance(key, ItemKey)
        study = Editions(self.desk.session).of(key)
        form = study.by_form.get(key.form.form)
        group = form.by_group.get(key.row.group) if form else None
        item = group.by_name.get(key.item) if group else None
        if item is None:
            said = turn.value.missing or str(turn.value.value)
            return Text(said, said)
        return meaning(study, item, turn.value)
