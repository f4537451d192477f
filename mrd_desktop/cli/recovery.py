"""Commands of the recovery sheet: where it stands, check it, replace it by two people, use it."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.sessions import definition, open_as
from mrd_desktop.foreign import first_bytes
from mrd_desktop.record import projection
from mrd_desktop.transfer.tail.coming import compare
from mrd_desktop.vault import clock_note, folder, new_sheet, users
from mrd_desktop.vault.errors import RecordsMissing, StorageError
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.storage import storage_errors

ACTS = ("state", "check", "replace", "use")


def recovery(args: argparse.Namespace) -> Outcome:
    """One act on the recovery sheet."""
    existing(args.site)
    if args.act_on in ("check", "use") and not args.sheet:
        raise WrongUsage("--sheet FILE")
    if args.act_on == "use":
        return _used(args)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        match args.act_on:
            case "check":
                text = first_bytes(existing(args.sheet)).decode("utf-8")
                serial = new_sheet.check_sheet(session, text)
                return Outcome({"valid": True, "serial": serial}, [f"valid: No. {serial}"])
            case "replace":
                if not (args.cause and args.second):
                    raise WrongUsage("recovery SITE replace --cause CODE --second USER")
                asked = f"Password of {args.second}: "
                made = new_sheet.replace_sheet(
                    session, args.cause, secret, second=args.second,
                    second_password=password(args.second_password_file, asked),
                    deliver=partial(_written, args.sheet) if args.sheet else None,
                )  # fmt: skip
                return _made(args, made)
        found = new_sheet.standing(session)
    data = {
        "serial": found.serial if found.shown else None,
        "since": found.since.isoformat() if found.shown else None,
        "due": found.due,
    }
    if not found.shown:
        return Outcome(data, ["no valid sheet: recovery SITE replace --cause lost --second USER"])
    return Outcome(data, [f"No. {found.serial} since {found.since}, {found.days} days"])


def _written(path: Path, sheet: str) -> None:
    """Before anything changes the file holds the sheet: a medium that refuses loses nothing."""
    write_atomically(path, sheet.encode())
    with storage_errors():
        if path.read_bytes() != sheet.encode():
            raise StorageError


def _made(args: argparse.Namespace, made: new_sheet.NewSheet) -> Outcome:
    lines = [f"No. {made.serial}", *(f"reset: {u}" for u in made.voided)]
    data = {"serial": made.serial, "recovery_sheet": made.sheet, "voided": list(made.voided)}
    return Outcome(data, lines if args.sheet else [*lines, "", made.sheet])


def _used(args: argparse.Namespace) -> Outcome:
    """All passwords are lost: an account from the sheet, with keys of its own."""
    if not args.role:
        raise WrongUsage("recovery SITE use --sheet FILE --user U --role R")
    text = first_bytes(existing(args.sheet)).decode("utf-8")
    user, secret = user_name(args), password(args.password_file)
    with folder.recover(
        args.site, text, user=user, role=args.role, password=secret, study=definition(),
        fold=projection.fold, now=args.now, before=compare,
    ) as session:  # fmt: skip
        if session.hold is None:
            if args.clock:
                clock_note.note_clock(session, args.clock, secret, language=speech(args))
            session.announce()  # refused while the clock is behind and nobody has said why
        elif not _stands(session):
            raise RecordsMissing
        data = {"user": session.user, "role": session.role}
    return Outcome(data, [f"{data['user']} {data['role']}"])


def _stands(session: Session) -> bool:
    """Whether the account was there before: then it gets its new key with the next record."""
    return any(a.user == session.user for a in users.list_users(session))


def options(p: argparse.ArgumentParser) -> None:
    """What is done with the sheet."""
    p.add_argument("act_on", choices=ACTS, metavar="ACT", help=", ".join(ACTS))
    p.add_argument("--sheet", type=Path, metavar="FILE", help="the sheet; replace: where to write")
    p.add_argument("--cause", choices=sorted(new_sheet.CAUSES))
    p.add_argument("--second", metavar="USER", help="replace: who confirms, manages users")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
    p.add_argument("--role", help="use: role of the account")
    p.add_argument("--clock", metavar="WHY", help="use: why the clock stands behind the records")
