"""A change of any byte beside the database is named by whoever verifies, not by its owner alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.record.verifying import changed_keys, verify_folder
from mrd_desktop.vault import data_key, new_sheet, rotation, slotbook, users
from mrd_desktop.vault import manifest as manifests
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import DiskFull, FolderDamaged, StorageFault, WrongPassword
from mrd_desktop.vault.manifest import Manifest, read_manifest
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of


def told(clinic: Clinic, user: str = "aud") -> str:
    """What a third user's verification says of the slots; empty where all is well."""
    with clinic.open(user) as session:
        check = next(c for c in verify_folder(session) if c.name == "slots")
    return "" if check.ok else check.detail.en


def edited(clinic: Clinic, change: Callable[[Any], None]) -> None:
    file = clinic.path / "site.json"
    value = json.loads(file.read_bytes())
    change(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def flipped(text: str) -> str:
    at = len(text) // 2
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def slot_of(clinic: Clinic, user: str) -> str:
    return read_manifest(clinic.path).slot_name(user)


def test_every_part_of_every_slot_is_known(clinic: Clinic) -> None:
    assert told(clinic) == ""
    name = slot_of(clinic, "inv")
    whole = (clinic.path / "site.json").read_bytes()
    for part in ("salt", "data", "sign", "box"):
        edited(
            clinic,
            lambda v, part=part: v["slots"][name].update({part: flipped(v["slots"][name][part])}),
        )
        assert told(clinic) == "the slot of inv was changed outside the program"
        (clinic.path / "site.json").write_bytes(whole)
    edited(clinic, lambda v: v["slots"][name].update(vault=None, generation=0))
    assert "the slot of inv" in told(clinic)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda v: v["recovery"].update(data=flipped(v["recovery"]["data"])), "recovery key"),
        (lambda v: v["recovery"].update(serial="00000000"), "recovery key"),
        (lambda v: v.update(training_vault=None), "training vault"),
    ],
)
def test_what_stands_beside_the_slots_is_known(
    clinic: Clinic, change: Callable[[Any], None], named: str
) -> None:
    clinic.open().close()  # a coordinator's first sign-in makes the vault key
    edited(clinic, change)
    assert named in told(clinic)


def test_an_older_slot_put_back_opens_nothing(clinic: Clinic) -> None:
    """Somebody who knows a former password keeps the former slot and puts it into the file."""
    old = json.loads((clinic.path / "site.json").read_bytes())
    name = slot_of(clinic, "crc")
    with clinic.open() as session:
        users.change_password(session, password_of("crc"), "another synthetic password")
    assert told(clinic) == ""
    edited(clinic, lambda v: v["slots"].update({name: old["slots"][name]}))
    assert "the slot of crc" in told(clinic)
    with pytest.raises(FolderDamaged):
        clinic.open()


def test_what_was_put_back_stays_known_though_a_colleague_s_slot_is_renewed(
    clinic: Clinic,
) -> None:
    """After a change of the data key everybody's next sign-in writes the file anew."""
    name = slot_of(clinic, "crc")
    clinic.open().close()
    before = json.loads((clinic.path / "site.json").read_bytes())
    with clinic.open("admin") as session:
        data_key.change(session, "yearly", password_of("admin"))
    edited(clinic, lambda v: v["slots"].update({name: before["slots"][name]}))
    edited(clinic, lambda v: v["recovery"].update(data=before["recovery"]["data"]))
    clinic.open("inv").close()
    for user in ("admin", "aud"):
        assert set(told(clinic, user).split("; ")) == {
            "the sealed recovery key was changed outside the program",
            "the slot of crc was changed outside the program",
        }
    with clinic.open("admin") as session:
        said = [text.zh for text in changed_keys(session)]
        assert "crc 的密钥槽曾在程序之外被改动" in said
        users.reset_user(session, "crc", password=password_of("crc"))  # makes the slot anew
    clinic.open().close()
    with clinic.open("inv") as session:
        new_sheet.replace_sheet(
            session, "seen", password_of("inv"), second="admin",
            second_password=password_of("admin"),
        )  # fmt: skip
    assert told(clinic) == ""


def test_a_former_slot_that_was_put_back_gets_no_new_data_key(clinic: Clinic) -> None:
    """It opens with a former password, and would open what is sealed to its user."""
    old, name = json.loads((clinic.path / "site.json").read_bytes()), slot_of(clinic, "crc")
    with clinic.open() as session:
        users.change_password(session, password_of("crc"), "another synthetic password")
    edited(clinic, lambda v: v["slots"].update({name: old["slots"][name]}))
    with clinic.open("admin") as session:
        assert data_key.change(session, "yearly", password_of("admin")).voided == ("crc",)
        assert users.shut_out(session) == ("crc",)
    with pytest.raises(WrongPassword):
        clinic.open()


