"""The one window: navigation at the left, search and switches above, one page, a status line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from mrd_desktop.texts import Language, Text
from ui.ask_line import PASSWORD_OF, PasswordLine
from ui.context import Context
from ui.finder import Finder, Found, Source, fits
from ui.icons import Glyph
from ui.navigation import TRAINING, Identity, Navigation, Section
from ui.page import Page
from ui.synonyms import NONE, SYNONYMS
from ui.theme import Ink, Size, Type
from ui.trail import Trail
from ui.widgets.button import Button, Rank
from ui.widgets.card import Rule
from ui.widgets.note import Note
from ui.widgets.notice import About, Notice

NAME = "MRD Desktop"
LOCK = Text("Lock", "锁定")
LANGUAGE = Text("中文", "English")
OTHER_LANGUAGE = Text("Switch to Chinese", "切换为英文")
THEME = Text("Light or dark", "浅色或深色")
BACK = Text("Back", "后退")
FORWARD = Text("Forward", "前进")
GO_TO = Text("Go to", "前往")
ACT = Text("Act", "操作")
TRAINING_NOTE = Text("Training mode: synthetic data only", "培训模式：仅用虚构数据")
PROOF_WHY = Text("Once more, for what only you may do.", "此操作仅限本人，请再次输入密码。")
_CLOCK_EVERY = 10_000


class Strip(QWidget):
    """One side of the coloured frame that training mode puts around the window."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setMinimumSize(Size.STRIP, Size.STRIP)
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._context.tokens.training)
        painter.end()


class Ground(QWidget):
    """A plain ground of one colour under bars and lines."""

    def __init__(self, context: Context, ink: Ink) -> None:
        super().__init__()
        self._context = context
        self._ink = ink
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._context.ink(self._ink)))
        painter.end()


