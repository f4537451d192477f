"""The left column: where one is signed in, the sections with their counts, a quiet note."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, draw
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.note import Note

TRAINING = Text("Training", "培训模式")
TRAINING_SHORT = Text("Train", "培训")
_MOST_NARROW = 99
_LETTERS = 2
"""Of the user's name, where the column is narrow."""


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the navigation.

    Attributes:
        key: its stable name in the program.
        make: builds its page, the first time it is opened.
    """

    key: str
    text: Text
    glyph: Glyph
    make: Callable[[], Page]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is signed in, and where; stands in the window's title and above the navigation."""

    site: str
    name: str
    user: str
    role: Text
    training: bool


class Entry(QAbstractButton):
    """One section with its count."""

    def __init__(self, context: Context, section: Section, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._section = section
        self._count = 0
        self._narrow = False
        self._over = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def sizeHint(self) -> QSize:
        """A row of the column."""
        return QSize(Size.NAV_NARROW if self._narrow else Size.NAV, Size.ROW)

    def set_narrow(self, narrow: bool) -> None:
        """Leave the name to the tip; the count stays."""
        self._narrow = narrow
        self.retranslate()
        self.updateGeometry()

    def set_count(self, count: int) -> None:
        """How much waits there; nothing is drawn for none."""
        self._count = count
        self.retranslate()

    def retranslate(self) -> None:
        """Say the section's name anew."""
        name = self._context.say(self._section.text)
        self.setText(name)
        told = f"{name} {self._count}" if self._count else name
        self.setAccessibleName(told)
        self.setToolTip(tip(told if self._narrow else ""))
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is over it."""
        self._over = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has left."""
        self._over = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, bar, sign, name and count."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(Size.GAP, 1, -Size.GAP, -1)
        here = self.isChecked()
        if here or self._over:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.tint if here else tokens.hover)
            painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        if here:
            bar = QRectF(box.left(), box.top() + 7, 3, box.height() - 14)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.accent)
            painter.drawRoundedRect(bar, 1.5, 1.5)
        if self.hasFocus():
            painter.setPen(QPen(tokens.accent, Size.FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), Size.RADIUS, Size.RADIUS)
        left = box.left() + (Size.GAP if self._narrow else Size.PAD)
        side = Size.ICON - 2
        sign = QRectF(left, (self.height() - side) / 2, side, side)
        draw(painter, self._section.glyph, sign, tokens.accent if here else tokens.secondary)
        left += side + (Size.HAIR if self._narrow else Size.GAP + 2)
        right = box.right() - (Size.HAIR if self._narrow else Size.PAD)
        across = QRectF(left, 0, right - left, self.height())
        middle = Qt.AlignmentFlag.AlignVCenter
        if not self._narrow:
            painter.setFont(self._context.font(strong=here))
            painter.setPen(tokens.text)
            painter.drawText(across, middle | Qt.AlignmentFlag.AlignLeft, self.text())
        if self._count:
            painter.setFont(self._context.font(Type.NOTE))
            painter.setPen(tokens.accent if here else tokens.secondary)
            painter.drawText(across, middle | Qt.AlignmentFlag.AlignRight, self._counted())
        painter.end()

    def _counted(self) -> str:
        """The count, in the room there is: the tip says one that has none."""
        return "+" if self._narrow and self._count > _MOST_NARROW else str(self._count)


