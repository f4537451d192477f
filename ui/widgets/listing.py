"""Tables of typed rows: one model, one look, the keyboard first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, draw
from ui.keys import ENTER, walked
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.scroll import narrow_bars

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table."""

    text: Text | str = ""
    ink: Ink = Ink.TEXT
    glyph: Glyph | None = None
    strong: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column.

    Attributes:
        width: in pixels; 0 takes what is left.
        right: numbers stand at the right.
    """

    title: Text
    cell: Callable[[Row], Cell]
    width: int = 0
    right: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A row that names the rows below it."""

    text: Text
    ink: Ink = Ink.SECONDARY


_PAGES_OWN = (Qt.Key.Key_Escape, Qt.Key.Key_Left, Qt.Key.Key_Right)
CELL = int(Qt.ItemDataRole.UserRole) + 1


class Rows(QAbstractTableModel, Generic[Row]):
    """Typed rows, with headings in between where there are groups."""

    def __init__(self, context: Context, columns: Sequence[Column[Row]]) -> None:
        super().__init__()
        self._context = context
        self.columns = tuple(columns)
        self.rows: tuple[Row | Heading, ...] = ()
        context.speech.changed.connect(self._retranslate)

    def show_rows(self, rows: Sequence[Row | Heading]) -> None:
        """Show these rows in place of the former ones."""
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Rows, headings included."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Columns."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def at(self, row: int) -> Row | None:
        """A row; None for a heading or beyond the end."""
        if not 0 <= row < len(self.rows):
            return None
        found = self.rows[row]
        return None if isinstance(found, Heading) else found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Texts for screen readers and copying; the cell itself for the painter."""
        row = self.rows[index.row()]
        if isinstance(row, Heading):
            if index.column() or role not in (Qt.ItemDataRole.DisplayRole, CELL):
                return None
            return row if role == CELL else self._context.say(row.text)
        if role == CELL:
            return self.columns[index.column()].cell(row)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._said(self.columns[index.column()].cell(row))
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._said(self.columns[index.column()].cell(row))) or None
        return None

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Titles of the columns."""
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._context.say(self.columns[section].title)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings cannot be chosen."""
        if isinstance(self.rows[index.row()], Heading):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _said(self, cell: Cell) -> str:
        return cell.text if isinstance(cell.text, str) else self._context.say(cell.text)

    def _retranslate(self) -> None:
        if self.rows:
            last = self.index(len(self.rows) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)


class Painter(QStyledItemDelegate):
    """Draws a cell: sign, text, the quiet ground of the chosen row."""

    def __init__(self, context: Context, view: Listing[Row]) -> None:
        super().__init__(view)
        self._context = context
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one cell."""
        cell = index.data(CELL)
        tokens = self._context.tokens
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if isinstance(cell, Heading):
            painter.setFont(self._context.font(Type.NOTE, strong=True))
            painter.setPen(tokens[cell.ink])
            room = QRectF(rect).adjusted(Size.PAD, Size.GAP, 0, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._context.say(cell.text))
        elif isinstance(cell, Cell):
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            if chosen:
                painter.fillRect(rect, tokens.tint)
                if index.column() == 0 and self._view.hasFocus():
                    painter.fillRect(rect.left(), rect.top(), 3, rect.height(), tokens.accent)
            elif index.row() == self._view.over:
                painter.fillRect(rect, tokens.hover)
            painter.fillRect(rect.left(), rect.bottom(), rect.width(), Size.HAIR, tokens.line)
            self._cell(painter, QRectF(rect), cell, index)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Rows are all of one height."""
        return QSize(Size.FIELD, Size.ROW)

    def _cell(self, painter: QPainter, rect: QRectF, cell: Cell, index: Index) -> None:
        tokens = self._context.tokens
        room = rect.adjusted(Size.PAD, 0, -Size.GAP, 0)
        if cell.glyph is not None:
            sign = QRectF(room.left(), room.top(), Size.MARK, room.height())
            draw(painter, cell.glyph, sign, tokens[cell.ink])
            room.adjust(Size.MARK + Size.GAP - 2, 0, 0, 0)
        font = self._context.font(Type.NOTE if cell.small else Type.BODY, strong=cell.strong)
        said = cell.text if isinstance(cell.text, str) else self._context.say(cell.text)
        said = QFontMetrics(font).elidedText(
            said, Qt.TextElideMode.ElideRight, int(room.width()) + 1
        )
        painter.setFont(font)
        painter.setPen(tokens[cell.ink])
        column = self._view.rows.columns[index.column()]
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side, said)


class Heads(QHeaderView):
    """Titles in small quiet letters over a hair line."""

    def __init__(self, context: Context, view: Listing[Row]) -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._context = context
        self._view = view
        self.setFixedHeight(Size.FIELD)
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        context.theme.changed.connect(self.viewport().update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the ground, beyond the last title too."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), self._context.tokens.surface)
        painter.end()
        super().paintEvent(event)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw one title."""
        tokens = self._context.tokens
        painter.save()
        painter.fillRect(rect, tokens.surface)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), Size.HAIR, tokens.line)
        painter.setFont(self._context.font(Type.NOTE))
        painter.setPen(tokens.secondary)
        column = self._view.rows.columns[section]
        side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
        room = rect.adjusted(Size.PAD, 0, -Size.GAP, 0)
        said = self._context.say(column.title)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | side, said)
        painter.restore()


