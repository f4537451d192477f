"""Definitions kept whole inside the database, so that forms show as they were when saved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import Connection

from mrd_desktop.study import cache
from mrd_desktop.study.load import definition_bytes, read_sources, shipped, sources_digest
from mrd_desktop.study.model import Study


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
