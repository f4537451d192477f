"""A question with its field, and one line below it that says what is wrong or what to know."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph, icon
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.line import Line
from ui.widgets.note import Note

CAPS = Text("Caps Lock is on.", "大写锁定已打开。")
SHOW = Text("Show the password (F8)", "显示密码（F8）")
HIDE = Text("Hide the password (F8)", "隐藏密码（F8）")
_EYE = 16
_LABEL = 128


class SecretLine(Line):
    """A line of dots that notices Caps Lock from what is typed.

    The eye at its end, or F8, shows what stands there until the caret leaves (ASVS 6.2.7).

    Signals:
        shouted: capitals came without Shift (True), or no longer (False).
    """

    shouted = Signal(bool)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.eye = QAction(self)
        self.eye.triggered.connect(lambda: self.show_typed(self.is_hidden))
        self.addAction(self.eye, QLineEdit.ActionPosition.TrailingPosition)
        context.theme.changed.connect(self._say_eye)
        context.speech.changed.connect(self._say_eye)
        self._say_eye()

    @property
    def is_hidden(self) -> bool:
        """Dots stand for what is typed."""
        return self.echoMode() is QLineEdit.EchoMode.Password

    def show_typed(self, on: bool) -> None:
        """Show what is typed, or dots again."""
        self.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self._say_eye()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Nothing stays readable once the caret is elsewhere, or the window."""
        if not self.is_hidden:
            self.show_typed(False)
        super().focusOutEvent(event)

    def _say_eye(self) -> None:
        ink = Ink.SECONDARY if self.is_hidden else Ink.TEXT
        self.eye.setIcon(icon(Glyph.EYE, self._context.ink(ink), _EYE))
        said = self._context.say(SHOW if self.is_hidden else HIDE)
        self.eye.setToolTip(tip(said))
        for button in self.findChildren(QToolButton):  # it has no room for words
            button.setAccessibleName(said)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A letter whose case Shift does not explain means Caps Lock."""
        if event.key() == Qt.Key.Key_F8 and not event.modifiers():
            self.show_typed(self.is_hidden)
            return
        letter = event.text()
        if len(letter) == 1 and letter.isascii() and letter.isalpha():
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.shouted.emit(letter.isupper() is not shift)
        elif event.key() == Qt.Key.Key_CapsLock:
            self.shouted.emit(False)
        super().keyPressEvent(event)


class Asked(QWidget):
    """Label, field and the line below. Room for the line is kept, so nothing jumps.

    Args:
        hint: stands below the field while nothing is wrong.
        secret: a password.
        beside: a widget at the right of the field.
    """

    def __init__(
        self,
        context: Context,
        label: Text,
        *,
        hint: Text | None = None,
        secret: bool = False,
        width: int = 280,
        limit: int = 128,
        label_width: int = _LABEL,
        beside: QWidget | None = None,
    ) -> None:
        super().__init__()
        self._context = context
        self._label = label
        self._hint = hint or Text("", "")
        self.line: Line = SecretLine(context) if secret else Line(context)
        self.line.setMaxLength(limit)
        self.line.setFixedWidth(width)
        self._name = Note(context, label)
        self._name.setBuddy(self.line)
        self._name.setFixedWidth(label_width)
        self._below = Note(context, self._hint, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self._below.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.line)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Size.PAD)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._name, 0, 0)
        grid.addWidget(self.line, 0, 1, Qt.AlignmentFlag.AlignLeft)
        if beside is not None:
            grid.addWidget(beside, 0, 2)
        grid.addWidget(self._below, 1, 1, 1, 3)
        grid.setColumnStretch(3, 1)
        if isinstance(self.line, SecretLine):
            self.line.shouted.connect(self._caps)
        context.speech.changed.connect(self._say)
        self._say()

    @property
    def text(self) -> str:
        """What is typed, blanks around it cut; a password as it is."""
        typed = self.line.text()
        return typed if isinstance(self.line, SecretLine) else typed.strip()

    def refuse(self, text: Text) -> None:
        """Say what is wrong, in place."""
        self.line.set_tone(Ink.HARD)
        self._tell(text, Ink.HARD)

    def ask_anew(self, text: Text, *, emptied: bool = False, keeps: bool = False) -> None:
        """Say what is wrong and lead back: the caret stands there and the next key replaces it all.

        Args:
            emptied: a password that does not open anything; an old one is never sent again.
            keeps: words that a key shall not wipe out; the caret stands behind them.
        """
        if emptied:
            self.line.clear()
        self.refuse(text)
        if keeps:
            self.go_on()
        else:
            self.line.setFocus()
            self.line.selectAll()

    def go_on(self) -> None:
        """The caret stands behind what is typed, and the next key wipes nothing out."""
        self.line.setFocus()
        self.line.deselect()
        self.line.end(False)

    def approve(self, text: Text | None = None) -> None:
        """Nothing is wrong; say something good if there is something to say."""
        self.line.set_tone(None)
        self._tell(text or self._hint, Ink.GOOD if text else Ink.SECONDARY)

    def warn(self, text: Text) -> None:
        """Say what to think about; it is no refusal."""
        self.line.set_tone(Ink.SOFT)
        self._tell(text, Ink.SOFT)

    def set_hint(self, hint: Text) -> None:
        """Another quiet word below the field."""
        self._hint = hint
        self.approve()

    def _caps(self, on: bool) -> None:
        if on:
            self._tell(CAPS, Ink.SOFT)
        else:
            self.approve()

    def _tell(self, text: Text, ink: Ink) -> None:
        self._below.show_text(text, ink)
        self._fit()

    def _fit(self) -> None:
        """One line is kept; a longer sentence takes the lines it needs."""
        self._below.setMinimumHeight(0)  # a label asks for no less than that, whatever it says
        needed = self._below.heightForWidth(self._below.width())
        self._below.setFixedHeight(max(Size.FINDING, needed))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width breaks the sentence elsewhere."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def _say(self) -> None:
        self._fit()
        self.line.setAccessibleName(self._context.say(self._label))
