"""The identity-vault key: how it comes to be, and into whose hands.

It is made at the first sign-in of a role that may hold it and sealed to the recovery key. On a
live site a later holder gets it only from a present one; on a training site it also stands under
a key from the data key.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from mrd_desktop.study.model import Role
from mrd_desktop.vault import crypto
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import FolderDamaged
from mrd_desktop.vault.keyring import NEXT_VAULT, Keyring
from mrd_desktop.vault.manifest import Manifest
from mrd_desktop.vault.recovery import VAULT

_TRAINING: Final = "training-vault"


def vault_key(manifest: Manifest, keyring: Keyring, data_key: bytes, role: Role) -> bytes | None:
    """The vault key that a user holds; None for a role without it, or before it was granted.

    Raises:
        FolderDamaged: a training folder whose wrap does not open.
    """
    if not role.vault:
        return None
    if manifest.training_vault is None:
        return keyring.vault
    try:
        return crypto.unwrap(
            _training_kek(data_key), manifest.training_vault, manifest.sealed_context(_TRAINING)
        )
    except Unopened:
        raise FolderDamaged(manifest.kind.file_name) from None


def with_new_vault(manifest: Manifest, data_key: bytes) -> tuple[Manifest, bytes]:
    """A manifest with a fresh vault key sealed to the recovery key, and the key."""
    key = secrets.token_bytes(crypto.KEY_BYTES)
    sealed = crypto.seal(manifest.recovery.public, key, manifest.sealed_context(VAULT))
    made = replace(manifest, recovery=replace(manifest.recovery, vault=sealed))
    if made.training:
        wrapped = crypto.wrap(_training_kek(data_key), key, manifest.sealed_context(_TRAINING))
        made = replace(made, training_vault=wrapped)
    return made, key


def under_new_key(manifest: Manifest, old: bytes, new: bytes) -> Manifest:
    """A training manifest after a change of the data key; a live one is not touched."""
    if manifest.training_vault is None:
        return manifest
    context = manifest.sealed_context(_TRAINING)
    key = crypto.unwrap(_training_kek(old), manifest.training_vault, context)
    return replace(manifest, training_vault=crypto.wrap(_training_kek(new), key, context))


def handed_on(manifest: Manifest, slot_name: str, box: bytes, key: bytes) -> Manifest:
    """A manifest in which a user finds the vault key at the next sign-in.

    Args:
        box: the user's X25519 public key as enrolled in the ledger.
    """
    slot = manifest.slots[slot_name]
    sealed = crypto.seal(box, key, manifest.sealed_context(NEXT_VAULT))
    return replace(manifest, slots={**manifest.slots, slot_name: replace(slot, next_vault=sealed)})


def _training_kek(data_key: bytes) -> bytes:
    return crypto.expand(data_key, b"mrd/kek/training-vault/v1")
