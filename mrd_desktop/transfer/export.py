"""Export: what was recorded since the last package, signed and encrypted for the sponsor.

The order of things: the whole chain is read once, verified, folded beside the tables and decided
upon; the number is taken by a record (``package.begun``, which is also the head), and what was
recorded with it is read and judged in the same way; the package is written to the site's own
archive and checked there; it is copied to where the user wants it; ``package.sealed`` closes.
Whatever stops it once there is a number becomes ``package.voided``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain as one_after_another
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig, store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head, genesis
from mrd_desktop.ledger.record import Entry, Record
from mrd_desktop.ledger.verify import Verdict, Watermark, verify_records
from mrd_desktop.portable import require_portable
from mrd_desktop.record import heard
from mrd_desktop.record.milestones import standings
from mrd_desktop.record.names import Names
from mrd_desktop.record.numbering import last_given
from mrd_desktop.record.projection import Replay
from mrd_desktop.record.soundness import disagreement, hold
from mrd_desktop.record.standin import in_place, stand_ins
from mrd_desktop.texts import Text
from mrd_desktop.transfer import barred, lineage
from mrd_desktop.transfer.approval import Approval, signed
from mrd_desktop.transfer.archive import Part, split
from mrd_desktop.transfer.barred import Barrier
from mrd_desktop.transfer.container import PACKAGE, Sender, addressed, copy, opened, write
from mrd_desktop.transfer.errors import (
    Cancelled,
    NoRecipient,
    NotReleased,
    RecordsRefused,
    VaultNeeded,
    WriteFailed,
    write_failed,
)
from mrd_desktop.transfer.lines import header_line, opening_line
from mrd_desktop.transfer.manifest import Counts, Manifest, PartEntry, Point
from mrd_desktop.transfer.medium import require_room
from mrd_desktop.transfer.release import Decision, Reason, Release
from mrd_desktop.transfer.snapshot import snapshot_parts
from mrd_desktop.vault import (
    abroad,
    account_review,
    data_key,
    definitions,
    own_key,
    soundness,
    trust,
)
from mrd_desktop.vault.abroad import Standing
from mrd_desktop.vault.errors import CommitUnsure, FolderMoved, PagesDamaged, RecordsAltered
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.tries import counted

Progress = Callable[[int, int], None]
"""Records done, records in all."""

_PULSE: Final = 2000


@dataclass(frozen=True, slots=True)
class ExportResult:
    """A finished package.

    Attributes:
        package: its file name.
        records: headers in it; ``opened``: contents in it, late ones included.
        withheld: contents that stay at the site, by reason.
    """

    package: str
    number: int
    path: Path
    manifest_sha256: str
    head_before: Point
    head_after: Point
    records: int
    opened: int
    withheld: Mapping[str, int]


def export(
    session: Session,
    to: Path,
    *,
    full: bool = False,
    deletions: bool = False,
    approval: Approval | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ExportResult:
    """Write the next transfer package into a folder, and a copy into the site's archive.

    Args:
        to: made if only its last part is missing.
        full: everything from the first record on, with a snapshot as CSV and ODM; so it is in any
            case where a recipient got none of the packages before.
        deletions: headers and deletions alone, where nothing else may leave (module ``barred``);
            never a full package, and for recipients alone that got packages before.
        approval: the signature of who has looked at what leaves; it travels with the package. Only
            where practice data leave may it be missing.
        cancelled: asked now and then; True stops with Cancelled.

    Raises:
        PermissionDenied: the role may not export.
        VaultNeeded: without the vault key nobody can make sure that no name leaves.
        NotReleased: nobody signs for the data of a live site.
        RecordsAltered: a guard is missing, or tables and records disagree; nothing leaves.
        NoRecipient: no sponsor is trusted.
        Abroad: a live site's data would leave mainland China without an approval that still runs.
        PlaceUnsaid: two people of a live site have not said where the sponsor with this key is.
        NothingBarred: headers and deletions alone are asked for, and a whole package may leave.
        Cancelled: a number that was taken is voided, no file is left.
        FolderMoved: the site's own folder is not where it was opened.
        PagesDamaged: the database does not read back as it was written; nothing was begun.
        WriteFailed, NoRoom: the same, because the medium failed or is too small.
        RecordsRefused: the site's own chain does not verify; nothing leaves.
    """
    session.require("export")
    _check_released(session, approval)
    if session.box is None:
        raise VaultNeeded
    job = _Export(session, to, full and not deletions, deletions, approval, progress, cancelled)
    return job.run()


def _check_released(session: Session, approval: Approval | None) -> None:
    if approval is None and not session.folder.training:
        raise NotReleased


@dataclass(frozen=True, slots=True)
class _Walk:
    """The chain as it was judged up to where it ended.

    Attributes:
        mark: from where the rest can be judged.
        begins: behind which record a package of headers and deletions alone begins.
    """

    former: lineage.Sent
    release: Release
    mark: Watermark
    begins: Point | None


class _Unsound(Exception):
    """What makes the site's work be held, once no transaction is open.

    Attributes:
        told: what was found; refusal: what the export is refused with.
    """

    def __init__(self, told: Text, refusal: MrdError) -> None:
        super().__init__(told.en)
        self.told = told
        self.refusal = refusal


class _Export:
    def __init__(
        self,
        session: Session,
        to: Path,
        full: bool,
        deletions: bool,
        approval: Approval | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.session: Final = session
        self.chain: Final = session.folder.chain
        self.to: Final = to
        self.full = full
        self._deletions: Final = deletions
        self._approval: Final = approval
        self._progress: Final = progress
        self._cancelled: Final = cancelled
        self._total = 0
        self._genes = True
        self._told: tuple[Standing, ...] = ()
        self._overdue: tuple[str, ...] = ()

    def run(self) -> ExportResult:
        try:
            return self._run()
        except _Unsound as found:
            hold(self.session, found.told)
            raise found.refusal from None

    def _run(self) -> ExportResult:
        with self.session.reading() as conn:
            self._refuse(soundness.guards(conn))
            sponsors = trust.recipients(trust.pins_on(conn))
            if not sponsors:
                raise NoRecipient
            self._total = store.head(conn, self.chain).seq
            watched = abroad.guarded(self.session, conn)
            if self._deletions:
                self._told = barred.require(conn, self.chain, watched)
                sponsors = tuple(one.pin for one in self._told)
                self._genes = barred.genes_stand(self._told)
            else:
                barred.refuse(conn, self.chain, watched)
                self.full |= lineage.owes_all(conn, self.chain, [p.chain for p in sponsors])
                self._genes = abroad.genes_go(watched)
        recipients = sorted({p.age for p in sponsors})
        if not self.session.folder.path.is_dir():
            raise FolderMoved(self.session.folder.path)
        self._look_at_pages()
        folder = ready(self.to)
        number, head, walk = self._begin()
        try:
            return self._make(folder, number, head, walk, recipients)
        except Cancelled:
            self._void(number, "cancelled")
            raise
        except BaseException:
            self._void(number, "failed")
            raise

    def _look_at_pages(self) -> None:
        """Refuse a database with a damaged page; the walk over the chain reads by far not all.

        A page that is just being written is whole at the second look.
        """
        database = self.session.database
        damaged = database.damaged_pages() and database.damaged_pages()
        if damaged:
            raise PagesDamaged(str(len(damaged)))

    def _refuse(self, found: Text | None) -> None:
        if found is not None:
            raise _Unsound(found, RecordsAltered(found))

    def _void(self, number: int, cause: str) -> None:
        with suppress(MrdError):  # the first failure is the one to tell; the next export voids it
            self.session.commit([lineage.voided(number, cause)])

    # --- reading, deciding, and the number -------------------------------------------------

    def _begin(self) -> tuple[int, Head, _Walk]:
        """Judge the chain, take the number, and say before it what the receiver has to delete.

        Where more is recorded while the chain is walked, it is walked once more; where somebody
        records all the time, whoever records waits for that second walk.
        """
        self._overdue = overdue(self.session)
        self.session.announce()  # else its beginning would stand behind what was walked
        with self.session.reading() as conn:
            walk = self._walk(conn)
        records = self.session.commit(partial(self._entries, walk))
        if not records:
            held: list[_Walk] = []

            def entries(conn: Connection) -> list[Entry]:
                held.append(self._walk(conn))
                return self._entries(held[-1], conn)

            records = self.session.commit(entries)
            walk = held[-1]
        begun = records[-1]
        number = begun.body["number"]
        assert isinstance(number, int)
        header = begun.header
        return number, Head(self.chain, header.seq, begun.digest, header.txn, header.at), walk

    def _walk(self, conn: Connection) -> _Walk:
        """Verify and judge the whole chain in one reading, and compare it with the tables."""
        box = self.session.box
        assert box is not None
        former = lineage.sent(conn, self.chain)
        barrier = Barrier.of(former) if self._deletions else None
        names = Names.of(conn, box)
        release = Release(conn, self.session.study, names, genes=self._genes, barrier=barrier)
        # What names them may stand behind the records that are walked.
        gone = store.redacted(conn, self.chain) | lineage.lost(conn, self.chain)
        with Replay(conn) as replay:
            read = self._watched(store.records(conn, self.chain))
            passing = release.passing(replay.passing(read, self.chain))
            mark = self._sound(verify_records(passing, self.chain, private=False, erased=gone))
            self._refuse(disagreement(replay.differences()))
        begins = None
        if self._told:
            begins = barred.begins(
                conn, self.chain, former, self._told,
                lambda seq: release.decision.reason(seq) is None,
            )  # fmt: skip
        return _Walk(former, release, mark, begins)

    def _entries(self, walk: _Walk, conn: Connection) -> list[Entry]:
        """What is recorded with the number; nothing where more was recorded since the walk."""
        if not _ends_there(conn, walk.mark.head):
            return []
        decision, former = walk.release.decision, walk.former
        after, number, stopped = former.after, former.number + 1, former.unfinished
        back = [] if after is None else retracted(decision, former)
        late = 0
        if after is not None and not self.full:
            late = len(leaving(decision, former, after.seq))
        made = [] if stopped is None else [lineage.voided(stopped, "interrupted")]
        made += back
        if self._approval is not None:
            made.append(
                signed(
                    self.session, conn, self._approval, number,
                    full=self.full, late=late, back=sum(len(_seqs(entry)) for entry in back),
                )
            )  # fmt: skip
        begun = lineage.begun(
            number, full=self.full, overdue=self._overdue,
            failed=counted(conn, self.chain, 0 if after is None else after.seq),
            read=heard.read(conn, self.chain),
            given=None if self._deletions else last_given(conn, self.chain),
        )  # fmt: skip
        return [*made, begun]

    def _go_on(self, conn: Connection, walk: _Walk, head: Head) -> Decision:
        """Judge what was recorded with the number as all before it was."""
        since = tuple(store.records(conn, self.chain, walk.mark.head.seq, head.seq))
        self._sound(verify_records(since, self.chain, private=False, start=walk.mark))
        for record in walk.release.passing(iter(since)):
            self._pulse(record.header.seq)
        return walk.release.decision

    def _sound(self, verdict: Verdict) -> Watermark:
        """How far the chain was found well; anything else stops the export."""
        if not verdict.ok:
            fault = next(check for check in verdict.checks if check.ok is False)
            told = soundness.chain_fault(verdict) or fault.detail
            raise _Unsound(told, RecordsRefused(fault.detail.en))
        assert verdict.watermark is not None
        return verdict.watermark

    def _watched(self, records: Iterator[Record]) -> Iterator[Record]:
        """Let progress be seen and the user stop, every so many records."""
        for number, record in enumerate(records):
            if number % _PULSE == 0:
                self._pulse(number)
                if self._progress is not None:
                    self._progress(number, self._total)
            yield record

    def _pulse(self, _: int) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled

    # --- writing --------------------------------------------------------------------------

    def _make(
        self,
        folder: Path,
        number: int,
        head: Head,
        walk: _Walk,
        recipients: list[str],
    ) -> ExportResult:
        session, former = self.session, walk.former
        start = genesis(self.chain)
        first = Point(0, start.digest.hex())
        before = first if self.full or former.after is None else walk.begins or former.after
        last = self._rotated_before(head)
        sender = sender_of(session, last=last)
        with session.reading() as conn:
            decision = self._go_on(conn, walk, head)
            span = range(before.seq + 1, head.seq + 1)
            content = _Content(conn, self.chain, decision, span, former.held)
            used = () if self._deletions else content.definitions()

            def manifest(parts: tuple[PartEntry, ...]) -> Manifest:
                return Manifest(
                    study=session.folder.study,
                    site=session.folder.site,
                    chain=self.chain,
                    training=session.folder.training,
                    number=number,
                    full=self.full,
                    previous=former.manifest,
                    before=before,
                    after=Point(head.seq, head.digest.hex()),
                    counts=content.counts(),
                    parts=parts,
                    definitions=used,
                    recipients=addressed(sender, recipients),
                    program=__version__,
                    created=head.at,
                )

            parts: Iterator[Part] = one_after_another(
                split("headers", content.headers(self._watched)),
                split("openings", content.openings(self._watched)),
                _definition_parts(conn, used),
                snapshot_parts(session.study, content.as_read(), head.at, definitions.kept(conn))
                if self.full
                else (),
            )
            archive = session.folder.archive
            archive.mkdir(exist_ok=True)
            done = write(archive, PACKAGE, parts, manifest, sender, recipients=recipients)
            held = tuple(decision.held(head.seq))
            alone = [n for n in decision.barred if n > before.seq] if self._deletions else None

        def read_back(copied: Path) -> None:
            """The whole package as the medium gives it back, signatures and every part."""
            own = (lambda _: [sender.public], [sender.identity])
            with opened(copied, PACKAGE, *own) as package:
                if package.sha256 != done.sha256:
                    raise WriteFailed("the medium gives back another package")

        try:
            require_room(folder, done.path.stat().st_size)
            path = copy(done.path, folder, pulse=self._pulse, verify=read_back)
        except BaseException:
            done.path.unlink(missing_ok=True)
            raise
        try:
            seal = lineage.sealed(done.manifest, done.sha256, held, alone)
            session.commit(partial(_sealed, seal, last))
        except CommitUnsure:
            raise  # the record may be found again, and then this is its package
        except BaseException:
            for file in (path, done.path):
                with suppress(OSError):
                    file.unlink()
            raise
        if self._progress is not None:
            self._progress(self._total, self._total)
        counts = done.manifest.counts
        return ExportResult(
            package=done.path.name,
            number=number,
            path=path,
            manifest_sha256=done.sha256,
            head_before=before,
            head_after=done.manifest.after,
            records=counts.records,
            opened=counts.opened + counts.late,
            withheld=counts.withheld,
        )

    def _rotated_before(self, head: Head) -> bool:
        """Whether the package tells of a new key that nobody was told of: the former one signs."""
        with self.session.reading() as conn:
            since = own_key.since(conn)
        return since is not None and since <= head.seq


def _ends_there(conn: Connection, head: Head) -> bool:
    """Whether nothing was recorded behind a head: its consents and outcomes are those judged by."""
    return store.head(conn, head.chain) == head


def _sealed(entry: Entry, last: bool, conn: Connection) -> list[Entry]:
    if last:
        own_key.told(conn)
    return [entry]


def overdue(session: Session) -> tuple[str, ...]:
    """What the site should have reviewed, changed or endorsed by now: the sponsor sees it."""
    today = session.today()
    late = ["accounts"] if account_review.standing(session).overdue(today) else []
    late += ["data_key"] if data_key.standing(session).overdue(today) else []
    late += [f"milestone {s.milestone.oid}" for s in standings(session) if s.overdue(today)]
    return tuple(late)


class _Content:
    """The lines of one package."""

    def __init__(
        self,
        conn: Connection,
        chain: str,
        decision: Decision,
        span: range,
        held: frozenset[int],
    ) -> None:
        self._conn = conn
        self._chain = chain
        self._decision = decision
        self._before = span.start - 1
        self._upto = span.stop - 1
        self._late = leaving(decision, lineage.Sent(held=held), self._before)

    def headers(self, watch: Callable[[Iterator[Record]], Iterator[Record]]) -> Iterator[bytes]:
        """Every header since the last package."""
        for record in watch(store.records(self._conn, self._chain, self._before, self._upto)):
            yield header_line(record)

    def records(self) -> Iterator[Record]:
        """Every record since the last package as the receiver will see it."""
        numbered = enumerate(
            store.records(self._conn, self._chain, self._before, self._upto), self._before + 1
        )
        for seq, record in numbered:
            yield record if self._decision.reason(seq) is None else record.without_opening()

    def as_read(self) -> Iterator[Record]:
        """The same as people read them: what still stands of redacted ones in its place."""
        held = stand_ins(self._conn, self._chain)
        leaving = {n: r for n, r in held.items() if self._decision.reason(r.header.seq) is None}
        return in_place(self.records(), leaving)

    def openings(self, watch: Callable[[Iterator[Record]], Iterator[Record]]) -> Iterator[bytes]:
        """The content that may leave: what was held until now, then what is new."""
        for seq in self._late:
            opening = store.record(self._conn, self._chain, seq).opening
            assert opening is not None
            yield opening_line(seq, opening)
        for seq, record in enumerate(watch(self.records()), self._before + 1):
            if record.opening is not None:
                yield opening_line(seq, record.opening)

    def counts(self) -> Counts:
        """What the receiver will count."""
        withheld: Counter[str] = Counter()
        kinds: Counter[str] = Counter(self._decision.kind(seq).value for seq in self._late)
        opened = 0
        for seq in range(self._before + 1, self._upto + 1):
            reason = self._decision.reason(seq)
            if reason is None:
                opened += 1
                kinds[self._decision.kind(seq).value] += 1
            else:
                withheld[reason.value] += 1
        return Counts(
            self._upto - self._before, opened, len(self._late), dict(kinds), dict(withheld)
        )

    def definitions(self) -> tuple[str, ...]:
        """The definitions of the forms saved since the last package, or that leave late."""
        since = min([self._before, *self._late[:1]])
        return tuple(sorted(d for d, seq in self._decision.definitions.items() if seq > since))


def _definition_parts(conn: Connection, digests: tuple[str, ...]) -> Iterator[Part]:
    kept = definitions.kept(conn)
    for digest in digests:
        if digest in kept:
            yield Part(f"definitions/{digest}.json", [kept[digest]])


def leaving(decision: Decision, former: lineage.Sent, before: int) -> list[int]:
    """What was held until now and may leave, up to a record that was sent."""
    return sorted(s for s in former.held if s <= before and decision.reason(s) is None)


def retracted(decision: Decision, former: lineage.Sent) -> list[Entry]:
    """What was sent and may no longer be held, by subject and reason."""
    assert former.after is not None
    entries: list[Entry] = []
    for subject, seqs in decision.subjects.items():
        by_reason: dict[str, list[int]] = {}
        for seq in seqs:
            if seq > former.after.seq or seq in former.held:
                continue
            reason = decision.reason(seq)
            if reason not in (None, Reason.REDACTED, Reason.LOST):
                assert reason is not None
                by_reason.setdefault(reason.value, []).append(seq)
        entries += [lineage.withheld(subject, why, found) for why, found in by_reason.items()]
    return entries


def _seqs(entry: Entry) -> Sequence[JSON]:
    seqs = entry.payload["seqs"]
    assert isinstance(seqs, list)
    return seqs


def sender_of(session: Session, *, last: bool = False) -> Sender:
    """The folder as a sender.

    Args:
        last: with the signing key before, which tells of the one in force.
    """
    identity = session.age_identity()
    former = session.former_signing_key() if last else None
    key = session.own_signing_key() if former is None else former
    return Sender(
        sign=lambda namespace, data: sshsig.make(namespace, data, key.public.raw, key.sign),
        public=key.public.raw,
        recipient=str(identity.to_public()),
        identity=str(identity),
    )


def ready(folder: Path) -> Path:
    """The folder to write to, made if only its last part is missing.

    Raises:
        NameUnfit: it is to be made, and no folder may be called so.
        WriteFailed: the medium.
    """
    try:
        if not folder.exists():
            require_portable(folder)
        folder.mkdir(exist_ok=True)
    except OSError as trouble:
        raise write_failed(trouble) from trouble
    return folder
