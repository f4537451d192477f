"""``update``: look at an update, or install it, confirmed by two people of the site."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from mrd_desktop import __version__, installation
from mrd_desktop.cli.console import (
    Outcome,
    WrongUsage,
    existing,
    password,
    speech,
    user_name,
    warn,
)
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.last_site import of_computer
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.texts import Text
from mrd_desktop.transfer.update import Update, UpdateRefused, opened
from mrd_desktop.transfer.updating import Installed, install, judge, judge_at, unapproved
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.updating import confirmed

USE = "update FILE --install (--site SITE … --user U --second U2 | --without-site) [--list DIGEST]"
LIST_FIRST = (
    "this update leads back to an older version: compare the list with what the sponsor says, then "
    "give --list DIGEST"
)


def options(p: argparse.ArgumentParser) -> None:
    """What is done with an update."""
    p.add_argument("file", type=Path, metavar="FILE", help="a .mrdupdate file")
    p.add_argument("--install", action="store_true", help="install it; else it is only looked at")
    p.add_argument("--list", metavar="DIGEST", help="SHA-256 of its list; needed for an order back")
    p.add_argument(
        "--site", type=Path, action="append", metavar="SITE",
        help="whose record tells of it; once for each site folder of this computer",
    )  # fmt: skip
    p.add_argument("--second", metavar="U2", help="who confirms it with the own password")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
    p.add_argument("--without-site", action="store_true", help="no site folder is on this computer")
    p.add_argument("--to", type=Path, metavar="DIR", help="folder that holds the versions")


def update(args: argparse.Namespace) -> Outcome:
    """Judge the file; say what it is, and install it where that is asked for."""
    sited = bool(args.site)
    if args.install and (sited is bool(args.without_site) or sited is not bool(args.second)):
        raise WrongUsage(USE)
    with opened(existing(args.file)) as found:
        judge(found, installation.place())
        if not args.install:
            return Outcome(_said(found), _lines(args, found))
        if not args.json:  # before anybody types a password
            for line in _lines(args, found):
                warn(line)
        _require_list(args, found)
        if sited:
            return _by_two(args, found)
        _require_no_site()
        return _told(args, found, install(found, args.to))


def _require_list(args: argparse.Namespace, found: Update) -> None:
    """An order back is installed by who has compared it, and no other one than was compared."""
    if args.list is None and found.statement.is_back():
        raise WrongUsage(LIST_FIRST)
    if args.list is not None and args.list.strip().lower() != found.statement.list:
        raise UpdateRefused(_OTHER_LIST.filled(list=found.statement.list))


def _require_no_site() -> None:
    known = of_computer().folder()
    if known is not None and any((known / k.file_name).is_file() for k in FolderKind):
        raise UpdateRefused(_SITE_HERE.filled(path=str(known)))


def _by_two(args: argparse.Namespace, found: Update) -> Outcome:
    user = user_name(args)
    records: list[Callable[[Mapping[str, JSON]], object]] = []
    with ExitStack() as opened_sites:
        for site in args.site:
            at = f" ({site})" if len(args.site) > 1 else ""
            secret = password(args.password_file, f"Password of {user}{at}: ")
            session = opened_sites.enter_context(open_as(existing(site), user, secret, args))
            judge_at(session, found)
            lacking = unapproved(session, found)
            if lacking is not None and not args.json:
                warn(lacking.say(speech(args)))
            other = password(args.second_password_file, f"Password of {args.second}{at}: ")
            records.append(confirmed(session, secret, second=args.second, second_password=other))

        def record(said: Mapping[str, JSON]) -> None:
            for one in records:
                one(said)

        return _told(args, found, install(found, args.to, record=record))


def _said(found: Update) -> dict[str, Any]:
    statement = found.statement
    return {
        "product": statement.product,
        "version": statement.version,
        "platform": statement.platform,
        "commit": statement.commit,
        "minimum": statement.minimum,
        "installed": __version__,
        "back": statement.is_back(),
        "why_en": statement.why.en,
        "why_zh": statement.why.zh,
        "notes_en": statement.notes.en,
        "notes_zh": statement.notes.zh,
        "files": len(found.files.files),
        "bytes": statement.whole,
        "list": statement.list,
        "signer": found.signer,
    }


def _lines(args: argparse.Namespace, found: Update) -> list[str]:
    statement, language = found.statement, speech(args)
    lines = [
        f"{statement.product} {__version__} -> {statement.version} ({statement.platform}), "
        f"{len(found.files.files)} files, {statement.whole // 1_000_000} MB",
        f"signed by {found.signer}, list {statement.list}",
    ]
    why = [f"back: {statement.why.say(language)}"] if statement.is_back() else []
    return [*lines, *why, *statement.notes.say(language).splitlines()]


def _told(args: argparse.Namespace, found: Update, done: Installed) -> Outcome:
    data = {
        **_said(found),
        "folder": str(done.folder),
        "launcher": str(done.launcher),
        "former": None if done.former is None else str(done.former),
    }
    lines = [*_lines(args, found), f"installed in {done.folder}", f"start it with {done.launcher}"]
    former = [] if done.former is None else [f"the version before stays in {done.former}"]
    return Outcome(data, [*lines, *former])


_OTHER_LIST: Final = Text(
    "its list of files is {list}, and that is not the one that was given with --list.",
    "其文件清单为 {list}，与 --list 给出的不一致。",
)
_SITE_HERE: Final = Text(
    "this computer has a site folder ({path}). Give --site, and two people of the site confirm it.",
    "本机有中心文件夹（{path}）。请使用 --site，由该中心两人确认。",
)
