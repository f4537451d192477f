"""The grid of visits and forms, and the log forms beside it, walked by the arrow keys."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from mrd_desktop.insight.plan import Column, Plan, Spot
from mrd_desktop.record.second.standing import STATE_WORDS, State
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey
from mrd_desktop.texts import Text
from ui.context import Context
from ui.form.words import STATES
from ui.icons import Glyph, draw
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.scroll import narrow_bars

NAME = Text("Visits and forms", "访视与表单")
CLOSED = Text("closed, nothing is entered", "已关闭，不再录入")
NOT_PLANNED = Text("not planned", "未计划")
OFFERED = Text("if needed", "必要时填写")
QUERIES = Text("{n} open queries", "{n} 个待回复质疑")
DRAFT = Text("unsaved draft", "有草稿")
SECOND: Mapping[State, tuple[str, Ink]] = {
    State.DUE: ("②", Ink.SECONDARY),
    State.OPEN: ("≠", Ink.SOFT),
}
"""Signs of a second entry that waits to be keyed, and of one whose differences are open."""
_CELL = 22
_LEAST, _MOST = 44, 64
_FULL_DAY = 48
"""Columns at least this wide have room for the whole date."""
_HEAD = 34
_TURNS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_COUNT = 22
"""Room for the number of queries in a head."""
_NAMES = 184
SPOT = int(Qt.ItemDataRole.UserRole) + 1
_HEAD_ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
Index = QModelIndex | QPersistentModelIndex


class GridModel(QAbstractTableModel):
    """Forms down, visits across."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.plan: Plan | None = None
        context.speech.changed.connect(self._retranslate)

    def show_plan(self, plan: Plan) -> None:
        """Show another plan."""
        self.beginResetModel()
        self.plan = plan
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """Forms."""
        return len(self.plan.rows) if self.plan and not (parent and parent.isValid()) else 0

    def columnCount(self, parent: Index | None = None) -> int:
        """Visits."""
        return len(self.plan.columns) if self.plan and not (parent and parent.isValid()) else 0

    def spot(self, index: Index) -> Spot | None:
        """The place at an index; None where the form has no business at the visit."""
        if self.plan is None or not index.isValid():
            return None
        event = self.plan.columns[index.column()].event
        return self.plan.spots.get((event, self.plan.rows[index.row()].oid))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The spot for the painter, words for everyone else."""
        if role == SPOT:
            return self.spot(index)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._words(index)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(self._words(index))
        return None

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Names of forms; visits with their day."""
        if self.plan is None or role not in _HEAD_ROLES:
            return None
        if way == Qt.Orientation.Vertical:
            form = self.plan.rows[section]
            said, queries = self._context.say(form.text), self.plan.queries_of(form.oid)
        else:
            column = self.plan.columns[section]
            said, queries = column.label, column.queries
        return f"{said}, {self._context.say(QUERIES, n=queries)}" if queries else said

    def _words(self, index: Index) -> str:
        if self.plan is None:
            return ""
        column, form = self.plan.columns[index.column()], self.plan.rows[index.row()]
        say = self._context.say
        place = f"{say(column.definition.text)} · {say(form.text)}"
        return f"{place}: {', '.join(self._states(self.spot(index)))}"

    def _states(self, spot: Spot | None) -> list[str]:
        say = self._context.say
        if spot is None:
            return [say(NOT_PLANNED)]
        if not spot.lines and not spot.planned:
            return [say(CLOSED if spot.closed else OFFERED)]
        words = [say(STATES[spot.state][1])]
        if spot.closed:
            words.append(say(CLOSED))
        if len(spot.lines) > 1:
            words.append(f"×{len(spot.lines)}")
        if spot.drafted:
            words.append(say(DRAFT))
        if spot.queries:
            words.append(say(QUERIES, n=spot.queries))
        if spot.second is not None:
            words.append(say(STATE_WORDS[spot.second]))
        return words

    def _retranslate(self) -> None:
        if self.plan is not None:
            self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, len(self.plan.rows) - 1)


def _second(spot: Spot) -> tuple[str, Ink]:
    none = ("", Ink.SECONDARY)
    return none if spot.second is None else SECOND.get(spot.second, none)


