"""SDTM-like domains: which table of the study goes where, and which variable an item becomes.

The mapping is data: ``resources/sdtm.yaml`` and the annotations of the items. Every cell of every
table has exactly one place: a variable, a record of its own (a test, a pre-specified term) or a
supplemental qualifier. A reason in place of a value is a qualifier too. ``--GRPID`` says where the
record stands (visit, form, section, with repeats); ``--SPID`` of a test or term names its item,
so that every value leads back to its place in the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from heapq import merge
from typing import Any, Final

from ruamel.yaml import YAML

from mrd_desktop.resources import resource
from mrd_desktop.study.model import Item, Kind
from mrd_desktop.texts import Text
from mrd_desktop.transfer.datasets import Source, Table

FINDINGS: Final = "FINDINGS"
DEMOGRAPHICS: Final = "DM"
NOT_DONE: Final = "ND"

Value = str | int | None
Row = list[Value]

_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL})
_RESULTS: Final = frozenset({"ORRES", "STRESC", "TESTCD"})
_OWN: Final = frozenset({"STUDYID", "DOMAIN", "USUBJID", "VISIT", "SEQ", "GRPID"})
_TESTCD: Final = re.compile(r"\((?:[A-Z]+TESTCD=)?([A-Z][A-Z0-9]{0,7})[),]")
_BESIDE: Final = ("SUPP", "derived", "RELREC", "CO")
_NAME: Final = 8
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Column:
    """A variable of a domain.

    Attributes:
        type: ``string``, ``integer``, or ``decimal`` (text that is a number).
        items: the study's items it comes from.
        key: place among the keys, from 1; 0 for no key.
    """

    name: str
    text: Text
    type: str = "string"
    items: tuple[Item, ...] = ()
    key: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """An item's place in a domain.

    Attributes:
        name: variable, test code or name of the qualifier.
        at: its column in the table's row; the reason stands in the next one.
        miss: name of the qualifier that holds its reason.
        of: the test that a variable belongs to; empty where it belongs to every record of the row.
    """

    name: str
    item: Item
    at: int
    miss: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one table goes into a domain."""

    table: Table
    fixed: Mapping[str, str]
    variables: tuple[Part, ...]
    records: tuple[Part, ...]
    qualifiers: tuple[Part, ...]
    done: Part | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every item's place."""
        return (*self.variables, *self.records, *self.qualifiers)


@dataclass(frozen=True)
class Domain:
    """A dataset: its variables, and the rows of its tables.

    Attributes:
        kind: the general observation class.
        supplemental: the variables of ``SUPP--``.
    """

    code: str
    kind: str
    text: Text
    plans: tuple[Plan, ...]
    columns: tuple[Column, ...]
    supplemental: tuple[Column, ...] = field(default=())

    def rows(self, source: Source) -> Iterator[tuple[Row | None, Row | None]]:
        """Record or qualifier, one at a time, subject by subject."""
        built = [_Builder(self, plan, source).rows() for plan in self.plans]
        subject, sequence = "", 0
        for key, record, qualifier in merge(*built, key=lambda row: row[0]):
            if key[0] != subject:
                subject, sequence = key[0], 0
            if record is not None and self.code != DEMOGRAPHICS:
                sequence += 1
                record[f"{self.code}SEQ"] = sequence
            yield (
                None if record is None else [record.get(c.name) for c in self.columns],
                None if qualifier is None else [qualifier.get(c.name) for c in self.supplemental],
            )


def domains(source: Source) -> tuple[Domain, ...]:
    """The domains of the study, in the order of the mapping."""
    mapping = _mapping()
    tables: dict[str, list[Table]] = {}
    for table in source.tables():
        said = mapping["tables"].get(table.name, {})
        tables.setdefault(said.get("domain", mapping["others"]), []).append(table)
    return tuple(_domain(code, tables[code]) for code in mapping["domains"] if code in tables)


@lru_cache(maxsize=1)
def _mapping() -> Any:
    return YAML(typ="safe").load(resource("sdtm.yaml").read_text(encoding="utf-8"))


