"""The review of the audit trail: what came since the last one, its flags, and the sign-off.

A review covers the records after the last one up to the end of the chain as it was shown. Whoever
signs hands over the digest of what was shown (:attr:`Survey.digest`); the signature covers range,
head, flags and words. Decision 0022.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.insight.audit.rules import Flag, Ground, flags
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import entries
from mrd_desktop.record.audit import TrailLine, trail
from mrd_desktop.record.errors import RecordError
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session

MEANING: Final = "trail"
STATEMENT: Final = Text(
    "I have reviewed the records of the audit trail in this range and looked at each flagged one.",
    "本人已审阅此范围内的稽查轨迹，并逐条查看了标记的记录。",
)
_SHORTEST: Final = 4
_STEP: Final = 500

Told = Callable[[int, int], None]


class ReviewRefused(RecordError):
    """The review cannot be signed like this."""

    code = "trail_review"
    template = Text("The review was not signed: {detail}", "审阅未签署：{detail}")

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.text = Text(self.template.en.format(detail=why.en),
                         self.template.zh.format(detail=why.zh))  # fmt: skip


NOT_SHOWN: Final = Text(
    "the flags are no longer those that were shown. Look at the trail again.",
    "标记与显示时不同，请重新查看。",
)
NOT_LOOKED: Final = Text(
    "{n} flagged records have not been looked at yet.", "尚有 {n} 条标记记录未查看。"
)
NO_WORDS: Final = Text(
    "say in a few words what was found in the flagged records.",
    "请简要说明对标记记录的审阅结果。",
)
NOTHING: Final = Text("nothing has come since the last review.", "上次审阅之后没有新记录。")


@dataclass(frozen=True, slots=True)
class Review:
    """A signed review.

    Attributes:
        seq: number of the record that signs it.
        after, upto: it covers the records behind the first number up to the second.
        flagged: how many records had each flag.
        text: what was found; empty where nothing was written or it is not held here.
    """

    seq: int
    after: int
    upto: int
    records: int
    flagged: Mapping[str, int]
    text: str
    user: str
    at: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The trail as it is shown to a reviewer.

    Attributes:
        lines: every record of the chain up to the head, in order; identity data closed.
        flags: by record number, over the whole chain.
        after: the last record that was reviewed; 0 before the first review.
        digest: of what a sign-off would be about.
    """

    lines: tuple[TrailLine, ...]
    flags: Mapping[int, tuple[Flag, ...]]
    after: int
    head: Head
    digest: str

    @property
    def open(self) -> tuple[int, ...]:
        """Numbers of flagged records that no review covers yet."""
        return tuple(seq for seq in self.flags if seq > self.after)


def reviews(session: Session) -> tuple[Review, ...]:
    """Every signed review of this site's trail, latest first.

    Raises:
        PermissionDenied: the role may not see the trail.
    """
    session.require("audit.see")
    with session.reading() as conn:
        rows = conn.execute(
            text(
                "SELECT r.*, n.text FROM p_trail_review r LEFT JOIN p_trail_note n"
                " ON n.chain = r.chain AND n.txn = r.txn WHERE r.chain = :chain"
                " ORDER BY r.seq DESC"
            ),
            {"chain": session.folder.chain},
        ).all()
    return tuple(
        Review(r.seq, r.after, r.upto, r.records, json.loads(r.flagged), r.text or "", r.user, r.at)
        for r in rows
    )


def survey(session: Session, told: Told = lambda done, total: None) -> Survey:
    """Read the trail of this site with its flags.

    Args:
        told: (done, total) records while reading.

    Raises:
        PermissionDenied: the role may not see the trail.
    """
    session.require("audit.see")
    with session.reading() as conn:
        return _survey_on(session, conn, store.head(conn, session.folder.chain), told)


def sign_off(
    session: Session,
    shown: Survey,
    looked: frozenset[int],
    words: str,
    password: str,
    *,
    language: Language,
) -> Review:
    """Sign the review of what was shown.

    Args:
        looked: numbers of the flagged records that the reviewer has looked at.
        words: what was found; needed where a record is flagged.

    Raises:
        PermissionDenied: the role does not review, or the account is not confirmed.
        RecordsAltered: data were changed outside the program.
        ReviewRefused: nothing to review, flagged records not looked at, or no words.
        WrongPassword, TryLater: nothing was signed.
    """
    session.require("audit.review")
    said = words.strip()
    left = [seq for seq in shown.open if seq not in looked]
    if shown.head.seq <= shown.after:
        raise ReviewRefused(NOTHING)
    if left:
        raise ReviewRefused(NOT_LOOKED.filled(n=len(left)))
    if shown.open and len(said) < _SHORTEST:
        raise ReviewRefused(NO_WORDS)
    sign = session.signer(password)

    with session.reading() as conn:
        last = store.record(conn, session.folder.chain, shown.head.seq)
        head = Head(shown.head.chain, shown.head.seq, last.digest)
        now = _survey_on(session, conn, head)
    if now.digest != shown.digest:
        raise ReviewRefused(NOT_SHOWN)
    statement = _statement(session, now, said, language)
    signature, key = sign(dumps(statement))
    signed = {**statement, "key": key, "signature": base64.b64encode(signature).decode()}
    note = [entries.trail_noted(now.after, head.seq, said)] if said else []
    session.commit([*note, Entry(Kind.SIGNATURE_MADE, RecordClass.CODED, signed)])
    return reviews(session)[0]


def _statement(session: Session, shown: Survey, words: str, language: Language) -> dict[str, JSON]:
    """What is signed: no subject, no words, but the digest of both."""
    counted = Counter(flag.value for seq in shown.open for flag in shown.flags[seq])
    return {
        "at": session.now(),
        "content": hashlib.sha256(dumps({"shown": shown.digest, "words": words})).hexdigest(),
        "definition": session.study.digest,
        "language": language.value,
        "meaning": MEANING,
        "review": {
            "after": shown.after,
            "upto": shown.head.seq,
            "head": shown.head.digest.hex(),
            "records": shown.head.seq - shown.after,
            "flagged": dict(sorted(counted.items())),
        },
        "role": session.role,
        "text": STATEMENT.say(language),
        "user": session.user,
        **session.signs_as(),
    }


def _survey_on(
    session: Session, conn: Connection, head: Head, told: Told = lambda done, total: None
) -> Survey:
    chain = session.folder.chain
    after = conn.execute(
        text("SELECT max(upto) FROM p_trail_review WHERE chain = :chain"), {"chain": chain}
    ).scalar()
    ground = Ground(session.study, session.clock.zone, limits())
    lines = tuple(_upto(session, chain, head.seq, told))
    found = flags(lines, ground)
    start = int(after or 0)
    body: dict[str, JSON] = {
        "after": start,
        "head": head.digest.hex(),
        "flags": [[seq, [f.value for f in said]] for seq, said in found.items() if seq > start],
    }
    digest = hashlib.sha256(dumps(body)).hexdigest()
    return Survey(lines, found, start, head, digest)


def _upto(session: Session, chain: str, last: int, told: Told) -> Iterator[TrailLine]:
    for line in trail(session, identity=False):
        if line.chain != chain:
            continue
        if line.seq > last:
            return
        if line.seq % _STEP == 0:
            told(line.seq, last)
        yield line
