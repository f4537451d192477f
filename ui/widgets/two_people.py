"""An act of two people at one computer: why, one's own password, name and password of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import NoSecondPerson
from mrd_desktop.vault.witness import SecondPasswordWrong
from ui.context import Context
from ui.jobs import Job
from ui.keys import ENTER
from ui.theme import Size
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note

CAUSE = Text("Why", "原因")
OWN = Text("Password of {user}", "{user} 的密码")
SECOND = Text("Second person", "第二人用户名")
SECOND_HINT = Text(
    "Somebody else who manages users here, such as the site administrator.",
    "另一位可管理用户的人员，如中心管理员。",
)
SECOND_PASSWORD = Text("That person's password", "第二人的密码")
THEY_TYPE = Text(
    "Typed by that person. Both of you sign for the act.", "由第二人本人输入。两人共同签名确认。"
)
THEY_SIGN = Text("Typed by that person, who signs with it.", "由第二人本人输入，作为其签名。")
FILL = Text("Fill this in first.", "请先填写此项。")
BUSY = Text("Working… the file is rewritten.", "正在处理，数据文件将重写…")
CANCEL = Text("Cancel", "取消")
_LABEL = 160
About = Callable[[MrdError], Asked | None]


class TwoPeople(QWidget):
    """The questions and the button.

    Args:
        causes: to choose one of; none where the page asks for words.
        busy: what the button says meanwhile.
        stops: the act can be stopped until it is recorded.
        who: who the second person may be.
        asks_own: the one who asks signs as well.

    Signals:
        wanted: everything is filled in and the act is wanted.

    Attributes:
        cause: the code of the cause that is chosen.
    """

    wanted = Signal()

    def __init__(
        self,
        context: Context,
        user: str,
        causes: Mapping[str, Text],
        act: Text,
        *,
        busy: Text = BUSY,
        stops: bool = False,
        who: Text = SECOND_HINT,
        asks_own: bool = True,
    ) -> None:
        super().__init__()
        self._stops = stops
        self._job: Job[object] | None = None
        self._about: About | None = None
        self._act, self._enabled, self._busy = act, True, False
        self._working = busy
        self.causes = Chips(context, CAUSE)
        self.causes.show_choices([Choice(code, text) for code, text in causes.items()])
        self.own = Asked(context, OWN.filled(user=user), secret=True, label_width=_LABEL)
        self.second = Asked(context, SECOND, hint=who, label_width=_LABEL)
        told = THEY_TYPE if asks_own else THEY_SIGN
        self.other = Asked(context, SECOND_PASSWORD, secret=True, hint=told, label_width=_LABEL)
        self._fields = (*((self.own,) if asks_own else ()), self.second, self.other)
        self.button = Button(context, act, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.button.clicked.connect(self.submit)
        why = QHBoxLayout()
        why.setSpacing(Size.PAD)
        label = Note(context, CAUSE)
        label.setFixedWidth(_LABEL)
        why.addWidget(label)
        why.addWidget(self.causes, 1)
        last = QHBoxLayout()
        self.stop = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.stop.clicked.connect(self.cancel)
        self.stop.hide()
        last.addStretch(1)
        last.addWidget(self.stop)
        last.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        if causes:
            column.addLayout(why)
        else:  # the reason is asked for in words, beside this
            for widget in (label, self.causes):
                widget.setParent(None)
        for field in self._fields:
            column.addWidget(field)
        column.addLayout(last)

    @property
    def cause(self) -> str:
        """The code of the chosen cause."""
        return self.causes.key

    def show_act(self, act: Text, *, enabled: bool) -> None:
        """Say the act on the button."""
        self._act, self._enabled = act, enabled
        if not self._busy:
            self.button.show_text(act)
            self.button.setEnabled(enabled)

    def submit(self) -> None:
        """Ask for the act where everything is filled in; else go to what is not."""
        for field in self._fields:
            if not field.text:
                field.refuse(FILL)
                field.line.setFocus()
                return
            field.approve()
        if self._enabled and not self._busy:
            self.wanted.emit()

    def follow(self, job: Job[object], about: About | None = None) -> None:
        """Show the work and a refusal of it.

        Args:
            about: the field of the page that a refusal speaks of; without, or where it names none,
                the refusal stands at a field here.
        """
        self._busy, self._job, self._about = True, job, about
        self.stop.setVisible(self._stops)
        self.button.setEnabled(False)
        self.button.show_text(self._working)
        job.refused.connect(self._refused)
        job.finished.connect(lambda _: self.clear())
        job.ended.connect(self._over)

    def cancel(self) -> bool:
        """Stop the work where it can be stopped; tells whether something was to be stopped."""
        if not self._busy or not self._stops or self._job is None:
            return False
        self._job.cancel()
        return True

    def clear(self) -> None:
        """Forget both passwords and who the second person was."""
        for field in (self.own, self.second, self.other):
            field.line.clear()
            field.approve()

    def forget_second(self) -> None:
        """Something above is not right: that person's password does not lie open meanwhile."""
        self.other.line.clear()
        self.other.approve()

    def takes(self, event: QKeyEvent) -> bool:
        """Enter goes on to the next field, on the last one and with Ctrl it acts."""
        if event.key() not in ENTER:
            return False
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        here = next((n for n, f in enumerate(self._fields) if f.line.hasFocus()), None)
        if held or here == len(self._fields) - 1 or self.button.hasFocus():
            self.submit()
        elif here is not None:
            self._fields[here + 1].line.setFocus()
        else:
            return False
        return True

    def _refused(self, refused: MrdError) -> None:
        """Where it belongs; no password is kept."""
        about = (self._about and self._about(refused)) or self._fields[0]
        if isinstance(refused, NoSecondPerson):
            about = self.second
        elif isinstance(refused, SecondPasswordWrong):
            about = self.other
        for field in (self.own, self.other):
            field.line.clear()
        about.ask_anew(refused.text, keeps=about not in self._fields)

    def _over(self) -> None:
        self._busy, self._job = False, None
        self.stop.hide()
        self.show_act(self._act, enabled=self._enabled)
