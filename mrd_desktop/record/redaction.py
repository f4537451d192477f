"""Content that may not be kept: taken out of the record by two people, while the chain holds.

Earlier values of a data point and notes are redacted one by one: the content goes, who wrote it and
when stays, and the chain verifies, for it holds commitments only. The value in force is never
taken out: it is corrected first, with a reason, so that no older value comes to the front.
Destroying a link erases everything private of one subject and the key it was sealed with.

Source: formats of the project, section 2; PIPL 15 and 47; decisions 0032 and 0033.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.record.entries import Reference, answer_of
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.projection import form_id_of
from mrd_desktop.record.reading import subject_numbers
from mrd_desktop.study.address import FormKey, ItemKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.identity import link_destroyed
from mrd_desktop.vault.session import Session, Signature
from mrd_desktop.vault.witness import witness

REDACTION_CAUSES: Final = {
    "IDENTITY": Text("Identity data where only coded data belong", "编码数据中含有身份信息"),
    "OTHERPERSON": Text("Data of another person", "属于他人的数据"),
    "NOCONSENT": Text("Collected without or beyond consent", "未经同意或超出同意范围收集"),
    "ERASURE": Text("The person asked for it to be erased", "本人要求删除"),
}
"""Why content is taken out. No words of one's own: they could repeat it."""

LINK_CAUSES: Final = {
    "WITHDRAWN": Text("Consent withdrawn", "撤回知情同意"),
    "ERASURE": Text("The person asked for it to be erased", "本人要求删除"),
    "RETENTION": Text("Retention period over", "保存期限已满"),
}
REDACTED: Final = Text("redacted", "已遮蔽")


class NoCause(RecordError):
    """A cause of the list is needed."""

    code = "no_redaction_cause"
    template = Text("Choose a cause of the list.", "请从列表中选择原因。")


class InForce(RecordError):
    """The value stands in the form now."""

    code = "value_in_force"
    template = Text(
        "The value in force is not redacted. Correct or clear {detail} on its form first, with a "
        "reason, and save; then the earlier value can be redacted.",
        "当前有效的数据不能遮蔽。请先在表单中更正或清空 {detail}，"
        "填写原因并保存，再遮蔽原先的数据。",
    )


class NothingToRedact(RecordError):
    """No such content, or it is gone already."""

    code = "nothing_to_redact"
    template = Text(
        "Record {detail} holds nothing that could be redacted here.",
        "记录 {detail} 没有可在此遮蔽的内容。",
    )


class LinkGoneAlready(RecordError):
    """There is no link to destroy."""

    code = "no_link"
    template = Text(
        "No link between {detail} and a person is kept here.",
        "此处没有 {detail} 与个人身份的关联。",
    )


