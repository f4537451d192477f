"""The program put together in one place: window, language, look, doors, sections, one session."""

from __future__ import annotations

import locale
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from mrd_desktop import installation
from mrd_desktop.closing.destruction import Condemned
from mrd_desktop.errors import MrdError
from mrd_desktop.faults import places, tell_places_only
from mrd_desktop.last_site import APPLICATION, LastSite, of_computer
from mrd_desktop.record.day import begin_day
from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.record.soundness import check_daily
from mrd_desktop.study.address import Key
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.support.bundle import Ground
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer.checkpoint import Finding
from mrd_desktop.transfer.loss import look
from mrd_desktop.vault import clock_note, faultlog, program_check, rota, tries
from mrd_desktop.vault.destroyed import finish
from mrd_desktop.vault.errors import ProgramNotReleased, RecordsMissing
from mrd_desktop.vault.roles import MANAGING
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.tries import Tries
from ui.asleep import Asleep
from ui.away import Away
from ui.context import Context
from ui.copied import Copied
from ui.doors import Doors
from ui.jobs import Job, Jobs, Progress
from ui.language import Speech
from ui.liking import Liking
from ui.notices import show_notice, show_tries
from ui.page import Page
from ui.pages.cover import CoverPage
from ui.pages.date_asked import DatePage
from ui.pages.ended import EndedPage
from ui.pages.farewell import FarewellPage
from ui.pages.fault import FaultPage
from ui.pages.help import KEYS, HelpPage
from ui.pages.new_site import SheetPage
from ui.pages.parted import PartedPage
from ui.pages.sign_in import LockPage
from ui.pages.start import StartPage
from ui.pages.support import SupportPage, screen_told
from ui.pages.topics import PARAGRAPHS, TOPIC_OF
from ui.pages.undertaking import UndertakingPage
from ui.sections import Sections
from ui.shell import Shell
from ui.theme import Ink, Mode, Theme
from ui.widgets.notice import About
from ui.work import Desk

WIPED_AFTER: Final = timedelta(minutes=30)
"""Without anybody there, the session ends and no key is left (R-SES-01)."""
BEFORE_THE_END: Final = timedelta(minutes=5)
"""The window ends a session so long before the core writes no more: what is under way gets done."""
DESERTED: Final = Text(
    "Signed out because nobody came back for 30 minutes. What was typed into forms is a draft.",
    "因 30 分钟无人操作，已自动退出登录。表单中已输入的内容已存为草稿。",
)
SET_FIRST: Final = Text(
    "Set date and time right in the computer's settings, then sign in again. Nothing was recorded.",
    "请先在电脑设置中校正日期和时间，然后重新登录。未记录任何内容。",
)
ASLEEP: Final = Text(
    "Signed out because the computer went to sleep. What was typed into forms is a draft.",
    "电脑进入睡眠，已自动退出登录。表单中已输入的内容已存为草稿。",
)
WORN_OUT: Final = Text(
    "Signed out: {hours} hours are the longest time here. What was typed into forms is a draft.",
    "单次登录最长 {hours} 小时，已自动退出。表单中已输入的内容已存为草稿。",
)
_LOOK_AGAIN = 200
_TURN = 0.0002
"""Seconds a job may keep the interpreter while the window waits for it.

Drawing asks for it back after nearly every call of Qt; with Python's usual 5 ms a key pressed while
lists are counted took several times as long.
"""
_AWAKE = (
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
)


