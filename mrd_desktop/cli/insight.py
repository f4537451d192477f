"""Commands on what the data mean: derive, generate."""

from __future__ import annotations

import argparse

from mrd_desktop.cli import shapes
from mrd_desktop.cli.console import Outcome
from mrd_desktop.cli.data import require_training
from mrd_desktop.cli.sessions import open_session
from mrd_desktop.insight import derived
from mrd_desktop.insight.synthetic import stories
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.story import load_story
from mrd_desktop.study.cut import cut
from mrd_desktop.study.scene import Scene


def derive(args: argparse.Namespace) -> Outcome:
    """Derived variables and visit windows as of a day; later data are not used."""
    with open_session(args, args.site) as session:
        book = Casebook(session)
        subjects, windows = {}, []
        for line in book.subjects():
            data = cut(session.study, book.data(line.subject, args.as_of))
            scene = Scene(session.study, data, vault=session.has_vault)
            subjects[line.subject] = derived.subject_values(scene)
            windows += list(derived.window_rows(scene))
        digest = session.study.digest
    data_out = {
        "as_of": args.as_of.isoformat(),
        "definition": digest,
        "subjects": subjects,
        "windows": windows,
    }
    lines = [f"{s} {v['STATUS']} T0 {v['T0']} {v['IE_AUTO']}" for s, v in subjects.items()]
    return Outcome(data_out, lines)


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
