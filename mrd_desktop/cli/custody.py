"""Commands on the folder itself: make, users, trust, verify, rebuild, backup, restore."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from mrd_desktop.cli.console import REFUSED, Outcome, WrongUsage, existing, password, speech
from mrd_desktop.cli.data import as_day, set_aside
from mrd_desktop.cli.sessions import chosen_definition, open_session
from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger import sshsig
from mrd_desktop.record import projection, staff
from mrd_desktop.record.soundness import check
from mrd_desktop.record.verifying import Checked
from mrd_desktop.texts import Text
from mrd_desktop.transfer.checking import verify_around
from mrd_desktop.vault import (
    backup,
    computers,
    confirming,
    own_key,
    rota,
    signers,
    trust,
    users,
)
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.folder import NewSite, create_site, create_store
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session

USER_ACTS = ("add", "list", "name", "role", "confirm", "close", "reset")


def new_site(args: argparse.Namespace) -> Outcome:
    """Make a site folder with its administrator."""
    study, data = chosen_definition(args)
    sponsor = first_bytes(existing(args.sponsor_key)) if args.sponsor_key else None
    made = create_site(
        args.site,
        site=args.number,
        name=args.name,
        training=args.training,
        admin=args.admin,
        admin_name=args.admin_name or "",
        password=password(args.password_file),
        study=study,
        fold=projection.fold,
        now=args.now,
        sponsor_key=sponsor,
        exception=args.exception or "",
        definition=data,
        numbers=None if args.numbers is None else computers.block_of(args.numbers),
    )
    return _made(args, made, {"site": args.number})


def new_store(args: argparse.Namespace) -> Outcome:
    """Make a sponsor's store with its first user."""
    study, data = chosen_definition(args)
    made = create_store(
        args.site,
        training=args.training,
        admin=args.admin,
        admin_name=args.admin_name or "",
        password=password(args.password_file),
        study=study,
        fold=projection.fold,
        now=args.now,
        definition=data,
    )
    return _made(args, made, {"store": str(args.site)})


def _made(args: argparse.Namespace, made: NewSite, data: dict[str, Any]) -> Outcome:
    """The recovery sheet is shown once; a file is written only when asked for."""
    if args.recovery_sheet:
        write_atomically(args.recovery_sheet, made.recovery_sheet.encode())
    shown = made.recovery_sheet if not args.training or args.recovery_sheet else None
    lines = [f"fingerprint {made.fingerprint}"]
    if shown and not args.recovery_sheet:
        lines += ["", shown]
    data |= {"fingerprint": made.fingerprint, "recovery_sheet": shown}
    return Outcome(data, lines)


def user(args: argparse.Namespace) -> Outcome:
    """Add, list, name, move, confirm, close or reset accounts."""
    if args.act_on != "list" and not args.name:
        raise WrongUsage("NAME")
    if args.act_on in ("add", "role") and not args.role:
        raise WrongUsage("--role")
    secret = password(args.new_password_file) if args.new_password_file else None
    with open_session(args, args.site) as session:
        match args.act_on:
            case "add":
                made = staff.add_user(
                    session, args.name, args.role, password=secret,
                    exception=args.exception or "", until=args.until,
                    full_name=args.full_name or "",
                )  # fmt: skip
                return _user_made(made)
            case "role":
                why = args.exception or ""
                staff.grant_role(session, args.name, args.role, exception=why, until=args.until)
            case "name":
                staff.name_user(session, args.name, args.full_name or "", args.reason or "")
            case "confirm":
                _confirm(session, args)
            case "close":
                staff.close_user(session, args.name, args.reason or "")
            case "reset":
                return _user_made(users.reset_user(session, args.name, password=secret))
        listed, alone = users.list_users(session), confirming.exceptions(session)
    rows = [_account(a, alone.get(a.user)) for a in listed]
    return Outcome(rows, [f"{r['user']} {r['role']} {r['state']}" for r in rows])


