"""``update``: look at an update, or install it, confirmed by two people of the site."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mrd_desktop import __version__, installation
from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.transfer.update import Update, opened
from mrd_desktop.transfer.updating import Installed, install, judge
from mrd_desktop.vault.updating import confirmed

USE = "update FILE --install (--site SITE --user U --second U2 | --without-site)"


def options(p: argparse.ArgumentParser) -> None:
    """What is done with an update."""
    p.add_argument("file", type=Path, metavar="FILE", help="a .mrdupdate file")
    p.add_argument("--install", action="store_true", help="install it; else it is only looked at")
    p.add_argument("--site", type=Path, metavar="SITE", help="whose record tells of it")
    p.add_argument("--second", metavar="U2", help="who confirms it with the own password")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
    p.add_argument("--without-site", action="store_true", help="no site folder is on this computer")
    p.add_argument("--to", type=Path, metavar="DIR", help="folder that holds the versions")


def update(args: argparse.Namespace) -> Outcome:
    """Judge the file; install it where that is asked for."""
    sited = args.site is not None
    if args.install and (sited is bool(args.without_site) or sited is not bool(args.second)):
        raise WrongUsage(USE)
    with opened(existing(args.file)) as found:
        judge(found, installation.place())
        if not args.install:
            return Outcome(_said(found), _lines(args, found))
        if not sited:
            return _told(args, found, install(found, args.to))
        return _by_two(args, found)


def _by_two(args: argparse.Namespace, found: Update) -> Outcome:
    user, secret = user_name(args), password(args.password_file)
    other = password(args.second_password_file, f"Password of {args.second}: ")
    with open_as(existing(args.site), user, secret, args) as session:
        record: Callable[[Mapping[str, JSON]], object] = confirmed(
            session, secret, second=args.second, second_password=other
        )
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
