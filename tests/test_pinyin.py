from __future__ import annotations

import re

import pytest

from mrd_desktop.pinyin import begins, readings, spells
from mrd_desktop.resources import resource
from mrd_desktop.study.load import load_study

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("gxy", "高血压"),
        ("gaoxueya", "高血压"),
        ("gaoxuey", "高血压"),
        ("gaoxy", "高血压"),
        ("GXY", "高血压"),
        ("xy", "高血压"),
        ("高xy", "高血压"),
        ("qtzdk", "曲妥珠单抗（原研）"),
        ("qtzhdk", "曲妥珠单抗（原研）"),
        ("dkyy", "曲妥珠单抗（原研）"),
        ("her2yx", "HER2阳性"),
        ("exxx", "恶性 - 心血管"),
        ("nvx", "女性"),
        ("nux", "女性"),
    ],
)
def test_texts_are_found_by_their_pinyin(typed: str, text: str) -> None:
    assert spells(typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("zd", "重度"),
        ("cd", "重度"),
        ("xg", "血管"),
        ("ex", "恶心"),
        ("wx", "恶心"),
        ("hx", "行血"),
    ],
)
def test_any_reading_of_a_character_is_taken(typed: str, text: str) -> None:
    assert spells(typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [("gyx", "高血压"), ("gxyy", "高血压"), ("gaouya", "高血压"), ("g y", "高血压"), ("", "高")],
)
def test_what_does_not_spell_it_does_not_find_it(typed: str, text: str) -> None:
    assert not spells(typed, text)


def test_a_text_without_chinese_is_left_to_plain_search() -> None:
    assert not spells("h", "Hypertension")


def test_the_beginning_is_told_from_the_middle() -> None:
    assert begins("gx", "高血压")
    assert not begins("xy", "高血压")


def test_every_character_of_the_definition_has_a_reading() -> None:
    written = "".join(
        path.read_text(encoding="utf-8") for path in resource("study").rglob("*.yaml")
    )
    assert not {c for c in HAN.findall(written) if not readings(c)}
    assert len(set(HAN.findall(written))) > 1000


def test_every_code_and_term_is_found_by_its_initials() -> None:
    study = load_study()
    texts = [c.text.zh for codes in study.codelists.values() for c in codes.codes]
    texts += [term.text.zh for term in study.ctcae]
    for text in texts:
        letters = "".join(readings(c)[0][0] if HAN.match(c) else c for c in text if c.isalnum())
        assert spells(letters, text) or text.isascii(), text


def test_surnames_are_known_by_their_own_reading() -> None:
    surnames = {"单": "shan", "仇": "qiu", "曾": "zeng", "解": "xie", "区": "ou", "查": "zha"}
    assert not {c for c, way in surnames.items() if way not in readings(c)}


def test_the_table_holds_plain_syllables() -> None:
    lines = resource("pinyin.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch("[a-z]+ [\u3007\u4e00-\u9fff]+", line) for line in lines)
    assert len({c for line in lines for c in line.split()[1]}) > 20_000
