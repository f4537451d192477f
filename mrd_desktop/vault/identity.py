"""The identity vault: private content under one sub-key per subject, these under the vault key.

Destroying a subject's sub-key destroys the link to the person, while the chain, which holds only
commitments, still verifies.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.errors import SealBroken, SealLost
from mrd_desktop.vault import crypto
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import LinkGone

_SELECT = "SELECT wrapped FROM vault_key WHERE subject = ?"
_INSERT = "INSERT INTO vault_key VALUES (?, ?)"


class IdentityBox:
    """Seals and opens private content for one chain (a ledger ``PrivateBox``).

    Args:
        connection: gives the connection on which sub-keys are looked up and made.
    """

    def __init__(
        self,
        vault_key: bytes,
        chain: str,
        connection: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._vault_key: Final = vault_key
        self._chain: Final = chain
        self._connection: Final = connection
        self._subkeys: Final[dict[str, bytes]] = {}

    def seal(self, owner: str, chain: str, seq: int, data: bytes, /) -> bytes:
        """Private bytes for one place of the ledger; makes the owner's sub-key if it has none."""
        return crypto.wrap(self._subkey(owner, make=True), data, _place(owner, chain, seq))

    def open(self, owner: str, chain: str, seq: int, data: bytes, /) -> bytes:
        """The inverse.

        Raises:
            SealBroken: altered, or from another place.
            SealLost: the owner's sub-key was destroyed.
        """
        try:
            return crypto.unwrap(self._subkey(owner), data, _place(owner, chain, seq))
        except _NoSubkey:
            raise SealLost(str(seq)) from None
        except Unopened:
            raise SealBroken(str(seq)) from None

    def _subkey(self, owner: str, *, make: bool = False) -> bytes:
        if owner not in self._subkeys:
            context = dumps({"what": "subject-key", "chain": self._chain, "subject": owner})
            with self._connection() as conn:
                row = conn.exec_driver_sql(_SELECT, (owner,)).first()
                if row is not None and not row[0]:
                    if make:
                        raise LinkGone(owner)
                    raise _NoSubkey
                if row is not None:
                    self._subkeys[owner] = crypto.unwrap(self._vault_key, row[0], context)
                elif make:
                    key = secrets.token_bytes(crypto.KEY_BYTES)
                    wrapped = crypto.wrap(self._vault_key, key, context)
                    conn.exec_driver_sql(_INSERT, (owner, wrapped))
                    self._subkeys[owner] = key
                else:
                    raise _NoSubkey
        return self._subkeys[owner]


def destroy_subkey(conn: Connection, owner: str) -> None:
    """Leave nothing that opens an owner's private content, and let no new key be made for it.

    What other computers of the site recorded is sealed with the same sub-key here.
    """
    conn.exec_driver_sql(
        "INSERT INTO vault_key VALUES (?, ?) ON CONFLICT DO UPDATE SET wrapped = excluded.wrapped",
        (owner, b""),
    )


def link_destroyed(conn: Connection, owner: str) -> bool:
    """Whether the link to an owner was destroyed here."""
    row = conn.exec_driver_sql(_SELECT, (owner,)).first()
    return row is not None and not row[0]


def seal_draft(vault_key: bytes, owner: str, data: bytes) -> bytes:
    """Unsaved private typing of one owner, under a key of its own from the vault key."""
    return crypto.wrap(crypto.expand(vault_key, b"mrd/draft/v1"), data, owner.encode("utf-8"))


def open_draft(vault_key: bytes, owner: str, data: bytes) -> bytes:
    """The inverse.

    Raises:
        SealBroken: altered, or another owner's.
    """
    try:
        return crypto.unwrap(crypto.expand(vault_key, b"mrd/draft/v1"), data, owner.encode("utf-8"))
    except Unopened:
        raise SealBroken("draft") from None


class _NoSubkey(Exception):
    pass


def _place(owner: str, chain: str, seq: int) -> bytes:
    return dumps({"what": "private", "chain": chain, "owner": owner, "seq": seq})
