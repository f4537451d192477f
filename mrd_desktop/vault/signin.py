"""Sign-in: from a folder, a name and a password to a session."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection

from mrd_desktop import installation
from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.certificates import key_enrolled, key_rotated
from mrd_desktop.ledger.keys import PublicKey, SigningKey, to_base64
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.study.model import Role, Study
from mrd_desktop.vault import (
    accounts,
    ballast,
    boxes,
    condemned,
    crypto,
    definitions,
    destroyed,
    exercises,
    golive,
    grants,
    own_key,
    password_age,
    passwords,
    rotation,
    schema,
    secrets_store,
    slotbook,
    soundness,
    statements,
    undertaking,
    versions,
)
from mrd_desktop.vault.accounts import Account, folded
from mrd_desktop.vault.attempts import AttemptLog
from mrd_desktop.vault.clock import Clock, Noted, Zone, stamp
from mrd_desktop.vault.crypto import KdfParameters
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.errors import (
    CHAIN_BROKEN,
    RESTORE_FIRST,
    AccountEnded,
    BackupError,
    ClockWentBack,
    CodeNeedsPassword,
    FilesApart,
    FolderDamaged,
    PasswordRefused,
    RecordsMissing,
    SiteDestroyed,
    StorageError,
    TrainingOnly,
    UserNameRefused,
    UserUnknown,
    VaultError,
    WrongCode,
    WrongKey,
    WrongPassword,
)
from mrd_desktop.vault.keyring import Keyring, new_slot, open_slot, rewrapped
from mrd_desktop.vault.lock import FolderLock
from mrd_desktop.vault.manifest import Manifest, Slot, SlotKind, read_manifest
from mrd_desktop.vault.place import check_place, require_own
from mrd_desktop.vault.presence import PresenceLog, What, Why
from mrd_desktop.vault.recovery import read_sheet, recovered
from mrd_desktop.vault.roles import excepted, role_of
from mrd_desktop.vault.session import (
    CLOCK_SETTING,
    COMPACT_SETTING,
    HOLD_SETTING,
    Fold,
    Folder,
    Session,
    held_text,
)

Before: TypeAlias = Callable[[Session], object]
"""Asked at each sign-in before it records anything."""

RECOVERY_SETTING = "manifest.recovery"
RECOVERY_NEXT = "manifest.recovery.next"
RESTORED_FILE = "restored.json"
BACKUP_FILE = "backup.json"


def open_folder(
    path: Path,
    user: str,
    password: str,
    *,
    study: Study,
    fold: Fold,
    now: datetime | None = None,
    patience: float = 0.0,
    before: Before = lambda _: None,
) -> Session:
    """Sign in to a site or store.

    Args:
        study: the program's definition; the session works under the one in force.
        fold: projects new records, in the transaction that writes them.
        now: training folders only; the session's clock starts there and runs on, and later
            sessions run on from it.
        patience: seconds to wait for another process that has the folder open.
        before: looks before anything is recorded; it may hold the work.

    Raises:
        NotAFolder, FolderDamaged, FolderOfNewerProgram, FolderInUse: the folder cannot be used.
        WrongPassword, TryLater: name or password is not right.
        BackupError: this is a backup; restore it and open what was restored.
        CodeNeedsPassword: a right one-time code; go on with :func:`set_first_password`.
        SiteDestroyed: two people have condemned it, and this sign-in has finished its end.
        StorageError: the disk refuses.
    """
    with _Entrance(path, study, fold, now, patience, before) as entrance:
        slot_name = entrance.admitted(user, password, SlotKind.PASSWORD)
        return entrance.session(user, slot_name, password)


def set_first_password(
    path: Path,
    user: str,
    code: str,
    password: str,
    *,
    study: Study,
    fold: Fold,
    now: datetime | None = None,
    before: Before = lambda _: None,
) -> Session:
    """Turn a one-time code into a password and keys of one's own, and sign in.

    Raises:
        WrongCode, WrongPassword, TryLater: the code is wrong, used, void or older than 72 hours.
        PasswordRefused: choose another password; the code is still good.
        Others as :func:`open_folder`.
    """
    with _Entrance(path, study, fold, now, before=before) as entrance:
        slot_name = entrance.admitted(user, code, SlotKind.CODE)
        entrance.open_account(user)  # whoever is closed gets no keys
        try:
            chosen = entrance.accepted(password, user)
        except PasswordRefused:
            entrance.note_code(user)
            raise
        entrance.enrol(slot_name, chosen, None)
        session = entrance.session(user, slot_name, chosen)
        return _announced(session)


def recover(
    path: Path,
    sheet: str,
    *,
    user: str,
    role: str,
    password: str,
    study: Study,
    fold: Fold,
    now: datetime | None = None,
    before: Before = lambda _: None,
) -> Session:
    """Open a folder with its recovery sheet and make an account, or give an old one new keys.

    The new account holds the vault key if its role may. Nobody's signing key is recovered: an
    existing account gets a new one and its old one is closed.

    Args:
        role: ``""`` leaves an existing account in the role it has.

    Raises:
        DutiesApart: the role joins duties, which the account has no recorded exception for.
        WrongRecoverySheet: mistyped (the group is named) or of another folder.
        PasswordRefused, UserNameRefused, RoleRefused: choose others.
    """
    with _Entrance(path, study, fold, now, before=before) as entrance:
        manifest = entrance.manifest
        data, vault = recovered(manifest, read_sheet(sheet, manifest))
        chosen = entrance.accepted(password, user)
        slot_name = manifest.slot_name(folded(user))
        entrance.open_database(data)
        standing = entrance.standing_role(user)
        chosen_role = entrance.role(role or standing)
        if chosen_role.oid != standing:
            excepted(chosen_role.oid, "")
        held = vault if chosen_role.vault else None
        by = {"by": "recovery", "serial": manifest.recovery.serial}
        prelude = entrance.account_entries(user, chosen_role, by)
        entrance.enrol(slot_name, chosen, held)
        session = entrance.session(user, slot_name, chosen, prelude)
        session.by_sheet = True
        return _announced(session)


def fresh_keys(data_key: bytes, vault: bytes | None) -> Keyring:
    """The folder's keys with new keys of a user's own."""
    return Keyring((data_key,), vault, SigningKey.generate(), secrets.token_bytes(crypto.KEY_BYTES))


def enrolment(chain: str, account: Account, keyring: Keyring) -> tuple[Entry, ...]:
    """The entry for keys that the ledger does not know yet: a first key, or one after a reset."""
    assert keyring.sign is not None
    assert keyring.box is not None
    if account.key == keyring.sign.public.to_base64():
        return ()
    if account.key:
        old = PublicKey.from_base64(account.key)
        entry = key_rotated(
            chain, account.user, old, keyring.sign, reason="password_reset", consent=None
        )
    else:
        entry = key_enrolled(chain, account.user, keyring.sign)
    # The key for the vault's grants stands beside it, under the same transaction's signature.
    box = to_base64(crypto.box_public(keyring.box))
    return (replace(entry, payload={**entry.payload, "box": box}),)


def definition_installed(study: Study) -> Entry:
    """The audit entry of a definition coming into force."""
    return Entry(
        Kind.DEFINITION_INSTALLED,
        RecordClass.CODED,
        {"digest": study.digest, "study": study.oid, "version": study.version},
    )


def slot_cost(manifest: Manifest) -> KdfParameters:
    """Argon2id parameters for a new slot: no weaker than any other's."""
    costs = (slot.kdf for slot in manifest.slots.values())
    return max(costs, key=lambda kdf: kdf.memory, default=crypto.FLOOR)


