"""What a sponsor's user does with data held: asks, settles, amends; recorded in its own chain."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.study.address import ItemKey, Key
from mrd_desktop.study.load import definition_bytes, read_sources, study_from_bytes
from mrd_desktop.transfer.amendment import check_amendment
from mrd_desktop.transfer.errors import AmendmentRefused, QueryUnknown
from mrd_desktop.vault import definitions
from mrd_desktop.vault.session import Session

_ABOUT = (
    "SELECT i.chain, i.seq FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
    " WHERE f.subject = ? AND f.event = ? AND f.event_repeat = ? AND f.form = ?"
    " AND f.form_repeat = ? AND i.grp = ? AND i.row = ? AND i.item = ?"
)


def ask(session: Session, key: Key, words: str) -> str:
    """Open a query about what a site recorded; it travels with the next reply.

    Returns:
        Its id, ``S-<number of the record>``.

    Raises:
        PermissionDenied: the role may not ask.
        QueryUnknown: the store holds no such subject.
    """
    session.require("query.open")
    spoken = words.strip()
    subject = str(key).partition("/")[0]
    made: list[str] = []

    def entries(conn: Connection) -> list[Entry]:
        held = conn.exec_driver_sql("SELECT 1 FROM p_subject WHERE subject = ?", (subject,))
        if held.first() is None or not spoken:
            raise QueryUnknown(str(key))
        made[:] = [f"S-{store.head(conn, session.folder.chain).seq + 1}"]
        payload: dict[str, JSON] = {
            "query": made[0],
            "address": str(key),
            "en": spoken,
            "zh": spoken,
        }
        about = _about(conn, key)
        if about is not None:
            payload["about"] = about
        return [Entry(Kind.QUERY_OPENED, RecordClass.CODED, payload)]

    session.commit(entries)
    return made[0]


def _about(conn: Connection, key: Key) -> JSON:
    if not isinstance(key, ItemKey):
        return None
    form = key.form
    place = (
        form.subject, form.event.event, form.event.repeat, form.form, form.repeat,
        key.row.group, key.row.row, key.item,
    )  # fmt: skip
    row = conn.exec_driver_sql(_ABOUT, place).first()
    return None if row is None else {"chain": str(row[0]), "seq": int(row[1])}


def close(session: Session, query: str, words: str = "") -> None:
    """Close a query, one's own or one that a site's check opened.

    Args:
        query: ``S-12``; or a site's own, ``Q-7``, where only one site has it, else ``01/Q-7``.

    Raises:
        PermissionDenied: the role may not close.
        QueryUnknown: there is none, or more than one of that name.
    """
    session.require("query.close")
    site, _, name = query.rpartition("/")

    def entries(conn: Connection) -> list[Entry]:
        rows = conn.exec_driver_sql(
            "SELECT DISTINCT chain FROM p_query WHERE query = ? AND subject LIKE ?",
            (name, f"{site}%"),
        )
        chains = {str(chain) for (chain,) in rows}
        own = session.folder.chain
        payload: dict[str, JSON] = {"query": name}
        if own not in chains:
            if len(chains) != 1:
                raise QueryUnknown(query)
            payload["chain"] = chains.pop()
        if words.strip():
            payload["text"] = words.strip()
        return [Entry(Kind.QUERY_CLOSED, RecordClass.CODED, payload)]

    session.commit(entries)


def amend(session: Session, directory: Path) -> str:
    """Put a new version of the definition in force; it travels with the next replies.

    Returns:
        Its digest.

    Raises:
        PermissionDenied: the role may not.
        DefinitionError: the folder holds no sound definition.
        AmendmentRefused: it is of another study, or changes what must never change.
        VersionNotNewer: its version does not come after the one in force.
    """
    session.require("trust.manage")
    data = definition_bytes(read_sources(directory))
    study = study_from_bytes(data)
    if study.oid != session.folder.study:
        raise AmendmentRefused(study.oid)

    def entries(conn: Connection) -> list[Entry]:
        held = definitions.in_force(conn, session.folder.chain, session.study)
        if study.digest == held.digest:
            return []
        check_amendment(held, study)
        definitions.keep(conn, study.digest, data)
        return [definitions.amended(study, held.digest)]

    session.commit(entries)
    return study.digest
