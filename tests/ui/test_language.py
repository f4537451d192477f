from __future__ import annotations

import gc
from contextlib import suppress

from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from mrd_desktop.texts import Language, Text
from ui.context import Context
from ui.language import Speech
from ui.widgets.note import Note


def test_a_switch_reaches_texts_at_once(qtbot: QtBot, context: Context) -> None:
    note = Note(context, Text("Saved", "已保存"))
    qtbot.addWidget(note)
    assert note.text() == "已保存"
    with qtbot.waitSignal(context.speech.changed):
        context.speech.turn()
    assert note.text() == "Saved"


def test_standard_buttons_follow(qtbot: QtBot) -> None:
    # Windows of tests before would still speak their own language for the whole program.
    for other in [x for x in gc.get_objects() if type(x) is Speech]:
        with suppress(RuntimeError):  # of which only the shell is left
            other.choose(Language.EN)
    speech = Speech(Language.ZH)

    def cancel() -> str:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        qtbot.addWidget(box)
        return box.button(QDialogButtonBox.StandardButton.Cancel).text()

    assert cancel() == "取消"
    speech.turn()
    assert "Cancel" in cancel()


def test_choosing_the_same_language_tells_nobody(qtbot: QtBot) -> None:
    speech = Speech(Language.EN)
    with qtbot.assertNotEmitted(speech.changed):
        speech.choose(Language.EN)
