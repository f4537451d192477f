"""The tables refuse every way of changing or deleting a row, on both drivers (R-AUD-03)."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.store import schema_faults, schema_objects
from tests.ledger.kit import DRIVERS, Site, database, item, name, redaction

COLUMNS = {
    "ledger_chain": ("no", "chain"),
    "ledger_header": ("chain_no", "seq", "header", "signature"),
    "ledger_opening": ("chain_no", "seq", "salt", "payload"),
    "ledger_private": ("chain_no", "seq", "owner", "sealed"),
    "ledger_redactable": ("chain_no", "seq", "by_seq"),
}
KEYS = {table: ("no",) if table == "ledger_chain" else ("chain_no", "seq") for table in COLUMNS}
KEYS["ledger_redactable"] = COLUMNS["ledger_redactable"]


@pytest.fixture(
    params=[(d, r) for d in DRIVERS for r in (False, True)],
    ids=lambda p: f"{p[0].__name__}-recursive{p[1]}",
)
def conn(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A ledger with a row in every table."""
    driver: ModuleType
    driver, recursive = request.param
    with database(driver, recursive=recursive) as conn:
        site = Site(conn)
        site.write(item(), name(), item())
        site.write(redaction(4))
        yield conn


def content(conn: Connection) -> list[list[tuple[object, ...]]]:
    return [
        [tuple(row) for row in conn.exec_driver_sql(f"SELECT * FROM {table}")] for table in COLUMNS
    ]


def attempts(table: str) -> list[str]:
    names = COLUMNS[table]
    same = ", ".join(names)
    key = ", ".join(KEYS[table])
    sets = ", ".join(f"{name} = excluded.{name}" for name in names)
    last = names[-1]
    rows = f"SELECT {same} FROM {table} WHERE true"
    return [
        f"UPDATE {table} SET {last} = {last}",
        f"UPDATE OR REPLACE {table} SET {last} = {last}",
        f"UPDATE {table} SET {names[0]} = {names[0]} + 1",
        f"DELETE FROM {table}",
        f"INSERT INTO {table} {rows}",
        f"INSERT OR REPLACE INTO {table} {rows}",
        f"INSERT OR IGNORE INTO {table} {rows}",
        f"REPLACE INTO {table} {rows}",
        f"INSERT INTO {table} {rows} ON CONFLICT ({key}) DO UPDATE SET {sets}",
        f"INSERT INTO {table} {rows} ON CONFLICT ({key}) DO NOTHING",
        f"INSERT INTO {table} {rows} ON CONFLICT DO UPDATE SET {last} = {last}",
    ]


@pytest.mark.parametrize("table", COLUMNS)
def test_no_row_is_changed_or_deleted(conn: Connection, table: str) -> None:
    before = content(conn)
    assert all(before), "every table holds a row, else nothing is shown"
    for sql in attempts(table):
        with pytest.raises(IntegrityError, match="insert-only"):
            conn.exec_driver_sql(sql)
    assert content(conn) == before


@pytest.mark.parametrize("table", COLUMNS)
def test_without_its_guards_a_table_gives_way(conn: Connection, table: str) -> None:
    """The tests above can fail: each act succeeds once its trigger is gone."""
    for act in ("insert", "update", "delete"):
        conn.exec_driver_sql(f"DROP TRIGGER {table}_{act}")
    before = content(conn)
    conn.exec_driver_sql(attempts(table)[5])
    conn.exec_driver_sql(f"DELETE FROM {table}")
    assert content(conn) != before


