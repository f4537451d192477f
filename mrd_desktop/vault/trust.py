"""Public keys from outside: sponsors pinned at a site, sites pinned at a store.

A pin is made by a person who compared the fingerprint, and is a record. The signature of the key
before alone moves it only inside a package, reply or hand-over file. Training trusts only
training. A replaced key stays in the list, inactive, so that what it signed can still be checked.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyrage
from sqlalchemy import Connection

from mrd_desktop.ledger import rotations
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.keys import PublicKey, SigningKey
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import TrustError
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Folder, Session

SITE_PUB = "site.pub"
SPONSOR_PUB = "sponsor.pub"
_LARGEST = 16_384
PRACTICE_CHAIN: Final = "rnbzwldwnmvbakdkm3yigl5o3q"
"""Chain of the practice recipient; no store has it."""
_FIELDS = frozenset({"format", "study", "site", "name", "training", "chain", "sign", "age"})


class Holder(StrEnum):
    """Whose key it is; the value is the ``format`` of its file."""

    SITE = "mrd-site/1"
    SPONSOR = "mrd-sponsor/1"


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What ``site.pub`` or ``sponsor.pub`` says.

    Attributes:
        site: site number; empty for a sponsor.
        chain: the folder's own chain.
        sign: Ed25519 public key, not a weak one.
        age: age recipient (``age1…``).
    """

    holder: Holder
    study: str
    site: str
    name: str
    training: bool
    chain: str
    sign: PublicKey
    age: str

    @property
    def fingerprint(self) -> str:
        """The key's id, to be compared over another channel."""
        return self.sign.id

    def to_bytes(self) -> bytes:
        """The file's bytes."""
        value = {
            "format": self.holder.value,
            "study": self.study,
            "site": self.site,
            "name": self.name,
            "training": self.training,
            "chain": self.chain,
            "sign": self.sign.to_base64(),
            "age": self.age,
        }
        return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned key; ``active`` until it is replaced."""

    holder: Holder
    site: str
    chain: str
    sign: PublicKey
    age: str
    active: bool

    @property
    def practice(self) -> bool:
        """It stands for a sponsor while exports are practised: nobody holds its private keys."""
        return self.chain == PRACTICE_CHAIN


def identity_of(folder: Folder, sign: PublicKey, age: str) -> PublicIdentity:
    """A folder's own public identity."""
    holder = Holder.SITE if folder.kind is FolderKind.SITE else Holder.SPONSOR
    return PublicIdentity(
        holder, folder.study, folder.site, folder.name, folder.training, folder.chain, sign, age
    )


def read_identity(data: bytes) -> PublicIdentity:
    """The content of a ``.pub`` file.

    Raises:
        TrustError: no such file, or a key under which anybody could sign.
    """
    try:
        value = json.loads(data) if len(data) <= _LARGEST else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise TrustError(_NO_FILE)
    texts = {k: v for k, v in value.items() if isinstance(v, str)}
    known = {h.value for h in Holder}
    if len(texts) != len(_FIELDS) - 1 or not isinstance(value["training"], bool):
        raise TrustError(_NO_FILE)
    if texts["format"] not in known or ID.fullmatch(texts["chain"]) is None:
        raise TrustError(_NO_FILE)
    try:
        sign = PublicKey.from_base64(texts["sign"])
        pyrage.x25519.Recipient.from_str(texts["age"])
    except (WeakKeyError, pyrage.RecipientError):
        raise TrustError(_WEAK) from None
    return PublicIdentity(
        Holder(texts["format"]), texts["study"], texts["site"], texts["name"], value["training"],
        texts["chain"], sign, texts["age"],
    )  # fmt: skip


def pin(
    session: Session, data: bytes, *, replace: bool = False, compared: str | None = None
) -> PublicIdentity:
    """Pin the key of a ``.pub`` file, or follow a change of a key that the trusted one signed.

    Args:
        compared: id of the new key of a change, as a person compared it with its owner.
        replace: the chain (or, at a site, the sponsor) may come with a new key instead of the
            pinned one, which becomes inactive.

    Raises:
        PermissionDenied: the role may not manage trust.
        TrustError: wrong kind, study or mode, a weak key, a second key without ``replace``, or
            a change whose new key nobody compared.
    """
    session.require("trust.manage")
    rotation = rotation_in(data)
    if rotation is not None:

        def change(conn: Connection) -> tuple[Entry, ...]:
            made = followed(session.folder, rotation, pins_on(conn))
            if made:
                require_compared(rotation.key, compared)
            return made

        session.commit(change)
        return identity_after(rotation)
    identity = read_identity(data)

    def entries(conn: Connection) -> tuple[Entry, ...]:
        return pinned(session.folder, identity, pins_on(conn), replace=replace)

    session.commit(entries)
    return identity


