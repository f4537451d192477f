"""Accounts: added, moved between roles, reset, closed. Every act is a record.

On live folders nobody but the user ever knows a password: who adds an account gets a one-time
code, and the user chooses a password with it (:func:`signin.set_first_password`). On training
folders a password may be given at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.keys import from_base64
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.study.model import Role
from mrd_desktop.vault import accounts, boxes, grants, passwords, statements
from mrd_desktop.vault.accounts import Account, folded
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.errors import (
    CommitUnsure,
    NameReasonMissing,
    OwnAccount,
    StorageError,
    TrainingOnly,
    UserExists,
    UserUnknown,
    VaultClosed,
)
from mrd_desktop.vault.keyring import Keyring, new_slot, open_slot
from mrd_desktop.vault.manifest import Manifest, Slot, SlotKind, read_manifest
from mrd_desktop.vault.roles import MANAGING, excepted, role_of
from mrd_desktop.vault.rotation import change_data_key, owe
from mrd_desktop.vault.session import Session, alone
from mrd_desktop.vault.signin import enrolment, fresh_keys, granted, slot_cost
from mrd_desktop.vault.slotbook import Kept

CODE_LIFE: Final = timedelta(hours=72)
CLOSED: Final = "user_closed"
"""Why the data key is changed."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """An account's id, and the one-time code where the user still has to choose a password."""

    user: str
    code: str | None


def list_users(session: Session) -> tuple[Account, ...]:
    """All accounts, closed ones included, in the order in which they were made."""
    with session.reading() as conn:
        return accounts.accounts(conn)


@alone
def add_user(
    session: Session,
    name: str,
    role: str,
    *,
    password: str | None = None,
    exception: str = "",
    until: date | None = None,
    full_name: str = "",
) -> NewUser:
    """Make an account.

    Args:
        full_name: the printed name, which stands beside signatures and leaves with them.
        password: training folders only; the account is then ready at once.
        exception: why a combined role is given; see :func:`roles.combined`.
        until: the last day on which the user may sign in, for auditors and inspectors above all.

    Raises:
        PermissionDenied: the role may not manage users.
        UserExists: the name is or was in use, in whatever spelling.
        UserNameRefused, FullNameRefused, RoleRefused, PasswordRefused: choose others.
        DutiesApart: a combined role without a reason.
        TrainingOnly: a password was given on a live folder.
    """
    session.require(MANAGING)
    user = folded(name)
    wanted = _role(session, role)
    apart = {**excepted(wanted.oid, exception), **_ending(until)}
    if any(a.user == user for a in list_users(session)):
        raise UserExists(name)
    printed = {"full_name": accounts.full(full_name)} if full_name.strip() else {}
    added = _entry(session, Kind.USER_ADDED, user, {"name": name, **printed})
    entries = (added, _entry(session, Kind.ROLE_GRANTED, user, {"role": wanted.oid, **apart}))
    return _equipped(session, Account(user, name, wanted.oid), entries, password)


def name_user(session: Session, name: str, full_name: str, reason: str) -> None:
    """Give an account its printed name, or another one; signatures made before keep theirs.

    Raises:
        PermissionDenied: the role may not manage users.
        UserUnknown: no open account.
        FullNameRefused: it is no name.
        NameReasonMissing: nothing says why.
    """
    session.require(MANAGING)
    account = open_account(session, name)
    printed, why = accounts.full(full_name), reason.strip()
    if not why:
        raise NameReasonMissing
    content = {"act": accounts.NAMED, "full_name": printed, "reason": why}
    session.commit([_entry(session, Kind.REVIEW_NOTED, account.user, content)])


def others_manage(session: Session) -> bool:
    """Whether somebody else who can sign in today manages users here."""
    ends, today = last_days(session), session.today()
    return any(
        a.user != session.user
        and not a.closed
        and today <= ends.get(a.user, today)
        and bool(a.key and a.role)
        and MANAGING in _role(session, a.role).operations
        for a in list_users(session)
    )


@alone
def grant_role(
    session: Session, name: str, role: str, *, exception: str = "", until: date | None = None
) -> None:
    """Move a user into another role from the next sign-in on; a last day of before is void.

    Args:
        exception: why a combined role is given.
        until: the last day on which the user may sign in.

    Raises:
        DutiesApart: a combined role without a reason.
        PermissionDenied: the role may not manage users.
        UserUnknown: no open account.
        RoleRefused: no such role.
        OwnAccount: somebody else has to do it.
    """
    session.require(MANAGING)
    account = _other_account(session, name)
    wanted = _role(session, role)
    apart = {**excepted(wanted.oid, exception), **_ending(until)}
    entries = (
        _entry(session, Kind.ROLE_REVOKED, account.user, {"role": account.role}),
        _entry(session, Kind.ROLE_GRANTED, account.user, {"role": wanted.oid, **apart}),
    )
    manifest = session.manifest
    slot_name = manifest.slot_name(account.user)
    slot = manifest.slots.get(slot_name)
    # The vault wrap never survives a change of role: who may hold it gets it anew.
    if slot is not None and (slot.vault or slot.next_vault):
        bare = replace(slot, vault=None, next_vault=None)
        manifest = replace(manifest, slots={**manifest.slots, slot_name: bare})
    with _manifest_first(session, manifest):
        session.commit(entries)


