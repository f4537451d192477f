"""Receiving, handing over and copying are stopped at any point and leave nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.record import projection
from mrd_desktop.record.handing import claim
from mrd_desktop.study.address import FormKey, parse_address
from mrd_desktop.transfer import asking, telling
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.handover.giving import hand_over
from mrd_desktop.transfer.handover.taking import Taken, take
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.telling import Told
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.transfer.pair import SUBJECT, Pair, chain_of
from tests.transfer.route import Route


class Halt(Exception):
    """What a page raises when Cancel was pressed."""


def halting(after: int) -> Told:
    """Raises when it is told for the so-many-th time."""
    heard = 0

    def told(done: int, total: int) -> None:
        nonlocal heard
        assert 0 <= done <= total
        heard += 1
        if heard > after:
            raise Halt

    return told


def state(session: Session) -> dict[str, int]:
    """The head of every chain that is held; the tables agree with them."""
    with session.reading() as conn:
        assert list(projection.differences(conn)) == []
        return {chain: store.head(conn, chain).seq for chain in store.chains(conn)}


def stopped_everywhere(act: Callable[[Told], object]) -> int:
    """Stop an act at each point at which it tells; how many there were before it went through."""
    for after in range(10_000):
        try:
            act(halting(after))
        except Halt:
            continue
        return after
    raise AssertionError


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told more often than it is in use, so that every stretch is stopped in."""
    monkeypatch.setattr(telling, "_EVERY", 16)


def left(folder: Path, suffix: str) -> list[str]:
    """Files that lie in a folder, unfinished ones included."""
    return sorted(p.name for p in folder.iterdir() if p.suffix == suffix or p.name.startswith("."))


def test_a_file_of_another_computer(pair: Pair) -> None:
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    with pair.b.open("crc") as session:
        before = state(session)

        def go(told: Told) -> object:
            assert state(session) == before, "stopped, and something stayed"
            return take(session, path, told)

        assert stopped_everywhere(go) > 20
        assert state(session) != before
        with session.reading() as conn:
            assert projection.owning.standing_of(conn, SUBJECT).owner == session.folder.chain


def test_a_file_for_another_computer(pair: Pair) -> None:
    to = chain_of(pair.b)
    with pair.a.open("crc") as session:
        archive = session.folder.archive
        archive.mkdir(exist_ok=True)
        before = left(archive, ".mrdhandover")

        def go(told: Told) -> object:
            assert left(pair.stick, ".mrdhandover") == []
            assert left(archive, ".mrdhandover") == before
            return hand_over(session, to, pair.stick, told=told)

        assert stopped_everywhere(go) > 20
        assert len(left(pair.stick, ".mrdhandover")) == 1
    assert take_in(pair.b, pair.stick).verdict is Verdict.ACCEPTED


def take_in(clinic: Clinic, stick: Path) -> Taken:
    (path,) = stick.glob("*.mrdhandover")
    with clinic.open("crc") as session:
        return take(session, path)


def test_a_reply(charted_route: Route) -> None:
    assert charted_route.carry().verdict is Verdict.ACCEPTED
    about = parse_address("01-001/SCR#1/IC#1")
    assert isinstance(about, FormKey)
    with charted_route.store.open() as session:
        for number in range(40):
            asking.ask(session, about, f"Synthetic question {number}")
        (reply,) = make_reply(session, "01", charted_route.stick)
    with charted_route.clinic.open() as session:
        before = state(session)

        def go(told: Told) -> object:
            assert state(session) == before
            return import_reply(session, reply.path, told)

        assert stopped_everywhere(go) > 20
        with session.reading() as conn:
            asked = conn.exec_driver_sql("SELECT count(*) FROM p_query WHERE query LIKE 'S-%'")
            assert asked.scalar() == 40


def test_a_package_that_is_copied_again(charted_route: Route, tmp_path: Path) -> None:
    made = charted_route.send()
    with charted_route.clinic.open() as session:

        def go(told: Told) -> object:
            assert left(tmp_path, ".mrdpkg") == []
            return copy_again(session, 1, tmp_path, told)

        assert stopped_everywhere(go) > 0
        assert left(tmp_path, ".mrdpkg") == [made.path.name]


def test_a_subject_that_is_taken_by_force(pair: Pair) -> None:
    pair.hand(pair.a, pair.b, SUBJECT)  # a file that never arrives
    with pair.a.open("crc") as session:
        before = state(session)

        def go(told: Told) -> object:
            assert state(session) == before
            return claim(
                session, SUBJECT, "Synthetic: the stick was lost", password_of("crc"),
                second="admin", second_password=password_of("admin"), told=told,
            )  # fmt: skip

        assert stopped_everywhere(go) == 3
        with session.reading() as conn:
            assert projection.owning.standing_of(conn, SUBJECT).owner == session.folder.chain
