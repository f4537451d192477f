"""What a recipient is told to delete while nothing else may leave for it (R-PKG-08, R-PRV-04).

A live site whose packages went abroad until the approval was over. What is recorded since is looked
for in the bytes that the recipient's own key opens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from mrd_desktop.cli.desktop import main
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Record
from mrd_desktop.record import labrange, projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.labrange import LabRange, LabRanges
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.redaction import redact, redactable
from mrd_desktop.record.story import Story, load_story, read_story
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language
from mrd_desktop.transfer import asking, lineage
from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.approval import approve
from mrd_desktop.transfer.container import PACKAGE, opened
from mrd_desktop.transfer.errors import Abroad, Cancelled, NothingBarred, PackageError, PlaceUnsaid
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.release import Reason
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.transmittal import transmittals
from mrd_desktop.vault import abroad, folder, trust, users
from mrd_desktop.vault.abroad import Place
from mrd_desktop.vault.confirming import confirm_user
from mrd_desktop.vault.roster import Listed, roster
from mrd_desktop.vault.schema import setting
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from mrd_desktop.vault.stating import undertake
from tests.clinic import STORIES
from tests.confirmed import LISTED
from tests.once import Once
from tests.transfer.route import Store, fill, values
from tests.transfer.test_jurisdictions import (
    AGREED,
    FORMS,
    NOT_TO_GENES,
    Act,
    another_store,
    at_work,
    away,
    by_hand,
    look,
    may_leave,
    say,
    send,
    signed_for,
)
from tests.transfer.test_release import genetic, openings, unpacked
from tests.vault.live_kit import HOME, PASSWORD, Live, train

LATER = "02-003"
LEFT, CLOSED = away("US", 90, genes=True), away("US", -1, genes=True)
GO = {
    *("session.opened", "session.closed", "key.enrolled", "key.rotated"),
    *("package.begun", "package.sealed", "package.voided", "signature.made"),
    *("subject.withheld", "redaction.done"),
}
"""What a package of headers and deletions alone opens, as docs/package.md lists it."""
TYPED = ("value", "text", "en", "zh", "reason", "full_name", "laboratory", "low", "high")
"""Fields of a payload in which stands what people or checks said."""
TWICE = [f"{subject}/SCR#1/MRD#1/A#1/SAMPID" for subject in (NOT_TO_GENES, LATER)]
"""The sample number of another participant, which stays for that (EC-041)."""
SLIP = "V9.9-synthetic-slip"
WHY = "left after the relapse of synthetic 02-007"
NAME = "Printed Name of the Coordinator"
"""Beside a signature it leaves."""


def until_it_was_over(once: Once, study: Study) -> Live:
    """Packages left under an approval for all; then it was over. Made once a run."""

    def make(root: Path) -> None:
        root.mkdir()
        live = at_work(root)
        with live.open("crc") as crc:
            for words in (SLIP, "V1.0"):
                fill(crc, f"{AGREED}/SCR/IC", {"ICVER": words}, complete=False)
        LEFT(live)
        assert live.store.take(send(live).path)[0].fine
        CLOSED(live)

    root = once.made("deletions", make)
    return Live(root / "site", Store(root / "store", study), study)


@pytest.fixture
def live(once: Once, study: Study, tmp_path: Path) -> Live:
    return until_it_was_over(once, study).copy(tmp_path)


def tell(live: Live) -> ExportResult:
    """Headers and deletions alone."""
    with live.open("crc") as crc:
        released = approve(crc, PASSWORD.format("crc"), Language.EN)
        return export(crc, live.path.parent / "stick", deletions=True, approval=released)


def refuses_genes(live: Live) -> None:
    with live.open("crc") as crc:
        fill(crc, f"{AGREED}/SCR/IC", {"ICHGR": "N"}, complete=False)


def leaves_with_its_data(live: Live) -> None:
    with live.open("crc") as crc:
        gone = {"DSDECOD": "WITHDRAWAL OF CONSENT", "DATAUSE": "N"}
        fill(crc, f"{NOT_TO_GENES}/EOS/EOS", gone, complete=False)


def goes_on(live: Live) -> None:
    """Everything that a site records in a month: of a new participant, of old ones, of itself."""
    records = [r for r in read_story(STORIES / "01-001.json").records if r.form in FORMS]
    records = [r for r in records if r.visit == "SCR"]
    place = locate(live.study, f"{AGREED}/SCR/BCH/HISTTYP")
    assert isinstance(place, ItemKey)
    with live.store.open() as boss:
        asking.ask(boss, place, "a synthetic question to the site")
        (reply,) = make_reply(boss, "02", live.path.parent / "stick")
    with live.open("crc") as crc:
        load_story(Casebook(crc), Story(subject=LATER, site="02", records=records))
        who = {"PATNAME": "虚构甲乙", "MRN": "MRN7654321", "MOBILE": "13900001234"}
        fill(crc, f"{LATER}/SCR/ID", who, complete=False)
        fill(crc, f"{AGREED}/SCR/MRD", {"MVAF": "0.0777"}, complete=False)
        Notes(crc).add(place, "a synthetic remark that waits")
        Incidents(crc).note("lost", crc.now()[:16].replace("T", " "), "0", "a synthetic incident")
        first = LabRange(
            "Synthetic laboratory", "LAB.WBCVAL", crc.today(), "10^9/L", "3.51", "953.17"
        )
        LabRanges(crc).set(first)
        assert import_reply(crc, reply.path).queries == 1
        (query,) = Queries(crc).all(state="open", subject=AGREED)[-1:]
        Queries(crc).answer(query.query, "a synthetic answer")


def joins(live: Live) -> None:
    """Somebody begins to work at the site."""
    with live.open("admin") as admin:
        code = users.add_user(admin, "inv", "investigator").code
    assert code is not None
    folder.set_first_password(
        live.path, "inv", code, PASSWORD.format("inv"), study=live.study, fold=projection.fold
    ).close()
    with live.open("inv") as inv:
        undertake(inv, PASSWORD.format("inv"), Language.EN)
    train(live, "inv")
    with live.open("admin") as admin:
        confirm_user(
            admin, "inv", "passport", delegation=LISTED,
            second="crc", second_password=PASSWORD.format("crc"),
        )  # fmt: skip
        users.name_user(admin, "inv", "Synthetic Investigator", "a synthetic reason")
        users.name_user(admin, "crc", NAME, "a synthetic reason")
    with live.open("crc") as crc:
        users.grant_vault(crc, "inv")


def leaves_the_site(live: Live) -> None:
    """An account is closed, and words say why."""
    with live.open("admin") as admin:
        users.add_user(admin, "temp", "monitor")
        users.close_user(admin, "temp", WHY)


def cut_off(live: Live) -> None:
    """A whole package is begun while one may leave, and stopped; then none may again."""
    LEFT(live)
    stopped(live)
    CLOSED(live)


def stopped(live: Live, *, deletions: bool = False) -> None:
    pulses = iter([False])  # the second look stops it, when the number is taken
    with live.open("crc") as crc, pytest.raises(Cancelled):
        released = approve(crc, PASSWORD.format("crc"), Language.EN)
        export(
            crc, live.path.parent / "stick", deletions=deletions, approval=released,
            cancelled=lambda: next(pulses, True),
        )  # fmt: skip


def takes_out(live: Live) -> None:
    """Two people take the slip out, which was sent."""
    place = locate(live.study, f"{AGREED}/SCR/IC/ICVER")
    assert isinstance(place, ItemKey)
    with live.open("inv") as inv:
        seqs = [r.seq for r in redactable(inv, place) if SLIP in str(r.answer)]
        assert seqs
        redact(
            inv, place, seqs, "IDENTITY", PASSWORD.format("inv"),
            second="admin", second_password=PASSWORD.format("admin"),
        )  # fmt: skip


def since(live: Live) -> Iterator[Record]:
    """What was recorded since the last package, identities included."""
    with live.open("crc") as crc, crc.reading() as conn:
        sent = lineage.sent(conn, crc.folder.chain)
        assert sent.after is not None
        assert crc.box is not None
        yield from store.records(conn, crc.folder.chain, sent.after.seq, box=crc.box)


def words_in(value: object) -> Iterator[str]:
    """Every text in a payload."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from words_in(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from words_in(one)


