"""Plain words of a sponsor, and which of them somebody here has said to have read (decision 0060).

A reply brings them (``reply.adopted``, field ``words``). Who has read them says so, and that is a
record; what a site's packages tell the sponsor as read is that and nothing else, so that both sides
mean the same. Packages of former versions told all that had come here: it counts as read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.vault.session import Session

ACT: Final = "words_read"
"""Of ``review.noted``."""
READ: Final = "read"
"""Of the same and of ``package.begun``: the last words that were read, by the store's chain."""
_OF: Final = (
    " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no{more} WHERE c.chain = :chain"
    " AND instr(CAST(o.payload AS TEXT), '\"{kind}\"') > 0"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = '{kind}'"
)
_CAME: Final = (
    "SELECT DISTINCT json_extract(CAST(o.payload AS TEXT), '$.store') AS store,"
    " json_extract(w.value, '$.seq') AS seq"
    + _OF.format(
        kind=Kind.REPLY_ADOPTED.value, more=", json_each(CAST(o.payload AS TEXT), '$.words') w"
    )
    + " ORDER BY store, seq"
)
_MARKED: Final = (
    "SELECT max(o.seq)"
    + _OF.format(kind=Kind.REVIEW_NOTED.value, more="")
    + f" AND json_extract(CAST(o.payload AS TEXT), '$.act') = '{ACT}'"
)
_BEGUN: Final = "SELECT max(o.seq)" + _OF.format(kind=Kind.PACKAGE_BEGUN.value, more="")


def came(conn: Connection, chain: str) -> tuple[tuple[str, int], ...]:
    """Whatever sponsors wrote here: the chain of the store and the number of its record."""
    return tuple((str(s), int(n)) for s, n in conn.execute(text(_CAME), {"chain": chain}))


def read(conn: Connection, chain: str) -> Mapping[str, int]:
    """The last words of each store that were read here; what the next package tells of them."""
    last: dict[str, int] = {}
    for asked in (_BEGUN, _MARKED):
        seq = conn.execute(text(asked), {"chain": chain}).scalar()
        told = None if seq is None else _told(store.record(conn, chain, int(seq)))
        for sender, number in (told or {}).items():
            if isinstance(number, int):
                last[sender] = max(last.get(sender, 0), number)
    return last


def unread(conn: Connection, chain: str) -> tuple[tuple[str, int], ...]:
    """Those that nobody here has said to have read."""
    done = read(conn, chain)
    return tuple((sender, n) for sender, n in came(conn, chain) if n > done.get(sender, 0))


def mark_read(session: Session, upto: Mapping[str, int]) -> None:
    """Say that these were read, where some were not before.

    Args:
        upto: the last one that was shown, by the store's chain.

    Raises:
        PermissionDenied: the role takes no replies.
    """
    session.require("import")
    chain = session.folder.chain

    def build(conn: Connection) -> list[Entry]:
        done = dict(read(conn, chain))
        fresh = {sender: n for sender, n in upto.items() if n > done.get(sender, 0)}
        if not fresh:
            return []
        told: dict[str, JSON] = {**done, **fresh}
        content: dict[str, JSON] = {"act": ACT, "user": session.user, READ: told}
        return [Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content)]

    session.commit(build)


def _told(record: Record) -> Mapping[str, JSON] | None:
    told = record.body.get(READ) if record.opening is not None else None
    return told if isinstance(told, Mapping) else None
