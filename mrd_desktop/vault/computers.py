"""The other computers of the same site: cards of their keys, and who is known here.

A card is handed over as a file and added by the site administrator, who compares its fingerprint.
A live site adds only a computer that the sponsor's activation file names for it. A computer that
changes its key is followed by what the key known here signed: in a hand-over file, whose records
tell of it, without a word; by a card or a file alone once the new fingerprint was compared.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import rotations, sshsig, store
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Entry
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.texts import Text
from mrd_desktop.vault import crypto, trust
from mrd_desktop.vault.errors import TrustError, VaultClosed
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Folder, Session
from mrd_desktop.vault.site_keys import rotations_of
from mrd_desktop.vault.trust import Holder, Pin, PublicIdentity

FORMAT: Final = "mrd-computer/1"
SUFFIX: Final = ".mrdcomputer"
HIGHEST: Final = 9999
CHANGES: Final = "rotations"
"""The field of a card that tells how its key was changed."""
_MOST_CHANGES: Final = 8
_LARGEST: Final = 32_768
_PINNED: Final = (
    "SELECT o.payload FROM ledger_chain c JOIN ledger_opening o ON o.chain_no = c.no"
    " WHERE c.chain = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'trust.pinned'"
    " AND json_extract(CAST(o.payload AS TEXT), '$.vault') IS NOT NULL ORDER BY o.seq"
)

_GIVEN_OUT: Final = (
    "SELECT json_extract(CAST(o.payload AS TEXT), '$.subject')"
    " FROM ledger_chain c JOIN ledger_opening o ON o.chain_no = c.no"
    " WHERE c.chain = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'subject.created'"
)


@dataclass(frozen=True, slots=True)
class Block:
    """Subject numbers from ``first`` to ``last``, both included."""

    first: int
    last: int

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last

    def meets(self, other: Block) -> bool:
        """Whether they have a number in common."""
        return self.first <= other.last and other.first <= self.last

    def json(self) -> list[JSON]:
        """As it stands in records and cards."""
        return [self.first, self.last]


def read_block(value: object) -> Block | None:
    """A block as :meth:`Block.json` writes it; None for anything else."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    first, last = value
    if not all(isinstance(n, int) and not isinstance(n, bool) for n in (first, last)):
        return None
    return Block(first, last) if 1 <= first <= last <= HIGHEST else None


def block_of(words: str) -> Block:
    """A block as people write it, ``501-999``.

    Raises:
        TrustError: it is none.
    """
    first, _, last = words.partition("-")
    found = read_block([int(first), int(last)]) if first.isdecimal() and last.isdecimal() else None
    if found is None:
        raise TrustError(_NO_BLOCK)
    return found


@dataclass(frozen=True, slots=True)
class Computer:
    """Another computer of this site.

    Attributes:
        vault: X25519 public key that only its identity vault opens.
        numbers: its block of subject numbers; None for all that is nobody's block.
    """

    chain: str
    fingerprint: str
    sign: bytes
    age: str
    vault: bytes
    numbers: Block | None


def card(session: Session) -> bytes:
    """This computer's card, for the other computers of the site.

    Raises:
        PermissionDenied: the role may not.
        VaultClosed: the identity vault is not open.
        TrustError: it is no site.
    """
    session.require("export")
    folder = session.folder
    if folder.kind is not FolderKind.SITE:
        raise TrustError(_SITES)
    identity = trust.identity_of(
        folder,
        PublicKey(session.site_key()),
        str(session.age_identity().to_public()),
    )
    with session.reading() as conn:
        numbers = own_numbers(conn, folder.chain)
        changes = tuple(rotations_of(conn, folder.chain))[-_MOST_CHANGES:]
    said: dict[str, JSON] = {
        "format": FORMAT,
        "identity": identity.to_bytes().decode(),
        "vault": base64.b64encode(crypto.box_public(vault_secret(session))).decode(),
        "numbers": None if numbers is None else numbers.json(),
        "issued": session.now(),
    }
    if changes:
        said[CHANGES] = [change.signed() for change in changes]
    statement = dumps(said)
    signature = session.sign_as_site(Namespace.COMPUTER, statement)
    whole = {"format": FORMAT, "statement": statement.decode(), "signature": signature}
    return dumps(whole) + b"\n"