class _Entrance:
    """One sign-in under way: folder lock and database are given back unless a session results."""

    def __init__(
        self,
        path: Path,
        study: Study,
        fold: Fold,
        now: datetime | None,
        patience: float = 0.0,
        before: Before = lambda _: None,
    ) -> None:
        _manifest_at(path, now)  # what is no folder of ours gets no lock file
        self._path = path
        self._study = study
        self._fold = fold
        self._now = now
        self._before = before
        self._lock = FolderLock(path, patience)
        self._database: Database | None = None
        self._done = False
        self._spent = False
        self._tries: tuple[str, ...] = ()
        self.data_key = b""
        self.keyring = Keyring(())
        try:
            self.manifest = _manifest_at(path, now)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> _Entrance:
        return self

    def __exit__(self, *_: object) -> None:
        if self._done:
            return
        if self._database is not None:
            self._database.close()
        self._lock.release()

    def admitted(self, user: str, secret: str, kind: SlotKind) -> str:
        """Check name and secret against the slot; its name.

        Raises:
            WrongPassword, WrongCode, TryLater, CodeNeedsPassword.
        """
        manifest = self.manifest
        slot_name = manifest.slot_name(_spelling(user))
        slot = manifest.slots.get(slot_name)
        log = AttemptLog(self._path, manifest.log, slow=not manifest.training)
        moment = self._now_or_wall()
        log.check(slot_name, moment)
        is_code = slot is not None and slot.kind is SlotKind.CODE
        try:
            keyring = open_slot(manifest, slot_name, _typed(secret, is_code=is_code))
            _check_kind(slot, kind, moment)
        except WrongPassword:
            log.failed(slot_name, _spelling(user) if slot else None, moment)
            if passwords.is_code(secret):
                raise WrongCode from None
            raise
        except CodeNeedsPassword:
            self.note_code(user)
            raise
        self._tries = log.succeeded(slot_name, moment)
        self.keyring = keyring
        self.open_database(keyring.data, slot_name)
        return slot_name

    def note_code(self, user: str) -> None:
        """A right one-time code was given, and perhaps nothing more will be done with it."""
        said = {"what": What.CODE.value, "why": Why.UNOPENED.value, "user": _spelling(user)}
        with suppress(MrdError, OSError):
            PresenceLog(self._path, self.manifest.log).note(said, self._now_or_wall())

    def open_database(self, candidates: Sequence[bytes], slot_name: str = "") -> None:
        """Open with the first candidate that fits.

        Args:
            slot_name: where the candidates come from; a slot must be as it was last written.

        Raises:
            FilesApart: none does.
            FolderDamaged: an older slot was put back, another manifest or another definition.
            SiteDestroyed: two people have condemned the folder; it is at its end.
        """
        self._spent = ballast.spend_if_full(self._path)
        for key in candidates:
            try:
                self._database = Database(self._path / DATA_FILE, key)
            except WrongKey:
                continue
            self.data_key = key
            self._check_binding()
            self._settle_book(slot_name)
            self._settle_sheet()
            with self._opened().reading() as conn:
                self._study = definitions.in_force(conn, self.manifest.chain, self._study)
            self._end_if_condemned(candidates)
            if self.manifest.next_generation is not None:
                with self._opened().writing() as conn:
                    mended = rotation.settled(self.manifest, conn, tuple(candidates), key)
                self._replace(mended)
            return
        raise FilesApart

    def accepted(self, password: str, user: str) -> str:
        """A new password by the folder's rules; raises PasswordRefused."""
        return passwords.accepted(
            password,
            training=self.manifest.training,
            known_words=(_spelling(user), self.manifest.name, self.manifest.study),
        )

    def _guessable(self, password: str, user: str) -> bool:
        try:
            self.accepted(password, user)
        except PasswordRefused:
            return True
        return False

    def role(self, oid: str) -> Role:
        """A role of this folder; raises RoleRefused."""
        return role_of(self.manifest.kind, self._study, oid)

    def enrol(self, slot_name: str, password: str, vault: bytes | None) -> None:
        """Give a slot new keys under a password, on disk."""
        self.keyring = fresh_keys(self.data_key, vault)
        slot = new_slot(self.manifest, slot_name, password, self.keyring, slot_cost(self.manifest))
        assert self.keyring.box is not None
        with self._opened().writing() as conn:
            boxes.note(conn, self.manifest, slot_name, slot, self.keyring.box)
        self._replace(replace(self.manifest, slots={**self.manifest.slots, slot_name: slot}))

    def open_account(self, user: str, prelude: Sequence[Entry] = ()) -> Account:
        """The account of a user whose secret was right.

        Args:
            prelude: entries that are not written yet and make it or change its role.

        Raises:
            WrongPassword: there is none, or it is closed.
        """
        user = _spelling(user)
        added = {str(e.payload["user"]) for e in prelude if e.kind is Kind.USER_ADDED}
        roles = [str(e.payload["role"]) for e in prelude if e.kind is Kind.ROLE_GRANTED]
        if user in added:
            return Account(
                user, user, roles[-1], "", "", confirmed=False, closed=False, vault=False
            )
        try:
            with self._opened().reading() as conn:
                account = accounts.account(conn, user)
        except UserUnknown:
            raise self._refused(user, WrongPassword()) from None
        if account.closed:
            raise self._refused(user, WrongPassword())
        return replace(account, role=roles[-1] if roles else account.role)

    def standing_role(self, user: str) -> str:
        """The role an open account has; ``""`` where there is no such account."""
        with self._opened().reading() as conn:
            found = accounts.accounts(conn)
        return next((a.role for a in found if a.user == folded(user) and not a.closed), "")

    def account_entries(self, user: str, role: Role, by: dict[str, str]) -> tuple[Entry, ...]:
        """Entries that make an account, or move an existing one into a role."""
        coded = RecordClass.CODED
        name = folded(user)
        granted = Entry(Kind.ROLE_GRANTED, coded, {"user": name, "role": role.oid, **by})
        with self._opened().reading() as conn:
            known = next((a for a in accounts.accounts(conn) if a.user == name), None)
        if known is None:
            return (Entry(Kind.USER_ADDED, coded, {"user": name, "name": user, **by}), granted)
        if known.closed:
            raise UserUnknown(user)
        used = Entry(Kind.REVIEW_NOTED, coded, {"act": statements.SHEET_USED, "user": name, **by})
        if known.role == role.oid:
            return (used,)
        revoked = Entry(Kind.ROLE_REVOKED, coded, {"user": name, "role": known.role, **by})
        return (used, revoked, granted)

    def session(
        self, user: str, slot_name: str, password: str, prelude: Sequence[Entry] = ()
    ) -> Session:
        """The session of a user whose slot opens."""
        keyring, data_key = self.keyring, self.data_key
        account = self.open_account(user, prelude)
        role = role_of(self.manifest.kind, self._study, account.role)
        manifest = self.manifest
        vault = grants.vault_key(manifest, keyring, data_key, role)
        if role.vault and manifest.recovery.vault is None:
            manifest, vault = grants.with_new_vault(manifest, data_key)
        keyring = replace(keyring.under(data_key), vault=vault)
        self._settle(manifest, slot_name, password, keyring)
        entries = [*prelude, *enrolment(self.manifest.chain, account, keyring)]
        if vault is not None and not account.vault:
            entries.append(granted(account.user, account.user))
        with self._opened().writing() as conn:
            self._fold(conn, ())
        with self._opened().reading() as conn:
            if not definitions.known(conn, self._study.digest):
                entries.append(definition_installed(self._study))
            clock = self._clock(conn)
            activation = golive.installed(conn, self.manifest.chain)
            held = schema.setting(conn, HOLD_SETTING)
            altered = soundness.at_opening(conn, self.manifest.chain)
            until = accounts.last_day(conn, self.manifest.chain, account.user)
            undertaken = undertaking.given(conn, self.manifest.chain, account)
            trained = exercises.trained(conn, self.manifest.chain, account)
        if until is not None and clock.today() > until:
            raise self._refused(account.user, AccountEnded(day=until.isoformat()))
        session = Session(
            folder=folder_of(self._path, self.manifest),
            manifest=self.manifest,
            database=self._opened(),
            lock=self._lock,
            study=self._study,
            fold=self._fold,
            clock=clock,
            account=account,
            duties=role,
            keyring=keyring,
            prelude=entries,
        )
        session.activation = activation
        session.hold = held_text(held)
        session.altered = altered
        _judge_program(session)
        session.until = until
        if undertaking.asked_of(self.manifest):
            session.undertaken, session.trained = undertaken, trained
        session.stale_password = password_age.too_old(session)
        session.guessable = not self.manifest.training and self._guessable(password, user)
        session.reserve_spent = self._spent
        session.own_tries = self._tries
        if not self.manifest.training and not self._spent:
            ballast.lay(self._path)
        self._done = True
        return _mended(self._looked_at(self._restored(_compacted(session))))

    def _refused(self, user: str, refusal: VaultError) -> VaultError:
        """The password was right, and nobody comes in: it counts as a sign-in that failed."""
        manifest = self.manifest
        log = AttemptLog(self._path, manifest.log, slow=not manifest.training)
        log.failed(manifest.slot_name(user), user, self._now_or_wall(), refusal.code)
        return refusal

    def _looked_at(self, session: Session) -> Session:
        try:
            self._before(session)
        except BaseException:
            session.close()
            raise
        return session

    def _restored(self, session: Session) -> Session:
        """A sign-in after a restore verifies the chain; its first record tells of the restore."""
        note = self._path / RESTORED_FILE
        if not note.is_file():
            return session
        try:
            content = _restore_note(session, note)
            session.forget_logs()
            # Its first record would stand where missing ones can still be taken back.
            session.precede(Entry(Kind.RESTORE_DONE, RecordClass.CODED, content), note.unlink)
        except BaseException:
            session.close()
            raise
        return session

    def _settle(self, manifest: Manifest, slot_name: str, password: str, keyring: Keyring) -> None:
        """Bring the slot up to date where something waits in it.

        Args:
            manifest: perhaps with a new vault key, which goes to the sheet and into the slot at one
                stroke: after a cut in between the sheet alone would hold it.
        """
        slot = manifest.slots[slot_name]
        held = keyring.vault is not None and slot.vault is None and not manifest.training
        late = slot.generation != manifest.generation or slot.next_data is not None
        if manifest.next_generation is None and (late or held):
            kept = replace(keyring, vault=None) if manifest.training else keyring
            fresh = rewrapped(manifest, slot_name, passwords.normal(password), kept)
            manifest = replace(manifest, slots={**manifest.slots, slot_name: fresh})
        if manifest is not self.manifest:
            self._replace(manifest)

    def _check_binding(self) -> None:
        """The manifest must say what the database knows, above all the keys to seal to."""
        with self._opened().reading() as conn:
            bound = is_bound(conn, self.manifest)
        if not bound:
            raise FolderDamaged(self.manifest.kind.file_name)

    def _settle_book(self, slot_name: str) -> None:
        """A change of the slots that was cut off stands or falls with the file."""
        with self._opened().reading() as conn:
            unsettled = slotbook.unsettled(conn)
            changed = set(slotbook.faults(conn, self.manifest))
        # An older password or code may still open the slot; the generation tells what is settled.
        if changed & {slot_name, slotbook.GENERATION}:
            raise FolderDamaged(self.manifest.kind.file_name)
        if unsettled:
            with self._opened().writing() as conn:
                slotbook.settle(conn, self.manifest)

    def _settle_sheet(self) -> None:
        """The recovery key that the file has reached is the one known, lest a third be too many."""
        with self._opened().reading() as conn:
            reached = schema.setting(conn, RECOVERY_SETTING) == binding(self.manifest)
        if not reached:
            with self._opened().writing() as conn:
                schema.put_setting(conn, RECOVERY_SETTING, binding(self.manifest))

    def _end_if_condemned(self, candidates: Sequence[bytes]) -> None:
        """Finish what two people have signed; a mark that they did not sign is no more than a file.

        While the data key is changed the folder's key may be under the other one.
        """
        mark = destroyed.marked(self._path)
        if mark is None:
            return
        with self._opened().reading() as conn:
            for key in (self.data_key, *candidates):
                try:
                    sign = secrets_store.get(conn, key, secrets_store.SIGN)
                except crypto.Unopened:
                    continue
                own = SigningKey.from_bytes(sign).public.raw
                if condemned.holds(conn, self.manifest, self._study, own, mark):
                    break
            else:
                return
        self._opened().close()
        self._lock.release()
        destroyed.finish(self._path, mark)
        raise SiteDestroyed(self._path.name)

    def _clock(self, conn: Connection) -> Clock:
        stored = schema.setting(conn, CLOCK_SETTING)
        noted = schema.setting(conn, accounts.CLOCK_NOTED)
        shift, zone = timedelta(), None
        if stored is not None and self._now is None:
            seconds, minutes = stored.split(" ")
            shift, zone = timedelta(seconds=float(seconds)), Zone("", int(minutes))
        clock = Clock(start=self._now, shift=shift, zone=zone, training=self.manifest.training)
        clock.last = store.head(conn, self.manifest.chain).at
        clock.confirmed = schema.setting(conn, accounts.CLOCK_CONFIRMED) or ""
        clock.passed = schema.setting(conn, accounts.CLOCK_PASSED) or ""
        doubt = schema.setting(conn, accounts.CLOCK_DOUBT) or ""
        clock.carried, _, clock.since = doubt.partition(" ")
        if noted is not None:
            clock.noted = Noted.of_text(noted)
        return clock

    def _now_or_wall(self) -> datetime:
        return self._now if self._now is not None and self._now.tzinfo else datetime.now(UTC)

    def _opened(self) -> Database:
        assert self._database is not None
        return self._database

    def _replace(self, manifest: Manifest) -> None:
        slotbook.replace(self._opened(), self._path, self.manifest, manifest)
        self.manifest = manifest


