"""One field of a form: label, editor, meaning, hints, and a line kept for a finding."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView
from mrd_desktop.study.model import CodeList, Item, Requirement, Severity
from mrd_desktop.study.unit_words import unit_text
from mrd_desktop.texts import Text
from ui import form_words as words
from ui.context import Context
from ui.fields.choices import Choice, Choices, narrow
from ui.fields.code import CodeEditor
from ui.fields.codes import CodesEditor
from ui.fields.editor import Editor
from ui.fields.make import width_of
from ui.icons import Glyph, draw
from ui.remarks import NOTHING, Remarks
from ui.theme import Ink, Size, Type

_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it stands below a field."""

    text: Text
    ink: Ink
    glyph: Glyph
    way_out: Text | None = None


def told(view: FieldView, remarks: Remarks, editor: Editor | None = None) -> Told | None:
    """What to tell at a field: unreadable text, hard findings, questions, soft findings.

    Args:
        editor: nothing is told about what is still being typed in it.
    """
    if editor is not None and editor.busy:
        return None
    if view.error is not None:
        return Told(view.error, Ink.HARD, Glyph.WARNING)
    hard = bool(view.findings) and view.findings[0].check.severity is Severity.HARD
    if remarks.asked is not None and not hard:
        return Told(asked(remarks.asked), Ink.SOFT, Glyph.QUERY, words.ANSWER)
    return _first(view, remarks, hard=hard) if view.findings else None


def _first(view: FieldView, remarks: Remarks, *, hard: bool) -> Told:
    """The first finding, with how many more there are."""
    text = view.findings[0].text
    more = len(view.findings) - 1
    if more:
        text = Text(
            f"{text.en} ({words.MORE_FINDINGS.en.format(n=more)})",
            f"{text.zh}（{words.MORE_FINDINGS.zh.format(n=more)}）",
        )
    if hard:
        may_miss = view.answer is None and view.item.required is not Requirement.MUST
        return Told(text, Ink.HARD, Glyph.WARNING, words.SAY_WHY if may_miss else None)
    if remarks.explained:
        return Told(words.EXPLAINED.filled(words=remarks.explained), Ink.GOOD, Glyph.CHECK)
    return Told(text, Ink.SOFT, Glyph.QUERY, words.EXPLAIN)


def asked(question: Text) -> Text:
    """A question of the monitor as it stands below a field."""
    return Text(
        words.ASKED.en.format(question=question.en), words.ASKED.zh.format(question=question.zh)
    )


