"""What may come in a file: encodings, namespaces, damage, malice; the answer is a sentence."""

from __future__ import annotations

import codecs
import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mrd_desktop.study.errors import OdmRefused
from mrd_desktop.study.importing import xml_tree
from mrd_desktop.study.importing.formula import Target, Untranslatable, computation, condition
from mrd_desktop.study.importing.importer import import_odm
from mrd_desktop.study.importing.xml_tree import read_xml
from mrd_desktop.study.model import Kind
from tests.study.importing.vectors import SYNTHETIC, imported, source

Fraction = Callable[[int, int], int]

TEXT = source("openclinica").decode()
BARE = re.sub(r"^<\?xml[^>]*\?>\s*", "", TEXT)


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{BARE}'


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + declared("UTF-16").encode("utf-16-le"),
        codecs.BOM_UTF16_BE + declared("UTF-16").encode("utf-16-be"),
        declared("UTF-16").encode("utf-16-le"),
        declared("GB18030").encode("gb18030"),
        declared("gb2312").encode("gb18030"),
        BARE.encode(),
        b"\n" + BARE.encode(),
        TEXT.replace("ns/odm/v1.3", "ns/odm/v1.2").encode(),
        TEXT.replace('xmlns="http://www.cdisc.org/ns/odm/v1.3"', "").encode(),
        TEXT.replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8 mark", "utf-16le", "utf-16be", "utf-16 no mark", "gb18030", "gb2312", "plain",
         "no declaration", "odm 1.2", "no namespace", "crlf"],
)  # fmt: skip
def test_however_it_is_written_it_is_the_same_study(data: bytes) -> None:
    assert import_odm(data).study.digest == imported("openclinica").study.digest


def test_chinese_in_an_old_encoding() -> None:
    text = source("redcap").decode().replace('encoding="UTF-8"', 'encoding="GBK"')
    assert import_odm(text.encode("gb18030")).study.by_form["MEDICATI"].text.zh == "用药记录"


BOMB = """<?xml version="1.0"?><!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><ODM>&b;</ODM>"""
OUTSIDE = """<!DOCTYPE ODM SYSTEM "file:///etc/hostname"><ODM/>"""
ONLY = '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"><Study OID="S">{}</Study></ODM>'
NO_FORM = ONLY.format('<MetaDataVersion OID="M" Name="M"/>')


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no well-formed XML"),
        (b"PK\x03\x04 no xml at all", "no well-formed XML"),
        (TEXT[: len(TEXT) // 2].encode(), "no well-formed XML"),
        (BOMB.encode(), "DOCTYPE"),
        (OUTSIDE.encode(), "DOCTYPE"),
        (b"<html/>", "html, not ODM"),
        (b'<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>', "ODM version 2"),
        (b"<ODM/>", "no metadata"),
        (NO_FORM.encode(), "defines no form"),
        (declared("x-unknown").encode(), "x-unknown"),
        (declared("utf-8").encode("gb18030") + "<!--用药-->".encode("gb18030"), "encoding"),
        (b"<a>" * 100, "deep"),
        (b"<ODM>&nbsp;</ODM>", "line 1"),
        (b"<ODM>\x00</ODM>", "no well-formed XML"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_why(data: bytes, said: str) -> None:
    with pytest.raises(OdmRefused) as refused:
        import_odm(data)
    assert said in refused.value.text.en
    assert refused.value.text.zh.endswith("。")


def test_what_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OdmRefused, match="16 MiB"):
        read_xml(b" " * (xml_tree.LARGEST + 1))
    monkeypatch.setattr(xml_tree, "MOST_ELEMENTS", 50)
    with pytest.raises(OdmRefused, match="50 elements"):
        read_xml(TEXT.encode())


def test_another_study_or_version_can_be_named() -> None:
    second = BARE.replace('OID="S_ASTHMA"', 'OID="S_TWO"')
    second = second[second.index("<Study") : second.index("</ODM>")]
    both = TEXT.replace("</ODM>", f"{second}</ODM>")
    assert import_odm(both.encode(), "S_TWO", "v1.0.0").study.forms
    told = [r for r in import_odm(both.encode()).remarks if r.code == "another_version"]
    assert [r.at for r in told] == ["Study S_TWO"]
    with pytest.raises(OdmRefused, match="no Study S_THREE; there are S_ASTHMA, S_TWO"):
        import_odm(both.encode(), "S_THREE")


# -- formulas

SEX = Target("F.SEX", Kind.CODE, {"1": "1", "2": "2"})
QUESTIONS = {
    "sex": SEX,
    "yes": Target("F.YES", Kind.CODE, {"1": "1", "0": "0"}, truth=True),
    "box": Target("F.BOX", Kind.CODES, {"a": "a", "b": "b"}),
    "n": Target("F.N", Kind.INTEGER),
    "day": Target("F.DAY", Kind.DATE),
    "G.1": Target("F.ONE", Kind.DECIMAL),
}


@pytest.mark.parametrize(
    ("source", "shows", "hides"),
    [
        ("[sex] = '1'", "F.SEX = '1'", "(empty(F.SEX) or F.SEX != '1')"),
        ('sex eq "2"', "F.SEX = '2'", "(empty(F.SEX) or F.SEX != '2')"),
        ("'1' = [sex]", "F.SEX = '1'", "(empty(F.SEX) or F.SEX != '1')"),
        ("!(sex == \"1\" && n > 3)", "(empty(F.SEX) or F.SEX != '1') or F.N <= 3",
         "F.SEX = '1' and F.N > 3"),
        ("[box(a)] = '1'", "'a' in F.BOX", "(empty(F.BOX) or not ('a' in F.BOX))"),
        ("[box(a)] = 0", "(empty(F.BOX) or not ('a' in F.BOX))", "'a' in F.BOX"),
        ("[n] <> ''", "answered(F.N)", "empty(F.N)"),
        ("yes", "F.YES = '1'", "(empty(F.YES) or F.YES != '1')"),
        ("yes = true", "F.YES = '1'", "(empty(F.YES) or F.YES != '1')"),
        ("sex >= 2", "number(F.SEX) >= 2", "number(F.SEX) < 2"),
        ("[day] > '2026-01-01'", "F.DAY > '2026-01-01'", "F.DAY <= '2026-01-01'"),
        ("n = 1 or (n = 2 and yes)", "F.N = 1 or (F.N = 2 and F.YES = '1')",
         "(empty(F.N) or F.N != 1) and"
         " ((empty(F.N) or F.N != 2) or (empty(F.YES) or F.YES != '1'))"),
    ],
)  # fmt: skip
def test_conditions_are_translated_both_ways(source: str, shows: str, hides: str) -> None:
    assert condition(source, QUESTIONS.get) == shows
    assert condition(source, QUESTIONS.get, negated=True) == hides


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("n + X-G.1", "(F.N + F.ONE)"),
        ("round(n / 3, 1)", "round((F.N / 3), 1)"),
        ("-n ^ 2", "-(F.N * F.N)"),
        ("sqrt(abs([n]))", "sqrt(abs(F.N))"),
        (".5 * sex", "(0.5 * number(F.SEX))"),
    ],
)
def test_computations_are_translated(source: str, said: str) -> None:
    assert computation(source, QUESTIONS.get) == said


