from __future__ import annotations

import re

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.study.unit_words import unit_in_print, unit_text
from mrd_desktop.texts import Text
from ui.form.layout import Cards, Fields, Matrix, Table, common_unit, lay_out
from ui.form.table import shrunk


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


def test_like_sections_become_one_table(study: Study) -> None:
    first, tests = lay_out(study.by_form["LAB"])
    assert isinstance(first, Fields)
    assert isinstance(tests, Matrix)
    assert len(tests.groups) == 15
    assert tests.columns[0] == Text("Value", "数值")
    assert common_unit(tests.groups[0].items) == "10^9/L"


def test_repeating_sections_are_tables_as_long_as_a_line_holds_them(study: Study) -> None:
    blocks = lay_out(study.by_form["BCH"])
    assert [type(b) for b in blocks] == [Fields, Table, Cards]


def test_no_item_is_lost(study: Study) -> None:
    for form in study.forms:
        laid: list[str] = []
        for block in lay_out(form):
            groups = block.groups if isinstance(block, Matrix) else (block.group,)
            laid += [i.oid for g in groups for i in g.items]
        assert laid == [i.oid for i in form.items]


@pytest.mark.parametrize(
    ("wanted", "room"), [([100, 100], 300), ([300, 60, 300], 400), ([160] * 10, 1000)]
)
def test_columns_fit_where_they_can(wanted: list[int], room: int) -> None:
    widths = shrunk(wanted, room)
    assert sum(widths) <= max(room, 56 * len(wanted))
    assert all(w <= was for w, was in zip(widths, wanted, strict=True))
    assert min(widths) >= min(56, *wanted)


def test_narrow_columns_keep_their_width_while_wide_ones_can_give() -> None:
    assert shrunk([300, 60, 300], 400)[1] == 60


@pytest.mark.parametrize(
    ("unit", "printed"),
    [("10^9/L", "10⁹/L"), ("umol/L", "μmol/L"), ("U/mL", "U/mL"), ("ug/L", "μg/L"), (None, "")],
)
def test_units_in_print(unit: str | None, printed: str) -> None:
    assert unit_in_print(unit) == printed


def test_units_that_are_words_are_said_in_the_language_of_the_reader() -> None:
    assert unit_text("YEARS") == Text("years", "岁")
    assert unit_text("umol/L") == Text("μmol/L", "μmol/L")
    assert unit_text(None) == Text("", "")


def test_no_unit_of_the_study_stays_an_english_word(study: Study) -> None:
    items = (i for form in study.by_form.values() for g in form.groups for i in g.items)
    words = {i.unit for i in items if i.unit and re.search("[a-z]{4}", i.unit)}
    said = {u: unit_text(u).zh for u in words}
    assert not {u for u, zh in said.items() if re.search("[a-z]{4}", zh) and "mol" not in zh}
