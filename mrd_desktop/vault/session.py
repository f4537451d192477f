"""A signed-in user at work: what may be done, and the one way to write records.

A session has its own Ed25519 key, certified by the user's key at sign-in; the user's key is then
closed again and opened by password only, for an e-signature. ``session.opened`` is written by
:meth:`Session.come_in`, which every door of the program calls, else with the first transaction.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Concatenate, Final, NoReturn, ParamSpec, Self, TypeAlias, TypeVar

import pyrage
from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig, store
from mrd_desktop.ledger.canonical import JSON, loads
from mrd_desktop.ledger.certificates import SIG_TAG, session_certificate
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.ids import key_id, new_session_id
from mrd_desktop.ledger.keys import SigningKey
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.wording import fits
from mrd_desktop.study.model import Role, Study
from mrd_desktop.texts import Text
from mrd_desktop.vault import (
    accounts,
    ballast,
    crypto,
    definitions,
    faultlog,
    grants,
    presence,
    schema,
    secrets_store,
    slotbook,
    undertaking,
)
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.activation import ABSENT, Activation, Here
from mrd_desktop.vault.attempts import AttemptLog, Mark
from mrd_desktop.vault.clock import DOUBTS, Clock, Noted, stamp
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.errors import (
    DiskFull,
    FolderDamaged,
    KeyChangeCutOff,
    NotActivated,
    NotConfirmed,
    NotTrained,
    OtherUser,
    OwnPasswordWrong,
    PasswordAsked,
    PasswordStale,
    PermissionDenied,
    ProgramNotReleased,
    RecordsAltered,
    RecordsMissing,
    SessionLocked,
    SessionOver,
    StorageError,
    TailWritten,
    UndertakingMissing,
    UnfitText,
    UserNameRefused,
    VaultClosed,
    VaultError,
    WrongPassword,
)
from mrd_desktop.vault.identity import IdentityBox, destroy_subkey, open_draft, seal_draft
from mrd_desktop.vault.keyring import Keyring, open_slot
from mrd_desktop.vault.lock import FolderLock
from mrd_desktop.vault.manifest import FolderKind, Manifest
from mrd_desktop.vault.passwords import normal
from mrd_desktop.vault.presence import PresenceLog, What, Why
from mrd_desktop.vault.roles import (
    CLINICAL,
    FRESH,
    HELD,
    RECORDING,
    SIGNABLE,
    SIGNING,
    TRAINED,
    UNSOUND,
    known,
)

Fold: TypeAlias = Callable[[Connection, Sequence[Record]], None]
"""Projects records into the caller's tables, in the transaction that wrote them.

At sign-in it is called without records: the tables of another program version can be made anew.
"""

Entries: TypeAlias = Sequence[Entry] | Callable[[Connection], Sequence[Entry]]

P = ParamSpec("P")
T = TypeVar("T")

Signature: TypeAlias = Callable[[bytes], tuple[bytes, str]]
"""Signs canonical JSON of a statement: the 64-byte signature and the key's id."""

CLOCK_SETTING: Final = "clock"
DENIED: Final = "denied"
"""The act of a record of what somebody tried and may not do (E-07)."""
FRESH_MINUTES: Final = 5
"""How long a password that was given stands for acts on accounts: as long as an idle window does
before it locks, so that adding six users asks once (C.8)."""
MERGED_SETTING: Final = "signin.merged"
FAULTS_SETTING: Final = "faults.merged"
PRESENCE_SETTING: Final = "presence.merged"
LINE: Final = ".line"
"""Added to the names of these settings: which line of the file it was."""
HOLD_SETTING: Final = "hold"
COMPACT_SETTING: Final = "compact"


ARCHIVE: Final = "archive"
"""Where a folder keeps copies of what was sent and received."""
_OF_A_STORE: Final = "sponsor"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the data are, and of whom.

    Attributes:
        site: two-digit site number; empty for a sponsor's store.
    """

    path: Path
    kind: FolderKind
    study: str
    site: str
    name: str
    training: bool
    chain: str

    @property
    def stem(self) -> str:
        """What names of its files begin with: the site's number, which was judged; no store's name.

        A name is words, and could lead elsewhere.
        """
        return self.site or _OF_A_STORE

    @property
    def data(self) -> Path:
        """The encrypted database."""
        return self.path / DATA_FILE

    @property
    def backups(self) -> Path:
        """Backups kept beside the data."""
        return self.path / "backups"

    @property
    def outbox(self) -> Path:
        """What is to be carried away."""
        return self.path / "outbox"

    @property
    def inbox(self) -> Path:
        """What has come in."""
        return self.path / "inbox"

    @property
    def archive(self) -> Path:
        """Copies of what was sent and received."""
        return self.path / ARCHIVE


class _SessionKey:
    """The session's signer: id, key, and what its record says."""

    def __init__(self, user_key: SigningKey, chain: str, user: str, at: str) -> None:
        key = SigningKey.generate()
        self.session: Final = new_session_id()
        self.at: Final = at
        self.public: Final = key.public.to_base64()
        self.user_key: Final = user_key.public.id
        self.cert: Final = session_certificate(
            user_key, chain, self.session, session_key=key.public, user=user, at=at
        )
        self._key: Final = key

    def sign(self, message: bytes, /) -> bytes:
        return self._key.sign(message)