def require_compared(key: PublicKey, compared: str | None) -> None:
    """What moves trust by a file alone was compared: a stolen key signs as its owner does.

    Raises:
        TrustError: nobody compared it, or another key.
    """
    if compared != key.id:
        raise TrustError(_UNCOMPARED.filled(key=key.id))


def practice_recipient(study: str) -> PublicIdentity:
    """Somebody to seal packages for in a training site that knows no sponsor.

    The private keys are thrown away here: what is sealed for it alone opens only with the site's
    own keys, and nobody can send a reply in its name.
    """
    sign, age = SigningKey.generate(), pyrage.x25519.Identity.generate()
    return PublicIdentity(
        Holder.SPONSOR, study, "", "", True, PRACTICE_CHAIN, sign.public, str(age.to_public())
    )


def recipients(held: tuple[Pin, ...]) -> tuple[Pin, ...]:
    """For whom packages of a site are sealed: its sponsors, the practice recipient without any."""
    active = tuple(p for p in held if p.active and p.holder is Holder.SPONSOR)
    return tuple(p for p in active if not p.practice) or active


def pinned(
    folder: Folder,
    identity: PublicIdentity,
    held: tuple[Pin, ...],
    *,
    replace: bool = False,
    wanted: Holder | None = None,
) -> tuple[Entry, ...]:
    """The entries that pin a key; none if it is pinned already.

    Args:
        wanted: whose key it is to be, where it is not the other side's.

    Raises:
        TrustError: as :func:`pin`.
    """
    if wanted is None:
        wanted = Holder.SPONSOR if folder.kind is FolderKind.SITE else Holder.SITE
    if identity.holder is not wanted:
        raise TrustError(_WRONG_HOLDER)
    if identity.study != folder.study:
        raise TrustError(_WRONG_STUDY)
    if identity.training != folder.training:
        raise TrustError(_MODE)
    if identity.chain == PRACTICE_CHAIN and not folder.training:
        raise TrustError(_MODE)
    active = [p for p in held if p.active]
    if any(p.sign == identity.sign and p.chain == identity.chain for p in active):
        return ()
    if any(p.sign == identity.sign for p in held):
        raise TrustError(_USED)
    # A site trusts one or more sponsors' stores, a store one key per chain of a site.
    former = next((p for p in active if p.chain == identity.chain), None)
    if former is not None and not replace:
        raise TrustError(_SECOND)
    content: dict[str, JSON] = {
        "holder": identity.holder.value,
        "site": identity.site,
        "chain": identity.chain,
        "key": identity.fingerprint,
        "public": identity.sign.to_base64(),
        "recipient": identity.age,
        "replaces": None if former is None else former.sign.id,
    }
    return (Entry(Kind.TRUST_PINNED, RecordClass.CODED, content),)


def followed(
    folder: Folder,
    rotation: Rotation,
    held: tuple[Pin, ...],
    *,
    wanted: Holder | None = None,
) -> tuple[Entry, ...]:
    """The entries that pin a new key for which the trusted one has signed; none if it is known.

    Whoever was trusted says it. Whether that is enough, the caller knows: it is where the same
    package or reply is signed by that key.

    Args:
        wanted: as in :func:`pinned`.

    Raises:
        TrustError: of another study, mode or kind, or not signed by the key trusted here.
    """
    if wanted is None:
        wanted = Holder.SPONSOR if folder.kind is FolderKind.SITE else Holder.SITE
    if rotation.holder != wanted.value:
        raise TrustError(_WRONG_HOLDER)
    if rotation.study != folder.study:
        raise TrustError(_WRONG_STUDY)
    if rotation.training != folder.training:
        raise TrustError(_MODE)
    mine = [
        p for p in held if (p.holder, p.site, p.chain) == (wanted, rotation.site, rotation.chain)
    ]
    if any(p.sign == rotation.key for p in mine):
        return ()
    if not any(p.active and p.sign == rotation.old for p in mine):
        raise TrustError(NOT_SIGNED)
    content: dict[str, JSON] = {
        "holder": rotation.holder,
        "site": rotation.site,
        "chain": rotation.chain,
        "key": rotation.key.id,
        "public": rotation.key.to_base64(),
        "recipient": rotation.recipient,
        "replaces": rotation.old.id,
        "rotation": rotation.signed(),
    }
    return (Entry(Kind.TRUST_PINNED, RecordClass.CODED, content),)


