"""Choices of which one is on: filters of a list, parts of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.keys import ENTER
from ui.theme import Ink, Size, Type
from ui.widgets.flow import Flow, Groups
from ui.widgets.note import Note


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them; ``count`` None shows no number."""

    key: str
    text: Text
    count: int | None = None


class Chip(QAbstractButton):
    """One choice with its number."""

    def __init__(self, context: Context, choice: Choice, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self.choice = choice
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setFont(context.font())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        context.theme.changed.connect(self.update)
        context.speech.changed.connect(self.retranslate)
        self.retranslate()

    def show_choice(self, choice: Choice) -> None:
        """Another number, the same choice."""
        self.choice = choice
        self.retranslate()

    def retranslate(self) -> None:
        """Say its name anew."""
        self.setText(self._context.say(self.choice.text))
        self.setAccessibleName(f"{self.text()} {self._number()}".strip())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Name and number with padding."""
        wide = QFontMetrics(self.font()).horizontalAdvance(self.text()) + 2 * Size.PAD
        number = self._number()
        if number:
            small = QFontMetrics(self._context.font(Type.NOTE))
            wide += Size.GRID + 2 + small.horizontalAdvance(number)
        return QSize(wide, Size.FIELD - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, name and number."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        on = self.isChecked()
        edge = tokens.accent if on or self.hasFocus() else tokens.line
        painter.setPen(QPen(edge, Size.FOCUS if self.hasFocus() else Size.HAIR))
        painter.setBrush(tokens.tint if on else tokens.surface)
        round_ = box.height() / 2
        inset = 0.5 if self.hasFocus() else 0.0
        painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), round_, round_)
        painter.setFont(self.font())
        painter.setPen(tokens.accent if on else tokens.text)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box.adjusted(Size.PAD, 0, 0, 0), middle, self.text())
        number = self._number()
        if number:
            painter.setFont(self._context.font(Type.NOTE))
            painter.setPen(tokens.accent if on else tokens.secondary)
            right = middle | Qt.AlignmentFlag.AlignRight
            painter.drawText(box.adjusted(0, 0, -Size.PAD, 0), right, number)
        painter.end()

    def _number(self) -> str:
        return "" if self.choice.count is None else str(self.choice.count)


class Chips(QWidget):
    """The row.

    Signals:
        chosen: the key of the choice that is on now.
    """

    chosen = Signal(str)

    def __init__(self, context: Context, name: Text) -> None:
        super().__init__()
        self._context = context
        self._name = name
        self._chips: dict[str, Chip] = {}
        self._arrange()
        context.speech.changed.connect(self._say)
        self._say()

    @property
    def key(self) -> str:
        """The choice that is on, ``""`` when there is none."""
        return next((k for k, chip in self._chips.items() if chip.isChecked()), "")

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these; the one that is on stays on, else the first is."""
        on = self.key if self._chips else None
        if list(self._chips) == [c.key for c in choices]:
            for choice in choices:
                self._chips[choice.key].show_choice(choice)
            return
        for chip in self._chips.values():
            chip.hide()  # else one that its layout was about to show shows itself as a window
            chip.setParent(None)
            chip.deleteLater()
        self._chips = {}
        for choice in choices:
            chip = Chip(self._context, choice, self)
            self._chips[choice.key] = chip
            self._put(chip)
            chip.clicked.connect(self._clicked)
        first = next(iter(self._chips.values()), None)
        chosen = first if on is None else self._chips.get(on, first)
        if chosen is not None:
            chosen.setChecked(True)

    def choose(self, key: str) -> None:
        """Turn one on, as if it were pressed."""
        if key in self._chips and not self._chips[key].isChecked():
            self._chips[key].setChecked(True)
            self.chosen.emit(key)

    def step(self, by: int) -> None:
        """To the next or the former choice."""
        keys = list(self._chips)
        if keys:
            self.choose(keys[(keys.index(self.key) + by) % len(keys)])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go through the row, Enter presses as Space does."""
        focused = self.focusWidget()
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in ENTER and not held and isinstance(focused, Chip):
            focused.click()
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step(1 if event.key() == Qt.Key.Key_Right else -1)
            self._chips[self.key].setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    def _arrange(self) -> None:
        self._row = Flow(Size.GAP - 2)
        self.setLayout(self._row)

    def _put(self, chip: Chip) -> None:
        self._row.addWidget(chip)

    def _clicked(self) -> None:
        self.chosen.emit(self.key)

    def _say(self) -> None:
        self.setAccessibleName(self._context.say(self._name))


_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class GroupedChips(Chips):
    """Many choices in named groups. The arrows go through all of them, Tab stops at one.

    Args:
        groups: name of each group and the keys that stand in it; one without choices is not shown.
            What stands in none is shown in the last.
    """

    def __init__(
        self, context: Context, name: Text, groups: Sequence[tuple[Text, Sequence[str]]]
    ) -> None:
        self._groups = tuple(groups)
        self._last = -1
        super().__init__(context, name)

    def show_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these for good, each in its group."""
        super().show_choices(sorted(choices, key=lambda c: self._group_of(c.key)))
        self._say()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Left and right go on in the next line; up and down to what is nearest in another one."""
        if not isinstance(watched, Chip) or not isinstance(event, QKeyEvent):
            return False
        if event.type() is not QEvent.Type.KeyPress or event.key() not in _ARROWS:
            return False
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            self._turn_line(1 if event.key() == Qt.Key.Key_Down else -1)
        chip = self._chips[self.key]
        chip.setFocus(Qt.FocusReason.TabFocusReason)
        # A part that was turned to takes the caret at the next turn of the loop: it stays here.
        QTimer.singleShot(0, chip, lambda: chip.setFocus(Qt.FocusReason.TabFocusReason))
        return True

    def _arrange(self) -> None:
        self._lines = Groups(Size.GAP - 2, 3 * Size.PAD)
        self.setLayout(self._lines)

    def _put(self, chip: Chip) -> None:
        group = self._group_of(chip.choice.key)
        if group != self._last:
            self._last = group
            self._lines.begin_group()
            name = self._groups[group][0]
            label = Note(self._context, name, size=Type.NOTE, ink=Ink.SECONDARY)
            label.setFixedHeight(chip.sizeHint().height())
            self._lines.addWidget(label)
        self._lines.addWidget(chip)
        chip.installEventFilter(self)
        chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        chip.toggled.connect(
            lambda on: chip.setFocusPolicy(
                Qt.FocusPolicy.TabFocus if on else Qt.FocusPolicy.NoFocus
            )
        )

    def _turn_line(self, by: int) -> None:
        here = self._chips[self.key].geometry()
        beyond = [c for c in self._chips.values() if (c.y() - here.y()) * by > 0]
        if not beyond:
            return
        line = min(beyond, key=lambda c: abs(c.y() - here.y())).y()
        there = (c for c in beyond if c.y() == line)
        middle = here.center().x()
        nearest = min(there, key=lambda c: abs(c.geometry().center().x() - middle))
        self.choose(nearest.choice.key)

    def _group_of(self, key: str) -> int:
        found = (n for n, (_, keys) in enumerate(self._groups) if key in keys)
        return next(found, len(self._groups) - 1)

    def _say(self) -> None:
        super()._say()
        for chip in self._chips.values():
            group, _ = self._groups[self._group_of(chip.choice.key)]
            chip.setAccessibleDescription(self._context.say(group))
