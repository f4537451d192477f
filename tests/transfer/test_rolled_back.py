"""A skip, a repeat, a rolled-back site and two branches: four alarms, each in its own words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mrd_desktop.ledger import store as ledger
from mrd_desktop.transfer import branches, loss
from mrd_desktop.transfer.confirmed import turned_away
from mrd_desktop.transfer.errors import ReplyBeyond
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import users
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route
from tests.transfer.route import answer as answered
from tests.transfer.test_branches import SECOND, SECOND_PASSWORD, decide
from tests.transfer.test_loss import answer
from tests.transfer.test_receive import content, new_subject


def rolled_back(route: Route, tmp_path: Path) -> None:
    """The site puts an older copy back, somebody signs for what is missing, and work goes on."""
    new_subject(route)
    assert route.carry().fine
    copy = tmp_path / "older.mrd"
    shutil.copyfile(route.clinic.path / DATA_FILE, copy)
    new_subject(route)
    assert route.carry().fine
    shutil.copyfile(copy, route.clinic.path / DATA_FILE)
    with route.clinic.open("inv") as session:
        assert loss.look(session)
        answer(session)
    new_subject(route, "01-009")


@pytest.mark.parametrize("full", [False, True])
def test_a_site_that_signed_for_an_older_copy_has_its_own_alarm(
    route: Route, tmp_path: Path, full: bool
) -> None:
    rolled_back(route, tmp_path)
    before = content(route)
    sent = route.send(full=full)
    (arrival,) = route.store.take(sent.path)
    assert (arrival.verdict, arrival.code) == (Verdict.ROLLED_BACK, "rolled_back")
    assert not arrival.fine and arrival.reason is not None
    assert "older copy" in arrival.reason.en and "较旧" in arrival.reason.zh
    assert content(route) == before
    with route.store.open() as session, session.reading() as conn:
        (chain,) = (c for c in ledger.chains(conn) if c != session.folder.chain)
        (fork,) = branches.forks(conn, session.folder.chain, chain)
        (told,) = branches.answered(conn, session.folder.chain, chain)
    assert fork.number == sent.number
    assert (told.code, told.verdict) == ("rolled_back", Verdict.FORK)
    assert "older copy" in told.text.en


def heard(session: Session, path: Path) -> ReplyBeyond:
    """What is said of a reply that cannot be taken up; it leaves no record."""
    before = session.head()
    with pytest.raises(ReplyBeyond) as told:
        loss.take_up(session, path)
    assert session.head() == before
    return told.value


def test_a_site_hears_of_it_in_the_very_reply_that_it_cannot_take_up(
    route: Route, tmp_path: Path
) -> None:
    rolled_back(route, tmp_path)
    sent = route.send()
    assert route.store.take(sent.path)[0].code == "rolled_back"
    path = answered(route)
    with route.clinic.open() as crc:
        told = heard(crc, path)
        assert f"Package {sent.number} comes from an older copy" in told.text.en
        assert "较旧副本" in told.text.zh and "另一台电脑接管" in told.text.zh
        assert crc.hold is not None, "the sponsor holds another history: somebody answers for it"
        assert [r.code for r in turned_away(crc)] == ["rolled_back"]
    with route.clinic.open("inv") as inv:
        heard(inv, path)
        loss.look(inv)
        answer(inv)
    with route.clinic.open() as crc:
        heard(crc, answered(route))
        assert crc.hold is None, "what was answered for is not raised again by each reply"


def test_a_site_that_knew_of_nothing_hears_that_records_are_missing(
    route: Route, tmp_path: Path
) -> None:
    older = tmp_path / "older.mrd"
    new_subject(route)
    assert route.carry().fine
    shutil.copyfile(route.clinic.path / DATA_FILE, older)
    new_subject(route)
    assert route.carry().fine
    shutil.copyfile(older, route.clinic.path / DATA_FILE)
    for package in (route.clinic.path / "archive").glob("*-0002.mrdpkg"):
        package.unlink()
    new_subject(route)
    assert route.carry().code == "fork"
    with route.clinic.open() as crc:
        assert loss.look(crc) == ()
        assert "an old backup was used" in heard(crc, answered(route)).text.en
        assert crc.hold is not None


def test_two_people_decide_about_it_as_about_two_branches(route: Route, tmp_path: Path) -> None:
    rolled_back(route, tmp_path)
    sent = route.send(full=True)
    assert route.store.take(sent.path)[0].code == "rolled_back"
    with route.store.open() as session:
        users.add_user(session, SECOND, "sponsor", password=SECOND_PASSWORD)
    with route.store.open() as session:
        decision = decide(session, sent.path)
        with session.reading() as conn:
            (told,) = branches.answered(conn, session.folder.chain, decision.chain)
    assert told.text == branches.DECIDED.filled(n=sent.number)


def test_the_four_alarms_are_four(route: Route, tmp_path: Path) -> None:
    (tmp_path / "stick2").mkdir()
    new_subject(route)
    first = route.send().path
    copied = Route(route.clinic.copy(tmp_path / "copied"), route.store, tmp_path / "stick2")
    new_subject(route)
    route.send()
    new_subject(route)
    third = route.send().path
    new_subject(copied)
    other = copied.send().path
    full = route.send(full=True).path
    skipped, _, again, _, branch = route.store.take(third, first, first, full, other)[:5]
    (overtaken,) = route.store.take(third)
    again_route = route.copy(tmp_path / "again")
    rolled_back(again_route, tmp_path)
    (back,) = again_route.store.take(again_route.send().path)
    told = (skipped, again, branch, back)
    assert [a.verdict for a in told] == [
        Verdict.GAP, Verdict.DUPLICATE, Verdict.FORK, Verdict.ROLLED_BACK
    ]  # fmt: skip
    assert (overtaken.verdict, overtaken.code) == (Verdict.DUPLICATE, "held")
    assert overtaken.reason is not None and "overtaken" in overtaken.reason.en
    words = {a.reason.zh for a in (*told, overtaken) if a.reason is not None}
    assert len(words) == 5
