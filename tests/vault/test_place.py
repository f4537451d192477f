from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from mrd_desktop.study.model import Study
from mrd_desktop.vault import backup, folder, place, storage
from mrd_desktop.vault.errors import PlaceRefused
from tests.clinic import Clinic
from tests.vault.kit import fold
from tests.vault.live_kit import make_live

SYNCED = (
    *("OneDrive", "OneDrive - Clinic", "Dropbox", "Dropbox (Work)", "Google Drive", "GoogleDrive"),
    *("iCloud Drive", "Nextcloud", "Nutstore", "我的坚果云", "BaiduSyncdisk", "WPS云盘", "微云"),
)
PLAIN = ("drive", "Boxes", "D盘", "MRD-site-01", "box office", "cloud", "megabytes")
MOUNTS = r"""overlay / overlay rw 0 0
/dev/sda1 /home ext4 rw 0 0
server:/data /home/crc/share nfs4 rw 0 0
//nas/mrd /mnt/two\040words cifs rw 0 0
/dev/sdb1 /mnt/two\040words/stick vfat rw 0 0
"""


@pytest.mark.parametrize("name", SYNCED)
def test_directories_of_cloud_programs_are_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(PlaceRefused) as caught:
        place.check_place(tmp_path / name / "deep" / "site")
    assert name in caught.value.text.en
    assert name in caught.value.text.zh


@pytest.mark.parametrize("name", PLAIN)
def test_other_names_are_no_reason(tmp_path: Path, name: str) -> None:
    place.check_place(tmp_path / name / "site")


def test_what_a_cloud_program_left_there_tells_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".dropbox").touch()
    with pytest.raises(PlaceRefused):
        place.check_place(tmp_path / "mine" / "site")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/crc/site", None),
        ("/home/crc/share", "nfs4"),
        ("/home/crc/share/site", "nfs4"),
        ("/home/crc/shared/site", None),
        ("/mnt/two words/site", "cifs"),
        ("/mnt/two words/stick/site", None),
    ],
)
def test_the_mount_that_holds_a_path_decides(path: str, kind: str | None) -> None:
    assert place.remote_mount(PurePosixPath(path), MOUNTS) == kind


def test_a_share_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "_mounts", lambda: f"nas:/x {tmp_path} nfs rw 0 0\n")
    with pytest.raises(PlaceRefused, match="network share"):
        place.check_place(tmp_path / "site")


def test_nothing_is_made_opened_or_restored_there(
    clinic: Clinic, study: Study, tmp_path: Path
) -> None:
    cloud = tmp_path / "OneDrive"
    with pytest.raises(PlaceRefused):
        folder.create_site(
            cloud / "new", site="01", name="Synthetic", training=True, admin="admin",
            password="synthetic admin", study=study, fold=fold,
        )  # fmt: skip
    assert not cloud.exists()
    with clinic.open() as session:
        report = backup.backup(session, cloud)  # a backup may go there: it is as encrypted
    with pytest.raises(PlaceRefused):
        backup.restore(report.path, cloud / "restored")
    shutil.copytree(clinic.path, cloud / "site")
    with pytest.raises(PlaceRefused):
        Clinic(cloud / "site", clinic.study).open()


def system_of_disks(root: Path) -> dict[str, Path]:
    """The kernel's tree for a built-in disk, a card, a USB disk and an encrypted volume on it."""
    pci = root / "devices" / "pci0000:00"
    disks = {
        "sda": pci / "ata1" / "block" / "sda",
        "mmcblk0": pci / "mmc0" / "block" / "mmcblk0",
        "sdb": pci / "usb2" / "2-1" / "block" / "sdb",
    }
    for name, disk in disks.items():
        part = disk / f"{name}1"
        part.mkdir(parents=True)
        (part / "partition").write_text("1\n")
        (disk / "removable").write_text("1\n" if name == "mmcblk0" else "0\n")
        (disk / "slaves").mkdir()
    mapped = root / "devices" / "virtual" / "block" / "dm-0"
    (mapped / "slaves").mkdir(parents=True)
    (mapped / "removable").write_text("0\n")
    (mapped / "slaves" / "sdb1").symlink_to(disks["sdb"] / "sdb1")
    return {**{f"{n}1": d / f"{n}1" for n, d in disks.items()}, **disks, "dm-0": mapped}


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows lets few users make the links that Linux's tree has"
)
@pytest.mark.parametrize(
    ("device", "named"),
    [("sda1", None), ("sda", None), ("mmcblk0", "mmcblk0"), ("mmcblk0p", None),
     ("mmcblk01", "mmcblk0"), ("sdb1", "sdb"), ("dm-0", "sdb")],
)  # fmt: skip
def test_the_disk_under_a_volume_tells_whether_it_can_be_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, named: str | None
) -> None:
    known = system_of_disks(tmp_path / "sys")
    monkeypatch.setattr(place, "_SYS", tmp_path / "sys")
    nowhere = tmp_path / "sys" / "nowhere"

    def block(path: Path) -> Path:
        return nowhere if path == Path("/") else known.get(device, nowhere)

    monkeypatch.setattr(place, "_block", block)
    site = tmp_path / "not made yet" / "site"
    assert place.removable_drive(site) == named
    if named is None:
        place.check_place(site, live=True)
        return
    place.check_place(site)
    with pytest.raises(PlaceRefused) as caught:
        place.check_place(site, live=True)
    assert named in caught.value.text.en
    assert named in caught.value.text.zh
    monkeypatch.setattr(place, "_block", lambda _: known[device])
    assert place.removable_drive(site) is None, "the computer runs from it"


def test_the_disk_of_this_computer_is_asked_as_it_is(tmp_path: Path) -> None:
    """Whatever the tests run from is no drive that somebody takes out."""
    assert place.removable_drive(Path("/")) is None
    if sys.platform == "linux":
        assert place._block(Path("/")).parent == Path("/sys/dev/block")


def test_a_live_site_is_refused_where_it_can_be_taken_out(
    clinic: Clinic, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    monkeypatch.setattr(place, "removable_drive", lambda p: "sdb" if stick in p.parents else None)
    live = make_live(tmp_path / "live", study)
    with live.open("crc") as session:
        report = backup.backup(session, stick)  # a backup belongs there
    with pytest.raises(PlaceRefused, match="taken out"):
        backup.restore(report.path, stick / "restored")
    shutil.copytree(live.path, stick / "site")
    with pytest.raises(PlaceRefused, match="taken out"):
        replace(live, path=stick / "site").open("crc")
    with pytest.raises(PlaceRefused, match="taken out"):
        make_live(stick / "new", study)
    backup.restore(report.path, tmp_path / "restored")
    shutil.copytree(clinic.path, stick / "training")
    Clinic(stick / "training", clinic.study).open().close()  # no patients there


def test_scarce_room_is_told_before_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, told in ((storage.ENOUGH, False), (storage.ENOUGH - 1, True), (0, True)):
        usage = shutil._ntuple_diskusage(10**12, 10**12 - free, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(storage.shutil, "disk_usage", lambda _, usage=usage: usage)
        text = storage.scarce_room(tmp_path)
        assert (text is not None) == told
    assert text is not None
    assert "0 MB" in text.zh
