"""The review of accounts: who is here, why somebody cannot work, and the signature."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.reports.accounts import accounts_report, state_words
from mrd_desktop.texts import Text
from mrd_desktop.vault import account_review
from mrd_desktop.vault.account_review import STATEMENT, Line, Survey
from mrd_desktop.vault.compared import Finding, findings
from mrd_desktop.vault.readiness import WAY_OUT
from mrd_desktop.vault.roles import combined, role_table
from ui.context import Context
from ui.icons import Glyph
from ui.notices import show_notice
from ui.page import Page
from ui.pages.admin_users import ALONE
from ui.pages.compared_note import ComparedNote
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.signing import Sign, SignedWords
from ui.work import Desk

NAME = Text("Accounts", "账户复核")
USER, ROLE, STATE = Text("User name", "用户名"), Text("Role", "角色"), Text("State", "状态")
LAST_DAY, SEEN = Text("Last day", "最后一天"), Text("Last sign-in", "最近登录")
TRAINED = Text("Training", "培训确认")
ALL_WELL = Text("Nothing keeps this person from work.", "此人可以正常工作。")
UNKNOWN = Text("not on the sponsor's delegation log", "不在申办方的授权分工表中")
ASK_WHOSE = Text(
    "The sponsor does not find this account on the delegation log. Find out whose it is: close it, "
    "or send the sponsor the log on which it stands.",
    "申办方未在授权分工表中找到此账户。请查明归属：关闭该账户，或将载有此人的分工表发给申办方。",
)
NEVER = Text("Not reviewed yet, due {due}", "尚未复核，应于 {due} 前完成")
LAST = Text(
    "Last review: {at}, {user}; next one due {due}", "上次复核：{at}，{user}；下次应于 {due} 前完成"
)
PRACTICE = Text("A training site is reminded of no review", "培训中心不提醒复核")
WORDS = Text("What was found", "复核结果")
WORDS_HINT = Text(
    "May stay empty; it stays at the site. Whoever is not needed any more is closed under Users "
    "first.",
    "可不填，仅留存于本中心。不再需要的账户请先在“用户”中关闭。",
)
SIGN = Text("Sign the review", "签署复核")
SIGNED = Text("The review of {n} accounts is signed.", "已签署 {n} 个账户的复核。")
PRINT = Text("Print…", "打印…")


class AccountsPart(Page):
    """All accounts, what is to be done about the marked one, words and signature."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.survey: Survey | None = None
        self._unknown: frozenset[str] = frozenset()
        table = role_table(desk.session.folder.kind, desk.study)
        roles = {r.oid: r.text for r in (*table.values(), *combined(table))}
        columns: tuple[Column[Line], ...] = (
            Column(USER, lambda x: Cell(x.account.name, _ink(x), strong=True), width=140),
            Column(ROLE, lambda x: Cell(roles.get(x.account.role, "–"), _ink(x)), width=152),
            Column(STATE, self._state),
            Column(LAST_DAY, lambda x: Cell(str(x.until or ""), _ink(x)), width=104),
            Column(SEEN, lambda x: self._moment(x.last_sign_in), width=136),
            Column(TRAINED, lambda x: self._moment(x.trained_at), width=136),
        )
        self.list: Listing[Line] = Listing(context, columns, NAME)
        self.list.moved.connect(lambda _: self._tell())
        self.about = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.compared = ComparedNote(context)
        self.print = Button(context, PRINT, rank=Rank.QUIET, key="P")
        self.print.clicked.connect(self.show_print)
        self.answer = SignedWords(
            context, desk.session, desk.run, STATEMENT, (WORDS, WORDS_HINT), SIGN,
            signs=self._signs, signed=self._signed,
        )  # fmt: skip
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        below = QHBoxLayout()
        below.addWidget(self.state)
        below.addStretch(1)
        below.addWidget(self.print)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(ground, 1)
        column.addWidget(self.about)
        column.addWidget(self.compared)
        column.addLayout(below)
        column.addWidget(self.answer)

    def enter(self) -> None:
        """Read anew; the caret is in the list."""
        session = self.desk.session
        if session.locked:
            return
        job = self.desk.run(lambda _: (account_review.survey(session), findings(session)))
        job.finished.connect(self._take)
        job.refused.connect(self.say_refused)
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def _take(self, read: tuple[Survey, tuple[Finding, ...]]) -> None:
        session = self.desk.session
        if session.locked:
            return
        found, told = read
        self.survey = found
        self.compared.show_findings(told)
        self._unknown = frozenset(u.user for one in told if one.same for u in one.open)
        show_notice(self.desk)
        self.list.show_rows(found.lines, lambda x: x.account.user)
        stands = account_review.standing(session)
        late = stands.overdue(session.today())
        if not stands.asked:
            self.state.show_text(PRACTICE, Ink.SECONDARY)
        elif stands.last is None:
            self.state.show_text(NEVER.filled(due=stands.due), _late(late))
        else:
            at = self.context.hours.proof(stands.last.at)
            said = LAST.filled(at=at, user=stands.last.user, due=stands.due)
            self.state.show_text(said, _late(late))
        self._tell()

    def _signs(self) -> Sign | None:
        """What is shown."""
        session, shown = self.desk.session, self.survey
        if shown is None:
            return None
        return lambda words, password, language: account_review.sign_off(
            session, shown, password, language=language, words=words
        )

    def show_print(self) -> None:
        """P: the accounts on paper."""
        session = self.desk.session
        self.desk.shell.open(PreviewPage(self.context, session, accounts_report(session)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the words goes to the password, there it signs; P prints."""
        if self.answer.takes(self, event):
            return
        if event.text().casefold() == "p" and self.list.hasFocus():
            self.show_print()
        else:
            super().keyPressEvent(event)

    def _signed(self, _: object) -> None:
        shown = self.survey
        n = 0 if shown is None else sum(not x.account.closed for x in shown.lines)
        self.said.emit(SIGNED.filled(n=n))
        show_notice(self.desk)
        self.desk.census.refresh()
        self.enter()

    def _tell(self) -> None:
        """What is to be done about the marked account."""
        here = self.list.current
        words = [] if here is None else [WAY_OUT[bar] for bar in here.bars] or [ALL_WELL]
        if here is not None and here.alone:
            words = [*(w for w in words if w is not ALL_WELL), ALONE.filled(why=here.alone)]
        if here is not None and here.account.user in self._unknown:
            words = [*(w for w in words if w is not ALL_WELL), ASK_WHOSE]
        self.about.show_text(Text(" ".join(w.en for w in words), "".join(w.zh for w in words)))

    def _state(self, line: Line) -> Cell:
        cell = _state(line)
        if line.account.user not in self._unknown:
            return cell
        said = state_words(line)
        words = Text(f"{said.en}, {UNKNOWN.en}", f"{said.zh}，{UNKNOWN.zh}")
        return Cell(words, Ink.HARD, Glyph.WARNING)

    def _moment(self, at: str | None) -> Cell:
        return Cell(self.context.hours.moment(at) if at else "–", Ink.SECONDARY)


def _late(late: bool) -> Ink:
    return Ink.HARD if late else Ink.SECONDARY


def _ink(line: Line) -> Ink:
    return Ink.SECONDARY if line.account.closed else Ink.TEXT


def _state(line: Line) -> Cell:
    said = state_words(line)
    if not line.bars and not line.alone:
        return Cell(said, Ink.GOOD, Glyph.CHECK)
    if line.account.closed:
        return Cell(said, Ink.SECONDARY, Glyph.CLOSE)
    return Cell(said, Ink.SOFT, Glyph.WARNING)
