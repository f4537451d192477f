"""What all editors share: keys that move on, a face that waits while one types."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.views import FieldView
from mrd_desktop.study.model import Item
from ui.context import Context
from ui.fields.choices import narrow
from ui.theme import Ink, Size
from ui.tips import tip
from ui.widgets.line import Line

FORWARD = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down)
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class Editor(Line):
    """The editor of one data point.

    Signals:
        typed: the text as the form should read it, at every key.
        full: no further character could be legal.
        stepped: +1 to the next field, -1 to the one before.
        entered, left: the focus came or went.
        pick_wanted: the pick list was asked for.
    """

    typed = Signal(str)
    full = Signal()
    stepped = Signal(int)
    entered = Signal()
    left = Signal()
    pick_wanted = Signal()

    listed: int
    """How many terms may be picked where there is no code list."""

    decides: bool
    """A choice that decides is taken by Enter only, and says so."""

    plain = True
    """Letters and digits only: the input method stays off and full-width forms become plain."""

    def __init__(self, context: Context, item: Item, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.item = item
        self.inside = False
        self.listed = 0
        self.decides = False
        self._note = ""
        self._note_ink = Ink.SECONDARY
        self._typing = False
        if self.plain:
            self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
            self.setInputMethodHints(
                Qt.InputMethodHint.ImhPreferLatin | Qt.InputMethodHint.ImhNoPredictiveText
            )
        self.textEdited.connect(self._edited)

    @property
    def busy(self) -> bool:
        """Something is being typed: no time to tell what is wrong with it."""
        return self._typing and self.hasFocus()

    @property
    def waits(self) -> bool:
        """What is being typed may still become a value: nothing is told about it yet."""
        return self.busy

    def rest(self) -> None:
        """Take what stands here as typed to its end."""
        self._typing = False

    # What an editor of one kind says differently.

    def reads(self, shown: str) -> str:
        """What the form reads where ``shown`` stands in the editor."""
        return shown

    def face(self, view: FieldView) -> str:
        """What stands in the editor while nobody types in it."""
        if view.answer is not None and isinstance(view.answer.value, str):
            return view.answer.value
        return "" if view.missing else view.text

    def is_full(self, shown: str) -> bool:
        """No further character could be legal."""
        return False

    def tidy(self, text: str) -> str:
        """What is typed, in plain letters where the editor is plain."""
        return narrow(text) if self.plain else text

    # What all do alike.

    def show_view(self, view: FieldView, *, anew: bool = False) -> None:
        """Show a data point; what is being typed stays unless ``anew`` (undo, pick list)."""
        if anew:
            self._typing = False
        if not self.busy:
            face = self.face(view)
            if face != self.text():
                self.setText(face)

    def set_note(self, words: str, ink: Ink) -> None:
        """Say what the text means inside the editor, right of it (cells of tables)."""
        if (words, ink) != (self._note, self._note_ink):
            self._note, self._note_ink = words, ink
            self.setToolTip(tip(words))  # a narrow cell shortens it
            self.update()

    def insert_text(self, text: str) -> None:
        """Put in a text as if it had been typed."""
        self.setText(text)
        self._typing = True
        self.typed.emit(self.reads(text))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming by key selects what stands there, so that typing replaces it.

        Coming back, from another window, a list or the search, selects nothing.
        """
        super().focusInEvent(event)
        self._typing = False
        if event.reason() in _BY_KEY:
            self.selectAll()
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving ends the typing; a pop-up list is no leaving."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._typing = False
            self.deselect()
            self.left.emit()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes the form's way, not Qt's."""
        self.stepped.emit(1 if forward else -1)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Down go on, Up goes back; undo and the rest belong to the form."""
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        with_ctrl = bool(held & Qt.KeyboardModifier.ControlModifier)
        of_form = with_ctrl and key == Qt.Key.Key_Delete
        undo = event.matches(QKeySequence.StandardKey.Undo)
        if of_form or undo or event.matches(QKeySequence.StandardKey.Redo):
            event.ignore()
        elif key == Qt.Key.Key_Down and held == Qt.KeyboardModifier.AltModifier:
            self.pick_wanted.emit()
        elif held != Qt.KeyboardModifier.NoModifier and key in (*FORWARD, Qt.Key.Key_Up):
            event.ignore()
        elif key in FORWARD:
            self.stepped.emit(1)
        elif key == Qt.Key.Key_Up:
            self.stepped.emit(-1)
        elif key == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line, and in a table cell what its text means."""
        super().paintEvent(event)
        if not (self.inside and self._note):
            return
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        left = 2 * Size.GAP + metrics.horizontalAdvance(self.text()) if self.text() else Size.GAP
        room = QRectF(left, 0, self.width() - left - Size.GRID, self.height())
        painter.setFont(self.font())
        painter.setPen(self._context.ink(self._note_ink))
        words = metrics.elidedText(self._note, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()

    def _edited(self, text: str) -> None:
        self._typing = True
        tidy = self.tidy(text) if text.strip() else ""
        if (self.plain or text.strip()) and tidy not in (text, text.rstrip()):
            caret = self.cursorPosition()
            self.setText(tidy)
            self.setCursorPosition(min(caret, len(tidy)))
            text = tidy
        self.typed.emit(self.reads(text))
        if self.cursorPosition() == len(text) and self.is_full(text):
            self.full.emit()
