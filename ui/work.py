"""A signed-in user at work in the window: what every page reaches, and how places are opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.plan import Turn, plan
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import AnswerRefused
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.second.standing import SecondPlace
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session
from ui.census import Census
from ui.context import Context
from ui.erasing import erasing_on
from ui.fields.habits import advance_of
from ui.form.page import FormPage
from ui.form.review import review_on
from ui.form.sight import sight_on
from ui.jobs import Job, Jobs, Work
from ui.page import Page
from ui.second_entry import open_second, second_on
from ui.shell import Shell
from ui.widgets.asked import Asked
from ui.widgets.filling import Filling

NO_FURTHER = {
    Turn.FORM: Text("No further form of this visit in this direction.", "此访视没有更多表单。"),
    Turn.VISIT: Text("No further visit in this direction.", "没有更多访视。"),
    Turn.SUBJECT: Text("No further subject in this direction.", "没有更多受试者。"),
}

RESUMED = Text("You are back where you were typing.", "已回到您上次录入的位置。")
BACK = Text("You are back where you were.", "已回到您上次所在的位置。")

_Part = TypeVar("_Part", bound=StrEnum)
OpenSubject = Callable[[str], Page]


class Desk(QObject):
    """One session in one window.

    Attributes:
        subject_page: makes the page of a subject; given by who composes the program.
    """

    def __init__(self, context: Context, shell: Shell, session: Session, jobs: Jobs) -> None:
        super().__init__()
        self.context = context
        self.shell = shell
        self.session = session
        self.jobs = jobs
        self.book = Casebook(session)
        self.queries = Queries(session)
        self.census = Census(session, jobs)
        self.subject_page: OpenSubject = lambda _: Page(context)

    @property
    def study(self) -> Study:
        """The definition in force."""
        return self.session.study

    def say(self, text: Text) -> None:
        """Put a sentence into the status line."""
        self.shell.say(text)

    def run(self, work: Work[object]) -> Job[object]:
        """A job for a page, begun at the next turn of the event loop: connect to it until then."""
        job = Job(work)
        # A job may end before its first line: it starts once the page has connected to it.
        QTimer.singleShot(0, self.jobs, lambda: self.jobs.start(job, holds=True))
        return job

    def sure(self, act: Callable[[], object]) -> None:
        """Do what only the user may do at this seat: at once, or after the password is given.

        The core asks for it too (:meth:`Session.require_fresh`); this asks before it would refuse.
        """
        session, shell = self.session, self.shell
        if session.fresh:
            act()
            return

        def proved(_: object) -> None:
            shell.end_proof()
            act()

        def proving(password: str) -> None:
            if password:
                job = self.run(lambda _: session.verify_password(password))
                shell.proof.prove(job, proved)

        shell.ask_proof(session.user, proving)

    def go(self, place: Key | SecondPlace) -> None:
        """Open whatever an address means: a subject, a form, a value in a form, a second entry."""
        if isinstance(place, SecondPlace):
            open_second(self, place)
        elif isinstance(place, str):
            self.open_subject(place)
        elif isinstance(place, EventKey):
            self.open_subject(place.subject)
        elif isinstance(place, FormKey):
            self.open_form(place)
        elif isinstance(place, RowKey):
            self.open_form(place.form)
        else:
            self.open_form(place.form, at=place)

    @property
    def place(self) -> Key | SecondPlace | None:
        """Where the user is: the value, form or subject in front."""
        page = self.shell.page
        return page.place() if page is not None else None

    def resume(self, left: Key | SecondPlace | None = None) -> None:
        """Back to the form that was being typed in when work ended, wherever it ended.

        Args:
            left: where the user was, if nothing was being typed.
        """
        typing = self.book.unfinished()
        place = typing or left
        if place is None:
            return
        before = self.shell.page
        self.go(place)
        if self.shell.page is not before:  # it may be there no more, or not this user's to see
            self.say(RESUMED if typing else BACK)

    def open_subject(self, subject: str) -> None:
        """Open the page of a subject."""
        try:
            page = self.subject_page(subject)
        except MrdError as refused:
            self.say(refused.text)
            return
        self.shell.open(page)

    def open_form(
        self,
        key: FormKey,
        *,
        at: ItemKey | None = None,
        in_place: bool = False,
        taken: bool = False,
    ) -> FormPage | None:
        """Open a form for entry; a refusal is told in the status line.

        Args:
            at: the data point the caret goes to; one that only the definition in force has is
                shown under that.
            in_place: replaces the page in front (the next form).
            taken: a form saved under a former definition is taken up under the one in force.
        """
        try:
            entry = self.book.open(key) if taken else self.book.look(key)
            if entry.former and at is not None and not entry.holds(at):
                entry = self.book.open(key)
        except MrdError as refused:
            self.say(refused.text)
            return None
        if at is not None:
            entry.caret = at
        elif taken:
            entry.caret = entry.first_new()
        advance = advance_of(self.session)
        page = FormPage(self.context, entry, self.book.history, advance=advance)
        self.census.doubt(key.subject)  # a draft may be left behind
        page.saved.connect(lambda _: self.census.touch(key.subject))
        page.answering.answered.connect(lambda: self.census.touch(key.subject))
        page.discarding.discarded.connect(lambda: self.census.touch(key.subject))
        page.finished.connect(lambda: self._after(key))
        if self.study.by_form[key.form].repeating:
            page.another.connect(lambda: self._one_more(key))
            page.offer_another()
        page.turn_wanted.connect(partial(self._turn, key))
        page.place_wanted.connect(self.go)
        page.take_wanted.connect(partial(self.open_form, key, in_place=True, taken=True))
        review = review_on(page, self.run)
        if review is not None:
            review.asked.connect(lambda: self.census.touch(key.subject))
        sight_on(page, self.say)
        second_on(page, self)
        erasing_on(page, self)
        (self.shell.replace if in_place else self.shell.open)(page)
        return page

    def _turn(self, key: FormKey, what: Turn, by: int) -> None:
        """Another form in place of this one: the next or former of the visit, visit or subject."""
        if what is Turn.SUBJECT:
            self._turn_subject(key, by)
            return
        grid = plan(self.study, self.book.chart(key.subject))
        turn = grid.next_to if what is Turn.FORM else grid.in_next_visit
        target = turn(key, by)
        if target is None:
            self.say(NO_FURTHER[what])
        else:
            self.open_form(target, in_place=True)

    def _turn_subject(self, key: FormKey, by: int) -> None:
        subjects = [line.subject for line in self.book.subjects()]
        at = subjects.index(key.subject) + by
        if not 0 <= at < len(subjects):
            self.say(NO_FURTHER[Turn.SUBJECT])
            return
        grid = plan(self.study, self.book.chart(subjects[at]))
        target = grid.like(key, key.event._replace(subject=subjects[at]))
        if target is None:
            self.open_subject(subjects[at])
        else:
            self.open_form(target, in_place=True)

    def _one_more(self, key: FormKey) -> None:
        """The form is complete: the next record of its kind, in its place."""
        self.open_form(self.book.next_form(key.event, key.form), in_place=True)

    def _after(self, key: FormKey) -> None:
        """The form is complete: the next one of the visit, or back to the subject."""
        chart = self.book.chart(key.subject)
        following = plan(self.study, chart).next_form(after=key)
        if following is None:
            self.shell.back()
        else:
            self.open_form(following, in_place=True)


def keep_in(
    desk: Desk,
    filled: Filling,
    keep: Callable[[], None],
    kept: Callable[[], None],
    answers: Mapping[_Part, Asked],
) -> None:
    """Record what was filled in, in a worker: its words are held against every identity first.

    Args:
        keep: records it, or raises the MrdError that is shown.
        kept: called when it is recorded.
        answers: the question of each part that a refusal may be about.
    """
    if not filled.button.isEnabled():
        return
    filled.button.setEnabled(False)
    filled.approve()
    job = desk.run(lambda _: keep())
    job.finished.connect(lambda _: kept())
    job.refused.connect(lambda refused: filled.refuse(refused.text, _about(answers, refused)))
    job.ended.connect(lambda: filled.button.setEnabled(True))


def _about(answers: Mapping[_Part, Asked], refused: MrdError) -> Asked | None:
    """The answer that a refusal is about."""
    part = refused.part if isinstance(refused, AnswerRefused) else None
    return next((asked for of, asked in answers.items() if of is part), None)
