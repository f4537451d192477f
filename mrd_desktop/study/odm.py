"""The definition as ODM-XML 1.3.2 metadata.

What ODM has no place for is said by aliases and formal expressions: an item with several codes is
a text whose code list an ``Alias`` names, targets and windows of visits and the study's parameters
are aliases, and a show-when becomes the condition under which an item
is *not* collected, for that is what ODM's exception condition means.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias

from lxml import etree

from mrd_desktop import __version__
from mrd_desktop.study.document import FORMAT
from mrd_desktop.study.model import (
    Check,
    CodeList,
    Form,
    Item,
    ItemGroup,
    Kind,
    Requirement,
    Severity,
    Study,
    StudyEvent,
)
from mrd_desktop.texts import Text

NAMESPACE = "http://www.cdisc.org/ns/odm/v1.3"
_XML = "http://www.w3.org/XML/1998/namespace"
NSMAP = {None: NAMESPACE, "xml": _XML}
"""Prefixes for the root element; the incremental writer does not know ``xml`` by itself."""

ENGLISH, CHINESE = "en", "zh-CN"
PARAMETER, TARGET, WINDOW, EVERY = "Parameter", "Target", "Window", "Every"
"""Contexts of aliases for what ODM has no element for."""

_LANGUAGE = f"{{{_XML}}}lang"
_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "float",
    Kind.DATE: "date",
    Kind.PARTIAL_DATE: "partialDate",
    Kind.TIME: "partialTime",  # hours and minutes; ODM's time needs seconds
    Kind.CODE: "text",
    Kind.CODES: "text",
}
_BOUND = re.compile(r"\S+ ([<>]) (-?[0-9.]+)")


class Writer(Protocol):
    """The incremental writer that ``lxml.etree.xmlfile`` opens."""

    def element(
        self, tag: str, attrib: Mapping[str, str] | None = None, /, **more: Any
    ) -> AbstractContextManager[Any]:
        """An open element."""

    def write(self, content: str, /) -> None:
        """Text inside the open element."""


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
        with xf.element(tag("ODM"), head, nsmap=NSMAP):
            write_metadata(xf, study)
    return file.getvalue()


Lists: TypeAlias = Callable[[Study], Iterable[CodeList]]
"""The code lists that a file needs beside those of a study."""


def no_lists(_: Study) -> Iterable[CodeList]:
    """None besides."""
    return ()


def write_metadata(
    xf: Writer, study: Study, also: Lists = no_lists, former: Sequence[Study] = ()
) -> None:
    """Write the ``Study`` element into an ``ODM`` element that is open.

    Args:
        xf: the writer, inside a root element with :data:`NSMAP`.
        study: the definition; its version and digest name the ``MetaDataVersion``.
        also: code lists that a file needs beside those of each study.
        former: versions that data stand under besides, each a ``MetaDataVersion`` of its own.
    """
    every = (*former, study)
    with xf.element(tag("Study"), {"OID": study_oid(study)}):
        with xf.element(tag("GlobalVariables")):
            _leaf(xf, "StudyName", study.name.en)
            _leaf(xf, "StudyDescription", study.name.zh)
            _leaf(xf, "ProtocolName", study.protocol)
        with xf.element(tag("BasicDefinitions")):
            units = (i.unit for s in every for i in s.by_item.values() if i.unit)
            for unit in dict.fromkeys(units):
                with xf.element(tag("MeasurementUnit"), {"OID": f"MU.{unit}", "Name": unit}):
                    _texts(xf, "Symbol", Text(unit, unit))
        for one in every:
            head = {
                "OID": version_oid(one),
                "Name": f"{one.protocol} {one.version}",
                "Description": f"{FORMAT} {one.digest}",
            }
            with xf.element(tag("MetaDataVersion"), head):
                _version(xf, one, also(one))


def study_oid(study: Study) -> str:
    """OID of the ``Study`` element, to be named by clinical data."""
    return f"ST.{study.oid}"


def version_oid(study: Study) -> str:
    """OID of the ``MetaDataVersion``, to be named by clinical data."""
    return f"MDV.{study.version}"


def tag(name: str) -> str:
    """An element's name in the ODM namespace."""
    return f"{{{NAMESPACE}}}{name}"


