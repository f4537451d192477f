"""The parts list of a bundle is what its lock names here, and a changed part is not installed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

import dev
import sbom
from mrd_desktop import __version__

ROOT = Path(dev.__file__).parent
AT = datetime(2026, 11, 29, tzinfo=UTC)
INFO = "synthetic-1.0.dist-info"
ROOTS = ("PySide6-Essentials", "sqlcipher3", "pandas")


@pytest.fixture(scope="module")
def lock() -> dict[str, sbom.Locked]:
    return dict(sbom.locked(dev.BUNDLE_LOCK.read_text("utf-8")))


@pytest.fixture(scope="module")
def parts(lock: dict[str, sbom.Locked]) -> dict[str, sbom.Part]:
    """What stands here of the bundle's lock; PyInstaller's parts need not be installed to test."""
    here = sbom.installed(lock)
    tools = {n: sbom.Part(n, lock[n].version, "", ()) for n in lock.keys() - here.keys()}
    assert tools.keys() <= {
        "altgraph", "pyinstaller", "pyinstaller-hooks-contrib", "setuptools", "macholib", "pefile",
        "pywin32-ctypes",
    }  # fmt: skip
    return {n: replace(here[n], needs=tuple(x for x in here[n].needs if x in lock))
            for n in lock.keys() & here.keys()} | tools  # fmt: skip


def made(lock: dict[str, sbom.Locked], parts: dict[str, sbom.Part]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sbom.sbom(lock, parts, ROOTS, version=__version__, at=AT))
    return found


def test_the_list_is_the_installed_set_of_the_lock(
    lock: dict[str, sbom.Locked], parts: dict[str, sbom.Part]
) -> None:
    sbom.compare(lock, parts)
    body = made(lock, parts)
    libraries = [c for c in body["components"] if c["type"] == "library"]
    assert {(c["name"], c["version"]) for c in libraries} == {
        (p.name, p.version) for p in lock.values()
    }
    for part in libraries:
        digests = {h["content"] for h in part["hashes"]}
        assert digests == set(lock[part["name"]].digests) != set()
        assert all(re.fullmatch("[0-9a-f]{64}", d) for d in digests)
        assert part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}"
    scopes = {c["name"]: c["scope"] for c in body["components"]}
    assert scopes["cpython"] == scopes["sqlcipher3"] == scopes["shiboken6"] == "required"
    assert scopes["pyinstaller"] == "excluded"


@pytest.mark.parametrize("fault", ["more", "less", "other"])
def test_another_environment_than_the_lock_is_refused(
    lock: dict[str, sbom.Locked], parts: dict[str, sbom.Part], fault: str
) -> None:
    wrong = dict(parts)
    if fault == "more":
        wrong["synthetic"] = sbom.Part("synthetic", "1", "", ())
    elif fault == "less":
        del wrong["sqlcipher3"]
    else:
        wrong["sqlcipher3"] = replace(wrong["sqlcipher3"], version="0.0.1")
    with pytest.raises(sbom.Unlike, match="synthetic" if fault == "more" else "sqlcipher3"):
        sbom.compare(lock, wrong)


def test_it_is_cyclonedx_and_the_same_content_gives_the_same_bytes(
    lock: dict[str, sbom.Locked], parts: dict[str, sbom.Part]
) -> None:
    """The fields that CycloneDX 1.5 requires, its closed lists, and references that lead there."""
    body = made(lock, parts)
    assert (body["bomFormat"], body["specVersion"], body["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", body["serialNumber"])
    assert body["metadata"]["timestamp"] == "2026-11-29T00:00:00Z"
    assert body["metadata"]["component"]["version"] == __version__
    refs = [c["bom-ref"] for c in body["components"]] + [body["metadata"]["component"]["bom-ref"]]
    assert len(refs) == len(set(refs))
    for line in body["dependencies"]:
        assert line["ref"] in refs
        assert set(line["dependsOn"]) <= set(refs)
        assert len(line["dependsOn"]) == len(set(line["dependsOn"]))
    for part in body["components"]:
        assert part["type"] in {"library", "platform"}
        assert part["scope"] in {"required", "optional", "excluded"}
        assert {h["alg"] for h in part.get("hashes", [])} <= {"SHA-256"}
        assert all(set(x) == {"license"} for x in part.get("licenses", []))
    again = sbom.sbom(lock, dict(reversed(parts.items())), ROOTS, version=__version__, at=AT)
    assert json.loads(again) == body


def test_a_bundle_gets_its_list_before_its_files_are_listed() -> None:
    assert dev._version() == __version__
    source = Path(dev.__file__).read_text("utf-8")
    build = source[source.index("def bundle(") :]
    assert 0 < build.index('"sbom.py"') < build.index("LIST_FILES")


def wheel(place: Path, word: bytes) -> str:
    """A tiny wheel; its digest."""
    path = place / "synthetic-1.0-py3-none-any.whl"
    files = {
        "synthetic.py": word,
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: synthetic\nVersion: 1.0\n",
        f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{INFO}/RECORD"
    lines = [
        f"{n},sha256={base64.urlsafe_b64encode(hashlib.sha256(d).digest()).decode().rstrip('=')},"
        for n, d in files.items()
    ]
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
        file.writestr(record, "\n".join([*lines, f"{record},,"]))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_part_that_is_not_the_locked_one_is_not_installed(tmp_path: Path) -> None:
    digest = wheel(tmp_path, b"word = 1\n")
    (tmp_path / "lock").write_text(f"synthetic==1.0 --hash=sha256:{digest}\n")

    def install(to: str) -> int:
        options = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-deps")
        return subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, "--require-hashes",
             "--only-binary", ":all:", "--requirement", "lock", "--no-index",
             "--find-links", ".", "--target", to],
            cwd=tmp_path, check=False, capture_output=True,
        ).returncode  # fmt: skip

    assert install("whole") == 0
    assert (tmp_path / "whole" / "synthetic.py").is_file()
    assert wheel(tmp_path, b"word = 2\n") != digest
    assert install("changed") != 0
    assert not (tmp_path / "changed" / "synthetic.py").exists()
    source = Path(dev.__file__).read_text("utf-8")
    assert '"--require-hashes", "--only-binary", ":all:"' in source


def test_names_are_those_of_the_registry() -> None:
    assert all(n == canonicalize_name(n) for n in sbom.locked(dev.BUNDLE_LOCK.read_text("utf-8")))
