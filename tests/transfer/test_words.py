"""Plain words of the sponsor reach the site once, and the next package says that they did."""

from __future__ import annotations

import pytest

from mrd_desktop.insight.care import care
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import heard
from mrd_desktop.record.queries import NoWords
from mrd_desktop.transfer import lineage, words
from mrd_desktop.transfer.errors import Damaged, PackageError, SiteUnknown
from mrd_desktop.vault.errors import PermissionDenied
from tests.denials import denied
from tests.transfer.route import Route, answer, take_up
from tests.transfer.test_receive import new_subject
from tests.transfer.test_reply import values

TEXT = "下月 5 日起申办方更换联系人。\nThe contact changes on the 5th."


def read_there(route: Route) -> int:
    with route.store.open() as session, session.reading() as conn:
        with route.clinic.open() as site:
            chain = site.folder.chain
        return words.taken(conn, session.folder.chain, [chain])


def test_words_come_once_and_are_known_to_be_read(charted_route: Route) -> None:
    route = charted_route
    assert route.carry().fine
    with route.store.open() as session:
        seq = words.say(session, "01", f"  {TEXT} ")
        with pytest.raises(SiteUnknown):
            words.say(session, "07", TEXT)
        for nothing in (" ", "x" * 501):
            with pytest.raises(NoWords):
                words.say(session, "01", nothing)
    with route.clinic.open() as session:
        before = values(session)
    path = answer(route)
    result = take_up(route, path)
    assert [(w.seq, w.text) for w in result.words] == [(seq, TEXT)]
    assert take_up(route, path).verdict == "duplicate"
    later = take_up(route, answer(route))
    assert later.words == ()
    with route.clinic.open() as session:
        assert [w.text for w in words.here(session)] == [TEXT]
        assert values(session) == before
        (record,) = [r for r in session_records(session) if words.FIELD in r.body]
        assert record.kind is Kind.REPLY_ADOPTED
    assert read_there(route) == 0
    new_subject(route)
    assert route.carry().fine
    assert read_there(route) == 0, "they came, and nobody has read them"
    read_here(route, 1)
    read_here(route, 0)
    assert route.carry().fine
    assert read_there(route) == seq
    with route.store.open() as session:
        second = words.say(session, "01", "second")
        assert second > seq
    assert [w.text for w in take_up(route, answer(route)).words] == ["second"]
    with route.clinic.open() as session:
        assert [w.text for w in words.here(session)] == ["second", TEXT]


def read_here(route: Route, fresh: int) -> None:
    """Somebody says to have read all that came; once more says nothing new."""
    with route.clinic.open() as session:
        chain = session.folder.chain
        with session.reading() as conn:
            upto, waiting = dict(heard.came(conn, chain)), heard.unread(conn, chain)
        assert len(waiting) == care(session).words == fresh
        before = session.head().seq
        heard.mark_read(session, upto)
        assert (session.head().seq > before) is bool(fresh)
        with session.reading() as conn:
            assert heard.unread(conn, chain) == ()
            assert heard.read(conn, chain) == upto


def test_what_former_packages_told_counts_as_read(charted_route: Route) -> None:
    route = charted_route
    assert route.carry().fine
    with route.store.open() as session:
        seq = words.say(session, "01", TEXT)
    take_up(route, answer(route))
    with route.clinic.open() as session:
        chain = session.folder.chain
        with session.reading() as conn:
            ((sender, came),) = heard.unread(conn, chain)
        assert came == seq
        begun = lineage.begun(2, full=False, overdue=[], failed=0, read={sender: seq})
        session.commit([begun, lineage.voided(2, "failed")])
        with session.reading() as conn:
            assert heard.unread(conn, chain) == ()


def test_who_takes_no_replies_reads_none(charted_route: Route) -> None:
    with charted_route.clinic.open("cra") as session:
        before = session.head().seq
        with pytest.raises(PermissionDenied):
            heard.mark_read(session, {"x": 1})
        assert denied(session, before) == ["import"]


def session_records(session: object) -> list:  # type: ignore[type-arg]
    with session.reading() as conn:  # type: ignore[attr-defined]
        chain = session.folder.chain  # type: ignore[attr-defined]
        return list(lineage.of_kind(conn, chain, Kind.REPLY_ADOPTED))


def test_a_site_writes_no_such_words(charted_route: Route) -> None:
    with charted_route.clinic.open() as session, pytest.raises((PermissionDenied, PackageError)):
        words.say(session, "01", TEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"value": "V9"},
        {"seq": 0},
        {"at": "today"},
        {"text": 5},
        {"text": "x" * 501},
        {"address": "01-001"},
    ],
)
def test_words_hold_nothing_else(change: dict[str, object]) -> None:
    word = {"seq": 3, "at": "2026-03-17T01:02:03.004Z", "user": "boss", "text": TEXT}
    true = dumps({"format": words.FORMAT, "words": [word]})
    assert words.notice(words.read(true)) == true
    with pytest.raises(Damaged):
        words.read(dumps({"format": words.FORMAT, "words": [{**word, **change}]}))  # type: ignore[dict-item]
