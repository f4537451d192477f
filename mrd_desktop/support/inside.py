"""What an open session tells: counts, verdicts, times. Nothing of it is about a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError, printable
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import incidents
from mrd_desktop.record.names import names_somebody
from mrd_desktop.support.content import (
    Backups,
    Check,
    Clock,
    Count,
    Definition,
    Failed,
    Inside,
    Kept,
    Package,
    Pragma,
    Report,
    State,
    Users,
)
from mrd_desktop.support.fields import (
    Code,
    Digest,
    FaultKind,
    Moment,
    Offset,
    SiteNumber,
    Version,
    Words,
)
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checking import verify_around
from mrd_desktop.transfer.reply import receipts, refused
from mrd_desktop.vault import rota
from mrd_desktop.vault.accounts import accounts
from mrd_desktop.vault.clock import moment
from mrd_desktop.vault.clock_note import behind
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session

_Part = TypeVar("_Part")
_LAST: Final = 5
"""Backups and packages that are told one by one."""
_COUNTS: Final = {
    "records": "SELECT count(*) FROM ledger_header",
    "chains": "SELECT count(*) FROM ledger_chain",
    "sessions": "SELECT count(*) FROM p_session",
    "subjects": "SELECT count(*) FROM p_subject",
    "visits": "SELECT count(*) FROM p_event WHERE removed = 0",
    "forms": "SELECT count(*) FROM p_form WHERE removed = 0",
    "rows": "SELECT count(*) FROM p_row WHERE removed = 0",
    "values": "SELECT count(*) FROM p_item",
    "signatures": "SELECT count(*) FROM p_signature",
    "notes": "SELECT count(*) FROM p_note",
    "ranges": "SELECT count(*) FROM p_labrange",
    "drafts": "SELECT count(*) FROM draft",
    "definitions": "SELECT count(*) FROM definition",
    "queries_open": "SELECT count(*) FROM p_query WHERE state = 'open'",
    "queries_answered": "SELECT count(*) FROM p_query WHERE state = 'answered'",
    "queries_closed": "SELECT count(*) FROM p_query WHERE state = 'closed'",
}
_KINDS: Final = {
    "packages_sent": Kind.PACKAGE_SEALED,
    "packages_voided": Kind.PACKAGE_VOIDED,
    "packages_received": Kind.PACKAGE_RECEIVED,
    "replies_taken": Kind.REPLY_ADOPTED,
    "backups_made": Kind.BACKUP_MADE,
    "sign_ins_failed": Kind.SIGNIN_FAILED,
}


class Asking:
    """Asks part after part; one that fails is told by its code and holds no other up."""

    def __init__(self) -> None:
        self.failed: list[Failed] = []

    def of(self, part: str, act: Callable[[], _Part]) -> _Part | None:
        """What a part gives; None where it failed, which may be the very matter of the file."""
        try:
            return act()
        except MrdError as refusal:
            self.failed.append(Failed(Code.of(part), Code.of(refusal.code), None))
        except Exception as fault:
            kind = FaultKind.of(type(fault).__name__)
            self.failed.append(Failed(Code.of(part), None, kind))
        return None


def inside(session: Session, asking: Asking) -> Inside:
    """Every part that this session may ask; checks only where the role may verify."""
    verifies = session.allows("verify")
    return Inside(
        role=Code.of(session.role),
        definition=asking.of("definition", lambda: _definition(session)),
        state=asking.of("state", lambda: _state(session)),
        clock=asking.of("clock", lambda: _clock(session)),
        counts=asking.of("counts", lambda: tuple(_counts(session))),
        users=asking.of("users", lambda: tuple(_users(session))),
        checks=asking.of("checks", lambda: _checks(session)) if verifies else None,
        pragmas=asking.of("pragmas", lambda: tuple(_pragmas(session))),
        backups=asking.of("backups", lambda: _backups(session)),
        packages=asking.of("packages", lambda: _packages(session)),
        reports=asking.of("reports", lambda: tuple(_reports(session))) if verifies else None,
    )


def _definition(session: Session) -> Definition:
    with session.reading() as conn:
        known = _number(conn, _COUNTS["definitions"])
    study = session.study
    return Definition(Version.of(study.version), Digest.of(study.digest), known)


def _state(session: Session) -> State:
    return State(
        live=not session.folder.training,
        activated=session.activation is not None,
        not_live=session.not_live is not None,
        held=session.hold is not None,
        altered=session.altered is not None,
        unreleased=session.unreleased is not None,
        reserve_spent=session.reserve_spent,
    )


def _clock(session: Session) -> Clock:
    clock, refusal = session.clock, behind(session)
    ahead = None
    if clock.last:
        ahead = int((clock.wall() - moment(clock.last)).total_seconds())
    return Clock(
        quality=Code.of(clock.quality()),
        utc_offset=Offset.of(clock.zone.offset),
        ahead_of_records=ahead,
        refused=None if refusal is None else Code.of(refusal.code),
    )


def _counts(session: Session) -> Iterator[Count]:
    chain = session.folder.chain
    with session.reading() as conn:
        for name, sql in _COUNTS.items():
            yield Count(Code.of(name), _number(conn, sql))
        for name, kind in _KINDS.items():
            yield Count(Code.of(name), sum(1 for _ in lineage.of_kind(conn, chain, kind)))


def _users(session: Session) -> Iterator[Users]:
    with session.reading() as conn:
        found = accounts(conn)
    opened = Counter(a.role for a in found if not a.closed)
    closed = Counter(a.role for a in found if a.closed)
    confirmed = Counter(a.role for a in found if a.confirmed and not a.closed)
    for role in sorted({*opened, *closed}):
        yield Users(Code.of(role), opened[role], closed[role], confirmed[role])


def _checks(session: Session) -> tuple[Check, ...]:
    return tuple(Check(Code.of(c.name), c.ok) for c in verify_around(session))


def _pragmas(session: Session) -> Iterator[Pragma]:
    for name, value in session.database.pragmas().items():
        said = str(value)
        number = int(said) if said.isdecimal() else None
        yield Pragma(Code.of(name), number, None if number is not None else Code.of(said))


def _backups(session: Session) -> Backups:
    stands = rota.standing(session)
    with session.reading() as conn:
        kinds = (Kind.BACKUP_MADE, Kind.RESTORE_DONE)
        last = list(islice(lineage.latest(conn, session.folder.chain, *kinds), _LAST))
    return Backups(
        chosen=stands.target is not None,
        present=stands.present,
        late=stands.late,
        very_late=stands.very_late,
        last=tuple(map(_kept, last)),
    )


def _kept(record: Record) -> Kept:
    body = record.body
    drill = body.get("drill") is True
    act = "made" if record.kind is Kind.BACKUP_MADE else "drill" if drill else "restored"
    apart = body.get("apart")
    return Kept(
        act=Code.of(act),
        at=Moment.of(record.header.at),
        bytes=_count(body.get("size")),
        apart=apart if isinstance(apart, bool) else None,
        behind=_count(body.get("missing")),
    )


def _packages(session: Session) -> tuple[Package, ...]:
    if session.folder.kind is FolderKind.STORE:
        return tuple(_taken(session))
    confirmed = {r.package for r in receipts(session)}
    not_taken = {(r.number, r.package): r.code for r in refused(session)}
    with session.reading() as conn:
        kinds = (Kind.PACKAGE_SEALED, Kind.PACKAGE_VOIDED)
        last = list(islice(lineage.latest(conn, session.folder.chain, *kinds), _LAST))
    return tuple(_sent(session.folder.site, r, confirmed, not_taken) for r in last)


def _sent(
    site: str, record: Record, confirmed: set[str], not_taken: dict[tuple[int, str | None], str]
) -> Package:
    body = record.body
    number, manifest = _count(body.get("number")) or 0, body.get("manifest")
    verdict = not_taken.get((number, str(manifest)), "unanswered")
    if record.kind is Kind.PACKAGE_VOIDED:
        verdict = "voided"
    elif manifest in confirmed:
        verdict = "confirmed"
    withheld = body.get("withheld")
    held = withheld if isinstance(withheld, dict) else {}
    return Package(
        site=SiteNumber.of(site),
        number=number,
        at=Moment.of(record.header.at),
        verdict=Code.of(verdict),
        records=_count(body.get("records")),
        opened=_count(body.get("opened")),
        withheld=tuple(Count(Code.of(why), _count(n) or 0) for why, n in sorted(held.items())),
        manifest=None if manifest is None else Digest.of(manifest),
    )


def _taken(session: Session) -> Iterator[Package]:
    """The last packages that a store took in, of every chain."""
    with session.reading() as conn:
        found = lineage.received(conn, session.folder.chain)
    for chain in dict.fromkeys(r.chain for r in found):
        for one in [r for r in found if r.chain == chain][-_LAST:]:
            yield Package(
                site=SiteNumber.of(one.site),
                number=one.number,
                at=Moment.of(one.at),
                verdict=Code.of("received"),
                records=one.records,
                opened=one.opened,
                withheld=(),
                manifest=Digest.of(one.package),
            )


def _reports(session: Session) -> Iterator[Report]:
    """The problems with the program that were reported here, the latest first.

    Their words are held against every identity once more, as before they go into a package: some
    may have come since. At a site only whoever has the vault key can do that.
    """
    checked = _can_check(session)
    with session.reading() as conn:
        found = incidents.standing(conn)
    for one in found:
        if one.what == incidents.PROGRAM and one.by.chain == session.folder.chain:
            named = names_somebody(session, one.text)
            yield Report(
                number=one.number,
                at=Moment.of(one.at),
                closed=None if one.closed is None else Moment.of(one.closed.at),
                checked=checked,
                named=named,
                words=None if named or not checked else Words.of(printable(one.text)),
            )


def _can_check(session: Session) -> bool:
    return session.has_vault or session.folder.kind is not FolderKind.SITE


def _number(conn: Connection, sql: str) -> int:
    return int(conn.exec_driver_sql(sql).scalar_one())


def _count(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
