"""How long the records of a site are kept, and from which day on they may be destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.transfer import lineage
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Retention:
    """The policy of the study at this site.

    Attributes:
        last: local day of the last record about a subject; that of the first record of all where
            there never was one.
        until: the last day on which everything is to be kept.
    """

    last: date
    years: int
    until: date

    def over(self, today: date) -> bool:
        """Whether the records may be destroyed."""
        return today > self.until


def retention(session: Session) -> Retention:
    """The last day of retention by the definition in force; a day that it names decides alone."""
    policy, chain = session.study.oversight, session.folder.chain
    with session.reading() as conn:
        # Packages and receipts are no data; a record that was taken in from elsewhere is.
        latest = [_last(conn, held) for held in store.chains(conn)]
        found = [r.header.at for r in latest if r is not None]
        at = max(found) if found else store.record(conn, chain, 1).header.at
    last = session.clock.zone.local(at).date()
    until = policy.retain_until or _later(last, policy.retention_years)
    return Retention(last, policy.retention_years, until)


def _last(conn: Connection, chain: str) -> Record | None:
    """The last record about a subject on a chain; a signature without an address is of none."""
    found = lineage.latest(conn, chain, *_ABOUT_A_SUBJECT)
    return next(
        (r for r in found if r.kind is not Kind.SIGNATURE_MADE or "address" in r.body), None
    )


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


_ABOUT_A_SUBJECT: Final = (
    Kind.SUBJECT_CREATED, Kind.SUBJECT_HANDED, Kind.SUBJECT_RECEIVED, Kind.EVENT_ADDED,
    Kind.EVENT_REMOVED, Kind.EVENT_RESTORED, Kind.FORM_ADDED, Kind.FORM_REMOVED,
    Kind.FORM_RESTORED, Kind.ROW_ADDED, Kind.ROW_REMOVED, Kind.ROW_RESTORED, Kind.FORM_SAVED,
    Kind.FORM_FROZEN, Kind.FORM_LOCKED, Kind.FORM_UNLOCKED, Kind.ITEM_SET, Kind.ENTRY_REFUSED,
    Kind.ENTRY_SUPERSEDED, Kind.CHECK_OUTCOME, Kind.CHECK_ANSWERED, Kind.QUERY_OPENED,
    Kind.QUERY_ANSWERED, Kind.QUERY_CLOSED, Kind.QUERY_REOPENED, Kind.SDV_MARKED,
    Kind.SIGNATURE_MADE, Kind.NOTE_ADDED, Kind.REDACTION_DONE, Kind.LINK_DESTROYED,
    Kind.INCIDENT_NOTED,
)  # fmt: skip
"""What the time of retention is reckoned from."""
