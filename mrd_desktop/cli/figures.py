"""Figures as files, of a site and of all sites: figures."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from mrd_desktop.cli.console import Outcome, WrongUsage, existing, speech
from mrd_desktop.cli.data import as_day
from mrd_desktop.cli.insight import analysed
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.insight import detail
from mrd_desktop.insight.figures import catalogue, files
from mrd_desktop.insight.figures.files import Painter
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.portable import require_portable
from mrd_desktop.texts import Language
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session

PLAIN: Final[Mapping[str, Painter]] = {"svg": files.svg_files}
"""What the core paints by itself."""
_TABLES: Final = ("csv", "html")


def options(parser: argparse.ArgumentParser, painters: Mapping[str, Painter]) -> None:
    """The options of ``figures``.

    Args:
        painters: of further formats, by the ending of their files.
    """
    formats = [*PLAIN, *painters, *_TABLES]
    parser.add_argument("--to", type=Path, required=True, metavar="DIR")
    parser.add_argument("--as-of", type=as_day, metavar="DATE", help="today, if not given")
    parser.add_argument("--format", default="svg,csv,html", help=",".join(formats))
    help = "some of: " + ", ".join(catalogue.NAMES)
    parser.add_argument("--only", metavar="NAME,…", help=help)
    parser.set_defaults(act=write, painters={**PLAIN, **painters})


def write(args: argparse.Namespace) -> Outcome:
    """Write the figures into a folder; the print is recorded."""
    painters: Mapping[str, Painter] = args.painters
    formats = _chosen(args.format, [*painters, *_TABLES], "--format")
    wanted = _chosen(args.only, catalogue.NAMES, "--only") if args.only else list(catalogue.NAMES)
    existing(args.to.parent)
    language = speech(args)
    with open_session(args, args.site) as session:
        day = args.as_of or session.today()
        made = _made(session, day, wanted, formats, language, painters)
    if not args.to.exists():
        require_portable(args.to)
    args.to.mkdir(exist_ok=True)
    for name, content in made.items():
        write_atomically(args.to / name, content)
    rows = [
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in made.items()
    ]
    data = {"as_of": day.isoformat(), "files": rows}
    return Outcome(data, [str(args.to / name) for name in made])


def _chosen(given: str, known: Sequence[str], option: str) -> list[str]:
    asked = [x for x in given.split(",") if x]
    if not asked or set(asked) - set(known):
        raise WrongUsage(f"{option} {', '.join(known)}")
    return asked


def _made(
    session: Session,
    day: date,
    wanted: Sequence[str],
    formats: Sequence[str],
    language: Language,
    painters: Mapping[str, Painter],
) -> dict[str, bytes]:
    seen = analysed(session, day)
    report = Report("figures", files.FIGURES.filled(day=day), (), about=day.isoformat())
    stamp = files.stamp_text(report, issue(session, report, form=",".join(formats)))
    made: dict[str, bytes] = {}
    shown: dict[str, Any] = {}
    for name in wanted:
        figure = catalogue.figure(name, seen).stamped(stamp)
        sheets = files.pages(figure, language)
        shown[name] = (figure, sheets)
        for ending in (f for f in formats if f in painters):
            contents = painters[ending](sheets, language)
            made |= dict(zip(files.names(name, ending, len(contents)), contents, strict=True))
        if "csv" in formats:
            made[f"{name}.csv"] = files.csv_bytes(figure.table, language)
    problems = detail.problems(seen.cohort)
    if "csv" in formats:
        made["problems.csv"] = files.csv_bytes(files.problem_table(problems), language)
    if "html" in formats:
        made["index.html"] = files.html_bytes(shown, problems, day.isoformat(), language, stamp)
    return made
