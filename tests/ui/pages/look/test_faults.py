"""Each checker goes red on a widget that is broken in its way, and on no sound one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language, Text
from tests.ui.pages.look import faults
from tests.ui.pages.look.drawn import drawn
from ui.context import Context
from ui.theme import Ink
from ui.widgets.button import Button
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note

LONG = "A sentence that is far longer than the room it has"
NAME = Text("Name", "姓名")


class Painted(QWidget):
    """Writes by hand: one text for each box."""

    def __init__(self, parent: QWidget, text: str, *boxes: QRectF, short: bool = False) -> None:
        super().__init__(parent)
        self.text = text
        self.boxes = boxes
        self.short = short
        self.setGeometry(0, 0, 300, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for box in self.boxes:
            room = int(box.width())
            text = self.text
            if self.short:
                text = QFontMetrics(self.font()).elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


@pytest.fixture
def window(qtbot: QtBot, context: Context) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(320, 240)
    made.show()
    made.activateWindow()
    qtbot.waitExposed(made)
    return made


def shown(qtbot: QtBot, *widgets: QWidget) -> None:
    for widget in widgets:
        widget.show()
    qtbot.wait(10)


def cut(window: QWidget) -> list[str]:
    return list(faults.cut(drawn(window)))


def test_texts_of_every_kind_are_seen(qtbot: QtBot, window: QWidget) -> None:
    column = QVBoxLayout(window)
    painted = Painted(window, "painted 画", QRectF(0, 0, 200, 20))
    painted.setMinimumHeight(20)
    for widget in (QLabel("label"), QPushButton("push"), QLineEdit("typed"), painted):
        column.addWidget(widget)
    shown(qtbot)
    assert {t.text for t in drawn(window)} == {"label", "push", "typed", "painted 画"}


def test_painted_text_beyond_its_room_is_cut(qtbot: QtBot, window: QWidget) -> None:
    good = Painted(window, "ok", QRectF(0, 0, 200, 20))
    shown(qtbot, good)
    assert not cut(window)
    good.boxes = (QRectF(0, 0, 30, 20),)
    assert "cut (wide)" not in "".join(cut(window)), "it fits"
    good.text = LONG
    assert "cut (wide)" in "".join(cut(window))
    good.boxes = (QRectF(0, 0, 3000, 20),)
    good.text = LONG * 3
    assert "cut (wide)" in "".join(cut(window)), "beyond the widget"
    good.text, good.boxes = "lyp", (QRectF(0, 0, 100, 4),)
    assert "cut (high)" in "".join(cut(window))


def test_a_shortened_text_needs_a_tool_tip(qtbot: QtBot, window: QWidget) -> None:
    painted = Painted(window, LONG, QRectF(0, 0, 90, 20), short=True)
    shown(qtbot, painted)
    assert "without a tool tip" in "".join(cut(window))
    painted.setToolTip(f"{LONG}.")
    assert not cut(window)


def test_labels_buttons_and_prompts_that_are_tight(
    qtbot: QtBot, window: QWidget, context: Context
) -> None:
    label, wrapped = QLabel(LONG, window), QLabel(LONG, window)
    wrapped.setWordWrap(True)
    button = Button(context, Text(LONG, LONG), window)
    line = Line(context, window)
    line.setPlaceholderText(LONG)
    for n, widget in enumerate((label, wrapped, button, line)):
        widget.setGeometry(0, n * 50, 80, 28)
    shown(qtbot, label, wrapped, button, line)
    told = "".join(faults.tight(window))
    for kind in ("label is too narrow", "label is too low", "button is too narrow", "prompt"):
        assert kind in told
    for widget in (label, wrapped, button, line):
        widget.setFixedSize(900, 40)
    assert not list(faults.tight(window))


def test_texts_over_one_another(qtbot: QtBot, window: QWidget) -> None:
    painted = Painted(window, "one", QRectF(0, 0, 80, 20), QRectF(90, 0, 80, 20))
    shown(qtbot, painted)
    assert not list(faults.overlapping(drawn(window), window))
    painted.boxes = (QRectF(0, 0, 80, 20), QRectF(8, 3, 80, 20))
    assert list(faults.overlapping(drawn(window), window))


def test_children_outside_and_over_one_another(qtbot: QtBot, window: QWidget) -> None:
    one, other = QWidget(window), QWidget(window)
    one.setGeometry(0, 0, 50, 50)
    other.setGeometry(60, 0, 50, 50)
    shown(qtbot, one, other)
    assert not list(faults.outside(window))
    other.setGeometry(40, 0, 50, 50)
    assert "neighbours overlap" in "".join(faults.outside(window))
    other.setGeometry(300, 0, 50, 50)
    assert "outside its parent" in "".join(faults.outside(window))


def known(word: str) -> bool:
    return word == "ctDNA"


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        (Language.ZH, "保存 Save", True),
        (Language.ZH, "保存 ctDNA 2 times", True),
        (Language.ZH, "保存 ctDNA-MRD 01-001", False),
        (Language.EN, "Save 保存", True),
        (Language.EN, "Save", False),
    ],
)
def test_words_of_the_other_language(
    qtbot: QtBot, window: QWidget, language: Language, text: str, wrong: bool
) -> None:
    label = QLabel(text, window)
    label.setGeometry(0, 0, 300, 30)
    shown(qtbot, label)
    assert bool(list(faults.untold(drawn(window), language, known))) is wrong


def test_what_has_no_name(qtbot: QtBot, window: QWidget) -> None:
    line = QLineEdit(window)
    shown(qtbot, line)
    assert "no name" in "".join(faults.unnamed(window))
    line.setAccessibleName("Name")
    assert not list(faults.unnamed(window))


def test_what_is_painted_by_hand_says_what_it_shows(qtbot: QtBot, window: QWidget) -> None:
    painted = Painted(window, "x", QRectF(0, 0, 20, 20))
    painted.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    painted.setAccessibleName("Story")
    shown(qtbot, painted)
    assert "no description" in "".join(faults.unnamed(window))
    painted.setAccessibleDescription("Treatment: intermission since 2026-01-02.")
    assert not list(faults.unnamed(window))


def test_faint_text(qtbot: QtBot, window: QWidget, context: Context) -> None:
    label = QLabel("Read me", window)
    label.setGeometry(0, 0, 200, 30)
    palette = label.palette()
    shown(qtbot, label)

    def faint() -> list[str]:
        return list(faults.faint(drawn(window), window, window.grab().toImage()))

    assert not faint()
    palette.setColor(QPalette.ColorRole.WindowText, QColor(context.tokens.disabled))
    label.setPalette(palette)
    assert faint()
    label.setEnabled(False)
    assert not faint(), "what cannot be used may be faint"


class Unseen(QWidget):
    """Takes the focus and does not show it."""

    def sizeHint(self) -> QSize:
        return QSize(40, 40)


def test_focus_that_is_not_seen(qtbot: QtBot, window: QWidget, context: Context) -> None:
    seen = Line(context, window)
    seen.setGeometry(QRect(10, 10, 100, 28))
    shown(qtbot, seen)
    assert not list(faults.unfocused(window))
    unseen = Unseen(window)
    unseen.setGeometry(QRect(150, 50, 40, 40))
    unseen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    shown(qtbot, unseen)
    assert list(faults.unfocused(window)) == ["the focus is not seen: Unseen"]


@pytest.fixture
def listing(qtbot: QtBot, window: QWidget, context: Context) -> Iterator[Listing[Ink]]:
    """Rows of which only the ink differs."""
    column: Column[Ink] = Column(NAME, lambda ink: Cell("7", ink))
    made: Listing[Ink] = Listing(context, [column], NAME)
    made.setParent(window)
    made.setGeometry(0, 0, 300, 200)
    shown(qtbot, made)
    yield made


def test_rows_told_apart_by_colour_alone(window: QWidget, listing: Listing[Ink]) -> None:
    listing.show_rows([Ink.TEXT, Ink.TEXT], str)
    assert not list(faults.coloured(window))
    listing.show_rows([Ink.TEXT, Ink.HARD], str)
    assert list(faults.coloured(window))


def test_a_shortened_cell_says_itself_to_the_pointer(
    qtbot: QtBot, window: QWidget, context: Context
) -> None:
    column: Column[str] = Column(NAME, Cell, width=60)
    made: Listing[str] = Listing(context, [column], NAME)
    made.setParent(window)
    made.setGeometry(0, 0, 300, 200)
    made.show_rows([LONG], str)
    shown(qtbot, made)
    assert any(t.full == LONG for t in drawn(window))
    assert not cut(window)


def test_a_sound_page_has_no_faults(qtbot: QtBot, window: QWidget, context: Context) -> None:
    column = QVBoxLayout(window)
    line = Line(context)
    line.setAccessibleName("姓名")
    for widget in (Note(context, NAME), line, Button(context, Text("Save", "保存"))):
        column.addWidget(widget)
    shown(qtbot)
    texts = drawn(window)
    assert not [
        *faults.cut(texts),
        *faults.tight(window),
        *faults.overlapping(texts, window),
        *faults.outside(window),
        *faults.untold(texts, Language.ZH, known),
        *faults.unnamed(window),
        *faults.faint(texts, window, window.grab().toImage()),
        *faults.unfocused(window),
    ]
