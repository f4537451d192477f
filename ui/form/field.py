"""One field of a form: label, editor, meaning, hints, and a line kept for a finding."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import CodeList, Item, Requirement
from mrd_desktop.study.unit_words import unit_text
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.choices import Choice, Choices, narrow
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.fields.editor import Editor
from ui.fields.make import width_of
from ui.form import words
from ui.form.remarks import NOTHING, Remarks
from ui.form.told import Told, lines_of, paint_told, room_below, told, tone
from ui.icons import Glyph, draw
from ui.theme import Ink, Size, Type
from ui.tips import tip

_MIDDLE = Qt.AlignmentFlag.AlignVCenter


def meaning(view: FieldView, reasons: CodeList | None) -> tuple[Text, Ink] | None:
    """What the text of a field means, or why there is none."""
    if view.missing is not None:
        code = reasons.by_code.get(view.missing) if reasons else None
        return (code.text if code else Text(view.missing, view.missing)), Ink.SECONDARY
    if view.origin is not None:
        return view.origin, Ink.SECONDARY
    if view.echo is not None:
        return view.echo, Ink.TEXT if view.item.meanings else Ink.SECONDARY
    return None


def spoken_name(context: Context, item: Item, row: str = "") -> str:
    """The accessible name of an editor: row, label and unit."""
    unit = context.say(unit_text(item.unit))
    return " ".join(x for x in (row, context.say(item.text), unit) if x)


class FieldLine(QWidget):
    """The line of one data point. Its editor is a child; everything else is painted."""

    def __init__(
        self, context: Context, view: FieldView, reasons: CodeList | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._reasons = reasons
        self.view = view
        self.remarks = NOTHING
        self.editor: Editor | None = None
        self._label_lines = 1

    def carry(self, editor: Editor) -> None:
        """Take the editor in."""
        self.editor = editor
        digit = QFontMetrics(self._context.font()).horizontalAdvance("0")
        editor.setFixedWidth(width_of(self.view.item, digit))
        editor.move(self.field_left, 0)
        editor.show()

    @property
    def field_left(self) -> int:
        """Where fields begin: the same for every line."""
        return Size.MARGIN + Size.LABEL + Size.PAD

    def height_for(self, width: int) -> int:
        """The height at a width: one field and the line kept for a finding."""
        self._label_lines = 1
        metrics = QFontMetrics(self._context.font())
        text = self._label()
        if metrics.horizontalAdvance(text) > Size.LABEL:
            box = metrics.boundingRect(
                QRect(0, 0, Size.LABEL, 400), int(Qt.TextFlag.TextWordWrap), text
            )
            self._label_lines = max(1, round(box.height() / metrics.lineSpacing()))
        tall = self._label_lines * metrics.lineSpacing() + self._label_top(metrics)
        room = width - self.field_left - Size.MARGIN
        lines = sum(lines_of(self._context, t, room) for t in self._told())
        return max(Size.FIELD + room_below(lines), tall + Size.GRID)

    def outgrown(self, _: ItemKey) -> bool:
        """It needs more or less room than it has."""
        return self.height_for(self.width()) != self.height()

    def show_view(self, view: FieldView, remarks: Remarks, *, anew: bool = False) -> None:
        """Show the data point as it is now."""
        self.view = view
        self.remarks = remarks
        if self.editor is not None:
            self.editor.show_view(view, anew=anew)
            self.editor.set_tone(tone(self._told()))
            self.editor.setAccessibleName(spoken_name(self._context, view.item))
            self.editor.setAccessibleDescription(self._spoken())
        self.setToolTip(tip(self._spoken() if view.findings or remarks.notes else ""))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw label, meaning, hints and finding."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_label(painter)
        left = self.field_left + (self.editor.width() + Size.PAD if self.editor else 0)
        left = self._paint_meaning(painter, left)
        if self.remarks.notes:
            left = paint_noted(painter, self._context, left, 0)
        if self.editor is not None:
            self._paint_hints(painter, left + (Size.MARGIN if self.view.answer else 0))
        self._paint_findings(painter)
        painter.end()

    def _label(self) -> str:
        item = self.view.item
        parts = [self._context.say(item.text)]
        unit = self._context.say(unit_text(item.unit))
        if unit:
            parts.append(unit)
        if item.required is Requirement.OPTIONAL:
            parts.append(self._context.say(words.OPTIONAL))
        return "  ".join(parts)

    def _label_top(self, metrics: QFontMetrics) -> int:
        return (Size.FIELD - metrics.lineSpacing()) // 2

    def _paint_label(self, painter: QPainter) -> None:
        tokens = self._context.tokens
        font = self._context.font()
        metrics = QFontMetrics(font)
        if self.view.changed:
            painter.fillRect(QRectF(Size.GAP, 6, 3, Size.FIELD - 12), tokens.accent)
        painter.setFont(font)
        focused = self.editor is not None and self.editor.hasFocus()
        painter.setPen(tokens.accent if focused else tokens.text)
        name = self._context.say(self.view.item.text)
        if self._label_lines > 1:
            box = QRectF(Size.MARGIN, self._label_top(metrics), Size.LABEL, self.height())
            painter.drawText(box, int(Qt.TextFlag.TextWordWrap), self._label())
            return
        box = QRectF(Size.MARGIN, 0, Size.LABEL, Size.FIELD)
        painter.drawText(box, _MIDDLE, name)
        rest = self._label()[len(name) :]
        if rest:
            painter.setPen(tokens.secondary)
            box.adjust(metrics.horizontalAdvance(name), 0, 0, 0)
            painter.drawText(box, _MIDDLE, rest)

    def _paint_meaning(self, painter: QPainter, left: int) -> int:
        """Draw what the text means; returns where free space begins."""
        context = self._context
        view = self.view
        metrics = QFontMetrics(context.font())
        painter.setFont(context.font())
        if self.editor is None:
            return self._paint_computed(painter, left)
        found = meaning(view, self._reasons)
        if found is None:
            return left
        text, ink = found
        if view.missing is not None:
            sign = QRectF(left, 0, Size.MARK, Size.FIELD)
            draw(painter, Glyph.MISSING, sign, context.tokens.secondary)
            left += Size.MARK + Size.GRID
        said = context.say(text)
        shown = self.editor.text()
        if shown and said.startswith(f"{shown} "):
            said = said[len(shown) + 1 :]  # a date stands in the field already
        elif said == shown:
            return left  # a term in the language it is kept in
        room = self.width() - left - Size.MARGIN
        whole = said
        said = metrics.elidedText(said, Qt.TextElideMode.ElideRight, room)
        if said != whole and not self.toolTip():
            self.setToolTip(tip(self._spoken()))
        painter.setPen(context.ink(ink))
        painter.drawText(QRectF(left, 0, room, Size.FIELD), _MIDDLE, said)
        return left + metrics.horizontalAdvance(said)

    def said(self) -> str:
        """A computed value as it is shown: codes by what they mean."""
        view = self.view
        value = view.answer.text if view.answer and view.answer.value is not None else ""
        found = meaning(view, self._reasons)
        if found is None:
            return value
        said = self._context.say(found[0])
        whole = view.item.meanings or view.missing or said.startswith(value)
        return said if whole else f"{value}  {said}"

    def _paint_computed(self, painter: QPainter, left: int) -> int:
        context = self._context
        metrics = QFontMetrics(context.font())
        whole = self.said()
        note = context.say(words.COMPUTED if whole else words.COMPUTED_LATER)
        small = QFontMetrics(context.font(Type.NOTE))
        if whole:
            beside = Size.PAD + small.horizontalAdvance(note) + Size.MARGIN
            room = self.width() - left - beside
            shown = metrics.elidedText(whole, Qt.TextElideMode.ElideRight, room)
            if shown != whole and not self.toolTip():
                self.setToolTip(tip(self._spoken()))
            painter.setPen(context.tokens.text)
            painter.drawText(QRectF(left, 0, room, Size.FIELD), _MIDDLE, shown)
            left += metrics.horizontalAdvance(shown) + Size.PAD
        painter.setFont(context.font(Type.NOTE))
        painter.setPen(context.tokens.secondary)
        painter.drawText(QRectF(left, 0, self.width() - left, Size.FIELD), _MIDDLE, note)
        return self.width()

    def _paint_hints(self, painter: QPainter, least: int) -> None:
        """Keys and meanings of the codes at the right, while they help."""
        editor = self.editor
        if editor is None or editor.isReadOnly():
            return
        if isinstance(editor, CodeEditor | CodesEditor):
            if not self.view.missing and (editor.hasFocus() or not editor.text()):
                room = QRectF(least, 0, self.width() - Size.MARGIN - least, Size.FIELD)
                paint_codes(painter, self._context, editor, room)
        elif editor.listed:
            room = QRectF(least + Size.PAD, 0, self.width(), Size.FIELD)
            paint_listed(painter, self._context, editor.listed, room)

    def _paint_findings(self, painter: QPainter) -> None:
        wide = self.width() - self.field_left - Size.MARGIN
        box = QRectF(self.field_left, Size.FIELD + 1, wide, Size.FINDING)
        for found in self._told():
            box.translate(0, paint_told(painter, self._context, found, box) * Size.FINDING)

    def _told(self) -> tuple[Told, ...]:
        return told(self.view, self.remarks, self.editor)

    def _spoken(self) -> str:
        say = self._context.say
        parts = [say(f.told) for f in self.view.findings]
        if self.remarks.notes:
            parts.append(say(words.NOTED.filled(n=self.remarks.notes)))
        if self.view.error is not None:
            parts.insert(0, say(self.view.error))
        found = meaning(self.view, self._reasons)
        if found is not None:
            parts.insert(0, say(found[0]))
        return " ".join(parts)


def fitting(choices: Choices, typed: str) -> tuple[Choice, ...]:
    """The choices that the typed text may still become; all while it is certain or empty."""
    text = narrow(typed).casefold()
    if not text or choices.find(text) is not None or " " in text:
        return choices.all
    found = tuple(
        c for c in choices.all if c.key.startswith(text) or c.code.code.casefold().startswith(text)
    )
    return found or choices.all


def paint_noted(painter: QPainter, context: Context, left: int, top: int) -> int:
    """Draw the mark of a note; returns where free space begins."""
    box = QRectF(left + Size.GRID, top, Size.MARK, Size.FIELD)
    draw(painter, Glyph.NOTE, box, context.tokens.accent)
    return left + Size.GRID + Size.MARK


def paint_codes(
    painter: QPainter, context: Context, editor: CodeEditor | CodesEditor, room: QRectF
) -> None:
    """Draw the keys and meanings that the typed text may still become, as many as there is room."""
    choices = fitting(editor.choices, editor.text())
    metrics = QFontMetrics(context.font(Type.NOTE))
    more = context.say(words.MORE_CODES, n=len(editor.choices.all))
    reserve = metrics.horizontalAdvance(more) + Size.PAD
    painter.setFont(context.font(Type.NOTE))
    left, end = room.left(), room.right()
    if editor.decides and editor.choices.find(narrow(editor.text()).casefold()) is not None:
        waits = context.say(words.ENTER_CODE)  # others go on by themselves
        painter.setPen(context.tokens.accent)
        painter.drawText(room, _MIDDLE, waits)
        left += metrics.horizontalAdvance(waits) + Size.PAD
    for n, choice in enumerate(choices):
        said = context.say(choice.text)
        wide = metrics.horizontalAdvance(f"{choice.key} {said}") + Size.PAD
        last = n == len(choices) - 1
        if left + wide + (0 if last else reserve) > end:
            painter.setPen(context.tokens.secondary)
            box = QRectF(left, room.top(), reserve, room.height())
            painter.drawText(box, _MIDDLE, more)
            return
        box = QRectF(left, room.top(), wide, room.height())
        painter.setPen(context.tokens.accent)
        painter.drawText(box, _MIDDLE, choice.key)
        box.adjust(metrics.horizontalAdvance(f"{choice.key} "), 0, 0, 0)
        painter.setPen(context.tokens.secondary)
        painter.drawText(box, _MIDDLE, said)
        left += wide


def paint_listed(painter: QPainter, context: Context, count: int, room: QRectF) -> None:
    """Say how many terms may be picked."""
    painter.setFont(context.font(Type.NOTE))
    painter.setPen(context.tokens.secondary)
    painter.drawText(room, _MIDDLE, context.say(words.MORE_CODES, n=count))
