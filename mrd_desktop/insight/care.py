"""How a site is looked after: its last package, its last backup, the last review of its trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault.session import Session

PACKAGE_EVERY = timedelta(days=31)
BACKUP_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Care:
    """Days since the last package and the last backup; None where there never was one.

    Attributes:
        package_at, backup_at: UTC times.
        review_days: since the last review of the audit trail, or since the records began.
        reviewed: there has been a review.
    """

    package_at: str | None
    backup_at: str | None
    package_days: int | None
    backup_days: int | None
    review_days: int = 0
    reviewed: bool = False

    @property
    def review_late(self) -> bool:
        """Longer than the review's own interval."""
        return self.review_days > limits().every.days

    @property
    def package_late(self) -> bool:
        """More than a month, or never."""
        return self.package_days is None or self.package_days > PACKAGE_EVERY.days

    @property
    def backup_late(self) -> bool:
        """More than a week, or never."""
        return self.backup_days is None or self.backup_days > BACKUP_EVERY.days


def care(session: Session) -> Care:
    """How the open site is looked after."""
    with session.reading() as conn:
        package = _last(conn, session, Kind.PACKAGE_SEALED)
        backup = _last(conn, session, Kind.BACKUP_MADE)
        reviewed = conn.exec_driver_sql(
            "SELECT max(at) FROM p_trail_review WHERE chain = ?", (session.folder.chain,)
        ).scalar()
        since = reviewed or store.record(conn, session.folder.chain, 1).header.at
    return Care(
        package,
        backup,
        _days(session, package),
        _days(session, backup),
        _days(session, since) or 0,
        reviewed is not None,
    )


def _last(conn: Connection, session: Session, kind: Kind) -> str | None:
    chain = session.folder.chain
    # From the end, and parsing only what holds the words: a site without backup is read whole.
    seq = conn.exec_driver_sql(
        "SELECT o.seq FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
        " WHERE c.chain = ? AND instr(CAST(o.payload AS TEXT), ?) > 0"
        " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = ?"
        " ORDER BY o.seq DESC LIMIT 1",
        (chain, f'"{kind.value}"', kind.value),
    ).scalar()
    return None if seq is None else store.record(conn, chain, int(seq)).header.at


def _days(session: Session, at: str | None) -> int | None:
    if at is None:
        return None
    return (session.today() - local_day(session, at)).days


def local_day(session: Session, at: str) -> date:
    """The local day of a UTC time of a record."""
    return session.clock.zone.local(at).date()
