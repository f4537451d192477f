from __future__ import annotations

import subprocess
import sys

import pytest

from ui.main import main


def test_headless_commands_need_no_screen() -> None:
    program = (
        "import sys; from ui.main import main; code = main(['study', 'check', 'resources/study']);"
        "assert code == 0, code; assert not any(m.startswith('PySide6') for m in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_help_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    for word in ("demo --out", "--self-test", "export", "SITE"):
        assert word in told


@pytest.mark.parametrize("args", [["--nonsense"], ["a", "b"]])
def test_wrong_usage_is_exit_code_2(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 2
    assert "usage" in capsys.readouterr().err
