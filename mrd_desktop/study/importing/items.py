"""Questions of a form: what each becomes here, and what it cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mrd_desktop.study.importing import kinds, ranges
from mrd_desktop.study.importing.formula import Target
from mrd_desktop.study.importing.lists import Listed, Lists
from mrd_desktop.study.importing.naming import ITEM, Names, stem
from mrd_desktop.study.importing.report import Report, shortened
from mrd_desktop.study.importing.source import Author, Odm
from mrd_desktop.study.importing.wording import Wording, joined, plain
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.study.model import Kind, Requirement
from mrd_desktop.texts import Text

_NO_PLACE: Final = {
    "file": Text("files cannot be attached to an answer", "答案中不能附加文件"),
    "signature": Text("a drawn signature cannot be kept", "无法保存手绘签名"),
    "descriptive": Text(
        "it only shows a text; write it into the question after it",
        "仅显示说明文字，请写入其后的题目",
    ),
}
_OURS: Final = re.compile(r"[A-Z][A-Z0-9]*\.[A-Z][A-Z0-9]*")
_SEVERAL: Final = ("checkbox", "multi-select", "multi select")
_FORMATS: Final = ("email", "phone", "zipcode", "postalcode", "ssn", "mrn", "vmrn", "alpha_only")


@dataclass(frozen=True)
class Asked:
    """A question of the file with the place where it stands.

    Attributes:
        refs: its ItemRef; several where boxes to tick are one question here.
        parts: its items in their written shape; two for a date with time.
        target: how expressions find it.
    """

    item: Element
    refs: tuple[Element, ...]
    parts: list[dict[str, Any]]
    target: Target


@dataclass
class Questions:
    """Makes the items of one definition."""

    odm: Odm
    lists: Lists
    wording: Wording
    report: Report
    made: list[Asked] = field(default_factory=list)
    _given: set[str] = field(default_factory=set)
    _skipped: dict[str, Element] = field(default_factory=dict)

    def group(
        self, refs: list[Element], names: Names, prefixes: tuple[str, ...], form: str
    ) -> list[Asked]:
        """The questions of one section.

        Args:
            refs: its ItemRefs in order.
            prefixes: what our OIDs may begin with; our own files bring theirs.
            form: the source OID of the form.
        """
        found: list[Asked] = []
        boxes: dict[str, list[tuple[Element, Element]]] = {}
        for ref in refs:
            item = self.odm.get("ItemDef", ref.get("ItemOID"))
            if item is None:
                self.report.left(
                    "no_item", ref, Text("there is no such ItemDef", "没有对应的 ItemDef")
                )
                continue
            variable = item.get("redcap:Variable")
            if item.get("redcap:FieldType") == "checkbox" and "___" in item.get("OID"):
                boxes.setdefault(variable or item.get("OID").partition("___")[0], []).append(
                    (ref, item)
                )
        done: set[str] = set()
        for ref in refs:
            item = self.odm.get("ItemDef", ref.get("ItemOID"))
            if item is None:
                continue
            variable = item.get("redcap:Variable") or item.get("OID").partition("___")[0]
            if any(item is i for _, i in boxes.get(variable, ())):
                if variable not in done:
                    done.add(variable)
                    found.append(self._boxes(variable, boxes[variable], names, prefixes[0]))
                continue
            asked = self._one(ref, item, names, prefixes, form)
            if asked is not None:
                found.append(asked)
        self.made += found
        return found

    # -- one question

    def _one(
        self, ref: Element, item: Element, names: Names, prefixes: tuple[str, ...], form: str
    ) -> Asked | None:
        response = _response(item, form)
        field_type = item.get("redcap:FieldType") or response
        if self._is_the_programs_own(ref, item, field_type):
            return None
        no_place = _NO_PLACE.get(
            "signature" if item.get("redcap:TextValidationType") == "signature" else field_type
        )
        if no_place is not None:
            said = self.wording.of(item, "Question", "Description")
            shown = f"“{shortened(said.en, 160)}”: " if said else ""
            self.report.left("no_place", item, Text(shown + no_place.en, shown + no_place.zh))
            return None
        listed = self._list(item, response)
        long = field_type in ("notes", "textarea")
        chosen = kinds.choices(
            item.get("DataType"), item.get("Length"), item.get("SignificantDigits"), long=long,
            least_digits=ranges.digits_needed(item), bounded=ranges.bounded(item),
        )  # fmt: skip
        if listed is not None:
            several = self._several(item) or response in _SEVERAL
            chosen = (kinds.Choice("M" if several else "C"),)
        elif item.get("DataType").casefold() == kinds.BOOLEAN:
            listed = self.lists.yes_no()
        elif field_type == "slider":
            chosen = (kinds.Choice("I(3)"),)
        oid = self._oid(item, names, prefixes)
        text = self._question(item, form)
        parts = []
        for choice in chosen:
            said = text
            if choice.says is not None:
                said = Text(f"{text.en} ({choice.says.en})", f"{text.zh}（{choice.says.zh}）")
            name = oid if not choice.suffix else self._beside(oid, choice.suffix, names)
            if choice.note is not None:
                self.report.changed("type", item, choice.note, name)
            parts.append(self._part(ref, item, name, said, choice.type))
        if listed is not None:
            parts[0]["codelist"] = listed.oid
        kind = Kind(parts[0]["type"].partition("(")[0])
        codes = listed.codes if listed else None
        made = [*ranges.checks(item, oid, kind, codes, self.wording, self.report)]
        if field_type == "slider" and not made:
            made = [{"severity": "hard", "range": ["0", "100"]}]
        if made:
            parts[0]["checks"] = made
        self._unit(item, parts[0], kind)
        self._remarks(ref, item, parts[0], form)
        target = Target(oid, kind, codes, truth=listed is not None and listed.truth)
        return Asked(item, (ref,), parts, target)

    def _part(
        self, ref: Element, item: Element, oid: str, text: Text, type_: str
    ) -> dict[str, Any]:
        needed = ref.get("Mandatory").casefold() == "yes" or "y" in (
            ref.get("redcap:RequiredField"), item.get("redcap:RequiredField"),
        )  # fmt: skip
        aliases = {a.get("Context").casefold(): a.get("Name") for a in item.all("Alias")}
        required = aliases.get("requirement", "R" if needed else "O")
        if required not in [str(r) for r in Requirement] or required == Requirement.DERIVED:
            required = "O"
        part: dict[str, Any] = {
            "oid": oid, "en": text.en, "zh": text.zh, "type": type_, "required": required,
        }  # fmt: skip
        phi = aliases.get("phi", "")
        if item.get("redcap:Identifier") == "y" or any(
            p.get("PHI", "oc:PHI").casefold() == "yes" for p in _presented(item)
        ):
            phi = "D"
        if phi in ("Q", "D"):
            part["phi"] = phi
        for context in ("cdash", "sdtm"):
            name = aliases.get(context) or (item.get("SDSVarName") if context == "sdtm" else "")
            if plain(name):
                part[context] = plain(name)
        return part

    def _oid(self, item: Element, names: Names, prefixes: tuple[str, ...]) -> str:
        source = stem(item.get("OID"))
        before = source.partition(".")[0]
        ours = self.odm.author is Author.OURSELVES and _OURS.fullmatch(source)
        if ours and before in prefixes and source not in self._given:
            self._given.add(source)
            return source
        prefix = prefixes[0]
        named = item.get("SASFieldName", "redcap:Variable", "Name")
        wishes = (named, source.rpartition(".")[2], source)
        short = [w for w in wishes if 0 < len(w) <= ITEM and w.isascii()]
        return f"{prefix}.{names.give(*short, *wishes)}"

    def _beside(self, oid: str, suffix: str, names: Names) -> str:
        before, _, name = oid.partition(".")
        return f"{before}.{names.give(f'{name}{suffix}')}"

    def _question(self, item: Element, form: str) -> Text:
        presented = next((p for p in _presented(item) if p.get("FormOID") == form), None)
        left = presented.first("LeftItemText") if presented is not None else None
        return (
            (self.wording.bare(left.text, left) if left is not None else None)
            or self.wording.of(item, "Question", "Description")
            or self.wording.bare(item.get("Name") or item.get("OID"), item)
            or Text("–", "–")
        )

    def _list(self, item: Element, response: str) -> Listed | None:
        several = self._several(item)
        if several:
            return self.lists.choice(several) or self.lists.of(several)
        ref = item.first("CodeListRef")
        alias = next(
            (
                a.get("Name")
                for a in item.all("Alias")
                if a.get("Context").endswith("several codes")
            ),
            "",
        )
        if ref is None and not alias:
            return None
        oid = ref.get("CodeListOID") if ref is not None else alias
        if self.odm.get("CodeList", oid) is None:
            self.report.left(
                "no_list", item,
                Text(
                    f"there is no CodeList {oid}; kept as text",
                    f"没有选项列表 {oid}，按文本保存",
                ),
            )  # fmt: skip
        return self.lists.of(oid)

    def _several(self, item: Element) -> str:
        """The list of which several may be chosen, if it is such a question."""
        ref = item.first("MultiSelectListRef")
        if ref is not None:
            return ref.get("MultiSelectListID", "MultiSelectListOID")
        return next(
            (
                a.get("Name")
                for a in item.all("Alias")
                if a.get("Context").endswith("several codes")
            ),
            "",
        )

    def _unit(self, item: Element, part: dict[str, Any], kind: Kind) -> None:
        units = [*item.all("MeasurementUnitRef")]
        for number, ref in enumerate(units):
            oid = ref.get("MeasurementUnitOID")
            unit = self.odm.units.get(oid)
            symbol = self.wording.of(unit, "Symbol") if unit is not None else None
            said = symbol.en if symbol else plain(unit.get("Name") if unit is not None else oid)
            if number or kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.TEXT) or not said:
                self.report.left(
                    "unit", item,
                    Text(
                        f"the unit {shortened(said, 60)} is not kept: one unit belongs to a number",
                        f"单位 {shortened(said, 60)} 未导入，一个数值只有一个单位",
                    ),
                    part["oid"],
                )  # fmt: skip
            else:
                part["unit"] = shortened(said, 60)

    def _remarks(self, ref: Element, item: Element, part: dict[str, Any], form: str) -> None:
        oid = part["oid"]
        question = {part["en"], part["zh"]}
        description = self.wording.of(item, "Description")
        presented = [p for p in _presented(item) if p.get("FormOID") in ("", form)]
        notes = [item.get("Comment"), item.get("redcap:FieldNote")]
        notes += [description.en] if description and description.en not in question else []
        notes += [
            c.text for p in presented for c in p.all("ItemHeader", "ItemSubHeader", "RightItemText")
        ]
        if guidance := joined(notes):
            part["guidance"] = shortened(guidance, 1_000)
        rule = item.get("redcap:TextValidationType")
        if rule.startswith(_FORMATS):
            self.report.left(
                "format", item, Text(f"the format {rule} is not checked", f"不检查格式 {rule}"), oid
            )
        if matrix := item.get("redcap:MatrixGroupName"):
            self._once(
                "matrix", matrix, item,
                Text(
                    f"the questions of the matrix {matrix} stand one below the other",
                    f"矩阵 {matrix} 的题目逐行显示",
                ),
            )  # fmt: skip
        if note := item.get("redcap:FieldAnnotation"):
            self.report.left(
                "annotation", item,
                Text(
                    f"“{shortened(note, 160)}” does nothing here",
                    f"“{shortened(note, 160)}”在此无作用",
                ),
                oid,
            )  # fmt: skip
        for one in presented:
            if value := one.get("DefaultValue"):
                self.report.left(
                    "default", item,
                    Text(
                        f"no answer is there beforehand (“{shortened(value, 60)}”)",
                        f"不预填答案（“{shortened(value, 60)}”）",
                    ),
                    oid,
                )  # fmt: skip

    def _once(self, code: str, key: str, at: Element, text: Text) -> None:
        if f"{code} {key}" not in self._skipped:
            self._skipped[f"{code} {key}"] = at
            self.report.changed(code, at, text)

    def _is_the_programs_own(self, ref: Element, item: Element, field_type: str) -> bool:
        """REDCap's number of the record and state of a form, which the program keeps itself."""
        if self.odm.author is not Author.REDCAP:
            return False
        variable = ref.get("redcap:Variable") or item.get("redcap:Variable") or item.get("OID")
        if variable == self.odm.version.get("redcap:RecordIdField"):
            said = Text("the subject number is the program's own", "受试者编号由程序管理")
        elif variable.endswith("_complete") and item.get("redcap:SectionHeader") == "Form Status":
            said = Text("the program keeps the state of a form itself", "表单状态由程序管理")
        else:
            return False
        self.report.left("own", item, said)
        return True

    # -- boxes

    def _boxes(
        self, variable: str, boxes: list[tuple[Element, Element]], names: Names, prefix: str
    ) -> Asked:
        ref, first = boxes[0]
        told = self._told(first)
        codes = [item.get("OID").rpartition("___")[2] for _, item in boxes]
        listed = self.lists.boxes(
            variable,
            first,
            [
                (c, told.get(c.casefold()) or self._question(i, ""))
                for c, (_, i) in zip(codes, boxes, strict=True)
            ],
        )
        oid = f"{prefix}.{names.give(variable)}"
        part = self._part(ref, first, oid, self._question(first, ""), "M")
        part["codelist"] = listed.oid
        self.report.changed(
            "boxes", first,
            Text(f"{len(boxes)} boxes are one question", f"{len(boxes)} 个复选框合并为一题"), oid,
        )  # fmt: skip
        for _, item in boxes[1:]:
            if any(item.all("RangeCheck")):
                self.report.left("range", item, Text("boxes have no ranges", "复选框没有范围"), oid)
        self._remarks(ref, first, part, "")
        target = Target(oid, Kind.CODES, listed.codes)
        return Asked(first, tuple(r for r, _ in boxes), [part], target)

    def _told(self, item: Element) -> Mapping[str, Text]:
        """What the boxes of a question mean, by code."""
        ref = item.first("CodeListRef")
        listed = self.odm.get("CodeList", ref.get("CodeListOID")) if ref is not None else None
        found: dict[str, Text] = {}
        for choice in (listed.get("redcap:CheckboxChoices") if listed is not None else "").split(
            "|"
        ):
            code, _, words = choice.partition(",")
            if said := self.wording.bare(words, listed):
                found[code.strip().casefold()] = said
        return found


def _presented(item: Element) -> Iterator[Element]:
    for details in item.all("ItemDetails"):
        yield from details.all("ItemPresentInForm")


def _response(item: Element, form: str) -> str:
    """How OpenClinica lets a question be answered."""
    found = [p for p in _presented(item) if p.get("FormOID") in ("", form)]
    for one in found:
        response = one.first("ItemResponse")
        if response is not None:
            return response.get("ResponseType").casefold()
    return ""
