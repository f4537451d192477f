"""Export and receive: what would leave, what stays and why, and what the sponsor sent back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.release import Reason
from mrd_desktop.transfer.reply import ImportResult, import_reply
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import pins, recipients
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.folder_field import FolderField
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.work import Desk

HEADING = Text("Export and receive", "导出与接收")
STANDING = Text("What would leave", "待导出内容")
LAST = Text("Last package", "上次导出")
NEVER = Text("none yet", "尚未导出")
LAST_SAYS = Text("No. {n} · {at} · {days} days ago", "第 {n} 号 · {at} · {days} 天前")
NEW = Text("New records", "新增记录")
INCOMPLETE = Text("Incomplete forms", "未完整表单")
OPEN = Text("Open queries", "待回复质疑")
TRUSTED = Text("Sealed for", "加密给")
NOBODY = Text(
    "nobody yet: the administrator has to trust the sponsor's key first",
    "尚无：须由中心管理员先信任申办方密钥",
)
TO_SPONSOR = Text("sponsor, key {key}", "申办方，密钥 {key}")
MAY_LEAVE = Text(
    "Incomplete forms and open queries leave as they are; that is allowed and told.",
    "未完整表单和未答复的质疑可照常导出，会一并注明。",
)
EXPORT = Text("Export a package", "导出数据包")
TO = Text("To folder", "保存到")
TO_HINT = Text(
    "An encrypted stick or the folder for the sponsor. A copy stays in the site's archive.",
    "加密 U 盘或交给申办方的文件夹；中心存档中自动保留一份。",
)
EXPORT_ACT = Text("Export", "导出")
CANCEL = Text("Cancel", "取消")
WORKING = Text("{done} of {total} records", "已处理 {done} / {total} 条记录")
STARTING = Text("Reading and verifying the whole chain…", "正在读取并校验全部记录…")
STOPPED = Text("Cancelled; nothing has left.", "已取消，未导出任何内容。")
DONE = Text(
    "Package {n}: {opened} contents of {records} new records. {name}",
    "第 {n} 号数据包：{records} 条新记录，含内容 {opened} 条。{name}",
)
PRINT_ID = Text("Fingerprint, to be told by telephone: {sha}", "指纹（供电话核对）：{sha}")
STAYS = Text("Stays here", "留在本中心")
REASONS: Mapping[str, Text] = {
    Reason.PRIVATE: Text("identity", "身份信息"),
    Reason.SITE: Text("for the site only", "仅供中心使用"),
    Reason.CONSENT: Text("no consent to share yet", "尚未同意共享"),
    Reason.WITHDRAWN: Text("consent withdrawn", "已撤回同意"),
    Reason.HGR: Text("genetic data without consent", "未同意共享遗传信息"),
    Reason.FREE_TEXT: Text("text may identify", "文字可能暴露身份"),
    Reason.SAMPLE_ID: Text("sample number may identify", "样本编号可能暴露身份"),
    Reason.REDACTED: Text("redacted", "已遮蔽"),
}
RECEIVE = Text("Receive a reply", "接收回复")
FILE = Text("Reply file", "回复文件")
FILE_HINT = Text(
    "A file ending in .mrdreply: receipts, questions, amendments. It never changes a value.",
    "扩展名为 .mrdreply：含回执、质疑和方案修订，不会更改任何数据。",
)
RECEIVE_ACT = Text("Receive", "接收")
CHOOSE_FIRST = Text("Type or choose it first.", "请先填写或选择。")
RECEIVED = Text(
    "Received: {queries} questions, {receipts} receipts.",
    "已接收：质疑 {queries} 条，回执 {receipts} 条。",
)
AMENDED = Text(
    "A new study definition came with it; it is in force from the next sign-in on.",
    "随附新的研究定义，下次登录起生效。",
)
_REPLIES = "MRD reply (*.mrdreply)"
PRACTICE = Text(
    "practice recipient: nobody can open the package, no sponsor takes it",
    "练习用接收方：数据包无人能解密，申办方不会接收",
)
_SHORT = 16


@dataclass(frozen=True, slots=True)
class Standing:
    """What a package would hold, before it is made."""

    number: int | None
    at: str | None
    new: int
    sponsors: tuple[str, ...]
    practice: bool = False


def standing(session: Session) -> Standing:
    """How far the site has sent, and for whom the next package would be sealed."""
    chain = session.folder.chain
    with session.reading() as conn:
        sent = lineage.sent(conn, chain)
        head = store.head(conn, chain).seq
    sealed_for = recipients(pins(session))
    keys = tuple(p.sign.id for p in sealed_for)
    practice = any(p.practice for p in sealed_for)
    after = sent.after.seq if sent.after is not None else 0
    return Standing(sent.number or None, sent.at, head - after, keys, practice)


class TransferPage(Page):
    """One card for what leaves, one for what comes."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._job: Job[object] | None = None
        self._standing: Standing | None = None
        self.made: ExportResult | None = None
        ground = Card(context)
        self._facts = QGridLayout(ground)
        self._facts.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        self._facts.setHorizontalSpacing(Size.MARGIN)
        self._facts.setVerticalSpacing(Size.GAP - 2)
        self._facts.setColumnStretch(1, 1)
        self._facts.addWidget(Note(context, STANDING, strong=True), 0, 0, 1, 2)
        names = (LAST, NEW, INCOMPLETE, OPEN, TRUSTED)
        self.facts = [Note(context) for _ in names]
        for row, (name, fact) in enumerate(zip(names, self.facts, strict=True), 1):
            self._facts.addWidget(Note(context, name, ink=Ink.SECONDARY), row, 0)
            self._facts.addWidget(fact, row, 1)
        self._facts.addWidget(
            Note(context, MAY_LEAVE, size=Type.NOTE, ink=Ink.SECONDARY), len(names) + 1, 0, 1, 2
        )
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.MARGIN)
        body.setSpacing(Size.PAD)
        body.addWidget(Note(context, HEADING, size=Type.TITLE, strong=True))
        body.addWidget(ground)
        body.addWidget(self._leaving())
        body.addWidget(self._coming())
        body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(Scroller(context, inner))
        desk.census.changed.connect(self._show)

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret goes to the folder."""
        self.desk.census.refresh()
        self._read()
        QTimer.singleShot(0, self.folder.asked.line, self.folder.asked.line.setFocus)

    def retranslate(self) -> None:
        """Facts speak for themselves."""
        self._show()

    # --- building ---------------------------------------------------------------------

    def _leaving(self) -> Card:
        context = self.context
        card = Card(context)
        self.folder = FolderField(context, TO, hint=TO_HINT, label_width=96, width=420)
        self.folder.set_path(self.desk.session.folder.path / "outbox")
        self.go = Button(context, EXPORT_ACT, glyph=Glyph.TRANSFER, rank=Rank.PRIMARY, key="Enter")
        self.stop = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.stop.hide()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(Size.GRID + 2)
        self.bar.hide()
        self.result = Note(context, wrap=True)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.print = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.print.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.stays = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.go.clicked.connect(self.start_export)
        self.stop.clicked.connect(self.cancel)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP - 2)
        column.addWidget(Note(context, EXPORT, strong=True))
        column.addWidget(self.folder)
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self.go)
        row.addWidget(self.stop)
        row.addWidget(self.bar, 1)
        row.addStretch(0)
        column.addLayout(row)
        for note in (self.result, self.print, self.stays):
            note.hide()
            column.addWidget(note)
        if not self.desk.session.allows("export"):
            card.hide()
        return card

    def _coming(self) -> Card:
        context = self.context
        card = Card(context)
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files=_REPLIES, label_width=96, width=420
        )
        self.take = Button(context, RECEIVE_ACT, key="Enter")
        self.take.clicked.connect(self.start_import)
        self.taken = Note(context, wrap=True)
        self.taken.hide()
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP - 2)
        column.addWidget(Note(context, RECEIVE, strong=True))
        column.addWidget(self.file)
        column.addWidget(self.take)
        column.addWidget(self.taken)
        if not self.desk.session.allows("import"):
            card.hide()
        return card

    # --- export -----------------------------------------------------------------------

    def start_export(self) -> None:
        """Make the next package, in a worker."""
        to = self.folder.path
        if to is None:
            self.folder.asked.refuse(CHOOSE_FIRST)
            return
        if self._job is not None:
            return
        session = self.desk.session

        def work(progress: Progress) -> object:
            # export asks whether to stop and voids the number itself: no Stopped from inside.
            return export(session, to, progress=progress.tell, cancelled=lambda: progress.stopped)

        self.folder.asked.approve()
        self._busy(True)
        self._say_result(STARTING, Ink.SECONDARY)
        job = self.desk.run(work)
        self._job = job
        job.progressed.connect(self._progressed)
        job.finished.connect(self._exported)
        job.refused.connect(self._refused)
        job.ended.connect(self._over)

    def cancel(self) -> None:
        """Stop; what was begun is voided and leaves no file."""
        if self._job is not None:
            self._job.cancel()

    def _progressed(self, done: int, total: int) -> None:
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        self._say_result(WORKING.filled(done=done, total=total), Ink.SECONDARY)

    def _exported(self, made: ExportResult) -> None:
        self.made = made
        self._say_result(
            DONE.filled(
                n=made.number, opened=made.opened, records=made.records, name=made.path.name
            ),
            Ink.GOOD,
        )
        self.print.show_text(PRINT_ID.filled(sha=grouped(made.manifest_sha256)))
        self.print.show()
        if made.withheld:
            parts = [(REASONS.get(k, Text(k, k)), n) for k, n in sorted(made.withheld.items())]
            en = ", ".join(f"{text.en} {n}" for text, n in parts)
            zh = "，".join(f"{text.zh} {n} 条" for text, n in parts)
            self.stays.show_text(Text(f"{STAYS.en}: {en}", f"{STAYS.zh}：{zh}"))
            self.stays.show()
        self.said.emit(
            Text(f"Package {made.number} is made.", f"第 {made.number} 号数据包已生成。")
        )

    def _refused(self, refused: MrdError) -> None:
        if refused.code == "cancelled":
            self._say_result(STOPPED, Ink.SECONDARY)
        else:
            self._say_result(refused.text, Ink.HARD)

    def _over(self) -> None:
        self._job = None
        self._busy(False)
        self._read()
        self.desk.census.refresh()

    def _busy(self, busy: bool) -> None:
        self.go.setEnabled(not busy)
        self.take.setEnabled(not busy)
        self.stop.setVisible(busy)
        self.bar.setVisible(busy)
        self.bar.setRange(0, 0)
        if busy:
            self.print.hide()
            self.stays.hide()

    def _say_result(self, text: Text, ink: Ink) -> None:
        self.result.show_text(text, ink)
        self.result.show()

    # --- reply ------------------------------------------------------------------------

    def start_import(self) -> None:
        """Take a reply in, in a worker."""
        path = self.file.path
        if path is None:
            self.file.asked.refuse(CHOOSE_FIRST)
            return
        if self._job is not None:
            return
        session = self.desk.session

        def work(_: Progress) -> object:
            return import_reply(session, path)

        self.file.asked.approve()
        self._busy(True)
        self.stop.hide()
        job = self.desk.run(work)
        self._job = job
        job.finished.connect(self._adopted)
        job.refused.connect(lambda refused: self._say_taken(refused.text, Ink.HARD))
        job.ended.connect(self._over)

    def _adopted(self, found: ImportResult) -> None:
        if found.reason is not None:
            self._say_taken(found.reason, Ink.SECONDARY)
            return
        text = RECEIVED.filled(queries=found.queries, receipts=found.receipts)
        if found.definition is not None:
            text = Text(f"{text.en} {AMENDED.en}", f"{text.zh}{AMENDED.zh}")
        self._say_taken(text, Ink.GOOD)
        self.desk.census.refresh()

    def _say_taken(self, text: Text, ink: Ink) -> None:
        self.taken.show_text(text, ink)
        self.taken.show()

    # --- showing ----------------------------------------------------------------------

    def _read(self) -> None:
        if self.desk.session.locked:
            return
        self._standing = standing(self.desk.session)
        self._show()

    def _show(self) -> None:
        found, census = self._standing, self.desk.census
        if found is None or self.desk.session.locked:
            return
        last, new, incomplete, queries, trusted = self.facts
        if found.number is None or found.at is None:
            last.show_text(NEVER)
        else:
            days = census.care.package_days if census.care is not None else 0
            said = LAST_SAYS.filled(
                n=found.number, at=self.context.hours.moment(found.at), days=days or 0
            )
            late = census.care is not None and census.care.package_late
            last.show_text(said, Ink.HARD if late else Ink.TEXT)
        new.show_text(str(found.new))
        incomplete.show_text(str(sum(o.incomplete for o in census.overviews.values())))
        queries.show_text(str(sum(line.open_queries for line in census.lines)))
        if found.practice:
            trusted.show_text(PRACTICE, Ink.TRAINING)
        elif found.sponsors:
            trusted.show_text(TO_SPONSOR.filled(key="  ".join(k[:_SHORT] for k in found.sponsors)))
        else:
            trusted.show_text(NOBODY, Ink.SOFT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter does what the field with the caret is for; Esc stops."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        focused = self.focusWidget()
        if event.key() == Qt.Key.Key_Escape and self._job is not None:
            self.cancel()
        elif enter and isinstance(focused, Button):
            focused.click()
        elif enter and focused is self.folder.asked.line:
            self.start_export()
        elif enter and focused is self.file.asked.line:
            self.start_import()
        else:
            super().keyPressEvent(event)


def grouped(digest: str) -> str:
    """A digest in groups of four, as it is read out."""
    return " ".join(digest[n : n + 4] for n in range(0, len(digest), 4))
