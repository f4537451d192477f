"""The scrolling part of a form page: its sections as lines and tables, editors made when shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Protocol

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView, GroupView, RowView
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.study.limits import ANY, Range
from mrd_desktop.study.model import CodeList, Form, Item, ItemGroup, Kind
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.editor import Editor
from ui.fields.make import make_editor
from ui.form import words
from ui.form.field import FieldLine
from ui.form.head import SectionHead
from ui.form.layout import Block, Cards, Fields, Matrix, Table, common_unit, lay_out
from ui.form.remarks import NOTHING, Remarks
from ui.form.rows import ClosedLine, RowsLine
from ui.form.table import Column, Grid, GridLine
from ui.theme import Size
from ui.watermark import lay_watermark

_ROW_NUMBER = 56


class Part(Protocol):
    """A piece of the body that says how tall it is."""

    def height_for(self, width: int) -> int:
        """Its height at a width."""
        ...


class FormBody(QWidget):
    """All sections of one form.

    Args:
        reasons: the code list of missing reasons.
        legal: legal range by item OID.
        listed: how many terms may be picked for an item without a code list, by OID.

    Signals (the first argument is the data point's key):
        typed: the text as the form should read it.
        full, entered, left, pick_wanted: of an editor.
        stepped: with +1 or -1.
        add_wanted, remove_wanted: with a group's name.
        restore_wanted: a removed row's key.
        placed: every piece has its place (no argument).
    """

    typed = Signal(object, str)
    full = Signal(object)
    entered = Signal(object)
    left = Signal(object)
    pick_wanted = Signal(object)
    stepped = Signal(object, int)
    add_wanted = Signal(str)
    remove_wanted = Signal(str)
    restore_wanted = Signal(object)
    placed = Signal()

    def __init__(
        self,
        context: Context,
        form: Form,
        reasons: CodeList | None,
        *,
        advance: Advance,
        critical: AbstractSet[str],
        legal: Mapping[str, Range],
        listed: Mapping[str, int],
        read_only: bool,
    ) -> None:
        super().__init__()
        self._context = context
        self._form = form
        self._reasons = reasons
        self._advance = advance
        self._critical = critical
        self._legal = legal
        self._listed = listed
        self.read_only = read_only
        self._blocks: tuple[Block, ...] = lay_out(form)
        self._lines: dict[ItemKey, FieldLine] = {}
        self._grids: dict[str, Grid] = {}
        self._grid_of: dict[ItemKey, Grid] = {}
        self._heads: dict[str, SectionHead] = {}
        self._rows_lines: dict[str, RowsLine] = {}
        self._closed: dict[str, ClosedLine] = {}
        self.shut: Mapping[str, Text] = {}
        self._editors: dict[ItemKey, Editor] = {}
        self._parts: list[QWidget] = []
        self._placed: set[QWidget] = set()
        self._order: list[ItemKey] = []
        self._sections: list[tuple[str, ItemKey | None]] = []
        self._views: dict[ItemKey, FieldView] = {}

    # --- what others ask --------------------------------------------------------------

    @property
    def order(self) -> Sequence[ItemKey]:
        """The data points that can be typed, in the order of the page."""
        return self._order

    @property
    def views(self) -> Mapping[ItemKey, FieldView]:
        """Every data point as last shown."""
        return self._views

    def editor(self, key: ItemKey) -> Editor | None:
        """The editor of a data point that is shown and can be typed."""
        return self._editors.get(key)

    def below(self, key: ItemKey) -> int:
        """Where the line of a data point ends, with what is told below it."""
        line, grid = self._lines.get(key), self._grid_of.get(key)
        if line is not None:
            return line.geometry().bottom()
        return grid.y() + grid.below(key) if grid is not None else 0

    def set_read_only(self, read_only: bool) -> None:
        """Let the fields be typed in, or only looked at."""
        self.read_only = read_only
        for key, editor in self._editors.items():
            editor.setReadOnly(read_only or key.row.group in self.shut)

    def line(self, key: ItemKey) -> FieldLine | None:
        """The line of a data point that stands in no table."""
        return self._lines.get(key)

    def sections(self) -> Sequence[tuple[str, ItemKey | None]]:
        """Every section by name with its first data point; None where rows may be added first."""
        return self._sections

    def adding(self) -> str | None:
        """The section whose act to add a row has the caret."""
        lines = self._rows_lines.items()
        return next((name for name, line in lines if line.add.hasFocus()), None)

    def rows_line(self, name: str) -> RowsLine | None:
        """The acts on the rows of a section."""
        return self._rows_lines.get(name)

    def head(self, name: str) -> QWidget | None:
        """The heading of a section that is shown."""
        head = self._heads.get(name)
        return head if head in self._parts else None

    # --- showing ----------------------------------------------------------------------

    def sync(self, groups: Iterable[GroupView], remarks: Mapping[ItemKey, Remarks]) -> None:
        """Show these sections: rows and shown fields may have come or gone."""
        by_name = {g.group.name: g for g in groups}
        self.shut = {n: g.closed for n, g in by_name.items() if g.closed is not None}
        shown_before = set(self._parts)
        self._parts = []
        self._order = []
        self._sections = []
        for block in self._blocks:
            match block:
                case Fields(group):
                    self._fields(by_name[group.name])
                case Table(group):
                    self._table(by_name[group.name])
                case Cards(group):
                    self._cards(by_name[group.name])
                case Matrix(groups_, columns):
                    self._matrix([by_name[g.name] for g in groups_], columns)
        for part in shown_before - set(self._parts):
            part.hide()
        self._drop_gone(by_name.values())
        views = [f for g in by_name.values() for r in g.rows for f in r.fields]
        for view in views:
            self.show_change(view, remarks.get(view.key, NOTHING))
        self._place()

    def show_change(self, view: FieldView, remarks: Remarks, *, anew: bool = False) -> None:
        """Show one data point if anything about it is other than shown, or always ``anew``."""
        if anew or self._views.get(view.key) != view or self._remarks(view.key) != remarks:
            self.refresh(view, remarks, anew=anew)

    def refresh(self, view: FieldView, remarks: Remarks, *, anew: bool = False) -> None:
        """Show one data point as it is now."""
        self._views[view.key] = view
        line = self._lines.get(view.key)
        if line is not None:
            line.show_view(view, remarks, anew=anew)
        grid = self._grid_of.get(view.key)
        if grid is not None:
            grid.show_view(view, remarks, anew=anew)
        part = line or grid
        if part in self._placed and part is not None and part.outgrown(view.key):
            self._placed.clear()  # once, however many fields change
            QTimer.singleShot(0, self, self._place)

    def show_stuck(self, groups: Collection[str]) -> None:
        """Say in closed sections that something typed there stays in the way."""
        told = {name: line for name, line in self._closed.items() if line in self._parts}
        changed = [x for n, x in told.items() if x.stuck.isHidden() is (n in groups)]
        for line in changed:
            line.stuck.setHidden(not line.stuck.isHidden())
        if changed:
            self._place()

    def retranslate(self) -> None:
        """Say everything anew; what is typed stays."""
        for view in tuple(self._views.values()):
            self.refresh(view, self._remarks(view.key))
        self._place()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the ground of training mode under the fields."""
        if self._context.theme.training:
            painter = QPainter(self)
            lay_watermark(painter, self, self._context, event.rect(), moves=True)
            painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width, another layout."""
        if event.size().width() != event.oldSize().width():
            self._place()
        super().resizeEvent(event)

    # --- the kinds of blocks ----------------------------------------------------------

    def _fields(self, group: GroupView) -> None:
        views = [f for r in group.rows for f in r.fields if f.shown]
        if views:
            self._begin(group)
            self._section(group.group.name, [self._line(v) for v in views])

    def _cards(self, group: GroupView) -> None:
        live = [r for r in group.rows if not r.removed]
        if not self._worth_showing(group):
            return
        self._begin(group)
        keys: list[ItemKey] = []
        for row in live:
            self._parts.append(self._row_head(row))
            keys += [self._line(v) for v in row.fields if v.shown]
        self._section(group.group.name, keys)
        self._end(group)

    def _table(self, group: GroupView) -> None:
        live = [r for r in group.rows if not r.removed]
        if not self._worth_showing(group):
            return
        self._begin(group)
        name = group.group.name
        if live:
            columns = [Column(i.text, i.unit or "", i) for i in group.group.items]
            grid = self._grid(name, columns, _ROW_NUMBER)
            self._grid_lines(
                grid,
                [GridLine(words.ROW.filled(n=r.key.row), "", r.fields) for r in live],
                name,
            )
        self._end(group)

    def _matrix(self, groups: Sequence[GroupView], columns: tuple[Text, ...]) -> None:
        lines = [
            GridLine(g.group.text, common_unit(g.group.items), r.fields)
            for g in groups
            for r in g.rows
            if any(f.shown for f in r.fields)
        ]
        if not lines:
            return
        name = groups[0].group.name
        items = groups[0].group.items
        shared = [Column(text, "", item) for text, item in zip(columns, items, strict=True)]
        grid = self._grid(name, shared, Size.LABEL + Size.PAD)
        self._grid_lines(grid, lines, name)

    def _worth_showing(self, group: GroupView) -> bool:
        told = group.closed is not None and not self.read_only
        return bool(group.rows) or group.can_add or told

    # --- pieces -----------------------------------------------------------------------

    def _begin(self, group: GroupView) -> None:
        """The heading, and why the section is closed where the whole form is not."""
        self._parts.append(self._head(group.group))
        if group.closed is None or self.read_only:
            return
        name = group.group.name
        if name not in self._closed:
            self._closed[name] = ClosedLine(self._context, self)
        self._closed[name].note.show_text(words.CLOSED_BY.filled(why=group.closed))
        self._parts.append(self._closed[name])

    def _end(self, group: GroupView) -> None:
        """The acts on rows, where there are any or may be."""
        if group.rows or group.closed is None or self.read_only:
            self._parts.append(self._rows_line(group))
            self._rowless(group)

    def _section(self, name: str, keys: Sequence[ItemKey]) -> None:
        typed = [k for k in keys if k in self._editors]
        self._order += typed
        if typed:
            self._sections.append((name, typed[0]))

    def _rowless(self, group: GroupView) -> None:
        if group.can_add and not self.read_only and all(r.removed for r in group.rows):
            self._sections.append((group.group.name, None))

    def _head(self, group: ItemGroup) -> SectionHead:
        if group.name not in self._heads:
            self._heads[group.name] = SectionHead(self._context, group.text, self)
        return self._heads[group.name]

    def _row_head(self, row: RowView) -> SectionHead:
        name = f"{row.key.group}#{row.key.row}"
        if name not in self._heads:
            text = words.ROW.filled(n=row.key.row)
            self._heads[name] = SectionHead(self._context, text, self)
        return self._heads[name]

    def _line(self, view: FieldView) -> ItemKey:
        key = view.key
        if key not in self._lines:
            line = FieldLine(self._context, view, self._reasons, self)
            self._lines[key] = line
            if not view.derived:
                line.carry(self._make(key, view.item, line))
        self._parts.append(self._lines[key])
        return key

    def _grid(self, name: str, columns: Sequence[Column], label: int) -> Grid:
        if name not in self._grids:
            self._grids[name] = Grid(self._context, columns, self._reasons, self, label_width=label)
        grid = self._grids[name]
        self._parts.append(grid)
        return grid

    def _grid_lines(self, grid: Grid, lines: Sequence[GridLine], name: str) -> None:
        grid.set_lines(lines)
        keys: list[ItemKey] = []
        for line in lines:
            for view in line.fields:
                self._grid_of[view.key] = grid
                if view.derived or not view.shown:
                    continue
                if view.key not in grid.editors:
                    grid.carry(view.key, self._make(view.key, view.item, grid))
                keys.append(view.key)
        self._section(name, keys)

    def _rows_line(self, group: GroupView) -> RowsLine:
        name = group.group.name
        if name not in self._rows_lines:
            line = RowsLine(self._context, self)
            line.add_wanted.connect(partial(self.add_wanted.emit, name))
            line.remove_wanted.connect(partial(self.remove_wanted.emit, name))
            line.restore_wanted.connect(self.restore_wanted)
            line.resized.connect(self._place)
            self._rows_lines[name] = line
        line = self._rows_lines[name]
        can = not self.read_only
        line.show_rows(group.rows, can_add=group.can_add and can, can_remove=can)
        return line

    def _make(self, key: ItemKey, item: Item, parent: QWidget) -> Editor:
        legal = self._legal.get(item.oid, ANY)
        # The first digit of a slip (12 for 2) must not become an answer that decides: Enter does.
        decides = item.oid in self._critical and item.type.kind is Kind.CODE
        advance = Advance(fixed=False) if decides else self._advance
        editor = make_editor(self._context, item, parent, advance=advance, legal=legal)
        editor.decides = decides
        editor.listed = self._listed.get(item.oid, 0)
        editor.setReadOnly(self.read_only or key.row.group in self.shut)
        editor.typed.connect(partial(self.typed.emit, key))
        editor.full.connect(partial(self.full.emit, key))
        editor.entered.connect(partial(self._came, key))
        editor.left.connect(partial(self._went, key))
        editor.stepped.connect(partial(self.stepped.emit, key))
        editor.pick_wanted.connect(partial(self.pick_wanted.emit, key))
        self._editors[key] = editor
        self._views.pop(key, None)  # nothing is shown in it yet
        return editor

    def _came(self, key: ItemKey) -> None:
        self._repaint(key)
        self.entered.emit(key)

    def _went(self, key: ItemKey) -> None:
        view = self._views.get(key)
        editor = self._editors.get(key)
        if view is not None and editor is not None:
            self.refresh(view, self._remarks(key))
        self._repaint(key)
        self.left.emit(key)

    def _remarks(self, key: ItemKey) -> Remarks:
        line = self._lines.get(key)
        if line is not None:
            return line.remarks
        grid = self._grid_of.get(key)
        return grid.remarks(key) if grid is not None else NOTHING

    def _repaint(self, key: ItemKey) -> None:
        line, grid = self._lines.get(key), self._grid_of.get(key)
        if line is not None:
            line.update()
        elif grid is not None:
            grid.update_line(key)

    def _drop_gone(self, groups: Iterable[GroupView]) -> None:
        """Forget rows that are no more (a new row was struck, an add undone)."""
        rows: set[RowKey] = {r.key for g in groups for r in g.rows}
        for key in [k for k in self._views if k.row not in rows]:
            self._views.pop(key)
            self._grid_of.pop(key, None)
            self._editors.pop(key, None)
            line = self._lines.pop(key, None)
            if line is not None:
                line.deleteLater()

    def _place(self) -> None:
        """Put every piece below the one before."""
        width = self.width()
        top = Size.GRID
        self._placed = set(self._parts)
        for part in self._parts:
            assert isinstance(part, FieldLine | Grid | SectionHead | RowsLine | ClosedLine)
            height = part.height_for(width)
            wide = max(width, part.wide) if isinstance(part, Grid) else width
            part.setGeometry(0, top, wide, height)
            if isinstance(part, Grid):
                part.place()
                self.setMinimumWidth(max(self.minimumWidth(), part.wide))
            part.show()
            top += height
        self.setMinimumHeight(top + Size.MARGIN)
        self.placed.emit()
