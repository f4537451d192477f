"""Code lists: of CodeListItems or EnumeratedItems, of boxes to tick, of yes and no."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mrd_desktop.study.importing.naming import LIST, Names, stem
from mrd_desktop.study.importing.report import Report, shortened
from mrd_desktop.study.importing.source import Author, Odm
from mrd_desktop.study.importing.wording import Wording, plain
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.texts import Text

LONGEST_CODE: Final = 60
_NCI: Final = "nci:extcodeid"
_YES_NO: Final = (("1", Text("Yes", "是")), ("0", Text("No", "否")))


@dataclass(frozen=True)
class Listed:
    """A list that was taken over: its OID here, and our codes by the file's."""

    oid: str
    codes: Mapping[str, str]
    truth: bool = False


@dataclass
class Lists:
    """The lists of a definition in the making."""

    odm: Odm
    wording: Wording
    report: Report
    taken: Collection[str] = ()
    parts: list[dict[str, Any]] = field(default_factory=list)
    _names: Names = field(init=False)
    _known: dict[str, Listed | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names = Names(LIST, "L", self.taken)

    def of(self, oid: str) -> Listed | None:
        """The list of a CodeListRef; None where it has no codes."""
        if oid not in self._known:
            element = self.odm.get("CodeList", oid)
            self._known[oid] = self._coded(element) if element is not None else None
        return self._known[oid]

    def choice(self, oid: str) -> Listed | None:
        """The same for one of OpenClinica's lists of which several may be chosen."""
        key = f"choices {oid}"
        if key not in self._known:
            element = self.odm.choices.get(oid)
            self._known[key] = self._coded(element) if element is not None else None
        return self._known[key]

    def boxes(self, variable: str, at: Element, boxes: Iterable[tuple[str, Text]]) -> Listed:
        """A list of boxes that the file has as one question each."""
        name = Text(*(shortened(plain(variable), 60) or "Choices",) * 2)
        return self._add(variable, name, boxes, at)

    def yes_no(self) -> Listed:
        """The list of a boolean question."""
        found = self._known.get("yes no")
        if found is None:
            added = self._add("BOOLEAN", Text("Yes / No", "是/否"), _YES_NO, None)
            found = self._known["yes no"] = Listed(added.oid, added.codes, truth=True)
        return found

    def rest(self) -> None:
        """Take over what no question refers to, where the file is one of our own."""
        for element in self.odm.every("CodeList"):
            oid = element.get("OID")
            if oid in self._known:
                continue
            if self.odm.author is Author.OURSELVES:
                self.of(oid)
            elif not element.get("redcap:CheckboxChoices"):
                self.report.left(
                    "unused_list",
                    element,
                    Text("no question uses the list", "没有题目使用该选项列表"),
                )

    def _coded(self, element: Element) -> Listed | None:
        items = [*element.all("CodeListItem", "EnumeratedItem", "MultiSelectListItem")]
        if not items:
            external = element.first("ExternalCodeList")
            said = external.get("Dictionary") if external is not None else ""
            self.report.left(
                "no_codes",
                element,
                Text(
                    f"the list holds no codes{f' but names {said}' if said else ''}; "
                    "the answers are kept as text",
                    f"列表中没有代码{f'，仅引用 {said}' if said else ''}，答案按文本保存",
                ),
            )
            return None
        ordered = _in_order(items)
        boxes = [
            (
                i.get("CodedValue", "CodedOptionValue"),
                self.wording.of(i, "Decode", "Description")
                or self.wording.bare(i.get("CodedValue", "CodedOptionValue"), i)
                or Text("–", "–"),
            )
            for i in ordered
        ]
        oid = element.get("OID", "ID")
        name = self.wording.of(element, "Description") or self.wording.bare(
            element.get("Name") or stem(oid), element
        )
        ncit = {
            i.get("CodedValue"): a.get("Name")
            for i in ordered
            for a in i.all("Alias")
            if a.get("Context").casefold() == _NCI and a.get("Name")
        }
        cdisc = next(
            (a.get("Name") for a in element.all("Alias") if a.get("Context").casefold() == _NCI), ""
        )
        codes = {code for code, _ in boxes}
        truth = codes == {"0", "1"} and element.get("DataType").casefold() == "boolean"
        made = self._add(stem(oid), name or Text(oid, oid), boxes, element, ncit, cdisc)
        return Listed(made.oid, made.codes, truth)

    def _add(
        self,
        wish: str,
        name: Text,
        boxes: Iterable[tuple[str, Text]],
        at: Element | None,
        ncit: Mapping[str, str] | None = None,
        cdisc: str = "",
    ) -> Listed:
        oid = self._names.give(wish, name.en)
        codes: dict[str, str] = {}
        parts: list[dict[str, Any]] = []
        names = _Codes()
        for number, (code, text) in enumerate(boxes, start=1):
            if code in codes:
                self._code(
                    at, code, "the code stands twice and is kept once", "代码重复，只保留一个"
                )
                continue
            kept = names.give(code, number)
            if kept != code:
                self._code(at, code, f"the code is written {kept}", f"代码改为 {kept}", kept)
            codes[code] = kept
            part = {"code": kept, "en": text.en, "zh": text.zh}
            if ncit and (concept := plain(ncit.get(code, ""))):
                part["ncit"] = concept
            parts.append(part)
        made: dict[str, Any] = {"oid": oid, "en": name.en, "zh": name.zh}
        if concept := plain(cdisc):
            made["cdisc"] = concept
        self.parts.append({**made, "codes": parts})
        return Listed(oid, codes)

    def _code(self, at: Element | None, code: str, en: str, zh: str, to: str = "") -> None:
        inside = f"CodedValue {shortened(code, 60)}"
        self.report.changed("code", at, Text(en, zh), to, inside=inside)


class _Codes:
    """Codes that a definition may hold, as near to the file's as can be, each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._times: dict[str, int] = {}

    def give(self, code: str, number: int) -> str:
        """A free one; ``number`` is the place in the list."""
        plainly = plain(code.replace(";", " ").replace(",", " "))[:LONGEST_CODE].strip()
        kept = wish = plainly or f"C{number}"
        while kept in self._taken:
            self._times[wish] = self._times.get(wish, 1) + 1
            kept = f"{wish[: LONGEST_CODE - 8]}-{self._times[wish]}"
        self._taken.add(kept)
        return kept


def _in_order(items: list[Element]) -> list[Element]:
    numbers = [i.get("OrderNumber", "Rank") for i in items]
    if all(n.isascii() and n.isdigit() and len(n) < 9 for n in numbers):
        return [
            i for _, i in sorted(zip(map(int, numbers), items, strict=True), key=lambda p: p[0])
        ]
    return items


def in_order(refs: Iterable[Element]) -> list[Element]:
    """References in the order of their numbers, where all have one; else as they stand."""
    return _in_order(list(refs))