@dataclass(frozen=True, slots=True)
class Redactable:
    """Content at one data point that could be taken out.

    Attributes:
        words: what a note says; empty for a value.
        in_force: the value stands now, and is corrected before it can go.
    """

    seq: int
    at: str
    answer: Answer | None
    words: str
    in_force: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done.

    Attributes:
        seq: the record that says so.
        records: how many lost their content.
        compacted: the file was rewritten without it; otherwise that is tried at the next sign-in.
    """

    seq: int
    records: int
    compacted: bool


def may_redact(session: Session) -> bool:
    """Whether this user may ask for it: who signs, sees identities, and is confirmed.

    No operation of its own: definitions in force at sites need not change for a duty of the law.
    """
    return session.allows("identity.see") and session.allows("audit.review")


def redactable(session: Session, key: ItemKey | FormKey) -> tuple[Redactable, ...]:
    """What is held at a data point, oldest first.

    Raises:
        PermissionDenied: the role may not redact.
    """
    _require(session)
    with session.reading() as conn:
        now = _current(conn, key)
        found = []
        for record in store.records(conn, session.folder.chain):
            if _holds(record, key):
                note = record.kind is Kind.NOTE_ADDED
                found.append(
                    Redactable(
                        record.header.seq,
                        record.header.at,
                        None if note else answer_of(record.body),
                        str(record.body["text"]) if note else "",
                        record.header.seq == now,
                    )
                )
    return tuple(found)


def redact(
    session: Session,
    key: ItemKey | FormKey,
    seqs: Sequence[int],
    cause: str,
    password: str,
    *,
    second: str,
    second_password: str,
) -> Erased:
    """Take the content of records at one data point out for good; two people sign for it.

    Raises:
        PermissionDenied: the role may not.
        NoSecondPerson: the second is the same person or does not manage users here.
        WrongPassword, TryLater: nothing was done.
        NoCause, NothingToRedact, InForce: nothing was done.
    """
    _require(session)
    if cause not in REDACTION_CAUSES:
        raise NoCause
    if not seqs:
        raise NothingToRedact("–")
    own = session.signer(password)
    other = witness(session, second, second_password)

    def build(conn: Connection) -> list[Entry]:
        now = _current(conn, key)
        gone: list[JSON] = []
        for seq in sorted(set(seqs)):
            record = _held(conn, session.folder.chain, seq)
            if record is None or not _holds(record, key):
                raise NothingToRedact(str(seq))
            if seq == now:
                raise InForce(str(key))
            one: dict[str, JSON] = {"seq": seq, "c": record.header.c, "of": record.kind.value}
            if isinstance(was := record.body.get("was"), dict):
                one["was"] = was
            gone.append(one)
        # No address: this record leaves the site even where nothing else about the subject may.
        said: dict[str, JSON] = {"seqs": sorted(set(seqs)), "gone": gone, "cause": cause}
        return [_signed(session, Kind.REDACTION_DONE, said, own, other.user, other.sign)]

    return _done(session, session.commit(build), len(set(seqs)))


def destroy_link(
    session: Session,
    subject: str,
    cause: str,
    password: str,
    *,
    second: str,
    second_password: str,
) -> Erased:
    """Destroy what leads from a number to a person: identity data, their drafts and their key.

    Coded data and the chain stay. Nothing brings it back, and no identity is taken for the number
    again.

    Raises:
        PermissionDenied: the role may not.
        NotFound: there is no such subject.
        NoSecondPerson, WrongPassword, TryLater, NoCause, LinkGoneAlready: nothing was done.
    """
    _require(session)
    if cause not in LINK_CAUSES:
        raise NoCause
    own = session.signer(password)
    other = witness(session, second, second_password)
    private = {f.oid for f in session.study.forms if f.private}

    def build(conn: Connection) -> list[Entry]:
        if subject not in subject_numbers(conn):
            raise NotFound(subject)
        seqs = store.owned(conn, session.folder.chain, subject)
        if not seqs or link_destroyed(conn, subject):
            raise LinkGoneAlready(subject)
        _drop_drafts(conn, subject, private)
        said: dict[str, JSON] = {"subject": subject, "seqs": list(seqs), "cause": cause}
        return [_signed(session, Kind.LINK_DESTROYED, said, own, other.user, other.sign)]

    made = session.commit(build)
    seqs = made[-1].body["seqs"]
    assert isinstance(seqs, Sequence)
    return _done(session, made, len(seqs))


def has_link(session: Session, subject: str) -> bool:
    """Whether identity data of a subject are kept here."""
    with session.reading() as conn:
        return bool(store.owned(conn, session.folder.chain, subject))


@dataclass(frozen=True, slots=True)
class Removal:
    """What stands in the place of redacted content."""

    cause: str
    was: Reference | None


def removal_of(conn: Connection, gone: Reference) -> Removal | None:
    """Why a value is no longer held, and what it had replaced; None where no redaction names it."""
    by = store.erased_by(conn, gone.chain, gone.seq)
    if by is None:
        return None
    body = store.record(conn, gone.chain, by).body
    listed = body.get("gone")
    for one in listed if isinstance(listed, Sequence) else ():
        if isinstance(one, dict) and one.get("seq") == gone.seq:
            was = one.get("was")
            back = None
            if isinstance(was, dict):
                back = Reference(str(was["chain"]), int(str(was["seq"])))
            return Removal(str(body.get("cause", "")), back)
    return Removal(str(body.get("cause", "")), None)


def _require(session: Session) -> None:
    session.require("identity.see")
    session.require("audit.review")
    if not session.has_vault:
        raise PermissionDenied(role=session.role, operation="identity.see")


def _held(conn: Connection, chain: str, seq: int) -> Record | None:
    if not 0 < seq <= store.head(conn, chain).seq:
        return None
    return store.record(conn, chain, seq)


def _holds(record: Record, key: ItemKey | FormKey) -> bool:
    """Whether a record has open content at a data point that is no private one."""
    if record.opening is None or record.header.cls is RecordClass.PRIVATE:
        return False
    if record.kind not in (Kind.ITEM_SET, Kind.NOTE_ADDED, Kind.ENTRY_SUPERSEDED):
        return False
    body = record.body
    return body.get("address") == str(key) and "second" not in body


def _current(conn: Connection, key: ItemKey | FormKey) -> int:
    """The record of the value that stands now; 0 where none does."""
    if isinstance(key, FormKey):
        return 0
    found = conn.execute(
        text("SELECT seq FROM p_item WHERE form_id = :f AND grp = :g AND row = :r AND item = :i"),
        {"f": form_id_of(conn, key.form), "g": key.row.group, "r": key.row.row, "i": key.item},
    ).scalar()
    return int(found or 0)


def _drop_drafts(conn: Connection, subject: str, private: set[str]) -> None:
    for (place,) in conn.execute(text("SELECT DISTINCT address FROM draft")).all():
        key = parse_address(place.rpartition(":")[2])
        if isinstance(key, FormKey) and key.subject == subject and key.form in private:
            conn.execute(text("DELETE FROM draft WHERE address = :place"), {"place": place})


def _signed(
    session: Session,
    kind: Kind,
    said: dict[str, JSON],
    own: Signature,
    second: str,
    other: Signature,
) -> Entry:
    """The record: one statement, and the signatures of both under it."""
    statement = {**said, "user": session.user, "second": second, "at": session.now()}
    hands: list[JSON] = []
    for user, sign in ((session.user, own), (second, other)):
        signature, key = sign(dumps({"kind": kind.value, **statement}))
        raw = base64.b64encode(signature).decode()
        hands.append({"user": user, "key": key, "signature": raw})
    return Entry(kind, RecordClass.CODED, {**statement, "signed": hands})


def _done(session: Session, made: Sequence[Record], records: int) -> Erased:
    return Erased(made[-1].header.seq, records, session.compact())
