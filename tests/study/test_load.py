"""Loading a definition: what is refused and where, what names it, and the cache beside it."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from mrd_desktop.study import cache, load
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.load import (
    definition_bytes,
    load_study,
    read_sources,
    shipped,
    sources_digest,
    study_from_bytes,
)
from tests.pace import in_time

STUDY = """\
oid: TRIAL
version: "0.1"
protocol: TRIAL
en: A synthetic study
zh: 合成研究
forms: [SV, TM]
parameters:
  SCRWIN: 42
messages:
  between: {en: "Between {lo} and {hi}.", zh: "在{lo}与{hi}之间。"}
  at_least: {en: "From {lo}.", zh: "不小于{lo}。"}
  at_most: {en: "Up to {hi}.", zh: "不大于{hi}。"}
  unusual: {en: "Unusual.", zh: "异常。"}
roles:
  - {oid: monitor, en: Monitor, zh: 监查员, operations: [subject.see]}
reasons:
  - {code: "TYPO", en: "Typing error", zh: "录入错误"}
save_rules:
  - {cause: no_visit, except: [SV], refuses: "empty(SV.VISIT)"}
reductions:
  - {item: TM.MARKER, keeps: ["Y"], to: "OTHER"}
"""
SCHEDULE = """\
events:
  - oid: SCR
    en: Screening
    zh: 筛选
    target: {days: 0}
    window: {before: P.SCRWIN, after: 0}
    planned: [SV, TM]
    when: {TM: "SV.VISIT = 'SCR'"}
"""
TM = """\
oid: TM
en: Tumour markers
zh: 肿瘤标志物
repeating: true
groups:
  - oid: IG.TM.A
    en: Sample
    zh: 样本
    items:
      - oid: TM.MARKER
        en: Marker measured
        zh: 是否检测
        type: C
        codelist: NY
        required: R!
      - oid: TM.VALUE
        en: Value
        zh: 数值
        type: F(9.2)
        unit: "U/mL"
        required: RC
        show_when: "TM.MARKER = 'Y'"
        checks:
          - {severity: hard, range: [0, 10000]}
          - {severity: soft, range: [null, 35.0]}
          - severity: hard
            legal: "TM.VALUE != 7"
            en: Not seven.
            zh: 不能为7。
      - oid: TM.METHOD
        en: Method
        zh: 方法
        type: T(12)
        capitals: true
        required: O
      - oid: TM.DOUBLE
        en: Twice the value
        zh: 两倍
        type: F(9.2)
        required: X
"""
SV = """\
oid: SV
en: Visit
zh: 访视
groups:
  - oid: IG.SV.A
    en: Visit
    zh: 访视
    items:
      - oid: SV.VISIT
        en: Visit
        zh: 访视
        type: C
        codelist: VISIT
        required: R!
"""
CHECKS = """\
- id: EC-001
  severity: soft
  forms: [TM]
  on: TM
  at: TM.VALUE
  fires: "TM.VALUE > 100"
  params: {value: "TM.VALUE"}
  en: High ({value}).
  zh: 偏高({value})。
"""
DERIVATIONS = """\
- item: TM.DOUBLE
  value: "2 * TM.VALUE"
"""


TERMS = """\
lists:
  - items: [TM.METHOD]
    terms:
      - {term: "ELISA", also: "EIA"}
      - {term: "CLIA"}
