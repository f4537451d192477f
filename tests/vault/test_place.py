from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

import pytest

from mrd_desktop.study.model import Study
from mrd_desktop.vault import backup, folder, place, storage
from mrd_desktop.vault.errors import PlaceRefused
from tests.clinic import Clinic
from tests.vault.kit import fold

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
