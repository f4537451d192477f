"""Whose key an account signs with: looked at by a person who did not make the account.

The kind of the document is kept, not its number, and where the person stands on the delegation log.
Who made the account, or gave out its code, needs a second person with an account of the own, who
signs for it; so does everybody where the recovery sheet gave the key. Only where nobody of the site
can, a reason on record takes the place of that person; the sponsor sees it. Source: R-SIG-05
(21 CFR 11.100(b)), R-ACC-03. Decision 0077.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault import accounts
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.errors import (
    ConfirmedAlone,
    MadeByYou,
    NoDelegation,
    NoDocument,
    NotConfirmed,
    OwnAccount,
    UserNameRefused,
    UserUnknown,
)
from mrd_desktop.vault.manifest import FolderKind, SlotKind
from mrd_desktop.vault.roles import MANAGING, role_of
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.users import last_days, list_users, open_account, others_manage
from mrd_desktop.vault.witness import NoOtherPerson, witness

DOCUMENTS: Final = {
    "id_card": Text("identity card", "身份证"),
    "passport": Text("passport", "护照"),
    "staff_card": Text("staff card of this hospital", "本院工作证"),
    "licence": Text("licence to practise", "执业证书"),
}
"""What may be looked at before a key is confirmed."""
LONGEST: Final = 120
"""Characters of what is said of the delegation log."""
_SHORTEST_REASON: Final = 4
_STAFF: Final = frozenset({"form.edit", "form.sign", MANAGING})
"""What people of the site do, any of it; who only looks, comes and goes."""


class Needs(StrEnum):
    """What the confirmation of a key takes besides a document."""

    NOTHING = "nothing"
    SECOND = "second"
    REASON = "reason"


def needs(session: Session, name: str) -> Needs:
    """Whether a second person has to confirm too, or a reason has to be given for doing without.

    Raises:
        UserUnknown: no open account.
    """
    account = open_account(session, name)
    if session.folder.training or not session.study.oversight.confirmed_by_another:
        return Needs.NOTHING
    own = account.user == session.user or session.user in _makers(session, account)
    if not own and not _by_sheet(session, account):
        return Needs.NOTHING
    return Needs.SECOND if seconds(session, account) else Needs.REASON


def seconds(session: Session, account: Account) -> tuple[Account, ...]:
    """The people of the site who can confirm a key beside this user: confirmed, not its maker.

    Whoever was given a new code and has not used it yet can sign nothing, and yet counts where this
    very user gave it out: nobody is to get rid of a second person by a reset.
    """
    made_by, ends, today = _makers(session, account), last_days(session), session.today()
    return tuple(
        a
        for a in list_users(session)
        if a.user not in (session.user, account.user, *made_by)
        and a.confirmed
        and not a.closed
        and today <= ends.get(a.user, today)
        and (_has_password(session, a.user) or _makers(session, a)[-1:] == (session.user,))
        and bool(a.role)
        and bool(_STAFF & role_of(session.folder.kind, session.study, a.role).operations)
    )


def _has_password(session: Session, user: str) -> bool:
    slot = session.manifest.slots.get(session.manifest.slot_name(user))
    return slot is not None and slot.kind is not SlotKind.CODE


def confirm_user(
    session: Session,
    name: str,
    document: str = "",
    *,
    delegation: str = "",
    second: str = "",
    second_password: str = "",
    exception: str = "",
) -> None:
    """Confirm, having met the user and compared the key's id, that the key is the user's.

    Args:
        document: what was looked at, one of :data:`DOCUMENTS`; its number is kept nowhere. Live
            folders ask for it.
        delegation: where the person stands on the delegation log: a line, a day. Live sites ask
            for it.
        second: who looked as well and signs for it, where this user made the account or the sheet
            did; checked and recorded wherever it is given.
        exception: why nobody else does, where nobody of the site can.

    Raises:
        PermissionDenied: the role may not manage users.
        UserUnknown: no open account, or it has no key yet.
        NoDocument, NoDelegation: a live folder, and nothing was looked at.
        OwnAccount: and somebody else manages users here.
        NotConfirmed: nobody has confirmed this user's own key yet.
        MadeByYou: somebody else who can is to confirm too.
        ConfirmedAlone: nobody else can, and no reason is given.
        NoOtherPerson: the second person is none who may.
        SecondPasswordWrong, TryLater, UndertakingMissing: that person has not signed.
    """
    session.require(MANAGING)
    account = open_account(session, name)
    if not account.key:
        raise UserUnknown(name)
    if document not in DOCUMENTS and (document or not session.folder.training):
        raise NoDocument(", ".join(DOCUMENTS))
    listed = delegation.strip()
    if len(listed) > LONGEST or not (listed or _unlisted(session)):
        raise NoDelegation
    if account.user == session.user and others_manage(session):
        session.deny(MANAGING, OwnAccount())
    content: dict[str, JSON] = {"user": account.user, "by": session.user, "key": account.key}
    content |= {k: v for k, v in (("document", document), ("delegation", listed)) if v}
    content |= _looked_at(session, account, content, (second, second_password), exception)
    session.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, content)])


def exceptions(session: Session) -> Mapping[str, str]:
    """Open accounts whose key one person confirmed alone, by user, each with the reason."""
    with session.reading() as conn:
        alone = _alone(conn, session.folder.chain)
    still = {a.user for a in list_users(session) if a.confirmed and not a.closed}
    return {user: why for user, why in alone.items() if user in still}


def _unlisted(session: Session) -> bool:
    """Folders whose people stand on no delegation log: for practice, and the sponsor's."""
    return session.folder.training or session.folder.kind is not FolderKind.SITE


