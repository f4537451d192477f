"""What stands above and below a form: where one is and how far; the draft, messages, Save."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from mrd_desktop.record.views import FormState
from mrd_desktop.texts import Text
from ui.context import Context
from ui.form import words
from ui.icons import draw
from ui.theme import Ink, Size, Type
from ui.tips import tip
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note


class StateMark(QWidget):
    """The state of a form: its sign and its name."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._state = FormState.EMPTY
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        context.theme.changed.connect(self.update)
        context.speech.changed.connect(self._say)
        self._say()

    def show_state(self, state: FormState) -> None:
        """Show another state."""
        if state is not self._state:
            self._state = state
            self._say()

    def sizeHint(self) -> QSize:
        """Sign and name."""
        metrics = QFontMetrics(self._context.font())
        wide = metrics.horizontalAdvance(self._words())
        return QSize(Size.MARK + Size.GRID + wide + 2, Size.FIELD)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both."""
        glyph, _, ink = words.STATES[self._state]
        colour = self._context.ink(ink)
        painter = QPainter(self)
        draw(painter, glyph, QRectF(0, 0, Size.MARK, self.height()), colour)
        painter.setFont(self._context.font())
        painter.setPen(colour)
        room = QRectF(Size.MARK + Size.GRID, 0, self.width(), self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._words())
        painter.end()

    def _words(self) -> str:
        return self._context.say(words.STATES[self._state][1])

    def _say(self) -> None:
        self.setAccessibleName(self._words())
        self.updateGeometry()
        self.update()


class FormHead(QWidget):
    """Subject, event and form; progress and state; what the function keys do.

    Signals:
        missing_wanted, note_wanted, history_wanted, help_wanted: the buttons of F2, F5, F8, F1.
    """

    missing_wanted = Signal()
    note_wanted = Signal()
    history_wanted = Signal()
    help_wanted = Signal()

    def __init__(self, context: Context, subject: str, event: Text, form: Text) -> None:
        super().__init__()
        self.setFixedHeight(Size.BAR)
        where = Text(f"{subject} · {event.en}", f"{subject} · {event.zh}")
        self.progress = Note(context, ink=Ink.SECONDARY)
        self.state = StateMark(context)
        self.paper = Note(context, ink=Ink.SECONDARY)
        self.edition = Note(context, ink=Ink.ACCENT)
        self.missing = Button(context, words.MISSING, rank=Rank.QUIET, key="F2")
        self.note = Button(context, words.NOTES, rank=Rank.QUIET, key="F5")
        self.history = Button(context, words.HISTORY, rank=Rank.QUIET, key="F8")
        self.help = Button(context, words.HELP, rank=Rank.QUIET, key="F1")
        self.missing.clicked.connect(self.missing_wanted)
        self.note.clicked.connect(self.note_wanted)
        self.history.clicked.connect(self.history_wanted)
        self.help.clicked.connect(self.help_wanted)
        for button in (self.missing, self.note, self.history, self.help):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, Size.GRID, Size.PAD, 0)
        row.setSpacing(Size.GAP)
        row.addWidget(Note(context, where, size=Type.TITLE, ink=Ink.SECONDARY))
        row.addWidget(Note(context, form, size=Type.TITLE, strong=True))
        row.addSpacing(Size.PAD)
        row.addWidget(self.state)
        row.addWidget(self.progress)
        row.addWidget(self.paper)
        row.addWidget(self.edition)
        row.addStretch(1)
        for button in (self.missing, self.note, self.history, self.help):
            row.addWidget(button)

    def add(self, widget: QWidget) -> None:
        """Put something of a role's own before the buttons."""
        self._row.insertWidget(self._row.indexOf(self.missing), widget)


class FormFoot(QWidget):
    """The draft, a message, and the ways to save.

    Signals:
        discard_wanted, take_wanted, save_wanted, finish_wanted, another_wanted.
    """

    discard_wanted = Signal()
    take_wanted = Signal()
    save_wanted = Signal()
    finish_wanted = Signal()
    another_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.message = Note(context, wrap=True)
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.draft = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.save = Button(context, words.SAVE, key="Ctrl+S")
        self.finish = Button(context, words.FINISH, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.another = Button(context, words.ANOTHER, key="Ctrl+Shift+Enter")
        self.another.hide()
        self.another.clicked.connect(self.another_wanted)
        self.discard = Button(context, words.DISCARD, key="Ctrl+Shift+Del")
        self.discard.clicked.connect(self.discard_wanted)
        self.discard.hide()
        self.take = Button(context, words.TAKE_ASIDE, rank=Rank.PRIMARY, key="Ctrl+E")
        self.take.clicked.connect(self.take_wanted)
        self.take.hide()
        self.save.clicked.connect(self.save_wanted)
        self.finish.clicked.connect(self.finish_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(Size.MARGIN, 0, Size.MARGIN, 0)
        row.setSpacing(Size.PAD)
        row.addWidget(self.message, 1)
        row.addWidget(self.draft)
        row.addWidget(self.discard)
        row.addWidget(self.take)
        row.addWidget(self.save)
        row.addWidget(self.another)
        row.addWidget(self.finish)
        self.setFixedHeight(Size.BAR)
        self.message.installEventFilter(self)  # the buttons beside it leave it more room, or less
        context.theme.changed.connect(self.update)
        context.speech.changed.connect(self._fit)

    def say(self, text: Text | str, ink: Ink = Ink.TEXT) -> None:
        """Show a message; an empty one clears it."""
        self.message.show_text(text, ink)
        self.message.setToolTip(tip(self.message.text()))
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The message has another width."""
        if watched is self.message and event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """A long message in a small window takes the lines it needs: it says what to do."""
        lines = self.message.heightForWidth(self.message.width())
        self.setFixedHeight(max(Size.BAR, lines + Size.GAP))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lay the surface with a line above."""
        tokens = self._context.tokens
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens.surface)
        painter.fillRect(0, 0, self.width(), Size.HAIR, tokens.line)
        painter.end()
