"""Commands of what is signed at intervals: the review of accounts, and milestones."""

from __future__ import annotations

import argparse

from mrd_desktop.cli.console import Outcome, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.record import milestones
from mrd_desktop.vault import account_review
from mrd_desktop.vault.readiness import WORDS


def accounts(args: argparse.Namespace) -> Outcome:
    """Every account as a reviewer sees it; with ``--sign`` the review is signed."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    language = speech(args)
    with open_as(args.site, user, secret, args) as session:
        shown = account_review.survey(session)
        if args.sign:
            words = args.reason or ""
            account_review.sign_off(session, shown, secret, language=language, words=words)
        found = account_review.standing(session)
    rows = [
        {
            "user": x.account.user,
            "role": x.account.role,
            "until": None if x.until is None else x.until.isoformat(),
            "last_sign_in": x.last_sign_in,
            "trained_at": x.trained_at,
            "bars": [str(bar) for bar in x.bars],
        }
        for x in shown.lines
    ]
    data = {
        "accounts": rows,
        "reviewed_at": None if found.last is None else found.last.at,
        "due": found.due.isoformat() if found.asked else None,
    }
    lines = [
        " ".join(
            (x.account.user, x.account.role, *(WORDS[bar].say(language) for bar in x.bars))
        ).strip()
        for x in shown.lines
    ]
    last = "never" if found.last is None else f"{found.last.at} {found.last.user}"
    return Outcome(data, [*lines, f"reviewed: {last}; due {found.due}"])


def milestone(args: argparse.Namespace) -> Outcome:
    """How the milestones of the study stand; with ``--sign OID`` one is endorsed."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    language = speech(args)
    with open_as(args.site, user, secret, args) as session:
        session.require("subject.see")
        if args.sign:
            shown = milestones.show(session, args.sign, language)
            milestones.endorse(session, shown, secret, language=language)
        found = milestones.standings(session)
        today = session.today()
    rows = [
        {
            "milestone": s.milestone.oid,
            "due": None if s.due is None else s.due.isoformat(),
            "overdue": s.overdue(today),
            "endorsed_at": None if s.endorsed is None else s.endorsed.at,
            "waiting": list(s.waiting),
            "superseded": list(s.superseded),
        }
        for s in found
    ]
    lines = [
        f"{s.milestone.oid} {s.milestone.text.say(language)} due {s.due or '-'}"
        f" waiting {len(s.waiting)} superseded {len(s.superseded)}"
        for s in found
    ]
    return Outcome(rows, lines)


def accounts_options(p: argparse.ArgumentParser) -> None:
    """Whether it is signed, and with which words."""
    p.add_argument("--sign", action="store_true", help="sign the review of these accounts")
    p.add_argument("--reason", metavar="WORDS", help="what was found; stays at the site")


def milestone_options(p: argparse.ArgumentParser) -> None:
    """Which one is endorsed."""
    p.add_argument("--sign", metavar="OID", help="endorse this milestone, as investigator")
