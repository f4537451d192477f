"""Datasets of a store as files in a folder, with a list of what was written.

The same ledger gives the same bytes: nothing in a file depends on when or where it was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language
from mrd_desktop.transfer.datasets import Source, Written
from mrd_desktop.transfer.errors import UnknownDataset, WriteFailed
from mrd_desktop.transfer.odm import snapshot
from mrd_desktop.transfer.odm_history import history

CSV: Final = "csv"
ODM: Final = "odm"
FORMATS: Final = (CSV, ODM)
LISTING: Final = "datasets.json"
_FORMAT: Final = "mrd-datasets/1"
_BEFORE_ALL: Final = "2000-01-01T00:00:00.000Z"


def write_datasets(
    conn: Connection,
    study: Study,
    to: Path,
    formats: Collection[str] = FORMATS,
    language: Language = Language.EN,
) -> tuple[Written, ...]:
    """Write tables of everything a store holds.

    Args:
        conn: a reading connection of the store.
        to: made where it is missing; files of the same name are replaced.
        formats: of :data:`FORMATS`.
        language: of decoded codes.

    Returns:
        The files, as ``datasets.json`` lists them with heads, definition and digests.

    Raises:
        UnknownDataset: a format that does not exist.
        WriteFailed: the medium.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UnknownDataset(", ".join(unknown), formats=", ".join(FORMATS))
    heads = [store.head(conn, chain) for chain in store.chains(conn)]
    at = max((head.at for head in heads), default=_BEFORE_ALL)
    source = Source(conn, study, language, date.fromisoformat(at[:10]))
    written: list[Written] = []
    derived: dict[str, JSON] = {}
    try:
        to.mkdir(parents=True, exist_ok=True)
        if CSV in formats:
            for table in source.tables():
                name = f"csv/{table.name}.csv"
                size, digest = _file(to / name, table.lines())
                written.append(Written(name, table.rows, size, digest))
                if table.derived:
                    derived[table.name] = table.derived
        if ODM in formats:
            for name, pieces in (("snapshot", snapshot), ("transactional", history)):
                size, digest = _file(to / f"odm/{name}.xml", pieces(source, at))
                written.append(Written(f"odm/{name}.xml", 0, size, digest))
        listing: JSON = {
            "format": _FORMAT,
            "program": __version__,
            "study": study.oid,
            "definition": study.digest,
            "version": study.version,
            "language": language.value,
            "heads": [
                {"chain": h.chain, "digest": h.digest.hex(), "seq": h.seq}
                for h in sorted(heads, key=lambda h: h.chain)
            ],
            "derived": derived,
            "files": [file.json() for file in written],
        }
        _file(to / LISTING, [dumps(listing) + b"\n"])
    except OSError as trouble:
        raise WriteFailed(trouble.strerror or type(trouble).__name__) from trouble
    return tuple(written)


def _file(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Write a file under another name first, so that a name never stands for half a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    digest, size = hashlib.sha256(), 0
    try:
        with partial.open("wb") as file:
            for chunk in _filled(chunks):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return size, digest.hexdigest()


def _filled(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return (chunk for chunk in chunks if chunk)
