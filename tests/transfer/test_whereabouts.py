"""A trace reads the records of one form, and finds every value that ever stood at a data point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.study.address import ItemKey, parse_address
from mrd_desktop.transfer import whereabouts
from mrd_desktop.transfer.overview import trace
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route, fill
from tests.transfer.test_receive import new_subject


def everything(session: Session) -> dict[str, list[int]]:
    """The records that set a value, by address, from reading the whole ledger."""
    found: dict[str, list[int]] = {}
    with session.reading() as conn:
        for chain in store.chains(conn):
            for record in store.records(conn, chain):
                if record.opening is not None and record.kind is Kind.ITEM_SET:
                    address = str(record.body["address"])
                    found.setdefault(address, []).append(record.header.seq)
    return found


def traced(session: Session, address: str) -> list[int]:
    """The same of one data point, from its trace."""
    key = parse_address(address)
    assert isinstance(key, ItemKey)
    return [t.seq for t in trace(session, key)]


def told(session: Session) -> dict[str, list[int]]:
    return {address: traced(session, address) for address in everything(session)}


def runs(session: Session, subject: str) -> int:
    """How many runs are kept of a subject."""
    with session.reading() as conn:
        counted = text("SELECT count(*) FROM value_run WHERE form LIKE :like")
        return int(conn.execute(counted, {"like": f"{subject}/%"}).scalar_one())


def test_every_value_is_found_over_several_packages(charted_route: Route) -> None:
    charted_route.carry()
    with charted_route.clinic.open() as session:
        fill(session, "01-001/SCR/IC", {"ICVER": "V2.0"}, complete=False)
    new_subject(charted_route)
    charted_route.carry()
    with charted_route.store.open() as session:
        assert told(session) == everything(session)
        assert len(traced(session, "01-001/SCR#1/IC#1/A#1/ICVER")) == 2
        assert traced(session, "01-001/SCR#1/IC#1/A#1/NOTHING") == []


def test_a_store_of_an_older_program_finds_them_too(charted_route: Route) -> None:
    charted_route.carry()
    with charted_route.store.open() as session:
        with session.writing() as conn:
            conn.execute(text("DROP TABLE value_run"))
            conn.execute(text("DELETE FROM vault_setting WHERE name LIKE 'transfer.whereabouts.%'"))
        assert told(session) == everything(session)


def test_what_is_taken_back_is_nowhere_and_comes_again(route: Route) -> None:
    kept, subject = new_subject(route), new_subject(route)
    route.carry()
    with route.store.open() as session:
        assert runs(session, subject) > 0
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "N"}, complete=False)
    route.carry()
    with route.store.open() as session:
        assert runs(session, subject) == 0
        assert runs(session, kept) > 0
        assert told(session) == everything(session)
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/IC", {"ICDATA": "Y"}, complete=False)
    route.carry()
    with route.store.open() as session:
        assert runs(session, subject) > 0
        assert told(session) == everything(session)


def test_only_records_around_the_form_are_read(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    charted_route.carry()
    read: list[object] = []
    plain = store.records

    def counted(*about: Any, **more: Any) -> Iterator[Any]:
        for record in plain(*about, **more):
            read.append(record)
            yield record

    with charted_route.store.open() as session:
        total = sum(map(len, everything(session).values()))
        monkeypatch.setattr(whereabouts.store, "records", counted)
        assert traced(session, "01-001/SCR#1/IC#1/A#1/ICVER") != []
    assert 0 < len(read) < total / 5
