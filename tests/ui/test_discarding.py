"""Typing that consent keeps from being saved is given up by one key, after saying what is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record import drafts
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.ui.form_kit import CTRL, Typist, consented, form_key
from ui.context import Context
from ui.theme import Size

Key = Qt.Key
BOTH = CTRL | Qt.KeyboardModifier.ShiftModifier
SAMPLE = form_key("MRD")
HISTORY = form_key("BCH")
TUBE = ItemKey(RowKey(SAMPLE, "A"), "TUBE")
SCORE = ItemKey(RowKey(HISTORY, "PATH"), "KI67")
GRADE = ItemKey(RowKey(HISTORY, "A"), "HGRADE")
_HABIT = 450
"""Milliseconds after which an Enter is meant for the question."""

Open = Callable[[FormKey], Typist]


def fill(session: Session, values: dict[ItemKey, str], *, kept: bool = False) -> None:
    """Type into one form, and save it or leave it as a draft."""
    entry = Casebook(session).open(next(iter(values)).form)
    for key, text in values.items():
        if key.row.group == "PATH" and not any(
            r.key == key.row for g in entry.groups() for r in g.rows
        ):
            entry.add_row("PATH")
        entry.type(key, text)
    if kept:
        entry.keep_draft()
    else:
        entry.save(complete=False, reason=ChangeReason("TYPO"))


def genes(session: Session, answer: str) -> None:
    """What was said about genetic testing."""
    fill(session, {ItemKey(RowKey(form_key("IC"), "B"), "ICHGR"): answer})


def drafted(session: Session) -> set[FormKey]:
    with session.reading() as conn:
        return set(drafts.addresses(conn, session.user))


@pytest.fixture
def closed(qtbot: QtBot, context: Context, crc: Session) -> Open:
    """A sample and a history, typed over and then closed by a refused consent."""
    consented(crc)
    taken = {ItemKey(RowKey(SAMPLE, "A"), "PERF"): "Y", TUBE: "PAX"}
    fill(crc, taken)
    fill(crc, {SCORE: "20", GRADE: "GRADE 1"})
    fill(crc, {TUBE: "EDTA"}, kept=True)
    fill(crc, {SCORE: "33", GRADE: "GRADE 2"}, kept=True)
    genes(crc, "N")
    return lambda key: Typist(qtbot, context, crc, key)


def discard(qtbot: QtBot, form: Typist) -> None:
    form.press(Key.Key_Delete, BOTH)
    assert form.page.discarding.line.isVisible()
    qtbot.wait(_HABIT)
    form.press(Key.Key_Return)
    assert not form.page.discarding.line.isVisible()


def test_a_closed_form_says_that_typing_waits_and_lets_it_go(
    qtbot: QtBot, crc: Session, closed: Open
) -> None:
    form = closed(SAMPLE)
    page = form.page
    assert page.foot.discard.isVisible()
    assert "Ctrl+Shift+Del" in page.foot.message.text()
    form.press(Key.Key_Delete, BOTH)
    asked = form.focus.accessibleName()
    assert "采血管" in asked and "已保存的内容保留" in asked
    form.press(Key.Key_Escape)
    assert SAMPLE in drafted(crc), "Esc keeps it"
    assert page.foot.discard.isVisible()
    with qtbot.waitSignal(page.discarding.discarded):
        discard(qtbot, form)
    assert SAMPLE not in drafted(crc)
    assert not page.foot.discard.isVisible()
    assert "未同意基因检测" in page.foot.message.text(), "why it is closed stays in sight"
    genes(crc, "Y")
    again = Casebook(crc).open(SAMPLE)
    assert again.field(TUBE).answer == Answer("PAX")
    assert not again.dirty


def test_a_closed_section_is_cleared_and_the_rest_is_saved(
    qtbot: QtBot, crc: Session, closed: Open
) -> None:
    form = closed(HISTORY)
    page = form.page
    assert page.body._closed["PATH"].stuck.isVisible()
    head = crc.head().seq
    form.press(Key.Key_S, CTRL)
    assert "病理标本" in page.foot.message.text()
    assert crc.head().seq == head, "said before Save is tried, and before a reason is asked for"
    form.press(Key.Key_Delete, BOTH)
    assert "Ki-67" in form.focus.accessibleName()
    assert "分级" not in form.focus.accessibleName(), "only what is closed"
    form.press(Key.Key_Escape)
    discard(qtbot, form)
    assert not page.body._closed["PATH"].stuck.isVisible()
    assert not page.foot.discard.isVisible()
    assert page.body.views[SCORE].text == "20"
    editor = page.body.editor(SCORE)
    assert editor is not None and editor.text() == "20"
    form.press(Key.Key_S, CTRL)
    form.type("1")
    form.press(Key.Key_Return)
    assert HISTORY not in drafted(crc)
    stands = Casebook(crc).open(HISTORY)
    assert (stands.field(GRADE).text, stands.field(SCORE).text) == ("2", "20")


def test_in_a_closed_section_the_foot_says_so(closed: Open) -> None:
    form = closed(HISTORY)
    form.go("KI67")
    assert "本节现不可录入" in form.page.foot.message.text()
    form.go("HGRADE")
    assert form.page.foot.message.text() == ""


def test_one_key_leads_from_what_is_closed_to_what_closes_it(qtbot: QtBot, closed: Open) -> None:
    consent = ItemKey(RowKey(form_key("IC"), "B"), "ICHGR")
    for key, item in ((SAMPLE, "PERF"), (HISTORY, "KI67")):
        form = closed(key)
        form.go(item)
        with qtbot.waitSignal(form.page.place_wanted) as wanted:
            form.press(Key.Key_G, CTRL)
        assert wanted.args == [consent]


def test_a_closed_section_without_a_field_is_led_out_of_from_elsewhere(
    qtbot: QtBot, context: Context, crc: Session
) -> None:
    consented(crc)
    genes(crc, "N")
    form = Typist(qtbot, context, crc, HISTORY)
    assert {k.row.group for k in form.page.body.order} == {"A"}
    assert form.page.body._closed["PATH"].note.isVisible()
    with qtbot.waitSignal(form.page.place_wanted) as wanted:
        form.press(Key.Key_G, CTRL)
    assert wanted.args == [ItemKey(RowKey(form_key("IC"), "B"), "ICHGR")]


def test_a_form_comes_back_as_consent_has_it_now(crc: Session, closed: Open) -> None:
    form = closed(SAMPLE)
    form.page.leave()
    genes(crc, "Y")
    form.page.enter()
    form.settle()
    assert form.page.entry.read_only is None
    assert form.page.body.views[TUBE].text == Casebook(crc).open(SAMPLE).field(TUBE).text
    assert form.page.entry.dirty, "and with the typing that waited"
    assert not form.page.foot.discard.isVisible()
    form.page.leave()
    genes(crc, "N")
    form.page.enter()
    form.settle()
    assert form.page.entry.read_only is not None
    assert form.page.foot.discard.isVisible()


def test_in_an_open_form_it_takes_back_all_that_is_not_saved(
    qtbot: QtBot, context: Context, crc: Session
) -> None:
    consented(crc)
    fill(crc, {GRADE: "GRADE 1"})
    form = Typist(qtbot, context, crc, HISTORY)
    form.press(Key.Key_Delete, BOTH)
    assert "没有未保存" in form.page.foot.message.text()
    form.go("HGRADE")
    form.type("2")
    form.press(Key.Key_N, CTRL)
    assert not form.page.foot.discard.isVisible(), "Ctrl+Z and typing lead out here"
    discard(qtbot, form)
    assert not form.page.entry.dirty
    assert drafted(crc) == set()
    assert form.page.body.views[GRADE].text == "1"
    assert not form.page.keeping.line.isVisible(), "no reason is asked for any more"


def test_a_long_message_takes_the_lines_it_needs(context: Context, closed: Open) -> None:
    form = closed(SAMPLE)
    context.speech.choose(Language.EN)
    form.page.resize(700, 600)
    form.settle()
    foot = form.page.foot
    assert foot.height() > Size.BAR
    assert foot.message.height() >= foot.message.heightForWidth(foot.message.width())
    foot.say("")
    form.settle()
    assert foot.height() == Size.BAR
