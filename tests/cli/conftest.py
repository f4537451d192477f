"""Sites and stores of the transfer tests, and a shell to use them from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.transfer.conftest import (  # noqa: F401  (fixtures)
    charted_route,
    charted_route_template,
    route,
    route_template,
)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    """English sentences, passwords in files."""
    folder = tmp_path / "passwords"
    folder.mkdir()
    return Shell(capsys, folder)


@pytest.fixture(autouse=True)
def spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The computer speaks English unless a test says otherwise."""
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
