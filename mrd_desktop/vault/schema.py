"""Tables of the vault inside the encrypted database.

``vault_user``, ``vault_user_key`` and ``vault_pin`` are projections folded from the ledger
(:mod:`mrd_desktop.vault.accounts`); the others hold what no record may: secrets and settings.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

VERSION: Final = 1
"""``PRAGMA user_version`` of the database; a newer one is refused."""

_TABLES: Final = (
    "CREATE TABLE vault_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE vault_secret (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE vault_key (subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE definition (digest TEXT PRIMARY KEY, bytes BLOB) WITHOUT ROWID",
)

PROJECTIONS: Final = {
    "vault_user": """CREATE TABLE vault_user (
  user TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL DEFAULT '', box TEXT NOT NULL DEFAULT '',
  confirmed INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,
  vault INTEGER NOT NULL DEFAULT 0, added_seq INTEGER NOT NULL
) WITHOUT ROWID""",
    "vault_pin": """CREATE TABLE vault_pin (
  key TEXT PRIMARY KEY, holder TEXT NOT NULL, site TEXT NOT NULL, chain TEXT NOT NULL,
  public TEXT NOT NULL, recipient TEXT NOT NULL, active INTEGER NOT NULL, seq INTEGER NOT NULL
) WITHOUT ROWID""",
}


def create(conn: Connection) -> None:
    """Make the tables in an empty database."""
    for sql in (*_TABLES, *PROJECTIONS.values()):
        conn.exec_driver_sql(sql)
    conn.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def setting(conn: Connection, name: str) -> str | None:
    """A stored setting."""
    row = conn.exec_driver_sql("SELECT value FROM vault_setting WHERE name = ?", (name,)).first()
    return None if row is None else str(row[0])


def put_setting(conn: Connection, name: str, value: str) -> None:
    """Store a setting."""
    conn.exec_driver_sql(
        "INSERT INTO vault_setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (name, value),
    )
