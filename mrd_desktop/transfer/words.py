"""Plain words of a sponsor to a site: written at the store, shown at the site, known to be read.

They travel with every reply beside what it says (docs/package.md, 8), and can hold no value. The
next package of each computer says in ``package.begun`` up to which of them somebody there has read
(:mod:`mrd_desktop.record.heard`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.queries import NoWords
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import SiteUnknown
from mrd_desktop.transfer.fields import TIME, Fields
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, pins_on

FORMAT: Final = "mrd-words/1"
WHAT: Final = "message"
"""What ``incident.noted`` says of such a record at the store."""
FIELD: Final = "words"
"""Of ``reply.adopted``: what the reply told, as it came."""
READ: Final = "read"
"""Of ``package.begun``: the last of a store's words that were read there, by the store's chain."""
_MOST: Final = 200
_LONGEST: Final = 500
_TEXT: Final = re.compile(r"[^\x00]{1,500}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """Something that a sponsor's user wrote to a site.

    Attributes:
        seq: of the store's own record.
        at: UTC.
    """

    seq: int
    at: str
    user: str
    text: str

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        return {"seq": self.seq, "at": self.at, "user": self.user, "text": self.text}

    @classmethod
    def of(cls, fields: Fields) -> Word:
        """Reads the inverse of :meth:`json`; raises Damaged."""
        word = cls(
            fields.number("seq", 1), fields.text("at", TIME), fields.text("user"),
            fields.text("text", _TEXT),
        )  # fmt: skip
        fields.done()
        return word


def notice(said: Sequence[Word]) -> bytes:
    """What a reply carries: canonical JSON."""
    return dumps({"format": FORMAT, FIELD: [w.json() for w in said]})


def read(data: bytes) -> tuple[Word, ...]:
    """Reads the inverse of :func:`notice`; raises Damaged or NewerFormat."""
    fields = Fields.of(data, "words", FORMAT)
    found = tuple(Word.of(Fields(one, "words")) for one in fields.list(FIELD))
    fields.done()
    return found


# --- the sponsor's side -------------------------------------------------------------------


def say(session: Session, site: str, text: str) -> int:
    """Write to a site; it goes with the next reply. The number of the record.

    Raises:
        PermissionDenied: the role may not ask sites anything.
        SiteUnknown: no key of this site is trusted.
        NoWords: nothing is said, or too much.
    """
    session.require("query.open")
    words = text.strip()
    if not words or len(words) > _LONGEST:
        raise NoWords
    with session.reading() as conn:
        known = {p.site for p in pins_on(conn) if p.active and p.holder is Holder.SITE}
    if site not in known:
        raise SiteUnknown(site)
    content: dict[str, JSON] = {
        "what": WHAT, "text": words, "user": session.user, "site": site,
    }  # fmt: skip
    (record,) = session.commit([Entry(Kind.INCIDENT_NOTED, RecordClass.CODED, content)])[-1:]
    return record.header.seq


def said(conn: Connection, own: str, site: str) -> tuple[Word, ...]:
    """What was written to a site, the latest 200."""
    found = [
        Word(r.header.seq, r.header.at, str(r.body["user"]), str(r.body["text"]))
        for r in lineage.of_kind(conn, own, Kind.INCIDENT_NOTED)
        if r.body.get("what") == WHAT and r.body.get("site") == site
    ]
    return tuple(found[-_MOST:])


def taken(conn: Connection, own: str, chains: Sequence[str]) -> int:
    """The last of this store's words that was read at each of these computers; 0 none."""
    upto: list[int] = []
    for chain in chains:
        last = 0
        for record in lineage.of_kind(conn, chain, Kind.PACKAGE_BEGUN):
            told = record.body.get(READ)
            number = told.get(own, 0) if isinstance(told, Mapping) else 0
            last = number if isinstance(number, int) else last
        upto.append(last)
    return min(upto, default=0)


# --- the site's side ----------------------------------------------------------------------


def told(conn: Connection, own: str) -> Iterator[tuple[str, Word]]:
    """What sponsors wrote here, each with the store's chain, in order."""
    seen: set[tuple[str, int]] = set()
    for record in lineage.of_kind(conn, own, Kind.REPLY_ADOPTED):
        if FIELD not in record.body:
            continue
        sender, listed = str(record.body["store"]), record.body[FIELD]
        assert isinstance(listed, Sequence)
        for one in listed:
            word = Word.of(Fields(one, "words"))
            if (sender, word.seq) not in seen:
                seen.add((sender, word.seq))
                yield sender, word


def here(session: Session) -> tuple[Word, ...]:
    """The same without the chains, the latest first."""
    with session.reading() as conn:
        return tuple(w for _, w in told(conn, session.folder.chain))[::-1]
