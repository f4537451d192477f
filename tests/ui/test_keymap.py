"""The keyboard map: one list for F1, the help page and the printed sheet, and nothing left out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.reports.keyboard import keyboard_map
from mrd_desktop.insight.reports.model import Table
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.ui.form_kit import Typist, consented, form_key
from ui.context import Context
from ui.form.words import KEYS as FORM_KEYS
from ui.pages.help import TABLES, keys_page
from ui.widgets.sheet import Sheet

PAGES = Path(__file__).parents[2] / "ui" / "pages"
HAN = re.compile(r"[\u4e00-\u9fff]")
NAMES = {"Slash": "/", "Delete": "Del", "PageUp": "PgUp", "PageDown": "PgDn", "Escape": "Esc"}
ALIKE = {"Return": "Enter"}


def named(heading_of: str = "") -> set[str]:
    """The single keys on the map."""
    tables = [keys for heading, keys in TABLES if heading_of in heading.en]
    return {word for keys in tables for key, _ in keys for word in key.split()}


def word(key: Qt.Key, held: str = "") -> str:
    name = key.name.removeprefix("Key_")
    name = NAMES.get(name, ALIKE.get(name, name))
    return f"{held}{name}"


def test_every_act_of_a_form_is_on_the_map(qtbot: QtBot, context: Context, crc: Session) -> None:
    consented(crc)
    page = Typist(qtbot, context, crc, form_key("VS")).page
    acts = {word(key) for key in page._plain()}
    acts |= {word(key, "Ctrl+") for key in page._with_ctrl()}
    on_map = named("In a form") | named("Everywhere")
    assert not acts - on_map


@pytest.mark.parametrize("file", sorted(PAGES.glob("*.py")), ids=lambda p: p.stem)
def test_every_letter_and_function_key_of_a_page_is_on_the_map(file: Path) -> None:
    keys = re.findall(
        r"Qt\.Key\.Key_([A-Z]|[0-9]|F[0-9]+|Slash|Delete)\b", file.read_text(encoding="utf-8")
    )
    words = {NAMES.get(k, k) for k in keys}
    letters = {w.removeprefix("Ctrl+") for w in named()}
    assert not words - letters, "add it to the map (ui/pages/help.py)"


def test_no_key_of_a_form_means_two_things() -> None:
    keys = [k for heading, table in TABLES if "In a form" in heading.en for k, _ in table]
    words = Counter(w for key in keys for w in key.split() if re.search("[A-Z]", w) and w != "UN")
    assert not {w: n for w, n in words.items() if n > 1}


def test_the_map_speaks_both_languages() -> None:
    for heading, keys in TABLES:
        for text in (heading, *(t for _, t in keys)):
            assert text.en and not HAN.search(text.en)
            assert HAN.search(text.zh)


def test_help_paper_and_f1_say_the_same(qtbot: QtBot, context: Context, crc: Session) -> None:
    report = keyboard_map(TABLES)
    printed = [
        (str(row[0].text), row[1].text)
        for block in report.blocks
        if isinstance(block, Table)
        for row in block.rows
    ]
    assert printed == [(key, text) for _, keys in TABLES for key, text in keys]
    for language in Language:
        page = keys_page(language, "#000000")
        assert all(text.say(language).split("；")[0].split("<")[0] in page for _, text in printed)
    consented(crc)
    form = Typist(qtbot, context, crc, form_key("VS"))
    form.press(Qt.Key.Key_F1)
    sheet = form.popup()
    assert isinstance(sheet, Sheet)
    shown = [line.first for line in sheet.lines]
    assert shown == [key for key, _ in FORM_KEYS]
