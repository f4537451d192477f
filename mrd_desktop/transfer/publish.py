"""Datasets of a store as files in a folder, with a list of what was written.

The same ledger gives the same bytes: nothing in a file depends on when or where it was written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import Head, after, genesis
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.portable import require_portable
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language
from mrd_desktop.transfer import dictionary, listings, odm2, parquet, xpt
from mrd_desktop.transfer.dataset_json import DEFINE, Dataset, as_json, as_lines, tabulate
from mrd_desktop.transfer.datasets import Source, Written, lines
from mrd_desktop.transfer.define import Described, define
from mrd_desktop.transfer.errors import UnknownDataset, write_failed
from mrd_desktop.transfer.odm import snapshot
from mrd_desktop.transfer.odm_history import history
from mrd_desktop.vault import presence
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session

CSV: Final = "csv"
SHEET: Final = "sheet"
AUDIT: Final = "audit"
ODM: Final = "odm"
ODM2: Final = "odm2"
JSON_: Final = "json"
NDJSON: Final = "ndjson"
XPT: Final = "xpt"
PARQUET: Final = "parquet"
FORMATS: Final = (CSV, SHEET, AUDIT, ODM, ODM2, JSON_, NDJSON, XPT, PARQUET)
USUAL: Final = (CSV, AUDIT, ODM)
LISTING: Final = "datasets.json"
_TABULATED: Final = (JSON_, NDJSON, XPT)
_FORMAT: Final = "mrd-datasets/1"
_NO_DATA: Final = (
    Kind.SESSION_OPENED,
    Kind.SESSION_CLOSED,
    Kind.SIGNIN_FAILED,
    Kind.DATASET_EXPORTED,
)
_BEFORE_ALL: Final = "2000-01-01T00:00:00.000Z"


def publish(
    session: Session,
    to: Path,
    formats: Collection[str] = USUAL,
    language: Language = Language.EN,
) -> tuple[Written, ...]:
    """Write tables of everything a folder holds, and record who took what, and whereto.

    Arguments and errors as :func:`write_datasets`.

    Raises:
        PermissionDenied: the role may not export.
        StorageError: it could not be recorded; the listing that makes the tables whole is not left.
    """
    session.require("export")
    with session.reading() as conn:
        own = session.folder.chain
        written = write_datasets(conn, session.study, to, formats, language, own)
    listing = to / LISTING
    try:
        data = listing.read_bytes()
        told: Mapping[str, JSON] = json.loads(data)
        content: dict[str, JSON] = {
            "formats": [name for name in FORMATS if name in formats],
            "to": str(to.absolute()) if session.folder.kind is FolderKind.STORE else to.name,
            "files": len(written),
            "rows": sum(file.rows for file in written),
            "listing": hashlib.sha256(data).hexdigest(),
            **{name: told[name] for name in ("definition", "heads", "language")},
        }
        session.commit([Entry(Kind.DATASET_EXPORTED, RecordClass.CODED, content)])
    except BaseException:
        listing.unlink(missing_ok=True)
        raise
    return written


def _standing(conn: Connection, chain: str) -> Head:
    """The last record of a chain that is more than a sign-in or an export."""
    for seq in range(store.head(conn, chain).seq, 0, -1):
        record = store.record(conn, chain, seq)
        known = record.opening is not None
        if not known or not (record.kind in _NO_DATA or presence.is_presence(record)):
            return after(record)
    return genesis(chain)


def write_datasets(
    conn: Connection,
    study: Study,
    to: Path,
    formats: Collection[str] = USUAL,
    language: Language = Language.EN,
    own: str | None = None,
) -> tuple[Written, ...]:
    """Write tables of everything a store holds.

    Args:
        conn: a reading connection of the store.
        to: made where it is missing; files of the same name are replaced.
        formats: of :data:`FORMATS`.
        language: of decoded codes and labels.
        own: the store's own chain; that somebody signed in or exported changes no data.

    Returns:
        The files, as ``datasets.json`` lists them with heads, definition and digests.

    Raises:
        UnknownDataset: a format that does not exist.
        NameUnfit: the folder is to be made, and none may be called so.
        WriteFailed: the medium.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UnknownDataset(", ".join(unknown), formats=", ".join(FORMATS))
    heads = [
        _standing(conn, chain) if chain == own else store.head(conn, chain)
        for chain in store.chains(conn)
    ]
    at = max((head.at for head in heads), default=_BEFORE_ALL)
    source = Source.of(conn, study, language, date.fromisoformat(at[:10]))
    folder = _Folder(to)
    if not to.exists():
        require_portable(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name in FORMATS:
            if name in formats and name in _WRITERS:
                _WRITERS[name](folder, source, at)
        if {SHEET, AUDIT} <= set(formats):
            _listed(folder, SHEET, source, listings.AUDIT)
        if set(formats) & set(_TABULATED):
            _tabulated(folder, source, at, [f for f in _TABULATED if f in formats])
        listing: JSON = {
            "format": _FORMAT,
            "program": __version__,
            "study": study.oid,
            "definition": study.digest,
            "version": study.version,
            "former": [
                {"definition": digest, "version": s.version} for digest, s in source.former.items()
            ],
            "language": language.value,
            "heads": [
                {"chain": h.chain, "digest": h.digest.hex(), "seq": h.seq}
                for h in sorted(heads, key=lambda h: h.chain)
            ],
            "derived": {t.name: t.derived for t in source.tables() if t.derived},
            "files": [file.json() for file in folder.written],
        }
        _file(to / LISTING, [dumps(listing) + b"\n"])
    except OSError as trouble:
        raise write_failed(trouble) from trouble
    return tuple(folder.written)


@dataclass(frozen=True)
class _Folder:
    """Where the files go, and which are there by now."""

    path: Path
    written: list[Written] = field(default_factory=list)

    def put(self, name: str, pieces: Iterable[bytes], rows: Callable[[], int] = int) -> None:
        """Write a file; ``rows`` is asked when it is whole."""
        size, digest = _file(self.path / name, pieces)
        self.written.append(Written(name, rows(), size, digest))


def _csv(folder: _Folder, source: Source, at: str) -> None:
    for table in source.tables():
        folder.put(f"csv/{table.name}.csv", table.lines(), lambda t=table: t.rows)  # type: ignore[misc]
    for listing in (listings.VISITS, listings.QUERIES):
        _listed(folder, CSV, source, listing)
    _dictionary(folder, source, at)


def _audit(folder: _Folder, source: Source, at: str) -> None:
    _listed(folder, CSV, source, listings.AUDIT)
    _dictionary(folder, source, at)


def _listed(folder: _Folder, kind: str, source: Source, listing: listings.Listing) -> None:
    rows = _Counted(listing.rows(source))
    write = dictionary.sheet if kind == SHEET else lines
    name = f"{kind}/{listings.FOLDER}/{listing.name}.csv"
    folder.put(name, write(listing.heading, rows), lambda: rows.count)


class _Counted:
    """Rows that are counted while they go by."""

    def __init__(self, rows: Iterable[Sequence[str]]) -> None:
        self._rows: Final = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[str]]:
        for row in self._rows:
            self.count += 1
            yield row


