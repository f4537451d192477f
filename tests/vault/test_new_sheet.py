"""A lost recovery sheet is replaced by two people, and opens nothing from then on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.certificates import SIG_TAG
from mrd_desktop.ledger.keys import PublicKey, from_base64
from mrd_desktop.ledger.record import RecordClass
from mrd_desktop.vault import (
    backup,
    database,
    new_sheet,
    rotation,
    schema,
    slotbook,
    statements,
    users,
)
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.clock import Clock
from mrd_desktop.vault.errors import (
    ClockWentBack,
    NoCause,
    NoSecondPerson,
    PermissionDenied,
    StorageError,
    VaultClosed,
    WrongKey,
    WrongPassword,
    WrongRecoverySheet,
)
from mrd_desktop.vault.manifest import Manifest, Slot, read_manifest
from mrd_desktop.vault.recovery import read_sheet, recovered
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.signin import RECOVERY_SETTING, binding
from tests.vault.kit import CANARY, PASSWORDS, Site, fold


def replaced(session: Session, second: str = "admin", cause: str = "lost") -> new_sheet.NewSheet:
    return new_sheet.replace_sheet(
        session, cause, PASSWORDS[session.user], second=second, second_password=PASSWORDS[second]
    )


def recover(path: Path, sheet: str, site: Site) -> Session:
    return folders.recover(
        path, sheet, user="new", role="coordinator", password="synthetic-new-pw",
        study=site.study, fold=fold,
    )  # fmt: skip


def test_the_old_sheet_opens_neither_the_file_nor_later_backups(site: Site, tmp_path: Path) -> None:
    copy = tmp_path / "copy-of-site.json"
    shutil.copy(site.path / "site.json", copy)
    with site.open("pi") as session:
        old = session.manifest
        made = replaced(session)
        report = backup.backup(session, tmp_path / "stick")
    with pytest.raises(WrongRecoverySheet):
        recover(site.path, site.sheet, site)
    keys, _ = recovered(old, read_sheet(site.sheet, old))  # with an older copy of the file
    for key in keys:
        with pytest.raises(WrongKey):
            database.Database(site.path / "data.mrd", key)
    back = tmp_path / "back"
    backup.restore(report.path, back)
    with pytest.raises(WrongRecoverySheet):
        recover(back, site.sheet, site)
    for key in keys:
        with pytest.raises(WrongKey):
            database.Database(back / "data.mrd", key)
    with recover(site.path, made.sheet, site) as session:
        assert session.has_vault
        assert CANARY in _private(session)
    for user in ("admin", "crc", "cra"):
        site.open(user).close()


def test_it_is_a_record_that_two_people_signed(site: Site) -> None:
    with site.open("pi") as session:
        made = replaced(session, cause="seen")
        keys = {a.user: a.key for a in users.list_users(session)}
        with session.reading() as conn:
            record = store.record(conn, session.folder.chain, statements.sheet_seq(conn))
        body = dict(record.body)
        hands = body.pop("signed")
        assert body["recovery"] == made.serial == read_manifest(site.path).recovery.serial
        assert body["replaces"] != made.serial
        assert (body["cause"], body["user"], body["second"]) == ("seen", "pi", "admin")
        statement = SIG_TAG + dumps(body)
        assert [h["user"] for h in hands] == ["pi", "admin"]
        for hand in hands:
            signature = from_base64(hand["signature"])
            assert signature is not None
            assert PublicKey.from_base64(keys[hand["user"]]).verify(signature, statement)


def test_nobody_does_it_alone_or_without_the_vault_key(site: Site) -> None:
    before = (site.path / "site.json").read_bytes()
    with site.open("admin") as admin, pytest.raises(VaultClosed):
        replaced(admin, "pi")
    with site.open("cra") as cra, pytest.raises(PermissionDenied):
        replaced(cra)
    with site.open("pi") as pi:
        for second in ("pi", "crc", "cra"):
            with pytest.raises(NoSecondPerson):
                replaced(pi, second)
        with pytest.raises(NoCause):
            replaced(pi, cause="because")
        for own, other in (("wrong", PASSWORDS["admin"]), (PASSWORDS["pi"], "wrong")):
            with pytest.raises(WrongPassword):
                new_sheet.replace_sheet(pi, "lost", own, second="admin", second_password=other)
    assert (site.path / "site.json").read_bytes() == before


class Cut:
    """The folder's writes fail from one on."""

    def __init__(self, step: int) -> None:
        self.left = step

    def of(self, really: object) -> object:
        def may_fail(session: Session, *args: object) -> object:
            self.left -= 1
            if self.left < 0:
                raise StorageError
            return really(session, *args)  # type: ignore[operator]

        return may_fail