def _confirm(session: Session, args: argparse.Namespace) -> None:
    """Confirm a key; the second person types the own password, told what it signs."""
    second, secret = args.second or "", ""
    if args.second_password_file and not second:
        raise WrongUsage("--second")
    if second:
        account = users.open_account(session, args.name)
        signing = _SIGNING.filled(
            second=second, user=account.user, name=account.printed, key=account.key,
            document=args.document or "-", delegation=args.delegation or "-",
        )  # fmt: skip
        asked = f"Password of {second}: "
        secret = password(args.second_password_file, asked, signing.say(speech(args)))
    staff.confirm_user(
        session, args.name, args.document or "", delegation=args.delegation or "", second=second,
        second_password=secret, exception=args.exception or "",
    )  # fmt: skip


_SIGNING: Final = Text(
    "{second} signs that the key {key} is that of {user} ({name}): met in person, document looked "
    "at: {document}; on the delegation log: {delegation}.",
    "{second} 签名确认密钥 {key} 属于 {user}（{name}）：已当面核对，证件：{document}；"
    "授权分工表：{delegation}。",
)


def user_options(p: argparse.ArgumentParser) -> None:
    """Arguments of ``user``."""
    p.add_argument("act_on", choices=USER_ACTS, metavar="ACT")
    p.add_argument("name", nargs="?")
    p.add_argument("--role")
    p.add_argument("--reason")
    p.add_argument("--new-password-file", type=Path, metavar="F2")
    p.add_argument(
        "--exception", metavar="WHY", help="why a combined role is given, or one person confirms"
    )
    p.add_argument("--full-name", metavar="TEXT", help="printed name beside signatures")
    p.add_argument("--until", type=as_day, metavar="DATE", help="last day of the account")
    kinds = ", ".join(confirming.DOCUMENTS)
    p.add_argument("--document", metavar="KIND", help=f"confirm: {kinds}")
    p.add_argument("--delegation", metavar="TEXT", help="confirm: line of the delegation log")
    p.add_argument("--second", metavar="U2", help="confirm: who looked as well")
    p.add_argument("--second-password-file", type=Path, metavar="F3")


def _user_made(made: users.NewUser) -> Outcome:
    lines = [made.user] + ([f"one-time code {made.code}"] if made.code else [])
    return Outcome({"user": made.user, "code": made.code}, lines)


def _account(a: Account, alone: str | None) -> dict[str, Any]:
    state = "closed" if a.closed else "ready" if a.key else "waiting"
    return {
        "user": a.user,
        "name": a.name,
        "role": a.role,
        "state": state,
        "vault": a.vault,
        "full_name": a.full_name,
        "confirmed": a.confirmed,
        "confirmed_alone": alone,
    }


def pin_options(p: argparse.ArgumentParser, pub: str) -> None:
    """Options of ``trust``."""
    p.add_argument("pub", type=Path, nargs="?", metavar=pub)
    p.add_argument("--replace", action="store_true")
    compared_option(p)


def compared_option(p: argparse.ArgumentParser) -> None:
    """The fingerprint that a person compared: what the former key alone signed is not enough."""
    about = "fingerprint of the new key, as compared with its owner (.mrdrotation or card)"
    p.add_argument("--compared", metavar="KEY", help=about)


