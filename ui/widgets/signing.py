"""The foot of what is signed: words that go with it, the password, and the button that signs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.errors import TryLater, WrongPassword
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.jobs import Job, Progress, Work
from ui.keys import ENTER, presses
from ui.theme import Size
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note

PASSWORD = Text("Password of {user}", "{user} 的密码")
AS = Text("Signed as {name}, local time {offset}.", "以 {name} 的名义签名，当地时间 {offset}。")
NAMELESS = Text(
    "Signed as {user}, local time {offset}; whoever manages users can add your full name.",
    "以 {user} 的名义签名，当地时间 {offset}；用户管理员可登记您的姓名。",
)
LAW = Text(
    "Your electronic signature has the force of your signature by hand.",
    "电子签名与手写签名具有同等效力。",
)
BUSY = Text("Signing…", "正在签名…")
_LABEL = 160
_LABEL_OF_WORDS = 152
About = Callable[[MrdError], Asked | None]
Sign = Callable[[str, str, Language], object]
"""Makes a signature, in a worker: takes the words, the password and the language they stand in."""
Run = Callable[[Work[object]], Job[object]]


class Signing(QWidget):
    """Password and button in one line; while a signature is made the button says so.

    Signals:
        wanted: the button was pressed.

    Args:
        session: whose signature it is: the name that will stand beside it is shown before.
        act: what the button says.
        label_width: as wide as the labels of the fields above.
    """

    wanted = Signal()

    def __init__(
        self, context: Context, session: Session, act: Text, *, label_width: int = _LABEL
    ) -> None:
        super().__init__()
        self._act, self._enabled = act, True
        self._job: Job[object] | None = None
        self._about: About | None = None
        self.password = Asked(
            context, PASSWORD.filled(user=session.user), secret=True, label_width=label_width,
            hint=_before(session),
        )  # fmt: skip
        self.button = Button(context, act, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.button.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.password, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def show_act(self, act: Text, *, enabled: bool = True) -> None:
        """Say another act on the button, now or as soon as the signature is made."""
        self._act, self._enabled = act, enabled
        if self._job is None:
            self.button.show_text(act)
            self.button.setEnabled(enabled)

    @property
    def ready(self) -> bool:
        """The act may be done now: it is offered, and no signature is being made."""
        return self._enabled and self._job is None

    def typed(self) -> str:
        """The password; the caret goes to its field where nothing is typed. Empty till ready."""
        if not self.ready:
            return ""
        if not self.password.text:
            self.password.line.setFocus()
        return self.password.text

    def wants(self, event: QKeyEvent) -> bool:
        """The act is wanted by a key, and may be done now; a key held down wants it once."""
        return self.meant(event) and self.ready and not event.isAutoRepeat()

    def meant(self, event: QKeyEvent) -> bool:
        """Enter in the password or on the button, and Ctrl+Enter anywhere, ready or not."""
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        here = self.password.line.hasFocus() or self.button.hasFocus()
        return event.key() in ENTER and (held or here)

    def follow(self, job: Job[object], about: About | None = None) -> None:
        """Show the work of a signature, and a refusal of it.

        Args:
            about: the field above that a refusal speaks of; without, or where it names none, the
                refusal stands at the password.
        """
        self._job, self._about = job, about
        self.button.setEnabled(False)
        self.button.show_text(BUSY)
        job.refused.connect(self._refused)
        job.finished.connect(lambda _: self.clear())
        job.ended.connect(self._over)

    def clear(self) -> None:
        """Forget the password and what was said of it."""
        self.password.line.clear()
        self.password.approve()

    def _refused(self, refused: MrdError) -> None:
        spot = (self._about and self._about(refused)) or self.password
        if spot is not self.password:
            self.password.approve()
        if isinstance(refused, WrongPassword | TryLater):
            self.password.ask_anew(refused.text, emptied=True)
        else:
            spot.refuse(refused.text)
            spot.line.setFocus()

    def _over(self) -> None:
        self._job = None
        self.show_act(self._act, enabled=self._enabled)


class SignedWords(QWidget):
    """A statement, the words that a person adds to it, and the signature of both.

    Attributes:
        words: the field of the words.
        signing: password and button.

    Args:
        run: begins a job of the page.
        statement: what is signed.
        asked: label of the words, and the hint below them.
        act: what the button says.
        signs: gives what makes the signature of what is shown now; None where there is nothing.
        signed: called with what the signature returned; the words are cleared by then.
        about: the field that a refusal speaks of, as in :meth:`Signing.follow`.
    """

    def __init__(
        self,
        context: Context,
        session: Session,
        run: Run,
        statement: Text,
        asked: tuple[Text, Text],
        act: Text,
        *,
        signs: Callable[[], Sign | None],
        signed: Callable[[object], None],
        about: About | None = None,
    ) -> None:
        super().__init__()
        self._context, self._run = context, run
        self._signs, self._signed, self._about = signs, signed, about
        label, hint = asked
        self.words = Asked(
            context, label, hint=hint, width=640, limit=2000, label_width=_LABEL_OF_WORDS
        )
        self.signing = Signing(context, session, act, label_width=_LABEL_OF_WORDS)
        self.signing.wanted.connect(self.submit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(Note(context, statement, strong=True, wrap=True))
        column.addWidget(self.words)
        column.addWidget(self.signing)

    def submit(self) -> None:
        """Sign what is shown, where it may be signed here and a password is typed."""
        sign = self._signs() if self.isVisible() and self.signing.ready else None
        password = self.signing.typed() if sign is not None else ""
        if sign is None or not password:
            return
        self.words.approve()
        words, language = self.words.text, self._context.speech.language

        def work(_: Progress) -> object:
            return sign(words, password, language)

        job = self._run(work)
        self.signing.follow(job, self._about)
        job.finished.connect(self._over)

    def takes(self, page: QWidget, event: QKeyEvent) -> bool:
        """Enter goes on from the words to the password and signs there, Ctrl+Enter anywhere.

        On another button of the page Enter presses it. Whether the key was for this.
        """
        if self.isVisible() and self.signing.wants(event):
            self.submit()
        elif event.key() in ENTER and self.words.line.hasFocus():
            self.signing.password.line.setFocus()
        elif not (self.isVisible() and self.signing.meant(event)):
            return presses(page, event)
        return True

    def _over(self, made: object) -> None:
        self.words.line.clear()
        self._signed(made)


def _before(session: Session) -> Text:
    """As whom, and with which force."""
    account, offset = session.account, session.clock.zone.offset
    if account.full_name:
        said = AS.filled(name=f"{account.full_name} ({account.user})", offset=offset)
    else:
        said = NAMELESS.filled(user=account.user, offset=offset)
    return Text(f"{said.en} {LAW.en}", f"{said.zh}{LAW.zh}")
