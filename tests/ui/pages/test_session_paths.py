"""Sessions and signing, path by path through the real window (E-08, R-SES-01 to 04, R-SIG-03)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.signing import NotAsShown, Shown, saw, sign_forms
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault import definitions
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import SignIn, cover, line, ready, secret
from ui.app import DESERTED, Program
from ui.context import Context
from ui.jobs import Job
from ui.pages.sign_in import LockPage, SignInPage

MINUTE = 60_000
Walk = Callable[["Clinic"], None]


@dataclass
class Clinic:
    """The window, and how a person gets from one state to another."""

    qtbot: QtBot
    program: Program
    sign_in: SignIn
    place: Path

    def comes(self, user: str = "pi") -> None:
        self.sign_in(user)

    def locks(self) -> None:
        self.program.lock()
        self.is_locked()

    def idles(self) -> None:
        self.program._idle.timeout.emit()
        self.is_locked()

    def sleeps(self) -> None:
        """The look after a sleep: a minute is gone on the clock on the wall."""
        seen = self.program.asleep._seen
        self.program.asleep._seen = tuple(clock - 60.0 for clock in seen)
        self.program.asleep.look()
        self.is_locked()

    def is_locked(self) -> None:
        session = self.program.session
        assert session is not None
        self.qtbot.waitUntil(lambda: session.locked, timeout=20_000)
        assert isinstance(cover(self.program), LockPage)

    def types(self, password: str) -> None:
        """The password behind the lock, after the name where that does not stand there yet."""
        ready(self.qtbot)
        page = cover(self.program)
        assert isinstance(page, LockPage)
        if not page.user.text:
            line(self.qtbot, "pi")
        line(self.qtbot, password)

    def unlocks(self) -> None:
        self.types(secret("pi"))
        self.qtbot.waitUntil(lambda: not self.program.shell.covered, timeout=20_000)

    def mistypes(self) -> None:
        self.types("not the password")
        page = cover(self.program)
        assert isinstance(page, LockPage)
        self.qtbot.waitUntil(lambda: "不正确" in page.password._below.text(), timeout=20_000)

    def names_nobody(self) -> None:
        """The right password without a name: the caret goes to the name, and nothing is tried."""
        ready(self.qtbot)
        page = cover(self.program)
        assert isinstance(page, LockPage)
        page.password.line.setText(secret("pi"))
        page.submit()
        assert page.user.line.hasFocus()
        self.is_locked()

    def names_another(self) -> None:
        """The right password under another's name: whose session it is, is told in place."""
        ready(self.qtbot)
        page = cover(self.program)
        assert isinstance(page, LockPage)
        page.user.line.setText("crc")
        page.password.line.setText(secret("pi"))
        page.submit()
        self.qtbot.waitUntil(lambda: "切换用户" in page.user._below.text(), timeout=20_000)
        page.user.line.clear()
        self.is_locked()

    def signs(self) -> None:
        session = self.program.session
        assert session is not None
        shown = [w.shown for w in to_sign(session, Language.ZH)][-1:]
        saw(session, shown[0])
        assert len(sign_forms(session, shown, secret("pi"), language=Language.ZH).signed) == 1

    def leaves(self) -> None:
        self.program.sign_out()
        self.gone()

    def gone(self) -> None:
        self.qtbot.waitUntil(lambda: self.program.desk is None, timeout=20_000)
        assert isinstance(cover(self.program), SignInPage)

    def wears_out(self) -> None:
        self.program._whole.timeout.emit()
        self.gone()

    def wears_out_locked(self) -> None:
        """The right password after twelve hours behind the lock."""
        session = self.program.session
        assert session is not None
        wall, steady = session.clock._started
        session.clock._started = (wall - timedelta(hours=12), steady)
        self.types(secret("pi"))
        self.gone()

    def screen_locks(self) -> None:
        self.program.away.locked.emit()
        self.is_locked()

    def falls_asleep(self) -> None:
        """The system says that it sleeps: no key is left, whatever was there."""
        session = self.program.session
        assert session is not None
        self.program.away.sleeping.emit()
        assert self.program.desk is None, "at once: the computer waits for nobody"
        assert not session._data_key
        self.gone()

    def nobody_comes(self) -> None:
        """Half an hour without anybody."""
        self.program._wipe.timeout.emit()
        self.gone()

    def nobody_came(self) -> None:
        """The right password after half an hour of sleep behind the lock: timers slept too."""
        self.program._locked_at -= 30 * 60
        self.types(secret("pi"))
        self.gone()


