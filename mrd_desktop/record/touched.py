"""Which subjects the record tells something new about: lists read only those again."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.reading import subject_numbers
from mrd_desktop.vault.session import Session


def subjects_touched(session: Session, after: int) -> frozenset[str]:
    """Subjects that records of this site after a sequence number are about.

    Private records do not count: an act on a form always writes a record of the form beside them.
    Acts that name a query only are told by the query's address. A file of another computer may
    have changed whatever is here: it touches every subject.
    """
    session.require("subject.see")
    with session.reading() as conn:
        return frozenset(touched(conn, session.folder.chain, after))


def touched(conn: Connection, chain: str, after: int) -> Mapping[str, int]:
    """The same with the last record about each subject, on a connection at hand."""
    found: dict[str, int] = {}
    queries: Mapping[str, str] | None = None
    for record in store.records(conn, chain, after=after):
        if record.opening is None or record.header.cls == "private":
            continue
        body, seq = record.body, record.header.seq
        if record.kind is Kind.PACKAGE_RECEIVED:
            found.update(dict.fromkeys(subject_numbers(conn), seq))
            continue
        query = body.get("query")
        if isinstance(query, str) and "address" not in body:
            if queries is None:
                queries = _subjects_of_queries(conn)
            found[queries.get(query, "")] = seq
        else:
            about = body.get("address") or body.get("subject") or ""
            found[str(about).partition("/")[0]] = seq
    found.pop("", None)
    return found


def _subjects_of_queries(conn: Connection) -> Mapping[str, str]:
    rows = conn.exec_driver_sql("SELECT query, subject FROM p_query").all()
    return {str(query): str(subject) for query, subject in rows}