def opened_by_the_sponsor(live: Live, path: Path) -> bytes:
    with live.store.open() as boss:
        return unpacked(boss, path)


def held_there(live: Live) -> dict[str, str | None]:
    with live.store.open() as boss:
        with boss.reading() as conn:
            assert list(projection.differences(conn)) == []
        assert all(c.ok is not False for c in verify_folder(boss))
        return values(boss)


def of_subject(found: dict[str, str | None], subject: str) -> dict[str, str | None]:
    return {a: v for a, v in found.items() if a.startswith(subject)}


# --- what leaves, and what it does --------------------------------------------------------


def test_deletions_leave_and_nothing_that_was_recorded_since(live: Live) -> None:
    before = held_there(live)
    assert of_subject(before, NOT_TO_GENES)
    assert all(genetic(of_subject(before, AGREED)).values())
    acts = (goes_on, joins, leaves_the_site, cut_off)
    for act in (*acts, refuses_genes, leaves_with_its_data, takes_out):
        act(live)
    with pytest.raises(Abroad):
        send(live)
    seen = look(live)
    assert (seen.barred is None, seen.deletions, seen.fresh, seen.late) == (False, True, (), ())
    causes = {str(h.key): h.reason for h in seen.back}
    assert causes == {AGREED: Reason.HGR, NOT_TO_GENES: Reason.WITHDRAWN}
    assert (seen.erased, seen.deleted > 10) == (1, True)
    new = list(since(live))
    done = tell(live)
    assert done.withheld[Reason.APPROVAL] == seen.withheld[Reason.APPROVAL] > 100
    assert seen.size >= done.path.stat().st_size
    data = opened_by_the_sponsor(live, done.path)
    assert {str(p["kind"]) for p in openings(data)} <= GO
    for name in ("address", "value", "missing", "reason", "given"):
        assert f'"{name}"'.encode() not in data
    assert LATER.encode() not in data
    entered: set[str] = set()
    for record in new:
        assert record.opening is not None
        if record.body["kind"] not in GO:
            assert record.opening.payload not in data
            entered.update(w for field in TYPED for w in words_in(record.body.get(field)))
    told = {w for p in openings(data) for w in words_in(p)}
    signed = {p.get("name") for p in openings(data) if p["kind"] == "signature.made"}
    assert NAME in signed
    assert signed <= {NAME, None}
    entered.remove(NAME)
    assert len(entered) > 50
    assert entered.isdisjoint(told)
    assert any("given" in r.body for r in new if r.body["kind"] == "package.begun"), "one cut off"
    lowered = data.lower()
    looked = {w.lower() for w in entered if len(w) > 5} - {k for p in openings(data) for k in p}
    assert [w for w in looked if w.encode() in lowered] == []
    for words in ("虚构甲乙", "MRN7654321", "13900001234", "0.0777", "953.17", "synthetic", WHY):
        assert words.lower().encode() not in lowered
        assert any(words in one for one in entered), "the search would find what is there"

    assert live.store.take(done.path)[0].fine
    now = held_there(live)
    assert not of_subject(now, NOT_TO_GENES)
    assert not any(genetic(of_subject(now, AGREED)).values())
    assert now.items() <= before.items(), "nothing new came"
    assert len(of_subject(now, AGREED)) > 10
    with live.open("crc") as crc:
        chain = crc.folder.chain
    with live.store.open() as boss, boss.reading() as conn:
        held = (r.opening for r in store.records(conn, chain))
        assert not any(o is not None and SLIP.encode() in o.payload for o in held)

    LEFT(live)
    assert live.store.take(send(live).path)[0].fine
    with live.open("crc") as crc:
        here, accounts = ranges(crc), roster_of(crc, chain)
        assert any(one.user == "temp" and one.closed for one in accounts)
        assert all(c.ok is not False for c in verify_folder(crc))
    with live.store.open() as boss:
        assert (ranges(boss), roster_of(boss, chain)) == (here, accounts)
        assert here
        with boss.reading() as conn:
            mark = json.loads(setting(conn, f"transfer.mark.{chain}") or "")
        assert mark["trust"]["closed"] == ["temp"], "its key counts no more"
    with live.open("crc") as crc:
        expected = may_leave(values(crc), genes=True)
    refused = {a for found in genetic(expected).values() for a in found if a.startswith(AGREED)}
    refused |= {a for a in expected if a.startswith((NOT_TO_GENES, f"{AGREED}/SCR#1/MRD#"))}
    now = held_there(live)
    assert now == {a: v for a, v in expected.items() if a not in refused and a not in TWICE}
    assert all(genetic(of_subject(now, LATER)).values())