def supplemental(code: str) -> Text:
    """What the dataset of a domain's qualifiers is called."""
    return Text(f"Supplemental Qualifiers for {code}", f"补充限定变量：{code}")


# -- planning ----------------------------------------------------------------------------------


def _domain(code: str, tables: Sequence[Table]) -> Domain:
    said = _mapping()["domains"][code]
    names = _Names()
    plans = tuple(_plan(code, said["class"], table, names) for table in tables)
    text = Text(said["en"], said["zh"])
    columns = _columns(code, said["class"], plans)
    return Domain(code, said["class"], text, plans, columns, _supplemental(plans))


def _plan(code: str, kind: str, table: Table, names: _Names) -> Plan:
    fixed = dict(_mapping()["tables"].get(table.name, {}).get("set", {}))
    variables: list[Part] = []
    records: list[Part] = []
    qualifiers: list[Part] = []
    done: Part | None = None
    taken: set[tuple[str, str]] = set()
    for group, item, at in table.places():
        role, name = _role(code, kind, item)
        if role == "record":
            known = {part.name for part in records}
            test = name if name and name not in known else item.name
            if kind == FINDINGS:
                test = names.own(test, item) if test in known or len(test) > _NAME else test
            records.append(Part(test, item, at, names.of(item, "M")))
        elif role == "variable" and name not in fixed and _free(code, group.name, name, taken):
            variables.append(Part(name, item, at, names.of(item, "M"), group.name))
            taken.add((group.name, name))
        else:
            qualifiers.append(Part(names.of(item), item, at, names.of(item, "M")))
            if name == f"{code}STAT":
                done = qualifiers[-1]
    return Plan(
        table,
        fixed,
        _scoped(code, table, variables, records),
        tuple(records),
        tuple(qualifiers),
        done,
    )


def _free(code: str, group: str, name: str, taken: set[tuple[str, str]]) -> bool:
    """A variable holds one item of a row, or one of each section where it tells of one result."""
    if name.removeprefix(code) in _mapping()["of_one_result"]:
        return (group, name) not in taken
    return all(name != known for _, known in taken)


def _scoped(
    code: str, table: Table, variables: list[Part], records: list[Part]
) -> tuple[Part, ...]:
    """What tells of one result belongs to the one test of its section; all else to every record."""
    groups = {item.oid: group.name for group, item, _ in table.places()}
    one = {f"{code}{stem}" for stem in _mapping()["of_one_result"]}
    tests: dict[str, list[str]] = {}
    for record in records:
        tests.setdefault(groups[record.item.oid], []).append(record.name)

    def of(part: Part) -> str:
        found = tests.get(part.of, [])
        return found[0] if part.name in one and len(found) == 1 else ""

    return tuple(Part(p.name, p.item, p.at, p.miss, of(p)) for p in variables)


def _role(code: str, kind: str, item: Item) -> tuple[str, str]:
    """``variable``, ``record`` or ``qualifier``, and the name that the annotation gives it."""
    told = _mapping()["items"].get(item.oid, {})
    if told:
        return ("record", told["test"]) if "test" in told else ("qualifier", "")
    annotated = item.sdtm or ""
    for said in annotated.split(";"):
        target, _, variable = said.strip().partition(".")
        if target == code and variable:
            return _named(code, kind, variable.partition(" ")[0])
    if kind != FINDINGS or not annotated or annotated.startswith(_BESIDE):
        return "qualifier", ""
    test = _TESTCD.search(annotated)
    return "record", test[1] if test else ""


def _named(code: str, kind: str, variable: str) -> tuple[str, str]:
    """The role of an item whose annotation names a variable of its own domain."""
    stem = variable.removeprefix(code)
    if kind == FINDINGS and stem in _RESULTS:
        return "record", ""
    if stem == "OCCUR" and kind != "SPECIAL PURPOSE":
        return "record", ""
    if stem in _OWN or stem == "STAT" or (kind == FINDINGS and stem == "SPID"):
        return "qualifier", variable
    return "variable", variable


