"""A new recovery sheet for a folder that exists, by two people; and whether a sheet is still right.

The old sheet may be lost or seen by somebody: a new recovery key alone would leave it a way in, for
an older copy of ``site.json`` still holds the data key sealed to it. So the data key is changed as
well. Only who holds the vault key can seal it to the new sheet.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault import crypto, schema, slotbook, statements
from mrd_desktop.vault.errors import NoCause, VaultClosed, WrongRecoverySheet
from mrd_desktop.vault.recovery import DATA, VAULT, RecoveryKey, read_sheet, recovered
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.rotation import change_data_key, owe
from mrd_desktop.vault.session import Session, Signature, alone
from mrd_desktop.vault.signin import RECOVERY_NEXT, RECOVERY_SETTING, binding
from mrd_desktop.vault.witness import witness

UNSHOWN: Final = "sheet.unshown"
"""The serial of a sheet that was begun and not handed out."""
CHECK_EVERY: Final = timedelta(days=180)
REASON: Final = "recovery_replaced"
CAUSES: Final = {
    "lost": Text("a half is lost", "其中一半遗失"),
    "seen": Text("somebody may have seen both halves", "两半可能已被他人看到"),
    "worn": Text("it cannot be read any more", "已无法辨认"),
    "keeper": Text("who kept a half has left", "保管人已离开"),
}
"""Why a sheet is replaced."""


@dataclass(frozen=True, slots=True, repr=False)
class NewSheet:
    """What was done.

    Attributes:
        sheet: the text to print; it is nowhere else.
        voided: as :class:`mrd_desktop.vault.data_key.NewDataKey` has them; reset them.
    """

    sheet: str
    serial: str
    voided: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The sheet in force.

    Attributes:
        since: the local day on which it was made or last checked.
        days: since then.
        shown: somebody was given it; else no sheet is valid, and one has to be made.
    """

    serial: str
    since: date
    days: int
    shown: bool

    @property
    def due(self) -> bool:
        """Longer than the interval, or there is none to check."""
        return not self.shown or self.days > CHECK_EVERY.days


@alone
def replace_sheet(
    session: Session,
    cause: str,
    password: str,
    *,
    second: str,
    second_password: str,
    deliver: Callable[[str], None] | None = None,
    hold: bool = False,
) -> NewSheet:
    """Make a new recovery key and a new data key; the old sheet opens nothing from here on.

    Args:
        deliver: puts the sheet where it is wanted, before anything is changed; what it raises
            leaves everything as it was.
        hold: the sheet counts as not handed out until :func:`handed_out`.

    Raises:
        PermissionDenied: neither manages users nor sees identities.
        RecordsMissing: not while records are missing here.
        VaultClosed: somebody who holds the vault key has to begin it.
        NoSecondPerson: the second is the same person or does not manage users here.
        NoCause: none of :data:`CAUSES`.
        UndertakingMissing, NotConfirmed, WrongPassword, TryLater, ClockWentBack, SessionOver,
            KeyChangeCutOff: nothing was done.
        StorageError: no sheet is handed out, and :func:`standing` says whether the old one holds.
    """
    if not may_replace(session):
        session.deny(MANAGING)
    session.require_all(MANAGING)
    if cause not in CAUSES:
        raise NoCause(", ".join(CAUSES))
    session.require_settled()
    session.require_time()
    _settle_file(session)
    data_key, vault_key = session.with_keys()
    manifest = session.manifest
    if manifest.recovery.vault is not None and vault_key is None:
        session.deny(MANAGING, VaultClosed())
    own = session.signer(password)
    other = witness(session, second, second_password)
    fresh = RecoveryKey.generate()
    recovery = fresh.sealed(data_key, manifest.sealed_context(DATA))
    if vault_key is not None:
        sealed = crypto.seal(recovery.public, vault_key, manifest.sealed_context(VAULT))
        recovery = replace(recovery, vault=sealed)
    said: dict[str, JSON] = {
        "recovery": fresh.serial, "replaces": manifest.recovery.serial, "cause": cause,
        "second": other.user, "at": session.now(),
    }  # fmt: skip
    moved = replace(manifest, recovery=recovery)
    folder = session.folder
    sheet = fresh.sheet(folder.study, folder.site, folder.chain)
    if deliver is not None:
        deliver(sheet)
    # Either binding stands from here on, and a new data key is due: a power cut locks nobody out,
    # and leaves the old sheet no way in.
    with session.writing() as conn:
        schema.put_setting(conn, RECOVERY_SETTING, binding(manifest))
        schema.put_setting(conn, RECOVERY_NEXT, binding(moved))
        schema.put_setting(conn, UNSHOWN, fresh.serial)
        owe(conn, manifest, REASON)
    session.replace_manifest(moved)
    with session.writing() as conn:
        schema.put_setting(conn, RECOVERY_SETTING, binding(moved))
    hands = [(session.user, own), (other.user, other.sign)]
    voided = change_data_key(session, REASON, lambda body: _signed({**body, **said}, hands))
    if not hold:  # last of all: without the sheet the notice has to stay
        handed_out(session, fresh.serial)
    return NewSheet(sheet, fresh.serial, voided)


