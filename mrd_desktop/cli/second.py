"""Where second entries stand and how far the two agree: at a site, and at the sponsor."""

from __future__ import annotations

import argparse

from mrd_desktop.cli.console import Outcome
from mrd_desktop.cli.data import as_day
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.insight.agreement import Tally, agreement, figures, standing_line, standings


def second(args: argparse.Namespace) -> Outcome:
    """Every form that asks for a second entry, and the figures of a period; never writes."""
    with open_session(args, args.site) as session:
        session.require("subject.see")
        with session.reading() as conn:
            forms = [standing_line(e) for e in standings(conn, session.study)]
            found = agreement(conn, session.study, args.since, args.until)
    lines = [
        f"{f['address']} {f['state']} {f['compared']} compared {f['open']} open" for f in forms
    ]
    lines += [_line(oid, tally) for oid, tally in found.forms.items()]
    lines.append(_line("all", found.total))
    return Outcome({"forms": forms, "agreement": figures(found)}, lines)


def second_options(parser: argparse.ArgumentParser) -> None:
    """The period of the figures."""
    parser.add_argument("--since", type=as_day, metavar="DATE", help="first day of the figures")
    parser.add_argument("--until", type=as_day, metavar="DATE", help="last day of the figures")


def _line(name: str, tally: Tally) -> str:
    share = tally.share
    told = f"{name} {tally.compared} compared {tally.differing} differ"
    if share is None:
        return told
    low, value, high = (100 * float(x) for x in (share.lower, share.value, share.upper))
    return f"{told} {value:.2f} % ({low:.2f}-{high:.2f})"
