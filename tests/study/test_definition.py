"""The shipped definition says what the CRF reference says, word by word."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.record.errors import Cause
from mrd_desktop.study.address import EventKey, FormKey, RowKey
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.expression import Expression
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import DataType, Kind, Section, Severity, Study
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.texts import Text
from mrd_desktop.vault.roles import OPERATIONS
from tests.study.stories import CUT_OFF, SUBJECTS, records, scene
from tests.study.wording import NARROW_BESIDE_HAN, narrow, narrowed

CRF = Path(__file__).parents[1] / "vectors" / "crf"
REFERENCE: dict[str, Any] = json.loads((CRF / "crf.json").read_text(encoding="utf-8"))
CTCAE: dict[str, Any] = json.loads((CRF / "ctcae.json").read_text(encoding="utf-8"))
LOG_FORMS = {"AE", "CM", "TX", "GS", "CONV", "RES", "PD", "PST", "DV", "DTH", "EOS"}


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study(cached=False)


def written(type_: DataType) -> str:
    if type_.kind is Kind.DECIMAL:
        return f"F({type_.length}.{type_.decimals})"
    return f"{type_.kind}({type_.length})" if type_.length else str(type_.kind)


def test_forms_sections_and_items_are_those_of_the_reference(study: Study) -> None:
    ours = [
        {
            "oid": f"F.{form.oid}",
            "en": form.text.en,
            "zh": form.text.zh,
            "sdtm": form.sdtm,
            "repeats": "yes" if form.repeating else "no",
            "when": form.when,
            "sections": [
                {
                    "oid": group.oid,
                    "en": group.text.en,
                    "zh": group.text.zh,
                    "repeating": group.repeating,
                    "items": [
                        {
                            "oid": item.oid,
                            "cdash": item.cdash,
                            "sdtm": item.sdtm,
                            "type": written(item.type),
                            "unit": item.unit,
                            "codelist": f"CL.{item.codelist.oid}" if item.codelist else None,
                            "req": str(item.required),
                            "show_when": item.show_when.source if item.show_when else "always",
                            "en": item.text.en,
                            "zh": item.text.zh,
                            "phi": None if item.phi == "-" else str(item.phi),
                            "checks": item.guidance,
                        }
                        for item in group.items
                    ],
                }
                for group in form.groups
            ],
        }
        for form in study.forms
    ]
    theirs = [{k: v for k, v in form.items() if k != "note"} for form in REFERENCE["forms"]]
    assert narrowed(ours) == narrowed(theirs)
    assert sum(len(form.groups) for form in study.forms) == 74
    assert len(study.by_item) == 556


def test_notes_are_those_of_the_reference(study: Study) -> None:
    for ours, theirs in zip(study.forms, REFERENCE["forms"], strict=True):
        head = f"SDTM: {ours.sdtm}. Repeats: {theirs['repeats']}. When: {ours.when}."
        assert theirs["note"] == f"{head} {ours.note}".strip()


def test_code_lists_are_those_of_the_reference(study: Study) -> None:
    ours = {
        f"CL.{oid}": {
            "oid": f"CL.{oid}",
            "en": codelist.text.en,
            "zh": codelist.text.zh,
            "cdisc": codelist.cdisc,
            "source": codelist.source,
            "codes": [
                {"code": c.code, "ncit": c.ncit, "en": c.text.en, "zh": c.text.zh}
                for c in codelist.codes
            ],
        }
        for oid, codelist in study.codelists.items()
    }
    assert narrowed(ours) == narrowed({c["oid"]: c for c in REFERENCE["codelists"]})
    assert sum(len(c.codes) for c in study.codelists.values()) == 691


def test_terms_are_those_of_ctcae(study: Study) -> None:
    ours = [
        {"term": t.text.en, "zh": t.text.zh, "soc": t.soc, "grades": list(t.grades)}
        for t in study.ctcae
    ]
    assert len(ours) == 837
    assert sorted(narrowed(ours), key=str) == sorted(narrowed(CTCAE["terms"]), key=str)


def test_log_and_private_forms(study: Study) -> None:
    assert {f.oid for f in study.forms if f.log} == LOG_FORMS
    assert [f.oid for f in study.forms if f.private] == ["ID"]
    assert all((i.phi == "D") == f.private for f in study.forms for i in f.items)


def test_every_text_exists_in_both_languages(study: Study) -> None:
    texts = list(all_texts(study))
    assert len(texts) > 2_400
    for text in texts:
        assert text.en.strip() and text.zh.strip()
        assert "\n" not in text.en + text.zh
    for form in study.forms:
        assert any("一" <= c <= "鿿" for c in form.text.zh)


def test_chinese_is_written_with_chinese_punctuation(study: Study) -> None:
    assert [t.zh for t in all_texts(study) if NARROW_BESIDE_HAN.search(t.zh)] == []
    assert narrow("检测限（VAF），见说明：共2项") == "检测限(VAF),见说明:共2项"


def all_texts(study: Study) -> Iterator[Text]:
    yield study.name
    for form in study.forms:
        yield form.text
        for group in form.groups:
            yield group.text
            yield from (item.text for item in group.items)
    for codelist in study.codelists.values():
        yield codelist.text
        yield from (code.text for code in codelist.codes)
    yield from (check.text for check in study.checks)
    yield from (event.text for event in study.events)
    yield from (role.text for role in study.roles)
    yield from (reason.text for reason in study.reasons)
    yield from (term.text for term in study.ctcae)


@pytest.mark.parametrize(
    ("item", "hard", "soft"),
    [
        ("VS.TEMP", ("34.0", "42.5"), (None, "37.9")),
        ("VS.PULSE", ("30", "220"), ("50", "110")),
        ("PATH.ERPCT", ("0", "100"), None),
        ("MRD.LOD", ("0.00001", "5"), None),
        ("MRD.CFDNA", ("0.01", "10000"), ("1", "100")),
        ("CV.GLS", ("-35.0", "0.0"), None),
        ("QOL.EQIDX", ("-1.000", "1.000"), ("-0.391", None)),
        ("LAB.KVAL", ("1.5", "9.0"), ("3.0", "6.0")),
        ("PRX.DOSE", ("1.0", "90.0"), (None, "70")),
        ("TX.CYCLE", ("1", None), None),
        ("BCH.DFI", None, ("0", None)),
    ],
)
def test_plain_ranges_become_checks(
    study: Study,
    item: str,
    hard: tuple[str | None, str | None] | None,
    soft: tuple[str | None, str | None] | None,
) -> None:
    for letter, ends in (("H", hard), ("S", soft)):
        check = study.by_check.get(f"{item}.{letter}")
        if ends is None:
            assert check is None
            continue
        low, high = ends
        assert check is not None and check.at == item
        sides = [f"{item} < {low}"] * (low is not None) + [f"{item} > {high}"] * (high is not None)
        assert check.fires.source == " or ".join(sides)
        if letter == "S":
            assert check.text == Text("Value is unusual. Please confirm.", "数值异常，请确认。")
        elif low is not None and high is not None:
            assert check.text == Text(
                f"Value must be between {low} and {high}.", f"数值应在{low}与{high}之间。"
            )


def test_formats_become_checks(study: Study) -> None:
    firing = {
        "CRL.LNKID.H": {"T01": False, "NT12": False, "T1": True, "X01": True},
        "NL.LNKID.H": {"N01": False, "N1": True, "T01": True},
        "MRDV.GENE.H": {"ERBB2": False, "NKX2-1": False, "erbb2": True},
        "MRDV.TRANS.S": {"NM_004448.4": False, "ENST00000269571": True},
        "ID.MOBILE.S": {"13000000000": False, "12000000000": True, "1300000000": True},
        "ID.PATNAME.H": {"测试乙": False, "乙": True, "测试2": True},
    }
    for check_id, cases in firing.items():
        check = study.by_check[check_id]
        for text, expected in cases.items():
            assert fires(study, check_id, text) is expected, (check_id, text)
        assert check.severity is (Severity.HARD if check_id.endswith("H") else Severity.SOFT)


def fires(study: Study, check_id: str, text: str) -> bool:
    """Whether a format check fires on a row that holds one text."""
    check = study.by_check[check_id]
    assert check.at is not None
    form, group, item = study.places[check.at]
    given: dict[str, Any] = {"form": form.oid, "visit": "UNS", "items": {}}
    if group.repeating:
        given["rows"] = {group.name: [{item.name: text}]}
    else:
        given["items"] = {item.name: text}
    sight = scene(study, "01-002", [given])
    lines = sight.rows(group.name) if group.repeating else sight.forms(form.oid)
    return check.fires.holds(lines[0])


def test_no_item_check_repeats_a_numbered_remark(study: Study) -> None:
    for check in study.checks:
        if check.at is None or check.id.startswith("EC-"):
            continue
        guidance = study.by_item[check.at].guidance
        assert guidance, check.id
        letter = check.id.rpartition(".")[2][0]
        own = [p for p in parts(guidance) if p.startswith(letter) and "EC-" not in p]
        assert own, f"{check.id} has no unnumbered remark in “{guidance}”"


def parts(guidance: str) -> list[str]:
    """The remarks of a guidance text, each with its letter."""
    found: list[str] = []
    for part in guidance.split("; "):
        letter = part[:2] if part[:2] in ("H:", "S:") else (found[-1][:2] if found else "")
        found.append(part if part.startswith(letter) else f"{letter} {part}")
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_no_item_check_fires_on_a_story(study: Study, subject: str) -> None:
    sight = scene(study, subject)
    seen = 0
    for check in study.checks:
        if check.id.startswith("EC-"):
            continue
        lines = sight.rows(check.on) if check.on in study.owner else sight.forms(check.on)
        for line in lines:
            seen += 1
            assert not check.fires.holds(line), f"{check.id} at {line.form.key}"
    assert seen > 100


@pytest.mark.parametrize("subject", ["nobody", *SUBJECTS])
def test_every_expression_can_be_evaluated(study: Study, subject: str) -> None:
    if subject == "nobody":
        sight = Scene(study, SubjectData("01-999", CUT_OFF), vault=True)
    else:
        sight = scene(study, subject)
    count = 0
    for expression, form in expressions(study):
        for line in lines(sight, form):
            expression.value(line)
            count += 1
    assert count > 400


def expressions(study: Study) -> Iterator[tuple[Expression, str]]:
    """Every expression of items and schedule, with the form or group it stands on."""
    for form in study.forms:
        for group in form.groups:
            on = group.name if group.repeating else form.oid
            for item in group.items:
                if item.show_when:
                    yield item.show_when, on
                if item.oid in study.by_derived:
                    yield study.by_derived[item.oid].value, on
    for check in study.checks:
        if check.on in study.by_form or check.on in study.owner:
            yield check.fires, check.on
            yield from ((p, check.on) for p in check.params.values())
    for event in study.events:
        yield from ((condition, "SV") for condition in event.when.values())
    yield from ((rule.refuses, "SV") for rule in study.save_rules)


def lines(sight: Scene, on: str) -> list[Line]:
    """The lines an expression may stand on: the filled ones, and one of a form just opened."""
    owner = sight.study.owner.get(on)
    key = FormKey(EventKey(sight.data.subject, "M03"), owner or on)
    row = RowData(RowKey(key, on)) if owner else None
    form = FormData(key, (row,) if row else ())
    opened = Scene(sight.study, sight.data.with_form(form), vault=True)
    return [*(sight.rows(on) if owner else sight.forms(on)), Line(opened, form, row)]


def test_every_form_of_the_stories_has_a_place_in_the_schedule(study: Study) -> None:
    for subject in SUBJECTS:
        for record in records(subject):
            event = study.by_event[record["visit"]]
            assert record["form"] in event.planned + event.optional, (subject, record["visit"])


def test_schedule_offers_every_form_somewhere(study: Study) -> None:
    offered = {form for event in study.events for form in event.planned + event.optional}
    assert offered == set(study.by_form)
    visits = {code.code for code in study.codelists["VISIT"].codes}
    assert {event.oid for event in study.events} == visits | {"LOG"}


def test_only_coordinator_and_investigator_reach_the_vault(study: Study) -> None:
    roles = {r.oid: r for r in study.roles}
    assert set(roles) == {"coordinator", "investigator", "monitor", "siteadmin", "auditor"}
    for role in roles.values():
        trusted = role.oid in ("coordinator", "investigator")
        assert role.vault is trusted
        for operation in ("identity.see", "identity.edit", "form.edit", "subject.create", "export"):
            assert (operation in role.operations) is trusted, (role.oid, operation)
        assert ("form.sign" in role.operations) is (role.oid == "investigator")
        assert ("user.manage" in role.operations) is (role.oid == "siteadmin")
    assert "form.edit" not in roles["monitor"].operations
    assert {"query.open", "query.close", "sdv", "form.lock"} <= roles["monitor"].operations


def test_every_operation_belongs_to_a_role_and_none_is_unknown(study: Study) -> None:
    assert frozenset().union(*(role.operations for role in study.roles)) == OPERATIONS


def test_rules_of_save_name_known_causes(study: Study) -> None:
    assert {rule.cause for rule in study.save_rules} <= {cause.value for cause in Cause}
    rules = {rule.cause: rule for rule in reversed(study.save_rules)}
    everything = {form.oid for form in study.forms}
    assert rules["no_consent"].forms == everything - {"ID", "IC"}
    assert rules["withdrawn"].forms == everything - {"ID", "EOS", "AE", "DTH", "DV"}
    assert rules["no_sensitive_consent"].forms == everything - {"ID", "IC", "EOS", "DV"}
    assert rules["no_genetic_consent"].forms == {"MRD"}
    assert rules["no_genetic_consent"].sections == {Section("BCH", "PATH")}
    assert all(rule.text for rule in study.save_rules if rule.cause != "no_consent")
    kinds = Counter((r.cause, r.live) for r in study.save_rules)
    assert kinds["no_genetic_consent", True] == kinds["no_sensitive_consent", True] == 1


@pytest.mark.parametrize(
    ("cause", "forms", "refused"),
    [
        ("no_consent", [], True),
        ("no_consent", [("IC", {"RFICDAT": "2026-01-05"})], False),
        ("withdrawn", [("EOS", {"DSDECOD": "WITHDRAWAL OF CONSENT"})], True),
        ("withdrawn", [("EOS", {"DSDECOD": "COMPLETED"})], False),
        ("no_genetic_consent", [("IC", {"ICHGR": "N"})], True),
        ("no_genetic_consent", [("IC", {"ICHGR": "Y"})], False),
        ("no_genetic_consent", [], False),
        ("no_sensitive_consent", [("IC", {"ICSENS": "N"})], True),
        ("no_sensitive_consent", [("IC", {"ICSENS": "Y"})], False),
    ],
)
def test_when_save_is_refused(
    study: Study, cause: str, forms: list[tuple[str, dict[str, str]]], refused: bool
) -> None:
    rule = next(r for r in study.save_rules if r.cause == cause)
    given = [{"form": form, "visit": "SCR", "items": items} for form, items in forms]
    given.append({"form": "MRD", "visit": "SCR", "items": {"PERF": "Y"}})
    (line,) = scene(study, "01-001", given).forms("MRD")
    assert rule.refuses.holds(line) is refused


def test_what_leaves_only_reduced(study: Study) -> None:
    reductions = {r.item: r for r in study.reductions}
    assert [reductions["DM.AGE"].reduce(age) for age in ("64", "89", "90")] == [None, None, ">89"]
    assert [reductions["DM.CETHNIC"].reduce(c) for c in ("HAN", "HUI")] == [None, "OTHER"]


def test_reasons_for_change_ask_for_words_only_where_no_code_fits(study: Study) -> None:
    assert [r.code for r in study.reasons if r.needs_text] == ["OTHER"]


def test_drugs_are_drugs_of_the_code_list(study: Study) -> None:
    assert len(study.drugs) == 19
    tkis = {code for code, drug in study.drugs.items() if drug.drug_class == "TKI"}
    assert tkis == {"PYRO", "LAPA", "NERA", "TUCA"}
    adcs = {code for code, drug in study.drugs.items() if drug.drug_class == "ADC"}
    assert adcs == {"TDM1", "TDXD", "DV", "TREZ", "TBOT"}
    assert all(low <= high for drug in study.drugs.values() for low, high, _ in drug.doses)
