"""Records of the trail in words: one row each, with both values of a change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from mrd_desktop.insight.audit.rules import flagged_words
from mrd_desktop.insight.reports.trail_words import (
    CAUSES,
    CHANGED,
    CHOICES,
    CLEARED,
    CLOSED_TO_READ,
    DECLARED,
    ERASED_IDENTITY,
    ERASED_RECORDS,
    ERASED_WORDS,
    FAILED,
    FAILED_GAP,
    FAILED_UNKNOWN,
    KINDS,
    NONE_FLAGGED,
    NOT_KEYED,
    NOTES,
    PAPER,
    PRESENCE,
    PRESENT,
    RECIPIENT,
    RELEASED,
    RESULTS,
    REVIEW_NOTE,
    REVIEW_WORDS,
    REVIEWED,
    SECOND,
    SECOND_ROW,
    SECOND_WORDS,
    SOURCES,
    STATEMENTS,
    TAKEN_OUT,
    TWO_PEOPLE,
    UNWRITTEN,
)
from mrd_desktop.insight.reports.values import meaning
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.audit import TrailLine
from mrd_desktop.record.editions import edition
from mrd_desktop.record.entries import answer_of
from mrd_desktop.record.second.compare import Result
from mrd_desktop.record.second.folding import ABOUT as SECOND_FIELD
from mrd_desktop.record.second.standing import Choice
from mrd_desktop.record.standin import record_as_read
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Item, Study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import presence
from mrd_desktop.vault.abroad import PLACE
from mrd_desktop.vault.data_key import REASONS
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class TrailRow:
    """One record in words; the titles of its fields are :data:`TITLES`."""

    chain: str
    seq: str
    at: str
    user: str
    role: str
    act: str
    subject: str = ""
    place: str = ""
    item: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    words: str = ""
    flags: str = ""


TITLES: Final = {
    "chain": Text("Chain", "链"),
    "seq": Text("Record", "记录号"),
    "at": Text("Local time", "当地时间"),
    "user": Text("User", "用户"),
    "role": Text("Role", "角色"),
    "act": Text("Act", "操作"),
    "subject": Text("Subject", "受试者"),
    "place": Text("Where", "位置"),
    "item": Text("Item", "项目代码"),
    "before": Text("Before", "更改前"),
    "after": Text("After", "更改后"),
    "reason": Text("Reason", "原因"),
    "words": Text("Words and sources", "文字与来源"),
    "flags": Text("To be looked at", "需关注"),
}


class Teller:
    """Says records of one session's folder in one language.

    Args:
        whole: with keys, certificates and signatures as they stand in the record, as in a file;
            on the screen nobody reads them.
    """

    def __init__(self, session: Session, language: Language, *, whole: bool = False) -> None:
        self._left = _OWN if whole else _OWN | _SIGNS
        self.held: Final[Study] = session.study
        self.study: Study = self.held
        self.language = language
        self.zone = session.clock.zone
        self.roles = {r.oid: r.text for r in self.study.roles}
        self.reasons = {r.code: r.text for r in self.study.reasons}
        self._tellers: dict[Kind, Callable[[Mapping[str, JSON]], str]] = {
            Kind.FORM_SAVED: self._saved,
            Kind.REDACTION_DONE: self._erased,
            Kind.LINK_DESTROYED: self._erased,
            Kind.SIGNIN_FAILED: self._failed,
        }
        if not whole:
            self._tellers[Kind.KEY_ROTATED] = self._rotated

    def row(self, conn: Connection, line: TrailLine) -> TrailRow:
        """One record in words: in those of the definition that it was written under."""
        self.study = edition(conn, line.definition, self.held)
        at = self.zone.local(line.at).isoformat(" ", "seconds")
        role = self.roles.get(line.role)
        fixed = (line.chain[:8], str(line.seq), at, line.user)
        said = role.say(self.language) if role else line.role
        if line.kind is None or line.content is None:
            closed = TAKEN_OUT if line.redacted else CLOSED_TO_READ
            return TrailRow(*fixed, said, closed.say(self.language))
        kind, body = Kind(line.kind), line.content
        step = _second_step(body)
        changed = kind is Kind.ITEM_SET and "was" in body
        act = SECOND[step] if step else CHANGED if changed else act_words(kind, body)
        if kind is Kind.SIGNIN_FAILED:  # whose next record it was is not who failed
            fixed, said = (*fixed[:3], str(body.get("user") or "–")), ""
        subject, place, item = self._where(line)
        before = after = ""
        if item is not None and kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED):
            before, after = self._was(conn, item, body), self._value(item, body)
            if step and "cleared" in body:
                after = NOT_KEYED.say(self.language)
        if kind is Kind.KEY_ROTATED:
            before, after = str(body["old"]), _fingerprint(body["key"])
        return TrailRow(
            *fixed,
            said,
            act.say(self.language),
            subject,
            place,
            item.oid if item else "",
            before,
            after,
            self._why(kind, body),
            self._words(kind, body),
        )

    def _where(self, line: TrailLine) -> tuple[str, str, Item | None]:
        address = line.address
        if not address:
            return "", "", None
        try:
            key = parse_address(address)
        except AddressError:
            return "", address, None
        if isinstance(key, str):
            return key, "", None
        return address.partition("/")[0], *self._place(key)

    def _place(self, key: EventKey | FormKey | RowKey | ItemKey) -> tuple[str, Item | None]:
        row = key.row if isinstance(key, ItemKey) else key if isinstance(key, RowKey) else None
        form = row.form if row else key if isinstance(key, FormKey) else None
        event = form.event if form else key
        assert isinstance(event, EventKey)
        parts = [event.event if event.repeat == 1 else f"{event.event}#{event.repeat}"]
        definition = self.study.by_form.get(form.form) if form else None
        item: Item | None = None
        if form is not None:
            name = definition.text.say(self.language) if definition else form.form
            parts.append(name if form.repeat == 1 else f"{name} {form.repeat}")
        if row is not None and definition is not None:
            group = definition.by_group.get(row.group)
            if group is not None and group.repeating:
                parts.append(f"{group.text.say(self.language)} {row.row}")
            if group is not None and isinstance(key, ItemKey):
                item = group.by_name.get(key.item)
                parts.append(item.text.say(self.language) if item else key.item)
        return " · ".join(parts), item

    def _value(self, item: Item, body: Mapping[str, JSON]) -> str:
        answer = answer_of(body)
        said = CLEARED if answer is None else meaning(self.study, item, answer)
        return said.say(self.language)

    def _was(self, conn: Connection, item: Item, body: Mapping[str, JSON]) -> str:
        was = body.get("was")
        if not isinstance(was, dict):
            return ""
        record = record_as_read(conn, str(was["chain"]), int(str(was["seq"])))
        return "" if record.opening is None else self._value(item, record.body)

    def _why(self, kind: Kind, body: Mapping[str, JSON]) -> str:
        """The reason of a record; that of a new data key is a code, with words beside it."""
        reason = body.get("reason")
        if kind is not Kind.GENERATION_CHANGED:
            return self._reason(reason)
        known = REASONS.get(str(reason))
        return self._joined(known.say(self.language) if known else str(reason), body.get("text"))

    def _reason(self, reason: JSON) -> str:
        if isinstance(reason, str):
            return reason
        if not isinstance(reason, dict):
            return ""
        code, words = str(reason.get("code", "")), str(reason.get("text", ""))
        known = self.reasons.get(code)
        return self._joined(known.say(self.language) if known else code, words)

    def _joined(self, said: str, words: JSON) -> str:
        between = "：" if self.language is Language.ZH else ": "
        return f"{said}{between}{words}" if words else said

    def _words(self, kind: Kind, body: Mapping[str, JSON]) -> str:
        """What else the record says; a value's own fields stand in columns of their own."""
        if kind is Kind.ITEM_SET:
            found = SOURCES.get(str(body.get("source")))
            about = {**_dict(body.get("report")), **_dict(body.get("labrange"))}
            return found.say(self.language, **about) if found else ""
        if kind is Kind.QUERY_OPENED:
            asked = str(body.get(self.language.value, ""))
            return " ".join(filter(None, (str(body.get("check") or ""), asked)))
        present = body.get("act") == presence.ACT and body.get("what") in PRESENT
        told = self._present if present else self._tellers.get(kind)
        if told is not None:
            return told(body)
        review = _dict(body.get("review"))
        if review or "trail" in body:
            return self._reviewed(review) if review else str(body["text"])
        step = _second_step(body)
        if step:
            return self._second(step, _dict(body[SECOND_FIELD]))
        left = self._left | _UNSAID.get(kind, frozenset())
        return "; ".join(f"{name}: {_plain(v)}" for name, v in body.items() if name not in left)

    def _present(self, body: Mapping[str, JSON]) -> str:
        """Who came, went or was denied what while no record was written."""
        what = PRESENT[str(body["what"])].say(self.language)
        operation = str(body.get("operation", ""))
        why = UNWRITTEN.get(str(body.get("why")), Text("", "")).say(self.language)
        return PRESENCE.say(
            self.language, user=body.get("user", ""), at=body.get("at", ""), why=why,
            what=f"{what} ({operation})" if operation else what,
        )  # fmt: skip

    def _saved(self, body: Mapping[str, JSON]) -> str:
        """How a form was saved, and from which paper."""
        said = [DECLARED[str(body["declared"])].say(self.language)]
        paper = _dict(body.get("paper"))
        if paper:
            more = {"date": paper["date"], "reference": paper.get("reference", "")}
            said.append(PAPER.say(self.language, **more).strip())
        return "; ".join(said)

    def _erased(self, body: Mapping[str, JSON]) -> str:
        """Why content went, who signed for it, and which records that were."""
        language, cause = self.language, str(body.get("cause", ""))
        seqs = body.get("seqs")
        numbers = [str(n) for n in seqs] if isinstance(seqs, list) else []
        what = (
            ERASED_IDENTITY.say(language, n=len(numbers))
            if "subject" in body
            else ERASED_RECORDS.say(language, seqs=", ".join(numbers))
        )
        known = CAUSES.get(cause)
        return ERASED_WORDS.say(
            language,
            cause=known.say(language) if known else cause,
            user=body.get("user", ""),
            second=body.get("second", ""),
            what=what,
        )

    def _failed(self, body: Mapping[str, JSON]) -> str:
        """When it was by the clock of this place; lines that are gone are told, too."""
        said = []
        if body.get("at"):
            at = self.zone.local(str(body["at"])).isoformat(" ", "seconds")
            known = FAILED if body.get("user") else FAILED_UNKNOWN
            said.append(known.say(self.language, at=at))
        if body.get("gap"):
            said.append(FAILED_GAP.say(self.language))
        return "; ".join(said)

    def _rotated(self, body: Mapping[str, JSON]) -> str:
        """Whose key it was, or the two people who changed the folder's."""
        user, second = str(body["user"]), body.get("second")
        return TWO_PEOPLE.say(self.language, user=user, second=second) if second else user

    def _reviewed(self, review: Mapping[str, Any]) -> str:
        """What a review of the trail covers."""
        found = flagged_words(review["flagged"]).say(self.language)
        return REVIEW_WORDS.say(
            self.language,
            first=review["after"] + 1,
            last=review["upto"],
            n=review["records"],
            flagged=found or NONE_FLAGGED.say(self.language),
        )

    def _second(self, step: str, about: Mapping[str, Any]) -> str:
        """What a step of a second entry says."""
        said, language = SECOND_WORDS[step], self.language
        if step == "compared":
            told = ((str(p["user"]), sum(p["items"].values())) for p in about["compared"])
            return "; ".join(said.say(language, user=user, n=n) for user, n in told)
        if step == "keyed":
            return said.say(language, seq=about["keyed"]["seq"])
        if step == "chosen":
            choice = CHOICES[Choice(about["chosen"])].say(language)
            return said.say(language, choice=choice, seq=about["of"]["seq"])
        if step == "settled":
            return said.say(language, n=about["settled"])
        result = RESULTS[Result(about["result"])].say(language)
        words = said.say(language, result=result, user=about["keyer"])
        return f"{words}; {SECOND_ROW.say(language)}" if about.get("row") else words


