"""What a store knows: how far each site has come, and where a value came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import alone, handing, incidents
from mrd_desktop.record.alone import LoneAct, What
from mrd_desktop.record.critical import unseen
from mrd_desktop.record.editions import edition, saved_under
from mrd_desktop.record.entries import answer_of
from mrd_desktop.record.handing import Apart
from mrd_desktop.record.incidents import Incident
from mrd_desktop.record.owning import moved_with, standing_of
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Item, Study
from mrd_desktop.texts import Text
from mrd_desktop.transfer import delegation, lineage, whereabouts
from mrd_desktop.transfer.asking import StoreQuery, standing
from mrd_desktop.transfer.branches import Fork, forks
from mrd_desktop.transfer.errors import NothingHeld
from mrd_desktop.transfer.manifest import Point
from mrd_desktop.transfer.receive import missing_of
from mrd_desktop.transfer.reply import owned
from mrd_desktop.vault.clock import BACK_STEP, moment, stamp
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, pins_on

_DEFINITION: Final = (
    "SELECT definition FROM p_form WHERE chain = ? AND definition IS NOT NULL"
    " ORDER BY saved_seq DESC LIMIT 1"
)
_EDITIONS: Final = (
    "SELECT definition, count(*) FROM p_form WHERE chain = ? AND definition IS NOT NULL"
    " GROUP BY definition ORDER BY min(saved_seq)"
)
_REVIEWED: Final = "SELECT max(upto) FROM p_trail_review WHERE chain = ?"
_TOLD: Final = (
    Kind.SIGNATURE_MADE,
    Kind.DEFINITION_INSTALLED,
    Kind.BACKUP_MADE,
    Kind.PACKAGE_BEGUN,
    *alone.KINDS,
)
_HELD: Final = "SELECT 1 FROM p_subject WHERE subject = ?"
_WHO: Final = "SELECT user, role FROM p_session WHERE session = ?"


@dataclass(frozen=True, slots=True)
class Edition:
    """A definition as a site uses it.

    Attributes:
        version: None where the store holds nothing that tells it.
        forms: how many forms stand as they were last saved under it.
        in_force: the site works under it now, as far as packages tell.
    """

    digest: str
    version: str | None
    forms: int
    in_force: bool

    def json(self) -> Mapping[str, JSON]:
        """For the command line."""
        return {
            "digest": self.digest,
            "version": self.version,
            "forms": self.forms,
            "in_force": self.in_force,
        }


@dataclass(frozen=True, slots=True)
class Ahead:
    """A package with records that are later than its arrival: one of the two clocks is wrong.

    Attributes:
        records: how many are.
        minutes: by how much the last one is.
        since: number of the first of them in its chain.
    """

    package: int
    records: int
    minutes: int
    since: int

    def json(self) -> Mapping[str, JSON]:
        """For the command line."""
        return {
            "package": self.package,
            "records": self.records,
            "minutes": self.minutes,
            "since": self.since,
        }


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """How far a store has come with one chain of a site.

    Attributes:
        last_package: number of the last package taken; None before the first.
        last_at: when it was taken.
        head_at: when the last record held was written there.
        lag_days: days since then, by the store's clock; None before the first package.
        missing: packages found missing and not come since.
        head: where the chain held ends; None before the first package.
        definition: digest under which its latest form was saved.
        open_queries: asked and not answered; ``answered_queries`` wait for somebody to close them.
        exceptions: accounts that join duties kept apart elsewhere, and keys that one person
            confirmed alone, each with its reason.
        backup_at: when the site last made a backup on another disk, as far as packages tell.
        reviewed_upto: the last record covered by a signed review of the trail; 0 before the first.
        losses: times at which somebody signed for records that are missing there.
        editions: the definitions that it uses or has used.
        awaited: subjects it received from another computer of the site whose package is missing.
        apart: what it recorded about subjects that another computer owned.
        conflicts: subjects that it and another computer claim.
        overdue: reviews, keys and milestones that were late there when its last package was made.
        failed: how many sign-ins failed there between its last two packages, as the last one says.
        incidents: of it, not closed as far as packages tell, each with its clocks.
        asked_at: the store's time, against which clocks are held.
        forks: packages that contradicted what is held, and what two people decided.
        ahead: packages with records later than their arrival; none where time is for practice.
        uncompared: accounts that nobody has held against the delegation log as they are now.
        unknown: accounts that are not on it, each with the number of its signatures on forms.
        unseen: critical values that nobody but who entered them has looked at, as packages tell.
    """

    site: str
    chain: str
    last_package: int | None
    last_at: str | None
    missing: tuple[int, ...]
    head: Point | None
    open_queries: int
    answered_queries: int
    definition: str | None
    exceptions: tuple[str, ...] = ()
    backup_at: str | None = None
    reviewed_upto: int = 0
    losses: tuple[str, ...] = ()
    editions: tuple[Edition, ...] = ()
    head_at: str | None = None
    lag_days: int | None = None
    awaited: tuple[str, ...] = ()
    apart: tuple[Apart, ...] = ()
    conflicts: tuple[str, ...] = ()
    overdue: tuple[str, ...] = ()
    failed: int = 0
    incidents: tuple[Incident, ...] = ()
    asked_at: str = ""
    forks: tuple[Fork, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    uncompared: tuple[str, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    unseen: int = 0

    def json(self) -> Mapping[str, JSON]:
        """For the command line."""
        return {
            "site": self.site,
            "chain": self.chain,
            "last_package": self.last_package,
            "last_at": self.last_at,
            "missing": self.missing,
            "head_at": self.head_at,
            "lag_days": self.lag_days,
            "head": None if self.head is None else self.head.json(),
            "open_queries": self.open_queries,
            "answered_queries": self.answered_queries,
            "definition": self.definition,
            "exceptions": list(self.exceptions),
            "backup_at": self.backup_at,
            "reviewed_upto": self.reviewed_upto,
            "losses": list(self.losses),
            "definitions": [e.json() for e in self.editions],
            "awaited": list(self.awaited),
            "apart": [{"subject": a.subject, "records": a.records} for a in self.apart],
            "conflicts": list(self.conflicts),
            "overdue": list(self.overdue),
            "failed_sign_ins": self.failed,
            "forks": [f.json() for f in self.forks],
            "ahead": [a.json() for a in self.ahead],
            "accounts_uncompared": list(self.uncompared),
            "accounts_unknown": [{"user": u, "signatures": n} for u, n in self.unknown.items()],
            "critical_unseen": self.unseen,
            "incidents": [_incident(i, self.asked_at) for i in self.incidents],
        }


def status(session: Session) -> tuple[SiteStatus, ...]:
    """Every chain whose key is trusted, by site."""
    with session.reading() as conn:
        own = session.folder.chain
        came = lineage.received(conn, own)
        known = {(p.site, p.chain) for p in pins_on(conn) if p.active and p.holder is Holder.SITE}
        known |= {(r.site, r.chain) for r in came}
        # The clocks of training folders are chosen: they say nothing of one another.
        asked, real = standing(conn, own), not session.folder.training
        found = []
        for site, chain in sorted(known):
            mine = [r for r in came if r.chain == chain]
            state = _status(conn, own, site, chain, mine, asked, session.now(), session.study)
            waiting = sum(one.values for one in unseen(conn, session.study, chain))
            ahead = ahead_of(conn, mine) if real else ()
            found.append(replace(state, ahead=ahead, unseen=waiting))
        return tuple(found)


def ahead_of(conn: Connection, came: Sequence[lineage.Received]) -> tuple[Ahead, ...]:
    """The packages of a chain with records later than their arrival, beyond the tolerance.

    The sponsor's clock is the upper bound of a site's (R-TIM-03); no clock is a judge.
    """
    found = []
    for package in came:
        bound = stamp(moment(package.at) + BACK_STEP)
        last = store.record(conn, package.chain, package.after.seq).header
        if last.at <= bound:
            continue
        low, high = package.before.seq + 1, package.after.seq
        while low < high:  # times never go back within a chain
            middle = (low + high) // 2
            if store.record(conn, package.chain, middle).header.at > bound:
                high = middle
            else:
                low = middle + 1
        late = moment(last.at) - moment(package.at)
        minutes = int(late.total_seconds() // 60)
        found.append(Ahead(package.number, package.after.seq - low + 1, minutes, low))
    return tuple(found)


def _status(
    conn: Connection,
    own: str,
    site: str,
    chain: str,
    came: Sequence[lineage.Received],
    asked: Sequence[StoreQuery],
    now: str,
    study: Study,
) -> SiteStatus:
    head = store.head(conn, chain)
    subjects = owned(conn, chain)
    states = Counter(
        q.state for q in asked if q.chain == chain or (q.chain == own and q.subject in subjects)
    )
    told = tuple(lineage.of_kind(conn, chain, *_TOLD))
    return SiteStatus(
        site,
        chain,
        came[-1].number if came else None,
        came[-1].at if came else None,
        missing_of(conn, chain),
        Point(head.seq, head.digest.hex()) if head.seq else None,
        states["open"],
        states["answered"],
        conn.exec_driver_sql(_DEFINITION, (chain,)).scalar(),
        tuple(map(_exception, delegation.by_one_person(conn, chain, told, study))),
        _last_backup(told),
        int(conn.exec_driver_sql(_REVIEWED, (chain,)).scalar() or 0),
        tuple(r.header.at for r in told if r.kind is Kind.SIGNATURE_MADE and "loss" in r.body),
        _editions(conn, chain, told),
        head.at if head.seq else None,
        _days(head.at, now) if head.seq else None,
        overdue=_overdue(told),
        failed=_failed(told),
        incidents=tuple(
            i for i in incidents.standing(conn) if i.by.chain == chain and i.closed is None
        ),
        asked_at=now,
        forks=forks(conn, own, chain),
        uncompared=tuple(a.user for a in delegation.waiting(conn, own, chain)),
        unknown=_unknown(conn, own, chain),
        **_between(conn, chain),
    )


def _unknown(conn: Connection, own: str, chain: str) -> Mapping[str, int]:
    found = sorted(delegation.unknown_on(conn, own, chain))
    signed = delegation.signatures(conn, chain) if found else {}
    return {user: signed.get(user, 0) for user in found}


def _incident(incident: Incident, now: str) -> Mapping[str, JSON]:
    """An open incident for the command line; ``told`` is null while nothing is recorded."""
    return {
        "seq": incident.by.seq,
        "what": incident.what,
        "what_en": incident.name.en,
        "what_zh": incident.name.zh,
        "discovered": incident.discovered,
        "persons": incident.persons,
        "text": incident.text,
        "clocks": [
            {
                "clock": due.clock.oid,
                "until": due.until,
                "told": None if due.step is None else due.step.moment,
                "needed": due.step is None or due.step.moment is not None,
                "overdue": due.overdue(now),
                "late": due.late,
            }
            for due in incident.clocks
        ],
    }


def _days(since: str, now: str) -> int:
    return max((datetime.fromisoformat(now) - datetime.fromisoformat(since)).days, 0)


def _between(conn: Connection, chain: str) -> dict[str, Any]:
    """What a chain has to do with the other computers of its site."""
    now = {s: standing_of(conn, s) for s in sorted(moved_with(conn, chain))}
    claims = {s: (*n.rivals, *n.doubled) for s, n in now.items()}
    return {
        "awaited": tuple(s for s, n in now.items() if any(f.chain == chain for f in n.waiting)),
        "apart": tuple(a for a in handing.apart(conn) if a.chain == chain),
        "conflicts": tuple(
            s for s, n in now.items()
            if claims[s] and chain in (n.owner, *(f.chain for f in claims[s]))
        ),
    }  # fmt: skip


def _editions(conn: Connection, chain: str, told: Sequence[Record]) -> tuple[Edition, ...]:
    """Definitions under which forms stand saved, and the one installed last."""
    versions: dict[str, str] = {}
    last = ""
    for record in told:
        if record.kind is not Kind.DEFINITION_INSTALLED:
            continue
        last = str(record.body["digest"])
        versions[last] = str(record.body["version"])
    forms = {str(d): int(n) for d, n in conn.exec_driver_sql(_EDITIONS, (chain,))}
    known = dict.fromkeys((*forms, *versions))
    return tuple(Edition(d, versions.get(d), forms.get(d, 0), d == last) for d in known)


def _last_backup(told: Sequence[Record]) -> str | None:
    """When a backup was last made on another disk than the data's."""
    made = (r for r in told if r.kind is Kind.BACKUP_MADE and r.body.get("apart"))
    return max((r.header.at for r in made), default=None)


