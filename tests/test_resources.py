"""The shipped files are found in a source tree, in a wheel and in a bundle."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mrd_desktop.resources import described, resource

ROOT = Path(__file__).resolve().parents[1]

ASK = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from mrd_desktop.resources import resource; print(resource('study'))"
)


def _asked(place: Path) -> Path:
    """What a fresh interpreter that imports the program from ``place`` answers."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", ASK, str(place)], capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip())


def test_a_source_tree_has_them_beside_the_package() -> None:
    assert resource("study") == ROOT / "resources" / "study"
    assert resource("study").is_dir()


def test_a_wheel_carries_all_of_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    unpacked = tmp_path / "site"
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    found = _asked(unpacked)
    assert found == unpacked / "mrd_desktop" / "_resources" / "study"
    for name in ("ledger.md", "package.md", "datasets.md"):  # a close-out bundle hands them over
        assert (found.parent / "formats" / name).read_bytes() == described(name).read_bytes()
    assert (found.parent / "closeout" / "verify.py").is_file()
    source = ROOT / "resources" / "study"
    assert {p.relative_to(found) for p in found.rglob("*.yaml")} == {
        p.relative_to(source) for p in source.rglob("*.yaml")
    }


def test_a_bundle_has_them_under_its_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("study", "study.yaml") == tmp_path / "resources" / "study" / "study.yaml"


def test_an_installation_without_them_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    with pytest.raises(FileNotFoundError, match="Install it again"):
        resource("study")
