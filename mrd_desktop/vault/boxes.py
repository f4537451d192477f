"""The key to which something is sealed for a user: that of the slot, which records may lag behind.

A first password, a reset or the recovery sheet gives a slot a new X25519 key. Its record may come
later, where the clock was behind or the power failed in between. What another person seals for that
user meanwhile has to open with the slot as it stands, or the slot opens nothing any more.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.keys import to_base64
from mrd_desktop.vault import crypto, schema
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.manifest import Manifest, Slot

_OF_SLOT: Final = "box."
"""Setting, with the slot's name, a line for each: the salt, which tells this slot from others, and
the key. The line of the slot that is in the file stays, for the next one may not come to be.
"""


def note(conn: Connection, manifest: Manifest, slot_name: str, slot: Slot, private: bytes) -> None:
    """Keep the public key of a slot, before the file has it.

    Args:
        manifest: the file as it stands.
        private: the slot's X25519 private key.
    """
    present = manifest.slots.get(slot_name)
    known = _lines(conn, slot_name)
    lines = {to_base64(slot.salt): to_base64(crypto.box_public(private))}
    if present is not None and to_base64(present.salt) in known:
        salt = to_base64(present.salt)
        lines = {salt: known[salt], **lines}
    told = "\n".join(f"{salt} {public}" for salt, public in lines.items())
    schema.put_setting(conn, _OF_SLOT + slot_name, told)


def of(conn: Connection, manifest: Manifest, account: Account) -> str:
    """Public X25519 key (base64) of a user's slot; empty where it has none, as behind a code."""
    name = manifest.slot_name(account.user)
    slot = manifest.slots.get(name)
    if slot is None or slot.box is None:
        return ""
    return _lines(conn, name).get(to_base64(slot.salt), account.box)


def _lines(conn: Connection, slot_name: str) -> dict[str, str]:
    """Public keys by salts."""
    told = (schema.setting(conn, _OF_SLOT + slot_name) or "").splitlines()
    return {salt: public for salt, _, public in (line.partition(" ") for line in told)}
