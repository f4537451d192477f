"""Events and the forms expected at them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mrd_desktop.study.importing.lists import in_order
from mrd_desktop.study.importing.naming import EVENT, Names, shared, stem
from mrd_desktop.study.importing.report import Report
from mrd_desktop.study.importing.source import Author, Odm
from mrd_desktop.study.importing.wording import Wording
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.study.odm_parts import EVERY, TARGET, WINDOW
from mrd_desktop.texts import Text

_ONLY: Final = Text("Visit", "访视")
_OTHER: Final = Text("Other forms", "其他表单")


@dataclass(frozen=True)
class Conditional:
    """A form expected at an event only while something does not hold."""

    event: str
    form: str
    condition: str
    ref: Element


@dataclass
class Schedule:
    """The events of a definition in the making.

    Attributes:
        forms: our form OID by the file's.
    """

    odm: Odm
    forms: Mapping[str, str]
    wording: Wording
    report: Report
    taken: Collection[str] = ()

    def events(self) -> list[dict[str, Any]]:
        """The events in their written shape, in the order of the protocol."""
        elements = self._ordered()
        names = Names(EVENT, "E", self.taken)
        common = shared(e.get("OID") for e in elements)
        repeating = {
            e.get("redcap:UniqueEventName") for e in self.odm.study.within("RepeatingEvent")
        }
        found: list[dict[str, Any]] = []
        placed: set[str] = set()
        for element in elements:
            own = stem(element.get("OID"))
            short = own.removeprefix(common)
            unique = element.get("redcap:UniqueEventName")
            text = self.wording.of(element, "Description") or self.wording.bare(
                element.get("Name") or own, element
            )
            wish = own if self._ours else short
            event: dict[str, Any] = {"oid": names.give(wish, unique, element.get("Name"))}
            text = text or Text(event["oid"], event["oid"])
            event |= {"en": text.en, "zh": text.zh}
            if element.get("Repeating").casefold() == "yes" or (unique and unique in repeating):
                event["repeating"] = True
            event |= self._our_target(element) if self._ours else self._target(element)
            event |= self._forms(element, event["oid"])
            placed |= {*event.get("planned", ()), *event.get("optional", ())}
            found.append(event)
        return [*found, *self._unplaced(placed, names, first=not found)]

    def conditions(self, events: list[dict[str, Any]]) -> Iterator[Conditional]:
        """The forms that are expected only under a condition."""
        for element, event in zip(self._ordered(), events, strict=False):
            for ref in element.all("FormRef"):
                form = self.forms.get(ref.get("FormOID"))
                condition = ref.get("CollectionExceptionConditionOID")
                if form and condition:
                    yield Conditional(event["oid"], form, condition, ref)

    @property
    def _ours(self) -> bool:
        return self.odm.author is Author.OURSELVES

    @staticmethod
    def _our_target(element: Element) -> dict[str, Any]:
        """Target and window as our own export says them."""
        said = {a.get("Context"): a.get("Name").split() for a in element.all("Alias")}
        found: dict[str, Any] = {}
        match said.get(TARGET):
            case [number, ("days" | "months") as unit]:
                found["target"] = {unit: number}
        match said.get(WINDOW):
            case [before, after]:
                found["window"] = {"before": before, "after": after}
        match said.get(EVERY):
            case [number, "months"]:
                found["every_months"] = number
        return found

    def _ordered(self) -> list[Element]:
        protocol = self.odm.version.first("Protocol")
        refs = in_order(protocol.all("StudyEventRef")) if protocol is not None else []
        oids = list(dict.fromkeys(r.get("StudyEventOID") for r in refs))
        planned = [e for o in oids if (e := self.odm.get("StudyEventDef", o)) is not None]
        return [*planned, *(e for e in self.odm.every("StudyEventDef") if e not in planned)]

    def _forms(self, element: Element, event: str) -> dict[str, list[str]]:
        refs = [r for r in in_order(element.all("FormRef")) if r.get("FormOID") in self.forms]
        planned: list[str] = []
        optional: list[str] = []
        for ref in refs:
            form = self.forms[ref.get("FormOID")]
            if form in (*planned, *optional):
                continue
            needed = ref.get("Mandatory").casefold() == "yes"
            hidden = any(
                p.get("StudyEventOID") == element.get("OID") and p.get("HideCRF") == "Yes"
                for p in self._details(ref.get("FormOID"))
            )
            (planned if needed and not hidden else optional).append(form)
        if optional and not planned and not self._ours:
            planned, optional = optional, []
            self.report.changed(
                "all_optional", element,
                Text(
                    "none of its forms is mandatory; all are expected here",
                    "其中没有必填表单，此处均按计划表单处理",
                ),
                event,
            )  # fmt: skip
        return {k: v for k, v in (("planned", planned), ("optional", optional)) if v}

    def _details(self, form: str) -> Iterator[Element]:
        element = self.odm.get("FormDef", form)
        if element is not None:
            yield from element.within("PresentInEventDef")

    def _target(self, element: Element) -> dict[str, Any]:
        """REDCap's day offset and the days around it."""
        days = element.get("redcap:DayOffset")
        around = [element.get("redcap:OffsetMin") or "0", element.get("redcap:OffsetMax") or "0"]
        numbers = [d.removeprefix("-") for d in (days, *around)]
        if not days or not all(n.isascii() and n.isdigit() and len(n) < 6 for n in numbers):
            return {}
        if days == "1" and around == ["0", "0"]:
            return {}  # what REDCap writes where nobody plans by days
        self.report.left(
            "target", element,
            Text(
                f"day {days} (−{around[0]}/+{around[1]}) is kept, but no day is known to count "
                "from; visits do not fall due",
                f"第 {days} 天（−{around[0]}/+{around[1]}）已保留，但缺少起算日，访视不会到期提醒",
            ),
        )  # fmt: skip
        window = {"before": str(int(numbers[1])), "after": str(int(numbers[2]))}
        return {"target": {"days": str(int(days))}, "window": window}

    def _unplaced(
        self, placed: Collection[str], names: Names, *, first: bool
    ) -> Iterator[dict[str, Any]]:
        rest = [f for f in self.forms.values() if f not in placed]
        if not rest:
            return
        if first:
            said, text, key, oid = _ONLY, "the file plans no visit", "planned", names.give("VISIT")
            zh = "文件未定义访视"
        else:
            said, text, key, oid = _OTHER, "no visit names them", "optional", names.give("OTHER")
            zh = "没有访视引用这些表单"
        self.report.added(
            "event", None,
            Text(
                f"{text}; the forms {', '.join(rest[:20])} stand at an event of their own",
                f"{zh}，表单 {'、'.join(rest[:20])} 归入单独的访视",
            ),
            oid,
        )  # fmt: skip
        yield {"oid": oid, "en": said.en, "zh": said.zh, key: rest}
