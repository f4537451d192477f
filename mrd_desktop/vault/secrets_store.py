"""The folder's own keys inside the encrypted database, each wrapped again under the data key."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from mrd_desktop.vault import crypto
from mrd_desktop.vault.crypto import Unopened

SIGN: Final = "sign"
"""Ed25519 key of the folder (packages, receipts)."""

AGE: Final = "age"
"""age identity of the folder (archives; what sites send to a store)."""

FORMER_SIGN: Final = "sign.former"
"""The signing key before, until what it signs last has gone out; mostly there is none."""

FORMER_AGE: Final = "age.former"
"""age identities before, a line each, newest first; there is none where no key was replaced."""

LOG: Final = "log"
"""X25519 key to which failed sign-ins are sealed."""

_NAMES: Final = (SIGN, AGE, LOG, FORMER_SIGN, FORMER_AGE)


def put(conn: Connection, data_key: bytes, name: str, secret: bytes) -> None:
    """Store a secret."""
    wrapped = crypto.wrap(_kek(data_key), secret, name.encode())
    conn.exec_driver_sql(
        "INSERT INTO vault_secret VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET wrapped = excluded.wrapped",
        (name, wrapped),
    )


def get(conn: Connection, data_key: bytes, name: str) -> bytes:
    """Read a secret; raises :class:`crypto.Unopened` where it was tampered with."""
    wrapped = conn.exec_driver_sql(
        "SELECT wrapped FROM vault_secret WHERE name = ?", (name,)
    ).scalar_one()
    return crypto.unwrap(_kek(data_key), wrapped, name.encode())


def maybe(conn: Connection, data_key: bytes, name: str) -> bytes | None:
    """As :func:`get`; None where there is none."""
    found = conn.exec_driver_sql("SELECT 1 FROM vault_secret WHERE name = ?", (name,)).first()
    return None if found is None else get(conn, data_key, name)


def drop(conn: Connection, name: str) -> None:
    """Forget a secret."""
    conn.exec_driver_sql("DELETE FROM vault_secret WHERE name = ?", (name,))


def rewrap(conn: Connection, old: bytes, new: bytes) -> None:
    """Put every secret under another data key; one that already is stays."""
    for name in _NAMES:
        try:
            secret = maybe(conn, old, name)
        except Unopened:
            get(conn, new, name)
        else:
            if secret is not None:
                put(conn, new, name, secret)


def _kek(data_key: bytes) -> bytes:
    return crypto.expand(data_key, b"mrd/kek/folder/v1")
