"""``rotate-key``: new keys of a site folder or a store, by two people."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Final

from mrd_desktop.cli.console import (
    REFUSED,
    Outcome,
    WrongUsage,
    existing,
    password,
    speech,
    user_name,
)
from mrd_desktop.cli.sessions import open_as
from mrd_desktop.record.renewing import renew
from mrd_desktop.texts import Text
from mrd_desktop.transfer.reply import untold
from mrd_desktop.vault import own_key, trust
from mrd_desktop.vault.errors import StorageError
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import SUFFIX

ABOUT: Final = "new keys of this folder, signed by the key before and by two people"

_PACKAGE: Final = Text(
    "The sponsor is told by the next package: export it.", "下一个数据包会告知申办方，请导出。"
)
_REPLY: Final = Text(
    "Site {site} ({chain}) is told by its next reply: mrd-sponsor reply STORE --site {site}.",
    "下一份回复会告知中心 {site}（{chain}）：mrd-sponsor reply STORE --site {site}。",
)
_SIGNING: Final = Text(
    "{user} and {second} sign that the folder {folder} gets new keys; reason: {reason}.",
    "{user} 与 {second} 签名确认为文件夹 {folder} 更换密钥；原因：{reason}。",
)
_TOLD: Final = Text(
    "Nobody who trusts a former key waits for a package or reply. For whoever was left out: "
    "rotate-key FOLDER --again --to DIR.",
    "没有信任原密钥的一方在等待数据包或回复。如有遗漏，请用 rotate-key FOLDER --again --to DIR。",
)
_NOW: Final = Text("The key in force: {key}", "现用密钥：{key}")


def rotate(args: argparse.Namespace) -> Outcome:
    """Replace the folder's own keys; with ``--to`` also the file that tells of it.

    With ``--again`` nothing is replaced: the files of all changes so far are written.
    """
    existing(args.site)
    if args.again:
        return _again(args)
    if args.list:
        return _list(args)
    if not (args.reason and args.second):
        raise WrongUsage("rotate-key FOLDER --reason T --second USER")
    user = user_name(args)
    act = {"user": user, "second": args.second, "reason": args.reason, "folder": args.site}
    signing = _SIGNING.filled(**act).say(speech(args))
    secret = password(args.password_file, signing=signing)
    with open_as(args.site, user, secret, args) as session:
        now = _NOW.filled(key=session.fingerprint()).say(speech(args))
        asked = f"Password of {args.second}: "
        other = password(args.second_password_file, asked, f"{signing}\n{now}")
        made = renew(session, args.reason, secret, second=args.second, second_password=other)
        unwritten = None if args.to is None else _unwritten(args.to, made.statement)
        waiting, told = _waiting(session, args)
    data = {"former": made.former, "fingerprint": made.fingerprint, "untold": waiting}
    lines = [f"{made.former} -> {made.fingerprint}", *told]
    return Outcome(data, lines) if unwritten is None else Outcome(data, lines, REFUSED, unwritten)


def _unwritten(to: Path, statement: bytes) -> Text | None:
    """Write the file; what is said where it could not be, for the new key is in force then too."""
    try:
        write_atomically(to, statement)
    except (StorageError, OSError):  # the folder is gone, or a stick was pulled out
        return _UNWRITTEN
    return None


_UNWRITTEN: Final = Text(
    "The new key is in force, but the file that tells of it could not be written. Write it with "
    "rotate-key --again --to DIR.",
    "新密钥已启用，但说明此事的文件未能写出。请用 rotate-key --again --to DIR 写出。",
)


def _list(args: argparse.Namespace) -> Outcome:
    if args.to is not None or args.reason or args.second:
        raise WrongUsage("rotate-key FOLDER --list")
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        found = own_key.standing(session)
        waiting, lines = _waiting(session, args)
    data = {
        "fingerprint": found.fingerprint,
        "bar": None if found.bar is None else found.bar.value,
        "untold": waiting,
        "changes": [asdict(change) for change in found.changes],
    }
    rows = [
        f"{c.at[:16]}  {c.former} -> {c.fingerprint}  {c.user}, {c.second}: {c.reason}"
        for c in found.changes
    ]
    return Outcome(data, [_NOW.filled(key=found.fingerprint).say(speech(args)), *rows, *lines])


def _waiting(session: Session, args: argparse.Namespace) -> tuple[list[dict[str, str]], list[str]]:
    """Who still has to be told of the last change, and how."""
    language = speech(args)
    with session.reading() as conn:
        if own_key.since(conn) is None:
            return [], [_TOLD.say(language)] if own_key.changed(session) else []
        store = session.folder.kind is FolderKind.STORE
        waiting = untold(conn, session.folder.chain) if store else None
        pins = [p for p in trust.pins_on(conn) if p.active]
    if waiting is None:
        sponsors = [p for p in pins if p.holder is trust.Holder.SPONSOR]
        return [{"site": "", "chain": p.chain} for p in sponsors], [_PACKAGE.say(language)]
    rows = [{"site": p.site, "chain": p.chain} for p in pins if p.chain in waiting]
    told = [_REPLY.filled(site=r["site"], chain=r["chain"][:8]).say(language) for r in rows]
    return rows, told


def _again(args: argparse.Namespace) -> Outcome:
    if args.to is None or args.reason or args.second:
        raise WrongUsage("rotate-key FOLDER --again --to DIR")
    existing(args.to)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        names = [path.name for path in own_key.write_again(session, args.to)]
    return Outcome({"files": names}, names)


def options(p: argparse.ArgumentParser) -> None:
    """Why, who confirms, where to write the statement."""
    p.add_argument("--reason", metavar="T", help="why the keys are replaced")
    p.add_argument("--second", metavar="USER", help="who confirms: manages users")
    p.add_argument("--second-password-file", type=Path, metavar="F2")
    p.add_argument(
        "--to", type=Path, metavar=f"FILE{SUFFIX}",
        help="the change as a file, for `trust` where a package or reply was lost",
    )  # fmt: skip
    p.add_argument(
        "--list", action="store_true",
        help="change nothing; tell the key in force, its changes and who is not told yet",
    )  # fmt: skip
    p.add_argument(
        "--again", action="store_true",
        help="change nothing; write the files of all changes so far into the folder --to",
    )  # fmt: skip
