"""How the study is conducted: events, rules of Save, what leaves reduced."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mrd_desktop.study.building.common import Expressions, Mistakes, hint, text_of, unique
from mrd_desktop.study.document import Document
from mrd_desktop.study.model import (
    Form,
    Item,
    Kind,
    Milestone,
    Oversight,
    Phi,
    Reduction,
    SaveRule,
    SecondLook,
    Section,
    StudyEvent,
)
from mrd_desktop.study.yaml_tree import Path
from mrd_desktop.texts import Text


def events(
    document: Document, plain: Sequence[Form], expressions: Expressions, mistakes: Mistakes
) -> Iterator[StudyEvent]:
    """The events of the schedule, in order."""
    forms = {f.oid for f in plain}
    events = document.schedule.events
    unique((e.oid for e in events), ("schedule", "events"), "oid", mistakes)
    for number, part in enumerate(events):
        place: Path = ("schedule", "events", number)
        for key, names in (("planned", part.planned), ("optional", part.optional)):
            for n, form in enumerate(names):
                if form not in forms:
                    mistakes.add((*place, key, n), f"there is no form {form}; {hint(form, forms)}")
        for form in part.when:
            if form not in part.planned:
                mistakes.add(
                    (*place, "when", form), f"{form} is not planned here; add it to planned"
                )
        before, after = 0, 0
        if part.window:
            at = (*place, "window")
            before = _days(document, part.window.before, (*at, "before"), mistakes)
            after = _days(document, part.window.after, (*at, "after"), mistakes)
        yield StudyEvent(
            oid=part.oid,
            text=text_of(part),
            planned=part.planned,
            optional=part.optional,
            offset_days=part.target.days if part.target else None,
            offset_months=part.target.months if part.target else None,
            before=before,
            after=after,
            repeating=part.repeating,
            every_months=part.every_months,
            when={
                form: expressions.condition(source, (*place, "when", form), "SV")
                for form, source in part.when.items()
            },
        )


def _days(document: Document, text: str, place: Path, mistakes: Mistakes) -> int:
    if text.isdigit():
        return int(text)
    name = text.removeprefix("P.")
    known = document.study.parameters
    value = known.get(name, Decimal(0))
    if name not in known or value != int(value):
        mistakes.add(place, f"{text} is no parameter in whole days; {hint(name, known)}")
    return int(value)


def save_rules(
    document: Document, plain: Sequence[Form], expressions: Expressions, mistakes: Mistakes
) -> Iterator[SaveRule]:
    """The states in which Save is refused."""
    forms = [f.oid for f in plain]
    for number, part in enumerate(document.study.save_rules):
        place: Path = ("study", "save_rules", number)
        for key, names in (("forms", part.forms), ("except", part.excluded)):
            for n, form in enumerate(names):
                if form not in forms:
                    mistakes.add((*place, key, n), f"there is no form {form}; {hint(form, forms)}")
        whole = frozenset(f.oid for f in plain if all(g.genetic for g in f.groups))
        if part.genetic:
            parts = ((f, g) for f in plain if f.oid not in whole for g in f.groups if g.genetic)
            chosen, sections = whole, frozenset(Section(f.oid, g.name) for f, g in parts)
            if not (chosen or sections):
                mistakes.add((*place, "genetic"), "no section is marked genetic; mark one")
        else:
            chosen = frozenset(part.forms or [f for f in forms if f not in part.excluded])
            sections = frozenset()
        refuses = expressions.condition(part.refuses, (*place, "refuses"), "ALL")
        words = Text(part.en, part.zh) if part.en and part.zh else None
        yield SaveRule(part.cause, chosen, refuses, sections, words, part.live, part.waits)


def reductions(
    document: Document, plain: Sequence[Form], mistakes: Mistakes
) -> Iterator[Reduction]:
    """What leaves the site only reduced."""
    items = {i.oid: i for f in plain for i in f.items}
    study = document.study
    named = [("fixed_when_signed", n, oid) for n, oid in enumerate(study.fixed_when_signed)]
    named += [("reductions", n, part.item) for n, part in enumerate(study.reductions)]
    for key, number, oid in named:
        if oid not in items:
            mistakes.add(("study", key, number), f"there is no item {oid}; {hint(oid, items)}")
    for number, part in enumerate(study.reductions):
        item = items.get(part.item)
        codes = item.codelist.by_code if item and item.codelist else None
        for code in part.keeps:
            if codes is not None and code not in codes:
                mistakes.add(
                    ("study", "reductions", number, "keeps"),
                    f"“{code}” is no code of {part.item}; {hint(code, codes)}",
                )
        yield Reduction(part.item, part.to, frozenset(part.keeps), part.above)


def source_checks(document: Document, plain: Sequence[Form], mistakes: Mistakes) -> Iterator[str]:
    """The critical items: each is entered by people, and none is kept from the monitor.

    A form stands for all of its items of which that is so.
    """
    forms = {f.oid: f for f in plain}
    places = {i.oid: (f, i) for f in plain for i in f.items}
    for number, oid in enumerate(document.study.critical):
        at: Path = ("study", "critical", number)
        if oid in forms:
            if forms[oid].private:
                mistakes.add(at, f"{oid} is an identity form, which no monitor sees; leave it out")
            yield from (i.oid for i in forms[oid].items if _has_source(i))
            continue
        if "." not in oid:
            mistakes.add(at, f"there is no form {oid}; {hint(oid, forms)}")
            continue
        if oid not in places:
            mistakes.add(at, f"there is no item {oid}; {hint(oid, places)}")
            continue
        form, item = places[oid]
        if item.derived:
            mistakes.add(at, f"{oid} is derived and has no source; name the items it comes from")
        if form.private or item.phi is Phi.DIRECT:
            mistakes.add(at, f"{oid} is an identity item, which no monitor sees; leave it out")
        yield oid


def _has_source(item: Item) -> bool:
    return not item.derived and item.phi is not Phi.DIRECT


def keyed_twice(
    document: Document, forms: Iterable[Form], critical: Collection[str]
) -> Iterator[Form]:
    """The forms; those with critical items take a second entry where the study asks for it."""
    asked = document.study.second_look is SecondLook.SECOND_ENTRY
    for form in forms:
        holds = asked and any(i.oid in critical for i in form.items)
        yield replace(form, second_entry=True) if holds else form


def oversight(document: Document, plain: Sequence[Form], mistakes: Mistakes) -> Oversight:
    """How often accounts are reviewed, and the milestones; each rests on a date of a form."""
    items = {i.oid: (f, i) for f in plain for i in f.items}
    part = document.study.oversight
    place: Path = ("study", "oversight", "milestones")
    unique((m.oid for m in part.milestones), place, "oid", mistakes)
    for number, one in enumerate(part.milestones):
        if one.item is None:
            continue
        at: Path = (*place, number, "item")
        if one.item not in items:
            mistakes.add(at, f"there is no item {one.item}; {hint(one.item, items)}")
            continue
        form, item = items[one.item]
        if form.private or item.type.kind is not Kind.DATE:
            mistakes.add(at, f"{one.item} is no date outside identity forms; name one")
    return Oversight(
        part.accounts_days,
        tuple(
            Milestone(m.oid, text_of(m), m.every_days or 0, m.item or "", m.within_days or 0)
            for m in part.milestones
        ),
        part.password_days or 0,
        part.retention_years,
        None if part.retain_until is None else date.fromisoformat(part.retain_until),
        part.idle_minutes,
        part.session_hours,
        part.confirmed_by_another is not False,
        part.data_key_days,
    )
