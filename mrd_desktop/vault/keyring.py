"""Key slots: from a user's password to the keys it opens, and back.

One Argon2id run gives three key-encryption keys. The data key, the vault key and the user's own
keys stand under different ones, so that a slot without a vault wrap opens no identity data, and
nothing but the user's password opens the user's signing key.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.vault import crypto
from mrd_desktop.vault.crypto import KdfParameters, Keks, Unopened
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.manifest import Manifest, Slot, SlotKind

NEXT_DATA = "next-data"
NEXT_VAULT = "next-vault"


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The opened keys of one user.

    Attributes:
        data: the data key; or the present and the next one, for a slot that waits for a change.
        vault: the vault key where the slot holds it.
        sign: the user's signing key; None behind a one-time code.
        box: the user's X25519 private key; None behind a one-time code.
    """

    data: tuple[bytes, ...]
    vault: bytes | None = None
    sign: SigningKey | None = None
    box: bytes | None = None

    def under(self, data_key: bytes) -> Keyring:
        """With the data key in force alone, whatever the slot opens that these keys come from."""
        return replace(self, data=(data_key,))


def new_slot(
    manifest: Manifest,
    slot_name: str,
    secret: str,
    keyring: Keyring,
    kdf: KdfParameters,
    *,
    kind: SlotKind = SlotKind.PASSWORD,
    expires: str = "",
) -> Slot:
    """A slot that opens ``keyring`` by ``secret``, with a fresh salt.

    Args:
        keyring: with the one data key in force.

    Raises:
        ValueError: with two, as a slot opens them that waits for a change of key.
    """
    salt = secrets.token_bytes(crypto.SALT_BYTES)
    bare = Slot(kind, kdf, salt, manifest.generation, b"", expires=expires)
    return _filled(manifest, slot_name, bare, crypto.derive(secret, salt, kdf), keyring)


def open_slot(manifest: Manifest, slot_name: str, secret: str) -> Keyring:
    """What a password or one-time code opens.

    An unknown slot costs the same Argon2id run and gives the same answer as a wrong password.

    Raises:
        WrongPassword: unknown slot, wrong secret, or a slot that was tampered with.
    """
    slot = manifest.slots.get(slot_name)
    if slot is None:
        crypto.derive(secret, bytes(crypto.SALT_BYTES), _usual(manifest))
        raise WrongPassword
    keks = crypto.derive(secret, slot.salt, slot.kdf)
    try:
        return _opened(manifest, slot_name, slot, keks)
    except Unopened:
        raise WrongPassword from None


def rewrapped(manifest: Manifest, slot_name: str, secret: str, keyring: Keyring) -> Slot:
    """The slot of a user who is signing in, under the present generation, nothing pending.

    Raises:
        WrongPassword: the secret does not open the slot as it stands.
    """
    slot = manifest.slots[slot_name]
    keks = crypto.derive(secret, slot.salt, slot.kdf)
    try:
        _opened(manifest, slot_name, slot, keks)
    except Unopened:
        raise WrongPassword from None
    bare = Slot(slot.kind, slot.kdf, slot.salt, manifest.generation, b"", expires=slot.expires)
    return _filled(manifest, slot_name, bare, keks, keyring)


def _filled(manifest: Manifest, name: str, bare: Slot, keks: Keks, keyring: Keyring) -> Slot:
    def part(key: bytes, secret: bytes | None, what: str) -> bytes | None:
        if secret is None:
            return None
        return crypto.wrap(key, secret, manifest.context(name, bare, what))

    (data,) = keyring.data  # the first of two would be the former one, which opens nothing
    sign = keyring.sign.to_bytes() if keyring.sign else None
    return replace(
        bare,
        data=crypto.wrap(keks.data, data, manifest.context(name, bare, "data")),
        vault=part(keks.vault, keyring.vault, "vault"),
        sign=part(keks.sign, sign, "sign"),
        box=part(keks.sign, keyring.box, "box"),
    )


def _opened(manifest: Manifest, name: str, slot: Slot, keks: Keks) -> Keyring:
    def part(key: bytes, wrapped: bytes | None, what: str) -> bytes | None:
        if wrapped is None:
            return None
        return crypto.unwrap(key, wrapped, manifest.context(name, slot, what))

    data = crypto.unwrap(keks.data, slot.data, manifest.context(name, slot, "data"))
    sign = part(keks.sign, slot.sign, "sign")
    box = part(keks.sign, slot.box, "box")
    vault = part(keks.vault, slot.vault, "vault")
    keys: tuple[bytes, ...] = (data,)
    if box is not None and slot.next_data is not None:
        both = crypto.unseal(box, slot.next_data, manifest.sealed_context(NEXT_DATA))
        keys = (both[: crypto.KEY_BYTES], both[crypto.KEY_BYTES :])
    elif slot.generation != manifest.generation:
        # Kept from before a change of the data key in which it had no part.
        raise Unopened
    if vault is None and box is not None and slot.next_vault is not None:
        vault = crypto.unseal(box, slot.next_vault, manifest.sealed_context(NEXT_VAULT))
    return Keyring(
        data=keys,
        vault=vault,
        sign=SigningKey.from_bytes(sign) if sign is not None else None,
        box=box,
    )


def _usual(manifest: Manifest) -> KdfParameters:
    costs = (slot.kdf for slot in manifest.slots.values())
    return max(costs, key=lambda kdf: kdf.memory, default=crypto.FLOOR)
