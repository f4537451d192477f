"""Several data points a line: repeating sections, and sections that ask the same of many things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import CodeList, Item, Kind
from mrd_desktop.study.unit_words import unit_text
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.fields.editor import Editor
from ui.fields.make import width_of
from ui.form import words
from ui.form.field import meaning, paint_codes, spoken_name
from ui.form.remarks import NOTHING, Remarks
from ui.form.told import Told, lines_of, paint_told, room_below, told, tone
from ui.theme import Ink, Size, Type

_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignBottom)
_HEAD_LINES = 5
_LEAST = 56
_MOST_TEXT = 160
_MOST_MEANING = 136


def shrunk(wanted: Sequence[int], room: int) -> list[int]:
    """Widths that fit into ``room``: the widest give way first, none below the least width."""
    widths = list(wanted)
    while sum(widths) > room and max(widths) > _LEAST:
        widest = max(widths)
        next_widest = max((w for w in widths if w < widest), default=0)
        many = [n for n, w in enumerate(widths) if w == widest]
        over = sum(widths) - room
        give = min(widest - max(next_widest, _LEAST), -(-over // len(many)))
        for n in many:
            widths[n] -= max(give, 1)
    return widths


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, and the item that says how wide it is."""

    text: Text
    unit: str
    item: Item


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line of the table: what stands before it, and its data points (one a column)."""

    label: Text
    unit: str
    fields: tuple[FieldView, ...]


class Grid(QWidget):
    """The table. Editors stand in its cells; headings, meanings and findings are painted."""

    def __init__(
        self,
        context: Context,
        columns: Sequence[Column],
        reasons: CodeList | None,
        parent: QWidget,
        *,
        label_width: int,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._columns = tuple(columns)
        self._reasons = reasons
        self._label_width = label_width
        self._lines: list[GridLine] = []
        self._place_of: dict[ItemKey, tuple[int, int]] = {}
        self._editors: dict[ItemKey, Editor] = {}
        self._remarks: dict[ItemKey, Remarks] = {}
        self._lefts: list[int] = []
        self._widths: list[int] = []
        self._head = 0
        self._tops: list[int] = [0]

    @property
    def editors(self) -> dict[ItemKey, Editor]:
        """The editors by data point."""
        return self._editors

    def remarks(self, key: ItemKey) -> Remarks:
        """What was said about a data point."""
        return self._remarks.get(key, NOTHING)

    def set_lines(self, lines: Sequence[GridLine]) -> None:
        """Show these lines; editors of data points that are gone are taken away."""
        self._lines = list(lines)
        self._place_of = {
            f.key: (n, column)
            for n, line in enumerate(lines)
            for column, f in enumerate(line.fields)
        }
        for key in [k for k in self._editors if k not in self._place_of]:
            self._editors.pop(key).deleteLater()
        self.update()

    def carry(self, key: ItemKey, editor: Editor) -> None:
        """Take an editor in."""
        editor.inside = True
        self._editors[key] = editor

    def show_view(self, view: FieldView, remarks: Remarks, *, anew: bool = False) -> None:
        """Show one data point as it is now."""
        self._remarks[view.key] = remarks
        n, column = self._place_of[view.key]
        line = self._lines[n]
        fields = (*line.fields[:column], view, *line.fields[column + 1 :])
        self._lines[n] = GridLine(line.label, line.unit, fields)
        self.update_line(view.key)
        editor = self._editors.get(view.key)
        if editor is None:
            return
        editor.show_view(view, anew=anew)
        editor.set_tone(tone(told(view, remarks, editor)))
        said = meaning(view, self._reasons)
        coded = view.item.type.kind in (Kind.CODE, Kind.CODES)
        note = self._context.say(said[0]) if said and (coded or view.missing) else ""
        editor.set_note(f"⟂ {note}" if view.missing else note, said[1] if said else Ink.SECONDARY)
        editor.setAccessibleName(
            spoken_name(self._context, view.item, self._context.say(line.label))
        )
        findings = " ".join(self._context.say(f.told) for f in view.findings)
        origin = self._context.say(view.origin) if view.origin else ""
        echo = self._context.say(view.echo) if view.echo and not note else ""
        noted = self._context.say(words.NOTED.filled(n=remarks.notes)) if remarks.notes else ""
        spoken = (note, echo, origin, findings, noted)
        editor.setAccessibleDescription(" ".join(x for x in spoken if x))

    def update_line(self, key: ItemKey) -> None:
        """Draw the line of a data point again."""
        n, _ = self._place_of[key]
        if n + 1 < len(self._tops):
            top = self._tops[n]
            self.update(0, top, self.width(), self._tops[n + 1] - top)

    def height_for(self, width: int) -> int:
        """Lay out for a width; returns the height."""
        context = self._context
        digit = QFontMetrics(context.font()).horizontalAdvance("0")
        left = Size.MARGIN + self._label_width
        room = width - left - Size.MARGIN - Size.GAP * (len(self._columns) - 1)
        self._widths = shrunk([self._wanted(c, digit) for c in self._columns], room)
        self._lefts = []
        for w in self._widths:
            self._lefts.append(left)
            left += w + Size.GAP
        self._head = self._head_height()
        self._tops = [self._head]
        for line in self._lines:
            self._tops.append(self._tops[-1] + Size.FIELD + self._below(line, width))
        return self._tops[-1]

    def below(self, key: ItemKey) -> int:
        """Where the line of a data point ends, with what is told below it."""
        n, _ = self._place_of[key]
        return self._tops[n + 1] if n + 1 < len(self._tops) else self.height()

    def outgrown(self, key: ItemKey) -> bool:
        """The line of a data point needs more or less room than it has."""
        n, _ = self._place_of[key]
        below = self._below(self._lines[n], self.width())
        return n + 1 < len(self._tops) and self._tops[n + 1] - self._tops[n] != Size.FIELD + below

    @property
    def wide(self) -> int:
        """The width the columns need."""
        return self._lefts[-1] + self._widths[-1] + Size.MARGIN if self._lefts else 0

    def _below(self, line: GridLine, width: int) -> int:
        """The room below a line of cells."""
        room = width - self._lefts[0] - Size.MARGIN
        found = self._told(line)
        return room_below(sum(lines_of(self._context, t, room) for _, t in found))

    def _told(self, line: GridLine) -> list[tuple[ItemKey, Told]]:
        """What is told about the cells of a line, each by the heading of its column."""
        return [
            (view.key, t.about(column.text))
            for column, view in zip(self._columns, line.fields, strict=True)
            if view.shown
            for t in told(view, self.remarks(view.key), self._editors.get(view.key))
        ]

    def place(self) -> None:
        """Put the editors into their cells."""
        for n, line in enumerate(self._lines):
            top = self._tops[n]
            for column, view in enumerate(line.fields):
                editor = self._editors.get(view.key)
                if editor is not None:
                    editor.setFixedWidth(self._widths[column])
                    editor.move(self._lefts[column], top)
                    editor.setVisible(view.shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings, labels, computed values and findings."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wanted = event.rect()
        if wanted.top() < self._head:
            self._paint_heads(painter)
        for line, (top, below) in zip(self._lines, pairwise(self._tops), strict=False):
            if top <= wanted.bottom() and below > wanted.top():
                self._paint_line(painter, line, top)
        painter.end()

    def _wanted(self, column: Column, digit: int) -> int:
        kind = column.item.type.kind
        if kind is Kind.TEXT:
            return min(width_of(column.item, digit), _MOST_TEXT)
        if kind in (Kind.CODE, Kind.CODES):
            return 4 * digit + 2 * Size.GAP + self._widest_meaning(column.item)
        return max(width_of(column.item, digit), _LEAST)

    def _widest_meaning(self, item: Item) -> int:
        metrics = QFontMetrics(self._context.font())
        codes = item.codelist.codes if item.codelist else ()
        say = self._context.say
        widest = max((metrics.horizontalAdvance(say(c.text)) for c in codes), default=0)
        return min(widest, _MOST_MEANING)

    def _heading(self, column: Column) -> str:
        text = self._context.say(column.text)
        unit = self._context.say(unit_text(column.unit))
        return f"{text} {unit}" if unit else text

    def _head_height(self) -> int:
        metrics = QFontMetrics(self._context.font(Type.NOTE))
        most = metrics.lineSpacing()
        for column, width in zip(self._columns, self._widths, strict=True):
            box = metrics.boundingRect(QRect(0, 0, width, 400), _WRAP, self._heading(column))
            most = max(most, box.height())
        return min(most, _HEAD_LINES * metrics.lineSpacing()) + Size.GRID

    def _paint_heads(self, painter: QPainter) -> None:
        context = self._context
        painter.setFont(context.font(Type.NOTE))
        painter.setPen(context.tokens.secondary)
        for column, left, width in zip(self._columns, self._lefts, self._widths, strict=True):
            box = QRectF(left, 0, width, self._head - Size.GRID)
            painter.drawText(box, _WRAP, self._heading(column))

    def _paint_line(self, painter: QPainter, line: GridLine, top: int) -> None:
        context = self._context
        tokens = context.tokens
        metrics = QFontMetrics(context.font())
        if any(f.changed for f in line.fields):
            painter.fillRect(QRectF(Size.GAP, top + 6, 3, Size.FIELD - 12), tokens.accent)
        box = QRectF(Size.MARGIN, top, self._label_width - Size.GAP, Size.FIELD)
        label = context.say(line.label)
        painter.setFont(context.font())
        painter.setPen(tokens.text)
        painter.drawText(box, _MIDDLE, label)
        if line.unit:
            box.adjust(metrics.horizontalAdvance(label) + Size.GAP, 0, 0, 0)
            painter.setPen(tokens.secondary)
            painter.drawText(box, _MIDDLE, context.say(unit_text(line.unit)))
        for column, view in enumerate(line.fields):
            if view.key not in self._editors and view.shown:
                self._paint_computed(painter, view, column, top)
        for column, view in enumerate(line.fields):
            if view.shown and self.remarks(view.key).notes:
                self._paint_noted(painter, column, top)
        self._paint_below(painter, line, top + Size.FIELD)

    def _paint_noted(self, painter: QPainter, column: int, top: int) -> None:
        """A corner beside the cell: notes stand at it."""
        left = self._lefts[column] + self._widths[column] + 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._context.tokens.accent)
        painter.drawPolygon([QPoint(left, top), QPoint(left + 6, top), QPoint(left, top + 6)])
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_below(self, painter: QPainter, line: GridLine, top: int) -> None:
        """Codes of the cell being filled where nothing is told about it, then what is told."""
        found = self._told(line)
        left = self._lefts[0]
        box = QRectF(left, top, self.width() - left - Size.MARGIN, Size.FINDING)
        cell = next((v for v in line.fields if self._asks_code(v)), None)
        if cell is not None and all(key != cell.key for key, _ in found):
            editor = self._editors[cell.key]
            assert isinstance(editor, CodeEditor | CodesEditor)
            paint_codes(painter, self._context, editor, box)
            box.translate(0, Size.FINDING)
            # The line is kept anyway: the first finding gives it up while its row is being filled.
            found = found[1:]
        elif not found:
            self._paint_beside(painter, line, top - Size.FIELD)
        for _, one in found:
            box.translate(0, paint_told(painter, self._context, one, box) * Size.FINDING)

    def _asks_code(self, view: FieldView) -> bool:
        editor = self._editors.get(view.key)
        coded = isinstance(editor, CodeEditor | CodesEditor)
        return coded and editor is not None and editor.hasFocus() and not editor.isReadOnly()

    def _paint_beside(self, painter: QPainter, line: GridLine, top: int) -> None:
        """Say below the line what stands beside a field elsewhere.

        Where a value that was filled in comes from; what was understood of the cell in focus.
        """
        for column, view in enumerate(line.fields):
            editor = self._editors.get(view.key)
            plain = view.item.codelist is None
            focused = editor is not None and editor.hasFocus()
            text = view.origin or (view.echo if plain and focused else None)
            if text is not None and view.shown:
                left = self._lefts[column]
                room = QRectF(left, top + Size.FIELD, self.width() - left, Size.FINDING)
                painter.setFont(self._context.font(Type.NOTE))
                painter.setPen(self._context.tokens.secondary)
                painter.drawText(room, _MIDDLE, self._context.say(text))
                return

    def _paint_computed(self, painter: QPainter, view: FieldView, column: int, top: int) -> None:
        context = self._context
        said = meaning(view, self._reasons)
        if view.item.meanings and said:
            text = context.say(said[0])
        else:
            text = view.answer.text if view.answer else ""
        painter.setPen(context.tokens.secondary)
        box = QRectF(self._lefts[column] + Size.GAP, top, self._widths[column], Size.FIELD)
        painter.drawText(box, _MIDDLE, text or "–")
