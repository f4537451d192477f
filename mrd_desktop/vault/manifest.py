"""``site.json`` / ``store.json``: what stands outside the encrypted database; no secrets.

It names the study and site, how keys are derived, and holds one key slot per user under a salted
hash of the user's name. Canonical JSON; unknown or missing fields are refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.keys import from_base64, to_base64
from mrd_desktop.vault import destroyed
from mrd_desktop.vault.crypto import KdfParameters
from mrd_desktop.vault.errors import FolderDamaged, FolderOfNewerProgram, NotAFolder
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.storage import storage_errors

SUITE: Final = 1
_SLOT_TAG: Final = b"MRD-SLOT-v1\x00"
_LARGEST: Final = 1 << 20
SITE_NUMBER: Final = re.compile(r"[0-9]{2}", re.ASCII)
"""A site's number, which stands in names of files."""


class FolderKind(StrEnum):
    """A site's folder or a sponsor's store; the value is the file's ``format``."""

    SITE = "mrd-site/1"
    STORE = "mrd-store/1"

    @property
    def file_name(self) -> str:
        """Name of the manifest in the folder."""
        return "site.json" if self is FolderKind.SITE else "store.json"


class SlotKind(StrEnum):
    """What opens a slot: the user's password, or the one-time code before there is one."""

    PASSWORD = "password"  # noqa: S105 - a kind of slot
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Slot:
    """The wrapped keys of one user.

    Attributes:
        generation: of the data key that ``data`` holds.
        data: data key under the data KEK.
        vault: vault key under the vault KEK; only where the role holds it.
        sign, box: private Ed25519 and X25519 keys under the sign KEK; None before a password.
        next_data: present and next data key, sealed to ``box`` when the data key was changed.
        next_vault: the vault key, sealed to ``box`` by a holder, until the next sign-in.
        expires: stamp after which a one-time code opens nothing; empty for passwords.
    """

    kind: SlotKind
    kdf: KdfParameters
    salt: bytes
    generation: int
    data: bytes
    vault: bytes | None = None
    sign: bytes | None = None
    box: bytes | None = None
    next_data: bytes | None = None
    next_vault: bytes | None = None
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Recovery:
    """The recovery key's public half and what is sealed to it."""

    public: bytes
    serial: str
    data: bytes
    next_data: bytes | None = None
    vault: bytes | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole file.

    Attributes:
        generation: of the data key the database stands under.
        next_generation: set while the data key is being changed; then either may be right.
        log: X25519 public key to which failed sign-ins are sealed.
        training_vault: on training folders, the vault key under a key from the data key.
    """

    kind: FolderKind
    study: str
    site: str
    name: str
    training: bool
    chain: str
    generation: int
    salt: bytes
    recovery: Recovery
    log: bytes
    next_generation: int | None = None
    training_vault: bytes | None = None
    slots: Mapping[str, Slot] = field(default_factory=dict)

    def slot_name(self, user: str) -> str:
        """The name of a user's slot; ``user`` as folded by :func:`users.folded`."""
        digest = hashlib.sha256(_SLOT_TAG + self.salt + user.encode("utf-8")).digest()
        return digest[:16].hex()

    def context(self, slot_name: str, slot: Slot, part: str) -> bytes:
        """What a wrapped part of a slot is bound to; any change makes it unreadable."""
        return dumps(
            {
                "format": self.kind.value,
                "suite": SUITE,
                "site": self.site,
                "chain": self.chain,
                "slot": slot_name,
                "kind": slot.kind.value,
                "part": part,
                "kdf": _kdf_json(slot.kdf),
                "salt": to_base64(slot.salt),
                "generation": slot.generation,
                "expires": slot.expires,
            }
        )

    def sealed_context(self, what: str) -> bytes:
        """What a sealed box outside the slots' wraps is bound to."""
        return dumps({"format": self.kind.value, "chain": self.chain, "what": what})

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        return dumps(
            {
                "format": self.kind.value,
                "suite": SUITE,
                "study": self.study,
                "site": self.site,
                "name": self.name,
                "training": self.training,
                "chain": self.chain,
                "generation": self.generation,
                "next_generation": self.next_generation,
                "salt": to_base64(self.salt),
                "log": to_base64(self.log),
                "training_vault": _optional(self.training_vault),
                "recovery": {
                    "public": to_base64(self.recovery.public),
                    "serial": self.recovery.serial,
                    "data": to_base64(self.recovery.data),
                    "next_data": _optional(self.recovery.next_data),
                    "vault": _optional(self.recovery.vault),
                },
                "slots": {name: slot_json(slot) for name, slot in self.slots.items()},
            }
        )

    def write(self, folder: Path) -> None:
        """Replace the file in a folder, atomically; raises StorageError."""
        write_atomically(folder / self.kind.file_name, self.to_bytes() + b"\n")


