"""Slips as pictures, of a day's end or of a package: the same on screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPaintEvent

from mrd_desktop.texts import Text
from mrd_desktop.transfer.checkpoint import Slip
from mrd_desktop.transfer.transmittal import Transmittal
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
TRANSFER = Text("Transfer slip · package {number}", "移交单 · 第 {number} 号数据包")
TAIL = Text(
    "{records} new records · {opened} contents · {kept} stay here",
    "新增记录 {records} 条 · 含内容 {opened} 条 · 留在本中心 {kept} 条",
)
FULL = Text(
    "everything: {records} records · {opened} contents · {kept} stay here",
    "完整包：记录 {records} 条 · 含内容 {opened} 条 · 留在本中心 {kept} 条",
)
FINGERPRINT = Text("Fingerprint", "指纹")
HANDED = Text(
    "Handed over ______________   Received ______________",
    "移交人及日期 ______________   接收人及日期 ______________",
)
INITIALS = Text("Initials and date ________________", "签字及日期 ________________")
QUIET = 4
WIDTH, HEIGHT = 620, 190
_Line = tuple[str, QFont, QColor, int]
_INK, _PAPER, _GREY = QColor(0, 0, 0), QColor(255, 255, 255), QColor(90, 90, 90)


class SlipPicture(Graphic):
    """Shows one slip, black on white as it is printed."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._slip: Slip | Transmittal | None = None
        self.setFixedSize(WIDTH, HEIGHT)
        context.speech.changed.connect(self._say)

    def show_slip(self, slip: Slip | Transmittal) -> None:
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
        painter.fillRect(0, 0, WIDTH, HEIGHT, _PAPER)
        side = HEIGHT - 2 * Size.GAP
        _modules(painter, slip.modules(), QRectF(Size.GAP, Size.GAP, side, side))
        left, width = side + 2 * Size.GAP, WIDTH - side - 3 * Size.GAP
        top = float(Size.GAP)
        made = self._transfer(slip) if isinstance(slip, Transmittal) else self._day_end(slip)
        for text, font, ink, height in made:
            painter.setFont(font)
            painter.setPen(ink)
            box = QRectF(left, top, width, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
            top += height

    def _day_end(self, slip: Slip) -> Iterator[_Line]:
        say, context = self._context.say, self._context
        yield say(TITLE), context.font(Type.TITLE, strong=True), _INK, 28
        yield f"{slip.site} {slip.name} · {slip.at}", context.font(), _INK, 24
        yield f"{say(RECORD)} {slip.seq}", context.font(), _INK, 28
        yield slip.grouped, _fixed(Type.SUBJECT), _INK, 32
        counts = COUNTS.filled(subjects=slip.subjects, forms=slip.forms, today=slip.today)
        yield say(counts), context.font(Type.NOTE), _GREY, 26
        yield say(INITIALS), context.font(Type.NOTE), _INK, 24

    def _transfer(self, slip: Transmittal) -> Iterator[_Line]:
        say, context = self._context.say, self._context
        title = say(TRANSFER.filled(number=slip.number))
        yield title, context.font(Type.TITLE, strong=True), _INK, 26
        yield f"{slip.site} {slip.name} · {slip.at}", context.font(Type.NOTE), _INK, 20
        yield say(brought(slip)), context.font(Type.NOTE), _GREY, 20
        half = len(slip.fingerprint) // 2 + 1
        small = _fixed(Type.NOTE)
        yield f"{say(FINGERPRINT)} {slip.fingerprint[:half].strip()}", small, _INK, 20
        indent = " " * (_cells(say(FINGERPRINT)) + 1)
        yield f"{indent}{slip.fingerprint[half:]}", small, _INK, 20
        yield f"{say(RECORD)} {slip.seq}   {slip.grouped}", _fixed(Type.NOTE), _INK, 26
        yield say(HANDED), context.font(Type.NOTE), _INK, 30

    def _say(self) -> None:
        slip, say = self._slip, self._context.say
        if slip is None:
            return
        head = f"{say(RECORD)} {slip.seq} {say(CODE)} {slip.grouped}"
        if isinstance(slip, Transmittal):
            title = say(TRANSFER.filled(number=slip.number))
            counts, more = brought(slip), f" · {say(FINGERPRINT)} {slip.fingerprint}"
        else:
            title, more = say(TITLE), ""
            counts = COUNTS.filled(subjects=slip.subjects, forms=slip.forms, today=slip.today)
        self.setAccessibleName(f"{title} {head}")
        told = f"{slip.site} {slip.name} · {slip.at} · {say(counts)}{more}"
        self.setAccessibleDescription(told)
        self.update()


def brought(slip: Transmittal) -> Text:
    """What a package brought, in numbers; nothing where that was not noted."""
    if slip.records is None:
        return Text(slip.file, slip.file)
    kind = FULL if slip.full else TAIL
    return Text(
        kind.en.format(records=slip.records, opened=slip.opened, kept=slip.kept),
        kind.zh.format(records=slip.records, opened=slip.opened, kept=slip.kept),
    )


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


def _cells(text: str) -> int:
    """Columns of a fixed font that a text takes; a character of Chinese takes two."""
    return sum(1 if ord(c) < 0x2E80 else 2 for c in text)


def _fixed(size: int) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(size)
    font.setBold(True)
    return font
