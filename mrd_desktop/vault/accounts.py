"""User accounts as folded from the ledger: who is here, in which role, with which key.

User names are never used twice: names that differ only in case, width or composition are the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.vault import definitions, statements, versions
from mrd_desktop.vault.clock import DOUBTS, Noted
from mrd_desktop.vault.errors import FullNameRefused, UserNameRefused, UserUnknown
from mrd_desktop.vault.schema import PROJECTIONS, put_setting, setting

# One script besides digits: Latin or Chinese. Cyrillic or Greek letters only look like others.
_NAME: Final = re.compile(r"[a-z0-9一-鿿][a-z0-9一-鿿._-]{1,39}")
_LONGEST_NAME: Final = 80
NAMED: Final = "user_named"
"""The act of a record that gives an account a printed name, or another one."""
CLOCK_NOTED: Final = "clock.noted"
CLOCK_DOUBT: Final = "clock.doubt"
CLOCK_CONFIRMED: Final = "clock.confirmed"
CLOCK_PASSED: Final = "clock.passed"
ACTIVATION_SEQ: Final = "activation.seq"


@dataclass(frozen=True, slots=True)
class Account:
    """One user.

    Attributes:
        user: the id in records: folded, see :func:`folded`.
        name: as it was typed when the account was made.
        full_name: the printed name that stands beside signatures (21 CFR 11.50); may be empty.
        key: public signing key (base64), empty before the first sign-in.
        box: public X25519 key (base64), empty before the first sign-in.
        confirmed: somebody who manages users has confirmed the key's owner.
        vault: holds the identity-vault key.
    """

    user: str
    name: str
    role: str = ""
    key: str = ""
    box: str = ""
    confirmed: bool = False
    closed: bool = False
    vault: bool = False
    full_name: str = ""

    @property
    def printed(self) -> str:
        """The printed name; the user name where none was given."""
        return self.full_name or self.name


def last_day(conn: Connection, chain: str, user: str) -> date | None:
    """The last day on which a user may sign in, as the role was given; None without one."""
    until = granted(conn, chain, user).get("until")
    return None if until is None else date.fromisoformat(str(until))


def last_days(conn: Connection, chain: str) -> dict[str, date]:
    """The last days of all users who have one."""
    rows = conn.exec_driver_sql(
        "SELECT json_extract(p, '$.user'), json_extract(p, '$.until') FROM (SELECT o.seq,"
        " CAST(o.payload AS TEXT) AS p FROM ledger_opening o JOIN ledger_chain c"
        " ON c.no = o.chain_no WHERE c.chain = ?"
        " AND instr(CAST(o.payload AS TEXT), '\"role.granted\"') > 0)"
        " WHERE json_extract(p, '$.kind') = 'role.granted' ORDER BY seq",
        (chain,),
    ).all()
    latest = {str(user): until for user, until in rows}
    return {user: date.fromisoformat(until) for user, until in latest.items() if until}


def granted(conn: Connection, chain: str, user: str) -> Mapping[str, JSON]:
    """What the record says that gave a user the present role; empty without one."""
    seq = conn.exec_driver_sql(
        "SELECT seq FROM (SELECT o.seq, CAST(o.payload AS TEXT) AS p"
        " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?"
        " AND instr(CAST(o.payload AS TEXT), '\"role.granted\"') > 0)"
        " WHERE json_extract(p, '$.kind') = 'role.granted' AND json_extract(p, '$.user') = ?"
        " ORDER BY seq DESC LIMIT 1",
        (chain, user),
    ).scalar()
    return {} if seq is None else store.record(conn, chain, int(seq)).body


def makers(conn: Connection, chain: str, user: str) -> tuple[str, ...]:
    """Who made an account, and who gave out each one-time code for it, oldest first."""
    rows = conn.exec_driver_sql(
        "SELECT json_extract(p, '$.by') FROM (SELECT o.seq, CAST(o.payload AS TEXT) AS p"
        " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?"
        " AND (instr(CAST(o.payload AS TEXT), '\"user.added\"') > 0"
        " OR instr(CAST(o.payload AS TEXT), '\"code_issued\"') > 0))"
        " WHERE json_extract(p, '$.user') = ? AND (json_extract(p, '$.kind') = 'user.added'"
        " OR json_extract(p, '$.act') = 'code_issued') ORDER BY seq",
        (chain, user),
    )
    return tuple(str(by) for (by,) in rows if by)


def by_sheet(conn: Connection, chain: str, user: str) -> bool:
    """Whether the recovery sheet gave an account its key since the last confirmation of a key.

    One that a single person gave, with a reason, is no end of it: nobody knows who held the sheet.
    """
    told = conn.exec_driver_sql(
        "SELECT json_extract(p, '$.kind') FROM (SELECT o.seq, CAST(o.payload AS TEXT) AS p"
        " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?"
        " AND (instr(CAST(o.payload AS TEXT), '\"user.added\"') > 0"
        " OR instr(CAST(o.payload AS TEXT), '\"user.confirmed\"') > 0"
        " OR instr(CAST(o.payload AS TEXT), '\"sheet_used\"') > 0))"
        " WHERE json_extract(p, '$.user') = ? AND (json_extract(p, '$.act') = 'sheet_used'"
        " OR (json_extract(p, '$.kind') = 'user.added' AND json_extract(p, '$.serial') IS NOT NULL)"
        " OR (json_extract(p, '$.kind') = 'user.confirmed'"
        " AND json_extract(p, '$.exception') IS NULL)) ORDER BY seq DESC LIMIT 1",
        (chain, user),
    ).scalar()
    return told is not None and told != Kind.USER_CONFIRMED.value


def folded(name: str) -> str:
    """The one spelling of a user name: NFKC, case folded, no blanks around.

    Raises:
        UserNameRefused: letters outside those allowed.
    """
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    if _NAME.fullmatch(text) is None:
        raise UserNameRefused
    return text


def is_folded(name: str) -> bool:
    """Whether it is a user name as records have it."""
    return _NAME.fullmatch(name) is not None and unicodedata.normalize("NFKC", name) == name


def full(name: str) -> str:
    """A printed name as it is kept: NFC, in one line, no blanks around.

    Raises:
        FullNameRefused: too short, too long, or with signs that do not print.
    """
    text = " ".join(unicodedata.normalize("NFC", name).split())
    if not 2 <= len(text) <= _LONGEST_NAME or not text.isprintable():
        raise FullNameRefused
    return text


def accounts(conn: Connection) -> tuple[Account, ...]:
    """All accounts, closed ones included, in the order in which they were made."""
    rows = conn.exec_driver_sql(f"{_SELECT} ORDER BY added_seq")
    return tuple(_account(row) for row in rows)


def account(conn: Connection, user: str) -> Account:
    """One account, closed or not.

    Raises:
        UserUnknown: there never was one.
    """
    row = conn.exec_driver_sql(f"{_SELECT} WHERE user = ?", (user,)).first()
    if row is None:
        raise UserUnknown(user)
    return _account(row)


def fold(conn: Connection, records: Iterable[Record], chain: str) -> None:
    """Fold records of the folder's own chain into the vault's projections."""
    own = [r for r in records if r.opening is not None and r.header.chain == chain]
    for record in own:
        _fold_one(conn, record)
        _name(conn, record)
        statements.note(conn, record)
    versions.fold(conn, own)


def rebuild(conn: Connection, chain: str) -> None:
    """Throw the vault's projections away and fold them from the whole chain again."""
    for table in PROJECTIONS:
        conn.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - our own names
    fold(conn, store.records(conn, chain), chain)


