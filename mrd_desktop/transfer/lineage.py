"""Which package follows which: read from the ledger itself, kept nowhere else.

At a site ``package.begun``, ``.sealed`` and ``.voided`` of its own chain tell what was sent; at a
store ``package.received`` of the store's own chain tells what came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, Opening, Record, RecordClass
from mrd_desktop.record.numbering import GIVEN
from mrd_desktop.transfer.manifest import Manifest, Point

_OF_KIND: Final = (
    "SELECT h.header, h.signature, o.salt, o.payload FROM ledger_chain c"
    " JOIN ledger_opening o ON o.chain_no = c.no"
    " JOIN ledger_header h ON h.chain_no = o.chain_no AND h.seq = o.seq"
    " WHERE c.chain = ? AND json_extract(CAST(o.payload AS TEXT), '$.kind') IN ({marks})"
    " ORDER BY o.seq"
)
BARRED: Final = "barred"
"""Of ``package.sealed``: what a package of headers and deletions alone left out for its kind."""
_BEHIND: Final = _OF_KIND.replace(" ORDER BY", " AND o.seq > ? ORDER BY")
_ABOUT: Final = _OF_KIND.replace(
    " ORDER BY", " AND json_extract(CAST(o.payload AS TEXT), '$.query') = ? ORDER BY"
)


def of_kind(conn: Connection, chain: str, *kinds: Kind) -> Iterator[Record]:
    """The open records of some kinds on a chain, in order."""
    return _found(conn, _OF_KIND, chain, kinds)


def behind(conn: Connection, chain: str, seq: int, *kinds: Kind) -> Iterator[Record]:
    """The open records of some kinds behind a record of a chain, in order."""
    return _found(conn, _BEHIND, chain, kinds, seq)


def about(conn: Connection, chain: str, query: str, *kinds: Kind) -> Iterator[Record]:
    """The open records of some kinds on a chain that name a query, in order."""
    return _found(conn, _ABOUT, chain, kinds, query)


def latest(conn: Connection, chain: str, *kinds: Kind) -> Iterator[Record]:
    """The open records of some kinds on a chain, the last one first."""
    return _found(conn, f"{_OF_KIND} DESC", chain, kinds)


def _found(
    conn: Connection, asked: str, chain: str, kinds: Sequence[Kind], *more: object
) -> Iterator[Record]:
    marks = ", ".join("?" * len(kinds))
    rows = conn.exec_driver_sql(asked.format(marks=marks), (chain, *kinds, *more))
    return (Record(header, sig, Opening(salt, data)) for header, sig, salt, data in rows)


def end_of_package(conn: Connection, chain: str, number: int) -> int | None:
    """The last record that a sealed package covers, None if there is no such package."""
    for record in of_kind(conn, chain, Kind.PACKAGE_SEALED):
        if record.body["number"] == number:
            return _point(record.body["after"]).seq
    return None


_SENDING: Final = (
    Kind.PACKAGE_BEGUN,
    Kind.PACKAGE_SEALED,
    Kind.PACKAGE_VOIDED,
    Kind.SUBJECT_WITHHELD,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a site has sent so far.

    Attributes:
        number: the highest number ever begun.
        unfinished: a number begun and neither sealed nor voided: the program was stopped.
        sealed: number of the last sealed package, None before the first.
        manifest: SHA-256 of the last sealed package's manifest, None before the first.
        after: where that package ends.
        held: coded records up to there whose content was not sent, or was taken back since by a
            record that travels with the next package.
        at: when it was sealed.
    """

    number: int = 0
    unfinished: int | None = None
    manifest: str | None = None
    after: Point | None = None
    held: frozenset[int] = frozenset()
    at: str | None = None
    sealed: int | None = None


def sent(conn: Connection, chain: str) -> Sent:
    """Read what was sent from a chain."""
    number, unfinished = 0, None
    last: Record | None = None
    taken_back: set[int] = set()
    for record in of_kind(conn, chain, *_SENDING):
        if record.kind is Kind.SUBJECT_WITHHELD:
            taken_back.update(_numbers(record.body["seqs"]))
            continue
        this = _int(record.body["number"])
        if record.kind is Kind.PACKAGE_BEGUN:
            number, unfinished = max(number, this), this
        else:
            unfinished = None if unfinished == this else unfinished
        if record.kind is Kind.PACKAGE_SEALED:
            last = record
            taken_back.clear()
    if last is None:
        return Sent(number, unfinished)
    body = last.body
    return Sent(
        number,
        unfinished,
        str(body["manifest"]),
        _point(body["after"]),
        frozenset(_unfolded(body["held"])) | taken_back,
        last.header.at,
        _int(body["number"]),
    )


