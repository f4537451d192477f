"""Definitions from ODM files that nobody here wrote: they load, and nothing is lost in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing import importer, naming
from mrd_desktop.study.importing.importer import Imported, import_odm
from mrd_desktop.study.importing.report import Fate
from mrd_desktop.study.limits import Range, legal_ranges
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Item, Kind, Phi, Requirement, Severity, Study
from mrd_desktop.study.odm import metadata_file
from mrd_desktop.transfer.datasets import KEYS
from tests.study.importing.vectors import EVERY, SYNTHETIC, imported, source

CREATED = datetime(2026, 3, 16, 8, 15, tzinfo=UTC)


def item(made: Imported, oid: str) -> Item:
    return made.study.by_item[oid]


def told(made: Imported, code: str) -> list[str]:
    return [str(r) for r in made.remarks if r.code == code]


@pytest.mark.parametrize("name", ("metadata", *SYNTHETIC))
def test_what_is_written_is_what_was_made(name: str, tmp_path: Path) -> None:
    made = imported(name)
    importer.write(made, tmp_path / "study")
    again = load_study(tmp_path / "study", cached=False)
    assert again.digest == made.study.digest
    assert again.forms
    assert (tmp_path / "study" / importer.REPORT).is_file()


@pytest.mark.parametrize("name", EVERY)
def test_every_question_stands_in_the_definition_or_in_the_report(name: str) -> None:
    made = imported(name)
    root = etree.fromstring(source(name))
    names = ("FormDef", "ItemGroupDef", "ItemDef")
    asked = {
        (tag, e.get("OID")) for tag in names for e in root.iter(f"{{*}}{tag}")
    }  # fmt: skip
    wanted = {("ItemDef", e.get("ItemOID")) for e in root.iter("{*}ItemRef")} | {
        ("ItemGroupDef", e.get("ItemGroupOID")) for e in root.iter("{*}ItemGroupRef")
    }
    placed = {tuple(p.at.split(" ", 1)) for p in made.places}
    remarked = {tuple(r.at.split(" / ")[0].split(" ", 1)) for r in made.remarks}
    boxes = {("ItemDef", f"race___{n}") for n in (1, 5)}  # one question with race___0
    assert {a for a in asked if a in wanted or a[0] == "FormDef"} <= placed | remarked | boxes
    assert placed


@pytest.mark.parametrize("name", EVERY)
def test_remarks_say_where_and_why_in_both_languages(name: str) -> None:
    for remark in imported(name).remarks:
        assert remark.at
        assert remark.text.en
        assert remark.text.zh
        assert not remark.text.en.endswith(".")
        if remark.fate is not Fate.ADDED and remark.at != "ODM":
            assert remark.line > 0


def test_names_leave_free_what_means_something_to_the_program() -> None:
    ours = load_study()
    taken = {*ours.by_form, *ours.owner, *ours.by_event}
    for name in EVERY:
        study = imported(name).study
        assert not taken & {*study.by_form, *study.owner, *study.by_event}
        assert not {i.name for i in study.by_item.values()} & {*KEYS}
        assert study.oid != ours.oid
    assert frozenset(KEYS) == naming.COLUMNS


class TestOpenEdc:
    @property
    def made(self) -> Imported:
        return imported("metadata")

    def test_conditions_that_forbid_become_conditions_that_show(self) -> None:
        shown = item(self.made, "F1.PREGNANT").show_when
        assert shown is not None
        assert shown.source == "F1.GENDER = 'Female'"

    def test_formulas_are_computed(self) -> None:
        values = {d.item: d.value.source for d in self.made.study.derivations}
        assert values["F1.BMI"] == "(F1.WEIGHT / (F1.HEIGHT * F1.HEIGHT))"
        assert values["F4.WHO5SCORE"].endswith(" * 4)")
        assert item(self.made, "F1.BMI").required is Requirement.DERIVED

    def test_ranges_keep_open_and_closed_ends(self) -> None:
        study = self.made.study
        assert legal_ranges(study)["F1.AGE"] == Range(Decimal(18), Decimal(119))
        assert item(self.made, "F1.AGE").type.length == 3
        height = [c for c in study.checks if c.at == "F1.HEIGHT"]
        assert [c.fires.source for c in height] == [
            "not (F1.HEIGHT > 1)", "not (F1.HEIGHT < 3)",
        ]  # fmt: skip
        assert all(c.severity is Severity.HARD for c in height)

    def test_a_language_without_a_place_is_told(self) -> None:
        assert any("“de”" in r for r in told(self.made, "other_language"))
        assert any("Chinese" in r for r in told(self.made, "language"))
        age = item(self.made, "F1.AGE").text
        assert age.en == age.zh == "What is your age?"


class TestRedcap:
    @property
    def made(self) -> Imported:
        return imported("redcap")

    def test_boxes_are_one_question(self) -> None:
        race = item(self.made, "DEMOGRAP.RACE")
        assert race.type.kind is Kind.CODES
        assert race.codelist is not None
        words = {c.code: c.text.en for c in race.codelist.codes}
        assert words == {"0": "First", "1": "Second", "5": "Other, namely"}
        other = item(self.made, "DEMOGRAP.RACEOTHER").show_when
        assert other is not None
        assert other.source == "'5' in DEMOGRAP.RACE"

    def test_branching_logic(self) -> None:
        weeks = item(self.made, "DEMOGRAP.WEEKS").show_when
        assert weeks is not None
        assert weeks.source == "DEMOGRAP.SEX = '2' and DEMOGRAP.PREGNANT = '1'"
        pain = item(self.made, "KNEESCOR.PAINVAS").show_when
        assert pain is not None
        assert pain.source == "(empty(KNEESCOR.PAINWALKING) or KNEESCOR.PAINWALKING != '0')"

    def test_what_the_program_keeps_itself_is_not_asked(self) -> None:
        names = {i.name for i in self.made.study.by_item.values()}
        assert not {"RECORDID", "DEMOGRAPHICSCOMPLETE"} & names
        assert len(told(self.made, "own")) == 4

    def test_markup_is_read_as_text(self) -> None:
        assert item(self.made, "DEMOGRAP.SEX").text.en == "Sex at birth"

    def test_identifiers_never_leave_the_site(self) -> None:
        assert item(self.made, "DEMOGRAP.LASTNAME").phi is Phi.DIRECT

    def test_a_date_with_time_is_two_questions(self) -> None:
        seen, at = item(self.made, "DEMOGRAP.SEEN"), item(self.made, "DEMOGRAP.SEENTM")
        assert (seen.type.kind, at.type.kind) == (Kind.PARTIAL_DATE, Kind.TIME)
        assert at.text.zh == "Seen at（时间）"

    def test_ranges_notes_and_sliders(self) -> None:
        study = self.made.study
        weeks = next(c for c in study.checks if c.at == "DEMOGRAP.WEEKS")
        assert (weeks.severity, weeks.fires.source) == (
            Severity.SOFT, "DEMOGRAP.WEEKS < 1 or DEMOGRAP.WEEKS > 42",
        )  # fmt: skip
        assert item(self.made, "DEMOGRAP.WEEKS").guidance == "completed weeks"
        assert legal_ranges(study)["KNEESCOR.PAINVAS"] == Range(Decimal(0), Decimal(100))
        born = next(c for c in study.checks if c.at == "DEMOGRAP.DOB")
        assert born.fires.source == "not (DEMOGRAP.DOB >= '1920-01-01')"

    def test_repeats_and_days(self) -> None:
        study = self.made.study
        assert study.by_form["MEDICATI"].repeating
        follow_up = study.by_event["FOLLOWUP"]
        assert follow_up.repeating
        assert (follow_up.offset_days, follow_up.before, follow_up.after) == (42, 7, 14)

    def test_a_text_without_language_is_read_by_its_letters(self) -> None:
        assert self.made.study.by_form["MEDICATI"].text.zh == "用药记录"

    def test_what_is_not_carried_over_is_told(self) -> None:
        assert any("rounddown" in r for r in told(self.made, "formula"))
        assert any("another event" in r for r in told(self.made, "condition"))
        assert any("email" in r for r in told(self.made, "format"))
        assert any("attached" in r for r in told(self.made, "no_place"))
        assert any("CustomAlignment" in r for r in told(self.made, "attribute"))
        assert any("RecordAutonumbering" in r for r in told(self.made, "element"))


class TestOpenClinica:
    @property
    def made(self) -> Imported:
        return imported("openclinica")

    def test_only_the_usual_version_of_a_form(self) -> None:
        assert [f.text.en for f in self.made.study.forms] == [
            "Lung function - v2.0", "Diary - v1.0", "Adverse event - v1.0",
        ]  # fmt: skip
        assert len(told(self.made, "old_version")) == 1

    def test_shown_by_the_answer_to_another_question(self) -> None:
        pef = item(self.made, "LUNGV20.PEF")
        assert pef.show_when is not None
        assert pef.show_when.source == "LUNGV20.DONE = '1'"
        assert pef.guidance == "best of three"
        assert pef.unit == "L/min"

    def test_several_choices(self) -> None:
        symptoms = item(self.made, "LUNGV20.SYMPT")
        assert symptoms.type.kind is Kind.CODES
        assert symptoms.codelist is not None
        assert [c.code for c in symptoms.codelist.codes] == ["W", "C"]

    def test_enumerated_items_in_their_order_and_codes_we_can_write(self) -> None:
        severity = item(self.made, "DIARYV10.SEV").codelist
        assert severity is not None
        assert [c.code for c in severity.codes] == ["NONE NO ATTACK", "MILD", "SEVERE"]
        assert severity.codes[0].text.en == "NONE; NO ATTACK"
        assert any("NONE NO ATTACK" in r for r in told(self.made, "code"))

    def test_rows_and_the_order_of_events(self) -> None:
        study = self.made.study
        assert [g.repeating for g in study.by_form["DIARYV10"].groups] == [True]
        assert [e.text.en for e in study.events] == ["Baseline", "Follow-up", "Adverse events"]
        assert study.by_event["BASELINE"].planned == ("LUNGV20",)
        assert study.by_event["FOLLOWUP"].optional == ("DIARYV10",)

    def test_the_words_of_a_check_are_kept(self) -> None:
        checks = {c.id: c for c in self.made.study.checks if c.at == "LUNGV20.PEF"}
        assert checks["LUNGV20.PEF.H"].text.en == "More than nothing, please."
        assert checks["LUNGV20.PEF.S"].fires.source == "LUNGV20.PEF > 900"


@cache
def _own_again() -> Study:
    return import_odm(metadata_file(load_study(), CREATED)).study


class TestOurOwn:
    """What the program exports as ODM comes back as it was."""

    @property
    def study(self) -> Study:
        return load_study()

    @property
    def back(self) -> Study:
        return _own_again()

    def test_forms_sections_and_items(self) -> None:
        assert [f.oid for f in self.back.forms] == [f.oid for f in self.study.forms]
        for form, other in zip(self.study.forms, self.back.forms, strict=True):
            assert (form.text, form.repeating) == (other.text, other.repeating)
            for group, its in zip(form.groups, other.groups, strict=True):
                assert (group.oid, group.text, group.repeating) == (
                    its.oid, its.text, its.repeating,
                )  # fmt: skip
                for one, its_one in zip(group.items, its.items, strict=True):
                    assert self.shape(one) == self.shape(its_one)

    def test_code_lists(self) -> None:
        assert self.back.codelists.keys() == self.study.codelists.keys()
        for oid, codes in self.study.codelists.items():
            assert self.back.codelists[oid].codes == codes.codes

    def test_ranges_and_checks_of_items(self) -> None:
        assert legal_ranges(self.back) == legal_ranges(self.study)
        assert self.of_items(self.back) == self.of_items(self.study)

    def test_derivations_and_events(self) -> None:
        values = {d.item: d.value.source for d in self.study.derivations}
        assert {d.item: d.value.source for d in self.back.derivations} == values
        assert self.back.parameters == self.study.parameters
        for event, other in zip(self.study.events, self.back.events, strict=True):
            assert replace(event, when={}) == replace(other, when={})
            assert {k: v.source for k, v in event.when.items()} == {
                k: v.source for k, v in other.when.items()
            }

    @staticmethod
    def shape(one: Item) -> tuple[object, ...]:
        shown = one.show_when.source if one.show_when else None
        listed = one.codelist.oid if one.codelist else None
        return (
            one.oid, one.text, one.type, one.required, one.phi, one.unit, listed, shown,
            one.cdash, one.sdtm, one.guidance,
        )  # fmt: skip

    @staticmethod
    def of_items(study: Study) -> dict[str, tuple[Severity, str, str]]:
        return {
            c.id: (c.severity, c.fires.source, c.text.en)
            for c in study.checks
            if c.at and c.id.startswith(f"{c.at}.")
        }


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("kept")
    with pytest.raises(OdmRefused):
        importer.write(imported("redcap"), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["other.txt"]
