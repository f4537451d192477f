"""Sites and stores that work under a definition of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.study.importing import importer
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import definitions, schema
from mrd_desktop.vault.errors import FolderDamaged
from mrd_desktop.vault.folder import open_folder
from tests.cli.shell import Shell
from tests.clinic import Clinic, password_of
from tests.study.importing.vectors import imported


def test_a_site_is_made_with_another_study_and_keeps_it(shell: Shell, tmp_path: Path) -> None:
    made = imported("redcap")
    importer.write(made, tmp_path / "study")
    file = shell.password_file("admin", password_of("admin"))
    said = shell.desktop(
        "new", tmp_path / "site", "--site", "01", "--name", "Synthetic site", "--training",
        "--admin", "admin", "--study", tmp_path / "study", "--password-file", file, user=None,
    )  # fmt: skip
    assert said.code == 0
    clinic = Clinic(tmp_path / "site", load_study())  # the program knows its own study only
    with clinic.open("admin") as session:
        assert session.study.digest == made.study.digest
        with session.reading() as conn:
            assert definitions.kept(conn)[made.study.digest] == made.data
    verified = shell.desktop("verify", tmp_path / "site", user="admin")
    assert verified.code == 0
    with clinic.open("admin") as session, session.writing() as conn:
        schema.put_setting(conn, definitions.BEGUN, "0" * 64)  # not what the chain names
    with pytest.raises(FolderDamaged):
        open_folder(
            clinic.path, "admin", password_of("admin"), study=clinic.study,
            fold=lambda conn, records: None,
        )  # fmt: skip
