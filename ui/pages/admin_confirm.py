"""The foot of the users' page where a key is confirmed: delegation log, and a second person."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.staff import confirm_user
from mrd_desktop.texts import Text
from mrd_desktop.vault import confirming
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.confirming import DOCUMENTS, LONGEST, Needs
from mrd_desktop.vault.errors import ConfirmedAlone, NoDelegation
from ui.context import Context
from ui.jobs import Progress
from ui.keys import ENTER
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.note import Note
from ui.widgets.two_people import TwoPeople
from ui.work import Desk

HEADING = Text("Key {key} of {user}, {document} looked at", "{user} 的密钥 {key}，已核对{document}")
MET = Text(
    "Whoever confirms has met the person, looked at the document and found the person on the "
    "signed delegation log.",
    "确认人须已当面核对本人证件，并在已签署的授权分工表中查到本人。",
)
WHY_TWO = Text(
    "You made this account or gave out its code, or the recovery sheet did, so a second person "
    "confirms it with you. Who can: {who}.",
    "此账户由您或凭恢复单建立（或启用），须由第二人共同确认。可确认的人员：{who}。",
)
WHY_WORDS = Text(
    "You made this account or gave out its code, or the recovery sheet did, and nobody else here "
    "is confirmed yet. One person may do it as an exception that the sponsor sees; confirm again "
    "once a second person can.",
    "此账户由您或凭恢复单建立（或启用），而本中心尚无其他已确认的人员。可登记例外由一人确认"
    "（申办方可见）；待有第二人时请再次确认。",
)
LISTED = Text("Delegation log", "授权分工表")
LISTED_HINT = Text(
    "Where the person stands on the signed log: its day and line.",
    "本人在已签署分工表中的位置，如日期和行号。",
)
WHY = Text("One person, because", "由一人确认的原因")
WHO = Text(
    "Anybody named above; not who made the account, nor its owner.",
    "上述人员之一；建立账户者和账户本人除外。",
)
CONFIRM = Text("Confirm key", "确认密钥")
BUSY = Text("Confirming…", "正在确认…")
DONE = Text("The key of {user} is confirmed.", "已确认 {user} 的密钥。")
_LABEL = 160
_KEY = 12


class ConfirmFoot(QWidget):
    """What is said of the delegation log, and who looked besides.

    Signals:
        done: with a sentence for the status line.
        left: Esc was pressed.
    """

    done = Signal(object)
    left = Signal()

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._account: Account | None = None
        self._document = ""
        self._needs = Needs.NOTHING
        self._heading = Note(context, strong=True)
        self._about = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        self.listed = Asked(
            context, LISTED, hint=LISTED_HINT, limit=LONGEST, width=420, label_width=_LABEL
        )
        self.why = Asked(context, WHY, limit=300, width=560, label_width=_LABEL)
        self.people = TwoPeople(
            context, desk.session.user, {}, CONFIRM, busy=BUSY, who=WHO, asks_own=False
        )
        self.people.wanted.connect(self.submit)
        self.alone = Button(context, CONFIRM, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.alone.clicked.connect(self.submit)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.alone)
        card = Card(context)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
        column.setSpacing(Size.GAP)
        for part in (self._heading, self._about, self.listed, self.why, self.people):
            column.addWidget(part)
        column.addLayout(last)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card)

    def ask(self, account: Account, document: str) -> None:
        """Ask about this account, whose owner showed such a document."""
        session = self.desk.session
        self._account, self._document = account, document
        self._needs = confirming.needs(session, account.user)
        self._heading.show_text(
            HEADING.filled(key=account.key[:_KEY], user=account.name, document=DOCUMENTS[document])
        )
        who = ", ".join(a.user for a in confirming.seconds(session, account))
        told = {Needs.SECOND: WHY_TWO.filled(who=who), Needs.REASON: WHY_WORDS}
        said = told.get(self._needs)
        self._about.show_text(
            MET if said is None else Text(f"{said.en} {MET.en}", f"{said.zh}{MET.zh}")
        )
        for field in (self.listed, self.why):
            field.line.clear()
            field.approve()
        self.people.clear()
        self.people.setVisible(self._needs is Needs.SECOND)
        self.why.setVisible(self._needs is Needs.REASON)
        self.alone.setVisible(self._needs is not Needs.SECOND)
        self.show()
        QTimer.singleShot(0, self.listed.line, self.listed.line.setFocus)  # the list is still open

    def submit(self) -> None:
        """Confirm."""
        account, session, document = self._account, self.desk.session, self._document
        if account is None or not self.alone.isEnabled():
            return
        said, why, people = self.listed.text, self.why.text, self.people
        second, secret = people.second.text, people.other.text
        for field in (self.listed, self.why):
            field.approve()

        def work(_: Progress) -> object:
            confirm_user(
                session, account.user, document, delegation=said, second=second,
                second_password=secret, exception=why,
            )  # fmt: skip
            return True

        def begin() -> None:
            job = self.desk.run(work)
            self.alone.setEnabled(False)
            if self._needs is Needs.SECOND:
                people.follow(job, self._field)
            else:
                job.refused.connect(self._refused)
            job.ended.connect(lambda: self.alone.setEnabled(True))
            job.finished.connect(lambda _: self.done.emit(DONE.filled(user=account.user)))

        self.desk.sure(begin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field and confirms from the last; Esc leaves."""
        enter = event.key() in ENTER
        last = self.listed if self._needs is Needs.NOTHING else self.why
        if event.key() == Qt.Key.Key_Escape:
            self.people.clear()
            self.left.emit()
        elif self._needs is Needs.SECOND and self.people.takes(event):
            pass
        elif enter and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
            or last.line.hasFocus()
            or self.alone.hasFocus()
        ):
            self.submit()
        elif enter:
            self.focusNextChild()
        else:
            super().keyPressEvent(event)

    def _field(self, refused: MrdError) -> Asked | None:
        if isinstance(refused, NamesAPerson):
            return self.why if refused.params.get("said") == "exception" else self.listed
        if isinstance(refused, NoDelegation):
            return self.listed
        return self.why if isinstance(refused, ConfirmedAlone) else None

    def _refused(self, refused: MrdError) -> None:
        field = self._field(refused) or self.listed
        field.refuse(refused.text)
        field.line.setFocus()