"""


def codelist(oid: str, *codes: str) -> str:
    rows = "".join(f'  - {{code: "{c}", en: "{c}", zh: "{c}"}}\n' for c in codes)
    return f"oid: {oid}\nen: {oid}\nzh: {oid}\ncodes:\n{rows}"


SMALL: Mapping[str, str] = {
    "study.yaml": STUDY,
    "schedule.yaml": SCHEDULE,
    "ctcae.yaml": 'CARD:\n  - {en: "Asystole", zh: "心脏停搏", grades: [1, 4, 5]}\n',
    "drugs.yaml": 'drugs:\n  - {code: "TRAS", class: antibody, route: ORAL}\n',
    "checks.yaml": CHECKS,
    "derivations.yaml": DERIVATIONS,
    "forms/TM.yaml": TM,
    "forms/SV.yaml": SV,
    "terms.yaml": TERMS,
    "codelists/NY.yaml": codelist("NY", "Y", "N"),
    "codelists/VISIT.yaml": codelist("VISIT", "SCR"),
    "codelists/DRUG.yaml": codelist("DRUG", "TRAS"),
    "codelists/ROUTE.yaml": codelist("ROUTE", "ORAL"),
    "codelists/AESOC.yaml": codelist("AESOC", "CARD"),
}


def sources(**changed: str) -> dict[str, bytes]:
    return {name: text.encode() for name, text in (SMALL | changed).items()}


def test_a_marked_section_is_meant_in_its_form_alone() -> None:
    marked = TM.replace("IG.TM.A\n", "IG.TM.A\n    genetic: true\n")
    item = "      - {oid: TM.NOTE, en: Note, zh: 备注, type: T(12), required: O}\n"
    mixed = f"{marked}  - oid: IG.TM.B\n    en: Rest\n    zh: 其余\n    items:\n{item}"
    rule = STUDY.replace("except: [SV], refuses", "genetic: true, refuses")
    study = study_from_bytes(
        definition_bytes(sources(**{"study.yaml": rule, "forms/TM.yaml": mixed}))
    )
    assert {g.name for g in study.by_form["SV"].groups} == {"A"}
    assert study.save_rules[0].forms == frozenset()
    assert study.save_rules[0].sections == {("TM", "A")}


def mistakes(given: Mapping[str, bytes]) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        definition_bytes(given)
    return refused.value.detail.splitlines()


def test_the_small_definition_is_one() -> None:
    study = study_from_bytes(definition_bytes(sources()))
    assert [f.oid for f in study.forms] == ["SV", "TM"]
    assert [c.id for c in study.checks] == ["TM.VALUE.H", "TM.VALUE.S", "TM.VALUE.H2", "EC-001"]
    between, unusual, own, _ = study.checks
    assert (between.text.en, between.text.zh) == ("Between 0 and 10000.", "在0与10000之间。")
    assert (unusual.text.en, own.text.zh) == ("Unusual.", "不能为7。")
    assert study.events[0].before == 42
    assert study.save_rules[0].forms == frozenset({"TM"})
    assert study.reductions[0].reduce("N") == "OTHER"
    assert study.reductions[0].reduce("Y") is None


# The file, what stands there, what stands there instead, a text whose last line is at fault, and
# how the sentence begins.
BROKEN = [
    (
        "forms/TM.yaml",
        "codelist: NY",
        "codelist: NYX",
        "codelist: NYX",
        "there is no code list NYX; did you mean NY?",
    ),
    (
        "forms/TM.yaml",
        "        codelist: NY\n",
        "",
        "- oid: TM.MARKER",
        "TM.MARKER has codes but no code list; add codelist",
    ),
    (
        "forms/TM.yaml",
        'unit: "U/mL"',
        "codelist: NY",
        "type: F(9.2)\n        codelist: NY",
        "TM.VALUE is of type F and has no codes; remove codelist",
    ),
    (
        "forms/TM.yaml",
        "- oid: TM.VALUE",
        "- oid: TM.MARKER",
        "required: R!\n      - oid: TM.MARKER",
        "“TM.MARKER” is given twice; name it otherwise",
    ),
    (
        "forms/TM.yaml",
        "- oid: TM.VALUE",
        "- oid: MRD.VALUE",
        "- oid: MRD.VALUE",
        "“MRD.VALUE” stands in another form or section; begin it with A. or TM.",
    ),
    (
        "forms/TM.yaml",
        "IG.TM.A",
        "IG.SV.A",
        "- oid: IG.SV.A",
        "“IG.SV.A” is no section of TM; write IG.TM.A",
    ),
    (
        "forms/TM.yaml",
        "TM.MARKER = 'Y'",
        "TM.MARKED = 'Y'",
        "show_when:",
        "column 1: there is no item TM.MARKED",
    ),
    (
        "forms/TM.yaml",
        "TM.MARKER = 'Y'",
        "TM.MARKER = and",
        "show_when:",
        "column 13: 'and' stands where a value is expected",
    ),
    (
        "forms/TM.yaml",
        "TM.MARKER = 'Y'",
        "TM.MARKER = 'J'",
        "show_when:",
        "column 13:",
    ),
    (
        "forms/TM.yaml",
        "TM.MARKER = 'Y'",
        "TM.VALUE = 1",
        "show_when:",
        "the conditions run in a circle (TM.VALUE → TM.VALUE); break it at one item",
    ),
    (
        "forms/TM.yaml",
        "required: RC",
        "required: RX",
        "required: RX",
        "“RX” is not known here; write one of R!, R, RC, O, X",
    ),
    (
        "forms/TM.yaml",
        "type: F(9.2)",
        "type: F(2.9)",
        "type: F(2.9)",
        "“F(2.9)” is no data type; write T(60), I(3), F(5.1), D, PD, TM, C or M",
    ),
    (
        "forms/TM.yaml",
        "        zh: 数值\n",
        "",
        "- oid: TM.VALUE",
        "“zh” is missing; add it",
    ),
    (
        "forms/TM.yaml",
        "zh: 数值",
        'zh: ""',
        'zh: ""',
        "nothing stands here; write a text",
    ),
    (
        "forms/TM.yaml",
        "zh: 数值",
        "zh: 数值\n        zn: 数值",
        "zn: 数值",
        "“zn” is not known here; known are en, zh, oid, type,",
    ),
    (
        "forms/TM.yaml",
        "zh: 数值",
        "zh: 数值\n        zh: 数",
        "zh: 数值\n        zh: 数",
        "“zh” stands twice; keep one of them",
    ),
    (
        "forms/TM.yaml",
        "zh: 数值",
        "zh: !!python/name:os.system 数值",
        "zh: !!python",
        "the tag tag:yaml.org,2002:python/name:os.system is used; write the value without a tag",
    ),
    (
        "forms/TM.yaml",
        '"TM.VALUE != 7"',
        '"TM.VALUE != 7 7"',
        'legal: "TM',
        "column 15: '7' does not belong here",
    ),
    (
        "forms/TM.yaml",
        "zh: 数值",
        "zh: &name 数值",
        "zh: &name",
        "an anchor or alias is used; write the value out",
    ),
    (
        "forms/TM.yaml",
        "range: [0, 10000]",
        "range: [10000, 0]",
        "- {severity: hard, range",
        "the range begins at 10000 after its end 0; swap the two",
    ),
    (
        "forms/TM.yaml",
        "range: [0, 10000]",
        "range: [0x10, 10000]",
        "- {severity: hard, range",
        "“0x10” is no number; write it like 34.0",
    ),
    (
        "forms/TM.yaml",
        "            en: Not seven.\n            zh: 不能为7。\n",
        "",
        "- severity: hard",
        "a hard “legal” check has no message; add “en” and “zh”",
    ),
    (
        "forms/TM.yaml",
        "oid: TM\n",
        "oid: TN\n",
        "oid: TN",
        "the OID is not the name of the file; write oid: TM",
    ),
    (
        "codelists/NY.yaml",
        'code: "N"',
        'code: "Y"',
        '"Y", zh: "Y"}\n  - {code: "Y"',
        "“Y” is given twice; name it otherwise",
    ),
    (
        "study.yaml",
        "forms: [SV, TM]",
        "forms: [SV, TMX]",
        "forms: [SV, TMX]",
        "there is no form TMX; did you mean TM?",
    ),
    (
        "study.yaml",
        "SCRWIN: 42",
        "SCRWIN: 042",
        "SCRWIN: 042",
        "“042” is no number; write it like 34.0",
    ),
    (
        "study.yaml",
        "item: TM.MARKER",
        "item: TM.MARKED",
        "- {item: TM.MARKED",
        "there is no item TM.MARKED; did you mean TM.MARKER?",
    ),
    (
        "schedule.yaml",
        "planned: [SV, TM]",
        "planned: [SV, TMX]",
        "planned: [SV, TMX]",
        "there is no form TMX; did you mean TM?",
    ),
    *(
        (
            "study.yaml",
            "parameters:",
            f"oversight: {{{name}: {value}}}\nparameters:",
            "oversight",
            f"{name} is a number of {unit} from {least} to {most}",
        )
        for name, unit, least, most in (
            ("idle_minutes", "minutes", 2, 15),
            ("session_hours", "hours", 1, 12),
            ("data_key_days", "days", 1, 366),
        )
        for value in (least - 1, most + 1)
    ),
    (
        "schedule.yaml",
        "before: P.SCRWIN",
        "before: P.SCRWIM",
        "window:",
        "P.SCRWIM is no parameter in whole days; did you mean SCRWIN?",
    ),
    (
        "schedule.yaml",
        "    window: {before: P.SCRWIN, after: 0}\n",
        "",
        "- oid: SCR",
        "the event has a target but no window; add window: {before: 7, after: 7}",
    ),
    (
        "checks.yaml",
        "forms: [TM]",
        "forms: [TMX]",
        "forms: [TMX]",
        "there is no form TMX; did you mean TM?",
    ),
    (
        "checks.yaml",
        "on: TM",
        "on: TMX",
        "on: TMX",
        "“TMX” is neither a form nor a repeating section; did you mean TM?",
    ),
    (
        "checks.yaml",
        "at: TM.VALUE",
        "at: TM.VALVE",
        "at: TM.VALVE",
        "there is no item TM.VALVE; did you mean TM.VALUE?",
    ),
    (
        "checks.yaml",
        "TM.VALUE > 100",
        "TM.VALUE + 100",
        "fires:",
        "column 1: the expression gives number where bool is expected",
    ),
    (
        "derivations.yaml",
        "2 * TM.VALUE",
        "2 * TM.DOUBLE",
        "- item: TM.DOUBLE",
        "derived items depend on themselves: TM.DOUBLE → TM.DOUBLE",
    ),
    (
        "derivations.yaml",
        "item: TM.DOUBLE",
        "item: TM.VALUE",
        "- item: TM.VALUE",
        "TM.VALUE is entered by people; give it required: X",
    ),
    (
        "drugs.yaml",
        '"TRAS"',
        '"TRAZ"',
        "- {code",
        "“TRAZ” is no code of the list DRUG; did you mean TRAS?",
    ),
    (
        "terms.yaml",
        "[TM.METHOD]",
        "[TM.VALUE]",
        "- items",
        "TM.VALUE is no text and takes no terms",
    ),
    (
        "terms.yaml",
        "[TM.METHOD]",
        "[TM.METHOD, TM.METHOD]",
        "- items",
        "TM.METHOD has terms already; keep one list",
    ),
    (
        "terms.yaml",
        "[TM.METHOD]",
        "[TM.METHODS]",
        "- items",
        "there is no item TM.METHODS; did you mean TM.METHOD?",
    ),
    (
        "terms.yaml",
        '"CLIA"',
        '"ELISA"',
        '- {term: "ELISA"}',
        "“ELISA” is given twice; name it otherwise",
    ),
    (
        "terms.yaml",
        '"CLIA"',
        '"IMMUNOASSAY 12"',
        "IMMUNOASSAY",
        "“IMMUNOASSAY 12” is too long for TM.METHOD; shorten it",
    ),
    (
        "forms/TM.yaml",
        'unit: "U/mL"',
        "capitals: true",
        "capitals: true",
        "TM.VALUE is no text and has no capitals; remove it",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        'words: [{code: "A", en: A, zh: 甲}]',
        "words:",
        "TM.METHOD is no derived text and has no words; remove words",
    ),
    (
        "forms/TM.yaml",
        "        type: F(9.2)\n        required: X\n",
        '        type: F(9.2)\n        required: X\n        words: [{code: "A", en: A, zh: 甲}]\n',
        "words:",
        "TM.DOUBLE is no derived text and has no words; remove words",
    ),
    (
        "forms/TM.yaml",
        "        type: F(9.2)\n        required: X",
        "        type: F(9.2)\n        required: X\n        original: true",
        "original: true",
        "TM.DOUBLE is derived and no first record; remove original",
    ),
    (
        "study.yaml",
        "except: [SV], refuses",
        "except: [SV], genetic: true, refuses",
        "save_rules:\n",
        "a rule of Save names “forms”, “except” or “genetic”; keep one of them",
    ),
    (
        "study.yaml",
        "except: [SV], refuses",
        "genetic: true, refuses",
        "genetic: true",
        "no section is marked genetic; mark one",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "with_year: true",
        "with_year: true",
        "TM.METHOD is no date; remove with_year",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "carry: true",
        "carry: true",
        "IG.TM.A has one row only; remove carry or repeat it",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "refers: {to: TM.METHODS, shows: [TM.VALUE]}",
        "refers:",
        "there is no item TM.METHODS; did you mean TM.METHOD?",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "refers: {to: TM.METHOD, shows: [TM.VALUES]}",
        "refers:",
        "there is no item TM.VALUES; did you mean TM.VALUE?",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "refers: {to: SV.VISIT, shows: [SV.VISIT]}",
        "refers:",
        "SV.VISIT stands once only; point at an item of rows",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "refers: {to: TM.DOUBLE, shows: [TM.VALUE]}",
        "refers:",
        "TM.DOUBLE is of another type; give both the same",
    ),
    (
        "forms/TM.yaml",
        "capitals: true",
        "refers: {to: TM.METHOD, shows: [SV.VISIT]}",
        "refers:",
        "SV.VISIT stands in another row than TM.METHOD; leave it out",
    ),
    (
        "forms/TM.yaml",
        "  - oid: IG.TM.A\n",
        "  - oid: IG.TM.A\n    expects_rows: true\n",
        "expects_rows: true",
        "IG.TM.A has one row only; remove expects_rows or repeat it",
    ),
    (
        "ctcae.yaml",
        "grades: [1, 4, 5]",
        "grades: [1, 5, 4]",
        "- {en",
        "grades are 1 to 5 in rising order; correct them",
    ),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "fault", "sentence"), BROKEN, ids=[f"{b[0]}: {b[4]}" for b in BROKEN]
)
def test_a_mistake_is_named_by_file_and_line(
    file: str, old: str, new: str, fault: str, sentence: str
) -> None:
    text = SMALL[file]
    assert old in text
    broken = text.replace(old, new, 1)
    line = broken[: broken.index(fault) + len(fault)].count("\n") + 1
    found = mistakes(sources(**{file: broken}))
    assert any(m.startswith(f"{file}:{line}: {sentence}") for m in found), (line, found)


def test_every_mistake_is_told_at_once() -> None:
    form = TM.replace("codelist: NY", "codelist: NYX").replace("= 'Y'", "= 5")
    checks = CHECKS.replace("on: TM", "on: TMX")
    found = mistakes(sources(**{"forms/TM.yaml": form, "checks.yaml": checks}))
    assert [m.split(":")[0] for m in found] == ["forms/TM.yaml", "forms/TM.yaml", "checks.yaml"]


def test_text_that_is_no_yaml_or_no_utf8() -> None:
    assert mistakes(sources(**{"study.yaml": "oid: [TRIAL\n"}))[0].startswith(
        "study.yaml:2: this is no YAML: "
    )
    given = sources() | {"study.yaml": b"en: \xff"}
    assert mistakes(given) == ["study.yaml:1: the file is not UTF-8; save it as UTF-8"]


def test_missing_and_foreign_files() -> None:
    given = sources()
    del given["drugs.yaml"]
    given["extra.yaml"] = b"a: b"
    assert mistakes(given) == [
        "extra.yaml:1: no such file belongs to a definition; remove it",
        "drugs.yaml:1: the file is missing",
    ]


PRIVATE = """\
oid: ID
en: Identity
zh: 身份
private: true
groups:
  - oid: IG.ID.A
    en: Identity
    zh: 身份
    items:
      - {oid: ID.KIN, en: Kin, zh: 联系人, type: T(60), required: O, phi: D}
      - oid: ID.TEL
        en: Telephone
        zh: 电话
        type: T(20)
        required: O
        phi: D
        show_when: "ID.KIN != ''"