@pytest.fixture
def here(qtbot: QtBot, program: Program, sign_in: SignIn, place: Path) -> Clinic:
    return Clinic(qtbot, program, sign_in, place)


# --- paths, each with four tries to sign -----------------------------------------------

SIGNS = ("wrong_password", "wrong_password", "wrong_password", "signed")
LOCKED = ("session_locked",) * 4
MAY_NOT = ("permission_denied",) * 4
PATHS: dict[str, tuple[tuple[Walk, ...], tuple[str, ...]]] = {
    "signed in": ((Clinic.comes,), SIGNS),
    "signed once before": ((Clinic.comes, Clinic.signs), SIGNS),
    "locked": ((Clinic.comes, Clinic.locks), LOCKED),
    "locked, mistyped": ((Clinic.comes, Clinic.locks, Clinic.mistypes), LOCKED),
    "unlocked": ((Clinic.comes, Clinic.locks, Clinic.unlocks), SIGNS),
    "unlocked after a mistake": (
        (Clinic.comes, Clinic.locks, Clinic.mistypes, Clinic.unlocks), SIGNS),
    "locked, without a name": ((Clinic.comes, Clinic.locks, Clinic.names_nobody), LOCKED),
    "locked, another name": ((Clinic.comes, Clinic.locks, Clinic.names_another), LOCKED),
    "unlocked after another name": (
        (Clinic.comes, Clinic.locks, Clinic.names_another, Clinic.unlocks), SIGNS),
    "signed, locked": ((Clinic.comes, Clinic.signs, Clinic.locks), LOCKED),
    "idle": ((Clinic.comes, Clinic.idles), LOCKED),
    "slept": ((Clinic.comes, Clinic.sleeps), LOCKED),
    "slept while locked": ((Clinic.comes, Clinic.locks, Clinic.sleeps), LOCKED),
    "left": ((Clinic.comes, Clinic.leaves), LOCKED),
    "another user": ((Clinic.comes, lambda c: c.comes("crc")), MAY_NOT),
    "another user and back": ((Clinic.comes, lambda c: c.comes("crc"), Clinic.comes), SIGNS),
    "nobody there": ((Clinic.comes, Clinic.idles, Clinic.nobody_comes), LOCKED),
    "nobody there, asleep": ((Clinic.comes, Clinic.locks, Clinic.nobody_came), LOCKED),
    "screen locked": ((Clinic.comes, Clinic.screen_locks), LOCKED),
    "falling asleep": ((Clinic.comes, Clinic.falls_asleep), LOCKED),
    "falling asleep while locked": ((Clinic.comes, Clinic.locks, Clinic.falls_asleep), LOCKED),
    "worn out": ((Clinic.comes, Clinic.wears_out), LOCKED),
    "worn out behind the lock": ((Clinic.comes, Clinic.locks, Clinic.wears_out_locked), LOCKED),
}  # fmt: skip
TRIED = ("no password", "a wrong one", "somebody else's", "the own")


@pytest.mark.parametrize("path", PATHS)
def test_in_each_state_signing_asks_for_the_own_password(path: str, here: Clinic) -> None:
    (first, *steps), expected = PATHS[path]
    first(here)
    begun = here.program.session
    assert begun is not None
    shown = [w.shown for w in to_sign(begun, Language.ZH)][:1]
    for step in steps:
        step(here)
    session = here.program.session or begun  # somebody may hold on to one that is over
    given = ("", "not the password", secret("cra"), secret("pi"))
    found = [tried(session, shown, password) for password in given]
    assert dict(zip(TRIED, found, strict=True)) == dict(zip(TRIED, expected, strict=True))


def tried(session: Session, shown: list[Shown], password: str) -> str:
    """What becomes of a try to sign what was on the screen."""
    for one in shown:
        saw(session, one)
    try:
        done = sign_forms(session, shown, password, language=Language.ZH)
    except MrdError as refused:
        return refused.code
    return "signed" if len(done.signed) == len(shown) else "refused"


# --- idle, to the second ------------------------------------------------------------------


