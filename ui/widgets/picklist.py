"""A list that opens at a field, is narrowed by typing and chosen from by key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mrd_desktop.pinyin import begins, initials
from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.finder import fits
from ui.icons import Glyph, draw
from ui.keys import ENTER, walked
from ui.theme import Size, Type
from ui.widgets.keeping_keys import keeps
from ui.widgets.line import Line
from ui.widgets.note import Note

FILTER = Text("Type to narrow the list", "输入文字或拼音首字母筛选")
NOTHING = Text("Nothing fits.", "无匹配项。")
AS_TYPED = Text("“{typed}” as typed", "按录入的“{typed}”")
ONE = Text("↑↓ move   Enter choose   Esc close", "↑↓ 移动   Enter 选定   Esc 关闭")
MANY = Text("Space tick   Enter take   Esc close", "空格 勾选   Enter 确定   Esc 关闭")


@dataclass(frozen=True, slots=True)
class Option:
    """A row of the list.

    Attributes:
        key: digits or a code that choose it at once; ``""`` for none.
        value: what is chosen.
    """

    key: str
    text: Text
    value: str


class Rows(QWidget):
    """The rows of the list."""

    pressed = Signal(int)

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self.options: tuple[Option, ...] = ()
        self.ticked: set[str] = set()
        self.many = False
        self.at = 0
        self._top = 0
        self.setMouseTracking(True)

    def show_options(self, options: Sequence[Option], at: int = 0) -> None:
        """Show these rows with one marked."""
        self.options = tuple(options)
        self._top = 0
        self.at = 0
        self.move_mark(at)
        self.update()

    def move_mark(self, by: int) -> None:
        """Mark another row and bring it into sight."""
        if self.options:
            self.at = max(0, min(len(self.options) - 1, self.at + by))
            self._top = min(self._top, self.at)
            self._top = max(self._top, self.at - Size.POPUP_ROWS + 1)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turning the wheel moves the rows."""
        last = max(0, len(self.options) - Size.POPUP_ROWS)
        step = -1 if event.angleDelta().y() > 0 else 1
        self._top = max(0, min(last, self._top + step))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The pointer marks."""
        row = self._row(event.position().y())
        if row is not None:
            self.at = row
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press chooses."""
        row = self._row(event.position().y())
        if row is not None:
            self.at = row
            self.pressed.emit(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows in sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._context.tokens
        if not self.options:
            painter.setPen(tokens.secondary)
            painter.setFont(self._context.font())
            room = self.rect().adjusted(Size.GAP, 0, 0, 0)
            flags = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(room, flags, self._context.say(NOTHING))
        shown = self.options[self._top : self._top + Size.POPUP_ROWS]
        for number, option in enumerate(shown):
            box = QRectF(0, number * Size.FIELD, self.width(), Size.FIELD)
            self._draw(painter, option, box, self._top + number == self.at)
        self._draw_thumb(painter)
        painter.end()

    def _draw(self, painter: QPainter, option: Option, box: QRectF, marked: bool) -> None:
        tokens = self._context.tokens
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.tint)
            painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        middle = Qt.AlignmentFlag.AlignVCenter
        left = box.left() + Size.GAP
        if self.many:
            tick = QRectF(left, box.top(), Size.MARK, box.height())
            frame = QRectF(0, 0, Size.MARK - 2, Size.MARK - 2)
            frame.moveCenter(tick.center())
            painter.setPen(QPen(tokens.edge, Size.HAIR))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 2, 2)
            if option.value in self.ticked:
                draw(painter, Glyph.CHECK, tick, tokens.accent)
            left += Size.MARK + Size.GAP
        painter.setFont(self._context.font())
        keyed = any(o.key for o in self.options)
        if keyed:
            painter.setPen(tokens.accent)
            width = 3 * Size.PAD
            painter.drawText(
                QRectF(left, box.top(), width - Size.GAP, box.height()), middle, option.key
            )
            left += width
        small = self._context.font(Type.NOTE)
        said = self._context.say(option.text)
        told = option.key == option.value or f"“{option.value}”" in said
        told = told or f"{said}  ".startswith(f"{option.value}  ")
        value = "" if told else option.value
        painter.setFont(small)
        painter.setPen(tokens.secondary)
        right = box.right() - Size.PAD
        painter.drawText(
            QRectF(left, box.top(), right - left, box.height()),
            middle | Qt.AlignmentFlag.AlignRight,
            value,
        )
        room = int(right - left) - QFontMetrics(small).horizontalAdvance(value) - Size.GAP
        font = self._context.font()
        words = QFontMetrics(font).elidedText(said, Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(tokens.text)
        painter.drawText(QRectF(left, box.top(), room + 2, box.height()), middle, words)

    def _draw_thumb(self, painter: QPainter) -> None:
        count = len(self.options)
        if count <= Size.POPUP_ROWS:
            return
        whole = self.height()
        length = max(Size.FIELD, whole * Size.POPUP_ROWS / count)
        top = (whole - length) * self._top / (count - Size.POPUP_ROWS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._context.tokens.edge)
        painter.drawRoundedRect(QRectF(self.width() - 4, top, 4, length), 2, 2)

    def wanted(self) -> int:
        """The width at which no text is shortened."""
        texts, notes = (QFontMetrics(self._context.font(s)) for s in (Type.BODY, Type.NOTE))
        wide = max(
            (
                texts.horizontalAdvance(self._context.say(o.text))
                + notes.horizontalAdvance(o.value)
                for o in self.options
            ),
            default=0,
        )
        before = 4 * Size.PAD + (Size.MARK + Size.GAP if self.many else 0)
        return before + wide + 2 * Size.MARGIN + Size.PAD

    def _row(self, y: float) -> int | None:
        row = self._top + int(y // Size.FIELD)
        return row if 0 <= row < len(self.options) else None


class PickList(QWidget):
    """The pop-up. It closes by itself once something is chosen.

    Args:
        current: what stands in the field: its row is marked, or ticked.
        many: several may be chosen.
        free: makes a value of any other text, which the last row offers; None where only what is
            listed may be chosen.
        typed: what the list is narrowed by at first; the next letter replaces it.
        going_on: it is half typed, and the next letter goes on with it.

    Signals:
        chosen: the value; several values joined by ``;``.
    """

    chosen = Signal(str)
    closed = Signal()

    def __init__(
        self,
        context: Context,
        title: Text,
        options: Sequence[Option],
        parent: QWidget,
        *,
        current: str = "",
        many: bool = False,
        free: Callable[[str], str] | None = None,
        typed: str = "",
        going_on: bool = False,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self._context = context
        self._all = tuple(options)
        self._free = free
        self._filter = Line(context)
        self._filter.setPlaceholderText(context.say(FILTER))
        self._filter.setAccessibleName(context.say(title))
        self._rows = Rows(context, self)
        self._rows.many = many
        if many:
            self._rows.ticked = {c for c in current.split(";") if c}
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.GAP, Size.GAP, Size.GAP, Size.GAP)
        column.setSpacing(Size.GAP)
        head = Note(context, title, strong=True)
        column.addWidget(head)
        column.addWidget(self._filter)
        column.addWidget(self._rows)
        column.addWidget(Note(context, MANY if many else ONE, size=Type.NOTE))
        rows = min(max(len(self._all), 1), Size.POPUP_ROWS)
        self._rows.setFixedHeight(rows * Size.FIELD)
        self.setFocusProxy(self._filter)
        self._filter.installEventFilter(self)
        self._filter.textChanged.connect(self._narrow)
        self._rows.pressed.connect(self._take_row)
        at = next((n for n, o in enumerate(self._all) if o.value == current), 0)
        self._rows.show_options(self._all, at)
        self.setFixedWidth(min(max(Size.POPUP, self._rows.wanted()), Size.POPUP_MOST))
        if typed and not typed.isdigit():  # digits would choose at once
            self._filter.setText(typed)
            if not going_on:
                self._filter.selectAll()  # the next letter replaces it

    def open_at(self, anchor: QWidget) -> None:
        """Show below a widget, or above it where there is no room."""
        self.adjustSize()
        below = anchor.mapToGlobal(QPoint(0, anchor.height() + Size.GRID))
        screen = QGuiApplication.screenAt(below) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        if below.y() + self.height() > area.bottom():
            below = anchor.mapToGlobal(QPoint(0, -self.height() - Size.GRID))
        below.setX(max(area.left(), min(below.x(), area.right() - self.width())))
        self.move(below)
        self.show()
        self._filter.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: object, event: object) -> bool:
        """Keys of the list come before those of the filter."""
        return isinstance(event, QKeyEvent) and (keeps(event) or self._key(event))

    def hideEvent(self, event: QHideEvent) -> None:
        """Closed, with or without a choice."""
        self.closed.emit()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the raised ground."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.edge, Size.HAIR))
        painter.setBrush(tokens.raised)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Size.CARD_RADIUS, Size.CARD_RADIUS)
        painter.end()

    def _key(self, event: QKeyEvent) -> bool:
        if event.type() is not QKeyEvent.Type.KeyPress:
            return False
        key = Qt.Key(event.key())
        if by := walked(event, Size.POPUP_ROWS, typing=True):
            self._rows.move_mark(by)
        elif key in (*ENTER, Qt.Key.Key_Tab):
            self._take()
        elif key == Qt.Key.Key_Space and self._rows.many:
            self._tick()
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True

    def _narrow(self, typed: str) -> None:
        text = typed.strip()
        exact = [o for o in self._all if o.key and o.key.casefold() == text.casefold()]
        longer = any(o.key.startswith(text) and o.key != text for o in self._all)
        if exact and not longer and text.isdigit():
            self._rows.show_options(exact)
            if self._rows.many:
                self._tick()
                self._filter.clear()
            else:
                self._take()
            return
        fitting = [o for o in self._all if o not in exact and fits(text, o.key, o.value, o.text)]
        fitting.sort(key=lambda o: _rank(text, o, self._context.speech.language))
        self._rows.show_options(exact + fitting + self._as_typed(text))

    def _as_typed(self, text: str) -> list[Option]:
        """The row that takes what was typed, where no option is just that."""
        if not text or self._free is None:
            return []
        value = self._free(text)
        listed = any(o.value == value for o in self._all)
        return [] if listed else [Option("", AS_TYPED.filled(typed=value), value)]

    def _tick(self) -> None:
        if self._rows.options:
            self._rows.ticked ^= {self._rows.options[self._rows.at].value}
            self._rows.update()

    def _take_row(self, row: int) -> None:
        if self._rows.many:
            self._tick()
        else:
            self._take()

    def _take(self) -> None:
        if self._rows.many:
            order = [o.value for o in self._all if o.value in self._rows.ticked]
            value = ";".join(order)
        elif self._rows.options:
            value = self._rows.options[self._rows.at].value
        else:
            return
        self.close()
        self.chosen.emit(value)


def _rank(typed: str, option: Option, language: Language) -> int:
    """How well what was typed names an option, best first.

    Chinese: the initials of the whole term, its beginning by initials, its beginning as written,
    then English. In English what begins with the letters comes before all that.
    """
    text, said = typed.casefold(), option.text.zh
    plain = any(t.casefold().startswith(text) for t in (option.value, option.text.en))
    ways = (
        initials(text, said, whole=True),
        initials(text, said),
        said.casefold().startswith(text) or begins(text, said),
        plain,
    )
    order = ways if language is Language.ZH else (plain, *ways[:3])
    return next((n for n, way in enumerate(order) if way), len(order))
