"""Story files: records entered through the same code as the screen, on training sites.

A story is one JSON object: ``subject``, ``site`` and ``records``, a line per filled form with
``form``, ``visit`` (``LOG`` for log forms), ``items``, ``rows`` by section, optional ``seq`` (the
form's number) and ``repeat`` (``times`` copies, each ``every_days`` later in STDAT, CYCLE + 1).
Source: the CRF reference, part 5.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mrd_desktop.foreign import first_bytes
from mrd_desktop.record.casebook import Casebook, form_of
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import BadSubjectNumber, SaveRefused, StoryError, SubjectExists
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.model import Form, ItemGroup, Study
from mrd_desktop.texts import Text

Value: TypeAlias = str | list[str] | dict[Literal["missing"], str]


class Repeat(BaseModel):
    """Copies of a record."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    every_days: int = Field(ge=1, le=3650)
    times: int = Field(ge=1, le=1000)


class StoryRecord(BaseModel):
    """One filled form of a story."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    form: str
    visit: str
    items: dict[str, Value] = {}
    rows: dict[str, list[dict[str, Value]]] = {}
    seq: int | None = Field(default=None, ge=1)
    repeat: Repeat | None = None


class Story(BaseModel):
    """One subject's story."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    subject: str
    site: str
    records: list[StoryRecord]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a loaded form is not complete."""

    check: str
    item: str | None
    address: str
    text: Text


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one record (or one copy of it)."""

    subject: str
    index: int
    copy: int
    key: FormKey
    status: Literal["complete", "incomplete", "refused"]
    reasons: tuple[Reason, ...]
    seq: int | None


LARGEST: Final = 4 << 20
MOST_RECORDS: Final = 5_000


def read_story(path: Path) -> Story:
    """The story of a file.

    Raises:
        StoryError: the file is no story; the sentence says where.
    """
    try:
        body: Any = json.loads(_bounded(path), parse_int=str, parse_float=str)
        if len(body["records"]) > MOST_RECORDS:
            raise StoryError(f"{path.name}: more than {MOST_RECORDS} records")
        for record in body["records"]:
            for key in ("seq", "repeat"):
                if key in record:
                    record[key] = _numbers(record[key])
        return Story.model_validate(body)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(p) for p in first["loc"])
        raise StoryError(f"{path.name}: {place}: {first['msg']}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise StoryError(f"{path.name}: {type(wrong).__name__}") from None


def _bounded(path: Path) -> bytes:
    data = first_bytes(path, LARGEST)
    if len(data) > LARGEST:
        raise StoryError(f"{path.name}: more than {LARGEST >> 20} MiB")
    return data


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: int(v) for k, v in value.items()}
    return int(value)


def load_story(
    book: Casebook, story: Story, told: Callable[[Loaded], None] | None = None
) -> list[Loaded]:
    """Enter every record of a story.

    Args:
        told: called after each commit with the form's status at that moment.

    Returns:
        A result a record or copy, with its state after the last record.

    Raises:
        SubjectExists, BadSubjectNumber, StoryError: as :func:`check_story`; nothing was entered.
    """
    check_story(book, story)
    book.create_subject(story.subject)
    results: list[Loaded] = []
    events: dict[str, EventKey] = {}
    for index, record in enumerate(story.records):
        for copy, shifted in enumerate(_copies(record)):
            result = _enter(book, story.subject, index, copy, shifted, events)
            results.append(result)
            if told:
                told(result)
    return _settled(book, story.subject, results)


def check_story(book: Casebook, story: Story) -> None:
    """Whether a story can be entered, found out before anything is.

    Raises:
        SubjectExists: the subject number was given out before.
        BadSubjectNumber: it is not of this site.
        StoryError: a record names what the study does not have.
    """
    site = book.session.folder.site
    if story.site != site:
        raise BadSubjectNumber(story.subject, site=site)
    if any(line.subject == story.subject for line in book.subjects()):
        raise SubjectExists(story.subject)
    for index, record in enumerate(story.records):
        for fault in _faults(book.study, record):
            raise StoryError(f"record {index}: {fault}")


def _faults(study: Study, record: StoryRecord) -> Iterator[str]:
    """What of a record the study does not have."""
    if record.form not in study.by_form or record.visit not in study.by_event:
        yield f"there is no form {record.form} at {record.visit}"
        return
    form = study.by_form[record.form]
    if record.seq and not form.repeating and record.seq != 1:
        yield f"form {form.oid} does not repeat"
    single = {i.name for g in form.groups if not g.repeating for i in g.items}
    reasons = study.codelists["MISS"].by_code if "MISS" in study.codelists else {}
    places = [(form.oid, single, record.items)]
    for name, rows in record.rows.items():
        group = _repeating(form, name)
        if group is None:
            yield f"form {form.oid} has no rows {name}"
            return
        places += [(name, set(group.by_name), values) for values in rows]
    for place, known, values in places:
        for name, value in values.items():
            if name not in known:
                yield f"{place} has no item {name}"
            elif isinstance(value, dict) and value.get("missing") not in reasons:
                yield f"{place}.{name}: there is no missing reason {value.get('missing')}"
    if record.repeat:
        start, cycle = record.items.get("STDAT"), record.items.get("CYCLE")
        try:
            date.fromisoformat(str(start))
            int(str(cycle))
        except ValueError:
            yield "repeat needs a full date in STDAT and a number in CYCLE"