"""


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "sentence"),
    [
        (
            "forms/TM.yaml",
            "TM.MARKER = 'Y'",
            "ID.KIN = 'x'",
            22,
            "the condition reads ID.KIN, which few may see; ask for something else",
        ),
        (
            "checks.yaml",
            "TM.VALUE > 100",
            "ID.KIN = 'x'",
            1,
            "the check reads ID.KIN; add vault: true",
        ),
        (
            "checks.yaml",
            '{value: "TM.VALUE"}',
            '{value: "ID.KIN"}',
            7,
            "the message would show ID.KIN; name the field and leave its value out",
        ),
        (
            "forms/TM.yaml",
            "capitals: true",
            "refers: {to: TM.METHOD, shows: [ID.KIN]}",
            34,
            "ID.KIN tells who a person is; point at something else",
        ),
        (
            "derivations.yaml",
            "2 * TM.VALUE",
            "length(ID.KIN)",
            1,
            "the value comes from ID.KIN; add recorded: true",
        ),
    ],
)
def test_identity_items_stay_where_they_are(
    file: str, old: str, new: str, line: int, sentence: str
) -> None:
    study = STUDY.replace("[SV, TM]", "[ID, SV, TM]")
    whole = {"study.yaml": study, "forms/ID.yaml": PRIVATE}
    definition_bytes(sources(**whole))
    assert old in SMALL[file]
    found = mistakes(sources(**whole, **{file: SMALL[file].replace(old, new, 1)}))
    assert found == [f"{file}:{line}: {sentence}"]


def test_a_second_entry_is_asked_for_form_by_form() -> None:
    marked = TM.replace("groups:", "second_entry: true\ngroups:", 1)
    study = study_from_bytes(definition_bytes(sources(**{"forms/TM.yaml": marked})))
    assert [f.oid for f in study.forms if f.second_entry] == ["TM"]
    assert not any(f.second_entry for f in load_study(cached=False).forms)
    wrong = marked.replace("second_entry: true", "second_entry: twice")
    line = wrong[: wrong.index("second_entry")].count("\n") + 1
    assert mistakes(sources(**{"forms/TM.yaml": wrong})) == [
        f"forms/TM.yaml:{line}: “twice” is neither true nor false; write one of the two"
    ]


def test_identity_is_keyed_only_once() -> None:
    study = STUDY.replace("[SV, TM]", "[ID, SV, TM]")
    twice = PRIVATE.replace("private: true", "private: true\nsecond_entry: true")
    assert mistakes(sources(**{"study.yaml": study, "forms/ID.yaml": twice})) == [
        "forms/ID.yaml:5: ID is private, and identity is keyed only once; remove second_entry"
    ]


def test_a_check_of_an_identity_item_needs_the_vault() -> None:
    checked = PRIVATE.replace(
        "phi: D}", 'phi: D, checks: [{severity: soft, legal: "length(ID.KIN) > 1"}]}', 1
    )
    study = STUDY.replace("[SV, TM]", "[ID, SV, TM]")
    made = study_from_bytes(
        definition_bytes(sources(**{"study.yaml": study, "forms/ID.yaml": checked}))
    )
    assert {check.id: check.vault for check in made.checks} == {
        "ID.KIN.S": True,
        "TM.VALUE.H": False,
        "TM.VALUE.S": False,
        "TM.VALUE.H2": False,
        "EC-001": False,
    }


def test_a_form_that_nobody_listed() -> None:
    given = sources(**{"study.yaml": STUDY.replace("[SV, TM]", "[SV]")})
    assert "forms/TM.yaml:1: TM has no place; add it to forms in study.yaml" in mistakes(given)


def test_the_digest_is_that_of_canonical_json() -> None:
    data = definition_bytes(sources())
    study = study_from_bytes(data)
    assert study.digest == hashlib.sha256(data).hexdigest()
    value = json.loads(data, parse_float=lambda text: pytest.fail(f"a float: {text}"))
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again.encode() == data
    assert value["format"] == "mrd-study/1"


def test_comments_and_layout_do_not_change_the_digest_but_a_word_does() -> None:
    data = definition_bytes(sources())
    same = TM.replace("en: Value", "# the value\n        en: 'Value'")
    assert definition_bytes(sources(**{"forms/TM.yaml": same})) == data
    other = TM.replace("en: Value", "en: Values")
    assert definition_bytes(sources(**{"forms/TM.yaml": other})) != data


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"format":"mrd-study/2"}', b'{"format":"mrd-study/1"}', b"\xff"]
)
def test_bytes_that_are_no_definition_are_refused(data: bytes) -> None:
    with pytest.raises(DefinitionError):
        study_from_bytes(data)


def test_bytes_whose_names_do_not_fit_are_refused() -> None:
    value = json.loads(definition_bytes(sources()))
    value["forms"][1]["groups"][0]["items"][0]["codelist"] = "NYX"
    with pytest.raises(DefinitionError, match=r"forms/1/groups/0/items/0/codelist: there is no"):
        study_from_bytes(json.dumps(value).encode())


def test_the_shipped_definition_is_read_from_bytes_in_time() -> None:
    data = definition_bytes(read_sources(shipped()))
    study_from_bytes(data)  # imports and pattern caches are warm from here
    study_from_bytes.cache_clear()
    times = []
    for _ in range(3):
        study_from_bytes.cache_clear()
        start = time.process_time()
        study_from_bytes(data)
        times.append(time.process_time() - start)
    assert in_time(min(times), 0.5), times  # 0.15 s on the reference computer


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small definition on disk, and a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    home = tmp_path / "definition"
    for name, data in sources().items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return home


def kept(folder: Path) -> Path:
    return cache.folder() / f"{sources_digest(read_sources(folder))}.json"


def test_the_cache_saves_the_second_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_study(folder)
    assert kept(folder).exists()

    def never(_: object) -> bytes:
        pytest.fail("the YAML was read again")

    monkeypatch.setattr(load, "definition_bytes", never)
    assert load_study(folder).digest == first.digest


def test_a_changed_source_is_read_again(folder: Path) -> None:
    first = load_study(folder)
    form = folder / "forms" / "TM.yaml"
    form.write_text(TM.replace("en: Value", "en: Values"), encoding="utf-8")
    second = load_study(folder)
    assert second.digest != first.digest
    assert second.by_item["TM.VALUE"].text.en == "Values"


@pytest.mark.parametrize("harm", ["cut", "bit", "other", "empty"])
def test_a_harmed_cache_is_not_used(folder: Path, harm: str) -> None:
    first = load_study(folder)
    path = kept(folder)
    data = path.read_bytes()
    if harm == "cut":
        path.write_bytes(data[:-1])
    elif harm == "bit":
        path.write_bytes(data.replace(b"R!", b"O!", 1))
    elif harm == "other":
        # a sound file of another definition, put under this one's name
        body = definition_bytes(sources(**{"forms/TM.yaml": TM.replace("Value", "Wrong")}))
        cache.keep("0" * 64, body)
        (cache.folder() / f"{'0' * 64}.json").replace(path)
    else:
        path.write_bytes(b"")
    assert load_study(folder).digest == first.digest
    assert path.read_bytes() == data


@pytest.mark.skipif(
    sys.platform == "win32",
    reason="Windows has no mode bits: its cache lies in the user's own profile",
)
def test_a_cache_that_others_may_write_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_study(folder)
    path = kept(folder)
    assert cache.take(path.stem) is not None
    path.chmod(0o666)
    assert cache.take(path.stem) is None
    path.chmod(0o600)
    path.parent.chmod(0o777)
    assert cache.take(path.stem) is None
    path.parent.chmod(0o700)
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert cache.take(path.stem) is None


def test_without_a_cache_folder_the_study_is_read_all_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setenv("LOCALAPPDATA", str(blocked))
    monkeypatch.setattr(Path, "home", lambda: blocked)
    assert load_study(folder).oid == "TRIAL"
    assert not list(tmp_path.glob("*.tmp"))
