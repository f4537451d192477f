"""What people have stated without a form: about accounts, training, milestones, themselves.

Each is a ``signature.made`` with the person's own key, told by its meaning, and carries an object
of that name (``docs/ledger.md``). Which record was the last of its sort is a setting; the record
itself is read from the ledger each time, so that no table can say what nobody signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.vault import schema

SHEET_CHECKED: Final = "sheet_checked"
SHEET_USED: Final = "sheet_used"
"""The act of a record by which the recovery sheet gave an account that was there a new key."""
PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105 - an act
ROSTER: Final = "roster"
"""Of ``reply.adopted``: what a store says of the accounts here; the meaning of its statement."""
_COMPARED: Final = "compared."
_SHEET: Final = "sheet"
_DATA_KEY: Final = "datakey"
_BACKUP: Final = "backup.holds"
_ABOUT: Final = {
    "undertaking": "user",
    "training": "user",
    "exercises": "user",
    "milestone": "oid",
    "accounts": "",
    "keys": "",
    ROSTER: "chain",
}
"""Meanings kept track of, and the field of the object that says whose or which."""


def last(conn: Connection, chain: str, meaning: str, about: str = "") -> Record | None:
    """The last statement of a meaning about a user or milestone; None where there is none."""
    seq = schema.setting(conn, _name(meaning, about))
    if seq is None:
        return None
    try:
        record = store.record(conn, chain, int(seq))
    except (LedgerError, ValueError):
        return None
    found = record.opening is not None and _place(record) == _name(meaning, about)
    return record if found else None


def said(record: Record) -> Mapping[str, JSON]:
    """The object of a statement."""
    inner = record.body.get(str(record.body["meaning"]))
    return inner if isinstance(inner, Mapping) else {}


def note(conn: Connection, record: Record) -> None:
    """Keep where a statement, a new password, key or sheet, a check, a comparison stands."""
    if record.kind is Kind.GENERATION_CHANGED:
        schema.put_setting(conn, _DATA_KEY, str(record.header.seq))
    if record.kind is Kind.BACKUP_MADE:
        schema.put_setting(conn, _BACKUP, str(_held(record)))
    name = _SHEET if _of_sheet(record) else _of_password(record) or _place(record)
    name = name or _of_accounts(record)
    if name is not None:
        schema.put_setting(conn, name, str(record.header.seq))


def compared(conn: Connection, chain: str) -> tuple[Record, ...]:
    """The replies of each store that last told of accounts which were compared there."""
    rows = conn.exec_driver_sql(
        "SELECT value FROM vault_setting WHERE name LIKE ? ORDER BY name", (f"{_COMPARED}%",)
    ).scalars()
    found = (store.record(conn, chain, int(seq)) for seq in rows)
    return tuple(r for r in found if r.opening is not None and _of_accounts(r))


def _of_accounts(record: Record) -> str | None:
    told = record.kind is Kind.REPLY_ADOPTED and isinstance(record.body.get(ROSTER), Mapping)
    return f"{_COMPARED}{record.body['store']}" if told else None


def _of_sheet(record: Record) -> bool:
    if record.kind is Kind.GENERATION_CHANGED:
        return "recovery" in record.body
    return record.kind is Kind.REVIEW_NOTED and record.body.get("act") == SHEET_CHECKED


def _of_password(record: Record) -> str | None:
    """A first password and one after a reset come with a new key; a changed one is noted."""
    keyed = record.kind in (Kind.KEY_ENROLLED, Kind.KEY_ROTATED) and "folder" not in record.body
    fresh = keyed or (
        record.kind is Kind.REVIEW_NOTED and record.body.get("act") == PASSWORD_CHANGED
    )
    return _password(str(record.body.get("user"))) if fresh else None


def password_seq(conn: Connection, user: str) -> int:
    """The record that last told of a new password of a user; the first one of the chain else."""
    return int(schema.setting(conn, _password(user)) or 1)


def _password(user: str) -> str:
    return f"password.{user}"


def sheet_seq(conn: Connection) -> int:
    """The record that last made or checked a recovery sheet; the first one of the chain else."""
    return int(schema.setting(conn, _SHEET) or 1)


def data_key_seq(conn: Connection, chain: str, generation: int) -> int | None:
    """The record that last told of a new data key; None where it is the first one.

    Earlier versions kept no setting of it: where they changed the key, the chain itself is asked.

    Args:
        generation: of the key in use.

    Raises:
        LedgerError: a record of a change is not what its header commits to.
    """
    kept = schema.setting(conn, _DATA_KEY)
    if kept is not None or generation == 1:
        return None if kept is None else int(kept)
    words = [f'"{Kind.GENERATION_CHANGED}"'.encode()]
    told = store.mentioning(conn, chain, words)
    return max((r.header.seq for r in told if r.kind is Kind.GENERATION_CHANGED), default=None)


def backup_seq(conn: Connection, chain: str) -> int:
    """The last record that the last backup holds, 0 where none was made.

    Earlier versions kept no setting of it: where they made it, the chain itself is asked.

    Raises:
        LedgerError: a record of a backup is not what its header commits to.
    """
    kept = schema.setting(conn, _BACKUP)
    if kept is not None:
        return int(kept)
    told = store.mentioning(conn, chain, [f'"{Kind.BACKUP_MADE}"'.encode()])
    return max((_held(r) for r in told if r.kind is Kind.BACKUP_MADE), default=0)


def _held(record: Record) -> int:
    head = record.body.get("head")
    seq = head.get("seq") if isinstance(head, Mapping) else None
    return seq if isinstance(seq, int) else record.header.seq


def _place(record: Record) -> str | None:
    if record.kind is not Kind.SIGNATURE_MADE:
        return None
    meaning = str(record.body.get("meaning", ""))
    if meaning not in _ABOUT or not isinstance(record.body.get(meaning), Mapping):
        return None
    field = _ABOUT[meaning]
    return _name(meaning, str(said(record).get(field, "")) if field else "")


def _name(meaning: str, about: str) -> str:
    return f"statement.{meaning}.{about}"
