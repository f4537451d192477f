"""What stands at the top of the window until it is mended: the most pressing of it."""

from __future__ import annotations

from mrd_desktop.texts import Text
from mrd_desktop.vault import account_review, clock_note, new_sheet
from mrd_desktop.vault.ballast import SPENT
from mrd_desktop.vault.errors import NotActivated, NotTrained, PasswordStale, RecordsMissing
from mrd_desktop.vault.roles import TRAINED
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.storage import scarce_room
from ui.theme import Ink
from ui.widgets.notice import About
from ui.work import Desk

NO_SHEET = Text(
    "There is no valid recovery sheet, for making one was cut off: make one under Administration, "
    "Recovery sheet.",
    "恢复单制作中断，目前没有有效的恢复单，请在“管理 → 恢复单”中重新制作。",
)
UNCHECKED = Text(
    "Nobody has checked the recovery sheet for {n} days: compare it under Administration, "
    "Recovery sheet.",
    "恢复单已 {n} 天未核对，请在“管理 → 恢复单”中核对。",
)
ACCOUNTS = Text(
    "The review of accounts was due on {due}: do it under Administration, Accounts.",
    "账户复核应于 {due} 前完成，请在“管理 → 账户复核”中进行。",
)


def show_notice(desk: Desk) -> None:
    """Show it, or take away what is mended."""
    session, shell = desk.session, desk.shell
    if session.reserve_spent:
        shell.set_notice(About.RECORDS, SPENT, Ink.HARD)
    elif session.hold is not None:
        shell.set_notice(About.RECORDS, RecordsMissing().text, Ink.HARD)
    else:
        shell.set_notice(About.RECORDS, _wanting(session))


def show_clock(desk: Desk) -> None:
    """Say while the clock is behind that nothing is written, and where it is explained."""
    if not desk.session.locked:
        found = clock_note.behind(desk.session)
        desk.shell.set_notice(About.CLOCK, found.text if found else None, Ink.HARD)


def _wanting(session: Session) -> Text | None:
    closed = session.not_live
    if closed is not None:
        return NotActivated(closed).text
    if session.stale_password and session.duties.operations & TRAINED:
        return PasswordStale(session.study.oversight.password_days).text
    scarce = scarce_room(session.folder.path)
    if scarce is not None:
        return scarce
    if not session.trained and session.duties.operations & TRAINED:
        return NotTrained(session.user).text
    return None if session.folder.training else _sheet(session) or _accounts(session)


def _sheet(session: Session) -> Text | None:
    if not new_sheet.may_replace(session):
        return None
    found = new_sheet.standing(session)
    if not found.shown:
        return NO_SHEET
    return UNCHECKED.filled(n=found.days) if found.due else None


def _accounts(session: Session) -> Text | None:
    if not account_review.may_review(session):
        return None
    found = account_review.standing(session)
    return ACCOUNTS.filled(due=found.due) if found.overdue(session.today()) else None
