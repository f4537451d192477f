"""Live mode on the command line: the sponsor makes the activation file, the site installs it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, speech
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.foreign import first_bytes
from mrd_desktop.transfer import continuing
from mrd_desktop.vault import golive, initiation
from mrd_desktop.vault.activation import Activation, Ethics
from mrd_desktop.vault.files import write_atomically


def ethics_options(parser: argparse.ArgumentParser) -> None:
    """The approval, which the sponsor states or else the site."""
    parser.add_argument("--ethics", metavar="REFERENCE", help="approval of the ethics committee")
    parser.add_argument("--ethics-date", metavar="DATE", help="its date")


def approval_options(parser: argparse.ArgumentParser) -> None:
    """The site, the committee's letter, and what differs from the activation before."""
    parser.add_argument("--site", dest="number", required=True, metavar="NN")
    ethics_options(parser)
    parser.add_argument("--program", action="append", metavar="V", help="approved besides")
    parser.add_argument("--until", metavar="DATE", help="last day; as before where none is given")


def make(args: argparse.Namespace) -> Outcome:
    """Make the activation file of a site."""
    with open_session(args, args.site) as session:
        data = golive.make_activation(
            session,
            args.number,
            ethics=_ethics(args),
            programs=tuple(args.program or ()),
            versions=tuple(args.protocol_version or ()),
            expires=args.until,
        )
    write_atomically(args.to, data)
    return Outcome({"path": str(args.to), "site": args.number}, [str(args.to)])


def approve(args: argparse.Namespace) -> Outcome:
    """Approve the definition in force for a live site; it travels with the next replies."""
    ethics = _ethics(args)
    if ethics is None:
        raise WrongUsage("approve STORE --site NN --ethics REFERENCE --ethics-date DATE")
    with open_session(args, args.site) as session:
        made = continuing.approve(
            session, args.number, ethics, programs=tuple(args.program or ()), expires=args.until
        )
    data = {"site": args.number, "versions": list(made.versions), "expires": made.expires}
    return Outcome(data, [f"approved for site {args.number}: {', '.join(made.versions)}"])


def activate(args: argparse.Namespace) -> Outcome:
    """Install the sponsor's file; without one, say how live mode stands and what is asked."""
    with open_session(args, args.site) as session:
        if args.file is None:
            return _standing(args, golive.state(session))
        answers = _answers(args)
        made = golive.install(
            session, first_bytes(existing(args.file)), answers, ethics=_ethics(args)
        )
        return _standing(args, golive.state(session), made)


def _standing(
    args: argparse.Namespace, found: golive.LiveState, made: Activation | None = None
) -> Outcome:
    language, held = speech(args), made or found.activation
    data: dict[str, Any] = {
        "live": found.fault is None,
        "reason_en": found.fault and found.fault.en,
        "reason_zh": found.fault and found.fault.zh,
        "programs": list(held.programs) if held else [],
        "versions": list(held.versions) if held else [],
        "expires": held.expires if held else None,
        "ethics": found.ethics and f"{found.ethics.reference} {found.ethics.date}",
        "checklist": [q.oid for q in initiation.questions()],
    }
    if found.fault is None:
        return Outcome(data, ["live mode is open"])
    asked = [f"  {q.oid}: {q.text.say(language)}" for q in initiation.questions()]
    return Outcome(data, [found.fault.say(language), *asked])


def _answers(args: argparse.Namespace) -> Mapping[str, str]:
    if args.checklist is None:
        return {}
    try:
        value = json.loads(first_bytes(existing(args.checklist)).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise WrongUsage('--checklist FILE.json: {"QUESTION": "yes"}')
    return value


def _ethics(args: argparse.Namespace) -> Ethics | None:
    if bool(args.ethics) != bool(args.ethics_date):
        raise WrongUsage("--ethics REFERENCE --ethics-date DATE")
    return Ethics(args.ethics, args.ethics_date) if args.ethics else None