def meaning(view: FieldView, reasons: CodeList | None) -> tuple[Text, Ink] | None:
    """What the text of a field means, or why there is none."""
    if view.missing is not None:
        code = reasons.by_code.get(view.missing) if reasons else None
        return (code.text if code else Text(view.missing, view.missing)), Ink.SECONDARY
    if view.origin is not None:
        return view.origin, Ink.SECONDARY
    if view.echo is not None:
        return view.echo, Ink.TEXT if view.item.codelist else Ink.SECONDARY
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
        return max(Size.FIELD + Size.FINDING, tall + Size.GRID)

    def show_view(self, view: FieldView, remarks: Remarks, *, anew: bool = False) -> None:
        """Show the data point as it is now."""
        self.view = view
        self.remarks = remarks
        if self.editor is not None:
            self.editor.show_view(view, anew=anew)
            found = told(view, remarks, self.editor)
            alarming = found is not None and found.ink is not Ink.GOOD
            self.editor.set_tone(found.ink if found is not None and alarming else None)
            self.editor.setAccessibleName(spoken_name(self._context, view.item))
            self.editor.setAccessibleDescription(self._spoken())
        self.setToolTip(self._spoken() if view.findings else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw label, meaning, hints and finding."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_label(painter)
        left = self.field_left + (self.editor.width() + Size.PAD if self.editor else 0)
        left = self._paint_meaning(painter, left)
        if self.editor is not None:
            self._paint_hints(painter, left + (Size.MARGIN if self.view.answer else 0))
        self._paint_finding(painter)
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
        room = self.width() - left - Size.MARGIN
        said = metrics.elidedText(said, Qt.TextElideMode.ElideRight, room)
        painter.setPen(context.ink(ink))
        painter.drawText(QRectF(left, 0, room, Size.FIELD), _MIDDLE, said)
        return left + metrics.horizontalAdvance(said)

    def _paint_computed(self, painter: QPainter, left: int) -> int:
        context = self._context
        view = self.view
        metrics = QFontMetrics(context.font())
        value = view.answer.text if view.answer and view.answer.value is not None else ""
        shown = value
        found = meaning(view, self._reasons)
        if found is not None:
            said = context.say(found[0])
            shown = said if view.item.codelist or view.missing else f"{value}  {said}"
        if shown:
            painter.setPen(context.tokens.text)
            painter.drawText(QRectF(left, 0, self.width() - left, Size.FIELD), _MIDDLE, shown)
            left += metrics.horizontalAdvance(shown) + Size.PAD
        painter.setFont(context.font(Type.NOTE))
        painter.setPen(context.tokens.secondary)
        note = context.say(words.COMPUTED if shown else words.COMPUTED_LATER)
        painter.drawText(QRectF(left, 0, self.width() - left, Size.FIELD), _MIDDLE, note)
        return self.width()

    def _paint_hints(self, painter: QPainter, least: int) -> None:
        """Keys and meanings of the codes at the right, while they help."""
        editor = self.editor
        if editor is None or editor.isReadOnly():
            return
        if not isinstance(editor, CodeEditor | CodesEditor):
            if editor.listed:
                self._paint_listed(painter, least, editor.listed)
            return
        if self.view.missing or not (editor.hasFocus() or not editor.text()):
            return
        choices = fitting(editor.choices, editor.text())
        context = self._context
        metrics = QFontMetrics(context.font(Type.NOTE))
        shown: list[tuple[str, str]] = []
        more = context.say(words.MORE_CODES, n=len(editor.choices.all))
        room = self.width() - Size.MARGIN - least
        reserve = metrics.horizontalAdvance(more) + Size.PAD
        used = 0
        for n, choice in enumerate(choices):
            said = context.say(choice.text)
            wide = metrics.horizontalAdvance(f"{choice.key} {said}") + Size.PAD
            last = n == len(choices) - 1
            if used + wide + (0 if last else reserve) > room:
                break
            used += wide
            shown.append((choice.key, said))
        painter.setFont(context.font(Type.NOTE))
        left = float(least)
        for key, said in shown:
            left = self._paint_hint(painter, metrics, left, key, said)
        if len(shown) < len(choices):
            painter.setPen(context.tokens.secondary)
            painter.drawText(QRectF(left, 0, reserve, Size.FIELD), _MIDDLE, more)

    def _paint_listed(self, painter: QPainter, left: int, count: int) -> None:
        painter.setFont(self._context.font(Type.NOTE))
        painter.setPen(self._context.tokens.secondary)
        room = QRectF(left + Size.PAD, 0, self.width(), Size.FIELD)
        painter.drawText(room, _MIDDLE, self._context.say(words.MORE_CODES, n=count))

    def _paint_hint(
        self, painter: QPainter, metrics: QFontMetrics, left: float, key: str, said: str
    ) -> float:
        tokens = self._context.tokens
        painter.setPen(tokens.accent)
        painter.drawText(QRectF(left, 0, self.width(), Size.FIELD), _MIDDLE, key)
        left += metrics.horizontalAdvance(f"{key} ")
        painter.setPen(tokens.secondary)
        painter.drawText(QRectF(left, 0, self.width(), Size.FIELD), _MIDDLE, said)
        return left + metrics.horizontalAdvance(said) + Size.PAD

    def _paint_finding(self, painter: QPainter) -> None:
        found = told(self.view, self.remarks, self.editor)
        if found is not None:
            box = QRectF(
                self.field_left, Size.FIELD + 1, self.width() - self.field_left, Size.FINDING
            )
            paint_told(painter, self._context, found, box.adjusted(0, 0, -Size.MARGIN, 0))

    def _spoken(self) -> str:
        say = self._context.say
        parts = [say(f.text) for f in self.view.findings]
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


def paint_told(painter: QPainter, context: Context, found: Told, box: QRectF) -> None:
    """Draw a finding into a line: its sign, its sentence, and the keys that lead out."""
    ink = context.ink(found.ink)
    font = context.font(Type.NOTE)
    metrics = QFontMetrics(font)
    box = QRectF(box.left(), box.top(), box.width(), Size.FINDING - Size.GRID)
    sign = QRectF(box.left(), box.top(), Type.NOTE, box.height())
    draw(painter, found.glyph, sign, ink)
    box = box.adjusted(Size.PAD + 4, 0, 0, 0)
    way = context.say(found.way_out) if found.way_out else ""
    way_wide = metrics.horizontalAdvance(way) + Size.PAD if way else 0
    room = int(box.width()) - way_wide
    said = metrics.elidedText(context.say(found.text), Qt.TextElideMode.ElideRight, room)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(box, _MIDDLE, said)
    if way:
        painter.setPen(context.tokens.secondary)
        box.adjust(metrics.horizontalAdvance(said) + Size.PAD, 0, 0, 0)
        painter.drawText(box, _MIDDLE, way)
