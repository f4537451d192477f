"""Content that may not be kept: taken out of the record by two people, while the chain holds.

Earlier values of a data point, notes, and words of reasons, questions, answers, requests of
participants and incidents are redacted one by one: the content goes, who wrote it and when stays,
and the chain verifies, for it holds commitments only. Where words alone go, a stand-in tells the
rest (module ``standin``). The value in force is never taken out: it is corrected first, with a
reason, so that no older value comes to the front.
Destroying a link erases everything private of one subject and the key it was sealed with.

Source: formats of the project, section 2; PIPL 15 and 47; decisions 0032 and 0033.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.record import matters
from mrd_desktop.record.echoes import drop_private, drop_repeating, form_of_place
from mrd_desktop.record.entries import Reference, values_of
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.names import NAMED, named_in
from mrd_desktop.record.reading import subject_numbers
from mrd_desktop.record.redactable import (
    Place,
    Redactable,
    Why,
    address_of,
    held_at,
    reduced_beside,
)
from mrd_desktop.record.standin import INSTEAD, payload_digest, without_words, words_of
from mrd_desktop.texts import Text
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


class NotSettled(RecordError):
    """A second value that differs, and nobody has chosen yet."""

    code = "second_not_settled"
    template = Text(
        "The second entry of {detail} is not compared yet. Settle the difference first; then the "
        "second value can be redacted.",
        "{detail} 的二次录入尚未比对。请先处理差异，再遮蔽第二次录入的数据。",
    )


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


def redactable(session: Session, place: Place) -> tuple[Redactable, ...]:
    """What is held at a place and above it, oldest first.

    Raises:
        PermissionDenied: the role may not redact.
    """
    _require(session)
    with session.reading() as conn:
        return tuple(held_at(conn, session.folder.chain, place))


def redact(
    session: Session,
    place: Place,
    seqs: Sequence[int],
    cause: str,
    password: str,
    *,
    second: str,
    second_password: str,
    words: Collection[int] = (),
) -> Erased:
    """Take the content of records at one place out for good; two people sign for it.

    A note or a value that no longer stands goes whole. Of other records words alone go, and what
    else they say stands on.

    Args:
        words: of which of the records words alone are to go, whatever they are.

    Raises:
        PermissionDenied: the role may not.
        RecordsAltered: data were changed outside the program.
        NoSecondPerson: the second is the same person or does not manage users here.
        WrongPassword, TryLater: nothing was done.
        NoCause, NothingToRedact, InForce, NotSettled: nothing was done.
    """
    _require(session)
    if cause not in REDACTION_CAUSES:
        raise NoCause
    if not seqs:
        raise NothingToRedact("–")
    own = session.signer(password)
    other = witness(session, second, second_password)

    def build(conn: Connection) -> list[Entry]:
        held = {r.seq: r for r in held_at(conn, session.folder.chain, place)}
        gone: list[JSON] = []
        left: list[Entry] = []
        texts: set[str] = set()
        for seq in sorted(set(seqs)):
            piece = held.get(seq)
            if piece is None:
                raise NothingToRedact(str(seq))
            only = seq in words
            whole = piece.whole and not only
            if piece.waits is Why.IN_FORCE and not only:
                raise InForce(str(place))
            if piece.waits is Why.UNSETTLED:
                raise NotSettled(str(place))
            if only and not piece.words:
                raise NothingToRedact(str(seq))
            record = store.record(conn, session.folder.chain, seq)
            beside = reduced_beside(conn, session.folder.chain, record)
            for one in (record, beside) if beside else (record,):
                told, stand_in = _gone(conn, one, whole=whole)
                gone.append(told)
                left += [stand_in] if stand_in else []
            texts |= {piece.words, *words_of(record.kind, record.body)}
            texts |= set(() if only else values_of(piece.answer))
        form = form_of_place(place)
        if form is not None:
            drop_repeating(conn, form, texts)
        # No address: this record leaves the site even where nothing else about the subject may.
        named: list[JSON] = [one["seq"] for one in gone if isinstance(one, dict)]
        said: dict[str, JSON] = {"seqs": named, "gone": gone, "cause": cause}
        return [*left, _signed(session, Kind.REDACTION_DONE, said, own, other.user, other.sign)]

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
        RecordsAltered: data were changed outside the program.
        NotFound: there is no such subject.
        NoSecondPerson, WrongPassword, TryLater, NoCause, LinkGoneAlready: nothing was done.
    """
    _require(session)
    if cause not in LINK_CAUSES:
        raise NoCause
    box = session.box
    assert box is not None
    own = session.signer(password)
    other = witness(session, second, second_password)
    private = {f.oid for f in session.study.forms if f.private}

    def build(conn: Connection) -> list[Entry]:
        if subject not in subject_numbers(conn):
            raise NotFound(subject)
        seqs = store.owned(conn, session.folder.chain, subject)
        if not store.holds_private(conn, subject) or link_destroyed(conn, subject):
            raise LinkGoneAlready(subject)
        drop_private(conn, subject, private)
        said: dict[str, JSON] = {"subject": subject, "seqs": list(seqs), "cause": cause}
        named = named_in(conn, session.study, session.folder.chain, subject, box)
        if named:
            said[NAMED] = list[JSON](named)
        return [_signed(session, Kind.LINK_DESTROYED, said, own, other.user, other.sign)]

    made = session.commit(build)
    seqs = made[-1].body["seqs"]
    assert isinstance(seqs, Sequence)
    return _done(session, made, len(seqs))


def has_link(session: Session, subject: str) -> bool:
    """Whether identity data of a subject are kept here."""
    with session.reading() as conn:
        return store.holds_private(conn, subject) and not link_destroyed(conn, subject)


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
        session.deny("identity.see")


def _gone(conn: Connection, record: Record, *, whole: bool) -> tuple[dict[str, JSON], Entry | None]:
    """What the redaction says of one record, and what stands on in its place."""
    header, body = record.header, record.body
    told: dict[str, JSON] = {"seq": header.seq, "c": header.c, "of": record.kind.value}
    if isinstance(was := body.get("was"), dict):
        told["was"] = was
    if whole:
        return told, None
    left = without_words(record.kind, body)
    left[INSTEAD] = {"chain": header.chain, "seq": header.seq}
    left["nonce"] = secrets.token_hex(16)
    if not matters.about_no_place(record):
        left["address"] = address_of(conn, record)
    if record.kind is Kind.QUERY_OPENED:
        left.setdefault("query", f"Q-{header.seq}")
    told["kept"] = payload_digest({**left, "kind": record.kind.value})
    return told, Entry(record.kind, header.cls, left)


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