@pytest.mark.parametrize(
    "source",
    ["", "(", "n >", "[event][sex] = '1'", "[gone] = 1", "datediff([day], 'today', 'd') > 3",
     "sex = '9'", "n ^ 9", "n ^ 2 ^ 2 ^ 2 ^ 2 = 1", "(" * 50 + "n", "-" * 500 + "n", "n = 1" * 900,
     "[sex] > ''", "n = 'x'", "import os", "sex = 'it''s'", "\x00", "[box(a)] > 1", "box + 1 = 2"],
)  # fmt: skip
def test_what_says_more_is_not_translated(source: str) -> None:
    with pytest.raises(Untranslatable):
        condition(source, QUESTIONS.get)


@settings(max_examples=60)
@given(st.text("[]()'\"=<>!&|+-*/^., n1abxsey", max_size=60))
def test_no_expression_is_a_fault(source: str) -> None:
    for translate in (condition, computation):
        try:
            said = translate(source, QUESTIONS.get)
        except Untranslatable:
            continue
        assert said


# -- damage


def survives(data: bytes) -> bool:
    """Whether a damaged file is imported; a refusal must be a sentence in both languages."""
    try:
        made = import_odm(data)
    except OdmRefused as refused:
        assert refused.text.en
        assert refused.text.zh
        return False
    assert made.study.forms
    return True


@pytest.mark.soak
def test_bytes_out_of_place_are_refused_or_read(seed: int, fraction: Fraction) -> None:
    count = fraction(1_000, 15)
    random_ = random.Random(seed)
    data = bytearray(source("openclinica"))
    for _ in range(count):
        damaged = bytearray(data)
        for _ in range(random_.randint(1, 4)):
            at = random_.randrange(len(damaged))
            damaged[at : at + random_.choice((0, 1, 1, 40))] = random_.choice(
                (b"", b"<", b"&", b"\xff", b'"', b"A", b"\xe7\x94\xa8", b"</ItemDef>")
            )
        survives(bytes(damaged))


@pytest.mark.soak
def test_parts_out_of_place_are_refused_or_read(seed: int, fraction: Fraction) -> None:
    """Elements lost, doubled, moved, renamed; attributes emptied, swapped, overlong."""
    count = fraction(1_000, 10)
    random_ = random.Random(seed)
    outcomes = set()
    for _ in range(count):
        root = etree.fromstring(source(random_.choice(SYNTHETIC)))
        for _ in range(random_.randint(1, 8)):
            _disturb([e for e in root.iter("*") if e is not root], random_)
        outcomes.add(survives(etree.tostring(root)))
    assert True in outcomes


def _disturb(elements: list[etree._Element], random_: random.Random) -> None:
    if not elements:
        return
    one, other = random_.choice(elements), random_.choice(elements)
    parent = one.getparent()
    assert parent is not None
    match random_.randrange(8):
        case 0:
            parent.remove(one)
        case 1:
            parent.append(etree.fromstring(etree.tostring(one)))
        case 2:
            other.append(etree.fromstring(etree.tostring(one)))
        case 3:
            one.tag = other.tag
        case 4:
            one.attrib.clear()
        case 5:
            one.text = random_.choice(
                [
                    "",
                    "  ",
                    "9" * 400,
                    "用" * 2_000,
                    "'\"",
                    "-1e999",
                    "NaN",
                    "\u2028x",
                    "null",
                    "{a}",
                ]
            )
        case _:
            for key in list(one.attrib):
                if random_.random() < 0.5:
                    one.attrib[key] = random_.choice(
                        ["", "0", "Yes", "用药", "A" * 500, "-1", "999999999999", "a b;c,d", "ID",
                         *other.attrib.values()]
                    )  # fmt: skip