def _makers(session: Session, account: Account) -> tuple[str, ...]:
    with session.reading() as conn:
        return accounts.makers(conn, session.folder.chain, account.user)


def _by_sheet(session: Session, account: Account) -> bool:
    with session.reading() as conn:
        return accounts.by_sheet(conn, session.folder.chain, account.user)


def _looked_at(
    session: Session,
    account: Account,
    content: Mapping[str, JSON],
    other: tuple[str, str],
    exception: str,
) -> dict[str, JSON]:
    """What is said of who looked besides this user; refused where nobody did who has to."""
    asked, (second, password) = needs(session, account.user), other
    if session.study.oversight.confirmed_by_another and not session.folder.training:
        own = account.user == session.user
        if not own and not open_account(session, session.user).confirmed:
            raise NotConfirmed(session.user)
    if second:
        return _signed(session, account, content, second, password)
    if asked is Needs.NOTHING:
        return {}
    if asked is Needs.SECOND:
        who = ", ".join(a.user for a in seconds(session, account))
        session.deny(MANAGING, MadeByYou(who=who))
    if len(exception.strip()) < _SHORTEST_REASON:
        raise ConfirmedAlone
    return {"exception": exception.strip()}


def _signed(
    session: Session, account: Account, content: Mapping[str, JSON], second: str, password: str
) -> dict[str, JSON]:
    """The second person's name and signature."""
    with suppress(UserNameRefused):  # no such name, which the witness is told of
        if accounts.folded(second) in (account.user, *_makers(session, account)):
            raise NoOtherPerson
    other = witness(session, second, password, manages=False)
    said: dict[str, JSON] = {"second": other.user, "at": session.now()}
    kind: dict[str, JSON] = {"kind": Kind.USER_CONFIRMED.value}
    signature, key = other.sign(dumps({**kind, **content, **said}))
    raw = base64.b64encode(signature).decode()
    return {**said, "signed": [{"user": other.user, "key": key, "signature": raw}]}


def _alone(conn: Connection, chain: str) -> dict[str, str]:
    """By user, why the last confirmation did without a second person."""
    rows = conn.exec_driver_sql(
        "SELECT json_extract(p, '$.user'), json_extract(p, '$.exception') FROM (SELECT o.seq,"
        " CAST(o.payload AS TEXT) AS p FROM ledger_opening o JOIN ledger_chain c"
        " ON c.no = o.chain_no WHERE c.chain = ?"
        " AND instr(CAST(o.payload AS TEXT), '\"user.confirmed\"') > 0)"
        " WHERE json_extract(p, '$.kind') = 'user.confirmed' ORDER BY seq",
        (chain,),
    )
    latest = {str(user): why for user, why in rows}
    return {user: str(why) for user, why in latest.items() if why}