def owes_all(conn: Connection, chain: str, stores: Collection[str]) -> bool:
    """Whether one of these stores got nothing of what was sent: its package begins at the start.

    A site may trust a sponsor only after packages were sealed, for practice or for another one.
    """
    trusted: dict[str, int] = {}
    whole: int | None = None
    for record in of_kind(conn, chain, Kind.TRUST_PINNED, Kind.PACKAGE_SEALED):
        if record.kind is Kind.TRUST_PINNED:
            trusted.setdefault(str(record.body["chain"]), record.header.seq)
        elif whole is None or record.body["full"] is True:
            whole = record.header.seq
    return whole is not None and any(trusted.get(store, 0) > whole for store in stores)


def begun(
    number: int,
    *,
    full: bool,
    overdue: Sequence[str] = (),
    failed: int = 0,
    read: Mapping[str, int] | None = None,
    given: int | None = None,
) -> Entry:
    """A package is begun: its number is taken, and this record is its head.

    Args:
        overdue: reviews, changes of the data key and milestones whose last day has gone by.
        failed: how many sign-ins failed since the package before.
        read: the last words of each sponsor that somebody here has read.
        given: the highest subject number given out here, 0 before the first; None where it is not
            said.
    """
    more: dict[str, JSON] = {"overdue": list(overdue)} if overdue else {}
    if failed:
        more["failed"] = failed
    if read:
        more["read"] = dict(read)
    if given is not None:
        more[GIVEN] = given
    return Entry(Kind.PACKAGE_BEGUN, RecordClass.CODED, {"number": number, "full": full, **more})


def voided(number: int, cause: str) -> Entry:
    """A number that no package will have; ``cause`` is cancelled, failed or interrupted."""
    return Entry(Kind.PACKAGE_VOIDED, RecordClass.CODED, {"number": number, "cause": cause})


def sealed(
    manifest: Manifest, sha256: str, held: Iterable[int], barred: Iterable[int] | None = None
) -> Entry:
    """A package was written.

    Args:
        held: the coded records whose content it did not bring.
        barred: those of its own records among them that could have left, where it was one of
            headers and deletions alone; None where it was not.
    """
    counts = manifest.counts
    more: dict[str, JSON] = {} if barred is None else {BARRED: list(_folded(barred))}
    return Entry(
        Kind.PACKAGE_SEALED,
        RecordClass.CODED,
        {
            "number": manifest.number,
            "manifest": sha256,
            "after": manifest.after.json(),
            "held": list(_folded(held)),
            "full": manifest.full,
            "records": counts.records,
            "opened": counts.opened + counts.late,
            "withheld": dict(counts.withheld),
            **more,
        },
    )


def barred_by(body: Mapping[str, JSON]) -> frozenset[int] | None:
    """What ``package.sealed`` says that headers and deletions alone left out; None: nothing."""
    return frozenset(_unfolded(body[BARRED])) if BARRED in body else None


def taken_back(
    user: str, head: Point, first: int, packages: Sequence[str], unopened: Iterable[int]
) -> Entry:
    """Records that an older copy lacked were taken back from packages of this site.

    Args:
        head: the last of them; they begin with ``first``.
        packages: SHA-256 of their manifests.
        unopened: those whose content no package held.
    """
    tail: dict[str, JSON] = {
        "first": first,
        "last": head.seq,
        "packages": list(packages),
        "unopened": list(_folded(unopened)),
    }
    content: dict[str, JSON] = {"user": user, "head": head.json(), "tail": tail}
    return Entry(Kind.RESTORE_DONE, RecordClass.CODED, content)


def withheld(subject: str, cause: str, seqs: Sequence[int]) -> Entry:
    """Content that was sent and may no longer be held by the receiver, who deletes it."""
    content: dict[str, JSON] = {"subject": subject, "cause": cause, "seqs": list(seqs)}
    return Entry(Kind.SUBJECT_WITHHELD, RecordClass.CODED, content)


