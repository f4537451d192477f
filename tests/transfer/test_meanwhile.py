"""A package is judged as the site stands when its number is taken, not when the reading began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Record
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import RecordsRefused
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route, fill, values
from tests.transfer.test_receive import new_subject, same_tables
from tests.transfer.test_release import openings, unpacked


def sent_while(route: Route, act: Callable[[Session], None]) -> tuple[ExportResult, bytes]:
    """Export, and do something once when the chain is just being read; the unpacked package."""
    waiting = [act]

    def told(_done: int, _total: int) -> None:
        if waiting:
            waiting.pop()(session)

    with route.clinic.open() as session:
        done = export(session, route.stick, progress=told)
        assert not waiting
        return done, unpacked(session, done.path)


@pytest.mark.parametrize("sent_before", [False, True], ids=["first", "second"])
def test_who_takes_back_the_consent_meanwhile_is_left_out(route: Route, sent_before: bool) -> None:
    stays, goes = new_subject(route), new_subject(route)
    if sent_before:
        assert route.carry().fine

    def refuses(session: Session) -> None:
        fill(session, f"{stays}/SCR/IC", {"ICDATA": "N"})

    done, data = sent_while(route, refuses)
    told = [p for p in openings(data) if p["kind"] == "subject.withheld"]
    assert [p["subject"] for p in told] == ([stays] if sent_before else [])
    assert not any(str(p.get("address", "")).startswith(stays) for p in openings(data))
    assert done.withheld["consent"] > 0
    assert route.store.take(done.path)[0].fine
    with route.store.open() as session:
        assert {address.partition("/")[0] for address in values(session)} == {goes}


def test_what_is_entered_meanwhile_goes_with_it(route: Route) -> None:
    subject = new_subject(route)

    def enters(session: Session) -> None:
        fill(session, f"{subject}/SCR/IC", {"ICVER": "V1.1"})

    done, data = sent_while(route, enters)
    assert any(p["kind"] == "item.set" and p["value"] == "V1.1" for p in openings(data))
    assert done.number == 1
    assert route.store.take(done.path)[0].fine
    with route.store.open() as session:
        assert "V1.1" in [v for a, v in values(session).items() if a.endswith("/ICVER")]
    assert same_tables(route)


def test_what_is_recorded_with_the_number_is_verified_too(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of the commit itself, which the medium gives back without a signature."""
    new_subject(route)
    real = store.records

    def unsigned(conn: Any, chain: str, after: int = 0, *more: Any) -> Iterator[Record]:
        for record in real(conn, chain, after, *more):
            yield Record(record.header_bytes, None, record.opening) if after else record

    with route.clinic.open() as session:
        with monkeypatch.context() as patch:
            patch.setattr(store, "records", unsigned)
            with pytest.raises(RecordsRefused):
                export(session, route.stick)
        with session.reading() as conn:
            sent = lineage.sent(conn, session.folder.chain)
    assert (sent.number, sent.unfinished) == (1, None), "taken and voided"
    assert list(route.stick.iterdir()) == []
