"""The definition as ODM-XML 2.0 metadata.

A form is an ``ItemGroupDef`` of type Form around those of its sections. What 2.0 has a place for
stands there: targets and windows as timing constraints, the study's parameters, terms as
``Coding``, what a method reads and gives in its signature, and the unit of an item as another item
beside it (``UnitsItemOID``): the one that the form asks for the unit with, or one whose only code
is the study's unit. Several codes are several values of an item with a code list.

Source: the schemas of ODM 2.0 and the rules of its elements (wiki.cdisc.org, space ODM2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mrd_desktop.study.document import FORMAT
from mrd_desktop.study.expression import Expression
from mrd_desktop.study.model import Check, CodeList, Form, Item, ItemGroup, Kind, Study, StudyEvent
from mrd_desktop.study.odm_parts import (
    ENGLISH,
    EVERY,
    TYPES,
    Conditions,
    Elements,
    Lists,
    Writer,
    checks_of_items,
    conditions,
    dates,
    event_type,
    excepted,
    exception,
    legal,
    needed,
    no_lists,
    place,
    sides,
    strength,
    study_oid,
    targeted,
    version_oid,
    yes,
)
from mrd_desktop.texts import Text

NAMESPACE: Final = "http://www.cdisc.org/ns/odm/v2.0"
ODM2: Final = Elements(NAMESPACE, typed_text=True)
VERSION: Final = "2.0"
SEVERAL: Final = "Several codes"
"""Context of the alias of an item that may have several values."""

tag, texts, alias, leaf, empty = ODM2.tag, ODM2.texts, ODM2.alias, ODM2.leaf, ODM2.empty

_DAY_ZERO: Final = "TC.TCDAT"
_EVENTS: Final = "SEG.ALL"
_TERMS: Final = {
    "System": "https://www.cdisc.org/standards/terminology",
    "SystemName": "CDISC/NCI CT",
}
_SIZED: Final = (Kind.TEXT, Kind.INTEGER)


def unit_oid(unit: str) -> str:
    """OID of the item that says a unit of the study."""
    return f"UN.{unit}"


def unit_of(group: ItemGroup, item: Item) -> str | None:
    """OID of the item beside an item that says its unit; None where it has none.

    A section that asks for one unit asks for that of its results, as the annotation has them.
    """
    asked = [i for i in group.items if i.sdtm and i.sdtm.endswith("ORRESU")]
    if len(asked) == 1 and item.unit and item.sdtm == (asked[0].sdtm or "").removesuffix("U"):
        return f"I.{asked[0].oid}"
    return unit_oid(item.unit) if item.unit else None


def units_of(group: ItemGroup) -> tuple[str, ...]:
    """The study's units that a section needs an item of its own for, in order."""
    units = (i.unit for i in group.items if i.unit and unit_of(group, i) == unit_oid(i.unit))
    return tuple(dict.fromkeys(units))


def write_metadata(
    xf: Writer, study: Study, also: Lists = no_lists, former: Sequence[Study] = ()
) -> None:
    """Write the ``Study`` element into an ``ODM`` element that is open.

    Args:
        xf: the writer, inside a root element with the prefixes of :data:`ODM2`.
        study: the definition; its version and digest name the ``MetaDataVersion``.
        also: code lists that a file needs beside those of each study.
        former: versions that data stand under besides, each a ``MetaDataVersion`` of its own.
    """
    head = {"OID": study_oid(study), "StudyName": study.name.en, "ProtocolName": study.protocol}
    with xf.element(tag("Study"), head):
        texts(xf, "Description", study.name)
        for one in (*former, study):
            name = {"OID": version_oid(one), "Name": f"{one.protocol} {one.version}"}
            with xf.element(tag("MetaDataVersion"), name):
                said = f"{FORMAT} {one.digest}"
                texts(xf, "Description", Text(said, said))
                _version(xf, one, also(one))


