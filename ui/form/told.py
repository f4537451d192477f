"""What is told below a field: findings, explanations, questions; each with the keys out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from mrd_desktop.record.places import Place
from mrd_desktop.record.views import FieldView
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.model import Requirement, Severity
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.editor import Editor
from ui.form import words
from ui.form.remarks import Remarks
from ui.icons import Glyph, draw
from ui.theme import Ink, Size, Type

_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop)
_INDENT = Size.PAD + 4


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as it stands below a field.

    Attributes:
        way_out: the keys that lead out of it.
    """

    text: Text
    ink: Ink
    glyph: Glyph
    way_out: tuple[Text, ...] = ()

    def about(self, label: Text) -> Told:
        """The same, said of a field by its name."""
        text = Text(f"{label.en}: {self.text.en}", f"{label.zh}：{self.text.zh}")
        return replace(self, text=text)


def told(view: FieldView, remarks: Remarks, editor: Editor | None = None) -> tuple[Told, ...]:
    """What to tell at a field: unreadable text, else hard findings, questions, soft findings.

    Args:
        editor: nothing is told about what is still being typed in it.
    """
    if editor is not None and editor.waits:
        return ()
    if view.error is not None:
        return (Told(view.error, Ink.HARD, Glyph.WARNING),)
    hard = [f for f in view.findings if f.check.severity is Severity.HARD]
    soft = [f for f in view.findings if f.check.severity is Severity.SOFT]
    found = [_hard(view, remarks, f) for f in hard]
    if remarks.asked is not None:
        way = (words.ANSWER,) if remarks.may_answer else ()
        found.append(Told(asked(remarks.asked), Ink.SOFT, Glyph.QUERY, way))
    return (*found, *(_soft(remarks, f) for f in soft))


def _hard(view: FieldView, remarks: Remarks, finding: Finding) -> Told:
    may_miss = view.answer is None and view.item.required is not Requirement.MUST
    way = ((words.SAY_WHY,) if may_miss and remarks.may_type else ()) + _there(remarks, finding)
    return Told(finding.told, Ink.HARD, Glyph.WARNING, way)


def _soft(remarks: Remarks, finding: Finding) -> Told:
    said = remarks.explanations.get(finding.check.id, "")
    if said:
        return Told(words.EXPLAINED.filled(words=said), Ink.GOOD, Glyph.CHECK)
    if remarks.may_type:
        key: tuple[Text, ...] = (words.EXPLAIN,)
    else:
        key = (words.ANSWER,) if finding.check.id in remarks.to_answer else ()
    way = (*key, *_there(remarks, finding))
    return Told(finding.told, Ink.SOFT, Glyph.QUERY, way)


def _there(remarks: Remarks, finding: Finding) -> tuple[Text, ...]:
    """The key to where the other value stands, with that value."""
    found = remarks.places.get(finding.check.id, ())
    if not found:
        return ()
    first = place_text(found[0], value=True)
    go, n = (words.GO_THERE, 1) if len(found) == 1 else (words.GO_THERE_MANY, len(found))
    more = n - 1
    return (Text(go.en.format(place=first.en, n=more), go.zh.format(place=first.zh, n=n)),)


def place_text(place: Place, *, value: bool) -> Text:
    """A data point elsewhere: visit, form, item and row, with what stands there."""
    key = place.key
    form = key.form
    visit = _counted(form.event.event, form.event.repeat)
    repeating = place.form.by_group[key.row.group].repeating
    row = words.ROW.filled(n=key.row.row) if repeating else Text("", "")
    en, zh = (
        f"{visit} {_counted(name, form.repeat)} · {' '.join(x for x in said if x)}"
        for name, said in (
            (place.form.text.en, (place.item.text.en, row.en, value * place.shown.en)),
            (place.form.text.zh, (place.item.text.zh, row.zh, value * place.shown.zh)),
        )
    )
    return Text(en, zh)


def _counted(name: str, repeat: int) -> str:
    return name if repeat == 1 else f"{name} {repeat}"


def asked(question: Text) -> Text:
    """A question of the monitor as it stands below a field."""
    return Text(
        words.ASKED.en.format(question=question.en), words.ASKED.zh.format(question=question.zh)
    )


def tone(found: Sequence[Told]) -> Ink | None:
    """The colour of a field: of the worst that is told at it; none where all is explained."""
    inks = {t.ink for t in found}
    return next((ink for ink in (Ink.HARD, Ink.SOFT) if ink in inks), None)


def lines_of(context: Context, found: Told, wide: int) -> int:
    """How many lines a finding needs at a width: it is never cut off."""
    text, way = _texts(context, found)
    metrics = QFontMetrics(context.font(Type.NOTE))
    room = max(wide - _INDENT, Size.LABEL)
    return _text_lines(metrics, text, room) + int(not _beside(metrics, text, way, room))


def room_below(lines: int) -> int:
    """The room below a field: one line is always kept; several stand clear of the next field."""
    return max(lines, 1) * Size.FINDING + (Size.GRID if lines > 1 else 0)


def paint_told(painter: QPainter, context: Context, found: Told, box: QRectF) -> int:
    """Draw a finding from a line on: its sign, its sentence, the keys; returns the lines used."""
    ink = context.ink(found.ink)
    font = context.font(Type.NOTE)
    metrics = QFontMetrics(font)
    text, way = _texts(context, found)
    room = max(int(box.width()) - _INDENT, Size.LABEL)
    count = _text_lines(metrics, text, room)
    line = Size.FINDING - Size.GRID
    draw(painter, found.glyph, QRectF(box.left(), box.top(), Type.NOTE, line), ink)
    painter.setFont(font)
    painter.setPen(ink)
    left = box.left() + _INDENT
    if count == 1:
        painter.drawText(QRectF(left, box.top(), room, line), _MIDDLE, text)
    else:
        tall = count * Size.FINDING
        painter.drawText(QRectF(left, box.top(), room, tall), _WRAP, text)
    if not way:
        return count
    painter.setPen(context.tokens.secondary)
    if _beside(metrics, text, way, room):
        left += metrics.horizontalAdvance(text) + Size.PAD
        painter.drawText(QRectF(left, box.top(), room, line), _MIDDLE, way)
        return count
    below = QRectF(left, box.top() + count * Size.FINDING, room, line)
    painter.drawText(below, _MIDDLE, metrics.elidedText(way, Qt.TextElideMode.ElideRight, room))
    return count + 1


def _texts(context: Context, found: Told) -> tuple[str, str]:
    return context.say(found.text), " · ".join(context.say(w) for w in found.way_out)


def _text_lines(metrics: QFontMetrics, text: str, room: int) -> int:
    if metrics.horizontalAdvance(text) <= room:
        return 1
    box = metrics.boundingRect(QRect(0, 0, room, 4000), _WRAP, text)
    return -(-box.height() // Size.FINDING)


def _beside(metrics: QFontMetrics, text: str, way: str, room: int) -> bool:
    """The keys fit into the line of the sentence."""
    whole = metrics.horizontalAdvance(text) + Size.PAD + metrics.horizontalAdvance(way)
    return not way or whole <= room