def _overdue(told: Sequence[Record]) -> tuple[str, ...]:
    begun = [r.body for r in told if r.kind is Kind.PACKAGE_BEGUN]
    late = begun[-1].get("overdue") if begun else None
    return tuple(str(x) for x in late) if isinstance(late, list) else ()


def _failed(told: Sequence[Record]) -> int:
    begun = [r.body for r in told if r.kind is Kind.PACKAGE_BEGUN]
    count = begun[-1].get("failed") if begun else None
    return count if isinstance(count, int) else 0


def _exception(act: LoneAct) -> str:
    """``user role: reason``, or ``user confirmed by ADMIN alone: reason``."""
    said = act.of if act.what is What.ROLE else f"confirmed by {act.of} alone"
    return f"{act.user} {said}: {act.why}"


@dataclass(frozen=True, slots=True)
class Trace:
    """One value that stood at a data point.

    Attributes:
        value: as recorded; several codes as a tuple; None where a reason stands or it was cleared.
        package: number of the package that brought its content; None for what is not held.
        version: of the definition in whose words it was recorded, as ``question`` and ``meaning``
            of a code are.
        unknown: somebody at the store said that its user is not on the delegation log.
    """

    at: str
    user: str
    role: str
    value: str | tuple[str, ...] | None
    missing: str | None
    reason: Mapping[str, JSON] | None
    package: int | None
    seq: int
    version: str | None
    question: Text
    meaning: Text | None
    unknown: bool = False

    def json(self) -> Mapping[str, JSON]:
        """For the command line."""
        return {
            "at": self.at,
            "user": self.user,
            "role": self.role,
            "value": self.value,
            "missing": self.missing,
            "reason": self.reason,
            "package": self.package,
            "seq": self.seq,
            "version": self.version,
            "question_en": self.question.en,
            "question_zh": self.question.zh,
            "meaning_en": self.meaning.en if self.meaning else None,
            "meaning_zh": self.meaning.zh if self.meaning else None,
            "unknown_account": self.unknown,
        }


