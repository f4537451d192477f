"""Commands of what a person states: the undertaking, training before live work, the clock."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Final

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.foreign import first_bytes
from mrd_desktop.texts import Text
from mrd_desktop.vault import clock_note, exercises, stating, training, undertaking, users
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session


def undertake(args: argparse.Namespace) -> Outcome:
    """Say the undertaking; sign it with ``--agree``."""
    user, secret = _who(args)
    language = speech(args)
    with open_as(args.site, user, secret, args) as session:
        if args.agree:
            stating.undertake(session, secret, language)
        data = {"user": session.user, "version": undertaking.undertaking().version}
        signed = session.undertaken
    lines = [undertaking.words(language), "signed" if signed else "not signed; sign with --agree"]
    return Outcome({**data, "signed": signed}, lines)


def train(args: argparse.Namespace) -> Outcome:
    """On a training site the own exercises or their certificate; at a live one, who is trained."""
    user, secret = _who(args)
    with open_as(args.site, user, secret, args) as session:
        if session.folder.training:
            return _exercises(args, session, secret)
        if args.name:
            file = first_bytes(existing(args.certificate)) if args.certificate else None
            training.attest(
                session, args.name, secret, language=speech(args), certificate=file,
                words=args.reason or "",
            )  # fmt: skip
        session.require("user.manage", signs=True)
        waiting = [a.user for a in users.list_users(session) if training.needs(session, a)]
    return Outcome({"waiting": waiting}, [f"not trained: {u}" for u in waiting])


def _exercises(args: argparse.Namespace, session: Session, secret: str) -> Outcome:
    if args.name or args.certificate:
        raise WrongUsage("training SITE [--to FILE]")
    language = speech(args)
    if args.to:
        write_atomically(args.to, exercises.certify(session, secret, language))
    found = exercises.progress(session)
    data = {
        "version": exercises.plan().version,
        "exercises": {p.exercise.oid: {"done": p.done, "of": p.exercise.times} for p in found},
        "certificate": str(args.to) if args.to else None,
    }
    said = [f"{p.done}/{p.exercise.times} {p.exercise.text.say(language)}" for p in found]
    return Outcome(data, said)


def clock(args: argparse.Namespace) -> Outcome:
    """Say how the clock stands; sign that one which was behind is right now, or say it is right."""
    user, secret = _who(args)
    language = speech(args)
    with open_as(args.site, user, secret, args) as session:
        if args.reason is not None:
            clock_note.note_clock(session, args.reason, secret, language=language)
        if args.right is not None:
            clock_note.affirm(session, args.right)
        behind, doubt = clock_note.behind(session), session.clock.doubt()
        now = session.clock.zone.local(stamp(session.clock.wall())).isoformat(" ", "minutes")
        last = session.clock.bound or None
    data = {"now": now, "last": last, "behind": behind is not None, "doubt": doubt}
    said = behind.text.say(language) if behind else "not behind the last record"
    asked = [_ASKED.say(language)] if doubt and not behind else []
    return Outcome(data, [now, said, *asked])


_ASKED: Final = Text(
    "nobody has said that the date is right: compare with another clock, then --right and the day",
    "尚无人确认日期正确：请与其他时钟核对，然后用 --right 写明当天日期",
)


def clock_options(p: argparse.ArgumentParser) -> None:
    """Why it was wrong, or that it is right."""
    p.add_argument("--reason", metavar="WHY", help="it is right now: why it was wrong; this signs")
    p.add_argument(
        "--right", type=date.fromisoformat, metavar="DAY",
        help="today, by another clock (2027-03-16): this computer's date is right",
    )  # fmt: skip


def undertake_options(p: argparse.ArgumentParser) -> None:
    """Whether it is signed."""
    p.add_argument("--agree", action="store_true", help="sign it with the own password")


def train_options(p: argparse.ArgumentParser) -> None:
    """Whose training is signed for, and by what."""
    p.add_argument("name", nargs="?", metavar="NAME", help="live: whose training is signed for")
    p.add_argument("--certificate", type=Path, metavar="FILE", help="live: of the training site")
    p.add_argument("--reason", metavar="WORDS", help="live: how, where there is no certificate")
    p.add_argument("--to", type=Path, metavar="FILE", help="training: write the certificate")


def _who(args: argparse.Namespace) -> tuple[str, str]:
    existing(args.site)
    return user_name(args), password(args.password_file)
