"""Tables beside the forms: drugs, CTCAE terms, other terms, units, headings of reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mrd_desktop.study.building.common import Mistakes, hint, text_of, unique
from mrd_desktop.study.document import Document
from mrd_desktop.study.headings import plain_heading
from mrd_desktop.study.model import CodeList, Conversion, CtcaeTerm, Drug, Form, Kind, ListedTerm
from mrd_desktop.study.units import plain_unit
from mrd_desktop.study.yaml_tree import Path


def drugs(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> Mapping[str, Drug]:
    """The drug dictionary by code."""
    found: dict[str, Drug] = {}
    drugs = document.drugs.drugs
    unique((d.code for d in drugs), ("drugs", "drugs"), "code", mistakes)
    for number, part in enumerate(drugs):
        for key, code, oid in (("code", part.code, "DRUG"), ("route", part.route, "ROUTE")):
            codes = codelists[oid].by_code if oid in codelists else {}
            if code not in codes:
                mistakes.add(
                    ("drugs", "drugs", number, key),
                    f"“{code}” is no code of the list {oid}; {hint(code, codes)}",
                )
        doses = tuple((d.low, d.high, d.unit) for d in part.doses)
        found[part.code] = Drug(part.code, part.class_, part.route, doses, part.approved)
    return found


def conversions(
    document: Document, plain: Sequence[Form], mistakes: Mistakes
) -> Iterator[Conversion]:
    """The units that values may be reported in, by item."""
    items = {i.oid: i for f in plain for i in f.items}
    seen: set[tuple[str, str]] = set()
    for number, part in enumerate(document.units.conversions):
        place: Path = ("units", "conversions", number)
        for n, oid in enumerate(part.items):
            if oid not in items:
                mistakes.add((*place, "items", n), f"there is no item {oid}; {hint(oid, items)}")
            elif items[oid].unit is None:
                mistakes.add((*place, "items", n), f"{oid} has no unit; take it out")
            for written, factor in part.from_.items():
                unit = plain_unit(written)
                at = (*place, "from", written)
                if factor <= 0:
                    mistakes.add(at, f"{factor} is no factor; write a number above 0")
                if (oid, unit) in seen or (oid in items and items[oid].unit == unit):
                    mistakes.add(at, f"{oid} has the unit {unit} already; keep one")
                seen.add((oid, unit))
                yield Conversion(oid, unit, factor)


def headings(
    document: Document, plain: Sequence[Form], mistakes: Mistakes
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """What laboratories call an item, and what counts only with a unit; both by item.

    A name means one item of a form.
    """
    form_of = {i.oid: f.oid for f in plain for i in f.items}
    unit_of = {i.oid: i.unit for f in plain for i in f.items}
    taken: dict[tuple[str, str], tuple[str, str]] = {}
    part = document.headings
    found: tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]] = ({}, {})
    lists = (("headings", part.headings, found[0]), ("with_unit", part.with_unit, found[1]))
    for where, listed, kept in lists:
        for oid, names in listed.items():
            place: Path = ("headings", where, oid)
            if oid not in form_of:
                mistakes.add(place, f"there is no item {oid}; {hint(oid, form_of)}")
                continue
            if where == "with_unit" and unit_of[oid] is None:
                mistakes.add(place, f"{oid} has no unit; take it out")
            for n, name in enumerate(names):
                key = (form_of[oid], plain_heading(name))
                first = taken.setdefault(key, (oid, where))
                if first != (oid, where):
                    mistakes.add((*place, n), f"“{name}” names {first[0]} already; keep one")
            kept[oid] = names
    return found


def listed_terms(
    document: Document, plain: Sequence[Form], mistakes: Mistakes
) -> Mapping[str, tuple[ListedTerm, ...]]:
    """The terms that may be picked for a text, by item."""
    items = {i.oid: i for f in plain for i in f.items}
    found: dict[str, tuple[ListedTerm, ...]] = {}
    for number, part in enumerate(document.terms.lists):
        place: Path = ("terms", "lists", number)
        unique((t.term for t in part.terms), (*place, "terms"), "term", mistakes)
        for n, oid in enumerate(part.items):
            item = items.get(oid)
            if item is None:
                mistakes.add((*place, "items", n), f"there is no item {oid}; {hint(oid, items)}")
            elif item.type.kind is not Kind.TEXT:
                mistakes.add((*place, "items", n), f"{oid} is no text and takes no terms")
            elif oid in found:
                mistakes.add((*place, "items", n), f"{oid} has terms already; keep one list")
            else:
                for t, term in enumerate(part.terms):
                    if len(term.term) > item.type.length:
                        at = (*place, "terms", t, "term")
                        mistakes.add(at, f"“{term.term}” is too long for {oid}; shorten it")
                found[oid] = tuple(ListedTerm(t.term, t.also or "") for t in part.terms)
    return found


def terms(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> Iterator[CtcaeTerm]:
    """The CTCAE terms."""
    classes = codelists["AESOC"].by_code if "AESOC" in codelists else {}
    seen: set[str] = set()
    for soc, terms in document.ctcae.items():
        if soc not in classes:
            mistakes.add(
                ("ctcae", soc), f"“{soc}” is no code of the list AESOC; {hint(soc, classes)}"
            )
        for number, part in enumerate(terms):
            place: Path = ("ctcae", soc, number)
            if part.en in seen:
                mistakes.add((*place, "en"), f"“{part.en}” is given twice; keep one")
            seen.add(part.en)
            if list(part.grades) != sorted(set(part.grades) & {1, 2, 3, 4, 5}) or not part.grades:
                mistakes.add((*place, "grades"), "grades are 1 to 5 in rising order; correct them")
            yield CtcaeTerm(text_of(part), soc, part.grades)
