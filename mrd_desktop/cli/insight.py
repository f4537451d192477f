"""Commands on what the data mean: derive, generate."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date

from mrd_desktop.cli import shapes
from mrd_desktop.cli.console import Outcome, speech
from mrd_desktop.cli.data import as_day, require_training
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.insight import derived, detail
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.population import Analysed, population
from mrd_desktop.insight.synthetic import stories
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.earlier import NoSuchPoint, folded_until
from mrd_desktop.record.story import load_story
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.vault.session import Session


def derive(args: argparse.Namespace) -> Outcome:
    """Derived variables, windows, curves and MRD performance as of a day; later data are not used.

    With ``--at-seq`` or ``--at-package`` the record is read as it stood at that record, or at the
    end of that package.
    """
    with open_session(args, args.site) as session:
        seen = analysed(session, args.as_of, args.at_seq, args.at_package)
        study = session.study
    found = seen.cohort
    subjects = {s.data.subject: derived.subject_values(s) for s in seen.usable}
    data = {
        "as_of": args.as_of.isoformat(),
        "definition": study.digest,
        "subjects": subjects,
        "windows": [row for s in seen.usable for row in derived.window_rows(s)],
        "km": derived.km_tables(found),
        "mrd_performance": derived.performance_tables(found),
    }
    if args.detail:
        data["detail"] = detail.detail(found)
    lines = [f"{s} {v['STATUS']} T0 {v['T0']} {v['IE_AUTO']}" for s, v in subjects.items()]
    unusable = detail.problems(found)
    lines += [_told(p).say(speech(args)) for p in unusable]
    return Outcome(data, lines, complaint=_complaint(len(unusable)))


def derive_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``derive`` at a site and at the sponsor."""
    parser.add_argument("--as-of", type=as_day, required=True, metavar="DATE")
    help = "intervals, sensitivity, what is unusable"
    parser.add_argument("--detail", action="store_true", help=help)


def analysed(
    session: Session, day: date, at_seq: int | None = None, at_package: int | None = None
) -> Analysed:
    """Every subject as of a day; read from the record as it stood where a point is named.

    Raises:
        PermissionDenied: the role may not see subjects.
        NoSuchPoint: there is no such record or package.
    """
    session.require("subject.see")
    study, chain = session.study, session.folder.chain
    box = session.box if session.has_vault else None
    with session.reading() as conn:
        whole = population(conn, study, session.today(), box)
        upto = at_seq
        if at_package is not None:
            upto = lineage.end_of_package(conn, chain, at_package)
            if upto is None:
                raise NoSuchPoint(f"package {at_package}")
        if upto is None:
            return whole.at(day)
        with folded_until(conn, chain, upto) as earlier:
            then = population(earlier, study, day)
    return replace(then, refused=whole.refused, vault=whole.vault).at(day)


def _told(problem: Problem) -> Text:
    where = problem.address or f"{problem.subject} {problem.item}"
    return Text(f"{where}: {problem.text.en}", f"{where}：{problem.text.zh}")


def _complaint(count: int) -> Text | None:
    if not count:
        return None
    return Text(
        f"Data points that cannot be used as they stand: {count}. --detail lists them.",
        f"有 {count} 处数据无法按现状使用，加 --detail 可查看明细及原因。",
    )


def generate(args: argparse.Namespace) -> Outcome:
    """Enter plausible synthetic subjects through the same code as the screen."""
    with open_session(args, args.site) as session:
        require_training(session)
        book = Casebook(session)
        made = stories(
            session.folder.site, session.today(), args.subjects, args.seed, book.next_number()
        )
        results = [r for story in made for r in load_story(book, story)]
    names = sorted({r.subject for r in results})
    data = {"subjects": names, "forms": len(results)}
    data["incomplete"] = [shapes.loaded(r) for r in results if r.status != "complete"]
    return Outcome(data, [f"{len(names)} subjects, {len(results)} forms"])
