"""Commands of two people: redact content at a place, destroy the link to a person."""

from __future__ import annotations

import argparse
from pathlib import Path

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.locating import locate
from mrd_desktop.record.redactable import Matters, Place, Redactable
from mrd_desktop.record.redaction import (
    LINK_CAUSES,
    REDACTION_CAUSES,
    Erased,
    destroy_link,
    redact,
    redactable,
)
from mrd_desktop.vault.session import Session

_VALUES = (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED)


def redact_content(args: argparse.Namespace) -> Outcome:
    """Tell what is held at a place, or take some of it out."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        key = _place(session, args.address)
        if not args.records:
            return _held(session, key)
        if not (args.cause and args.second):
            raise WrongUsage("redact SITE ADDRESS RECORD... --cause CODE --second USER")
        done = redact(
            session, key, args.records, args.cause, secret,
            second=args.second, second_password=_second(args),
            words=args.records if args.words else (),
        )  # fmt: skip
    return _done(done)


def destroy(args: argparse.Namespace) -> Outcome:
    """Destroy the link between a number and the person."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        done = destroy_link(
            session, args.subject, args.cause, secret,
            second=args.second, second_password=_second(args),
        )  # fmt: skip
    return _done(done)


def options(p: argparse.ArgumentParser, *, link: bool) -> None:
    """What is taken out, why, and who confirms."""
    if link:
        p.add_argument("subject")
    else:
        p.add_argument("records", nargs="*", type=int, metavar="RECORD", help="none: list them")
        p.add_argument("--words", action="store_true", help="words alone; the value stays")
    causes = LINK_CAUSES if link else REDACTION_CAUSES
    p.add_argument("--cause", choices=sorted(causes), required=link)
    p.add_argument("--second", metavar="USER", required=link, help="who confirms: manages users")
    p.add_argument("--second-password-file", type=Path, metavar="F2")


def _place(session: Session, address: str) -> Place:
    """An address; a subject's number for its requests; ``incident`` for the incidents here."""
    if address == str(Matters()):
        return Matters()
    key = locate(session.study, address)
    return Matters(key) if isinstance(key, str) else key


def _held(session: Session, key: Place) -> Outcome:
    """Numbers and times only: what is to be taken out is not copied to a terminal."""
    held = [
        {"record": r.seq, "at": r.at, "what": _what(r), "words": bool(r.words), "now": r.in_force}
        for r in redactable(session, key)
    ]
    lines = [f"{h['record']} {h['at']} {h['what']}{' in force' if h['now'] else ''}" for h in held]
    return Outcome({"address": str(key), "held": held}, lines)


def _what(piece: Redactable) -> str:
    if piece.kind is Kind.NOTE_ADDED and piece.whole:
        return "note"
    return "value" if piece.kind in _VALUES else "words"


def _second(args: argparse.Namespace) -> str:
    return password(args.second_password_file, f"Password of {args.second}: ")


def _done(done: Erased) -> Outcome:
    data = {"record": done.seq, "erased": done.records, "compacted": done.compacted}
    return Outcome(data, [f"record {done.seq} erased {done.records}"])
