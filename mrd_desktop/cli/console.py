"""What every command line shares: exit codes, JSON, sentences, passwords and the clock.

Exit codes: 0 done; 1 a refusal, a failed verification or a hard finding, with one line on standard
error; 2 wrong usage or no such path. ``--json`` puts JSON, and nothing else, on standard output.
"""

from __future__ import annotations

import argparse
import getpass
import json
import locale
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Language, Text

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2


@dataclass(frozen=True)
class Outcome:
    """What a command gives back.

    Attributes:
        data: what ``--json`` prints.
        lines: what a person reads without ``--json``.
        code: exit code.
        complaint: the line on standard error where the code is not 0.
    """

    data: Any = None
    lines: Sequence[str] = ()
    code: int = DONE
    complaint: Text | None = field(default=None)


class NoSuchPath(MrdError):
    """A path on the command line that does not exist."""

    code = "no_such_path"
    template = Text("There is no {detail}.", "路径不存在:{detail}。")


Command: TypeAlias = Callable[[argparse.Namespace], Outcome]


def run(parser: argparse.ArgumentParser, argv: Sequence[str]) -> int:
    """Parse, act and print; the exit code."""
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    language = speech(args)
    as_json = bool(getattr(args, "json", False))
    try:
        outcome: Outcome = args.act(args)
    except MrdError as refused:
        return _refuse(refused.code, refused.text, language, as_json)
    except FileNotFoundError as missing:
        no = NoSuchPath(str(missing.filename))
        return _refuse(no.code, no.text, language, as_json)
    except OSError as trouble:
        text = Text(
            f"The file or folder cannot be used ({trouble.strerror}): {trouble.filename}. "
            "Check the medium and the rights, then try again.",
            f"无法读写文件或文件夹({trouble.strerror}):{trouble.filename}。"
            "请检查存储介质和权限后重试。",
        )
        return _refuse("file", text, language, as_json)
    if as_json:
        if outcome.data is not None:
            print(json.dumps(outcome.data, ensure_ascii=False))
    else:
        for line in outcome.lines:
            print(line)
    if outcome.complaint:
        print(outcome.complaint.say(language), file=sys.stderr)
    return outcome.code


def _refuse(code: str, text: Text, language: Language, as_json: bool) -> int:
    if as_json:
        error = {"code": code, "message_en": text.en, "message_zh": text.zh}
        print(json.dumps({"error": error}, ensure_ascii=False))
    print(text.say(language), file=sys.stderr)
    return USAGE if code == NoSuchPath.code else REFUSED


def speech(args: argparse.Namespace) -> Language:
    """The language of sentences: ``--lang``, else that of the computer."""
    named = getattr(args, "lang", None)
    if named:
        return Language(named)
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return Language.ZH if spoken.lower().startswith(("zh", "chinese")) else Language.EN


def common() -> argparse.ArgumentParser:
    """Options of every command."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.add_argument("--lang", choices=[x.value for x in Language], help="language of sentences")
    return parser


def acting() -> argparse.ArgumentParser:
    """Options of every command that a signed-in user does."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--user", metavar="U", help="who acts")
    parser.add_argument("--password-file", type=Path, metavar="F", help="file with the password")
    parser.add_argument(
        "--now", type=moment, metavar="ISO", help="training only: the clock shows this time"
    )
    return parser


def moment(text: str) -> datetime:
    """A date and time with its zone; without one, that of the computer."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not an ISO time: {text}") from None
    return value if value.tzinfo else value.astimezone()


def password(file: Path | None, prompt: str = "Password: ") -> str:
    """The password of a file's first line, or typed at the prompt."""
    if file is None:
        return getpass.getpass(prompt)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    return lines[0] if lines else ""


def existing(path: Path) -> Path:
    """The path itself.

    Raises:
        NoSuchPath: nothing is there.
    """
    if not path.exists():
        raise NoSuchPath(str(path))
    return path
