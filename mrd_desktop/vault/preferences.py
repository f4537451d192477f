"""How a user likes to work at this site: small choices that are neither records nor secrets.

They stand in the encrypted file under the user's name, come back at each sign-in, travel nowhere
and are never needed to read what was recorded.
"""

from __future__ import annotations

from mrd_desktop.vault import schema
from mrd_desktop.vault.session import Session


def preference(session: Session, name: str) -> str | None:
    """What the signed-in user chose, None where nothing was chosen yet."""
    with session.reading() as conn:
        return schema.setting(conn, _key(session, name))


def prefer(session: Session, name: str, value: str) -> None:
    """Keep a choice of the signed-in user.

    Raises:
        StorageError: nothing was kept.
    """
    with session.writing() as conn:
        schema.put_setting(conn, _key(session, name), value)


def _key(session: Session, name: str) -> str:
    return f"user/{session.user}/{name}"