AWAKE: dict[str, Callable[[Program], QEvent]] = {
    "key": lambda _: QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_Shift, Qt.KeyboardModifier.NoModifier
    ),
    "movement": lambda p: QMouseEvent(
        QEvent.Type.MouseMove, QPointF(9, 9), p.shell.mapToGlobal(QPointF(9, 9)),
        Qt.MouseButton.NoButton, Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    ),
    "click": lambda p: QMouseEvent(
        QEvent.Type.MouseButtonPress, QPointF(9, 9), p.shell.mapToGlobal(QPointF(9, 9)),
        Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    ),
    "wheel": lambda p: QWheelEvent(
        QPointF(9, 9), p.shell.mapToGlobal(QPointF(9, 9)), QPoint(), QPoint(0, 120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    ),
}  # fmt: skip


def test_at_four_fifty_nine_the_window_is_open_and_at_five_o_one_it_is_locked(
    here: Clinic,
) -> None:
    here.comes()
    timer = here.program._idle
    assert (timer.interval(), timer.isSingleShot(), timer.isActive()) == (5 * MINUTE, True, True)
    timer.start(1000)  # 4:59 are over
    assert not here.program.shell.covered
    here.qtbot.wait(800)
    assert not here.program.shell.covered
    here.qtbot.waitUntil(lambda: here.program.shell.covered, timeout=1200)  # 5:01 at most
    here.is_locked()


