"""Edit checks: which fire on a subject's data, where, and with what words.

Evaluation never writes and never raises for data: unknown does not fire.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.data import FormData
from mrd_desktop.study.dependence import sources
from mrd_desktop.study.expression import Expression
from mrd_desktop.study.expression.functions import plain
from mrd_desktop.study.model import Check, Item, Kind, Phi, Requirement, Selector, Study
from mrd_desktop.study.reading import READERS, Typed
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.visibility import is_shown, takes_rows
from mrd_desktop.texts import Language, Text

__all__ = [
    "REQUIRED",
    "Finding",
    "dependants",
    "findings",
    "is_shown",
    "takes_rows",
    "told_beside",
]

REQUIRED = "REQUIRED"
"""``on`` of the check that a shown item which must be answered is answered."""

Where = ItemKey | FormKey | EventKey | str

_CENT = Decimal("0.01")
_HIDDEN = Text("…", "……")
"""Stands in a message for what comes from a direct identifier."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A check that fires.

    Attributes:
        key: where it is shown: a data point, a form, an event, or the subject number.
        text: the check's message with its values filled in; never holds a direct identifier.
    """

    check: Check
    key: Where
    text: Text

    @property
    def told(self) -> Text:
        """The message with the way out, as it stands below a field.

        Of the two cases that the check of required items names, only the empty one can stand
        there, so its way out is told alone.
        """
        way = self.check.way
        if way is None:
            return self.text
        if self.check.on == REQUIRED:
            return way
        return Text(f"{self.text.en} {way.en}", f"{self.text.zh}{way.zh}")


def findings(
    scene: Scene,
    forms: Container[FormKey] | None = None,
    checks: Iterable[Check] | None = None,
) -> tuple[Finding, ...]:
    """The checks that fire, in the order of the definition and of the forms.

    Checks that need the identity vault are left out where the scene has none.

    Args:
        forms: only findings on lines of these filled forms; checks of the whole subject or of
            its events are kept if one of these forms is among the check's own.
        checks: only these checks (see :func:`dependants`); all by default.
    """
    found: list[Finding] = []
    filled = _Filled(f for f in scene.data.forms if forms is None or f.key in forms)
    oids = None if forms is None else set(filled.of)
    for check in scene.study.checks if checks is None else checks:
        if check.vault and not scene.vault:
            continue
        found += _of(check, scene, filled, oids)
    return tuple(found)


def told_beside(scene: Scene, form: FormKey) -> Iterator[tuple[ItemKey, Finding]]:
    """Findings that stand at another form and are told at an item of this one too."""
    filled = _Filled(scene.data.forms)
    for check, group, item in _beside(scene.study).get(form.form, ()):
        if check.also is None or (check.vault and not scene.vault):
            continue
        for line, fallback in _lines(check.on, scene, filled):
            if check.fires.holds(line) and check.also.when.holds(line):
                key = _shown_at(check, line, fallback)
                found = Finding(check, key, _message(check, line, None, ""))
                yield ItemKey(RowKey(form, group), item), found


def dependants(study: Study, items: Iterable[str]) -> tuple[Check, ...]:
    """The checks whose outcome may change when some items change, in the definition's order.

    What reads a derived item depends on everything that item is computed from; a check of
    required items also depends on the conditions that show items.

    Args:
        items: item OIDs; also the name of a repeating group whose rows were added or removed,
            and the OID of a form that was opened or removed.
    """
    index = _index(study)
    wanted: set[str] = set()
    for item in items:
        wanted |= index.get(item, frozenset())
    return tuple(c for c in study.checks if c.id in wanted)


def reads_beyond(study: Study, check: Check, form: str) -> bool:
    """Whether a check reads items of other forms, or of the same form at other visits."""
    if check.on == REQUIRED:
        return False
    definition = study.by_form[form]
    own = {*(i.oid for i in definition.items), *definition.by_group}
    return (definition.repeating and check.on != "ITEMS") or not _reads(study)[check.id] <= own


def telling(study: Study, names: Collection[str]) -> frozenset[str]:
    """Ids of the checks that read one of these, through derived items too.

    A check of single items is told by the item that it is shown at.
    """
    reads = _reads(study)
    return frozenset(
        c.id
        for c in study.checks
        if c.on not in ("ITEMS", REQUIRED) and not reads[c.id].isdisjoint(names)
    )


# -- evaluation


class _Filled:
    """Filled forms: every one, and those of each OID, so that no check walks them all."""

    def __init__(self, forms: Iterable[FormData]) -> None:
        self.every = list(forms)
        self.of: dict[str, list[FormData]] = {}
        for form in self.every:
            self.of.setdefault(form.form, []).append(form)


def _of(check: Check, scene: Scene, filled: _Filled, oids: set[str] | None) -> Iterator[Finding]:
    match check.on:
        case "ITEMS":
            yield from _on_items(check, scene, filled.every)
        case _ if check.on == REQUIRED:
            yield from _on_required(check, scene, filled.every)
        case "SUBJECT" | "EVENTS" if oids is not None and oids.isdisjoint(check.forms):
            return
        case _:
            for line, fallback in _lines(check.on, scene, filled):
                if check.fires.holds(line):
                    key = _shown_at(check, line, fallback)
                    yield Finding(check, key, _message(check, line, None, ""))


def _lines(on: str, scene: Scene, filled: _Filled) -> Iterator[tuple[Line, Where]]:
    """The lines a check is evaluated on, each with the key of what it stands on."""
    if on == "SUBJECT":
        yield scene.nowhere, scene.data.subject
    elif on == "EVENTS":
        for event in scene.study.events:
            if not event.repeating:
                key = EventKey(scene.data.subject, event.oid)
                yield scene.during(key), key
    elif on in scene.study.owner:
        for form in filled.of.get(scene.study.owner[on], ()):
            for row in form.group(on):
                yield Line(scene, form, row), form.key
    else:
        for form in filled.every if on == "ALL" else filled.of.get(on, ()):
            yield Line(scene, form), form.key


def _on_items(check: Check, scene: Scene, filled: list[FormData]) -> Iterator[Finding]:
    chosen = _selected(scene.study, check.items)
    fires = check.fires
    for form in filled:
        mine = chosen.get(form.form)
        if not mine:
            continue
        for row in form.rows:
            line: Line | None = None
            for name, answer in row.answers.items():
                item = mine.get((row.key.group, name))
                if item is None or answer.value is None:
                    continue
                line = line or Line(scene, form, row)
                value = READERS[item.type.kind](answer.value)
                if fires.holds(line, value, item.oid):
                    text = _message(check, line, value, item.oid)
                    yield Finding(check, ItemKey(row.key, name), text)


def _on_required(check: Check, scene: Scene, filled: list[FormData]) -> Iterator[Finding]:
    for form in filled:
        definition = scene.study.by_form.get(form.form)
        for group in definition.groups if definition else ():
            lines = Line(scene, form).rows(group.name) if group.repeating else (Line(scene, form),)
            for line in lines:
                for item in group.items:
                    if _unanswered(line, item) and check.fires.holds(line, None, item.oid):
                        text = _message(check, line, None, item.oid)
                        yield Finding(check, line.key(item.oid), text)


_NEEDED = frozenset({Requirement.MUST, Requirement.REQUIRED, Requirement.CONDITIONAL})


def _unanswered(line: Line, item: Item) -> bool:
    if item.required not in _NEEDED:
        return False
    answer = line.answer(item.oid)
    if answer is not None and (answer.missing is None or item.required is not Requirement.MUST):
        return False
    return is_shown(line, item)


def _shown_at(check: Check, line: Line, fallback: Where) -> Where:
    if check.at is not None:
        there = line.beside(check.at)
        return fallback if there is None else there.key(check.at)
    form = line.scene.study.by_form.get(line.form.form)
    if form is None:
        return fallback
    row = line.row
    items = form.by_group[row.key.group].items if row else form.items
    return line.key(items[0].oid)


# -- messages


def _message(check: Check, line: Line, value: Typed | None, item: str) -> Text:
    if not check.params:
        return check.text
    filled = {name: _parameter(param, line, value, item) for name, param in check.params.items()}
    return Text(
        check.text.say(Language.EN, **{n: t.en for n, t in filled.items()}),
        check.text.say(Language.ZH, **{n: t.zh for n, t in filled.items()}),
    )


def _parameter(param: Expression, line: Line, value: Typed | None, item: str) -> Text:
    by_item = line.scene.study.by_item
    read = (by_item[oid] for oid in (*param.reads, item) if oid in by_item)
    if any(i.phi is Phi.DIRECT for i in read):
        return _HIDDEN
    found = param.value(line, value, item)
    if isinstance(found, Text):
        return found
    if isinstance(found, frozenset):
        texts = [_meaning(param, line, code) for code in sorted(found)]
        return Text(", ".join(t.en for t in texts), "、".join(t.zh for t in texts))
    if isinstance(found, str):
        return _meaning(param, line, found)
    if isinstance(found, Decimal):
        found = _short(found)
    text = plain(found) or "–"
    return Text(text, text)


def _short(number: Decimal) -> Decimal:
    """A computed number as one reads it: at most two decimals where it has more than four."""
    return number.quantize(_CENT, ROUND_HALF_UP) if number != round(number, 4) else number


def _meaning(param: Expression, line: Line, code: str) -> Text:
    codelist = line.scene.study.codelists.get(param.codelist or "")
    term = codelist.by_code.get(code) if codelist else None
    return term.text if term else Text(code, code)


# -- which items and which checks


@lru_cache(maxsize=512)
def _selected(study: Study, selector: Selector) -> Mapping[str, Mapping[tuple[str, str], Item]]:
    """The items a selector visits: form OID → (group, name) → item."""
    found: dict[str, dict[tuple[str, str], Item]] = defaultdict(dict)
    for form, group, item in study.places.values():
        if _selects(selector, form.oid, item):
            found[form.oid][group.name, item.name] = item
    return dict(found)


def _selects(selector: Selector, form: str, item: Item) -> bool:
    if item.derived or item.oid in selector.excluded or form in selector.excluded:
        return False
    if selector.free_text and (item.type.kind is not Kind.TEXT or item.phi is not Phi.QUASI):
        return False
    return (
        (not selector.types or item.type.kind in selector.types)
        and (not selector.forms or form in selector.forms)
        and (not selector.items or item.oid in selector.items)
        and (not selector.phi or item.phi in selector.phi)
    )


@lru_cache(maxsize=8)
def _beside(study: Study) -> Mapping[str, tuple[tuple[Check, str, str], ...]]:
    """Form OID → the checks told at an item of it too, with the names of section and item."""
    found: dict[str, list[tuple[Check, str, str]]] = defaultdict(list)
    for check in study.checks:
        if check.also is not None:
            form, group, item = study.places[check.also.at]
            found[form.oid].append((check, group.name, item.name))
    return {oid: tuple(checks) for oid, checks in found.items()}


@lru_cache(maxsize=8)
def _index(study: Study) -> Mapping[str, frozenset[str]]:
    """Item OID, form OID or group name → ids of the checks that depend on it."""
    found: dict[str, set[str]] = defaultdict(set)
    for check in study.checks:
        for name in _reads(study)[check.id] | _visited(study, check):
            found[name].add(check.id)
    return {name: frozenset(ids) for name, ids in found.items()}


@lru_cache(maxsize=8)
def _reads(study: Study) -> Mapping[str, frozenset[str]]:
    """Check id → item OIDs and group names that its expressions read, through derived items too."""
    computed = sources(study)
    found = {}
    for check in study.checks:
        reads = set(check.fires.reads)
        for param in check.params.values():
            reads |= param.reads
        for name in tuple(reads):
            reads |= computed.get(name, frozenset())
        found[check.id] = frozenset(reads)
    return found


def _visited(study: Study, check: Check) -> set[str]:
    """What a check depends on by where it is evaluated."""
    if check.on == "ITEMS":
        chosen = _selected(study, check.items).values()
        return {item.oid for items in chosen for item in items.values()}
    if check.on == REQUIRED:
        found: set[str] = set()
        for form, group, item in study.places.values():
            found |= {form.oid, group.name, item.oid}
        return found
    if check.on == "ALL":
        return {f.oid for f in study.forms}
    if check.on in study.owner:
        return {check.on, study.owner[check.on]}
    return {check.on}
