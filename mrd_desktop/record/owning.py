"""Which computer of a site owns a subject: worked out from what was created, handed and received.

Every reader comes to the same answer in any order of arrival. A subject's records stand in
segments; what a chain says of it outside its segments is apart and is never merged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import Connection, text

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.errors import RecordError
from mrd_desktop.texts import Text

OPENED_ON: Final = "opened_on"
"""Names the chain on which a query was opened, in an act on another one."""


class OwnedElsewhere(RecordError):
    """Another computer owns the subject, or it is on its way there."""

    code = "owned_elsewhere"
    template = Text(
        "Subject {detail} belongs to another computer of this site. Enter the data there, or let "
        "it be handed over to this one.",
        "受试者 {detail} 归本中心的另一台电脑管理。请在那台电脑上录入，或先交接到本机。",
    )


@dataclass(frozen=True, slots=True)
class Fact:
    """A record that says something about who owns a subject.

    Attributes:
        kind: ``created``, ``handed`` or ``received``.
        other: the chain it goes to or comes from.
        other_seq: of a receipt, where the former owner's part ends.
        since: of a forced receipt, the record with which that part begins.
    """

    kind: str
    chain: str
    seq: int
    at: str
    other: str = ""
    other_seq: int = 0
    digest: str = ""
    forced: bool = False
    since: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a chain in which it owns a subject, both ends included.

    Attributes:
        until: None while it goes on.
        to: the chain it was handed to and which has not received it.
    """

    chain: str
    since: int
    until: int | None = None
    to: str | None = None

    def holds(self, chain: str, seq: int) -> bool:
        """Whether a record stands in it."""
        ended = self.until is not None and seq > self.until
        return chain == self.chain and seq >= self.since and not ended


@dataclass(frozen=True, slots=True)
class Standing:
    """Who owns a subject and since when.

    Attributes:
        segments: in the order in which they follow each other.
        doubled: a number that was given out again.
        rivals: receipts that do not count because another one does.
        waiting: receipts of what has not been seen being handed over.
    """

    segments: tuple[Segment, ...] = ()
    doubled: tuple[Fact, ...] = ()
    rivals: tuple[Fact, ...] = ()
    waiting: tuple[Fact, ...] = ()

    @property
    def owner(self) -> str | None:
        """The chain that may write; None while the subject is on its way."""
        last = self.segments[-1] if self.segments else None
        return None if last is None or last.to is not None else last.chain

    @property
    def on_its_way(self) -> str | None:
        """The chain that it was handed to and that has not received it."""
        return self.segments[-1].to if self.segments else None

    @property
    def conflict(self) -> bool:
        """Two computers claim it."""
        return bool(self.doubled or self.rivals)


def standing(facts: Iterable[Fact]) -> Standing:
    """Follow a subject from computer to computer."""
    known = sorted(facts, key=lambda f: (f.at, f.chain, f.seq))
    received = [f for f in known if f.kind == "received"]
    created = [f for f in known if f.kind == "created"]
    if not created:
        return Standing(waiting=tuple(received))
    starts = {(f.chain, f.seq) for f in (*created, *received)}
    segments: list[Segment] = []
    rivals: list[Fact] = []
    start = created[0]
    while True:
        handed = _handed(known, start, starts)
        claims = [f for f in received if _follows(f, start, handed)]
        received = [f for f in received if f not in claims]
        if not claims:
            end = (handed[-1].seq, handed[-1].other) if handed else (None, None)
            segments.append(Segment(start.chain, start.seq, *end))
            break
        first, *others = sorted(claims, key=lambda f: (_stale(f, claims, handed), f.at, f.chain))
        rivals += others
        segments.append(Segment(start.chain, start.seq, first.other_seq))
        start = first
    return Standing(tuple(segments), tuple(created[1:]), tuple(rivals), tuple(received))


def _handed(
    known: Sequence[Fact], start: Fact, starts: Collection[tuple[str, int]]
) -> tuple[Fact, ...]:
    """The records that end a part that begins with ``start``: handed over, and once more."""
    later = [seq for chain, seq in starts if chain == start.chain and seq > start.seq]
    bound = min(later, default=None)
    found = [
        fact
        for fact in sorted(known, key=lambda f: f.seq)
        if fact.kind == "handed" and fact.chain == start.chain
        and fact.seq > start.seq and (bound is None or fact.seq < bound)
    ]  # fmt: skip
    return tuple(fact for fact in found if fact.other == found[0].other)


def _stale(claim: Fact, claims: Sequence[Fact], handed: Sequence[Fact]) -> bool:
    """Whether somebody took by force what had been handed over and was received, unknown there."""
    known = bool(handed) and claim.other_seq >= handed[0].seq
    return claim.forced and not known and any(not f.forced for f in claims)


