"""A small hand-made study for tests of the engine. All data are synthetic."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from mrd_desktop.study.address import EventKey, FormKey, RowKey
from mrd_desktop.study.answer import Answer, Raw
from mrd_desktop.study.catalogue import Catalogue
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.expression import (
    Expression,
    Type,
    compile_derivation,
    compile_expression,
)
from mrd_desktop.study.model import (
    Check,
    Code,
    CodeList,
    DataType,
    Derivation,
    Form,
    Item,
    ItemGroup,
    Kind,
    Phi,
    Requirement,
    Selector,
    Severity,
    Study,
    StudyEvent,
)
from mrd_desktop.study.rules.registry import Rule, rule
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text

TODAY = date(2026, 3, 16)
SUBJECT = "01-002"


def words(en: str) -> Text:
    return Text(en, en)


def codelist(oid: str, *codes: str) -> CodeList:
    return CodeList(oid, words(oid), tuple(Code(c, Text(c.title(), f"码{c}")) for c in codes))


NY = codelist("NY", "Y", "N")
RESULT = codelist("RESULT", "NEGATIVE", "POSITIVE", "FAILED")
REGION = codelist("REGION", "BRAIN", "CHEST", "LIVER")
GRADE = codelist("GRADE", "0", "1", "2")
EVENTS = ("SCR", "C0", "M03", "UNS")

_TYPE = re.compile(r"([A-Z]+)(?:\(([0-9]+)(?:\.([0-9]+))?\))?")


def data_type(text: str) -> DataType:
    found = _TYPE.fullmatch(text)
    assert found
    return DataType(Kind(found[1]), int(found[2] or 0), int(found[3] or 0))


def item(
    oid: str,
    type: str,
    required: str = "O",
    codes: CodeList | None = None,
    phi: Phi = Phi.NONE,
) -> Item:
    return Item(oid, words(oid), data_type(type), Requirement(required), phi, codelist=codes)


def section(oid: str, *items: Item, repeating: bool = False) -> ItemGroup:
    return ItemGroup(oid, words(oid), repeating, items)


def form(oid: str, *groups: ItemGroup, repeating: bool = False, private: bool = False) -> Form:
    return Form(oid, words(oid), repeating, groups, private=private)


FORMS = (
    form(
        "ID",
        section("IG.ID.A", item("ID.BRTHDAT", "D", "R!", phi=Phi.DIRECT)),
        private=True,
    ),
    form("IC", section("IG.IC.A", item("IC.RFICDAT", "D", "R!"), item("IC.ICTIM", "TM"))),
    form(
        "SV",
        section(
            "IG.SV.A",
            item("SV.VISIT", "C", "R!", codelist("VISIT", *EVENTS)),
            item("SV.VISDAT", "D", "R"),
            item("SV.TARGET", "D", "X"),
        ),
        repeating=True,
    ),
    form(
        "MRD",
        section(
            "IG.MRD.A",
            item("MRD.PERF", "C", "R!", NY),
            item("MRD.SAMPDAT", "D", "RC"),
            item("MRD.RESULT", "C", "RC", RESULT),
            item("MRD.NDET", "I(4)"),
            item("MRD.MTM", "F(8.2)"),
            item("MRD.TIM", "TM"),
            item("MRD.NOTE", "T(40)", phi=Phi.QUASI),
            item("MRD.RATIO", "F(5.1)", "X"),
            item("MRD.ANYDRV", "C", "X", NY),
        ),
        section(
            "IG.MRDV",
            item("MRDV.GENE", "T(20)", "R!"),
            item("MRDV.VAF", "F(8.4)", "R"),
            repeating=True,
        ),
        repeating=True,
    ),
    form(
        "CR",
        section(
            "IG.CR.A",
            item("CR.CRDAT", "PD", "R!"),
            item("CR.REGION", "M", "O", REGION),
            item("CR.SITE", "C", "O", REGION),
            item("CR.GRADE", "C", "O", GRADE),
            item("CR.LATER", "PD"),
        ),
    ),
)

CONDITIONS = {
    "MRD.SAMPDAT": "MRD.PERF = 'Y'",
    "MRD.RESULT": "MRD.PERF = 'Y'",
    "MRDV.GENE": "MRD.RESULT = 'POSITIVE'",
    "MRD.NDET": "CR.CRDAT = ''",
    "MRD.RATIO": "MRD.PERF = '' or MRD.PERF = 'Y'",
    "CR.LATER": "IC.RFICDAT != ''",
}

DERIVATIONS = {
    "MRD.RATIO": "MRD.MTM / MRD.NDET",
    "MRD.ANYDRV": "any(v in this.MRDV: v.VAF > 1)",
    "SV.TARGET": "IC.RFICDAT + 90",
}


@rule("twice", gives=Type.NUMBER, reads=("MRD.MTM",), takes=(Type.NUMBER,))
def twice(line: Line, number: Decimal | None) -> Decimal | None:
    return None if number is None else number * 2


@rule("label_of", gives=Type.LABEL, reads=("MRD",), takes=(Type.ITEM,))
def label_of(line: Line, oid: str) -> Text:
    return Text(f"item {oid}", f"项目{oid}")


@rule("vaf_of", gives=Type.NUMBER, reads=("MRDV",), takes=(Type.LINE,))
def vaf_of(line: Line, row: Line) -> Decimal | None:
    return row.number("MRDV.VAF")


RULES: Mapping[str, Rule] = {r.name: r for r in (twice, label_of, vaf_of)}

CATALOGUE = Catalogue.of(FORMS, parameters={"SCRWIN": Decimal(42)}, events=EVENTS, rules=RULES)


def compiled(source: str, on: str = "MRD") -> Expression:
    return compile_expression(source, CATALOGUE, on=on)


def check(
    id: str,
    fires: str,
    on: str = "MRD",
    *,
    at: str | None = None,
    text: Text | None = None,
    vault: bool = False,
    items: Selector | None = None,
    **params: str,
) -> Check:
    chosen = items or Selector()
    return Check(
        id,
        Severity.HARD,
        (on,) if on in CATALOGUE.forms else (),
        on,
        at,
        compile_expression(fires, CATALOGUE, on=on, gives=Type.BOOL, selector=chosen),
        text or Text("It fires.", "触发。"),
        {k: compile_expression(v, CATALOGUE, on=on, selector=chosen) for k, v in params.items()},
        vault=vault,
        items=chosen,
    )


def study(*checks: Check) -> Study:
    def conditioned(one: Item) -> Item:
        source = CONDITIONS.get(one.oid)
        if source is None:
            return one
        return replace(
            one, show_when=compile_expression(source, CATALOGUE, on=one.oid, gives=Type.BOOL)
        )

    forms = tuple(
        replace(
            f,
            groups=tuple(
                replace(g, items=tuple(conditioned(i) for i in g.items)) for g in f.groups
            ),
        )
        for f in FORMS
    )
    return Study(
        "S.TEST",
        words("Test"),
        "TEST",
        "1",
        "0" * 64,
        forms,
        {},
        checks,
        tuple(
            Derivation(oid, compile_derivation(source, CATALOGUE, oid))
            for oid, source in DERIVATIONS.items()
        ),
        tuple(StudyEvent(e, words(f"Visit {e}"), repeating=e == "UNS") for e in EVENTS),
        {"SCRWIN": Decimal(42)},
        (),
        (),
        {},
        (),
    )


STUDY = study()


def filled(
    oid: str,
    answers: Mapping[str, Raw | Answer] | None = None,
    event: str = "SCR",
    repeat: int = 1,
    event_repeat: int = 1,
    rows: Mapping[str, Sequence[Mapping[str, Raw | Answer]]] | None = None,
) -> FormData:
    """A filled form: answers by item OID, rows by group name."""
    key = FormKey(EventKey(SUBJECT, event, event_repeat), oid, repeat)
    groups: dict[tuple[str, int], dict[str, Answer]] = {}
    for name, value in (answers or {}).items():
        _, group, one = STUDY.places[name]
        groups.setdefault((group.name, 1), {})[one.name] = _answer(value)
    for group_name, found in (rows or {}).items():
        for number, row in enumerate(found, 1):
            groups[group_name, number] = {k.partition(".")[2]: _answer(v) for k, v in row.items()}
    return FormData(
        key, tuple(RowData(RowKey(key, g, n), a) for (g, n), a in groups.items()), True, TODAY
    )


def _answer(value: Raw | Answer) -> Answer:
    return value if isinstance(value, Answer) else Answer(value)


def missing(code: str = "UNK") -> Answer:
    return Answer(missing=code)


def scene(*forms: FormData, definition: Study = STUDY, vault: bool = True) -> Scene:
    return Scene(definition, SubjectData(SUBJECT, TODAY, forms), vault=vault)


def value_of(source: str, *forms: FormData, on: str = "MRD") -> object:
    """The value of an expression on the last of some forms (or its first row)."""
    where = scene(*forms)
    line = Line(where, forms[-1])
    if on in where.study.owner:
        line = line.rows(on)[0]
    return compiled(source, on).value(line)
