"""From what a file says to the written shape of a definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mrd_desktop.portable import DEVICES
from mrd_desktop.study.document import FORMAT
from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing import formula
from mrd_desktop.study.importing.formula import Target, Untranslatable
from mrd_desktop.study.importing.house import House
from mrd_desktop.study.importing.items import Asked, Questions
from mrd_desktop.study.importing.lists import Lists, in_order
from mrd_desktop.study.importing.naming import (
    COLUMNS,
    FORM,
    GROUP,
    ITEM,
    WORDS,
    Names,
    shared,
    stem,
)
from mrd_desktop.study.importing.report import Report, named, shortened
from mrd_desktop.study.importing.schedule import Schedule
from mrd_desktop.study.importing.source import Author, Odm
from mrd_desktop.study.importing.wording import Wording, plain
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.study.odm_parts import PARAMETER
from mrd_desktop.study.reading import decimal
from mrd_desktop.texts import Text

MOST_ITEMS: Final = 20_000
_TOO_MANY: Final = Text(
    f"its forms ask more than {MOST_ITEMS:,} questions; import fewer forms",
    f"表单题目超过 {MOST_ITEMS:,} 个，请减少表单后再导入",
)
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Place:
    """A part of the definition and where in the file it comes from."""

    at: str
    to: str


@dataclass
class Assembly:
    """Builds the written shape of a definition; every part remembers its place in the file."""

    odm: Odm
    report: Report
    house: House
    places: list[Place] = field(default_factory=list)
    sources: dict[str, Element] = field(default_factory=dict)
    """The element of the file that an item of ours comes from."""

    def __post_init__(self) -> None:
        ours = self.odm.author is Author.OURSELVES
        reserved = frozenset() if ours else self.house.names
        self.wording = Wording(self.report)
        self.lists = Lists(self.odm, self.wording, self.report, self._lists_taken(ours=ours))
        self.questions = Questions(self.odm, self.lists, self.wording, self.report)
        self._reserved = reserved | WORDS
        self._sections = Names(GROUP, "G", self._reserved)
        self._asked: dict[str, list[tuple[str, Asked]]] = {}
        self._form_oids: dict[str, str] = {}
        self._derivations: list[dict[str, str]] = []
        self._groups_of: list[tuple[str, str, Element, Element, list[Asked]]] = []
        self._count = 0
        self._known: dict[str, list[tuple[str, Target]]] | None = None

    def _lists_taken(self, *, ours: bool) -> frozenset[str]:
        return frozenset() if ours else self.house.lists

    def value(self) -> dict[str, Any]:
        """The definition in its written shape; not yet proven."""
        forms = [*self._forms()]
        used = {f["oid"] for f in forms}
        self._form_oids = {s: o for s, o in self._form_oids.items() if o in used}
        for form in forms:
            self._conditions(form)
        schedule = Schedule(self.odm, self._form_oids, self.wording, self.report, self._reserved)
        events = schedule.events()
        for at in schedule.conditions(events):
            self._form_condition(at.event, at.form, at.condition, at.ref, events)
        self.lists.rest()
        self._unasked()
        lists = [p for p in self.lists.parts if p["codes"]]
        if not any(p["oid"] == "MISS" for p in lists):
            lists.append(self.house.missing)
        self._places(forms, lists, events)
        self.wording.tell()
        return {
            "format": FORMAT,
            "study": self._study([f["oid"] for f in forms]),
            "schedule": {"events": events},
            "codelists": lists,
            "forms": forms,
            "ctcae": {},
            "drugs": {"drugs": []},
            "checks": self.house.checks([f["oid"] for f in forms]),
            "derivations": self._derivations,
        }

    # -- forms

    def _forms(self) -> Iterator[dict[str, Any]]:
        names = Names(FORM, "F", self._reserved | DEVICES)
        elements = [e for e in self.odm.every("FormDef") if not self._superseded(e)]
        common = shared(e.get("OID") for e in elements)
        repeating = {
            e.get("redcap:RepeatInstrument") for e in self.odm.study.within("RepeatingInstrument")
        }
        # a form and a section are told apart by name: forms choose first
        for element in elements:
            own = stem(element.get("OID"))
            wish = own if self.odm.author is Author.OURSELVES else own.removeprefix(common)
            self._form_oids[element.get("OID")] = names.give(wish, own, element.get("Name"))
        self._sections = Names(GROUP, "G", self._reserved | set(self._form_oids.values()))
        for element in elements:
            form = self._form(element, self._form_oids[element.get("OID")], repeating)
            if form is not None:
                yield form

    def _superseded(self, element: Element) -> bool:
        """OpenClinica keeps every version of a form; only the usual one is taken over."""
        details = element.first("FormDetails")
        parent = details.get("ParentFormOID") if details is not None else ""
        shown = [*element.within("PresentInEventDef")]
        if not parent or not shown or any(p.get("IsDefaultVersion") == "Yes" for p in shown):
            return False
        self.report.left(
            "old_version", element,
            Text("another version of the form is the usual one", "该表单的默认版本为另一版本"),
        )  # fmt: skip
        return True

    def _form(self, element: Element, oid: str, repeating: set[str]) -> dict[str, Any] | None:
        text = self.wording.of(element, "Description") or self.wording.bare(
            element.get("Name") or stem(element.get("OID")), element
        )
        text = text or Text(oid, oid)
        form: dict[str, Any] = {"oid": oid, "en": text.en, "zh": text.zh}
        if element.get("Repeating").casefold() == "yes" or (
            element.get("redcap:FormName") and element.get("redcap:FormName") in repeating
        ):
            form["repeating"] = True
        sdtm = next((a.get("Name") for a in element.all("Alias") if a.get("Context") == "SDTM"), "")
        if plain(sdtm):
            form["sdtm"] = plain(sdtm)
        ours = self.odm.author is Author.OURSELVES
        items = Names(ITEM, "Q", frozenset() if ours else COLUMNS)
        groups = [*self._groups(element, oid, items)]
        if not groups:
            self.report.left(
                "empty_form", element, Text("it has no question to answer", "没有可填写的题目")
            )
            return None
        return {**form, "groups": groups}

    def _groups(self, form: Element, oid: str, items: Names) -> Iterator[dict[str, Any]]:
        ours = self.odm.author is Author.OURSELVES
        seen: set[str] = set()
        used: set[str] = set()
        source = form.get("OID")
        for ref in in_order(form.all("ItemGroupRef")):
            group = self.odm.get("ItemGroupDef", ref.get("ItemGroupOID"))
            if group is None or group.get("OID") in seen:
                why = (
                    Text("it stands twice in the form", "在表单中重复出现")
                    if group is not None
                    else Text("there is no such ItemGroupDef", "没有对应的 ItemGroupDef")
                )
                self.report.left("group", ref, why, oid)
                continue
            seen.add(group.get("OID"))
            repeating = group.get("Repeating").casefold() == "yes"
            name = self._section(group, oid, used, repeating=repeating)
            refs = in_order(group.all("ItemRef"))
            self._count += len(refs)
            if self._count > MOST_ITEMS:
                raise OdmRefused(_TOO_MANY)
            asked = self.questions.group(refs, items, (oid, name), source)
            text = self._title(group, asked)
            if not asked:
                said = shortened(text.en, 160) if text else ""
                self.report.left(
                    "empty_group", group,
                    Text(
                        f"no question is left in the section{f' “{said}”' if said else ''}",
                        f"该部分{f'“{said}”' if said else ''}没有可填写的题目",
                    ),
                    oid,
                )  # fmt: skip
                continue
            used.add(name)
            for one in asked:
                self._asked.setdefault(one.item.get("OID"), []).append((oid, one))
                self.sources |= {p["oid"]: one.item for p in one.parts}
            self._groups_of.append((oid, name, group, ref, asked))
            part: dict[str, Any] = {
                "oid": group.get("OID") if ours else f"IG.{oid}.{name}",
            }  # fmt: skip
            text = text or Text(name, name)
            part |= {"en": text.en, "zh": text.zh}
            if repeating:
                part["repeating"] = True
            yield {**part, "items": [p for one in asked for p in one.parts]}

    def _section(self, group: Element, form: str, used: set[str], *, repeating: bool) -> str:
        own = stem(group.get("OID")).rpartition(".")[2]
        if self.odm.author is Author.OURSELVES:
            return own
        if repeating:
            return self._sections.give(own, group.get("Name"))
        number = len(used)
        letter = _LETTERS[number] if number < 26 else f"S{number + 1}"
        return next(n for n in (letter, *(f"S{i}" for i in range(1, 10_000))) if n not in used)

    def _title(self, group: Element, asked: list[Asked]) -> Text | None:
        header = asked[0].item.get("redcap:SectionHeader") if asked else ""
        return (
            (self.wording.bare(header, group) if header else None)
            or self.wording.of(group, "Description")
            or self.wording.bare(group.get("Name"), group)
        )

    def _unasked(self) -> None:
        """Sections and questions that no form asks."""
        groups = {r.get("ItemGroupOID") for f in self.odm.every("FormDef") for r in _refs(f)}
        asked = {r.get("ItemOID") for g in self.odm.every("ItemGroupDef") for r in _refs(g)}
        unused = Text("no form asks it", "没有表单使用")
        for group in self.odm.every("ItemGroupDef"):
            if group.get("OID") not in groups:
                self.report.left("unused", group, unused)
                for ref in _refs(group):
                    item = self.odm.get("ItemDef", ref.get("ItemOID"))
                    if item is not None and item.get("OID") not in self._asked:
                        self.report.left("unused", item, unused)
        for item in self.odm.every("ItemDef"):
            if item.get("OID") not in asked:
                self.report.left("unused", item, unused)

    # -- conditions and computations

    def _conditions(self, form: Mapping[str, Any]) -> None:
        for oid, _, group, group_ref, asked in self._groups_of:
            if oid != form["oid"]:
                continue
            whole = self._exception(group_ref, oid, named(group))
            for one in asked:
                said = [whole] if whole else []
                for ref in one.refs[:1]:
                    said += filter(None, [self._exception(ref, oid, one.parts[0]["oid"])])
                said += self._vendor_conditions(one, oid)
                for part in one.parts:
                    if said:
                        part["show_when"] = " and ".join(
                            f"({s})" if len(said) > 1 else s for s in dict.fromkeys(said)
                        )
                self._computation(one, oid)

    def _exception(self, ref: Element, form: str, to: str) -> str:
        """The condition under which something is asked, from the one under which it is not."""
        condition = self.odm.get("ConditionDef", ref.get("CollectionExceptionConditionOID"))
        if condition is None:
            if wanted := ref.get("CollectionExceptionConditionOID"):
                self.report.left(
                    "condition", ref,
                    Text(f"there is no ConditionDef {wanted}", f"没有 ConditionDef {wanted}"), to,
                )  # fmt: skip
            return ""
        told = [e for e in condition.all("FormalExpression") if e.text.strip()]
        own = next((e for e in told if e.get("Context") == FORMAT), None)
        if own is not None:
            text = " ".join(own.text.split())
            return (
                text[5:-1] if text.startswith("not (") and text.endswith(")") else f"not ({text})"
            )
        if not told:
            said = self.wording.of(condition, "Description")
            words = Text(
                f"the condition is told in words only: “{shortened(said.en, 160)}”",
                f"条件仅有文字说明：“{shortened(said.zh, 160)}”",
            ) if said else Text("the condition says nothing", "条件没有内容")  # fmt: skip
            self.report.left("condition", condition, words, to)
            return ""
        return self._translated(
            "condition", condition, told[0].text, to,
            lambda source: formula.condition(source, self._resolver(form), negated=True),
        )  # fmt: skip

    def _vendor_conditions(self, one: Asked, form: str) -> list[str]:
        found = []
        to = one.parts[0]["oid"]
        if logic := one.item.get("redcap:BranchingLogic"):
            found.append(
                self._translated(
                    "condition", one.item, logic, to,
                    lambda source: formula.condition(source, self._resolver(form)),
                )
            )  # fmt: skip
        for shown in one.item.within("SimpleConditionalDisplay"):
            asks, option = shown.first("ControlItemName"), shown.first("OptionValue")
            if asks is None or option is None:
                continue
            source = f"{asks.text.strip()} = {_quoted(option.text.strip())}"
            found.append(
                self._translated(
                    "condition", one.item, source, to,
                    lambda source: formula.condition(source, self._resolver(form)),
                )
            )  # fmt: skip
        return [f for f in found if f]

    def _computation(self, one: Asked, form: str) -> None:
        part, to = one.parts[0], one.parts[0]["oid"]
        method = self.odm.get("MethodDef", one.refs[0].get("MethodOID"))
        source, own, at = one.item.get("redcap:Calculation"), False, one.item
        if method is not None:
            at = method
            told = [e for e in method.all("FormalExpression") if e.text.strip()]
            chosen = next(
                (e for e in told if e.get("Context") == FORMAT), told[0] if told else None
            )
            source = chosen.text if chosen is not None else ""
            own = chosen is not None and chosen.get("Context") == FORMAT
            if chosen is None and method.get("Type") in ("Computation", ""):
                said = self.wording.of(method, "Description")
                words = shortened(said.en, 160) if said else "–"
                self.report.left(
                    "formula", method,
                    Text(f"it is told in words only: “{words}”", f"仅有文字说明：“{words}”"), to,
                )  # fmt: skip
        if not source.strip():
            return
        text = " ".join(source.split())
        if not own:
            text = self._translated(
                "formula", at, source, to,
                lambda source: formula.computation(source, self._resolver(form)),
            )  # fmt: skip
        if (text and own) or (text and part["type"][0] in "IF"):
            part["required"] = "X"
            self._derivations.append({"item": to, "value": text})

    def _form_condition(
        self, event: str, form: str, condition: str, ref: Element, events: list[dict[str, Any]]
    ) -> None:
        """A form under a condition is planned so in our own files, and offered in others."""
        part = next(e for e in events if e["oid"] == event)
        if self.odm.author is Author.OURSELVES and form in part.get("planned", ()):
            if source := self._exception(ref, form, f"{event}/{form}"):
                part.setdefault("when", {})[form] = source
            return
        if form in part.get("planned", ()):
            part["planned"].remove(form)
            part.setdefault("optional", []).append(form)
        self.report.changed(
            "form_condition", ref,
            Text(
                f"it is asked under the condition {condition}; it is offered here, not expected",
                f"受条件 {condition} 限制，此处改为按需填写",
            ),
            f"{event}/{form}",
        )  # fmt: skip

    def _translated(
        self, code: str, at: Element, source: str, to: str, translate: Callable[[str], str]
    ) -> str:
        try:
            return translate(source.strip())
        except Untranslatable as why:
            said = shortened(source, 200)
            asked = Text("it is always asked", "该题始终显示")
            typed = Text("it is typed in", "改为手工录入")
            then = asked if code == "condition" else typed
            self.report.left(
                code, at,
                Text(
                    f"“{said}” is not translated ({why}); {then.en}",
                    f"“{said}”未能转换（{why}），{then.zh}",
                ),
                to,
            )  # fmt: skip
            return ""

    def _resolver(self, form: str) -> Callable[[str], Target | None]:
        """Finds a question by its OID or name, in the same form first."""
        names = self._names

        def resolve(name: str) -> Target | None:
            found = names.get(name) or names.get(name.rpartition(".")[2]) or []
            here = [t for f, t in found if f == form]
            if here:
                return here[0]
            return found[0][1] if len({t.oid for _, t in found}) == 1 else None

        return resolve

    @property
    def _names(self) -> Mapping[str, list[tuple[str, Target]]]:
        if self._known is None:
            known: dict[str, list[tuple[str, Target]]] = {}
            for source, found in self._asked.items():
                for form, one in found:
                    names = {source, one.item.get("Name"), one.item.get("redcap:Variable")}
                    for name in names - {""}:
                        known.setdefault(name, []).append((form, one.target))
            self._known = known
        return self._known

    # -- the study

    def _study(self, forms: list[str]) -> dict[str, Any]:
        globals_ = self.odm.study.first("GlobalVariables")
        said = {c.name: plain(c.text) for c in globals_.children} if globals_ is not None else {}
        source = self.odm.study.get("OID")
        own = source.removeprefix("ST.")
        ours = self.odm.author is Author.OURSELVES
        name = said.get("StudyName") or said.get("ProtocolName") or source or "Study"
        description = said.get("StudyDescription") or name
        zh = description if ours else name
        version = self.odm.version.get("OID").removeprefix("MDV.")
        number = (
            version if ours and version.replace(".", "", 1).isdigit() and "." in version else "1.0"
        )
        oid = Names(20, "S", ()).give(own if ours else "", said.get("ProtocolName", ""), own, name)
        if not ours and oid == self.house.study:
            oid = f"{oid}X"
        if not ours and description not in ("", name):
            self.report.left(
                "description", self.odm.study,
                Text(
                    f"the description “{shortened(description, 160)}” has no place",
                    f"研究说明“{shortened(description, 160)}”没有对应位置",
                ),
            )  # fmt: skip
        return {
            "oid": oid,
            "version": number,
            "protocol": shortened(said.get("ProtocolName") or name, 120),
            "en": shortened(name, 500),
            "zh": shortened(zh, 500),
            "forms": forms,
            "parameters": dict(self._parameters()) if ours else {},
            **self.house.conduct,
        }

    def _parameters(self) -> Iterator[tuple[str, str]]:
        protocol = self.odm.version.first("Protocol")
        for alias in protocol.all("Alias") if protocol is not None else ():
            context, _, name = alias.get("Context").partition(" ")
            if context == PARAMETER and name and decimal(alias.get("Name")) is not None:
                yield name, alias.get("Name")

    def _places(
        self,
        forms: list[dict[str, Any]],
        lists: list[dict[str, Any]],
        events: list[dict[str, Any]],
    ) -> None:
        self.places += [Place(f"FormDef {s}", o) for s, o in self._form_oids.items()]
        for form, name, group, _, asked in self._groups_of:
            self.places.append(Place(named(group), f"{form}/{name}"))
            for one in asked:
                for part in one.parts:
                    self.places.append(Place(named(one.item), part["oid"]))


def _refs(element: Element) -> Iterator[Element]:
    return element.all("ItemGroupRef", "ItemRef")


def _quoted(text: str) -> str:
    return f"'{text}'" if "'" not in text else f'"{text}"'