class _Names:
    """Names of up to eight letters for items of one domain, each given once."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def of(self, item: Item, ending: str = "") -> str:
        """The name of an item's qualifier, or with an ending of its reason."""
        return self.own(item.name, item, ending)

    def own(self, wish: str, item: Item, ending: str = "") -> str:
        """The wish, or what comes near to it and is free."""
        owner = f"{item.oid}{'.' + ending if ending else ''}"
        name, number = f"{wish[: _NAME - len(ending)]}{ending}", 0
        while self._given.setdefault(name, owner) != owner:
            number += 1
            end = f"{ending}{number}"
            name = f"{wish[: _NAME - len(end)]}{end}"
        return name


def _columns(code: str, kind: str, plans: tuple[Plan, ...]) -> tuple[Column, ...]:
    first = [
        Column("STUDYID", Text("Study Identifier", "研究编号"), key=1),
        Column("DOMAIN", Text("Domain Abbreviation", "域缩写")),
        Column("USUBJID", Text("Unique Subject Identifier", "受试者唯一编号"), key=2),
    ]
    if code != DEMOGRAPHICS:
        first.append(Column(f"{code}SEQ", _label(code, "SEQ"), "integer", key=3))
        first.append(Column(f"{code}GRPID", _label(code, "GRPID")))
    stems: list[str] = []
    if kind == FINDINGS:
        stems = ["SPID", "TESTCD", "TEST", "ORRES", "ORRESU", "STRESC", "STRESN", "STAT", "REASND"]
    elif any(plan.records for plan in plans):
        stems = ["SPID", "TERM", "PRESP", "OCCUR"]
    names = [f"{code}{stem}" for stem in stems]
    for plan in plans:
        names += [*plan.fixed, *(part.name for part in plan.variables)]
    found = {c.name for c in first}
    middle = [_column(code, n, plans) for n in dict.fromkeys(names) if n not in found]
    return (*first, *middle, Column("VISIT", Text("Visit Name", "访视名称")))


def _column(code: str, name: str, plans: tuple[Plan, ...]) -> Column:
    items = tuple(p.item for plan in plans for p in plan.variables if p.name == name)
    stem = name.removeprefix(code)
    text = _label(code, stem)
    if text.en == stem and items:
        text = items[0].text
    if name == f"{code}STRESN":
        return Column(name, text, "decimal")
    return Column(name, text, items=items)


def _label(code: str, stem: str) -> Text:
    said = _mapping()["variables"].get(stem)
    return Text(said["en"], said["zh"]) if said else Text(stem, stem)


def _supplemental(plans: tuple[Plan, ...]) -> tuple[Column, ...]:
    return (
        Column("STUDYID", Text("Study Identifier", "研究编号"), key=1),
        Column("RDOMAIN", Text("Related Domain Abbreviation", "关联域缩写"), key=2),
        Column("USUBJID", Text("Unique Subject Identifier", "受试者唯一编号"), key=3),
        Column("IDVAR", Text("Identifying Variable", "标识变量"), key=4),
        Column("IDVARVAL", Text("Identifying Variable Value", "标识变量值"), key=5),
        Column("QNAM", Text("Qualifier Variable Name", "限定变量名称"), key=6),
        Column("QLABEL", Text("Qualifier Variable Label", "限定变量标签")),
        Column("QVAL", Text("Data Value", "数据值")),
        Column("QORIG", Text("Origin", "来源")),
        Column("QEVAL", Text("Evaluator", "评估者")),
    )


# -- rows --------------------------------------------------------------------------------------

_Built = tuple[tuple[str, int], dict[str, Value] | None, dict[str, Value] | None]
REASON: Final = Text("Reason missing: ", "缺失原因：")