_OWN: Final = frozenset({"address", "subject", "reason", "value", "missing", "cleared", "was"})
_SIGNS: Final = frozenset(
    {"cert", "session_key", "user_key", "public", "proof", "consent", "statement", "box", "signed"}
    | {"signature", "recipient", "rotation"}
)
"""Keys, certificates and signatures: proofs that a program reads, seventeen lines of letters."""
_UNSAID: Final = {
    Kind.ACTIVATION_INSTALLED: frozenset({"file"}),
    Kind.GENERATION_CHANGED: frozenset({"text"}),
}
"""What no cell has room for, as the sponsor's whole signed file, which is read from the ledger
itself; and what stands in another column."""


def act_words(kind: Kind, body: Mapping[str, JSON]) -> Text:
    """What happened; some kinds stand for more than one act."""
    if kind is Kind.SIGNATURE_MADE and "review" in body:
        return REVIEWED
    if kind is Kind.SIGNATURE_MADE and "package" in body:
        return RELEASED
    if kind is Kind.SIGNATURE_MADE and "address" not in body:
        return STATEMENTS.get(str(body.get("meaning")), KINDS[kind])
    if kind is Kind.REVIEW_NOTED and "begun" not in body:
        act = str(body.get("act"))
        return REVIEW_NOTE if "trail" in body else NOTES.get(act, KINDS[kind])
    if kind is Kind.TRUST_PINNED and body.get(PLACE) is not None:
        return RECIPIENT
    return KINDS[kind]


def _fingerprint(public: JSON) -> str:
    with suppress(ValueError, LedgerError):
        return PublicKey.from_base64(str(public)).id
    return str(public)


def _second_step(body: Mapping[str, JSON]) -> str | None:
    """The field of a second entry's record that tells its step; None for any other record."""
    about = _dict(body.get(SECOND_FIELD))
    return next((step for step in SECOND if step in about), None)


def _dict(found: JSON) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _plain(value: JSON) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(v)}" for name, v in value.items())
    if isinstance(value, list):
        return " ".join(_plain(v) for v in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