def _follows(claim: Fact, start: Fact, handed: Sequence[Fact]) -> bool:
    if claim.other != start.chain:
        return False
    if claim.forced:
        return claim.since == start.seq and claim.other_seq >= start.seq
    return any(
        (claim.other_seq, claim.digest, claim.chain) == (f.seq, f.digest, f.other) for f in handed
    )


# --- from records and tables --------------------------------------------------------------

_KINDS: Final[Mapping[Kind, str]] = {
    Kind.SUBJECT_CREATED: "created",
    Kind.SUBJECT_HANDED: "handed",
    Kind.SUBJECT_RECEIVED: "received",
}
_NOT_WRITING: Final = frozenset(
    {
        Kind.SUBJECT_CREATED,
        Kind.SUBJECT_RECEIVED,
        Kind.SUBJECT_WITHHELD,
        Kind.ENTRY_REFUSED,
        Kind.IDENTITY_LOOKED,
        Kind.PRINTED,
        Kind.REDACTION_DONE,
        Kind.LINK_DESTROYED,
    }
)
"""What a computer may record about a subject that it does not own."""


def fact_of(record: Record, body: Mapping[str, JSON]) -> Fact:
    """What a record of the three kinds says."""
    kind, header = _KINDS[record.kind], record.header
    other = str(body["to" if kind == "handed" else "from"]) if kind != "created" else ""
    received = kind == "received"
    return Fact(
        kind,
        header.chain,
        header.seq,
        header.at,
        other,
        int(str(body["seq"])) if received else 0,
        str(body.get("digest", "")),
        received and body.get("forced") is True,
        int(str(body.get("since", 0))) if received else 0,
    )


_FACTS: Final = text(
    "SELECT kind, chain, seq, at, other, other_seq, digest, forced, since FROM p_handing"
    " WHERE subject = :subject"
)
_MOVED: Final = text(
    "SELECT DISTINCT subject FROM p_handing WHERE kind <> 'created'"
    " UNION SELECT subject FROM p_handing WHERE kind = 'created'"
    " GROUP BY subject HAVING count(*) > 1"
)


def standing_of(conn: Connection, subject: str) -> Standing:
    """Who owns a subject, as far as the records held here tell."""
    rows = conn.execute(_FACTS, {"subject": subject})
    return standing(
        Fact(kind, chain, seq, at, other, other_seq, digest, bool(forced), since)
        for kind, chain, seq, at, other, other_seq, digest, forced, since in rows
    )


def moved(conn: Connection) -> frozenset[str]:
    """The subjects that more than one record says something about the ownership of."""
    return frozenset(str(s) for s in conn.execute(_MOVED).scalars())


def moved_with(conn: Connection, chain: str) -> frozenset[str]:
    """Those of them that a chain says something about: to be settled when more of it came."""
    said = text("SELECT DISTINCT subject FROM p_handing WHERE chain = :chain OR other = :chain")
    return moved(conn) & {str(s) for s in conn.execute(said, {"chain": chain}).scalars()}


Placing: TypeAlias = Callable[[str, int], tuple[int, int]]
"""Of a record (chain, number): a place that grows with what came later about one subject."""


def placing(conn: Connection, subject: str) -> Placing:
    """How the records of a subject follow each other, over all computers that wrote them."""
    return placing_in(standing_of(conn, subject).segments)


def placing_in(segments: Sequence[Segment]) -> Placing:
    """The same where it is known who owned the subject when."""
    if len(segments) < 2:
        return lambda _, seq: (0, seq)

    def place(chain: str, seq: int) -> tuple[int, int]:
        within = (n for n, one in enumerate(segments) if one.holds(chain, seq))
        return next(within, len(segments)), seq

    return place


def writes(kind: Kind) -> bool:
    """Whether a record of this kind, where it is about a subject, is for its owner alone."""
    return kind not in _NOT_WRITING


def owned_here(conn: Connection, subject: str, chain: str) -> bool:
    """Whether a computer may write about a subject; yes where nothing is known of it."""
    found = standing_of(conn, subject)
    return not found.segments or found.owner == chain


def handed_again(now: Standing, chain: str, to: str) -> bool:
    """Whether a subject that is on its way to a computer may be handed to it once more."""
    return now.on_its_way == to and now.segments[-1].chain == chain


def subject_of(body: Mapping[str, JSON], queries: Mapping[str, str]) -> str | None:
    """The subject that a payload is about, None where it is about none.

    Args:
        queries: subject by query id, for acts that name only the query.
    """
    subject = body.get("subject")
    if isinstance(subject, str):
        return subject
    address = body.get("address")
    if isinstance(address, str):
        return address.partition("/")[0]
    query = body.get("query")
    return queries.get(query) if isinstance(query, str) else None
