"""Queries from checks: opened and closed by Save and at the day's first sign-in.

A check's query is known by check and address. It opens when a soft check fires where no query of
it is open or answered, unless the same value was already explained; an open one closes by itself
when the check stops firing; an answered one only the monitor or the sponsor closes. Source:
formats of the project, section 5.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.record.entries import AskedOn, Reference
from mrd_desktop.record.owning import placing
from mrd_desktop.study import checks
from mrd_desktop.study.address import FormKey, RowKey, parse_address
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.model import Check, Severity, Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.vault.session import Session

Place = tuple[str, str]
"""Check id and address."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A query of a check as it stands."""

    query: str
    state: str
    about: Reference | None
    asked: AskedOn | None = None


def open_and_close(
    session: Session,
    conn: Connection,
    scene: Scene,
    saved: FormKey,
    changed: Collection[str],
    answers: Mapping[Place, str],
) -> Iterator[Entry]:
    """Entries for the queries and vault-check outcomes that one Save makes.

    Args:
        scene: the subject with the saved form as it now stands.
        changed: OIDs of the items that change; only checks that read them are run again.
        answers: explanations of soft findings given in the form, by check and address.
    """
    explained = {check for check, _ in answers}
    touched = {c.id for c in checks.dependants(session.study, changed)} | explained
    # Hard findings make no query: they are worked out when read, not while the file is locked.
    again = tuple(
        c
        for c in session.study.checks
        if c.id in touched and (c.severity is Severity.SOFT or c.vault)
    )
    found = checks.findings(scene, checks=again)
    yield from _outcomes(conn, scene, again, found)
    asked = [f for f in found if not f.check.daily or (f.check.id, str(f.key)) in answers]
    yield from _queries(conn, saved.subject, again, found, asked, answers)


def daily(conn: Connection, scene: Scene) -> Iterator[Entry]:
    """Entries for the queries that the passing of time makes or settles; asked by ``system``."""
    every = tuple(c for c in scene.study.checks if scene.vault or not c.vault)
    found = checks.findings(scene)
    for entry in _queries(conn, scene.data.subject, every, found, found, {}):
        yield replace(entry, payload={**entry.payload, "actor": "system"})


def _queries(
    conn: Connection,
    subject: str,
    ran: Iterable[Check],
    found: Iterable[Finding],
    asked: Iterable[Finding],
    answers: Mapping[Place, str],
) -> Iterator[Entry]:
    """Close what no longer fires; open what is ``asked`` and not settled."""
    known = standing_queries(conn, subject)
    soft = _soft(found)
    ids = {c.id for c in ran}
    for place, standing in known.items():
        if place[0] in ids and standing.state == "open" and place not in soft:
            yield entries.query_act("closed", standing.query, asked=standing.asked)
    for place, finding in _soft(asked).items():
        at = known.get(place)
        about = _about(conn, place[1])
        if not _settled(at, about):
            yield entries.query_opened(place[1], finding.text, check=place[0], about=about)
        if place in answers and (not at or at.state != "answered"):
            yield entries.check_answered(*place, answers[place])


def _settled(at: Standing | None, about: Reference | None) -> bool:
    """Whether nothing more is asked: it waits, is answered, or the same value was explained."""
    return at is not None and (at.state != "closed" or (at.about is not None and at.about == about))


def unanswered(conn: Connection, subject: str, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The soft findings nobody has explained, those whose query is not asked yet among them."""
    known = standing_queries(conn, subject)
    left = []
    for place, finding in _soft(found).items():
        at = known.get(place)
        waits = at is not None and at.state == "open"
        if waits or not _settled(at, _about(conn, place[1])):
            left.append(finding)
    return tuple(left)


def _soft(found: Iterable[Finding]) -> dict[Place, Finding]:
    return {(f.check.id, str(f.key)): f for f in found if f.check.severity is Severity.SOFT}


def _outcomes(
    conn: Connection, scene: Scene, ran: Iterable[Check], found: Iterable[Finding]
) -> Iterator[Entry]:
    """What the checks that need the vault said, for those who cannot run them."""
    if not scene.vault:
        return
    ids = {c.id for c in ran if c.vault}
    rows = conn.execute(
        text("SELECT check_id, address, fires FROM p_outcome WHERE subject = :subject"),
        {"subject": scene.data.subject},
    )
    before = {(r.check_id, r.address): bool(r.fires) for r in rows if r.check_id in ids}
    now = {(f.check.id, str(f.key)) for f in found if f.check.id in ids}
    for place in sorted({*before, *now}):
        if before.get(place, False) != (place in now):
            yield entries.check_outcome(*place, fires=place in now)


def standing_queries(conn: Connection, subject: str) -> dict[Place, Standing]:
    """The latest query of each check and address of a subject."""
    rows = conn.execute(
        text(
            "SELECT query, check_id, address, state, about_chain, about_seq, chain, seq,"
            " (SELECT chain FROM p_head WHERE number = 1) AS own FROM p_query"
            " WHERE subject = :subject AND check_id IS NOT NULL"
        ),
        {"subject": subject},
    ).all()
    place = placing(conn, subject)
    return {
        (r.check_id, r.address): Standing(
            r.query,
            r.state,
            Reference(r.about_chain, r.about_seq) if r.about_chain else None,
            None if r.chain == r.own else AskedOn(r.chain, subject),
        )
        for r in sorted(rows, key=lambda r: place(r.chain, r.seq))
    }


_ABOUT = text(
    "SELECT i.chain, i.seq FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
    " WHERE f.subject = :subject AND f.event = :event AND f.event_repeat = :event_repeat"
    " AND f.form = :form AND f.form_repeat = :form_repeat"
    " AND i.grp = :grp AND i.row = :row AND i.item = :item"
)


def _about(conn: Connection, address: str) -> Reference | None:
    """The record whose value a finding is about, where it is about one value."""
    parts = address.split("/")
    if len(parts) != 5:
        return None
    subject, event, form, group, item = parts
    split = [p.partition("#") for p in (event, form, group)]
    row = conn.execute(
        _ABOUT,
        {
            "subject": subject,
            "event": split[0][0],
            "event_repeat": int(split[0][2]),
            "form": split[1][0],
            "form_repeat": int(split[1][2]),
            "grp": split[2][0],
            "row": int(split[2][2]),
            "item": item,
        },
    ).one_or_none()
    return Reference(row.chain, row.seq) if row else None


def outcome_findings(
    conn: Connection, study: Study, subject: str, has_vault: bool
) -> tuple[Finding, ...]:
    """The firing vault checks as a session without the vault key reads them; else nothing."""
    if has_vault:
        return ()
    rows = conn.execute(
        text("SELECT check_id, address FROM p_outcome WHERE subject = :s AND fires = 1"),
        {"s": subject},
    )
    found = []
    for row in rows:
        key = parse_address(row.address)
        if row.check_id in study.by_check and not isinstance(key, RowKey):
            check = study.by_check[row.check_id]
            found.append(Finding(check, key, check.text))
    return tuple(found)