def ancestors(conn: Connection, chain: str, key: bytes) -> tuple[bytes, ...]:
    """A key trusted here, and those before it that signed for their successor, newest first.

    Args:
        chain: this folder's own.
    """
    rows = conn.exec_driver_sql(_ROTATIONS, (chain,)).scalars().all()
    before: dict[bytes, bytes] = {}
    for payload in rows:
        with suppress(NoRotation):
            found = rotations.read(json.loads(payload)["rotation"])
            before[found.key.raw] = found.old.raw
    line = [key]
    while line[-1] in before and before[line[-1]] not in line:
        line.append(before[line[-1]])
    return tuple(line)


def rotation_in(data: bytes) -> Rotation | None:
    """The change of a key that a file tells of; None for another file."""
    try:
        found = rotations.from_bytes(data)
    except NoRotation:
        return None
    return found if found.holder in set(Holder) else None


def identity_after(rotation: Rotation) -> PublicIdentity:
    """Whose key it is that follows; its name is not told."""
    return PublicIdentity(
        Holder(rotation.holder), rotation.study, rotation.site, "", rotation.training,
        rotation.chain, rotation.key, rotation.recipient,
    )  # fmt: skip


_ROTATIONS: Final = (
    "SELECT o.payload FROM ledger_chain c JOIN ledger_opening o ON o.chain_no = c.no"
    " WHERE c.chain = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'trust.pinned'"
    " AND json_extract(CAST(o.payload AS TEXT), '$.rotation') IS NOT NULL ORDER BY o.seq"
)


def pins(session: Session) -> tuple[Pin, ...]:
    """All pinned keys, inactive ones included, in the order in which they were pinned."""
    with session.reading() as conn:
        return pins_on(conn)


def pins_on(conn: Connection) -> tuple[Pin, ...]:
    """As :func:`pins`, inside a transaction."""
    rows = conn.exec_driver_sql(
        "SELECT holder, site, chain, public, recipient, active FROM vault_pin ORDER BY seq"
    )
    return tuple(
        Pin(Holder(holder), site, chain, PublicKey.from_base64(public), age, bool(active))
        for holder, site, chain, public, age, active in rows
    )


_NO_FILE = Text(
    "it is no site.pub or sponsor.pub of this program.",
    "它不是本程序的 site.pub 或 sponsor.pub 文件。",
)
_WEAK = Text("its key is not safe to use. Ask for a new file.", "其中的密钥不安全，请索取新文件。")
_WRONG_HOLDER = Text(
    "a site trusts a sponsor.pub, a sponsor's store a site.pub.",
    "研究中心应信任 sponsor.pub，申办方库应信任 site.pub。",
)
_WRONG_STUDY = Text("it belongs to another study.", "它属于另一项研究。")
_MODE = Text(
    "training folders trust only training keys, and live ones only live keys.",
    "培训用文件夹只信任培训用密钥，正式文件夹只信任正式密钥。",
)
_USED = Text("this key was replaced before and stays so.", "此密钥此前已被替换，不能再次启用。")
NOT_SIGNED: Final = Text(
    "the key trusted here did not sign for the new one. Compare its fingerprint by telephone, then "
    "replace the key explicitly.",
    "新密钥未经此处信任的密钥签名。请电话核对其指纹，然后明确选择替换。",
)
_UNCOMPARED: Final = Text(
    "the former key signed for it, which somebody who stole that key can do as well. Compare the "
    "fingerprint {key} with its owner by telephone first; by command give it with --compared.",
    "该新密钥虽由原密钥签名，但窃得原密钥者同样能签名。请先与对方电话核对指纹 {key}；"
    "命令行用 --compared 给出。",
)
_SECOND = Text(
    "another key is trusted for this sender. If the key was lost, replace it explicitly.",
    "已信任该发送方的另一密钥。如原密钥遗失，请明确选择替换。",
)