def vault_secret(session: Session) -> bytes:
    """The X25519 key that opens what other computers seal for this identity vault.

    Raises:
        VaultClosed: the session has no vault key.
    """
    key = session.with_keys()[1]
    if key is None:
        session.deny("identity.see", VaultClosed())
    return crypto.expand(key, b"mrd/handover/v1")


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says; its signature holds.

    Attributes:
        changes: of its key, each signed by the one before; the last one ends at its key.
    """

    identity: PublicIdentity
    vault: bytes
    numbers: Block | None
    changes: tuple[Rotation, ...] = ()


def read_card(data: bytes) -> Card:
    """A card, its signature checked against the key that it names.

    Raises:
        TrustError: it is none, or was changed.
    """
    try:
        whole = loads(data.rstrip(b"\n")) if len(data) <= _LARGEST else None
        said = loads(str(whole["statement"]).encode()) if isinstance(whole, dict) else None
    except (CanonicalError, KeyError):
        raise TrustError(_NO_CARD) from None
    if not isinstance(whole, dict) or not isinstance(said, dict):
        raise TrustError(_NO_CARD)
    if set(whole) != {"format", "statement", "signature"} or said.get("format") != FORMAT:
        raise TrustError(_NO_CARD)
    identity = trust.read_identity(str(said.get("identity")).encode())
    try:
        sshsig.verify(
            str(whole["signature"]),
            str(whole["statement"]).encode(),
            Namespace.COMPUTER,
            [identity.sign.raw],
        )
        vault = base64.b64decode(str(said.get("vault")), validate=True)
    except (SignatureRefused, ValueError):
        raise TrustError(_CHANGED) from None
    numbers = said.get("numbers")
    block = read_block(numbers)
    if len(vault) != crypto.KEY_BYTES or (numbers is not None and block is None):
        raise TrustError(_NO_CARD)
    return Card(identity, vault, block, _changes(identity, said.get(CHANGES, [])))


def _changes(identity: PublicIdentity, told: object) -> tuple[Rotation, ...]:
    """A line of changes that ends at the key of the card; raises TrustError where it is none."""
    try:
        found = tuple(rotations.read(c) for c in told) if isinstance(told, list) else None
    except (NoRotation, AttributeError):
        found = None
    if found is None or any(change.chain != identity.chain for change in found):
        raise TrustError(_CHANGED)
    keys = [*(change.old for change in found[1:]), identity.sign]
    if any(change.key != key for change, key in zip(found, keys, strict=False)):
        raise TrustError(_CHANGED)
    return found


def add(
    session: Session, data: bytes, *, replace: bool = False, compared: str | None = None
) -> Card:
    """Know another computer of this site by its card, or follow a change of its key by the file.

    Where the key known here signed for the card's, that is followed too, without ``replace``.

    Args:
        replace: it comes with a new key.
        compared: id of the key to be trusted from now on, as a person compared it.

    Raises:
        PermissionDenied: the role may not manage trust.
        TrustError: no card, of another study, site or mode, this computer's own, not named in
            the activation of a live site, or with a block of numbers that is not free; a change
            that the key known here did not sign, or whose new key nobody compared.
    """
    session.require("trust.manage")
    change = trust.rotation_in(data)
    if change is not None:
        return _follow_file(session, change, compared)
    found = read_card(data)
    identity, folder = found.identity, session.folder
    if folder.kind is not FolderKind.SITE or identity.holder is not Holder.SITE:
        raise TrustError(_SITES)
    if identity.site != folder.site:
        raise TrustError(_OTHER_SITE.filled(site=identity.site, here=folder.site))
    if identity.chain == folder.chain:
        raise TrustError(_OWN)
    if not folder.training and not _certified(session, found):
        activation = session.activation
        named = activation is not None and identity.chain in activation.computers
        raise TrustError(_OTHER_KEY if named else _UNCERTIFIED)

    def entries(conn: Connection) -> tuple[Entry, ...]:
        told = follow(conn, folder, found.changes)
        if told:
            if not replace:  # which is said of a key that was compared
                trust.require_compared(identity.sign, compared)
            return told
        held = trust.pins_on(conn)
        made = trust.pinned(folder, identity, held, replace=replace, wanted=Holder.SITE)
        _check_block(conn, session, found)
        more: dict[str, JSON] = {
            "vault": base64.b64encode(found.vault).decode(),
            "numbers": None if found.numbers is None else found.numbers.json(),
        }
        return tuple(Entry(e.kind, e.cls, {**e.payload, **more}) for e in made)

    session.commit(entries)
    return found


def _certified(session: Session, found: Card) -> bool:
    """The sponsor names its key, or a former one, from which the card leads to its key."""
    activation = session.activation
    named = {} if activation is None else activation.computers
    keys = {found.identity.fingerprint, *(change.old.id for change in found.changes)}
    return named.get(found.identity.chain) in keys


def _follow_file(session: Session, change: Rotation, compared: str | None) -> Card:
    folder = session.folder
    if folder.kind is not FolderKind.SITE:
        raise TrustError(_SITES)

    def entries(conn: Connection) -> tuple[Entry, ...]:
        made = follow(conn, folder, [change])
        if made:
            trust.require_compared(change.key, compared)
        elif all(c.chain != change.chain for c in computers(conn, folder.chain)):
            raise TrustError(_UNKNOWN)
        elif all(p.chain != change.chain or p.sign != change.key for p in trust.pins_on(conn)):
            raise TrustError(trust.NOT_SIGNED)  # else it is known already, or was since replaced
        return made

    session.commit(entries)
    with session.reading() as conn:
        now = next(c for c in computers(conn, folder.chain) if c.chain == change.chain)
    return Card(trust.identity_after(change), now.vault, now.numbers, (change,))


def follow(conn: Connection, folder: Folder, changes: Iterable[Rotation]) -> tuple[Entry, ...]:
    """The entries that pin what follows the known keys of other computers, each step its own.

    What does not begin at a key that is in force here is passed over: it was followed before, or
    that key was replaced by hand. What is sealed to the computer's vault and its block of numbers
    stay as they are.

    Args:
        changes: in order; both signatures of each hold (:func:`rotations.read`).

    Raises:
        TrustError: a known key signed for one of another study, site or mode.
    """
    held = list(trust.pins_on(conn))
    known = {c.chain: c for c in computers(conn, folder.chain)}
    made: list[Entry] = []
    for change in changes:
        computer = known.get(change.chain)
        now = next((p for p in held if p.active and p.chain == change.chain), None)
        if computer is None or now is None or now.sign != change.old:
            continue
        more: dict[str, JSON] = {
            "vault": base64.b64encode(computer.vault).decode(),
            "numbers": None if computer.numbers is None else computer.numbers.json(),
        }
        for entry in trust.followed(folder, change, tuple(held), wanted=Holder.SITE):
            made.append(Entry(entry.kind, entry.cls, {**entry.payload, **more}))
            held[held.index(now)] = replace(now, active=False)
            held.append(
                Pin(Holder.SITE, now.site, now.chain, change.key, change.recipient, active=True)
            )
    return tuple(made)


def _check_block(conn: Connection, session: Session, found: Card) -> None:
    """Two computers never give out the same number: their blocks are apart from the start."""
    own = own_numbers(conn, session.folder.chain)
    others = [c.numbers for c in computers(conn, session.folder.chain)
              if c.chain != found.identity.chain]  # fmt: skip
    blocks = [own, *others]
    if found.numbers is None:
        if any(b is None for b in blocks):
            raise TrustError(_TWO_WITHOUT)
        return
    if any(b is not None and b.meets(found.numbers) for b in blocks):
        raise TrustError(_OVERLAP)
    prefix = f"{session.folder.site}-"
    given = conn.exec_driver_sql(_GIVEN_OUT, (session.folder.chain,))
    # A number that was written in another way stands in no block.
    numbers = (str(s).removeprefix(prefix) for (s,) in given)
    if any(n.isascii() and n.isdigit() and int(n) in found.numbers for n in numbers):
        raise TrustError(_GIVEN)


def computers(conn: Connection, own: str) -> tuple[Computer, ...]:
    """The other computers of the site that are known here now."""
    active = {p.chain: p for p in trust.pins_on(conn) if p.active and p.holder is Holder.SITE}
    found: dict[str, Computer] = {}
    for (payload,) in conn.exec_driver_sql(_PINNED, (own,)):
        said: Mapping[str, object] = json.loads(payload)
        pin = active.get(str(said["chain"]))
        if pin is not None and said["key"] == pin.sign.id:
            found[pin.chain] = Computer(
                pin.chain,
                pin.sign.id,
                pin.sign.raw,
                pin.age,
                base64.b64decode(str(said["vault"])),
                read_block(said["numbers"]),
            )
    return tuple(found.values())


def own_numbers(conn: Connection, chain: str) -> Block | None:
    """The block of a folder's own chain; None for all that is nobody's block."""
    return read_block(store.record(conn, chain, 1).body.get("numbers"))


def may_give(conn: Connection, own: str, number: int) -> bool:
    """Whether this computer gives out a subject number: of its block, or of nobody's."""
    block = own_numbers(conn, own)
    if block is not None:
        return number in block
    return all(c.numbers is None or number not in c.numbers for c in computers(conn, own))


