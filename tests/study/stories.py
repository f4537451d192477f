"""The synthetic stories as subject data, without ledger and vault."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mrd_desktop.study.address import EventKey, FormKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene

FOLDER = Path(__file__).parents[1] / "vectors" / "stories"
SUBJECTS = ("01-001", "01-002", "01-004")
CUT_OFF = date(2027, 6, 30)


def records(subject: str) -> list[dict[str, Any]]:
    """The records of a story, repeated ones written out; numbers as text."""
    text = (FOLDER / f"{subject}.json").read_text(encoding="utf-8")
    story = json.loads(text, parse_int=str, parse_float=str)
    return [copy for record in story["records"] for copy in _copies(record)]


def subject_data(
    study: Study, subject: str, given: list[dict[str, Any]] | None = None, today: date = CUT_OFF
) -> SubjectData:
    """A story as the forms of one subject; ``given`` replaces its records."""
    events: dict[str, EventKey] = {}
    counts: dict[tuple[EventKey, str], int] = {}
    forms = []
    for record in records(subject) if given is None else given:
        visit, oid = record["visit"], record["form"]
        event = events.get(visit)
        if event is None:
            event = EventKey(subject, visit)
        elif oid == "SV" and study.by_event[visit].repeating:
            event = EventKey(subject, visit, event.repeat + 1)
        events[visit] = event
        counts[event, oid] = counts.get((event, oid), 0) + 1
        key = FormKey(event, oid, int(record.get("seq", counts[event, oid])))
        forms.append(FormData(key, tuple(_rows(study, key, record)), declared=True))
    return SubjectData(subject, today, tuple(forms))


def scene(study: Study, subject: str, given: list[dict[str, Any]] | None = None) -> Scene:
    """A story as a scene of the cut-off, identity items included."""
    return Scene(study, subject_data(study, subject, given), vault=True)


def _copies(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    repeat = record.get("repeat")
    if repeat is None:
        yield record
        return
    items = record["items"]
    start = date.fromisoformat(items["STDAT"])
    for n in range(int(repeat["times"])):
        day = start + timedelta(days=n * int(repeat["every_days"]))
        moved = {"STDAT": day.isoformat(), "CYCLE": str(int(items["CYCLE"]) + n)}
        yield {**record, "items": items | moved}


def _rows(study: Study, key: FormKey, record: Mapping[str, Any]) -> Iterator[RowData]:
    for group in study.by_form[key.form].groups:
        given = record.get("rows", {}).get(group.name, []) if group.repeating else [record["items"]]
        for number, values in enumerate(given, start=1):
            answers = {
                name: _answer(value) for name, value in values.items() if name in group.by_name
            }
            if answers:
                yield RowData(RowKey(key, group.name, number), answers)


def _answer(value: Any) -> Answer:
    if isinstance(value, dict):
        return Answer(missing=value["missing"])
    return Answer(tuple(sorted(value)) if isinstance(value, list) else value)