@pytest.mark.parametrize("seq", [0, 1, 6, 9, None])
def test_only_the_next_header_goes_in(conn: Connection, seq: int | None) -> None:
    for act in ("INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"):
        with pytest.raises(IntegrityError):
            conn.exec_driver_sql(f"{act} INTO ledger_header VALUES (1, ?, x'00', NULL)", (seq,))


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO ledger_header VALUES (2, 1, x'00', NULL)",
        "INSERT INTO ledger_opening VALUES (1, 99, x'00', x'00')",
        "INSERT INTO ledger_private VALUES (1, 99, 'o', x'00')",
        "INSERT INTO ledger_redactable VALUES (1, 6, 7)",
        "INSERT INTO ledger_redactable VALUES (1, 6, 1)",
    ],
    ids=["chain", "opening", "private", "not named", "no redaction"],
)
def test_rows_that_hang_on_nothing_are_refused(conn: Connection, sql: str) -> None:
    with pytest.raises(IntegrityError):
        conn.exec_driver_sql(sql)


def test_a_redaction_is_not_turned_into_something_that_was_only_withheld() -> None:
    with database(recursive=False) as conn:
        site = Site(conn)
        site.write(item())
        site.write(redaction(4))
        site.write(redaction(4, kind=Kind.SUBJECT_WITHHELD))
        conn.exec_driver_sql("INSERT OR REPLACE INTO ledger_redactable VALUES (1, 4, 6)")
        rows = conn.exec_driver_sql("SELECT seq, by_seq FROM ledger_redactable").all()
        assert [tuple(row) for row in rows] == [(4, 5), (4, 6)]
        with pytest.raises(IntegrityError):
            conn.exec_driver_sql("INSERT INTO ledger_opening VALUES (1, 4, x'00', x'00')")


def test_what_was_erased_never_comes_back(conn: Connection) -> None:
    with pytest.raises(IntegrityError):
        conn.exec_driver_sql("INSERT INTO ledger_opening VALUES (1, 4, x'00', x'00')")
    with pytest.raises(IntegrityError):
        conn.exec_driver_sql("INSERT INTO ledger_private VALUES (1, 4, 'o', x'00')")


def test_the_schema_is_as_it_should_be(conn: Connection) -> None:
    assert schema_faults(conn) == ()


def test_each_missing_object_is_named(conn: Connection) -> None:
    triggers = [n for n, sql in schema_objects(conn).items() if "TRIGGER" in sql]
    assert len(triggers) == 15
    for trigger in triggers:
        conn.exec_driver_sql("SAVEPOINT s")
        conn.exec_driver_sql(f"DROP TRIGGER {trigger}")
        assert schema_faults(conn) == (f"missing: {trigger}",)
        conn.exec_driver_sql("ROLLBACK TO s")


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("CREATE TRIGGER harmless AFTER INSERT ON ledger_header BEGIN SELECT 1; END",
         "extra: harmless"),
        ("CREATE TEMP TRIGGER t AFTER INSERT ON ledger_opening BEGIN SELECT 1; END",
         "extra: temp.t"),
        ("CREATE VIEW ledger_view AS SELECT 1", "extra: ledger_view"),
        ("CREATE TEMP VIEW ledger_header AS SELECT 1", "extra: temp.ledger_header"),
        ("CREATE INDEX hidden ON ledger_opening (payload)", "extra: hidden"),
        ("CREATE TABLE ledger_more (x)", "extra: ledger_more"),
        ("ALTER TABLE ledger_header ADD COLUMN x TEXT", "altered: ledger_header"),
    ],
)  # fmt: skip
def test_extra_and_altered_objects_are_named(conn: Connection, sql: str, fault: str) -> None:
    conn.exec_driver_sql(sql)
    assert schema_faults(conn) == (fault,)


def test_a_weakened_trigger_is_named(conn: Connection) -> None:
    conn.exec_driver_sql("DROP TRIGGER ledger_header_update")
    conn.exec_driver_sql(
        "CREATE TRIGGER ledger_header_update BEFORE UPDATE ON ledger_header"
        " WHEN 0 BEGIN SELECT RAISE(ABORT, 'ledger_header is insert-only'); END"
    )
    assert schema_faults(conn) == ("altered: ledger_header_update",)
