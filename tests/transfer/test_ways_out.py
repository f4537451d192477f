"""Ways by which data that are held could still leave: each is tried on a live site (E-26).

Every test makes a package, or hands one out again, as people do, and looks at the bytes that the
recipient can open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import signing
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locating import locate
from mrd_desktop.record.names import Names
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import FormKey, ItemKey, parse_address
from mrd_desktop.texts import Language
from mrd_desktop.transfer import asking, lineage
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.errors import Abroad, CopyForOthers, CopyHeld, PackageError
from mrd_desktop.transfer.receive import receive
from mrd_desktop.transfer.release import Reason, Release
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault.schema import setting
from mrd_desktop.vault.session import COMPACT_SETTING
from tests.clinic import password_of
from tests.transfer.route import Route, fill
from tests.transfer.test_jurisdictions import (
    AGREED,
    Act,
    another_store_in,
    at_work,
    away,
    look,
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


# --- the digest of a signature ------------------------------------------------------------


def test_a_digest_over_what_a_result_decides_is_held(live: Live) -> None:
    """As earlier versions signed: PD shows the last result, which has no salt in the digest."""
    with live.open("crc") as crc, crc.reading() as conn:
        chain = crc.folder.chain
        release = Release(conn, crc.study, Names({}), genes=False)
        signed: dict[str, JSON] = {"kind": "signature.made", "address": f"{AGREED}/LOG#1/PD#1"}
        assert release._about_genes(signed, chain)
        assert release._about_genes({**signed, "apart": ["PD.LEAD"]}, chain)
        assert not release._about_genes({**signed, "apart": ["PD.LASTMRD", "PD.LEAD"]}, chain)
        other: dict[str, JSON] = {"kind": "signature.made", "address": f"{AGREED}/SCR#1/PS#1"}
        assert not release._about_genes(other, chain)


@pytest.mark.parametrize("earlier", [False, True])
def test_a_digest_over_an_age_is_held(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    route, found = charted_route, [f"01-001/SCR#1/{form}#1" for form in ("DM", "PS")]
    if earlier:
        monkeypatch.setattr(signing, "apart", lambda *_: ())
    with route.clinic.open("inv") as inv:
        for place in found:
            key = parse_address(place)
            assert isinstance(key, FormKey)
            shown = signing.show(inv, key, Language.ZH)
            signing.sign_form(inv, shown, password_of("inv"), language=Language.ZH)
        assert all(check.ok is not False for check in verify_folder(inv))
        chart = Casebook(inv).chart("01-001")
        with inv.reading() as conn:
            made = lineage.of_kind(conn, inv.folder.chain, Kind.SIGNATURE_MADE)
            signed = {str(r.body["address"]): r.body for r in made if "address" in r.body}
            for place in found:
                key = parse_address(place)
                assert isinstance(key, FormKey)
                whole = signing.content_digest(conn, chart, key, Language.ZH)
                assert (signed[place]["content"] == whole) is (earlier or place != found[0])
    assert (signed[found[0]].get("apart") == ["DM.AGE", "DM.BRTHYR"]) is not earlier
    assert "apart" not in signed[found[1]]
    assert route.carry().fine
    with route.store.open() as boss, boss.reading() as conn:
        chains = [c for c in store.chains(conn) if c != boss.folder.chain]
        came = {
            str(record.body.get("address"))
            for chain in chains
            for record in lineage.of_kind(conn, chain, Kind.SIGNATURE_MADE)
        }
    assert came >= set(found[1:] if earlier else found)
    assert (found[0] in came) is not earlier


# --- what is looked at before it is signed ------------------------------------------------


def test_what_was_held_and_what_is_deleted_there_is_looked_at_and_signed(live: Live) -> None:
    for genes in (False, True, False):
        away("US", 90, genes=genes)(live)
        seen = look(live)
        done = send(live)
        with live.open("crc") as crc, crc.reading() as conn:
            *_, last = lineage.of_kind(conn, crc.folder.chain, Kind.SIGNATURE_MADE)
            *_, taken = [None, *lineage.of_kind(conn, crc.folder.chain, Kind.SUBJECT_WITHHELD)]
        package = last.body["package"]
        assert isinstance(package, dict)
        late, back = sum(n for _, n in seen.late), sum(h.records for h in seen.back)
        assert (package.get("late", 0), package.get("back", 0)) == (late, back)
        assert late == (done.opened - done.records + sum(done.withheld.values()))
        assert (late > 0) is genes
        assert (back > 0) is (taken is not None)
        assert all(h.key == AGREED and h.reason is Reason.APPROVAL for h in seen.back)
        if taken is not None:
            assert len(taken.body["seqs"]) == back
        assert seen.size >= done.path.stat().st_size
        assert live.store.take(done.path)[0].fine


# --- words at places that are not marked --------------------------------------------------


def test_what_a_check_tells_of_a_result_is_held_where_it_is_told(live: Live) -> None:
    with live.open("crc") as crc, crc.reading() as conn:
        chain = crc.folder.chain
        release = Release(conn, crc.study, Names({}), genes=False)
        where = f"{AGREED}/LOG#1/CONV#1/A#1/CONFDAT"
        asked: dict[str, JSON] = {"kind": "query.opened", "address": where}
        assert release._about_genes({**asked, "check": "EC-052"}, chain)
        assert not release._about_genes(asked, chain)
        assert not release._about_genes({**asked, "check": "EC-001"}, chain)
        release._note_query(chain, "Q-7", where, "EC-052")
        assert release._about_genes({"kind": "query.answered", "query": "Q-7"}, chain)


def test_words_about_a_form_with_a_marked_section_are_held(live: Live) -> None:
    with live.open("crc") as crc, crc.reading() as conn:
        chain = crc.folder.chain
        release = Release(conn, crc.study, Names({}), genes=False)
        whole, other = f"{AGREED}/SCR#1/BCH#1", f"{AGREED}/SCR#1/PS#1"
        for kind in ("note.added", "form.unlocked", "query.opened"):
            assert release._about_genes({"kind": kind, "address": whole}, chain)
            assert not release._about_genes({"kind": kind, "address": other}, chain)
            assert not release._about_genes({"kind": kind, "address": f"{whole}/A#1/X"}, chain)
        assert not release._about_genes({"kind": "form.saved", "address": whole}, chain)


def test_a_store_rewrites_its_file_after_something_is_taken_back(live: Live) -> None:
    say(HOME)(live)
    assert live.store.take(send(live).path)[0].fine
    away("US", 90)(live)
    done = send(live)
    with live.store.open() as boss:
        (arrival,) = receive(boss, [done.path])
        assert arrival.fine
        with boss.reading() as conn:
            assert setting(conn, COMPACT_SETTING)
    with live.store.open() as boss, boss.reading() as conn:
        assert not setting(conn, COMPACT_SETTING)
