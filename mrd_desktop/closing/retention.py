"""How long the records of a site are kept, and from which day on they may be destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mrd_desktop.closing.bundle import DATA
from mrd_desktop.ledger import store
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
        seqs = [lineage.last_of(conn, held, *DATA) for held in store.chains(conn)]
        found = [r.header.at for r in seqs if r is not None]
        at = max(found) if found else store.record(conn, chain, 1).header.at
    last = session.clock.zone.local(at).date()
    until = policy.retain_until or _later(last, policy.retention_years)
    return Retention(last, policy.retention_years, until)


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