class Listing(QTableView, Generic[Row]):
    """A table of rows with the caret on one of them.

    Attributes:
        from_top: while the first row is marked, a list read anew marks its new first row.

    Signals:
        opened: Enter or a double click on a row.
        moved: another row is marked (or None).
    """

    opened = Signal(object)
    moved = Signal(object)

    def __init__(self, context: Context, columns: Sequence[Column[Row]], name: Text) -> None:
        super().__init__()
        self._context = context
        self._name = name
        self._empty = Text("", "")
        self.over = -1
        self.from_top = False
        self.rows: Rows[Row] = Rows(context, columns)
        self.setModel(self.rows)
        self.setItemDelegate(Painter(context, self))
        self.setHorizontalHeader(Heads(context, self))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(Size.ROW)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        narrow_bars(context, self)
        self.viewport().setAutoFillBackground(False)  # the ground below shows through
        head = self.horizontalHeader()
        for number, column in enumerate(columns):
            if column.width:
                self.setColumnWidth(number, column.width)
            else:
                head.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
        self.entered.connect(self._hovered)
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        self.selectionModel().currentRowChanged.connect(self._moved)
        context.theme.changed.connect(self.viewport().update)
        context.speech.changed.connect(self._say)
        self._say()

    def show_rows(self, rows: Sequence[Row | Heading], keep: Callable[[Row], object]) -> None:
        """Show rows; the marked one stays marked where it is still there, else the first is.

        Args:
            keep: by what a row is known again.
        """
        before = self.current
        known = None if before is None or self._is_first() else before
        top = self.verticalScrollBar().value()
        self.rows.show_rows(rows)
        self.clearSpans()
        first = self._first()
        for number, row in enumerate(self.rows.rows):
            if isinstance(row, Heading):
                self.setSpan(number, 0, 1, len(self.rows.columns))
        place = first if known is None else self._again(known, keep, first)
        if place is not None:
            self.selectRow(place)
            self.verticalScrollBar().setValue(0 if place == first else top)
            self.scrollTo(self.rows.index(place, 0))
        self.viewport().update()

    def show_empty(self, text: Text) -> None:
        """What stands there when there are no rows."""
        self._empty = text
        self.viewport().update()

    @property
    def current(self) -> Row | None:
        """The marked row."""
        return self.rows.at(self.currentIndex().row())

    def step_on(self) -> None:
        """Mark the next row, past headings: what Space has marked is done with.

        So it is in every list that is worked through. Space on what is marked takes the mark away
        and stays, for one wants to see what was taken away.
        """
        following = range(self.currentIndex().row() + 1, len(self.rows.rows))
        place = next((n for n in following if self.rows.at(n) is not None), None)
        if place is not None:
            self.selectRow(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; letters and arrows aside are the page's: a row is marked as a whole."""
        by = walked(event, self.viewport().height() // Size.ROW)
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        held = alt or bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() in ENTER and not held:
            self._open(self.currentIndex().row())
        elif by:
            event.setAccepted(self._walk(by))  # at the end the key is the page's
        elif alt or event.key() in _PAGES_OWN or (event.text().isprintable() and event.text()):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _walk(self, by: int) -> bool:
        """Mark the row so many rows away, or the last before it: headings are passed over.

        Returns:
            whether another row is marked now.
        """
        here, last = self.currentIndex().row(), len(self.rows.rows) - 1
        target = max(0, min(last, here + by))
        if by > 0:
            nearest = (*range(target, here, -1), *range(target + 1, last + 1))
        else:
            nearest = (*range(target, here), *range(target - 1, -1, -1))
        place = next((n for n in nearest if self.rows.at(n) is not None), None)
        if place is None:
            return False
        self.selectRow(place)
        if place == self._first():
            self.scrollToTop()  # with the heading above it
        return True

    def leaveEvent(self, event: object) -> None:
        """The pointer is on no row."""
        self.over = -1
        self.viewport().update()

    def focusInEvent(self, event: object) -> None:
        """A row is marked as soon as the table is reached."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        if not self.currentIndex().isValid():
            first = self._first()
            if first is not None:
                self.selectRow(first)
        self.viewport().update()

    def focusOutEvent(self, event: object) -> None:
        """The mark grows quiet."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or why there are none."""
        super().paintEvent(event)
        if self.hasFocus() and not self.currentIndex().isValid():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(self._context.tokens.accent, Size.FOCUS))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()
        if not self.rows.rows and self._empty.en:
            painter = QPainter(self.viewport())
            painter.setFont(self._context.font())
            painter.setPen(self._context.tokens.secondary)
            room = self.viewport().rect().adjusted(0, Size.MARGIN * 2, 0, 0)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
            painter.drawText(room, flags, self._context.say(self._empty))
            painter.end()

    def _is_first(self) -> bool:
        return self.from_top and self.currentIndex().row() == self._first()

    def _first(self) -> int | None:
        """The first row that can be marked."""
        rows = enumerate(self.rows.rows)
        return next((n for n, row in rows if not isinstance(row, Heading)), None)

    def _again(self, known: Row, keep: Callable[[Row], object], first: int | None) -> int | None:
        """Where a row stands now; the first row where it is gone."""
        rows = self.rows.rows
        at = next((n for n, row in enumerate(rows) if row is known), None)
        if at is not None:  # most lists hold most of what they held
            return at
        name = keep(known)
        lines = ((n, row) for n, row in enumerate(rows) if not isinstance(row, Heading))
        return next((n for n, row in lines if keep(row) == name), first)

    def _open(self, number: int) -> None:
        row = self.rows.at(number)
        if row is not None:
            self.opened.emit(row)

    def _hovered(self, index: QModelIndex) -> None:
        if index.row() != self.over:
            self.over = index.row()
            self.viewport().update()

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        self.moved.emit(self.rows.at(now.row()))

    def _say(self) -> None:
        self.setAccessibleName(self._context.say(self._name))
