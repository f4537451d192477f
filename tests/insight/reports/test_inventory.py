"""The inventory lists every item and says of each what the program does."""

from __future__ import annotations

from dataclasses import replace

from mrd_desktop.insight.reports.inventory import (
    CHECKED,
    DERIVED,
    GENETIC,
    NEVER,
    ORIGINAL,
    REDUCED,
    TRANSCRIBED,
    VAULT,
    inventory,
    leaves,
)
from mrd_desktop.insight.reports.model import Table, Words
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Phi
from mrd_desktop.texts import Text
from mrd_desktop.transfer.release import GeneticPlaces, Reason, Release

STUDY = load_study()


def lines() -> dict[str, tuple[object, ...]]:
    tables = [b for b in inventory(STUDY).blocks if isinstance(b, Table)]
    rows = [row for table in tables for row in table.rows]
    assert len(rows) == len(STUDY.by_item), "none twice"
    return {str(row[0].text): tuple(cell.text for cell in row) for row in rows}


def test_every_item_of_the_definition_stands_in_it() -> None:
    assert lines().keys() == STUDY.by_item.keys()
    fewer = replace(STUDY, forms=STUDY.forms[1:])
    assert inventory(fewer) != inventory(STUDY), "another definition, another inventory"


def test_it_says_what_every_form_is_asked_for_and_what_is_no_identifier() -> None:
    blocks = inventory(STUDY).blocks
    said = [b.text for b in blocks if isinstance(b, Words) and isinstance(b.text, Text)]
    for form in STUDY.forms:
        assert form.purpose is not None
        assert any(form.purpose.text.en in t.en and form.purpose.text.zh in t.zh for t in said)
    assert any("Troponin I: To see harm to the heart early (registry record" in t.en for t in said)
    assert any("Year of birth" in t.en and "no identifier" in t.en for t in said)
    assert not any("practice only" in t.en for t in said)
    bare = tuple(replace(f, purpose=None) for f in STUDY.forms)
    words = [b.text for b in inventory(replace(STUDY, forms=bare)).blocks if isinstance(b, Words)]
    assert any("practice only" in t.en for t in words if isinstance(t, Text))


def test_what_it_says_of_leaving_is_what_release_does() -> None:
    found = lines()
    for form in STUDY.forms:
        for group in form.groups:
            for item in group.items:
                place = (form.oid, group.name, item.name)
                reason, free_text, _ = Release._judged(_Bare(), place)  # type: ignore[arg-type]
                said = found[item.oid][4]
                assert (said is NEVER) is (reason is Reason.PRIVATE), item.oid
                assert (said is CHECKED) <= free_text, item.oid
                assert (found[item.oid][3] is VAULT) is (reason is Reason.PRIVATE)
    assert {i for i, row in found.items() if row[4] is REDUCED} == {
        r.item for r in STUDY.reductions
    }


class _Bare:
    """What the judgement of a place needs of a release."""

    _study = STUDY


def test_genetic_data_are_marked_and_hold_what_leaves_by_their_consent() -> None:
    places = GeneticPlaces(STUDY)
    found = lines()
    for form in STUDY.forms:
        for group in form.groups:
            held = places.hold(f"01-001/SCR#1/{form.oid}#1/{group.name}#1/X")
            assert held is group.genetic, group.oid
            for item in group.items:
                said = found[item.oid][2]
                assert (isinstance(said, Text) and GENETIC.en in said.en) is held, item.oid
    assert places.hold("01-001/SCR#1/MRD#1"), "all of its sections are marked"
    assert not places.hold("01-001/SCR#1/BCH#1"), "one of its sections is marked"
    assert not places.hold("01-001")


def test_no_identifier_leaves() -> None:
    for form in STUDY.forms:
        for item in form.items:
            if item.phi is Phi.DIRECT or form.private:
                assert leaves(STUDY, form, item) is NEVER


def test_every_item_is_transcribed_a_first_record_or_computed() -> None:
    first = "PS.ECOG"
    forms = tuple(
        replace(
            form,
            groups=tuple(
                replace(g, items=tuple(replace(i, original=i.oid == first) for i in g.items))
                for g in form.groups
            ),
        )
        for form in STUDY.forms
    )
    said = {
        str(row[0].text): row[2].text
        for table in inventory(replace(STUDY, forms=forms)).blocks
        if isinstance(table, Table)
        for row in table.rows
    }
    for oid, item in STUDY.by_item.items():
        expected = DERIVED if item.derived else ORIGINAL if oid == first else TRANSCRIBED
        text = said[oid]
        assert isinstance(text, Text)
        assert text.en.endswith(expected.en), oid
