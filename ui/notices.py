"""What stands at the top of the window until it is mended: the most pressing of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mrd_desktop.errors import MrdError
from mrd_desktop.record.verifying import changed_keys
from mrd_desktop.texts import Text
from mrd_desktop.vault import (
    abroad,
    account_review,
    clock_note,
    compared,
    data_key,
    new_sheet,
    users,
)
from mrd_desktop.vault.abroad import Standing
from mrd_desktop.vault.ballast import SPENT
from mrd_desktop.vault.clock import moment
from mrd_desktop.vault.errors import (
    NotActivated,
    NotTrained,
    PasswordStale,
    RecordsAltered,
    RecordsMissing,
)
from mrd_desktop.vault.roles import MANAGING, TRAINED
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.storage import scarce_room
from mrd_desktop.vault.tries import MANY, Tried, Tries
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
OWN_TRIES = Text(
    "Somebody failed to sign in with your name {n} times since you were last here ({times}). If "
    "that was not you, tell who manages users.",
    "自您上次使用以来，有人用您的用户名登录失败 {n} 次（{times}）。如非本人所为，请告知管理用户的"
    "人员。",
)
OWN_TRY = Text(
    "A sign-in with your name failed at {times}. If that was not you, tell who manages users.",
    "{times} 有一次用您的用户名登录失败。如非本人所为，请告知管理用户的人员。",
)
MANY_TRIES = Text(
    "Failed sign-ins since your last session: {names}. Ask these people whether it was them; the "
    "trail has each try.",
    "自您上次登录以来的登录失败：{names}。请向本人核实；每次均见稽查轨迹。",
)
GUESSABLE = Text(
    "By today’s list of common passwords yours is easily guessed. Choose another one under "
    "Administration, Your password.",
    "按现行常见密码清单，您的密码容易被猜到。请在“管理 → 我的密码”中更换。",
)
NAMED = Text("{user} {n}, last {at}", "{user} {n} 次（最近 {at}）")
UNKNOWN = Text("unknown names", "未知用户名")
CUT = Text(
    "Lines of the log of failed sign-ins (signin.log) are gone: somebody changed or deleted it.",
    "登录失败日志（signin.log）缺行：该文件曾被改动或删除。",
)
_SLIP = timedelta(minutes=2)
_TIMES = 4
"""Times that are named; of more only the last ones."""
NOT_LISTED = Text(
    "The sponsor does not find these accounts on the delegation log: {users}. See Administration, "
    "Accounts.",
    "申办方称以下账户不在授权分工表中：{users}。请查看“管理 → 账户复核”。",
)
OTHER_ROSTER = Text(
    "The sponsor compared another list of accounts than this computer’s: see Administration, "
    "Accounts.",
    "申办方核对的账户清单与本机不一致，请查看“管理 → 账户复核”。",
)
ACCOUNTS = Text(
    "The review of accounts was due on {due}: do it under Administration, Accounts.",
    "账户复核应于 {due} 前完成，请在“管理 → 账户复核”中进行。",
)
KEYS_CHANGED = Text(
    "Keys beside the data were changed outside the program: {what}. Find out who can write to this "
    "folder. A reset of the user, or a new recovery sheet, makes that part anew.",
    "数据旁的密钥文件有改动：{what}。请查明谁能写入此文件夹；重置该用户或制作新的恢复单即可重建。",
)
SHUT_OUT = Text(
    "No password and no one-time code opens these accounts: {users}. Reset them under "
    "Administration, Users.",
    "以下账户没有可用的密码或一次性代码，无法登录：{users}。请在“管理 → 用户”中重置。",
)
DATA_KEY = Text(
    "The data key was to be changed by {due}: do it under Administration, Data key.",
    "数据密钥应于 {due} 前更换，请在“管理 → 数据密钥”中进行。",
)
KEY_UNSAVED = Text(
    "There is no backup under the new data key yet; until there is one, packages cannot bring "
    "records back after a loss. Make one under Administration, Backup and verification.",
    "数据密钥更换后尚未备份，此时数据丢失将无法用数据包找回记录。请在“管理 → 备份与校验”中备份。",
)
UNSAID = Text(
    "No data can leave yet: two people compare the sponsor's fingerprint and say where the "
    "sponsor is, under Administration, Where data go.",
    "数据尚不能导出：请由两人核对申办方指纹，并在“管理 → 数据接收方”中登记其所在地。",
)
AWAY = Text(
    "No data can leave: the sponsor is outside mainland China and no approval runs. Record one "
    "under Administration, Where data go.",
    "数据不能导出：申办方位于中国大陆境外，且没有有效的出境批准。请在“管理 → 数据接收方”中登记。",
)


def show_notice(desk: Desk) -> None:
    """Show it, or take away what is mended."""
    session, shell = desk.session, desk.shell
    if not session.locked:
        shell.set_notice(About.ACCOUNTS, _questioned(session))
    if session.altered is not None:
        altered = RecordsAltered(session.altered)
        shell.set_notice(About.RECORDS, altered.text, Ink.HARD, altered.details)
    elif session.reserve_spent:
        shell.set_notice(About.RECORDS, SPENT, Ink.HARD)
    elif session.hold is not None:
        shell.set_notice(About.RECORDS, RecordsMissing().text, Ink.HARD)
    else:
        shell.set_notice(About.RECORDS, _wanting(session))


def show_tries(desk: Desk, found: Tries | None = None) -> None:
    """Say which sign-ins failed: with the own name, and to who manages users with any.

    A typing error of the moment goes into the status line, and no further.

    Args:
        found: those of anybody, at the sign-in.
    """
    session = desk.session
    own = session.own_tries
    slips = len(own) < MANY and all(_just_now(session, at) for at in own)
    if own and slips:
        desk.say(_own(session, own))
    said = [_own(session, own)] if own and not slips else []
    if found is not None and found.many:
        names = [_named(session, tried) for tried in found.many]
        en, zh = ", ".join(n.en for n in names), "；".join(n.zh for n in names)
        said.append(MANY_TRIES.filled(names=Text(en, zh)))
    if found is not None and found.cut:
        said.append(CUT)
    text = Text(" ".join(t.en for t in said), "".join(t.zh for t in said)) if said else None
    desk.shell.set_notice(About.TRIES, text)


def _own(session: Session, times: Sequence[str]) -> Text:
    shown = ", ".join(_at(session, at) for at in times[-_TIMES:])
    said = OWN_TRY if len(times) == 1 else OWN_TRIES
    return said.filled(n=len(times), times=shown)


def _named(session: Session, tried: Tried) -> Text:
    at, n = _at(session, tried.times[-1]), len(tried.times)
    name = Text(tried.user, tried.user) if tried.user else UNKNOWN
    return NAMED.filled(user=name, n=n, at=at)


def _at(session: Session, at: str) -> str:
    return session.clock.zone.local(at).strftime("%m-%d %H:%M")


def _just_now(session: Session, at: str) -> bool:
    """The log has the computer's time, whatever a training folder's clock shows."""
    now = session.clock.wall() - session.clock.shift
    return timedelta() <= now - moment(at) < _SLIP


def show_clock(desk: Desk) -> None:
    """Say while the clock is behind that nothing is written; lock where somebody has set it."""
    if desk.session.locked:
        return
    if desk.session.clock.jumped():
        desk.shell.lock_wanted.emit()
    else:
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
    if session.folder.training:
        return None
    return (
        (GUESSABLE if session.guessable else None)
        or _recipient(session)
        or _keys_changed(session)
        or _sheet(session)
        or _shut_out(session)
        or _accounts(session)
        or _data_key(session)
    )


def _recipient(session: Session) -> Text | None:
    if not session.allows("trust.manage"):
        return None
    with session.reading() as conn:
        found = abroad.barred(abroad.guarded(session, conn))
    return None if found is None else barred_words(found)


def barred_words(found: Standing) -> Text:
    """Why nothing leaves for a recipient, and where that is mended."""
    return UNSAID if found.said is None else AWAY


def _questioned(session: Session) -> Text | None:
    """What the sponsor says of accounts here, to who manages users."""
    if MANAGING not in session.duties.operations:
        return None
    for found in compared.findings(session):
        if not found.same:
            return OTHER_ROSTER
        if found.open:
            return NOT_LISTED.filled(users=", ".join(u.user for u in found.open))
    return None


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


def _keys_changed(session: Session) -> Text | None:
    if MANAGING not in session.duties.operations:
        return None
    try:
        found = changed_keys(session)
    except MrdError:  # the file is not there now: whatever needs it says so
        return None
    return KEYS_CHANGED.filled(what=found[0]) if found else None


def _shut_out(session: Session) -> Text | None:
    if MANAGING not in session.duties.operations:
        return None
    names = users.shut_out(session)
    return SHUT_OUT.filled(users=", ".join(names)) if names else None


def _data_key(session: Session) -> Text | None:
    if not (data_key.may_change(session) or session.allows("backup")):
        return None
    found = data_key.standing(session)
    if session.allows("backup") and not found.saved:
        return KEY_UNSAVED
    if not data_key.may_change(session):
        return None
    return DATA_KEY.filled(due=found.due) if found.overdue(session.today()) else None
