"""The command ``second``: shapes, the period, both sides, who may."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.cli import sessions
from tests.cli.shell import Shell
from tests.clinic import Clinic
from tests.second import form_key, second_parcel

VS = form_key("VS")


def test_both_sides_tell_it_on_the_command_line(
    twice: Clinic, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    parcel = second_parcel(twice, tmp_path)
    parcel.carry()
    monkeypatch.setattr(sessions, "load_study", lambda: parcel.clinic.study)
    said = shell.desktop("second", parcel.clinic.path)
    assert said.code == 0
    forms = {f["address"]: f for f in said.data["forms"]}
    assert {f["form"] for f in forms.values()} == {"VS", "PRT", "MRD", "DM"}
    assert forms[str(VS)] == {
        "address": str(VS),
        "form": "VS",
        "state": "open",
        "user": "crc2",
        "at": forms[str(VS)]["at"],
        "compared": 9,
        "differing": 2,
        "open": 1,
    }
    prt = forms[str(form_key("PRT"))]
    assert (prt["state"], prt["user"]) == ("due", None)
    assert said.data["agreement"]["forms"]["VS"]["differing"] == 2
    later = shell.desktop("second", parcel.clinic.path, "--since", "2027-07-01")
    assert later.data["agreement"]["total"]["compared"] == 0
    assert later.data["agreement"]["total"]["share"] is None
    store = shell.sponsor("second", parcel.store.path)
    assert store.code == 0
    assert store.data["agreement"]["forms"]["VS"] == said.data["agreement"]["forms"]["VS"]
    assert shell.desktop("second", parcel.clinic.path, user="admin").code == 1
    lines = shell.desktop("second", parcel.clinic.path, json=False).out
    assert "VS 9 compared 2 differ 22.22 % (2.81-60.01)" in lines
