"""The lists stand there at once at the next sign-in; only what changed is read again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from mrd_desktop.insight import kept
from mrd_desktop.insight.kept import Known, Reader, Reading
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import EventKey, FormKey, ItemKey
from tests.ui.pages.kit import SignIn, line, ready, secret, settled
from ui import census as counting
from ui.census import Before, Listed, Site, Told, count
from ui.jobs import Progress, Stopped
from ui.pages.today import OLDER, TodayPage

ONE, TWO = "01-001", "01-002"
TYPED = FormKey(EventKey(ONE, "UNS", 9), "SV")


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The subjects that are read, in order."""
    seen: list[str] = []
    read = Reader.read

    def watched(self: Reader, subject: str) -> Reading:
        seen.append(subject)
        return read(self, subject)

    monkeypatch.setattr(kept.Reader, "read", watched)
    yield seen


def test_a_second_sign_in_reads_nobody_again(
    qtbot: QtBot, sign_in: SignIn, reads: list[str]
) -> None:
    desk = sign_in("crc").desk
    assert desk is not None
    assert sorted(reads) == [ONE, TWO]
    tasks, overviews = desk.census.tasks, dict(desk.census.overviews)
    reads.clear()
    again = sign_in("crc").desk
    assert again is not None
    assert again is not desk
    assert reads == []
    assert (again.census.tasks, again.census.overviews) == (tasks, overviews)
    sign_in("cra")
    assert sorted(reads) == [ONE, TWO]


def test_only_what_changed_is_read_again(qtbot: QtBot, sign_in: SignIn, reads: list[str]) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    reads.clear()
    entry = program.desk.book.open(TYPED)
    entry.save(complete=False)  # behind the back of the lists
    program.desk.census.refresh()
    settled(qtbot, program)
    assert reads == [ONE]
    entry = program.desk.book.open(TYPED._replace(event=EventKey(TWO, "UNS", 9)))
    entry.save(complete=False)
    reads.clear()
    sign_in("crc")
    assert reads == [TWO]


def test_another_day_shows_what_was_known_and_says_so_until_it_is_read(
    qtbot: QtBot, sign_in: SignIn, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    session, census = program.desk.session, program.desk.census
    page = program.shell.page
    assert isinstance(page, TodayPage)
    said: list[str] = []
    census.progressed.connect(lambda *_: said.append(page._state.text()))
    reads.clear()
    census.refresh()
    settled(qtbot, program)
    assert (reads, said) == ([], [])
    later = session.today() + timedelta(days=40)
    monkeypatch.setattr(session.clock, "today", lambda: later)
    census.refresh()
    assert census.older == {ONE, TWO}
    settled(qtbot, program)
    assert sorted(reads) == [ONE, TWO]
    assert census.older == set()
    whole = program.context.say(OLDER).partition("{")[0]
    assert said[0].startswith(whole)


def test_a_count_that_was_stopped_forgets_nothing_it_was_to_read(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    desk, census = program.desk, program.desk.census
    for subject in (ONE, TWO):  # behind the back of the lists
        desk.book.open(TYPED._replace(event=EventKey(subject, "UNS", 9))).save(complete=False)

    def stopped(_: Reader, __: str) -> Reading:
        raise Stopped

    with monkeypatch.context() as patch:
        patch.setattr(kept.Reader, "read", stopped)
        census.refresh()
        qtbot.waitUntil(lambda: not census.counting)
    assert census._stale == {ONE, TWO}
    census.refresh()
    settled(qtbot, program)
    reader = Reader(desk.session)
    for subject in (ONE, TWO):
        assert census.overviews[subject] == reader.read(subject).overview


def test_a_sample_id_that_another_subject_takes_has_both_read_again(
    qtbot: QtBot, sign_in: SignIn, reads: list[str]
) -> None:
    program = sign_in("crc")
    assert program.desk is not None
    desk = program.desk
    sample = locate(desk.study, f"{TWO}/SCR/MRD/SAMPID")
    assert isinstance(sample, ItemKey)
    with desk.session.reading() as conn:
        taken = conn.exec_driver_sql(
            "SELECT i.value FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
            " WHERE i.item = 'SAMPID' AND i.value IS NOT NULL AND f.subject = ?",
            (ONE,),
        ).scalar()
    entry = desk.book.open(sample.form)
    entry.type(sample, str(taken))
    entry.save(complete=False, reason=ChangeReason("TYPO"))
    reads.clear()
    desk.census.refresh()
    settled(qtbot, program)
    assert sorted(reads) == [ONE, TWO]


def test_what_changed_comes_first_then_the_most_pressing(
    qtbot: QtBot, sign_in: SignIn, reads: list[str]
) -> None:
    desk = sign_in("crc").desk
    assert desk is not None
    known = dict(desk.census.overviews)
    seq = desk.session.head().seq
    for changed in (ONE, TWO):
        reads.clear()
        entry = desk.book.open(TYPED._replace(event=EventKey(changed, "UNS", 9)))
        entry.save(complete=False)
        told: list[Told] = []
        before = Before(known, frozenset({ONE, TWO}), seq)
        count(desk.session, before, Progress(lambda *_: None), told.append)
        assert reads[0] == changed
        seq = desk.session.head().seq
    assert isinstance(told[0], Site)
    assert not any(isinstance(x, Known) for x in told)


def test_what_is_to_be_done_stands_there_before_anybody_is_read(
    qtbot: QtBot, sign_in: SignIn, reads: list[str]
) -> None:
    desk = sign_in("crc").desk
    assert desk is not None
    tasks = desk.census.tasks
    assert tasks
    told: list[Told] = []
    nobody = Before({}, frozenset(), None)
    count(desk.session, nobody, Progress(lambda *_: None), told.append)
    assert [type(x) for x in told] == [Known, Listed, Site, Listed]
    first, last = (x.tasks for x in told if isinstance(x, Listed))
    assert [t for t in tasks if t.subject] == [t for t in first if t.subject]
    assert last == tasks


def test_what_runs_behind_the_window_lets_the_lists_come_first(
    qtbot: QtBot, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def counted(*args: object) -> None:
        time.sleep(0.2)  # whatever does not wait comes first
        seen.append("counted")
        count(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(counting, "count", counted)

    def began(*_: object) -> int:
        seen.append("day")
        return 0

    def compared(_: object) -> tuple[()]:
        seen.append("compared")
        return ()

    monkeypatch.setattr("ui.app.begin_day", began)
    monkeypatch.setattr("ui.app.look", compared)
    program = sign_in("crc")
    qtbot.waitUntil(lambda: {"day", "compared"} <= set(seen))
    assert seen[0] == "counted"
    assert program.desk is not None
    program.desk.census.refresh()
    settled(qtbot, program)
    assert (seen.count("day"), seen.count("compared")) == (1, 1)
    program.lock()
    qtbot.waitUntil(lambda: program.desk is not None and program.desk.session.locked)
    ready(qtbot)
    seen.clear()
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: "day" in seen)
    assert seen[0] == "counted"
