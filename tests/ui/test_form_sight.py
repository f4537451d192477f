"""What of a form counts as seen: the real follower on a real scrolling part of known size."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from ui.form import sight
from ui.form.sight import FormSight
from ui.theme import Size


class Speech(QObject):
    changed = Signal()


class Page(QObject):
    saved = Signal(object)


class Laid:
    """A content of a size that the test gives, and how often all of it counted as seen."""

    def __init__(self, qtbot: QtBot, wide: int, tall: int) -> None:
        self.sheet, self.content, self.noted = QScrollArea(), QWidget(), 0
        self.content.setFixedSize(wide, tall)
        self.sheet.setWidget(self.content)
        self.sheet.setFrameShape(QScrollArea.Shape.NoFrame)
        self.sheet.resize(640, 800)
        qtbot.addWidget(self.sheet)
        self.sheet.show()
        qtbot.waitExposed(self.sheet)
        self.page, self.speech = Page(self.sheet), Speech(self.sheet)
        session = SimpleNamespace(head=lambda: SimpleNamespace(seq=1), locked=False)
        entry = SimpleNamespace(session=session, dirty=False, key=None)
        vars(self.page).update(
            view=SimpleNamespace(sheet=self.sheet),
            context=SimpleNamespace(speech=self.speech),
            entry=entry,
        )
        self.sight = FormSight(self.page, lambda _: None)  # type: ignore[arg-type]
        self.sight._note = self._count  # type: ignore[method-assign]

    def look(self, *tops: int, left: int = 0) -> int:
        """Stand still at each place."""
        for top in tops:
            self.sheet.verticalScrollBar().setValue(top)
            self.sheet.horizontalScrollBar().setValue(left)
            self.sight._look()
        return self.noted

    def _count(self) -> None:
        self.noted += 1


def test_all_of_it_in_any_order_is_seen(qtbot: QtBot) -> None:
    laid = Laid(qtbot, 600, 3000)
    assert laid.look(0, 2200, 700) == 0
    assert laid.look(1500) == 1


@pytest.mark.parametrize("size", [(600, 1450), (600, 2400), (500, 3000), (600, 3600)])
def test_a_form_that_was_laid_out_anew_is_looked_at_anew(
    qtbot: QtBot, size: tuple[int, int]
) -> None:
    """A wider window or smaller letters bring other lines to the places that were in sight."""
    laid = Laid(qtbot, 600, 3000)
    assert laid.look(0, 700, 1400) == 0
    laid.content.setFixedSize(*size)
    qtbot.wait(50)
    bar = laid.sheet.verticalScrollBar()
    assert laid.look(bar.maximum()) == 0, "the rest alone is not all of it"
    assert laid.look(*range(0, bar.maximum() + 1, 700)) > 0


def test_what_lies_to_the_right_of_the_window_was_not_seen(qtbot: QtBot) -> None:
    laid = Laid(qtbot, 1000, 1200)
    assert laid.look(0, 600) == 0
    assert laid.look(0, left=400) == 0
    assert laid.look(600, left=400) == 1
    narrow = Laid(qtbot, laid.sheet.viewport().width() + Size.MARGIN, 1200)
    assert narrow.look(0, 600) == 1, "a blank margin is nothing to look at"


def test_the_dwell_is_what_calls_it(qtbot: QtBot) -> None:
    laid = Laid(qtbot, 600, 700)
    qtbot.waitUntil(lambda: laid.noted > 0, timeout=sight.DWELL + 2000)
