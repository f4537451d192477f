"""The roster of a computer of a site: every account that it ever had, as its records tell it.

It is folded from the chain alone, so that the site and whoever holds its packages come to the same
digest (docs/package.md, 8). Words of reasons and exceptions are no part of it: they may stay at the
site or be redacted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.errors import WeakKeyError
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Kind, Opening, Record
from mrd_desktop.vault.accounts import NAMED

FORMAT: Final = "mrd-roster/1"
KINDS: Final = frozenset(
    {
        Kind.USER_ADDED,
        Kind.USER_CONFIRMED,
        Kind.USER_CLOSED,
        Kind.KEY_ENROLLED,
        Kind.KEY_ROTATED,
        Kind.ROLE_GRANTED,
        Kind.ROLE_REVOKED,
    }
)
"""What makes or changes an account; a printed name given later is a ``review.noted``."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who did something about an account, and when (UTC)."""

    at: str
    by: str

    def json(self) -> dict[str, JSON]:
        """As it stands in the digest."""
        return {"at": self.at, "by": self.by}


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key of a user: its id, from when, and to when where another one followed."""

    key: str
    since: str
    until: str | None = None

    def json(self) -> dict[str, JSON]:
        """As it stands in the digest."""
        return {"key": self.key, "since": self.since, "until": self.until}


@dataclass(frozen=True, slots=True)
class Duty:
    """A role that a user had; times are UTC, ``last_day`` the day until which it was given."""

    role: str
    since: str
    by: str
    last_day: str | None = None
    until: str | None = None

    def json(self) -> dict[str, JSON]:
        """As it stands in the digest."""
        return {
            "role": self.role,
            "since": self.since,
            "by": self.by,
            "last_day": self.last_day,
            "until": self.until,
        }


@dataclass(frozen=True, slots=True)
class Listed:
    """One account.

    Attributes:
        name, full_name: as typed when it was made, and the printed name; empty where none is.
        added: None where no record of it is held.
        confirmed: of the present key.
        changed: number of the last record that made it or changed name, key, role or confirmation.
    """

    user: str
    name: str = ""
    full_name: str = ""
    added: Act | None = None
    keys: tuple[Key, ...] = ()
    duties: tuple[Duty, ...] = ()
    confirmed: Act | None = None
    closed: Act | None = None
    changed: int = 0

    @property
    def role(self) -> str:
        """The present role, or the last one."""
        return self.duties[-1].role if self.duties else ""

    @property
    def key(self) -> str:
        """Id of the present key, or of the last one; empty before the first sign-in."""
        return self.keys[-1].key if self.keys else ""

    @property
    def printed(self) -> str:
        """The printed name; the user name where none was given."""
        return self.full_name or self.name or self.user

    def json(self) -> dict[str, JSON]:
        """As it stands in the digest."""
        return {
            "user": self.user,
            "name": self.name,
            "full_name": self.full_name,
            "added": _act(self.added),
            "keys": [k.json() for k in self.keys],
            "roles": [d.json() for d in self.duties],
            "confirmed": _act(self.confirmed),
            "closed": _act(self.closed),
        }


def _act(act: Act | None) -> JSON:
    return None if act is None else act.json()


@dataclass(frozen=True, slots=True)
class Roster:
    """All accounts of a chain up to a record, in the order in which they were made."""

    chain: str
    upto: int
    accounts: tuple[Listed, ...]

    @property
    def digest(self) -> str:
        """SHA-256 (hexadecimal) of canonical JSON: the same while no account is another."""
        said: JSON = {
            "format": FORMAT,
            "chain": self.chain,
            "accounts": [a.json() for a in self.accounts],
        }
        return hashlib.sha256(dumps(said)).hexdigest()

    def of(self, user: str) -> Listed | None:
        """One account; None where there is none of that name."""
        return next((a for a in self.accounts if a.user == user), None)


def roster(
    conn: Connection, chain: str, upto: int, without: Collection[int] = frozenset()
) -> Roster:
    """The roster as of a record.

    Args:
        without: records left out, for they have not left the site.
    """
    found: dict[str, Listed] = {}
    for record in _records(conn, chain, upto):
        if record.header.seq in without:
            continue
        user = str(record.body["user"])
        before = found.get(user, Listed(user))
        found[user] = _folded(before, record)
    return Roster(chain, upto, tuple(found.values()))


def _folded(a: Listed, record: Record) -> Listed:
    body, at = record.body, record.header.at
    act = Act(at, str(body.get("by", "")))
    keys = tuple(replace(k, until=k.until or at) for k in a.keys)
    duties = tuple(replace(d, until=d.until or at) for d in a.duties)
    if record.kind is Kind.USER_CLOSED:
        return replace(a, closed=a.closed or act, keys=keys, duties=duties)
    changed = replace(a, changed=record.header.seq)
    match record.kind:
        case Kind.USER_ADDED:
            full = str(body.get("full_name", "")) or a.full_name
            made = a.added or act
            changed = replace(changed, name=str(body["name"]), full_name=full, added=made)
        case Kind.USER_CONFIRMED:
            present = keys[-1].key if keys else ""
            if "key" not in body or _id(body["key"]) == present:
                changed = replace(changed, confirmed=act)
        case Kind.KEY_ENROLLED | Kind.KEY_ROTATED:
            kept = a.confirmed if body.get("consent") else None
            now = (*keys, Key(_id(body["key"]), at))
            changed = replace(changed, keys=now, confirmed=kept)
        case Kind.ROLE_GRANTED:
            last = body.get("until")
            given = Duty(str(body["role"]), at, act.by, str(last) if last else None)
            changed = replace(changed, duties=(*duties, given))
        case Kind.ROLE_REVOKED:
            changed = replace(changed, duties=duties)
        case _:
            changed = replace(changed, full_name=str(body.get("full_name", "")))
    return changed


def _id(key: JSON) -> str:
    try:
        return PublicKey.from_base64(str(key)).id
    except WeakKeyError:  # whoever takes a chain in has refused it; shown as it stands
        return str(key)


_ROWS: Final = (
    "SELECT h.header, h.signature, o.salt, o.payload FROM ledger_chain c"
    " JOIN ledger_opening o ON o.chain_no = c.no"
    " JOIN ledger_header h ON h.chain_no = o.chain_no AND h.seq = o.seq"
    " WHERE c.chain = ? AND o.seq <= ? AND ({looks}) ORDER BY o.seq"
)
# Canonical JSON writes a kind in one way only: what cannot be one is passed over unread.
_LOOKS: Final = ('"kind":"user.', '"kind":"key.', '"kind":"role.', f'"act":"{NAMED}"')


def _records(conn: Connection, chain: str, upto: int) -> Iterator[Record]:
    looks = " OR ".join("instr(o.payload, CAST(? AS BLOB)) > 0" for _ in _LOOKS)
    rows = conn.exec_driver_sql(_ROWS.format(looks=looks), (chain, upto, *_LOOKS))
    for header, signature, salt, payload in rows:
        record = Record(header, signature, Opening(salt, payload))
        body = record.body
        named = record.kind is Kind.REVIEW_NOTED and body.get("act") == NAMED
        of_user = record.kind in KINDS and "folder" not in body
        if (named or of_user) and isinstance(body.get("user"), str):
            yield record
