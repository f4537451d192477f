"""Commands for paper and calendars: print, calendar."""

from __future__ import annotations

import argparse
import hashlib
from datetime import date

from mrd_desktop.cli.console import Outcome, existing, speech
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.insight.calendar import occasions
from mrd_desktop.insight.reports import catalogue
from mrd_desktop.insight.reports.calendar_file import write_calendar
from mrd_desktop.insight.reports.catalogue import Wish
from mrd_desktop.insight.reports.certified import write_print
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.editions import Editions

WHATS = tuple(p.what for p in catalogue.ALL)


def print_report(args: argparse.Namespace) -> Outcome:
    """Write a report as one HTML file; the print is recorded."""
    existing(args.to.parent)
    tongue = Tongue.BOTH if args.both else Tongue(speech(args))
    wish = Wish(
        args.subject or "",
        args.visit or "",
        args.form or "",
        args.number or 0,
        args.day or args.month,
        identity=args.identity,
    )
    with open_session(args, args.site) as session:
        report = catalogue.make(Casebook(session), args.what, wish)
        stamp = issue(session, report, form="html")
        content = to_html(report, stamp, tongue).encode()
        signature = write_print(session, report, args.to, content)
    data = {
        "path": str(args.to),
        "what": report.what,
        "subject": report.subject or None,
        "about": report.about or None,
        "copy": stamp.copy,
        "sha256": hashlib.sha256(content).hexdigest(),
        "signature": str(signature) if signature else None,
    }
    return Outcome(data, [f"{args.to} {report.what} {stamp.copy}"])


def calendar(args: argparse.Namespace) -> Outcome:
    """Write open visits and what is due as an iCalendar file, by number only."""
    existing(args.to.parent)
    with open_session(args, args.site) as session:
        book = Casebook(session)
        charts = catalogue.charts(book, lambda done, total: None)
        words = Editions(session).of
        found = [o for c in charts for o in occasions(session.study, c, words)]
        n = write_calendar(session, found, args.to, speech(args))
    return Outcome({"path": str(args.to), "events": n}, [f"{args.to} {n}"])


def as_month(text: str) -> date:
    """The first day of a month of the command line, ``2027-06``."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a month: {text}") from None