class Program(QObject):
    """The window and one session in it: work, lock, the way out.

    Args:
        now, last: as for :class:`Doors`.
    """

    def __init__(
        self,
        context: Context,
        study: Study,
        *,
        now: datetime | None = None,
        home: Path | None = None,
        last: LastSite | None = None,
    ) -> None:
        super().__init__()
        self.context = context
        self.desk: Desk | None = None
        self._day_due = False
        self._held_against: Desk | None = None
        self.sections: Sections | None = None
        self.jobs = Jobs(self)
        self.jobs.broke.connect(self.tell_fault)
        self.shell = Shell(context)
        self.shell.lock_wanted.connect(self.lock)
        self.shell.closing.connect(self._close)
        self.shell.condemned.connect(self._condemned)
        self.shell.left_behind.connect(self.sign_out)
        self.shell.support_wanted.connect(self.make_support)
        self.shell.restore_wanted.connect(self._sign_out_to_restore)
        self.doors = Doors(
            context, self.shell, self.jobs, study, home=home or Path.home(), now=now, last=last
        )
        self.doors.opened.connect(self._signed_in)
        self.liking = Liking(context)
        self.liking.refused.connect(self.shell.say)
        self._fault_open = False
        self._faulted = False
        self._last_fault = faultlog.Met("", "", "", "", ())
        self._faulty: Page | None = None
        self._again = False
        self._lock_page: LockPage | None = None
        self._below: Page | None = None
        self._farewell: FarewellPage | None = None
        self._then: Callable[[], object] = lambda: None
        self._places: dict[tuple[Path, str], Key | SecondPlace] = {}  # where each user was
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self._idled)
        self.asleep = Asleep(self)
        self.asleep.woke.connect(self._woke)
        self.away = Away(self)
        self.away.locked.connect(self.lock)
        self.away.sleeping.connect(self._falling_asleep)
        self.copied = Copied(self)
        self._whole = QTimer(self)
        self._whole.setSingleShot(True)
        self._whole.timeout.connect(self._worn_out)
        self._wipe = QTimer(self)
        self._wipe.setSingleShot(True)
        self._wipe.timeout.connect(self._deserted)
        self._locked_at = 0.0

    @property
    def session(self) -> Session | None:
        """Who is signed in, if anybody."""
        return self.desk.session if self.desk is not None else None

    def start(self, path: Path | None = None) -> None:
        """Show the sign-in of a folder that was named or opened last, else the first page."""
        self.doors.start(path)

    # --- work -------------------------------------------------------------------------

    def _signed_in(self, session: Session) -> None:
        self.context.hours.follow(session.clock.zone)
        self.liking.take_up(session)
        self.desk = desk = Desk(self.context, self.shell, session, self.jobs)
        self.shell.hold_open(True)
        self._idle.setInterval(session.study.oversight.idle_minutes * 60_000)
        self._idle.start()
        if clock_note.doubtful(session):
            self._ask_date(desk, lambda: self._go_in(desk))
        else:
            self._go_in(desk)

    def _ask_date(self, desk: Desk, then: Callable[[], object]) -> None:
        """Ask whether the date is right, where the clock may stand ahead; else the session ends."""
        page = DatePage(self.context, desk)
        page.right.connect(then)
        page.wrong.connect(lambda: self.switch_user(SET_FIRST))
        self.shell.cover(page)

    def _go_in(self, desk: Desk) -> None:
        session = desk.session
        if desk is not self.desk or session.locked:
            return
        if session.asks_undertaking and clock_note.behind(session) is None:  # else it cannot be
            page = UndertakingPage(self.context, desk)
            page.closed.connect(lambda: self._begin_work(desk))
            self.shell.cover(page)
        else:
            self._begin_work(desk)

    def _begin_work(self, desk: Desk) -> None:
        session = desk.session
        if desk is not self.desk or session.locked:
            return
        self.sections = Sections(desk)
        self.sections.open()
        desk.resume(self._places.pop(_owner(desk), None))
        behind = clock_note.behind(session) is not None
        self.shell.follow(lambda: session.clock.wall().astimezone(session.clock.zone.tz))
        self.shell.uncover()
        if behind and clock_note.may_note(session):
            self.sections.go_part("clock")
        self._idle.start()
        self._whole.start(_milliseconds(session.left - BEFORE_THE_END))
        # Keys and pointer reach the window first: watching it costs nothing while a form is drawn.
        self.shell.winId()
        self.shell.windowHandle().installEventFilter(self)
        self.shell.installEventFilter(self)
        self._tell_tries(desk)
        self._compare_installation(desk)
        self._day_due = True
        desk.census.counted.connect(lambda: self._begin_day(desk))
        # What takes time behind the window lets the first lines of the lists come before it.
        desk.census.changed.connect(lambda: self._compare_heads(desk))
        if not desk.census.counting:
            self._compare_heads(desk)

    def _tell_tries(self, desk: Desk) -> None:
        """Say which sign-ins failed since this user was here; to who manages users, anybody's."""
        show_tries(desk)
        if not desk.session.allows(MANAGING):
            return
        job: Job[Tries] = Job(lambda _: tries.to_tell(desk.session))

        def told(found: Tries) -> None:
            if desk is self.desk and not desk.session.locked:
                show_tries(desk, found)

        job.finished.connect(told)
        job.refused.connect(lambda refused: desk.say(refused.text))
        self.jobs.start(job)  # type: ignore[arg-type]

    def _compare_heads(self, desk: Desk) -> None:
        """Hold backups and packages beside the data against the chain; what is wrong stays seen."""
        if desk is self._held_against or desk is not self.desk or desk.session.locked:
            return
        self._held_against = desk

        def work(_: Progress) -> tuple[Finding, ...]:
            return look(desk.session)

        job: Job[tuple[Finding, ...]] = Job(work)
        job.finished.connect(lambda found: self._compared(desk, found))
        self.jobs.start(job)  # type: ignore[arg-type]

    def _compared(self, desk: Desk, found: tuple[Finding, ...]) -> None:
        if desk.session.locked:
            return
        if found:  # an older copy must not push good backups out
            desk.shell.set_notice(About.RECORDS, RecordsMissing().text, Ink.HARD)
            return
        job = desk.run(lambda progress: rota.back_up_if_due(desk.session, progress))
        job.finished.connect(lambda made: desk.census.refresh() if made else None)
        job.refused.connect(lambda refused: self._not_backed_up(desk, refused))

    def _not_backed_up(self, desk: Desk, refused: MrdError) -> None:
        if desk.session.locked:
            return
        late = rota.standing(desk.session).very_late
        if late and desk.session.not_live is None:
            desk.shell.set_notice(About.BACKUP, refused.text, Ink.HARD)
        else:
            desk.say(refused.text)

    def _begin_day(self, desk: Desk) -> None:
        """Ask what only time makes, once the lists stand there; once a day there is something."""
        if not self._day_due or desk is not self.desk or desk.session.locked:
            return
        self._day_due = False

        def work(progress: Progress) -> int:
            check_daily(desk.session, progress.tell, lambda: progress.stopped)
            return begin_day(desk.session, progress.tell, lambda: progress.stopped)

        job: Job[int] = Job(work)
        job.refused.connect(lambda refused: desk.say(refused.text))
        job.finished.connect(lambda written: self._day_begun(desk, written))
        self.jobs.start(job)  # type: ignore[arg-type]

    def _day_begun(self, desk: Desk, written: int) -> None:
        if desk.session.locked:
            return
        show_notice(desk)
        if written:
            desk.census.refresh()

    def lock(self) -> None:
        """Hide everything, keep the typing, forget the keys that write until the password comes."""
        self._lock(idled=False)

    def _lock(self, *, idled: bool) -> None:
        """Lock; whoever does not come back in time is signed out.

        Args:
            idled: nobody has been there for the minutes after which the window locks.
        """
        desk = self.desk
        if desk is None or self._lock_page is not None or self._farewell is not None:
            return
        if self.sections is None:  # the undertaking lies open, and nothing is typed yet
            self.switch_user()
            return
        while (popup := QApplication.activePopupWidget()) is not None and popup.close():
            pass  # no list stays open over the cover
        page = LockPage(self.context, desk.session.user)
        page.wanted.connect(lambda user, password: self._unlock(page, user, password))
        page.switch_wanted.connect(self.switch_user)
        self._lock_page = page
        # It is shown only once; a fault may have put it aside before.
        self._below = self._below or self.shell.take_cover(SheetPage)
        self.shell.cover(page)  # the page in front keeps its draft before the keys go
        self.copied.forget()
        if not self._wipe.isActive():
            gone = timedelta(milliseconds=self._idle.interval()) if idled else timedelta()
            self._deserted_from(gone)
        self._forget_keys()

    def _deserted_from(self, gone: timedelta) -> None:
        """The half hour begins, of which some is over."""
        self._locked_at = time.time() - gone.total_seconds()
        self._wipe.start(_milliseconds(WIPED_AFTER - gone))

    def _forget_keys(self) -> None:
        """Lock the session; a job the user waits for comes to its end first, behind the cover."""
        desk = self.desk
        shut = self._lock_page is not None or self._faulted
        if desk is None or not shut or desk.session.locked:
            return
        if self.jobs.holding:
            QTimer.singleShot(_LOOK_AGAIN, self, self._forget_keys)
            return
        self.jobs.drain()
        if self._faulted:
            _tried(desk.session.note_faults)
        desk.session.lock()

    def _worn_out(self) -> None:
        """The longest session is over: name and password are asked again, the typing is kept."""
        if self.jobs.holding:
            QTimer.singleShot(_LOOK_AGAIN, self, self._worn_out)
        elif self.desk is not None:
            hours = self.desk.study.oversight.session_hours
            self.sign_out(WORN_OUT.filled(hours=hours))

    def _deserted(self) -> None:
        """Nobody has come back to the lock: no key stays, the typing is kept."""
        if self.jobs.holding:
            QTimer.singleShot(_LOOK_AGAIN, self, self._deserted)
        elif self._lock_page is not None or self._faulted:
            self.sign_out(DESERTED)

    def switch_user(self, why: Text | None = None) -> None:
        """End this session and ask for another user."""
        self._leave(lambda: self.doors.start(self.doors.path, why))

    def sign_out(self, why: Text | None = None) -> None:
        """Keep the typing, end the session, show the sign-in.

        Args:
            why: what the sign-in says about it, where nobody asked for it.
        """
        self._leave_page()
        self.switch_user(why)

    def _sign_out_to_restore(self, backup: Path | None) -> None:
        """Keep the typing, end the session, and ask where the backup is to be restored."""
        self._leave_page()
        self._leave(lambda: self.doors.show_restore(backup))

    def _leave_page(self) -> None:
        page = self.shell.page
        if page is not None and not self.shell.covered:
            page.leave()

    def _unlock(self, page: LockPage, user: str, password: str) -> None:
        desk = self.desk
        assert desk is not None
        # The computer may have slept meanwhile, and the timers with it.
        if desk.session.left <= timedelta():
            self._worn_out()
            return
        if self._is_deserted():
            self._deserted()
            return

        def work(_: Progress) -> None:
            desk.session.unlock(user, password)  # open still, where a job under way needs the keys

        job: Job[None] = Job(work)
        job.refused.connect(page.refuse)
        job.finished.connect(lambda _: self._unlocked(page))
        self.jobs.start(job)  # type: ignore[arg-type]

    def _is_deserted(self) -> bool:
        """Whether the lock is older than anybody's absence may be."""
        gone = timedelta(seconds=time.time() - self._locked_at)
        return self._wipe.isActive() and gone >= WIPED_AFTER

    def _unlocked(self, page: LockPage) -> None:
        if self._lock_page is not page:  # the session ended while the password was tried
            return
        self._lock_page = None
        self._faulted = False
        self._wipe.stop()
        self.liking.keep()
        desk = self.desk
        if desk is not None:
            self.context.hours.follow(desk.session.clock.zone)  # it may be another one by now
        if desk is not None and clock_note.doubtful(desk.session):
            self._ask_date(desk, self._show_below)
        else:
            self._show_below()
        self._idle.start()
        if desk is not None:
            self._day_due = True
            show_tries(desk)
            desk.census.refresh()

    def _show_below(self) -> None:
        below, self._below = self._below, None
        if self._again and self.sections is not None:
            self._again = False
            self.sections.begin()  # the page that failed would fail once more
        if below is None:
            self.shell.uncover()
        else:
            self.shell.cover(below)

    def _leave(self, then: Callable[[], object]) -> None:
        """End the session, after the backup of what was written; then go on."""
        if self._farewell is not None:  # asked twice: nobody wants to wait
            self._then = then
            self._farewell.skip()
            return
        self.jobs.drain()
        desk = self.desk
        if desk is None or self._lock_page is not None or not _owes(desk):
            self._end()
            then()
            return
        self._idle.stop()
        self._then = then
        self._farewell = page = FarewellPage(self.context, desk)
        page.refused.connect(self._end)  # the keys do not wait until the words are read
        page.over.connect(self._left)
        self.shell.cover(page)
        page.begin()

    def _left(self) -> None:
        if self._farewell is None:
            return
        self._farewell = None
        self._end()
        self._then()

    def _end(self) -> None:
        self.jobs.drain()
        self._idle.stop()
        self._whole.stop()
        self._wipe.stop()
        self.copied.forget()
        place = self.desk.place if self.desk is not None else None
        if self.desk is not None and place is not None:
            self._places[_owner(self.desk)] = place
        self.liking.leave()
        self._lock_page, self._faulted = None, False
        if self._below is not None:
            self._below.deleteLater()
            self._below = None
        self.shell.removeEventFilter(self)
        if self.shell.windowHandle() is not None:
            self.shell.windowHandle().removeEventFilter(self)
        self.jobs.drain()
        if self.sections is not None:
            self.sections.close()
        self.shell.set_identity(None)
        self.shell.clear_notices()
        self.shell.follow(None)
        self.shell.finder.clear_sources()
        self.shell.set_sections(())
        if self.desk is not None:
            self.desk.session.close()
        self.desk, self.sections, self._held_against = None, None, None
        self.shell.hold_open(False)

    def _condemned(self, made: Condemned) -> None:
        """Two people have signed the end of the site: no backup is owed, everything goes."""
        if self.desk is None:
            return
        path = self.desk.session.folder.path
        self._end()
        try:
            finish(path, made.mark)
        except MrdError as refused:  # the next sign-in goes on with it
            self.doors.show_start(path).refuse(refused.text)
            return
        page = EndedPage(self.context, made.certificate)
        page.left.connect(lambda: self.doors.start(path))
        self.shell.cover(page)

    def _close(self) -> None:
        self._leave(self.shell.close)

    def _compare_installation(self, desk: Desk) -> None:
        """A program of which files were changed says so above every page; so does one that is no
        release, or older than the one before, in a live folder."""
        root = installation.place()
        if desk is not self.desk:
            return
        if desk.session.unreleased is not None:
            said = ProgramNotReleased(desk.session.unreleased).text
            desk.shell.set_notice(About.PROGRAM, said, Ink.HARD)
        if root is None:
            return

        def work(progress: Progress) -> installation.Installation:
            return program_check.checked(desk.session, root, progress)

        def told(text: Text) -> None:
            if desk is self.desk:
                barred = desk.session.unreleased
                said = text if barred is None else ProgramNotReleased(barred).text
                desk.shell.set_notice(About.PROGRAM, said, Ink.HARD)

        def looked(found: installation.Installation) -> None:
            live = not desk.session.folder.training
            if found.bar is not None and (found.faults or live):
                told(found.bar)

        job: Job[installation.Installation] = Job(work)
        job.finished.connect(looked)
        job.refused.connect(lambda refused: told(refused.text))
        self.jobs.start(job)  # type: ignore[arg-type]

    # --- idleness and faults ----------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Any key or movement of the pointer starts the idle time anew; F1 that no page took."""
        if event.type() in _AWAKE and not self.shell.covered:
            self._idle.start()
        wants_help = (
            watched is self.shell
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_F1
        )
        if wants_help and self.sections is not None and not self.shell.covered:
            front, paragraph = self.shell.page, None
            topic = TOPIC_OF.get(self.shell.section, KEYS)
            if isinstance(front, PartedPage):
                topic, paragraph = PARAGRAPHS.get(front.chips.key, (topic, None))
            page = self.shell.go("help")
            if isinstance(page, HelpPage):
                page.show_topic(topic, paragraph)
            return True
        return False

    def _idled(self) -> None:
        if self.jobs.holding:
            self._idle.start()  # an export under way is not cut off
        else:
            self._lock(idled=True)

    def _falling_asleep(self) -> None:
        """No key of ours lies in the memory of a computer that sleeps (C.8); nobody is asked."""
        if self._farewell is not None:
            self._farewell.skip()
            return
        if self.desk is None:
            return
        page = self.shell.page
        if page is not None and not self.shell.covered:
            page.leave()
        self._end()
        self.doors.start(self.doors.path, ASLEEP)

    def _woke(self) -> None:
        """Nobody knows who sits before a computer that slept."""
        if self._farewell is not None:
            self._farewell.skip()
        elif self._is_deserted():
            self._deserted()
        else:
            self.lock()

    def tell_fault(self, fault: BaseException) -> None:
        """The last resort: keep the typing, lock, say in plain words that something is wrong.

        Each step is tried by itself: what failed may make another step fail, and the lock must
        come in any case.
        """
        if self._fault_open:
            return
        self._fault_open = True
        try:
            number = self._kept(fault)
            if self._farewell is not None:
                self._farewell = None
                _tried(self._end)
            page = self.shell.page
            if page is not None and not self.shell.covered:
                self._faulty, self._again = page, page is self._faulty
                _tried(page.leave)
            _tried(lambda: self._show_fault(fault, number))
            self._idle.stop()
            if self._lock_page is None and self.desk is not None:
                self._deserted_from(timedelta())
            self._faulted = self.desk is not None
            self._forget_keys()
        finally:
            self._fault_open = False

    def make_support(self) -> None:
        """Show what a file for support would hold: with the session at work, else without keys."""
        front, desk = self.shell.in_front, self.desk
        session = desk.session if desk is not None and not self.shell.covered else None
        folder = self.doors.looked if desk is None else desk.session.folder.path
        if isinstance(front, StartPage) and front.folder.path is not None:
            folder = front.folder.path
        ground = Ground(
            folder, session, self.doors.refused, self._last_fault, screen_told(self.context)
        )
        page = SupportPage(self.context, self.jobs, ground)
        if isinstance(front, CoverPage):
            front.lay(page)
        else:
            self.shell.open(page)

    def _kept(self, fault: BaseException) -> str:
        """Write the fault into the log of the folder that is open; its number."""
        one = faultlog.met(fault)
        last, self._last_fault = self._last_fault, one
        if (one.kind, one.places) == (last.kind, last.places) and one.at[:16] == last.at[:16]:
            self._last_fault = last  # drawing fails again and again in the same place
            return last.number
        if self.doors.path is not None:
            folder = self.doors.path
            _tried(lambda: faultlog.keep(folder, one))
        return one.number

    def _show_fault(self, fault: BaseException, number: str) -> None:
        self._below = self._below or self.shell.take_cover(SheetPage)
        report = FaultPage(self.context, fault, number)
        report.closed.connect(self._fault_closed)
        self.shell.cover(report, left=True)

    def _fault_closed(self) -> None:
        if self.desk is None:
            self.doors.start(self.doors.path)
        else:
            self._lock_page = None
            self.lock()


