"""An older copy put back takes up again what its packages hold; then the sponsor takes the next."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import NumberUnsure
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage, loss
from mrd_desktop.transfer.manifest import Point
from mrd_desktop.transfer.tail import coming, taking
from mrd_desktop.transfer.tail.following import Tail
from mrd_desktop.transfer.tail.words import TailRefused
from mrd_desktop.vault import backup, data_key, users
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.errors import PermissionDenied, TailWritten
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session, let_in
from tests.clinic import Clinic, password_of
from tests.transfer.route import Route, values
from tests.transfer.test_receive import new_subject

WORDS = "synthetic: keyed again from paper"


@pytest.fixture
def behind(route: Route, tmp_path: Path) -> Route:
    """The sponsor holds two packages; the site has an older copy that knows the first alone."""
    new_subject(route)
    assert route.carry().fine
    older = tmp_path / "older.mrd"
    shutil.copyfile(route.clinic.path / DATA_FILE, older)
    new_subject(route)
    assert route.carry().fine
    shutil.copyfile(older, route.clinic.path / DATA_FILE)
    return route


def come_in(session: Session) -> None:
    """As a door of the program lets somebody in."""
    coming.compare(session)
    let_in(session)


def back(session: Session) -> Tail:
    offer = taking.offered(session)
    assert offer.tail is not None, offer.why
    return taking.take_back(session, offer.tail)


def sponsors(route: Route) -> dict[str, str | None]:
    with route.store.open() as session:
        return values(session)


def sound(session: Session) -> bool:
    return all(check.ok is not False for check in verify_folder(session))


def test_what_the_archive_holds_comes_back_and_the_sponsor_takes_the_next(behind: Route) -> None:
    held = sponsors(behind)
    with behind.clinic.open("inv") as inv:
        before = inv.head()
        come_in(inv)
        assert inv.head() == before, "signing in writes nothing where records are missing"
        assert inv.hold is not None
        assert taking.offered(inv).instead is None
        made = back(inv)
        assert made.first == before.seq + 1
        assert inv.hold is None
        assert loss.look(inv) == ()
        assert sound(inv)
        with inv.reading() as conn:
            (noted,) = lineage.of_kind(conn, inv.folder.chain, Kind.RESTORE_DONE)
            lost = lineage.lost(conn, inv.folder.chain)
            for record in store.records(conn, inv.folder.chain, before.seq, made.last):
                assert (record.opening is None) == (record.header.seq in lost)
        assert lost == {one.seq for one in made.without}
        assert all(one.user == "crc" and one.kind is None for one in made.without)
        told = noted.body["tail"]
        assert isinstance(told, dict)
        assert (told["first"], told["last"]) == (made.first, made.last)
    new_subject(behind)
    assert behind.carry().fine
    assert behind.carry(full=True).fine
    assert held.items() <= sponsors(behind).items()
    with behind.clinic.open() as crc:
        assert sound(crc)


def test_two_packages_and_a_withheld_subject(route: Route, tmp_path: Path) -> None:
    """What was withheld has no content in any package: it is named, and stays lost."""
    new_subject(route)
    assert route.carry().fine
    older = tmp_path / "older.mrd"
    shutil.copyfile(route.clinic.path / DATA_FILE, older)
    silent = new_subject(route, ICDATA="N")
    assert route.carry().fine
    new_subject(route)
    assert route.carry().fine
    shutil.copyfile(older, route.clinic.path / DATA_FILE)
    with route.clinic.open("inv") as inv:
        come_in(inv)
        made = back(inv)
        assert len(made.packages) == 2
        assert sound(inv)
        with inv.reading() as conn:
            coded = {
                one.seq
                for one in made.without
                if store.record(conn, inv.folder.chain, one.seq).header.cls is RecordClass.CODED
            }
            seals = list(lineage.of_kind(conn, inv.folder.chain, Kind.PACKAGE_SEALED))
        assert coded, "the subject that may not be shared"
        assert [r.body["number"] for r in seals] == [1, 2, 3]
        assert silent not in {v.split("/")[0] for v in values(inv)}
        assert loss.look(inv) == ()
    new_subject(route)
    sent = route.send(full=True)
    assert sent.withheld["lost"] == len(coded)
    assert route.store.take(sent.path)[0].fine


def silently_put_back(route: Route, tmp_path: Path) -> str:
    """The last subject of the package may not be shared; an older copy is put back."""
    new_subject(route)
    assert route.carry().fine
    older = tmp_path / "older.mrd"
    shutil.copyfile(route.clinic.path / DATA_FILE, older)
    silent = new_subject(route, ICDATA="N")
    assert route.carry().fine
    shutil.copyfile(older, route.clinic.path / DATA_FILE)
    with route.clinic.open("inv") as inv:
        back(inv)
    return silent


def test_a_number_whose_record_does_not_come_back_is_given_once(
    route: Route, tmp_path: Path
) -> None:
    silent = silently_put_back(route, tmp_path)
    with route.clinic.open() as crc:
        book = Casebook(crc)
        assert silent not in [line.subject for line in book.subjects()]
        assert not book.asks_number()
        assert book.create_subject() == "01-003"
        assert book.create_subject(silent) == silent == "01-002", "it is entered again"


def test_a_package_that_does_not_say_which_numbers_were_given_makes_people_say(
    route: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the packages of earlier versions, and as after a loss that somebody signed for."""
    monkeypatch.setattr("mrd_desktop.transfer.export.last_given", lambda *_: None)
    silent = silently_put_back(route, tmp_path)
    with route.clinic.open() as crc:
        book = Casebook(crc)
        assert book.asks_number()
        with pytest.raises(NumberUnsure):
            book.create_subject()
        assert book.create_subject(silent) == silent
        with pytest.raises(NumberUnsure):
            book.create_subject()


