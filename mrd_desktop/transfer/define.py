"""Define-XML 2.1: what the datasets of the SDTM-like domains hold, in both languages.

Each variable, each test and each qualifier names the item of the study it comes from, its unit and
its code list. What a test or a qualifier means is told value by value (``def:ValueListDef``).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from mrd_desktop import __version__
from mrd_desktop.study.model import CodeList, Item, Kind, Study
from mrd_desktop.study.odm import NAMESPACE, tag
from mrd_desktop.study.odm_parts import CHINESE, ENGLISH, study_oid, version_oid
from mrd_desktop.texts import Text
from mrd_desktop.transfer.odm_frame import empty, leaf
from mrd_desktop.transfer.tabulation import FINDINGS, REASON, Column, Domain, supplemental

DEF: Final = "http://www.cdisc.org/ns/def/v2.1"
XLINK: Final = "http://www.w3.org/1999/xlink"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_NSMAP: Final = {None: NAMESPACE, "def": DEF, "xlink": XLINK, "xml": _XML}
_STANDARD: Final = "STD.SDTMIG"
_TYPES: Final = {
    Kind.INTEGER: "integer",
    Kind.DECIMAL: "float",
    Kind.DATE: "date",
    Kind.PARTIAL_DATE: "partialDate",
    Kind.TIME: "partialTime",
}


@dataclass(frozen=True, slots=True)
class Described:
    """A dataset as Define-XML tells of it.

    Attributes:
        lengths: the longest text of each column in bytes.
    """

    name: str
    domain: Domain
    columns: Sequence[Column]
    lengths: Sequence[int]
    rows: int

    @property
    def supplemental(self) -> bool:
        """It holds qualifiers of another dataset."""
        return self.name != self.domain.code


def define(
    study: Study, datasets: Sequence[Described], files: Mapping[str, str], created: str
) -> bytes:
    """The file.

    Args:
        files: each dataset's file, beside this one.
    """
    file = io.BytesIO()
    with etree.xmlfile(file, encoding="utf-8") as xf:
        xf.write_declaration()
        head = {
            "FileType": "Snapshot",
            "FileOID": f"{study.oid}.{created}.DEFINE",
            "CreationDateTime": created,
            "AsOfDateTime": created,
            "ODMVersion": "1.3.2",
            "SourceSystem": "MRD Desktop",
            "SourceSystemVersion": __version__,
            _def("Context"): "Other",
        }
        version = {
            "OID": version_oid(study),
            "Name": f"{study.protocol} {study.version}",
            "Description": "SDTM-like domains of all that the ledger holds",
            _def("DefineVersion"): "2.1.0",
        }
        with (
            xf.element(tag("ODM"), head, nsmap=_NSMAP),
            xf.element(tag("Study"), {"OID": study_oid(study)}),
        ):
            with xf.element(tag("GlobalVariables")):
                leaf(xf, "StudyName", study.name.en)
                leaf(xf, "StudyDescription", study.name.zh)
                leaf(xf, "ProtocolName", study.protocol)
            with xf.element(tag("MetaDataVersion"), version):
                _Writer(xf, study, datasets, files).write()
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What one test code or one qualifier stands for."""

    oid: str
    where: str
    name: str
    text: Text
    item: Item
    codelist: CodeList | None
    kind: str


