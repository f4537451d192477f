"""The command line as a person or a script uses it, in process; a few tests run the scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.cli import desktop, sponsor
from tests.clinic import password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as JSON, and nothing else on it."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error of ``--json``; on standard error stands one line that a person reads."""
        assert self.code in (1, 2)
        assert set(self.data) == {"error"}
        error: dict[str, str] = self.data["error"]
        assert set(error) == {"code", "message_en", "message_zh"}
        assert all(error.values())
        assert self.err.strip() in (error["message_en"], error["message_zh"])
        assert self.err.count("\n") == 1
        return error


class Shell:
    """Runs commands; ``user`` signs in with the synthetic password from a file."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self._folder = folder

    def desktop(self, *args: object, user: str | None = "crc", json: bool = True) -> Said:
        """``mrd-desktop ARGS``."""
        return self._run(desktop.main, args, user, password_of(user or ""), json)

    def sponsor(self, *args: object, user: str | None = SPONSOR, json: bool = True) -> Said:
        """``mrd-sponsor ARGS``."""
        return self._run(sponsor.main, args, user, SPONSOR_PASSWORD, json)

    def password_file(self, name: str, password: str) -> Path:
        """A file with a password."""
        file = self._folder / f"{name}.password"
        file.write_text(password + "\n", encoding="utf-8")
        return file

    def _run(
        self, main: Any, args: tuple[object, ...], user: str | None, password: str, json: bool
    ) -> Said:
        line = [str(a) for a in args]
        if user:
            line += ["--user", user, "--password-file", str(self.password_file(user, password))]
        if json:
            line.append("--json")
        self._capsys.readouterr()
        code = main(line)
        out, err = self._capsys.readouterr()
        return Said(code, out, err)
