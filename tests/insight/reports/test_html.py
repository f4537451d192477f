"""HTML: escaped, self-contained, in both languages."""

from __future__ import annotations

import re
from datetime import date

from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.insight.reports.model import (
    Blank,
    Blanks,
    Break,
    Cell,
    Codes,
    Column,
    DayBox,
    Entry,
    Fact,
    Facts,
    Hand,
    Heading,
    Option,
    Report,
    Signing,
    Table,
    Tongue,
    Weeks,
    Words,
)
from mrd_desktop.texts import Text

EVIL = '<script>alert("x")</script>&\'"'
STAMP = Stamp(
    site="01", name=f"Synthetic {EVIL}", study="S", user="crc", role=Text("Role", "角色"),
    at="2027-06-30 09:00 +08:00", copy=3, head="7 abc", definition="0.1 def", program="0.1.0",
    training=True,
)  # fmt: skip
TWO = Text(f"English {EVIL}", f"中文 {EVIL}")
BLOCKS = (
    Heading(TWO),
    Words(TWO),
    Facts((Fact(TWO, EVIL), Fact(TWO))),
    Table((Column(TWO),), ((Cell(EVIL, strong=True, mark="†1", struck=True),),)),
    Table((Column(TWO),), ()),
    Blanks(
        tuple(
            Blank(EVIL, TWO, hand, unit=EVIL, boxes="##", options=(Option(EVIL, TWO),),
                  list=EVIL, missing=True, only=TWO, note=TWO)
            for hand in Hand
        )
    ),
    Codes(EVIL, TWO, (Option(EVIL, TWO),)),
    Signing((TWO,)),
    Break(),
    Weeks(((DayBox(date(2027, 6, 30), True, True, (Entry(EVIL, TWO, True),)),),)),
)  # fmt: skip


def test_every_word_is_escaped_whatever_block_it_stands_in() -> None:
    for tongue in Tongue:
        page = to_html(Report("x", TWO, BLOCKS, subject=EVIL), STAMP, tongue)
        assert "<script" not in page
        assert page.count("&lt;script&gt;") > 20


def test_the_file_needs_nothing_else_and_runs_nothing() -> None:
    page = to_html(Report("x", TWO, BLOCKS), STAMP, Tongue.BOTH)
    assert not re.search(r"<(link|img|iframe|script|object)|\bsrc=|\bhref=|url\(|@import", page)


def test_tags_are_balanced() -> None:
    page = to_html(Report("x", TWO, BLOCKS), STAMP, Tongue.BOTH)
    for tag in ("div", "table", "tr", "td", "th", "span", "h1", "h2", "h3", "p", "style", "b"):
        opened = len(re.findall(rf"<{tag}[ >]", page))
        assert opened == page.count(f"</{tag}>"), tag


def test_one_language_or_both() -> None:
    report = Report("x", Text("Title", "标题"), (Words(Text("One", "一")),))
    zh, en, both = (to_html(report, STAMP, t) for t in (Tongue.ZH, Tongue.EN, Tongue.BOTH))
    assert "一" in zh
    assert "One" not in zh
    assert "One" in en
    assert "一" not in en
    assert "一" in both
    assert "One" in both
    assert "第 3 份" in zh
    assert "copy 3" in en


def test_a_discreet_report_names_neither_study_nor_site_nor_program() -> None:
    report = Report("x", Text("Slip", "单"), (), subject="01-001", discreet=True)
    page = to_html(report, STAMP, Tongue.BOTH)
    body = page[page.index("<body>") :]
    assert "01-001" in body
    assert "copy 3" in body
    for word in ("Synthetic", "MRD", ">S<", "0.1 def", "TRAINING"):
        assert word not in body
