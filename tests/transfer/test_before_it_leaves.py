"""Before a package leaves: what is in it and what stays, who released it, and where it goes."""

from __future__ import annotations

import errno
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mrd_desktop.insight.care import care
from mrd_desktop.ledger.record import Entry, Kind
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.sdv import SourceChecks
from mrd_desktop.study.address import FormKey, parse_address
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage, medium, overview
from mrd_desktop.transfer.approval import approve
from mrd_desktop.transfer.checkpoint import Verdict as SlipVerdict
from mrd_desktop.transfer.checkpoint import read_slip
from mrd_desktop.transfer.container import PACKAGE, opened
from mrd_desktop.transfer.errors import Cancelled, Damaged, NoRoom, RecordsRefused, WriteFailed
from mrd_desktop.transfer.export import ExportResult, export
from mrd_desktop.transfer.medium import look_at
from mrd_desktop.transfer.preview import Preview, preview
from mrd_desktop.transfer.release import Reason
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.transmittal import transmittals
from mrd_desktop.vault import folder, trust
from mrd_desktop.vault.errors import PermissionDenied, RecordsAltered, WrongPassword
from tests.clinic import TODAY, Clinic, password_of
from tests.faults.processes import mounted, needs_mount
from tests.record.test_soundness import alter_and_cover, drop_guards, edit, forge_cell
from tests.transfer.route import CONSENT, Route, fill
from tests.transfer.test_receive import new_subject


def looked(route: Route) -> Preview:
    with route.clinic.open() as session:
        return preview(session)


def parse_form(text: str) -> FormKey:
    key = parse_address(text)
    assert isinstance(key, FormKey)
    return key


def agrees(route: Route) -> tuple[Preview, ExportResult]:
    """The preview and the package that follows it: what is counted is the same."""
    seen = looked(route)
    made = route.send()
    assert seen.after == made.head_before.seq
    # Sign-in and sign-out of the look, and the record that begins the package, come on top.
    own = made.records - seen.records
    assert 0 < own < 8
    grown = {k: made.withheld.get(k, 0) - seen.withheld.get(k, 0) for k in Reason}
    assert all(n == 0 for k, n in grown.items() if k is not Reason.SITE)
    assert made.path.stat().st_size < seen.size
    return seen, made


def test_new_forms_and_subjects_held_back_are_listed(charted_route: Route) -> None:
    seen, _ = agrees(charted_route)
    forms = {str(fresh.key) for fresh in seen.fresh}
    assert "01-001/SCR#1/IC#1" in forms
    assert len(forms) > 5
    assert (seen.last, seen.held) == (None, ())
    silent = new_subject(charted_route, ICDATA="N")
    open_one = new_subject(charted_route)
    seen, _ = agrees(charted_route)
    assert seen.last == 1
    assert {str(fresh.key) for fresh in seen.fresh} == {f"{open_one}/SCR#1/IC#1"}
    (held,) = seen.held
    assert (held.key, held.reason) == (parse_address(silent), Reason.CONSENT)
    assert held.records == seen.withheld[Reason.CONSENT] > 5
    seen, _ = agrees(charted_route)
    assert seen.fresh == ()
    # Still held back: it is said again, though nothing new was recorded.
    assert [(str(h.key), h.reason, h.records) for h in seen.held] == [(silent, Reason.CONSENT, 0)]


def test_a_text_that_names_somebody_is_listed_with_its_place(route: Route) -> None:
    subject = new_subject(route)
    route.send()
    with route.clinic.open() as session:
        fill(session, f"{subject}/SCR/IC", {"ICSTAFF": "13800138000"}, complete=False)
    seen, _ = agrees(route)
    (held,) = (h for h in seen.held if h.reason is Reason.FREE_TEXT)
    assert str(held.key) == f"{subject}/SCR#1/IC#1/A#1/ICSTAFF"
    assert held.records == 1


def test_what_stays_for_good_is_counted_and_not_listed(charted_route: Route) -> None:
    seen = looked(charted_route)
    assert seen.withheld[Reason.PRIVATE] > 0
    assert {h.reason for h in seen.held}.isdisjoint({Reason.PRIVATE, Reason.SITE})


