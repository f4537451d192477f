"""The story of a subject in one picture, read by eye, by pointer, by keys and by ear."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip

from mrd_desktop.insight.chronicle import PERIODS, Strand, Told, chronicle, outside
from mrd_desktop.insight.figures.board import Size as Room
from mrd_desktop.insight.figures.story import Spot, bare, height_of
from mrd_desktop.insight.story import Story
from mrd_desktop.texts import Text
from ui.context import Context
from ui.print.figure import paint
from ui.theme import Size
from ui.tips import tip
from ui.widgets.graphic import Graphic

NOTHING = Text(
    "The story appears here as soon as dated results are entered.",
    "录入带日期的结果后，此处显示病程图。",
)
NAME = Text("Story of {subject}", "{subject} 的病程图")
BY_WORDS = Text(
    "Course: {turns}. Treatment: {treatment}. MRD: {mrd}. CA15-3 highest {marker} of its limit. "
    "Scans: {scans}. LVEF {lvef}. Adverse events: {events}. Visits outside their window: {out}. "
    "Arrows walk the marks, V shows a table.",
    "病程：{turns}。治疗：{treatment}。MRD：{mrd}。CA15-3 最高为上限的 {marker}。影像：{scans}。"
    "LVEF {lvef}。不良事件：{events}。超窗访视：{out}。方向键逐个读取标记，V 显示表格。",
)


class StoryPicture(Graphic):
    """Draws a :class:`Story`; its words stand in the accessible description.

    Signals:
        told: another mark is read (a ``Told``), or none any more.
    """

    told = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._story: Story | None = None
        self._marks: tuple[Spot, ...] = ()
        self._rows: list[list[Told]] = []
        self._at: Told | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        context.theme.changed.connect(self.update)
        context.speech.changed.connect(self._say)

    @property
    def current(self) -> Told | None:
        """The mark that is read."""
        return self._at

    def show_story(self, story: Story) -> None:
        """Draw another story."""
        self._story = story
        self._at = None
        told = chronicle(story)
        self._rows = [sorted(told[s], key=lambda t: t.day) for s in Strand if told[s]]
        self.updateGeometry()
        self._say()

    def sizeHint(self) -> QSize:
        """Wide, and as tall as its rows."""
        return QSize(Size.READING, height_of(self._story))

    # --- reading ----------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """The pointer rests on a mark: its day and value."""
        if isinstance(event, QHelpEvent):
            found = self._under(QPointF(event.pos()))
            words = self._context.say(found.words) if found is not None else ""
            QToolTip.showText(event.globalPos(), tip(words), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press reads a mark."""
        found = self._under(event.position())
        if found is not None:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._read(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk a row, up and down change the row, Home and End its ends."""
        along = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        across = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: -1}
        key = Qt.Key(event.key())
        if self._story is None or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        elif key in along:
            self._walk(along[key])
        elif key in across:
            self._change_row(across[key])
        elif key in ends:
            row = self._row()
            self._read(row[ends[key]] if row else None)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The first mark is read, or the one that was."""
        super().focusInEvent(event)
        if self._at is None:
            self._read(self._rows[0][0] if self._rows else None)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """No mark is read any more."""
        super().focusOutEvent(event)
        self.told.emit(None)
        self.update()

    def _row(self) -> list[Told]:
        return next((r for r in self._rows if self._at in r), [])

    def _walk(self, by: int) -> None:
        row = self._row()
        if self._at is not None and row:
            self._read(row[max(0, min(len(row) - 1, row.index(self._at) + by))])

    def _change_row(self, by: int) -> None:
        """To the mark of the next row that is nearest in time."""
        rows, row, here = self._rows, self._row(), self._at
        if here is not None and row:
            place = rows.index(row) + by
            if 0 <= place < len(rows):
                self._read(min(rows[place], key=lambda t: abs((t.day - here.day).days)))

    def _read(self, told: Told | None) -> None:
        self._at = told
        self._name()
        self.told.emit(told)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.NameChanged))

    def _under(self, spot: QPointF) -> Told | None:
        """The last drawn mark under a point that is nearest to its middle."""
        hit = [(place_of(m), m.told) for m in self._marks if place_of(m).contains(spot)]
        return min(hit, key=lambda h: abs(h[0].center().x() - spot.x()))[1] if hit else None

    # --- drawing ----------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card and, row by row, what is known."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.accent if self.hasFocus() else tokens.line, Size.HAIR))
        painter.setBrush(tokens.raised)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Size.CARD_RADIUS, Size.CARD_RADIUS)
        self._marks = ()
        story = self._story
        if story is None or story.empty:
            painter.setFont(self._context.font())
            painter.setPen(tokens.secondary)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._context.say(NOTHING))
        else:
            room = Room(self.width(), self.height(), self._context.speech.language)
            sheet, self._marks = bare(story, room)
            paint(painter, sheet, tokens)
            self._draw_focus(painter)
        painter.end()

    def _draw_focus(self, painter: QPainter) -> None:
        mark = next((m for m in self._marks if m.told is self._at or m.told == self._at), None)
        if mark is not None and self.hasFocus():
            painter.setPen(QPen(self._context.tokens.accent, Size.FOCUS))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(place_of(mark).adjusted(-2, -1, 2, 1), Size.RADIUS, Size.RADIUS)

    def _say(self) -> None:
        if self._story is not None:
            self.setAccessibleDescription(described(self._context, self._story))
        self._name()

    def _name(self) -> None:
        if self._story is not None:
            name = self._context.say(NAME, subject=self._story.subject)
            if self._at is not None:
                name = f"{name}. {self._context.say(self._at.words)}"
            self.setAccessibleName(name)
        self.update()


def place_of(mark: Spot) -> QRectF:
    """Where a mark stands."""
    left, top, right, bottom = mark.box
    return QRectF(left, top, right - left, bottom - top)


def described(context: Context, story: Story) -> str:
    """The picture in words, for who does not see it."""
    say, told = context.say, chronicle(story)

    def listed(words: Iterable[str]) -> str:
        return ", ".join(words) or "–"

    def dated(strand: Strand) -> str:
        return listed(f"{say(t.what)} {t.day}" for t in told[strand])

    highest = max((v.share for v in story.marker), default=None)
    return say(
        BY_WORDS,
        turns=dated(Strand.TURN),
        treatment=listed(f"{say(PERIODS[p.status])} {p.start}" for p in story.treatments),
        mrd=dated(Strand.MRD),
        marker="–" if highest is None else f"{highest:.0%}",
        scans=dated(Strand.SCAN),
        lvef=listed(str(v.percent) for v in story.lvef),
        events=dated(Strand.ADVERSE),
        out=listed(v.label for v in story.visits if outside(v)),
    )