@pytest.mark.parametrize("awake", AWAKE)
def test_whoever_does_something_at_four_fifty_nine_has_five_minutes_more(
    awake: str, here: Clinic
) -> None:
    here.comes()
    timer = here.program._idle
    timer.start(1000)
    timer.setInterval(5 * MINUTE)
    QApplication.sendEvent(here.program.shell.windowHandle(), AWAKE[awake](here.program))
    here.qtbot.wait(1500)  # 5:01 after all before
    assert not here.program.shell.covered
    assert timer.remainingTime() > 5 * MINUTE - 5000
    if awake == "click":  # or the whole run takes the button for held
        here.qtbot.mouseRelease(here.program.shell, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("minutes", [2, 15])
def test_the_study_says_after_how_many_minutes(
    minutes: int, here: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(load_study().oversight, idle_minutes=minutes)
    asking = replace(load_study(), oversight=other)
    monkeypatch.setattr(definitions, "in_force", lambda *_: asking)
    here.comes()
    assert here.program._idle.interval() == minutes * MINUTE


# --- half an hour -------------------------------------------------------------------------


def test_half_an_hour_without_anybody_ends_the_session_and_keeps_the_typing(here: Clinic) -> None:
    here.comes("crc")
    desk, wipe = here.program.desk, here.program._wipe
    assert desk is not None
    assert not wipe.isActive()
    visit = FormKey(EventKey("01-002", "M12"), "SV")
    page = desk.open_form(visit)
    assert page is not None
    here.qtbot.wait(50)
    here.qtbot.keyClicks(page.body.editor(page.body.order[1]), "1")
    here.idles()
    assert wipe.isActive() and wipe.interval() == 25 * MINUTE  # five are over
    session = desk.session
    key, database = session._data_key, session.database
    wipe.start(0)
    here.gone()
    sign_in = cover(here.program)
    assert sign_in is not None
    assert DESERTED.zh in [x.text() for x in sign_in.findChildren(QLabel)]
    assert key and not session._data_key
    with pytest.raises(MrdError), database.reading():
        pass
    assert not wipe.isActive()
    here.comes("crc")
    assert here.program.desk is not None
    assert here.program.desk.book.open(visit).state is FormState.DRAFT


def test_a_lock_by_hand_gives_half_an_hour_and_unlocking_ends_it(here: Clinic) -> None:
    here.comes()
    here.locks()
    wipe = here.program._wipe
    assert wipe.isActive() and wipe.interval() == 30 * MINUTE
    here.unlocks()
    assert not wipe.isActive()


def test_no_job_is_cut_off_by_the_half_hour(here: Clinic) -> None:
    here.comes()
    here.locks()
    held: Job[object] = Job(lambda _: None)
    here.program.jobs._held.add(held)
    here.program._wipe.timeout.emit()
    assert here.program.desk is not None
    here.program.jobs._held.clear()
    here.gone()


# --- what outlives a lock -----------------------------------------------------------------


def test_the_key_of_a_locked_session_signs_nothing_any_more(here: Clinic) -> None:
    """A session key that somebody kept: its record is found by whoever verifies."""
    here.comes()
    session = here.program.session
    assert session is not None
    session.announce()
    kept, at = session._signer, session.now()
    assert kept is not None
    here.locks()
    here.unlocks()
    session.announce()
    assert session._signer is not kept
    chain = session.folder.chain
    with session.reading() as conn:
        assert verify_records(store.records(conn, chain), chain, private=False).ok
    entry = Entry(Kind.NOTE_ADDED, RecordClass.SITE, {"subject": "01-001", "text": "forged"})
    with session.writing() as conn:
        store.append(conn, chain, [entry], kept, max(at, session.clock.last), None)
    with session.reading() as conn:
        checks = verify_records(store.records(conn, chain), chain, private=False).checks
    assert [c.name for c in checks if c.ok is False] == ["signatures"]


def test_a_certificate_opens_no_second_session(here: Clinic) -> None:
    """What opened the first session, shown again after the lock, is found by whoever verifies."""
    here.comes()
    session = here.program.session
    assert session is not None
    session.announce()
    chain, kept = session.folder.chain, session._signer
    assert kept is not None
    with session.reading() as conn:
        (old,) = [
            r for r in store.records(conn, chain)
            if r.opening is not None
            and r.kind is Kind.SESSION_OPENED
            and r.header.session == kept.session
        ]  # fmt: skip
    here.locks()
    here.unlocks()
    said = {k: v for k, v in old.body.items() if k != "kind"}
    with session.writing() as conn:
        opened_again = Entry(Kind.SESSION_OPENED, RecordClass.CODED, said)
        store.append(conn, chain, [opened_again], kept, session.clock.last, None)
    with session.reading() as conn:
        checks = verify_records(store.records(conn, chain), chain, private=False).checks
    assert [c.name for c in checks if c.ok is False] == ["signatures"]


def test_identity_is_shut_behind_the_lock(here: Clinic) -> None:
    here.comes()
    session = here.program.session
    assert session is not None
    box = session.box
    assert box is not None
    here.locks()
    assert session.box is None
    assert session._signer is None
    assert session._vault_key is None


# --- a second window ----------------------------------------------------------------------


def test_a_second_window_is_told_who_works_here_and_the_first_goes_on(
    here: Clinic, context: Context, tmp_path: Path
) -> None:
    here.comes()
    other = Program(context, load_study(), home=tmp_path)
    here.qtbot.addWidget(other.shell)
    other.shell.show()
    other.start(here.place / "site")
    page = cover(other)
    assert isinstance(page, SignInPage)
    page.user.line.setText("crc")
    page.password.line.setText(secret("crc"))
    page.submit()
    here.qtbot.waitUntil(lambda: "正在另一个" in page.password._below.text(), timeout=20_000)
    assert other.desk is None
    other._end()
    here.signs()


# --- a series -----------------------------------------------------------------------------


def test_of_twenty_forms_the_changed_one_is_refused_and_nineteen_are_signed(here: Clinic) -> None:
    here.comes()
    session = here.program.session
    assert session is not None
    shown = [w.shown for w in to_sign(session, Language.ZH)][:20]
    assert len(shown) == 20
    changed = next(s.key for s in shown if s.key.form == "PS")
    entry = Casebook(session).open(changed)
    entry.type(ItemKey(RowKey(changed, "A"), "ECOG"), "2")
    entry.save(complete=True, reason=ChangeReason("TYPO"))
    for password in ("", "not the password", secret("crc")):
        assert tried(session, shown, password) == "wrong_password"
    done = sign_forms(session, shown, secret("pi"), language=Language.ZH)
    assert [key for key, _ in done.refused] == [changed]
    assert isinstance(done.refused[0][1], NotAsShown)
    assert len(done.signed) == 19


def test_what_was_shown_before_the_lock_is_still_what_is_signed_after_it(here: Clinic) -> None:
    """The token of having seen a form is its content: it holds as long as that stands."""
    here.comes()
    session = here.program.session
    assert session is not None
    shown = [w.shown for w in to_sign(session, Language.ZH)][:1]
    here.locks()
    here.unlocks()
    assert tried(session, shown, secret("pi")) == "signed"
    assert tried(session, [Shown(shown[0].key, "0" * 64)], secret("pi")) == "refused"
