"""The check engine: where checks fire and what they say. All data are synthetic."""

from __future__ import annotations

import pytest

from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.checks import dependants, findings
from mrd_desktop.study.data import FormData
from mrd_desktop.study.expression import compile_expression
from mrd_desktop.study.model import Check, Kind, Phi, Selector
from mrd_desktop.texts import Text
from tests.study.clinic import CATALOGUE, SUBJECT, check, filled, missing, scene, study

DATES = Selector(
    types=frozenset({Kind.DATE, Kind.PARTIAL_DATE}), excluded=frozenset({"CR.LATER", "SV"})
)


def where(one: Check, *forms: FormData, vault: bool = True) -> list[str]:
    """Where one check fires, as addresses inside the subject."""
    found = findings(scene(*forms, definition=study(one), vault=vault))
    return [str(f.key).removeprefix(f"{SUBJECT}/") for f in found]


def test_a_check_is_evaluated_on_every_form_of_its_kind() -> None:
    one = check("C", "MRD.NDET > 2", at="MRD.NDET")
    forms = [filled("MRD", {"MRD.NDET": n}, event=e) for n, e in (("3", "SCR"), ("2", "C0"))]
    assert where(one, *forms, filled("MRD", event="M03")) == ["SCR#1/MRD#1/A#1/NDET"]


def test_a_finding_without_a_place_stands_at_the_first_item() -> None:
    assert where(check("C", "true"), filled("MRD")) == ["SCR#1/MRD#1/A#1/PERF"]
    rows = filled("MRD", rows={"MRDV": [{"MRDV.VAF": "1"}, {"MRDV.VAF": "5"}]})
    assert where(check("C", "MRDV.VAF > 2", "MRDV"), rows) == ["SCR#1/MRD#1/MRDV#2/GENE"]
    shown = check("C", "MRDV.VAF > 2", "MRDV", at="MRDV.VAF")
    assert where(shown, rows) == ["SCR#1/MRD#1/MRDV#2/VAF"]


def test_a_place_in_another_form_is_found_or_falls_back() -> None:
    one = check("C", "MRD.NDET > 2", at="CR.CRDAT")
    form = filled("MRD", {"MRD.NDET": "3"})
    assert where(one, form) == ["SCR#1/MRD#1"]
    assert where(one, filled("CR"), form) == ["SCR#1/CR#1/A#1/CRDAT"]


def test_checks_of_the_subject_and_of_its_events() -> None:
    subject = check("C", "not filled(CR)", "SUBJECT")
    assert where(subject) == [SUBJECT]
    assert where(subject, filled("CR", {"CR.CRDAT": "2025"})) == []
    placed = check("C", "count(m in MRD: true) = 0", "SUBJECT", at="IC.RFICDAT")
    assert where(placed, filled("IC")) == ["SCR#1/IC#1/A#1/RFICDAT"]
    events = check("C", "SV.VISDAT = '' and EVENT != 'SCR'", "EVENTS")
    visit = filled("SV", {"SV.VISDAT": "2026-01-01"}, event="C0")
    assert where(events, visit) == ["M03#1"]


def test_a_check_of_all_forms() -> None:
    one = check("C", "IC.RFICDAT = ''", "ALL")
    assert where(one, filled("MRD"), filled("CR")) == [
        "SCR#1/MRD#1/A#1/PERF",
        "SCR#1/CR#1/A#1/CRDAT",
    ]
    assert where(one, filled("MRD"), filled("IC", {"IC.RFICDAT": "2025-01-01"})) == []


def test_a_check_of_items_visits_what_its_selector_names() -> None:
    one = check("C", "VALUE > TODAY", "ITEMS", items=DATES)
    forms = (
        filled("MRD", {"MRD.SAMPDAT": "2026-03-17", "MRD.NDET": "9"}),
        filled("MRD", {"MRD.SAMPDAT": "2026-03-16"}, event="C0"),
        filled("CR", {"CR.CRDAT": "2027", "CR.LATER": "2028"}),
        filled("SV", {"SV.VISDAT": "2030-01-01"}),
        filled("IC", {"IC.RFICDAT": missing()}),
    )
    assert where(one, *forms) == ["SCR#1/MRD#1/A#1/SAMPDAT", "SCR#1/CR#1/A#1/CRDAT"]
    maybe = filled("CR", {"CR.CRDAT": "2026"})
    assert where(one, maybe) == []


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (Selector(items=frozenset({"MRD.NDET"})), {"NDET"}),
        (Selector(forms=frozenset({"CR"})), {"SITE"}),
        (Selector(free_text=True), {"NOTE"}),
        (Selector(phi=frozenset({Phi.DIRECT})), {"BRTHDAT"}),
        (Selector(excluded=frozenset({"CR", "MRD.NOTE", "MRDV.GENE"})), {"NDET", "BRTHDAT"}),
    ],
)
def test_selectors(selector: Selector, expected: set[str]) -> None:
    forms = (
        filled("MRD", {"MRD.NDET": "9", "MRD.NOTE": "a"}, rows={"MRDV": [{"MRDV.GENE": "T"}]}),
        filled("CR", {"CR.SITE": "CHEST"}),
        filled("ID", {"ID.BRTHDAT": "1970-01-01"}),
    )
    one = check("C", "ITEM != ''", "ITEMS", items=selector)
    assert {a.rpartition("/")[2] for a in where(one, *forms)} == expected