def _repeating(form: Form, name: str) -> ItemGroup | None:
    """The section of a story's ``rows``: by its name or by the prefix of its items."""
    for group in form.groups:
        prefix = group.items[0].oid.partition(".")[0]
        if group.repeating and name in (group.name, prefix):
            return group
    return None


def _enter(
    book: Casebook,
    subject: str,
    index: int,
    copy: int,
    record: StoryRecord,
    events: dict[str, EventKey],
) -> Loaded:
    event = _event(book, subject, record, events)
    key = (
        FormKey(event, record.form, record.seq)
        if record.seq
        else book.next_form(event, record.form)
    )
    entry = book.open(key)
    _fill(entry, record)
    formats = tuple(_format_reasons(entry))
    try:
        saved = entry.save(complete=True)
    except SaveRefused as refused:
        reason = Reason(refused.noted, None, str(key), refused.text)
        return Loaded(subject, index, copy, key, "refused", (reason,), None)
    hard = tuple(f for f in saved.findings if f.check.blocks)
    reasons = formats + tuple(_reason(f.check.id, f.key, f.text) for f in hard)
    done = saved.state in (FormState.COMPLETE, FormState.SIGNED, FormState.LOCKED)
    status: Literal["complete", "incomplete"] = "complete" if done else "incomplete"
    return Loaded(subject, index, copy, key, status, reasons, saved.seq)


def _event(
    book: Casebook, subject: str, record: StoryRecord, events: dict[str, EventKey]
) -> EventKey:
    """Unscheduled records join the latest unscheduled visit that an SV record above opened."""
    opens = record.form == "SV" or record.visit not in events
    if opens or not book.study.by_event[record.visit].repeating:
        events[record.visit] = book.next_event(subject, record.visit)
    return events[record.visit]


def _fill(entry: FormEntry, record: StoryRecord) -> None:
    """Type everything in, in the form's order; hidden items are typed too and Save judges."""
    rows = {
        group.name: values
        for name, values in record.rows.items()
        if (group := _repeating(entry.form, name))
    }
    for group in entry.form.groups:
        if not group.repeating:
            _type_row(entry, RowKey(entry.key, group.name), record.items)
            continue
        for values in rows.get(group.name, []):
            entry.add_row(group.name)
            row = next(g.rows[-1].key for g in entry.groups() if g.group is group)
            _type_row(entry, row, values)


def _type_row(entry: FormEntry, row: RowKey, values: Mapping[str, Value]) -> None:
    items = entry.form.by_group[row.group].by_name
    for name, value in values.items():
        if name not in items:
            continue  # stands in another section of the form
        key = ItemKey(row, name)
        if isinstance(value, dict):
            entry.mark_missing(key, value["missing"])
        else:
            entry.type(key, ";".join(value) if isinstance(value, list) else value)


def _format_reasons(entry: FormEntry) -> Iterator[Reason]:
    for group in entry.groups():
        for row in group.rows:
            for view in row.fields:
                if view.error:
                    yield Reason("FORMAT", view.key.item, str(view.key), view.error)


def _reason(check: str, key: object, text: Text) -> Reason:
    item = key.item if isinstance(key, ItemKey) else None
    return Reason(check, item, str(key), text)


def _settled(book: Casebook, subject: str, results: list[Loaded]) -> list[Loaded]:
    """The results with each form's state after the last record."""
    chart = book.chart(subject)
    states = {line.key: line.state for line in chart.forms}
    final: list[Loaded] = []
    for r in results:
        if r.status == "refused":
            final.append(r)
            continue
        formats = tuple(x for x in r.reasons if x.check == "FORMAT")
        hard = tuple(
            _reason(f.check.id, f.key, f.text)
            for f in chart.findings
            if f.check.blocks and form_of(f.key) == r.key
        )
        done = states[r.key] in (FormState.COMPLETE, FormState.SIGNED, FormState.LOCKED)
        status: Literal["complete", "incomplete"] = "complete" if done else "incomplete"
        final.append(Loaded(r.subject, r.index, r.copy, r.key, status, formats + hard, r.seq))
    return final


def _copies(record: StoryRecord) -> Iterator[StoryRecord]:
    if record.repeat is None:
        yield record
        return
    start, cycle = record.items["STDAT"], record.items["CYCLE"]
    assert isinstance(start, str)
    assert isinstance(cycle, str)
    for n in range(record.repeat.times):
        day = date.fromisoformat(start) + timedelta(days=n * record.repeat.every_days)
        items = {**record.items, "STDAT": day.isoformat(), "CYCLE": str(int(cycle) + n)}
        yield record.model_copy(update={"items": items, "repeat": None})
