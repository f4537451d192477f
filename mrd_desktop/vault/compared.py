"""What a store says of the accounts of a site, as the site holds it.

Somebody at the store compares the roster of a computer with the delegation log of the site, and
the next reply tells it (:mod:`mrd_desktop.transfer.delegation`). The site holds the digest against
its own roster and shows what was found; nothing changes here by itself. Decision 0060.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.record import Kind
from mrd_desktop.texts import Text
from mrd_desktop.vault import accounts, statements
from mrd_desktop.vault.roster import roster
from mrd_desktop.vault.session import Session

SAME: Final = Text(
    "The sponsor has compared the accounts of this computer with the delegation log, as of record "
    "{upto} ({user}).",
    "申办方已将本机账户与授权分工表核对，截至第 {upto} 条记录（{user}）。",
)
OTHER: Final = Text(
    "The sponsor has compared a list of accounts that is not the one of this computer as of record "
    "{upto} ({user}). Call the sponsor; do not rely on the comparison.",
    "申办方核对的账户清单与本机截至第 {upto} 条记录的账户不一致（{user}）。"
    "请致电申办方，勿以此次核对为准。",
)
MISSING: Final = Text(
    "The sponsor says that account {user} is not on the delegation log ({text}). Find out whose it "
    "is; close it, or send the sponsor the log on which it stands.",
    "申办方称账户 {user} 不在授权分工表中（{text}）。"
    "请查明账户归属：关闭该账户，或将载有此人的分工表发给申办方。",
)
FIELD: Final = statements.ROSTER
"""Of ``reply.adopted``, and of the part of a reply that tells it."""
SAME_HERE: Final = "roster_same"
"""Of ``reply.adopted``: whether the digest is that of the roster here."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """An account that is not on the delegation log, and what somebody wrote about it."""

    user: str
    text: str

    def json(self) -> dict[str, JSON]:
        """As it travels."""
        return {"user": self.user, "text": self.text}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A roster that somebody at a store compared with the delegation log.

    Attributes:
        seq: of the store's own record.
        at, user: when (UTC) and by whom.
        upto: the last record of the site's chain that the roster rests on.
        digest: of that roster.
        unknown: accounts that are not on the log.
    """

    seq: int
    at: str
    user: str
    upto: int
    digest: str
    unknown: tuple[Unknown, ...] = ()

    def json(self) -> dict[str, JSON]:
        """As it travels."""
        return {
            "seq": self.seq,
            "at": self.at,
            "user": self.user,
            "upto": self.upto,
            "digest": self.digest,
            "unknown": [u.json() for u in self.unknown],
        }

    @classmethod
    def held(cls, said: Mapping[str, JSON]) -> Comparison:
        """Reads what was judged when it was taken up."""
        unknown = [
            Unknown(str(u["user"]), str(u["text"])) for u in map(_object, _list(said["unknown"]))
        ]
        return cls(
            int(str(said["seq"])), str(said["at"]), str(said["user"]), int(str(said["upto"])),
            str(said["digest"]), tuple(unknown),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """The last comparison that a store told, and what it means here.

    Attributes:
        same: as it came, the digest was that of the roster here, as of the record named.
        open: the unknown accounts that are not closed here.
    """

    said: Comparison
    same: bool
    open: tuple[Unknown, ...]

    @property
    def worrying(self) -> bool:
        """Somebody here has to do something about it."""
        return bool(self.open) or not self.same


def words(found: Finding) -> tuple[Text, ...]:
    """What the site is told of a comparison: that it was made, and a line for what is unknown."""
    said = found.said
    first = (SAME if found.same else OTHER).filled(upto=said.upto, user=said.user)
    return first, *(MISSING.filled(user=u.user, text=u.text) for u in found.open)


def findings(session: Session) -> tuple[Finding, ...]:
    """The last comparison of each store, and what is left of it to be done."""
    with session.reading() as conn:
        told = [r.body for r in statements.compared(conn, session.folder.chain)]
        return tuple(
            finding(conn, Comparison.held(_object(b[FIELD])), same=b.get(SAME_HERE) is True)
            for b in told
        )


def finding(conn: Connection, said: Comparison, *, same: bool) -> Finding:
    """One comparison, with the accounts as they are now."""
    closed = {a.user for a in accounts.accounts(conn) if a.closed}
    return Finding(said, same, tuple(u for u in said.unknown if u.user not in closed))


def last(conn: Connection, own: str, sender: str) -> Comparison | None:
    """The last comparison that a store told; None before the first."""
    told = (r for r in statements.compared(conn, own) if r.body["store"] == sender)
    record = next(told, None)
    return None if record is None else Comparison.held(_object(record.body[FIELD]))


def is_ours(conn: Connection, head: Head, said: Comparison) -> bool:
    """Whether the store saw what stands here; what a package kept back it could not see."""
    if said.upto > head.seq:
        return False
    if roster(conn, head.chain, said.upto).digest == said.digest:
        return True
    held = _held(conn, head.chain)
    return bool(held) and roster(conn, head.chain, said.upto, held).digest == said.digest


def _held(conn: Connection, chain: str) -> frozenset[int]:
    """The coded records whose content the last package kept here."""
    seq = conn.exec_driver_sql(_SEALED, (chain, f'"kind":"{Kind.PACKAGE_SEALED.value}"')).scalar()
    runs = [] if seq is None else _list(store.record(conn, chain, int(seq)).body.get("held", []))
    ends = (tuple(map(int, map(str, _list(run)))) for run in runs)
    return frozenset(n for first, last in ends for n in range(first, last + 1))


def _list(value: JSON) -> Sequence[JSON]:
    assert isinstance(value, Sequence)
    return value


def _object(value: JSON) -> Mapping[str, JSON]:
    assert isinstance(value, Mapping)
    return value


_SEALED: Final = (
    "SELECT max(o.seq) FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
    " WHERE c.chain = ? AND instr(o.payload, CAST(? AS BLOB)) > 0"
)