def _version(xf: Writer, study: Study, also: Iterable[CodeList]) -> None:
    with xf.element(tag("Protocol")):
        for number, event in enumerate(study.events, start=1):
            place = _place(number, _yes(_targeted(event)))
            _empty(xf, "StudyEventRef", StudyEventOID=f"SE.{event.oid}", **place)
        for name, value in study.parameters.items():
            _alias(xf, f"{PARAMETER} {name}", str(value))
    conditions = dict(_conditions(study))
    for event in study.events:
        _event(xf, event, conditions)
    for form in study.forms:
        _form(xf, form)
    for form in study.forms:
        for group in form.groups:
            _group(xf, study, group, conditions)
    checks: dict[str, list[Check]] = {}
    for check in study.checks:
        if check.at and check.id.startswith(f"{check.at}."):
            checks.setdefault(check.at, []).append(check)
    for item in study.by_item.values():
        _item(xf, item, checks.get(item.oid, []))
    for codelist in (*study.codelists.values(), *also):
        _code_list(xf, codelist)
    for source, oid in conditions.items():
        with xf.element(tag("ConditionDef"), {"OID": oid, "Name": oid}):
            told = Text(
                f"Not collected unless: {source}", f"除非满足以下条件，否则不采集：{source}"
            )
            _texts(xf, "Description", told)
            _leaf(xf, "FormalExpression", f"not ({source})", Context=FORMAT)
    for derivation in study.derivations:
        item = study.by_item[derivation.item]
        oid = f"MT.{item.oid}"
        with xf.element(tag("MethodDef"), {"OID": oid, "Name": oid, "Type": "Computation"}):
            _texts(xf, "Description", item.text)
            _leaf(xf, "FormalExpression", derivation.value.source, Context=FORMAT)


def _conditions(study: Study) -> Iterator[tuple[str, str]]:
    """Each different condition with its OID."""
    sources = [i.show_when.source for i in study.by_item.values() if i.show_when]
    sources += [x.source for event in study.events for x in event.when.values()]
    for number, source in enumerate(dict.fromkeys(sources), start=1):
        yield source, f"COND.{number:03}"


def _targeted(event: StudyEvent) -> bool:
    return event.offset_days is not None or event.offset_months is not None


def _event(xf: Writer, event: StudyEvent, conditions: Mapping[str, str]) -> None:
    kind = "Scheduled" if _targeted(event) or event.every_months else "Common"
    head = {
        "OID": f"SE.{event.oid}",
        "Name": event.text.en,
        "Repeating": _yes(event.repeating),
        "Type": "Unscheduled" if kind == "Common" and event.repeating else kind,
    }
    with xf.element(tag("StudyEventDef"), head):
        _texts(xf, "Description", event.text)
        for number, form in enumerate(event.planned + event.optional, start=1):
            condition = event.when.get(form)
            more = _exception(conditions, condition.source if condition else None)
            planned = _yes(form in event.planned)
            _empty(xf, "FormRef", FormOID=f"F.{form}", **_place(number, planned), **more)
        for context, said in _dates(event):
            _alias(xf, context, said)


def _dates(event: StudyEvent) -> Iterator[tuple[str, str]]:
    """When an event is due, for which ODM has no place of its own."""
    if event.offset_days is not None:
        yield TARGET, f"{event.offset_days} days"
    if event.offset_months is not None:
        yield TARGET, f"{event.offset_months} months"
    if event.before or event.after or _targeted(event):
        yield WINDOW, f"{event.before} {event.after}"
    if event.every_months is not None:
        yield EVERY, f"{event.every_months} months"


def _form(xf: Writer, form: Form) -> None:
    head = {"OID": f"F.{form.oid}", "Name": form.text.en, "Repeating": _yes(form.repeating)}
    with xf.element(tag("FormDef"), head):
        _texts(xf, "Description", form.text)
        for number, group in enumerate(form.groups, start=1):
            place = _place(number, _yes(not group.repeating))
            _empty(xf, "ItemGroupRef", ItemGroupOID=group.oid, **place)
        if form.sdtm:
            _alias(xf, "SDTM", form.sdtm)


