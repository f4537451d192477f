"""The sponsor's receipt of packages: everything is verified before anything is stored.

Each package is one transaction: adopted, projected and recorded in the store's own chain, or not
at all. What is refused is refused with one of a closed list of verdicts and a sentence of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head, genesis
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import TRUST_KINDS, Entry, Kind, Record
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.ledger.verify import Verdict as Walk
from mrd_desktop.ledger.verify import Watermark, verify_records
from mrd_desktop.record import projection, shapes
from mrd_desktop.record.owning import moved_with
from mrd_desktop.record.retold import Retold
from mrd_desktop.record.standin import INSTEAD, is_stand_in, stands_for
from mrd_desktop.texts import Text
from mrd_desktop.transfer import definition, delegation, lineage, refusals, whereabouts
from mrd_desktop.transfer.container import (
    PACKAGE,
    Outer,
    Package,
    Trusted,
    claimed,
    copy,
    for_whom,
    label,
    opened,
)
from mrd_desktop.transfer.errors import (
    NotAPackage,
    PackageError,
    RecordsRefused,
    RevokedKey,
    TrainingMismatch,
    UnknownKey,
    WrongStudy,
)
from mrd_desktop.transfer.lines import NumberedOpening, joined
from mrd_desktop.transfer.manifest import Counts, Manifest
from mrd_desktop.transfer.refold import Subjects, about_of, concerned, refold
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import definitions
from mrd_desktop.vault.errors import CommitUnsure, TrustError
from mrd_desktop.vault.roster import KINDS as OF_ACCOUNTS
from mrd_desktop.vault.schema import put_setting, setting
from mrd_desktop.vault.session import COMPACT_SETTING, Session
from mrd_desktop.vault.site_keys import rotations_of
from mrd_desktop.vault.trust import Pin, ancestors, followed, pins_on


@dataclass(frozen=True, slots=True)
class Arrival:
    """One package and what became of it.

    Attributes:
        package: name of the file.
        code: stable reason code; None where it was accepted.
        reason: the sentence for people; None where it was accepted.
        missing: numbers of the packages that must come first.
        records: headers stored; ``forms``: filled forms saved in it.
        key: id of the site's new key, for which the one trusted before has signed.
        accounts: it made or changed accounts; those that nobody has compared as they are now.
    """

    package: str
    verdict: Verdict
    code: str | None = None
    reason: Text | None = None
    missing: tuple[int, ...] = ()
    records: int = 0
    forms: int = 0
    key: str | None = None
    accounts: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        """Nothing is wrong: accepted, or here already."""
        return self.verdict in (Verdict.ACCEPTED, Verdict.DUPLICATE)


LOST: Final = "loss"
"""Member of a signature for records that are missing (docs/ledger.md)."""
_FOLDED_AT_ONCE: Final = 4000
_DUPLICATE: Final = Text(
    "This package was received before. Nothing was changed.", "该数据包此前已接收。未作任何更改。"
)
_HELD: Final = Text(
    "This package is older than what is held of its site and was overtaken on its way: everything "
    "in it is held already. Nothing was changed.",
    "该数据包早于库中已有的该中心数据，在途中被后续数据包超前：其内容均已存在。未作任何更改。",
)
_GAP: Final = Text(
    "Earlier packages of site {site} are missing: {missing}. Nothing was stored. Receive them "
    "first and this one again after them, or ask the site for a full package.",
    "缺少中心 {site} 的前序数据包：{missing}。未存入任何内容。"
    "请先接收缺失的数据包，再重新接收本数据包，或请中心导出完整包。",
)
_FORK: Final = Text(
    "From record {seq} on, the package contradicts what was received from site {site}: two copies "
    "of the site folder were used, or an old backup was continued. Nothing was stored. Find out "
    "which copy is the right one.",
    "自第 {seq} 条记录起，数据包与此前从中心 {site} 收到的内容相互矛盾："
    "可能同时使用了两份中心文件夹，或在旧备份上继续录入。未存入任何内容。请查明哪一份是正确的。",
)
_ROLLED_BACK: Final = Text(
    "Site {site} went on from an older copy: somebody there has signed that records are missing, "
    "and from record {seq} on the package differs from what was received before. Nothing was "
    "stored. What is missing there is held here; tell the site, and decide with a second person "
    "which history counts (mrd-sponsor resolve).",
    "中心 {site} 在较旧的副本上继续了工作：该中心已有人签署确认记录缺失，"
    "自第 {seq} 条记录起与此前收到的内容不同。未存入任何内容。该中心缺失的记录保存在本库；"
    "请告知该中心，并与第二人共同决定以哪份历史为准（mrd-sponsor resolve）。",
)


def receive(
    session: Session,
    paths: Iterable[Path],
    progress: Callable[[Arrival], None] | None = None,
) -> tuple[Arrival, ...]:
    """Take packages into the store in the order given, each in its own transaction.

    Args:
        progress: told of each package when it is done with.

    Raises:
        PermissionDenied: the role may not receive.
        StorageError: the store's own medium fails.
    """
    session.require("import")
    done: list[Arrival] = []
    for path in paths:
        arrival = _receive(session, path)
        if not arrival.fine and arrival.code is not None:
            refusals.note(session, path, arrival.verdict, arrival.code, arrival.missing)
        done.append(arrival)
        if progress is not None:
            progress(arrival)
    return tuple(done)


def _receive(session: Session, path: Path) -> Arrival:
    try:
        while True:
            with suppress(_Overtaken):
                return _Receipt(session, path).run()
    except _Gap as gap:
        return gap.arrival
    except _Again:
        return Arrival(path.name, Verdict.DUPLICATE, "duplicate", _DUPLICATE)
    except _Fork as fork:
        return fork.answer(path.name)
    except OSError as trouble:
        refusal = NotAPackage() if isinstance(trouble, FileNotFoundError) else None
        if refusal is None:
            raise
        return Arrival(path.name, Verdict.REFUSED, refusal.code, refusal.text)
    except _REFUSALS as refusal:
        return Arrival(path.name, Verdict.REFUSED, refusal.code, refusal.text)


class _Gap(Exception):
    def __init__(self, arrival: Arrival) -> None:
        super().__init__()
        self.arrival = arrival


class _Again(Exception):
    """Taken before, and signed with the key that its site had then."""


class _Overtaken(Exception):
    """Somebody else's package came between verification and storing: it is judged again."""


