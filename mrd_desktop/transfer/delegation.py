"""The accounts of sites, compared at the store with the delegation log (docs/package.md, 8).

Who is who at a site stands in its chain and comes with every package. Somebody at the store holds
that roster against the delegation log on paper and signs for it; the last such statement about a
chain counts. The next reply tells it, so that the site can hold the digest against its own roster.
Nothing is refused for an account that is unknown: its work is flagged, for data that are not taken
could never be judged. Decision 0060.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record
from mrd_desktop.record import alone
from mrd_desktop.record.alone import LoneAct, What
from mrd_desktop.record.queries import NoWords
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.fields import DIGEST, TIME, Fields
from mrd_desktop.vault import statements
from mrd_desktop.vault.compared import FIELD, SAME_HERE, Comparison, Unknown
from mrd_desktop.vault.errors import UserUnknown
from mrd_desktop.vault.roster import FORMAT, Listed, Roster, roster
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated
from mrd_desktop.vault.trust import Holder, pins_on

MEANING: Final = statements.ROSTER
STATEMENT: Final = Text(
    "I have compared the accounts of this computer of the site, as of the record named, with the "
    "delegation log of the site. Those named as unknown are not on it; each other one belongs to a "
    "person on it, in a role given there.",
    "本人已将该中心此电脑截至所列记录的账户与该中心的授权分工表核对。"
    "列为未知的账户不在表中；其余账户均属于表中人员，角色与授权一致。",
)
SHORTEST: Final = 12
"""Characters of a digest that name a roster."""
_LONGEST: Final = 500
_TEXT: Final = re.compile(r"[^\x00]{1,500}", re.DOTALL)


class RosterChanged(MrdError):
    """No roster held here has the digest that was given."""

    code = "roster_changed"
    template = Text(
        "No list of accounts held here has the digest {digest}: a package came since, or it was "
        "mistyped. Look at the lists again, compare, then give the digest that stands there.",
        "此处没有摘要为 {digest} 的账户清单：可能又收到了数据包，或输入有误。"
        "请重新查看清单并核对，再输入所示摘要。",
    )


class NotJudged(MrdError):
    """An account that was never said to be unknown cannot be said to be known after all."""

    code = "not_judged"
    template = Text(
        "Account {user} is not held as unknown. Leave it out.",
        "账户 {user} 未被列为未知，无须指明。",
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """The roster of a chain, and what was said of it.

    Attributes:
        said: the last comparison; None before the first.
        waiting: accounts that are new or changed since, in the order of the roster.
        signatures: how many signatures on forms stand by each user.
        heard: whether the site holds the last comparison to be of its own accounts; None before
            a package says that it came there.
        alone: by user, whose present key one person confirmed, with who did and the reason.
        seconds: by user, who signed as well when the present key was confirmed.
    """

    site: str
    roster: Roster
    said: Comparison | None
    waiting: tuple[Listed, ...]
    signatures: Mapping[str, int]
    heard: bool | None = None
    alone: Mapping[str, LoneAct] = field(default_factory=dict)
    seconds: Mapping[str, str] = field(default_factory=dict)

    @property
    def unknown(self) -> Mapping[str, Unknown]:
        """The accounts that are not on the delegation log, by user."""
        return {} if self.said is None else {u.user: u for u in self.said.unknown}


# --- what travels -------------------------------------------------------------------------


def notice(said: Comparison) -> bytes:
    """What a reply carries: canonical JSON."""
    return dumps({"format": FORMAT, FIELD: said.json()})


def read(data: bytes) -> Comparison:
    """Reads the inverse of :func:`notice`; raises Damaged or NewerFormat."""
    outer = Fields.of(data, "a comparison of accounts", FORMAT)
    fields = outer.object(FIELD)
    outer.done()
    said = Comparison(
        seq=fields.number("seq", 1),
        at=fields.text("at", TIME),
        user=fields.text("user"),
        upto=fields.number("upto", 1),
        digest=fields.text("digest", DIGEST),
        unknown=tuple(_unknown(one) for one in fields.list("unknown")),
    )
    fields.done()
    return said


def _unknown(value: JSON) -> Unknown:
    fields = Fields(value, "an unknown account")
    found = Unknown(fields.text("user"), fields.text("text", _TEXT))
    fields.done()
    return found


# --- the sponsor's side -------------------------------------------------------------------


def last(conn: Connection, own: str, chain: str) -> Comparison | None:
    """The last comparison of a chain; None before the first."""
    record = statements.last(conn, own, MEANING, chain)
    return None if record is None else _said(record)


def _said(record: Record) -> Comparison:
    about: dict[str, JSON] = {
        "seq": record.header.seq, "at": record.header.at, "user": record.body["user"],
    }  # fmt: skip
    return Comparison.held({**statements.said(record), **about})


def unknown_on(conn: Connection, own: str, chain: str) -> frozenset[str]:
    """The users of a chain who are not on the delegation log, as far as somebody said so."""
    said = last(conn, own, chain)
    return frozenset() if said is None else frozenset(u.user for u in said.unknown)


class Unlisted:
    """:func:`unknown_on` for one chain after another, each looked up once."""

    def __init__(self, conn: Connection, own: str) -> None:
        self._conn: Final = conn
        self._own: Final = own
        self._found: Final[dict[str, frozenset[str]]] = {}

    def on(self, chain: str) -> frozenset[str]:
        """The users of a chain who are not on the delegation log."""
        if chain not in self._found:
            self._found[chain] = unknown_on(self._conn, self._own, chain)
        return self._found[chain]


def waiting(conn: Connection, own: str, chain: str) -> tuple[Listed, ...]:
    """The accounts of a chain that nobody has compared as they are now."""
    return _waiting(conn, _now(conn, chain), last(conn, own, chain))


def _now(conn: Connection, chain: str) -> Roster:
    return roster(conn, chain, store.head(conn, chain).seq)


def _waiting(conn: Connection, now: Roster, said: Comparison | None) -> tuple[Listed, ...]:
    if said is None:
        return now.accounts
    then = roster(conn, now.chain, said.upto)
    if then.digest != said.digest:  # content came later: nobody saw what stands there now
        return now.accounts
    return tuple(a for a in now.accounts if a.changed > said.upto)


def standings(session: Session, site: str | None = None) -> tuple[Standing, ...]:
    """The rosters of all chains held, or of those of one site.

    Raises:
        PermissionDenied: the role does not see the trail.
    """
    session.require("audit.see")
    own = session.folder.chain
    with session.reading() as conn:
        known = {(p.site, p.chain) for p in pins_on(conn) if p.holder is Holder.SITE}
        return tuple(
            _standing(conn, own, where, chain, session.study)
            for where, chain in sorted(known)
            if site in (None, where) and store.head(conn, chain).seq
        )


def _standing(conn: Connection, own: str, site: str, chain: str, study: Study) -> Standing:
    now, said = _now(conn, chain), last(conn, own, chain)
    heard = None if said is None else _heard(conn, own, chain, said.seq)
    told = tuple(lineage.of_kind(conn, chain, *alone.KINDS))
    keys = [a for a in by_one_person(conn, chain, told, study) if a.what is What.KEY]
    return Standing(
        site, now, said, _waiting(conn, now, said), signatures(conn, chain), heard,
        {act.user: act for act in keys}, _seconds(told),
    )  # fmt: skip


def _seconds(told: Iterable[Record]) -> Mapping[str, str]:
    last: dict[str, str] = {}
    for record in told:
        if record.kind is Kind.USER_CONFIRMED:
            last[str(record.body.get("user"))] = str(record.body.get("second") or "")
    return {user: second for user, second in last.items() if second}


_USERS: Final = "SELECT session, user FROM p_session WHERE chain = ?"


def by_one_person(
    conn: Connection, chain: str, told: Iterable[Record], study: Study
) -> tuple[LoneAct, ...]:
    """What one person does alone at a computer of a site now.

    Args:
        told: the records of its chain, as :func:`alone.lone_acts` takes them.
    """
    users = {str(s): str(u) for s, u in conn.exec_driver_sql(_USERS, (chain,))}
    return alone.lone_acts(told, users, asked=study.oversight.confirmed_by_another)


def _heard(conn: Connection, own: str, chain: str, seq: int) -> bool | None:
    """What the site recorded as a comparison came there."""
    for record in lineage.latest(conn, chain, Kind.REPLY_ADOPTED):
        told = record.body.get(FIELD)
        if record.body["store"] == own and isinstance(told, Mapping) and told.get("seq") == seq:
            return record.body.get(SAME_HERE) is True
    return None


def signatures(conn: Connection, chain: str) -> Mapping[str, int]:
    """How many signatures on forms were made on a chain, by user."""
    rows = conn.exec_driver_sql(
        'SELECT "user", count(*) FROM p_signature WHERE chain = ? GROUP BY "user"', (chain,)
    )
    return {str(user): int(n) for user, n in rows}


def compare(
    session: Session,
    digests: Sequence[str],
    password: str,
    *,
    language: Language,
    unknown: Collection[str] = (),
    words: str = "",
    known: Collection[str] = (),
) -> tuple[Standing, ...]:
    """Sign that rosters were compared with the delegation log, each named by its digest.

    Who was said to be unknown before stays so until said to be known.

    Args:
        digests: of the rosters that were looked at, or their first twelve digits and more.
        unknown: users who are not on the log; ``words`` tells the site what about them.
        known: users said to be unknown before, who are on the log now.

    Raises:
        PermissionDenied: the role does not manage trust.
        RosterChanged: a digest is that of no roster held now.
        UserUnknown: no such account on any of them.
        NotJudged: nobody said that this one is unknown.
        NoWords: accounts are unknown, and nothing is said about them.
        UndertakingMissing, NotConfirmed, WrongPassword, TryLater: nothing was signed.
    """
    session.require("trust.manage", signs=True)
    said = words.strip()
    if (unknown and not said) or len(said) > _LONGEST:
        raise NoWords
    held = standings(session)
    chosen = [_named(held, digest) for digest in dict.fromkeys(digests)]
    _all_there(chosen, unknown, known)
    sign = session.signer(password)

    def entries(conn: Connection) -> list[Entry]:
        made = []
        for one in chosen:
            if _now(conn, one.roster.chain).digest != one.roster.digest:
                raise RosterChanged(digest=one.roster.digest[:SHORTEST])
            made.append(stated(session, sign, MEANING, STATEMENT, language, about(one)))
        return made

    def about(one: Standing) -> Mapping[str, JSON]:
        stays = {u: w for u, w in one.unknown.items() if u not in known}
        new = {u: Unknown(u, said) for u in unknown if one.roster.of(u)}
        return {
            "site": one.site,
            "chain": one.roster.chain,
            "upto": one.roster.upto,
            "digest": one.roster.digest,
            "unknown": [u.json() for _, u in sorted({**stays, **new}.items())],
        }

    session.commit(entries)
    chains = {one.roster.chain for one in chosen}
    return tuple(s for s in standings(session) if s.roster.chain in chains)


def _named(held: Sequence[Standing], digest: str) -> Standing:
    found = [s for s in held if s.roster.digest.startswith(digest)]
    if len(digest) < SHORTEST or len(found) != 1:
        raise RosterChanged(digest=digest)
    return found[0]


def _all_there(
    chosen: Sequence[Standing], unknown: Collection[str], known: Collection[str]
) -> None:
    for user in unknown:
        if not any(one.roster.of(user) for one in chosen):
            raise UserUnknown(user)
    for user in known:
        if not any(user in one.unknown for one in chosen):
            raise NotJudged(user=user)
