"""A question's line below takes the room of its words, and gives it back."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language, Text
from tests.ui.pages.kit import laid_out
from ui.context import Context
from ui.pages.cover import CoverPage
from ui.theme import Size
from ui.widgets.asked import Asked

LONG = Text("Many words that need more than a single line " * 3, "一句话")


def test_the_line_below_grows_and_shrinks_with_its_words(qtbot: QtBot, context: Context) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    asked = Asked(context, Text("Question", "问题"), hint=LONG)
    column.addWidget(asked)
    column.addStretch(1)
    qtbot.addWidget(page)
    page.resize(620, 300)
    page.show()
    laid_out(page)
    for _ in range(2):
        assert asked._below.height() == Size.FINDING
        context.speech.choose(Language.EN)
        laid_out(page)
        assert asked._below.height() > Size.FINDING
        page.resize(1400, 300)
        laid_out(page)
        assert asked._below.height() == Size.FINDING, "in a wide window one line is enough"
        page.resize(620, 300)
        context.speech.choose(Language.ZH)
        laid_out(page)


def test_a_paragraph_of_a_cover_gives_its_room_back(qtbot: QtBot, context: Context) -> None:
    page = CoverPage(context, Text("Heading", "标题"))
    note = page.paragraph(LONG)
    qtbot.addWidget(page)
    page.show()
    before = note.minimumHeight()
    context.speech.choose(Language.EN)
    assert note.minimumHeight() > before
    context.speech.choose(Language.ZH)
    assert note.minimumHeight() == before
