"""``rotate-key``: new keys of a site folder or a store, by two people."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from mrd_desktop.cli.console import REFUSED, Outcome, WrongUsage, existing, password, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.texts import Text
from mrd_desktop.vault import own_key
from mrd_desktop.vault.errors import StorageError
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.site_keys import SUFFIX

ABOUT: Final = "new keys of this folder, signed by the key before and by two people"


def rotate(args: argparse.Namespace) -> Outcome:
    """Replace the folder's own keys; with ``--to`` also the file that tells of it.

    With ``--again`` nothing is replaced: the files of all changes so far are written.
    """
    existing(args.site)
    if args.again:
        return _again(args)
    if not (args.reason and args.second):
        raise WrongUsage("rotate-key FOLDER --reason T --second USER")
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        other = password(args.second_password_file, f"Password of {args.second}: ")
        made = own_key.rotate(
            session, args.reason, secret, second=args.second, second_password=other
        )
        unwritten = None if args.to is None else _unwritten(args.to, made.statement)
    data = {"former": made.former, "fingerprint": made.fingerprint}
    lines = [f"{made.former} -> {made.fingerprint}"]
    return Outcome(data, lines) if unwritten is None else Outcome(data, lines, REFUSED, unwritten)


def _unwritten(to: Path, statement: bytes) -> Text | None:
    """Write the file; what is said where it could not be, for the new key is in force then too."""
    try:
        write_atomically(to, statement)
    except (StorageError, OSError):  # the folder is gone, or a stick was pulled out
        return _UNWRITTEN
    return None


_UNWRITTEN: Final = Text(
    "The new key is in force, but the file that tells of it could not be written. Write it with "
    "rotate-key --again --to DIR.",
    "新密钥已启用，但说明此事的文件未能写出。请用 rotate-key --again --to DIR 写出。",
)


def _again(args: argparse.Namespace) -> Outcome:
    if args.to is None or args.reason or args.second:
        raise WrongUsage("rotate-key FOLDER --again --to DIR")
    existing(args.to)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        names = [path.name for path in own_key.write_again(session, args.to)]
    return Outcome({"files": names}, names)


def options(p: argparse.ArgumentParser) -> None:
    """Why, who confirms, where to write the statement."""
    p.add_argument("--reason", metavar="T", help="why the keys are replaced")
    p.add_argument("--second", metavar="USER", help="who confirms: manages users")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
    p.add_argument(
        "--to", type=Path, metavar=f"FILE{SUFFIX}",
        help="the change as a file, for `trust` where a package or reply was lost",
    )  # fmt: skip
    p.add_argument(
        "--again", action="store_true",
        help="change nothing; write the files of all changes so far into the folder --to",
    )  # fmt: skip
