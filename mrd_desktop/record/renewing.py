"""The folder's key replaced for a reason that names nobody: the reason travels with the record."""

from __future__ import annotations

from mrd_desktop.record.names import NamesAPerson, names_somebody
from mrd_desktop.vault import own_key
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
