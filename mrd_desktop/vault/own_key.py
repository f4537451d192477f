"""The folder's own keys replaced: a new signing key and a new age key, by two people.

The former signing key signs for the new one, and once more whatever next goes to each of those who
trust it, so that they follow without comparing fingerprints anew; then it is gone. The former age
key stays, to open what was sealed to it. All of it is one transaction with the record.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import pyrage
from sqlalchemy import Connection

from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import PublicKey, SigningKey
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault import abroad, schema, secrets_store, trust
from mrd_desktop.vault.errors import KeyRefused, StorageError, StorageFault
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session, alone
from mrd_desktop.vault.site_keys import SUFFIX, rotations_of, told_changes
from mrd_desktop.vault.storage import storage_errors
from mrd_desktop.vault.witness import is_anybody_else, witness

ROTATED: Final = "key.rotated"
"""Setting: number of the record since which the former key waits to sign once more; empty else."""
STALE_PUB: Final = "key.pub"
"""Setting: the file with the public key is to be written anew."""
SHORTEST_REASON: Final = 4


class Bar(StrEnum):
    """Why the key cannot be replaced now."""

    ALONE = "alone"
    ALTERED = "altered"
    HELD = "held"
    WAITS = "waits"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the folder's key, as its record tells it.

    Attributes:
        at: UTC time of the record.
        former, fingerprint: ids of the key before and of the one instead.
        user, second: who began it and who confirmed.
    """

    at: str
    former: str
    fingerprint: str
    user: str
    second: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the folder's own key.

    Attributes:
        fingerprint: of the key in force.
        bar: why it cannot be replaced now; None where it can.
        changes: all of them, the last one first.
    """

    fingerprint: str
    bar: Bar | None
    changes: tuple[Change, ...]

    @property
    def waits(self) -> bool:
        """The last change is not told yet to everybody who trusts the former key."""
        return self.bar is Bar.WAITS


@dataclass(frozen=True, slots=True)
class NewKey:
    """What was done.

    Attributes:
        former, fingerprint: ids of the key before and of the one in force.
        statement: the file that lets whoever trusted the former key follow.
    """

    former: str
    fingerprint: str
    statement: bytes


def may_rotate(session: Session) -> bool:
    """Whether this user may begin it: the one who confirms manages users in any case."""
    return session.allows(MANAGING) or session.allows("identity.see")


def standing(session: Session) -> Standing:
    """The key in force, its changes, and whether it can be replaced now.

    Raises:
        PermissionDenied: as :func:`rotate`.
    """
    if not may_rotate(session):
        session.deny(MANAGING)
    with session.reading() as conn:
        bar = _bar(session, conn)
        changes = tuple(_change(r) for r, _ in told_changes(conn, session.folder.chain))
    return Standing(session.fingerprint(), bar, changes[::-1])


def _bar(session: Session, conn: Connection) -> Bar | None:
    if session.altered is not None:
        return Bar.ALTERED
    if session.hold is not None:
        return Bar.HELD
    if _waits(session, conn):
        return Bar.WAITS
    # Nobody could confirm it; who sees identities begins, and the user at work confirms.
    at_site = session.folder.kind is FolderKind.SITE
    alone = at_site and session.allows(MANAGING) and not is_anybody_else(session)
    return Bar.ALONE if alone else None


def _waits(session: Session, conn: Connection) -> bool:
    """Whether the change before is to be told first: where nothing may leave, it cannot be.

    Then the key known outside stays the one that signs once more, and the line of changes leads
    from it to the last one: a key that was stolen again does not wait for an approval.
    """
    return bool(schema.setting(conn, ROTATED)) and not abroad.barred(abroad.guarded(session, conn))


def _change(record: Record) -> Change:
    body = record.body
    return Change(
        record.header.at,
        str(body["old"]),
        PublicKey.from_base64(str(body["key"])).id,
        str(body["user"]),
        str(body["second"]),
        str(body["reason"]),
    )


def _waits_for(session: Session, pin: trust.Pin) -> bool:
    """Whether the former key signs once more for this one: other computers follow the chain."""
    other = trust.Holder.SPONSOR if session.folder.kind is FolderKind.SITE else trust.Holder.SITE
    return pin.holder is other and not pin.practice


@alone
def rotate(
    session: Session, reason: str, password: str, *, second: str, second_password: str
) -> NewKey:
    """Give the folder new keys, on record and signed by two people and by the former key.

    Raises:
        PermissionDenied: neither manages users nor sees identities.
        RecordsAltered: the way back is a backup, which would not know the new key.
        RecordsMissing: this may be an older copy, whose new key would be another history's.
        KeyRefused: no reason, or the change before has not been told to everybody.
        NoSecondPerson: the second is the same person or does not manage users here.
        UndertakingMissing, NotConfirmed, WrongPassword, TryLater: nothing was done.
        KeyChangeCutOff: a change of the data key was cut off; the next sign-in settles it.
        StorageError else: the former keys hold.
    """
    if not may_rotate(session):
        session.deny(MANAGING)
    session.require_sound(MANAGING)
    session.require_all(MANAGING)
    session.require_settled()
    why = reason.strip()
    if len(why) < SHORTEST_REASON:
        raise KeyRefused(_NO_REASON)
    with session.reading() as conn:
        if _waits(session, conn):
            at_site = session.folder.kind is FolderKind.SITE
            raise KeyRefused(_WAITS if at_site else _SITES_WAIT)
        pinned = [p for p in trust.pins_on(conn) if p.active and _waits_for(session, p)]
    own = session.signer(password)
    other = witness(session, second, second_password)
    folder, at = session.folder, session.now()
    new, age = SigningKey.generate(), pyrage.x25519.Identity.generate()
    holder = trust.Holder.SITE if folder.kind is FolderKind.SITE else trust.Holder.SPONSOR
    old = session.own_signing_key()
    said: dict[str, JSON] = {
        "holder": holder.value,
        "study": folder.study,
        "site": folder.site,
        "training": folder.training,
        "chain": folder.chain,
        "recipient": str(age.to_public()),
        "at": at,
    }
    made = rotations.made(said, old, new)
    content: dict[str, JSON] = {
        **made.entry(),
        "user": session.user,
        "second": other.user,
        "reason": why,
        "at": at,
    }
    signed: list[JSON] = []
    statement = dumps({"kind": Kind.KEY_ROTATED.value, **content})
    for user, sign in ((session.user, own), (other.user, other.sign)):
        signature, key = sign(statement)
        raw = base64.b64encode(signature).decode()
        signed.append({"user": user, "key": key, "signature": raw})
    data_key, _ = session.with_keys()

    def entries(conn: Connection) -> list[Entry]:
        _put(conn, data_key, new, str(age))
        if pinned and not schema.setting(conn, ROTATED):  # else the one before it still waits
            secrets_store.put(conn, data_key, secrets_store.FORMER_SIGN, old.to_bytes())
            schema.put_setting(conn, ROTATED, str(store.head(conn, folder.chain).seq + 1))
        return [Entry(Kind.KEY_ROTATED, RecordClass.CODED, {**content, "signed": signed})]

    session.commit(entries)
    with suppress(StorageError):  # the new key is in force; the files come with the next sign-in
        settle(session)
    return NewKey(old.public.id, made.key.id, made.to_bytes() + b"\n")


def _put(conn: Connection, data_key: bytes, new: SigningKey, age: str) -> None:
    former = secrets_store.maybe(conn, data_key, secrets_store.FORMER_AGE) or b""
    present = secrets_store.get(conn, data_key, secrets_store.AGE)
    secrets_store.put(conn, data_key, secrets_store.FORMER_AGE, present + b"\n" + former)
    secrets_store.put(conn, data_key, secrets_store.AGE, age.encode())
    secrets_store.put(conn, data_key, secrets_store.SIGN, new.to_bytes())
    schema.put_setting(conn, STALE_PUB, "1")


def settle(session: Session) -> None:
    """Write the file with the public key and the statements, if due; a cut leaves them due."""
    with session.reading() as conn:
        if not schema.setting(conn, STALE_PUB):
            return
    folder = session.folder
    sign, age = PublicKey(session.site_key()), str(session.age_identity().to_public())
    name = trust.SITE_PUB if folder.kind is FolderKind.SITE else trust.SPONSOR_PUB
    write_atomically(folder.path / name, trust.identity_of(folder, sign, age).to_bytes())
    with storage_errors():
        folder.archive.mkdir(exist_ok=True)
    _write_statements(session, folder.archive)
    with session.writing() as conn:
        schema.put_setting(conn, STALE_PUB, "")


def changed(session: Session) -> bool:
    """Whether the folder's key was ever changed: somebody may still know a former one only."""
    with session.reading() as conn:
        return any(rotations_of(conn, session.folder.chain))