class Session:
    """Made by :func:`mrd_desktop.vault.folder.open_folder`; used from any thread.

    Attributes:
        account: the user's account as it stood at sign-in.
        duties: the role with its operations.
        folder: paths, site number, name, training, chain.
        study: the definition in force.
        clock: time, local date and zone.
        activation: the sponsor's word that this live site may take clinical data; None without.
        hold: records are known elsewhere that are not here, and nobody has answered for it: no
            record is written, but by :meth:`take_back` and :meth:`release`. None where nothing is
            missing.
        altered: where the database is not what the program wrote; the same is held until a whole
            check finds nothing (:mod:`mrd_desktop.record.soundness`). None where nothing is known.
        unreleased: why the program that works in this live folder is not what was released; the
            same is held for the whole session (R-VAL-06). None where it is, and in training.
        build: what the program was when it was started, as :func:`installation.started` tells it.
        until: the last day of this account; nothing is allowed after it. None without one.
        undertaken: the user has signed the undertaking, or this folder asks for none.
        trained: somebody has signed for the user's training, or this folder asks for none.
        own_tries: when somebody failed with this user's name (UTC) since the user was last here:
            before this sign-in, or behind the lock before it was opened.
        stale_password: the password is older than the study allows.
        guessable: the password of this live folder would be refused today, by a list that came with
            a newer program.
        seen: what was on the screen in full: address and digest of its content. It outlives a lock,
            for the user is the same and the digest holds the content.
        reserve_spent: the disk became full, and the folder's reserve was given up for this work.
        by_sheet: opened with the recovery sheet, for want of anybody who can sign in.
    """

    def __init__(
        self,
        *,
        folder: Folder,
        manifest: Manifest,
        database: Database,
        lock: FolderLock,
        study: Study,
        fold: Fold,
        clock: Clock,
        account: Account,
        duties: Role,
        keyring: Keyring,
        prelude: Sequence[Entry] = (),
    ) -> None:
        self.folder: Final = folder
        self.study: Final = study
        self.clock: Final = clock
        self.account: Final = account
        self.duties: Final = duties
        self.activation: Activation | None = None
        self.hold: Text | None = None
        self.altered: Text | None = None
        self.unreleased: Text | None = None
        self.build = ""
        self.reserve_spent = False
        self.seen: Final[set[tuple[str, str]]] = set()
        self.by_sheet = False
        self.until: date | None = None
        self.undertaken = True
        self.trained = True
        self.stale_password = False
        self.guessable = False
        self.own_tries: tuple[str, ...] = ()
        self.manifest = manifest
        self.database = database
        self._fold: Final = fold
        self._folder_lock: Final = lock
        self._guard: Final = threading.RLock()
        self._prelude: tuple[Entry, ...] = tuple(prelude)
        self._kept: tuple[Entry, ...] = ()
        self._once_written: Callable[[], object] = lambda: None
        self._announced = False
        self._came_in = False
        self._closed = False
        self._in_transaction = False
        self._data_key = keyring.data[0]
        self._former_key = b""
        self._vault_key: bytes | None = None
        self._box: IdentityBox | None = None
        self._signer: _SessionKey | None = None
        self._proved = -math.inf
        self._begin(keyring)

    # --- who and what ---------------------------------------------------------------------

    @property
    def user(self) -> str:
        """The user's id as it stands in records."""
        return self.account.user

    @property
    def role(self) -> str:
        """OID of the role."""
        return self.duties.oid

    @property
    def has_vault(self) -> bool:
        """Whether identity data are open to this session."""
        return self._vault_key is not None

    @property
    def locked(self) -> bool:
        """Locked or closed: nothing is read or written until the password comes."""
        return self._signer is None

    @property
    def public_key(self) -> str:
        """This session's own public key, as its record says it.

        Raises:
            SessionLocked: locked or closed.
        """
        self._awake()
        assert self._signer is not None
        return self._signer.public

    @property
    def may_sign(self) -> bool:
        """Whether this user makes e-signatures: the undertaking signed, the key confirmed."""
        return self.undertaken and self.account.confirmed

    @property
    def asks_undertaking(self) -> bool:
        """Whether the undertaking is to be signed by this user, whose role signs something."""
        return not self.undertaken and bool(self.duties.operations & SIGNABLE)

    @property
    def not_live(self) -> Text | None:
        """Why this live site takes no clinical data now; None where it does, and in training."""
        if self.folder.training or self.folder.kind is FolderKind.STORE:
            return None
        return ABSENT if self.activation is None else self.activation.fault(self.here())

    def here(self, key: str | None = None, study: Study | None = None) -> Here:
        """What an activation is held against.

        Args:
            key: id of the folder's own key, where it is to be compared too.
            study: an amendment that is thought of, instead of the definition in force.
        """
        folder, study = self.folder, study or self.study
        return Here(
            folder.study, folder.site, folder.chain, folder.training, study.protocol,
            study.version, __version__, self.today(), key,
        )  # fmt: skip

    def allows(self, operation: str, *, at_end: bool = False) -> bool:
        """Whether the role may do an operation, here and now.

        Args:
            at_end: an act of the end of a study, when the activation may have run out: all else
                is asked.

        Raises:
            KeyError: there is no such operation.
        """
        if self.until is not None and self.today() > self.until:
            return False
        if operation in SIGNING and not self.may_sign:
            return False
        if operation in TRAINED and (self.stale_password or not self.trained):
            return False
        if operation in CLINICAL and not at_end and self.not_live is not None:
            return False
        if self._is_held(operation):
            return False
        return known(operation) in self.duties.operations

    def _is_held(self, operation: str) -> bool:
        missing = operation in HELD and self.hold is not None
        unsound = self.altered is not None or self.unreleased is not None
        return missing or (operation in UNSOUND and unsound)

    def require(
        self, operation: str, *, at_end: bool = False, signs: bool = False, reads: bool = False
    ) -> None:
        """Go on only where the role allows the operation; ``at_end`` as in :meth:`allows`.

        Args:
            signs: the act is signed, and asks for the password itself.
            reads: nothing is recorded, so missing records are no bar to it.

        Raises:
            PasswordAsked: it does, once the password is given; see :data:`roles.FRESH`.
            PermissionDenied: it does not.
            NotActivated: it would, once this live site is activated.
            RecordsMissing: it would, once somebody has answered for what is missing.
            RecordsAltered: it would, were the database what the program wrote.
            ProgramNotReleased: it would, were the program what was released.
            PasswordStale: it would, once the user has chosen a new password.
            NotTrained: it would, once somebody has signed for the user's training.
            UndertakingMissing: it would, once the user has signed the undertaking.
            NotConfirmed: it would, once somebody has confirmed whose key the user signs with.
            SessionLocked: locked or closed.
            KeyError: there is no such operation.
        """
        self._awake()
        waits = self.hold is not None and operation in RECORDING and not reads
        if waits or not self.allows(operation, at_end=at_end):
            refusal = self.refusal(operation, at_end=at_end)
            self._note_denial(operation, refusal)
            raise refusal
        if operation in FRESH and not signs:
            self.require_fresh()

    def require_sound(self, operation: str) -> None:
        """Go on only where nothing is known to have been changed: data, or the program itself.

        For acts that no operation of :data:`roles.UNSOUND` stands for.

        Raises:
            RecordsAltered, ProgramNotReleased: something was.
            SessionLocked: locked or closed.
        """
        self._awake()
        if self.unreleased is not None:
            self.deny(operation, ProgramNotReleased(self.unreleased))
        if self.altered is not None:
            self.deny(operation, RecordsAltered(self.altered))

    def require_all(self, operation: str) -> None:
        """Go on only where no records are missing.

        For acts that no operation of :data:`roles.RECORDING` stands for, before they do anything
        else; whatever forgets to ask, :meth:`commit` refuses.

        Raises:
            RecordsMissing: some are.
        """
        try:
            self._no_hold()
        except RecordsMissing as missing:
            self.deny(operation, missing)

    @property
    def fresh(self) -> bool:
        """Whether the user's password was given within the last minutes: at sign-in or since."""
        return time.monotonic() - self._proved < FRESH_MINUTES * 60

    def require_fresh(self) -> None:
        """Go on only where the password was given lately; :meth:`verify_password` gives it anew.

        Raises:
            PasswordAsked: it was not.
        """
        self._awake()
        if not self.fresh:
            raise PasswordAsked(FRESH_MINUTES)

    def deny(self, operation: str, refusal: VaultError | None = None) -> NoReturn:
        """Refuse what this user may not do here, and record that it was tried.

        Args:
            refusal: what is missing, where it is no right of the role: the vault key, another
                person.

        Raises:
            PermissionDenied: always, or the refusal that was given.
        """
        refused = refusal or PermissionDenied(role=self.role, operation=operation)
        self._note_denial(operation, refused)
        raise refused

    def note_denial(self, operation: str) -> None:
        """Record that the role may not do what was tried; for what is refused in other words."""
        self._note_denial(operation, PermissionDenied(role=self.role, operation=operation))

    def refusal(self, operation: str, *, at_end: bool = False) -> VaultError:
        """Why an operation is not allowed: what the role may once something is mended, first."""
        closed = None if at_end else self.not_live
        days = self.study.oversight.password_days
        foreign = None if self.unreleased is None else ProgramNotReleased(self.unreleased)
        bars: tuple[tuple[frozenset[str], VaultError | None], ...] = (
            (UNSOUND, foreign),
            (CLINICAL, None if closed is None else NotActivated(closed)),
            (UNSOUND, None if self.altered is None else RecordsAltered(self.altered)),
            (RECORDING, None if self.hold is None else RecordsMissing()),
            (TRAINED, PasswordStale(days) if self.stale_password else None),
            (TRAINED, None if self.trained else NotTrained(self.user)),
            (SIGNING, None if self.undertaken else UndertakingMissing(self.user)),
            (SIGNING, None if self.account.confirmed else NotConfirmed(self.user)),
        )
        may = operation in self.duties.operations
        barred = (refusal for group, refusal in bars if may and refusal and operation in group)
        return next(barred, PermissionDenied(role=self.role, operation=operation))

    def _note_denial(self, operation: str, refusal: VaultError) -> None:
        """Record what was tried and not allowed; it is denied where that cannot be, too."""
        if self._in_transaction:
            return
        if self.hold is not None:  # it is not to grow: see _aside
            said: dict[str, JSON] = {"operation": operation, "cause": refusal.code}
            self._note_aside(What.DENIED, Why.MISSING, said)
            return
        content = {
            "act": DENIED, "user": self.user, "operation": operation, "cause": refusal.code,
        }  # fmt: skip
        try:
            self.commit([Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content)])
        except MrdError as unwritten:
            tried: dict[str, JSON] = {"operation": operation, "cause": refusal.code}
            self._note_aside(What.DENIED, presence.why(unwritten), tried)

    def signs_as(self) -> dict[str, JSON]:
        """What a signature says of its maker besides user and role: printed name, local time.

        Both are signed with it (21 CFR 11.50); without a printed name the user name stands.
        """
        name = self.account.full_name
        return {"offset": self.clock.zone.offset, **({"name": name} if name else {})}

    # --- time -----------------------------------------------------------------------------

    def today(self) -> date:
        """The local date."""
        return self.clock.today()

    def now(self) -> str:
        """UTC with milliseconds."""
        return self.clock.now()

    @property
    def left(self) -> timedelta:
        """How long records may still be written: the study's hours from the sign-in on."""
        return timedelta(hours=self.study.oversight.session_hours) - self.clock.run()

    def _in_time(self) -> None:
        if self.left <= timedelta():
            raise SessionOver(hours=self.study.oversight.session_hours)

    def require_time(self) -> None:
        """Go on only where a record could be written now, before what cannot be taken back.

        Raises:
            ClockWentBack: the computer's clock is behind the last record.
            SessionOver: the longest session is over.
            SessionLocked: locked or closed.
        """
        self._awake()
        self._in_time()
        self.clock.check()

    def require_settled(self) -> None:
        """Go on only where no change of the data key is under way, before a slot or key is made.

        Made under one of the two keys alone it would open nothing, or lead the next sign-in to
        take the wrong one for the one in force.

        Raises:
            KeyChangeCutOff: one was cut off; the next sign-in settles it.
        """
        if self.manifest.next_generation is not None:
            raise KeyChangeCutOff

    def explain_clock(self, noted: Noted, entries: Sequence[Entry]) -> None:
        """Write under a note on a clock that is behind, and go on under it.

        :mod:`mrd_desktop.vault.clock_note` has asked who may, and for a signature.
        """
        self._awake()
        with self._guard:
            before, self.clock.noted = self.clock.noted, noted
            try:
                made = self.commit_or_keep(entries)
                self.clock.noted = replace(noted, at=_at(made))
            except BaseException:
                self.clock.noted = before
                raise

    # --- reading and writing --------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view that cannot write."""
        self._awake()
        with self.database.reading() as conn:
            yield conn

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction for what is no record: drafts, settings, projections.

        Raises:
            CommitUnsure: nobody knows yet; StorageError else: nothing of the block has happened.
        """
        self._awake()
        with self._guard, self._transaction() as conn:
            yield conn

    def commit(self, entries: Entries) -> tuple[Record, ...]:
        """Write one transaction of records, all or nothing, and project it.

        Args:
            entries: the entries, or a function that makes them under the write lock (it may
                read, adopt foreign records and write other tables on the connection it gets;
                if it gives no entry, nothing of what it did stays).

        Returns:
            The new records, openings included; empty where there was no entry.

        Raises:
            RecordsMissing: they are known elsewhere, and what comes back follows only where nothing
                was written since.
            ClockWentBack: the computer's clock is behind the last record.
            VaultClosed: a private entry in a session without the vault key.
            UnfitText: words with control characters.
            SessionOver: the longest session is over; only its end is recorded still.
            CommitUnsure: nobody knows yet; StorageError else: nothing has happened.
        """
        self._awake()
        self._in_time()
        return self._commit(entries)

    def commit_or_keep(self, entries: Sequence[Entry]) -> tuple[Record, ...]:
        """As :meth:`commit`; while records are missing it is kept for this session's next record.

        For what must be possible then: to say why the clock is behind, to undertake before one
        signs, and to copy the folder. It stands behind what comes back; a session that ends before
        has not said it.
        """
        with self._guard:
            if self.hold is None:
                return self.commit(entries)
            self._awake()
            self._kept = (*self._kept, *entries)
            return ()

    def release(self, entries: Entries) -> tuple[Record, ...]:
        """Write what answers for missing records, as :meth:`commit`; work goes on with it."""
        with self._guard:
            held, self.hold = self.hold, None
            try:
                return self.commit(entries)
            except BaseException:
                self.hold = held
                raise

    def _no_hold(self) -> None:
        if self.hold is not None:
            raise RecordsMissing

    def _commit(self, entries: Entries) -> tuple[Record, ...]:
        with self._guard:
            self._no_hold()
            at = self.clock.next_stamp()
            try:
                with self._transaction() as conn:
                    opening = () if self._announced else self._open_on(conn)
                    made = _some(entries(conn) if callable(entries) else entries)
                    records = self._append(conn, (*self._kept, *made), max(at, _at(opening)))
                    self._project(conn, (*opening, *records))
                    accounts.keep_shown(conn, self.clock.apart)
            except _Nothing:
                return ()
            self._written(records)
            return records

    def take_back(
        self, adopt: Callable[[Connection], str], entries: Callable[[Connection], Sequence[Entry]]
    ) -> tuple[Record, ...]:
        """Adopt records that this chain had, and go on behind them: one transaction, or nothing.

        Args:
            adopt: stores and projects them; gives the time of the last one.
            entries: what is recorded behind them.

        Raises:
            TailWritten: this session has written a record, which would contradict them.
            As :meth:`commit`.
        """
        self._awake()
        self._in_time()
        with self._guard:
            if self._announced:
                raise TailWritten
            before, noted = self.clock.last, self.clock.noted
            try:
                with self._transaction() as conn:
                    self.clock.follow(adopt(conn))
                    at = self.clock.next_stamp()
                    opening = self._open_on(conn)
                    made = (*self._kept, *entries(conn))
                    records = self._append(conn, made, max(at, _at(opening)))
                    self._project(conn, (*opening, *records))
                    accounts.keep_shown(conn, self.clock.apart)
            except BaseException:
                self.clock.last, self.clock.noted = before, noted
                raise
            self._written(records)
            return records

    def come_in(self) -> None:
        """Record that the user is here, whatever is done; so are each lock, return and the end.

        Never refused: where no record can be written, or none is to be, :mod:`presence` keeps it.
        """
        self._awake()
        with self._guard:
            self._came_in = True
            if self._announced:
                return
            aside = self._aside()
            if aside is None:
                try:
                    self.announce()
                except MrdError as refused:
                    aside = presence.why(refused)
            if aside is not None:
                self._note_aside(What.IN, aside)

    def announce(self) -> None:
        """Write ``session.opened`` now, without waiting for the first other record.

        Raises:
            RecordsMissing: as :meth:`commit`.
            SessionOver: the longest session is over.
        """
        self._awake()
        self._in_time()
        with self._guard:
            if self._announced:
                return
            self._no_hold()
            self.clock.check()
            with self._transaction() as conn:
                opening = self._open_on(conn)
                self._project(conn, opening)
            self._written(opening)

    def precede(self, entry: Entry, written: Callable[[], object]) -> None:
        """Put an entry before this session's first records, and do something once it stands."""
        self._prelude = (*self._prelude, entry)
        self._once_written = written

    def note_faults(self) -> None:
        """Record now what the folder's log of faults holds and the chain does not yet.

        Raises:
            StorageError, ClockWentBack, SessionOver, SessionLocked: the next sign-in does it.
        """
        if self._announced:
            self.commit(lambda conn: tuple(self._faults(conn)))
        else:
            self.announce()

    def head(self) -> Head:
        """Where the folder's own chain ends."""
        with self.reading() as conn:
            return store.head(conn, self.folder.chain)

    # --- identity -------------------------------------------------------------------------

    @property
    def box(self) -> IdentityBox | None:
        """Opens private openings of the ledger; None without the vault key."""
        return self._box

    def seal_private(self, owner: str, data: bytes) -> bytes:
        """Private bytes that are no record (a draft), under the vault key.

        Raises:
            VaultClosed: this session has no vault key.
        """
        return seal_draft(self._vault(), owner, data)

    def open_private(self, owner: str, data: bytes) -> bytes:
        """The inverse of :meth:`seal_private`.

        Raises:
            VaultClosed: this session has no vault key.
            SealBroken: altered or another owner's.
        """
        return open_draft(self._vault(), owner, data)

    # --- signatures -----------------------------------------------------------------------

    def verify_password(self, password: str) -> None:
        """Re-authenticate: :attr:`fresh` from now on, for some minutes.

        Raises:
            WrongPassword: it is not this user's.
            TryLater: after too many wrong tries.
        """
        self._reopened(password)

    def sign_with_password(self, password: str, message: bytes) -> tuple[bytes, str]:
        """An e-signature with the user's own key, opened for this one signature.

        Args:
            message: the canonical JSON of the statement; what is signed is
                :func:`ledger.certificates.signature_statement`.

        Returns:
            The 64-byte signature and the key's id.

        Raises:
            UndertakingMissing, WrongPassword, TryLater: no signature was made.
        """
        return self.signer(password)(message)

    def signer(self, password: str) -> Signature:
        """The user's own key, opened by the password for one uninterrupted series of e-signatures.

        Each message is canonical JSON of a statement, as :meth:`sign_with_password` takes it.

        Raises:
            UndertakingMissing, NotConfirmed: not yet.
            WrongPassword, TryLater: no signature can be made.
        """
        if not self.undertaken:
            raise UndertakingMissing(self.user)
        if not self.account.confirmed:
            raise NotConfirmed(self.user)
        return self.first_signer(password)

    def first_signer(self, password: str) -> Signature:
        """As :meth:`signer`, for the one signature that comes before all others: the undertaking.

        Raises:
            WrongPassword, TryLater: no signature can be made.
        """
        key = self._reopened(password)
        return lambda message: (key.sign(SIG_TAG + message), key.public.id)

    def signer_of(self, user: str, password: str) -> Signature:
        """The key of another person at this computer, opened for one act of two people.

        Callers have judged that person's account (:func:`mrd_desktop.vault.witness.witness`).

        Raises:
            UndertakingMissing, NotConfirmed: not yet.
            WrongPassword, TryLater: no signature can be made.
        """
        self._awake()
        with self.reading() as conn:
            account = accounts.account(conn, user)
            given = undertaking.given(conn, self.folder.chain, account)
        if undertaking.asked_of(self.manifest) and not given:
            raise UndertakingMissing(user)
        if not account.confirmed:
            raise NotConfirmed(user)
        key = self._reopened_ring(password, user).sign
        if key is None:
            raise WrongPassword
        return lambda message: (key.sign(SIG_TAG + message), key.public.id)

    def compact(self) -> bool:
        """Rewrite the file without what was erased; False where the disk did not let it.

        It is tried again at the next sign-in.
        """
        self._awake()
        with self._guard:
            try:
                self.database.compact()
                with self._transaction() as conn:
                    schema.put_setting(conn, COMPACT_SETTING, "")
            except StorageError:
                return False
        return True

    def site_key(self) -> bytes:
        """The folder's public signing key (32 bytes)."""
        return self._site_signing_key().public.raw

    def fingerprint(self) -> str:
        """The id of the folder's public signing key, to be compared by telephone."""
        return key_id(self.site_key())

    def sign_as_site(self, namespace: str, message: bytes) -> str:
        """An armored SSHSIG signature with the folder's key: it proves the folder, no person."""
        key = self._site_signing_key()
        return sshsig.make(namespace, message, key.public.raw, key.sign)

    def former_signing_key(self) -> SigningKey | None:
        """The folder's signing key before, while it has to sign once more; None else."""
        with self.reading() as conn:
            secret = self._former(conn, secrets_store.FORMER_SIGN)
        return None if secret is None else SigningKey.from_bytes(secret)

    def age_identity(self) -> pyrage.x25519.Identity:
        """The folder's own age identity: it opens its archives (a store: what sites send)."""
        with self.reading() as conn:
            secret = self._secret(conn, secrets_store.AGE)
        return pyrage.x25519.Identity.from_str(secret.decode("ascii"))

    def age_identities(self) -> tuple[str, ...]:
        """The folder's own age identities, today's first: what was sealed to any of them opens."""
        with self.reading() as conn:
            former = self._former(conn, secrets_store.FORMER_AGE) or b""
        return (str(self.age_identity()), *former.decode("ascii").split())

    def age_recipients(self) -> tuple[str, ...]:
        """The public halves of :meth:`age_identities`."""
        found = map(pyrage.x25519.Identity.from_str, self.age_identities())
        return tuple(str(identity.to_public()) for identity in found)

    # --- lock and end ---------------------------------------------------------------------

    def lock(self) -> None:
        """Forget session key and vault key; :meth:`unlock` begins a new session record.

        The data key stays: the file is open behind the lock. :meth:`close` forgets that too.
        """
        with self._guard:
            if self.locked:
                return
            try:
                self._say_closed(What.LOCK)
            finally:
                self._forget()

    def unlock(self, user: str, password: str) -> None:
        """Go on after :meth:`lock`; a session that still stands open only checks who is there.

        A lock ends the continuous period of access. Both components of the e-signature begin the
        next one, as at sign-in (21 CFR 11.200(a)(1)(i) and (ii)); signing asks the password then.

        Args:
            user: the name as it is typed, in any spelling of :func:`accounts.folded`.

        Raises:
            OtherUser: the session is another user's, or no name was given.
            WrongPassword, TryLater: still locked.
            SessionLocked: closed for good.
            SessionOver: the longest session is over; sign in anew.
        """
        if self._closed:
            raise SessionLocked
        self._in_time()
        if not self._is_own(user):
            other = OtherUser(self.user)
            self._note_other(user, other)
            raise other
        keyring = self._reopened_ring(password)
        if not self.locked:
            return
        vault = self._vault_of(keyring)
        with self._guard:
            self._announced = False
            self.clock.look_again()
            self._begin(replace(keyring, vault=vault))
            if self._came_in:
                try:
                    self.come_in()
                except BaseException:
                    self._forget()
                    raise

    def close(self) -> None:
        """End the session, close the database, free the folder; a second call does nothing.

        No key is left here: neither in this object nor in that of the database.
        """
        with self._guard:
            if self._closed:
                return
            try:
                if not self.locked:
                    self._say_closed(What.CLOSE)
            finally:
                self._forget()
                self._closed = True
                self._data_key = self._former_key = b""
                try:
                    self.database.close()
                finally:
                    self._folder_lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- inside ---------------------------------------------------------------------------

    def attempt_log(self) -> AttemptLog:
        """The log of failed sign-ins of this folder."""
        return AttemptLog(self.folder.path, self.manifest.log, slow=not self.folder.training)

    def replace_manifest(self, manifest: Manifest, back: slotbook.Kept | None = None) -> None:
        """Write a changed manifest; callers have asked :meth:`require` before.

        Args:
            back: an act is taken back; see :meth:`kept`.
        """
        self._awake()
        with self._guard:
            slotbook.replace(self.database, self.folder.path, self.manifest, manifest, back)
            self.manifest = manifest

    def kept(self) -> slotbook.Kept:
        """The manifest as it stands, for an act that may have to be taken back."""
        with self.reading() as conn:
            return slotbook.kept(conn, self.manifest)

    def alone(self) -> AbstractContextManager[object]:
        """Nothing else is written meanwhile: for an act that makes keys in several steps.

        A slot that was begun under one data key and written after another one came into force would
        bring the former keys back, and nobody could open the folder.
        """
        return self._guard

    def with_keys(self) -> tuple[bytes, bytes | None]:
        """Data key and vault key of this session, for the vault's own modules only."""
        self._awake()
        return self._data_key, self._vault_key

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._in_transaction:
            raise RuntimeError("a transaction of this session is open already")
        self._in_transaction = True
        self.reserve_spent |= ballast.spend_if_full(self.folder.path)
        try:
            with self.database.writing() as conn:
                yield conn
        except DiskFull:  # a quota, which no free space tells: there is room at the next try
            self.reserve_spent |= ballast.spend(self.folder.path)
            raise
        finally:
            self._in_transaction = False

    def _written(self, records: Sequence[Record]) -> None:
        self._announced = True
        self._prelude = self._kept = ()
        written, self._once_written = self._once_written, lambda: None
        written()
        if any(r.kind in (Kind.LINK_DESTROYED, Kind.PACKAGE_RECEIVED) for r in records):
            self._box = self._identity_box(self.reading)
        self.clock.recorded(records[-1].header.at)

    def move_to_key(self, data_key: bytes) -> None:
        """Encrypt the database under another data key and go on with it.

        Raises:
            KeyChangeCutOff: nobody knows now which of the two it stands under.
            StorageError else: it stands under the old one, and the session goes on with that.
        """
        self._awake()
        with self._guard:
            self.database.rekey(data_key)
            self._former_key, self._data_key = self._data_key, data_key

    def _begin(self, keyring: Keyring) -> None:
        if keyring.sign is None:
            raise WrongPassword
        at = self.clock.now()
        self._vault_key = keyring.vault
        self._box = self._identity_box(self.reading)
        self._signer = _SessionKey(keyring.sign, self.folder.chain, self.user, at)
        self._proved = time.monotonic()

    def _forget(self) -> None:
        self._signer = None
        self._proved = -math.inf
        self._vault_key = None
        self._box = None

    def _is_own(self, name: str) -> bool:
        try:
            return accounts.folded(name) == self.user
        except UserNameRefused:
            return False

    def _note_other(self, name: str, refused: VaultError) -> None:
        """Another name than that of whoever sits here was typed at the lock: a failed sign-in."""
        if not name.strip():
            return
        try:
            spelled = accounts.folded(name)
        except UserNameRefused:
            spelled = ""
        slot = self.manifest.slot_name(spelled)
        user = spelled if slot in self.manifest.slots else None
        with contextlib.suppress(MrdError, OSError):  # it is refused all the same
            self.attempt_log().failed(slot, user, self.clock.wall(), refused.code)

    def _awake(self) -> None:
        if self.locked:
            raise SessionLocked

    def _vault(self) -> bytes:
        self._awake()
        if self._vault_key is None:
            raise VaultClosed
        return self._vault_key

    def _identity_box(
        self, connection: Callable[[], AbstractContextManager[Connection]]
    ) -> IdentityBox | None:
        if self._vault_key is None:
            return None
        return IdentityBox(self._vault_key, self.folder.chain, connection)

    def _append(self, conn: Connection, entries: Sequence[Entry], at: str) -> tuple[Record, ...]:
        signer = self._signer
        assert signer is not None
        if not all(_repeats(e) or fits(e.payload) for e in entries):
            raise UnfitText
        private = any(e.cls is RecordClass.PRIVATE for e in entries)
        if private and self._vault_key is None:
            raise VaultClosed
        # A box of its own: sub-keys made in a transaction that fails must not be remembered.
        box = self._identity_box(lambda: nullcontext(conn)) if private else None
        made = store.append(conn, self.folder.chain, entries, signer, at, box)
        for record, entry in zip(made, entries, strict=True):
            if entry.kind is Kind.LINK_DESTROYED:
                store.erase(conn, self.folder.chain, record.header.seq)
                destroy_subkey(conn, str(entry.payload["subject"]))
            if entry.kind in (Kind.LINK_DESTROYED, Kind.REDACTION_DONE):
                schema.put_setting(conn, COMPACT_SETTING, "1")
        return made

    def _project(self, conn: Connection, records: Sequence[Record]) -> None:
        accounts.fold(conn, records, self.folder.chain)
        self._fold(conn, records)

    def _open_on(self, conn: Connection) -> tuple[Record, ...]:
        signer = self._signer
        assert signer is not None
        if self.folder.training:
            seconds = self.clock.shift.total_seconds()
            schema.put_setting(conn, CLOCK_SETTING, f"{seconds} {self.clock.zone.minutes}")
        at = max(signer.at, self.clock.last)
        opened = Entry(
            Kind.SESSION_OPENED,
            RecordClass.CODED,
            {
                "user": self.user,
                "role": self.role,
                "organisation": self.folder.site or self.folder.name,
                "at": signer.at,
                "session_key": signer.public,
                "user_key": signer.user_key,
                "cert": signer.cert,
                "program": __version__,
                "definition": self.study.digest,
                "workstation": workstation(self.folder.chain),
                "zone": self.clock.zone.name,
                "offset": self.clock.zone.offset,
                "time_quality": self.clock.quality(),
                **self._clock_said(conn, at),
                **({"build": self.build} if self.build else {}),
            },
        )
        if not definitions.known(conn, self.study.digest):
            definitions.keep(conn, self.study.digest, definitions.shipped_bytes(self.study))
        noted = (*self._failures(conn), *self._faults(conn), *self._presence(conn))
        entries = (*self._prelude, opened, *noted)
        return self._append(conn, entries, at)

    def _clock_said(self, conn: Connection, at: str) -> dict[str, JSON]:
        """What the clock shows, where records bear another time: under a note on it."""
        quality = self.clock.quality()
        if self.clock.stated(quality if quality in DOUBTS else "", at):
            schema.put_setting(conn, accounts.CLOCK_DOUBT, "")  # the record begins it anew
        return {"wall": stamp(self.clock.wall())} if quality == "noted" else {}

    def failures_waiting(self, conn: Connection) -> tuple[Mapping[str, JSON], ...]:
        """Failed sign-ins that the log tells and no record yet; the next transaction writes them.

        A log that cannot be read is told as a gap.
        """
        return self._waiting(conn)[0]

    def _waiting(self, conn: Connection) -> tuple[tuple[Mapping[str, JSON], ...], Mark]:
        """Failures that are no records yet, and how far the log is told with them."""
        return self.attempt_log().untold(_mark(conn, MERGED_SETTING), self._opens_logs(conn))

    def _opens_logs(self, conn: Connection) -> Callable[[], bytes]:
        return lambda: self._secret(conn, secrets_store.LOG)

    def _failures(self, conn: Connection) -> Iterator[Entry]:
        waiting, told = self._waiting(conn)
        yield from map(_failure, waiting)
        _keep_mark(conn, MERGED_SETTING, told)

    def forget_logs(self) -> None:
        """Tell the logs beside the chain from their beginning: those of before are not here.

        A backup has none of them, and a folder made of it begins its own.

        Raises:
            StorageError: nothing of it has happened.
        """
        with self.writing() as conn:
            for name in (MERGED_SETTING, PRESENCE_SETTING):
                _keep_mark(conn, name, Mark())

    def _faults(self, conn: Connection) -> Iterator[Entry]:
        try:
            found = faultlog.after(self.folder.path, schema.setting(conn, FAULTS_SETTING) or "")
        except StorageError:  # what cannot be read now holds up no record
            return
        for one in found:
            content = {"act": faultlog.ACT, "user": self.user, **one.content()}
            yield Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content)
        if found:
            schema.put_setting(conn, FAULTS_SETTING, found[-1].number)

    def _say_closed(self, what: What) -> None:
        if not (self._announced or self._came_in):
            return
        # Of a clock that was just set forward the chain is not to learn its time from a mere end.
        set_now = Why.DATE if self.clock.jumped() else None
        aside = set_now if self._announced and self.hold is None else self._aside()
        if aside is not None:
            self._note_aside(what, aside)
            return
        content: dict[str, JSON] = {"user": self.user, "why": what.value}
        # The end of a session must work on a full disk and with a wrong clock.
        try:
            self._commit([Entry(Kind.SESSION_CLOSED, RecordClass.CODED, content)])
        except MrdError as refused:
            self._note_aside(what, presence.why(refused))

    def _aside(self) -> Why | None:
        """Why the chain is not to grow by who merely comes and goes; None where it may.

        A copy that lacks records must not grow away from the one that is known elsewhere. And the
        time of a record bounds the clock: one written by a clock that stands ahead would stop work
        once it is set right.
        """
        if self.hold is not None:
            return Why.MISSING
        return Why.DATE if self.clock.doubt() else None

    def _note_aside(self, what: What, why: Why, more: Mapping[str, JSON] | None = None) -> None:
        """Keep beside the chain what is no record now; a disk that takes nothing keeps nothing."""
        said: dict[str, JSON] = {
            "what": what.value, "why": why.value, "user": self.user, "role": self.role,
            "session": self._signer.session if self._signer else "", **(more or {}),
        }  # fmt: skip
        with contextlib.suppress(MrdError, OSError):  # the medium may be gone
            self._presence_log().note(said, self.clock.wall())

    def _presence_log(self) -> PresenceLog:
        return PresenceLog(self.folder.path, self.manifest.log)

    def _presence(self, conn: Connection) -> Iterator[Entry]:
        assert self._signer is not None
        mark = _mark(conn, PRESENCE_SETTING)
        told, found = self._presence_log().untold(mark, self._opens_logs(conn))
        yield from presence.entries(told, self._signer.session)
        _keep_mark(conn, PRESENCE_SETTING, found)

    def _reopened(self, password: str) -> SigningKey:
        self._awake()
        try:
            key = self._reopened_ring(password).sign
        except WrongPassword:
            raise OwnPasswordWrong from None
        if key is None:
            raise OwnPasswordWrong
        return key

    def _reopened_ring(self, password: str, user: str | None = None) -> Keyring:
        log = self.attempt_log()
        user = self.user if user is None else user
        slot = self.manifest.slot_name(user)
        log.check(slot, self.clock.wall())
        try:
            keyring = open_slot(self.manifest, slot, normal(password))
        except WrongPassword:
            log.failed(slot, user, self.clock.wall())
            raise
        ended = log.succeeded(slot, self.clock.wall())
        if user == self.user and not self.locked:
            self._proved = time.monotonic()
        elif user == self.user:  # whoever sat before the lock
            self.own_tries = ended
        return keyring

    def _secret(self, conn: Connection, name: str) -> bytes:
        """A secret of the folder; after a change of key that was cut off it is under the former."""
        try:
            return secrets_store.get(conn, self._data_key, name)
        except crypto.Unopened:
            return secrets_store.get(conn, self._former_key, name)

    def _vault_of(self, keyring: Keyring) -> bytes | None:
        """In a training folder it stands under the data key, as secrets do: perhaps the former."""
        try:
            return grants.vault_key(self.manifest, keyring, self._data_key, self.duties)
        except FolderDamaged:
            return grants.vault_key(self.manifest, keyring, self._former_key, self.duties)

    def _former(self, conn: Connection, name: str) -> bytes | None:
        try:
            return secrets_store.maybe(conn, self._data_key, name)
        except crypto.Unopened:
            return secrets_store.get(conn, self._former_key, name)

    def own_signing_key(self) -> SigningKey:
        """The folder's signing key itself, for :mod:`mrd_desktop.vault.own_key` alone."""
        return self._site_signing_key()

    def _site_signing_key(self) -> SigningKey:
        with self.reading() as conn:
            return SigningKey.from_bytes(self._secret(conn, secrets_store.SIGN))


