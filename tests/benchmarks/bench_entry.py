"""Saving, opening, checking, and the way from the password to the worklist."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.saving import Intent, save_form
from mrd_desktop.study import checks
from mrd_desktop.vault import crypto
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.session import Session
from tests.benchmarks.ratio import Ratio
from tests.benchmarks.sites import (
    form_key,
    grown,
    in_turn,
    item,
    milliseconds,
    scratch,
)

LAB = form_key("LAB")
TWENTY = tuple(
    f"{test}{part}"
    for test in ("WBC", "NEUT", "LYM", "HGB", "PLAT", "ALT", "AST")
    for part in ("VAL", "LLN", "ULN")
)[:20]
FEW, MANY = 50, 5_000
TYPO = ChangeReason("TYPO")


def run() -> list[Ratio]:
    """Measure at a few subjects and at many, in turn."""
    with scratch() as folder:
        small, large = grown(folder, FEW), grown(folder, MANY)
        with small.open() as few, large.open() as many:
            one, other = Typist(few), Typist(many)
            save, save_many, bare = in_turn(
                21,
                one.save,
                other.save,
                _bare_commit(folder / "bare.db"),
                before=lambda: (one.prepare(), other.prepare()),
            )
            opening, opening_many = in_turn(9, lambda: _opened(few), lambda: _opened(many))
            check = _checking(few)
        listed, argon = in_turn(
            3,
            lambda: _listed(large.open()),
            lambda: crypto.derive("synthetic", bytes(16), crypto.FLOOR),
        )
    more, few_more = f"{MANY:,} subjects", f"with {FEW}"
    return [
        Ratio("save of 20 items, durable", save, bare, "ms", "bare commit", 2, 3),
        Ratio(f"the same with {more}", save_many, save, "ms", few_more, 1.1, 2),
        Ratio("opening LAB", opening, 150, "ms", "fixed"),
        Ratio(f"the same with {more}", opening_many, opening, "ms", few_more, 1.1, 2),
        Ratio("checks after a key in LAB", check, 1, "ms", "fixed"),
        Ratio(f"password to the list of {more}", listed, argon, "ms", "Argon2id", 1, 1000),
    ]


def _listed(session: Session) -> None:
    with session:
        Casebook(session).subjects()


class Typist:
    """Changes twenty values; only the transaction of Save is measured."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._numbers = count(1)
        entry = Casebook(session).open(LAB)
        self._type(entry)
        entry.save(complete=False, reason=TYPO)
        self.prepare()

    def save(self) -> None:
        """Save what was typed before."""
        save_form(self._session, self._intent)

    def prepare(self) -> None:
        """Type what the next save writes."""
        entry = Casebook(self._session).open(LAB)
        self._type(entry)
        self._intent: Intent = entry.intent(complete=False, reason=TYPO)

    def _type(self, entry: FormEntry) -> None:
        n = next(self._numbers)
        for name in TWENTY:
            entry.type(item(entry.study, LAB, name), str(100 + n % 800))


def _opened(session: Session) -> None:
    Casebook(session).open(LAB).groups()


def _checking(session: Session) -> float:
    """What runs between a key and the next picture: the checks that read one item."""
    entry = Casebook(session).open(LAB)
    scene = Casebook(session).chart(LAB.subject).scene
    again = checks.dependants(session.study, {f"LAB.{TWENTY[0]}"})
    assert entry.key in scene.data.by_key
    return milliseconds(lambda: checks.findings(scene, forms={LAB}, checks=again), 51)


def _bare_commit(path: Path) -> Callable[[], None]:
    """The same rows without ledger, checks and projection: the cost of the medium."""
    database = Database(path, secrets.token_bytes(32), create=True)
    rows: Sequence[str] = ("header", "opening", "item")
    with database.writing() as conn:
        for name in rows:
            conn.exec_driver_sql(
                f"CREATE TABLE {name} (n INTEGER, seq INTEGER, a BLOB, b BLOB,"
                " PRIMARY KEY (n, seq)) WITHOUT ROWID"
            )
    numbers = count(1)

    def commit() -> None:
        first = next(numbers) * 100
        with database.writing() as conn:
            for name in rows:
                data = [(1, first + n, secrets.token_bytes(320), b"x" * 64) for n in range(21)]
                conn.exec_driver_sql(f"INSERT INTO {name} VALUES (?, ?, ?, ?)", data)

    commit()
    return commit