class _Writer:
    def __init__(
        self, xf: Any, study: Study, datasets: Sequence[Described], files: Mapping[str, str]
    ) -> None:
        self._xf: Final = xf
        self._files: Final = files
        self._study: Final = study
        self._datasets: Final = datasets
        self._lists: Final[dict[str, CodeList]] = {}

    def write(self) -> None:
        xf = self._xf
        with xf.element(_def("Standards")):
            standard = {"Name": "SDTMIG", "Type": "IG", "Version": "3.4", "Status": "Final"}
            empty_def(xf, "Standard", {"OID": _STANDARD, **standard})
        meanings = {d.name: tuple(self._meanings(d)) for d in self._datasets}
        self._value_lists(meanings)
        for dataset in self._datasets:
            self._group(dataset)
        for dataset in self._datasets:
            for column, longest in zip(dataset.columns, dataset.lengths, strict=True):
                self._variable(dataset, column, longest, bool(meanings[dataset.name]))
            for meaning in meanings[dataset.name]:
                self._value(meaning)
        for codelist in self._lists.values():
            self._code_list(codelist)

    def _meanings(self, dataset: Described) -> Iterator[_Meaning]:
        missing = self._study.codelists.get("MISS")
        domain = dataset.domain
        for plan in domain.plans:
            if dataset.supplemental:
                for part in plan.qualifiers:
                    yield self._meaning(dataset, part.name, part.item, part.item.text, None)
                for part in plan.parts:
                    text = Text(REASON.en + part.item.text.en, REASON.zh + part.item.text.zh)
                    yield self._meaning(dataset, part.miss, part.item, text, missing)
            elif domain.kind == FINDINGS:
                for part in plan.records:
                    yield self._meaning(dataset, part.item.oid, part.item, part.item.text, None)

    def _meaning(
        self, dataset: Described, name: str, item: Item, text: Text, reason: CodeList | None
    ) -> _Meaning:
        oid = f"IT.{dataset.name}.{self._valued(dataset)}.{name}"
        kind = "text" if reason else _TYPES.get(item.type.kind, "text")
        several = item.type.kind is Kind.CODES
        listed = reason or (None if several else item.codelist)
        if listed:
            self._lists[listed.oid] = listed
        return _Meaning(oid, f"WC.{dataset.name}.{name}", name, text, item, listed, kind)

    def _valued(self, dataset: Described) -> str:
        return "QVAL" if dataset.supplemental else f"{dataset.domain.code}ORRES"

    def _naming(self, dataset: Described) -> str:
        """The variable that says what a value means."""
        return "QNAM" if dataset.supplemental else f"{dataset.domain.code}SPID"

    def _value_lists(self, meanings: Mapping[str, tuple[_Meaning, ...]]) -> None:
        xf = self._xf
        for dataset in self._datasets:
            if not meanings[dataset.name]:
                continue
            oid = f"VL.{dataset.name}.{self._valued(dataset)}"
            with xf.element(_def("ValueListDef"), {"OID": oid}):
                for number, meaning in enumerate(meanings[dataset.name], start=1):
                    place = {"OrderNumber": str(number), "Mandatory": "No"}
                    with xf.element(tag("ItemRef"), {"ItemOID": meaning.oid, **place}):
                        empty_def(xf, "WhereClauseRef", {"WhereClauseOID": meaning.where})
        for dataset in self._datasets:
            about = f"IT.{dataset.name}.{self._naming(dataset)}"
            for meaning in meanings[dataset.name]:
                with xf.element(_def("WhereClauseDef"), {"OID": meaning.where}):
                    check = {"Comparator": "EQ", "SoftHard": "Soft", _def("ItemOID"): about}
                    with xf.element(tag("RangeCheck"), check):
                        leaf(xf, "CheckValue", meaning.name)

    def _group(self, dataset: Described) -> None:
        xf, domain = self._xf, dataset.domain
        text = domain.text
        if dataset.supplemental:
            text = supplemental(domain.code)
        repeating = "No" if dataset.name == "DM" else "Yes"
        head = {
            "OID": f"IG.{dataset.name}",
            "Domain": domain.code,
            "Name": dataset.name,
            "Repeating": repeating,
            "IsReferenceData": "No",
            "SASDatasetName": dataset.name,
            "Purpose": "Tabulation",
            _def("Structure"): _structure(dataset),
            _def("ArchiveLocationID"): f"LF.{dataset.name}",
            _def("StandardOID"): _STANDARD,
        }
        if domain.code.startswith("Z"):
            del head[_def("StandardOID")]
            head[_def("IsNonStandard")] = "Yes"
        if not dataset.rows:
            head[_def("HasNoData")] = "Yes"
        with xf.element(tag("ItemGroupDef"), head):
            _texts(xf, "Description", text)
            for number, column in enumerate(dataset.columns, start=1):
                place = {
                    "ItemOID": f"IT.{dataset.name}.{column.name}",
                    "OrderNumber": str(number),
                    "Mandatory": "Yes" if column.key else "No",
                }
                if column.key:
                    place["KeySequence"] = str(column.key)
                empty(xf, "ItemRef", place)
            empty(xf, "Alias", {"Context": "DomainDescription", "Name": domain.text.en})
            kind = "RELATIONSHIP" if dataset.supplemental else domain.kind
            empty_def(xf, "Class", {"Name": kind})
            name = self._files[dataset.name]
            file = {"ID": f"LF.{dataset.name}", f"{{{XLINK}}}href": name}
            with xf.element(_def("leaf"), file), xf.element(_def("title")):
                xf.write(name)

    def _variable(self, dataset: Described, column: Column, longest: int, valued: bool) -> None:
        xf = self._xf
        kind = {"integer": "integer", "decimal": "float"}.get(column.type, "text")
        head = {"OID": f"IT.{dataset.name}.{column.name}", "Name": column.name, "DataType": kind}
        head["SASFieldName"] = column.name
        if kind != "integer":
            head["Length"] = str(max(longest, 1))
        else:
            head["Length"] = "8"
        if kind == "float":
            head["SignificantDigits"] = "4"
        codelist = _one_list(column.items)
        with xf.element(tag("ItemDef"), head):
            _texts(xf, "Description", column.text)
            if codelist:
                self._lists[codelist.oid] = codelist
                empty(xf, "CodeListRef", {"CodeListOID": f"CL.{codelist.oid}"})
            _study_items(xf, column.items)
            if column.items:
                self._origin(column.items)
            if valued and column.name == self._valued(dataset):
                oid = f"VL.{dataset.name}.{column.name}"
                empty_def(xf, "ValueListRef", {"ValueListOID": oid})

    def _value(self, meaning: _Meaning) -> None:
        xf, item = self._xf, meaning.item
        head = {"OID": meaning.oid, "Name": meaning.name, "DataType": meaning.kind}
        if meaning.kind in {"text", "integer", "float"}:
            head["Length"] = str(item.type.length or 200)
        if meaning.kind == "float":
            head["SignificantDigits"] = str(item.type.decimals)
        with xf.element(tag("ItemDef"), head):
            _texts(xf, "Description", meaning.text)
            if meaning.codelist:
                empty(xf, "CodeListRef", {"CodeListOID": f"CL.{meaning.codelist.oid}"})
            _study_items(xf, (item,))
            self._origin((item,))

    def _origin(self, items: Iterable[Item]) -> None:
        xf = self._xf
        derived = all(item.derived for item in items)
        origin = {"Type": "Derived" if derived else "Collected"}
        origin["Source"] = "Sponsor" if derived else "Investigator"
        with xf.element(_def("Origin"), origin):
            names = ", ".join(item.oid for item in items)
            _texts(xf, "Description", Text(f"Study item {names}", f"研究条目 {names}"))

    def _code_list(self, codelist: CodeList) -> None:
        xf = self._xf
        head = {"OID": f"CL.{codelist.oid}", "Name": codelist.text.en, "DataType": "text"}
        head[_def("IsNonStandard")] = "Yes"
        with xf.element(tag("CodeList"), head):
            for number, code in enumerate(codelist.codes, start=1):
                term = {"CodedValue": code.code, "OrderNumber": str(number)}
                with xf.element(tag("CodeListItem"), term):
                    _texts(xf, "Decode", code.text)
                    if code.ncit:
                        empty(xf, "Alias", {"Context": "nci:ExtCodeID", "Name": code.ncit})
            if codelist.cdisc:
                empty(xf, "Alias", {"Context": "nci:ExtCodeID", "Name": codelist.cdisc})