def test_reasons_and_derived_items_are_not_visited() -> None:
    one = check("C", "ITEM != ''", "ITEMS", items=Selector(forms=frozenset({"MRD", "CR"})))
    form = filled("MRD", {"MRD.NDET": missing(), "MRD.MTM": "2", "MRD.RATIO": "7.0"})
    assert where(one, form, filled("CR", {"CR.REGION": missing()})) == ["SCR#1/MRD#1/A#1/MTM"]


def test_names_in_an_item_check_resolve_from_the_items_own_form() -> None:
    one = check(
        "C",
        "VALUE < IC.RFICDAT and MRD.PERF = 'Y'",
        "ITEMS",
        items=Selector(types=frozenset({Kind.DATE})),
    )
    consent = filled("IC", {"IC.RFICDAT": "2026-01-01"})
    routine = filled("MRD", {"MRD.PERF": "N", "MRD.SAMPDAT": "2025-01-01"})
    new = filled("MRD", {"MRD.PERF": "Y", "MRD.SAMPDAT": "2025-01-01"}, repeat=2)
    assert where(one, consent, routine, new) == ["SCR#1/MRD#2/A#1/SAMPDAT"]


# -- what must be answered

REQUIRED = check("EC-009", "true", "REQUIRED")


def test_required_items_need_a_value_or_a_reason() -> None:
    form = filled("MRD", {"MRD.PERF": "Y", "MRD.SAMPDAT": missing()})
    assert where(REQUIRED, form) == ["SCR#1/MRD#1/A#1/RESULT"]


def test_where_no_reason_is_accepted_a_reason_is_not_enough() -> None:
    assert where(REQUIRED, filled("MRD", {"MRD.PERF": missing()})) == ["SCR#1/MRD#1/A#1/PERF"]


def test_hidden_optional_and_derived_items_are_not_required() -> None:
    assert where(REQUIRED, filled("MRD", {"MRD.PERF": "N"})) == []


def test_rows_are_required_only_while_their_section_is_open() -> None:
    rows = {"MRDV": [{"MRDV.GENE": "TP53"}]}
    answers = {"MRD.PERF": "Y", "MRD.SAMPDAT": "2026-01-01"}
    closed = filled("MRD", answers | {"MRD.RESULT": "NEGATIVE"}, rows=rows)
    open_ = filled("MRD", answers | {"MRD.RESULT": "POSITIVE"}, rows=rows)
    assert where(REQUIRED, closed) == []
    assert where(REQUIRED, open_) == ["SCR#1/MRD#1/MRDV#1/VAF"]


def test_the_visit_needs_no_answer_of_its_own() -> None:
    assert where(REQUIRED, filled("SV", {"SV.VISDAT": "2026-01-01"})) == []


# -- the identity vault


def test_checks_of_the_vault_rest_without_it() -> None:
    one = check("C", "ID.BRTHDAT > '1900-01-01'", "ID", vault=True)
    form = filled("ID", {"ID.BRTHDAT": "1970-01-01"})
    assert where(one, form) == ["SCR#1/ID#1/A#1/BRTHDAT"]
    assert where(one, form, vault=False) == []


def test_messages_never_hold_a_direct_identifier() -> None:
    text = Text("born {b}, {n} days, {v}", "出生{b},{n}天,{v}")
    form = filled("ID", {"ID.BRTHDAT": "1970-01-01"})
    direct = check(
        "C",
        "VALUE < TODAY",
        "ITEMS",
        text=text,
        items=Selector(types=frozenset({Kind.DATE})),
        b="ID.BRTHDAT",
        n="TODAY - ID.BRTHDAT",
        v="VALUE",
    )
    found = findings(scene(form, definition=study(direct)))
    assert [f.text for f in found] == [Text("born …, … days, …", "出生……,……天,……")]


# -- messages


