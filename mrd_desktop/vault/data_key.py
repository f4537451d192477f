"""The data key changed yearly, and whenever somebody may know it.

What was copied before (a key slot, the key itself) opens neither the file nor later backups then.
It does not reach backups made before, no password and no key of a user. How often is policy of the
study (:class:`mrd_desktop.study.model.Oversight`). Decision 0074.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.wording import fits
from mrd_desktop.texts import Text
from mrd_desktop.vault import new_sheet, rotation, statements, users
from mrd_desktop.vault.errors import UnfitText
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session

YEARLY: Final = "yearly"
SUSPECTED: Final = "leak_suspected"
CAUSES: Final = {
    YEARLY: Text("yearly change", "年度更换"),
    SUSPECTED: Text("suspected leak", "疑似泄露"),
}
"""Why somebody changes the data key, by the code in its record."""
REASONS: Final = {
    **CAUSES,
    users.CLOSED: Text("a user was closed", "关闭账户"),
    new_sheet.REASON: Text("new recovery sheet", "更换恢复单"),
}
"""Why a data key was changed, by the code in its record."""
SHORTEST_WORDS: Final = 4
LONGEST_WORDS: Final = 500


class DataKeyRefused(MrdError):
    """The data key was not changed."""

    code = "data_key"
    template = Text("The data key was not changed: {reason_en}", "未更换数据密钥：{reason_zh}")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class WordsAsked(DataKeyRefused):
    """Nobody has said what happened, or with more words than a record takes."""

    code = "data_key_words"


_NO_CAUSE: Final = Text(
    "say why, yearly or leak_suspected.", "请说明原因：yearly 或 leak_suspected。"
)
_NO_WORDS: Final = Text(
    f"say in a few words what happened, in one line of at most {LONGEST_WORDS} characters.",
    f"请简要说明经过，限一行，最多 {LONGEST_WORDS} 字。",
)


class Bar(StrEnum):
    """Why the key cannot be changed now."""

    CUT_OFF = "cut_off"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with the data key.

    Attributes:
        generation: 1 for the first key of the folder.
        since: the local day on which it was made.
        reason: code of :data:`REASONS`; empty for the first key.
        due: the last day on which the next change is in time.
        asked: this folder is reminded of it; training sites and stores are not.
        saved: a backup was made under it, or it is the first key.
        owed: a change is due that a full disk or a cut held up; the next sign-in makes it.
        bar: why it cannot be changed now; None where it can.
    """

    generation: int
    since: date
    reason: str
    due: date
    asked: bool
    saved: bool
    owed: bool
    bar: Bar | None

    def overdue(self, today: date) -> bool:
        """Whether it is asked for and late."""
        return self.asked and today > self.due


@dataclass(frozen=True, slots=True)
class NewDataKey:
    """What was done.

    Attributes:
        voided: users whose slot had no part in it, as behind an unused one-time code; reset them.
    """

    generation: int
    voided: tuple[str, ...]


def may_change(session: Session) -> bool:
    """Whether this user may change it."""
    return session.allows(MANAGING)


def standing(session: Session) -> Standing:
    """Since when the data key is in use, and when it has to be changed."""
    chain, manifest = session.folder.chain, session.manifest
    with session.reading() as conn:
        seq = statements.data_key_seq(conn, chain, manifest.generation)
        record = store.record(conn, chain, seq or 1)
        owed = rotation.is_owed(conn)
        # The change is recorded under the new key: what holds its record was encrypted with it.
        saved = seq is None or statements.backup_seq(conn, chain) >= seq
    reason = "" if seq is None else str(record.body["reason"])
    since = session.clock.zone.local(record.header.at).date()
    due = since + timedelta(days=session.study.oversight.data_key_days)
    asked = session.folder.kind is FolderKind.SITE and not session.folder.training
    return Standing(manifest.generation, since, reason, due, asked, saved, owed, _bar(session))


def change(session: Session, cause: str, password: str, words: str = "") -> NewDataKey:
    """Give the folder a new data key; whoever is away finds it at the next sign-in.

    Where the disk does not take it, or the power fails, the next sign-in of anybody makes it up.

    Args:
        cause: of :data:`CAUSES`.
        words: what happened, of a suspected leak; they travel with the record.

    Raises:
        PermissionDenied: the role may not manage users.
        RecordsMissing: this may be an older copy; what it records contradicts the right one.
        DataKeyRefused: no cause; WordsAsked: no words of a suspected leak, or too many.
        UnfitText, WrongPassword, TryLater, ClockWentBack, SessionOver: nothing was begun.
        KeyChangeCutOff: one was cut off before, or this one; the next sign-in settles it.
        StorageError else: the former key still holds, and the next sign-in changes it.
    """
    session.require(MANAGING, signs=True)
    if cause not in CAUSES:
        raise DataKeyRefused(_NO_CAUSE)
    told = " ".join(words.split())
    if len(told) > LONGEST_WORDS or (cause == SUSPECTED and len(told) < SHORTEST_WORDS):
        raise WordsAsked(_NO_WORDS)
    if not fits(told):  # before it is owed: what no record takes could never be made up
        raise UnfitText
    session.require_settled()
    session.require_time()
    session.verify_password(password)
    said: Mapping[str, JSON] = {"text": told} if told else {}
    # Due from here on: after a power cut the next sign-in makes it up, and tells who asked for it.
    with session.writing() as conn:
        rotation.owe(conn, session.manifest, cause, {**said, "by": session.user})
    voided = rotation.change_data_key(session, cause, lambda body: {**body, **said})
    return NewDataKey(session.manifest.generation, voided)


def _bar(session: Session) -> Bar | None:
    if session.hold is not None:
        return Bar.HELD
    return Bar.CUT_OFF if session.manifest.next_generation is not None else None
