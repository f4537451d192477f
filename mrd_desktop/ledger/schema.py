"""Tables of the ledger and the guards that keep them insert-only.

The guards stop accidents and faulty code, not a person who holds the data key; chain and
signatures are the evidence. What they say:

* headers: no update, no delete, and only the next number of a chain goes in, so that a REPLACE
  finds nothing to replace whatever ``recursive_triggers`` says;
* openings: no update, no second opening; deleted only where ``ledger_redactable`` names them, and
  filled again only where they were no more than withheld;
* ``ledger_redactable`` takes only numbers that a record held here names for erasure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

_TABLES: Final[Mapping[str, str]] = {
    "ledger_chain": """CREATE TABLE ledger_chain (
  no INTEGER PRIMARY KEY,
  chain TEXT NOT NULL UNIQUE
) STRICT""",
    "ledger_header": """CREATE TABLE ledger_header (
  chain_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  header BLOB NOT NULL,
  signature BLOB,
  PRIMARY KEY (chain_no, seq)
) STRICT, WITHOUT ROWID""",
    "ledger_opening": """CREATE TABLE ledger_opening (
  chain_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  salt BLOB NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY (chain_no, seq)
) STRICT, WITHOUT ROWID""",
    "ledger_private": """CREATE TABLE ledger_private (
  chain_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  owner TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (chain_no, seq)
) STRICT, WITHOUT ROWID""",
    "ledger_redactable": """CREATE TABLE ledger_redactable (
  chain_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  by_seq INTEGER NOT NULL,
  PRIMARY KEY (chain_no, seq, by_seq)
) STRICT, WITHOUT ROWID""",
}

_NEXT = "SELECT coalesce(max(seq), 0) + 1 FROM ledger_header WHERE chain_no = NEW.chain_no"
_HELD = "SELECT 1 FROM {table} WHERE chain_no = NEW.chain_no AND seq = NEW.seq"
_ERASED = "SELECT 1 FROM ledger_redactable WHERE chain_no = {row}.chain_no AND seq = {row}.seq"
# What was withheld may be released again; what was redacted or destroyed never comes back.
_FINAL = (
    "SELECT 1 FROM ledger_redactable d"
    " JOIN ledger_opening o ON o.chain_no = d.chain_no AND o.seq = d.by_seq"
    " WHERE d.chain_no = {row}.chain_no AND d.seq = {row}.seq"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind') <> 'subject.withheld'"
)
_NAMED = (
    "SELECT 1 FROM ledger_opening o, json_each(CAST(o.payload AS TEXT), '$.seqs') named"
    " WHERE o.chain_no = NEW.chain_no AND o.seq = NEW.by_seq AND named.value = NEW.seq"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind')"
    " IN ('redaction.done', 'subject.withheld', 'link.destroyed')"
)
_CHAIN_HELD = "SELECT 1 FROM ledger_chain WHERE no = NEW.chain_no"


def _guard(table: str, act: str, when: str = "") -> str:
    condition = f"\nWHEN {when}" if when else ""
    return (
        f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table}{condition}\n"
        f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
    )


def _opening_guards(table: str) -> tuple[str, ...]:
    return (
        _guard(table, "UPDATE"),
        _guard(table, "DELETE", f"NOT EXISTS ({_ERASED.format(row='OLD')})"),
        _guard(
            table,
            "INSERT",
            f"EXISTS ({_HELD.format(table=table)})"
            f" OR EXISTS ({_FINAL.format(row='NEW')})"
            f" OR NOT EXISTS ({_HELD.format(table='ledger_header')})",
        ),
    )


_TRIGGERS: Final[tuple[str, ...]] = (
    _guard("ledger_chain", "UPDATE"),
    _guard("ledger_chain", "DELETE"),
    _guard(
        "ledger_chain",
        "INSERT",
        "EXISTS (SELECT 1 FROM ledger_chain WHERE no = NEW.no OR chain = NEW.chain)",
    ),
    _guard("ledger_header", "UPDATE"),
    _guard("ledger_header", "DELETE"),
    _guard(
        "ledger_header",
        "INSERT",
        f"NEW.seq IS NOT ({_NEXT}) OR NOT EXISTS ({_CHAIN_HELD})",
    ),
    *_opening_guards("ledger_opening"),
    *_opening_guards("ledger_private"),
    _guard("ledger_redactable", "UPDATE"),
    _guard("ledger_redactable", "DELETE"),
    _guard(
        "ledger_redactable",
        "INSERT",
        f"EXISTS ({_HELD.format(table='ledger_redactable')} AND by_seq = NEW.by_seq)"
        f" OR NOT EXISTS ({_NAMED})",
    ),
)

_INDEX: Final = "CREATE INDEX ledger_private_owner ON ledger_private (owner, chain_no, seq)"

EXPECTED: Final[Mapping[str, str]] = {
    **_TABLES,
    "ledger_private_owner": _INDEX,
    **{sql.split()[2]: sql for sql in _TRIGGERS},
}


def create(conn: Connection) -> None:
    """Makes the tables and guards in an empty database."""
    for sql in EXPECTED.values():
        conn.exec_driver_sql(sql)


def schema_objects(conn: Connection) -> Mapping[str, str]:
    """The SQL of everything that belongs to the ledger or hangs on it, by name.

    Tables, triggers and views named ``ledger_…``, every trigger on a ledger table, and the same
    among temporary objects (named ``temp.…``), which would come before the real ones.
    """
    found: dict[str, str] = {}
    for prefix, master in (("", "sqlite_master"), ("temp.", "sqlite_temp_master")):
        rows = conn.exec_driver_sql(
            f"SELECT name, sql FROM {master}"  # noqa: S608 - one of two constants
            " WHERE sql IS NOT NULL"
            " AND (name LIKE 'ledger\\_%' ESCAPE '\\' OR tbl_name LIKE 'ledger\\_%' ESCAPE '\\')"
        )
        found.update((prefix + name, sql) for name, sql in rows)
    return found


def schema_faults(conn: Connection) -> tuple[str, ...]:
    """Names what is missing, altered or extra, each as ``missing: name``; empty if all is well."""
    found = schema_objects(conn)
    return (
        *(f"missing: {name}" for name in EXPECTED if name not in found),
        *(f"altered: {n}" for n, sql in EXPECTED.items() if n in found and found[n] != sql),
        *(f"extra: {name}" for name in sorted(found) if name not in EXPECTED),
    )