def set_last_day(session: Session, name: str, until: date | None) -> None:
    """Give an account a last day, another one, or none; role and keys stay.

    Raises:
        PermissionDenied: the role may not manage users.
        UserUnknown: no open account.
        OwnAccount: somebody else has to do it.
    """
    session.require(MANAGING)
    account = _other_account(session, name)
    with session.reading() as conn:
        given = accounts.granted(conn, session.folder.chain, account.user)
    kept = {"exception": given["exception"]} if "exception" in given else {}
    content: dict[str, JSON] = {"role": account.role, **kept, **_ending(until)}
    session.commit([_entry(session, Kind.ROLE_GRANTED, account.user, content)])


def last_days(session: Session) -> dict[str, date]:
    """The last days of open accounts that have one."""
    with session.reading() as conn:
        ends = accounts.last_days(conn, session.folder.chain)
    return {a.user: ends[a.user] for a in list_users(session) if a.user in ends and not a.closed}


def shut_out(session: Session) -> tuple[str, ...]:
    """Open accounts that no password and no code opens; a reset mends it.

    A new data key makes one-time codes void that were not used; whoever made it up at a sign-in
    was not told whose.
    """
    manifest, ends, today = session.manifest, last_days(session), session.today()
    return tuple(
        a.user
        for a in list_users(session)
        if not a.closed
        and today <= ends.get(a.user, today)
        and manifest.slot_name(a.user) not in manifest.slots
    )


@alone
def reset_user(session: Session, name: str, *, password: str | None = None) -> NewUser:
    """Give a user who forgot the password new keys; the old ones are closed.

    Raises:
        As :func:`add_user`; UserUnknown: no open account; OwnAccount: somebody else has to do it.
    """
    session.require(MANAGING)
    account = _other_account(session, name)
    return _equipped(session, account, (), password)


@alone
def close_user(session: Session, name: str, reason: str) -> tuple[str, ...]:
    """Close an account for good: its key slot goes, its history stays, its name is never reused.

    The folder gets a new data key, so that a copy of the slot opens no later data; where the disk
    does not take that, or the power fails, the next sign-in of anybody makes it up.

    Returns:
        Users whose unused one-time code is void now; reset them.

    Raises:
        PermissionDenied: the role may not manage users.
        UserUnknown: no open account.
        OwnAccount: somebody else has to do it.
    """
    session.require(MANAGING)
    account = _other_account(session, name)
    entry = _entry(session, Kind.USER_CLOSED, account.user, {"reason": reason})

    def entries(conn: Connection) -> tuple[Entry, ...]:
        owe(conn, session.manifest, CLOSED)
        return (entry,)

    session.commit(entries)
    try:
        return change_data_key(session, CLOSED)
    except StorageError:
        return ()  # closed all the same; the key is changed at the next sign-in


@alone
def change_password(session: Session, old: str, new: str) -> None:
    """Put one's own keys under another password; the keys stay, and the trail tells it.

    Raises:
        WrongPassword, TryLater: the old password is not right.
        PasswordRefused: choose another one.
        RecordsMissing, ClockWentBack: the old password stays.
        CommitUnsure: one of the two opens the slot; StorageError else: the old password stays.
    """
    session.require_all("password")
    session.verify_password(old)
    chosen = _accepted(session, new, session.user)
    manifest = session.manifest
    slot_name = manifest.slot_name(session.user)
    data_key, _ = session.with_keys()
    # Where this session has changed the data key, the slot still opens the former one besides.
    keyring = open_slot(manifest, slot_name, passwords.normal(old)).under(data_key)
    slot = new_slot(manifest, slot_name, chosen, keyring, slot_cost(manifest))
    content = {"act": statements.PASSWORD_CHANGED, "user": session.user}
    with _slot_first(session, slot_name, slot, keyring):
        session.commit([Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content)])
    session.stale_password = session.guessable = False


def waiting_for_vault(session: Session) -> tuple[Account, ...]:
    """Users whose role may hold the vault key and to whom nobody has given it yet.

    So do those who have lost it without a record: a change of role that was cut off took it out of
    the slot and came to nothing.
    """
    return tuple(
        a
        for a in list_users(session)
        if a.key
        and not a.closed
        and _role(session, a.role).vault
        and (not a.vault or _has_lost_vault(session.manifest, a))
    )


def _has_lost_vault(manifest: Manifest, account: Account) -> bool:
    slot = manifest.slots.get(manifest.slot_name(account.user))
    return (
        not manifest.training
        and slot is not None
        and slot.box is not None
        and slot.vault is None
        and slot.next_vault is None
    )


