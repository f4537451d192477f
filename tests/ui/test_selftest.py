from __future__ import annotations

import subprocess
import sys

import pytest

from mrd_desktop.transfer.errors import WriteFailed
from ui import selftest


def test_this_installation_works() -> None:
    run = "import sys; from ui.main import main; sys.exit(main(['--self-test']))"
    done = subprocess.run(
        [sys.executable, "-c", run], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("OK  ") == 7


def test_a_step_that_fails_is_told(
    qapp: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise WriteFailed("out")

    monkeypatch.setattr(selftest, "export", refuse)
    assert selftest.main() == 1
    assert "FAILED" in capsys.readouterr().err
