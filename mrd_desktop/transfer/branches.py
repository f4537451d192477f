"""Two histories of one computer: told side by side, and the sponsor's decision on record.

A package that contradicts what is held (a fork) is never stored in the ledger. Two people at the
store can decide that what is held is true: the decision is a record of the store's own chain, the
contradicting file is kept beside the archive, and the site is told with the next reply. Nothing in
the tables changes, for they rest on what is held. Decision 0047 says what is not built: that the
other history is taken instead.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import Head, genesis
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage, refusals
from mrd_desktop.transfer.container import PACKAGE, Outer, Package, copy, for_whom, opened
from mrd_desktop.transfer.errors import (
    BranchDecided,
    BranchRefused,
    BranchUnknown,
    NoBranch,
    RecordsRefused,
    WrongStudy,
)
from mrd_desktop.transfer.lines import joined
from mrd_desktop.transfer.manifest import Manifest, Point, file_name
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import pins_on
from mrd_desktop.vault.witness import witness

FOLDER: Final = "branches"
"""Below the archive: packages that two people have decided against."""
SHORTEST: Final = 10
"""Characters of a reason."""
_WHO: Final = text('SELECT "user" FROM p_session WHERE session = :session')


@dataclass(frozen=True, slots=True)
class Told:
    """One record behind the last common one, as far as its content is held."""

    seq: int
    at: str
    user: str
    kind: str
    address: str

    def json(self) -> dict[str, JSON]:
        """For the command line."""
        return {
            "seq": self.seq,
            "at": self.at,
            "user": self.user,
            "kind": self.kind,
            "address": self.address,
        }


@dataclass(frozen=True, slots=True)
class Branch:
    """A package that contradicts what is held, verified, beside what is held.

    Attributes:
        package: SHA-256 of its manifest.
        common: the last record that both histories have.
        head: where the other history ends.
        held, other: the records of each behind the common one, opened ones first to last.
    """

    site: str
    chain: str
    number: int
    package: str
    common: Point
    head: Point
    held: tuple[Told, ...]
    other: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What two people have decided; ``seq`` is the store's own record, ``at`` its UTC time."""

    seq: int
    at: str
    chain: str
    number: int
    package: str
    common: int
    held: Point
    user: str
    second: str
    reason: str

    def json(self) -> dict[str, JSON]:
        """For the command line."""
        return {
            "at": self.at,
            "user": self.user,
            "second": self.second,
            "reason": self.reason,
            "held": self.held.json(),
            "common": self.common,
        }


def compare(session: Session, path: Path) -> Branch:
    """Verify a package that contradicts what is held, and tell both histories; nothing is written.

    Raises:
        PermissionDenied: the role may not receive.
        NoBranch: it does not contradict anything that is held.
        BranchUnknown: where the two part cannot be seen; a full package shows it.
        PackageError: the file itself is refused.
    """
    session.require("import")
    return _read(session, path).branch


@dataclass(frozen=True, slots=True)
class _Seen:
    """A branch, and the content of its records behind the common one."""

    branch: Branch
    bodies: tuple[tuple[Told, Mapping[str, JSON]], ...]


def _read(session: Session, path: Path) -> _Seen:
    own = session.age_identities()
    inbox = session.folder.inbox
    inbox.mkdir(exist_ok=True)

    def trusted(outer: Outer) -> list[bytes]:
        if outer.study != session.folder.study:
            raise WrongStudy(outer.study)
        with session.reading() as conn:
            return [
                p.sign.raw
                for p in pins_on(conn)
                if p.active and (p.chain, p.site) == (outer.chain, outer.site)
            ]

    with opened(path, PACKAGE, trusted, own, inbox) as package:
        for_whom(package, *session.age_recipients())
        with session.reading() as conn:
            return _compared(conn, package)


def _compared(conn: Connection, package: Package[Manifest]) -> _Seen:
    manifest = package.manifest
    chain, head = manifest.chain, store.head(conn, manifest.chain)
    common = _parting(conn, package, head)
    held = store.records(conn, chain, upto=common.seq)
    fresh = (r for r in _lines(package) if r.header.seq > common.seq)
    other: list[Record] = []

    def passing() -> Iterator[Record]:
        yield from held
        for record in fresh:
            other.append(record)
            yield record

    verdict = verify_records(passing(), chain, private=False, complete=False)
    if not verdict.ok:
        fault = next(check for check in verdict.checks if check.ok is False)
        raise RecordsRefused(fault.detail.en)
    end = verdict.head
    if end.digest.hex() != manifest.after.digest:
        raise RecordsRefused("its head is not what the manifest says")
    mine = store.records(conn, chain, common.seq)
    theirs = tuple(_told(conn, other))
    branch = Branch(
        manifest.site,
        chain,
        manifest.number,
        package.sha256,
        common,
        Point(end.seq, end.digest.hex()),
        tuple(_told(conn, mine)),
        theirs,
    )
    bodies = (r.body if r.opening is not None else {} for r in other)
    return _Seen(branch, tuple(zip(theirs, bodies, strict=True)))


