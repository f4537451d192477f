"""The definition as ODM-XML 1.3.2 metadata.

What ODM has no place for is said by aliases and formal expressions: an item with several codes is
a text whose code list an ``Alias`` names, targets and windows of visits and the study's parameters
are aliases, and a show-when becomes the condition under which an item
is *not* collected, for that is what ODM's exception condition means.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from mrd_desktop import __version__
from mrd_desktop.study.document import FORMAT
from mrd_desktop.study.model import Check, CodeList, Form, Item, ItemGroup, Kind, Study, StudyEvent
from mrd_desktop.study.odm_parts import (
    PARAMETER,
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

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
ODM: Final = Elements(NAMESPACE)
tag, texts, alias, leaf, empty = ODM.tag, ODM.texts, ODM.alias, ODM.leaf, ODM.empty

_TYPES: Final = {**TYPES, Kind.DECIMAL: "float"}


def metadata_file(study: Study, created: datetime | None = None) -> bytes:
    """An ODM file that holds the metadata only.

    Args:
        created: creation time of the file; now if None. The rest depends on the study alone.
    """
    moment = (created or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    file = io.BytesIO()
    with etree.xmlfile(file, encoding="utf-8") as xf:
        xf.write_declaration()
        head = {
            "FileType": "Snapshot",
            "Granularity": "Metadata",
            "FileOID": f"{study.oid}.{study.digest[:16]}",
            "CreationDateTime": moment,
            "ODMVersion": "1.3.2",
            "SourceSystem": "MRD Desktop",
            "SourceSystemVersion": __version__,
        }
        with xf.element(tag("ODM"), head, nsmap=ODM.nsmap):
            write_metadata(xf, study)
    return file.getvalue()


def write_metadata(
    xf: Writer, study: Study, also: Lists = no_lists, former: Sequence[Study] = ()
) -> None:
    """Write the ``Study`` element into an ``ODM`` element that is open.

    Args:
        xf: the writer, inside a root element with the prefixes of :data:`ODM`.
        study: the definition; its version and digest name the ``MetaDataVersion``.
        also: code lists that a file needs beside those of each study.
        former: versions that data stand under besides, each a ``MetaDataVersion`` of its own.
    """
    every = (*former, study)
    with xf.element(tag("Study"), {"OID": study_oid(study)}):
        with xf.element(tag("GlobalVariables")):
            leaf(xf, "StudyName", study.name.en)
            leaf(xf, "StudyDescription", study.name.zh)
            leaf(xf, "ProtocolName", study.protocol)
        with xf.element(tag("BasicDefinitions")):
            units = (i.unit for s in every for i in s.by_item.values() if i.unit)
            for unit in dict.fromkeys(units):
                with xf.element(tag("MeasurementUnit"), {"OID": f"MU.{unit}", "Name": unit}):
                    texts(xf, "Symbol", Text(unit, unit))
        for one in every:
            head = {
                "OID": version_oid(one),
                "Name": f"{one.protocol} {one.version}",
                "Description": f"{FORMAT} {one.digest}",
            }
            with xf.element(tag("MetaDataVersion"), head):
                _version(xf, one, also(one))


def _version(xf: Writer, study: Study, also: Iterable[CodeList]) -> None:
    with xf.element(tag("Protocol")):
        for number, event in enumerate(study.events, start=1):
            where = place(number, yes(targeted(event)))
            empty(xf, "StudyEventRef", StudyEventOID=f"SE.{event.oid}", **where)
        for name, value in study.parameters.items():
            alias(xf, f"{PARAMETER} {name}", str(value))
    known = conditions(study)
    for event in study.events:
        _event(xf, event, known)
    for form in study.forms:
        _form(xf, form)
    for form in study.forms:
        for group in form.groups:
            _group(xf, study, group, known)
    checks = checks_of_items(study)
    for item in study.by_item.values():
        _item(xf, item, checks.get(item.oid, []))
    for codelist in (*study.codelists.values(), *also):
        _code_list(xf, codelist)
    for source, condition in known.items():
        with xf.element(tag("ConditionDef"), {"OID": condition.oid, "Name": condition.oid}):
            texts(xf, "Description", excepted(source))
            leaf(xf, "FormalExpression", f"not ({source})", Context=FORMAT)
    for derivation in study.derivations:
        item = study.by_item[derivation.item]
        oid = f"MT.{item.oid}"
        with xf.element(tag("MethodDef"), {"OID": oid, "Name": oid, "Type": "Computation"}):
            texts(xf, "Description", item.text)
            leaf(xf, "FormalExpression", derivation.value.source, Context=FORMAT)


def _event(xf: Writer, event: StudyEvent, known: Conditions) -> None:
    head = {
        "OID": f"SE.{event.oid}",
        "Name": event.text.en,
        "Repeating": yes(event.repeating),
        "Type": event_type(event),
    }
    with xf.element(tag("StudyEventDef"), head):
        texts(xf, "Description", event.text)
        for number, form in enumerate(event.planned + event.optional, start=1):
            more = exception(known, event.when.get(form))
            planned = yes(form in event.planned)
            empty(xf, "FormRef", FormOID=f"F.{form}", **place(number, planned), **more)
        for context, said in dates(event):
            alias(xf, context, said)


def _form(xf: Writer, form: Form) -> None:
    head = {"OID": f"F.{form.oid}", "Name": form.text.en, "Repeating": yes(form.repeating)}
    with xf.element(tag("FormDef"), head):
        texts(xf, "Description", form.text)
        for number, group in enumerate(form.groups, start=1):
            where = place(number, yes(not group.repeating))
            empty(xf, "ItemGroupRef", ItemGroupOID=group.oid, **where)
        if form.sdtm:
            alias(xf, "SDTM", form.sdtm)


def _group(xf: Writer, study: Study, group: ItemGroup, known: Conditions) -> None:
    head = {"OID": group.oid, "Name": group.text.en, "Repeating": yes(group.repeating)}
    with xf.element(tag("ItemGroupDef"), head):
        texts(xf, "Description", group.text)
        for number, item in enumerate(group.items, start=1):
            more = exception(known, item.show_when)
            if item.oid in study.by_derived:
                more["MethodOID"] = f"MT.{item.oid}"
            where = place(number, yes(needed(item)))
            empty(xf, "ItemRef", ItemOID=f"I.{item.oid}", **where, **more)


def _item(xf: Writer, item: Item, checks: list[Check]) -> None:
    head = {"OID": f"I.{item.oid}", "Name": item.oid, "DataType": _TYPES[item.type.kind]}
    if item.type.length:
        head["Length"] = str(item.type.length)
    if item.type.kind is Kind.DECIMAL:
        head["SignificantDigits"] = str(item.type.decimals)
    head["Origin"] = "Derived" if item.derived else "CRF"
    if item.guidance:
        head["Comment"] = item.guidance
    with xf.element(tag("ItemDef"), head):
        texts(xf, "Question", item.text)
        if item.unit:
            empty(xf, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{item.unit}")
        for check in checks:
            _range_check(xf, check)
        several = item.type.kind is Kind.CODES
        if item.codelist and not several:
            empty(xf, "CodeListRef", CodeListOID=f"CL.{item.codelist.oid}")
        for context, name in (("CDASH", item.cdash), ("SDTM", item.sdtm)):
            if name:
                alias(xf, context, name)
        if item.codelist and several:
            alias(xf, "CodeListOID of several codes", f"CL.{item.codelist.oid}")
        alias(xf, "Requirement", str(item.required))
        alias(xf, "PHI", str(item.phi))


def _range_check(xf: Writer, check: Check) -> None:
    """A check of one item: each end of a range by itself, anything else as its expression."""
    found = sides(check)
    if not found:
        with xf.element(tag("RangeCheck"), {"SoftHard": strength(check)}):
            leaf(xf, "FormalExpression", legal(check), Context=FORMAT)
            texts(xf, "ErrorMessage", check.text)
    for side in found:
        head = {"Comparator": side.comparator, "SoftHard": strength(check)}
        with xf.element(tag("RangeCheck"), head):
            leaf(xf, "CheckValue", side.value)
            texts(xf, "ErrorMessage", check.text)


def _code_list(xf: Writer, codelist: CodeList) -> None:
    head = {"OID": f"CL.{codelist.oid}", "Name": codelist.text.en, "DataType": "text"}
    with xf.element(tag("CodeList"), head):
        texts(xf, "Description", codelist.text)
        for number, code in enumerate(codelist.codes, start=1):
            term = {"CodedValue": code.code, "OrderNumber": str(number)}
            with xf.element(tag("CodeListItem"), term):
                texts(xf, "Decode", code.text)
                if code.ncit:
                    alias(xf, "nci:ExtCodeID", code.ncit)
        if codelist.cdisc:
            alias(xf, "nci:ExtCodeID", codelist.cdisc)
