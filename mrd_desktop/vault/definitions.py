"""Definitions kept whole inside the database, and which of them is in force.

A folder works under the definition of its program until an amendment is installed, and from then on
under what its own chain says. Forms show as they were when saved, so none is thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.study import cache
from mrd_desktop.study.load import (
    definition_bytes,
    read_sources,
    shipped,
    sources_digest,
    study_from_bytes,
)
from mrd_desktop.study.model import Study
from mrd_desktop.vault import schema
from mrd_desktop.vault.errors import FolderDamaged

IN_FORCE: Final = "definition.in_force"
"""Names the record of the amendment in force, and its digest; nothing before the first one."""

BEGUN: Final = "definition.begun"
"""Digest of the definition that the folder was made with, where it is not the program's."""

_FIRST: Final = (
    "SELECT json_extract(p, '$.digest') FROM (SELECT o.seq, CAST(o.payload AS TEXT) AS p"
    " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?"
    " ORDER BY o.seq LIMIT 8) WHERE json_extract(p, '$.kind') = ? ORDER BY seq LIMIT 1"
)
_TOLD: Final = (
    "SELECT json_extract(p, '$.digest') FROM (SELECT o.seq, CAST(o.payload AS TEXT) AS p"
    " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?)"
    " WHERE json_extract(p, '$.kind') = ? AND json_extract(p, '$.replaces') IS NOT NULL"
    " ORDER BY seq DESC LIMIT 1"
)


def known(conn: Connection, digest: str) -> bool:
    """Whether a definition was installed here."""
    row = conn.exec_driver_sql("SELECT 1 FROM definition WHERE digest = ?", (digest,)).first()
    return row is not None


def keep(conn: Connection, digest: str, data: bytes | None) -> None:
    """Keep a definition's canonical bytes, or only its digest where they are not at hand.

    Raises:
        ValueError: the bytes are not those of the digest.
    """
    if data is not None and hashlib.sha256(data).hexdigest() != digest:
        raise ValueError("these are not the bytes of that definition")
    conn.exec_driver_sql(
        "INSERT INTO definition VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET bytes = coalesce(bytes, excluded.bytes)",
        (digest, data),
    )


def kept(conn: Connection) -> Mapping[str, bytes]:
    """Every definition kept with its bytes, by digest."""
    rows = conn.exec_driver_sql("SELECT digest, bytes FROM definition WHERE bytes IS NOT NULL")
    return {str(digest): bytes(data) for digest, data in rows}


def shipped_bytes(study: Study) -> bytes | None:
    """The canonical bytes of a study, where it is the one that comes with the program."""
    sources = read_sources(shipped())
    data = cache.take(sources_digest(sources)) or definition_bytes(sources)
    return data if hashlib.sha256(data).hexdigest() == study.digest else None


def amended(study: Study, replaces: str, *, back: bool = False) -> Entry:
    """The audit entry of an amendment coming into force, or of the former one coming back.

    Args:
        replaces: digest of the definition that was in force.
    """
    content: dict[str, JSON] = {
        "digest": study.digest,
        "study": study.oid,
        "version": study.version,
        "amends": True,
        "replaces": replaces,
    }
    if back:
        content["back"] = True
    return Entry(Kind.DEFINITION_INSTALLED, RecordClass.CODED, content)


def changes_force(record: Record) -> bool:
    """Whether a record puts an amendment in force, or the one before it back."""
    return record.kind is Kind.DEFINITION_INSTALLED and "replaces" in record.body


def note(conn: Connection, record: Record) -> None:
    """Remember what a record of the folder's own chain puts in force."""
    if changes_force(record):
        schema.put_setting(conn, IN_FORCE, f"{record.header.seq} {record.body['digest']}")


def digest_in_force(conn: Connection) -> str | None:
    """The digest of the amendment in force; None while none was ever installed."""
    noted = schema.setting(conn, IN_FORCE)
    return None if noted is None else noted.partition(" ")[2]


def told_by(conn: Connection, chain: str) -> str | None:
    """The same, read from the whole chain."""
    found = conn.exec_driver_sql(_TOLD, (chain, Kind.DEFINITION_INSTALLED)).scalar()
    return None if found is None else str(found)


def latest(conn: Connection, chain: str) -> Record | None:
    """The record that put the amendment in force; None while none was ever installed.

    Raises:
        FolderDamaged: the chain says otherwise.
    """
    noted = schema.setting(conn, IN_FORCE)
    if noted is None:
        return None
    seq, _, digest = noted.partition(" ")
    try:
        record = store.record(conn, chain, int(seq))
    except (LedgerError, ValueError):
        raise FolderDamaged("definition") from None
    if record.opening is None or not changes_force(record) or record.body["digest"] != digest:
        raise FolderDamaged("definition")
    return record


def begin(conn: Connection, digest: str, data: bytes) -> None:
    """Make a new folder work under a definition that is not the program's.

    Raises:
        ValueError: the bytes are not those of the digest.
    """
    keep(conn, digest, data)
    schema.put_setting(conn, BEGUN, digest)


def in_force(conn: Connection, chain: str, own: Study) -> Study:
    """The definition that a folder works under.

    Args:
        own: the program's; it holds until an amendment is installed, in every folder that was not
            made with a definition of its own.

    Raises:
        FolderDamaged: what is kept is not what the chain says.
        DefinitionError: the definition needs another version of the program.
    """
    base = _begun(conn, chain) or own
    record = latest(conn, chain)
    if record is None:
        return base
    study = _kept(conn, str(record.body["digest"]))
    if study.oid != base.oid:
        raise FolderDamaged("definition")
    return study


def _begun(conn: Connection, chain: str) -> Study | None:
    """The definition that the folder was made with, if it brought one; the chain names it too."""
    digest = schema.setting(conn, BEGUN)
    if digest is None:
        return None
    told = conn.exec_driver_sql(_FIRST, (chain, Kind.DEFINITION_INSTALLED)).scalar()
    if told != digest:
        raise FolderDamaged("definition")
    return _kept(conn, digest)


def _kept(conn: Connection, digest: str) -> Study:
    data = kept(conn).get(digest)
    if data is None or hashlib.sha256(data).hexdigest() != digest:
        raise FolderDamaged("definition")
    return study_from_bytes(data)