def test_what_no_archive_holds_is_still_signed_for(behind: Route) -> None:
    """A backup knows more than the last package: that remains a loss."""
    whole = behind.clinic.path.parent / "whole"
    shutil.copytree(behind.clinic.path, whole)
    with Clinic(whole, behind.clinic.study).open("inv") as inv:
        back(inv)
    further = replace(behind, clinic=Clinic(whole, behind.clinic.study))
    new_subject(further)
    with further.clinic.open() as crc:
        kept = backup.backup(crc, crc.folder.backups).path
    shutil.copytree(kept, behind.clinic.path / "backups" / kept.name)
    with behind.clinic.open("inv") as inv:
        come_in(inv)
        better = taking.offered(inv).instead
        assert better is not None and kept.name in better.en, "restored, nothing is lost"
        back(inv)
        assert inv.hold is not None
        (found,) = loss.look(inv)
        assert found.source == kept.name
        loss.answer(inv, [found], WORDS, password_of("inv"), language=Language.EN)
        assert inv.hold is None
        assert sound(inv)
    new_subject(behind, "01-009")
    assert behind.carry().fine


def test_packages_that_the_sponsor_kept_bring_a_restored_folder_back(
    route: Route, tmp_path: Path
) -> None:
    new_subject(route)
    assert route.carry().fine
    with route.clinic.open() as crc:
        kept = backup.backup(crc, tmp_path / "usb").path
    new_subject(route)
    assert route.carry().fine
    held = sponsors(route)
    again = Clinic(backup.restore(kept, tmp_path / "again").path, route.clinic.study)
    assert len(coming.bring(again.path, route.store.path / "archive")) == 2
    restored = replace(route, clinic=again)
    with again.open("inv") as inv:
        come_in(inv)
        back(inv)
        assert sound(inv)
        with inv.reading() as conn:
            noted = list(lineage.of_kind(conn, inv.folder.chain, Kind.RESTORE_DONE))
        assert [("tail" in r.body) for r in noted] == [False, True]
        assert not (again.path / "restored.json").exists()
    new_subject(restored)
    assert restored.carry().fine
    assert held.items() <= sponsors(restored).items()


def test_nothing_is_taken_back_over_what_was_recorded_here(behind: Route) -> None:
    with behind.clinic.open("inv") as inv:
        offer = taking.offered(inv)
        assert offer.tail is not None
        inv.announce()
        with pytest.raises((TailWritten, TailRefused)):
            taking.take_back(inv, offer.tail)
        after = taking.offered(inv)
        assert after.tail is None
        assert after.why is not None
        assert "does not follow" in after.why.en
        assert after.restores, "it says to restore the backup once more"


def test_a_package_that_waits_for_one_before_it_comes_back_with_it(
    route: Route, tmp_path: Path
) -> None:
    older = tmp_path / "older.mrd"
    for kept in (True, False, False):
        new_subject(route)
        assert route.carry().fine
        if kept:
            shutil.copyfile(route.clinic.path / DATA_FILE, older)
    shutil.copyfile(older, route.clinic.path / DATA_FILE)
    (between,) = (route.clinic.path / "archive").glob("*-0002.mrdpkg")
    aside = between.rename(tmp_path / between.name)
    with route.clinic.open("inv") as inv:
        offer = taking.offered(inv)
        assert offer.tail is None
        assert offer.why is not None and "missing here: 0002. Lay" in offer.why.en
        assert not offer.restores
        aside.rename(between)
        found = taking.offered(inv).tail
    assert found is not None
    assert [name[-11:] for name in found.packages] == ["0002.mrdpkg", "0003.mrdpkg"]


