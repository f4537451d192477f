"""Checks and derivations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mrd_desktop.study.building.common import (
    Expressions,
    Mistakes,
    hint,
    item_parts,
    text_of,
    unique,
)
from mrd_desktop.study.document import CheckPart, Document, ItemCheckPart
from mrd_desktop.study.expression import Expression
from mrd_desktop.study.model import Beside, Check, Derivation, Form, Selector, Severity
from mrd_desktop.study.yaml_tree import Path
from mrd_desktop.texts import Text

SCOPES = ("SUBJECT", "EVENTS", "ALL", "ITEMS", "REQUIRED")
"""What a check may stand on beside a form and a repeating group."""


def item_checks(document: Document, expressions: Expressions) -> Iterator[Check]:
    """Ranges and formats that stand with their items."""
    private = {f.oid for f in document.forms if f.private}
    for item, place, on in item_parts(document):
        form = document.forms[int(place[1])].oid
        letters: dict[str, int] = {}
        for number, check in enumerate(item.checks):
            letter = "H" if check.severity is Severity.HARD else "S"
            letters[letter] = letters.get(letter, 0) + 1
            times = "" if letters[letter] == 1 else str(letters[letter])
            at = (*place, "checks", number)
            yield Check(
                id=f"{item.oid}.{letter}{times}",
                severity=check.severity,
                forms=(form,),
                on=on,
                at=item.oid,
                fires=_fires(item.oid, check, at, on, expressions),
                text=_words(document, check),
                vault=form in private,
            )


def _fires(
    oid: str, check: ItemCheckPart, place: Path, on: str, expressions: Expressions
) -> Expression:
    if check.legal:
        return expressions.opposite(check.legal, (*place, "legal"), on)
    assert check.range
    low, high = check.range
    ends = [f"{oid} < {low}"] * (low is not None) + [f"{oid} > {high}"] * (high is not None)
    return expressions.condition(" or ".join(ends), (*place, "range"), on)


def _words(document: Document, check: ItemCheckPart) -> Text:
    said = document.study.messages
    if check.en and check.zh:
        return Text(check.en, check.zh)
    if check.severity is Severity.SOFT or not check.range:
        return text_of(said.unusual)
    low, high = check.range
    chosen = (
        said.between if None not in (low, high) else said.at_least if high is None else said.at_most
    )
    return text_of(chosen).filled(lo=low, hi=high)


def numbered_checks(
    document: Document, plain: Sequence[Form], expressions: Expressions, mistakes: Mistakes
) -> Iterator[Check]:
    """The checks of ``checks.yaml``."""
    forms = {f.oid for f in plain}
    groups = {g.name for f in plain for g in f.groups if g.repeating}
    items = {i.oid for f in plain for i in f.items}
    unique((c.id for c in document.checks), ("checks",), "id", mistakes)
    for number, part in enumerate(document.checks):
        place: Path = ("checks", number)
        for n, form in enumerate(part.forms):
            if form not in forms | groups:
                mistakes.add(
                    (*place, "forms", n), f"there is no form {form}; {hint(form, forms | groups)}"
                )
        if part.on not in forms | groups | set(SCOPES):
            mistakes.add(
                (*place, "on"),
                f"“{part.on}” is neither a form nor a repeating section; "
                + hint(part.on, [*forms, *groups, *SCOPES]),
            )
            continue
        if part.at and part.at not in items:
            mistakes.add((*place, "at"), f"there is no item {part.at}; {hint(part.at, items)}")
        also = part.also
        single = {i.oid for f in plain for g in f.groups if not g.repeating for i in g.items}
        if also and also.at not in single:
            mistakes.add(
                (*place, "also", "at"),
                f"there is no item {also.at} outside repeating sections; {hint(also.at, single)}",
            )
            continue
        selector = _selector(part, place, forms, items, mistakes)
        visits = selector if part.on == "ITEMS" else None
        yield Check(
            id=part.id,
            severity=part.severity,
            forms=part.forms,
            on=part.on,
            at=part.at,
            fires=expressions.condition(part.fires, (*place, "fires"), part.on, visits),
            text=text_of(part),
            params={
                name: expressions.value(value, (*place, "params", name), part.on, visits)
                for name, value in part.params.items()
            },
            vault=part.vault,
            daily=part.daily,
            at_once=part.at_once,
            export=part.export,
            items=selector,
            way=text_of(part.way) if part.way else None,
            also=Beside(
                also.at, expressions.condition(also.when, (*place, "also", "when"), part.on)
            )
            if also
            else None,
        )


def _selector(
    part: CheckPart, place: Path, forms: set[str], items: set[str], mistakes: Mistakes
) -> Selector:
    chosen = part.items
    for key, names, known in (
        ("forms", chosen.forms, forms),
        ("items", chosen.items, items),
        ("excluded", chosen.excluded, forms | items),
    ):
        for number, name in enumerate(names):
            if name not in known:
                mistakes.add(
                    (*place, "items", key, number), f"there is no {name}; {hint(name, known)}"
                )
    return Selector(
        types=frozenset(chosen.types),
        forms=frozenset(chosen.forms),
        items=frozenset(chosen.items),
        excluded=frozenset(chosen.excluded),
        phi=frozenset(chosen.phi),
        free_text=chosen.free_text,
    )


def derivations(
    document: Document, plain: Sequence[Form], expressions: Expressions, mistakes: Mistakes
) -> Iterator[Derivation]:
    """How derived items are computed."""
    items = {i.oid: i for f in plain for i in f.items}
    unique((d.item for d in document.derivations), ("derivations",), "item", mistakes)
    for number, part in enumerate(document.derivations):
        place: Path = ("derivations", number)
        item = items.get(part.item)
        if item is None:
            mistakes.add(
                (*place, "item"), f"there is no item {part.item}; {hint(part.item, items)}"
            )
        elif not item.derived:
            mistakes.add((*place, "item"), f"{part.item} is entered by people; give it required: X")
        else:
            value = expressions.derivation(part.value, (*place, "value"), part.item)
            yield Derivation(part.item, value, part.recorded)
