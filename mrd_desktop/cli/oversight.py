"""Commands of what is done at intervals: the reviews of accounts and system, and milestones."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from mrd_desktop.cli.console import Outcome, existing, password, speech, user_name
from mrd_desktop.cli.data import as_day
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.insight.reports.certified import write_print
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.insight.reports.periodic import compile_pack, pack_report
from mrd_desktop.insight.reports.periodic_read import period
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
            "exception": x.alone or None,
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


def review_pack(args: argparse.Namespace) -> Outcome:
    """The periodic review as one HTML file; the print is recorded with its period."""
    existing(args.out)
    tongue = Tongue.BOTH if args.both else Tongue(speech(args))
    with open_session(args, args.site) as session:
        span = period(session, args.first, args.last)
        pack = compile_pack(session, span)
        report = pack_report(pack)
        stamp = issue(session, report, form="html")
        path = args.out / f"review-{session.folder.site}-{span.first}-{span.last}.html"
        content = to_html(report, stamp, tongue).encode()
        write_print(session, report, path, content)
    data = {
        "path": str(path),
        "first": str(span.first),
        "last": str(span.last),
        "copy": stamp.copy,
        "sha256": hashlib.sha256(content).hexdigest(),
        "sections": {section.oid: made.entries for section, made in pack.made},
    }
    return Outcome(data, [str(path)])


def review_pack_options(p: argparse.ArgumentParser) -> None:
    """Which days, where to, and in which language."""
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that exists")
    since = "by default the day after the last pack"
    p.add_argument("--from", dest="first", type=as_day, metavar="DATE", help=since)
    p.add_argument("--to", dest="last", type=as_day, metavar="DATE", help="by default today")
    p.add_argument("--both", action="store_true", help="both languages side by side")


def accounts_options(p: argparse.ArgumentParser) -> None:
    """Whether it is signed, and with which words."""
    p.add_argument("--sign", action="store_true", help="sign the review of these accounts")
    p.add_argument("--reason", metavar="WORDS", help="what was found; stays at the site")


def milestone_options(p: argparse.ArgumentParser) -> None:
    """Which one is endorsed."""
    p.add_argument("--sign", metavar="OID", help="endorse this milestone, as investigator")