def _parting(conn: Connection, package: Package[Manifest], head: Head) -> Point:
    """The last record that both have."""
    manifest = package.manifest
    before = manifest.before
    if before.seq > head.seq:
        raise BranchUnknown(site=manifest.site)
    start = genesis(manifest.chain).digest
    if before.seq:
        start = store.record(conn, manifest.chain, before.seq).digest
    if start.hex() != before.digest:
        raise BranchUnknown(site=manifest.site)
    common = Point(before.seq, start.hex())
    held = store.records(conn, manifest.chain, before.seq)
    for theirs, mine in zip(_lines(package), held, strict=False):
        if (theirs.header_bytes, theirs.signature) != (mine.header_bytes, mine.signature):
            return common
        common = Point(mine.header.seq, mine.digest.hex())
    raise NoBranch(site=manifest.site)


def _lines(package: Package[Manifest]) -> Iterator[Record]:
    return joined(package.lines("headers"), package.lines("openings"), [])


def _told(conn: Connection, records: Iterable[Record]) -> Iterator[Told]:
    """Who did what when, by the sessions that are held and those that come along."""
    people: dict[str, str] = {}
    for record in records:
        h = record.header
        body = record.body if record.opening is not None else {}
        if body and record.kind is Kind.SESSION_OPENED:
            people[h.session] = str(body["user"])
        if h.session not in people:
            row = conn.execute(_WHO, {"session": h.session}).first()
            people[h.session] = "" if row is None else str(row[0])
        address = body.get("address") or body.get("subject") or ""
        kind = record.kind.value if body else ""
        yield Told(h.seq, h.at, people[h.session], kind, str(address))


def hold(
    session: Session,
    path: Path,
    reason: str,
    password: str,
    *,
    second: str,
    second_password: str,
) -> Decision:
    """Decide that what is held is true and the package is not; its file is kept.

    Args:
        second: somebody else at the store who manages users.

    Raises:
        BranchRefused: no reason in words.
        BranchDecided: it was decided before.
        NoSecondPerson, WrongPassword, TryLater: nothing was decided.
        As :func:`compare`.
    """
    said = reason.strip()
    if len(said) < SHORTEST:
        raise BranchRefused
    found = compare(session, path)
    with session.reading() as conn:
        if any(d.package == found.package for d in decisions(conn, session.folder.chain)):
            raise BranchDecided
        head = store.head(conn, found.chain)
    own = session.signer(password)
    other = witness(session, second, second_password)
    content: dict[str, JSON] = {
        "chain": found.chain,
        "parent": found.common.digest,
        "seq": found.common.seq,
        "reason": said,
        "held": {"seq": head.seq, "digest": head.digest.hex()},
        "other": {"number": found.number, "package": found.package, "head": found.head.json()},
        "user": session.user,
        "second": other.user,
        "at": session.now(),
    }
    statement = dumps({"kind": Kind.BRANCH_RESOLVED.value, **content})
    signed: list[JSON] = []
    for user, sign in ((session.user, own), (other.user, other.sign)):
        signature, key = sign(statement)
        raw = base64.b64encode(signature).decode()
        signed.append({"user": user, "key": key, "signature": raw})
    _keep(session, path, found)
    entry = Entry(Kind.BRANCH_RESOLVED, RecordClass.CODED, {**content, "signed": signed})
    (record,) = session.commit([entry])
    return _decision(record)


def kept_file(session: Session, package: str) -> Path | None:
    """The file of a package that was decided against; None where it is not there."""
    place = session.folder.archive / FOLDER
    found = sorted(place.glob(f"{package[:16]}/*.mrdpkg")) if place.is_dir() else []
    return found[0] if found else None


def _keep(session: Session, path: Path, found: Branch) -> None:
    place = session.folder.archive / FOLDER / found.package[:16]
    place.mkdir(parents=True, exist_ok=True)
    if kept_file(session, found.package) is None:
        copy(path, place, file_name(found.site, found.chain, found.number))


