"""Synthetic subjects as an analysis reads them, in memory: nobody's data, any number of them."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

from mrd_desktop.insight.population import Analysed, Population
from mrd_desktop.insight.synthetic import stories
from mrd_desktop.record.story import Story
from mrd_desktop.study.data import SubjectData
from mrd_desktop.study.load import load_study
from tests.study.stories import subject_data

CUT = date(2027, 6, 30)
DEATHS = 9
"""Every ninth subject who progressed dies 100 days later."""


@cache
def subjects(count: int, seed: int = 1) -> tuple[SubjectData, ...]:
    """So many subjects, enrolled or not, as recorded at the cut."""
    study = load_study()
    made = []
    for number, story in enumerate(stories("01", CUT, count, seed, "01-001")):
        given = [_plain(r) for r in _records(story, number)]
        made.append(subject_data(study, story.subject, given, CUT))
    return tuple(made)


@cache
def crowd(count: int, seed: int = 1) -> Analysed:
    """The analysis of so many subjects at the cut."""
    return Population(load_study(), subjects(count, seed), (), frozenset()).at(CUT)


def _records(story: Story, number: int) -> list[Any]:
    records = list(story.records)
    progressed = next((r for r in records if r.form == "PD"), None)
    if progressed and number % DEATHS == 0:
        day = date.fromisoformat(str(progressed.items["PDDAT"])) + timedelta(days=100)
        if day <= CUT:
            items = {"DTHDAT": day.isoformat(), "CAUSE": "BC", "SRC": "FAMILY", "PDYN": "Y"}
            records.append(type(progressed)(form="DTH", visit="LOG", items=items, rows={}))
    return records


def _plain(record: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "form": record.form,
        "visit": record.visit,
        "items": dict(record.items),
        "rows": dict(record.rows),
    }
    if record.repeat:
        repeat = record.repeat
        plain["repeat"] = {"every_days": repeat.every_days, "times": repeat.times}
    return plain