def _sheet(folder: _Folder, source: Source, at: str) -> None:
    for table in source.tables():
        pieces = dictionary.sheet(table.columns, table.cells())
        folder.put(f"sheet/{table.name}.csv", pieces, lambda t=table: t.rows)  # type: ignore[misc]
    for listing in (listings.VISITS, listings.QUERIES):
        _listed(folder, SHEET, source, listing)


def _odm(folder: _Folder, source: Source, at: str) -> None:
    folder.put("odm/snapshot.xml", snapshot(source, at))
    folder.put("odm/transactional.xml", history(source, at, folder.path))


def _odm2(folder: _Folder, source: Source, at: str) -> None:
    folder.put("odm2/snapshot.xml", odm2.snapshot(source, at, folder.path))


def _parquet(folder: _Folder, source: Source, at: str) -> None:
    for name, data, rows in parquet.files(source):
        folder.put(f"parquet/{name}", [data], lambda n=rows: n)  # type: ignore[misc]
    _sweep(folder)
    _dictionary(folder, source, at)


def _sweep(folder: _Folder) -> None:
    """Take away partitions of an earlier run that this one did not write: readers take them all."""
    kept = {folder.path / file.name for file in folder.written}
    for old in (folder.path / "parquet").glob(parquet.PATTERN):
        if old not in kept:
            old.unlink()


def _dictionary(folder: _Folder, source: Source, at: str) -> None:
    if any(file.name.startswith("dictionary/") for file in folder.written):
        return
    folder.put("dictionary/columns.csv", lines(dictionary.COLUMNS, dictionary.columns(source)))
    folder.put("dictionary/codes.csv", lines(dictionary.CODES, dictionary.codes(source.study)))
    if source.former:
        told = lines(dictionary.VERSIONS, dictionary.versions(source))
        folder.put("dictionary/versions.csv", told)
        folder.put("dictionary/forms.csv", lines(dictionary.FORMS, dictionary.forms(source)))


_WRITERS: Final[Mapping[str, Callable[[_Folder, Source, str], None]]] = {
    CSV: _csv,
    SHEET: _sheet,
    AUDIT: _audit,
    ODM: _odm,
    ODM2: _odm2,
    PARQUET: _parquet,
}


def _tabulated(folder: _Folder, source: Source, at: str, formats: Collection[str]) -> None:
    """The SDTM-like domains: made once, written in each format, described in each folder."""
    described: list[Described] = []
    report = xpt.Report()
    for dataset in tabulate(source, folder.path):
        rows = dataset.spool.rows
        for name in formats:
            pieces = _as(name, dataset, source, at, report)
            folder.put(f"{name}/{_named(name, dataset.name)}", pieces, lambda n=rows: n)  # type: ignore[misc]
        described.append(
            Described(
                dataset.name, dataset.domain, dataset.columns, tuple(dataset.spool.lengths), rows
            )
        )
    for name in formats:
        files = {d.name: _named(name, d.name) for d in described}
        folder.put(f"{name}/{DEFINE}", [define(source.study, described, files, at)])
    if XPT in formats:
        told = lines(xpt.REPORT_COLUMNS, report.rows)
        folder.put("xpt/report.csv", told, lambda: len(report.rows))


def _as(
    name: str, dataset: Dataset, source: Source, at: str, report: xpt.Report
) -> Iterator[bytes]:
    if name == JSON_:
        return as_json(dataset, source, at)
    if name == NDJSON:
        return as_lines(dataset, source, at)
    spool = dataset.spool
    return xpt.transport(
        dataset.name, dataset.text.en, dataset.columns, spool.lengths, spool.values(), at, report
    )


def _named(name: str, dataset: str) -> str:
    return f"{dataset.lower()}.xpt" if name == XPT else f"{dataset}.{name}"


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
