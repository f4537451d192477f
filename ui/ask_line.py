"""One question asked in a line at the foot of a page, never in a box on top of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QElapsedTimer, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.study.model import Code, CodeList, Reason
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import TryLater, WrongPassword
from ui.context import Context
from ui.fields.choices import Choice, Choices
from ui.form import words
from ui.form.field import fitting
from ui.jobs import Job
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.asked import SecretLine
from ui.widgets.line import Line
from ui.widgets.note import Note

CHECKING = Text("Checking…", "正在验证…")
PASSWORD_OF = Text("Password of {user}", "{user} 的密码")
_CODE_WIDTH = 72
_SECRET_WIDTH = 240
_LONGEST = 128


class AskLine(QWidget):
    """The ground of a question, with a line above it.

    Signals:
        answered: Enter was pressed and the answer is whole.
        left: Esc was pressed.
    """

    answered = Signal()
    left = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        context.theme.changed.connect(self.update)
        context.speech.changed.connect(self.update)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter answers, Esc leaves; with Ctrl or Alt held the key is the page's."""
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not held:
            self.answered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the ground."""
        tokens = self.context.tokens
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.soft_tint)
        painter.fillRect(0, 0, self.width(), Size.HAIR, tokens.line)
        if self.hasFocus():
            painter.fillRect(0, 0, Size.GRID, self.height(), tokens.accent)
        painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keys are its own: mark it."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys are another's."""
        super().focusOutEvent(event)
        self.update()


class WordsLine(AskLine):
    """Asks for a sentence.

    Signals:
        typed: with the words so far.
    """

    typed = Signal(str)

    def __init__(self, context: Context, hint: Text | None = None) -> None:
        super().__init__(context)
        self._hint = hint
        self._prompt = Note(context, strong=True)
        self.line = Line(context)
        self.line.setMaxLength(500)
        self.line.textEdited.connect(self.typed)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GAP, Size.MARGIN, Size.GAP)
        row.setSpacing(Size.PAD)
        row.addWidget(self._prompt)
        row.addWidget(self.line, 1)
        row.addWidget(Note(context, words.KEEP_WORDS, size=Type.NOTE, ink=Ink.SECONDARY))

    def ask(self, prompt: Text, standing: str) -> None:
        """Ask, with what was answered before."""
        self._prompt.show_text(prompt)
        self.line.setAccessibleName(self.context.say(prompt))
        self.line.setPlaceholderText(self.context.say(self._hint) if self._hint else "")
        self.line.setText(standing)
        self.show()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.line.selectAll()

    def words(self) -> str:
        """The answer."""
        return self.line.text().strip()


class PasswordLine(AskLine):
    """Asks for a password; what is wrong with it stands beside it.

    Args:
        rule: what a password has to be, as long as nothing is wrong.
    """

    def __init__(self, context: Context, rule: Text) -> None:
        super().__init__(context)
        self._rule = rule
        self._busy = False
        self._prompt = Note(context, strong=True)
        self.line = SecretLine(context)
        self.line.setMaxLength(_LONGEST)
        self.line.setFixedWidth(_SECRET_WIDTH)
        self.note = Note(context, rule, size=Type.NOTE, ink=Ink.SECONDARY)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GAP, Size.MARGIN, Size.GAP)
        row.setSpacing(Size.PAD)
        row.addWidget(self._prompt)
        row.addWidget(self.line)
        row.addWidget(self.note, 1)
        row.addWidget(Note(context, words.KEEP_WORDS, size=Type.NOTE, ink=Ink.SECONDARY))

    def ask(self, prompt: Text) -> None:
        """Ask anew."""
        self._prompt.show_text(prompt)
        self.line.setAccessibleName(self.context.say(prompt))
        self.line.clear()
        self.line.set_tone(None)
        self.note.show_text(self._rule, Ink.SECONDARY)
        self.show()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """While the password is tried no key does anything."""
        if not self._busy:
            super().keyPressEvent(event)

    def prove(self, job: Job[object], then: Callable[[object], object]) -> None:
        """Follow a job that tries the password; a wrong one is told in place and typed anew.

        Args:
            then: called with what the job gave, once the question is put away.
        """
        self._busy = True
        self.note.show_text(CHECKING, Ink.SECONDARY)
        job.refused.connect(self._untrue)
        job.finished.connect(lambda result: self._proved(result, then))
        job.ended.connect(self._over)

    def put_away(self) -> None:
        """Forget the password and hide."""
        self.line.clear()
        self.hide()

    def _untrue(self, refused: MrdError) -> None:
        self._busy = False
        self.refuse(refused.text)
        if isinstance(refused, WrongPassword | TryLater):
            self.line.clear()  # an old password is never sent again

    def _proved(self, result: object, then: Callable[[object], object]) -> None:
        self.put_away()
        then(result)

    def _over(self) -> None:
        self._busy = False

    def refuse(self, text: Text) -> None:
        """Say what is wrong, in place; the caret goes back to it."""
        self.line.set_tone(Ink.HARD)
        self.note.show_text(text, Ink.HARD)
        self.line.selectAll()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)


