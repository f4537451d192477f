"""What protection costs: unlock, lock, save and verify, each beside the same act without it.

The act without it is what a program would do that had the encrypted database alone, its key in
hand: open it, close it, insert the same rows, read the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.vault import crypto
from mrd_desktop.vault.database import Database, _raw
from mrd_desktop.vault.session import Session
from tests.benchmarks.bench_entry import Typist, _bare_commit
from tests.benchmarks.ratio import Ratio
from tests.benchmarks.sites import grown, in_turn, scratch
from tests.clinic import Clinic, password_of

SUBJECTS = 200
ROUNDS = 7
_TABLES = ("ledger_header", "ledger_opening", "ledger_private")


def run() -> list[Ratio]:
    """Measure on a site of some 15,000 records, everything in turn."""
    with scratch() as folder:
        clinic = grown(folder, SUBJECTS)
        return [*_doors(clinic), *_saving(clinic, folder), *_verifying(clinic)]


def _doors(clinic: Clinic) -> list[Ratio]:
    """From a password to an open session, and back."""
    with clinic.open() as session:
        key, _ = session.with_keys()
        data = session.folder.data
    opened: list[Session] = []
    raw: list[Any] = []

    def put_away() -> None:
        for one in (*opened, *raw):
            one.close()
        opened.clear()
        raw.clear()

    known = cache(crypto.derive)

    def known_password() -> None:
        put_away()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(crypto, "derive", known)
            opened.append(clinic.open())

    known_password()
    sign_in, apart, bare_open = in_turn(
        ROUNDS,
        lambda: opened.append(clinic.open()),
        known_password,
        lambda: raw.append(_raw(data, key)),
        before=put_away,
    )
    put_away()
    with clinic.open() as session:

        def shut() -> None:
            raw[-1].close()

        def at_work() -> None:
            with suppress(IndexError):
                raw.pop()
            if session.locked:
                session.unlock("crc", password_of("crc"))
            session.announce()
            raw.append(_raw(data, key))

        lock, bare_close, one_row, unlock, once = in_turn(
            ROUNDS,
            session.lock,
            shut,
            _one_row(Database(data.parent / "other.db", key, create=True)),
            lambda: session.unlock("crc", password_of("crc")),
            lambda: crypto.derive("synthetic", bytes(16), crypto.FLOOR),
            before=at_work,
        )
    return [
        _shown("unlock: name and password to a session", sign_in, bare_open, "bare open"),
        _shown("unlock, Argon2id apart", apart, bare_open, "bare open"),
        _shown("unlock after a lock", unlock, once, "Argon2id"),
        _shown("lock, with its record", lock, bare_close, "bare close"),
        _shown("lock, its record alone", lock, one_row, "bare commit of a row"),
    ]


def _saving(clinic: Clinic, folder: Path) -> list[Ratio]:
    """Save of twenty items: whole, without the signature under it, and the rows alone."""
    other = clinic.copy(folder / "unsigned")
    with clinic.open() as session, other.open() as apart:
        whole, unsigned = Typist(session), Typist(apart)
        _sign_nothing(apart)
        save, without, bare = in_turn(
            3 * ROUNDS,
            whole.save,
            unsigned.save,
            _bare_commit(folder / "bare.db"),
            before=lambda: (whole.prepare(), unsigned.prepare()),
        )
    return [
        _shown("save of 20 items, durable", save, bare, "insert of the same rows"),
        _shown("save of 20 items, its signature", save, without, "save with no signature under it"),
    ]


def _verifying(clinic: Clinic) -> list[Ratio]:
    """The whole verification and the walk along the chain, beside reading the same rows."""
    with clinic.open() as session:
        chain = session.folder.chain

        def walk() -> None:
            with session.reading() as conn:
                assert verify_records(store.records(conn, chain), chain, private=False).ok

        def read() -> None:
            with session.reading() as conn:
                for name in _TABLES:
                    for _ in conn.exec_driver_sql(f"SELECT * FROM {name}"):
                        pass

        verify, chained, bare = in_turn(3, lambda: verify_folder(session), walk, read)
        with session.reading() as conn:
            records = conn.exec_driver_sql("SELECT count(*) FROM ledger_header").scalar_one()
    return [
        _shown(f"verify, every check, {records:,} records", verify, bare, "reading the rows"),
        _shown(f"verify, the chain alone, {records:,} records", chained, bare, "reading the rows"),
    ]


def _sign_nothing(session: Session) -> None:
    """From now on 64 zero bytes stand where the session's signature would."""
    signer: Any = session._signer
    signer.sign = lambda _message: bytes(64)


def _one_row(database: Database) -> Callable[[], None]:
    with database.writing() as conn:
        conn.exec_driver_sql("CREATE TABLE closed (why BLOB)")

    def commit() -> None:
        with database.writing() as conn:
            conn.exec_driver_sql("INSERT INTO closed VALUES (?)", (b"lock" * 80,))

    return commit


def _shown(name: str, measured: float, against: float, yardstick: str) -> Ratio:
    return Ratio(name, measured, against, "ms", yardstick, shown=True)
