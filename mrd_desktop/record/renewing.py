"""The folder's keys replaced in words that name nobody: they travel with the record."""

from __future__ import annotations

from mrd_desktop.record.names import NamesAPerson, names_somebody
from mrd_desktop.vault import data_key, own_key
from mrd_desktop.vault.data_key import NewDataKey
from mrd_desktop.vault.own_key import NewKey
from mrd_desktop.vault.session import Session


def renew(
    session: Session, reason: str, password: str, *, second: str, second_password: str
) -> NewKey:
    """Replace the key as :func:`mrd_desktop.vault.own_key.rotate` does.

    Without the vault key, as for an administrator, only patterns of identifiers are found.

    Raises:
        NamesAPerson: the reason tells who a person is; nothing was done.
        PermissionDenied: and the other refusals of ``rotate``.
    """
    if own_key.may_rotate(session) and names_somebody(session, reason):
        raise NamesAPerson
    return own_key.rotate(session, reason, password, second=second, second_password=second_password)


def renew_data_key(session: Session, cause: str, password: str, words: str = "") -> NewDataKey:
    """Change the data key as :func:`mrd_desktop.vault.data_key.change` does.

    Raises:
        NamesAPerson: the words tell who a person is; nothing was done.
        PermissionDenied: and the other refusals of ``change``.
    """
    if data_key.may_change(session) and names_somebody(session, words):
        raise NamesAPerson
    return data_key.change(session, cause, password, words)
