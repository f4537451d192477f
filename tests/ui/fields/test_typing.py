"""What an editor takes: plain letters, whatever the input method gives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.study.answer import Answer
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.limits import Range
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Kind, Phi, Study
from mrd_desktop.study.values import parse_text
from ui.context import Context
from ui.fields.advance import Advance
from ui.fields.editor import Editor
from ui.fields.make import make_editor
from ui.fields.text import TextEditor

Hint = Qt.InputMethodHint


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


@pytest.fixture
def ground(qtbot: QtBot) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    return widget


def editor_of(context: Context, study: Study, oid: str, ground: QWidget) -> Editor:
    return make_editor(context, study.by_item[oid], ground, advance=Advance())


def commit(editor: Editor, words: str, composing: str = "") -> list[str]:
    """Words of an input method: first being composed, then given; returns what the form reads."""
    read: list[str] = []
    editor.typed.connect(read.append)
    if composing:
        QApplication.sendEvent(editor, QInputMethodEvent(composing, []))
    event = QInputMethodEvent()
    event.setCommitString(words)
    QApplication.sendEvent(editor, event)
    return read


def test_every_field_but_texts_keeps_the_input_method_off(
    context: Context, study: Study, ground: QWidget
) -> None:
    for form in study.forms:
        for item in form.items:
            editor = make_editor(context, item, ground, advance=Advance())
            hints = editor.inputMethodHints()
            on = editor.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
            text = item.type.kind is Kind.TEXT and not item.capitals
            assert on is text, item.oid
            assert text or Hint.ImhPreferLatin in hints, item.oid
            if not text or item.phi is Phi.DIRECT:
                assert Hint.ImhNoPredictiveText in hints, item.oid
            if text and item.phi is Phi.DIRECT:
                assert Hint.ImhSensitiveData in hints, item.oid
            editor.deleteLater()


def test_numbers_ask_for_digits(context: Context, study: Study, ground: QWidget) -> None:
    whole = make_editor(context, study.by_item["VS.PULSE"], ground, advance=Advance())
    assert Hint.ImhDigitsOnly in whole.inputMethodHints()
    below = make_editor(
        context, study.by_item["CV.GLS"], ground, advance=Advance(), legal=Range(low=Decimal(-35))
    )
    assert Hint.ImhDigitsOnly not in below.inputMethodHints(), "a sign may be needed"
    assert Hint.ImhFormattedNumbersOnly in below.inputMethodHints()


@pytest.mark.parametrize(
    ("oid", "words", "read"),
    [
        ("VS.TEMP", "３６．７", "36.7"),
        ("VS.TEMP", "36。7", "36.7"),
        ("VS.PULSE", "８４", "84"),
        ("SV.VISDAT", "２６０３１６", "260316"),
        ("SV.VISDAT", "2026年3月16日", "2026年3月16日"),
        ("SV.VISDAT", "＋１３ｗ", "+13w"),
        ("SV.VISDAT", "＝", "="),
        ("SV.VISDAT", "ｔ", "t"),
        ("BCH.PRIMDAT", "２０１７－０６", "2017-06"),
        ("BCH.PRIMDAT", "ＵＮ", "UN"),
        ("SV.STAT", "１", "DONE"),
        ("MRD.SAMPTIM", "０８：３０", "08:30"),
        ("MRDV.GENE", "ｅｒｂｂ２", "ERBB2"),
        ("CM.TRT", "曲妥珠单抗", "曲妥珠单抗"),
        ("CM.TRT", "第１代（ＸＴ）", "第１代（ＸＴ）"),
        ("ID.MOBILE", "１３８００１３８０００", "13800138000"),
        ("ID.ADDR", "示例路１２号（３楼）Ａ座", "示例路12号（3楼）Ａ座"),
    ],
)
def test_full_width_letters_are_read_as_plain_ones(
    context: Context, study: Study, ground: QWidget, oid: str, words: str, read: str
) -> None:
    editor = editor_of(context, study, oid, ground)
    assert commit(editor, words)[-1] == read


def test_wide_digits_that_come_another_way_are_told(study: Study) -> None:
    """A file or another program may bring them: a number is read, a telephone number told."""
    pulse = study.by_item["VS.PULSE"]
    assert parse_text(pulse, "８４", today=date(2026, 1, 1)) == Answer("84")
    with pytest.raises(ValueRefused) as refused:
        parse_text(pulse, "８４次", today=date(2026, 1, 1))
    assert "数字" in refused.value.reason.zh or "整数" in refused.value.reason.zh
    mobile = study.by_item["ID.MOBILE"]
    wide = parse_text(mobile, "１３８００１３８０００", today=date(2026, 1, 1))
    assert wide == Answer("１３８００１３８０００"), "direct identifiers stay as they came"


def test_what_is_being_composed_is_not_read_yet(
    context: Context, study: Study, ground: QWidget
) -> None:
    editor = editor_of(context, study, "CM.TRT", ground)
    assert isinstance(editor, TextEditor)
    assert commit(editor, "曲", composing="qu") == ["曲"]
    assert editor.text() == "曲"


def test_a_symbol_is_typed_in_capitals_wherever_the_caret_is(
    qtbot: QtBot, context: Context, study: Study, ground: QWidget
) -> None:
    editor = editor_of(context, study, "MRDV.GENE", ground)
    qtbot.keyClicks(editor, "pik3a")
    editor.setCursorPosition(4)
    qtbot.keyClicks(editor, "c")
    assert editor.text() == "PIK3CA"
    assert editor.cursorPosition() == 5
