"""Finding one version of one study in an ODM file, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NoReturn

from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing.report import Report
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.texts import Text

ODM_2: Final = "/odm/v2"
_ANOTHER: Final = Text(
    "another one is imported; name this one to import it", "已导入另一版本，如需此版请指定"
)
_DEFINITIONS: Final = (
    "StudyEventDef", "FormDef", "ItemGroupDef", "ItemDef", "CodeList", "ConditionDef", "MethodDef",
)  # fmt: skip


class Author(Enum):
    """Whose habits a file follows."""

    OURSELVES = auto()
    REDCAP = auto()
    OPENCLINICA = auto()
    OTHERS = auto()


@dataclass(frozen=True)
class Odm:
    """One MetaDataVersion with everything it defines, by OID.

    Attributes:
        version: the MetaDataVersion itself.
        versions: the same with what it is built on, the oldest first.
        choices: OpenClinica's lists of which several may be chosen.
    """

    author: Author
    root: Element
    study: Element
    version: Element
    versions: tuple[Element, ...]
    definitions: Mapping[str, Mapping[str, Element]]
    units: Mapping[str, Element]
    choices: Mapping[str, Element]

    def get(self, kind: str, oid: str) -> Element | None:
        """A definition of a kind (``ItemDef``) by its OID."""
        return self.definitions[kind].get(oid)

    def every(self, kind: str) -> Iterator[Element]:
        """All definitions of a kind in the order of the file."""
        return iter(self.definitions[kind].values())


def find(root: Element, report: Report, study: str = "", version: str = "") -> Odm:
    """The study and version of a file: those asked for, else the first study's last version.

    Raises:
        OdmRefused: no ODM, ODM 2, no metadata, or not what was asked for.
    """
    if root.name != "ODM":
        _refuse(
            f"its root element is {root.name}, not ODM; choose an ODM metadata file",
            f"根元素为 {root.name}，不是 ODM，请选择 ODM 元数据文件",
        )
    if ODM_2 in root.namespace or root.get("ODMVersion").startswith("2"):
        _refuse(
            "it is ODM version 2; export it as ODM 1.3.2",
            "该文件为 ODM 2 版，请导出为 ODM 1.3.2",
        )
    studies = [s for s in root.all("Study") if s.first("MetaDataVersion") is not None]
    chosen = _chosen(studies, study, lambda found: found[0])
    versions = [*chosen.all("MetaDataVersion")]
    last = _chosen(versions, version, lambda found: found[-1])
    used = (*_included(last, versions), last)
    for other in (*studies, *versions):
        if other is not chosen and other not in used:
            report.left("another_version", other, _ANOTHER)
    definitions: dict[str, dict[str, Element]] = {kind: {} for kind in _DEFINITIONS}
    for part in used:
        for kind, found in definitions.items():
            for element in part.all(kind):
                oid = element.get("OID")
                if element.namespace != part.namespace:
                    continue
                if not oid:
                    report.left("no_oid", element, Text("it has no OID", "没有 OID"))
                elif oid in found and found[oid] in part.children:
                    report.left("twice", element, Text("its OID stands twice", "OID 重复"))
                else:
                    found[oid] = element
    if not definitions["FormDef"]:
        _refuse(
            "it defines no form; export the study's metadata",
            "文件未定义任何表单，请导出研究的元数据",
        )
    basics = chosen.first("BasicDefinitions")
    units = {} if basics is None else {u.get("OID"): u for u in basics.all("MeasurementUnit")}
    lists = {m.get("ID", "OID"): m for p in versions for m in p.within("MultiSelectList")}
    return Odm(_author(root, chosen, last), root, chosen, last, used, definitions, units, lists)


def _refuse(en: str, zh: str) -> NoReturn:
    raise OdmRefused(Text(en, zh))


def _chosen(
    found: list[Element], wanted: str, usual: Callable[[list[Element]], Element]
) -> Element:
    if not found:
        _refuse(
            "it holds no metadata (no Study with a MetaDataVersion)",
            "文件不含元数据（没有带 MetaDataVersion 的 Study）",
        )
    named = [e for e in found if e.get("OID") == wanted] if wanted else [usual(found)]
    if not named:
        _refuse(
            f"it holds no {found[0].name} {wanted}; there are "
            + ", ".join(e.get("OID") for e in found[:12]),
            f"文件中没有 {found[0].name} {wanted}，现有："
            + "、".join(e.get("OID") for e in found[:12]),
        )
    return named[0]


def _included(version: Element, versions: list[Element]) -> list[Element]:
    """The versions that a version is built on, the oldest first."""
    by_oid = {v.get("OID"): v for v in versions}
    found: list[Element] = []
    current: Element | None = version
    while current is not None:
        include = current.first("Include")
        current = by_oid.get(include.get("MetaDataVersionOID")) if include is not None else None
        if current is not None and (current is version or current in found):
            break
        if current is not None:
            found.insert(0, current)
    if not found and not version.children and len(versions) > 1:
        # a revision that changes nothing and forgets to include what it revises
        found = versions[: versions.index(version)]
    return found


def _author(root: Element, study: Element, version: Element) -> Author:
    says = f"{root.get('SourceSystem')} {root.get('Originator')}".casefold()
    vendors = {
        key.partition(":")[0]
        for element in (root, study, version, *version.children)
        for key in element.attributes
        if ":" in key
    }
    deep = {e.namespace.casefold() for c in version.children for e in c.children}
    if "mrd desktop" in says:
        return Author.OURSELVES
    if "redcap" in says or "redcap" in vendors:
        return Author.REDCAP
    if "openclinica" in says or "oc" in vendors or any("openclinica" in n for n in deep):
        return Author.OPENCLINICA
    return Author.OTHERS
