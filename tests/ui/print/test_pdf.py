"""PDF: A4, embedded fonts, words that are found when searched for, marks where they belong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from mrd_desktop.insight.reports import catalogue
from mrd_desktop.insight.reports.blank_form import blank_form, blank_visit
from mrd_desktop.insight.reports.catalogue import Wish
from mrd_desktop.insight.reports.issue import Stamp, preview
from mrd_desktop.insight.reports.model import Cell, Column, Report, Table, Tongue, Words
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text
from tests.clinic import Clinic
from tests.ui.print.pdf_words import embedded, pdf_words
from ui.print.blocks import leaves
from ui.print.flow import MARGIN
from ui.print.pdf import pdf_bytes
from ui.print.searchable import mended
from ui.print.sheet import LONG_SIDE, SHORT_SIDE, Box, Leaf, Stroke, Watermark, Written

STAMP = Stamp(
    site="01", name="Synthetic site", study="NCT07132502", user="crc",
    role=Text("Coordinator", "研究协调员"), at="2027-06-30 09:00 +08:00", copy=3,
    head="7 0123456789ab", definition="0.1 0123456789ab", program="0.1.0", training=True,
)  # fmt: skip
# Characters whose glyphs also stand for radicals, which Qt would name instead.
TWINS = "日期人女子心方法月水火生存用药白细胞目立米至行血见角身长门非面页高齐"

pytestmark = pytest.mark.usefixtures("qtbot")


def text_of(found: tuple[Leaf, ...]) -> str:
    return pdf_words(pdf_bytes(found, "x"))


def test_digits_and_blanks_keep_their_names() -> None:
    words = text_of(leaves(Report("x", Text("10 mg 2027-06-30", ""), ()), STAMP, Tongue.EN))
    assert "10 mg 2027-06-30" in words
    assert "\t" not in words
    assert "\ufffd" not in words
    assert "\0" not in words


def test_chinese_is_found_when_searched_for() -> None:
    report = Report("x", Text(TWINS, TWINS), (Words(TWINS),))
    pdf = pdf_bytes(leaves(report, STAMP, Tongue.ZH), "x")
    assert embedded(pdf)
    assert [p for p in pdf_words(pdf).splitlines() if p == TWINS] == [TWINS, TWINS]


def test_mending_changes_only_what_glyphs_are_called() -> None:
    pdf = pdf_bytes(leaves(Report("x", Text("日", "日"), ()), STAMP, Tongue.ZH), "x")
    assert mended(pdf, "日").startswith(pdf)
    assert pdf.count(b"%%EOF") == 2  # one update, whatever it names
    assert mended(b"no file of Qt's", "日") == b"no file of Qt's"


def test_latin_letters_are_not_joined() -> None:
    report = Report("x", Text("office final fluffy", ""), ())
    assert "office final fluffy" in text_of(leaves(report, STAMP, Tongue.EN))


@pytest.mark.parametrize("tongue", list(Tongue))
def test_every_item_of_a_form_is_on_the_paper(tongue: Tongue) -> None:
    study = load_study()
    words = text_of(leaves(blank_form(study, "AE"), STAMP, tongue))
    assert [i.oid for i in study.by_form["AE"].items if i.oid not in words] == []
    assert ("不良事件" in words) == (tongue is not Tongue.EN)
    assert ("Adverse events" in words) == (tongue is not Tongue.ZH)


def test_every_page_carries_the_stamp_and_its_number() -> None:
    found = leaves(blank_visit(load_study(), "M12"), STAMP, Tongue.ZH)
    assert len(found) > 5
    for number, leaf in enumerate(found, 1):
        assert "打印：crc（研究协调员） 2027-06-30 09:00 +08:00" in leaf.text
        assert "第 3 份" in leaf.text
        assert f"第 {number} 页，共 {len(found)} 页" in leaf.text


def test_training_lies_across_every_page_and_live_does_not() -> None:
    report = blank_form(load_study(), "AE")
    for leaf in leaves(report, STAMP, Tongue.ZH):
        assert isinstance(leaf.marks[0], Watermark), "below everything else"
        assert leaf.marks[0].words == "培训"
        assert pdf_bytes([leaf], "x") != pdf_bytes(
            [Leaf(leaf.width, leaf.height, leaf.marks[1:])], "x"
        )
    live = replace(STAMP, training=False)
    for leaf in leaves(report, live, Tongue.ZH):
        assert not any(isinstance(mark, Watermark) for mark in leaf.marks)


def test_nothing_stands_outside_the_margins() -> None:
    study = load_study()
    for tongue in Tongue:
        for form in study.forms:
            for leaf in leaves(blank_form(study, form.oid, ""), STAMP, tongue):
                for mark in leaf.marks:
                    if isinstance(mark, Watermark):
                        continue  # it lies across the page
                    left, right, bottom = _edges(mark)
                    assert left >= MARGIN - 1
                    assert right <= leaf.width - MARGIN + 1, (form.oid, mark)
                    assert bottom <= leaf.height - MARGIN / 3, (form.oid, mark)


def _edges(mark: Written | Stroke | Box) -> tuple[float, float, float]:
    if isinstance(mark, Stroke):
        return min(mark.x1, mark.x2), max(mark.x1, mark.x2), max(mark.y1, mark.y2)
    if isinstance(mark, Box):
        return mark.x, mark.x + mark.width, mark.y + mark.height
    layout, height = mark.type.laid()
    widest = max(
        (layout.lineAt(n).naturalTextWidth() for n in range(layout.lineCount())), default=0
    )
    return mark.x, mark.x + (mark.type.width if mark.type.right else widest), mark.y + height


def test_a_long_table_repeats_its_head_on_each_page() -> None:
    rows = tuple((Cell(f"row {n}"), Cell("字" * 60)) for n in range(120))
    table = Table((Column("Head"), Column("Long", 1.0)), rows)
    found = leaves(Report("x", Text("T", "T"), (table,)), STAMP, Tongue.EN)
    assert len(found) > 2
    assert all(leaf.text.split().count("Head") == 1 for leaf in found)
    said = " ".join(leaf.text for leaf in found)
    assert re.findall(r"row (\d+)", said) == [str(n) for n in range(120)]


def test_a_changed_value_carries_one_mark(charted: Clinic) -> None:
    from tests.insight.reports.test_reports import change_weight

    with charted.open() as session:
        change_weight(session, "61.5")
        report = catalogue.make(Casebook(session), "copy", Wish("01-001"))
        found = leaves(report, preview(session, report), Tongue.ZH)
    words = text_of(found)
    assert words.count("†1") == 2  # at the value and where its history stands
    assert "†2" not in words


def test_landscape_pages_lie(charted: Clinic) -> None:
    with charted.open() as session:
        report = catalogue.make(Casebook(session), "calendar", Wish(day=date(2027, 6, 1)))
        (leaf,) = leaves(report, preview(session, report), Tongue.ZH)
    assert (leaf.width, leaf.height) == (LONG_SIDE, SHORT_SIDE)
    box = re.search(rb"/MediaBox \[0 0 (\d+)[.\d]* (\d+)", pdf_bytes((leaf,), "x"))
    assert box is not None
    assert (int(box[1]), int(box[2])) in {(842, 595), (841, 595)}
