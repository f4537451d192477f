"""Commands on a study definition: check, diff, ODM metadata."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from mrd_desktop.cli.console import Outcome, existing
from mrd_desktop.study import compare, odm
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
    changes = compare.diff(load_study(existing(args.a)), load_study(existing(args.b)))
    return Outcome([c.as_json() for c in changes], [str(c) for c in changes])


def metadata(args: argparse.Namespace) -> Outcome:
    """ODM-XML 1.3.2 metadata on standard output."""
    sys.stdout.buffer.write(odm.metadata_file(load_study(existing(args.dir))))
    return Outcome()
