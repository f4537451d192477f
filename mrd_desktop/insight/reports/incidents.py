"""The record of incidents with their clocks."""

from __future__ import annotations

from collections.abc import Iterator

from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import (
    Block,
    Cell,
    Column,
    Fact,
    Facts,
    Heading,
    Report,
    Table,
    Words,
)
from mrd_desktop.record.incidents import Due, Incident, Incidents
from mrd_desktop.record.rights import rights
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

NUMBERED = Text("{n}. {what}", "{n}. {what}")
TITLE = Text("Record of incidents", "事件记录表")
NOTHING = Text("No incident is recorded.", "没有事件记录。")
COLUMNS = (
    Column(Text("Who is told", "告知对象"), 1.6),
    Column(Text("Last moment", "时限"), 1.2),
    Column(Text("Told", "告知时间"), 1.6),
    Column(Text("In words", "说明"), 2.6),
)
DISCOVERED, NOTED = Text("Discovered", "发现时间"), Text("Recorded", "记录时间")
PERSONS, UNKNOWN = Text("Persons affected", "受影响人数"), Text("not known yet", "尚不清楚")
HAPPENED, CLOSED = Text("What happened", "经过"), Text("Closed", "结案")
NOT_CLOSED = Text("not closed", "未结案")
OUTCOME = Text("How it ended", "结案说明")
OWED, LATE = Text("not recorded", "未记录"), Text("{at}, late", "{at}，逾期")
OVERDUE, NOT_NEEDED = Text("overdue", "已逾期"), Text("not needed", "无须告知")


def incidents_report(session: Session) -> Report:
    """Every incident with what became of it, open ones first."""
    blocks: list[Block] = []
    for incident in Incidents(session).all():
        blocks += [Heading(title_of(incident), 2), *incident_blocks(session, incident)]
    return Report("incidents", TITLE, tuple(blocks) or (Words(NOTHING),))


def clock_words(session: Session, due: Due) -> Text | str:
    """What became of one clock."""
    if due.step is None:
        return OVERDUE if due.overdue(session.now()) else OWED
    if due.step.moment is None:
        return NOT_NEEDED
    at = local_time(session, due.step.moment)
    return LATE.filled(at=at) if due.late else at


def persons_words(incident: Incident) -> Text | str:
    """How many are affected; of what touches nobody nothing is asked."""
    if incident.persons is None:
        return "–" if incident.what in rights().untimed else UNKNOWN
    return str(incident.persons)


def title_of(incident: Incident) -> Text:
    """Its number and what happened."""
    return NUMBERED.filled(n=incident.number, what=incident.name)


def incident_blocks(session: Session, incident: Incident) -> Iterator[Facts | Table]:
    """One incident with what became of it: who was told, who closed it and when."""
    at = f"{local_time(session, incident.at)} ({incident.user})"
    facts = [
        Fact(DISCOVERED, local_time(session, incident.discovered)),
        Fact(NOTED, at),
        Fact(PERSONS, persons_words(incident)),
    ]
    done = incident.closed
    ended = f"{local_time(session, done.at)} ({done.user})" if done else NOT_CLOSED
    yield Facts((*facts, Fact(CLOSED, ended)))
    yield Facts((Fact(HAPPENED, incident.text),), columns=1)
    if done:
        yield Facts((Fact(OUTCOME, done.text),), columns=1)
    if incident.clocks:
        yield _told(session, incident)


def _told(session: Session, incident: Incident) -> Table:
    """Who was told, and when."""
    return Table(
        COLUMNS,
        tuple(
            (
                Cell(d.clock.text),
                Cell(local_time(session, d.until)),
                Cell(clock_words(session, d), strong=d.step is None),
                Cell(d.step.text if d.step else ""),
            )
            for d in incident.clocks
        ),
    )
