"""Ways by which data that are held could still leave: each is tried on a live site (E-26).

Every test makes a package, or hands one out again, as people do, and looks at the bytes that the
recipient can open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.record.locating import locate
from mrd_desktop.record.names import Names
from mrd_desktop.study.address import ItemKey
from mrd_desktop.transfer import asking
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.errors import Abroad, CopyForOthers, CopyHeld, PackageError
from mrd_desktop.transfer.release import Release
from mrd_desktop.transfer.reply import import_reply, make_reply
from tests.transfer.route import fill
from tests.transfer.test_jurisdictions import (
    AGREED,
    Act,
    another_store_in,
    at_work,
    away,
    say,
    send,
)
from tests.transfer.test_release import unpacked
from tests.vault.live_kit import HOME, Live

SECRET = "0.0777"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return at_work(tmp_path_factory.mktemp("ways-out"))


@pytest.fixture
def live(template: Live, tmp_path: Path) -> Live:
    return template.copy(tmp_path)


def answers(form: str, **items: str) -> Act:
    """Somebody enters it for the subject that agreed to all."""

    def act(live: Live) -> None:
        with live.open("crc") as crc:
            fill(crc, f"{AGREED}/SCR/{form}", items, complete=False)

    return act


def leaves_with_its_data(live: Live) -> None:
    with live.open("crc") as crc:
        fill(
            crc,
            f"{AGREED}/EOS/EOS",
            {"DSDECOD": "WITHDRAWAL OF CONSENT", "DATAUSE": "N"},
            complete=False,
        )


# --- a file that left before --------------------------------------------------------------


def handed_out(live: Live, number: int) -> Path:
    to = live.path.parent / "again"
    to.mkdir(exist_ok=True)
    with live.open("crc") as crc:
        return copy_again(crc, number, to)


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (away("US", -1), Abroad),
        (away("US", 90), CopyHeld),
        (answers("IC", ICHGR="N"), CopyHeld),
        (answers("IC", ICDATA="N"), CopyHeld),
        (another_store_in("SG"), CopyForOthers),
    ],
    ids=[
        "approval ended",
        "approval narrowed",
        "genes refused",
        "consent refused",
        "another recipient",
    ],
)
def test_a_file_leaves_again_only_while_all_of_it_may(
    live: Live, act: Act, refusal: type[PackageError]
) -> None:
    away("US", 90, genes=True)(live)
    answers("MRD", MVAF=SECRET)(live)
    made = send(live)
    with live.open("crc") as crc:
        assert SECRET.encode() in unpacked(crc, made.path)
    copy = handed_out(live, made.number)
    assert copy.read_bytes() == made.path.read_bytes()
    copy.unlink()
    act(live)
    with pytest.raises(refusal):
        handed_out(live, made.number)
    assert not list(copy.parent.iterdir())
    if refusal is CopyHeld:
        assert "full package" in refusal.template.en
        whole = send(live, full=True)
        assert handed_out(live, whole.number).read_bytes() == whole.path.read_bytes()


# --- what a reply repeats -----------------------------------------------------------------

ASKED = "a synthetic question that tells the result"


def asks(live: Live, place: str = f"{AGREED}/SCR/MRD/RESULT") -> None:
    """The sponsor asks about a value, and the site takes the question up."""
    key = locate(live.study, place)
    assert isinstance(key, ItemKey)
    with live.store.open() as boss:
        asking.ask(boss, key, ASKED)
        (made,) = make_reply(boss, "02", live.path.parent / "stick")
    with live.open("crc") as crc:
        assert import_reply(crc, made.path).queries == 1


def told(live: Live, package: Path) -> bool:
    """Whether the question can be read in a package."""
    with live.open("crc") as crc:
        return ASKED.encode() in unpacked(crc, package)


def known_to_the_store(live: Live) -> bool:
    """Whether the store holds the question in what the site sent."""
    with live.store.open() as boss, boss.reading() as conn:
        own = boss.folder.chain
        return any(
            record.opening is not None and ASKED.encode() in record.opening.payload
            for chain in store.chains(conn)
            for record in (store.records(conn, chain) if chain != own else ())
        )


@pytest.mark.parametrize(
    ("act", "back"),
    [
        (answers("IC", ICHGR="N"), answers("IC", ICHGR="Y")),
        (answers("IC", ICDATA="N"), answers("IC", ICDATA="Y")),
        (away("US", 90), say(HOME)),
    ],
    ids=["genes refused", "consent refused", "abroad"],
)
def test_the_words_of_a_question_stay_with_what_they_are_about(
    live: Live, act: Act, back: Act
) -> None:
    say(HOME)(live)
    assert live.store.take(send(live).path)[0].fine
    asks(live)
    act(live)
    done = send(live)
    assert not told(live, done.path)
    assert live.store.take(done.path)[0].fine
    assert not known_to_the_store(live)
    back(live)
    done = send(live)
    assert told(live, done.path)
    assert live.store.take(done.path)[0].fine
    assert known_to_the_store(live)
    act(live)
    done = send(live)
    assert live.store.take(done.path)[0].fine
    assert not known_to_the_store(live), "taken back"
    assert not told(live, send(live, full=True).path)


def test_a_question_about_another_value_leaves(live: Live) -> None:
    away("US", 90)(live)
    assert live.store.take(send(live).path)[0].fine
    asks(live, f"{AGREED}/SCR/BCH/HISTTYP")
    assert told(live, send(live).path)


def test_two_computers_count_their_queries_alike(live: Live) -> None:
    """A query is told from one of another computer with the same number."""
    away("US", 90)(live)
    with live.open("crc") as crc, crc.reading() as conn:
        here = crc.folder.chain
        release = Release(conn, crc.study, Names({}), genes=False)
        genes, other = f"{AGREED}/SCR#1/MRD#1/C#1/RESULT", f"{AGREED}/SCR#1/BCH#1/A#1/HISTTYP"
        release._note_query("b" * 26, "Q-7", genes)
        release._note_query(here, "Q-7", other)
        release._note_query("b" * 26, "Q-8", genes)
        assert not release._about_genes({"query": "Q-7"}, here)
        assert release._about_genes({"query": "Q-7", "opened_on": "b" * 26}, here)
        assert release._about_genes({"query": "Q-8"}, here), "where nobody says which, all count"
