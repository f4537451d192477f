"""The packages around the folder that follow its chain: opened, verified, walked.

They are read as the sponsor reads them; what does not fit exactly follows nothing. Nothing is
written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head, genesis
from mrd_desktop.ledger.record import Kind, Record, RecordClass
from mrd_desktop.ledger.verify import Watermark, verify_records
from mrd_desktop.record import shapes
from mrd_desktop.record.numbering import GIVEN
from mrd_desktop.texts import Text
from mrd_desktop.transfer import barred, lineage
from mrd_desktop.transfer.container import PACKAGE, Outer, Package, for_whom, opened, signed_label
from mrd_desktop.transfer.lines import NumberedOpening, joined
from mrd_desktop.transfer.loss import Lost
from mrd_desktop.transfer.manifest import Manifest
from mrd_desktop.transfer.tail.words import (
    ALONE,
    ALTERED,
    GAP,
    MORE,
    PARTED,
    UNREAD,
    TailRefused,
)
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys

OUTSIDE: Final = frozenset(
    {
        Kind.CHAIN_CREATED, Kind.CHAIN_CONTINUED, Kind.USER_ADDED, Kind.USER_CLOSED,
        Kind.KEY_ENROLLED, Kind.KEY_ROTATED, Kind.VAULT_GRANTED, Kind.GENERATION_CHANGED,
        Kind.DEFINITION_INSTALLED, Kind.PACKAGE_RECEIVED, Kind.SUBJECT_HANDED,
        Kind.SUBJECT_RECEIVED,
    }
)  # fmt: skip
"""What such a record tells is more than the record: keys, slots, a definition, another computer's
records. A package does not bring these back; a backup does."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Records that can be taken back.

    Attributes:
        first, last: their numbers.
        at: time of the last one (UTC); ``digest``: hexadecimal, of the same.
        packages: names of the files that hold them.
        without: records among them whose content none of the files holds.
    """

    first: int
    last: int
    at: str
    digest: str
    packages: tuple[str, ...]
    without: tuple[Lost, ...]

    def told(self, words: Text) -> Text:
        """:data:`words.OFFERED` or :data:`words.TAKEN`, filled."""
        return words.filled(first=self.first, last=self.last, packages=", ".join(self.packages))


@dataclass
class Following:
    """Packages that follow the chain here, open and verified.

    Attributes:
        head: where the chain here ends; ``mark``: where the packages end.
        digests: of the records that they add.
        held: coded records whose content the last package did not bring.
        previous, number: digest of the last package's manifest, and its number.
        alone: for each package of headers and deletions alone what it did not open, and nothing
            else explains; by the digest of its manifest.
        reach: where the last package ends that could be opened, whether it follows or not.
        why: what is said of the first that gives nothing.
        restores: that it says to restore a backup first of all.
    """

    session: Session
    head: Head
    mark: Watermark
    held: frozenset[int]
    previous: str | None
    number: int
    packages: list[tuple[Path, Package[Manifest], frozenset[int]]] = field(default_factory=list)
    digests: dict[int, bytes] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    without: dict[int, Lost] = field(default_factory=dict)
    alone: dict[str, frozenset[int]] = field(default_factory=dict)
    why: Text | None = None
    restores: bool = False
    reach: int = 0

    @property
    def chain(self) -> str:
        return self.head.chain

    def tail(self) -> Tail | None:
        if not self.packages or self.refuse_unknown():
            return None
        end = self.mark.head
        names = tuple(path.name for path, _, _ in self.packages)
        without = tuple(self.without[n] for n in sorted(self.without))
        return Tail(self.head.seq + 1, end.seq, end.at, end.digest.hex(), names, without)

    def refuse_unknown(self) -> bool:
        """Whether records stay closed of which nobody can tell that a package brings them back.

        Headers and deletions alone leave out what is in :data:`OUTSIDE` with everything else; only
        the next whole package tells which these were.
        """
        closed = sorted(n for left in self.alone.values() for n in left if n in self.without)
        if closed and self.why is None:
            lost = self.without[closed[0]]
            self.why = ALONE.filled(name=lost.source, seq=lost.seq, n=len(closed))
        return bool(closed)

    def add(self, conn: Connection, path: Path, package: Package[Manifest]) -> Text | None:
        """Verify a package against what was found so far; what keeps it from following."""
        if package.manifest.after.seq <= self.mark.head.seq:
            return None
        self.reach = max(self.reach, package.manifest.after.seq)
        away = self._away(conn, path.name, package.manifest)
        if away is not None:
            return away
        step = _Step(self, conn, package, path.name)
        found = self._verified(step, package.manifest)
        if isinstance(found, Text):
            return found
        self.mark, self.previous = found, package.sha256
        self.number = package.manifest.number
        self.held = step.held()
        self.digests |= step.digests
        self.people |= step.people
        self.without |= step.without
        for seq in step.found:
            self.without.pop(seq, None)
        for manifest, left in step.barred.items():
            self.alone[manifest] = self.alone.get(manifest, frozenset()) & left
        if step.is_alone():
            self.alone[package.sha256] = step.unopened()
        self.packages.append((path, package, self.held))
        return None

    def _away(self, conn: Connection, name: str, manifest: Manifest) -> Text | None:
        """Why a package does not begin where something known ends."""
        end, before = self.mark.head.seq, manifest.before
        missing = ", ".join(f"{n:04}" for n in range(self.number + 1, manifest.number))
        apart = before.seq <= end and self._digest(conn, before.seq).hex() != before.digest
        if (
            not apart
            and before.seq <= end
            and (manifest.full or manifest.previous == self.previous)
        ):
            return None
        if missing and not apart:
            return GAP.filled(name=name, missing=missing)
        return self._restoring(PARTED.filled(name=name))

    def _verified(self, step: _Step, manifest: Manifest) -> Watermark | Text:
        """Walk the records that a package adds; what is wrong with them."""
        faults: list[str] = []
        verdict = verify_records(
            shapes.passing(step.fresh(), faults), self.chain, private=False, complete=False,
            start=self.mark,
        )  # fmt: skip
        if step.parted or verdict.head.digest.hex() != manifest.after.digest:
            return self._restoring(PARTED.filled(name=step.name))
        wrong = next((c.detail for c in verdict.checks if c.ok is False), None)
        if faults or verdict.watermark is None:
            return wrong or Text(faults[0], faults[0])
        if step.outside is not None:
            seq, kind = step.outside
            return self._restoring(MORE.filled(name=step.name, seq=seq, kind=kind.value))
        return verdict.watermark

    def _restoring(self, why: Text) -> Text:
        """Note that a backup is the way, where nothing was said of a package before."""
        self.restores = self.restores or self.why is None
        return why

    def _digest(self, conn: Connection, seq: int) -> bytes:
        if seq > self.head.seq:
            return self.digests[seq]
        return store.record(conn, self.chain, seq).digest if seq else genesis(self.chain).digest


class _Step:
    """What the reading of one package learns."""

    def __init__(
        self, found: Following, conn: Connection, package: Package[Manifest], name: str
    ) -> None:
        self.name: Final = name
        self._found: Final = found
        self._conn: Final = conn
        self._package: Final = package
        self._unopened: set[int] = set()
        self._back: set[int] = set()
        self.late: list[NumberedOpening] = []
        self.digests: dict[int, bytes] = {}
        self.people: dict[str, str] = {}
        self.without: dict[int, Lost] = {}
        self.found: set[int] = set()
        """Opened only now, or named as erased."""
        self.barred: dict[str, frozenset[int]] = {}
        """What seals say of packages of headers and deletions alone."""
        self.outside: tuple[int, Kind] | None = None
        self.parted = False
        self._says_given = False

    def is_alone(self) -> bool:
        """Whether the package was one of headers and deletions alone."""
        return barred.may_be_alone(self._package.manifest) and not self._says_given

    def unopened(self) -> frozenset[int]:
        """Coded records of the package without content."""
        return frozenset(self._unopened)

    def held(self) -> frozenset[int]:
        """Coded records up to its end whose content was not sent, as the site knew it then."""
        before = frozenset() if self._package.manifest.full else self._found.held
        return (before | self._unopened | self._back) - {n.seq for n in self.late}

    def fresh(self) -> Iterator[Record]:
        """The records behind what was found so far; those before must be the same bytes."""
        found, package = self._found, self._package
        end, before = found.mark.head.seq, package.manifest.before.seq
        mine = store.records(self._conn, found.chain, before, found.head.seq)
        lines = joined(package.lines("headers"), package.lines("openings"), self.late)
        for record in lines:
            header = record.header
            if record.opening is None and header.cls is RecordClass.CODED:
                self._unopened.add(header.seq)
            if header.seq <= end:
                self.parted |= record.digest != self._known(header.seq, mine)
                if record.opening is not None and header.seq in found.without:
                    self._late(header.seq, record.kind, record.body)
                continue
            self._note(record)
            yield record
        for one in self.late:
            if one.seq in found.without:
                self._late(one.seq, *one.read())

    def _known(self, seq: int, mine: Iterator[Record]) -> bytes:
        if seq > self._found.head.seq:
            return self._found.digests[seq]
        held = next(mine, None)
        return b"" if held is None else held.digest

    def _note(self, record: Record) -> None:
        header = record.header
        self.digests[header.seq] = record.digest
        if record.opening is None:
            people = {**self._found.people, **self.people}
            user = people.get(header.session, "")
            self.without[header.seq] = Lost(header.seq, None, None, user, header.at, self.name)
            return
        if record.kind is Kind.SESSION_OPENED:
            self.people[header.session] = str(record.body.get("user", ""))
        self._open(header.seq, record.kind, record.body)

    def _late(self, seq: int, kind: Kind, body: Mapping[str, JSON]) -> None:
        """Note a record whose content an earlier package did not bring."""
        self.found.add(seq)
        self._open(seq, kind, body)

    def _open(self, seq: int, kind: Kind, body: Mapping[str, JSON]) -> None:
        """Note what a record says, wherever its content comes from."""
        if kind is Kind.SUBJECT_WITHHELD:
            self._back.update(numbers(body))
        elif kind in ERASING:
            self.found.update(numbers(body))
        elif kind is Kind.PACKAGE_SEALED and (left := lineage.barred_by(body)) is not None:
            self.barred[str(body["manifest"])] = left
        elif kind is Kind.PACKAGE_BEGUN:
            self._says_given |= seq == self._package.manifest.after.seq and GIVEN in body
        if self.outside is None and kind in OUTSIDE:
            self.outside = seq, kind


def numbers(body: Mapping[str, JSON]) -> Iterator[int]:
    """The records that one names in ``seqs``."""
    seqs = body.get("seqs")
    return (n for n in seqs if isinstance(n, int)) if isinstance(seqs, Sequence) else iter(())


ERASING: Final = (Kind.REDACTION_DONE, Kind.LINK_DESTROYED)


@contextmanager
def read(session: Session) -> Iterator[Following]:
    """The packages around the folder that follow the chain, open while they are looked at."""
    own = session.age_identities()
    recipients, keys = session.age_recipients(), known_keys(session)
    session.folder.inbox.mkdir(exist_ok=True)
    with ExitStack() as stack:
        with session.reading() as conn:
            found = _begun(session, conn)
            if found is None:
                raise TailRefused(ALTERED)
            for path in _packages(session, conn, keys):
                try:
                    package = stack.enter_context(
                        opened(path, PACKAGE, lambda _: keys, own, session.folder.inbox)
                    )
                    for_whom(package, *recipients)
                    why = found.add(conn, path, package)
                except (MrdError, OSError) as refused:
                    said = refused.text if isinstance(refused, MrdError) else UNREAD
                    why = Text(f"{path.name}: {said.en}", f"{path.name}：{said.zh}")
                if why is not None:
                    found.why = found.why or why
        yield found


def _begun(session: Session, conn: Connection) -> Following | None:
    """The chain here, walked whole: only what follows a sound one is taken up."""
    chain = session.folder.chain
    verdict = verify_records(store.records(conn, chain), chain, private=False)
    if verdict.watermark is None:
        return None
    sent = lineage.sent(conn, chain)
    rows = conn.exec_driver_sql("SELECT session, user FROM p_session")
    people = {str(s): str(u) for s, u in rows}
    found = Following(
        session, verdict.head, verdict.watermark, sent.held, sent.manifest, sent.sealed or 0
    )
    found.people = people
    return found


def _packages(session: Session, conn: Connection, keys: Sequence[bytes]) -> Iterator[Path]:
    """Packages of this chain with later numbers than were sealed here, each once, in order."""
    folder = session.folder
    last = lineage.sent(conn, folder.chain).sealed or 0
    seen: dict[str, tuple[Path, Outer]] = {}
    for path in sorted({p for d in (folder.archive, folder.outbox) for p in d.glob("*.mrdpkg")}):
        with suppress(MrdError, OSError):
            outer, signer = signed_label(path, PACKAGE)
            if outer.chain == folder.chain and signer in keys and outer.number > last:
                seen.setdefault(outer.manifest, (path, outer))
    for path, _ in sorted(seen.values(), key=lambda one: one[1].number):
        yield path
