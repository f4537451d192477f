"""The record of an update, signed by two people of the site (R-SEC-06).

It is a ``review.noted`` that names both: who began manages accounts here, the other one is anybody
else with an account and a confirmed key, for a small clinic has one administrator (decision 0062).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.trust import PROGRAM_UPDATED
from mrd_desktop.vault import versions
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.witness import witness

Confirm = Callable[[Mapping[str, JSON]], Record]
"""Writes the record; it takes what the update says, its ``version`` among it."""


def confirmed(session: Session, password: str, *, second: str, second_password: str) -> Confirm:
    """Ask two people for their passwords, before anything is installed.

    Returns:
        What records the update under the keys of both, once the program lies there. ``back`` in
        what it is given makes the older version the one to work with, and this session, which is
        of the version that was left, takes no live data any more.

    Raises:
        PermissionDenied: the user does not manage accounts here.
        NoSecondPerson: the same person, or nobody with an account.
        UndertakingMissing, NotConfirmed, WrongPassword, TryLater: nothing was done.
    """
    session.require(MANAGING, signs=True)
    own = session.signer(password)
    other = witness(session, second, second_password, manages=False)

    def record(said: Mapping[str, JSON]) -> Record:
        body: dict[str, JSON] = {
            **said, "act": PROGRAM_UPDATED, "user": session.user, "second": other.user,
            "at": session.now(),
        }  # fmt: skip
        statement = dumps({"kind": Kind.REVIEW_NOTED.value, **body})
        hands: list[JSON] = []
        for user, sign in ((session.user, own), (other.user, other.sign)):
            signature, key = sign(statement)
            raw = base64.b64encode(signature).decode()
            hands.append({"user": user, "key": key, "signature": raw})

        content: dict[str, JSON] = {**body, "signed": hands}
        made = session.commit([Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content)])[-1]
        if said.get("back") is True:
            _end_live_work(session)
        return made

    return record


def _end_live_work(session: Session) -> None:
    if session.folder.training:
        return
    with session.reading() as conn:
        session.unreleased = session.unreleased or versions.too_old(conn)
