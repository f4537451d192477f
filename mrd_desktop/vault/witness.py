"""The second person of an act that nobody does alone: who it may be, and that person's signature.

The account is judged as it stands in the ledger now, then the own password opens the own key.
"""

from __future__ import annotations

from dataclasses import dataclass

from mrd_desktop.texts import Text
from mrd_desktop.vault import accounts
from mrd_desktop.vault.errors import NoSecondPerson, UserNameRefused, WrongPassword
from mrd_desktop.vault.roles import MANAGING, role_of
from mrd_desktop.vault.session import Session, Signature


class SecondPasswordWrong(WrongPassword):
    """The one who asks gave the right password, the other one did not."""

    code = "second_password_wrong"
    template = Text("The second person's password is not right.", "第二人的密码不正确。")


@dataclass(frozen=True, slots=True)
class Witness:
    """Who confirms, and the key opened for it."""

    user: str
    role: str
    sign: Signature


def witness(session: Session, name: str, password: str, *, manages: bool = True) -> Witness:
    """Somebody other than the session's user, who manages users here and gives the own password.

    Args:
        manages: False where anybody with an account confirms.

    Raises:
        NoSecondPerson: the same person, or nobody who may confirm.
        WrongPassword, TryLater: the password is not that person's.
    """
    try:
        user = accounts.folded(name)
    except UserNameRefused:
        raise NoSecondPerson from None
    with session.reading() as conn:
        account = next((a for a in accounts.accounts(conn) if a.user == user), None)
        until = accounts.last_day(conn, session.folder.chain, user)
    if (
        account is None
        or account.user == session.user
        or account.closed
        or not account.role
        or (until is not None and session.today() > until)
        or (manages and not _manages(session, account.role))
    ):
        raise NoSecondPerson
    try:
        return Witness(account.user, account.role, session.signer_of(account.user, password))
    except WrongPassword:
        raise SecondPasswordWrong from None


def _manages(session: Session, role: str) -> bool:
    return MANAGING in role_of(session.folder.kind, session.study, role).operations
