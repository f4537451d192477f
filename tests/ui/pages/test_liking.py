"""Language and look come back to the user who chose them, from the encrypted file alone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault.preferences import preference
from tests.ui.pages.kit import SignIn, line, opened, press, ready, secret
from ui.app import Program
from ui.context import Context
from ui.language import Speech
from ui.theme import Mode, Theme


def test_what_a_user_chose_comes_back_in_a_new_program(
    qtbot: QtBot, sign_in: SignIn, place: Path, tmp_path: Path
) -> None:
    program = sign_in("crc")
    program.shell.setFocus()
    before = set(tmp_path.rglob("*"))
    press(qtbot, Qt.Key.Key_F12)
    program.context.theme.turn()
    assert program.context.speech.language is Language.EN
    assert set(tmp_path.rglob("*")) == before  # no file beside the encrypted one
    program._end()
    context = Context(Speech(Language.ZH), Theme(Mode.LIGHT))
    anew = Program(context, load_study(), home=tmp_path)
    qtbot.addWidget(anew.shell)
    anew.shell.show()
    qtbot.waitExposed(anew.shell)
    anew.start(place / "site")
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, secret("crc"))
    qtbot.waitUntil(lambda: anew.desk is not None, timeout=20_000)
    assert (context.speech.language, context.theme.mode) == (Language.EN, Mode.DARK)
    anew._end()


def test_each_user_has_a_choice_of_their_own(sign_in: SignIn, qtbot: QtBot) -> None:
    program = sign_in("crc")
    speech = program.context.speech
    speech.choose(Language.EN)
    sign_in("pi")
    speech.choose(Language.ZH)
    sign_in("crc")
    assert speech.language is Language.EN
    sign_in("pi")
    assert speech.language is Language.ZH


def test_nothing_is_kept_before_anybody_chooses_or_after_they_left(
    sign_in: SignIn, place: Path
) -> None:
    program = sign_in("crc")
    program.switch_user()
    program.context.speech.turn()
    program.context.theme.turn()
    with opened(place / "site", "crc") as session:
        assert preference(session, "language") is None
        assert preference(session, "mode") is None
