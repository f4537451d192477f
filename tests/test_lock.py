"""The two locks agree with each other and name no place to fetch from."""

from __future__ import annotations

from pathlib import Path

import pytest

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
    assert not names & {"pytest", "mypy", "ruff", "hypothesis", "hatchling"}


@pytest.mark.parametrize("lock", ["requirements.lock", "bundle.lock"])
def test_every_package_has_digests_and_no_address(lock: str) -> None:
    for entry in _entries(lock):
        assert "--hash=sha256:" in entry
        assert "://" not in entry
