"""The review of the audit trail: what is flagged, looked at one by one, signed with words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.audit.finding import fitting
from mrd_desktop.insight.audit.review import STATEMENT, Review, Survey, reviews, sign_off, survey
from mrd_desktop.insight.audit.rules import WORDS, Flag
from mrd_desktop.insight.reports.trail_rows import Teller, TrailRow
from mrd_desktop.record.audit import TrailLine
from mrd_desktop.study.address import parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.keys import ENTER
from ui.page import Page
from ui.pages import trail_export
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.in_sight import InSight
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Sign, SignedWords
from ui.work import Desk

NAME = Text("Audit trail", "稽查轨迹")
FILTER = Text("Which records", "筛选记录")
OPEN = Text("To look at", "待查看")
FRESH = Text("Since the last review", "上次审阅之后")
EVERY = Text("All records", "全部记录")
SEARCH = Text("Subject, user, 2027-06, act…", "受试者、用户、2027-06、操作…")
KEYS = Text(
    "Space looked at · A all that were in sight · Enter go there · ← → kind · / search · E file",
    "空格 已查看 · A 标记全部已显示过的 · Enter 前往 · ← → 类型 · / 搜索 · E 存为文件",
)
BELOW = Text(
    "{n} records of the list were not on the screen yet. Go on down, then A again.",
    "列表中尚有 {n} 条未显示过，请继续向下查看后再按 A。",
)
READING = Text("Reading {done} of {n} records…", "正在读取记录 {done}/{n}…")
NONE = Text("No record is flagged.", "没有标记的记录。")
NO_FIT = Text("No record fits.", "没有符合条件的记录。")
LAST = Text(
    "Last review: {at}, {user}, up to record {upto}", "上次审阅：{at}，{user}，至记录 {upto}"
)
NEVER = Text("Not reviewed yet", "尚未审阅")
SEEN, NUMBER = Text("Looked at", "查看"), Text("Record", "记录")
AT, WHO, ACT = Text("Time", "时间"), Text("User", "用户"), Text("Act", "操作")
WHERE, CHANGE = Text("Where", "位置"), Text("Before → after", "更改前 → 后")
WHY = Text("Because", "需关注原因")
LOOKED, NOT_LOOKED = Text("yes", "已看"), Text("no", "未看")
WORDS_ASKED = Text("What was found", "审阅结果")
WORDS_HINT = Text(
    "In your own words; they stay at the site and stand in the trail.",
    "用自己的话填写；仅留存于本中心，并写入轨迹。",
)
SIGN = Text("Sign the review", "签署审阅")
SIGNED = Text(
    "The review is signed: {n} records, up to {upto}.", "审阅已签署：{n} 条记录，至 {upto}。"
)
WHO_SIGNS = Text(
    "The review is signed by the investigator or the monitor.", "审阅由研究者或监查员签署。"
)
FILE = Text("Save as file…", "存为文件…")
_OPEN, _FRESH, _EVERY = "open", "fresh", "every"


class TrailPart(Page):
    """Filters above, the records, the marked one in full, the words and the signature."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.survey: Survey | None = None
        self.looked: set[int] = set()
        self._in_sight: set[int] = set()
        self._told: dict[tuple[int, Language], TrailRow] = {}
        self._reading = False
        self.state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.chips = Chips(context, FILTER)
        self.chips.chosen.connect(lambda _: self._show())
        self.search = Line(context)
        self.search.setFixedWidth(Size.POPUP - 2 * Size.MARGIN)
        self.search.textEdited.connect(self._show)
        self.file = Button(context, FILE, rank=Rank.QUIET, key="E")
        self.file.clicked.connect(self.save_file)
        columns: tuple[Column[TrailLine], ...] = (
            Column(SEEN, self._seen, width=76),
            Column(NUMBER, lambda x: Cell(str(x.seq), strong=True), width=68, right=True),
            Column(AT, lambda x: Cell(context.hours.proof(x.at), Ink.SECONDARY), width=188),
            Column(WHO, lambda x: Cell(self._row(x).user), width=68),
            Column(ACT, lambda x: Cell(self._row(x).act), width=104),
            Column(WHERE, lambda x: Cell(_where(self._row(x)))),
            Column(CHANGE, lambda x: Cell(_change(self._row(x))), width=104),
            Column(WHY, self._flags, width=136),
        )
        self.list: Listing[TrailLine] = Listing(context, columns, NAME)
        self.list.opened.connect(self._open)
        self.sight = InSight(self.list)
        self.sight.grown.connect(self._saw)
        self.list.moved.connect(lambda _: self._tell())
        self.about = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.answer = SignedWords(
            context, desk.session, desk.run, STATEMENT, (WORDS_ASKED, WORDS_HINT), SIGN,
            signs=self._signs, signed=self._signed,
        )  # fmt: skip
        self._lay_out()
        self.retranslate()

    def _lay_out(self) -> None:
        context = self.context
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        filters = QHBoxLayout()
        filters.setSpacing(Size.PAD)
        filters.addWidget(self.chips, 1)
        for widget in (self.file, self.search):
            filters.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        below = QHBoxLayout()
        below.addWidget(Note(context, KEYS, size=Type.NOTE, ink=Ink.SECONDARY))
        below.addStretch(1)
        below.addWidget(self.state)
        column.addLayout(filters)
        column.addWidget(ground, 1)
        column.addWidget(self.about)
        column.addLayout(below)
        others = Note(context, WHO_SIGNS, size=Type.NOTE, ink=Ink.SECONDARY)
        may = self.desk.session.allows("audit.review")
        column.addWidget(self.answer)
        column.addWidget(others)
        self.answer.setVisible(may)
        others.setVisible(not may)

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        self.read()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """Say prompt and choices anew."""
        self.search.setPlaceholderText(self.context.say(SEARCH))
        self.search.setAccessibleName(self.context.say(SEARCH))
        self._tell()

    # --- reading ----------------------------------------------------------------------

    def read(self) -> None:
        """Read the trail with its flags, in the background."""
        if self._reading or self.desk.session.locked:
            return
        self._reading = True
        session = self.desk.session

        def work(progress: Progress) -> object:
            return survey(session, progress), reviews(session)[:1]

        job = self.desk.run(work)
        job.progressed.connect(lambda done, n: self.state.show_text(READING.filled(done=done, n=n)))
        job.finished.connect(self._take)
        job.refused.connect(self.say_refused)
        job.ended.connect(self._over)

    def _over(self) -> None:
        self._reading = False

    def _take(self, told: tuple[Survey, tuple[Review, ...]]) -> None:
        if self.desk.session.locked:  # signed out while reading
            return
        self.survey, last = told
        self._told.clear()
        self.looked &= set(self.survey.open)
        if last:
            at, user, upto = self.context.hours.proof(last[0].at), last[0].user, last[0].upto
            self.state.show_text(LAST.filled(at=at, user=user, upto=upto))
        else:
            self.state.show_text(NEVER)
        self._show()

    def _show(self) -> None:
        shown = self.survey
        if shown is None or self.desk.session.locked:
            return
        counts = Counter(flag for seq in shown.open for flag in shown.flags[seq])
        self.chips.show_choices(
            [
                Choice(_OPEN, OPEN, len(shown.open)),
                *(Choice(f.value, WORDS[f], counts[f]) for f in Flag if counts[f]),
                Choice(_FRESH, FRESH, shown.head.seq - shown.after),
                Choice(_EVERY, EVERY, shown.head.seq),
            ]
        )
        lines = [line for line in shown.lines if self._wanted(shown, line.seq)]
        typed, session = self.search.text(), self.desk.session
        found = list(fitting(lines, typed, session.study, session.clock.zone))
        self.list.show_empty(NO_FIT if lines else NONE)
        self.list.show_rows(found, lambda x: x.seq)
        self._tell()

    def _wanted(self, shown: Survey, seq: int) -> bool:
        key = self.chips.key
        if key == _EVERY:
            return True
        if seq <= shown.after:
            return False
        flags = shown.flags.get(seq, ())
        return key == _FRESH or (bool(flags) if key == _OPEN else key in flags)

    def _row(self, line: TrailLine) -> TrailRow:
        session, language = self.desk.session, self.context.speech.language
        if session.locked:
            return TrailRow("", str(line.seq), "", "", "", "")
        if (line.seq, language) not in self._told:
            with session.reading() as conn:
                self._told[line.seq, language] = Teller(session, language).row(conn, line)
        return self._told[line.seq, language]

    def _tell(self) -> None:
        """The marked record in full."""
        here = self.list.current
        if here is None:
            self.about.show_text("")
            return
        row = self._row(here)
        said = (row.act, _where(row), _change(row), row.reason, row.words)
        self.about.show_text(" · ".join(filter(None, said)))

    # --- acts -------------------------------------------------------------------------

    def look(self) -> None:
        """Space: the marked record was looked at, on to the next one; or it was not after all."""
        here, shown = self.list.current, self.survey
        if here is None or shown is None or here.seq not in shown.open:
            return
        self.looked ^= {here.seq}
        if here.seq in self.looked:
            self.list.step_on()
        self.list.viewport().update()

    def look_at_all(self) -> None:
        """A: every flagged record of the list that was on the screen was looked at."""
        if self.survey is not None:
            listed = {x.seq for x in self.list.rows.rows if isinstance(x, TrailLine)}
            wanted = listed & set(self.survey.open)
            self.looked |= wanted & self._in_sight
            left = len(wanted - self._in_sight)
            if left:
                self.said.emit(BELOW.filled(n=left))
            self.list.viewport().update()

    def _saw(self) -> None:
        rows = (self.list.rows.at(n) for n in self.sight.rows)
        self._in_sight |= {row.seq for row in rows if row is not None}

    def _signs(self) -> Sign | None:
        """The review of what is shown."""
        session, shown, looked = self.desk.session, self.survey, frozenset(self.looked)
        if shown is None or not session.allows("audit.review"):
            return None
        return lambda words, password, language: sign_off(
            session, shown, looked, words, password, language=language
        )

    def _signed(self, made: object) -> None:
        self.looked.clear()
        if isinstance(made, Review):
            self.desk.say(SIGNED.filled(n=made.records, upto=made.upto))
        self.desk.census.refresh()
        self.read()
        self.list.setFocus()

    def save_file(self) -> None:
        """E: the records that fit what is typed, as a file with their flags."""
        chosen = trail_export.ask_either(self.desk)
        if chosen is not None:
            path, form = chosen
            trail_export.start_saving(
                self.desk, path, "", form, self.said.emit, typed=self.search.text()
            )

    def _open(self, line: TrailLine) -> None:
        if line.address is None or not self.desk.session.allows("subject.see"):
            return
        try:
            self.desk.go(parse_address(line.address))
        except AddressError:
            return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and A mark, arrows and / filter, E saves, Ctrl+Enter signs."""
        held = bool(event.modifiers()) or event.isAutoRepeat()  # one held down marks nothing
        in_list = self.list.hasFocus() and not held
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Space: self.look,
            Qt.Key.Key_A: self.look_at_all,
            Qt.Key.Key_Right: lambda: self.chips.step(1),
            Qt.Key.Key_Left: lambda: self.chips.step(-1),
            Qt.Key.Key_Slash: self.search.setFocus,
            Qt.Key.Key_E: self.save_file,
        }
        act = acts.get(event.key())
        if self.answer.takes(self, event):
            return
        if in_list and act is not None:
            act()
        elif self.search.hasFocus() and event.key() in (*ENTER, Qt.Key.Key_Escape, Qt.Key.Key_Down):
            if event.key() == Qt.Key.Key_Escape:
                self.search.clear()
                self._show()
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    # --- cells ------------------------------------------------------------------------

    def _seen(self, line: TrailLine) -> Cell:
        shown = self.survey
        if shown is None or line.seq not in shown.open:
            return Cell()
        if line.seq in self.looked:
            return Cell(LOOKED, Ink.GOOD, Glyph.CHECK)
        return Cell(NOT_LOOKED, Ink.SECONDARY, Glyph.EMPTY)

    def _flags(self, line: TrailLine) -> Cell:
        found = self.survey.flags.get(line.seq, ()) if self.survey else ()
        words = [WORDS[flag] for flag in found]
        said = Text(", ".join(w.en for w in words), "，".join(w.zh for w in words))
        fresh = self.survey is not None and line.seq > self.survey.after
        return Cell(said, Ink.SOFT if fresh else Ink.SECONDARY)


def _where(row: TrailRow) -> str:
    return " · ".join(filter(None, (row.subject, row.place)))


def _change(row: TrailRow) -> str:
    return f"{row.before} → {row.after}" if row.before else row.after
