"""A signed-in window that is led from screen to screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication, QLineEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.plan import plan
from mrd_desktop.study.address import EventKey, FormKey
from tests.ui.pages.kit import SignIn, laid_out, settled
from ui.app import Program
from ui.fields.editor import Editor
from ui.form.page import FormPage
from ui.page import Page
from ui.work import Desk

WIDE, HIGH = 1366, 728
"""A screen of 1366×768 without the window's own title bar."""
FLOOR = (1092, 574)
"""The same screen at 125 %, less a title bar."""
_TALLEST = 6000


@dataclass
class Stage:
    """The program, its files, and how to reach its screens."""

    qtbot: QtBot
    program: Program
    place: Path
    sign_in: SignIn
    later: list[Callable[[], object]] = field(default_factory=list)
    """What is put right again at the end."""

    @property
    def desk(self) -> Desk:
        assert self.program.desk is not None
        return self.program.desk

    @property
    def window(self) -> QWidget:
        return self.program.shell

    @property
    def popup(self) -> QWidget | None:
        """A list or sheet that hangs over the window."""
        return QApplication.activePopupWidget()

    def cover(self) -> Page:
        page = self.program.shell._cover
        assert page is not None
        return page

    def settle(self) -> None:
        """Let everything that waits for the next turn of the loop happen, jobs included."""
        settled(self.qtbot, self.program)

    def close_popups(self) -> None:
        while (popup := self.popup) is not None:
            popup.close()
            QApplication.processEvents()

    def go(self, key: str) -> Page:
        page = self.program.shell.go(key)
        self.settle()
        return page

    def front(self) -> Page:
        page = self.program.shell.page
        assert page is not None
        return page

    def form(self, subject: str, oid: str) -> FormPage:
        """A form of a subject: a filled one where there is one."""
        chart = self.desk.book.chart(subject)
        grid = plan(self.desk.study, chart)
        spots = [s for s in (*grid.spots.values(), *grid.logs.values()) if s.form == oid]
        filled = [s.key for s in spots if s.lines]
        if filled:
            return self.form_at(filled[-1])
        events = (e.oid for e in self.desk.study.events if oid in (*e.planned, *e.optional))
        return self.form_at(self.desk.book.next_form(EventKey(subject, next(events)), oid))

    def form_at(self, key: FormKey) -> FormPage:
        page = self.desk.open_form(key)
        assert page is not None, self.program.shell._status.text()
        laid_out(self.window)
        return page

    def caret(self, page: FormPage, item: str) -> Editor:
        """Put the caret into a field by the name of its item."""
        key = next(k for k in page.body.order if k.item == item)
        editor = page.body.editor(key)
        assert editor is not None
        editor.setFocus()
        QApplication.processEvents()
        return editor

    def type(self, line: QLineEdit, text: str) -> None:
        line.setFocus()
        line.selectAll()
        self.qtbot.keyClicks(line, text)
        QApplication.processEvents()

    def unfold(self) -> None:
        """Grow the window until nothing has to be scrolled to be seen."""
        areas = [a for a in self.window.findChildren(QScrollArea) if a.isVisible()]
        hidden = max((a.verticalScrollBar().maximum() for a in areas), default=0)
        if hidden:
            self.resize(self.window.width(), min(self.window.height() + hidden + 1, _TALLEST))

    def resize(self, wide: int, high: int) -> None:
        if (self.window.width(), self.window.height()) != (wide, high):
            self.window.resize(wide, high)
            laid_out(self.window)

    def picture(self, scale: float) -> QImage:
        """The window and what hangs over it, painted at a scale."""
        window, popup = self.window, self.popup
        image = QImage(window.size() * scale, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(scale)
        window.render(image)
        if popup is not None:
            above = QImage(popup.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
            above.setDevicePixelRatio(scale)
            above.fill(0)
            popup.render(above, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
            painter = QPainter(image)
            painter.drawImage(QPointF(popup.pos() - window.pos()), above)
            painter.end()
        return image
