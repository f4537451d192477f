"""Code lists, forms, sections and items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mrd_desktop.study.building.common import (
    Expressions,
    Mistakes,
    hint,
    item_parts,
    text_of,
    unique,
)
from mrd_desktop.study.document import Document, ItemPart, PurposePart
from mrd_desktop.study.model import (
    Code,
    CodeList,
    Form,
    Item,
    ItemGroup,
    Kind,
    Purpose,
    Reference,
    Requirement,
)
from mrd_desktop.study.yaml_tree import Path


def code_lists(document: Document, mistakes: Mistakes) -> Mapping[str, CodeList]:
    """The code lists by OID."""
    found: dict[str, CodeList] = {}
    for number, part in enumerate(document.codelists):
        codes = tuple(Code(c.code, text_of(c), c.ncit) for c in part.codes)
        found[part.oid] = CodeList(part.oid, text_of(part), codes, part.cdisc, part.source or "")
        unique((c.code for c in codes), ("codelists", number, "codes"), "code", mistakes)
    return found


def plain_forms(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> tuple[Form, ...]:
    """The forms without the conditions of their items, in the order of ``study.yaml``."""
    found: dict[str, Form] = {}
    parts = [p.oid for p in document.study.protocol_parts]
    unique(parts, ("study", "protocol_parts"), "oid", mistakes)
    groups: dict[str, str] = {}
    items: set[str] = set()
    for f, form in enumerate(document.forms):
        _check_purpose(form.purpose, ("forms", f), parts, mistakes)
        if form.private and form.second_entry:
            mistakes.add(
                ("forms", f, "second_entry"),
                f"{form.oid} is private, and identity is keyed only once; remove second_entry",
            )
        made: list[ItemGroup] = []
        for g, group in enumerate(form.groups):
            place: Path = ("forms", f, "groups", g)
            name = group.oid.rpartition(".")[2]
            _check_purpose(group.purpose, place, parts, mistakes)
            if group.oid not in (f"IG.{name}", f"IG.{form.oid}.{name}"):
                mistakes.add(
                    (*place, "oid"),
                    f"“{group.oid}” is no section of {form.oid}; write IG.{form.oid}.{name}",
                )
            if groups.setdefault(name, form.oid) == form.oid and name in [x.name for x in made]:
                mistakes.add((*place, "oid"), f"the section {name} stands twice in the form")
            if group.expects_rows and not group.repeating:
                mistakes.add(
                    (*place, "expects_rows"),
                    f"{group.oid} has one row only; remove expects_rows or repeat it",
                )
            prefixes = {form.oid, name}
            fields = []
            for i, item in enumerate(group.items):
                at = (*place, "items", i)
                _check_item(item, at, prefixes, codelists, mistakes)
                _check_purpose(item.purpose, at, parts, mistakes)
                if item.carry and not group.repeating:
                    mistakes.add(
                        (*at, "carry"), f"{group.oid} has one row only; remove carry or repeat it"
                    )
                if item.oid in items:
                    mistakes.add((*at, "oid"), f"“{item.oid}” is given twice; name it otherwise")
                items.add(item.oid)
                fields.append(_item(item, codelists))
            made.append(
                ItemGroup(
                    group.oid,
                    text_of(group),
                    group.repeating,
                    tuple(fields),
                    group.expects_rows,
                    group.genetic,
                    _purpose(group.purpose),
                )
            )
        found[form.oid] = Form(
            oid=form.oid,
            text=text_of(form),
            repeating=form.repeating,
            groups=tuple(made),
            log=form.log,
            private=form.private,
            second_entry=form.second_entry,
            sdtm=form.sdtm,
            when=form.when or "",
            note=form.note or "",
            purpose=_purpose(form.purpose),
        )
    return tuple(_in_order(document, found, mistakes))


def _in_order(document: Document, found: Mapping[str, Form], mistakes: Mistakes) -> Iterator[Form]:
    listed = document.study.forms
    unique(listed, ("study", "forms"), "", mistakes)
    for number, oid in enumerate(listed):
        if oid in found:
            yield found[oid]
        else:
            mistakes.add(("study", "forms", number), f"there is no form {oid}; {hint(oid, found)}")
    for number, form in enumerate(document.forms):
        if form.oid not in listed:
            mistakes.add(
                ("forms", number, "oid"), f"{form.oid} has no place; add it to forms in study.yaml"
            )


def _check_item(
    item: ItemPart,
    place: Path,
    prefixes: set[str],
    codelists: Mapping[str, CodeList],
    mistakes: Mistakes,
) -> None:
    if item.oid.partition(".")[0] not in prefixes:
        mistakes.add(
            (*place, "oid"),
            f"“{item.oid}” stands in another form or section; begin it with "
            + " or ".join(f"{p}." for p in sorted(prefixes)),
        )
    coded = item.type.kind in (Kind.CODE, Kind.CODES)
    if item.codelist and item.codelist not in codelists:
        mistakes.add(
            (*place, "codelist"),
            f"there is no code list {item.codelist}; {hint(item.codelist, codelists)}",
        )
    elif coded and not item.codelist:
        mistakes.add(place, f"{item.oid} has codes but no code list; add codelist")
    elif item.codelist and not coded:
        mistakes.add(
            (*place, "codelist"),
            f"{item.oid} is of type {item.type.kind} and has no codes; remove codelist",
        )
    if item.capitals and item.type.kind is not Kind.TEXT:
        mistakes.add((*place, "capitals"), f"{item.oid} is no text and has no capitals; remove it")
    if item.with_year and item.type.kind not in (Kind.DATE, Kind.PARTIAL_DATE):
        mistakes.add((*place, "with_year"), f"{item.oid} is no date; remove with_year")
    if item.original and item.required is Requirement.DERIVED:
        mistakes.add(
            (*place, "original"), f"{item.oid} is derived and no first record; remove original"
        )
    if item.words and (item.type.kind is not Kind.TEXT or item.required is not Requirement.DERIVED):
        mistakes.add(
            (*place, "words"), f"{item.oid} is no derived text and has no words; remove words"
        )
    unique((c.code for c in item.words), (*place, "words"), "code", mistakes)
    numeric = item.type.kind in (Kind.INTEGER, Kind.DECIMAL)
    for number, check in enumerate(item.checks):
        if check.range and not numeric:
            mistakes.add(
                (*place, "checks", number),
                f"{item.oid} is no number and has no range; write legal",
            )


def _check_purpose(
    part: PurposePart | None, place: Path, known: Sequence[str], mistakes: Mistakes
) -> None:
    if part is not None and part.protocol not in known:
        mistakes.add(
            (*place, "purpose", "protocol"),
            f"there is no part {part.protocol} of the protocol; {hint(part.protocol, known)}",
        )


def _purpose(part: PurposePart | None) -> Purpose | None:
    return None if part is None else Purpose(text_of(part), part.protocol)


def _item(item: ItemPart, codelists: Mapping[str, CodeList]) -> Item:
    return Item(
        oid=item.oid,
        text=text_of(item),
        type=item.type,
        required=item.required,
        phi=item.phi,
        unit=item.unit,
        codelist=codelists.get(item.codelist) if item.codelist else None,
        cdash=item.cdash,
        sdtm=item.sdtm,
        guidance=item.guidance,
        capitals=item.capitals,
        carry=item.carry,
        with_year=item.with_year,
        original=item.original,
        refers=Reference(item.refers.to, item.refers.shows) if item.refers else None,
        words=tuple(Code(c.code, text_of(c), c.ncit) for c in item.words),
        purpose=_purpose(item.purpose),
        harmless=text_of(item.harmless) if item.harmless else None,
    )


def with_conditions(
    document: Document, plain: Sequence[Form], expressions: Expressions
) -> Iterator[Form]:
    """The forms with the conditions of their items compiled."""
    conditions = {
        item.oid: expressions.condition(item.show_when, (*place, "show_when"), on)
        for item, place, on in item_parts(document)
        if item.show_when
    }
    for form in plain:
        groups = (
            replace(
                group,
                items=tuple(replace(i, show_when=conditions.get(i.oid)) for i in group.items),
            )
            for group in form.groups
        )
        yield replace(form, groups=tuple(groups))
