"""A clock that stands behind is explained: by whom may, in words, with a signature of one's own.

Nothing else is written until then (R-TIM-03). It comes before the undertaking too, for neither
could be recorded otherwise.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final

from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.clock import Noted, stamp
from mrd_desktop.vault.errors import ClockNotNoted, ClockWentBack, NotConfirmed
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated

MEANING: Final = "clock"
STATEMENT: Final = Text(
    "I have compared this computer's date and time with another clock: they are right. I answer "
    "for the reason given.",
    "本人已将此电脑的日期和时间与其他时钟核对，确认无误，并对所述原因负责。",
)
NO_WORDS: Final = Text("say in a few words why the clock was wrong.", "请简要说明时钟出错的原因。")
NOT_BEHIND: Final = Text(
    "the clock is not behind the last record, so there is nothing to explain.",
    "时钟并未落后于末条记录，无需说明。",
)
OTHER_DAY: Final = Text(
    "this computer has {day}. If that is wrong, set its clock right first.",
    "此电脑的日期为 {day}。若有误，请先校正电脑时钟。",
)
_SHORTEST: Final = 4
_NOTING: Final = frozenset({"form.edit", MANAGING})


def may_note(session: Session) -> bool:
    """Whether the role explains a clock: who enters data, or manages accounts; nobody who looks."""
    ended = session.until is not None and session.today() > session.until
    return not ended and bool(session.duties.operations & _NOTING)


def behind(session: Session) -> ClockWentBack | None:
    """Why nothing is written for the clock's sake; None where it is not behind."""
    try:
        session.clock.check()
    except ClockWentBack as found:
        return found
    return None


def doubtful(session: Session) -> str:
    """Why this user is asked whether the date is right: one of DOUBTS; empty where nothing is."""
    return session.clock.doubt() if may_note(session) and behind(session) is None else ""


def affirm(session: Session, day: date | None = None) -> None:
    """Record that somebody has read the date in words and said that it is right.

    The session's own record says so; one that is written already keeps its doubt, and the next
    sign-in asks again.

    Args:
        day: today as another clock tells it, where nobody was shown the date: who types it has
            looked, which a mere yes in a script does not say.

    Raises:
        PermissionDenied: the role neither enters data nor manages accounts.
        ClockNotNoted: the computer has another day.
    """
    if not may_note(session):
        session.deny(MANAGING)
    if day is not None and day != session.today():
        raise ClockNotNoted(OTHER_DAY.filled(day=session.today().isoformat()))
    session.clock.affirm()
    if session.hold is None:  # else its record says so once there is one
        session.announce()


def note_clock(session: Session, reason: str, password: str, *, language: Language) -> None:
    """Record that the clock was found behind and is right now; writing goes on.

    Records keep the time of the last one until the clock has passed it.

    Raises:
        PermissionDenied: the role neither enters data nor manages accounts. The attempt is recorded
            once the clock is not behind.
        NotConfirmed: nobody has confirmed whose key would sign; whoever opened the folder with the
            recovery sheet has shown it.
        ClockNotNoted: no words, or the clock is not behind.
        WrongPassword, TryLater: nothing was signed.
    """
    if not may_note(session):
        session.deny(MANAGING)
    if not (session.account.confirmed or session.by_sheet):
        raise NotConfirmed(session.user)
    said = reason.strip()
    if len(said) < _SHORTEST:
        raise ClockNotNoted(NO_WORDS)
    if behind(session) is None:
        raise ClockNotNoted(NOT_BEHIND)
    sign = session.first_signer(password)
    clock = session.clock
    noted = Noted(stamp(clock.wall()), clock.bound, clock.last, received=clock.confirmed)
    times = {"wall": noted.wall, "last": noted.last}
    signed = {**times, "words": hashlib.sha256(said.encode()).hexdigest()}
    session.explain_clock(
        noted,
        [
            Entry(
                Kind.CLOCK_NOTED,
                RecordClass.CODED,
                {"user": session.user, **times, "reason": said},
            ),
            stated(session, sign, MEANING, STATEMENT, language, signed),
        ],
    )
