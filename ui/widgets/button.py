"""Buttons: one primary act on a page, plain ones beside it, quiet ones in bars and lists."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, draw
from ui.theme import Ink, Size, Type
from ui.tips import tip

_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.ShiftModifier
)


class Rank(StrEnum):
    """How much a button asks for attention."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"


class Button(QAbstractButton):
    """A button with a text, a sign or both, and its key beside it.

    Args:
        key: the key that does the same, shown in the button (``Ctrl+S``); not bound here.
        name: what a screen reader says where there is a sign only; also the tool tip.
    """

    def __init__(
        self,
        context: Context,
        text: Text | None = None,
        parent: QWidget | None = None,
        *,
        glyph: Glyph | None = None,
        rank: Rank = Rank.PLAIN,
        key: str = "",
        name: Text | None = None,
        ink: Ink = Ink.TEXT,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._label = text
        self._glyph = glyph
        self._rank = rank
        self._key = key
        self._name = name or text
        self._ink = ink
        self._over = False
        self.setFont(context.font())
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._say()
        context.speech.changed.connect(self._say)
        context.theme.changed.connect(self.update)

    def show_text(self, text: Text) -> None:
        """Carry another text."""
        self._label = text
        self._name = text
        self._say()

    def show_rank(self, rank: Rank) -> None:
        """Ask for more attention than before, or for less."""
        self._rank = rank
        self.update()

    def set_ink(self, ink: Ink) -> None:
        """Be written in another colour."""
        self._ink = ink
        self.update()

    def sizeHint(self) -> QSize:
        """Text, sign and key with their padding."""
        width = 2 * Size.PAD if self._label else Size.GAP
        if self._glyph:
            width += Size.ICON + (Size.GAP // 2 if self._label else 0)
        if self._label:
            width += QFontMetrics(self.font()).horizontalAdvance(self.text())
        if self._label and self._key:
            width += Size.GAP + self._key_width()
        return QSize(width, Size.FIELD)

    def minimumSizeHint(self) -> QSize:
        """Never narrower than its content."""
        return self.sizeHint()

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it, as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & _HELD:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, focus, sign, text and key."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, outline, ink = self._colours()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(outline, Size.HAIR) if outline else Qt.PenStyle.NoPen)
        painter.setBrush(ground if ground else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        if self.hasFocus():
            inside = ink if self._rank is Rank.PRIMARY else tokens.accent
            painter.setPen(QPen(inside, Size.FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inset = 2.5 if self._rank is Rank.PRIMARY else 0.5
            painter.drawRoundedRect(
                box.adjusted(inset, inset, -inset, -inset), Size.RADIUS, Size.RADIUS
            )
        left = float(Size.PAD if self._label else Size.GAP / 2)
        if self._glyph:
            side = Size.ICON
            spot = QRectF(left, (self.height() - side) / 2, side, side)
            draw(painter, self._glyph, spot.adjusted(1, 1, -1, -1), ink)
            left += side + Size.GAP / 2
        painter.setFont(self.font())
        painter.setPen(ink)
        middle = Qt.AlignmentFlag.AlignVCenter
        width = QFontMetrics(self.font()).horizontalAdvance(self.text()) if self._label else 0
        if self._label:
            painter.drawText(QRectF(left, 0, width + 2, self.height()), middle, self.text())
        if self._label and self._key:
            painter.setFont(self._context.font(Type.NOTE))
            if self._rank is not Rank.PRIMARY:
                painter.setPen(tokens.secondary if self.isEnabled() else tokens.disabled)
            spot = QRectF(left + width + Size.GAP, 0, self._key_width() + 2, self.height())
            painter.drawText(spot, middle, self._key)
        painter.end()

    def _key_width(self) -> int:
        return QFontMetrics(self._context.font(Type.NOTE)).horizontalAdvance(self._key)

    def _colours(self) -> tuple[QColor | None, QColor | None, QColor]:
        tokens = self._context.tokens
        pressed = self.isDown() or self.isChecked()
        if not self.isEnabled():
            outline = None if self._rank is Rank.QUIET else tokens.line
            return None, outline, tokens.disabled
        if self._rank is Rank.PRIMARY:
            ground = QColor(tokens.accent)
            if self._over or pressed:
                ground = ground.lighter(112) if self._context.theme.dark else ground.darker(112)
            return ground, None, tokens.on_accent
        ink = self._context.ink(self._ink)
        lit = tokens.tint if pressed else tokens.hover if self._over else None
        if self._rank is Rank.QUIET:
            return lit, None, ink
        return lit or tokens.surface, tokens.edge, ink

    def _say(self) -> None:
        self.setText(self._context.say(self._label) if self._label else "")
        if self._name:
            name = self._context.say(self._name)
            self.setAccessibleName(name)
            if not self._label:
                self.setToolTip(tip(f"{name} · {self._key}" if self._key else name))
        self.updateGeometry()
        self.update()
