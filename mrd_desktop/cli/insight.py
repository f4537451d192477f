"""Commands on what the data mean: derive, generate."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from mrd_desktop.cli import shapes
from mrd_desktop.cli.console import Outcome, speech
from mrd_desktop.cli.data import require_training
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.insight import derived, detail
from mrd_desktop.insight.cohort import cohort
from mrd_desktop.insight.course import refused_use
from mrd_desktop.insight.synthetic import stories
from mrd_desktop.ledger.store import PrivateBox
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.earlier import NoSuchPoint, folded_until
from mrd_desktop.record.reading import subject_data, subject_numbers
from mrd_desktop.record.story import load_story
from mrd_desktop.study.cut import cut
from mrd_desktop.study.data import SubjectData
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.vault.session import Session


def derive(args: argparse.Namespace) -> Outcome:
    """Derived variables, windows, curves and MRD performance as of a day; later data are not used.

    With ``--at-seq`` or ``--at-package`` the record is read as it stood at that record, or at the
    end of that package.
    """
    with open_session(args, args.site) as session:
        scenes, refused = _scenes(session, args)
        found = cohort(scenes, refused)
        kept = [s for s in scenes if s.data.subject not in found.refused]
        subjects = {s.data.subject: derived.subject_values(s) for s in kept}
        data = {
            "as_of": args.as_of.isoformat(),
            "definition": session.study.digest,
            "subjects": subjects,
            "windows": [row for s in kept for row in derived.window_rows(s)],
            "km": derived.km_tables(found),
            "mrd_performance": derived.performance_tables(found),
        }
        if args.detail:
            data["detail"] = detail.detail(found)
    lines = [f"{s} {v['STATUS']} T0 {v['T0']} {v['IE_AUTO']}" for s, v in subjects.items()]
    unusable = detail.problems(found)
    lines += [f"{p.subject} {p.item}: {p.text.say(speech(args))}" for p in unusable]
    return Outcome(data, lines, complaint=_complaint(len(unusable)))


def _scenes(session: Session, args: argparse.Namespace) -> tuple[list[Scene], frozenset[str]]:
    """Every subject, cut at the day, and who refused the use of the data, whenever that was."""
    session.require("subject.see")
    study, chain, day = session.study, session.folder.chain, args.as_of
    box = session.box if session.has_vault else None
    with session.reading() as conn:
        whole = _read(conn, study, session.today(), box)
        refused = frozenset(d.subject for d in whole if refused_use(Scene(study, d)))
        upto = args.at_seq
        if args.at_package is not None:
            upto = lineage.end_of_package(conn, chain, args.at_package)
            if upto is None:
                raise NoSuchPoint(f"package {args.at_package}")
        if upto is None:
            chosen = [replace(d, today=day) for d in whole]
        else:
            with folded_until(conn, chain, upto) as earlier:
                chosen = _read(earlier, study, day, None)
    return [Scene(study, cut(study, d), vault=box is not None) for d in chosen], refused


def _read(conn: Connection, study: Study, day: date, box: PrivateBox | None) -> list[SubjectData]:
    return [
        subject_data(conn, study, number, day, box, samples=False)
        for number in subject_numbers(conn)
    ]


def _complaint(count: int) -> Text | None:
    if not count:
        return None
    return Text(
        f"Data points that cannot be used as they stand: {count}. --detail lists them.",
        f"有{count}处数据无法按现状使用,加 --detail 可查看明细及原因。",
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
