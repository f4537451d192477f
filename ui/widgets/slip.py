"""The day-end slip as a picture: the same on screen and on paper."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPaintEvent

from mrd_desktop.texts import Text
from mrd_desktop.transfer.checkpoint import Slip
from ui.context import Context
from ui.theme import Size, Type
from ui.widgets.graphic import Graphic

TITLE = Text("Day-end slip", "日终核对单")
RECORD = Text("Last record", "末条记录")
CODE = Text("Code", "核对码")
COUNTS = Text(
    "{subjects} subjects · {forms} forms · {today} records today",
    "受试者 {subjects} 例 · 表单 {forms} 份 · 今日记录 {today} 条",
)
INITIALS = Text("Initials and date ________________", "签字及日期 ________________")
QUIET = 4
WIDTH, HEIGHT = 620, 190
_INK, _PAPER, _GREY = QColor(0, 0, 0), QColor(255, 255, 255), QColor(90, 90, 90)


class SlipPicture(Graphic):
    """Shows one slip, black on white as it is printed."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._slip: Slip | None = None
        self.setFixedSize(WIDTH, HEIGHT)
        context.speech.changed.connect(self._say)

    def show_slip(self, slip: Slip) -> None:
        """Show another slip."""
        self._slip = slip
        self._say()
        self.update()

    def sizeHint(self) -> QSize:
        """As it is drawn."""
        return QSize(WIDTH, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        self.draw(painter)
        painter.end()

    def draw(self, painter: QPainter) -> None:
        """Draw the slip at the origin, in units of the screen's picture."""
        slip = self._slip
        if slip is None:
            return
        say = self._context.say
        painter.fillRect(0, 0, WIDTH, HEIGHT, _PAPER)
        side = HEIGHT - 2 * Size.GAP
        _modules(painter, slip.modules(), QRectF(Size.GAP, Size.GAP, side, side))
        left, width = side + 2 * Size.GAP, WIDTH - side - 3 * Size.GAP
        lines = (
            (say(TITLE), self._context.font(Type.TITLE, strong=True), _INK, 28),
            (f"{slip.site} {slip.name} · {slip.at}", self._context.font(), _INK, 24),
            (f"{say(RECORD)} {slip.seq}", self._context.font(), _INK, 28),
            (slip.grouped, _fixed(), _INK, 32),
            (
                say(COUNTS.filled(subjects=slip.subjects, forms=slip.forms, today=slip.today)),
                self._context.font(Type.NOTE), _GREY, 26,
            ),
            (say(INITIALS), self._context.font(Type.NOTE), _INK, 24),
        )  # fmt: skip
        top = float(Size.GAP)
        for text, font, ink, height in lines:
            painter.setFont(font)
            painter.setPen(ink)
            box = QRectF(left, top, width, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            top += height

    def _say(self) -> None:
        slip = self._slip
        if slip is not None:
            say = self._context.say
            self.setAccessibleName(
                f"{say(TITLE)} {say(RECORD)} {slip.seq} {say(CODE)} {slip.grouped}"
            )
            counts = COUNTS.filled(subjects=slip.subjects, forms=slip.forms, today=slip.today)
            self.setAccessibleDescription(f"{slip.site} {slip.name} · {slip.at} · {say(counts)}")
            self.update()


def _modules(painter: QPainter, rows: tuple[bytes, ...], box: QRectF) -> None:
    """The QR code with its quiet zone."""
    step = box.width() / (len(rows) + 2 * QUIET)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                left = round(box.left() + (x + QUIET) * step)
                top = round(box.top() + (y + QUIET) * step)
                right = round(box.left() + (x + QUIET + 1) * step)
                bottom = round(box.top() + (y + QUIET + 1) * step)
                painter.fillRect(left, top, right - left, bottom - top, _INK)
    painter.restore()


def _fixed() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(Type.SUBJECT)
    font.setBold(True)
    return font
