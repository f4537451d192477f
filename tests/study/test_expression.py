"""The expression language: logic, dates, names, quantifiers, refusals. All data are synthetic."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.study.errors import ExpressionError
from mrd_desktop.study.expression import Type, compile_derivation, compile_expression
from mrd_desktop.study.expression.logic import DATES
from mrd_desktop.study.expression.tokens import LONGEST
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.scene import Line
from tests.study.clinic import CATALOGUE, compiled, filled, missing, scene, value_of

UNKNOWN = "(MRD.NDET > 1)"
WORD = {True: "true", False: "false", None: UNKNOWN}
TRUTHS = (True, False, None)
MRD = filled("MRD", {"MRD.PERF": "Y"})


def kleene_and(a: bool | None, b: bool | None) -> bool | None:
    return min((a, b), key=(False, None, True).index)


def kleene_or(a: bool | None, b: bool | None) -> bool | None:
    return max((a, b), key=(False, None, True).index)


@pytest.mark.parametrize("a", TRUTHS)
@pytest.mark.parametrize("b", TRUTHS)
def test_logic_follows_kleene(a: bool | None, b: bool | None) -> None:
    assert value_of(f"{WORD[a]} and {WORD[b]}", MRD) is kleene_and(a, b)
    assert value_of(f"{WORD[a]} or {WORD[b]}", MRD) is kleene_or(a, b)
    assert value_of(f"not {WORD[a]}", MRD) is (None if a is None else not a)
    equal = None if a is None or b is None else a == b
    assert value_of(f"{WORD[a]} = {WORD[b]}", MRD) is equal


@given(st.lists(st.sampled_from(TRUTHS), min_size=2, max_size=6))
def test_long_chains_are_pairs_joined(truths: list[bool | None]) -> None:
    chained = value_of(" and ".join(WORD[t] for t in truths), MRD)
    either = value_of(" or ".join(WORD[t] for t in truths), MRD)
    both, one = truths[0], truths[0]
    for truth in truths[1:]:
        both, one = kleene_and(both, truth), kleene_or(one, truth)
    assert (chained, either) == (both, one)


@pytest.mark.parametrize("sign", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("there", [None, missing()])
def test_a_missing_operand_is_unknown_whatever_the_comparison(sign: str, there: object) -> None:
    answers = {"MRD.PERF": "Y"} | ({"MRD.NDET": there} if there else {})
    form = filled("MRD", answers)  # type: ignore[arg-type]
    assert value_of(f"MRD.NDET {sign} 90", form) is None
    assert value_of(f"90 {sign} MRD.NDET", form) is None


def test_only_the_empty_text_asks_for_absence() -> None:
    form = filled("MRD", {"MRD.NDET": "3", "MRD.MTM": missing()})
    asked = {
        "MRD.NDET = ''": False,
        "MRD.NDET != ''": True,
        "MRD.MTM = ''": True,
        "'' != MRD.TIM": False,
        "missing(MRD.MTM)": True,
        "missing(MRD.TIM)": False,
        "empty(MRD.MTM)": False,
        "empty(MRD.TIM)": True,
        "answered(MRD.MTM)": True,
    }
    assert {source: value_of(source, form) for source in asked} == asked


# -- dates: compared with every pair of days they may mean

PARTIAL = st.one_of(
    st.integers(2023, 2026).map(lambda y: f"{y}"),
    st.tuples(st.integers(2024, 2025), st.integers(1, 12)).map(lambda t: f"{t[0]}-{t[1]:02}"),
    st.dates(date(2024, 1, 1), date(2025, 3, 31)).map(date.isoformat),
).map(PartialDate.parse)

PYTHON = {
    "=": date.__eq__,
    "!=": date.__ne__,
    "<": date.__lt__,
    "<=": date.__le__,
    ">": date.__gt__,
    ">=": date.__ge__,
}


@given(PARTIAL, PARTIAL, st.sampled_from(sorted(PYTHON)))
def test_partial_dates_agree_with_all_their_days(a: PartialDate, b: PartialDate, sign: str) -> None:
    def days(known: PartialDate) -> list[date]:
        return [
            known.earliest + timedelta(n) for n in range((known.latest - known.earliest).days + 1)
        ]

    # a day decides each comparison by its order to the other's first, last and neighbouring days
    ends = {b.earliest, b.latest, b.earliest + timedelta(b.earliest < b.latest)}
    seen = {PYTHON[sign](x, y) for x in days(a) for y in ends}
    if sign in ("=", "!="):
        overlap = not (a.latest < b.earliest or b.latest < a.earliest)
        sure = a.full and b.full
        expected = None if overlap and not sure else overlap == (sign == "=")
        assert DATES[sign](a, b) is expected
        return
    assert DATES[sign](a, b) is (seen.pop() if len(seen) == 1 else None)


def test_date_arithmetic() -> None:
    form = filled("MRD", {"MRD.SAMPDAT": "2026-02-28"})
    year = filled("CR", {"CR.CRDAT": "2025"})
    assert value_of("TODAY - MRD.SAMPDAT", form) == 16
    assert value_of("MRD.SAMPDAT + 1 = '2026-03-01'", form) is True
    assert value_of("MRD.SAMPDAT - 28 = '2026-01-31'", form) is True
    assert value_of("MRD.SAMPDAT - CR.CRDAT", year, form) is None
    assert value_of("CR.CRDAT + 1", year, form) is None
    assert value_of("MRD.SAMPDAT + 0.5", form) is None
    assert value_of("MRD.SAMPDAT + 99999999", form) is None
    assert value_of("months('2025-01-31', MRD.SAMPDAT)", form) == 12
    assert value_of("years('2008-02-29', MRD.SAMPDAT)", form) == 17


def test_hours_between_two_moments() -> None:
    form = filled("MRD", {"MRD.SAMPDAT": "2026-02-28", "MRD.TIM": "23:30"})
    assert value_of("hours(MRD.SAMPDAT, MRD.TIM, MRD.SAMPDAT + 1, MRD.TIM)", form) == 24


def test_numbers_are_exact_and_division_by_zero_is_unknown() -> None:
    form = filled("MRD", {"MRD.MTM": "0.10", "MRD.NDET": "0"})
    assert value_of("MRD.MTM + 0.2 = 0.3", form) is True
    assert value_of("1 / MRD.NDET", form) is None
    assert value_of("MRD.NDET / MRD.NDET > 0", form) is None
    assert value_of("sqrt(0 - 4)", form) is None
    assert value_of("round(2.5, 0)", form) == Decimal(3)
    assert value_of("-MRD.MTM * 2", form) == Decimal("-0.20")
    assert value_of("2 + 3 * 4 - 6 / 2", form) == 11


# -- names


def test_an_item_is_read_from_its_own_form_then_the_one_form_then_the_same_event() -> None:
    consent = filled("IC", {"IC.RFICDAT": "2025-05-05"})
    screening = filled("MRD", {"MRD.RESULT": "NEGATIVE"}, event="SCR")
    visit = filled("SV", {"SV.VISDAT": "2026-01-02"}, event="M03")
    month3 = filled("MRD", {"MRD.RESULT": "POSITIVE"}, event="M03")
    forms = (consent, screening, visit, month3)
    assert value_of("MRD.RESULT", *forms) == "POSITIVE"
    assert value_of("IC.RFICDAT = '2025-05-05'", *forms) is True
    assert value_of("SV.VISDAT = '2026-01-02'", *forms) is True
    assert value_of("SV.VISDAT", visit, screening) is None
    assert value_of("MRD.RESULT", *forms[:3], on="SV") is None


def test_the_visit_is_known_without_a_visit_form() -> None:
    form = filled("MRD", event="UNS", event_repeat=2)
    assert value_of("SV.VISIT = 'UNS' and EVENT = 'UNS'", form) is True
    assert value_of("SV.VISIT not in ('SCR', 'C0')", form) is True


def test_a_row_reads_itself_and_the_form_around_it() -> None:
    form = filled(
        "MRD",
        {"MRD.RESULT": "POSITIVE"},
        rows={"MRDV": [{"MRDV.VAF": "0.5"}, {"MRDV.VAF": "7"}]},
    )
    found = scene(form)
    lines = Line(found, form).rows("MRDV")
    expression = compiled("MRDV.VAF > 1 and MRD.RESULT = 'POSITIVE'", "MRDV")
    assert [expression.value(line) for line in lines] == [False, True]
    assert [compiled("ROW", "MRDV").value(line) for line in lines] == [1, 2]


def test_names_of_the_line_itself() -> None:
    form = filled("MRD", repeat=3)
    assert value_of("SUBJECT", form) == "01-002"
    assert value_of("SITE", form) == "01"
    assert value_of("numbered('P', REPEAT)", form) == "P03"
    assert value_of("P.SCRWIN / 2", form) == 21


def test_reads_names_everything_looked_at() -> None:
    expression = compiled(
        "twice(MRD.NDET) > 1 and any(v in this.MRDV: v.VAF > 1) and not filled(CR)"
    )
    assert expression.reads == {"MRD.NDET", "MRD.MTM", "MRDV", "MRDV.VAF", "CR"}
    whole = compiled("label_of(MRD.NDET)")
    assert {"MRD", "MRD.PERF", "MRDV.VAF"} <= whole.reads


# -- several codes


def test_several_codes() -> None:
    form = filled("CR", {"CR.REGION": ("BRAIN", "LIVER"), "CR.SITE": "CHEST"})
    assert value_of("'BRAIN' in CR.REGION", form, on="CR") is True
    assert value_of("CR.SITE in CR.REGION", form, on="CR") is False
    assert value_of("CR.SITE not in CR.REGION", form, on="CR") is True
    assert value_of("CR.REGION overlaps ('CHEST', 'LIVER')", form, on="CR") is True
    assert value_of("size(CR.REGION)", form, on="CR") == 2
    nothing = filled("CR", {"CR.SITE": "CHEST"})
    assert value_of("CR.SITE not in CR.REGION", nothing, on="CR") is None
    assert value_of("CR.REGION = ''", nothing, on="CR") is True


# -- quantifiers

SAMPLES = (
    filled(
        "MRD",
        {"MRD.SAMPDAT": "2025-01-10", "MRD.RESULT": "NEGATIVE", "MRD.NDET": "2"},
        rows={"MRDV": [{"MRDV.GENE": "TP53", "MRDV.VAF": "0.5"}]},
    ),
    filled("MRD", {"MRD.RESULT": "FAILED"}, event="C0"),
    filled(
        "MRD",
        {"MRD.SAMPDAT": "2025-04-10", "MRD.RESULT": "POSITIVE", "MRD.NDET": "5"},
        event="M03",
        rows={"MRDV": [{"MRDV.GENE": "TP53", "MRDV.VAF": "3"}, {"MRDV.GENE": "ATM"}]},
    ),
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("any(m in MRD: m.RESULT = 'POSITIVE')", True),
        ("any(m in MRD: m.NDET > 9)", False),
        ("all(m in MRD: m.NDET > 1)", None),
        ("all(m in MRD: m.NDET > 2)", False),
        ("all(m in MRD: m.RESULT != '')", True),
        ("count(m in MRD: m.NDET > 1)", 2),
        ("min(m in MRD: m.NDET)", 2),
        ("max(m in MRD: m.NDET if m.RESULT = 'NEGATIVE')", 2),
        ("max(m in MRD: m.NDET if m.RESULT = 'FAILED')", None),
        ("sum(m in MRD: m.NDET)", None),
        ("sum(m in MRD: m.NDET if m.NDET != '')", 7),
        ("sum(m in MRD: m.NDET if m.NDET > 99)", 0),
        ("latest(m in MRD: m.RESULT by m.SAMPDAT)", "POSITIVE"),
        ("earliest(m in MRD: m.RESULT by m.SAMPDAT)", "NEGATIVE"),
        ("latest(m in others.MRD: m.RESULT by m.SAMPDAT)", "NEGATIVE"),
        ("count(m in others.MRD: true)", 2),
        ("count(v in MRDV: true)", 3),
        ("count(v in this.MRDV: v.GENE != '')", 2),
        ("any(m in MRD: any(v in m.MRDV: v.VAF > m.NDET))", False),
        ("count(m in MRD: any(v in m.MRDV: v.GENE = 'TP53'))", 2),
        ("any(v in MRDV: v.RESULT = 'NEGATIVE' and v.VAF < 1)", True),
        ("count(m in MRD: m.NDET < MRD.NDET)", 1),
        ("any(m in MRD: m.EVENT = 'C0' and empty(m.SAMPDAT))", True),
        ("max(v in MRDV: vaf_of(v))", 3),
        ("any(a in this.MRDV: any(b in this.MRDV: a.GENE = b.GENE and a.VAF != b.VAF))", False),
        ("all(c in CR: c.SITE = 'CHEST')", True),
    ],
)
def test_quantifiers(source: str, expected: object) -> None:
    assert value_of(source, *SAMPLES) == expected


def test_other_rows_leave_out_the_current_one() -> None:
    form = filled("MRD", rows={"MRDV": [{"MRDV.GENE": "TP53"}, {"MRDV.GENE": "TP53"}]})
    assert value_of("any(o in others.MRDV: o.GENE = MRDV.GENE)", form, on="MRDV") is True
    alone = filled("MRD", rows={"MRDV": [{"MRDV.GENE": "TP53"}]})
    assert value_of("any(o in others.MRDV: o.GENE = MRDV.GENE)", alone, on="MRDV") is False


def test_an_empty_form_counts_as_not_filled() -> None:
    form = filled("MRD", {"MRD.PERF": "Y"}, event="C0")
    assert value_of("filled(MRD) and filled_here(MRD)", form) is True
    assert value_of("filled(CR)", form) is False
    other = filled("SV", {"SV.VISDAT": "2026-01-02"})
    assert value_of("filled(MRD) and not filled_here(MRD)", form, other, on="SV") is True


# -- functions and rules


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("choose(MRD.NDET > 3, 'HIGH', MRD.NDET < 1, 'LOW', 'NORMAL')", "NORMAL"),
        ("choose(MRD.MTM > 3, 'HIGH', 'NORMAL')", None),
        ("first(MRD.MTM, MRD.NDET)", 2),
        ("max(MRD.NDET, 7)", 7),
        ("min(MRD.NDET, MRD.MTM)", None),
        ("min(MRD.SAMPDAT, '2025-01-01') = '2025-01-01'", True),
        ("matches(MRD.NOTE, 'N[0-9]{2}')", True),
        ("matches(MRD.NOTE, 'N[0-9]')", False),
        ("length(MRD.NOTE)", 3),
        ("number('12.5') + 1", Decimal("13.5")),
        ("number(MRD.NOTE)", None),
        ("text(MRD.NDET)", "2"),
        ("abs(1 - 3)", 2),
        ("twice(MRD.NDET) = 4", True),
        ("MRD.NDET in (1, 2)", True),
        ("MRD.TIM < '09:00'", True),
    ],
)
def test_functions_and_rules(source: str, expected: object) -> None:
    form = filled(
        "MRD",
        {"MRD.NDET": "2", "MRD.SAMPDAT": "2025-01-10", "MRD.NOTE": "N01", "MRD.TIM": "08:30"},
    )
    assert value_of(source, form) == expected


def test_a_derivation_fits_its_item() -> None:
    form = filled("MRD", rows={"MRDV": [{"MRDV.VAF": "3"}]})
    truth = compile_derivation("any(v in this.MRDV: v.VAF > 1)", CATALOGUE, "MRD.ANYDRV")
    assert truth.value(Line(scene(form), form)) == "Y"
    with pytest.raises(ExpressionError, match="'MAYBE' is not one of the codes"):
        compile_derivation("choose(true, 'Y', 'MAYBE')", CATALOGUE, "MRD.ANYDRV")
    with pytest.raises(ExpressionError, match=r"gives text, but MRD\.RATIO is a number"):
        compile_derivation("'3'", CATALOGUE, "MRD.RATIO")


# -- refusals

REFUSED = [
    ("MRD.RESULTS = 'X'", 1, "there is no item MRD.RESULTS"),
    ("true and MRD.RESULT = 'POSITIV'", 23, "'POSITIV' is not one of the codes"),
    ("MRD.NDET = 'x'", 10, "number and text cannot be compared"),
    ("MRD.SAMPDAT < '2025-13-01'", 15, "no such month"),
    ("MRD.SAMPDAT < 20250101", 13, "date and number cannot be compared"),
    ("MRD.RESULT > 'A'", 16 - 2, "is not one of the codes"),
    ("CR.GRADE >= 2", 10, "code and number cannot be compared"),
    ("CR.GRADE >= CR.GRADE", 10, "has no order"),
    ("CR.REGION = 'BRAIN'", 11, "use 'in'"),
    ("'HEAD' in CR.REGION", 1, "is not one of the codes"),
    ("MRD.NDET and true", 1, "bool is expected, not number"),
    ("1 < MRD.NDET < 3", 14, "join comparisons"),
    ("MRDV.VAF > 1", 1, "stands in rows"),
    ("any(m in MRDX: true)", 10, "there is no form or repeating section MRDX"),
    ("any(m in this.CR: true)", 10, "is a form, not a section"),
    ("any(m in others.CR: true)", 10, "the current form is not CR"),
    ("any(m in MRD: m.VAF > 1)", 15, "MRD has no item VAF"),
    ("any(m in MRD: any(m in MRD: true))", 15, "is in use"),
    ("any(m in MRD: true if true)", 23, "join the condition"),
    ("latest(m in MRD: m.RESULT)", 1, "'by' belongs"),
    ("min(m in MRD: m.RESULT)", 15, "is expected, not code"),
    ("P.NOSUCH", 1, "there is no parameter"),
    ("twice(1, 2)", 1, "takes 1 argument"),
    ("twice('a')", 7, "number is expected"),
    ("nosuch(1)", 1, "there is no function or rule"),
    ("VALUE > 1", 1, "nothing named 'VALUE'"),
    ("MRD.NDET >", 11, "the expression ends"),
    ("(MRD.NDET > 1", 14, "')' is expected"),
    ("MRD.NDET > 1)", 13, "does not belong here"),
    ("MRD.NDET # 1", 10, "means nothing here"),
    ("missing(1)", 9, "asks about an item"),
    ("filled(MRD.NDET)", 8, "asks about a form"),
    ("round(1.5, MRD.NDET)", 12, "literal number of decimals"),
    ("choose(true, 1)", 1, "value otherwise"),
    ("matches('a', MRD.NOTE)", 14, "literal text"),
    ("'a' + 'b'", 5, "text + text is not possible"),
    ("MRD.SAMPDAT + MRD.SAMPDAT", 13, "date + date is not possible"),
    ("MRD.RESULT in (MRD.RESULT)", 16, "literals only"),
    ("('a', 'b')", 5, "')' is expected"),
    ("", 1, "the expression ends"),
]


@pytest.mark.parametrize(("source", "column", "words"), REFUSED)
def test_mistakes_are_refused_with_their_column(source: str, column: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compiled(source)
    assert caught.value.detail.startswith(f"column {column}: ")
    assert words in caught.value.detail


def test_a_subject_has_no_event_and_no_single_visit() -> None:
    with pytest.raises(ExpressionError, match="a subject may have several SV"):
        compiled("SV.VISDAT != ''", on="SUBJECT")
    with pytest.raises(ExpressionError, match="no current event"):
        compiled("EVENT = 'SCR'", on="SUBJECT")
    with pytest.raises(ExpressionError, match="NOWHERE is no form"):
        compiled("true", on="NOWHERE")


def test_the_type_asked_for_is_held() -> None:
    with pytest.raises(ExpressionError, match="gives number where bool is expected"):
        compile_expression("1 + 1", CATALOGUE, on="MRD", gives=Type.BOOL)


ATTACKS = [
    "__import__('os').system('true')",
    "MRD.__class__",
    "(1).__class__",
    "'a' * 1000000000",
    "9 ** 9 ** 9",
    "[x for x in MRD]",
    "lambda: 1",
    "exec('1')",
    "open('/etc/passwd')",
    "MRD.NDET; MRD.NDET",
    "MRD.NDET if true else 1",
    "f'{MRD}'",
    "m.scene.study",
    "any(m in MRD: m.scene)",
    "any(m in MRD: m.__class__ = '')",
    "P.__dict__",
    "matches(MRD.NOTE, '(a+)+')",
    "matches(MRD.NOTE, '(a|a)*b')",
    "matches(MRD.NOTE, 'a*a*a*a*b')",
    "matches(MRD.NOTE, '(.)\\1')",
    "matches(MRD.NOTE, '(?=a)')",
    "matches(MRD.NOTE, '(a')",
    "1" + "+1" * 300,
    "not " * 60 + "true",
    "(" * 60 + "1" + ")" * 60,
    "-" * 60 + "1",
    "true " + " " * LONGEST,
    "\u0430\u0431 = 1",
    "TODAY\x00",
]


@pytest.mark.parametrize("source", ATTACKS)
def test_attacks_are_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compiled(source)


@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused(source: str) -> None:
    try:
        compiled(source)
    except ExpressionError as refusal:
        assert refusal.detail.startswith("column ")


PIECES = st.sampled_from(
    [
        *("MRD.NDET", "MRD.RESULT", "MRD.SAMPDAT", "CR.REGION", "TODAY", "EVENT", "m.NDET", "true"),
        *("'POSITIVE'", "''", "1", "2.5", "(", ")", ",", ":", "=", "!=", "<", ">=", "+", "-", "*"),
        *("/", "and", "or", "not", "in", "overlaps", "any(", "missing(", "size(", "m", "MRD", "if"),
    ]
)


@given(st.lists(PIECES, max_size=15).map(" ".join))
def test_any_words_compile_or_are_refused_and_what_compiles_can_be_evaluated(source: str) -> None:
    try:
        expression = compiled(source)
    except ExpressionError:
        return
    form = SAMPLES[0]
    expression.value(Line(scene(*SAMPLES), form))
    expression.value(Line(scene(MRD), MRD))
