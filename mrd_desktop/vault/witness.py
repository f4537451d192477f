"""The second person of an act that nobody does alone: who it may be, and that person's signature.

The account is judged as it stands in the ledger now, then the own password opens the own key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mrd_desktop.texts import Text
from mrd_desktop.vault import accounts
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.errors import NoSecondPerson, UserNameRefused, WrongPassword
from mrd_desktop.vault.roles import MANAGING, role_of
from mrd_desktop.vault.session import Session, Signature


class SecondPasswordWrong(WrongPassword):
    """The one who asks gave the right password, the other one did not."""

    code = "second_password_wrong"
    template = Text("The second person's password is not right.", "第二人的密码不正确。")


class NoOtherPerson(NoSecondPerson):
    """An act that anybody else with an account confirms: the same person, or no such account."""

    code = "no_other_person"
    template = Text(
        "A second person has to confirm: somebody else with an account in use here, with the own "
        "name and password.",
        "须由第二人确认：请由本中心另一位账户在用的人员输入本人的用户名和密码。",
    )


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
        NoSecondPerson: the same person, or nobody who may confirm; ``NoOtherPerson`` where anybody
            with an account may.
        WrongPassword, TryLater: the password is not that person's.
    """
    refused = NoSecondPerson if manages else NoOtherPerson
    try:
        user = accounts.folded(name)
    except UserNameRefused:
        raise refused from None
    with session.reading() as conn:
        account = next((a for a in accounts.accounts(conn) if a.user == user), None)
        until = accounts.last_day(conn, session.folder.chain, user)
    if account is None or not _may_confirm(session, account, until, manages=manages):
        raise refused
    try:
        return Witness(account.user, account.role, session.signer_of(account.user, password))
    except WrongPassword:
        raise SecondPasswordWrong from None


def is_anybody_else(session: Session) -> bool:
    """Whether somebody other than the session's user manages users here and can confirm an act."""
    with session.reading() as conn:
        chain = session.folder.chain
        found = [(a, accounts.last_day(conn, chain, a.user)) for a in accounts.accounts(conn)]
    return any(_may_confirm(session, account, until) for account, until in found)


def _may_confirm(
    session: Session, account: Account, until: date | None, *, manages: bool = True
) -> bool:
    return not (
        account.user == session.user
        or account.closed
        or not account.role
        or (until is not None and session.today() > until)
        or (manages and not _manages(session, account.role))
    )


def _manages(session: Session, role: str) -> bool:
    return MANAGING in role_of(session.folder.kind, session.study, role).operations