class _Fork(Exception):
    def __init__(self, seq: int, site: str) -> None:
        super().__init__()
        self.seq = seq
        self.site = site
        self.rolled_back = False

    def answer(self, package: str) -> Arrival:
        if self.rolled_back:
            text = _ROLLED_BACK.filled(seq=self.seq, site=self.site)
            return Arrival(package, Verdict.ROLLED_BACK, refusals.ROLLED_BACK, text)
        text = _FORK.filled(seq=self.seq, site=self.site)
        return Arrival(package, Verdict.FORK, refusals.FORK, text)


@dataclass
class _Read:
    """What the verifying pass over a package learned.

    Attributes:
        late: openings of records that the store holds without.
        erased: records named by a record in the package as not to be held any more.
        withheld: those of them that a site takes back alone, with the subject it names.
        forms: addresses of forms saved in it.
        restated: what still stands of records whose words went, by the number of the first.
        rotations: changes of the site's own key; the walk checks that each key signed for the next.
    """

    late: list[NumberedOpening] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)
    withholding: list[int] = field(default_factory=list)
    withheld: dict[int, str] = field(default_factory=dict)
    forms: set[str] = field(default_factory=set)
    restated: dict[int, Record] = field(default_factory=dict)
    rotations: list[Rotation] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    records: int = 0
    mark: Watermark | None = None