def _tried(step: Callable[[], object]) -> None:
    """One step of the last resort, whatever becomes of it."""
    with suppress(Exception):
        step()


def _milliseconds(span: timedelta) -> int:
    return max(0, int(span.total_seconds() * 1000))


def _owes(desk: Desk) -> bool:
    """Whether a backup is owed on leaving; a disk that fails keeps nobody from leaving."""
    try:
        return rota.owes_on_leaving(desk.session)
    except MrdError:
        return False


def _owner(desk: Desk) -> tuple[Path, str]:
    """Whose work it is: the folder and the user."""
    return desk.session.folder.path, desk.session.user


def language_of_computer() -> Language:
    """Chinese unless the computer speaks another language."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return Language.EN if spoken.lower().startswith("en") else Language.ZH


def compose(
    language: Language | None = None,
    mode: Mode = Mode.SYSTEM,
    *,
    now: datetime | None = None,
    home: Path | None = None,
    last: LastSite | None = None,
) -> Program:
    """The program with its window, not shown yet; a QApplication must exist."""
    sys.setswitchinterval(_TURN)
    theme = Theme(mode)
    theme.apply()
    speech = Speech(language or language_of_computer())
    return Program(Context(speech, theme), load_study(), now=now, home=home, last=last)


def catch_faults(app: QCoreApplication, program: Program) -> None:
    """The last resort: what nobody foresaw is told in the window, by its place in the program."""
    tell_places_only()

    def hook(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            app.quit()
            return
        print(places(fault.with_traceback(trace)), file=sys.stderr)
        program.tell_fault(fault)

    sys.excepthook = hook


def run(path: Path | None = None) -> int:
    """Open the window and work until it is closed; the exit code."""
    app = QApplication(sys.argv[:1])
    app.setApplicationName(APPLICATION)
    program = compose(last=of_computer())
    catch_faults(app, program)
    program.start(path)
    program.shell.show()
    program.away.listen(program.shell)
    # Read while somebody types a password: the sign-in to a live folder waits for what it finds.
    Thread(target=installation.started, daemon=True).start()
    return app.exec()