def draw_spot(painter: QPainter, context: Context, spot: Spot | None, rect: QRectF) -> None:
    """The marks of one place: state, how many, queries."""
    tokens = context.tokens
    centre = QRectF(0, 0, Size.MARK, Size.MARK)
    centre.moveCenter(rect.center())
    if spot is None or (not spot.lines and not spot.planned):
        if spot is not None:
            draw(painter, Glyph.NOT_PLANNED, centre, tokens.secondary)
        return
    glyph, _, ink = STATES[FormState.DRAFT if spot.drafted else spot.state]
    queries, many = spot.queries, len(spot.lines)
    second, second_ink = _second(spot)
    if queries or many > 1 or second:
        centre.translate(-Size.GAP, 0)
    draw(painter, glyph, centre, tokens[ink])
    left = centre.right() + 1
    painter.setFont(context.font(Type.NOTE))
    if many > 1:
        painter.setPen(tokens.secondary)
        painter.drawText(
            QRectF(left, rect.top(), rect.width(), rect.height()),
            Qt.AlignmentFlag.AlignVCenter,
            str(many),
        )
        left += 8
    if second:
        painter.setPen(tokens[second_ink])
        painter.drawText(
            QRectF(left, rect.top(), rect.width(), rect.height()),
            Qt.AlignmentFlag.AlignVCenter,
            second,
        )
        left += 12
    if queries:
        mark = QRectF(left, 0, Size.MARK - 3, Size.MARK - 3)
        mark.moveCenter(QRectF(left, rect.top(), Size.MARK - 3, rect.height()).center())
        draw(painter, Glyph.QUERY, mark, tokens.soft)
        painter.setPen(tokens.soft)
        painter.drawText(
            QRectF(mark.right(), rect.top(), rect.width(), rect.height()),
            Qt.AlignmentFlag.AlignVCenter,
            str(queries),
        )


def draw_count(painter: QPainter, context: Context, queries: int, where: QRectF) -> None:
    """How many open queries, small, behind their sign."""
    tokens = context.tokens
    mark = QRectF(where.left(), 0, Size.MARK - 3, Size.MARK - 3)
    mark.moveCenter(QRectF(where.left(), where.top(), Size.MARK - 3, where.height()).center())
    draw(painter, Glyph.QUERY, mark, tokens.soft)
    painter.setFont(context.font(Type.NOTE))
    painter.setPen(tokens.soft)
    room = where.adjusted(mark.width(), 0, 0, 0)
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, str(queries))


class _Painter(QStyledItemDelegate):
    def __init__(self, context: Context, view: Grid) -> None:
        super().__init__(view)
        self._context = context
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = self._context.tokens
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(rect, tokens.hover if index.column() == self._view.now else tokens.raised)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), Size.HAIR, tokens.line)
        if here:
            box = QRectF(rect).adjusted(2, 1, -2, -2)
            painter.setPen(tokens.accent if self._view.hasFocus() else tokens.edge)
            painter.setBrush(tokens.tint)
            painter.drawRoundedRect(box, Size.RADIUS, Size.RADIUS)
        draw_spot(painter, self._context, index.data(SPOT), QRectF(rect))
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_LEAST, _CELL)


