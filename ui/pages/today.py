"""The worklist: what is to be done today, most pressing first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.insight.care import Care
from mrd_desktop.insight.reports.tasks import worklist_report
from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.texts import Text
from ui.context import Context
from ui.finder import fits
from ui.icons import Glyph
from ui.keys import ENTER, presses
from ui.page import Page
from ui.pages.parted import PartedPage
from ui.pages.subjects import SubjectsPage
from ui.pages.to_sign import ToSignPage
from ui.print.preview import PreviewPage
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Heading, Listing
from ui.widgets.note import Note
from ui.work import Desk

HEADING = Text("Today", "今日工作")
ALL = Text("All", "全部")
KINDS = {
    "visit": Text("Visits", "访视"),
    "missed": Text("Missed visits", "错过的访视"),
    "report": Text("MRD reports", "MRD报告"),
    "conversion": Text("Conversions", "MRD转阳"),
    "confirm": Text("Confirming MRD", "MRD复核"),
    "imaging": Text("Imaging", "影像"),
    "lvef": Text("LVEF", "LVEF复查"),
    "screening": Text("Screening", "筛选"),
    "unsettled": Text("Choices not valid yet", "治疗选择未生效"),
    "choice": Text("Choices", "治疗选择"),
    "consent": Text("Consent", "知情同意"),
    "draft": Text("Drafts", "草稿"),
    "incomplete": Text("Incomplete", "未完整"),
    "second": Text("Second entry", "第二次录入"),
    "unsigned": Text("To sign", "待签名"),
    "query": Text("Queries", "质疑"),
    "answered": Text("Answered queries", "已回复质疑"),
    "recipient": Text("Recipient", "数据接收方"),
    "package": Text("Export", "导出"),
    "newkey": Text("New key", "新密钥"),
    "receipt": Text("Receipt", "回执"),
    "refused": Text("Package not taken", "数据包未被接收"),
    "words": Text("From the sponsor", "申办方留言"),
    "backup": Text("Backup", "备份"),
    "drill": Text("Restore drill", "试恢复"),
    "trail": Text("Trail review", "轨迹审阅"),
    "request": Text("Requests", "受试者请求"),
    "samples": Text("Samples", "样本"),
    "incident": Text("Incidents", "事件"),
    "milestone": Text("Milestone", "里程碑"),
    "accounts": Text("Accounts", "账户复核"),
    "roster": Text("Accounts questioned", "账户存疑"),
    "datakey": Text("Data key", "数据密钥"),
}
FILTER = Text("Kinds of work", "工作类型")
URGENCIES = {
    Urgency.OVERDUE: Text("Overdue", "已逾期"),
    Urgency.DUE: Text("To be done now", "现在处理"),
    Urgency.SOON: Text("Within a week", "一周内"),
    Urgency.OPEN: Text("Open", "待完成"),
}
INKS = {
    Urgency.OVERDUE: Ink.HARD,
    Urgency.DUE: Ink.ACCENT,
    Urgency.SOON: Ink.SECONDARY,
    Urgency.OPEN: Ink.SECONDARY,
}
GLYPHS = {
    "visit": Glyph.TODAY,
    "missed": Glyph.WARNING,
    "report": Glyph.NO_RESULT,
    "conversion": Glyph.POSITIVE,
    "confirm": Glyph.POSITIVE,
    "imaging": Glyph.CHARTS,
    "lvef": Glyph.CHARTS,
    "screening": Glyph.WARNING,
    "unsettled": Glyph.WARNING,
    "choice": Glyph.FORM,
    "consent": Glyph.FORM,
    "draft": Glyph.DRAFT,
    "incomplete": Glyph.DRAFT,
    "second": Glyph.FORM,
    "unsigned": Glyph.SIGNED,
    "query": Glyph.QUERY,
    "answered": Glyph.QUERIES,
    "recipient": Glyph.KEY,
    "package": Glyph.TRANSFER,
    "newkey": Glyph.KEY,
    "receipt": Glyph.TRANSFER,
    "refused": Glyph.WARNING,
    "words": Glyph.QUERY,
    "backup": Glyph.BACKUP,
    "drill": Glyph.BACKUP,
    "trail": Glyph.CHECK,
    "request": Glyph.FORM,
    "samples": Glyph.WARNING,
    "incident": Glyph.WARNING,
    "milestone": Glyph.SIGNED,
    "accounts": Glyph.KEY,
    "roster": Glyph.WARNING,
    "datakey": Glyph.KEY,
}
PARTS = {
    "recipient": "recipient",
    "package": "leave",
    "newkey": "leave",
    "receipt": "come",
    "refused": "come",
    "words": "come",
    "backup": "custody",
    "drill": "custody",
    "trail": "trail",
    "request": "requests",
    "samples": "requests",
    "incident": "incidents",
    "milestone": "milestones",
    "accounts": "accounts",
    "roster": "accounts",
    "datakey": "datakey",
}
"""Work about the whole site, and the part of its page that does it."""
_AT_TRANSFER = frozenset({"package", "receipt", "refused", "words"})
SUBJECT = Text("Subject", "受试者")
WHAT = Text("What", "事项")
UNTIL = Text("Until", "截止")
DAYS = Text("Days", "天数")
LATE = Text("{n} late", "超 {n} 天")
LEFT = Text("{n} left", "余 {n} 天")
LAST_DAY = Text("today", "今天")
DONE = Text("Nothing is waiting.", "没有待办事项。")
NOBODY = Text(
    "No subject yet. Ctrl+N gives out the first number.",
    "尚无受试者。按 Ctrl+N 建立第一例。",
)
NO_FIT = Text("Nothing that waits fits what is typed.", "没有符合条件的待办事项。")
SEARCH = Text("Subject, words…", "受试者、文字…")
ORDER = Text("Order of the list", "排列方式")
ORDERS = {
    "urgency": Text("Most pressing first", "按紧急程度"),
    "subject": Text("By subject", "按受试者"),
}
SITE = Text("Site", "本中心")
KEYS = Text(
    "Enter go there · ← → kind · / search · O order · P print",
    "Enter 前往 · ← → 类型 · / 搜索 · O 排列 · P 打印",
)
COUNTING = Text("Working out the list…", "正在整理…")
COUNTED = Text("Working out the list: {done} of {total}", "正在整理 {done}/{total}")
OLDER = Text(
    "Partly as known before, being worked out anew: {done} of {total}",
    "部分为上次结果，正在重新整理 {done}/{total}",
)
PACKAGE = Text("Package: {when}", "上次导出：{when}")
BACKUP = Text("Backup: {when}", "上次备份：{when}")
NEVER = Text("never", "从未")
AGO = Text("{n} days ago", "{n} 天前")
TODAY_ = Text("today", "今天")
_WEEKDAYS = Text("Mon Tue Wed Thu Fri Sat Sun", "周一 周二 周三 周四 周五 周六 周日")


class TodayPage(Page):
    """The list of the day."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._day = Note(context, ink=Ink.SECONDARY)
        self._state = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.package = Button(context, NEVER, rank=Rank.QUIET)
        self.backup = Button(context, NEVER, rank=Rank.QUIET)
        self.package.clicked.connect(lambda: self._go_site("package"))
        self.backup.clicked.connect(lambda: self._go_site("backup"))
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        head.addWidget(self._day)
        head.addWidget(self._state)
        head.addStretch(1)
        head.addWidget(self.package)
        head.addWidget(self.backup)
        self.chips = Chips(context, FILTER)
        self.chips.chosen.connect(lambda _: self._show())
        self.search = Line(context)
        self.search.setFixedWidth(Size.POPUP - 2 * Size.MARGIN)
        self.search.textEdited.connect(self._show)
        self.order = Button(context, ORDERS["urgency"], rank=Rank.QUIET, key="O")
        self.order.clicked.connect(self.turn_order)
        self._order = "urgency"
        filters = QHBoxLayout()
        filters.setSpacing(Size.PAD)
        filters.addWidget(self.chips, 1)
        for widget in (self.order, self.search):
            filters.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self.list: Listing[Task] = Listing(context, self._columns(), HEADING)
        self.list.from_top = True
        self.list.opened.connect(self.open)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        column.setSpacing(Size.PAD)
        column.addLayout(head)
        column.addLayout(filters)
        column.addWidget(ground, 1)
        column.addWidget(Note(context, KEYS, size=Type.NOTE, ink=Ink.SECONDARY))
        desk.census.changed.connect(self._counted)
        desk.census.progressed.connect(self._progressed)
        self.retranslate()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Count anew; the caret is in the list."""
        self.desk.census.refresh()
        self._show()
        QTimer.singleShot(0, self.list, self.list.setFocus)

    def retranslate(self) -> None:
        """Say the day and the prompt anew."""
        self.search.setPlaceholderText(self.context.say(SEARCH))
        self.search.setAccessibleName(self.context.say(SEARCH))
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows change the filter, / searches, O orders, P prints, Ctrl+N is a new subject."""
        if presses(self, event):
            return
        in_list = self.list.hasFocus() and not event.modifiers()
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_Right: lambda: self.chips.step(1),
            Qt.Key.Key_Left: lambda: self.chips.step(-1),
            Qt.Key.Key_O: self.turn_order,
            Qt.Key.Key_P: self.print,
            Qt.Key.Key_Slash: self.search.setFocus,
        }
        act = acts.get(event.key())
        held = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        leaves = (Qt.Key.Key_Down, Qt.Key.Key_Escape, *ENTER)
        if held and event.key() == Qt.Key.Key_N:
            self.ask_new()
        elif in_list and act is not None:
            act()
        elif self.search.hasFocus() and event.key() in leaves:
            if event.key() == Qt.Key.Key_Escape:
                self.search.clear()
                self._show()
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    # --- acts -------------------------------------------------------------------------

    def open(self, task: Task) -> None:
        """Go to the place of a line."""
        if task.kind in PARTS:
            self._go_site(task.kind)
        elif task.kind == "unsigned" and self.desk.session.allows("form.sign"):
            page = self.desk.shell.go("sign")
            if isinstance(page, ToSignPage):
                page.look_for(task.subject)
        else:
            self.desk.go(task.place)

    def ask_new(self) -> None:
        """Ctrl+N: to the subjects, where the next number is given out."""
        if self.desk.session.allows("subject.create"):
            page = self.desk.shell.go("subjects")
            assert isinstance(page, SubjectsPage)
            QTimer.singleShot(0, page, page.ask_new)

    def turn_order(self) -> None:
        """The other order: by how pressing, or by subject."""
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self.order.show_text(ORDERS[self._order])
        self._show()

    def print(self) -> None:
        """The lines that are shown, on paper."""
        shown = [t for t in self.list.rows.rows if isinstance(t, Task)]
        report = worklist_report(shown, self.desk.session.today())
        self.desk.shell.open(PreviewPage(self.context, self.desk.session, report))

    def _go_site(self, kind: str) -> None:
        """Where the site exports, backs up, or reviews its trail."""
        page = self.desk.shell.go("transfer" if kind in _AT_TRANSFER else "admin")
        if isinstance(page, PartedPage) and PARTS[kind] in page.parts:
            page.show_part(PARTS[kind])

    # --- showing ----------------------------------------------------------------------

    def _show(self) -> None:
        if self.desk.session.locked:
            return
        census = self.desk.census
        tasks = census.tasks
        counts = Counter(t.kind for t in tasks)
        choices = [Choice("", ALL, len(tasks))]
        choices += [Choice(k, text, counts[k]) for k, text in KINDS.items() if counts[k]]
        self.chips.show_choices(choices)
        kind, typed = self.chips.key, self.search.text().strip()
        done = DONE if census.lines else NOBODY
        waits = COUNTING if census.counting else done
        self.list.show_empty(waits if not tasks else NO_FIT)
        shown = [
            t
            for t in tasks
            if (not kind or t.kind == kind) and (not typed or fits(typed, t.subject, t.text))
        ]
        rows = by_subject(shown) if self._order == "subject" else grouped(shown)
        self.list.show_rows(rows, lambda t: (t.key, t.text))
        if not census.counting:
            self._state.show_text("")
        today = self.desk.session.today()
        self._day.show_text(day_words(today))
        for button in (self.package, self.backup):
            button.setVisible(census.care is not None)
        if census.care is not None:
            self._show_care(census.care)

    def _show_care(self, care: Care) -> None:
        allows = self.desk.session.allows
        for button, name, days, late, operation in (
            (self.package, PACKAGE, care.package_days, care.package_late, "export"),
            (self.backup, BACKUP, care.backup_days, care.backup_late, "backup"),
        ):
            words = NEVER if days is None else AGO.filled(n=days) if days else TODAY_
            button.show_text(name.filled(when=words))
            button.set_ink(Ink.HARD if late else Ink.TEXT)
            button.setEnabled(allows(operation))

    def _counted(self) -> None:
        if self.isVisible():  # else it is read when the page is entered
            self._show()

    def _progressed(self, done: int, total: int) -> None:
        if self.isVisible():
            words = OLDER if self.desk.census.older else COUNTED
            self._state.show_text(words.filled(done=done, total=total))

    def _columns(self) -> tuple[Column[Task], ...]:
        return (
            Column(SUBJECT, lambda t: Cell(t.subject or SITE, strong=True), width=104),
            Column(WHAT, lambda t: Cell(t.text, _ink(t), GLYPHS.get(t.kind))),
            Column(UNTIL, lambda t: Cell(str(t.until or ""), Ink.SECONDARY), width=112, right=True),
            Column(DAYS, self._days, width=96, right=True),
        )

    def _days(self, task: Task) -> Cell:
        if task.until is None:
            return Cell()
        left = (task.until - self.desk.session.today()).days
        if left == 0:
            return Cell(LAST_DAY, Ink.SOFT)
        if left < 0:
            return Cell(LATE.filled(n=-left), Ink.HARD)
        return Cell(LEFT.filled(n=left), Ink.SECONDARY)


