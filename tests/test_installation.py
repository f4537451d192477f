"""An installation held against its list: one changed byte, one file less or more is named."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mrd_desktop import installation
from mrd_desktop.cli import desktop
from mrd_desktop.installation import FILE, InstallationUnknown, inspect, list_files


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the build leaves it, and a program that believes it runs from there."""
    root = tmp_path / "mrd-desktop"
    (root / "_internal" / "数据").mkdir(parents=True)
    (root / "mrd-desktop").write_bytes(b"\x7fELF synthetic")
    (root / "_internal" / "a.pyc").write_bytes(b"synthetic code")
    (root / "_internal" / "数据" / "study.yaml").write_bytes(b"synthetic: text")
    (root / FILE).write_bytes(list_files(root, "9.9", "abc123"))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(root / "mrd-desktop"))
    return root


def test_as_released(installed: Path) -> None:
    found = inspect(installed)
    assert (found.version, found.commit, found.files, found.faults) == ("9.9", "abc123", 3, ())
    assert (installed / FILE).read_bytes() == list_files(installed, "9.9", "abc123")


def test_what_differs_is_named(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (installed / "_internal" / "a.pyc").write_bytes(b"synthetic cOde")
    (installed / "_internal" / "数据" / "study.yaml").unlink()
    (installed / "_internal" / "extra.py").write_bytes(b"")
    found = inspect(installed)
    assert found.changed == ("_internal/a.pyc",)
    assert found.missing == ("_internal/数据/study.yaml",)
    assert found.added == ("_internal/extra.py",)
    assert "_internal/a.pyc" in installation.altered(found).zh
    assert desktop.main(["installation", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert json.dumps(told).count("_internal/extra.py") == 1


def test_whole_passes(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert desktop.main(["installation"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "PASS"


def test_from_its_source_nothing_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert installation.place() is None
    assert desktop.main(["installation"]) == 0
    assert "source" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"mrd-installed/2"}', "\xff"])
def test_a_damaged_list_is_refused(installed: Path, text: str) -> None:
    (installed / FILE).write_text(text, encoding="latin-1")
    with pytest.raises(InstallationUnknown):
        inspect(installed)
    (installed / FILE).unlink()
    with pytest.raises(InstallationUnknown):
        inspect(installed)
