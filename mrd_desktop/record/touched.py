"""Which subjects the record tells something new about: lists read only those again."""

from __future__ import annotations

from mrd_desktop.ledger import store
from mrd_desktop.vault.session import Session


def subjects_touched(session: Session, after: int) -> frozenset[str]:
    """Subjects that records of this site after a sequence number are about.

    Private records do not count: an act on a form always writes a record of the form beside them.
    Acts that name a query only are told by the query's address.
    """
    found: set[str] = set()
    session.require("subject.see")
    with session.reading() as conn:
        queries: dict[str, str] = {}
        for record in store.records(conn, session.folder.chain, after=after):
            if record.opening is None or record.header.cls == "private":
                continue
            body = record.body
            query = body.get("query")
            if isinstance(query, str) and "address" not in body:
                if not queries:
                    queries = _subjects_of_queries(session)
                found.add(queries.get(query, ""))
            else:
                about = body.get("address") or body.get("subject") or ""
                found.add(str(about).partition("/")[0])
    return frozenset(found - {""})


def _subjects_of_queries(session: Session) -> dict[str, str]:
    with session.reading() as conn:
        rows = conn.exec_driver_sql("SELECT query, subject FROM p_query").all()
    return {str(query): str(subject) for query, subject in rows}
