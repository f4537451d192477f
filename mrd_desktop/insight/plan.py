"""The grid of a subject: which form is planned at which visit, and how each stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from mrd_desktop.record.casebook import Chart, FormLine
from mrd_desktop.record.closing import closed_before
from mrd_desktop.record.second.standing import State
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import Form, Study, StudyEvent
from mrd_desktop.study.schedule import (
    Window,
    follow_up_end,
    follow_up_windows,
    planned_forms,
    visit_date,
    windows,
)

LOG = "LOG"
CHOICE = "TC.TCDAT"
"""The event of forms that are opened at any time."""

_DONE = (FormState.COMPLETE, FormState.SIGNED, FormState.LOCKED)


class Turn(Enum):
    """What one turns like a page."""

    FORM = "form"
    VISIT = "visit"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True)
class Spot:
    """One place of the grid.

    Attributes:
        planned: the form is expected here; ``offered``: it may be filled if needed.
        lines: filled forms, one unless the form repeats; removed ones left out.
        closed: refused or withdrawn consent closes it, so that it is not expected any more.
    """

    event: EventKey
    form: str
    planned: bool
    offered: bool
    lines: tuple[FormLine, ...]
    closed: bool = False

    @property
    def state(self) -> FormState:
        """The least finished of its forms."""
        order = list(FormState)
        return min((x.state for x in self.lines), key=order.index, default=FormState.EMPTY)

    @property
    def drafted(self) -> bool:
        """Unsaved typing of this user waits here."""
        return any(x.drafted for x in self.lines)

    @property
    def queries(self) -> int:
        """Open queries."""
        return sum(x.queries for x in self.lines)

    @property
    def second(self) -> State | None:
        """The most pressing state of a second entry of its forms."""
        order = (State.OPEN, State.DUE, State.CHANGED, State.AGREED)
        states = [x.second.state for x in self.lines if x.second is not None]
        return min(states, key=order.index, default=None)

    @property
    def key(self) -> FormKey:
        """The form Enter opens where there is one at most."""
        return self.lines[0].key if self.lines else FormKey(self.event, self.form)


@dataclass(frozen=True, slots=True)
class Column:
    """One visit of the grid; ``queries`` counts the open ones of the visit and of its forms."""

    event: EventKey
    definition: StudyEvent
    day: date | None
    window: Window | None
    queries: int = 0

    @property
    def label(self) -> str:
        """Its short name: ``M12``, ``UNS 2``."""
        if self.definition.repeating:
            return f"{self.event.event} {self.event.repeat}"
        return self.event.event


@dataclass(frozen=True)
class Plan:
    """The grid: visits across, forms down, and the log forms beside it."""

    columns: tuple[Column, ...]
    rows: tuple[Form, ...]
    spots: Mapping[tuple[EventKey, str], Spot]
    logs: Mapping[str, Spot]
    optional_events: tuple[StudyEvent, ...]

    def queries_of(self, form: str) -> int:
        """Open queries of a form over all visits of the grid."""
        return sum(s.queries for (_, oid), s in self.spots.items() if oid == form)

    def next_form(self, after: FormKey | None = None) -> FormKey | None:
        """The next planned form that is not complete: of the latest visit begun, in its order.

        Args:
            after: the form that was just finished; its visit goes on after it.
        """
        if after is not None:
            forms = self.order(after.event)
            later = forms[forms.index(after.form) + 1 :] if after.form in forms else ()
            found = (self.spots[after.event, o].key for o in later if self._waits(after.event, o))
            return next(found, None)
        for column in reversed(self.columns):
            event = column.event
            begun = any(s.lines for (e, _), s in self.spots.items() if e == event)
            if not begun and event != self.columns[0].event:
                continue
            for oid in self.order(event):
                if self._waits(event, oid):
                    return self.spots[event, oid].key
        return None

    def order(self, event: EventKey) -> tuple[str, ...]:
        """The forms of a visit as they are worked through: as planned, then what else is there.

        The plan puts the visit form first, for its date is what other forms reckon from.
        """
        column = next((c for c in self.columns if c.event == event), None)
        planned = column.definition.planned if column else ()
        more = (f.oid for f in self.rows if f.oid not in planned)
        return tuple(o for o in (*planned, *more) if (event, o) in self.spots)

    def filed(self, event: EventKey) -> tuple[FormKey, ...]:
        """The forms of a visit one can turn to: filled ones, and planned ones not begun."""
        if event.event == LOG:
            return tuple(x.key for s in self.logs.values() for x in s.lines)
        spots = (self.spots[event, o] for o in self.order(event))
        return tuple(
            k
            for s in spots
            for k in ([x.key for x in s.lines] or [s.key] * (s.planned or s.drafted))
        )

    def next_to(self, key: FormKey, by: int) -> FormKey | None:
        """The form after (+1) or before (-1) another one of its visit."""
        forms = self.filed(key.event)
        if key not in forms:
            return next(iter(forms), None) if by > 0 else None
        at = forms.index(key) + by
        return forms[at] if 0 <= at < len(forms) else None

    def in_next_visit(self, key: FormKey, by: int) -> FormKey | None:
        """The same form at the visit after or before; its first form where it has none."""
        events = [c.event for c in self.columns if self.filed(c.event)]
        if key.event not in events:
            return None
        at = events.index(key.event) + by
        if not 0 <= at < len(events):
            return None
        return self.like(key, events[at])

    def like(self, key: FormKey, event: EventKey) -> FormKey | None:
        """The form of a visit that corresponds to one elsewhere, else its first one."""
        forms = self.filed(event)
        return next((k for k in forms if k.form == key.form), next(iter(forms), None))

    def _waits(self, event: EventKey, form: str) -> bool:
        spot = self.spots.get((event, form))
        return spot is not None and spot.planned and spot.state not in _DONE


@dataclass(frozen=True, slots=True)
class Due:
    """The visit that comes next, with its window."""

    event: StudyEvent
    window: Window


def next_visit(chart: Chart) -> Due | None:
    """The next visit that has not taken place and whose window has not closed.

    None where consent was withdrawn, so that its first form is closed.
    """
    due = _next_visit(chart)
    if due is None or not due.event.planned:
        return due
    first = FormKey(EventKey(chart.data.subject, due.event.oid), due.event.planned[0])
    return None if _is_closed(chart, first) else due


def _is_closed(chart: Chart, key: FormKey) -> bool:
    """What was refused or taken back closes a form; what is not answered yet may still come."""
    return closed_before(chart.scene, key, live=False) is not None


def _next_visit(chart: Chart) -> Due | None:
    scene, today = chart.scene, chart.data.today
    if follow_up_end(scene) < today:
        event = next((e for e in scene.study.events if e.every_months), None)
        later = next((w for w in follow_up_windows(scene) if w.closes >= today), None)
        return Due(event, later) if event and later else None
    for visit in sorted(windows(scene), key=lambda v: v.window.target):
        if visit.done or visit.event.oid == "SCR" or visit.window.closes < today:
            continue
        line = scene.at(EventKey(chart.data.subject, visit.event.oid), "SV")
        if line is None or line.text("SV.STAT") != "MISSED":
            return Due(visit.event, visit.window)
    return None


def plan(study: Study, chart: Chart) -> Plan:
    """The grid of a subject as of today."""
    subject = chart.data.subject
    lines: dict[tuple[EventKey, str], list[FormLine]] = {}
    for line in chart.forms:
        if not line.removed:
            lines.setdefault((line.key.event, line.key.form), []).append(line)
    columns = tuple(_columns(study, chart))
    spots: dict[tuple[EventKey, str], Spot] = {}
    for column in columns:
        planned = planned_forms(chart.scene, column.event)
        definition = column.definition
        offered = {*definition.planned, *definition.optional}
        found = {f for e, f in lines if e == column.event}
        for oid in {*offered, *found}:
            held = tuple(lines.get((column.event, oid), ()))
            closed = _is_closed(chart, FormKey(column.event, oid))
            expected = oid in planned and not closed
            spots[column.event, oid] = Spot(
                column.event, oid, expected, oid in offered, held, closed
            )
    log = study.by_event.get(LOG)
    event = EventKey(subject, LOG)
    logs = {
        oid: Spot(
            *(event, oid, False, True, tuple(lines.get((event, oid), ()))),
            closed=_is_closed(chart, FormKey(event, oid)),
        )
        for oid in (log.optional if log else ())
    }
    used = {form for _, form in spots}
    rows = tuple(f for f in study.forms if f.oid in used)
    shown = {c.event.event for c in columns}
    more = tuple(e for e in study.events if e.oid != LOG and (e.repeating or e.oid not in shown))
    return Plan(columns, rows, spots, logs, more)


def counts_from_choice(study: Study) -> bool:
    """Whether visits fall due from the day of the choice; else all of them are open at once."""
    return CHOICE in study.by_item


def _columns(study: Study, chart: Chart) -> list[Column]:
    """Visits of the plan and those that were opened, by their day."""
    subject, scene = chart.data.subject, chart.scene
    due = {v.event.oid: v.window for v in windows(scene)}
    opened = {e for e in chart.events if e.event != LOG}
    opened |= {line.key.event for line in chart.forms if line.key.event.event != LOG}
    enrolled = bool(due)
    undated = not counts_from_choice(study)
    ended = follow_up_end(scene) < scene.today
    keys = set(opened)
    for event in study.events:
        if event.repeating or event.oid in (LOG, "EOS"):
            continue
        window = due.get(event.oid)
        screening = undated or event.oid in ("SCR", "C0")
        if screening or (enrolled and window and not (ended and window.opens > scene.today)):
            keys.add(EventKey(subject, event.oid))
    order = [e.oid for e in study.events]
    asked = Counter(
        key
        for query in chart.queries
        if query.state == "open" and (key := event_of(parse_address(query.address)))
    )

    def when(key: EventKey) -> tuple[int, date, int, int]:
        window = due.get(key.event)
        day = visit_date(scene, key) or (window.target if window else None)
        first = {"SCR": 0, "C0": 1, "EOS": 3}.get(key.event, 2)
        return first, day or date.max, order.index(key.event), key.repeat

    return [
        Column(k, study.by_event[k.event], visit_date(scene, k), due.get(k.event), asked[k])
        for k in sorted(keys, key=when)
    ]


def event_of(key: Key) -> EventKey | None:
    """The visit that an address stands in, None above visits."""
    if isinstance(key, RowKey | ItemKey):
        key = key.form
    if isinstance(key, FormKey):
        return key.event
    return key if isinstance(key, EventKey) else None