@alone
def grant_vault(session: Session, name: str) -> None:
    """Hand the vault key to a user whose role may hold it; found there at the next sign-in.

    Only who holds it can give it, and does so deliberately: an account that a site
    administrator made up must not come to it by itself. Compare the key's id with the user.

    Raises:
        VaultClosed: this session does not hold the key.
        PasswordAsked: once the password is given.
        RecordsMissing: not while records are missing here.
        UserUnknown: nobody of that name waits for it.
    """
    session.require_all("identity.see")
    _, key = session.with_keys()
    if key is None:
        session.deny("identity.see", VaultClosed())
    session.require_fresh()
    user = folded(name)
    waiting = next((a for a in waiting_for_vault(session) if a.user == user), None)
    if waiting is None:
        raise UserUnknown(name)
    with session.reading() as conn:
        box = from_base64(boxes.of(conn, session.manifest, waiting))
    if not box:
        raise UserUnknown(name)
    slot_name = session.manifest.slot_name(user)
    with _manifest_first(session, grants.handed_on(session.manifest, slot_name, box, key)):
        session.commit([granted(user, session.user)])


def _equipped(
    session: Session, account: Account, entries: tuple[Entry, ...], password: str | None
) -> NewUser:
    """Write a slot and the records that go with it."""
    manifest = session.manifest
    data_key, _ = session.with_keys()
    slot_name = manifest.slot_name(account.user)
    cost = slot_cost(manifest)
    if password is None:
        code = passwords.one_time_code()
        # The computer's own time: before sign-in nobody knows how a training clock was set.
        expires = stamp(session.clock.wall() - session.clock.shift + CODE_LIFE)
        keyring = Keyring((data_key,))
        slot = new_slot(
            manifest, slot_name, code, keyring, cost, kind=SlotKind.CODE, expires=expires
        )
        if not entries:
            entries = (_entry(session, Kind.REVIEW_NOTED, account.user, {"act": "code_issued"}),)
    else:
        if not session.folder.training:
            raise TrainingOnly
        code = None
        chosen = _accepted(session, password, account.user)
        keyring = fresh_keys(data_key, None)
        slot = new_slot(manifest, slot_name, chosen, keyring, cost)
        enrolled = enrolment(manifest.chain, account, keyring)
        confirmed = _entry(session, Kind.USER_CONFIRMED, account.user, {})
        entries = (*entries, *enrolled, confirmed)
    with _slot_first(session, slot_name, slot, keyring):
        session.commit(entries)
    return NewUser(account.user, code)


@contextmanager
def _slot_first(session: Session, slot_name: str, slot: Slot, keyring: Keyring) -> Iterator[None]:
    """As :func:`_manifest_first` with one slot, whose key to seal to is kept before."""
    session.require_settled()
    manifest = session.manifest
    if keyring.box is not None:
        with session.writing() as conn:
            boxes.note(conn, manifest, slot_name, slot, keyring.box)
    with _manifest_first(session, replace(manifest, slots={**manifest.slots, slot_name: slot})):
        yield


@contextmanager
def _manifest_first(session: Session, manifest: Manifest) -> Iterator[None]:
    """Slots go to disk before the records that tell of them, and back if these are refused.

    A crash in between leaves a slot without account, which opens nothing, or an account without
    slot, which a reset mends. So does a record of which nobody knows whether it stands.

    Raises:
        KeyChangeCutOff: nothing was done.
        CommitUnsure: nobody knows yet; the disk refused the way back as well.
    """
    session.require_settled()
    kept = session.kept()
    try:
        session.replace_manifest(manifest)
    except StorageError as refused:
        _take_back(session, kept, refused)
        raise
    try:
        yield
    except CommitUnsure:
        raise
    except BaseException as refused:
        _take_back(session, kept, refused)
        raise


def _take_back(session: Session, kept: Kept, refused: BaseException) -> None:
    """The file as it stood before an act; one that the disk refused may stand all the same."""
    try:
        if read_manifest(session.folder.path) != kept.manifest:
            session.replace_manifest(kept.manifest, kept)
    except StorageError:
        raise CommitUnsure(kept.manifest.kind.file_name) from refused


def _entry(session: Session, kind: Kind, user: str, content: Mapping[str, JSON]) -> Entry:
    return Entry(kind, RecordClass.CODED, {"user": user, "by": session.user, **content})


def _ending(until: date | None) -> dict[str, str]:
    return {} if until is None else {"until": until.isoformat()}


def _role(session: Session, oid: str) -> Role:
    return role_of(session.folder.kind, session.study, oid)


def _accepted(session: Session, password: str, user: str) -> str:
    folder = session.folder
    return passwords.accepted(
        password, training=folder.training, known_words=(user, folder.name, folder.study)
    )


def open_account(session: Session, name: str) -> Account:
    """An account that is not closed, as it stands now.

    Raises:
        UserUnknown: there is none.
    """
    user = folded(name)

    def found(conn: Connection) -> Account:
        account = accounts.account(conn, user)
        if account.closed:
            raise UserUnknown(name)
        return account

    with session.reading() as conn:
        return found(conn)


def _other_account(session: Session, name: str) -> Account:
    account = open_account(session, name)
    if account.user == session.user:
        session.deny(MANAGING, OwnAccount())
    return account
