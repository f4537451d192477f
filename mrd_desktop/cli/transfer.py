"""Commands of the transfer at the site: export, import of replies, verify."""

from __future__ import annotations

import argparse

from mrd_desktop.cli.console import Outcome, existing, speech
from mrd_desktop.cli.custody import verify_open
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.transfer import reply as replies
from mrd_desktop.transfer.export import export as write_package
from mrd_desktop.vault import backup


def export(args: argparse.Namespace) -> Outcome:
    """Write the next transfer package."""
    with open_session(args, args.site) as session:
        made = write_package(session, args.to, full=args.full)
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
    ]
    return Outcome(data, lines)


def import_reply(args: argparse.Namespace) -> Outcome:
    """Take in a sponsor's reply: receipts and queries, never a clinical value."""
    path = existing(args.reply)
    with open_session(args, args.site) as session:
        adopted = replies.import_reply(session, path)
    data = {
        "verdict": adopted.verdict.value,
        "reason": adopted.code,
        "queries": adopted.queries,
        "receipts": adopted.receipts,
        "definition": adopted.definition,
    }
    words = adopted.reason.say(speech(args)) if adopted.reason else ""
    return Outcome(data, [f"{adopted.verdict.value} {words}".strip()])


def verify(args: argparse.Namespace) -> Outcome:
    """Verify a site folder, store, backup, package or archive."""
    path = existing(args.path)
    if backup.is_backup(path):
        with backup.unpacked(path) as folder, open_session(args, folder) as session:
            return verify_open(session)
    with open_session(args, path) as session:
        return verify_open(session)