def pin(args: argparse.Namespace) -> Outcome:
    """Pin a sponsor's key at a site, or a site's key at a store; without one, list them.

    A change of a key (``.mrdrotation``) is followed where the key trusted until now signed it and
    ``--compared`` is the fingerprint of the new one.
    """
    if args.pub is None:
        with open_session(args, args.site) as session:
            listed = list(signers.allowed(session))
        return Outcome(listed, listed)
    content = first_bytes(existing(args.pub))
    with open_session(args, args.site) as session:
        change = trust.rotation_in(content)
        at_site = session.folder.kind is FolderKind.SITE
        if change is not None and at_site and change.holder == trust.Holder.SITE.value:
            identity = computers.add(session, content, compared=args.compared).identity
        else:
            identity = trust.pin(session, content, replace=args.replace, compared=args.compared)
        changed = own_key.changed(session)
    allowed = signers.line(signers.name_of(identity.holder, identity.site), identity.sign)
    data = {
        "holder": identity.holder.value,
        "site": identity.site or None,
        "fingerprint": identity.fingerprint,
        "sha256": sshsig.fingerprint(identity.sign.raw),
        "allowed": allowed,
    }
    words = f"{identity.holder.value} {identity.site} {identity.fingerprint}"
    lines = [words, f"{data['sha256']} (ssh-keygen -l)", allowed]
    return Outcome(data, lines + ([_CHANGED.en, _CHANGED.zh] if changed else []))


_CHANGED: Final = Text(
    "This folder's own key was changed before. If the other side has an older file of it, hand "
    "over what `rotate-key FOLDER --again --to DIR` writes; it takes that with `trust`.",
    "本文件夹的密钥此前已更换。若对方持有的是旧文件，请交付 `rotate-key FOLDER --again --to DIR` "
    "所写的文件，由对方用 `trust` 导入。",
)


def verify_open(session: Session) -> Outcome:
    """Verify an open site or store."""
    return verdict(verify_around(session))


def verdict(checks: tuple[Checked, ...]) -> Outcome:
    """What ``verify`` says: exit code 1 where a check failed."""
    failed = [c for c in checks if c.ok is False]
    signs = {True: "ok", False: "FAILED", None: "-"}
    lines = [f"{signs[c.ok]:>6}  {c.name}: {c.detail.en}" for c in checks]
    data = {"ok": not failed, "checks": [c.as_json() for c in checks]}
    if not failed:
        return Outcome(data, lines)
    first = failed[0]
    complaint = Text(
        f"Verification failed: {first.name}: {first.detail.en}",
        f"校验未通过：{first.name}：{first.detail.zh}",
    )
    return Outcome(data, lines, REFUSED, complaint)


def rebuild(args: argparse.Namespace) -> Outcome:
    """Throw the projection away and fold the ledger again."""
    with open_session(args, args.site) as session:
        session.require("verify")
        with session.writing() as conn:
            differed = projection.rebuild(conn)
        check(session)
    lines = differed or ["nothing differed"]
    return Outcome({"differed": bool(differed), "differences": differed}, lines)


def back_up(args: argparse.Namespace) -> Outcome:
    """Make a verified backup."""
    with open_session(args, args.site) as session:
        if args.daily:
            args.to.mkdir(parents=True, exist_ok=True)
            rota.choose_target(session, args.to)
        report = backup.backup(session, args.to)
    data = {
        "path": str(report.path),
        "sha256": report.sha256,
        "size": report.size,
        "seq": report.head.seq,
        "apart": report.apart,
    }
    return Outcome(data, [str(report.path)])


def drill(args: argparse.Namespace) -> Outcome:
    """Restore a backup for trial and compare it with the site."""
    with open_session(args, args.site) as session:
        found = backup.drill(session, existing(args.backup))
    data = {"seq": found.head.seq, "behind": found.behind}
    return Outcome(data, [f"restores whole; {found.behind} records have come since"])


def restore(args: argparse.Namespace) -> Outcome:
    """``restore BACKUP --to SITE``, or ``restore SITE ADDRESS --reason R``."""
    if args.to is None:
        if args.address is None or args.reason is None:
            raise WrongUsage("restore BACKUP --to SITE | restore SITE ADDRESS --reason R")
        return set_aside(args)
    found = backup.find_backup(existing(args.site))
    report = backup.restore(found.path, args.to, known=found.newer)
    data = {
        "path": str(report.path),
        "seq": report.head.seq,
        "missing": report.missing,
        "signed": report.signed,
    }
    doubt = [] if found.doubt is None else [found.doubt.en]
    return Outcome(data, [str(report.path), *doubt])
