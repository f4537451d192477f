"""What a connection read of a subject before is taken again only while it is the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.reading import RecordedForm, recorded_forms
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.study.address import RowKey
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_drafts import add_term
from tests.record.test_entry import TYPO, form, key
from tests.record.test_locking import WHY

SUBJECT = "01-001"
PS = f"{SUBJECT}/SCR/PS"
MH = f"{SUBJECT}/SCR/MH"


def save(session: Session, grade: str) -> None:
    entry = Casebook(session).open(form(session, PS))
    entry.type(key(session, f"{PS}/ECOG"), grade)
    entry.save(complete=True, reason=TYPO)


def add_row(session: Session) -> None:
    entry = Casebook(session).open(form(session, MH))
    add_term(entry, "invented condition")
    entry.save(complete=False)


def sign(session: Session) -> None:
    shown = show(session, form(session, PS), Language.EN)
    sign_form(session, shown, password_of(session.user), language=Language.EN)


def rename(session: Session) -> None:
    place = f"{SUBJECT}/SCR/ID"
    entry = Casebook(session).open(form(session, place))
    entry.type(key(session, f"{place}/PATNAME"), "合成甲")
    entry.save(complete=True, reason=TYPO)


def read(session: Session) -> tuple[RecordedForm, ...]:
    """The forms as they are read again, which must be what a first reading gives."""
    box = session.box if session.has_vault else None
    with session.reading() as conn:
        again = recorded_forms(conn, SUBJECT, box)
        conn.info.pop("recorded forms")
        assert recorded_forms(conn, SUBJECT, box) == again
        return again


ACTS: dict[str, tuple[Callable[[Session], object], ...]] = {
    "crc": (
        lambda s: save(s, "2"),
        rename,
        add_row,
        lambda s: Casebook(s).remove(RowKey(form(s, MH), "MHO", 1), TYPO),
        lambda s: Casebook(s).remove(form(s, PS), TYPO),
        lambda s: Casebook(s).restore(form(s, PS), TYPO),
        lambda s: Casebook(s).remove(form(s, PS).event, TYPO),
    ),
    "inv": (sign, lambda s: save(s, "2")),
    "cra": (lambda s: change_lock(s, form(s, PS), LockAct.LOCK, WHY),),
}


@pytest.mark.parametrize("user", ACTS)
def test_a_form_is_read_as_it_stands_after_every_act(charted: Clinic, user: str) -> None:
    with charted.open(user) as session:
        before = read(session)
        assert read(session) == before
        for act in ACTS[user]:
            act(session)
            after = read(session)
            assert after != before
            before = after


def test_only_a_form_of_other_rows_is_made_anew(charted: Clinic) -> None:
    with charted.open() as session:
        with session.reading() as conn:
            before = recorded_forms(conn, SUBJECT)
        save(session, "2")
        with session.reading() as conn:
            after = recorded_forms(conn, SUBJECT)
            assert recorded_forms(conn, SUBJECT) is after
    anew = [new.key for old, new in zip(before, after, strict=True) if new is not old]
    assert anew == [form(session, PS)]


def test_identity_items_are_not_kept(charted: Clinic) -> None:
    with charted.open() as session, session.reading() as conn:
        named = recorded_forms(conn, SUBJECT, session.box)
        coded = recorded_forms(conn, SUBJECT)
        assert {f.key.form for f in named if f not in coded} == {"ID"}
        (kept,) = conn.info["recorded forms"].values()
        assert [f.items for f in kept.forms if f.key.form == "ID"] == [{}]


def test_a_connection_keeps_two_subjects(charted: Clinic) -> None:
    with charted.open() as session, session.reading() as conn:
        for subject in (SUBJECT, "01-002", "01-003", "01-004"):
            recorded_forms(conn, subject)
        assert tuple(conn.info["recorded forms"]) == ("01-003", "01-004")
