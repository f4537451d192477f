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
"""Setting, with the slot's name: the salt, which tells this slot from others, and the key."""


def note(conn: Connection, slot_name: str, slot: Slot, private: bytes) -> None:
    """Keep the public key of a slot, before the file has it.

    Args:
        private: the slot's X25519 private key.
    """
    public = to_base64(crypto.box_public(private))
    schema.put_setting(conn, _OF_SLOT + slot_name, f"{to_base64(slot.salt)} {public}")


def of(conn: Connection, manifest: Manifest, account: Account) -> str:
    """Public X25519 key (base64) of a user's slot; empty where it has none, as behind a code."""
    name = manifest.slot_name(account.user)
    slot = manifest.slots.get(name)
    if slot is None or slot.box is None:
        return ""
    salt, _, public = (schema.setting(conn, _OF_SLOT + name) or "").partition(" ")
    return public if salt == to_base64(slot.salt) else account.box
