"""Every page in both languages, light and dark: nothing cut, nothing unnamed, nothing untold."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QSizePolicy, QWidget
from pytestqt.qtbot import QtBot

import ui.pages
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.texts import Language, Text
from tests.ui.pages.kit import SignIn, settled
from ui.app import Program
from ui.pages.admin import AdminPage
from ui.pages.help import PAGES, HelpPage
from ui.pages.leaving import LeavingPart
from ui.pages.new_site import CodePage, FirstUserPage, SheetPage
from ui.pages.sign import SignPage
from ui.pages.transfer import TransferPage
from ui.theme import Mode

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


def cut(window: QWidget) -> Iterator[str]:
    """Labels and buttons that have less room than their text needs."""
    for label in window.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        if label.wordWrap():
            if label.heightForWidth(label.width()) > label.height() + 1:
                yield f"label is too low: {label.text()[:60]}"
        elif label.sizePolicy().horizontalPolicy() != QSizePolicy.Policy.Ignored and (
            label.sizeHint().width() > label.width() + 1
        ):
            yield f"label is cut: {label.text()[:60]}"
    for button in window.findChildren(QAbstractButton):
        short = (
            button.isVisible()
            and button.text()
            and (button.sizeHint().width() > button.width() + 1)
        )
        if short:
            yield f"button is cut: {button.text()}"
    for widget in window.findChildren(QWidget):
        inside = widget.isVisible() and isinstance(widget, QLabel | QAbstractButton)
        if inside and widget.parentWidget() and not _in_scroller(widget):
            right = widget.mapTo(window, widget.rect().bottomRight())
            if right.x() > window.width() or right.y() > window.height():
                yield f"outside the window: {widget.accessibleName() or widget}"


def _in_scroller(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    while parent is not None:
        if parent.objectName() == "qt_scrollarea_viewport":
            return True
        parent = parent.parentWidget()
    return False


def unnamed(window: QWidget) -> Iterator[str]:
    """What takes the focus and says nothing to a screen reader."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        said = widget.accessibleName() or (
            widget.text() if isinstance(widget, QAbstractButton | QCheckBox) else ""
        )
        inner = widget.parentWidget() is not None and widget.parentWidget().focusProxy() is widget
        if not said and not inner and type(widget).__name__ not in ("QScrollArea", "Scroller"):
            yield f"{type(widget).__name__} {widget.objectName()}"


def check(qtbot: QtBot, program: Program, name: str) -> None:
    """Both languages, light and dark."""
    faults: list[str] = []
    speech, theme = program.context.speech, program.context.theme
    for language in Language:
        speech.choose(language)
        for mode in (Mode.LIGHT, Mode.DARK):
            theme.choose(mode)
            settled(qtbot, program)
            faults += [f"{name} {language} {mode}: {x}" for x in cut(program.shell)]
            faults += [f"{name} {language} {mode}: unnamed {x}" for x in unnamed(program.shell)]
    theme.choose(Mode.LIGHT)
    speech.choose(Language.ZH)
    assert not faults, "\n".join(dict.fromkeys(faults))


def test_pages_before_the_sign_in(qtbot: QtBot, program: Program, place: Path) -> None:
    program.doors.show_start()
    check(qtbot, program, "start")
    for training in (True, False):
        program.doors.show_new_site(training)
        check(qtbot, program, "new site")
    for page in (
        FirstUserPage(program.context, training=True),
        CodePage(program.context, "crc", "abcd-efgh-ijkl-mnop-qrst-uvwx"),
        SheetPage(program.context, "No. 1\nA: AAAA BBBB\n\nB: CCCC DDDD\n"),
    ):
        program.shell.cover(page)
        check(qtbot, program, type(page).__name__)
    program.start(place / "site")
    check(qtbot, program, "sign-in")


def test_pages_of_work(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("pi")
    desk = program.desk
    assert desk is not None
    for key in ("today", "subjects", "queries", "transfer", "help"):
        page = program.shell.go(key)
        settled(qtbot, program)
        if isinstance(page, TransferPage):
            leaving = page.parts["leave"]
            assert isinstance(leaving, LeavingPart)
            qtbot.waitUntil(lambda part=leaving: part.looked, timeout=20_000)
            check(qtbot, program, "leave")
            page.show_part("come")
        check(qtbot, program, key)
    for subject in ("01-001", "01-002"):
        desk.open_subject(subject)
        check(qtbot, program, subject)
    page = SignPage(program.context, desk, "01-002", [FormKey(EventKey("01-002", "M03"), "SV")])
    program.shell.open(page)
    check(qtbot, program, "sign")
    program.lock()
    check(qtbot, program, "locked")


def test_pages_of_the_administrator(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("admin")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    for key in page.parts:
        page.show_part(key)
        check(qtbot, program, key)
    program = sign_in("crc")
    page = program.shell.go("admin")
    assert isinstance(page, AdminPage)
    assert "users" not in page.parts
    for key in page.parts:
        page.show_part(key)
        check(qtbot, program, key)


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