class _Heads(QHeaderView):
    """Visits with their days, or names of forms."""

    def __init__(self, context: Context, view: Grid, way: Qt.Orientation) -> None:
        super().__init__(way, view)
        self._context = context
        self._view = view
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        if way == Qt.Orientation.Horizontal:
            self.setFixedHeight(_HEAD)
        else:
            self.setFixedWidth(_NAMES)
        context.theme.changed.connect(self.viewport().update)

    def sizeHint(self) -> QSize:
        """As wide as the names, as tall as two lines."""
        return QSize(_NAMES, _HEAD)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the ground, beyond the last heading too: Qt's own is another grey."""
        super().paintEvent(event)
        rest = self.viewport().rect()
        if self.orientation() == Qt.Orientation.Horizontal:
            rest.setLeft(self.length() - self.offset())
        else:
            rest.setTop(self.length() - self.offset())
        painter = QPainter(self.viewport())
        painter.fillRect(rest, self._context.tokens.raised)
        painter.end()

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw one heading."""
        tokens = self._context.tokens
        plan = self._view.grid.plan
        if plan is None:
            return
        painter.save()
        painter.fillRect(rect, tokens.raised)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), Size.HAIR, tokens.line)
        if self.orientation() == Qt.Orientation.Vertical:
            self._form(painter, rect, section)
        else:
            self._visit(painter, rect, plan.columns[section], here=section == self._view.now)
        painter.restore()

    def _form(self, painter: QPainter, rect: QRect, section: int) -> None:
        plan = self._view.grid.plan
        assert plan is not None
        tokens = self._context.tokens
        marked = section == self._view.currentIndex().row() and self._view.hasFocus()
        font = self._context.font(strong=marked)
        words = QFontMetrics(font).elidedText(
            self._context.say(plan.rows[section].text),
            Qt.TextElideMode.ElideRight,
            rect.width() - Size.PAD - Size.GAP,
        )
        painter.setFont(font)
        painter.setPen(tokens.text)
        room = rect.adjusted(Size.PAD, 0, -Size.GAP, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        queries = plan.queries_of(plan.rows[section].oid)
        if queries:
            right = QRectF(room.right() - _COUNT, room.top(), _COUNT, room.height())
            painter.fillRect(right, tokens.raised)
            draw_count(painter, self._context, queries, right)

    def _visit(self, painter: QPainter, rect: QRect, column: Column, *, here: bool) -> None:
        tokens = self._context.tokens
        if here:
            painter.fillRect(rect.adjusted(0, 0, 0, -1), tokens.hover)
        painter.setFont(self._context.font(strong=True))
        painter.setPen(tokens.text if column.day else tokens.secondary)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
        upper = QRectF(rect).adjusted(0, 2, 0, -rect.height() / 2)
        if column.queries:
            count = QRectF(upper.right() - _COUNT, upper.top(), _COUNT, upper.height())
            upper.setRight(count.left())
            draw_count(painter, self._context, column.queries, count)
        painter.setFont(self._context.font(strong=True))
        painter.setPen(tokens.text if column.day else tokens.secondary)
        painter.drawText(upper, centre, column.label)
        day = column.day or (column.window.target if column.window else None)
        if day is not None:
            painter.setFont(self._context.font(Type.NOTE))
            painter.setPen(tokens.secondary)
            lower = QRectF(rect).adjusted(0, rect.height() / 2 - 2, 0, -2)
            shape = "%y-%m-%d" if rect.width() >= _FULL_DAY else "%y-%m"
            painter.drawText(lower, centre, day.strftime(shape))


class Grid(QTableView):
    """The grid.

    Signals:
        opened: Enter or a double click on a place (a :class:`Spot`).
        moved: another place is marked (a Spot or None).
    """

    opened = Signal(object)
    moved = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.now = -1
        self.grid = GridModel(context)
        self.setModel(self.grid)
        self.setItemDelegate(_Painter(context, self))
        self.setHorizontalHeader(_Heads(context, self, Qt.Orientation.Horizontal))
        self.setVerticalHeader(_Heads(context, self, Qt.Orientation.Vertical))
        self.verticalHeader().setDefaultSectionSize(_CELL)
        for corner in self.findChildren(QAbstractButton):
            corner.installEventFilter(self)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        narrow_bars(context, self)
        self.doubleClicked.connect(self._open)
        self.selectionModel().currentChanged.connect(self._moved)
        context.theme.changed.connect(self._dress)
        context.speech.changed.connect(self._say)
        self._dress()
        self._say()

    def show_plan(self, plan: Plan, now: EventKey | None) -> None:
        """Show a plan; the marked place stays, or the visit of today is marked.

        Args:
            now: the visit whose window is open.
        """
        marked = self.spot
        self.grid.show_plan(plan)
        self._share()
        events = [c.event for c in plan.columns]
        self.now = events.index(now) if now in events else -1
        forms = [f.oid for f in plan.rows]
        if marked is not None and marked.event in events and marked.form in forms:
            place = forms.index(marked.form), events.index(marked.event)
        else:
            place = self._first(plan, events, forms)
        index = self.grid.index(*place)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def mark(self, event: EventKey, form: str) -> None:
        """Mark a place."""
        plan = self.grid.plan
        if plan is None:
            return
        events, forms = [c.event for c in plan.columns], [f.oid for f in plan.rows]
        if event in events and form in forms:
            self.setCurrentIndex(self.grid.index(forms.index(form), events.index(event)))

    @property
    def spot(self) -> Spot | None:
        """The marked place."""
        return self.grid.spot(self.currentIndex())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The corner above the names is empty ground."""
        if event.type() is QEvent.Type.Paint and isinstance(watched, QAbstractButton):
            painter = QPainter(watched)
            painter.fillRect(watched.rect(), self._context.tokens.raised)
            painter.end()
            return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """All visits share the width; where they are too many, the grid scrolls."""
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        count = self.grid.columnCount()
        if count:
            room = (self.width() - _NAMES - Size.SCROLL - 2) // count
            self.horizontalHeader().setDefaultSectionSize(max(_LEAST, min(_MOST, room)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens; letters are the page's, as is Ctrl with PgUp and PgDn."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
        elif (
            (event.text().isprintable() and event.text())
            or event.key() == Qt.Key.Key_Escape
            or (event.key() in _TURNS and event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        ):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: object) -> None:
        """The mark grows strong."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        self._repaint()

    def focusOutEvent(self, event: object) -> None:
        """The mark grows quiet."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._repaint()

    def _first(self, plan: Plan, events: list[EventKey], forms: list[str]) -> tuple[int, int]:
        following = plan.next_form()
        if following is not None:
            return forms.index(following.form), events.index(following.event)
        return 0, max(self.now, 0)

    def _open(self, index: QModelIndex) -> None:
        spot = self.grid.spot(index)
        if spot is not None:
            self.opened.emit(spot)

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        self._repaint()
        self.moved.emit(self.grid.spot(now))

    def _repaint(self) -> None:
        self.viewport().update()
        self.verticalHeader().viewport().update()

    def _dress(self) -> None:
        """The ground beyond the last visit is the card's."""
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Base, self._context.tokens.raised)
        self.setPalette(palette)
        self.viewport().update()

    def _say(self) -> None:
        self.setAccessibleName(self._context.say(NAME))
        self.verticalHeader().viewport().update()