def granted(user: str, by: str) -> Entry:
    """The entry of a vault key coming into a user's hands."""
    return Entry(Kind.VAULT_GRANTED, RecordClass.CODED, {"user": user, "by": by})


def binding(manifest: Manifest) -> str:
    """What the database keeps of the manifest, lest somebody change it or seal to other keys."""
    fixed: JSON = {
        "format": manifest.kind.value,
        "study": manifest.study,
        "site": manifest.site,
        "name": manifest.name,
        "training": manifest.training,
        "chain": manifest.chain,
        "recovery": to_base64(manifest.recovery.public),
        "log": to_base64(manifest.log),
    }
    return dumps(fixed).decode()


def is_bound(conn: Connection, manifest: Manifest) -> bool:
    """Whether the database knows the manifest: as it was, or as a new recovery sheet made it.

    While the sheet is replaced both stand; the digests of slots and sealed key tell which one.
    """
    known = (schema.setting(conn, RECOVERY_SETTING), schema.setting(conn, RECOVERY_NEXT))
    return binding(manifest) in known


def folder_of(path: Path, manifest: Manifest) -> Folder:
    """Paths and names of a folder."""
    return Folder(
        path, manifest.kind, manifest.study, manifest.site, manifest.name, manifest.training,
        manifest.chain,
    )  # fmt: skip


