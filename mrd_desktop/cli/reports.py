"""Importing laboratory and MRD reports from the command line."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from mrd_desktop.cli.console import REFUSED, Outcome, existing, speech
from mrd_desktop.cli.data import reason_for
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.record.importing.by_test import read_report
from mrd_desktop.record.importing.mapping import (
    Mappings,
    ReportMapping,
    read_mapping,
    unmapped_tests,
)
from mrd_desktop.record.importing.run import import_report, with_reason
from mrd_desktop.record.importing.trial import RowResult, Trial, Verdict, try_report
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session


def take_report(args: argparse.Namespace) -> Outcome:
    """Try a report, or take it in; a refused row ends with exit code 1 and nothing taken in."""
    path = existing(args.file)
    with open_session(args, args.site) as session:
        table = read_report(session.study, path)
        mapping = _mapping(session, args.mapping)
        reason = reason_for(session, args.reason) if args.reason else None
        if args.dry_run:
            trial, forms = try_report(session, table, mapping), 0
            if args.reason:
                trial = with_reason(session, trial, reason)
        else:
            done = import_report(
                session, table, mapping, reason=reason, skip_refused=args.skip_refused
            )
            trial, forms = done.trial, done.forms
    language = speech(args)
    made = _outcome(trial, forms, language, dry=args.dry_run, skip=args.skip_refused)
    remarks = filter(None, (table.remark, unmapped_tests(mapping, table)))
    return replace(made, lines=[*(r.say(language) for r in remarks), *made.lines])


def _mapping(session: Session, named: str) -> ReportMapping:
    """A remembered mapping; a JSON file is read, and remembered under the name it gives."""
    if not named.endswith(".json"):
        return Mappings(session).find(named)
    mapping = read_mapping(existing(Path(named)))
    Mappings(session).keep(mapping)
    return mapping


def _outcome(trial: Trial, forms: int, language: Language, *, dry: bool, skip: bool) -> Outcome:
    refused = trial.count(Verdict.REFUSED)
    complaint = None
    if refused and (dry or skip):
        complaint = Text(f"{refused} row(s) refused.", f"{refused} 行被拒绝。")
    elif refused:
        complaint = Text(
            f"{refused} row(s) refused; nothing was taken in. Correct them, or add "
            "--skip-refused to take the other rows.",
            f"{refused} 行被拒绝，未导入任何数据。请更正后重试，或加 --skip-refused 仅导入其余行。",
        )
    counts = ", ".join(f"{v.value} {trial.count(v)}" for v in Verdict)
    lines = [_line(r, language) for r in trial.rows]
    return Outcome(
        [_shape(r, language) for r in trial.rows],
        [*lines, f"{len(trial.rows)} rows: {counts}; {forms} forms saved"],
        REFUSED if refused else 0,
        complaint,
    )


def _line(row: RowResult, language: Language) -> str:
    return f"{row.row} {row.verdict.value} {row.key or row.subject} {row.reason.say(language)}"


def _shape(row: RowResult, language: Language) -> dict[str, Any]:
    return {
        "row": row.row,
        "subject": row.subject,
        "address": str(row.key) if row.key else None,
        "verdict": row.verdict.value,
        "reason": row.reason.say(language),
    }
