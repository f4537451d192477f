"""A slip on paper: the same picture, at the top of a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from mrd_desktop.texts import Text
from ui.widgets.slip import HEIGHT, WIDTH, SlipPicture

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

NO_PRINTER = Text(
    "No printer answers. Record and code can be copied by hand.",
    "没有可用的打印机。可手工抄录记录编号和核对码。",
)
PRINTED = Text("The slip is printed.", "核对单已打印。")


def ask_and_print(picture: SlipPicture, parent: QWidget, say: Callable[[Text], None]) -> None:
    """The system's print dialog, then the slip; what became of it is said."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter  # noqa: PLC0415 - heavy, rare

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    if not printer.isValid():
        say(NO_PRINTER)
    elif QPrintDialog(printer, parent).exec():
        say(printed(picture, printer))


def printed(picture: SlipPicture, printer: QPrinter) -> Text:
    """Give the slip to a printer; the answer says whether it took it."""
    painter = QPainter()
    if not painter.begin(printer):
        return NO_PRINTER
    scale = printer.width() / WIDTH
    painter.scale(scale, scale)
    painter.setClipRect(0, 0, WIDTH, HEIGHT)
    picture.draw(painter)
    return PRINTED if painter.end() else NO_PRINTER
