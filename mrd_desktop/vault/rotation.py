"""A new data key, so that a slot or a key kept from earlier opens nothing that comes later.

In three steps, each of which may be the last before a power cut:

1. the manifest names a next generation, and every slot and the recovery key find the present and
   the next data key sealed for them;
2. the database is encrypted under the next key;
3. the manifest moves to the next generation.

Whoever signs in after a cut between the steps holds both keys, sees which one opens the database
and finishes or abandons the change. Users who were away open their slot with the old key, find
the next one sealed to their own X25519 key, and have their slot renewed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.keys import from_base64
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.wording import carried
from mrd_desktop.vault import boxes, crypto, grants, schema, secrets_store, slotbook
from mrd_desktop.vault.accounts import Account, accounts
from mrd_desktop.vault.errors import FolderDamaged, KeyChangeCutOff, StorageError
from mrd_desktop.vault.keyring import NEXT_DATA
from mrd_desktop.vault.manifest import Manifest, Slot
from mrd_desktop.vault.recovery import DATA
from mrd_desktop.vault.session import Session, alone

OWED: Final = "rotation.owed"
"""Setting: what :func:`owe` was told, one :class:`_Owed` a line; empty where nothing is."""

Completed: TypeAlias = Callable[[dict[str, JSON]], dict[str, JSON]]


@dataclass(frozen=True, slots=True)
class _Owed:
    """A new data key that was asked for and is not on record.

    Attributes:
        reached: the generation that it was asked in; a later one has made it already.
        said: what its record says besides.
    """

    reached: int
    reason: str
    said: Mapping[str, JSON]

    def line(self) -> str:
        more = f" {dumps(self.said).decode()}" if self.said else ""
        return f"{self.reached} {self.reason}{more}"

    @classmethod
    def of_line(cls, line: str) -> _Owed:
        reached, reason, *more = line.split(" ", 2)
        said = loads(more[0].encode()) if more else {}
        assert isinstance(said, Mapping)
        # Of an earlier version they may hold what no record takes.
        kept = {k: carried(v) if isinstance(v, str) else v for k, v in said.items()}
        return cls(int(reached), reason, kept)


@alone
def change_data_key(session: Session, reason: str, completed: Completed = dict) -> tuple[str, ...]:
    """Give the folder a new data key.

    Args:
        reason: a code for the record, such as ``user_closed``.
        completed: makes the record's body whole, where more is said than that.

    Returns:
        Users whose slot has no part in it: one-time codes that were not used yet, and slots that
            were changed outside the program. A reset gives them another.

    Raises:
        ClockWentBack, SessionOver, RecordsMissing: it could not be recorded; nothing was begun.
        KeyChangeCutOff: one before was cut off, or this one after the new key held already; the
            next sign-in settles it.
        StorageError else: the old key still holds.
    """
    session.require_time()
    session.require_settled()
    # A key or an account that no record tells of yet would have no part in it, and no slot after.
    session.announce()
    old, _ = session.with_keys()
    new = secrets.token_bytes(crypto.KEY_BYTES)
    kept = session.kept()
    before = kept.manifest
    with session.reading() as conn:
        users = _with_boxes(conn, before)
    begun = _begun(before, users, old, new)
    session.replace_manifest(begun)
    try:
        session.move_to_key(new)
    except KeyChangeCutOff:  # as whatever else breaks in, it leaves both keys in the slots
        raise
    except StorageError:
        # The old key holds, and with it the codes that were not used; who is closed stays out.
        session.replace_manifest(_of_open(before, users), kept)
        raise
    generation = before.generation + 1

    def entries(conn: Connection) -> tuple[Entry, ...]:
        secrets_store.rewrap(conn, old, new)
        return _told(session, conn, generation, reason, completed)

    try:
        session.commit(entries)
        session.replace_manifest(finished(begun, old, new))
    except StorageError as refused:
        raise KeyChangeCutOff from refused
    left = session.manifest.slots
    return tuple(
        a.user
        for a in users
        if before.slot_name(a.user) in before.slots and before.slot_name(a.user) not in left
    )


def owe(
    conn: Connection, manifest: Manifest, reason: str, said: Mapping[str, JSON] | None = None
) -> None:
    """A new data key is due, in the transaction that makes it so; what was owed before stays.

    Args:
        said: what its record says besides, where a later sign-in has to write it.
    """
    due = _Owed(manifest.next_generation or manifest.generation, reason, said or {})
    _put_owed(conn, (*(o for o in _owed(conn) if o != due), due))


def is_owed(conn: Connection) -> bool:
    """Whether a new data key is due and not made yet."""
    return bool(schema.setting(conn, OWED))


def make_up(session: Session) -> None:
    """Make the change of key that was due and not made, or tell of one that was cut off after it.

    Where anything refuses it, it stays due: it bars no sign-in.
    """
    if session.hold is not None:
        return
    with session.reading() as conn:
        owed = _owed(conn)
    now = session.manifest.generation
    late = tuple(o for o in owed if o.reached < now)
    due = tuple(o for o in owed if o.reached >= now)

    def tell(conn: Connection) -> tuple[Entry, ...]:
        _put_owed(conn, due)
        return tuple(_entry(session, now, o) for o in late)

    with suppress(MrdError):
        if late:
            session.commit(tell)
        if due:
            change_data_key(session, due[-1].reason, lambda body: {**body, **due[-1].said})


def _told(
    session: Session, conn: Connection, generation: int, reason: str, completed: Completed = dict
) -> tuple[Entry, ...]:
    """The record of a change, behind those of others that were owed: it is made for all of them."""
    owed = _owed(conn)
    others = owed[:-1] if owed and owed[-1].reason == reason else owed
    _put_owed(conn, ())
    own = _entry(session, generation, _Owed(generation, reason, {}))
    return (
        *(_entry(session, generation, o) for o in others),
        replace(own, payload=completed(dict(own.payload))),
    )


def _entry(session: Session, generation: int, owed: _Owed) -> Entry:
    content: dict[str, JSON] = {
        "user": session.user, "generation": generation, "reason": owed.reason, **owed.said,
    }  # fmt: skip
    return Entry(Kind.GENERATION_CHANGED, RecordClass.CODED, content)


def _owed(conn: Connection) -> tuple[_Owed, ...]:
    lines = (schema.setting(conn, OWED) or "").split("\n")
    return tuple(_Owed.of_line(line) for line in lines if line)


def _put_owed(conn: Connection, owed: Iterable[_Owed]) -> None:
    schema.put_setting(conn, OWED, "\n".join(o.line() for o in owed))


def settled(
    manifest: Manifest, conn: Connection, keys: tuple[bytes, ...], opened: bytes
) -> Manifest:
    """The manifest after a change of key that was cut off has been finished or abandoned.

    Args:
        keys: the present and the next data key.
        opened: the one that opened the database.

    Raises:
        FolderDamaged: one key alone, of which nothing tells whether it is the present or the next.
    """
    if manifest.next_generation is None:
        return manifest
    if len(keys) < 2 or manifest.recovery.next_data is None:
        raise FolderDamaged(manifest.kind.file_name)
    if opened != keys[-1]:
        return abandoned(manifest)
    secrets_store.rewrap(conn, keys[0], opened)
    return finished(manifest, keys[0], opened)


def abandoned(manifest: Manifest) -> Manifest:
    """As if the change had not begun; slots of users long away keep what they wait for."""
    slots = {
        name: replace(slot, next_data=None) if slot.generation == manifest.generation else slot
        for name, slot in manifest.slots.items()
    }
    recovery = replace(manifest.recovery, next_data=None)
    return replace(manifest, next_generation=None, slots=slots, recovery=recovery)


def finished(manifest: Manifest, old: bytes, new: bytes) -> Manifest:
    """The manifest of the next generation."""
    assert manifest.next_generation is not None
    assert manifest.recovery.next_data is not None
    moved = replace(
        manifest,
        generation=manifest.next_generation,
        next_generation=None,
        recovery=replace(manifest.recovery, data=manifest.recovery.next_data, next_data=None),
    )
    return grants.under_new_key(moved, old, new)


def _with_boxes(conn: Connection, manifest: Manifest) -> list[Account]:
    """The open accounts, each with the key to seal to; none for a slot that somebody changed.

    A former slot that was put back opens with a former password: it gets no new key.
    """
    changed = set(slotbook.faults(conn, manifest))

    def box(account: Account) -> str:
        put_back = manifest.slot_name(account.user) in changed
        return "" if put_back else boxes.of(conn, manifest, account)

    return [replace(a, box=box(a)) for a in accounts(conn) if not a.closed]


def _of_open(manifest: Manifest, users: Iterable[Account]) -> Manifest:
    names = {manifest.slot_name(a.user) for a in users}
    return replace(manifest, slots={n: s for n, s in manifest.slots.items() if n in names})


def _begun(manifest: Manifest, users: Iterable[Account], old: bytes, new: bytes) -> Manifest:
    slots: dict[str, Slot] = {}
    context = manifest.sealed_context(NEXT_DATA)
    for account in users:
        name = manifest.slot_name(account.user)
        slot, box = manifest.slots.get(name), from_base64(account.box)
        # A one-time code has no key of its own to seal to: it is void from here on.
        if slot is not None and box:
            slots[name] = replace(slot, next_data=crypto.seal(box, old + new, context))
    sealed = crypto.seal(manifest.recovery.public, new, manifest.sealed_context(DATA))
    return replace(
        manifest,
        next_generation=manifest.generation + 1,
        slots=slots,
        recovery=replace(manifest.recovery, next_data=sealed),
    )
