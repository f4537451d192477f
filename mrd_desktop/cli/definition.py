"""Commands on a study definition: check, diff, ODM metadata."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from mrd_desktop.cli.console import Outcome, existing
from mrd_desktop.study import compare, odm
from mrd_desktop.study.impact import affected_forms, newly_required
from mrd_desktop.study.load import load_study


def check(args: argparse.Namespace) -> Outcome:
    """Load a definition; its mistakes end with exit code 1."""
    study = load_study(existing(args.dir))
    data: dict[str, Any] = {
        "oid": study.oid,
        "version": study.version,
        "digest": study.digest,
        "forms": len(study.forms),
        "items": sum(len(f.items) for f in study.forms),
        "codelists": len(study.codelists),
        "checks": len(study.checks),
    }
    return Outcome(data, [f"{k} {v}" for k, v in data.items()])


def diff(args: argparse.Namespace) -> Outcome:
    """What an amendment changes."""
    before, after = load_study(existing(args.a)), load_study(existing(args.b))
    changes = compare.diff(before, after)
    refused = [f"cannot be amended: {c}" for c in changes if c.forbidden]
    if changes and not compare.newer(after.version, before.version):
        refused.append(f"needs a higher version than {before.version}")
    told = [
        f"forms: {' '.join(affected_forms(after, changes)) or '-'}",
        f"newly required: {' '.join(newly_required(before, after)) or '-'}",
        *refused,
    ]
    return Outcome([c.as_json() for c in changes], [*map(str, changes), *(told if changes else ())])


def metadata(args: argparse.Namespace) -> Outcome:
    """ODM-XML 1.3.2 metadata on standard output."""
    sys.stdout.buffer.write(odm.metadata_file(load_study(existing(args.dir))))
    return Outcome()