class Badge(QWidget):
    """The label of training mode."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._narrow = False
        self.setFixedHeight(Size.ICON + 2)
        self.retranslate()

    def set_narrow(self, narrow: bool) -> None:
        """Keep a short word of it; the tip says the whole."""
        self._narrow = narrow
        self.retranslate()

    def retranslate(self) -> None:
        """Say it anew."""
        words = self._context.say(TRAINING)
        self.setAccessibleName(words)
        self.setToolTip(tip(words if self._narrow else ""))
        self.update()

    def label_width(self) -> int:
        """The width the label needs."""
        pad = Size.GRID if self._narrow else Size.GAP
        return QFontMetrics(self._font()).horizontalAdvance(self._words()) + 2 * pad

    def _words(self) -> str:
        return self._context.say(TRAINING_SHORT if self._narrow else TRAINING)

    def _font(self) -> QFont:
        return self._context.font(Type.NOTE, strong=True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the label."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words, font = self._words(), self._font()
        box = QRectF(0, 0, self.label_width(), self.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.training)
        painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        painter.setFont(font)
        painter.setPen(tokens.on_training)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()


class Navigation(QWidget):
    """The column itself.

    Signals:
        chosen: a section's key.
    """

    chosen = Signal(str)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._entries: dict[str, Entry] = {}
        self._narrow = False
        self._training = False
        self._identity: Identity | None = None
        self.setFixedWidth(Size.NAV)
        self._place = Note(context, strong=True)
        self._user = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self._badge = Badge(context, self)
        self._badge.hide()
        self._foot = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self._who = Note(context, strong=True)
        self._who.hide()
        self._head = head = QVBoxLayout()
        head.setSpacing(Size.GRID)
        for widget in (self._place, self._user, self._who, self._badge):
            head.addWidget(widget)
        self._make_room()
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        foot = QVBoxLayout()
        foot.setContentsMargins(Size.MARGIN, Size.GAP, Size.PAD, Size.PAD)
        foot.addWidget(self._foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(self._list)
        column.addStretch(1)
        column.addLayout(foot)
        context.speech.changed.connect(self._retranslate)
        context.theme.changed.connect(self.update)

    def set_identity(self, identity: Identity) -> None:
        """Show who is signed in where."""
        name = f"{identity.site} {identity.name}".strip()
        self._place.setToolTip(tip(name))
        metrics = QFontMetrics(self._place.font())
        room = Size.NAV - Size.MARGIN - Size.PAD
        self._place.show_text(metrics.elidedText(name, Qt.TextElideMode.ElideRight, room))
        role = identity.role
        self._user.show_text(
            Text(f"{role.en} {identity.user}".strip(), f"{role.zh} {identity.user}".strip())
        )
        self._identity = identity
        self._tell_who()
        self._training = identity.training
        self._badge.setVisible(self._training)

    def set_sections(self, sections: tuple[Section, ...]) -> None:
        """Offer these sections and no others."""
        for entry in self._entries.values():
            entry.deleteLater()
        self._entries = {}
        for section in sections:
            entry = Entry(self._context, section, self)
            entry.set_narrow(self._narrow)
            entry.clicked.connect(partial(self._choose, section.key))
            self._entries[section.key] = entry
            self._list.addWidget(entry)

    def set_narrow(self, narrow: bool) -> None:
        """Keep only signs and counts, so that a small screen has room for the work."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.setFixedWidth(Size.NAV_NARROW if narrow else Size.NAV)
        for note in (self._place, self._user, self._foot):
            note.setVisible(not narrow)
        self._who.setVisible(narrow)
        self._badge.set_narrow(narrow)
        self._make_room()
        for entry in self._entries.values():
            entry.set_narrow(narrow)

    def set_count(self, key: str, count: int) -> None:
        """Show how much waits in a section."""
        self._entries[key].set_count(count)

    def set_note(self, text: Text) -> None:
        """Show a quiet note at the foot (days since the last package)."""
        self._foot.show_text(text)

    def mark(self, key: str) -> None:
        """Mark the section one is in."""
        if key in self._entries:
            self._entries[key].setChecked(True)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the surface with a line at its right."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.surface)
        painter.fillRect(self.width() - Size.HAIR, 0, Size.HAIR, self.height(), tokens.line)
        painter.end()

    def _choose(self, key: str, _checked: bool = False) -> None:
        self.chosen.emit(key)

    def _retranslate(self) -> None:
        for entry in self._entries.values():
            entry.retranslate()
        self._badge.retranslate()
        self._tell_who()

    def _make_room(self) -> None:
        """The head keeps to the column: little beside it where that is narrow."""
        side = Size.GAP if self._narrow else Size.MARGIN
        self._head.setContentsMargins(
            side, Size.PAD, Size.GRID if self._narrow else Size.PAD, Size.PAD
        )

    def _tell_who(self) -> None:
        """Two letters of the user; the tip and who listens get the whole identity."""
        who = self._identity
        if who is None:
            return
        whole = f"{who.site} {who.name} · {self._context.say(who.role)} {who.user}".strip(" ·")
        self._who.show_text(who.user[:_LETTERS])
        self._who.setToolTip(tip(whole))
        self._who.setAccessibleName(whole)