class _Receipt:
    def __init__(self, session: Session, path: Path) -> None:
        self._session: Final = session
        self._path: Final = path
        self._own: Final = session.folder.chain
        self._new_key: str | None = None

    def run(self) -> Arrival:
        session = self._session
        claim = claimed(self._path, PACKAGE)
        if claim.study != session.folder.study:
            raise WrongStudy(claim.study)
        if claim.training != session.folder.training:
            raise TrainingMismatch
        inbox = session.folder.inbox
        inbox.mkdir(exist_ok=True)
        with self._package(session.age_identities(), inbox) as package:
            for_whom(package, *session.age_recipients())
            try:
                with session.reading() as conn:
                    known = lineage.received(conn, self._own, package.manifest.chain)
                    head = store.head(conn, package.manifest.chain)
                    self._judge_signer(conn, package, head, None)
                    arrival = self._place(package, known, head)
                    if arrival is not None:
                        return arrival
                    read = self._verify(conn, package, head)
                    self._judge_signer(conn, package, head, read)
            except _Fork as fork:
                fork.rolled_back = _tells_of_loss(package, fork.seq)
                raise
            if package.manifest.after.seq <= head.seq:
                return Arrival(self._path.name, Verdict.DUPLICATE, "held", _HELD)
            return self._alarmed(self._store(package, head, read), package.manifest.chain, read)

    def _alarmed(self, arrival: Arrival, chain: str, read: _Read) -> Arrival:
        """Name the accounts to be compared where the package says something of accounts."""
        if not read.kinds.keys() & OF_ACCOUNTS:
            return arrival
        with self._session.reading() as conn:
            left = delegation.waiting(conn, self._own, chain)
        return replace(arrival, accounts=tuple(a.user for a in left))

    @contextmanager
    def _package(self, identities: Sequence[str], inbox: Path) -> Iterator[Package[Manifest]]:
        """The package with everything of it checked; a key that was replaced has its own answer."""
        with ExitStack() as stack:
            try:
                package = stack.enter_context(
                    opened(self._path, PACKAGE, self._keys(active=True), identities, inbox)
                )
            except UnknownKey as unknown:
                with suppress(UnknownKey):
                    outer, key = label(self._path, PACKAGE, self._keys(active=False))
                    if self._held(outer):
                        raise _Again from None
                    if key not in self._former(outer):
                        raise RevokedKey(site=outer.site) from None
                    package = stack.enter_context(
                        opened(self._path, PACKAGE, lambda _: [key], identities, inbox)
                    )
                    yield package
                    return
                raise unknown from None
            yield package

    def _former(self, outer: Outer) -> Sequence[bytes]:
        """The keys before the one in force that each signed for the next one, without that one.

        Where the statement of a change was taken before the package that tells of it, that package
        comes under the key before.
        """
        with self._session.reading() as conn:
            return [
                key
                for pin in pins_on(conn)
                if pin.active and (pin.chain, pin.site) == (outer.chain, outer.site)
                for key in ancestors(conn, self._own, pin.sign.raw)[1:]
            ]

    def _judge_signer(
        self, conn: Connection, package: Package[Manifest], head: Head, read: _Read | None
    ) -> None:
        """What a former key signed is taken where it goes on from here and tells of the change.

        Anything else under it comes of an older copy of the folder, or of who stole that key.

        Args:
            read: what is inside; None before it is known.

        Raises:
            RevokedKey: it does not.
        """
        manifest = package.manifest
        now = {p.sign.raw for p in pins_on(conn) if p.active and p.chain == manifest.chain}
        if package.signer in now:
            return
        told = () if read is None else read.rotations
        held = {change.key.raw for change in rotations_of(conn, manifest.chain)}
        leads = now & set(rotations.reached([package.signer], told, manifest.chain))
        goes_on = manifest.before.seq <= head.seq < manifest.after.seq
        if not goes_on or now & held or (read is not None and not leads):
            raise RevokedKey(site=manifest.site)

    def _held(self, outer: Outer) -> bool:
        """Whether it is one that was taken before its site's key was replaced."""
        with self._session.reading() as conn:
            known = lineage.received(conn, self._own, outer.chain)
        return any(r.package == outer.manifest for r in known)

    def _keys(self, *, active: bool) -> Trusted:
        def trusted(outer: Outer) -> Sequence[bytes]:
            with self._session.reading() as conn:
                return [
                    pin.sign.raw
                    for pin in pins_on(conn)
                    if pin.active is active and (pin.chain, pin.site) == (outer.chain, outer.site)
                ]

        return trusted

    def _place(
        self, package: Package[Manifest], known: Sequence[lineage.Received], head: Head
    ) -> Arrival | None:
        """Where the package belongs; an answer where it is not to be read further."""
        manifest = package.manifest
        name = self._path.name
        if any(r.package == package.sha256 for r in known):
            return Arrival(name, Verdict.DUPLICATE, "duplicate", _DUPLICATE)
        if manifest.before.seq > head.seq:
            last = max((r.number for r in known), default=0)
            missing = tuple(range(last + 1, manifest.number))
            if not missing:  # it follows another package of a number that is held
                raise _Fork(head.seq, manifest.site)
            with self._session.writing() as conn:
                put_setting(conn, _gap_name(manifest.chain), json.dumps(missing))
            numbers = ", ".join(f"{n:04}" for n in missing)
            text = _GAP.filled(site=manifest.site, missing=numbers)
            raise _Gap(Arrival(name, Verdict.GAP, "gap", text, missing))
        return None

    # --- verification ---------------------------------------------------------------------

    def _verify(self, conn: Connection, package: Package[Manifest], head: Head) -> _Read:
        """Read the whole package once; nothing is stored."""
        manifest = package.manifest
        self._check_point(conn, manifest)
        read = _Read()
        overlap = manifest.before.seq < head.seq
        mark = None if manifest.full else _mark(conn, head)
        if not manifest.full and mark is None:
            mark = _walked(conn, head)
        records = self._counted(conn, package, head, read)
        if overlap and not manifest.full:
            records = (r for r in records if r.header.seq > head.seq)
        verdict = verify_records(records, manifest.chain, private=False, complete=False, start=mark)
        _require_sound(verdict)
        if manifest.after.seq > head.seq:
            if verdict.head.digest.hex() != manifest.after.digest:
                raise RecordsRefused("its head is not what the manifest says")
            read.mark = verdict.watermark
        self._check_counts(manifest.counts, read)
        definition.read(package)
        return read

    def _check_point(self, conn: Connection, manifest: Manifest) -> None:
        before = manifest.before
        start = genesis(manifest.chain).digest
        if before.seq:
            start = store.record(conn, manifest.chain, before.seq).digest
        if start.hex() != before.digest:
            raise _Fork(max(before.seq, 1), manifest.site)

    def _counted(
        self, conn: Connection, package: Package[Manifest], head: Head, read: _Read
    ) -> Iterator[Record]:
        """The records of the package, counted; those held already must be the same bytes."""
        manifest = package.manifest
        held = store.records(conn, manifest.chain, manifest.before.seq, head.seq)
        late: list[NumberedOpening] = []
        retold = Retold(partial(store.held_before, conn, head))
        for record in joined(package.lines("headers"), package.lines("openings"), late):
            read.records += 1
            seq = record.header.seq
            if record.opening is not None:
                read.opened += 1
                self._note(record, read)
            fault = retold.step(record)
            if fault:
                raise RecordsRefused(fault)
            if seq <= head.seq:
                mine = next(held, None)
                if mine is None or (mine.header_bytes, mine.signature) != (
                    record.header_bytes,
                    record.signature,
                ):
                    raise _Fork(seq, manifest.site)
                if mine.opening is None and record.opening is not None:
                    read.late.append(NumberedOpening(seq, record.opening))
            yield record
        for one in late:
            read.kinds[one.read()[0].value] += 1
        self._judge_late(conn, head, late)
        read.late[:0] = late

    def _judge_late(self, conn: Connection, head: Head, late: Sequence[NumberedOpening]) -> None:
        """What is told again only now is beside the redaction that names it, held already."""
        opened = {one.seq: one.opening for one in late}
        retold = Retold(partial(store.held_before, conn, head))
        end = 0
        for one in late:
            if one.seq <= end or INSTEAD.encode() not in one.opening.payload:
                continue
            for record in store.records(conn, head.chain, one.seq - 1, head.seq):
                seq = end = record.header.seq
                opening = opened.get(seq, record.opening)
                fault = retold.step(Record(record.header_bytes, record.signature, opening))
                if fault:
                    raise RecordsRefused(fault)
                if record.header.end:
                    break

    def _note(self, record: Record, read: _Read) -> None:
        body = record.body
        kind = record.kind
        _judge(record.header.seq, kind, body)
        read.kinds[str(kind)] += 1
        if is_stand_in(record):
            read.restated[stands_for(record)] = record
        if kind is Kind.KEY_ROTATED and rotations.FOLDER in body:
            read.rotations.append(_rotation(record))
        if kind is Kind.FORM_SAVED:
            read.forms.add(str(body["address"]))
        elif kind in (Kind.SUBJECT_WITHHELD, Kind.REDACTION_DONE):
            seqs = body.get("seqs")
            if not isinstance(seqs, Sequence) or not all(isinstance(s, int) for s in seqs):
                raise RecordsRefused(f"record {record.header.seq} names nothing to delete")
            read.erased.update(s for s in seqs if isinstance(s, int))
            if kind is Kind.SUBJECT_WITHHELD:
                read.withholding.append(record.header.seq)
                named = (s for s in seqs if isinstance(s, int))
                read.withheld.update(dict.fromkeys(named, str(body.get("subject"))))

    def _check_counts(self, counts: Counts, read: _Read) -> None:
        late = sum(read.kinds.values()) - read.opened
        found = {
            "records": read.records,
            "opened": read.opened,
            "late": late,
            **{f"kinds {k}": n for k, n in read.kinds.items()},
        }
        said = {
            "records": counts.records,
            "opened": counts.opened,
            "late": counts.late,
            **{f"kinds {k}": n for k, n in counts.kinds.items()},
        }
        wrong = sorted(name for name in {*found, *said} if found.get(name, 0) != said.get(name, 0))
        if wrong:
            told = ", ".join(f"{n}: {found.get(n, 0)} of {said.get(n, 0)}" for n in wrong)
            raise RecordsRefused(f"counts differ: {told}")

    # --- storing --------------------------------------------------------------------------

    def _store(self, package: Package[Manifest], head: Head, read: _Read) -> Arrival:
        session, manifest = self._session, package.manifest
        archive = session.folder.archive
        archive.mkdir(exist_ok=True)
        kept: list[Path] = []

        def entries(conn: Connection) -> list[Entry]:
            if store.head(conn, manifest.chain) != head:
                raise _Overtaken
            self._judge_signer(conn, package, head, read)
            if self._path.parent != archive:
                there = (archive / manifest.file_name).exists()
                made = copy(self._path, archive, manifest.file_name)
                kept.extend(() if there else (made,))
            touched, late = self._adopt(conn, package, head, read)
            if _of_keys(read.late):
                read.mark = _judged_anew(conn, manifest.chain)
            put_setting(conn, _gap_name(manifest.chain), "[]")
            if read.mark is not None:
                put_setting(conn, _mark_name(manifest.chain), _mark_text(read.mark))
            keys = self._follow(conn, manifest, package.signer, read)
            return [*keys, lineage.taken(manifest, package.sha256, len(read.forms), touched, late)]

        try:
            session.commit(entries)
        except CommitUnsure:
            raise  # the records may be found again, and then the archive holds their package
        except BaseException:
            for made in kept:
                with suppress(OSError):
                    made.unlink()
            raise
        new = manifest.after.seq - head.seq
        return Arrival(
            self._path.name, Verdict.ACCEPTED, records=new, forms=len(read.forms),
            key=self._new_key,
        )  # fmt: skip

    def _follow(
        self, conn: Connection, manifest: Manifest, signer: bytes, read: _Read
    ) -> list[Entry]:
        """Trust the key for which the one trusted until now has signed; nobody compares anything.

        A package that tells of a change is signed by the key before, so that its signer and the
        chain inside say the same. Of several changes that wait together it is the first one's.
        """
        self._new_key = None
        held = list(pins_on(conn))
        mine = [p for p in held if p.active and p.chain == manifest.chain]
        made: list[Entry] = []
        for change in read.rotations:
            now = next((p for p in mine if p.sign == change.old), None)
            if now is None:
                continue  # told and followed before, or replaced by hand since
            signers = rotations.reached([signer], read.rotations, manifest.chain)
            if change.site != manifest.site or change.old.raw not in signers:
                raise RecordsRefused("it names a new key that the trusted one did not sign")
            try:
                found = followed(self._session.folder, change, tuple(held))
            except TrustError:
                raise RecordsRefused("it names a new key that is not the site's") from None
            made += found
            self._new_key = change.key.id if found else None
            later = Pin(now.holder, now.site, now.chain, change.key, change.recipient, active=True)
            held = [*(replace(p, active=False) if p is now else p for p in held), later]
            mine = [*(p for p in mine if p is not now), later]
        return made

    def _adopt(
        self, conn: Connection, package: Package[Manifest], head: Head, read: _Read
    ) -> tuple[frozenset[str], tuple[int, ...]]:
        """Store and project; the subjects projected anew, and the records opened only now."""
        chain = package.manifest.chain
        for digest, data in definition.brought(package):
            definitions.keep(conn, digest, data)
        _judge_withheld(conn, head, read)
        touched = _subjects(conn, chain, read)

        lines = joined(package.lines("headers"), package.lines("openings"), [])
        fresh = (record for record in lines if record.header.seq > head.seq)
        whereabouts.follow(conn, chain)
        noted = whereabouts.Runs(conn, chain).passing(fresh)
        store.adopt(conn, chain, _folding(conn, noted, Subjects(touched)))
        whereabouts.come_to(conn, chain, package.manifest.after.seq)
        for seq in read.withholding:
            if seq > head.seq:
                store.erase(conn, chain, seq)
                put_setting(conn, COMPACT_SETTING, "1")  # the next sign-in rewrites the file
        late = tuple(n.seq for n in read.late if store.open_later(conn, chain, n.seq, n.opening))
        if touched:
            refold(conn, touched)
            whereabouts.anew(conn, touched)
        moved = moved_with(conn, chain) - touched
        projection.settle(conn, moved)
        return touched | moved, late


