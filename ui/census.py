"""What all lists know of all subjects, worked out in the background and kept up to date."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from mrd_desktop.insight.care import Care, care
from mrd_desktop.insight.overview import Overview, everything, overview
from mrd_desktop.insight.task import Task
from mrd_desktop.insight.worklist import mine
from mrd_desktop.record.casebook import Casebook, SubjectLine
from mrd_desktop.vault.session import Session
from ui.jobs import Job, Jobs, Progress

_SHOW_EVERY = 1_000
"""Milliseconds between two looks at what a long count has found so far."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is read before the subjects: who there is, and how the site is looked after."""

    lines: tuple[SubjectLine, ...]
    care: Care
    day: date


class Census(QObject):
    """The subjects of an open site. Nothing here blocks; lists show what is known so far.

    Signals:
        changed: something is known anew.
        progressed: done and total while counting.

    Attributes:
        tasks: what is to be done by who is signed in, most pressing first.
    """

    changed = Signal()
    progressed = Signal(int, int)

    def __init__(self, session: Session, jobs: Jobs) -> None:
        super().__init__()
        self._session = session
        self._jobs = jobs
        self._stale: set[str] = set()
        self._running = False
        self._again = False
        self._day: date | None = None
        self._found: deque[Site | Overview] = deque()
        self._shown = QElapsedTimer()
        self.lines: tuple[SubjectLine, ...] = ()
        self.overviews: dict[str, Overview] = {}
        self.care: Care | None = None
        self.tasks: tuple[Task, ...] = ()

    @property
    def counting(self) -> bool:
        """A count is under way."""
        return self._running

    def touch(self, *subjects: str) -> None:
        """These subjects have changed."""
        self._stale |= set(subjects)
        self.refresh()

    def doubt(self, subject: str) -> None:
        """This subject may change: it is read again with the next count."""
        self._stale.add(subject)

    def forget(self) -> None:
        """Everything may have changed (a reply came in)."""
        self._stale |= set(self.overviews)
        self.refresh()

    def refresh(self) -> None:
        """Count again what is stale; asked while counting, it counts once more afterwards."""
        if not self._session.allows("subject.see") or self._session.locked:
            return
        if self._running:
            self._again = True
            return
        self._running, self._again = True, False
        stale, self._stale = frozenset(self._stale), set()
        known = frozenset(self.overviews)
        session, day, found = self._session, self._day, self._found
        found.clear()
        self._shown.start()

        def work(progress: Progress) -> None:
            count(session, known if day == session.today() else (), stale, progress, found.append)

        job: Job[None] = Job(work)
        job.progressed.connect(self._progressed)
        job.ended.connect(self._over)
        self._jobs.start(job)  # type: ignore[arg-type]

    def _progressed(self, done: int, total: int) -> None:
        if self._shown.elapsed() >= _SHOW_EVERY:
            self._take()
            self.changed.emit()
            self._shown.start()  # after the lists were drawn: a slow one is not drawn all the time
        self.progressed.emit(done, total)

    def _take(self) -> None:
        """Know what the count has found since the last look."""
        while self._found:
            found = self._found.popleft()
            if isinstance(found, Overview):
                self.overviews[found.subject] = found
            else:
                self.lines, self.care, self._day = found.lines, found.care, found.day
        self.tasks = mine(everything(self.overviews.values(), self.care), self._session.allows)

    def _over(self) -> None:
        self._running = False
        self._take()
        self.changed.emit()
        if self._again:
            self.refresh()


def count(
    session: Session,
    known: Iterable[str],
    stale: Iterable[str],
    progress: Progress,
    tell: Callable[[Site | Overview], None],
) -> None:
    """Read every subject that is not known or is stale, and tell of each as soon as it is read."""
    book = Casebook(session)
    site = Site(book.subjects(), care(session), session.today())
    tell(site)
    fresh = set(known) - set(stale)
    wanted = [line.subject for line in site.lines if line.subject not in fresh]
    for done, subject in enumerate(wanted):
        progress(done, len(wanted))
        tell(overview(session.study, book.chart(subject)))


def by_number(lines: Iterable[SubjectLine]) -> Mapping[str, SubjectLine]:
    """Lines by subject number."""
    return {line.subject: line for line in lines}
