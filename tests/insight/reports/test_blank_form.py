"""Paper forms: every item of the version in force, and digits that type what they say."""

from __future__ import annotations

import re
from datetime import date

import pytest

from mrd_desktop.insight.reports.blank_form import blank_form, blank_visit, condition
from mrd_desktop.insight.reports.keys import options
from mrd_desktop.insight.reports.model import Blank, Blanks, Codes, Fact, Facts, Hand, Report
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Form, Kind, Study
from mrd_desktop.study.values import parse_text
from mrd_desktop.texts import Text
from tests.clinic import Clinic

STUDY = load_study()


def blanks(report: Report) -> list[Blank]:
    return [b for block in report.blocks if isinstance(block, Blanks) for b in block.blanks]


def facts(report: Report) -> dict[str, str]:
    found: list[Fact] = [f for b in report.blocks if isinstance(b, Facts) for f in b.facts]
    return {str(getattr(f.name, "en", f.name)): str(getattr(f.value, "en", f.value)) for f in found}


@pytest.mark.parametrize("form", STUDY.forms, ids=lambda f: f.oid)
def test_every_item_of_the_form_in_force_stands_on_paper(form: Form) -> None:
    found = blanks(blank_form(STUDY, form.oid))
    assert list(dict.fromkeys(b.code for b in found)) == [i.oid for i in form.items]
    by_code = {b.code: b for b in found}
    for item in form.items:
        assert (by_code[item.oid].hand is Hand.SYSTEM) == item.derived


def test_the_digit_on_paper_types_the_choice_it_stands_at() -> None:
    for item in STUDY.by_item.values():
        if item.codelist is None:
            continue
        for option, code in zip(options(item.codelist), item.codelist.codes, strict=True):
            answer = parse_text(item, option.key, today=date(2027, 6, 30))
            assert answer is not None
            assert answer.codes == (code.code,), (item.oid, option.key)


def test_long_lists_stand_in_the_appendix_whole() -> None:
    report = blank_form(STUDY, "TX")
    listed = {b.list for b in blanks(report) if b.hand is Hand.LIST}
    shown = {b.name: len(b.options) for b in report.blocks if isinstance(b, Codes)}
    assert listed == set(shown)
    assert shown["DRUG"] == len(STUDY.codelists["DRUG"].codes)


def test_boxes_have_room_for_every_legal_value() -> None:
    for form in STUDY.forms:
        for blank in blanks(blank_form(STUDY, form.oid)):
            size = STUDY.by_item[blank.code].type
            if blank.hand is Hand.BOXES and size.kind in (Kind.INTEGER, Kind.DECIMAL):
                assert blank.boxes.count("#") == size.length
                assert ("." in blank.boxes) == bool(size.decimals)


def test_a_condition_says_choices_by_their_meaning() -> None:
    only = condition(STUDY, STUDY.by_item["AE.ENDAT"])
    assert only is not None
    assert (only.en, only.zh) == ("only if AE.ONGO = No", "仅当 AE.ONGO = 否")
    assert condition(STUDY, STUDY.by_item["AE.TERM"]) is None
    among = condition(STUDY, STUDY.by_item["MRD.FAILRSN"])
    assert among is not None
    assert among.zh == "仅当 MRD.RESULT 为检测失败/无有效结果或不确定"
    assert among.en == (
        "only if MRD.RESULT is Failed / no valid result (CDISC: INVALID) or Indeterminate"
    )
    for item in STUDY.by_item.values():
        said = condition(STUDY, item)
        if said is not None:
            assert not re.search(r"['()]|[a-z] in |overlaps", said.zh), said.zh


def test_units_are_said_in_the_readers_language() -> None:
    tubes = next(b for b in blanks(blank_form(STUDY, "MRD")) if b.code == "MRD.TUBEN")
    assert tubes.unit == Text("tubes", "管")


def test_a_loose_page_tells_whose_and_which_it_is() -> None:
    report = blank_form(STUDY, "MRD", "M12")
    assert report.each == Text(
        "Subject number ________________ · M12 ctDNA-MRD test",
        "受试者编号 ________________ · M12 ctDNA-MRD检测",
    )


def test_a_visit_has_its_planned_forms_and_never_identity() -> None:
    found = {b.code.partition(".")[0] for b in blanks(blank_visit(STUDY, "SCR"))}
    assert not any(o.startswith("ID.") for o in (b.code for b in blanks(blank_visit(STUDY, "SCR"))))
    planned = set(STUDY.by_event["SCR"].planned) - {"ID"}
    assert planned <= found


def test_the_window_is_counted_from_t0_or_stands_in_days(charted: Clinic) -> None:
    counted = facts(blank_visit(STUDY, "M12"))
    assert counted["Window"] == "T0 + 12 months, 14 days before to 14 after"
    assert counted["Subject number"] == ""
    with charted.open() as session:
        scene = Casebook(session).chart("01-001").scene
    report = blank_visit(STUDY, "M12", scene)
    assert facts(report)["Subject number"] == "01-001"
    assert (report.subject, report.about) == ("01-001", "M12")


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(KeyError):
        blank_form(STUDY, "NONE")


def test_the_study_is_the_one_shipped(clinic_template: Clinic) -> None:
    study: Study = clinic_template.study
    assert study.digest == STUDY.digest