def _restore_note(session: Session, note: Path) -> Mapping[str, JSON]:
    """What a restore left to be recorded, once the chain has been walked."""
    chain = session.folder.chain
    with session.reading() as conn:
        verdict = verify_records(store.records(conn, chain), chain, private=False)
        content = loads(note.read_bytes())
        if not verdict.ok or not isinstance(content, Mapping):
            raise BackupError(CHAIN_BROKEN)
        head = store.head(conn, chain)
        held: JSON = {"seq": head.seq, "digest": head.digest.hex()}
        if not _holds(conn, chain, content.get("head"), head.seq):
            content = {"head": held, "missing": None}
    return {**content, "user": session.user}


def _holds(conn: Connection, chain: str, told: JSON, last: int) -> bool:
    """The chain has the record that a backup's list named as the last one."""
    seq = told.get("seq") if isinstance(told, Mapping) else None
    if not isinstance(told, Mapping) or not isinstance(seq, int) or not 0 < seq <= last:
        return False
    return store.record(conn, chain, seq).digest.hex() == told.get("digest")


def _manifest_at(path: Path, now: datetime | None) -> Manifest:
    manifest = read_manifest(path)
    check_place(path, live=not manifest.training)
    require_own(path)
    if (path / BACKUP_FILE).is_file():
        # Opening changes bytes, and a backup whose bytes have changed is refused for ever.
        raise BackupError(RESTORE_FIRST)
    if now is not None and not manifest.training:
        raise TrainingOnly
    return manifest


