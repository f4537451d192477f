"""Records that are known elsewhere and not here: listed, taken back from packages, signed for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mrd_desktop.cli.console import REFUSED, Outcome, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.texts import Language
from mrd_desktop.transfer import loss
from mrd_desktop.transfer.checkpoint import Finding
from mrd_desktop.transfer.confirmed import turned_away
from mrd_desktop.transfer.loss import Lost
from mrd_desktop.transfer.surroundings import LACKING, Around, around
from mrd_desktop.transfer.tail.coming import bring
from mrd_desktop.transfer.tail.following import Tail
from mrd_desktop.transfer.tail.taking import Offer, offered, take_back
from mrd_desktop.transfer.tail.words import (
    NEVER_AGAIN,
    NOTHING,
    OFFERED,
    TAKEN,
    WITHOUT,
    TailRefused,
)


def options(p: argparse.ArgumentParser) -> None:
    """What the command takes."""
    p.add_argument(
        "--from", dest="source", type=Path, metavar="DIR",
        help="first copy this site's packages from there into its archive",
    )  # fmt: skip
    p.add_argument("--take-back", action="store_true", help="take up what the packages hold")
    p.add_argument("--sign", metavar="WORDS", help="sign for what is still missing: what happened")


def missing(args: argparse.Namespace) -> Outcome:
    """List what is missing; take back what packages hold; sign for the rest."""
    site = existing(args.site)
    brought = () if args.source is None else bring(site, existing(args.source))
    user, secret = user_name(args), password(args.password_file)
    language = speech(args)
    with open_as(site, user, secret, args) as session:
        found = loss.look(session)
        told = turned_away(session)
        offer = offered(session) if found else Offer(None, None)
        taken: Tail | None = None
        if args.take_back:
            if offer.tail is None:
                raise TailRefused(offer.why or NOTHING)
            taken = take_back(session, offer.tail)
            found = loss.look(session)
            offer = Offer(None, None)
        lost = loss.lost(session) if found else ()
        if args.sign is not None and found:
            loss.answer(session, found, args.sign, secret, language=language)
        held = session.hold is not None
        compared = None if held or found else around(session)
    data: dict[str, JSON] = {
        "brought": [path.name for path in brought],
        "found": [_finding(one) for one in found],
        "missing": [_lost(one) for one in lost],
        "instead": None if offer.instead is None else offer.instead.en,
        "offered": _tail(offer.tail),
        "sponsor": [
            {"number": r.number, "reason": r.code, "message_en": r.text.en, "message_zh": r.text.zh}
            for r in told
        ],
        "why": None if offer.why is None else offer.why.en,
        "taken": _tail(taken),
        "held": held,
        "compared": None if compared is None else {
            "backups": compared.backups, "packages": compared.packages,
        },
        "lacking": [] if compared is None else [_lost(one) for one in compared.lacking],
    }  # fmt: skip
    lines = [r.text.say(language) for r in told]
    lines += _lines(found, lost, offer, taken, language)
    lines += [] if compared is None else _compared(compared, taken, language)
    return Outcome(data, lines, REFUSED if held else 0, found[0].text if held and found else None)


def _lines(
    found: Sequence[Finding], lost: Sequence[Lost], offer: Offer, taken: Tail | None,
    language: Language,
) -> Sequence[str]:  # fmt: skip
    lines = [one.text.say(language) for one in found]
    lines += [] if offer.instead is None else [offer.instead.say(language)]
    lines += [_line(one) for one in lost]
    for tail_of, words in ((offer.tail, OFFERED), (taken, TAKEN)):
        if tail_of is not None and (words is TAKEN or offer.instead is None):
            lines.append(tail_of.told(words).say(language))
            if tail_of.without:
                lines.append(WITHOUT.filled(n=len(tail_of.without)).say(language))
                lines += [_line(one) for one in tail_of.without]
    if offer.why is not None:
        lines.append(offer.why.say(language))
    elif found and taken is None and offer.tail is None:
        lines.append(NEVER_AGAIN.say(language))
    return lines


def _compared(here: Around, taken: Tail | None, language: Language) -> list[str]:
    """What it says that nothing was found, and what stays to be done all the same."""
    lines = [here.told.say(language)]
    if here.restored is not None:
        lines.append(here.restored.ask(here.restored.at).say(language))
    if here.lacking and taken is None:
        lines.append(LACKING.filled(n=len(here.lacking)).say(language))
        lines += [_line(one) for one in here.lacking]
    return lines


def _line(one: Lost) -> str:
    return f"{one.seq} {one.at} {one.user or '-'} {one.kind or '-'} {one.place or '-'}"


def _finding(one: Finding) -> dict[str, JSON]:
    return {
        "verdict": one.verdict.value, "missing": one.missing, "source": one.source,
        "message_en": one.text.en, "message_zh": one.text.zh,
    }  # fmt: skip


def _lost(one: Lost) -> dict[str, JSON]:
    return {
        "seq": one.seq, "at": one.at, "user": one.user, "source": one.source,
        "kind": None if one.kind is None else one.kind.value, "place": one.place,
    }  # fmt: skip


def _tail(tail_of: Tail | None) -> dict[str, JSON] | None:
    if tail_of is None:
        return None
    return {
        "first": tail_of.first, "last": tail_of.last, "at": tail_of.at,
        "packages": list(tail_of.packages), "without": [_lost(w) for w in tail_of.without],
    }  # fmt: skip
