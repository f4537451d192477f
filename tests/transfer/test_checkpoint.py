"""Heads outside the database: slips, backups, packages; rollback, cut and fork in plain words."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.transfer import checkpoint, confirmed, lineage, loss
from mrd_desktop.transfer.checkpoint import LENGTH, SlipUnreadable, Verdict
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.manifest import Point
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import backup
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.errors import PermissionDenied
from tests.clinic import Clinic
from tests.transfer.route import Route
from tests.transfer.test_loss import answer


def more(clinic: Clinic, n: int = 1) -> None:
    with clinic.open() as crc:
        for _ in range(n):
            Casebook(crc).create_subject()


def test_a_slip_agrees_with_its_own_site_and_is_on_record(clinic: Clinic) -> None:
    more(clinic, 2)
    with clinic.open() as crc:
        head = crc.head()
        slip = checkpoint.take_slip(crc)
        assert (slip.seq, len(slip.code)) == (head.seq + 1, LENGTH)  # signing in is a record too
        assert slip.subjects == 2
        assert slip.today > 2
        with crc.reading() as conn:
            (printed,) = lineage.of_kind(conn, slip.chain, Kind.PRINTED)
        assert printed.body["head"] == {
            "seq": slip.seq,
            "digest": printed.header.prev,
        }
        for typed in (
            slip.qr,
            slip.qr.lower(),
            f"{slip.seq} {slip.code}",
            f" {slip.seq}: {slip.grouped.upper()} ",
            f"{slip.seq} {slip.code[:10]}-{slip.code[10:]}",
        ):
            assert checkpoint.read_slip(crc, typed).verdict is Verdict.SAME
    more(clinic)
    with clinic.open("aud") as auditor:
        found = checkpoint.read_slip(auditor, slip.qr)
        assert found.verdict is Verdict.SAME
        assert "与当时相同" in found.text.zh


def test_the_qr_code_holds_the_slip(clinic: Clinic) -> None:
    with clinic.open() as crc:
        slip = checkpoint.take_slip(crc)
    rows = slip.modules()
    assert len({len(r) for r in rows} | {len(rows)}) == 1  # a square
    finder = [1, 1, 1, 1, 1, 1, 1]
    assert list(rows[0][:7]) == list(rows[0][-7:]) == list(rows[-1][:7]) == finder
    for part in ("MRD1", slip.site, slip.chain, str(slip.seq), slip.code):
        assert part in slip.qr


@pytest.mark.parametrize(
    "typed", ["", "12", "12 abc", "x" * 40, "12 " + "a" * 21, "-1 " + "a" * 20]
)
def test_what_is_no_slip_is_said(clinic: Clinic, typed: str) -> None:
    with clinic.open() as crc, pytest.raises(SlipUnreadable):
        checkpoint.read_slip(crc, typed)


def test_only_who_verifies_takes_a_slip(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    with clinic.open() as crc:
        monkeypatch.setattr(type(crc), "allows", lambda *_, **_named: False)
        with pytest.raises(PermissionDenied):
            checkpoint.take_slip(crc)
        with pytest.raises(PermissionDenied):
            checkpoint.read_slip(crc, "1 " + "a" * 20)


def test_an_older_copy_and_a_second_branch_are_told_apart(clinic: Clinic, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(clinic.path, older)
    more(clinic)
    with clinic.open() as crc:
        slip = checkpoint.take_slip(crc)
    shutil.copyfile(older / DATA_FILE, clinic.path / DATA_FILE)
    with clinic.open() as crc:
        found = checkpoint.read_slip(crc, slip.qr)
        assert found.verdict is Verdict.MISSING
        assert found.missing == slip.seq - crc.head().seq
        assert "older copy was put back" in found.text.en
    more(clinic, 9)  # the older copy is worked in: its records have the same numbers
    with clinic.open() as crc:
        found = checkpoint.read_slip(crc, slip.qr)
        assert found.verdict is Verdict.FORK
        assert "两个分别使用的副本" in found.text.zh


def test_a_slip_of_another_folder_is_no_alarm(clinic: Clinic) -> None:
    with clinic.open() as crc:
        slip = checkpoint.take_slip(crc)
        other = slip.qr.replace(slip.chain, "a" * 26)
        assert checkpoint.read_slip(crc, other).verdict is Verdict.OTHER


def test_a_package_that_the_folder_does_not_know_is_named(route: Route, tmp_path: Path) -> None:
    clinic = route.clinic
    more(clinic)
    older = tmp_path / "older.mrd"
    shutil.copyfile(clinic.path / DATA_FILE, older)
    with clinic.open() as crc:
        export(crc, route.stick)
        assert checkpoint.outside(crc) == ()
    shutil.copyfile(older, clinic.path / DATA_FILE)
    with clinic.open() as crc:
        (found,) = checkpoint.outside(crc)
        assert found.verdict is Verdict.MISSING
        assert "package 1" in found.text.en
        kept = next(crc.folder.archive.glob("*.mrdpkg"))
        kept.rename(kept.with_name("first.mrdpkg"))
        export(crc, tmp_path / "stick")
        (found,) = checkpoint.outside(crc)
        assert found.verdict is Verdict.FORK
        assert "第 1 号" in found.text.zh


def test_a_backup_that_knows_more_is_named(clinic: Clinic, tmp_path: Path) -> None:
    older = tmp_path / "older.mrd"
    shutil.copyfile(clinic.path / DATA_FILE, older)
    more(clinic)
    with clinic.open() as crc:
        report = backup.backup(crc, crc.folder.backups)
        assert checkpoint.outside(crc) == ()
    shutil.copyfile(older, clinic.path / DATA_FILE)
    with clinic.open() as crc:
        (found,) = checkpoint.outside(crc)
        assert (found.verdict, found.missing) == (Verdict.MISSING, report.head.seq - crc.head().seq)
        assert report.path.name in found.text.en


def test_strange_files_beside_the_data_raise_no_alarm(route: Route) -> None:
    """What this site did not sign proves nothing: anybody can lay a file there."""
    clinic = route.clinic
    for name in ("archive", "outbox"):
        (clinic.path / name / "02-aaaaaaaa-0009.mrdpkg").write_bytes(b"no package")
    (clinic.path / "backups" / "x.mrdbackup").mkdir()
    (clinic.path / "backups" / "x.mrdbackup" / "backup.json").write_text("{")
    with clinic.open() as crc:
        assert checkpoint.outside(crc) == ()


@pytest.mark.parametrize("place", ["archive", "inbox"])
def test_a_receipt_in_a_kept_reply_knows_what_an_older_copy_lacks(
    route: Route, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = route.clinic
    older = tmp_path / "older.mrd"
    shutil.copyfile(clinic.path / DATA_FILE, older)
    more(clinic)
    assert route.carry().fine
    with route.store.open() as store:
        (reply,) = make_reply(store, "01", tmp_path / "back")
    with clinic.open() as crc:
        assert import_reply(crc, reply.path).receipts == 1
        (kept,) = (clinic.path / "archive").glob("*.mrdreply")
        assert checkpoint.outside(crc) == ()
    for package in (clinic.path / "archive").glob("*.mrdpkg"):
        package.unlink()  # who puts an older copy back takes the packages along
    if place == "inbox":
        kept.rename(clinic.path / "inbox" / kept.name)
    shutil.copyfile(older, clinic.path / DATA_FILE)
    with clinic.open() as crc:
        (found,) = checkpoint.outside(crc)
        assert found.verdict is Verdict.MISSING
        assert "the sponsor's receipt of package 1" in found.text.en
        assert "第 1 号数据包的回执" in found.text.zh
    more(clinic, 9)
    with clinic.open() as crc:
        (found,) = checkpoint.outside(crc)
        assert found.verdict in (Verdict.FORK, Verdict.MISSING)
        another = replace(found, point=f"{found.point[1:]}")
    with clinic.open("inv") as investigator:
        with monkeypatch.context() as patch:  # as earlier versions named it
            patch.setattr(confirmed, "_named", lambda _: kept.name)
            (former,) = loss.look(investigator)
            answer(investigator)
        assert former.source == kept.name
        assert loss.look(investigator) == ()
        assert not checkpoint.answered_for(another, {former.key})


def test_a_recorded_receipt_is_compared_with_the_history(
    route: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert route.carry().fine
    with route.store.open() as store:
        (reply,) = make_reply(store, "01", tmp_path / "back")
    with route.clinic.open() as crc:
        assert import_reply(crc, reply.path).receipts == 1
        (receipt,) = confirmed.receipts(crc)
        assert checkpoint.outside(crc) == ()
        other = replace(receipt, head=Point(receipt.head.seq, "0" * 64))
        monkeypatch.setattr(confirmed, "receipts", lambda _: (other,))
        (found,) = checkpoint.outside(crc)
        assert found.verdict is Verdict.FORK
        assert found.source == "receipt 1"


def test_a_reply_of_somebody_else_proves_nothing(route: Route, tmp_path: Path) -> None:
    assert route.carry().fine
    with route.store.open() as store:
        (reply,) = make_reply(store, "01", tmp_path / "back")
    spoiled = bytearray(reply.path.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    inbox = route.clinic.path / "inbox"
    (inbox / "spoiled.mrdreply").write_bytes(bytes(spoiled))
    (inbox / "other.mrdreply").write_bytes(b"synthetic")
    with route.clinic.open() as crc:
        assert checkpoint.outside(crc) == ()