def trace(session: Session, key: ItemKey) -> tuple[Trace, ...]:
    """Every value recorded at a data point, oldest first: who, when, why, in which package.

    Raises:
        NothingHeld: of a subject that the store does not hold.
    """
    with session.reading() as conn:
        own = session.folder.chain
        late = [chain for chain in whereabouts.behind(conn) if chain != own]
    if late:  # a store of an older program, or restored from its backup
        with session.writing() as conn:
            for chain in late:
                whereabouts.follow(conn, chain)
    with session.reading() as conn:
        if conn.exec_driver_sql(_HELD, (key.row.form.subject,)).first() is None:
            raise NothingHeld(str(key))
        found = _traces(conn, key, lineage.received(conn, own), session.study)
        unknown = delegation.Unlisted(conn, own)
        return tuple(replace(t, unknown=t.user in unknown.on(chain)) for chain, t in found)


def _traces(
    conn: Connection, key: ItemKey, came: Sequence[lineage.Received], held: Study
) -> Iterator[tuple[str, Trace]]:
    """Each value with the chain that holds it."""
    for record in whereabouts.records_at(conn, key):
        h, body = record.header, record.body
        who = conn.exec_driver_sql(_WHO, (h.session,)).first()
        user, role = ("", "") if who is None else (str(who[0]), str(who[1]))
        value, missing, reason = body.get("value"), body.get("missing"), body.get("reason")
        under = saved_under(conn, record)
        words = edition(conn, under, held)
        item = words.by_form[key.form.form].by_group[key.row.group].by_name[key.item]
        answer = answer_of(body)
        codes = answer.codes if answer is not None and item.codelist is not None else ()
        yield h.chain, Trace(
            h.at,
            user,
            role,
            value if isinstance(value, str) or value is None else tuple(map(str, _list(value))),
            missing if isinstance(missing, str) else None,
            reason if isinstance(reason, Mapping) else None,
            lineage.brought(came, h.chain, h.seq),
            h.seq,
            words.version if words.digest == under else None,
            item.text,
            _meaning(item, codes),
        )  # fmt: skip


def _meaning(item: Item, codes: Sequence[str]) -> Text | None:
    """What codes meant when they were recorded; None where there are none."""
    known = item.codelist.by_code if item.codelist is not None else {}
    texts = [known[c].text if c in known else Text(c, c) for c in codes]
    if not texts:
        return None
    return Text("; ".join(t.en for t in texts), "；".join(t.zh for t in texts))


def _list(value: JSON) -> Sequence[JSON]:
    assert isinstance(value, Sequence)
    return value