@pytest.mark.parametrize("act", ["a new data key", "a reset"])
def test_a_former_slot_stays_a_fault_where_an_act_is_taken_back(
    clinic: Clinic, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever fills the disk would else make the slot that was put back a good one."""
    old, name = json.loads((clinic.path / "site.json").read_bytes()), slot_of(clinic, "crc")
    with clinic.open() as session:
        users.change_password(session, password_of("crc"), "another synthetic password")
    edited(clinic, lambda v: v["slots"].update({name: old["slots"][name]}))

    def full(*_: object) -> None:
        raise DiskFull

    with clinic.open("admin") as session:
        session.announce()
        with monkeypatch.context() as patch, pytest.raises(DiskFull):
            if act == "a reset":
                patch.setattr(Session, "commit", full)
                users.reset_user(session, "crc")
            else:
                patch.setattr(Database, "rekey", full)
                rotation.change_data_key(session, "yearly")
        with session.reading() as conn:
            assert list(slotbook.faults(conn, read_manifest(clinic.path))) == [name]
    with pytest.raises(FolderDamaged):
        clinic.open()


@pytest.mark.parametrize("lost", ["the slot alone", "in an older copy of the file"])
def test_who_is_reset_after_the_slot_was_lost_comes_in(clinic: Clinic, lost: str) -> None:
    """Somebody took it out of the file, or put back a copy from before the account was made."""
    older, chosen = (clinic.path / "site.json").read_bytes(), password_of("later")
    with clinic.open("admin") as session:
        users.add_user(session, "later", "monitor", password=chosen)
        name = session.manifest.slot_name("later")
    if lost == "the slot alone":
        edited(clinic, lambda v: v["slots"].pop(name))
    else:
        (clinic.path / "site.json").write_bytes(older)
    with clinic.open("admin") as session:
        assert users.shut_out(session) == ("later",)
        users.reset_user(session, "later", password=chosen)
    clinic.open("later").close()
    assert told(clinic) == ""


@pytest.mark.parametrize(
    "change", [{"generation": 1}, {"next_generation": 3}], ids=["set back", "one under way"]
)
def test_a_generation_that_the_program_did_not_write_is_refused(
    clinic: Clinic, change: dict[str, int]
) -> None:
    with clinic.open("admin") as session:
        data_key.change(session, "yearly", password_of("admin"))
    whole = (clinic.path / "site.json").read_bytes()
    edited(clinic, lambda v: v.update(change))
    with pytest.raises(FolderDamaged):
        clinic.open()
    (clinic.path / "site.json").write_bytes(whole)
    clinic.open().close()


@pytest.mark.parametrize("written", [False, True])
def test_a_cut_between_file_and_database_leaves_no_false_alarm(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    class Cut(BaseException):
        pass

    write = manifests.Manifest.write

    def cut(self: manifests.Manifest, folder: Path) -> None:
        if written:
            write(self, folder)
        raise Cut

    session = clinic.open()
    with monkeypatch.context() as patch:
        patch.setattr(manifests.Manifest, "write", cut)
        with pytest.raises(Cut):
            users.change_password(session, password_of("crc"), "another synthetic password")
    with session.reading() as conn:
        assert slotbook.unsettled(conn)
    session.close()
    assert told(clinic) == ""
    secret = "another synthetic password" if written else password_of("crc")
    from mrd_desktop.record import projection
    from mrd_desktop.vault import folder

    with (
        folder.open_folder(
            clinic.path, "crc", secret, study=clinic.study, fold=projection.fold
        ) as again,
        again.reading() as conn,
    ):
        assert not slotbook.unsettled(conn)
        other = replace(again.manifest, generation=9)
        assert list(slotbook.faults(conn, other)) == [slotbook.GENERATION]


def test_a_file_that_stands_though_the_disk_refused_it_is_what_the_next_act_changes(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fails behind the rename: the session knows the former file, the folder another."""
    write = Manifest.write

    def unsure(manifest: Manifest, folder: Path) -> None:
        write(manifest, folder)
        raise StorageFault("EIO")

    with clinic.open("admin") as session:
        with monkeypatch.context() as patch:
            patch.setattr(Manifest, "write", unsure)
            with pytest.raises(StorageFault):
                data_key.change(session, "yearly", password_of("admin"))
        data_key.change(session, "yearly", password_of("admin"))
    assert told(clinic) == ""
    for user in ("admin", "crc"):
        with clinic.open(user) as session:
            assert session.manifest.next_generation is None