def _version(xf: Writer, study: Study, also: Iterable[CodeList]) -> None:
    known = conditions(study)
    units = dict.fromkeys(u for f in study.forms for g in f.groups for u in units_of(g))
    _protocol(xf, study)
    _events(xf, study)
    for event in study.events:
        _event(xf, study, event, known)
    for form in study.forms:
        _form(xf, form)
    for form in study.forms:
        for group in form.groups:
            _group(xf, study, group, known)
    checks = checks_of_items(study)
    for item in study.by_item.values():
        _item(xf, item, checks.get(item.oid, []))
    for unit in units:
        with xf.element(
            tag("ItemDef"), {"OID": unit_oid(unit), "Name": unit_oid(unit), "DataType": "text"}
        ):
            texts(xf, "Description", Text(f"Unit: {unit}", f"单位：{unit}"))
            empty(xf, "CodeListRef", CodeListOID=f"CL.{unit_oid(unit)}")
    for codelist in (*study.codelists.values(), *also):
        _code_list(xf, codelist)
    for unit in units:
        _unit_list(xf, unit)
    for source, condition in known.items():
        with xf.element(tag("ConditionDef"), {"OID": condition.oid, "Name": condition.oid}):
            texts(xf, "Description", excepted(source))
            _signature(xf, study, condition.when, "EXCEPTED", "boolean")
            _code(xf, f"not ({source})")
    for derivation in study.derivations:
        item = study.by_item[derivation.item]
        oid = f"MT.{item.oid}"
        with xf.element(tag("MethodDef"), {"OID": oid, "Name": oid, "Type": "Computation"}):
            texts(xf, "Description", item.text)
            _signature(xf, study, derivation.value, item.oid, TYPES[item.type.kind])
            _code(xf, derivation.value.source)


def _protocol(xf: Writer, study: Study) -> None:
    with xf.element(tag("Protocol")):
        if study.parameters:
            with xf.element(tag("StudySummary")):
                for name, value in study.parameters.items():
                    head = {"OID": f"SP.{name}", "Term": name, "ShortName": name}
                    with xf.element(tag("StudyParameter"), head):
                        empty(xf, "ParameterValue", Value=str(value))
        due = [event for event in study.events if _timed(study, event)]
        if due:
            with (
                xf.element(tag("StudyTimings")),
                xf.element(tag("StudyTiming"), {"OID": "ST.VISITS", "Name": "Visits"}),
            ):
                for event in due:
                    _timing(xf, event)
        empty(xf, "StudyEventGroupRef", StudyEventGroupOID=_EVENTS, **place(1, "Yes"))


def _timed(study: Study, event: StudyEvent) -> bool:
    """Whether the day that targets are counted from is a question of the study."""
    return targeted(event) and _DAY_ZERO in study.by_item


def _timing(xf: Writer, event: StudyEvent) -> None:
    count, unit = event.offset_days, "D"
    if count is None:
        count, unit = event.offset_months or 0, "M"
    head = {
        "OID": f"TI.{event.oid}",
        "Name": f"Target of {event.oid}",
        "PredecessorOID": f"I.{_DAY_ZERO}",
        "SuccessorOID": f"SE.{event.oid}",
        "Type": "StartToStart",
        "TimepointRelativeTarget": f"{'-' if count < 0 else ''}P{abs(count)}{unit}",
        "TimepointPreWindow": f"P{event.before}D",
        "TimepointPostWindow": f"P{event.after}D",
    }
    with xf.element(tag("RelativeTimingConstraint"), head):
        texts(xf, "Description", event.text)


def _events(xf: Writer, study: Study) -> None:
    with xf.element(tag("StudyEventGroupDef"), {"OID": _EVENTS, "Name": _EVENTS}):
        texts(xf, "Description", Text("All visits", "全部访视"))
        for number, event in enumerate(study.events, start=1):
            where = place(number, yes(targeted(event)))
            empty(xf, "StudyEventRef", StudyEventOID=f"SE.{event.oid}", **where)


def _event(xf: Writer, study: Study, event: StudyEvent, known: Conditions) -> None:
    head = {
        "OID": f"SE.{event.oid}",
        "Name": event.oid,
        "Repeating": yes(event.repeating),
        "Type": event_type(event),
    }
    with xf.element(tag("StudyEventDef"), head):
        texts(xf, "Description", event.text)
        for number, form in enumerate(event.planned + event.optional, start=1):
            more = exception(known, event.when.get(form))
            where = place(number, yes(form in event.planned))
            empty(xf, "ItemGroupRef", ItemGroupOID=f"F.{form}", **where, **more)
        for context, said in dates(event):
            if context == EVERY or not _timed(study, event):
                alias(xf, context, said)


def _form(xf: Writer, form: Form) -> None:
    with xf.element(tag("ItemGroupDef"), _head(f"F.{form.oid}", form.oid, form.repeating, "Form")):
        texts(xf, "Description", form.text)
        for number, group in enumerate(form.groups, start=1):
            where = place(number, yes(not group.repeating))
            empty(xf, "ItemGroupRef", ItemGroupOID=group.oid, **where)
        if form.sdtm:
            alias(xf, "SDTM", form.sdtm)


