"""The two locks agree with each other and name no place to fetch from."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def _entries(lock: str) -> set[str]:
    """One text per package: its version, where it applies, its digests."""
    joined = (ROOT / lock).read_text("utf-8").replace("\\\n", "")
    return set(joined.splitlines())


def test_a_bundle_is_made_of_what_was_tested() -> None:
    assert _entries("bundle.lock") <= _entries("requirements.lock")


def test_a_bundle_has_no_tools_for_development() -> None:
    names = {entry.split("==")[0] for entry in _entries("bundle.lock")}
    assert {"pyside6-essentials", "sqlcipher3", "pyinstaller"} <= names
    assert not names & {"pytest", "mypy", "ruff", "hypothesis", "hatchling", "pyreadstat"}
    assert not any(name.startswith("psycopg") for name in names)


@pytest.mark.parametrize("lock", ["requirements.lock", "bundle.lock", "fuzz.lock"])
def test_every_package_has_digests_and_no_address(lock: str) -> None:
    for entry in _entries(lock):
        assert "--hash=sha256:" in entry
        assert "://" not in entry


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["desktop"],
        *project["project"]["optional-dependencies"]["team"],
        *project["dependency-groups"]["dev"],
        *project["dependency-groups"]["bundle"],
    ]
    locked = [Requirement(entry.split(" --hash")[0]) for entry in _entries("requirements.lock")]
    for requirement in map(Requirement, asked):
        same = [
            r for r in locked if canonicalize_name(r.name) == canonicalize_name(requirement.name)
        ]
        versions = [str(r.specifier).removeprefix("==") for r in same]
        assert any(map(requirement.specifier.contains, versions)), f"lock again: {requirement}"