@dataclass(frozen=True, slots=True)
class Received:
    """A package that a store has taken over.

    Attributes:
        seq: of the store's own record about it.
        at: when it was received.
        anew: subjects of whom earlier content came or went, so that all of it was projected anew.
        late: records held before whose content came with this package.
    """

    package: str
    site: str
    chain: str
    number: int
    previous: str | None
    before: Point
    after: Point
    records: int
    opened: int
    forms: int
    seq: int
    at: str
    anew: tuple[str, ...] = ()
    late: frozenset[int] = frozenset()


def brought(came: Sequence[Received], chain: str, seq: int) -> int | None:
    """Number of the package that brought the content of a record; None for none of these.

    Content that was held back, or taken back and released again, came later than its header.
    Stores that took the package in before that was noted tell the package of the header.
    """
    own = [r for r in came if r.chain == chain]
    late = [r.number for r in own if seq in r.late]
    return late[-1] if late else next((r.number for r in own if r.after.seq >= seq), None)


def lost(conn: Connection, chain: str) -> frozenset[int]:
    """Records taken back from packages that did not hold their content (``restore.done``)."""
    found: set[int] = set()
    for record in of_kind(conn, chain, Kind.RESTORE_DONE):
        tail = record.body.get("tail")
        if isinstance(tail, Mapping):
            found.update(_unfolded(tail["unopened"]))
    return frozenset(found)


def received(conn: Connection, own: str, chain: str | None = None) -> tuple[Received, ...]:
    """The packages taken over by a store, in order.

    Args:
        own: the store's own chain.
        chain: of this chain only.
    """
    found = (_received(record) for record in of_kind(conn, own, Kind.PACKAGE_RECEIVED))
    return tuple(r for r in found if chain is None or r.chain == chain)


def taken(
    manifest: Manifest,
    sha256: str,
    forms: int,
    anew: Collection[str] = (),
    late: Iterable[int] = (),
) -> Entry:
    """A package was taken over; for ``anew`` and ``late`` see :class:`Received`."""
    runs = list(_folded(sorted(late)))
    return Entry(
        Kind.PACKAGE_RECEIVED,
        RecordClass.CODED,
        {
            **({"anew": sorted(anew)} if anew else {}),
            **({"late": runs} if runs else {}),
            "package": sha256,
            "site": manifest.site,
            "chain": manifest.chain,
            "number": manifest.number,
            "previous": manifest.previous,
            "before": manifest.before.json(),
            "after": manifest.after.json(),
            "records": manifest.counts.records,
            "opened": manifest.counts.opened + manifest.counts.late,
            "forms": forms,
        },
    )


def _received(record: Record) -> Received:
    body = record.body
    previous = body["previous"]
    return Received(
        str(body["package"]),
        str(body["site"]),
        str(body["chain"]),
        _int(body["number"]),
        None if previous is None else str(previous),
        _point(body["before"]),
        _point(body["after"]),
        _int(body["records"]),
        _int(body["opened"]),
        _int(body["forms"]),
        record.header.seq,
        record.header.at,
        tuple(str(subject) for subject in _list(body.get("anew", ()))),
        frozenset(_unfolded(body.get("late", ()))),
    )


def _point(value: JSON) -> Point:
    assert isinstance(value, Mapping)
    return Point(_int(value["seq"]), str(value["digest"]))


def _int(value: JSON) -> int:
    assert isinstance(value, int)
    return value


def _folded(seqs: Iterable[int]) -> Iterator[JSON]:
    """Runs of numbers as [first, last]."""
    run: list[int] = []
    for seq in seqs:
        if run and seq == run[1] + 1:
            run[1] = seq
        else:
            if run:
                yield run
            run = [seq, seq]
    if run:
        yield run


def _list(value: JSON) -> Sequence[JSON]:
    assert isinstance(value, Sequence)
    return value


def _numbers(value: JSON) -> Iterator[int]:
    return (_int(number) for number in _list(value))


def _unfolded(value: JSON) -> Iterator[int]:
    assert isinstance(value, Sequence)
    for run in value:
        assert isinstance(run, Sequence)
        yield from range(_int(run[0]), _int(run[1]) + 1)