def handed_out(session: Session, serial: str) -> None:
    """Somebody has the sheet of this serial: the notice that there is none goes."""
    with session.writing() as conn:
        if schema.setting(conn, UNSHOWN) == serial:
            schema.put_setting(conn, UNSHOWN, "")


def may_replace(session: Session) -> bool:
    """Whether this user may begin it: the one who confirms manages users in any case."""
    return session.allows(MANAGING) or session.allows("identity.see")


@alone
def check_sheet(session: Session, sheet: str) -> str:
    """Whether a sheet is the one in force and opens the keys in force; its serial.

    Raises:
        PermissionDenied: neither manages users nor sees identities.
        WrongRecoverySheet: mistyped (the group is named), not the one in force, or what is sealed
            to it in the folder are not the keys in force.
        StorageError: which sheet the folder knows cannot be told now.
    """
    if not may_replace(session):
        session.deny(MANAGING)
    _settle_file(session)
    manifest = session.manifest
    secret = read_sheet(sheet, manifest)
    if not _opens(session, secret):
        raise WrongRecoverySheet(_SEALED)
    serial = manifest.recovery.serial
    content = {"act": statements.SHEET_CHECKED, "user": session.user, "serial": serial}
    session.commit([Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content)])
    handed_out(session, serial)
    return serial


def standing(session: Session) -> Standing:
    """Which sheet is in force, and since when nobody has looked at it."""
    chain, serial = session.folder.chain, session.manifest.recovery.serial
    with session.reading() as conn:
        seq = statements.sheet_seq(conn)
        record = store.record(conn, chain, seq)
        if record.body.get("serial", record.body.get("recovery")) != serial:
            record = store.record(conn, chain, 1)
        shown = schema.setting(conn, UNSHOWN) != serial
    since = session.clock.zone.local(record.header.at).date()
    return Standing(serial, since, (session.today() - since).days, shown)


def _opens(session: Session, secret: bytes) -> bool:
    """Whether the keys of this session are sealed to a sheet's secret."""
    data_key, vault_key = session.with_keys()
    try:
        data, vault = recovered(session.manifest, secret)
    except WrongRecoverySheet:
        return False
    return data_key in data and vault_key in (None, vault)


def _settle_file(session: Session) -> None:
    """Write the file anew where the disk refused the last one and perhaps wrote it all the same.

    The database knows two recovery keys, and a third would be too many: with the second one in the
    file nobody could open the folder.
    """
    with session.reading() as conn:
        unsure = slotbook.unsettled(conn)
    if unsure:
        session.replace_manifest(session.manifest)


_SEALED: Final = Text(
    "The sheet is the right one, but what is sealed to it in this folder are not the keys in "
    "force: it opens nothing. Make a new recovery sheet.",
    "恢复单无误，但本文件夹中为其密封的并非现用密钥，用它无法打开数据。请更换恢复单。",
)


def _signed(body: dict[str, JSON], hands: list[tuple[str, Signature]]) -> dict[str, JSON]:
    """The record's body with the signatures of both under it."""
    statement = dumps({"kind": Kind.GENERATION_CHANGED.value, **body})
    signed: list[JSON] = []
    for user, sign in hands:
        signature, key = sign(statement)
        raw = base64.b64encode(signature).decode()
        signed.append({"user": user, "key": key, "signature": raw})
    return {**body, "signed": signed}