def test_only_who_answers_takes_back(behind: Route) -> None:
    with behind.clinic.open("crc") as crc:
        come_in(crc)
        before = crc.head()
        offer = taking.offered(crc)
        assert offer.tail is not None
        with pytest.raises(PermissionDenied):
            taking.take_back(crc, offer.tail)
        assert crc.head() == before, "what was tried is kept beside the chain"
        assert taking.offered(crc).tail == offer.tail


def test_others_than_were_shown_are_not_taken(behind: Route) -> None:
    with behind.clinic.open("inv") as inv:
        offer = taking.offered(inv)
        assert offer.tail is not None
        before = inv.head()
        with pytest.raises(TailRefused):
            taking.take_back(inv, replace(offer.tail, last=offer.tail.last + 1))
        assert inv.head() == before


def joined(route: Route) -> None:
    with route.clinic.open("admin") as admin:
        users.add_user(admin, "newcomer", "monitor", password="synthetic-new-password")


def leaked(route: Route) -> None:
    with route.clinic.open("admin") as admin:
        data_key.change(admin, data_key.SUSPECTED, password_of("admin"), "a synthetic suspicion")


@pytest.mark.parametrize(
    ("act", "kind"), [(joined, "user.added"), (leaked, "generation.changed")], ids=["user", "key"]
)
def test_accounts_and_keys_are_not_brought_back_by_a_package(
    route: Route, tmp_path: Path, act: Callable[[Route], None], kind: str
) -> None:
    site = route.clinic.path
    new_subject(route)
    assert route.carry().fine
    older = {name: (site / name).read_bytes() for name in (DATA_FILE, FolderKind.SITE.file_name)}
    act(route)
    assert route.carry().fine
    for name, data in older.items():
        (site / name).write_bytes(data)
    with route.clinic.open("inv") as inv:
        offer = taking.offered(inv)
    assert offer.tail is None
    assert offer.why is not None
    assert kind in offer.why.en
    assert offer.restores
    assert offer.backup is None


def test_a_package_says_that_no_number_was_given_yet(route: Route, tmp_path: Path) -> None:
    """So that nobody is asked for the first one, where an older copy takes it back."""
    assert route.carry().fine
    older = tmp_path / "older.mrd"
    shutil.copyfile(route.clinic.path / DATA_FILE, older)
    assert route.carry().fine
    shutil.copyfile(older, route.clinic.path / DATA_FILE)
    with route.clinic.open("inv") as inv:
        back(inv)
    with route.clinic.open() as crc:
        assert not Casebook(crc).asks_number()
        assert Casebook(crc).create_subject() == "01-001"


def test_only_what_was_taken_back_is_excused(behind: Route) -> None:
    """The content of any other record that is gone is a fault still."""
    with behind.clinic.open("inv") as inv:
        made = back(inv)
        with inv.reading() as conn:
            chain = inv.folder.chain
            records = list(store.records(conn, chain))
    assert verify_records(records, chain, private=False).ok
    for seq in (made.first - 1, made.last + 1):
        cut = [r.without_opening() if r.header.seq == seq else r for r in records]
        assert not verify_records(cut, chain, private=False).ok


def test_a_tail_that_was_not_taken_back_excuses_nothing(behind: Route) -> None:
    """Whoever records another reach under the name of a tail hides nothing with it."""
    with behind.clinic.open("inv") as inv:
        made = back(inv)
        with inv.reading() as conn:
            chain = inv.folder.chain
            records = list(store.records(conn, chain))
    assert verify_records(records, chain, private=False).ok
    with behind.clinic.open("inv") as inv:
        head = inv.head()
        entry = lineage.taken_back(
            "inv", Point(made.first - 1, head.digest.hex()), 2, [], range(2, made.first)
        )
        inv.commit([entry])
        with inv.reading() as conn:
            records = list(store.records(conn, chain))
    assert verify_records(records, chain, private=False).ok
    cut = [r.without_opening() if r.header.seq == made.first - 1 else r for r in records]
    assert not verify_records(cut, chain, private=False).ok
