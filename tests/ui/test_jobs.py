from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.vault.errors import DiskFull
from ui.jobs import Job, Jobs, Progress, Stopped


def test_progress_and_result_arrive_on_the_main_thread(qtbot: QtBot) -> None:
    jobs, told, threads = Jobs(), [], []

    def work(progress: Progress) -> object:
        progress(1, 2)
        return threading.current_thread()

    job: Job[object] = Job(work)
    job.progressed.connect(lambda done, total: told.append((done, total)))
    job.finished.connect(lambda _: threads.append(threading.current_thread()))
    with qtbot.waitSignal(job.ended) as ended, qtbot.waitSignal(job.finished) as finished:
        jobs.start(job)
    assert ended.signal_triggered
    assert told == [(1, 2)]
    assert finished.args[0] is not threading.main_thread()
    assert threads == [threading.main_thread()]


def test_a_cancelled_job_stops_at_its_next_step(qtbot: QtBot) -> None:
    jobs, go = Jobs(), threading.Event()

    def work(progress: Progress) -> object:
        go.wait(5)
        progress(1, 2)
        raise AssertionError("it went on")

    job: Job[object] = Job(work)
    with qtbot.waitSignal(job.stopped):
        jobs.start(job, holds=True)
        assert jobs.holding
        job.cancel()
        go.set()
    qtbot.waitUntil(lambda: not jobs.holding)


@pytest.mark.parametrize("outcome", ["finished", "refused", "stopped", "broke"])
def test_nothing_comes_between_the_outcome_of_a_job_and_its_end(qtbot: QtBot, outcome: str) -> None:
    """What waits in the loop as the outcome is told is told in its midst: not so the end."""
    errors = {"refused": DiskFull, "stopped": Stopped, "broke": ZeroDivisionError}

    def work(_: Progress) -> object:
        if outcome in errors:
            raise errors[outcome]
        return None

    job: Job[object] = Job(work)
    told: list[tuple[str, bool]] = []

    def hear(*_: object) -> None:
        told.append((outcome, job.running))
        QCoreApplication.processEvents()
        told.append(("heard", job.running))

    getattr(job, outcome).connect(hear)
    job.ended.connect(lambda: told.append(("ended", job.running)))
    worker = threading.Thread(target=job.run)
    worker.start()
    worker.join()  # whatever it has to tell waits in the loop now
    assert told == []
    qtbot.waitUntil(lambda: len(told) == 3)
    assert told == [(outcome, True), ("heard", True), ("ended", False)]


def test_a_refusal_and_a_fault_are_told_apart(qtbot: QtBot) -> None:
    jobs = Jobs()

    def refuse(_: Progress) -> object:
        raise DiskFull

    def fail(_: Progress) -> object:
        raise ZeroDivisionError

    job: Job[object] = Job(refuse)
    with qtbot.waitSignal(job.refused) as refused:
        jobs.start(job)
    assert isinstance(refused.args[0], DiskFull)
    with qtbot.waitSignal(jobs.broke) as broke:
        jobs.start(Job(fail))
    assert isinstance(broke.args[0], ZeroDivisionError)


def test_draining_waits_for_the_last_worker(qtbot: QtBot) -> None:
    jobs, begun, done = Jobs(), threading.Event(), []

    def work(progress: Progress) -> object:
        begun.set()
        while not progress.stopped:
            pass
        done.append(True)
        return None

    jobs.start(Job(work))
    begun.wait(5)
    jobs.drain()
    assert done == [True]
