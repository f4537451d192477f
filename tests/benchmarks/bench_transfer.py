"""Sealing a package, receiving it, verifying a ledger, writing tables."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Record
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.transfer import overview
from mrd_desktop.transfer.archive import Part, split
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.lines import header_line, opening_line
from mrd_desktop.transfer.publish import write_datasets
from mrd_desktop.transfer.receive import receive
from mrd_desktop.vault.database import Database
from tests.benchmarks.memory import memory, needed
from tests.benchmarks.ratio import Ratio
from tests.benchmarks.sites import (
    charted,
    form_key,
    item,
    least,
    milliseconds,
    multiply,
    scratch,
    seconds,
)
from tests.clinic import Clinic
from tests.transfer.parcel import packed
from tests.transfer.route import Store, acquaint, make_store

SUBJECTS = 60
TRACED = "01-0130"
FORMATS_HELD = {
    "sheet": 2,
    "audit": 12,
    "odm": 20,
    "odm2": 12,
    "json": 4,
    "ndjson": 4,
    "xpt": 6,
    "parquet": 3,
}
"""How many times as long as CSV each other format may take; ODM writes the history as well, and the
audit trail reads every record. For CSV alone what a row in hand derives is computed once for the
same contents."""


def run() -> list[Ratio]:
    """One site, one package, one store."""
    with scratch() as folder:
        clinic = charted(folder, 1)
        multiply(clinic, SUBJECTS)
        sponsor = make_store(folder / "store", clinic.study)
        acquaint(clinic, sponsor)
        twin = clinic.copy(folder / "twin")
        grown = needed(partial(_exporting, twin.path, folder / "other"))
        with clinic.open() as session:
            session.announce()
            exported = seconds(lambda: export(session, folder / "stick"))
            with session.reading() as conn:
                records = list(store.records(conn, session.folder.chain))
            walked = min(
                seconds(partial(_walk, _anew(records), session.folder.chain)) for _ in range(3)
            )
        sealed = least(lambda: packed(folder, _parts(records)))
        half = least(lambda: packed(folder, _parts(records[: len(records) // 2])))
        (package,) = (folder / "stick").glob("*.mrdpkg")
        twins = [_twin(sponsor, folder / f"store-{n}") for n in range(2)]
        received = min(_received(store, package) for store in twins)
        with sponsor.open() as session:
            received = min(received, seconds(lambda: receive(session, [package])))
            cell = item(clinic.study, form_key("VS", subject=TRACED), "WEIGHT")
            assert overview.trace(session, cell)
            traced = milliseconds(lambda: overview.trace(session, cell), 20)
            told = milliseconds(lambda: overview.status(session), 3)
            with session.reading() as conn:
                forms = int(conn.exec_driver_sql("SELECT count(*) FROM p_form").scalar() or 0)
                tables = least(
                    lambda: write_datasets(conn, clinic.study, folder / "tables", ["csv"])
                )
                write = partial(write_datasets, conn, clinic.study)
                formats = {
                    name: least(partial(write, folder / name, [name])) for name in FORMATS_HELD
                }
        inserted = min(
            seconds(partial(_insert, folder / f"bare-{n}.db", records)) for n in range(3)
        )
        n = len(records)
    return [
        Ratio("verifying a ledger", n / walked, 50_000, "records/s", "fixed", at_least=True),
        Ratio("sealing a package", n / sealed, 50_000, "records/s", "fixed", at_least=True),
        Ratio(
            "exporting: sealing, verification, replay, search for names",
            n / exported,
            n / (sealed + walked),
            "records/s",
            "sealing and verification alone",
            0.2,
            at_least=True,
        ),
        *memory("memory of exporting above idle", grown, 300, "fixed"),
        Ratio("time of sealing against half as many", sealed, 2 * half, "s", "linear", 1.25),
        Ratio(
            "receiving, verification and all",
            received,
            inserted,
            "s",
            f"inserting the same {n} records",
            3,
        ),
        Ratio("tracing a value", traced, 50, "ms", "fixed"),
        Ratio("status of the store", told, 2000, "ms", "fixed"),
        Ratio("CSV tables", forms / tables, 2_200, "forms/s", "132,000 in 60 s", at_least=True),
        *(
            Ratio(f"datasets as {name}", taken, tables, "s", "the same as CSV", FORMATS_HELD[name])
            for name, taken in formats.items()
        ),
    ]


def _twin(store: Store, to: Path) -> Store:
    shutil.copytree(store.path, to)
    return Store(to, store.study)


def _received(store: Store, package: Path) -> float:
    with store.open() as session:
        return seconds(lambda: receive(session, [package]))


def _walk(records: list[Record], chain: str) -> object:
    return verify_records(iter(records), chain, private=False, complete=False)


def _anew(records: list[Record]) -> list[Record]:
    """The same bytes: a record keeps what was read of it."""
    return [Record(r.header_bytes, r.signature, r.opening) for r in records]


def _parts(records: list[Record]) -> Iterator[Part]:
    """The lines of records in pieces, as an export hands them on."""
    openings = (opening_line(r.header.seq, r.opening) for r in records if r.opening)
    yield from split("headers", map(header_line, records))
    yield from split("openings", openings)


@contextmanager
def _exporting(site: Path, medium: Path) -> Iterator[Callable[[], object]]:
    """A site where somebody has signed in, and the export of all it holds."""
    with Clinic(site, load_study()).open() as session:
        session.announce()
        yield partial(export, session, medium)


def _insert(path: Path, records: list[Record]) -> None:
    """The same records, contents and table rows into an encrypted file, and nothing else."""
    database = Database(path, secrets.token_bytes(32), create=True)
    try:
        with database.writing() as conn:
            _tables(conn)
            headers = [(1, r.header.seq, r.header_bytes, r.signature) for r in records]
            conn.exec_driver_sql("INSERT INTO header VALUES (?, ?, ?, ?)", headers)
            openings = [
                (1, r.header.seq, r.opening.salt, r.opening.payload) for r in records if r.opening
            ]
            conn.exec_driver_sql("INSERT INTO opening VALUES (?, ?, ?, ?)", openings)
            projection.take_in(conn, records)
    finally:
        database.close()


def _tables(conn: Connection) -> None:
    for name in ("header", "opening"):
        conn.exec_driver_sql(
            f"CREATE TABLE {name} (chain INTEGER, seq INTEGER, a BLOB, b BLOB,"
            " PRIMARY KEY (chain, seq)) WITHOUT ROWID"
        )
