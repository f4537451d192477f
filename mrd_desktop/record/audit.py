"""The audit trail as people and scripts read it: who, what, when, why, one line a record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One record of the trail.

    Attributes:
        content: the payload without kind and address; None where it is not open to this user.
        redacted: the content was taken out for good; the record that says so tells why.
        definition: digest of the definition that its session worked under.
    """

    chain: str
    seq: int
    txn: int
    at: str
    user: str
    role: str
    kind: str | None
    address: str | None
    content: dict[str, JSON] | None
    redacted: bool = False
    definition: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return asdict(self)


def trail(
    session: Session, *, subject: str | None = None, identity: bool = True
) -> Iterator[TrailLine]:
    """The whole trail in order, or what is addressed to one subject.

    Args:
        identity: with the content of identity records, for those who hold the vault key.

    Raises:
        PermissionDenied: the role may not see the trail.
    """
    session.require("audit.see")
    box = session.box if identity and session.has_vault else None
    with session.reading() as conn:
        people = {
            r.session: (r.user, r.role)
            for r in conn.execute(text("SELECT session, user, role FROM p_session"))
        }
        asked = {
            r.query: r.address for r in conn.execute(text("SELECT query, address FROM p_query"))
        }
        for chain in store.chains(conn):
            gone = store.redacted(conn, chain)
            under: dict[str, str] = {}
            for record in store.records(conn, chain, box=box):
                session_id = record.header.session
                if record.opening is not None and record.kind is Kind.SESSION_OPENED:
                    under[session_id] = str(record.body["definition"])
                line = _line(record, people, asked, gone, under.get(session_id))
                if subject is None or _is_of(line, subject):
                    yield line


def _line(
    record: Record,
    people: dict[str, tuple[str, str]],
    asked: dict[str, str],
    gone: frozenset[int],
    definition: str | None,
) -> TrailLine:
    """One line; what is done about a query stands where the query was asked."""
    h = record.header
    user, role = people.get(h.session, ("", ""))
    common = (h.chain, h.seq, h.txn, h.at, user, role)
    if record.opening is None:
        return TrailLine(*common, None, None, None, redacted=h.seq in gone)
    body = dict(record.body)
    body.pop("kind", None)
    address = body.pop("address", None) or body.get("subject")
    address = address or asked.get(str(body.get("query")))
    return TrailLine(
        *common, record.kind.value, None if address is None else str(address), body,
        definition=definition,
    )  # fmt: skip


def _is_of(line: TrailLine, subject: str) -> bool:
    address = line.address or ""
    return address == subject or address.startswith(f"{subject}/")
