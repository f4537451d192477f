"""Records that are known elsewhere and missing here: listed by place, and signed for."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.reports.trail_words import CLOSED_TO_READ, KINDS
from mrd_desktop.study.address import parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.texts import Text
from mrd_desktop.transfer import loss
from mrd_desktop.transfer.checkpoint import Finding
from mrd_desktop.transfer.confirmed import turned_away
from mrd_desktop.transfer.loss import STATEMENT, Lost
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.surroundings import LACKING, Around, around
from mrd_desktop.transfer.tail.following import Tail
from mrd_desktop.transfer.tail.taking import Offer, offered, take_back
from mrd_desktop.transfer.tail.words import NEVER_AGAIN, OFFERED, TAKEN, WITHOUT
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.notice import About
from ui.widgets.signing import Sign, SignedWords
from ui.work import Desk

NAME = Text("Missing records", "缺失记录")
LOOKING = Text("Comparing…", "正在比较…")
WAITS = Text(
    "Nothing is recorded here until somebody has answered for this: no data, no account, no reply. "
    "Looking, comparing and backups go on. Call the sponsor first where you do not know how it "
    "came about.",
    "在有人签署负责之前，此处不写入任何记录：不能录入、签名、导出、管理用户或导入回复；"
    "查看、校验和备份不受影响。若不清楚原因，请先联系申办方。",
)
UNKNOWN = Text(
    "No backup that can be read here lists these records.",
    "没有可在此读取的备份列出这些记录。",
)
NUMBER, AT, WHO = Text("Record", "记录"), Text("Time", "时间"), Text("User", "用户")
ACT, WHERE, SOURCE = Text("Act", "操作"), Text("Where", "位置"), Text("Known to", "来源")
SPONSOR = Text("The sponsor: {words}", "申办方告知：{words}")
TAKE = Text("Take back records {first} to {last}", "取回第 {first} 至 {last} 条记录")
RESTORE = Text("Sign out and restore a backup", "退出并恢复备份")
AGAIN = Text("Look again", "重新查看")
TAKING = Text("Taking back…", "正在取回…")
WORDS_ASKED = Text("What happened", "情况说明")
WORDS_HINT = Text(
    "How it came about, and how the records are entered again. It stays at the site.",
    "缺失的经过，以及如何补录。仅留存于本中心。",
)
SIGN = Text("Sign and go on", "签署并继续工作")
SIGNED = Text("It is signed and recorded. Work goes on.", "已签署并登记，可继续工作。")
WHO_SIGNS = Text(
    "An investigator or the administrator answers for it.", "由研究者或管理员签署负责。"
)
WHO_TAKES = Text(
    "An investigator or the administrator takes them back here.", "由研究者或管理员在此取回。"
)
_Read = tuple[tuple[Finding, ...], tuple[Lost, ...], Offer, tuple[Refusal, ...], Around | None]


class LossPart(Page):
    """What disagrees, which records that are, and the signature."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.found: tuple[Finding, ...] = ()
        self.offer = Offer(None, None)
        self._looking = False
        self.state = Note(context, strong=True, wrap=True)
        self.restored = Note(context, ink=Ink.SOFT, wrap=True)
        self.told = Note(context, ink=Ink.HARD, wrap=True)
        self.waits = Note(context, WAITS, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.way = Note(context, strong=True, wrap=True)
        self.without = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.take = Button(context, TAKE)
        self.take.clicked.connect(self.take_back)
        self.restore = Button(context, RESTORE, rank=Rank.PRIMARY, glyph=Glyph.BACKUP)
        self.restore.clicked.connect(self.go_restore)
        self.again = Button(context, AGAIN)
        self.again.clicked.connect(self.enter)
        columns: tuple[Column[Lost], ...] = (
            Column(NUMBER, lambda x: Cell(str(x.seq), strong=True), width=72, right=True),
            Column(AT, lambda x: Cell(context.hours.moment(x.at), Ink.SECONDARY), width=128),
            Column(WHO, lambda x: Cell(x.user), width=88),
            Column(ACT, lambda x: Cell(KINDS[x.kind] if x.kind else CLOSED_TO_READ), width=240),
            Column(WHERE, self._where),
            Column(SOURCE, lambda x: Cell(x.source, Ink.SECONDARY, small=True), width=232),
        )
        self.list: Listing[Lost] = Listing(context, columns, NAME)
        self.answer = SignedWords(
            context, desk.session, desk.run, STATEMENT, (WORDS_ASKED, WORDS_HINT), SIGN,
            signs=self._signs, signed=self._signed,
        )  # fmt: skip
        self.others = Note(context, WHO_SIGNS, size=Type.NOTE, ink=Ink.SECONDARY)
        self.ground = Card(context)
        inside = QVBoxLayout(self.ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        for part in (
            self.state, self.restored, self.told, self.waits, self.way, self.without
        ):  # fmt: skip
            column.addWidget(part)
        acts = QHBoxLayout()
        acts.setSpacing(Size.GAP)
        for act in (self.restore, self.take, self.again):
            acts.addWidget(act)
        acts.addStretch(1)
        column.addLayout(acts)
        column.addWidget(self.ground, 1)
        column.addWidget(self.answer)
        column.addWidget(self.others)
        column.addStretch(0)
        self._show((), self.offer, None)
        self._tell(())

    def enter(self) -> None:
        """Compare anew."""
        if self._looking or self.desk.session.locked:
            return
        self._looking = True
        self.state.show_text(LOOKING, Ink.SECONDARY)
        session = self.desk.session

        def work(_: Progress) -> object:
            found, told = loss.look(session), turned_away(session)
            if not found:
                return found, (), Offer(None, None), told, around(session)
            return found, loss.lost(session), offered(session), told, None

        job = self.desk.run(work)
        job.finished.connect(self._take)
        job.refused.connect(lambda refused: self.state.show_text(refused.text, Ink.HARD))
        job.ended.connect(self._over)

    def _over(self) -> None:
        self._looking = False

    def take_back(self) -> None:
        """Take up what the packages hold; what is missing then is looked at anew."""
        session, shown = self.desk.session, self.offer.tail
        if shown is None or self._looking:
            return
        self._looking = True
        self.take.setEnabled(False)
        self.take.show_text(TAKING)
        job = self.desk.run(lambda _: take_back(session, shown))
        job.finished.connect(self._taken)
        job.refused.connect(self._not_taken)
        job.ended.connect(self._over)

    def go_restore(self) -> None:
        """Leave the folder as it is, for the backup that was named, or another."""
        wanted, backup = self.desk.shell.restore_wanted, self.offer.backup
        QTimer.singleShot(0, self.desk.shell, lambda: wanted.emit(backup))

    def _not_taken(self, refused: MrdError) -> None:
        self.way.show_text(refused.text, Ink.HARD)
        self.take.hide()

    def _taken(self, made: Tail) -> None:
        if self.desk.session.locked:
            return
        self.desk.say(made.told(TAKEN))
        if self.desk.session.hold is None:
            self._lifted()
        self._looking = False
        self.enter()

    def _lifted(self) -> None:
        """Work goes on: what was closed to the user is offered again."""
        self.desk.shell.set_notice(About.RECORDS, None)
        self.desk.census.refresh()

    def _take(self, read: _Read) -> None:
        if self.desk.session.locked:
            return
        self._looking = False  # the key may be pressed as soon as it has the focus
        self.found, entries, offer, told, compared = read
        self._show(entries, offer, compared)
        self._tell(told)
        # Enter begins what the page advises; to sign is what is left when nothing else helps.
        advised = (self.restore, self.take, self.again)
        act = next((button for button in advised if button.isVisible()), None)
        if act is not None:
            act.setFocus()
        elif compared is not None and compared.lacking:
            self.list.setFocus()

    def _tell(self, told: tuple[Refusal, ...]) -> None:
        """What the sponsor says of packages in a reply that does not fit this copy."""
        said = dict.fromkeys(r.text for r in told)
        words = Text(" ".join(t.en for t in said), "".join(t.zh for t in said))
        self.told.show_text(SPONSOR.filled(words=words), Ink.HARD)
        self.told.setVisible(bool(told))

    def _show(self, entries: tuple[Lost, ...], offer: Offer, compared: Around | None) -> None:
        session = self.desk.session
        held = self.found[0].text if self.found else session.hold
        may = loss.may_answer(session)
        if held is not None:
            self.state.show_text(held, Ink.HARD)
        elif compared is not None:
            known = compared.backups or compared.packages
            self.state.show_text(compared.told, Ink.GOOD if known else Ink.TEXT)
        lacking = () if compared is None else compared.lacking
        self.list.show_empty(UNKNOWN)
        self.offer = offer
        if offer.tail is not None:  # what comes back is not missing; what it lacks is
            back = range(offer.tail.first, offer.tail.last + 1)
            entries = (*offer.tail.without, *(x for x in entries if x.seq not in back))
        self.list.show_rows(entries or lacking, lambda x: x.seq)
        self._show_way(offer, held, may)
        self._show_after(None if held is not None else compared)
        self.waits.setVisible(held is not None)
        self.ground.setVisible(held is not None or bool(lacking))
        self.answer.setVisible(held is not None and may and offer.tail is None)
        self.others.show_text(WHO_SIGNS if offer.tail is None else WHO_TAKES)
        self.others.setVisible(held is not None and not may)

    def _show_after(self, compared: Around | None) -> None:
        """What stays to be done though nothing is found missing."""
        restored = None if compared is None else compared.restored
        if restored is not None:
            at = self.context.hours.moment(restored.at)
            self.restored.show_text(restored.ask(at), Ink.SOFT)
        self.restored.setVisible(restored is not None)
        if compared is not None and compared.lacking:
            self.without.show_text(LACKING.filled(n=len(compared.lacking)), Ink.SOFT)
            self.without.show()

    def _show_way(self, offer: Offer, held: Text | None, may: bool) -> None:
        """What can be taken back first, or that nothing can, before anybody signs."""
        made, missing = offer.tail, held is not None and bool(self.found)
        told = NEVER_AGAIN if offer.why is None else offer.why
        told = told if made is None else made.told(OFFERED)
        if better := offer.instead:
            told = better if made else Text(f"{better.en} {told.en}", f"{better.zh}{told.zh}")
        self.way.show_text(told, Ink.HARD)
        self.way.setVisible(missing)
        lacks = 0 if made is None else len(made.without)
        self.without.show_text(WITHOUT.filled(n=lacks), Ink.SECONDARY)
        self.without.setVisible(missing and lacks > 0)
        self.take.setVisible(missing and made is not None and may)
        self.take.setEnabled(True)
        self.take.show_rank(Rank.PLAIN if offer.restores else Rank.PRIMARY)
        self.restore.setVisible(missing and offer.restores)
        self.again.setVisible(held is not None and made is None)
        if made is not None:
            self.take.show_text(TAKE.filled(first=made.first, last=made.last))

    def _signs(self) -> Sign:
        """What is shown."""
        session, shown = self.desk.session, self.found
        return lambda words, password, language: loss.answer(
            session, shown, words, password, language=language
        )

    def _signed(self, _: object) -> None:
        self.found = ()
        self._show((), Offer(None, None), None)
        self._lifted()
        self.desk.say(SIGNED)
        self.enter()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the password, and signs from there."""
        if not self.answer.takes(self, event):
            super().keyPressEvent(event)

    def _where(self, entry: Lost) -> Cell:
        if entry.place is None:
            return Cell()
        try:
            key = parse_address(entry.place)
        except AddressError:
            return Cell(entry.place)
        subject = entry.place.partition("/")[0]
        words = place_words(self.desk.study, key)
        if not words.en:
            return Cell(subject)
        return Cell(Text(f"{subject} · {words.en}", f"{subject} · {words.zh}"))