def test_critical_values_without_a_second_look_are_listed_and_leave(charted_route: Route) -> None:
    route, place = charted_route, "01-001/SCR#1/MRD#1"
    waiting = {str(one.key): one.values for one in looked(route).unseen}
    assert waiting[place] == 2, "the result and the day of the sample"
    assert "01-001/SCR#1/PS#1" not in waiting
    with route.clinic.open("cra") as session:
        checks = SourceChecks(session)
        values = [v for v in checks.form(parse_form(place)) if v.critical]
        checks.mark(values, verified=True)
    assert place not in {str(one.key) for one in looked(route).unseen}
    assert route.carry().fine
    with route.store.open() as session:
        (found,) = overview.status(session)
    assert found.json()["critical_unseen"] == sum(waiting.values()) - 2 > 0


def test_only_who_exports_looks_ahead(route: Route) -> None:
    with route.clinic.open("cra") as session:
        with pytest.raises(PermissionDenied):
            preview(session)
        with pytest.raises(PermissionDenied):
            approve(session, password_of("cra"), Language.ZH)


def test_the_release_is_signed_and_travels(route: Route) -> None:
    new_subject(route)
    with route.clinic.open() as session:
        with pytest.raises(WrongPassword):
            approve(session, "not the password", Language.ZH)
        made = export(
            session, route.stick, approval=approve(session, password_of("crc"), Language.ZH)
        )
    assert route.store.take(made.path)[0].fine
    with route.store.open() as store, store.reading() as conn:
        (chain,) = {r.chain for r in lineage.received(conn, store.folder.chain)}
        (signature,) = lineage.of_kind(conn, chain, Kind.SIGNATURE_MADE)
        (begun,) = lineage.of_kind(conn, chain, Kind.PACKAGE_BEGUN)
    body = signature.body
    assert (body["user"], body["meaning"]) == ("crc", "package")
    assert body["text"].startswith("本人已核对")  # type: ignore[union-attr]
    assert body["package"]["number"] == begun.body["number"] == 1  # type: ignore[index,call-overload]
    assert begun.header.seq == signature.header.seq + 1
    assert begun.header.txn == signature.header.txn


