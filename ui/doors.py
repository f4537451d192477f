"""The doors: which folder, a new one, who is signing in. Behind them there is an open session."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mrd_desktop.errors import MrdError
from mrd_desktop.last_site import LastSite
from mrd_desktop.record import projection
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.transfer.tail.coming import compare
from mrd_desktop.vault import clock_note, trust, users
from mrd_desktop.vault.backup import FoundBackup, RestoreReport, restore
from mrd_desktop.vault.destroyed import marked
from mrd_desktop.vault.errors import CodeNeedsPassword
from mrd_desktop.vault.folder import (
    NewSite,
    create_site,
    open_folder,
    recover,
    set_first_password,
)
from mrd_desktop.vault.manifest import read_manifest
from mrd_desktop.vault.session import Session, let_in
from ui.context import Context
from ui.jobs import Job, Jobs, Progress
from ui.pages.all_lost import AllLostPage, Recovery, WhatFollowsPage
from ui.pages.new_site import CodePage, FirstUserPage, NewSitePage, SheetPage, SiteWish
from ui.pages.restoring import RestoredPage, RestorePage
from ui.pages.sign_in import FirstPasswordPage, SignInPage
from ui.pages.start import GONE, StartPage
from ui.shell import Shell


class Doors(QObject):
    """The pages in front of the work, over the whole window.

    Signals:
        opened: somebody is signed in; the session, which whoever listens closes.

    Attributes:
        path: the folder whose sign-in was shown last.
        looked: the folder that was tried last, whether it could be opened or not.
        refused: code of what kept somebody out there; empty where nothing did.

    Args:
        now: training only: what the clock shows at the next sign-in.
        last: where the folder opened last is remembered; nowhere without it.
    """

    opened = Signal(object)

    def __init__(
        self,
        context: Context,
        shell: Shell,
        jobs: Jobs,
        study: Study,
        *,
        home: Path,
        now: datetime | None = None,
        last: LastSite | None = None,
    ) -> None:
        super().__init__()
        self.context = context
        self.shell = shell
        self.jobs = jobs
        self.study = study
        self.home = home
        self.now = now
        self.last = last
        self.path: Path | None = None
        self.looked: Path | None = None
        self.refused = ""

    def start(self, path: Path | None = None, why: Text | None = None) -> None:
        """Show the sign-in of a folder that was named or opened last, else the first page.

        Args:
            why: a session ended by itself: what the sign-in says about it.
        """
        if path is None and self.last is not None:
            path = self.last.folder()
            if path is not None and not path.is_dir():
                self.show_start(path).refuse(GONE)
                return
        if path is not None:
            self.looked = path
            try:
                read_manifest(path)
            except MrdError as refused:
                self.refused = refused.code
                self.show_start(path).refuse(refused.text)
                return
            self.show_sign_in(path, why=why)
            return
        self.show_start()

    def show_start(self, path: Path | None = None) -> StartPage:
        """The page where a folder is chosen or made."""
        page = StartPage(self.context, path)
        page.chosen.connect(self.show_sign_in)
        page.new_wanted.connect(self.show_new_site)
        page.restore_wanted.connect(self.show_restore)
        page.recovery_wanted.connect(lambda: self.show_recovery(page.folder.path))
        self.shell.cover(page)
        return page

    def show_new_site(self, training: bool) -> None:
        """The first-run pages."""
        page = NewSitePage(self.context, training=training, home=self.home)
        page.back_wanted.connect(self.show_start)
        page.wanted.connect(lambda wish: self._make_site(page, wish))
        self.shell.cover(page)

    def show_restore(self, path: Path | None = None) -> None:
        """A backup becomes a new folder."""
        page = RestorePage(self.context, home=self.home, path=path)
        page.back_wanted.connect(lambda: self.show_start(self.path))
        page.wanted.connect(lambda found, to: self._restore(page, found, to))
        self.shell.cover(page)

    def show_recovery(self, path: Path | None = None) -> None:
        """The recovery sheet of a folder, for an account with a new password."""
        page = AllLostPage(self.context, self.jobs, self.study, path)
        page.back_wanted.connect(lambda: self.show_start(path))
        page.wanted.connect(lambda wish: self._recover(page, wish))
        self.shell.cover(page)

    def _restore(self, page: RestorePage, found: FoundBackup, to: Path) -> None:
        def work(progress: Progress) -> RestoreReport:
            return restore(found.path, to, known=found.newer, told=progress)

        job: Job[RestoreReport] = Job(work)
        job.refused.connect(page.refuse)
        job.finished.connect(self._restored)
        page.follow(job)  # type: ignore[arg-type]
        self.jobs.start(job, holds=True)  # type: ignore[arg-type]

    def _restored(self, report: RestoreReport) -> None:
        page = RestoredPage(self.context, report)
        page.sign_in_wanted.connect(lambda: self.show_sign_in(report.path))
        page.recovery_wanted.connect(lambda: self.show_recovery(report.path))
        self.shell.cover(page)

    def _recover(self, page: AllLostPage, wish: Recovery) -> None:
        study, now = self.study, self.now

        def work(_: Progress) -> Session | tuple[Study, str, str]:
            session = recover(
                wish.path, wish.sheet, user=wish.user, role=wish.role, password=wish.password,
                study=study, fold=projection.fold, now=now, before=compare,
            )  # fmt: skip
            let_in(session)
            # Recorded with the note on the clock, or behind what comes back, or not at all.
            if clock_note.behind(session) is not None or session.hold is not None:
                return session
            with session:
                return session.study, session.user, session.role

        def done(made: Session | tuple[Study, str, str]) -> None:
            if isinstance(made, Session):
                self.path = wish.path
                self._open(made)
            else:
                self._recovered(wish, *made)

        job: Job[Session | tuple[Study, str, str]] = Job(work)
        job.refused.connect(page.refuse)
        job.finished.connect(done)
        job.broke.connect(lambda _: page.set_busy(False))
        self.jobs.start(job, holds=True)  # type: ignore[arg-type]

    def _recovered(self, wish: Recovery, study: Study, user: str, role: str) -> None:
        self.now = None  # the clock of a training site runs on from it
        manifest = read_manifest(wish.path)
        page = WhatFollowsPage(self.context, study, manifest, user, role)
        page.sign_in_wanted.connect(lambda: self.show_sign_in(wish.path, user))
        page.again_wanted.connect(lambda: self.show_recovery(wish.path))
        self.shell.cover(page)

    def show_sign_in(self, path: Path, user: str = "", why: Text | None = None) -> None:
        """User and password for a folder."""
        self.path = self.looked = path
        self.refused = ""
        manifest, condemned = read_manifest(path), marked(path) is not None
        page = SignInPage(self.context, manifest, user, condemned=condemned, why=why)
        page.other_folder.connect(self.show_start)
        page.wanted.connect(lambda u, p: self._sign_in(page, u, p))
        self.shell.cover(page)

    def _make_site(self, page: NewSitePage, wish: SiteWish) -> None:
        study, now = self.study, self.now if wish.training else None
        practice = trust.practice_recipient(study.oid).to_bytes() if wish.training else None

        def work(_: Progress) -> NewSite:
            return create_site(
                wish.path, site=wish.site, name=wish.name, training=wish.training,
                admin=wish.admin, password=wish.password, study=study, fold=projection.fold,
                now=now, sponsor_key=practice, exception=wish.exception,
            )  # fmt: skip

        job: Job[NewSite] = Job(work)
        job.refused.connect(page.refuse)
        job.finished.connect(lambda made: self._made(wish, made))
        self.jobs.start(job)  # type: ignore[arg-type]

    def _made(self, wish: SiteWish, made: NewSite) -> None:
        self.path = wish.path
        if wish.training:
            self._show_first_user(wish)
            return
        page = SheetPage(self.context, made.recovery_sheet)
        page.put_away.connect(lambda: self._show_first_user(wish))
        self.shell.cover(page)

    def _show_first_user(self, wish: SiteWish) -> None:
        page = FirstUserPage(self.context, training=wish.training, two=bool(wish.exception))
        page.skipped.connect(lambda: self.show_sign_in(wish.path, wish.admin))
        page.wanted.connect(lambda *who: self._add_first(page, wish, *who))
        self.shell.cover(page)

    def _add_first(
        self, page: FirstUserPage, wish: SiteWish, user: str, full_name: str, secret: str
    ) -> None:
        study = self.study

        def work(_: Progress) -> users.NewUser:
            with open_folder(
                wish.path, wish.admin, wish.password, study=study, fold=projection.fold
            ) as session:
                password = secret if wish.training else None
                role = "investigator" if wish.exception else "coordinator"
                return users.add_user(session, user, role, password=password, full_name=full_name)

        job: Job[users.NewUser] = Job(work)
        job.refused.connect(page.refuse)
        job.finished.connect(lambda made: self._first_added(wish, made))
        self.jobs.start(job)  # type: ignore[arg-type]

    def _first_added(self, wish: SiteWish, made: users.NewUser) -> None:
        if made.code is None:
            self.show_sign_in(wish.path, made.user)
            return
        page = CodePage(self.context, made.user, made.code)
        page.done.connect(lambda: self.show_sign_in(wish.path, made.user))
        self.shell.cover(page)

    def _sign_in(self, page: SignInPage, user: str, password: str) -> None:
        path, study, now = self.path, self.study, self.now
        assert path is not None

        def work(_: Progress) -> Session:
            session = open_folder(
                path, user, password, study=study, fold=projection.fold, now=now, before=compare
            )
            return let_in(session)

        def refused(error: MrdError) -> None:
            self.refused = error.code
            if isinstance(error, CodeNeedsPassword):
                self._show_first_password(path, user, password)
            else:
                page.refuse(error)

        job: Job[Session] = Job(work)
        job.refused.connect(refused)
        job.finished.connect(self._open)
        self.jobs.start(job)  # type: ignore[arg-type]

    def _show_first_password(self, path: Path, user: str, code: str) -> None:
        page = FirstPasswordPage(self.context, read_manifest(path), user)
        page.back_wanted.connect(lambda: self.show_sign_in(path, user))
        page.wanted.connect(lambda p: self._choose_password(page, path, user, code, p))
        self.shell.cover(page)

    def _choose_password(
        self, page: FirstPasswordPage, path: Path, user: str, code: str, password: str
    ) -> None:
        study, now = self.study, self.now

        def work(_: Progress) -> Session:
            session = set_first_password(
                path, user, code, password, study=study, fold=projection.fold, now=now,
                before=compare,
            )  # fmt: skip
            return let_in(session)

        job: Job[Session] = Job(work)
        job.refused.connect(page.refuse)
        job.finished.connect(self._open)
        self.jobs.start(job)  # type: ignore[arg-type]

    def _open(self, session: Session) -> None:
        self.now = None
        self.refused = ""
        if self.last is not None and self.path is not None:
            self.last.keep(self.path)
        self.opened.emit(session)
