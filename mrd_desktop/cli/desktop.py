"""``mrd-desktop``, the headless commands. With no command the application opens (``ui.main``)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mrd_desktop import __version__
from mrd_desktop.cli import (
    amendment,
    closing,
    computers,
    custody,
    data,
    data_key,
    definition,
    erasing,
    figures,
    golive,
    insight,
    installed,
    missing,
    oversight,
    own_key,
    paper,
    recipient,
    recovery,
    reports,
    review,
    second,
    support,
    transfer,
    update,
    vows,
)
from mrd_desktop.cli.console import Command, Parser, acting, common, run
from mrd_desktop.insight.figures.files import Painter


def parser(painters: Mapping[str, Painter] | None = None) -> Parser:
    """The whole command line.

    Args:
        painters: of figures in formats that the core cannot draw.
    """
    top = Parser(
        prog="mrd-desktop",
        description="Offline clinical data entry. Without a command the application opens.",
        epilog="mrd-desktop [SITE] opens the application; demo --out DIR plays a clinic month.",
    )
    top.add_argument("--version", action="version", version=f"mrd-desktop {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _folder_commands(_Adder(commands))
    _data_commands(_Adder(commands))
    figures.options(
        _Adder(commands)("figures", figures.write, "write the figures as files", site=True),
        painters or {},
    )
    _paper_commands(_Adder(commands))
    _erasing_commands(_Adder(commands))
    _custody_commands(_Adder(commands))
    _closing_commands(_Adder(commands))
    about = "look at an update of the program, or install it by two people"
    update.options(_Adder(commands)("update", update.update, about))
    study = commands.add_parser("study", help="check, diff, odm: study definitions")
    kinds = study.add_subparsers(dest="study_act", required=True, metavar="ACT")
    _study_commands(_Adder(kinds, signed_in=False))
    _Adder(commands, signed_in=False)(
        "installation", installed.check, "hold the installed files against the release (IQ)"
    )
    return top


def _folder_commands(add: _Adder) -> None:
    p = add("new", custody.new_site, "make a site folder", site=True)
    p.add_argument("--site", dest="number", required=True, metavar="NN", help="site number")
    p.add_argument("--name", required=True, help="name of the site")
    p.add_argument("--admin", required=True, metavar="USER", help="first user: site administrator")
    p.add_argument("--admin-name", metavar="TEXT", help="the printed name")
    p.add_argument("--sponsor-key", type=Path, metavar="PUB")
    p.add_argument(
        "--numbers", metavar="501-999", help="a further computer of the site: its subject numbers"
    )
    p.add_argument(
        "--exception", metavar="WHY", help="two-person clinic: the first user enters data as well"
    )
    _making(p)
    p = add("trust", custody.pin, "pin a sponsor's key; without PUB, list the keys", site=True)
    custody.pin_options(p, "PUB")
    p = add("user", custody.user, "add, list, name, role, confirm, close, reset", site=True)
    custody.user_options(p)
    about = "where the sponsors are; an approval to send data abroad"
    recipient.options(add("recipient", recipient.recipient, about, site=True))
    own_key.options(add("rotate-key", own_key.rotate, own_key.ABOUT, site=True))
    data_key.options(add("rotate-data-key", data_key.rotate, data_key.ABOUT, site=True))
    p = add("recovery", recovery.recovery, "the recovery sheet: check, replace, use", site=True)
    recovery.options(p)
    p = add("undertake", vows.undertake, "the undertaking on signatures: read, sign", site=True)
    vows.undertake_options(p)
    p = add(
        "clock", vows.clock, "the clock: see, sign why it was behind, say it is right", site=True
    )
    vows.clock_options(p)
    p = add("training", vows.train, "training: exercises, certificate; live: take in", site=True)
    vows.train_options(p)
    p = add("accounts", oversight.accounts, "the review of accounts: see, sign", site=True)
    oversight.accounts_options(p)
    p = add("milestone", oversight.milestone, "milestones: how they stand, endorse", site=True)
    oversight.milestone_options(p)
    p = add("review-pack", oversight.review_pack, "the periodic review in one file", site=True)
    oversight.review_pack_options(p)
    p = add("activate", golive.activate, "live mode: what it needs, or install", site=True)
    p.add_argument("file", nargs="?", type=Path, metavar="FILE", help="the sponsor's file")
    p.add_argument("--checklist", type=Path, metavar="FILE.json", help='{"QUESTION": "yes or why"}')
    golive.ethics_options(p)


def _data_commands(add: _Adder) -> None:
    p = add("load", data.load, "training: enter story files", site=True)
    p.add_argument("stories", nargs="+", type=Path, metavar="STORY.json")
    p.add_argument("--jsonl", action="store_true", help="a line after each commit")
    p = add("set", data.set_value, "set one value", site=True, address=True)
    p.add_argument("value", help="as typed on screen; missing:CODE for a missing reason")
    p.add_argument("--reason")
    p = add("remove", data.set_aside, "remove a form or row", site=True, address=True)
    p.add_argument("--reason", required=True)
    p = add("restore", custody.restore, "restore a removed form or row, or a backup", site=True)
    p.add_argument("address", nargs="?")
    p.add_argument("--reason")
    p.add_argument("--to", type=Path, metavar="SITE")
    p = add("answer", data.answer, "answer a query", site=True)
    p.add_argument("query")
    p.add_argument("--text", required=True)
    add("sign", data.sign, "sign a complete form", site=True, address=True)
    for name in review.ACTS:
        p = add(name, review.change, f"{name} a form (monitor)", site=True, address=True)
        p.add_argument("--reason", required=True)
    p = add("sdv", review.compare, "mark as compared with the source", site=True, address=True)
    p.add_argument("--differs", metavar="WORDS", help="it differs: how; this becomes a query")
    p = add("import-report", reports.take_report, "take in a laboratory report", site=True)
    p.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX")
    p.add_argument("--mapping", required=True, metavar="NAME", help="remembered name, or a .json")
    p.add_argument("--dry-run", action="store_true", help="tell what each row would do")
    p.add_argument("--reason", help="for every recorded value that changes")
    p.add_argument("--skip-refused", action="store_true", help="take the other rows all the same")
    p = add("audit", data.trail, "the audit trail", site=True)
    p.add_argument("--subject")
    p.add_argument("--find", default="", metavar="WORDS", help="user, day, act, item, subject")
    p.add_argument(
        "--to", type=data.as_trail_file, metavar="FILE.csv|.html|.jsonl", help="as a file"
    )
    p = add("second", second.second, "second entries: where they stand, agreement", site=True)
    second.second_options(p)
    p = add("findings", data.findings, "every finding now", site=True)
    p.add_argument("--as-of", type=data.as_day, metavar="DATE")
    p = add("derive", insight.derive, "derived variables, windows, curves", site=True)
    insight.derive_options(p)
    at = p.add_mutually_exclusive_group()
    at.add_argument("--at-seq", type=int, metavar="N", help="the record as record N left it")
    at.add_argument("--at-package", type=int, metavar="N", help="the record that package N ends")
    p = add("generate", insight.generate, "training: synthetic subjects", site=True)
    p.add_argument("--subjects", type=int, required=True, metavar="N")
    p.add_argument("--seed", type=int, required=True, metavar="S")


def _erasing_commands(add: _Adder) -> None:
    about = (
        "take content out of the record, by two people; "
        "ADDRESS 01-001 for the requests of a subject, incident for the incidents"
    )
    erasing.options(
        add("redact", erasing.redact_content, about, site=True, address=True), link=False
    )
    about = "destroy the identity data of a subject, by two people"
    erasing.options(add("destroy-link", erasing.destroy, about, site=True), link=True)


def _paper_commands(add: _Adder) -> None:
    p = add("print", paper.print_report, "write a report to be printed, as HTML", site=True)
    p.add_argument("what", choices=paper.WHATS, metavar="WHAT", help=", ".join(paper.WHATS))
    p.add_argument("--to", type=Path, required=True, metavar="FILE.html")
    p.add_argument("--subject", metavar="S")
    p.add_argument("--visit", metavar="EVENT", help="M12")
    p.add_argument("--form", metavar="FORM", help="MRD")
    p.add_argument("--number", type=int, metavar="N", help="sae: repeat; follow_up: record")
    p.add_argument("--month", type=paper.as_month, metavar="YYYY-MM")
    about = "delegation: who had a role then"
    p.add_argument("--day", type=data.as_day, metavar="YYYY-MM-DD", help=about)
    p.add_argument("--identity", action="store_true", help="copy: with the identity form")
    p.add_argument("--both", action="store_true", help="both languages side by side")
    p = add("calendar", paper.calendar, "open visits and what is due, as iCalendar", site=True)
    p.add_argument("--to", type=Path, required=True, metavar="FILE.ics")


def _custody_commands(add: _Adder) -> None:
    p = add("verify", transfer.verify, "verify a site, store, package, archive, backup or bundle")
    p.add_argument("path", type=Path)
    p.add_argument(
        "--folder",
        type=Path,
        metavar="SITE|STORE",
        help="whose keys open a package; by default the folder around it",
    )
    p = add("checkpoint", transfer.checkpoint, "the day-end slip, or compare one", site=True)
    p.add_argument("--compare", metavar="SLIP", help='"RECORD CODE", or what the QR code says')
    about = "records that are known elsewhere: list, take back from packages, sign for"
    missing.options(add("missing", missing.missing, about, site=True))
    add("rebuild", custody.rebuild, "fold the ledger again", site=True)
    p = add("export", transfer.export, "write the transfer package", site=True)
    p.add_argument("--to", type=Path, required=True, metavar="DIR")
    what = p.add_mutually_exclusive_group()
    what.add_argument("--full", action="store_true", help="with a snapshot as CSV and ODM-XML")
    about = "headers and deletions alone, while nothing else may leave the country"
    what.add_argument("--deletions", action="store_true", help=about)
    p = add("import", transfer.import_reply, "take in a sponsor's reply", site=True)
    p.add_argument("reply", type=Path)
    p = add("amendment", amendment.amend, "amendments: what waits, install, roll back", site=True)
    amendment.options(p)
    p = add(
        "computer", computers.computer, "the site's other computers: card, add, list", site=True
    )
    computers.computer_options(p)
    about = "subjects between computers: list, hand-over, share, take, take-over"
    computers.subject_options(add("subject", computers.subject, about, site=True))
    p = add("backup", custody.back_up, "make a verified backup", site=True)
    p.add_argument("--to", type=Path, required=True, metavar="DIR")
    p.add_argument("--daily", action="store_true", help="from now on daily, at sign-in")
    p = add("drill", custody.drill, "restore a backup for trial and compare it", site=True)
    p.add_argument("backup", type=Path, metavar="BACKUP")
    support.options(add("support", support.support, support.ABOUT, site=True))


def _closing_commands(add: _Adder) -> None:
    p = add("hand-keys", closing.hand, "end of study: sign where the keys are", site=True)
    closing.hand_options(p)
    p = add("close-out", closing.close, "end of study: the bundle that is handed over", site=True)
    closing.close_options(p)
    p = add("destroy", closing.destroy_site, "after the retention: by two people", site=True)
    closing.destroy_options(p)


def _study_commands(add: _Adder) -> None:
    add("check", definition.check, "check a definition").add_argument("dir", type=Path)
    p = add("diff", definition.diff, "what an amendment changes")
    p.add_argument("a", type=Path)
    p.add_argument("b", type=Path)
    add("odm", definition.metadata, "ODM-XML metadata").add_argument("dir", type=Path)
    p = add("import", definition.take_over, "a definition from an ODM 1.3 metadata file")
    p.add_argument("file", type=Path)
    p.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new folder")
    p.add_argument("--study", metavar="OID", help="the study, where the file holds several")
    p.add_argument("--version", metavar="OID", help="its MetaDataVersion; the last one by default")


class _Adder:
    """Adds a command with the options that all of them share."""

    def __init__(self, commands: Any, *, signed_in: bool = True) -> None:
        self._commands = commands
        self._parents = [common(), acting()] if signed_in else [common()]

    def __call__(
        self, name: str, act: Command, help: str, *, site: bool = False, address: bool = False
    ) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = self._commands.add_parser(
            name, help=help, description=help, parents=self._parents
        )
        made.set_defaults(act=act)
        if site:
            made.add_argument("site", type=Path, metavar="SITE")
        if address:
            made.add_argument("address", metavar="ADDRESS")
        return made


def _making(p: argparse.ArgumentParser) -> None:
    p.add_argument("--training", action="store_true", help="a training folder")
    p.add_argument("--recovery-sheet", type=Path, metavar="FILE")
    p.add_argument("--study", type=Path, metavar="DIR", help="a definition other than the own one")


COMMANDS = frozenset(
    (
        *("new", "trust", "user", "load", "set", "remove", "restore", "answer", "sign", "audit"),
        *("findings", "derive", "generate", "verify", "rebuild", "export", "import", "backup"),
        *("import-report", "freeze", "lock", "unlock", "sdv", "print", "figures", "calendar"),
        *("second", "study", "installation", "update"),
        *("activate", "checkpoint", "missing", "drill", "amendment", "redact", "destroy-link"),
        *("clock", "undertake", "training", "recovery", "accounts", "milestone", "review-pack"),
        *("computer", "subject", "rotate-key", "rotate-data-key", "recipient"),
        *("close-out", "hand-keys", "destroy", "support"),
    )
)
"""What is headless; everything else is the application's."""


def main(argv: Sequence[str] | None = None, painters: Mapping[str, Painter] | None = None) -> int:
    """Run one headless command; the exit code."""
    return run(parser(painters), sys.argv[1:] if argv is None else argv)
