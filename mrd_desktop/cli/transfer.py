"""Commands of the transfer at the site: export, import of replies, verify."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from mrd_desktop.cli.console import (
    REFUSED,
    Outcome,
    WrongUsage,
    existing,
    password,
    speech,
    user_name,
)
from mrd_desktop.cli.custody import verdict, verify_open
from mrd_desktop.cli.sessions import open_as, open_session
from mrd_desktop.closing.checking import check_bundle, is_closeout
from mrd_desktop.insight.reports.certified import check_copy, is_certified
from mrd_desktop.insight.reports.errors import NotCertified
from mrd_desktop.ledger.ids import key_id
from mrd_desktop.record import heard
from mrd_desktop.record.verifying import NAMES, Checked
from mrd_desktop.texts import Text
from mrd_desktop.transfer import reply as replies
from mrd_desktop.transfer.approval import approve
from mrd_desktop.transfer.checking import verify_file
from mrd_desktop.transfer.checkpoint import Verdict, read_slip, take_slip
from mrd_desktop.transfer.export import export as write_package
from mrd_desktop.transfer.loss import take_up
from mrd_desktop.vault import backup, compared
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.trust import pins


def export(args: argparse.Namespace) -> Outcome:
    """Write the next transfer package."""
    existing(args.site)
    user, secret = user_name(args), password(args.password_file)
    with open_as(args.site, user, secret, args) as session:
        # Who may not sign yet still practises: the package is then released by nobody, and says so.
        approval = approve(session, secret, speech(args)) if session.may_sign else None
        made = write_package(
            session, args.to, full=args.full, deletions=args.deletions, approval=approval
        )
    data = {
        "package": made.package,
        "number": made.number,
        "path": str(made.path),
        "manifest_sha256": made.manifest_sha256,
        "head_before": made.head_before.json(),
        "head_after": made.head_after.json(),
        "records": made.records,
        "opened": made.opened,
        "withheld": dict(made.withheld),
    }
    held = ", ".join(f"{k} {n}" for k, n in sorted(made.withheld.items())) or "-"
    lines = [
        str(made.path),
        f"package {made.number}: {made.records} records, {made.opened} opened, withheld: {held}",
        f"manifest {made.manifest_sha256}",
        *(() if approval else ("released by nobody: practice data",)),
    ]
    return Outcome(data, lines)


def import_reply(args: argparse.Namespace) -> Outcome:
    """Take in a sponsor's reply: receipts and queries, never a clinical value."""
    path = existing(args.reply)
    with open_session(args, args.site) as session:
        adopted = take_up(session, path)
        if adopted.words:  # they are printed below, to who is signed in
            with session.reading() as conn:
                upto = dict(heard.came(conn, session.folder.chain))
            heard.mark_read(session, upto)
    data: dict[str, object] = {
        "verdict": adopted.verdict.value,
        "reason": adopted.code,
        "queries": adopted.queries,
        "receipts": adopted.receipts,
        "definition": adopted.definition,
    }
    if adopted.refused:  # scripts know the five fields above
        data["refused"] = [
            {
                "number": r.number,
                "verdict": r.verdict.value,
                "reason": r.code,
                "missing": list(r.missing),
                "message_en": r.text.en,
                "message_zh": r.text.zh,
            }
            for r in adopted.refused
        ]
    if adopted.key:
        data["key"] = adopted.key
    if adopted.words:
        data["words"] = [dict(w.json()) for w in adopted.words]
    if adopted.compared:
        said = adopted.compared
        data["accounts"] = {**said.said.json(), "same": said.same}
    language = speech(args)
    words = adopted.reason.say(language) if adopted.reason else ""
    told = [r.text.say(language) for r in adopted.refused]
    told += [replies.NEW_KEY.filled(key=adopted.key).say(language)] if adopted.key else []
    told += [f"{w.user}: {w.text}" for w in adopted.words]
    told += [t.say(language) for t in compared.words(adopted.compared)] if adopted.compared else []
    return Outcome(data, [f"{adopted.verdict.value} {words}".strip(), *told])


