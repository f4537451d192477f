"""What a participant asked for: a copy, a correction, a deletion; when, until when, how answered.

A request and its answer are notes about the subject that stay at the site (R-PRV-05). A correction
is answered as done once a value was changed with a reason, or a query asked, since it came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, writable
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.entries import Reference
from mrd_desktop.record.errors import AnswerRefused, NotFound
from mrd_desktop.record.names import HalfCharacter, names_somebody
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.owning import owned_here, placing_in, standing_of
from mrd_desktop.record.rights import rights
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

LONGEST = 500
CORRECTION = "correction"
_SHORTEST = 4


class Outcome(StrEnum):
    """How a request was answered."""

    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"


OUTCOMES = {
    Outcome.DONE: Text("done", "已办理"),
    Outcome.PARTLY: Text("done in part", "部分办理"),
    Outcome.REFUSED: Text("refused", "未同意"),
}


class Part(StrEnum):
    """What is asked of a request and of its answer."""

    SUBJECT = "subject"
    KIND = "what"
    DAY = "received"
    OUTCOME = "outcome"
    WORDS = "words"


class RequestRefused(AnswerRefused):
    """A request or an answer that cannot be recorded like this."""

    code = "request"


WHOSE = Text("Type the subject's number.", "请填写受试者编号。")
NO_SUBJECT = Text(
    "There is no subject {subject} here. Write the number as the list of subjects has it.",
    "此处没有受试者 {subject}，请按受试者列表填写编号。",
)
ELSEWHERE = Text(
    "Another PC owns this subject. Record the request there.",
    "该受试者归另一台电脑管理，请在那台电脑上登记。",
)
NO_KIND = Text("Choose what is asked for.", "请选择请求内容。")
NOT_YET = Text("The day lies in the future.", "日期晚于今天。")
NO_WORDS = Text("Say in a few words what and why.", "请简要说明内容和理由。")
TOO_LONG = Text(f"At most {LONGEST} characters.", f"最多 {LONGEST} 字。")
NAMES_A_PERSON = Text(
    "Leave out names, numbers of identity or record, and telephones.",
    "请去掉姓名、证件号、病历号或电话。",
)
ANSWERED = Text("This request is answered.", "该请求已答复。")
NOT_CORRECTED = Text(
    "No value of this subject was changed with a reason since the request, and no query asked. "
    "Correct the value first, or answer that it is refused.",
    "自收到请求以来，该受试者没有说明原因的更改，也没有质疑。请先更正数据，或答复为未同意。",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request was answered, when and by whom (UTC)."""

    outcome: Outcome
    text: str
    at: str
    user: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a participant asked for.

    Attributes:
        by: the record of it.
        want: code of the kind.
        received: the day it came, ``due`` the last day for an answer.
        at: UTC time it was recorded.
    """

    by: Reference
    subject: str
    want: str
    received: date
    due: date
    text: str
    at: str
    user: str
    answer: Answer | None = None

    @property
    def name(self) -> Text:
        """What is asked for, in words."""
        return rights().requests.get(self.want, Text(self.want, self.want))

    def overdue(self, today: date) -> bool:
        """Not answered in time."""
        return self.answer is None and today > self.due


def last_day(asked: date) -> date:
    """The last day for an answer to what was asked for on a day, by the policy."""
    return asked + timedelta(days=rights().answer_days)


class Requests:
    """The requests of the participants of one open site."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self, subject: str | None = None) -> tuple[Request, ...]:
        """Every request, or those of one subject, open ones first, then by their last day."""
        self.session.require("subject.see")
        with self.session.reading() as conn:
            return standing(conn, subject)

    def receive(self, subject: str, want: str, received: date, words: str) -> None:
        """Record that a participant asked for something.

        Raises:
            PermissionDenied: the role enters no data.
            RequestRefused: no such subject, or another computer owns it; no known kind, a day to
                come, or words that are missing or identify.
        """
        self.session.require("form.edit")
        if want not in rights().requests:
            raise RequestRefused(NO_KIND, Part.KIND)
        if not subject:
            raise RequestRefused(WHOSE, Part.SUBJECT)
        if not writable(subject):
            raise RequestRefused(HalfCharacter.template, Part.SUBJECT)
        if received > self.session.today():
            raise RequestRefused(NOT_YET, Part.DAY)
        said = self._words(subject, words, needed=want == CORRECTION)
        due = last_day(received)
        about: dict[str, JSON] = {
            "what": want,
            "received": received.isoformat(),
            "due": due.isoformat(),
        }
        self._commit(subject, said, about)

    def answer(self, request: Request, outcome: Outcome, words: str) -> None:
        """Record how a request was answered.

        Raises:
            PermissionDenied: the role enters no data.
            RequestRefused: it is answered; a correction of which nothing is seen; words that are
                missing or identify; another computer owns the subject.
        """
        self.session.require("form.edit")
        said = self._words(request.subject, words, needed=outcome is not Outcome.DONE)
        about: dict[str, JSON] = {
            "of": {"chain": request.by.chain, "seq": request.by.seq},
            "outcome": outcome.value,
        }
        self._commit(request.subject, said, about, request, outcome)

    def _words(self, subject: str, words: str, *, needed: bool) -> str:
        said = words.strip()
        if needed and len(said) < _SHORTEST:
            raise RequestRefused(NO_WORDS, Part.WORDS)
        if len(said) > LONGEST:
            raise RequestRefused(TOO_LONG, Part.WORDS)
        if not writable(said):
            raise RequestRefused(HalfCharacter.template, Part.WORDS)
        try:
            own = Notes(self.session).names_a_person(subject, said)
        except NotFound:
            raise RequestRefused(NO_SUBJECT.filled(subject=subject), Part.SUBJECT) from None
        if own or (said and names_somebody(self.session, said, subject)):
            raise RequestRefused(NAMES_A_PERSON, Part.WORDS)
        return said

    def _commit(
        self,
        subject: str,
        said: str,
        about: dict[str, JSON],
        request: Request | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        content: dict[str, JSON] = {"subject": subject, "text": said, "request": about}

        box = self.session.box if self.session.has_vault else None

        def build(conn: Connection) -> list[Entry]:
            if not owned_here(conn, subject, self.session.folder.chain):
                raise RequestRefused(ELSEWHERE, Part.SUBJECT)
            if request is not None:
                now = next((r for r in standing(conn, subject) if r.by == request.by), None)
                if now is None:
                    raise NotFound(subject)
                if now.answer is not None:
                    raise RequestRefused(ANSWERED, Part.OUTCOME)
                corrects = request.want == CORRECTION and outcome is not Outcome.REFUSED
                if corrects and not _corrected(conn, request, box):
                    raise RequestRefused(NOT_CORRECTED, Part.OUTCOME)
            return [Entry(Kind.NOTE_ADDED, RecordClass.SITE, content)]

        self.session.commit(build)


def standing(conn: Connection, subject: str | None = None) -> tuple[Request, ...]:
    """The requests as the projection knows them, open ones first, then by their last day."""
    rows = conn.execute(_MATTERS, {"subject": subject}).all()
    answers = {
        Reference(body["of"]["chain"], body["of"]["seq"]): Answer(
            Outcome(body["outcome"]), r.text, r.at, r.user or ""
        )
        for r in reversed(rows)  # the first answer counts
        if "of" in (body := json.loads(r.body))
    }
    found = [
        Request(
            by := Reference(r.chain, r.seq),
            r.subject,
            body["what"],
            date.fromisoformat(body["received"]),
            date.fromisoformat(body["due"]),
            r.text,
            r.at,
            r.user or "",
            answers.get(by),
        )
        for r in rows
        if "of" not in (body := json.loads(r.body))
    ]
    return tuple(sorted(found, key=lambda r: (r.answer is not None, r.due, r.subject)))


def _corrected(conn: Connection, request: Request, box: store.PrivateBox | None) -> bool:
    """Whether a reasoned change, a sealed one perhaps, or a query followed a request.

    What follows stands later on the chain of the request, or on the chain of a later owner.
    """
    segments = standing_of(conn, request.subject).segments
    place = placing_in(segments)
    since = place(request.by.chain, request.by.seq)
    about = {"subject": request.subject}
    acts = [(str(c), int(n)) for sql in (_QUERY, _CHANGE) for c, n in conn.execute(sql, about)]
    if box is not None:
        acts += [
            (r.header.chain, r.header.seq)
            for r in store.private_records(conn, request.subject, box)
            if r.kind is Kind.ITEM_SET and _reasoned(r.body)
        ]
    return any(
        place(chain, seq) > since and (not segments or any(s.holds(chain, seq) for s in segments))
        for chain, seq in acts
    )


def _reasoned(body: Mapping[str, JSON]) -> bool:
    reason = body.get("reason")
    return isinstance(reason, Mapping) and reason.get("code") != "HIDDEN"


_MATTERS = text(
    'SELECT m.chain, m.seq, m.subject, m.text, m.body, m.at, s."user" FROM p_matter m'
    " LEFT JOIN p_session s ON s.session = m.session"
    " WHERE m.kind = 'request' AND (:subject IS NULL OR m.subject = :subject)"
    " ORDER BY m.at, m.seq"
)
_QUERY = text("SELECT chain, seq FROM p_query WHERE subject = :subject")
_CHANGE = text(
    "SELECT c.chain, o.seq FROM ledger_opening o JOIN ledger_chain c ON c.no = o.chain_no"
    " WHERE instr(CAST(o.payload AS TEXT), '\"item.set\"') > 0"
    " AND json_extract(CAST(o.payload AS TEXT), '$.address') LIKE :subject || '/%'"
    " AND json_extract(CAST(o.payload AS TEXT), '$.reason.code') <> 'HIDDEN'"
)
