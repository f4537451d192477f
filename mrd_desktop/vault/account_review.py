"""The review of accounts: who is here, whether each still needs it, signed at intervals.

Who manages users or signs as investigator looks at all accounts and signs for what was shown. How
often is policy of the study (:class:`mrd_desktop.study.model.Oversight`). Decision 0042.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import confirming, statements, users
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.exercises import ATTESTED
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.readiness import Bar, bars
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated

MEANING: Final = "accounts"
SIGNING: Final = "form.sign"
STATEMENT: Final = Text(
    "I have reviewed the accounts listed: each open one belongs to a person who still needs it, in "
    "the role shown.",
    "本人已复核所列账户：每个使用中的账户均属于仍需使用者，且角色无误。",
)


class AccountsRefused(MrdError):
    """The review cannot be signed like this."""

    code = "accounts_review"
    template = Text(
        "The accounts are no longer those that were shown. Look at them again, then sign.",
        "账户与显示时不同，请重新查看后签名。",
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One account as it is shown to the reviewer.

    Attributes:
        until: its last day.
        last_sign_in, trained_at: UTC times; None where there was none.
        bars: what keeps the person from work.
        alone: why one person confirmed the key alone; empty where two did or nobody had to.
    """

    account: Account
    until: date | None
    last_sign_in: str | None
    trained_at: str | None
    bars: tuple[Bar, ...]
    alone: str = ""

    @property
    def active(self) -> bool:
        """Somebody can sign in with it."""
        return not {Bar.CLOSED, Bar.ENDED, Bar.NO_KEY} & set(self.bars)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A signed review; ``seq`` is the number of its record."""

    seq: int
    at: str
    user: str
    open: int


@dataclass(frozen=True, slots=True)
class Standing:
    """When accounts were reviewed, and when they have to be.

    Attributes:
        last: the last signed review.
        due: the last day on which the next one is in time.
        asked: this folder is reminded of it; training sites and stores are not.
    """

    last: Reviewed | None
    due: date
    asked: bool

    def overdue(self, today: date) -> bool:
        """Whether it is asked for and late."""
        return self.asked and today > self.due


@dataclass(frozen=True, slots=True)
class Survey:
    """All accounts as they are shown; ``digest`` says which content a signature is about."""

    lines: tuple[Line, ...]
    digest: str


def may_review(session: Session) -> bool:
    """Whether this user looks at the accounts and signs."""
    return session.allows(MANAGING) or SIGNING in session.duties.operations


def standing(session: Session) -> Standing:
    """How the reviews of this folder stand."""
    chain = session.folder.chain
    with session.reading() as conn:
        record = statements.last(conn, chain, MEANING)
        since = store.record(conn, chain, 1).header.at if record is None else record.header.at
    last = None
    if record is not None:
        said = statements.said(record)
        last = Reviewed(record.header.seq, since, str(record.body["user"]), len(list(_open(said))))
    day = session.clock.zone.local(since).date()
    asked = session.folder.kind is FolderKind.SITE and not session.folder.training
    return Standing(last, day + timedelta(days=session.study.oversight.accounts_days), asked)


def survey(session: Session) -> Survey:
    """Every account, closed ones at the end, with what a reviewer has to know of it.

    Raises:
        PermissionDenied: the role neither manages users nor signs.
    """
    _allowed(session)
    chain = session.folder.chain
    ends, alone = users.last_days(session), confirming.exceptions(session)
    with session.reading() as conn:
        seen = _sign_ins(conn, chain)
    lines = []
    for account in users.list_users(session):
        until = ends.get(account.user)
        with session.reading() as conn:
            trained = statements.last(conn, chain, ATTESTED, account.user)
        lines.append(
            Line(
                account, until, seen.get(account.user),
                None if trained is None else trained.header.at, bars(session, account, until),
                alone.get(account.user, ""),
            )
        )  # fmt: skip
    ordered = tuple(sorted(lines, key=lambda line: line.account.closed))
    body: JSON = [
        [
            x.account.user,
            x.account.role,
            str(x.until or ""),
            x.trained_at or "",
            list(x.bars),
            *([x.alone] if x.alone else ()),
        ]
        for x in ordered
    ]
    return Survey(ordered, hashlib.sha256(dumps({"accounts": body})).hexdigest())


def sign_off(
    session: Session, shown: Survey, password: str, *, language: Language, words: str = ""
) -> None:
    """Sign the review of what was shown.

    Args:
        words: what was found; they stay at the site.

    Raises:
        PermissionDenied: the role neither manages users nor signs.
        RecordsAltered, RecordsMissing: nobody can answer for what is shown.
        AccountsRefused: accounts have changed since they were shown.
        UndertakingMissing, NotConfirmed, WrongPassword, TryLater: nothing was signed.
    """
    _allowed(session)
    session.require_sound(MANAGING)
    session.require_all(MANAGING)
    sign = session.signer(password)
    if survey(session).digest != shown.digest:
        raise AccountsRefused
    said: dict[str, JSON] = {
        "open": [
            {"user": x.account.user, "role": x.account.role}
            for x in shown.lines
            if not x.account.closed
        ],
        "closed": sum(x.account.closed for x in shown.lines),
        "digest": shown.digest,
    }
    entry = stated(session, sign, MEANING, STATEMENT, language, said)
    session.commit([*_noted(session, words.strip()), entry])


def _noted(session: Session, words: str) -> list[Entry]:
    content: dict[str, JSON] = {"act": MEANING, "user": session.user, "text": words}
    return [Entry(Kind.REVIEW_NOTED, RecordClass.SITE, content)] if words else []


def _allowed(session: Session) -> None:
    if not may_review(session):
        session.deny(MANAGING)


def _open(said: Mapping[str, JSON]) -> list[JSON]:
    found = said.get("open")
    return found if isinstance(found, list) else []


def _sign_ins(conn: Connection, chain: str) -> Mapping[str, str]:
    """When each user last signed in (UTC)."""
    rows = conn.exec_driver_sql(
        "SELECT json_extract(p, '$.user'), max(json_extract(p, '$.at')) FROM"
        " (SELECT CAST(o.payload AS TEXT) AS p FROM ledger_opening o"
        " JOIN ledger_chain c ON c.no = o.chain_no WHERE c.chain = ?"
        " AND instr(CAST(o.payload AS TEXT), '\"session.opened\"') > 0)"
        " WHERE json_extract(p, '$.kind') = 'session.opened' GROUP BY 1",
        (chain,),
    ).all()
    return {str(user): str(at) for user, at in rows}
