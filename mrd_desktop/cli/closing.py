"""Commands of the end of a study: where the keys are, the close-out bundle, destruction."""

from __future__ import annotations

import argparse
from pathlib import Path

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, password, speech, user_name
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.closing import destruction, own_keys
from mrd_desktop.closing.bundle import close_out, standing
from mrd_desktop.closing.keys import Handing, hand_keys
from mrd_desktop.closing.layout import MISSING
from mrd_desktop.texts import Text
from mrd_desktop.transfer.export import ready


def close(args: argparse.Namespace) -> Outcome:
    """How the hand-over stands; with ``--out`` the bundle is written."""
    language = speech(args)
    made = None
    with open_session(args, args.site) as session:
        if args.out is not None:
            made = close_out(session, existing(args.out), language=language)
        stands = standing(session)
    missing = stands.missing if made is None else made.missing
    last, held = stands.package, stands.keys
    data = {
        "complete": not missing,
        "missing": list(missing),
        "package": None if last is None else last.number,
        "receipt": None if last is None or last.receipt is None else last.receipt.received,
        "keys": None if held is None else {"at": held.at, "user": held.user, "valid": held.valid},
        "path": None if made is None else str(made.path),
        "files": None if made is None else made.files,
        "sha256": None if made is None else made.sha256,
    }
    lines = [] if made is None else [str(made.path), f"closeout.json {made.sha256}"]
    lines += [f"incomplete: {MISSING[code].say(language)}" for code in missing] or ["complete"]
    return Outcome(data, lines)


def store_keys(args: argparse.Namespace) -> Outcome:
    """Write a sealed copy of the store's own key, so that stock tools open what sites sent."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    phrase = None if args.passphrase_file is None else password(args.passphrase_file)
    with open_as(args.site, user, secret, args) as session:
        made = own_keys.copy_keys(session, ready(args.to), secret, passphrase=phrase)
    data = {"path": str(made.path), "sealed": made.sealed, "sha256": made.sha256}
    return Outcome(data, [str(made.path), SEALED_TO[made.sealed].say(speech(args))])


SEALED_TO = {
    own_keys.SHEET: Text(
        "The recovery sheet opens the key in it. Lock the folder away, apart from the sheet.",
        "其中的密钥需用恢复单打开。请将文件夹与恢复单分开加锁保管。",
    ),
    own_keys.WORDS: Text(
        "Your passphrase opens the key in it; nobody else knows it. Lock the folder away.",
        "其中的密钥需用您设置的口令打开，他人无从得知。请将文件夹加锁保管。",
    ),
}


def hand(args: argparse.Namespace) -> Outcome:
    """Sign who keeps the recovery sheet and the folder."""
    existing(args.site)
    if not (args.sheet and args.first and args.second and args.folder_at):
        raise WrongUsage("hand-keys SITE --sheet NO --first WHO --second WHO --folder-at WHERE")
    user, secret = user_name(args), password(args.password_file)
    what = Handing(args.sheet, args.first, args.second, args.folder_at)
    with open_as(args.site, user, secret, args) as session:
        done = hand_keys(session, what, secret, language=speech(args))
    return Outcome({"seq": done.seq, "at": done.at}, [f"record {done.seq}"])


def destroy_site(args: argparse.Namespace) -> Outcome:
    """What destruction would take; with ``--certificate`` it is done, by two people."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        found = destruction.plan(session)
        made = None
        if args.certificate is not None:
            if not args.second:
                raise WrongUsage("destroy SITE --certificate DIR --second USER")
            other = password(args.second_password_file, f"Password of {args.second}: ")
            made = destruction.destroy(
                session, existing(args.certificate), secret,
                second=args.second, second_password=other,
            )  # fmt: skip
    data = {
        "retained_until": found.retention.until.isoformat(),
        "last": found.retention.last.isoformat(),
        "backups": [str(p) for p in found.backups],
        "elsewhere": [e.json() for e in found.elsewhere],
        "bundles": found.bundles,
        "missing": list(found.missing),
        "certificate": None if made is None else str(made.path),
    }
    lines = [f"kept until {found.retention.until}", *map(str, found.backups)]
    lines += [f"elsewhere: {e.medium} {e.backups} {e.last}" for e in found.elsewhere]
    lines += [] if made is None else [f"destroyed; certificate {made.path}"]
    return Outcome(data, lines)


def certificate(args: argparse.Namespace) -> Outcome:
    """Check a certificate of destruction at the sponsor."""
    with open_session(args, args.site) as session:
        found = destruction.read_certificate(session, existing(args.file))
    said = dict(found.said)
    names = ("site", "chain", "at", "user", "second", "retained_until", "backups", "elsewhere")
    data = {name: said[name] for name in names}
    return Outcome(data, [f"{said['site']} {said['chain']} destroyed {said['at']}"])


def destroy_options(p: argparse.ArgumentParser) -> None:
    """Where the certificate goes, and who confirms."""
    p.add_argument("--certificate", type=Path, metavar="DIR", help="do it; the proof goes there")
    p.add_argument("--second", metavar="USER", help="who confirms: manages users")
    p.add_argument("--second-password-file", type=Path, metavar="F2")


def close_options(p: argparse.ArgumentParser) -> None:
    """Where the bundle goes."""
    p.add_argument("--out", type=Path, metavar="DIR", help="write the bundle into a folder there")


def hand_options(p: argparse.ArgumentParser) -> None:
    """Where the keys are."""
    p.add_argument("--sheet", metavar="NO", help="number of the recovery sheet in force")
    p.add_argument("--first", metavar="WHO", help="who keeps half A, and where")
    p.add_argument("--second", metavar="WHO", help="who keeps half B, and where")
    p.add_argument("--folder-at", metavar="WHERE", help="who keeps the folder or its last backup")