def _tells_of_loss(package: Package[Manifest], parting: int) -> bool:
    """Whether somebody at the site has signed, behind the parting, that records are missing there.

    Only the commitment is checked: it decides which words are told, and nothing is stored.
    """
    with suppress(*_REFUSALS):
        for record in joined(package.lines("headers"), package.lines("openings"), []):
            opening, header = record.opening, record.header
            if header.seq < parting or opening is None or opening.commitment() != header.c:
                continue
            if record.kind is Kind.SIGNATURE_MADE and LOST in record.body:
                return True
    return False


def _rotation(record: Record) -> Rotation:
    try:
        return rotations.of_record(record.body)
    except NoRotation:
        raise RecordsRefused(
            f"record {record.header.seq} names a new key that the former one did not sign"
        ) from None


def _judge(seq: int, kind: Kind, body: Mapping[str, JSON]) -> None:
    fault = shapes.fault_of(kind, body)
    if fault:
        raise RecordsRefused(f"record {seq} {fault}")


def _folding(conn: Connection, records: Iterable[Record], touched: Subjects) -> Iterator[Record]:
    """Hand records on to be stored and project them on the way, so that they are read once.

    What is about touched subjects is left to be projected when all of it is there.
    """
    pending: list[Record] = []
    for record in records:
        yield record
        pending.append(touched.apart(record))
        if len(pending) == _FOLDED_AT_ONCE:
            projection.take_in(conn, pending)
            pending = []
    projection.take_in(conn, pending)