def checkpoint(args: argparse.Namespace) -> Outcome:
    """The day-end slip; or, with ``--compare``, whether a slip agrees with this folder."""
    with open_session(args, args.site) as session:
        if args.compare is not None:
            found = read_slip(session, args.compare)
            bad = found.verdict is not Verdict.SAME
            data = {
                "verdict": found.verdict.value,
                "missing": found.missing,
                "message_en": found.text.en,
                "message_zh": found.text.zh,
            }
            lines = [] if bad else [found.text.say(speech(args))]
            return Outcome(data, lines, REFUSED if bad else 0, found.text if bad else None)
        slip = take_slip(session)
    data = {**asdict(slip), "qr": slip.qr}
    return Outcome(data, [f"{slip.site} {slip.name} {slip.at}", f"{slip.seq}  {slip.grouped}"])


def verify(args: argparse.Namespace) -> Outcome:
    """Verify a site folder, store, backup, package, reply or archive of them."""
    path = existing(args.path)
    if path.is_file():
        return _verify_file(args, path)
    if is_closeout(path):
        return _verify_closeout(args, path)
    if backup.is_backup(path):
        with backup.unpacked(path) as folder, open_session(args, folder) as session:
            return verify_open(session)
    if path.name in _AROUND and not _is_folder(path) and _is_folder(path.parent):
        return _verify_archive(args, path)
    with open_session(args, path) as session:
        return verify_open(session)


_AROUND = ("archive", "outbox", "inbox")
_FILES = (".mrdpkg", ".mrdreply")


def _verify_file(args: argparse.Namespace, path: Path) -> Outcome:
    """With the keys of ``--folder``, else of the folder around the file if a user is named."""
    folder = args.folder
    if folder is None and args.user and path.parent.name in _AROUND:
        around = path.resolve().parent.parent
        folder = around if _is_folder(around) else None
    if is_certified(path):
        if folder is None:
            raise WrongUsage("verify COPY --folder SITE --user U")
        return _verify_copy(args, path, folder)
    if folder is None:
        return verdict(verify_file(path))
    with open_session(args, folder) as session:
        return verdict(verify_file(path, session))


def _verify_copy(args: argparse.Namespace, path: Path, folder: Path) -> Outcome:
    """A certified copy, by every key that is or was the site's."""
    with open_session(args, folder) as session:
        try:
            key = check_copy(session, path)
        except NotCertified as refused:
            found = Checked("signatures", False, refused.text)
        else:
            told = TODAYS if key == session.site_key() else OTHERS
            found = Checked("signatures", True, told.filled(key=key_id(key)))
    nothing = Text("does not apply here", "此处不适用")
    return verdict(tuple(found if n == found.name else Checked(n, None, nothing) for n in NAMES))


TODAYS = Text("certified under this folder's key {key}", "以本文件夹的密钥 {key} 认证")
OTHERS = Text(
    "certified under {key}, a former key of this folder or that of a site trusted here",
    "以 {key} 认证：本文件夹的旧密钥，或此处所信任中心的密钥",
)


def _verify_closeout(args: argparse.Namespace, path: Path) -> Outcome:
    """By its own key; with ``--folder`` it has to be the key that is trusted there."""
    if args.folder is None:
        return verdict(check_bundle(path))
    with open_session(args, args.folder) as session:
        known = {pin.chain: pin.sign.raw for pin in pins(session)}
        known[session.folder.chain] = session.site_key()
    return verdict(check_bundle(path, known))


def _verify_archive(args: argparse.Namespace, path: Path) -> Outcome:
    """Every package of a folder; what is said of each is the worst of all, with its file's name."""
    worst: dict[str, Checked] = {}
    with open_session(args, args.folder or path.parent) as session:
        for file in sorted(p for p in path.iterdir() if p.suffix in _FILES):
            for check in verify_file(file, session):
                before = worst.get(check.name)
                if before is None or _badness(check) > _badness(before):
                    text = check.detail
                    named = Text(f"{file.name}: {text.en}", f"{file.name}:{text.zh}")
                    worst[check.name] = replace(check, detail=named)
    return verdict(tuple(worst[n] for n in NAMES if n in worst))


def _badness(check: Checked) -> int:
    return {None: 0, True: 1, False: 2}[check.ok]


def _is_folder(path: Path) -> bool:
    return any((path / kind.file_name).is_file() for kind in FolderKind)
