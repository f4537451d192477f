"""What every command line shares: exit codes, JSON, sentences, passwords and the clock.

Exit codes: 0 done; 1 a refusal, a failed verification or a hard finding, with one line on standard
error; 2 wrong usage or no such path. ``--json`` puts JSON, and nothing else, on standard output.
"""

from __future__ import annotations

import argparse
import getpass
import io
import json
import locale
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from mrd_desktop.dumps import leave_no_dumps
from mrd_desktop.errors import MrdError, printable
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
    template = Text("There is no {detail}.", "路径不存在：{detail}。")


class WrongUsage(MrdError):
    """A command line that cannot be understood."""

    code = "usage"
    template = Text("Wrong usage: {detail}. See --help.", "用法有误：{detail}。请查看 --help。")


class NoAnswer(MrdError):
    """Something was to be typed, and nobody is there."""

    code = "no_answer"
    template = Text(
        "Nobody answers at the keyboard. Give --user and --password-file.",
        "没有键盘输入。请使用 --user 和 --password-file。",
    )


class UnreadablePassword(MrdError):
    """A password file that is no text."""

    code = "password_file"
    template = Text(
        "The password file is no text. Save it as UTF-8, the password on the first line.",
        "密码文件不是文本。请存为 UTF-8 格式，密码写在第一行。",
    )


_USAGE_CODES: Final = (NoSuchPath.code, WrongUsage.code)

Command: TypeAlias = Callable[[argparse.Namespace], Outcome]


class Parser(argparse.ArgumentParser):
    """Complains in one sentence, like every other refusal."""

    def error(self, message: str) -> NoReturn:
        """Refuse.

        Raises:
            WrongUsage: always.
        """
        raise WrongUsage(f"{self.prog}: {message}")


def run(parser: Parser, argv: Sequence[str]) -> int:
    """Parse, act and print; the exit code."""
    _speak_utf8()
    leave_no_dumps()
    try:
        args = parser.parse_args(argv)
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except WrongUsage as wrong:
        return _refuse(wrong.code, wrong.text, _asked(argv), "--json" in argv)
    language = speech(args)
    as_json = bool(getattr(args, "json", False))
    try:
        outcome: Outcome = args.act(args)
    except (MrdError, EOFError, OSError) as trouble:
        return _refuse(*_sentence(trouble), language, as_json)
    try:
        _print(outcome, as_json)
    except BrokenPipeError:  # whoever read has enough (`… | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    besides: Text | None = getattr(args, "besides", None)
    said = outcome.complaint or (besides if outcome.code == 0 else None)
    if said:
        warn(said.say(language))
    return outcome.code


def warn(line: str) -> None:
    """Say one line on the standard error, where it disturbs no program that reads the rest.

    A name of a file may hold the end of a line; it is told by its number, and makes no second one.
    """
    print(printable(line).replace("\n", "\\u000a"), file=sys.stderr, flush=True)


def _print(outcome: Outcome, as_json: bool) -> None:
    if not as_json:
        for line in outcome.lines:
            print(line)
    elif outcome.data is not None:
        print(json.dumps(outcome.data, ensure_ascii=False))
    sys.stdout.flush()


def _sentence(trouble: Exception) -> tuple[str, Text]:
    """The stable code and the sentence of what went wrong."""
    match trouble:
        case MrdError():
            return trouble.code, trouble.text
        case EOFError():
            return NoAnswer.code, NoAnswer().text
        case FileNotFoundError():
            return NoSuchPath.code, NoSuchPath(str(trouble.filename)).text
        case OSError():
            why, where = trouble.strerror, trouble.filename
            return "file", Text(
                f"The file or folder cannot be used ({why}): {where}. "
                "Check the medium and the rights, then try again.",
                f"无法读写文件或文件夹（{why}）：{where}。请检查存储介质和权限后重试。",
            )
        case _:
            raise trouble


def _refuse(code: str, text: Text, language: Language, as_json: bool) -> int:
    if as_json:
        error = {"code": code, "message_en": text.en, "message_zh": text.zh}
        print(json.dumps({"error": error}, ensure_ascii=False))
    warn(text.say(language))
    return USAGE if code in _USAGE_CODES else REFUSED


def _speak_utf8() -> None:
    """Chinese sentences and JSON are UTF-8 whatever the computer's own code page is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def _asked(argv: Sequence[str]) -> Language:
    """The language of a command line that could not be parsed."""
    named = next((b for a, b in pairwise(argv) if a == "--lang"), None)
    return speech(argparse.Namespace(lang=named if named in set(Language) else None))


def speech(args: argparse.Namespace) -> Language:
    """The language of sentences: ``--lang``, else that of the computer."""
    named = getattr(args, "lang", None)
    if named:
        return Language(named)
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return Language.ZH if spoken.lower().startswith(("zh", "chinese")) else Language.EN


def common() -> Parser:
    """Options of every command."""
    parser = Parser(add_help=False)
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    parser.add_argument("--lang", choices=[x.value for x in Language], help="language of sentences")
    return parser


def acting() -> Parser:
    """Options of every command that a signed-in user does."""
    parser = Parser(add_help=False)
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


def password(file: Path | None, prompt: str = "Password: ", signing: str = "") -> str:
    """The password of a file's first line, or typed at the prompt.

    Args:
        signing: what the password signs, said on standard error to who types it.
    """
    if file is None:
        if signing:
            print(signing, file=sys.stderr, flush=True)
        return getpass.getpass(prompt)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UnreadablePassword from None
    return lines[0] if lines else ""


def user_name(args: argparse.Namespace) -> str:
    """Who acts: ``--user``, or typed; asked on standard error, for standard output is for data."""
    if args.user:
        return str(args.user)
    print("User: ", end="", file=sys.stderr, flush=True)
    return input()


def existing(path: Path) -> Path:
    """The path itself.

    Raises:
        NoSuchPath: nothing is there.
    """
    if not path.exists():
        raise NoSuchPath(str(path))
    return path