def _judge_withheld(conn: Connection, head: Head, read: _Read) -> None:
    """A site takes back alone what is about the subject that it names, and nothing else.

    For anything else two people are needed. What names its query alone may be about a subject
    whose query was taken back before. A reply is about the subject of each of its questions.
    """
    queries = _queries(conn, head.chain)
    for seq, subject in sorted(read.withheld.items()):
        held = store.record(conn, head.chain, seq) if 0 < seq <= head.seq else None
        if held is None or held.opening is None:
            continue
        about = concerned(held.body, queries)
        unknown = None in about and held.kind in _NAMING_QUERIES
        if subject not in about and not unknown:
            raise RecordsRefused(f"record {seq} is not about {subject}, and was to be taken back")


_NAMING_QUERIES: Final = (
    Kind.QUERY_ANSWERED,
    Kind.QUERY_CLOSED,
    Kind.QUERY_REOPENED,
    Kind.REPLY_ADOPTED,
)


def _queries(conn: Connection, chain: str) -> dict[str, str]:
    """The subject of every query that a chain opened."""
    rows = conn.exec_driver_sql("SELECT query, subject FROM p_query WHERE chain = ?", (chain,))
    return {str(query): str(subject) for query, subject in rows}


def _subjects(conn: Connection, chain: str, read: _Read) -> frozenset[str]:
    """The subjects, and ``incident``, whose earlier records come or go."""
    queries = _queries(conn, chain)
    bodies: list[Mapping[str, JSON]] = [json.loads(late.opening.payload) for late in read.late]
    for body in bodies:  # a query that comes late names its subject itself
        address = body.get("address")
        if isinstance(address, str) and isinstance(body.get("query"), str):
            queries[str(body["query"])] = address.partition("/")[0]
    bodies += [record.body for record in read.restated.values()]
    for seq in sorted(read.erased):
        if seq <= store.head(conn, chain).seq:
            held = store.record(conn, chain, seq)
            if held.opening is not None:
                bodies.append(held.body)
    found = (about_of(body, queries) for body in bodies)
    return frozenset(subject for subject in found if subject is not None)