def kind_of(folder: Path) -> FolderKind:
    """Whether a folder is a site's or a store.

    Raises:
        NotAFolder: neither.
    """
    for kind in FolderKind:
        if (folder / kind.file_name).is_file():
            return kind
    raise NotAFolder(folder.name)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder.

    Raises:
        NotAFolder: there is none.
        FolderOfNewerProgram: another format.
        FolderDamaged: unreadable, incomplete, or with key derivation parameters out of range.
        SiteDestroyed: it was condemned, and nothing of it opens.
    """
    destroyed.refuse(folder)
    kind = kind_of(folder)
    with storage_errors():
        data = first_bytes(folder / kind.file_name, _LARGEST)
    if len(data) > _LARGEST:
        raise FolderDamaged(kind.file_name)
    try:
        return _manifest(kind, loads(data.removesuffix(b"\n")))
    except (CanonicalError, _Shape):
        raise FolderDamaged(kind.file_name) from None


class _Shape(Exception):
    """A field that is missing, unknown or of another type."""


def _site(kind: FolderKind, text: str) -> str:
    fits = SITE_NUMBER.fullmatch(text) is not None if kind is FolderKind.SITE else not text
    if not fits:
        raise _Shape
    return text


class _Fields:
    """An object's fields, taken one by one; all must be taken."""

    def __init__(self, value: JSON) -> None:
        if not isinstance(value, Mapping):
            raise _Shape
        self._left = dict(value)

    def take(self, name: str) -> JSON:
        try:
            return self._left.pop(name)
        except KeyError:
            raise _Shape from None

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str):
            raise _Shape
        return value

    def number(self, name: str) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Shape
        return value

    def flag(self, name: str) -> bool:
        value = self.take(name)
        if not isinstance(value, bool):
            raise _Shape
        return value

    def data(self, name: str, length: int | None = None) -> bytes:
        value = from_base64(self.text(name))
        if value is None or (length is not None and len(value) != length):
            raise _Shape
        return value

    def optional_data(self, name: str) -> bytes | None:
        if self._left.get(name, 0) is None:
            self.take(name)
            return None
        return self.data(name)

    def end(self) -> None:
        if self._left:
            raise _Shape


def _manifest(kind: FolderKind, value: JSON) -> Manifest:
    fields = _Fields(value)
    found = fields.text("format")
    if found != kind.value or fields.number("suite") != SUITE:
        raise FolderOfNewerProgram(found[:40])
    chain = fields.text("chain")
    if ID.fullmatch(chain) is None:
        raise _Shape
    following = fields.take("next_generation")
    if following is not None and (not isinstance(following, int) or isinstance(following, bool)):
        raise _Shape
    inner = _Fields(fields.take("recovery"))
    recovery = Recovery(
        public=inner.data("public", 32),
        serial=inner.text("serial"),
        data=inner.data("data"),
        next_data=inner.optional_data("next_data"),
        vault=inner.optional_data("vault"),
    )
    inner.end()
    slots = fields.take("slots")
    if not isinstance(slots, Mapping):
        raise _Shape
    manifest = Manifest(
        kind=kind,
        study=fields.text("study"),
        site=_site(kind, fields.text("site")),
        name=fields.text("name"),
        training=fields.flag("training"),
        chain=chain,
        generation=fields.number("generation"),
        next_generation=following,
        salt=fields.data("salt"),
        log=fields.data("log", 32),
        training_vault=fields.optional_data("training_vault"),
        recovery=recovery,
        slots={name: _slot(slot) for name, slot in slots.items()},
    )
    fields.end()
    return manifest


def _slot(value: JSON) -> Slot:
    fields = _Fields(value)
    inner = _Fields(fields.take("kdf"))
    kdf = KdfParameters(inner.number("m"), inner.number("t"), inner.number("p"))
    inner.end()
    if not kdf.allowed:
        raise FolderDamaged("Argon2id")
    kind = fields.text("kind")
    if kind not in {k.value for k in SlotKind}:
        raise _Shape
    slot = Slot(
        kind=SlotKind(kind),
        kdf=kdf,
        salt=fields.data("salt", 16),
        generation=fields.number("generation"),
        data=fields.data("data"),
        vault=fields.optional_data("vault"),
        sign=fields.optional_data("sign"),
        box=fields.optional_data("box"),
        next_data=fields.optional_data("next_data"),
        next_vault=fields.optional_data("next_vault"),
        expires=fields.text("expires"),
    )
    fields.end()
    return slot


def slot_json(slot: Slot) -> JSON:
    """A slot as it stands in the file."""
    return {
        "kind": slot.kind.value,
        "kdf": _kdf_json(slot.kdf),
        "salt": to_base64(slot.salt),
        "generation": slot.generation,
        "data": to_base64(slot.data),
        "vault": _optional(slot.vault),
        "sign": _optional(slot.sign),
        "box": _optional(slot.box),
        "next_data": _optional(slot.next_data),
        "next_vault": _optional(slot.next_vault),
        "expires": slot.expires,
    }


def _kdf_json(kdf: KdfParameters) -> JSON:
    return {"m": kdf.memory, "t": kdf.passes, "p": kdf.lanes}


def _optional(data: bytes | None) -> str | None:
    return None if data is None else to_base64(data)