class _Builder:
    """The records and qualifiers of one table."""

    def __init__(self, domain: Domain, plan: Plan, source: Source) -> None:
        self._code: Final = domain.code
        self._kind: Final = domain.kind
        self._plan: Final = plan
        self._language: Final = source.language
        self._place: Final = domain.plans.index(plan)

    def rows(self) -> Iterator[_Built]:
        """Sorted by subject, then table."""
        for cells in self._plan.table.cells():
            key = (cells[3], self._place)
            for record in self._records(cells):
                yield key, record, None
            for qualifier in self._qualifiers(cells):
                yield key, None, qualifier

    def _common(self, cells: Sequence[str]) -> dict[str, Value]:
        code = self._code
        common: dict[str, Value] = {
            "STUDYID": cells[0],
            "DOMAIN": code,
            "USUBJID": cells[2],
            "VISIT": cells[4],
            **self._plan.fixed,
        }
        if code != DEMOGRAPHICS:
            common[f"{code}GRPID"] = self._where(cells)
        for part in self._plan.variables:
            if not part.of:
                common[part.name] = cells[part.at] or None
        return common

    def _where(self, cells: Sequence[str]) -> str:
        row = f"{cells[4]}#{cells[5]}/{cells[6]}#{cells[7]}"
        return f"{row}/{self._plan.table.group}#{cells[8]}" if self._plan.table.group else row

    def _records(self, cells: Sequence[str]) -> Iterator[dict[str, Value]]:
        common = self._common(cells)
        if self._kind == FINDINGS:
            yield from self._tests(cells, common)
            return
        occurred = [p for p in self._plan.records if cells[p.at] or cells[p.at + 1]]
        code = self._code
        for part in occurred:
            told = {f"{code}SPID": part.item.oid, f"{code}TERM": part.item.text.en}
            asked = {f"{code}PRESP": "Y", f"{code}OCCUR": cells[part.at] or None}
            yield {**common, **told, **asked}
        if not occurred:
            yield common

    def _tests(self, cells: Sequence[str], common: dict[str, Value]) -> Iterator[dict[str, Value]]:
        code, plan, made = self._code, self._plan, False
        for part in plan.records:
            own = [v for v in plan.variables if v.of == part.name]
            if not any(cells[p.at] or cells[p.at + 1] for p in (part, *own)):
                continue
            made = True
            value = cells[part.at] or None
            number = value and part.item.type.kind in _NUMBERS and _NUMBER.fullmatch(value)
            yield {
                **common,
                f"{code}SPID": part.item.oid,
                f"{code}TESTCD": part.name,
                f"{code}TEST": part.item.text.say(self._language),
                f"{code}ORRES": value,
                f"{code}ORRESU": part.item.unit if value else None,
                f"{code}STRESC": value,
                f"{code}STRESN": value if number else None,
                f"{code}STAT": "NOT DONE" if cells[part.at + 1] == NOT_DONE else None,
                **{v.name: cells[v.at] or None for v in own if cells[v.at]},
            }
        if not made:
            undone = plan.done is not None and cells[plan.done.at] == "N"
            yield {
                **common,
                f"{code}TESTCD": f"{code}ALL",
                f"{code}TEST": plan.table.text.say(self._language),
                f"{code}STAT": "NOT DONE" if undone else None,
            }

    def _qualifiers(self, cells: Sequence[str]) -> Iterator[dict[str, Value]]:
        plan = self._plan
        for part in plan.qualifiers:
            if cells[part.at]:
                label = part.item.text.say(self._language)
                yield self._qualifier(cells, part, part.name, label, cells[part.at])
        for part in plan.parts:
            if cells[part.at + 1]:
                label = REASON.say(self._language) + part.item.text.say(self._language)
                yield self._qualifier(cells, part, part.miss, label, cells[part.at + 1])

    def _qualifier(
        self, cells: Sequence[str], part: Part, name: str, label: str, value: str
    ) -> dict[str, Value]:
        placed = self._code != DEMOGRAPHICS
        return {
            "STUDYID": cells[0],
            "RDOMAIN": self._code,
            "USUBJID": cells[2],
            "IDVAR": f"{self._code}GRPID" if placed else None,
            "IDVARVAL": self._where(cells) if placed else None,
            "QNAM": name,
            "QLABEL": label,
            "QVAL": value,
            "QORIG": "DERIVED" if part.item.derived else "CRF",
        }