def write_again(session: Session, to: Path) -> tuple[Path, ...]:
    """The statements of all changes so far, for `trust` of who still knows a former key.

    Raises:
        PermissionDenied: as :func:`rotate`.
        KeyRefused: the key was never changed.
        StorageError: the medium refuses.
    """
    if not may_rotate(session):
        session.deny(MANAGING)
    try:
        made = _write_statements(session, to)
    except OSError as trouble:  # the folder is gone, or a stick was pulled out
        raise StorageFault(trouble.strerror or "") from trouble
    if not made:
        raise KeyRefused(_NEVER)
    return made


def _write_statements(session: Session, to: Path) -> tuple[Path, ...]:
    """Every change of the folder's key as a file of its own, in order."""
    folder = session.folder
    with session.reading() as conn:
        changes = tuple(rotations_of(conn, folder.chain))
    made = []
    for n, change in enumerate(changes, 1):
        told = hashlib.sha256(change.statement.encode()).hexdigest()[:8]  # another copy's differs
        path = to / f"{folder.stem}-{folder.chain[:8]}-key-{n:02}-{told}{SUFFIX}"
        write_atomically(path, change.to_bytes() + b"\n")
        made.append(path)
    return tuple(made)


def since(conn: Connection) -> int | None:
    """The record since which the former key signs once more; None where it does not."""
    found = schema.setting(conn, ROTATED)
    return int(found) if found else None


def told(conn: Connection) -> None:
    """Everybody who trusted the former key has what it signed last: it is gone from here on."""
    secrets_store.drop(conn, secrets_store.FORMER_SIGN)
    schema.put_setting(conn, ROTATED, "")


_NO_REASON: Final = Text("say why, in a few words.", "请简要说明原因。")
_NEVER: Final = Text("it was never replaced.", "该密钥从未更换。")
_WAITS: Final = Text(
    "the sponsor has not been told of the change before. Export the next package first.",
    "申办方尚未获知上一次更换。请先导出下一个数据包。",
)
_SITES_WAIT: Final = Text(
    "not every site has been told of the change before. Write their replies first; rotate-key "
    "STORE --list names them.",
    "仍有中心未获知上一次更换。请先为其生成回复；rotate-key STORE --list 可列出这些中心。",
)