def _group(xf: Writer, study: Study, group: ItemGroup, known: Conditions) -> None:
    head = _head(group.oid, group.oid, group.repeating, "Section")
    with xf.element(tag("ItemGroupDef"), head):
        texts(xf, "Description", group.text)
        for number, item in enumerate(group.items, start=1):
            more = exception(known, item.show_when)
            if item.oid in study.by_derived:
                more["MethodOID"] = f"MT.{item.oid}"
            if unit := unit_of(group, item):
                more["UnitsItemOID"] = unit
            origin = {"Type": "Derived"} if item.derived else _COLLECTED
            where = place(number, yes(needed(item)))
            with xf.element(tag("ItemRef"), {"ItemOID": f"I.{item.oid}", **more, **where}):
                empty(xf, "Origin", **origin)
        for number, unit in enumerate(units_of(group), start=len(group.items) + 1):
            head = {"ItemOID": unit_oid(unit), "PreSpecifiedValue": unit, **place(number, "No")}
            with xf.element(tag("ItemRef"), head):
                empty(xf, "Origin", Type="Assigned", Source="Sponsor")


_COLLECTED: Final = {"Type": "Collected", "Source": "Investigator"}


def _head(oid: str, name: str, repeating: bool, kind: str) -> dict[str, str]:
    return {
        "OID": oid,
        "Name": name,
        "Repeating": "Simple" if repeating else "No",
        "Type": kind,
    }


def _item(xf: Writer, item: Item, checks: list[Check]) -> None:
    kind, length = item.type.kind, item.type.length
    head = {"OID": f"I.{item.oid}", "Name": item.oid, "DataType": TYPES[kind]}
    if length and kind in _SIZED:
        head["Length"] = str(length)
    if length and kind is Kind.DECIMAL:
        head["DisplayFormat"] = f"{length}.{item.type.decimals}"
    with xf.element(tag("ItemDef"), head):
        texts(xf, "Question", item.text)
        if item.guidance:
            ODM2.said(xf, "ImplementationNotes", {ENGLISH: item.guidance})
        for check in checks:
            _range_check(xf, check)
        if item.codelist:
            empty(xf, "CodeListRef", CodeListOID=f"CL.{item.codelist.oid}")
        for context, name in (("CDASH", item.cdash), ("SDTM", item.sdtm)):
            if name:
                alias(xf, context, name)
        if kind is Kind.CODES:
            alias(xf, SEVERAL, "Yes")
        alias(xf, "Requirement", str(item.required))
        alias(xf, "PHI", str(item.phi))


def _range_check(xf: Writer, check: Check) -> None:
    """A check of one item: each end of a range by itself, anything else as its expression."""
    found = sides(check)
    if not found:
        with xf.element(tag("RangeCheck"), {"SoftHard": strength(check)}):
            _code(xf, legal(check))
            texts(xf, "ErrorMessage", check.text)
    for side in found:
        head = {"Comparator": side.comparator, "SoftHard": strength(check)}
        with xf.element(tag("RangeCheck"), head):
            leaf(xf, "CheckValue", side.value)
            texts(xf, "ErrorMessage", check.text)


def _code_list(xf: Writer, codelist: CodeList) -> None:
    name = f"CL.{codelist.oid}"
    with xf.element(tag("CodeList"), {"OID": name, "Name": codelist.oid, "DataType": "text"}):
        texts(xf, "Description", codelist.text)
        for number, code in enumerate(codelist.codes, start=1):
            term = {"CodedValue": code.code, "OrderNumber": str(number)}
            with xf.element(tag("CodeListItem"), term):
                texts(xf, "Decode", code.text)
                if code.ncit:
                    empty(xf, "Coding", Code=code.ncit, **_TERMS)
        if codelist.cdisc:
            empty(xf, "Coding", Code=codelist.cdisc, **_TERMS)


def _unit_list(xf: Writer, unit: str) -> None:
    head = {"OID": f"CL.{unit_oid(unit)}", "Name": unit_oid(unit), "DataType": "text"}
    with xf.element(tag("CodeList"), head):
        texts(xf, "Description", Text(f"Unit: {unit}", f"单位：{unit}"))
        with xf.element(tag("CodeListItem"), {"CodedValue": unit, "OrderNumber": "1"}):
            texts(xf, "Decode", Text(unit, unit))


def _signature(xf: Writer, study: Study, of: Expression, gives: str, kind: str) -> None:
    """What an expression reads, under the names that it has them by, and what it gives."""
    with xf.element(tag("MethodSignature")):
        for number, item in enumerate(_read(study, of), start=1):
            empty(
                xf, "Parameter", Name=item.oid, DataType=TYPES[item.type.kind],
                OrderNumber=str(number),
            )  # fmt: skip
        empty(xf, "ReturnValue", Name=gives, DataType=kind)


def _read(study: Study, of: Expression) -> Iterator[Item]:
    return (study.by_item[oid] for oid in sorted(of.reads) if oid in study.by_item)


def _code(xf: Writer, source: str) -> None:
    with xf.element(tag("FormalExpression"), {"Context": FORMAT}):
        leaf(xf, "Code", source)