def roster_of(session: Session, chain: str) -> tuple[Listed, ...]:
    with session.reading() as conn:
        return roster(conn, chain, store.head(conn, chain).seq).accounts


def ranges(session: Session) -> list[LabRange]:
    with session.reading() as conn:
        return [known.range for known in labrange.known_ranges(conn)]


def test_what_was_held_before_waits_for_the_approval(live: Live) -> None:
    """A consent given meanwhile opens nothing, one taken back and given again brings nothing."""
    before = held_there(live)
    with live.open("crc") as crc:
        fill(crc, f"{NOT_TO_GENES}/SCR/IC", {"ICHGR": "Y"}, complete=False)
    refuses_genes(live)
    first = tell(live)
    with live.open("crc") as crc:
        fill(crc, f"{AGREED}/SCR/IC", {"ICHGR": "Y"}, complete=False)
    second = tell(live)
    for done in (first, second):
        data = opened_by_the_sponsor(live, done.path)
        assert {str(p["kind"]) for p in openings(data)} <= GO
        assert live.store.take(done.path)[0].fine
        assert not any(genetic(held_there(live)).values())
    LEFT(live)
    assert live.store.take(send(live).path)[0].fine
    now = held_there(live)
    assert genetic(of_subject(now, AGREED)) == genetic(of_subject(before, AGREED))
    assert all(genetic(of_subject(now, NOT_TO_GENES)).values())
    with live.open("crc") as crc:
        assert now == {a: v for a, v in values(crc).items() if a not in TWICE}


