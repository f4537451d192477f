"""``support``: the file for support, looked at first and then written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mrd_desktop.cli.console import REFUSED, Outcome, existing, password, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.errors import MrdError
from mrd_desktop.support import bundle
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session

ABOUT = "a file for support: counts, versions, verdicts; without --user what is told without keys"
NOT_OPENED = Text(
    "The folder did not open: {why} The file tells what can be told without it.",
    "文件夹未能打开：{why}技术支持文件仅含无需打开即可得知的内容。",
)


def support(args: argparse.Namespace) -> Outcome:
    """Show the text of the file and, with ``--to``, write it; recorded where somebody signs in.

    Where the sign-in fails the file is made all the same and says by which code; exit code 1.
    """
    folder = existing(args.site)
    if args.to is not None:
        existing(args.to.parent)
    if not args.user:
        return _made(args, folder, None)
    user, secret = user_name(args), password(args.password_file)
    try:
        session = open_as(folder, user, secret, args)
    except MrdError as refused:
        return _made(args, folder, None, refused)
    with session:
        return _made(args, folder, session)


def _made(
    args: argparse.Namespace, folder: Path, session: Session | None, refused: MrdError | None = None
) -> Outcome:
    code = "" if refused is None else refused.code
    found = bundle.gather(bundle.Ground(folder, session, code))
    ticked = frozenset(args.words)
    shown = bundle.text(found, ticked)
    saved = None if args.to is None else bundle.save(found, args.to, session, ticked)
    data = {
        "path": None if saved is None else str(saved.path),
        "sha256": None if saved is None else saved.sha256,
        "recorded": saved is not None and session is not None and saved.unrecorded is None,
        "content": json.loads(shown),
    }
    lines = shown.splitlines()
    if refused is not None:
        return Outcome(data, lines, REFUSED, NOT_OPENED.filled(why=refused.text))
    if saved is not None and saved.unrecorded is not None:
        args.besides = saved.unrecorded
    return Outcome(data, lines)


def options(p: argparse.ArgumentParser) -> None:
    """Where the file goes, and the reports whose words are in it."""
    p.add_argument("--to", type=Path, metavar="FILE.zip", help="without, the text is shown alone")
    p.add_argument(
        "--words", type=int, nargs="+", default=[], metavar="N",
        help="reports whose words are in it, by number: look at them first",
    )  # fmt: skip
