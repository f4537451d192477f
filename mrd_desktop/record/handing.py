"""Handing a subject from one computer of a site to another, taking it, and taking it by force."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import entries
from mrd_desktop.record.entries import Reference
from mrd_desktop.record.errors import NotFound, RecordError, UnsavedTyping
from mrd_desktop.record.owning import (
    OwnedElsewhere,
    Standing,
    handed_again,
    moved,
    standing_of,
)
from mrd_desktop.record.standin import payload_digest
from mrd_desktop.study.address import FormKey, parse_address
from mrd_desktop.texts import Text
from mrd_desktop.vault.identity import link_destroyed
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.witness import witness

SHORTEST_REASON: Final = 10


class OwnedHere(RecordError):
    """There is nothing to take over."""

    code = "owned_here"
    template = Text("Subject {detail} belongs to this computer.", "受试者 {detail} 归本机管理。")


class NoReasonGiven(RecordError):
    """Taking over by force without saying why."""

    code = "no_reason"
    template = Text(
        "Say in at least ten characters why the other computer cannot hand the subject over.",
        "请说明另一台电脑无法交接的原因（至少十个字符）。",
    )


_STATE: Final = (
    "SELECT event, event_repeat, removed FROM p_event WHERE subject = :s ORDER BY 1, 2",
    "SELECT event, event_repeat, form, form_repeat, declared, lock, removed, saved_chain,"
    " saved_seq FROM p_form WHERE subject = :s ORDER BY 1, 2, 3, 4",
    "SELECT f.event, f.event_repeat, f.form, f.form_repeat, r.grp, r.row, r.removed, r.chain,"
    " r.seq FROM p_row r JOIN p_form f ON f.form_id = r.form_id WHERE f.subject = :s"
    " ORDER BY 1, 2, 3, 4, 5, 6",
    "SELECT f.event, f.event_repeat, f.form, f.form_repeat, i.grp, i.row, i.item, i.chain, i.seq"
    " FROM p_item i JOIN p_form f ON f.form_id = i.form_id WHERE f.subject = :s"
    " ORDER BY 1, 2, 3, 4, 5, 6, 7",
    "SELECT q.chain, q.seq, q.state FROM p_query q WHERE q.subject = :s ORDER BY 1, 2",
    "SELECT check_id, address, fires FROM p_outcome WHERE subject = :s ORDER BY 1, 2",
    "SELECT g.chain, g.seq FROM p_signature g JOIN p_form f ON f.form_id = g.form_id"
    " WHERE f.subject = :s ORDER BY 1, 2",
)
_IDENTITY: Final = (
    "SELECT c.chain, p.seq FROM ledger_private p JOIN ledger_chain c ON c.no = p.chain_no"
    " WHERE p.owner = :s ORDER BY 1, 2",
)


def state(conn: Connection, subject: str) -> str:
    """A digest (hexadecimal) of a subject as it stands: which records stand where, no value.

    Notes do not count: a former owner may take one out while the subject is on its way.
    """
    return _digest(conn, subject, _STATE)


def identity(conn: Connection, subject: str) -> str | None:
    """The same of its private records; None where its link was destroyed."""
    return None if link_destroyed(conn, subject) else _digest(conn, subject, _IDENTITY)


def _digest(conn: Connection, subject: str, statements: Sequence[str]) -> str:
    found: list[JSON] = [subject]
    for statement in statements:
        rows = conn.execute(text(statement), {"s": subject}).all()
        found.append([list(row) for row in rows])
    return hashlib.sha256(dumps(found)).hexdigest()


def handed(session: Session, conn: Connection, subject: str, to: str) -> Entry:
    """The record that hands a subject over; once more, where it has not arrived there.

    Raises:
        NotFound: there is no such subject.
        OwnedElsewhere: this computer does not own it.
        UnsavedTyping: somebody has a draft of one of its forms, which would never be saved.
    """
    if conn.execute(_SUBJECT, {"s": subject}).first() is None:
        raise NotFound(subject)
    now, own = standing_of(conn, subject), session.folder.chain
    if now.owner != own and not handed_again(now, own, to):
        raise OwnedElsewhere(subject)
    for (place,) in conn.execute(text("SELECT DISTINCT address FROM draft")).all():
        key = parse_address(place.rpartition(":")[2])
        if isinstance(key, FormKey) and key.subject == subject:
            raise UnsavedTyping(str(key))
    return entries.subject_handed(subject, to, state(conn, subject), identity(conn, subject))


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of the subjects that are on their way to this computer.

    Attributes:
        taken: the records that take those that stand here as they were handed over.
        differing: those that do not; they stay on their way.
    """

    taken: tuple[Entry, ...]
    differing: tuple[str, ...]


def arriving(conn: Connection, own: str) -> Arrival:
    """Take what was handed to this computer and has arrived whole."""
    made, differing = [], []
    for subject in sorted(moved(conn)):
        last = standing_of(conn, subject)
        if last.on_its_way != own:
            continue
        segment = last.segments[-1]
        assert segment.until is not None
        said = store.record(conn, segment.chain, segment.until).body
        # The handing itself changes nothing of the state.
        if _differs(conn, subject, said):
            differing.append(subject)
            continue
        of = Reference(segment.chain, segment.until)
        made.append(entries.subject_received(subject, of, str(said["digest"])))
    return Arrival(tuple(made), tuple(differing))


