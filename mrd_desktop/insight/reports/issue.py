"""The stamp of a print: who, when, which copy, of which state of the records; and its record.

Every print is recorded before it exists (class site: the record never leaves). Copies are counted
by kind, subject and what the report is about.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

PREVIEW = 0
"""The copy number of what is only looked at."""

_SHORT = 12


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every page of a print carries.

    Attributes:
        at: local time with its distance from UTC, ``2027-06-30 17:12 +08:00``.
        copy: running number; 0 for a preview.
        head: sequence number and first digits of the last record the print could know.
        definition: version and first digits of the digest of the study definition.
    """

    site: str
    name: str
    study: str
    user: str
    role: Text
    at: str
    copy: int
    head: str
    definition: str
    program: str
    training: bool


def preview(session: Session, report: Report) -> Stamp:
    """The stamp of a report that is looked at and not printed. Writes nothing."""
    return _stamp(session, PREVIEW)


def issue(session: Session, report: Report, *, form: str) -> Stamp:
    """Record a print and give its stamp.

    Args:
        form: what it becomes: ``paper``, ``pdf``, ``html``, ``ics``, ``png``, ``svg`` or ``csv``.

    Raises:
        PermissionDenied: it holds identity data, and the role may not see them.
    """
    if report.private:
        session.require("identity.see")
    copy = 0

    def build(conn: Connection) -> list[Entry]:
        nonlocal copy
        copy = copies(conn, session.folder.chain, report) + 1
        payload: dict[str, JSON] = {"what": report.what, "copy": copy, "form": form}
        if report.about:
            payload["about"] = report.about
        if report.subject:
            payload["subject"] = report.subject
        return [Entry(Kind.PRINTED, RecordClass.SITE, payload)]

    session.commit(build)
    return _stamp(session, copy)


def copies(conn: Connection, chain: str, report: Report) -> int:
    """How often a report was printed so far."""
    found = conn.exec_driver_sql(
        "SELECT count(*) FROM (SELECT CAST(o.payload AS TEXT) AS p FROM ledger_opening o"
        " JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?)"
        " WHERE json_extract(p, '$.kind') = 'printed' AND json_extract(p, '$.what') = ?"
        " AND coalesce(json_extract(p, '$.about'), '') = ?"
        " AND coalesce(json_extract(p, '$.subject'), '') = ?",
        (chain, report.what, report.about, report.subject),
    ).scalar()
    return int(found or 0)


def note_look(session: Session, what: str, subject: str = "") -> None:
    """Record that identity data were looked at for a report.

    Raises:
        PermissionDenied: the role may not see identity data.
    """
    session.require("identity.see")
    payload: dict[str, JSON] = {"what": what}
    if subject:
        payload["subject"] = subject
    session.commit([Entry(Kind.IDENTITY_LOOKED, RecordClass.SITE, payload)])


def local_time(session: Session, at: str) -> str:
    """A UTC time of a record as local time, to the minute."""
    return session.clock.zone.local(at).strftime("%Y-%m-%d %H:%M")


def _stamp(session: Session, copy: int) -> Stamp:
    folder, study, head = session.folder, session.study, session.head()
    return Stamp(
        site=folder.site,
        name=folder.name,
        study=study.protocol,
        user=session.user,
        role=session.duties.text,
        at=f"{local_time(session, session.now())} {session.clock.zone.offset}",
        copy=copy,
        head=f"{head.seq} {head.digest.hex()[:_SHORT]}",
        definition=f"{study.version} {study.digest[:_SHORT]}",
        program=__version__,
        training=folder.training,
    )
