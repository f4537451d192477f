"""How a site is looked after: its last package, its last backup, the last review of its trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from mrd_desktop.deadlines import deadlines
from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.insight.drawn import KIND
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import heard, incidents, milestones, requests
from mrd_desktop.record.incidents import Incident
from mrd_desktop.record.requests import Request
from mrd_desktop.vault import abroad, account_review, compared, data_key, own_key
from mrd_desktop.vault.abroad import Standing
from mrd_desktop.vault.clock import Zone
from mrd_desktop.vault.session import Session

_REFUSED = (
    "SELECT max(json_extract(r.value, '$.number'))"
    " FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no,"
    " json_each(CAST(o.payload AS TEXT), '$.refusals') r"
    " WHERE c.chain = :chain AND o.seq > :seq"
    " AND instr(CAST(o.payload AS TEXT), '\"reply.adopted\"') > 0"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'reply.adopted'"
)
_CONFIRMED = (
    "SELECT 1 FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no,"
    " json_each(CAST(o.payload AS TEXT), '$.messages') m"
    " WHERE c.chain = :chain AND o.seq > :seq"
    " AND instr(CAST(o.payload AS TEXT), '\"reply.adopted\"') > 0"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'reply.adopted'"
    " AND json_extract(m.value, '$.type') = 'receipt'"
    " AND json_extract(json_extract(m.value, '$.receipt'), '$.package') = :package LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Care:
    """Days since the last package and the last backup; None where there never was one.

    Attributes:
        package_at, backup_at: UTC times.
        review_days: since the last review of the audit trail, or since the records began.
        reviewed: there has been a review.
        receipt_days: since the last package was made; None once the sponsor has confirmed it.
        drill_days: since the last restore drill, or since the records began; None where none is
            asked for, in practice.
        drilled: there has been a restore drill.
        refused: number of a package that the sponsor did not take, told since the last one was
            made; None once that one is confirmed.
        accounts_due: the last day of the next review of accounts; None where none is asked for.
        milestones: those of the study, as they stand.
        requests: of participants, not answered yet.
        incidents: not closed yet.
        key_waits: the site has a new key, which the next package tells of.
        words: how many of the sponsor's nobody here has said to have read.
        accounts: what the sponsor says of accounts here, where one is unknown or the list another.
        samples: subjects of whom it is recorded what is asked for their samples.
        key_due: the last day of the next change of the data key; None where none is asked for.
        key_saved: a backup was made since the data key was last changed.
        recipient: of a live site's sponsors the one of whom something is to be said by two people.
        now: the moment (UTC) at which this was found, ``today`` its day in ``zone``.
    """

    package_at: str | None
    backup_at: str | None
    package_days: int | None
    backup_days: int | None
    review_days: int = 0
    reviewed: bool = False
    receipt_days: int | None = None
    refused: int | None = None
    accounts_due: date | None = None
    today: date = date.min
    milestones: tuple[milestones.Standing, ...] = ()
    requests: tuple[Request, ...] = ()
    incidents: tuple[Incident, ...] = ()
    drill_days: int | None = None
    drilled: bool = False
    key_waits: bool = False
    words: int = 0
    samples: frozenset[str] = frozenset()
    now: str = ""
    zone: Zone | None = None
    accounts: tuple[compared.Finding, ...] = ()
    recipient: Standing | None = None
    key_due: date | None = None
    key_saved: bool = True

    @property
    def review_late(self) -> bool:
        """Longer than the review's own interval."""
        return self.review_days > limits().every.days

    @property
    def package_late(self) -> bool:
        """Longer than packages are apart, or never."""
        return self.package_days is None or self.package_days > deadlines().package

    @property
    def package_overdue(self) -> bool:
        """Longer than any interval, with days to carry it."""
        return self.package_days is not None and self.package_days >= deadlines().package_overdue

    @property
    def receipt_late(self) -> bool:
        """A package has waited for its receipt longer than one takes."""
        return self.receipt_days is not None and self.receipt_days > deadlines().receipt

    @property
    def backup_late(self) -> bool:
        """Longer than backups are apart, or never."""
        return self.backup_days is None or self.backup_days > deadlines().backup

    @property
    def drill_late(self) -> bool:
        """Longer than restore drills are apart."""
        return self.drill_days is not None and self.drill_days > deadlines().drill


def care(session: Session) -> Care:
    """How the open site is looked after."""
    with session.reading() as conn:
        sent = _last(conn, session, Kind.PACKAGE_SEALED)
        made = _last(conn, session, Kind.BACKUP_MADE)
        reviewed = conn.exec_driver_sql(
            "SELECT max(at) FROM p_trail_review WHERE chain = ?", (session.folder.chain,)
        ).scalar()
        confirmed = sent is None or _confirmed(conn, session.folder.chain, sent)
        refused = None if confirmed or sent is None else _refused(conn, sent)
        of_people = requests.standing(conn)
        asked = tuple(r for r in of_people if r.answer is None)
        samples = frozenset(r.subject for r in of_people if r.want == KIND)
        open_incidents = tuple(i for i in incidents.standing(conn) if i.closed is None)
        drilled = _last(conn, session, Kind.RESTORE_DONE)
        words = len(heard.unread(conn, session.folder.chain))
        begun = store.record(conn, session.folder.chain, 1).header.at
        key_waits = own_key.since(conn) is not None
        recipient = abroad.pressing(abroad.guarded(session, conn))
    accounts, key = account_review.standing(session), data_key.standing(session)
    package = None if sent is None else sent.header.at
    backup = None if made is None else made.header.at
    return Care(
        package,
        backup,
        _days(session, package),
        _days(session, backup),
        _days(session, reviewed or begun) or 0,
        reviewed is not None,
        None if confirmed else _days(session, package),
        refused,
        accounts.due if accounts.asked else None,
        session.today(),
        milestones.standings(session),
        asked,
        open_incidents,
        None
        if session.folder.training
        else _days(session, drilled.header.at if drilled else begun),
        drilled is not None,
        key_waits,
        words,
        samples,
        session.now(),
        session.clock.zone,
        tuple(f for f in compared.findings(session) if f.worrying),
        recipient,
        key.due if key.asked else None,
        key.saved,
    )


def _last(conn: Connection, session: Session, kind: Kind) -> Record | None:
    chain = session.folder.chain
    # From the end, and parsing only what holds the words: a site without backup is read whole.
    seq = conn.exec_driver_sql(
        "SELECT o.seq FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
        " WHERE c.chain = ? AND instr(CAST(o.payload AS TEXT), ?) > 0"
        " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = ?"
        " ORDER BY o.seq DESC LIMIT 1",
        (chain, f'"{kind.value}"', kind.value),
    ).scalar()
    return None if seq is None else store.record(conn, chain, int(seq))


def _confirmed(conn: Connection, chain: str, sent: Record) -> bool:
    """Whether a receipt for a package came after it; only what came after it is read."""
    wanted = {"chain": chain, "seq": sent.header.seq, "package": str(sent.body["manifest"])}
    return conn.execute(text(_CONFIRMED), wanted).first() is not None


def _refused(conn: Connection, sent: Record) -> int | None:
    """What replies since the last package told of packages that were not taken."""
    wanted = {"chain": sent.header.chain, "seq": sent.header.seq}
    found = conn.execute(text(_REFUSED), wanted).scalar()
    return None if found is None else int(found)


def _days(session: Session, at: str | None) -> int | None:
    if at is None:
        return None
    return (session.today() - local_day(session, at)).days


def local_day(session: Session, at: str) -> date:
    """The local day of a UTC time of a record."""
    return session.clock.zone.local(at).date()
