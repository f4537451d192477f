"""Acts on accounts, in words that name no subject.

A record whose words name somebody stays at the site as a whole. The sponsor would go on without the
role, the name, the confirmation or the end of the account that it tells of.
"""

from __future__ import annotations

from datetime import date

from mrd_desktop.record.names import NamesAPerson, names_somebody
from mrd_desktop.vault import confirming, users
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.users import NewUser


def add_user(
    session: Session,
    name: str,
    role: str,
    *,
    password: str | None = None,
    exception: str = "",
    until: date | None = None,
    full_name: str = "",
) -> NewUser:
    """Make an account as :func:`mrd_desktop.vault.users.add_user` does.

    Raises:
        NamesAPerson: the reason of an exception says who a subject is; nothing was done.
        PermissionDenied: and the other refusals of ``users.add_user``.
    """
    _refuse_names(session, exception=exception)
    return users.add_user(
        session, name, role, password=password, exception=exception, until=until,
        full_name=full_name,
    )  # fmt: skip


def grant_role(
    session: Session, name: str, role: str, *, exception: str = "", until: date | None = None
) -> None:
    """Move a user into another role as :func:`mrd_desktop.vault.users.grant_role` does.

    Raises:
        NamesAPerson: the reason of an exception says who a subject is; nothing was done.
        PermissionDenied: and the other refusals of ``users.grant_role``.
    """
    _refuse_names(session, exception=exception)
    users.grant_role(session, name, role, exception=exception, until=until)


def name_user(session: Session, name: str, full_name: str, reason: str) -> None:
    """Give an account its printed name as :func:`mrd_desktop.vault.users.name_user` does.

    Raises:
        NamesAPerson: the reason says who a subject is; nothing was done.
        PermissionDenied: and the other refusals of ``users.name_user``.
    """
    _refuse_names(session, reason=reason)
    users.name_user(session, name, full_name, reason)


def close_user(session: Session, name: str, reason: str) -> tuple[str, ...]:
    """Close an account as :func:`mrd_desktop.vault.users.close_user` does.

    Raises:
        NamesAPerson: the reason says who a subject is; nothing was done.
        PermissionDenied: and the other refusals of ``users.close_user``.
    """
    _refuse_names(session, reason=reason)
    return users.close_user(session, name, reason)


def confirm_user(
    session: Session,
    name: str,
    document: str = "",
    *,
    delegation: str = "",
    second: str = "",
    second_password: str = "",
    exception: str = "",
) -> None:
    """Confirm a key as :func:`mrd_desktop.vault.confirming.confirm_user` does.

    Raises:
        NamesAPerson: the place on the delegation log or the reason says who a subject is; nothing
            was done.
        PermissionDenied: and the other refusals of ``confirming.confirm_user``.
    """
    _refuse_names(session, delegation=delegation, exception=exception)
    confirming.confirm_user(
        session, name, document, delegation=delegation, second=second,
        second_password=second_password, exception=exception,
    )  # fmt: skip


def _refuse_names(session: Session, **given: str) -> None:
    """Go on only with words that name nobody; who may not act at all is told that instead.

    Without the vault key, as for an administrator, only patterns of identifiers are found.

    Raises:
        NamesAPerson: they do; ``said`` of its parameters tells which.
    """
    for said, words in given.items():
        if words and session.allows(MANAGING) and names_somebody(session, words):
            raise NamesAPerson(said=said)
