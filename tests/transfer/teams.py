"""Stores whose tables also stand in a PostgreSQL of the tests' own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mrd_desktop.record import projection
from mrd_desktop.transfer import team
from tests.postgres import Server, running
from tests.transfer.route import Route, Store

Teamed = Callable[[Route], Route]


@pytest.fixture
def store_kind() -> str:
    """``folder``, or ``team`` for a store whose tables also stand in PostgreSQL."""
    return "folder"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of our own; where everybody may look for its socket, for it runs as somebody."""
    folder = Path(tempfile.mkdtemp(prefix="mrd-pg-"))
    folder.chmod(0o711)
    try:
        with running(folder / "server") as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def teamed(store_kind: str, request: pytest.FixtureRequest) -> Iterator[Teamed]:
    """Gives a store its team where this run has one; at the end its tables tell the ledger."""
    given: list[Store] = []

    def give(route: Route) -> Route:
        if store_kind == "team":
            server: Server = request.getfixturevalue("postgres")
            with route.store.open() as session:
                team.attach(session, server.new_database())
            given.append(route.store)
        return route

    yield give
    for store in given:
        with store.open() as session:
            team.follow(session)
            with session.reading() as conn, team.reading(session) as tables:
                assert list(projection.differences(conn, tables)) == []