def _one_list(items: Sequence[Item]) -> CodeList | None:
    """The code list of a variable, where all its items agree on it."""
    lists = {item.codelist.oid: item.codelist for item in items if item.codelist}
    alike = len(lists) == 1 and all(i.codelist and i.type.kind is not Kind.CODES for i in items)
    return next(iter(lists.values())) if alike else None


def _study_items(xf: Any, items: Sequence[Item]) -> None:
    if items:
        empty(xf, "Alias", {"Context": "Study item", "Name": ", ".join(i.oid for i in items)})
    for item in items:
        if item.unit:
            empty(xf, "Alias", {"Context": f"Unit of {item.oid}", "Name": item.unit})


def _structure(dataset: Described) -> str:
    if dataset.supplemental:
        return "One record per qualifier of a parent record"
    if dataset.name == "DM":
        return "One record per subject"
    return {
        FINDINGS: "One record per test and place where it was recorded",
        "INTERVENTIONS": "One record per treatment recorded",
        "EVENTS": "One record per event recorded",
    }.get(dataset.domain.kind, "One record per visit recorded")


def _texts(xf: Any, name: str, text: Text) -> None:
    with xf.element(tag(name)):
        for language, words in ((ENGLISH, text.en), (CHINESE, text.zh)):
            with xf.element(tag("TranslatedText"), {f"{{{_XML}}}lang": language}):
                xf.write(words)


def empty_def(xf: Any, name: str, attributes: Mapping[str, str]) -> None:
    """An element of Define-XML's own namespace with attributes alone."""
    with xf.element(_def(name), attributes):
        pass


def _def(name: str) -> str:
    return f"{{{DEF}}}{name}"
