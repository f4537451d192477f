"""Amendments at a site on the command line: what waits and would change, install, roll back."""

from __future__ import annotations

import argparse

from mrd_desktop.cli.console import Outcome, WrongUsage
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.transfer import amendment
from mrd_desktop.transfer.errors import NothingToInstall


def options(parser: argparse.ArgumentParser) -> None:
    """What to do; without any, only tell."""
    parser.add_argument("--install", metavar="VERSION", help="put the waiting amendment in force")
    parser.add_argument("--roll-back", action="store_true", help="the former one comes back")


def amend(args: argparse.Namespace) -> Outcome:
    """Tell how it stands and what the waiting amendment would change; install or roll back."""
    if args.install and args.roll_back:
        raise WrongUsage("amendment SITE [--install VERSION | --roll-back]")
    with open_session(args, args.site) as session:
        if args.install:
            found = amendment.try_out(session)
            if found.version != args.install:
                raise NothingToInstall(f": {args.install}, {found.version}")
            amendment.install(session, found.digest)
        elif args.roll_back:
            amendment.roll_back(session)
        now = amendment.standing(session)
        trial = amendment.try_out(session) if now.offer is not None else None
    data: dict[str, JSON] = {**now.json(), "dry_run": None if trial is None else trial.json()}
    return Outcome(data, [*_lines(now), *(_trial_lines(trial) if trial else ())])


def _lines(now: amendment.Standing) -> list[str]:
    way = "can be rolled back" if now.stays is None else now.stays.en
    lines = [f"definition {now.version} {now.digest}: {way}"]
    lines += [f"draft set aside: {user} {form}" for user, form in now.aside]
    return lines


def _trial_lines(found: amendment.DryRun) -> list[str]:
    return [
        f"waiting: {found.version} {found.digest}",
        *(f"  {change}" for change in found.changes),
        f"forms: {' '.join(found.forms) or '-'}",
        f"newly required: {' '.join(found.required) or '-'}",
        f"saved forms {found.saved}, of which asked again {found.asks};"
        f" subjects {len(found.subjects)}",
        f"drafts that go on: {sum(d.fits for d in found.drafts)} of {len(found.drafts)}",
        *([found.activation.en] if found.activation else ()),
    ]
