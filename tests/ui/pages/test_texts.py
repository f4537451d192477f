"""Every text of the pages and of the help is there in Chinese and in English."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

import ui.pages
from mrd_desktop.texts import Text
from ui.app import Program
from ui.pages.help import PAGES, HelpPage

HAN = re.compile("[一-鿿]")
SAME = {
    "MRD",
    "LVEF %",
    "sponsor.pub",
    "MRD Desktop",
    "T0 {day}",
    "{group} → {status}",
    "",
    "English",
}
"""Texts that are the same words in both languages."""


@pytest.mark.parametrize("topic", [key for key, _ in PAGES])
def test_help_is_there_in_both_languages(qtbot: QtBot, program: Program, topic: str) -> None:
    page = HelpPage(program.context, lambda _: True, topic)
    qtbot.addWidget(page)
    assert HAN.search(page.text.toPlainText())
    program.context.speech.turn()
    assert not HAN.search(page.text.toPlainText())
    assert len(page.text.toPlainText()) > 200


def _texts(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from _texts(inner)


def test_every_text_of_the_pages_is_chinese_and_english() -> None:
    names = ["ui.app", "ui.sections", "ui.grid", "ui.story_picture", "ui.widgets.asked"]
    names += [f"ui.pages.{m.name}" for m in pkgutil.iter_modules(ui.pages.__path__)]
    faults = []
    for name in names:
        for text in _texts(list(vars(importlib.import_module(name)).values())):
            if text.en in SAME and text.zh in (text.en, "CA15-3 / 上限"):
                continue
            if text.en == "中文":
                continue  # the switch to the other language says its name
            if not HAN.search(text.zh):
                faults.append(f"{name}: no Chinese in {text.zh!r}")
            if HAN.search(text.en):
                faults.append(f"{name}: Chinese in the English {text.en!r}")
    assert not faults, "\n".join(faults)