def decisions(conn: Connection, own: str) -> tuple[Decision, ...]:
    """Every decision of a store, in order."""
    return tuple(_decision(r) for r in lineage.of_kind(conn, own, Kind.BRANCH_RESOLVED))


def _decision(record: Record) -> Decision:
    body = record.body
    held, other = body["held"], body["other"]
    assert isinstance(held, Mapping)
    assert isinstance(other, Mapping)
    return Decision(
        record.header.seq,
        record.header.at,
        str(body["chain"]),
        int(str(other["number"])),
        str(other["package"]),
        int(str(body["seq"])),
        Point(int(str(held["seq"])), str(held["digest"])),
        str(body["user"]),
        str(body["second"]),
        str(body["reason"]),
    )


@dataclass(frozen=True, slots=True)
class Aside:
    """A value of a history that two people have decided against.

    Attributes:
        number: of the package that holds it; ``decision``: the store's record.
    """

    at: str
    user: str
    value: JSON
    missing: JSON
    reason: JSON
    number: int
    seq: int
    decision: int

    def json(self) -> dict[str, JSON]:
        """For the command line, beside the lines of a trace."""
        return {
            "at": self.at,
            "user": self.user,
            "value": self.value,
            "missing": self.missing,
            "reason": self.reason,
            "package": self.number,
            "seq": self.seq,
            "decided_against": self.decision,
        }


def values_at(session: Session, key: ItemKey) -> tuple[Aside, ...]:
    """What histories that were decided against say of a data point, read from the kept files.

    Raises:
        As :func:`compare`, where a kept file was damaged.
    """
    with session.reading() as conn:
        made = decisions(conn, session.folder.chain)
    found = []
    for decision in made:
        path = kept_file(session, decision.package)
        if path is None:
            continue
        for told, body in _read(session, path).bodies:
            if told.kind == Kind.ITEM_SET.value and told.address == str(key):
                said = (body.get("value"), body.get("missing"), body.get("reason"))
                found.append(
                    Aside(told.at, told.user, *said, decision.number, told.seq, decision.seq)
                )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Fork:
    """A package that contradicted what was held, and what was decided; None while nothing is."""

    chain: str
    number: int
    package: str | None
    at: str
    decision: Decision | None

    def json(self) -> dict[str, JSON]:
        """For the command line."""
        return {
            "number": self.number,
            "package": self.package,
            "at": self.at,
            "decision": None if self.decision is None else self.decision.json(),
        }


def forks(conn: Connection, own: str, chain: str) -> tuple[Fork, ...]:
    """Every package of a chain that was refused as a fork, in order, with what was decided."""
    made = {d.package: d for d in decisions(conn, own) if d.chain == chain}
    found: dict[tuple[int, str | None], Fork] = {}
    for refusal in refusals.every(conn, own, chain):
        if refusal.code in refusals.CONTRADICTING:
            where = refusal.number, refusal.package
            decided = made.get(refusal.package or "")
            found.setdefault(where, Fork(chain, *where, refusal.at, decided))
    for decision in made.values():  # compared without having been received
        where = decision.number, decision.package
        found.setdefault(where, Fork(chain, *where, decision.at, decision))
    return tuple(found.values())


def answered(conn: Connection, own: str, chain: str) -> tuple[refusals.Refusal, ...]:
    """What a site is told of packages that were not taken, and of what was decided.

    Every decision about the chain is told, also of a package that was compared only, and whatever
    came since: the site has to know which folder to go on in. It bears its own number, so that a
    site which knows of the refusal hears of it too, and stands in its place.
    """
    made = [d for d in decisions(conn, own) if d.chain == chain]
    decided = {d.package for d in made}
    left = (
        refusal
        for refusal in refusals.standing(conn, own, chain)
        if refusal.code not in refusals.CONTRADICTING or refusal.package not in decided
    )
    said = (
        refusals.Refusal(
            d.seq, d.number, d.package, Verdict.FORK, refusals.FORK, (), d.at,
            DECIDED.filled(n=d.number),
        )
        for d in made
    )  # fmt: skip
    return tuple(sorted((*said, *left), key=lambda r: r.seq))


DECIDED: Final = Text(
    "Package {n} contradicts records that had arrived before. The sponsor has decided that those "
    "are true. Go on in the folder that made them, enter there again what only the other copy "
    "holds, and use that copy no more; keep it.",
    "第 {n} 号数据包与此前到达的记录相互矛盾。申办方已决定以此前到达的记录为准。"
    "请在生成这些记录的文件夹中继续工作，将仅存于另一份副本中的内容重新录入；该副本请保留，但不再使用。",
)
"""What the site is told with the next reply."""
