"""An identity form stays covered until somebody wants to see it; that one looked is recorded.

What is typed into an empty form is seen while it is typed. A look ends 30 s after the last key in
it, when the page is left, and at lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.people import note_form_look
from mrd_desktop.texts import Text
from ui.theme import Ink, Size, Type
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note

if TYPE_CHECKING:
    from ui.form.page import FormPage

SHOWN_FOR: Final = 30_000
"""Milliseconds without a key after which identities are covered again."""

COVERED = Text("● ● ● ● ● ●   Identity data are covered", "● ● ● ● ● ●   身份信息已遮盖")
RULE = Text(
    "A look is recorded with your name and the time, without what is seen. It ends 30 seconds "
    "after the last key, when you leave the form, and at lock.",
    "查看会记录您的用户名和时间，不记录内容。最后一次按键 30 秒后、离开表单或锁屏时自动遮盖。",
)
SHOW = Text("Show", "查看")
_WALKS = (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp, Qt.Key.Key_Escape)


class Cover(QWidget):
    """Stands where the fields would."""

    def __init__(self, page: FormPage) -> None:
        super().__init__()
        context = page.context
        self.show_them = Button(context, SHOW, rank=Rank.PRIMARY, key="Enter")
        row = QHBoxLayout()
        row.addWidget(self.show_them)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*(Size.MARGIN,) * 4)
        column.setSpacing(Size.PAD)
        column.addWidget(Note(context, COVERED, strong=True))
        column.addWidget(Note(context, RULE, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        column.addLayout(row)
        column.addStretch(1)


class Masking(QObject):
    """Covers the fields of one identity form and shows them for a while.

    Attributes:
        covered: the fields are not to be seen now.
    """

    def __init__(self, page: FormPage) -> None:
        super().__init__(page)
        self._page = page
        self.covered = False
        self.cover = Cover(page)
        self.cover.hide()
        self.cover.show_them.clicked.connect(self.show_them)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(SHOWN_FOR)
        self.timer.timeout.connect(self.hide_them)

    def hide_them(self) -> None:
        """Cover what is recorded or was typed before; an empty form has nothing to cover."""
        entry = self._page.entry
        if entry.form.private and (entry.recorded is not None or entry.draft_at):
            self._turn(covered=True)

    def show_them(self) -> None:
        """Record the look, then show the fields."""
        page = self._page
        try:
            note_form_look(page.entry.session, page.entry.key.subject)
        except MrdError as refused:
            page.said.emit(refused.text)
            return
        self._turn(covered=False)

    def takes(self, event: QKeyEvent) -> bool:
        """While covered every key is held back but those that show, leave and lead elsewhere."""
        if not self.covered:
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.show_them()
            return True
        return event.key() not in _WALKS

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A key anywhere in the form lets the look last."""
        if event.type() == QEvent.Type.KeyPress and not self.covered and self.timer.isActive():
            self.timer.start()
        return super().eventFilter(watched, event)

    def _turn(self, *, covered: bool) -> None:
        page = self._page
        self.covered = covered
        while covered and (popup := QApplication.activePopupWidget()) and popup.close():
            pass  # a history or list over the form shows the same
        self.cover.setVisible(covered)
        page.view.sheet.setVisible(not covered)
        page.foot.setVisible(not covered)
        page.head.setEnabled(not covered)
        if covered:
            self.timer.stop()
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
            self.cover.show_them.setFocus()
        else:
            self.timer.start()
            QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
            page.caret.begin()