class Shell(QWidget):
    """The window. Pages are opened with :meth:`open`, sections with :meth:`go`.

    Before sign-in and while locked, :meth:`cover` fills the whole window with one page.

    Signals:
        lock_wanted: the user asked to lock.
        closing: the window was asked to close; call :meth:`QWidget.close` again when done.
        condemned: two people have signed the end of the site that is open; what they made.
        left_behind: this version of the program works here no more; what the sign-in says of it.
        support_wanted: the page in front, or the cover, asks for a file for support.
        restore_wanted: work here is to end for a backup to be restored: which, or None.
    """

    lock_wanted = Signal()
    closing = Signal()
    condemned = Signal(object)
    left_behind = Signal(object)
    support_wanted = Signal()
    restore_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._identity: Identity | None = None
        self._sections: dict[str, Section] = {}
        self._homes: dict[str, Page] = {}
        self._section_of: dict[Page, str] = {}
        self._trail: Trail[Page] = Trail()
        self._may_close = True
        self._proving: Callable[[str], None] = _unasked
        self._asked_from: QWidget | None = None
        self._now: Callable[[], datetime] = _local
        self._cover: Page | None = None
        self._outer = QStackedWidget()
        self._build()
        self._bind()
        clock = QTimer(self)
        clock.timeout.connect(self._tick)
        clock.start(_CLOCK_EVERY)
        self._tick()
        context.speech.changed.connect(self._retranslate)
        self._retranslate()
        self.resize(Size.WINDOW_WIDTH, Size.WINDOW_HEIGHT)
        self.setMinimumSize(Size.WINDOW_LEAST_WIDTH, Size.WINDOW_LEAST_HEIGHT)

    # --- who and what -----------------------------------------------------------------

    def set_identity(self, identity: Identity | None) -> None:
        """Show who is signed in where; None when nobody is."""
        self._identity = identity
        if identity is not None:
            self.navigation.set_identity(identity)
        training = identity is not None and identity.training
        for strip in self._strips:
            strip.setVisible(training)
        self.context.theme.show_training(training)
        self._retranslate()

    def set_sections(self, sections: Sequence[Section]) -> None:
        """Offer these sections; pages of former ones are forgotten."""
        self._forget_all()
        self.offer_more(sections)

    def offer_more(self, sections: Sequence[Section]) -> None:
        """Offer these sections, which are those there and others; every page stays."""
        self._sections = {s.key: s for s in sections}
        self.navigation.set_sections(tuple(sections))
        if self.page is not None:
            self.navigation.mark(self._section_of.get(self.page, ""))

    def set_count(self, key: str, count: int) -> None:
        """Show how much waits in a section."""
        self.navigation.set_count(key, count)

    def set_note(self, text: Text) -> None:
        """A quiet note at the foot of the navigation."""
        self.navigation.set_note(text)

    def add_source(self, source: Source) -> None:
        """Let the search find more."""
        self.finder.add_source(source)

    # --- pages ------------------------------------------------------------------------

    @property
    def page(self) -> Page | None:
        """The page in front."""
        return self._trail.here

    def go(self, key: str) -> Page:
        """Open a section's page; it is made once and kept."""
        if key not in self._homes:
            self._homes[key] = self._adopt(self._sections[key].make())
        page = self._homes[key]
        self._section_of[page] = key
        self._open(page)
        return page

    def open(self, page: Page) -> None:
        """Open a page on top of the one in front."""
        if page not in self._section_of:
            self._section_of[page] = self._belongs(page, self._trail.here)
        self._open(self._adopt(page))

    def replace(self, page: Page) -> None:
        """Open a page in place of the one in front (the next form after a finished one)."""
        here = self._trail.here
        self._trail.before()
        self._section_of[page] = self._belongs(page, here)
        self._open(self._adopt(page), leaving=here)

    def _belongs(self, page: Page, opened_from: Page | None) -> str:
        if page.section or opened_from is None:
            return page.section
        return self._section_of.get(opened_from, "")

    def back(self) -> None:
        """To the page before, if there is one."""
        here = self._trail.here
        before = self._trail.before()
        if before is not None:
            self._show(before, here)

    def forward(self) -> None:
        """To the page one came back from."""
        here = self._trail.here
        after = self._trail.after()
        if after is not None:
            self._show(after, here)

    def cover(self, page: Page, *, left: bool = False) -> None:
        """Fill the window with one page (start, sign-in, lock); nothing behind it is seen.

        Args:
            left: the page in front was left before.
        """
        self.end_proof()
        here = self._trail.here
        if here is not None and not self.covered and not left:
            here.leave()
        self._drop_cover()
        page.support_wanted.connect(self.support_wanted)
        self._outer.addWidget(page)
        self._outer.setCurrentWidget(page)
        self._cover = page
        self._keys_on(False)
        page.enter()
        self._retranslate()

    def take_cover(self, kind: type[Page]) -> Page | None:
        """Take a cover of this kind away whole, to be laid over again by :meth:`cover`."""
        taken = self._cover
        if not isinstance(taken, kind):
            return None
        self._cover = None
        taken.support_wanted.disconnect(self.support_wanted)
        self._outer.removeWidget(taken)
        taken.hide()
        return taken

    def uncover(self) -> None:
        """Show again what the cover hid."""
        self._drop_cover()
        self._outer.setCurrentWidget(self._frame)
        self._keys_on(True)
        here = self._trail.here
        if here is not None:
            here.enter()
        self._retranslate()

    @property
    def section(self) -> str:
        """The section that the page in front belongs to, ``""`` for none."""
        page = self.page
        return self._section_of.get(page, "") if page is not None else ""

    @property
    def covered(self) -> bool:
        """A cover hides the pages."""
        return self._cover is not None

    @property
    def in_front(self) -> Page | None:
        """The cover, else the page in front."""
        return self._cover or self.page

    # --- the password, once more ------------------------------------------------------

    def ask_proof(self, user: str, proving: Callable[[str], None]) -> None:
        """Ask above the status line who is there, before an act that nobody does at another's seat.

        Args:
            proving: called with what was typed, each time Enter is pressed.
        """
        self._proving = proving
        self._asked_from = self.focusWidget()
        self.proof.ask(PASSWORD_OF.filled(user=user))

    def end_proof(self) -> None:
        """Put the question away; the caret goes back to where it was asked from."""
        self._proving = _unasked
        self.proof.put_away()
        asked_from, self._asked_from = self._asked_from, None
        if asked_from is not None and isValid(asked_from) and asked_from.isVisible():
            asked_from.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- status line ------------------------------------------------------------------

    def say(self, text: Text) -> None:
        """Put a sentence into the status line."""
        self._status.show_text(text)

    def set_notice(
        self, about: About, text: Text | None, ink: Ink = Ink.SOFT, details: Text | None = None
    ) -> None:
        """Say above every page what stands until it is mended; None takes it away.

        Args:
            details: what stands below, when it is asked for.
        """
        self._notice.show_words(about, text, ink, details)

    def clear_notices(self) -> None:
        """Nothing stands above the pages any more."""
        self._notice.clear()

    def set_backup(self, text: Text) -> None:
        """Say in the status line how old the last backup is."""
        self._backup_note.show_text(text)

    def follow(self, now: Callable[[], datetime] | None) -> None:
        """Let the clock at the foot show the time of a session (training: a moved one)."""
        self._now = now or _local
        self._tick()

    def hold_open(self, held: bool) -> None:
        """While held, closing the window only emits ``closing``."""
        self._may_close = not held

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A small screen, or one at a large scale, gives its width to the work."""
        self.navigation.set_narrow(self.width() < Size.NARROW)
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the page in front that are no letters act also while the caret is above it."""
        page, focused = self.page, self.focusWidget()
        above = focused is not self.finder and focused is not None
        away = above and page is not None and not page.isAncestorOf(focused)
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        acts = bool(held) or Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F12
        if page is not None and away and acts and not self.covered:
            page.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what is typed, then close, unless held open."""
        here = self._trail.here
        if here is not None and not self.covered:
            here.leave()
        if not self._may_close:
            self.closing.emit()
        # Qt passes over a close inside a close: where nothing is waited for, this one counts.
        event.setAccepted(self._may_close)

    # --- inside -----------------------------------------------------------------------

    def _build(self) -> None:
        context = self.context
        self._strips = tuple(Strip(context) for _ in range(4))
        for strip in self._strips:
            strip.hide()
        self._frame = QWidget()
        self._outer.addWidget(self._frame)
        above, left, beside, below = self._strips
        whole = QGridLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(above, 0, 0, 1, 3)
        whole.addWidget(left, 1, 0)
        whole.addWidget(self._outer, 1, 1)
        whole.addWidget(beside, 1, 2)
        whole.addWidget(below, 2, 0, 1, 3)
        whole.setRowStretch(1, 1)
        whole.setColumnStretch(1, 1)
        self.navigation = Navigation(context)
        self.finder = Finder(context, self, self._own_acts)
        self.stack = QStackedWidget()
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._bar())
        right.addWidget(Rule(context))
        self._notice = Notice(context)
        right.addWidget(self._notice)
        right.addWidget(self.stack, 1)
        self.proof = PasswordLine(context, PROOF_WHY)
        self.proof.answered.connect(lambda: self._proving(self.proof.line.text()))
        self.proof.left.connect(self.end_proof)
        self.proof.hide()
        right.addWidget(self.proof)
        right.addWidget(Rule(context))
        right.addWidget(self._foot())
        across = QHBoxLayout(self._frame)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(self.navigation)
        across.addLayout(right, 1)

    def _bar(self) -> QWidget:
        context = self.context
        quiet = Rank.QUIET
        self._back = Button(context, glyph=Glyph.BACK, rank=quiet, key="Alt+←", name=BACK)
        self._forward = Button(context, glyph=Glyph.FORWARD, rank=quiet, key="Alt+→", name=FORWARD)
        self._speak = Button(context, LANGUAGE, rank=quiet, name=OTHER_LANGUAGE)
        self._dim = Button(context, glyph=Glyph.THEME, rank=quiet, name=THEME)
        self._lock = Button(context, glyph=Glyph.LOCKED, rank=quiet, key="Ctrl+L", name=LOCK)
        bar = Ground(context, Ink.SURFACE)
        bar.setFixedHeight(Size.BAR)
        row = QHBoxLayout(bar)
        row.setContentsMargins(Size.PAD, 0, Size.PAD, 0)
        row.setSpacing(Size.GRID)
        for button in (self._back, self._forward):
            row.addWidget(button)
        row.addSpacing(Size.GRID)
        row.addWidget(self.finder, 4)
        row.addStretch(1)
        for button in (self._speak, self._dim, self._lock):
            row.addWidget(button)
        return bar

    def _foot(self) -> QWidget:
        context = self.context
        self._status = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self._training = Note(context, TRAINING_NOTE, size=Type.NOTE, ink=Ink.TRAINING)
        self._backup_note = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self._clock = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        foot = Ground(context, Ink.SURFACE)
        foot.setFixedHeight(Size.STATUS)
        row = QHBoxLayout(foot)
        row.setContentsMargins(Size.MARGIN, 0, Size.MARGIN, 0)
        row.setSpacing(Size.MARGIN)
        row.addWidget(self._status, 1)
        for note in (self._training, self._backup_note, self._clock):
            row.addWidget(note)
        return foot

    def _bind(self) -> None:
        self.navigation.chosen.connect(self.go)
        self._back.clicked.connect(self.back)
        self._forward.clicked.connect(self.forward)
        self._speak.clicked.connect(self.context.speech.turn)
        self._dim.clicked.connect(self.context.theme.turn)
        self._lock.clicked.connect(self.lock_wanted)
        lock = self._shortcut("Ctrl+L", self.lock_wanted.emit)
        lock.setContext(Qt.ShortcutContext.ApplicationShortcut)  # also from an open list
        self._shortcuts = [
            self._shortcut("Alt+Left", self.back),
            self._shortcut("Alt+Right", self.forward),
            self._shortcut("Ctrl+K", self.finder.summon),
            lock,
        ]
        self._shortcut("F12", self.context.speech.turn)
        self._shortcut("Ctrl+Q", self.close)

    def _shortcut(self, keys: str, act: Callable[[], object]) -> QShortcut:
        made = QShortcut(QKeySequence(keys), self)
        made.activated.connect(act)
        return made

    def _keys_on(self, on: bool) -> None:
        for shortcut in self._shortcuts:
            shortcut.setEnabled(on)

    def _adopt(self, page: Page) -> Page:
        if self.stack.indexOf(page) < 0:
            self.stack.addWidget(page)
            page.said.connect(self.say)
            page.back.connect(self.back)
            page.support_wanted.connect(self.support_wanted)
        return page

    def _open(self, page: Page, leaving: Page | None = None) -> None:
        here = leaving or self._trail.here
        if here is page:
            page.enter()
            return
        lost = self._trail.go(page)
        self._show(page, here)
        self._forget(lost)

    def _show(self, page: Page, leaving: Page | None) -> None:
        if not self.proof.isHidden():
            self.end_proof()
        if leaving is not None and leaving is not page:
            leaving.leave()
            leaving.turned()
        # Qt would hand the focus to the first field of the page, and the page could not tell that
        # from a caret put there: it says itself where its caret is.
        focused = self.focusWidget()
        if focused is not None and self.stack.isAncestorOf(focused):
            focused.clearFocus()
        self.stack.setCurrentWidget(page)
        self.navigation.mark(self._section_of.get(page, ""))
        self._back.setEnabled(self._trail.has_before)
        self._forward.setEnabled(self._trail.has_after)
        page.enter()
        self._retranslate()

    def _forget(self, pages: Sequence[Page]) -> None:
        homes = set(self._homes.values())
        for page in pages:
            if page in homes:
                continue
            self._section_of.pop(page, None)
            self.stack.removeWidget(page)
            page.deleteLater()

    def _forget_all(self) -> None:
        known = {*self._trail.clear(), *self._homes.values()}
        self._homes = {}
        self._forget(tuple(known))

    def _drop_cover(self) -> None:
        if self._cover is not None:
            self._outer.removeWidget(self._cover)
            self._cover.deleteLater()
            self._cover = None

    def _own_acts(self, typed: str) -> list[Found]:
        speech, theme = self.context.speech, self.context.theme
        found = [
            Found(s.text, GO_TO, partial(self._go, s.key), s.glyph)
            for s in self._sections.values()
            if fits(typed, s.text, GO_TO, SYNONYMS.get(s.key, NONE))
        ]
        acts = (
            Found(OTHER_LANGUAGE, ACT, speech.turn, Glyph.FORM, "F12"),
            Found(THEME, ACT, theme.turn, Glyph.THEME),
            Found(LOCK, ACT, self.lock_wanted.emit, Glyph.LOCKED, "Ctrl+L"),
        )
        return [*found, *(f for f in acts if fits(typed, f.text, f.kind))]

    def _go(self, key: str) -> None:
        self.go(key)

    def _tick(self) -> None:
        self._clock.show_text(self._now().strftime("%Y-%m-%d %H:%M"))

    def _retranslate(self) -> None:
        who = self._identity
        say = self.context.say
        parts = [NAME]
        if who is not None:
            parts += [f"{who.site} {who.name}".strip(), f"{say(who.role)} {who.user}".strip()]
            if who.training:
                parts.append(say(TRAINING))
        self.setWindowTitle(" · ".join(p for p in parts if p))
        self._training.setVisible(who is not None and who.training)
        here = self._trail.here
        self.setAccessibleDescription(say(here.title()) if here is not None else "")
        chinese = self.context.speech.language is Language.ZH
        self._speak.setAccessibleDescription("zh" if chinese else "en")


def _unasked(_: str) -> None:
    """Nothing is asked."""


def _local() -> datetime:
    return datetime.now().astimezone()
