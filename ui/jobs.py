"""Work that takes longer than a blink: in a worker thread, with numbers and a way to stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from mrd_desktop.errors import MrdError

Result = TypeVar("Result")


class Stopped(Exception):
    """The job was asked to stop and did, leaving nothing half done."""


class Progress:
    """What a job tells while it runs; called from the worker thread."""

    def __init__(self, told: Callable[[int, int], None]) -> None:
        self._told = told
        self._stop = threading.Event()

    @property
    def stopped(self) -> bool:
        """The user asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask the job to stop at its next step."""
        self._stop.set()

    def tell(self, done: int, total: int) -> None:
        """Say how far the job is, for work that asks :attr:`stopped` itself."""
        self._told(done, total)

    def __call__(self, done: int, total: int) -> None:
        """Say how far the job is.

        Raises:
            Stopped: the user asked to stop; the job unwinds.
        """
        if self._stop.is_set():
            raise Stopped
        self._told(done, total)


Work = Callable[[Progress], Result]


class Job(QObject, Generic[Result]):
    """One piece of work.

    Signals (all on the thread the job was made in):
        progressed: done and total.
        finished: what the work returned.
        refused: the MrdError that ended it.
        stopped: it was cancelled.
        ended: after any of these and after a fault, once, in the same turn of the loop.
    """

    progressed = Signal(int, int)
    finished = Signal(object)
    refused = Signal(object)
    stopped = Signal()
    broke = Signal(object)
    ended = Signal()
    _came = Signal(object)

    def __init__(self, work: Work[Result]) -> None:
        super().__init__()
        self.running = True
        self._work = work
        self._progress = Progress(self.progressed.emit)
        self._came.connect(self._tell)

    def cancel(self) -> None:
        """Ask it to stop."""
        self._progress.stop()

    def run(self) -> None:
        """Do the work; called in the worker thread."""
        tell: Callable[[], None]
        try:
            tell = partial(self.finished.emit, self._work(self._progress))
        except Stopped:
            tell = self.stopped.emit
        except MrdError as refused:
            tell = partial(self.refused.emit, refused)
        except Exception as fault:
            tell = partial(self.broke.emit, fault)
        self._came.emit(tell)

    def _tell(self, tell: Callable[[], None]) -> None:
        # Together: between the two, what follows a job would still take it for running.
        tell()
        self.running = False
        self.ended.emit()


class _Run(QRunnable):
    def __init__(self, job: Job[object]) -> None:
        super().__init__()
        self._job = job

    def run(self) -> None:
        self._job.run()


class Jobs(QObject):
    """Runs jobs, a few at a time.

    Signals:
        broke: an exception that is no refusal; the program tells it in plain words.
    """

    broke = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._jobs: set[Job[object]] = set()
        self._held: set[Job[object]] = set()

    @property
    def holding(self) -> bool:
        """A job runs that the user waits for: the window does not lock by itself."""
        return bool(self._held)

    def start(self, job: Job[object], *, holds: bool = False) -> None:
        """Run a job; it is kept alive until it has ended.

        Args:
            holds: the user waits for it.
        """
        self._jobs.add(job)
        if holds:
            self._held.add(job)
            job.ended.connect(lambda: self._held.discard(job))
        job.broke.connect(self.broke)
        job.ended.connect(lambda: self._jobs.discard(job))
        self._pool.start(_Run(job))

    def drain(self) -> None:
        """Stop every job and wait until no worker touches the session any more."""
        for job in tuple(self._jobs):
            job.cancel()
        self._pool.waitForDone()