def _group(xf: Writer, study: Study, group: ItemGroup, conditions: Mapping[str, str]) -> None:
    head = {"OID": group.oid, "Name": group.text.en, "Repeating": _yes(group.repeating)}
    with xf.element(tag("ItemGroupDef"), head):
        _texts(xf, "Description", group.text)
        for number, item in enumerate(group.items, start=1):
            needed = item.required not in (Requirement.OPTIONAL, Requirement.DERIVED)
            more = _exception(conditions, item.show_when.source if item.show_when else None)
            if item.oid in study.by_derived:
                more["MethodOID"] = f"MT.{item.oid}"
            _empty(xf, "ItemRef", ItemOID=f"I.{item.oid}", **_place(number, _yes(needed)), **more)


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
        _texts(xf, "Question", item.text)
        if item.unit:
            _empty(xf, "MeasurementUnitRef", MeasurementUnitOID=f"MU.{item.unit}")
        for check in checks:
            _range_check(xf, check)
        several = item.type.kind is Kind.CODES
        if item.codelist and not several:
            _empty(xf, "CodeListRef", CodeListOID=f"CL.{item.codelist.oid}")
        for context, name in (("CDASH", item.cdash), ("SDTM", item.sdtm)):
            if name:
                _alias(xf, context, name)
        if item.codelist and several:
            _alias(xf, "CodeListOID of several codes", f"CL.{item.codelist.oid}")
        _alias(xf, "Requirement", str(item.required))
        _alias(xf, "PHI", str(item.phi))


def _range_check(xf: Writer, check: Check) -> None:
    """A check of one item: each end of a range by itself, anything else as its expression."""
    hard = "Hard" if check.severity is Severity.HARD else "Soft"
    bounds = [_BOUND.fullmatch(side) for side in check.fires.source.split(" or ")]
    if not all(bounds):
        # a format fires where it is not legal; ODM states what is
        legal = check.fires.source.removeprefix("not (").removesuffix(")")
        with xf.element(tag("RangeCheck"), {"SoftHard": hard}):
            _leaf(xf, "FormalExpression", legal, Context=FORMAT)
            _texts(xf, "ErrorMessage", check.text)
        return
    for bound in bounds:
        assert bound
        comparator = "GE" if bound[1] == "<" else "LE"
        with xf.element(tag("RangeCheck"), {"Comparator": comparator, "SoftHard": hard}):
            _leaf(xf, "CheckValue", bound[2])
            _texts(xf, "ErrorMessage", check.text)


def _code_list(xf: Writer, codelist: CodeList) -> None:
    head = {"OID": f"CL.{codelist.oid}", "Name": codelist.text.en, "DataType": "text"}
    with xf.element(tag("CodeList"), head):
        _texts(xf, "Description", codelist.text)
        for number, code in enumerate(codelist.codes, start=1):
            term = {"CodedValue": code.code, "OrderNumber": str(number)}
            with xf.element(tag("CodeListItem"), term):
                _texts(xf, "Decode", code.text)
                if code.ncit:
                    _alias(xf, "nci:ExtCodeID", code.ncit)
        if codelist.cdisc:
            _alias(xf, "nci:ExtCodeID", codelist.cdisc)


def _place(number: int, mandatory: str) -> dict[str, str]:
    return {"OrderNumber": str(number), "Mandatory": mandatory}


def _exception(conditions: Mapping[str, str], source: str | None) -> dict[str, str]:
    return {"CollectionExceptionConditionOID": conditions[source]} if source else {}


def _texts(xf: Writer, name: str, text: Text) -> None:
    with xf.element(tag(name)):
        for language, words in ((ENGLISH, text.en), (CHINESE, text.zh)):
            with xf.element(tag("TranslatedText"), {_LANGUAGE: language}):
                xf.write(words)


def _alias(xf: Writer, context: str, name: str) -> None:
    _empty(xf, "Alias", Context=context, Name=name)


def _leaf(xf: Writer, name: str, words: str, **attributes: str) -> None:
    with xf.element(tag(name), attributes):
        xf.write(words)


def _empty(xf: Writer, name: str, **attributes: str) -> None:
    with xf.element(tag(name), attributes):
        pass


def _yes(holds: bool) -> str:
    return "Yes" if holds else "No"