def _differs(conn: Connection, subject: str, said: Mapping[str, JSON]) -> bool:
    here = identity(conn, subject)
    apart = here is not None and said.get("identity") not in (None, here)
    return apart or state(conn, subject) != said["digest"]


def may_claim(session: Session) -> bool:
    """Whether this user may take a subject over by force: who enters data and sees identities."""
    return session.allows("form.edit") and session.has_vault


def claim(
    session: Session,
    subject: str,
    reason: str,
    password: str,
    *,
    second: str,
    second_password: str,
    told: Callable[[int, int], None] = lambda _done, _total: None,
) -> Standing:
    """Own a subject whose computer is broken or lost, or whose file never arrived.

    It begins at the last record that is held here; what the other computer recorded after that
    is kept apart when it comes. Two people sign; why stands in a record that never leaves the site
    and whose digest they sign.

    Args:
        told: hears of each password that was checked; where it raises, nothing was done.

    Raises:
        PermissionDenied: the role may not.
        NoReasonGiven, NotFound, OwnedHere: nothing was done.
        NoSecondPerson, WrongPassword, TryLater: nothing was done.
    """
    session.require("form.edit")
    if not session.has_vault:
        session.deny("identity.see")
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReasonGiven
    told(0, 2)
    own_hand = session.signer(password)
    told(1, 2)
    other = witness(session, second, second_password)
    told(2, 2)
    own = session.folder.chain

    def build(conn: Connection) -> list[Entry]:
        now = standing_of(conn, subject)
        if not now.segments:
            raise NotFound(subject)
        if now.owner == own:
            raise OwnedHere(subject)
        told = Entry(
            Kind.INCIDENT_NOTED,
            RecordClass.SITE,
            {
                "what": "takeover",
                "subject": subject,
                "text": reason.strip(),
                "user": session.user,
                "nonce": secrets.token_hex(16),
            },
        )
        last = now.segments[-1]
        end = last.until or store.head(conn, last.chain).seq
        said: dict[str, JSON] = {
            "subject": subject,
            "from": last.chain,
            "seq": end,
            "since": last.since,
            "digest": state(conn, subject),
            "forced": True,
            "why": payload_digest({**told.payload, "kind": told.kind.value}),
            "user": session.user,
            "second": other.user,
            "at": session.now(),
        }
        hands: list[JSON] = []
        for user, sign in ((session.user, own_hand), (other.user, other.sign)):
            signature, key = sign(dumps({"kind": Kind.SUBJECT_RECEIVED.value, **said}))
            raw = base64.b64encode(signature).decode()
            hands.append({"user": user, "key": key, "signature": raw})
        taken = Entry(Kind.SUBJECT_RECEIVED, RecordClass.CODED, {**said, "signed": hands})
        return [taken, told]

    session.commit(build)
    with session.reading() as conn:
        return standing_of(conn, subject)


@dataclass(frozen=True, slots=True)
class Apart:
    """Records about a subject by a computer that did not own it."""

    subject: str
    chain: str
    records: int
    first: int
    last: int


def apart(conn: Connection) -> Sequence[Apart]:
    """Everything that is kept apart, by subject and computer."""
    rows = conn.execute(
        text(
            "SELECT subject, chain, count(*), min(seq), max(seq) FROM p_apart"
            " GROUP BY subject, chain ORDER BY subject, chain"
        )
    )
    return tuple(Apart(*row) for row in rows)


_SUBJECT: Final = text("SELECT 1 FROM p_subject WHERE subject = :s")


def differing_words(subject: str) -> Text:
    """That a subject did not arrive as it was handed over, as a sentence."""
    return _DIFFERING.filled(subject=subject)


def apart_words(found: Apart) -> Text:
    """What is kept apart, as a sentence."""
    return _APART.filled(subject=found.subject, chain=found.chain[:8], records=found.records)


def claimed_words(subject: str) -> Text:
    """That two computers claim a subject, as a sentence."""
    return _CLAIMED.filled(subject=subject)


_DIFFERING: Final = Text(
    "Subject {subject} does not stand here as it was handed over and stays on its way; everything "
    "else was taken. Send the other computer a file first, then let it hand the subject over "
    "again.",
    "受试者 {subject} 在本机的内容与交出方不一致，仍为移交中，其余内容已接收。"
    "请先向对方电脑发送一次交接文件，再请对方重新交接该受试者。",
)
_APART: Final = Text(
    "Subject {subject}: {records} records of computer {chain} were written while another one "
    "owned it. They are kept apart and shown in the audit trail only.",
    "受试者 {subject}：电脑 {chain} 在该受试者归另一台电脑管理期间写入了 {records} 条记录，"
    "已单独保存，仅在稽查轨迹中显示。",
)
_CLAIMED: Final = Text(
    "Subject {subject} is claimed by two computers. Find out which one goes on with it.",
    "受试者 {subject} 被两台电脑同时主张，请查明由哪一台继续管理。",
)
