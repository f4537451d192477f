"""Commands on the computers of one site: their cards, and subjects that go between them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.custody import compared_option
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.foreign import first_bytes
from mrd_desktop.record import handing
from mrd_desktop.record.owning import Standing, standing_of
from mrd_desktop.record.reading import subject_numbers
from mrd_desktop.transfer.handover.giving import hand_over
from mrd_desktop.transfer.handover.taking import new_key_words, take
from mrd_desktop.vault import computers
from mrd_desktop.vault.files import write_atomically

COMPUTER_ACTS: Final = ("card", "add", "list")
SUBJECT_ACTS: Final = ("list", "hand-over", "share", "take", "take-over")


def computer_options(p: argparse.ArgumentParser) -> None:
    """Options of ``computer``."""
    p.add_argument("act_on", choices=COMPUTER_ACTS, metavar="ACT")
    p.add_argument(
        "card",
        nargs="?",
        type=Path,
        metavar="CARD",
        help="add: a .mrdcomputer or .mrdrotation file",
    )
    p.add_argument("--to", type=Path, metavar="FILE", help="card: where to write it")
    p.add_argument("--replace", action="store_true", help="add: it comes with a new key")
    compared_option(p)


def computer(args: argparse.Namespace) -> Outcome:
    """This computer's card, and the other computers of the site."""
    with open_session(args, existing(args.site)) as session:
        if args.act_on == "card":
            if args.to is None:
                raise WrongUsage("computer SITE card --to FILE")
            write_atomically(args.to, computers.card(session))
            data = {"path": str(args.to), "fingerprint": session.fingerprint()}
            return Outcome(data, [f"{args.to}  {session.fingerprint()}"])
        if args.act_on == "add":
            if args.card is None:
                raise WrongUsage("computer SITE add CARD")
            told = first_bytes(existing(args.card))
            found = computers.add(session, told, replace=args.replace, compared=args.compared)
            identity = found.identity
            data = {"chain": identity.chain, "fingerprint": identity.fingerprint}
            return Outcome(data, [f"{identity.chain}  {identity.fingerprint}"])
        with session.reading() as conn:
            known = computers.computers(conn, session.folder.chain)
            own = computers.own_numbers(conn, session.folder.chain)
        rows = [_computer(session.folder.chain, session.fingerprint(), own, here=True)]
        rows += [_computer(c.chain, c.fingerprint, c.numbers, here=False) for c in known]
    return Outcome(rows, [f"{r['chain']}  {r['numbers'] or '-'}" for r in rows])


def _computer(
    chain: str, fingerprint: str, numbers: computers.Block | None, *, here: bool
) -> dict[str, Any]:
    block = None if numbers is None else f"{numbers.first:03d}-{numbers.last:03d}"
    return {"chain": chain, "fingerprint": fingerprint, "numbers": block, "here": here}


def subject_options(p: argparse.ArgumentParser) -> None:
    """Options of ``subject``."""
    p.add_argument("act_on", choices=SUBJECT_ACTS, metavar="ACT")
    p.add_argument("names", nargs="*", metavar="SUBJECT|FILE")
    p.add_argument("--computer", metavar="CHAIN", help="hand-over, share: to whom")
    p.add_argument("--to", type=Path, metavar="DIR", help="hand-over, share: where to write")
    p.add_argument("--full", action="store_true", help="from the first record on")
    p.add_argument("--reason", help="take-over: why the other computer cannot hand it over")
    p.add_argument("--second", metavar="U2", help="take-over: who confirms")
    p.add_argument("--second-password-file", type=Path, metavar="F2")


def subject(args: argparse.Namespace) -> Outcome:
    """Which computer owns which subject; hand over, take, take over by force."""
    existing(args.site)
    if args.act_on == "list":
        return _list(args)
    if args.act_on in ("hand-over", "share"):
        return _hand_over(args)
    return _take(args) if args.act_on == "take" else _take_over(args)


def _list(args: argparse.Namespace) -> Outcome:
    with open_session(args, args.site) as session:
        session.require("subject.see")
        own = session.folder.chain
        with session.reading() as conn:
            held = {s: standing_of(conn, s) for s in subject_numbers(conn)}
            apart = {a.subject: a.records for a in handing.apart(conn)}
    rows = [_standing(s, now, own, apart.get(s, 0)) for s, now in held.items()]
    return Outcome(rows, [f"{r['subject']}  {r['owner'] or '-'}" for r in rows])


def _standing(subject: str, now: Standing, own: str, apart: int) -> dict[str, Any]:
    return {
        "subject": subject,
        "owner": now.owner,
        "here": now.owner == own,
        "on_its_way": now.on_its_way,
        "apart": apart,
        "conflict": now.conflict,
    }


def _hand_over(args: argparse.Namespace) -> Outcome:
    handing_over = args.act_on == "hand-over"
    if not args.computer or args.to is None or handing_over != bool(args.names):
        raise WrongUsage("subject SITE hand-over SUBJECT… | share --computer CHAIN --to DIR")
    with open_session(args, args.site) as session:
        made = hand_over(session, args.computer, args.to, args.names, full=args.full)
    data = {
        "path": str(made.path),
        "computer": made.to,
        "subjects": list(made.subjects),
        "records": made.records,
    }
    return Outcome(data, [str(made.path), *made.subjects])


def _take(args: argparse.Namespace) -> Outcome:
    if len(args.names) != 1:
        raise WrongUsage("subject SITE take FILE")
    with open_session(args, args.site) as session:
        came = take(session, existing(Path(args.names[0])))
    data = {
        "verdict": came.verdict.value,
        "computer": came.chain,
        "records": came.records,
        "subjects": list(came.subjects),
        "apart": [{"subject": a.subject, "computer": a.chain, "records": a.records}
                  for a in came.apart],
        "conflicts": list(came.conflicts),
        "differing": list(came.differing),
        "keys": [{"computer": chain, "fingerprint": key} for chain, key in came.keys],
    }  # fmt: skip
    language = speech(args)
    lines = [f"{came.verdict.value}: {', '.join(came.subjects) or '-'}"]
    lines += [new_key_words(c, k).say(language) for c, k in came.keys]
    lines += [handing.differing_words(s).say(language) for s in came.differing]
    lines += [handing.apart_words(a).say(language) for a in came.apart]
    lines += [handing.claimed_words(s).say(language) for s in came.conflicts]
    return Outcome(data, lines)


def _take_over(args: argparse.Namespace) -> Outcome:
    if len(args.names) != 1 or not args.second:
        raise WrongUsage("subject SITE take-over SUBJECT --reason R --second U2")
    user, secret = user_name(args), password(args.password_file)
    other = password(args.second_password_file, f"Password of {args.second}: ")
    with open_as(args.site, user, secret, args) as session:
        now = handing.claim(
            session, args.names[0], args.reason or "", secret,
            second=args.second, second_password=other,
        )  # fmt: skip
    data = {"subject": args.names[0], "owner": now.owner}
    return Outcome(data, [f"{args.names[0]}  {now.owner}"])
