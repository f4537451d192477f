"""An identity form: covered, shown by an act, covered again; a look is one record, wordless."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.ui.form_kit import Typist, consented, form_key
from ui.context import Context
from ui.form.masking import SHOWN_FOR

NAME = "合成甲乙丙"


@pytest.fixture
def identity(qtbot: QtBot, context: Context, crc: Session) -> Typist:
    """An identity form that holds a name, in front."""
    consented(crc)
    key = form_key("ID")
    entry = Casebook(crc).open(key)
    entry.type(ItemKey(RowKey(key, "A"), "PATNAME"), NAME)
    entry.save(complete=False, reason=ChangeReason("TYPO"))
    form = Typist(qtbot, context, crc, key)
    form.page.enter()
    return form


def looks(session: Session) -> list[Record]:
    with session.reading() as conn:
        records = list(store.records(conn, session.folder.chain))
    return [r for r in records if r.opening and r.kind is Kind.IDENTITY_LOOKED]


def seen(form: Typist) -> bool:
    """Whether any widget that is shown holds the name, in sight or for a screen reader."""
    return any(
        NAME in line.text() + line.accessibleName()
        for line in form.page.findChildren(QLineEdit)
        if line.isVisible()
    )


def test_it_is_covered_and_shown_by_a_key_with_one_record(identity: Typist, crc: Session) -> None:
    masking = identity.page.masking
    assert masking.covered
    assert not seen(identity)
    assert looks(crc) == []
    identity.press(Qt.Key.Key_Return)
    assert not masking.covered
    assert seen(identity)
    (look,) = looks(crc)
    assert look.opening is not None
    assert NAME not in look.opening.payload.decode()
    assert (look.body["what"], look.body["subject"]) == ("form", "01-001")


def test_a_click_shows_it_too(identity: Typist, crc: Session) -> None:
    identity.page.masking.cover.show_them.click()
    assert seen(identity)
    assert len(looks(crc)) == 1


def test_thirty_seconds_without_a_key_cover_it(identity: Typist) -> None:
    masking = identity.page.masking
    masking.show_them()
    assert SHOWN_FOR == 30_000
    assert (masking.timer.isActive(), masking.timer.interval()) == (True, SHOWN_FOR)
    masking.timer.timeout.emit()
    assert masking.covered
    assert not seen(identity)


def test_leaving_and_locking_cover_it(identity: Typist, crc: Session) -> None:
    identity.page.masking.show_them()
    identity.page.leave()
    assert not seen(identity)
    identity.page.enter()
    assert not seen(identity)
    assert len(looks(crc)) == 1


HELD: list[Callable[[Typist], object]] = [
    lambda f: f.press(Qt.Key.Key_F8),
    lambda f: f.press(Qt.Key.Key_F4),
    lambda f: f.press(Qt.Key.Key_F1),
]


@pytest.mark.parametrize("act", HELD, ids=["history", "list", "keys"])
def test_no_key_of_the_form_gets_round_the_cover(
    identity: Typist, crc: Session, act: Callable[[Typist], object]
) -> None:
    act(identity)
    assert QApplication.activePopupWidget() is None
    assert not seen(identity)
    assert looks(crc) == []


def test_an_empty_form_and_a_coded_one_are_not_covered(
    qtbot: QtBot, context: Context, crc: Session
) -> None:
    consented(crc)
    for name in ("ID", "IC"):
        form = Typist(qtbot, context, crc, form_key(name))
        form.page.enter()
        assert not form.page.masking.covered