def cut_off(session: Session, step: int) -> None:
    """A replacement of which only the first writes succeed."""
    cut = Cut(step)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "writing", cut.of(Session.writing))
        patch.setattr(Session, "replace_manifest", cut.of(Session.replace_manifest))
        with pytest.raises(StorageError):
            replaced(session)


@pytest.mark.parametrize("again", [False, True], ids=["same session", "next sign-in"])
def test_a_second_cut_locks_nobody_out(site: Site, *, again: bool) -> None:
    """The file has the second recovery key, and a third is on its way."""
    with site.open("pi") as session:
        session.announce()
        cut_off(session, 2)
        if not again:
            cut_off(session, 1)
    if again:
        with site.open("pi") as session:
            session.announce()
            cut_off(session, 1)
    for user in ("admin", "crc"):
        site.open(user).close()
    with site.open("pi") as session:
        made = replaced(session)
        assert new_sheet.check_sheet(session, made.sheet) == made.serial


def test_a_file_that_stands_though_the_disk_refused_it_locks_nobody_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a second recovery key; a third one in the database would be one too many."""
    write = Manifest.write

    def unsure(manifest: Manifest, folder: Path) -> None:
        write(manifest, folder)
        raise StorageError

    with site.open("pi") as session:
        session.announce()
        for way in (unsure, fails):
            with monkeypatch.context() as patch, pytest.raises(StorageError):
                patch.setattr(Manifest, "write", way)
                replaced(session)
    for user in ("admin", "crc"):
        site.open(user).close()


def test_a_sheet_is_right_only_where_it_opens_the_keys_in_force(site: Site) -> None:
    file = site.path / "site.json"
    former = json.loads(file.read_bytes())["recovery"]["data"]
    with site.open("admin") as session:
        rotation.change_data_key(session, "yearly")
        new_sheet.check_sheet(session, site.sheet)
    value = json.loads(file.read_bytes())
    value["recovery"]["data"] = former  # put back from an older copy of the file
    file.write_text(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    with site.open("pi") as session:
        with pytest.raises(WrongRecoverySheet, match="opens nothing") as told:
            new_sheet.check_sheet(session, site.sheet)
        assert "请更换恢复单" in told.value.text.zh
        made = replaced(session)
        assert new_sheet.check_sheet(session, made.sheet) == made.serial


def test_sign_in_settles_for_the_recovery_key_that_the_file_has_reached(site: Site) -> None:
    old = binding(read_manifest(site.path))
    with site.open("pi") as session:
        session.announce()
        cut_off(session, 2)
    with site.open("admin") as session, session.reading() as conn:
        known = schema.setting(conn, RECOVERY_SETTING)
        assert known == binding(read_manifest(site.path)) != old


def test_the_book_knows_the_file_after_a_refusal_and_a_cut(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("pi") as session:
        session.announce()
        manifest = session.manifest
        with monkeypatch.context() as patch:
            patch.setattr(slotbook, "keep", fails)
            session.replace_manifest(replace(manifest, slots={**manifest.slots, "a": slot(site)}))
        with monkeypatch.context() as patch:
            patch.setattr(type(manifest), "write", fails)
            with pytest.raises(StorageError):
                session.replace_manifest(manifest)
        with session.reading() as conn:
            assert not list(slotbook.faults(conn, read_manifest(site.path)))


def fails(*_: object) -> None:
    raise StorageError


def slot(site: Site) -> Slot:
    return next(iter(read_manifest(site.path).slots.values()))


@pytest.mark.parametrize("step", range(1, 6))
def test_a_sheet_that_nobody_was_given_is_not_taken_for_one(site: Site, step: int) -> None:
    """From the moment the file has the new recovery key the old sheet opens nothing."""
    with site.open("pi") as session:
        session.announce()
        cut_off(session, step)
    with site.open("pi") as session:
        found = new_sheet.standing(session)
        assert found.shown is (step == 1) and found.due is (step > 1)
        if step == 1:
            new_sheet.check_sheet(session, site.sheet)
        made = replaced(session)
        assert new_sheet.standing(session).shown
        assert new_sheet.standing(session).serial == made.serial


@pytest.mark.parametrize("step", range(5))
def test_a_cut_anywhere_locks_nobody_out_and_it_is_done_again(site: Site, step: int) -> None:
    """Each write of the folder in turn is the one that fails."""
    with site.open("pi") as session:
        session.announce()
        cut_off(session, step)
    for user in ("admin", "crc"):
        site.open(user).close()
    with site.open("pi") as session:
        made = replaced(session)
    with pytest.raises(WrongRecoverySheet):
        recover(site.path, site.sheet, site)
    with recover(site.path, made.sheet, site) as session:
        assert CANARY in _private(session)


def test_no_sheet_is_made_while_a_change_of_key_is_cut_off(site: Site) -> None:
    """Its key would hold one of the two data keys only, and nobody could open the folder."""
    with site.open("pi") as session:
        session.announce()
        cut = Cut(2)  # the sheet's and the begun manifest; not the one that takes it back
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Session, "move_to_key", fails)
            patch.setattr(Session, "replace_manifest", cut.of(Session.replace_manifest))
            with pytest.raises(StorageError):
                replaced(session)
        assert session.manifest.next_generation is not None
        before = (site.path / "site.json").read_bytes()
        with pytest.raises(StorageError):
            replaced(session)
        assert (site.path / "site.json").read_bytes() == before
    for user in ("admin", "crc"):
        site.open(user).close()
    with site.open("pi") as session:
        made = replaced(session)
        assert new_sheet.check_sheet(session, made.sheet) == made.serial


def test_no_sheet_is_begun_while_the_clock_is_behind(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("pi") as session:
        session.announce()
        manifest, keys = session.manifest, session.with_keys()
        wall = session.clock.wall() - timedelta(days=2)
        with monkeypatch.context() as patch:
            patch.setattr(Clock, "wall", lambda _: wall)
            with pytest.raises(ClockWentBack):
                replaced(session)
        assert (session.manifest, session.with_keys()) == (manifest, keys)
        assert new_sheet.standing(session).shown
    recover(site.path, site.sheet, site).close()


def test_a_sheet_that_cannot_be_written_changes_nothing(site: Site) -> None:
    """Whoever wants it in a file has it there before the old one stops opening anything."""
    given: list[str] = []

    def refuses(sheet: str) -> None:
        given.append(sheet)
        raise StorageError

    before = (site.path / "site.json").read_bytes()
    with site.open("pi") as session:
        with pytest.raises(StorageError):
            new_sheet.replace_sheet(
                session, "lost", PASSWORDS["pi"], second="admin",
                second_password=PASSWORDS["admin"], deliver=refuses,
            )  # fmt: skip
        assert (site.path / "site.json").read_bytes() == before
        assert new_sheet.standing(session).shown
        new_sheet.check_sheet(session, site.sheet)
        with pytest.raises(WrongRecoverySheet):
            new_sheet.check_sheet(session, given[0])
        made = new_sheet.replace_sheet(
            session, "lost", PASSWORDS["pi"], second="admin",
            second_password=PASSWORDS["admin"], deliver=given.append, hold=True,
        )  # fmt: skip
        assert given[-1] == made.sheet
        assert not new_sheet.standing(session).shown  # until somebody has put it away
    with site.open("pi") as session:
        assert new_sheet.standing(session).due
        new_sheet.check_sheet(session, made.sheet)  # it is there after all
        assert new_sheet.standing(session).shown


def test_a_sheet_is_checked_and_the_next_check_comes_due(site: Site) -> None:
    with site.open("pi") as session:
        assert not new_sheet.standing(session).due
        session.clock.shift += timedelta(days=180)
        assert not new_sheet.standing(session).due
        session.clock.shift += timedelta(days=1)
        assert new_sheet.standing(session).due
        wrong = site.sheet.replace("A: ", "A: x", 1)
        groups = site.sheet.split("A: ")[1].split()
        swapped = "B" if groups[2][0] != "B" else "C"
        mistyped = site.sheet.replace(groups[2], swapped + groups[2][1:], 1)
        for sheet, named in ((wrong, "both halves"), (mistyped, "group 3")):
            with pytest.raises(WrongRecoverySheet, match=named):
                new_sheet.check_sheet(session, sheet)
        assert new_sheet.standing(session).due
        serial = new_sheet.check_sheet(session, site.sheet)
        found = new_sheet.standing(session)
        assert (found.serial, found.days, found.due) == (serial, 0, False)
        session.clock.shift += timedelta(days=181)
        made = replaced(session)
        assert new_sheet.standing(session).days == 0
        with pytest.raises(WrongRecoverySheet):
            new_sheet.check_sheet(session, site.sheet)
        assert new_sheet.check_sheet(session, made.sheet) == made.serial
    with site.open("cra") as cra, pytest.raises(PermissionDenied):
        new_sheet.check_sheet(cra, site.sheet)


def _private(session: Session) -> list[str]:
    with session.reading() as conn:
        return [
            str(r.body["value"])
            for r in store.records(conn, session.folder.chain, box=session.box)
            if r.header.cls is RecordClass.PRIVATE
        ]