def test_the_line_of_packages_goes_on(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    """The next package follows it, a receipt tells it, and its copy is handed out meanwhile."""
    leaves_with_its_data(live)
    stopped(live, deletions=True)
    seen = look(live)
    assert (seen.deletions, seen.back, seen.deleted > 10) == (True, (), True)
    secret = live.path.parent / "password"
    secret.write_text(PASSWORD.format("crc"), encoding="utf-8")
    command = ["export", str(live.path), "--to", str(live.path.parent / "stick"), "--json"]
    command += ["--user", "crc", "--password-file", str(secret)]
    assert main(command) == 1
    assert "--deletions" in capsys.readouterr().err
    assert main([*command, "--deletions", "--full"]) == 2
    capsys.readouterr()
    assert main([*command, "--deletions"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["withheld"][Reason.APPROVAL] > 0
    number, path = said["number"], Path(said["path"])
    with live.open("crc") as crc:
        copy = copy_again(crc, number, live.path.parent / "again")
        assert copy.read_bytes() == path.read_bytes()
        with pytest.raises(Abroad):
            copy_again(crc, 1, live.path.parent / "again")
    assert live.store.take(path)[0].fine
    assert not of_subject(held_there(live), NOT_TO_GENES)
    assert look(live).deleted == 0
    with live.store.open() as boss:
        (reply,) = make_reply(boss, "02", live.path.parent / "stick")
    with live.open("crc") as crc:
        assert import_reply(crc, reply.path).receipts >= 1
        assert transmittals(crc)[0].confirmed
    LEFT(live)
    later = send(live)
    assert (later.number, later.head_before.json()) == (number + 1, said["head_after"])
    assert live.store.take(later.path)[0].fine


# --- where it may leave -------------------------------------------------------------------


def test_a_whole_package_goes_where_one_may(live: Live) -> None:
    LEFT(live)
    with pytest.raises(NothingBarred):
        tell(live)
    assert look(live).deletions is False


@pytest.mark.parametrize(
    ("act", "refusal"),
    [(by_hand, PlaceUnsaid), (signed_for, PlaceUnsaid)],
    ids=["by_hand", "two_have_not_compared_it"],
)
def test_a_key_that_got_no_package_is_told_nothing(
    live: Live, act: Act, refusal: type[PackageError]
) -> None:
    leaves_with_its_data(live)
    act(live)
    with pytest.raises(refusal) as told:
        tell(live)
    assert "Deletions cannot be sent before that either" in told.value.text.en
    with pytest.raises(refusal) as refused:
        send(live)
    assert "--deletions" not in refused.value.text.en
    assert look(live).deletions is False
    assert len(list((live.path.parent / "stick").glob("*.mrdpkg"))) == 0


def test_a_second_store_stops_no_deletions_and_hears_none(live: Live) -> None:
    leaves_with_its_data(live)
    another_store(live)
    assert look(live).tells, "one person alone trusts it"
    with live.open("admin") as admin:
        first, second = trust.recipients(trust.pins(admin))
        clinical = Place("SG", HOME.purpose, "HGR-2026-0002", date(2099, 12, 31))
        abroad.state(
            admin, second.sign.id, clinical, PASSWORD.format("admin"),
            second="crc", second_password=PASSWORD.format("crc"),
        )  # fmt: skip
    seen = look(live)
    assert (seen.tells, seen.whole) == (True, False)
    assert [one.pin.age for one in seen.recipients] == [first.age]
    done = tell(live)
    with live.open("crc") as crc:
        copy_again(crc, done.number, live.path.parent / "again")
        with opened(done.path, PACKAGE, lambda _: known_keys(crc), crc.age_identities()) as package:
            assert first.age in package.manifest.recipients
            assert second.age not in package.manifest.recipients
    assert live.store.take(done.path)[0].fine
    now = held_there(live)
    assert not of_subject(now, NOT_TO_GENES)
    assert any(genetic(of_subject(now, AGREED)).values()), "it had none that could be too much"
    with live.open("admin") as admin:
        for pin in (first, second):
            abroad.state(
                admin, pin.sign.id, HOME, PASSWORD.format("admin"),
                second="crc", second_password=PASSWORD.format("crc"),
            )  # fmt: skip
    assert look(live).whole
    later = send(live)
    assert later.head_before.seq == 0, "the second one gets all of it"
    assert live.store.take(later.path)[0].fine


def test_deletions_that_were_lost_are_repeated(live: Live) -> None:
    """Behind what is confirmed; a whole package that was lost may not leave again."""
    with live.store.open() as boss:
        (reply,) = make_reply(boss, "02", live.path.parent / "stick")
    with live.open("crc") as crc:
        assert import_reply(crc, reply.path).receipts == 1
    leaves_with_its_data(live)
    goes_on(live)
    lost = tell(live)
    seen = look(live)
    assert seen.tells, "nobody has confirmed that it was deleted"
    refuses_genes(live)
    seen = look(live)
    done = tell(live)
    assert (done.number, done.head_before) == (lost.number + 1, lost.head_before)
    assert (seen.withheld[Reason.APPROVAL], seen.late) == (done.withheld[Reason.APPROVAL], ())
    assert seen.size >= done.path.stat().st_size
    assert {str(p["kind"]) for p in openings(opened_by_the_sponsor(live, done.path))} <= GO
    assert live.store.take(done.path)[0].fine
    now = held_there(live)
    assert not of_subject(now, NOT_TO_GENES)
    assert not any(genetic(of_subject(now, AGREED)).values())
    assert not of_subject(now, LATER)
    LEFT(live)
    whole = send(live)
    assert whole.head_before == done.head_after
    CLOSED(live)
    assert tell(live).head_before == whole.head_after
    assert live.store.take(whole.path)[0].fine
    assert of_subject(held_there(live), LATER)


def test_a_new_key_that_two_compared_is_told(live: Live) -> None:
    leaves_with_its_data(live)
    by_hand(live)
    CLOSED(live)
    assert tell(live).withheld[Reason.APPROVAL] > 0


def test_nobody_is_told_before_the_first_package(tmp_path: Path) -> None:
    live = at_work(tmp_path)
    CLOSED(live)
    with pytest.raises(Abroad):
        tell(live)


def test_a_site_that_sent_before_it_was_asked_takes_back_what_it_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an earlier version left it: packages went out, and nobody has said where."""
    live = at_work(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(abroad, "guarded", lambda *_: ())
        assert live.store.take(send(live).path)[0].fine
    before = held_there(live)
    leaves_with_its_data(live)
    done = tell(live)
    assert {str(p["kind"]) for p in openings(opened_by_the_sponsor(live, done.path))} <= GO
    assert live.store.take(done.path)[0].fine
    now = held_there(live)
    assert not of_subject(now, NOT_TO_GENES)
    assert of_subject(now, AGREED) == of_subject(before, AGREED), "nobody narrowed anything"
    say(HOME)(live)
    assert live.store.take(send(live).path)[0].fine
