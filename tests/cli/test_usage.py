"""Exit codes, errors and languages that every command has in common."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mrd_desktop.cli import desktop
from tests.cli.shell import Shell
from tests.clinic import Clinic


@pytest.mark.parametrize(
    "line",
    [
        (),
        ("nonsense",),
        ("load",),
        ("findings", "site", "--as-of", "yesterday"),
        ("new", "site"),
        ("export", "site"),
        ("study", "check"),
        ("generate", "site", "--subjects", "many", "--seed", "1"),
        ("findings", "site", "--now", "noon"),
        ("restore", "site"),
        ("user", "site", "add"),
        ("user", "site", "add", "new"),
        ("user", "site", "dance"),
    ],
)
def test_wrong_usage_is_two_and_one_sentence(shell: Shell, line: tuple[str, ...]) -> None:
    said = shell.desktop(*line, user=None)
    assert said.code == 2
    assert said.error["code"] == "usage"
    plain = shell.desktop(*line, user=None, json=False)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("Wrong usage")
    assert plain.err.count("\n") == 1


def test_every_command_of_the_table_is_known_to_the_start_script() -> None:
    listed = desktop.parser().format_help()
    for name in desktop.COMMANDS:
        assert f"    {name} " in listed or f"    {name}\n" in listed


@pytest.mark.parametrize(
    "line",
    [
        ("findings", "{nowhere}"),
        ("load", "{site}", "{nowhere}"),
        ("verify", "{nowhere}"),
        ("trust", "{site}", "{nowhere}"),
        ("import", "{site}", "{nowhere}"),
        ("restore", "{nowhere}", "--to", "{site}"),
        ("study", "check", "{nowhere}"),
        ("study", "diff", "{nowhere}", "{nowhere}"),
        ("study", "odm", "{nowhere}"),
    ],
)
def test_no_such_path_is_two(
    shell: Shell, clinic: Clinic, tmp_path: Path, line: tuple[str, ...]
) -> None:
    nowhere = tmp_path / "nowhere"
    args = [a.format(site=clinic.path, nowhere=nowhere) for a in line]
    said = shell.desktop(*args, user=None if line[0] == "study" else "crc")
    assert (said.code, said.error["code"]) == (2, "no_such_path")
    assert str(nowhere) in said.error["message_en"]


def test_a_missing_password_file_is_no_such_path(shell: Shell, clinic: Clinic) -> None:
    said = shell.desktop(
        "findings", clinic.path, "--user", "crc", "--password-file", "no-file", user=None
    )
    assert (said.code, said.error["code"]) == (2, "no_such_path")


def test_a_password_file_that_is_no_text(shell: Shell, clinic: Clinic, tmp_path: Path) -> None:
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe\x00\x80")
    said = shell.desktop(
        "findings", clinic.path, "--user", "crc", "--password-file", file, user=None
    )
    assert (said.code, said.error["code"]) == (1, "password_file")


def test_a_wrong_password_is_one(shell: Shell, clinic: Clinic) -> None:
    file = shell.password_file("wrong", "not the password")
    said = shell.desktop(
        "findings", clinic.path, "--user", "crc", "--password-file", file, user=None
    )
    assert (said.code, said.error["code"]) == (1, "wrong_password")
    unknown = shell.desktop("findings", clinic.path, user="nobody")
    assert unknown.error == said.error


def test_nobody_at_the_keyboard(
    shell: Shell, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    said = shell.desktop("findings", clinic.path, user=None)
    assert said.code == 1
    assert said.data["error"]["code"] == "no_answer"


def test_a_folder_that_is_no_site(shell: Shell, tmp_path: Path) -> None:
    said = shell.desktop("findings", tmp_path)
    assert (said.code, said.error["code"]) == (1, "not_a_folder")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (("set", "{site}", "01-001/SCR/VS/WEIGHT", "60", "--reason", "TYPO"), "save_refused"),
        (("remove", "{site}", "01-001/SCR/VS", "--reason", "TYPO"), "save_refused"),
        (("sign", "{site}", "01-001/SCR/VS"), "permission_denied"),
        (("backup", "{site}", "--to", "{site}/backups"), "permission_denied"),
        (("export", "{site}", "--to", "{site}/outbox"), "permission_denied"),
        (("user", "{site}", "close", "crc"), "permission_denied"),
    ],
)
def test_what_a_role_may_not(
    shell: Shell, charted: Clinic, line: tuple[str, ...], code: str
) -> None:
    said = shell.desktop(*(a.format(site=charted.path) for a in line), user="aud")
    assert (said.code, said.error["code"]) == (1, code)


@pytest.mark.parametrize(
    ("lang", "option", "chinese"),
    [
        ("zh_CN.UTF-8", (), True),
        ("en_US.UTF-8", (), False),
        ("C", (), False),
        ("en_US.UTF-8", ("--lang", "zh"), True),
        ("zh_CN.UTF-8", ("--lang", "en"), False),
    ],
)
def test_the_language_of_sentences(
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    lang: str,
    option: tuple[str, ...],
    chinese: bool,
) -> None:
    monkeypatch.setenv("LANG", lang)
    for line in (("findings", tmp_path), ("findings",)):
        said = shell.desktop(*line, *option, json=False)
        assert any("\u4e00" <= c <= "\u9fff" for c in said.err) == chinese


def test_help_and_version_are_no_errors(shell: Shell) -> None:
    assert shell.desktop("--help", user=None, json=False).code == 0
    assert shell.desktop("load", "--help", user=None, json=False).code == 0
    assert shell.desktop("--version", user=None, json=False).out.startswith("mrd-desktop ")
    assert shell.sponsor("--version", user=None, json=False).out.startswith("mrd-sponsor ")


def test_every_command_of_the_parser_is_headless() -> None:
    """One that is not listed would open the window with its name as a folder."""
    (commands,) = (a for a in desktop.parser()._actions if a.dest == "command")
    assert set(commands.choices or ()) == desktop.COMMANDS


TALKS_LONG = """
from mrd_desktop.cli.console import Outcome, Parser, run
parser = Parser()
parser.set_defaults(act=lambda _: Outcome(lines=["x" * 80] * 5000))
raise SystemExit(run(parser, []))
"""


def test_a_reader_that_has_enough_is_no_fault() -> None:
    line = [sys.executable, "-c", TALKS_LONG]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
