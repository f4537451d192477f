"""``mrd-desktop missing``: listed, taken back from packages, signed for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.vault import backup
from mrd_desktop.vault.database import DATA_FILE
from tests.cli.shell import Shell
from tests.clinic import Clinic
from tests.transfer.route import Route
from tests.transfer.test_receive import new_subject


def test_a_restored_folder_goes_on_where_the_sponsor_stands(
    route: Route, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell, site = Shell(capsys, tmp_path), route.clinic.path
    new_subject(route)
    assert route.carry().fine
    older = tmp_path / "older.mrd"
    shutil.copyfile(site / DATA_FILE, older)
    new_subject(route)
    assert route.carry().fine
    shutil.copyfile(older, site / DATA_FILE)
    for package in (site / "archive").glob("*-0002.mrdpkg"):
        package.unlink()
    kept = route.store.path / "archive"
    listed = shell.desktop("missing", site, "--from", kept, user="inv")
    assert listed.code == 1
    said = shell.desktop("missing", site, "--take-back", user="inv")
    assert said.code == 0
    assert said.data["held"] is False
    assert said.data["taken"]["last"] > said.data["taken"]["first"]
    assert shell.desktop("missing", site, user="inv").data["found"] == []
    new_subject(route)
    assert route.carry().fine


def test_what_no_package_holds_is_signed_for(
    charted: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell, older = Shell(capsys, tmp_path), tmp_path / "older.mrd"
    shutil.copyfile(charted.path / DATA_FILE, older)
    with charted.open() as crc:
        Casebook(crc).create_subject()
        backup.backup(crc, crc.folder.backups)
    shutil.copyfile(older, charted.path / DATA_FILE)
    nothing = shell.desktop("missing", charted.path, "--take-back", user="inv")
    assert nothing.error["code"] == "tail"
    said = shell.desktop("missing", charted.path, "--sign", "synthetic words", user="inv")
    assert said.code == 0
    assert said.data["missing"]
    assert shell.desktop("missing", charted.path, user="inv").data["found"] == []
