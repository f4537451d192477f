"""``recipient``: where the trusted sponsors are, and by what leave data go abroad."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from mrd_desktop.cli.console import (
    Outcome,
    WrongUsage,
    existing,
    password,
    speech,
    user_name,
)
from mrd_desktop.cli.data import as_day
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.texts import Text
from mrd_desktop.vault import abroad
from mrd_desktop.vault.abroad import CLINICAL, GENETIC, Place


def recipient(args: argparse.Namespace) -> Outcome:
    """List the recipients; with a fingerprint, say where one is."""
    existing(args.site)
    if args.key is None:
        return _listed(args)
    if not (args.jurisdiction and args.purpose and args.second):
        raise WrongUsage("recipient SITE KEY --jurisdiction CC --purpose T --second USER")
    user = user_name(args)
    place = Place(
        args.jurisdiction, args.purpose.strip(), args.approval or "", args.until, args.genetic
    )
    signing = _signing(args.key, place, user, args.second).say(speech(args))
    secret = password(args.password_file, signing=signing)
    with open_as(args.site, user, secret, args) as session:
        other = password(args.second_password_file, f"Password of {args.second}: ", signing)
        pin = abroad.state(
            session, args.key, place, secret, second=args.second, second_password=other
        )
    return Outcome({"key": pin.sign.id, **place.json()}, [f"{pin.sign.id} {place.jurisdiction}"])


def _signing(key: str, place: Place, user: str, second: str) -> Text:
    """What both sign, whole: the second one does not sign unseen what the first one typed."""
    until = "-" if place.until is None else place.until.isoformat()
    return _SIGNING.filled(
        user=user, second=second, key=key, where=place.jurisdiction, purpose=place.purpose,
        number=place.approval or "-", until=until,
        scope=(CLINICAL, GENETIC)[place.genetic] if place.approval else "-",
    )  # fmt: skip


_SIGNING: Final = Text(
    "{user} and {second} sign that they compared the fingerprint {key} with its owner; that the "
    "recipient is in {where} (CN: mainland China); purpose: {purpose}; approval: {number}, "
    "until {until}, for: {scope}.",
    "{user} 与 {second} 签名确认：已与对方核对指纹 {key}；接收方位于 {where}（CN 为中国大陆）；"
    "用途：{purpose}；批准号：{number}，截至 {until}，范围：{scope}。",
)


def _listed(args: argparse.Namespace) -> Outcome:
    with open_session(args, args.site) as session, session.reading() as conn:
        found = abroad.standings(conn, session.folder.chain, session.today())
        training = session.folder.training
    rows, lines = [], []
    for one in found:
        said = {} if one.said is None else dict(one.said.place.json())
        people = [] if one.said is None else [one.said.user, one.said.second]
        lets = training or one.lets
        rows.append({"key": one.pin.sign.id, "lets": lets, "said_by": people, **said})
        where = "-" if one.said is None else one.said.place.jurisdiction
        lines.append(f"{one.pin.sign.id} {where}{'' if lets else ' (nothing leaves)'}")
    return Outcome(rows, lines)


def options(p: argparse.ArgumentParser) -> None:
    """Which key, where, for what, by what leave, who confirms."""
    p.add_argument("key", nargs="?", metavar="KEY", help="fingerprint of the sponsor's key")
    p.add_argument("--jurisdiction", metavar="CC", help="two letters; CN is mainland China")
    p.add_argument("--purpose", metavar="T", help="what the data are for")
    p.add_argument("--approval", metavar="NUMBER", help="of the approval to send abroad")
    p.add_argument("--until", type=as_day, metavar="DATE", help="last day of the approval")
    p.add_argument("--genetic", action="store_true", help="it is for human genetic resources too")
    p.add_argument("--second", metavar="USER", help="who has compared the fingerprint as well")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
