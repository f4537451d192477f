"""A laid-out page as plain marks, in units of a twentieth of a point, and how they are drawn.

Layout does not depend on a device: fonts are measured unhinted in these units, and a painter is
scaled to whatever it draws on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QPainter,
    QPainterPath,
    QPen,
    QTextLayout,
    QTextOption,
)

from ui.theme import LIGHT, Ink, families, over

POINT: Final = 20.0
"""Units in a point."""
MM: Final = POINT * 72 / 25.4
SHORT_SIDE: Final = 210 * MM
LONG_SIDE: Final = 297 * MM
_FACES: Final = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC")
HAIR: Final = 0.5 * POINT


@dataclass(frozen=True, slots=True)
class Face:
    """A size of type in points."""

    points: float
    strong: bool = False
    struck: bool = False


@cache
def font(face: Face) -> QFont:
    """The font of the paper: one family for Latin and Chinese, so that lines sit alike."""
    known = set(QFontDatabase.families())
    made = QFont([*(f for f in _FACES if f in known), *families()])
    made.setPixelSize(round(face.points * POINT))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    # Joined letters and local forms of digits have glyphs that a PDF cannot name: a search for
    # them would find nothing.
    for feature in ("liga", "locl"):
        made.setFeature(QFont.Tag(feature), 0)
    made.setStrikeOut(face.struck)
    if face.strong:
        made.setWeight(QFont.Weight.Bold)
    return made


@dataclass(frozen=True)
class Type:
    """A text broken into lines of a width."""

    text: str
    face: Face
    width: float
    right: bool = False

    def laid(self) -> tuple[QTextLayout, float]:
        """The layout and its height."""
        layout = QTextLayout(self.text.replace("\n", "\u2028"), font(self.face))
        side = Qt.AlignmentFlag.AlignRight if self.right else Qt.AlignmentFlag.AlignLeft
        option = QTextOption(side)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        height = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(self.width)
            line.setPosition(QPointF(0, height))
            height += self.face.points * POINT * _LEADING
        layout.endLayout()
        return layout, height

    @property
    def height(self) -> float:
        """How tall it is."""
        return self.laid()[1]


_LEADING: Final = 1.42


@dataclass(frozen=True)
class Written:
    """A text at a place."""

    x: float
    y: float
    type: Type
    ink: Ink = Ink.TEXT


@dataclass(frozen=True)
class Stroke:
    """A line."""

    x1: float
    y1: float
    x2: float
    y2: float
    ink: Ink = Ink.LINE
    width: float = HAIR


@dataclass(frozen=True)
class Box:
    """A rectangle, filled or outlined."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink = Ink.EDGE
    filled: bool = False
    pen: float = HAIR


@dataclass(frozen=True)
class Watermark:
    """Large pale words across a page, as a shape: a search finds only what the page says."""

    words: str
    x: float
    y: float


@dataclass(frozen=True)
class Painted:
    """A picture at a place, in units of its own.

    Attributes:
        scale: units of the page in one of the picture.
        words: what it says, for a search.
        paint: draws it on a painter that is scaled to its units.
    """

    x: float
    y: float
    scale: float
    words: str
    paint: Callable[[QPainter], None]


Drawn: TypeAlias = Written | Stroke | Box | Watermark | Painted


@dataclass
class Leaf:
    """One page."""

    width: float
    height: float
    marks: list[Drawn] = field(default_factory=list)

    def draw(self, painter: QPainter) -> None:
        """Draw on a painter that is scaled to units."""
        for mark in self.marks:
            _draw(painter, mark)

    @property
    def text(self) -> str:
        """All words of the page in the order in which they are drawn."""
        return "\n".join(filter(None, map(_words, self.marks)))


_PALE: Final = Face(96, strong=True)
_SLANT: Final = -35.0


def _words(mark: Drawn) -> str:
    match mark:
        case Written():
            return mark.type.text
        case Painted():
            return mark.words
        case _:
            return ""


def _draw(painter: QPainter, mark: Drawn) -> None:
    if isinstance(mark, Watermark):
        _draw_watermark(painter, mark)
        return
    if isinstance(mark, Painted):
        painter.save()
        painter.translate(mark.x, mark.y)
        painter.scale(mark.scale, mark.scale)
        mark.paint(painter)
        painter.restore()
        return
    colour = LIGHT[mark.ink]
    match mark:
        case Written(x, y, words):
            painter.setPen(colour)
            words.laid()[0].draw(painter, QPointF(x, y))
        case Stroke(x1, y1, x2, y2, _, width):
            painter.setPen(QPen(colour, width))
            painter.drawLine(QPointF(x1, y1), QPointF(x2, y2))
        case Box(x, y, width, height, _, filled, pen):
            painter.setPen(Qt.PenStyle.NoPen if filled else QPen(colour, pen))
            painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(x, y, width, height))


def _draw_watermark(painter: QPainter, mark: Watermark) -> None:
    shape = QPainterPath()
    shape.addText(QPointF(0, 0), font(_PALE), mark.words)
    painter.save()
    painter.translate(mark.x, mark.y)
    painter.rotate(_SLANT)
    painter.translate(-shape.boundingRect().center())
    painter.fillPath(shape, over(LIGHT.watermark, LIGHT.surface))
    painter.restore()