def _gap_name(chain: str) -> str:
    return f"transfer.gap.{chain}"


def missing_of(conn: Connection, chain: str) -> tuple[int, ...]:
    """Packages of a chain that were found missing and have not come since."""
    found = setting(conn, _gap_name(chain))
    return tuple(json.loads(found)) if found else ()


def _mark_name(chain: str) -> str:
    return f"transfer.mark.{chain}"


def _mark_text(mark: Watermark) -> str:
    head = mark.head
    return json.dumps(
        {
            "seq": head.seq,
            "digest": head.digest.hex(),
            "txn": head.txn,
            "at": head.at,
            "trust": mark.trust,
        }
    )


def _mark(conn: Connection, head: Head) -> Watermark | None:
    """Where verification may go on; only where it stands exactly at the head held."""
    found = setting(conn, _mark_name(head.chain))
    if found is None:
        return None
    value = json.loads(found)
    kept = Head(head.chain, value["seq"], bytes.fromhex(value["digest"]), value["txn"], value["at"])
    return Watermark(kept, value["trust"]) if kept == head else None


def _of_keys(late: Iterable[NumberedOpening]) -> bool:
    """Whether what comes late says whose key counts, such as that an account was closed."""
    return any(json.loads(one.opening.payload)["kind"] in TRUST_KINDS for one in late)


def _judged_anew(conn: Connection, chain: str) -> Watermark | None:
    """The whole chain as it is held now: nothing stands that was signed with a key that had ended.

    Raises:
        RecordsRefused: something does.
    """
    verdict = verify_records(store.records(conn, chain), chain, private=False, complete=False)
    _require_sound(verdict)
    return verdict.watermark


def _require_sound(found: Walk) -> None:
    fault = next((check for check in found.checks if check.ok is False), None)
    if fault is not None:
        raise RecordsRefused(fault.detail.en)


def _walked(conn: Connection, head: Head) -> Watermark | None:
    """The same from the first record on, where no mark was kept."""
    if head.seq == 0:
        return None
    records = store.records(conn, head.chain)
    return verify_records(records, head.chain, private=False, complete=False).watermark


_REFUSALS: Final = (PackageError, LedgerError)
