"""Export: what would leave list by list, where it goes, the signature, and the slip afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.task import Place, Task
from mrd_desktop.texts import Text
from mrd_desktop.transfer.approval import STATEMENT, approve
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.medium import Medium, look_at, size_words
from mrd_desktop.transfer.preview import Held, Preview, preview
from mrd_desktop.transfer.release import Reason
from mrd_desktop.transfer.transmittal import transmittals
from mrd_desktop.vault.errors import TryLater, WrongPassword
from mrd_desktop.vault.trust import pins, recipients
from ui.context import Context
from ui.fingerprints import grouped
from ui.icons import Glyph
from ui.jobs import Job, Progress, Work
from ui.page import Page
from ui.pages.leaving_words import (
    AGAIN,
    ALWAYS,
    CANCEL,
    CHOOSE_FIRST,
    DONE,
    EMPTY,
    FREE,
    FULL,
    HELD_NEW,
    KINDS,
    LAST,
    LAST_SAYS,
    LAST_TODAY,
    LISTS,
    LOOKING,
    MADE,
    MEANT,
    N_BACK,
    N_LATE,
    N_RECORDS,
    N_VALUES,
    NEVER,
    NO_FORM,
    NO_GENES,
    NOBODY,
    OF_FORMS,
    PASSWORD,
    PRACTICE,
    REASONS,
    RECORDS,
    SAME,
    SIGN_ACT,
    STARTING,
    STAYS,
    STOPPED,
    SUBJECT,
    TAKEN_BACK,
    TELL_ACT,
    THERE,
    TO,
    TO_SPONSOR,
    TOLD,
    TRUSTED,
    WHAT,
    WHOLE,
    WORKING,
    abroad_words,
    counted,
    reason_words,
    stays_words,
)
from ui.pages.parted import PartedPage
from ui.pages.slip_sheet import SlipSheet
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.tick import Tick
from ui.work import Desk

_SOMETIMES = frozenset({"late", "back"})
"""Lists that are offered only where there is something on them."""
_TASKS: Mapping[str, tuple[str, ...]] = {
    "draft": ("draft",),
    "incomplete": ("incomplete",),
    "unsigned": ("unsigned",),
    "query": ("query", "answered"),
}
_SHORT = 16
_LABEL = 152
_PAUSE = 400
"""Milliseconds after the last key before a folder is looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list, and where it leads."""

    subject: str
    text: Text
    place: Place
    ink: Ink = Ink.TEXT


class LeavingPart(Page):
    """Facts, lists, and below them folder, password and act; the slip stands in place of lists."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._job: Job[object] | None = None
        self._look: Job[object] | None = None
        self._seen: Preview | None = None
        self.made: ExportResult | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._look_at_folder)
        self.facts = [Note(context) for _ in (LAST, RECORDS, TRUSTED)]
        facts = QHBoxLayout()
        facts.setSpacing(Size.GAP)
        for name, fact in zip((LAST, RECORDS, TRUSTED), self.facts, strict=True):
            facts.addWidget(Note(context, name, ink=Ink.SECONDARY))
            facts.addWidget(fact)
            facts.addSpacing(Size.MARGIN)
        facts.addStretch(1)
        self.front = QStackedWidget()
        self.front.addWidget(self._lists())
        self.slip = SlipSheet(context, AGAIN)
        self.slip.back.connect(self.show_lists)
        self.slip.said.connect(self.said)
        self.front.addWidget(self.slip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addLayout(facts)
        column.addWidget(self.front, 1)
        column.addWidget(self._acting())
        desk.census.changed.connect(self._show)

    @property
    def looked(self) -> bool:
        """What would leave is known."""
        return self._seen is not None and self._look is None

    # --- building ---------------------------------------------------------------------

    def _lists(self) -> QWidget:
        context = self.context
        whole = QWidget()
        self.chips = Chips(context, LISTS)
        self.chips.chosen.connect(lambda _: self._show())
        columns: tuple[Column[Line], ...] = (
            Column(SUBJECT, lambda line: Cell(line.subject, strong=True), width=112),
            Column(WHAT, lambda line: Cell(line.text, line.ink)),
        )
        self.list: Listing[Line] = Listing(context, columns, WHAT)
        self.list.opened.connect(lambda line: self.desk.go(line.place))
        self.meant = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GRID)
        column.addWidget(self.chips)
        column.addWidget(self.meant)
        column.addWidget(ground, 1)
        return whole

    def _acting(self) -> Card:
        context = self.context
        card = Card(context)
        self.folder = FolderField(context, TO, label_width=_LABEL, width=420)
        self.folder.set_path(self.desk.session.folder.path / "outbox")
        self.folder.asked.line.textChanged.connect(lambda _: self._pause.start())
        self.full = Tick(context)
        prompt = PASSWORD.filled(user=self.desk.session.user)
        session = self.desk.session
        name, offset = session.account.printed, session.clock.zone.offset
        stated = Text(f"{STATEMENT.en} {name}, {offset}", f"{STATEMENT.zh}{name}，{offset}")
        self.password = Asked(
            context, prompt, secret=True, label_width=_LABEL, width=280, hint=stated
        )
        self.go = Button(
            context, SIGN_ACT, glyph=Glyph.TRANSFER, rank=Rank.PRIMARY, key="Ctrl+Enter"
        )
        self.stop = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.stop.hide()
        self.bar = Bar()
        self.result = Note(context, wrap=True)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.there = Button(context, THERE, glyph=Glyph.RIGHT)
        self.there.clicked.connect(self.go_there)
        self.there.hide()
        self.stays = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.go.clicked.connect(self.start_export)
        self.stop.clicked.connect(self.cancel)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(self.folder)
        choice = QHBoxLayout()
        choice.addSpacing(_LABEL + Size.PAD - Size.GRID)  # its box begins where the fields do
        choice.addWidget(self.full)
        choice.addStretch(1)
        column.addLayout(choice)
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self.password, 1)
        row.addWidget(self.bar, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.go, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(row)
        self.result.hide()
        told = QHBoxLayout()
        told.setSpacing(Size.PAD)
        told.addWidget(self.result, 1)
        told.addWidget(self.there, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(told)
        self.stays.hide()
        column.addWidget(self.stays)
        self.full.setText(context.say(FULL))
        return card

    # --- looking ----------------------------------------------------------------------

    def enter(self) -> None:
        """Read anew; the caret goes to the folder."""
        self.desk.census.refresh()
        self._look_ahead()
        self._look_at_folder()
        QTimer.singleShot(0, self.folder, self.folder.begin)

    def retranslate(self) -> None:
        """Say the box anew; facts speak for themselves."""
        self.full.setText(self.context.say(FULL))
        self._show()

    def _look_ahead(self) -> None:
        session = self.desk.session
        if session.locked or self._look is not None or self._job is not None:
            return

        def look(progress: Progress) -> object:
            return preview(session, progress)

        job = self._behind(look)
        self._look = job
        job.finished.connect(self._looked)
        job.ended.connect(self._looked_on)
        self._show()

    def _looked(self, seen: Preview) -> None:
        before, self._seen = self._seen, seen
        if seen.barred is not None:
            if self.front.currentIndex() == 0:  # beside the slip stands what was made
                ink = Ink.SOFT if self._tells else Ink.HARD
                self._say_result(stays_words(seen, seen.barred), ink)
            self.full.setChecked(False)
            if not self._tells:
                self.password.line.clear()
        elif before is not None and before.barred is not None:
            self.result.hide()
        self._offer()
        if seen.whole and seen.barred is None:
            self.full.setChecked(True)
            self._say_result(WHOLE, Ink.SOFT)
        self.full.setEnabled(self._may_be_full)

    @property
    def _barred(self) -> bool:
        return self._seen is not None and self._seen.barred is not None

    @property
    def _tells(self) -> bool:
        return self._seen is not None and self._seen.tells

    @property
    def _stuck(self) -> bool:
        return self._barred and not self._tells

    @property
    def _may_be_full(self) -> bool:
        return self._seen is None or not (self._seen.whole or self._barred)

    def _offer(self) -> None:
        """Where nothing can leave there is nothing to sign, but a way to what mends it."""
        self.there.setVisible(self._barred)
        self.go.show_text(TELL_ACT if self._tells else SIGN_ACT)
        for field in (self.go, self.password):
            field.setEnabled(not self._stuck and self._job is None)

    @property
    def _next(self) -> QWidget:
        return self.there if self._stuck else self.password.line

    def go_there(self) -> None:
        """The page where two people say where data go."""
        page = self.desk.shell.go("admin")
        if isinstance(page, PartedPage) and "recipient" in page.parts:
            page.show_part("recipient")

    def _looked_on(self) -> None:
        self._look = None
        self._show()

    def _look_at_folder(self) -> None:
        to, session = self.folder.path, self.desk.session
        if to is None or session.locked:
            return
        needed = self._seen.size if self._seen is not None else 0
        job = self._behind(lambda _: (to, look_at(to, session.folder.path, needed)))
        job.finished.connect(self._show_medium)

    def _behind(self, work: Work[object]) -> Job[object]:
        """A job nobody waits for; begun at the next turn, so that the page can connect to it."""
        job = Job(work)
        QTimer.singleShot(0, self.desk.jobs, lambda: self.desk.jobs.start(job))
        return job

    def _show_medium(self, found: tuple[object, Medium]) -> None:
        to, medium = found
        if to != self.folder.path:
            return
        asked = self.folder.asked
        if medium.problem is not None:
            asked.refuse(medium.problem)
        elif medium.remarks:
            said = medium.remarks
            asked.warn(Text(" ".join(t.en for t in said), "".join(t.zh for t in said)))
        else:
            room = SAME if medium.same else FREE
            asked.set_hint(room.filled(free=size_words(medium.free or 0)))

    # --- export -----------------------------------------------------------------------

    def start_export(self) -> None:
        """Sign, and make the next package, in a worker."""
        to, password = self.folder.path, self.password.text
        if to is None:
            self.folder.asked.ask_anew(CHOOSE_FIRST)
            return
        if not password:
            self.password.line.setFocus()
            return
        if self._job is not None or self._stuck:
            return
        session, language = self.desk.session, self.context.speech.language
        full, alone = self.full.isChecked(), self._tells

        def work(progress: Progress) -> object:
            approval = approve(session, password, language)
            # export asks whether to stop and voids the number itself: no Stopped from inside.
            return export(
                session,
                to,
                full=full,
                deletions=alone,
                approval=approval,
                progress=progress.tell,
                cancelled=lambda: progress.stopped,
            )

        self.folder.asked.approve()
        self.password.approve()
        self._busy(True)
        self._say_result(STARTING, Ink.SECONDARY)
        job = self.desk.run(work)
        self._job = job
        self.bar.follow(job)
        job.progressed.connect(self._progressed)
        job.finished.connect(self._exported)
        job.refused.connect(self._refused)
        job.ended.connect(self._over)

    def cancel(self) -> None:
        """Stop; what was begun is voided and leaves no file."""
        if self._job is not None:
            self._job.cancel()

    def _progressed(self, done: int, total: int) -> None:
        self._say_result(WORKING.filled(done=done, total=total), Ink.SECONDARY)

    def _exported(self, made: ExportResult) -> None:
        self.made = made
        self.password.line.clear()
        self.full.setChecked(False)
        alone = self._tells
        self._say_result(
            (TOLD if alone else DONE).filled(
                n=made.number, opened=made.opened, records=made.records, name=made.path.name
            ),
            Ink.GOOD,
        )
        if made.withheld:
            self.stays.show_text(counted(STAYS, made.withheld, alone=alone))
            self.stays.show()
        self.slip.show_slip(transmittals(self.desk.session)[0])
        self.front.setCurrentIndex(1)
        self.said.emit(MADE.filled(n=made.number))

    def _refused(self, refused: MrdError) -> None:
        if isinstance(refused, WrongPassword | TryLater):
            self.result.hide()
            self.password.ask_anew(refused.text, emptied=True)
        elif refused.code == "cancelled":
            self._say_result(STOPPED, Ink.SECONDARY)
        else:
            self.password.line.clear()
            self._say_result(refused.text, Ink.HARD)

    def _over(self) -> None:
        self._job = None
        self._busy(False)
        self._look_ahead()
        self._look_at_folder()
        self.desk.census.refresh()
        (self.slip if self.front.currentIndex() else self._next).setFocus()

    def _busy(self, busy: bool) -> None:
        self.folder.setEnabled(not busy)
        for field in (self.go, self.password):
            field.setEnabled(not busy and not self._stuck)
        self.full.setEnabled(not busy and self._may_be_full)
        self.stop.setVisible(busy)
        if busy:
            self.stays.hide()
            self.show_lists()
            self.stop.setFocus()

    def _say_result(self, text: Text, ink: Ink) -> None:
        self.result.show_text(text, ink)
        self.result.show()

    def show_lists(self) -> None:
        """The lists in place of the slip."""
        self.front.setCurrentIndex(0)

    # --- showing ----------------------------------------------------------------------

    def _show(self) -> None:
        if self.desk.session.locked:
            return
        self._show_facts()
        lists = {key: list(self._lines(key)) for key in KINDS}
        unknown = {"fresh", "held", "unseen"} if self._seen is None else set()
        self.chips.show_choices(
            [
                Choice(key, text, None if key in unknown else len(lists[key]))
                for key, text in KINDS.items()
                if lists[key] or key not in _SOMETIMES
            ]
        )
        key = self.chips.key
        meant = MEANT[key]
        if key == "held" and self._seen is not None:
            always = {Reason.PRIVATE.value, Reason.SITE.value}
            kept = {k: n for k, n in self._seen.withheld.items() if k in always}
            if kept:
                more = counted(ALWAYS, kept)
                meant = Text(f"{meant.en} {more.en}.", f"{meant.zh}{more.zh}。")
            if not self._seen.genes and not self._seen.deletions:
                said = [NO_GENES] if self._seen.last is None else [NO_GENES, TAKEN_BACK]
                meant = Text(
                    " ".join([meant.en, *(t.en for t in said)]),
                    "".join([meant.zh, *(t.zh for t in said)]),
                )
        self.meant.show_text(meant)
        bare = key == "fresh" and self._seen is not None and self._seen.records > 0
        empty = NO_FORM if bare else EMPTY[key]
        self.list.show_empty(LOOKING if key in unknown else empty)
        self.list.show_rows(lists[key], lambda line: (line.place, line.text.en))

    def _show_facts(self) -> None:
        last, new, trusted = self.facts
        seen, care = self._seen, self.desk.census.care
        if seen is None:
            last.show_text(LOOKING, Ink.SECONDARY)
            new.show_text("")
        else:
            if seen.last is None or seen.last_at is None:
                last.show_text(NEVER, Ink.TEXT)
            else:
                at = self.context.hours.moment(seen.last_at)
                days = (care.package_days if care is not None else 0) or 0
                late = care is not None and care.package_late
                words = LAST_SAYS if days else LAST_TODAY
                said = words.filled(n=seen.last, at=at, days=days)
                last.show_text(said, Ink.HARD if late else Ink.TEXT)
            forms = sum(fresh.records for fresh in seen.fresh)
            some = str(seen.records) if forms == seen.records else ""
            new.show_text(some or OF_FORMS.filled(n=seen.records, forms=forms))
        sealed_for = recipients(pins(self.desk.session))
        if seen is not None and seen.deletions:
            sealed_for = tuple(one.pin for one in seen.recipients)
        if any(p.practice for p in sealed_for):
            trusted.show_text(PRACTICE, Ink.TRAINING)
        elif sealed_for:
            said = TO_SPONSOR.filled(key="  ".join(grouped(p.sign.id[:_SHORT]) for p in sealed_for))
            away = [] if seen is None else [w for w in map(abroad_words, seen.recipients) if w]
            en, zh = ([said.en, *(w.en for w in away)], [said.zh, *(w.zh for w in away)])
            trusted.show_text(Text(" · ".join(en), " · ".join(zh)), Ink.TEXT)
        else:
            trusted.show_text(NOBODY, Ink.SOFT)

    def _lines(self, key: str) -> Iterator[Line]:
        if key in _TASKS:
            yield from self._tasks(_TASKS[key])
        elif self._seen is not None and key == "fresh":
            for fresh in self._seen.fresh:
                place = place_words(self.desk.study, fresh.key)
                text = Text(
                    N_RECORDS.en.format(place=place.en, n=fresh.records),
                    N_RECORDS.zh.format(place=place.zh, n=fresh.records),
                )
                yield Line(fresh.key.subject, text, fresh.key)
        elif self._seen is not None and key == "unseen":
            for one in self._seen.unseen:
                place = place_words(self.desk.study, one.key)
                text = N_VALUES.filled(place=place, n=one.values)
                yield Line(one.key.subject, text, one.key)
        elif self._seen is not None and key == "late":
            for subject, n in self._seen.late:
                if subject:
                    yield Line(subject, N_LATE.filled(n=n), subject)
        elif self._seen is not None and key == "back":
            for back in self._seen.back:
                why = REASONS[back.reason]
                text = Text(
                    N_BACK.en.format(why=why.en, n=back.records),
                    N_BACK.zh.format(why=why.zh, n=back.records),
                )
                yield Line(str(back.key), text, back.key, Ink.SOFT)
        elif self._seen is not None:
            yield from map(self._held, self._seen.held)

    def _tasks(self, kinds: Sequence[str]) -> Iterator[Line]:
        found: list[Task] = [t for t in self.desk.census.tasks if t.kind in kinds]
        for task in sorted(found, key=lambda t: t.subject):
            yield Line(task.subject, task.text, task.place)

    def _held(self, held: Held) -> Line:
        alone = self._seen is not None and self._seen.deletions
        why, place = reason_words(held.reason, alone=alone), place_words(self.desk.study, held.key)
        if held.records and not place.en:
            why = Text(
                HELD_NEW.en.format(why=why.en, n=held.records),
                HELD_NEW.zh.format(why=why.zh, n=held.records),
            )
        elif place.en:
            why = Text(f"{place.en}: {why.en}", f"{place.zh}：{why.zh}")
        key = held.key
        subject = key if isinstance(key, str) else str(key).partition("/")[0]
        return Line(subject, why, key, Ink.SOFT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on from field to field and signs at last; Esc stops, or leaves the slip."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        focused = self.focusWidget()
        escape = event.key() == Qt.Key.Key_Escape
        if escape and self._job is not None:
            self.cancel()
        elif escape and self.front.currentIndex():
            self.show_lists()
            self.list.setFocus()
        elif enter and held:
            self.start_export()
        elif enter and isinstance(focused, Button):
            focused.click()
        elif enter and focused is self.folder.asked.line:
            self._look_at_folder()
            self._next.setFocus()
        elif enter and focused is self.password.line:
            self.start_export()
        else:
            super().keyPressEvent(event)