def _ink(task: Task) -> Ink:
    return Ink.HARD if task.urgency is Urgency.OVERDUE else Ink.TEXT


def grouped(tasks: Sequence[Task]) -> list[Task | Heading]:
    """Tasks under headings of their urgency, most pressing first."""
    rows: list[Task | Heading] = []
    for urgency in Urgency:
        of_it = [t for t in tasks if t.urgency is urgency]
        if of_it:
            name = URGENCIES[urgency]
            n = len(of_it)
            rows.append(Heading(Text(f"{name.en} · {n}", f"{name.zh} · {n}"), INKS[urgency]))
            rows += of_it
    return rows


def by_subject(tasks: Sequence[Task]) -> list[Task | Heading]:
    """Tasks under headings of their subjects, each with its most pressing first."""
    rows: list[Task | Heading] = []
    numbers = sorted({t.subject for t in tasks}, key=lambda s: (len(s), s))
    held: dict[str, list[Task]] = {number: [] for number in numbers}
    for task in tasks:
        held[task.subject].append(task)
    for number, of_it in held.items():
        name = Text(number, number) if number else SITE
        n = len(of_it)
        rows.append(Heading(Text(f"{name.en} · {n}", f"{name.zh} · {n}")))
        rows += of_it
    return rows


def day_words(day: date) -> Text:
    """``2026-10-22 周四``."""
    en, zh = _WEEKDAYS.en.split()[day.weekday()], _WEEKDAYS.zh.split()[day.weekday()]
    return Text(f"{day} {en}", f"{day} {zh}")
