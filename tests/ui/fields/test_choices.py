from __future__ import annotations

from datetime import date

import pytest

from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Code, CodeList, Study
from mrd_desktop.study.values import parse_text
from mrd_desktop.texts import Text
from ui.fields.choices import Choices, narrow

DAY = date(2027, 6, 30)


def listed(*codes: str) -> Choices:
    return Choices(CodeList("X", Text("x", "x"), tuple(Code(c, Text(c, c)) for c in codes)))


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


@pytest.mark.parametrize(
    ("typed", "code"),
    [("1", "Y"), ("2", "N"), ("y", "Y"), ("N", "N"), ("２", "N"), (" 1 ", "Y"), ("3", None)],
)
def test_yes_and_no_by_digit_or_letter(typed: str, code: str | None) -> None:
    found = listed("Y", "N").find(typed)
    assert (found.code.code if found else None) == code


def test_a_digit_never_means_a_code_that_looks_like_another() -> None:
    """IHC 1 is 1+, not the first of the list, which is 0."""
    choices = listed("0", "1+", "2+", "3+")
    found = [choices.find(t) for t in "0123"]
    assert [c.code.code for c in found if c] == ["0", "1+", "2+", "3+"]
    assert choices.find("4") is None


def test_codes_without_digits_beside_codes_with_them_are_typed_as_they_are() -> None:
    choices = listed("1", "2", "GT5", "DIFF")
    assert [c.key for c in choices.all] == ["1", "2", "GT5", "DIFF"]
    found = choices.find("gt")
    assert found is not None
    assert found.code.code == "GT5"


def test_the_beginning_of_one_code_is_enough() -> None:
    choices = listed("POSITIVE", "NEGATIVE", "NONE")
    found = choices.find("pos")
    assert found is not None
    assert found.code.code == "POSITIVE"
    assert choices.find("n") is None


def test_full_only_where_nothing_may_follow() -> None:
    short, long = listed("Y", "N"), listed(*(f"CODE{chr(65 + n)}" for n in range(12)))
    assert short.is_full("1")
    assert short.is_full("n")
    assert not long.is_full("1"), "12 may follow"
    assert long.is_full("2")
    assert long.is_full("12")
    assert not listed("TRAS", "TRASB").is_full("tras")
    assert not listed("0", "1+").is_full("1"), "somebody may type the plus sign"


def test_several_codes() -> None:
    choices = listed("BREAST", "CHEST WALL", "LIVER")
    assert choices.codes("1 3") == "BREAST;LIVER"
    assert choices.codes("1,2，3") == "BREAST;CHEST WALL;LIVER"
    assert choices.codes("BREAST;CHEST WALL") == "BREAST;CHEST WALL"
    assert choices.codes("chest wall") == "CHEST WALL"
    assert choices.codes("1 x") == "BREAST;x"
    assert choices.keys("BREAST;LIVER") == "1 3"


def test_keys_stand_in_the_order_of_the_list_however_the_codes_are_kept() -> None:
    choices = listed("ZOSTER", "BREAST", "LIVER")
    assert choices.keys("BREAST;LIVER;ZOSTER") == "1 2 3", "codes are kept by the alphabet"
    assert choices.keys("LIVER;x;zoster") == "1 3 x"
    assert choices.codes(choices.keys("BREAST;ZOSTER")) == "ZOSTER;BREAST"


def test_every_key_of_the_study_is_read_back_as_its_code(study: Study) -> None:
    """The editor's keys and the study's own reading of typed text agree on every list."""
    coded = {i.codelist.oid: i for f in study.forms for i in f.items if i.codelist}
    for item in coded.values():
        assert item.codelist is not None
        choices = Choices(item.codelist)
        assert len({c.key for c in choices.all}) == len(choices.all)
        for choice in choices.all:
            assert choices.find(choice.key) is choice
            assert choices.find(choice.code.code) is choice
            answer = parse_text(item, choice.code.code, today=DAY, visit_date=None)
            assert answer is not None
            assert answer.codes == (choice.code.code,)


def test_narrow() -> None:
    assert narrow("３６。７") == "36.7"
    assert narrow(" Ａb ") == "Ab"