def _check_kind(slot: Slot | None, kind: SlotKind, moment: datetime) -> None:
    """Whether a slot that opened is of the kind asked for, and not out of date."""
    if slot is None or (slot.expires and stamp(moment) > slot.expires):
        raise WrongPassword
    if slot.kind is not kind:
        raise CodeNeedsPassword if slot.kind is SlotKind.CODE else WrongPassword


def _judge_program(session: Session) -> None:
    """A live folder takes data from a whole release alone, and from no older one than before."""
    if not session.folder.training:
        session.build, barred = installation.started()
        with session.reading() as conn:
            session.unreleased = barred or versions.too_old(conn)


def _compacted(session: Session) -> Session:
    """What is left of erased content, where the disk was full at that time, goes now."""
    try:
        with session.reading() as conn:
            uncompacted = bool(schema.setting(conn, COMPACT_SETTING))
        if uncompacted:
            session.compact()
    except BaseException:
        session.close()
        raise
    return session


def _mended(session: Session) -> Session:
    """What was cut off is finished: a change of the data key, and of the folder's own key."""
    try:
        rotation.make_up(session)
        with suppress(StorageError):
            own_key.settle(session)
    except BaseException:
        session.close()
        raise
    return session


def _announced(session: Session) -> Session:
    """A new account's first records are written at once, or there is no session.

    Where the clock is behind they come with the note on it, and where records are missing behind
    what comes back; anew at each sign-in until then, if the account is an older one.
    """
    try:
        with suppress(ClockWentBack, RecordsMissing):
            session.announce()
    except BaseException:
        session.close()
        raise
    return session


def _spelling(user: str) -> str:
    """The folded name; one that is none has no slot and fails like a wrong password."""
    try:
        return folded(user)
    except UserNameRefused:
        return ""


def _typed(secret: str, *, is_code: bool) -> str:
    return passwords.normal_code(secret) if is_code else passwords.normal(secret)
