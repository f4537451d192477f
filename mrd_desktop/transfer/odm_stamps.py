"""Who did something, where, when and why, as every version of ODM-XML says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.signing import MEANINGS
from mrd_desktop.transfer.odm_frame import Frame, sites
from mrd_desktop.transfer.trail import SPONSOR, places
from mrd_desktop.vault.accounts import NAMED

SPONSORS_WORD: Final = "sponsor"
"""Who did at a site what a reply of the sponsor said."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who did something, where, when, why, and the record that says so."""

    user: str
    role: str
    place: str
    at: str
    reason: str
    source: str

    @property
    def sponsors(self) -> bool:
        """The sponsor did it, also where a site's chain tells of it."""
        return self.place == SPONSOR or self.user == SPONSORS_WORD

    def named(self, kind: str) -> str:
        """The ``ID`` of what this record alone says: its kind, chain and number."""
        return f"{kind}.{self.source.replace(':', '.')}"

    def write(
        self, xf: Any, frame: Frame, words: str = "", more: Mapping[str, str] | None = None
    ) -> None:
        """The ``AuditRecord``.

        Args:
            words: what was said, in place of a reason.
            more: attributes of the element.
        """
        with xf.element(frame.tag("AuditRecord"), more or {}):
            self.who(xf, frame)
            frame.leaf(xf, "DateTimeStamp", self.at)
            if words or self.reason:
                frame.leaf(xf, "ReasonForChange", words or self.reason)
            frame.leaf(xf, "SourceID", self.source)

    def who(self, xf: Any, frame: Frame) -> None:
        """User and place."""
        frame.empty(xf, "UserRef", {"UserOID": user_oid(self.place, self.user)})
        frame.empty(xf, "LocationRef", {"LocationOID": f"LOC.{self.place}"})


class Stamps:
    """Stamps of records, and whose they were."""

    def __init__(self, conn: Connection) -> None:
        rows = conn.exec_driver_sql("SELECT session, user, role FROM p_session")
        self._users: Final = {str(s): (str(u), str(r)) for s, u, r in rows}
        self._places: Final = places(conn)

    def of(self, record: Record) -> Stamp:
        """The stamp of a record that is open."""
        body = record.body
        return self.under(record, body.get("actor"), body.get("reason"))

    def under(self, record: Record, actor: JSON = None, reason: JSON = None) -> Stamp:
        """The same where what matters of the content is known, or nothing of it is held."""
        h = record.header
        user, role = self._users.get(h.session, ("", ""))
        return Stamp(
            str(actor or user),
            "" if actor else role,
            self._places[h.chain],
            h.at,
            _reason(reason),
            f"{h.chain}:{h.seq}",
        )


def user_oid(place: str, user: str) -> str:
    """OID of a person at a place."""
    return f"U.{place}.{user}"


class Person(NamedTuple):
    """Somebody who did something that a file tells; ``full`` is the printed name, if any."""

    oid: str
    place: str
    login: str
    full: str
    role: str


def persons(conn: Connection, roles: Mapping[tuple[str, str], str]) -> Iterator[Person]:
    """The people of a file, in order: who signed in or exported did nothing in it.

    Args:
        roles: the role that each had, by place and name.
    """
    names = printed(conn)
    for (place, user), role in sorted(roles.items()):
        full = names.get((place, user), "")
        yield Person(user_oid(place, user), place, user, full, role)


def places_and_meanings(
    xf: Any, frame: Frame, conn: Connection, version: Mapping[str, str], since: str
) -> None:
    """Where things were done, and what signatures state."""
    for name in sorted({*places(conn).values(), *sites(conn)}):
        kind = "Sponsor" if name == SPONSOR else "Site"
        frame.location(xf, name, kind, version, since)
    for meaning, words in MEANINGS.items():
        method = {"OID": f"SD.{meaning}", "Methodology": "Digital"}
        with xf.element(frame.tag("SignatureDef"), method):
            frame.leaf(xf, "Meaning", meaning)
            frame.leaf(xf, "LegalReason", f"{words.en} {words.zh}")


def printed(conn: Connection) -> dict[tuple[str, str], str]:
    """The printed names that users have now, by place and name; many have none.

    Given with the account or later; a signature keeps the one that it was made under.
    """
    rows = conn.exec_driver_sql(
        "SELECT c.chain, json_extract(p, '$.user'), json_extract(p, '$.full_name') FROM (SELECT"
        " o.chain_no, o.seq, CAST(o.payload AS TEXT) AS p FROM ledger_opening o"
        " WHERE instr(o.payload, CAST('\"full_name\"' AS BLOB)) > 0) JOIN ledger_chain c"
        " ON c.no = chain_no WHERE json_extract(p, '$.kind') = ?"
        " OR (json_extract(p, '$.kind') = ? AND json_extract(p, '$.act') = ?) ORDER BY seq",
        (Kind.USER_ADDED.value, Kind.REVIEW_NOTED.value, NAMED),
    ).all()
    held = places(conn)
    return {(held[str(chain)], str(user)): str(name) for chain, user, name in rows if name}


def _reason(reason: JSON) -> str:
    """A coded reason with its words, or what else was written as a reason."""
    if isinstance(reason, Mapping):
        code, words = str(reason.get("code", "")), str(reason.get("text", ""))
        return f"{code}: {words}" if words else code
    return "" if reason is None else str(reason)
