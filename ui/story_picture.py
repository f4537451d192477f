"""The story of a subject in one picture: treatment, MRD, CA15-3, scans, LVEF, visits over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mrd_desktop.insight.story import Story, VisitPoint
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, draw
from ui.theme import Ink, Size, Type

TREATMENT = Text("Treatment", "治疗")
MRD = Text("MRD", "MRD")
MARKER = Text("CA15-3 / limit", "CA15-3 / 上限")
SCANS = Text("Scans", "影像")
LVEF = Text("LVEF %", "LVEF %")
VISITS = Text("Visits", "访视")
TODAY = Text("today", "今天")
NOTHING = Text(
    "The story appears here as soon as dated results are entered.",
    "录入带日期的结果后，此处显示病程图。",
)
NAME = Text("Story of {subject}", "{subject} 的病程图")
PERIODS = {
    "INTERMISSION": Text("intermission", "间歇"),
    "CONTINUE": Text("continued", "持续治疗"),
    "RESUMED": Text("resumed", "恢复治疗"),
}
RESULTS = {
    "NEGATIVE": (Glyph.NEGATIVE, Ink.NEGATIVE, Text("negative", "阴性")),
    "POSITIVE": (Glyph.POSITIVE, Ink.POSITIVE, Text("positive", "阳性")),
}
NO_RESULT = (Glyph.NO_RESULT, Ink.NO_RESULT, Text("no result", "无结果"))
BY_WORDS = Text(
    "Treatment: {treatment}. MRD: {mrd}. CA15-3 highest {marker} of its limit. Scans: {scans}. "
    "LVEF {lvef}. Visits outside their window: {out}.",
    "治疗：{treatment}。MRD：{mrd}。CA15-3 最高为上限的 {marker}。影像：{scans}。"
    "LVEF {lvef}。超窗访视：{out}。",
)
_ROWS = (22, 18, 30, 17, 17, 38)
_AXIS = 16
_LABELS = 96
_MARK = 12
_PERIOD_INKS = {
    "INTERMISSION": (Ink.INTERMISSION, Qt.BrushStyle.BDiagPattern),
    "CONTINUE": (Ink.CONTINUED, Qt.BrushStyle.SolidPattern),
    "RESUMED": (Ink.RESUMED, Qt.BrushStyle.FDiagPattern),
}
_CEILING = Decimal("1.5")
"""Shares of the marker above this are drawn at the top."""


class StoryPicture(QWidget):
    """Draws a :class:`Story`; its words stand in the accessible description."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._story: Story | None = None
        self._spots: list[tuple[QRectF, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        context.theme.changed.connect(self.update)
        context.speech.changed.connect(self._say)

    def show_story(self, story: Story) -> None:
        """Draw another story."""
        self._story = story
        self._say()

    def sizeHint(self) -> QSize:
        """Wide, and as tall as its rows."""
        return QSize(Size.READING, sum(_ROWS) + _AXIS + 2 * Size.GAP)

    def event(self, event: QEvent) -> bool:
        """The pointer rests on a mark: its day and value."""
        if isinstance(event, QHelpEvent):
            spot = QPointF(event.pos())
            words = next((w for box, w in self._spots if box.contains(spot)), "")
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the card and, row by row, what is known."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(tokens.line, Size.HAIR))
        painter.setBrush(tokens.raised)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(box, Size.CARD_RADIUS, Size.CARD_RADIUS)
        self._spots = []
        story = self._story
        if story is None or story.empty:
            painter.setFont(self._context.font())
            painter.setPen(tokens.secondary)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._context.say(NOTHING))
        else:
            _Drawing(self._context, painter, story, box, self._spots).draw()
        painter.end()

    def _say(self) -> None:
        story = self._story
        if story is not None:
            self.setAccessibleName(self._context.say(NAME, subject=story.subject))
            self.setAccessibleDescription(described(self._context, story))
        self.update()


class _Drawing:
    """One painting of one story."""

    def __init__(
        self,
        context: Context,
        painter: QPainter,
        story: Story,
        box: QRectF,
        spots: list[tuple[QRectF, str]],
    ) -> None:
        self._context = context
        self._painter = painter
        self._story = story
        self._spots = spots
        self._left = box.left() + Size.PAD + _LABELS
        self._right = box.right() - Size.MARGIN - Size.GAP
        self._top = box.top() + Size.GAP
        self._bottom = box.bottom() - Size.GRID
        self._days = max((story.last - story.first).days, 1)

    def draw(self) -> None:
        """Axis first, rows on it, today last."""
        self._axis()
        top = self._top
        acts = (self._treatment, self._mrd, self._marker, self._scans, self._lvef, self._visits)
        labels = (TREATMENT, MRD, MARKER, SCANS, LVEF, VISITS)
        for tall, act, label in zip(_ROWS, acts, labels, strict=True):
            self._label(label, top, min(tall, _ROWS[0]) if label is VISITS else tall)
            act(top, tall)
            top += tall
        self._today()

    def _x(self, day: date) -> float:
        share = (day - self._story.first).days / self._days
        return self._left + share * (self._right - self._left)

    def _axis(self) -> None:
        """Hair lines at the beginning of quarters, years in words."""
        p, tokens = self._painter, self._context.tokens
        small = self._context.font(Type.NOTE)
        p.setFont(small)
        metrics = QFontMetrics(small)
        story = self._story
        bottom = self._bottom - _AXIS
        step = 1 if self._days < 200 else 3 if self._days < 900 else 6
        month = date(story.first.year, story.first.month, 1)
        free = self._left - Size.PAD
        while month <= story.last:
            if month >= story.first and (month.month - 1) % step == 0:
                x = self._x(month)
                p.fillRect(QRectF(x, self._top, Size.HAIR, bottom - self._top), tokens.line)
                words = month.strftime("%Y-%m")
                wide = metrics.horizontalAdvance(words)
                clear = abs(x - self._x(story.today)) > wide
                if clear and x - wide / 2 > free and x + wide / 2 < self._right + Size.MARGIN:
                    p.setPen(tokens.secondary)
                    room = QRectF(x - wide / 2 - 2, bottom, wide + 4, _AXIS)
                    p.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
                    free = x + wide / 2 + Size.GAP
            month = date(month.year + month.month // 12, month.month % 12 + 1, 1)

    def _label(self, text: Text, top: float, tall: float) -> None:
        p = self._painter
        p.setFont(self._context.font(Type.NOTE))
        p.setPen(self._context.tokens.secondary)
        room = QRectF(self._left - _LABELS, top, _LABELS - Size.GAP, tall)
        p.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._context.say(text))

    def _treatment(self, top: float, tall: float) -> None:
        for period in self._story.treatments:
            self._bar(period, top, tall)

    def _bar(self, period: Period, top: float, tall: float) -> None:
        p, tokens, story = self._painter, self._context.tokens, self._story
        ink, pattern = _PERIOD_INKS[period.status]
        end = period.end or story.ended or story.today
        box = QRectF(self._x(period.start), top + 4, 0, tall - 8)
        box.setRight(max(self._x(end), box.left() + 3))
        colour = tokens[ink]
        pale = QColor(colour)
        pale.setAlphaF(0.28)
        p.setPen(QPen(colour, Size.HAIR))
        p.setBrush(pale)
        p.drawRect(box)
        p.setBrush(QBrush(colour, pattern))
        if pattern is not Qt.BrushStyle.SolidPattern:
            p.drawRect(box)
        words = self._context.say(PERIODS[period.status])
        font = self._context.font(Type.NOTE)
        wide = QFontMetrics(font).horizontalAdvance(words) + 2 * Size.GRID
        if box.width() > wide + Size.GAP:
            plate = QRectF(0, 0, wide, box.height() - 2)
            plate.moveCenter(box.center())
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(tokens.raised)
            p.drawRoundedRect(plate, 2, 2)
            p.setFont(font)
            p.setPen(tokens.text)
            p.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
        self._spots.append((box, f"{words}  {period.start} – {period.end or ''}"))

    def _mrd(self, top: float, tall: float) -> None:
        for point in self._story.mrd:
            glyph, ink, words = RESULTS.get(point.result or "", NO_RESULT)
            box = self._box(point.day, top, tall)
            draw(self._painter, glyph, box, self._context.tokens[ink])
            self._spots.append((box, f"MRD {self._context.say(words)}  {point.day}"))

    def _marker(self, top: float, tall: float) -> None:
        p, tokens = self._painter, self._context.tokens
        levels = self._story.marker
        if not levels:
            return
        ceiling = max(_CEILING, Decimal(1))
        bottom, room = top + tall - 4, tall - 8

        def y(share: Decimal) -> float:
            return bottom - float(min(share, ceiling) / ceiling) * room

        pen = QPen(tokens.edge, Size.HAIR, Qt.PenStyle.DashLine)
        p.setPen(pen)
        p.drawLine(QPointF(self._left, y(Decimal(1))), QPointF(self._right, y(Decimal(1))))
        points = [QPointF(self._x(v.day), y(v.share)) for v in levels]
        p.setPen(QPen(tokens.secondary, 1.5))
        p.drawPolyline(QPolygonF(points))
        for level, spot in zip(levels, points, strict=True):
            over = level.share > 1
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(tokens.hard if over else tokens.secondary)
            p.drawEllipse(spot, 2.5, 2.5)
            box = QRectF(0, 0, _MARK, _MARK)
            box.moveCenter(spot)
            self._spots.append((box, f"CA15-3 {level.share:.0%}  {level.day}"))

    def _scans(self, top: float, tall: float) -> None:
        free = 0.0
        for scan in self._story.scans:
            words = scan.response or "–"
            colour = Ink.HARD if words == "PD" else Ink.TEXT
            free = self._word(scan.day, words, top, tall, free, colour)
            self._spots.append((self._box(scan.day, top, tall), f"{words}  {scan.day}"))

    def _lvef(self, top: float, tall: float) -> None:
        free = 0.0
        for test in self._story.lvef:
            free = self._word(test.day, str(test.percent), top, tall, free, Ink.TEXT)
            self._spots.append((self._box(test.day, top, tall), f"{test.percent} %  {test.day}"))

    def _visits(self, top: float, tall: float) -> None:
        """Windows as brackets, visits as ticks; outside its window a visit is marked with !."""
        p, tokens = self._painter, self._context.tokens
        line = top + 13
        free = {0: 0.0, 1: 0.0}
        for number, visit in enumerate(sorted(self._story.visits, key=_when)):
            if visit.window and visit.window.closes >= self._story.first:
                opens = max(visit.window.opens, self._story.first)
                box = QRectF(self._x(opens), line - 4, 0, 8)
                box.setRight(max(self._x(visit.window.closes), box.left() + 3))
                p.setPen(QPen(tokens.edge, Size.HAIR))
                p.setBrush(tokens.tint if visit.day is None and not visit.missed else tokens.hover)
                p.drawRoundedRect(box, 2, 2)
            colour = tokens.hard if _outside(visit) else tokens.accent
            if visit.day:
                p.setPen(Qt.PenStyle.NoPen)
                p.setBrush(colour)
                x = self._x(visit.day)
                p.drawRoundedRect(QRectF(x - 1.5, line - 6, 3, 12), 1.5, 1.5)
            day = _when(visit)
            words = f"{visit.label}!" if _outside(visit) else visit.label
            ink = Ink.HARD if _outside(visit) else Ink.TEXT if visit.day else Ink.SECONDARY
            # Names alternate between two lines, so that near visits can both be read.
            row = number % 2 if free[0] > self._x(day) - Size.GAP else 0
            below = line + 6 + row * 11
            free[row] = self._word(day, words, below, 11, free[row], ink)
            hover = QRectF(self._x(day) - _MARK, top, 2 * _MARK, tall)
            self._spots.append((hover, f"{visit.label}  {visit.day or ''} {_span(visit)}"))

    def _today(self) -> None:
        p, tokens = self._painter, self._context.tokens
        x = self._x(self._story.today)
        bottom = self._bottom - _AXIS
        p.setPen(QPen(tokens.accent, Size.HAIR, Qt.PenStyle.DashLine))
        p.drawLine(QPointF(x, self._top), QPointF(x, bottom + 2))
        font = self._context.font(Type.NOTE, strong=True)
        words = self._context.say(TODAY)
        wide = QFontMetrics(font).horizontalAdvance(words)
        room = QRectF(x - wide / 2 - 4, bottom + 1, wide + 8, _AXIS - 2)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(tokens.raised)
        p.drawRect(room)
        p.setFont(font)
        p.setPen(tokens.accent)
        p.drawText(room, Qt.AlignmentFlag.AlignCenter, words)

    def _word(self, day: date, words: str, top: float, tall: float, free: float, ink: Ink) -> float:
        """A word centred on a day, left out where the one before stands in its way."""
        p = self._painter
        font = self._context.font(Type.NOTE)
        wide = QFontMetrics(font).horizontalAdvance(words)
        x = self._x(day)
        if x - wide / 2 < free:
            p.setPen(Qt.PenStyle.NoPen)
            p.setBrush(self._context.tokens[ink])
            if free - x < wide:
                x = free + wide / 2
            else:
                return free
        p.setFont(font)
        p.setPen(self._context.tokens[ink])
        room = QRectF(x - wide / 2 - 2, top, wide + 4, tall)
        p.drawText(room, Qt.AlignmentFlag.AlignCenter, words)
        return x + wide / 2 + 3

    def _box(self, day: date, top: float, tall: float) -> QRectF:
        return QRectF(self._x(day) - _MARK / 2, top + (tall - _MARK) / 2, _MARK, _MARK)


def _when(visit: VisitPoint) -> date:
    if visit.day:
        return visit.day
    return visit.window.target if visit.window else date.max


def _outside(visit: VisitPoint) -> bool:
    return visit.in_window is False or visit.missed


def _span(visit: VisitPoint) -> str:
    return f"[{visit.window.opens} – {visit.window.closes}]" if visit.window else ""


def described(context: Context, story: Story) -> str:
    """The picture in words, for who does not see it."""

    def listed(words: Sequence[str]) -> str:
        return ", ".join(words) or "–"

    say = context.say
    highest = max((v.share for v in story.marker), default=None)
    return say(
        BY_WORDS,
        treatment=listed([f"{say(PERIODS[p.status])} {p.start}" for p in story.treatments]),
        mrd=listed(
            [f"{say(RESULTS.get(p.result or '', NO_RESULT)[2])} {p.day}" for p in story.mrd]
        ),
        marker="–" if highest is None else f"{highest:.0%}",
        scans=listed([f"{s.response or '–'} {s.day}" for s in story.scans]),
        lvef=listed([str(v.percent) for v in story.lvef]),
        out=listed([v.label for v in story.visits if _outside(v)]),
    )
