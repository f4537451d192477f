from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from mrd_desktop.vault.errors import DiskFull
from ui.jobs import Job, Jobs, Progress


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
