"""A key confirmed in words that name no subject: by them the whole record travels or stays here."""

from __future__ import annotations

from mrd_desktop.record.names import NamesAPerson, names_somebody
from mrd_desktop.vault import confirming
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session


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

    A sponsor whom a site's words kept from the record would never learn that the key is confirmed.
    Without the vault key, as for an administrator, only patterns of identifiers are found.

    Raises:
        NamesAPerson: the place on the delegation log or the reason, which ``said`` of its
            parameters tells, says who a subject is; nothing was done.
        PermissionDenied: and the other refusals of ``confirming.confirm_user``.
    """
    for said, words in (("delegation", delegation), ("exception", exception)):
        if words and session.allows(MANAGING) and names_somebody(session, words):
            raise NamesAPerson(said=said)
    confirming.confirm_user(
        session, name, document, delegation=delegation, second=second,
        second_password=second_password, exception=exception,
    )  # fmt: skip