_SELECT: Final = (
    "SELECT user, name, role, key, box, confirmed, closed, vault, coalesce((SELECT value FROM"
    " vault_setting s WHERE s.name = 'full_name.' || user), '') FROM vault_user"
)


def _account(row: Row[Any]) -> Account:
    user, name, role, key, box, confirmed, closed, vault, full_name = tuple(row)
    flags = (bool(confirmed), bool(closed), bool(vault))
    return Account(user, name, role, key, box, *flags, full_name)


def _fold_one(conn: Connection, record: Record) -> None:
    body = record.body
    user = body.get("user")
    run = conn.exec_driver_sql
    match record.kind:
        case Kind.USER_ADDED:
            run(
                "INSERT INTO vault_user (user, name, added_seq) VALUES (?, ?, ?)",
                (user, body["name"], record.header.seq),
            )
        case Kind.ROLE_GRANTED:
            run("UPDATE vault_user SET role = ? WHERE user = ?", (body["role"], user))
        case Kind.ROLE_REVOKED:
            run("UPDATE vault_user SET role = '', vault = 0 WHERE user = ?", (user,))
        case Kind.KEY_ENROLLED | Kind.KEY_ROTATED if "folder" not in body:  # that key is nobody's
            run(
                "UPDATE vault_user SET key = ?, box = ?, confirmed = confirmed AND ?,"
                " vault = vault AND ? WHERE user = ?",
                (body["key"], body["box"], *(2 * (bool(body.get("consent")),)), user),
            )
        case Kind.USER_CONFIRMED if _of_present_key(conn, body):
            run("UPDATE vault_user SET confirmed = 1 WHERE user = ?", (user,))
        case Kind.VAULT_GRANTED:
            run("UPDATE vault_user SET vault = 1 WHERE user = ?", (user,))
        case Kind.USER_CLOSED:
            run("UPDATE vault_user SET closed = 1, vault = 0 WHERE user = ?", (user,))
        case Kind.SESSION_OPENED | Kind.CLOCK_NOTED:
            _fold_clock(conn, record)
        case Kind.ACTIVATION_INSTALLED if not body.get("given"):
            put_setting(conn, ACTIVATION_SEQ, str(record.header.seq))
        case Kind.DEFINITION_INSTALLED:
            definitions.note(conn, record)
        case Kind.TRUST_PINNED:
            _pin(conn, record)
        case _:
            pass