def alone(act: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """An act during which nothing else is written in the session; see :meth:`Session.alone`."""

    @wraps(act)
    def done(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with session.alone():
            return act(session, *args, **kwargs)

    return done


class _Nothing(Exception):
    """Rolls a transaction back in which there was nothing to write."""


def _repeats(entry: Entry) -> bool:
    """Whether it repeats signed or earlier words: kept as they were, or nothing could follow."""
    return entry.kind is Kind.REPLY_ADOPTED or "instead" in entry.payload


def _some(entries: Sequence[Entry]) -> Sequence[Entry]:
    if not entries:
        raise _Nothing
    return entries


def _at(records: Sequence[Record]) -> str:
    return records[-1].header.at if records else ""


def _mark(conn: Connection, name: str) -> Mark:
    return Mark.of_texts(schema.setting(conn, name), schema.setting(conn, name + LINE))


def _keep_mark(conn: Connection, name: str, mark: Mark) -> None:
    if mark != _mark(conn, name):
        for setting, value in zip((name, name + LINE), mark.texts(), strict=True):
            schema.put_setting(conn, setting, value)


def _failure(content: Mapping[str, JSON]) -> Entry:
    return Entry(Kind.SIGNIN_FAILED, RecordClass.CODED, content)


def let_in(session: Session) -> Session:
    """:meth:`Session.come_in` for a door of the program: where it fails nothing stays open."""
    try:
        session.come_in()
    except BaseException:
        session.close()
        raise
    return session


def workstation(chain: str) -> str:
    """An id of this computer that does not tell its name."""
    return hashlib.sha256(f"{chain} {socket.gethostname()}".encode()).hexdigest()[:16]


def held_text(stored: str | None) -> Text | None:
    """Why work is held, as it was kept; None where it is not."""
    if not stored:
        return None
    said = loads(stored.encode())
    assert isinstance(said, Mapping)
    return Text(str(said["en"]), str(said["zh"]))