_SITES: Final = Text(
    "only computers of a site know each other so.", "仅同一中心的电脑之间使用电脑卡。"
)
_NO_CARD: Final = Text(
    "it is no card of a computer (.mrdcomputer).", "它不是电脑卡文件（.mrdcomputer）。"
)
_CHANGED: Final = Text(
    "the card was changed after it was made. Ask for it again.",
    "电脑卡在生成后被改动，请重新索取。",
)
_OTHER_SITE: Final = Text(
    "the card is of site {site}, this is site {here}.", "该电脑卡属于中心 {site}，本中心为 {here}。"
)
_OWN: Final = Text("it is the card of this computer itself.", "这是本机自己的电脑卡。")
_UNKNOWN: Final = Text(
    "this computer is not known here yet. Add its card (.mrdcomputer) first.",
    "本机尚未登记该电脑。请先添加其电脑卡（.mrdcomputer）。",
)
_UNCERTIFIED: Final = Text(
    "the sponsor's activation file does not name this computer for the site. Give its site.pub to "
    "the sponsor, install the new activation file here, then add the card.",
    "申办方的启用文件未列出该电脑。请将其 site.pub 交给申办方，在本机安装新的启用文件后再添加。",
)
_OTHER_KEY: Final = Text(
    "the sponsor's activation file names another key of this computer, and the card does not lead "
    "from it to its own. If the computer is known here, take the files of its changes "
    "(.mrdrotation) one after the other; else install a new activation file first.",
    "申办方的启用文件列出的是该电脑的另一密钥，电脑卡未能由其接续。若本机已登记该电脑，"
    "请依次导入其密钥更换文件（.mrdrotation）；否则请先安装新的启用文件。",
)
_NO_BLOCK: Final = Text(
    "a block of subject numbers is written like 501-999.", "受试者编号段的格式如 501-999。"
)
_TWO_WITHOUT: Final = Text(
    "neither computer has a block of subject numbers. Make the further one anew with --numbers.",
    "两台电脑均未设编号段。请用 --numbers 重新建立后增的那台电脑。",
)
_OVERLAP: Final = Text(
    "its block of subject numbers meets another computer's. Make it anew with a free block.",
    "其受试者编号段与另一台电脑重叠。请用未占用的编号段重新建立。",
)
_GIVEN: Final = Text(
    "numbers of its block were given out here already. Make it anew with a free block.",
    "其编号段中已有编号在本机使用。请用未占用的编号段重新建立。",
)