class ConsentLine(AskLine):
    """Asks whether to go on; it has nothing to type."""

    _HABIT = 400

    def __init__(self, context: Context, keys: Text) -> None:
        super().__init__(context)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._prompt = Note(context, strong=True)
        self._prompt.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._shown = QElapsedTimer()
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GAP, Size.MARGIN, Size.GAP)
        row.setSpacing(Size.PAD)
        row.addWidget(self._prompt, 1)
        row.addWidget(Note(context, keys, size=Type.NOTE, ink=Ink.SECONDARY))

    def ask(self, prompt: Text) -> None:
        """Ask, and take the keys."""
        self._prompt.show_text(prompt)
        self.setAccessibleName(self.context.say(prompt))
        self.setToolTip(tip(self.context.say(prompt)))
        self.show()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._shown.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc; an Enter that was still meant for the field before it answers nothing."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not (enter and self._shown.elapsed() < self._HABIT):
            super().keyPressEvent(event)


class Hints(QWidget):
    """Keys and meanings of a list in one line."""

    def __init__(self, context: Context, choices: Choices) -> None:
        super().__init__()
        self._context = context
        self._choices = choices
        self._typed = ""
        context.speech.changed.connect(self._grow)

    def show_typed(self, typed: str) -> None:
        """Narrow the hints to what may still be meant."""
        self._typed = typed
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many lines as the hints need."""
        self._grow()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw keys and meanings."""
        context = self._context
        painter = QPainter(self)
        painter.setFont(context.font(Type.NOTE))
        flags = Qt.AlignmentFlag.AlignVCenter
        for choice, box in self._places(fitting(self._choices, self._typed)):
            painter.setPen(context.tokens.accent)
            painter.drawText(box, flags, choice.key)
            key = QFontMetrics(painter.font()).horizontalAdvance(f"{choice.key} ")
            painter.setPen(context.tokens.text)
            painter.drawText(box.adjusted(key, 0, 2, 0), flags, context.say(choice.text))
        painter.end()

    def _places(self, choices: Sequence[Choice]) -> list[tuple[Choice, QRectF]]:
        metrics = QFontMetrics(self._context.font(Type.NOTE))
        placed: list[tuple[Choice, QRectF]] = []
        left = top = 0.0
        for choice in choices:
            wide = metrics.horizontalAdvance(f"{choice.key} {self._context.say(choice.text)}")
            if left and left + wide > self.width():
                left, top = 0.0, top + Size.FINDING
            placed.append((choice, QRectF(left, top, wide, Size.FINDING)))
            left += wide + Size.PAD
        return placed

    def _grow(self) -> None:
        last = self._places(self._choices.all)[-1][1]
        self.setFixedHeight(int(last.bottom()))
        self.update()


class ReasonLine(AskLine):
    """Asks why recorded values change: a coded reason, and words where the code wants them."""

    def __init__(self, context: Context, reasons: Sequence[Reason]) -> None:
        super().__init__(context)
        self._reasons = {r.code: r for r in reasons}
        codes = tuple(Code(r.code, r.text) for r in reasons)
        self.choices = Choices(CodeList("REASON", words.REASON, codes))
        self._prompt = Note(context, strong=True)
        self.line = Line(context)
        self.line.setFixedWidth(_CODE_WIDTH)
        self.line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self._meaning = Note(context)
        self.words = Line(context)
        self.words.setMaxLength(500)
        self._hints = Hints(context, self.choices)
        row = QHBoxLayout()
        row.setSpacing(Size.PAD)
        row.addWidget(self._prompt)
        row.addWidget(self.line)
        row.addWidget(self._meaning)
        row.addWidget(self.words, 1)
        row.addStretch(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(Size.MARGIN, Size.GAP, Size.MARGIN, Size.GAP)
        column.setSpacing(Size.GRID)
        column.addLayout(row)
        column.addWidget(self._hints)
        self.line.textEdited.connect(self._typed)
        context.speech.changed.connect(self._say)
        self._say()
        self._typed("")

    def ask(self, prompt: Text) -> None:
        """Say what the reason is for; what was chosen stays."""
        self._prompt.show_text(prompt)
        self.line.setAccessibleName(self.context.say(words.REASON))

    def take_focus(self) -> None:
        """To the code, or to the words where only they are missing."""
        choice = self.choice
        wants = choice is not None and self._reasons[choice.code.code].needs_text
        spot = self.words if wants and not self.words.text().strip() else self.line
        spot.setFocus(Qt.FocusReason.OtherFocusReason)
        spot.selectAll()

    @property
    def choice(self) -> Choice | None:
        """The coded reason, None while none is chosen."""
        return self.choices.find(self.line.text())

    def answer(self) -> tuple[str, str] | None:
        """Code and words, None while something is missing."""
        choice = self.choice
        if choice is None:
            return None
        text = self.words.text().strip()
        if self._reasons[choice.code.code].needs_text and not text:
            return None
        return choice.code.code, text

    def clear(self) -> None:
        """Forget the answer."""
        self.line.clear()
        self.words.clear()
        self._typed("")

    def _typed(self, typed: str) -> None:
        choice = self.choice
        self._meaning.show_text(choice.text if choice else "")
        self._meaning.setVisible(choice is not None)
        self.words.setVisible(choice is not None)
        self._hints.show_typed(typed)

    def _say(self) -> None:
        self.words.setPlaceholderText(self.context.say(words.IN_WORDS))
        self.words.setAccessibleName(self.context.say(words.IN_WORDS))
