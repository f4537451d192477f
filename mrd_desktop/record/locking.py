"""Freezing, locking and unlocking forms: controlled acts of the monitor, each with a reason.

Opening a form again is signed with the monitor's own key besides (R-DAT-08): the statement stands
in the transaction of the unlocking, names the form and the code of the reason, and leaves the words
of the reason to the record, where they can be erased.

A frozen form keeps its values while something about it is being settled; a locked one is done. No
role writes to either (:mod:`mrd_desktop.record.saving` refuses). A form with a query that is not
closed can be frozen, not locked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import entries
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotFound, RecordError
from mrd_desktop.record.projection import form_id_of
from mrd_desktop.record.reading import recorded_forms
from mrd_desktop.record.saving import good_reason
from mrd_desktop.record.second.errors import DifferencesOpen
from mrd_desktop.record.second.standing import second_entries
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated


class LockAct(StrEnum):
    """What is done to a form; the value is the verb of the record."""

    FREEZE = "frozen"
    LOCK = "locked"
    UNLOCK = "unlocked"


_FROM: Final = {
    LockAct.FREEZE: ("",),
    LockAct.LOCK: ("", "frozen"),
    LockAct.UNLOCK: ("frozen", "locked"),
}
LOCK_WORDS: Final = {
    "": Text("open for entry", "可录入"),
    "frozen": Text("frozen", "已冻结"),
    "locked": Text("locked", "已锁定"),
}


class WrongLockState(RecordError):
    """The form is not in a state that allows the act."""

    code = "lock_state"
    template = Text(
        "{detail} is {state}; this act does not apply.", "{detail} 当前{state_zh}，不能进行此操作。"
    )


class QueriesOpen(RecordError):
    """A form with queries that are not closed is not locked."""

    code = "queries_open"
    template = Text(
        "{detail} has {n} queries that are not closed. Close them first; until then the form can "
        "be frozen.",
        "{detail} 尚有{n}条质疑未关闭，请先关闭质疑；在此之前可先冻结表单。",
    )


class NoLockReason(RecordError):
    """Freezing, locking and unlocking need a reason."""

    code = "no_lock_reason"
    template = Text("Say in a few words why.", "请简要填写原因。")


@dataclass(frozen=True, slots=True)
class LockLine:
    """One act on a form, as its history tells it."""

    act: LockAct
    reason: ChangeReason | None
    at: str
    user: str


UNLOCKING: Final = "unlocking"
UNLOCK_STATEMENT: Final = Text(
    "I open this frozen or locked form again, for the reason recorded with it.",
    "本人重新开放此已冻结或锁定的表单，原因见所附记录。",
)
"""What an unlocking states; the text is part of the signed bytes."""


def change_lock(
    session: Session,
    key: FormKey,
    act: LockAct,
    reason: ChangeReason,
    password: str = "",
    *,
    language: Language = Language.ZH,
) -> None:
    """Freeze, lock or unlock a form.

    Args:
        password: the user's own; asked where a form is unlocked.
        language: in which the statement of an unlocking is signed.

    Raises:
        WrongPassword, TryLater: unlocking is signed, and nothing was done.
        UndertakingMissing, NotConfirmed: so it needs what every signature needs.
        PermissionDenied: the role may not.
        NotFound: no form was saved there, or it is removed.
        WrongLockState: frozen or locked already, or neither.
        QueriesOpen: a query of the form is not closed (lock only).
        DifferencesOpen: its two entries differ (lock only).
        NoLockReason: no reason of the study's list, or words are missing.
    """
    session.require("form.lock")
    if not good_reason(session, reason):
        raise NoLockReason
    sign = session.signer(password) if act is LockAct.UNLOCK else None

    def build(conn: Connection) -> list[Entry]:
        form = conn.execute(
            text("SELECT lock, removed, saved_seq FROM p_form WHERE form_id = :form"),
            {"form": form_id_of(conn, key)},
        ).one_or_none()
        if form is None or form.removed or form.saved_seq is None:
            raise NotFound(str(key))
        if form.lock not in _FROM[act]:
            words = LOCK_WORDS[form.lock]
            raise WrongLockState(str(key), state=words.en, state_zh=words.zh)
        waiting = _unsettled(conn, key)
        if act is LockAct.LOCK and waiting:
            raise QueriesOpen(str(key), n=waiting)
        if act is LockAct.LOCK and _differs(conn, session.study, key):
            raise DifferencesOpen(str(key))
        made = [entries.form_state(act.value, key, reason)]
        if sign is not None:
            about: dict[str, JSON] = {"form": str(key), "reason": reason.code}
            made.append(stated(session, sign, UNLOCKING, UNLOCK_STATEMENT, language, about))
        return made

    session.commit(build)


def acts(lock: str) -> tuple[LockAct, ...]:
    """What may be done to a form in a state ``""``, ``"frozen"`` or ``"locked"``."""
    return tuple(act for act in LockAct if lock in _FROM[act])


def lock_history(session: Session, key: FormKey) -> tuple[LockLine, ...]:
    """Every act on a form, oldest first."""
    session.require("subject.see")
    with session.reading() as conn:
        rows = conn.execute(
            text("SELECT * FROM p_lock WHERE form_id = :form ORDER BY at, seq"),
            {"form": form_id_of(conn, key)},
        ).all()
    return tuple(
        LockLine(
            LockAct(r.verb),
            None if r.code is None else ChangeReason(r.code, r.text or ""),
            r.at,
            r.user,
        )
        for r in rows
    )


def _unsettled(conn: Connection, key: FormKey) -> int:
    """Queries of a form that are not closed: an answered one is still the monitor's to close."""
    found = conn.execute(
        text(
            "SELECT count(*) FROM p_query WHERE subject = :subject AND state <> 'closed'"
            " AND (address = :form OR substr(address, 1, length(:form) + 1) = :form || '/')"
        ),
        {"subject": key.subject, "form": str(key)},
    ).scalar()
    return int(found or 0)


def _differs(conn: Connection, study: Study, key: FormKey) -> bool:
    """Whether two entries of the form differ in something that nobody has settled."""
    if not study.by_form[key.form].second_entry:
        return False
    found = [f for f in recorded_forms(conn, key.subject) if f.key == key]
    return any(entry.open for entry in second_entries(conn, study, found).values())
