"""Which forms and sections a subject's consent closes, by the rules of Save of the study.

What is recorded there stays and can be read; what was typed and not saved stays a draft.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sqlalchemy import Connection

from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.study.address import EventKey, FormKey, ItemKey
from mrd_desktop.study.data import FormData
from mrd_desktop.study.model import Form, SaveRule, Section, Study
from mrd_desktop.study.scene import Line, Scene

Consulted: TypeAlias = frozenset[tuple[int, int | None, bool]]
"""Number, last Save and removal of the forms that the rules look at."""

_KNOWN = frozenset(cause.value for cause in Cause)


def form_closed(line: Line, form: Form, *, live: bool) -> SaveRefused | None:
    """Why nothing of a form may be saved as it stands on this line, if so."""
    rules = (r for r in _rules(line.scene.study, live=live) if form.oid in r.forms)
    return next((_refused(r) for r in rules if r.refuses.holds(line)), None)


def sections_closed(line: Line, form: Form, *, live: bool) -> dict[str, SaveRefused]:
    """The sections of a form in which nothing may be saved, by name, and why."""
    found = _section_rules(line, form, live=live)
    return {name: _refused(rule) for name, rule in found.items()}


def closed_as_it_stands(scene: Scene, data: FormData, *, live: bool) -> SaveRefused | None:
    """Why a form may not come back with what is recorded in it, if so."""
    form, line = scene.study.by_form[data.key.form], Line(scene, data)
    closed = form_closed(line, form, live=live)
    if closed:
        return closed
    groups = form.by_group
    filled = {r.key.group for r in data.rows if r.answers or groups[r.key.group].repeating}
    sections = sections_closed(line, form, live=live)
    return next((why for name, why in sections.items() if name in filled), None)


def closed_before(scene: Scene, key: FormKey, *, live: bool) -> SaveRefused | None:
    """Why a form is closed whatever is typed into it, if so.

    Rules that read the form itself wait for Save: what it says may be the mistake to correct. So
    do those of which the study says it.
    """
    rule = _rule_before(scene, key, live=live)
    return _refused(rule) if rule else None


def closed_by(
    scene: Scene, key: FormKey, *, group: str | None = None, live: bool
) -> tuple[ItemKey, ...]:
    """The data points that close a form, or this section of it: what is not answered comes first.

    A form that holds one of them need not exist yet.
    """
    line = Line(scene, scene.data.by_key.get(key) or FormData(key))
    rule = _rule_before(scene, key, live=live)
    if rule is None and group is not None:
        rule = _section_rules(line, scene.study.by_form[key.form], live=live).get(group)
    if rule is None:
        return ()
    read = [oid for oid in scene.study.by_item if oid in rule.refuses.reads]

    def answered(oid: str) -> bool:
        at = line.beside(oid)
        return at is not None and at[oid] is not None

    return tuple(_place(line, oid) for oid in sorted(read, key=answered))


def closed_with(scene: Scene, by: str, *, live: bool) -> frozenset[Section | str]:
    """Forms (their OIDs) and sections that one form alone closes, as it stands."""
    form_of = scene.study.form_of
    found: set[Section | str] = set()
    for rule in _rules(scene.study, live=live):
        read = {form_of[name].oid for name in rule.refuses.reads if name in form_of}
        if read == {by} and not rule.waits and rule.refuses.holds(scene.nowhere):
            found |= (rule.forms - {by}) | rule.sections
    return frozenset(found)


def _place(line: Line, oid: str) -> ItemKey:
    """Where the answer of an item stands, or would."""
    at = line.beside(oid)
    if at is None:
        form, study = line.scene.study.form_of[oid], line.scene.study
        event = line.event
        if not form.repeating:
            events = (e.oid for e in study.events if form.oid in (*e.planned, *e.optional))
            event = EventKey(event.subject, next(events, event.event))
        at = Line(line.scene, FormData(FormKey(event, form.oid)))
    return at.key(oid)


def _section_rules(line: Line, form: Form, *, live: bool) -> dict[str, SaveRule]:
    found: dict[str, SaveRule] = {}
    for rule in _rules(line.scene.study, live=live):
        here = {s.group for s in rule.sections if s.form == form.oid}
        if here and rule.refuses.holds(line):
            found |= dict.fromkeys(here - found.keys(), rule)
    return found


def _rule_before(scene: Scene, key: FormKey, *, live: bool) -> SaveRule | None:
    form = scene.study.by_form[key.form]
    line = Line(scene, scene.data.by_key.get(key) or FormData(key))
    for rule in _rules(scene.study, live=live):
        if rule.waits or form.oid not in rule.forms or not rule.refuses.holds(line):
            continue
        rows = (g.name for g in form.groups if g.repeating)
        own = {form.oid, *rows, *(item.oid for item in form.items)}
        if not own & rule.refuses.reads:
            return rule
    return None


def consulted(conn: Connection, study: Study, key: FormKey) -> Consulted:
    """How the forms stand that close a form: what was read of them holds while this is the same."""
    read = {
        study.form_of[name].oid if name in study.form_of else study.owner.get(name, name)
        for rule in study.save_rules
        for name in rule.refuses.reads
    }
    rows = conn.exec_driver_sql(
        "SELECT form_id, form, saved_seq, removed, event, event_repeat, form_repeat"
        " FROM p_form WHERE subject = ?",
        (key.subject,),
    )
    own = (key.form, key.event.event, key.event.repeat, key.repeat)
    return frozenset(
        (r.form_id, r.saved_seq, bool(r.removed))
        for r in rows
        if r.form in read and (r.form, r.event, r.event_repeat, r.form_repeat) != own
    )


def _rules(study: Study, *, live: bool) -> Iterator[SaveRule]:
    return (rule for rule in study.save_rules if live or not rule.live)


def _refused(rule: SaveRule) -> SaveRefused:
    cause = Cause(rule.cause) if rule.cause in _KNOWN else Cause.CLOSED
    return SaveRefused(cause, rule.text, code=rule.cause)