def _of_present_key(conn: Connection, body: Mapping[str, JSON]) -> bool:
    """Whether a confirmation is about the key that its user has now; those of practice name none.

    What was said of a former key says nothing of the one that took its place.
    """
    present = "SELECT key FROM vault_user WHERE user = ?"
    user, key = body.get("user"), body.get("key")
    return key is None or conn.exec_driver_sql(present, (user,)).scalar() == key


def _name(conn: Connection, record: Record) -> None:
    """Keep the printed name an account has now; a setting, for the table of users is as it was."""
    body = record.body
    named = record.kind is Kind.REVIEW_NOTED and body.get("act") == NAMED
    if named or (record.kind is Kind.USER_ADDED and "full_name" in body):
        put_setting(conn, f"full_name.{body['user']}", str(body.get("full_name", "")))


def _fold_clock(conn: Connection, record: Record) -> None:
    """The last note on a clock and what it showed since; a doubt until a session says otherwise."""
    body = record.body
    if record.kind is Kind.CLOCK_NOTED:
        behind = max(record.header.at, str(body["last"]))  # a receipt's time is no record's
        received = setting(conn, CLOCK_CONFIRMED) or ""
        noted = Noted(str(body["wall"]), behind, record.header.at, received=received)
        put_setting(conn, CLOCK_NOTED, noted.text())
        return
    keep_shown(conn, str(body.get("wall", "")))
    quality = str(body.get("time_quality", ""))
    doubt = quality if quality in DOUBTS else ""
    if doubt != (setting(conn, CLOCK_DOUBT) or "").partition(" ")[0]:
        put_setting(conn, CLOCK_DOUBT, f"{doubt} {record.header.at}" if doubt else "")


def keep_shown(conn: Connection, wall: str) -> None:
    """What the clock showed as something was recorded under a note; empty where there is none.

    Records tell it of the beginning of a session only.
    """
    kept = setting(conn, CLOCK_NOTED) if wall else None
    if kept is not None:
        put_setting(conn, CLOCK_NOTED, Noted.of_text(kept).showing(wall).text())


def _pin(conn: Connection, record: Record) -> None:
    body = record.body
    replaced = body.get("replaces")
    if replaced:
        conn.exec_driver_sql("UPDATE vault_pin SET active = 0 WHERE key = ?", (replaced,))
    conn.exec_driver_sql(
        "INSERT OR REPLACE INTO vault_pin VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
        (body["key"], body["holder"], body["site"], body["chain"], body["public"],
         body["recipient"], record.header.seq),
    )  # fmt: skip
