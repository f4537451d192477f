"""The preview: looking is not printing; printing is recorded; all by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.reports.blank_form import blank_visit
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session
from tests.ui.print.pdf_words import pdf_words
from ui.context import Context
from ui.print.preview import FAILED, PreviewPage
from ui.print.printing import NoPrinter


@pytest.fixture
def page(qtbot: QtBot, context: Context, crc: Session) -> PreviewPage:
    made = PreviewPage(context, crc, blank_visit(crc.study, "M12"))
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    return made


def test_looking_writes_nothing(page: PreviewPage, crc: Session) -> None:
    before = crc.head()
    assert "预览，非正式打印件" in page.sheets.pages[0].text
    page.turn_language()
    page.grab()
    assert crc.head() == before


def test_pages_turn_by_keys_and_stop_at_the_ends(page: PreviewPage, qtbot: QtBot) -> None:
    last = len(page.sheets.pages) - 1
    for key, at in (
        (Qt.Key.Key_Up, 0),
        (Qt.Key.Key_PageDown, 1),
        (Qt.Key.Key_End, last),
        (Qt.Key.Key_PageDown, last),
        (Qt.Key.Key_Home, 0),
    ):
        qtbot.keyClick(page, key)
        assert page.sheets.at == at
    assert page.sheets.accessibleName() == f"第 1 页，共 {last + 1} 页"


def test_the_language_turns_by_key(page: PreviewPage, qtbot: QtBot) -> None:
    assert page.tongue is Tongue.ZH
    for tongue in (Tongue.EN, Tongue.BOTH, Tongue.ZH):
        qtbot.keyClick(page, Qt.Key.Key_L)
        assert page.tongue is tongue


def test_saving_is_a_numbered_print(page: PreviewPage, crc: Session, tmp_path: Path) -> None:
    said: list[Text] = []
    page.said.connect(said.append)
    for copy in (1, 2):
        page.save_to(tmp_path / f"{copy}.pdf")
        words = pdf_words((tmp_path / f"{copy}.pdf").read_bytes())
        assert f"第{copy}份" in "".join(words.split())
        assert f"copy {copy}" in said[-1].en


def test_a_full_stick_is_told_in_plain_words(page: PreviewPage, tmp_path: Path) -> None:
    said: list[Text] = []
    page.said.connect(said.append)
    page.save_to(tmp_path / "nowhere" / "x.pdf")
    assert said == [FAILED]


def test_printing_is_recorded_and_whole(page: PreviewPage, crc: Session, tmp_path: Path) -> None:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "paper.pdf"))
    said: list[Text] = []
    page.said.connect(said.append)
    before = crc.head().seq
    page.print_on(printer)
    assert crc.head().seq > before
    assert "copy 1" in said[-1].en
    assert (tmp_path / "paper.pdf").read_bytes().count(b"/Type /Page\n") == len(page.sheets.pages)


def test_a_printer_that_refuses_leaves_no_record(
    page: PreviewPage, crc: Session, tmp_path: Path
) -> None:
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "nowhere" / "paper.pdf"))
    said: list[Text] = []
    page.said.connect(said.append)
    before = crc.head().seq
    page.print_on(printer)
    assert crc.head().seq == before
    assert said == [NoPrinter().text]


def test_escape_leaves(page: PreviewPage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.back):
        qtbot.keyClick(page, Qt.Key.Key_Escape)
