"""What a window really writes: every text with its place, its room and its ink.

A paint device that keeps texts and drops everything else is handed to ``QWidget.render``. It sees
what labels and Qt's own views write as well as what is painted by hand, so that no painting code
has to report anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QFontMetricsF,
    QPaintDevice,
    QPaintEngine,
    QPaintEngineState,
    QRegion,
    QTextItem,
)
from PySide6.QtWidgets import QLineEdit, QWidget

_INCH = 96
_DOT = 0x10000
_SAME_LINE = 1.0


@dataclass(frozen=True)
class Drawn:
    """A text as it was written.

    Attributes:
        text: its characters; runs of different fonts that stand together are one text.
        box: in the widget: as wide as the text, from its ascent to its descent.
        base: the line it stands on, in the widget.
        room: in the widget: what the painter was clipped to; None where it was not.
        full: the whole text where this one was shortened.
    """

    widget: QWidget
    text: str
    box: QRectF
    base: float
    room: QRectF | None
    ink: QColor
    font: QFont
    full: str = ""

    def inside(self, window: QWidget) -> QRectF:
        """Its place in the window."""
        return self.box.translated(QPointF(self.widget.mapTo(window, QPoint(0, 0))))

    @property
    def letters(self) -> QRectF:
        """In the widget: from the highest to the lowest point of what is drawn."""
        tight = QFontMetricsF(self.font).tightBoundingRect(self.text)
        return QRectF(self.box.left(), self.base + tight.top(), self.box.width(), tight.height())


def drawn(window: QWidget) -> list[Drawn]:
    """Everything a window writes in one painting, in the order of painting."""
    known = [window, *window.findChildren(QWidget)]  # held, so that devices are known as widgets
    device = _Device(window)
    with _shortened() as full:
        window.render(device, QPoint(), QRegion(), _ALL)
    found = [_with_full(x, full) for x in _joined(device.engine.texts)]
    del known
    return found


_ALL = QWidget.RenderFlag.DrawChildren | QWidget.RenderFlag.DrawWindowBackground


class _Engine(QPaintEngine):
    def __init__(self) -> None:
        super().__init__(QPaintEngine.PaintEngineFeature.AllFeatures)
        self.texts: list[Drawn] = []

    def begin(self, device: QPaintDevice) -> bool:
        return True

    def end(self) -> bool:
        return True

    def type(self) -> QPaintEngine.Type:
        return QPaintEngine.Type.User

    def updateState(self, state: QPaintEngineState) -> None:
        pass

    def drawTextItem(self, place: QPointF, item: QTextItem) -> None:
        painter = self.painter()
        widget = painter.device()
        if not isinstance(widget, QWidget) or _chosen(widget, item.text()):
            return
        spot = painter.transform().map(place)
        scale = painter.transform().m11()
        wide, up, down = (x * scale for x in (item.width(), item.ascent(), item.descent()))
        room = None
        if painter.hasClipping():
            room = painter.transform().mapRect(painter.clipBoundingRect())
        box = QRectF(spot.x(), spot.y() - up, wide, up + down)
        ink, font = painter.pen().color(), item.font()
        self.texts.append(Drawn(widget, item.text(), box, spot.y(), room, ink, font))

    def _nothing(self, *_: object) -> None:
        pass

    drawPixmap = drawImage = drawTiledPixmap = _nothing
    drawPath = drawPolygon = drawRects = drawEllipse = _nothing
    drawLines = drawPoints = _nothing


def _chosen(widget: QWidget, text: str) -> bool:
    """Part of a typed text that is selected: Qt writes it twice, once as if it were not."""
    return isinstance(widget, QLineEdit) and widget.hasSelectedText() and text in widget.text()


class _Device(QPaintDevice):
    def __init__(self, window: QWidget) -> None:
        super().__init__()
        self.engine = _Engine()
        of = QPaintDevice.PaintDeviceMetric
        inches = {of.PdmDpiX, of.PdmDpiY, of.PdmPhysicalDpiX, of.PdmPhysicalDpiY}
        self._metrics = {
            of.PdmWidth: window.width(),
            of.PdmHeight: window.height(),
            of.PdmDepth: 32,
            of.PdmDevicePixelRatioScaled: _DOT,
            **dict.fromkeys(inches, _INCH),
        }

    def paintEngine(self) -> QPaintEngine:
        return self.engine

    def metric(self, metric: QPaintDevice.PaintDeviceMetric) -> int:
        return self._metrics.get(metric, 1)


@contextmanager
def _shortened() -> Iterator[dict[str, str]]:
    """Note which texts are shortened to fit, and what they were."""
    full: dict[str, str] = {}
    shorten = QFontMetrics.elidedText

    def noting(
        self: QFontMetrics, text: str, mode: Qt.TextElideMode, width: int, flags: int = 0
    ) -> str:
        short = shorten(self, text, mode, width, flags)
        if short != text:
            full[short] = text
        return short

    QFontMetrics.elidedText = noting  # type: ignore[method-assign]
    try:
        yield full
    finally:
        QFontMetrics.elidedText = shorten  # type: ignore[method-assign]


def _joined(texts: list[Drawn]) -> Iterator[Drawn]:
    """Runs of one line as one text: Latin and Chinese letters are drawn one after the other."""
    last: Drawn | None = None
    for text in texts:
        if last is not None and _follows(last, text):
            last = replace(last, text=last.text + text.text, box=last.box.united(text.box))
            continue
        if last is not None:
            yield last
        last = text
    if last is not None:
        yield last


def _follows(last: Drawn, text: Drawn) -> bool:
    return (
        last.widget is text.widget
        and last.room == text.room
        and last.ink == text.ink
        and abs(last.base - text.base) < _SAME_LINE
        and abs(last.box.right() - text.box.left()) < _SAME_LINE
    )


def _with_full(text: Drawn, full: dict[str, str]) -> Drawn:
    return replace(text, full=full.get(text.text, "")) if text.text in full else text