def test_messages_are_filled_in_both_languages() -> None:
    text = Text("{d} {r} {n} {q} {l} {m} {x}", "{d}/{r}/{n}/{q}/{l}/{m}/{x}")
    one = check(
        "C",
        "true",
        text=text,
        d="MRD.SAMPDAT",
        r="MRD.RESULT",
        n="TODAY - MRD.SAMPDAT",
        q="10 / 3",
        l="label_of(MRD.NDET)",
        m="MRD.MTM",
    )
    definition = study(one)
    form = filled("MRD", {"MRD.SAMPDAT": "2026-03-01", "MRD.RESULT": "POSITIVE"})
    found = findings(scene(form, definition=definition))
    assert found[0].text.en == "2026-03-01 POSITIVE 15 3.33 item MRD.NDET – {x}"
    assert found[0].text.zh == "2026-03-01/POSITIVE/15/3.33/项目MRD.NDET/–/{x}"


def test_braces_in_a_value_are_left_alone() -> None:
    one = check("C", "true", text=Text("{v}", "{v}"), v="MRD.NOTE")
    found = findings(scene(filled("MRD", {"MRD.NOTE": "{v.x}"}), definition=study(one)))
    assert found[0].text.en == "{v.x}"


# -- which checks to evaluate


def test_unknown_never_fires() -> None:
    form = filled("MRD", {"MRD.NDET": missing()})
    for source in ("MRD.NDET > 2", "not (MRD.NDET > 2)", "MRD.NDET != 2", "MRD.NDET not in (1, 2)"):
        assert where(check("C", source), form) == []


def test_only_some_forms_and_checks() -> None:
    one, two = check("ONE", "MRD.NDET > 2"), check("TWO", "count(m in MRD: true) > 1", "SUBJECT")
    bound = Check(two.id, two.severity, ("MRD",), two.on, None, two.fires, two.text)
    first = filled("MRD", {"MRD.NDET": "3"})
    second = filled("MRD", {"MRD.NDET": "3"}, event="C0")
    crf = filled("CR")
    here = scene(first, second, crf, definition=study(one, bound))
    assert len(findings(here)) == 3
    assert [f.check.id for f in findings(here, {first.key})] == ["ONE", "TWO"]
    assert findings(here, {crf.key}) == ()
    assert [f.check.id for f in findings(here, {first.key}, [bound])] == ["TWO"]
    assert findings(here, {FormKey(EventKey(SUBJECT, "UNS"), "MRD")}) == ()


def test_dependants_follow_reads_derivations_and_conditions() -> None:
    checks = (
        check("NDET", "MRD.NDET > 2"),
        check("RATIO", "MRD.RATIO > 2"),
        check("ROWS", "count(v in this.MRDV: true) > 2"),
        check("PARAM", "true", n="MRD.MTM"),
        REQUIRED,
        check("DATES", "VALUE > TODAY", "ITEMS", items=DATES),
        check("FILLED", "filled(CR)", "SUBJECT"),
    )
    definition = study(*checks)

    def ids(*items: str) -> list[str]:
        return [c.id for c in dependants(definition, items)]

    assert ids("MRD.NDET") == ["NDET", "RATIO", "EC-009"]
    assert ids("MRD.MTM") == ["RATIO", "PARAM", "EC-009"]
    assert ids("MRDV") == ["ROWS", "EC-009"]
    assert ids("CR.CRDAT") == ["EC-009", "DATES"]
    assert "FILLED" in ids("CR")
    assert ids("NOSUCH") == []


def test_reevaluating_dependants_finds_what_a_full_run_finds() -> None:
    checks = (
        check("RATIO", "MRD.RATIO > 2", at="MRD.RATIO"),
        check("GENE", "any(o in others.MRDV: o.GENE = MRDV.GENE)", "MRDV"),
        check("OTHER", "any(m in others.MRD: m.NDET > MRD.NDET)"),
        REQUIRED,
    )
    definition = study(*checks)
    before = filled("MRD", {"MRD.PERF": "N", "MRD.MTM": "10", "MRD.NDET": "9"})
    other = filled("MRD", {"MRD.NDET": "5", "MRD.PERF": "N"}, event="C0")
    after = filled("MRD", {"MRD.PERF": "N", "MRD.MTM": "10", "MRD.NDET": "2"})
    old = findings(scene(before, other, definition=definition), {before.key})
    new = findings(scene(after, other, definition=definition), {before.key})
    touched = dependants(definition, {"MRD.NDET"})
    again = findings(scene(after, other, definition=definition), {before.key}, touched)
    kept = tuple(f for f in old if f.check not in touched)
    assert {(f.check.id, f.key) for f in (*kept, *again)} == {(f.check.id, f.key) for f in new}
    assert old != new


def test_value_needs_one_type() -> None:
    mixed = Selector(types=frozenset({Kind.DATE, Kind.INTEGER}))
    with pytest.raises(Exception, match="no single type"):
        compile_expression("VALUE = ''", CATALOGUE, on="ITEMS", selector=mixed)
