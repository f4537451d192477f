"""What all lists know of all subjects, worked out in the background and kept up to date."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.care import Care, care
from mrd_desktop.insight.kept import Known, Reader, Reading, known
from mrd_desktop.insight.overview import Overview, everything
from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.insight.worklist import mine
from mrd_desktop.record.casebook import Casebook, SubjectLine
from mrd_desktop.record.reading import shared_samples
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.vault.session import Session
from ui.jobs import Job, Jobs, Progress

_SHOW_EVERY = 1_000
"""Milliseconds between two looks at what a long count has found so far."""
_SHARE = 20
"""A look that takes long, or a list long in the making, comes again after this many times that."""
_TOGETHER = 50
"""So many subjects are kept for the next sign-in in one transaction."""


Samples = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Site:
    """What is read beside the subjects: who there is, and how the site is looked after.

    Attributes:
        seq: the head of the chain before anything was read.
        changed: subjects to be read for what the record or the samples of others say of them.
        samples: sample ids that a subject shares with others.
    """

    lines: tuple[SubjectLine, ...]
    care: Care
    day: date
    seq: int
    changed: frozenset[str] = frozenset()
    samples: Samples = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Before:
    """What a count goes on from.

    Attributes:
        overviews: what is known.
        again: subjects to be read again.
        seq: records up to here are heeded; None before the first count.
        samples: sample ids that a subject shared with others then.
    """

    overviews: Mapping[str, Overview]
    again: frozenset[str]
    seq: int | None
    samples: Samples = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """What is to be done, of all that was told before, most pressing first."""

    tasks: tuple[Task, ...]


Told = Site | Known | Reading | Listed


class Census(QObject):
    """The subjects of an open site. Nothing here blocks; lists show what is known so far.

    Signals:
        changed: something is known anew.
        progressed: done and total while counting.
        counted: all counting is over.

    Attributes:
        tasks: what is to be done by who is signed in, most pressing first.
        older: subjects shown as they stood at an earlier count, until they are read again.
    """

    changed = Signal()
    progressed = Signal(int, int)
    counted = Signal()
    _listed = Signal()

    def __init__(self, session: Session, jobs: Jobs) -> None:
        super().__init__()
        self._session = session
        self._jobs = jobs
        self._stale: set[str] = set()
        self._reading: set[str] = set()
        self._running = False
        self._again = False
        self._day: date | None = None
        self._seq: int | None = None
        self._samples: Samples = {}
        self._found: deque[Told] = deque()
        self._shown = QElapsedTimer()
        self._took = 0
        self.lines: tuple[SubjectLine, ...] = ()
        self.overviews: dict[str, Overview] = {}
        self.older: set[str] = set()
        self.care: Care | None = None
        self.tasks: tuple[Task, ...] = ()
        self._listed.connect(self._look)

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
        """Everything may have changed."""
        self._stale |= set(self.overviews)
        self.refresh()

    def refresh(self) -> None:
        """Count again what is stale; asked while counting, it counts once more afterwards.

        Subjects in whose record something happened are found by themselves.
        """
        if not self._session.allows("subject.see") or self._session.locked:
            return
        if self._running:
            self._again = True
            return
        self._running, self._again = True, False
        session, found = self._session, self._found
        if self._day not in (None, session.today()):
            self.older = set(self.overviews)
        self._reading, self._stale = self._stale | self.older, set()
        before = Before(dict(self.overviews), frozenset(self._reading), self._seq, self._samples)
        found.clear()
        self._shown.start()
        self._took = 0

        def tell(told: Told) -> None:
            found.append(told)
            if isinstance(told, Listed):
                self._listed.emit()

        def work(progress: Progress) -> None:
            count(session, before, progress, tell)

        job: Job[None] = Job(work)
        job.progressed.connect(self.progressed)
        job.ended.connect(self._over)
        self._jobs.start(job)  # type: ignore[arg-type]

    def _look(self) -> None:
        # What was kept is shown at once; a slow list is not drawn all the time.
        first = not self.tasks and any(isinstance(x, Listed) for x in self._found)
        if first or self._shown.elapsed() >= max(_SHOW_EVERY, _SHARE * self._took):
            self._shown.start()
            self._take()
            self.changed.emit()
            self._took = self._shown.restart()

    def _take(self) -> None:
        """Know what the count has found since the last look."""
        while self._found:
            match self._found.popleft():
                case Reading() as read:
                    subject = read.overview.subject
                    self.overviews[subject] = read.overview
                    self._reading.discard(subject)
                    self.older.discard(subject)
                case Known() as kept:
                    self.overviews.update(kept.overviews)
                    self.older |= kept.older
                    self._reading |= kept.older
                case Site() as site:
                    self.lines, self.care = site.lines, site.care
                    self._day, self._seq, self._samples = site.day, site.seq, site.samples
                    self._reading |= site.changed
                case Listed() as listed:
                    self.tasks = listed.tasks

    def _over(self) -> None:
        self._running = False
        self._take()
        self._stale |= self._reading  # a count that was stopped goes on with these
        self.changed.emit()
        if self._again:
            self.refresh()
        else:
            self.counted.emit()


def count(
    session: Session, before: Before, progress: Progress, tell: Callable[[Told], None]
) -> None:
    """Read every subject that is not known or not as it stands now, and tell of each at once.

    At first what was kept is told. What is read is kept; a disk that takes it no longer is no
    reason to stop.
    """
    seq = session.head().seq
    with session.reading() as conn:
        samples = shared_samples(conn)
    overviews, again = dict(before.overviews), before.again
    if before.seq is None:
        kept = known(session)
        overviews, changed = dict(kept.overviews), kept.changed
        again |= kept.older
        tell(kept)
        if overviews:
            _list(session, overviews, None, tell)
    else:
        shared = {*samples, *before.samples}
        changed = subjects_touched(session, before.seq) | {
            x for x in shared if samples.get(x) != before.samples.get(x)
        }
        again |= changed
    lines = Casebook(session).subjects()
    cared = care(session)
    tell(Site(lines, cared, session.today(), seq, frozenset(changed), samples))
    wanted = [x for x in lines if x.subject in again or x.subject not in overviews]
    wanted.sort(key=lambda x: x.last_saved or "", reverse=True)
    wanted.sort(key=lambda x: _pressing(overviews.get(x.subject), x.subject in changed))
    try:
        _read(session, wanted, overviews, cared, progress, tell)
    finally:
        _list(session, overviews, cared, tell)


def _read(
    session: Session,
    wanted: Sequence[SubjectLine],
    overviews: dict[str, Overview],
    cared: Care,
    progress: Progress,
    tell: Callable[[Told], None],
) -> None:
    """Read these subjects; now and then, tell what is to be done by all that is known."""
    if not wanted:
        return
    reader = Reader(session)
    fresh: list[Reading] = []
    listed, took = time.monotonic(), 0.0
    try:
        for done, line in enumerate(wanted):
            progress(done, len(wanted))
            found = reader.read(line.subject)
            overviews[line.subject] = found.overview
            fresh.append(found)
            tell(found)
            if len(fresh) >= _TOGETHER:
                _keep(reader, fresh)
            if time.monotonic() - listed >= max(_SHOW_EVERY / 1000, _SHARE * took):
                took = _list(session, overviews, cared, tell)
                listed = time.monotonic()
    finally:
        _keep(reader, fresh)


def _list(
    session: Session,
    overviews: Mapping[str, Overview],
    cared: Care | None,
    tell: Callable[[Told], None],
) -> float:
    """Tell what is to be done; the seconds it took to work out."""
    begun = time.monotonic()
    tell(Listed(mine(everything(overviews.values(), cared), session.allows)))
    return time.monotonic() - begun


def _keep(reader: Reader, fresh: list[Reading]) -> None:
    with suppress(MrdError):
        reader.keep(fresh)
    fresh.clear()


def _pressing(found: Overview | None, changed: bool) -> tuple[bool, int]:
    """What changed first, then the most pressing work that was known."""
    if found is None:
        return not changed, -1
    least = min((t.urgency.value for t in found.tasks), default=Urgency.OPEN.value)
    return not changed, least


def by_number(lines: Iterable[SubjectLine]) -> Mapping[str, SubjectLine]:
    """Lines by subject number."""
    return {line.subject: line for line in lines}