def test_a_release_that_says_other_than_was_signed_is_refused(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mrd_desktop.transfer import export as module

    new_subject(route)
    real = module.signed

    def lying(*args: Any, **how: Any) -> Entry:
        made = real(*args, **how)
        return replace(made, payload={**made.payload, "text": "something else"})

    monkeypatch.setattr(module, "signed", lying)
    with route.clinic.open() as session:
        approval = approve(session, password_of("crc"), Language.ZH)
        with pytest.raises(RecordsRefused):
            export(session, route.stick, approval=approval)
    assert not list(route.stick.glob("*.mrdpkg"))


@pytest.mark.parametrize("attack", [forge_cell, drop_guards, alter_and_cover])
def test_what_was_changed_outside_the_program_does_not_leave(
    route: Route, attack: Callable[[Connection], None], charted: Clinic
) -> None:
    with charted.open("admin") as admin:
        trust.pin(admin, (route.store.path / trust.SPONSOR_PUB).read_bytes())
    edit(charted, attack)
    with charted.open() as session:
        session.altered = None  # whatever the sign-in has found
        with pytest.raises((RecordsAltered, RecordsRefused)):
            export(session, route.stick)
        assert session.altered is not None
        assert not session.allows("export")
    assert not list(route.stick.glob("*.mrdpkg"))
    assert not list((charted.path / "archive").glob("*.mrdpkg"))
    with charted.open() as session:
        assert session.altered is not None


def test_the_copy_on_the_medium_is_verified_before_it_has_its_name(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_subject(route)
    real = os.fsync
    spoiled: list[str] = []

    def spoiling(handle: int) -> None:
        real(handle)
        name = str(Path(f"/proc/self/fd/{handle}").readlink())
        if str(route.stick) in name and os.fstat(handle).st_size > 500:
            os.pwrite(handle, b"\x00\x00\x00", 400)
            spoiled.append(name)

    monkeypatch.setattr(os, "fsync", spoiling)
    with pytest.raises((WriteFailed, Damaged)):
        route.send()
    assert spoiled
    assert list(route.stick.iterdir()) == []
    monkeypatch.undo()
    made = route.send()
    assert made.number == 2
    assert route.store.take(made.path)[0].fine


def test_a_medium_that_swaps_files_is_noticed(
    route: Route, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The bytes agree with themselves but are of another package: only opening it tells."""
    new_subject(route)
    older = route.send().path.read_bytes()
    new_subject(route)
    from mrd_desktop.transfer import export as module

    real = module.copy

    def swapping(source: Path, folder: Path, **how: object) -> Path:
        if folder == route.stick:
            other = tmp_path / source.name
            other.write_bytes(older)
            return real(other, folder, **how)  # type: ignore[arg-type]
        return real(source, folder, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "copy", swapping)
    with pytest.raises(WriteFailed):
        route.send()
    assert [p.name[-11:] for p in route.stick.iterdir()] == ["0001.mrdpkg"]


@pytest.mark.parametrize("when", [0, 1, 2])
def test_a_stick_pulled_out_leaves_nothing_that_looks_whole(
    route: Route, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    """While writing, while syncing, while the name is given: the stick is gone from then on."""
    new_subject(route)
    places: tuple[tuple[object, str], ...] = ((os, "fsync"), (Path, "replace"), (Path, "open"))
    owner, name = places[when]
    real: Callable[..., object] = getattr(owner, name)

    def pulled(*args: object, **how: object) -> object:
        target = args[0]
        where = Path(f"/proc/self/fd/{target}").readlink() if isinstance(target, int) else target
        if str(route.stick) in str(where):
            raise OSError(errno.EIO, "Input/output error")
        return real(*args, **how)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, pulled)
        with pytest.raises(WriteFailed):
            route.send()
    assert not list(route.stick.glob("*.mrdpkg"))
    with route.clinic.open() as session:
        assert not list(session.folder.archive.glob("*.mrdpkg"))
    made = route.send()
    assert (made.number, route.store.take(made.path)[0].fine) == (2, True)


@needs_mount
def test_a_real_stick_pulled_out_while_writing(charted_route: Route, tmp_path: Path) -> None:
    """A lazy unmount in the middle of the copy: the folder under the mount point stays empty."""
    point = tmp_path / "usb"
    with mounted("tmpfs", point, 24) as disk:
        pulled: list[bool] = []

        def pull() -> bool:
            if not pulled and list(disk.glob(".mrd-*")):
                subprocess.run(["umount", "-l", str(disk)], check=True)
                pulled.append(True)
            return False

        with charted_route.clinic.open() as session:
            try:
                export(session, disk, cancelled=pull)
            except WriteFailed:
                assert not list(session.folder.archive.glob("*.mrdpkg"))
            assert pulled
        assert not list(point.glob("*.mrdpkg"))
        subprocess.run(["mount", "-t", "tmpfs", "none", str(disk)], check=True)


def test_cancel_while_copying_leaves_no_file(charted_route: Route) -> None:
    def asked() -> bool:
        return bool(list(charted_route.stick.glob(".mrd-*")))

    with charted_route.clinic.open() as session:
        with pytest.raises(Cancelled):
            export(session, charted_route.stick, cancelled=asked)
        assert list(charted_route.stick.iterdir()) == []
        assert list(session.folder.archive.iterdir()) == []


def test_the_site_opens_its_own_archive_without_the_sponsor(route: Route) -> None:
    new_subject(route)
    made = route.send()
    with route.clinic.open() as session:
        kept = session.folder.archive / made.package
        own, identity = session.site_key(), str(session.age_identity())
    with opened(kept, PACKAGE, lambda _: [own], [identity]) as package:
        assert package.sha256 == made.manifest_sha256
        assert sum(1 for _ in package.lines("headers")) == made.records


# --- the medium ---------------------------------------------------------------------------


def test_a_folder_is_looked_at(tmp_path: Path, clinic: Clinic) -> None:
    good = look_at(tmp_path, clinic.path, 1000)
    assert (good.problem, good.remarks, good.same) == (None, (), True)
    assert good.free is not None
    assert look_at(tmp_path / "new", clinic.path, 1000).problem is None
    absent = look_at(tmp_path / "no" / "where", clinic.path, 1000).problem
    assert absent is not None
    assert "找不到" in absent.zh
    (tmp_path / "file").write_text("x")
    assert look_at(tmp_path / "file", clinic.path, 1000).problem is not None
    tight = look_at(tmp_path, clinic.path, 1 << 60)
    assert tight.problem is None
    assert tight.remarks[0].en.startswith("Only ")
    cloud = tmp_path / "Dropbox"
    cloud.mkdir()
    (remark,) = look_at(cloud, clinic.path, 1000).remarks
    assert "“Dropbox”" in remark.en
    assert list(tmp_path.glob("tmp*")) == []


@needs_mount
def test_a_small_and_a_protected_medium_are_told(charted_route: Route, tmp_path: Path) -> None:
    with mounted("tmpfs", tmp_path / "stick", 1) as disk:
        other = look_at(disk, charted_route.clinic.path, 1000)
        assert (other.problem, other.remarks, other.same) == (None, (), False)
        (disk / "full").write_bytes(bytes(900 << 10))
        assert look_at(disk, charted_route.clinic.path, 1 << 20).remarks[0].en.startswith("Only")
        with charted_route.clinic.open() as session, pytest.raises((NoRoom, WriteFailed)):
            export(session, disk)
        assert [p.name for p in disk.iterdir()] == ["full"]
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert look_at(disk, charted_route.clinic.path, 1000).problem is not None


def test_no_room_is_told_before_anything_is_copied(
    route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_subject(route)
    usage = medium.shutil.disk_usage(route.stick)
    monkeypatch.setattr(medium.shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(NoRoom) as refused:
        route.send()
    needed = re.search(r"(\d+) KB are needed, 1 KB are free", refused.value.text.en)
    assert needed is not None
    assert int(needed[1]) > 64
    assert list(route.stick.iterdir()) == []


# --- what was sent ------------------------------------------------------------------------


@pytest.fixture
def sent(route: Route) -> Iterator[Route]:
    """Two packages, the first confirmed."""
    new_subject(route)
    route.carry()
    with route.store.open() as store:
        (reply,) = make_reply(store, "01", route.stick)
    new_subject(route)
    route.send()
    with route.clinic.open() as session:
        import_reply(session, reply.path)
    yield route


def test_each_package_is_remembered_with_its_receipt(sent: Route) -> None:
    with sent.clinic.open() as session:
        second, first = transmittals(session)
        assert (first.number, second.number) == (1, 2)
        assert first.confirmed is not None
        assert (first.waiting, second.confirmed, second.waiting) == (None, None, 0)
        assert (second.overdue, second.file) == (False, sorted(sent.stick.glob("*.mrdpkg"))[1].name)
        assert (second.records or 0) >= (second.opened or 0) > 0
        for slip in (first, second):
            assert read_slip(session, slip.qr).verdict is SlipVerdict.SAME
        assert read_slip(session, f"{first.seq} {second.code}").verdict is SlipVerdict.TYPO
        assert read_slip(session, f"{first.seq} {second.code[::-1]}").verdict is SlipVerdict.FORK
    with sent.clinic.open("admin") as session, pytest.raises(PermissionDenied):
        transmittals(session)


def test_a_missing_receipt_is_counted_from_the_last_package(sent: Route) -> None:
    with sent.clinic.open() as session:
        assert care(session).receipt_days == 0  # of the second package; the first is confirmed
    later = datetime.fromisoformat(TODAY) + timedelta(days=15)
    late = folder.open_folder(
        sent.clinic.path, "crc", password_of("crc"),
        study=sent.clinic.study, fold=projection.fold, now=later,
    )  # fmt: skip
    with late as session:
        assert care(session).receipt_late
        assert transmittals(session)[0].overdue
    assert sent.store.take(*sorted(sent.stick.glob("*2.mrdpkg")))[0].fine
    with sent.store.open() as store:
        (reply,) = make_reply(store, "01", sent.stick)
    with sent.clinic.open() as session:
        import_reply(session, reply.path)
        assert care(session).receipt_days is None


def test_a_new_form_is_in_the_next_look_only(sent: Route) -> None:
    with sent.clinic.open() as session:
        subject = Casebook(session).create_subject()
        fill(session, f"{subject}/SCR/IC", CONSENT, complete=False)
        assert [str(f.key) for f in preview(session).fresh] == [f"{subject}/SCR#1/IC#1"]
