"""What nothing here reads: every kind of element and attribute, told once with a count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mrd_desktop.study.importing.report import Report
from mrd_desktop.study.importing.source import Odm
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.texts import Text

_READ: Final = {
    "Include": "MetaDataVersionOID",
    "Protocol": "",
    "StudyEventRef": "StudyEventOID OrderNumber Mandatory",
    "StudyEventDef": "OID Name Repeating Type redcap:UniqueEventName redcap:EventName"
    " redcap:DayOffset redcap:OffsetMin redcap:OffsetMax",
    "FormRef": "FormOID OrderNumber Mandatory CollectionExceptionConditionOID redcap:FormName",
    "FormDef": "OID Name Repeating redcap:FormName",
    "ItemGroupRef": "ItemGroupOID OrderNumber Mandatory CollectionExceptionConditionOID",
    "ItemGroupDef": "OID Name Repeating",
    "ItemRef": "ItemOID OrderNumber Mandatory CollectionExceptionConditionOID MethodOID"
    " redcap:Variable redcap:RequiredField",
    "ItemDef": "OID Name DataType Length SignificantDigits SASFieldName SDSVarName Comment Origin"
    " redcap:Variable redcap:FieldType redcap:TextValidationType redcap:RequiredField"
    " redcap:FieldNote redcap:SectionHeader redcap:MatrixGroupName redcap:BranchingLogic"
    " redcap:Calculation redcap:Identifier redcap:FieldAnnotation oc:FormOIDs",
    "Question": "oc:QuestionNumber",
    "Description": "",
    "Decode": "",
    "Symbol": "",
    "ErrorMessage": "",
    "TranslatedText": "xml:lang lang",
    "FormattedTranslatedText": "xml:lang lang",
    "MeasurementUnitRef": "MeasurementUnitOID",
    "RangeCheck": "Comparator SoftHard",
    "CheckValue": "",
    "FormalExpression": "Context",
    "CodeListRef": "CodeListOID",
    "CodeList": "OID Name DataType redcap:Variable redcap:CheckboxChoices",
    "CodeListItem": "CodedValue OrderNumber Rank",
    "EnumeratedItem": "CodedValue OrderNumber Rank",
    "ConditionDef": "OID Name",
    "MethodDef": "OID Name Type",
    "Alias": "Context Name",
    "ItemDetails": "ItemOID",
    "ItemPresentInForm": "FormOID ParentItemOID ColumnNumber PageNumber DefaultValue PHI ShowItem",
    "LeftItemText": "",
    "RightItemText": "",
    "ItemHeader": "",
    "ItemSubHeader": "",
    "ItemResponse": "ResponseType ResponseLayout ResponseLabel",
    "SimpleConditionalDisplay": "",
    "ControlItemName": "",
    "OptionValue": "",
    "MultiSelectListRef": "MultiSelectListID MultiSelectListOID",
    "MultiSelectList": "ID OID Name DataType ActualDataType",
    "MultiSelectListItem": "CodedOptionValue OrderNumber",
    "FormDetails": "FormOID ParentFormOID",
    "PresentInEventDef": "StudyEventOID IsDefaultVersion HideCRF",
    "MetaDataVersion": "OID Name Description redcap:RecordIdField",
    "ExternalCodeList": "Dictionary Version href ref",
}
"""Elements that are read, with their attributes; blank ones say nothing."""
_ALIASES: Final = frozenset(
    {
        "cdash",
        "sdtm",
        "nci:extcodeid",
        "requirement",
        "phi",
        "codelistoid of several codes",
        "parameter",
        "target",
        "window",
        "every",
    }
)
_HEAD: Final = (
    "StudyName", "StudyDescription", "ProtocolName", "MeasurementUnit",
    "RepeatingInstrumentsAndEvents",
)  # fmt: skip
_DATA: Final = ("ClinicalData", "ReferenceData", "AdminData", "Association", "Signature")


def sweep(odm: Odm, report: Report) -> None:
    """Tell of everything in the chosen version that no other part of the import looks at."""
    for name in _DATA:
        if found := [*odm.root.all(name)]:
            said = Text(f"{name} is not imported: metadata only", f"{name} 未导入，只导入元数据")
            report.left("data", found[0], said)
    unread: dict[tuple[str, str], list[Element]] = {}
    for kind, what, element in _unread(odm):
        unread.setdefault((kind, what), []).append(element)
    for (kind, what), found in sorted(unread.items(), key=lambda pair: pair[0][0] != "element"):
        _tell(report, kind, what, found)


def _unread(odm: Odm) -> Iterator[tuple[str, str, Element]]:
    """What is not read: its kind, its name and where it stands."""
    for part in (
        p for name in ("GlobalVariables", "BasicDefinitions") for p in odm.study.all(name)
    ):
        yield from (("element", _full(e), e) for e in part.children if e.name not in _HEAD)
    for element in (e for version in odm.versions for e in _below(version)):
        if element.name not in _READ:
            yield "element", _full(element), element
        elif element.name == "Alias":
            context = element.get("Context").casefold()
            if context not in _ALIASES and context.partition(" ")[0] != "parameter":
                yield "alias", f"Alias “{element.get('Context')}”", element
        else:
            known = _READ[element.name].split()
            for key, value in element.attributes.items():
                if value.strip() and key not in known and not key.startswith("xsi:"):
                    yield "attribute", f"{element.name}/@{key}", element


def _below(element: Element) -> Iterator[Element]:
    """Everything inside, but not below what is not read: its parent tells of it."""
    for child in element.children:
        yield child
        if child.name in _READ:
            yield from _below(child)


def _full(element: Element) -> str:
    vendor = "" if "cdisc.org" in element.namespace or not element.namespace else "vendor: "
    return f"{vendor}{element.name}"


def _tell(report: Report, code: str, what: str, found: list[Element]) -> None:
    times = f" ({len(found)} times)" if len(found) > 1 else ""
    often = f"（{len(found)} 处）" if len(found) > 1 else ""
    report.left(
        code, found[0], Text(f"{what}{times} has no place here", f"{what}{often}没有对应内容")
    )
