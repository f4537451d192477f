"""Figures painted: the fonts fit the layout, the colours are the theme's, files can be read."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.catalogue import NAMES, figure
from mrd_desktop.insight.figures.palette import LIGHT as FILE
from mrd_desktop.insight.figures.sheet import Label, Sheet, Tone
from mrd_desktop.insight.figures.words import width
from mrd_desktop.texts import Language
from tests.insight.crowd import crowd
from tests.ui.print.pdf_words import pdf_words
from ui.print.figure import PAINTERS, face, paint
from ui.theme import DARK, LIGHT, Ink, Tokens, contrast

MODES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


def sheets(name: str, count: int = 50, language: Language = Language.ZH) -> tuple[Sheet, ...]:
    return figure(name, crowd(count)).sheets(Size(1100, 760, language))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", list(Language))
def test_words_are_no_wider_than_was_reckoned(qtbot: QtBot, name: str, language: Language) -> None:
    for sheet in sheets(name, 50, language):
        for label in sheet.labels():
            real = QFontMetricsF(face(label.size, label.strong)).horizontalAdvance(label.text)
            reckoned = width(label.text, label.size, strong=label.strong)
            assert real <= reckoned + 0.5, label.text


def test_files_have_the_colours_of_the_theme() -> None:
    assert {tone: LIGHT[Ink(tone.value)] for tone in Tone} == {
        tone: QColor(value) for tone, value in FILE.items()
    }


@MODES
@pytest.mark.parametrize("tone", [Tone.INTERMISSION_LINE, Tone.CONTINUED, Tone.RESUMED_LINE])
def test_names_in_the_colour_of_their_group_can_be_read(tokens: Tokens, tone: Tone) -> None:
    for ground in (tokens.surface, tokens.raised):
        assert contrast(tokens[Ink(tone.value)], ground) >= 4.5


@MODES
def test_curves_and_words_reach_the_device(qtbot: QtBot, tokens: Tokens) -> None:
    (sheet,) = sheets("pfs")
    image = QImage(1100, 760, QImage.Format.Format_RGB32)
    image.fill(tokens.surface)
    painter = QPainter(image)
    paint(painter, sheet, tokens)
    painter.end()
    title = next(x for x in sheet.marks if isinstance(x, Label) and x.role == "title")
    left, top, right, bottom = (round(v) for v in title.box)
    inked = {image.pixelColor(x, y).name() for x in range(left, right) for y in range(top, bottom)}
    assert len(inked) > 5
    assert image.pixelColor(5, 5) == tokens.surface


def test_a_pdf_has_every_page_and_can_be_searched(qtbot: QtBot) -> None:
    found = sheets("courses")
    (pdf,) = PAINTERS["pdf"](found, Language.ZH)
    assert pdf.count(b"/Type /Page\n") == len(found)
    assert "间歇组" in pdf_words(pdf)


def test_an_image_is_twice_as_large_as_laid_out(qtbot: QtBot) -> None:
    found = sheets("visits")
    images = PAINTERS["png"](found, Language.ZH)
    assert len(images) == len(found)
    image = QImage.fromData(images[0])
    assert (image.width(), image.height()) == (2200, 1520)
    assert image.text("Title") == "依从性：访视"
