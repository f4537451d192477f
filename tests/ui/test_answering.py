"""Who is offered F6: to explain a finding, to answer a query; and what Save says it did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.saving import Saved
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.ui.form_kit import CTRL, Typist, consented, form_key
from ui.context import Context
from ui.form.told import told

Key = Qt.Key


def ways(form: Typist, key: ItemKey) -> str:
    """The keys told at a field."""
    view = form.entry.field(key)
    lines = told(view, form.page.view.remarks.of(view))
    return " ".join(way.zh for line in lines for way in line.way_out)


def little_blood(session: Session) -> ItemKey:
    """A saved sample of too little blood: its query is open; the data point."""
    consented(session)
    form = form_key("MRD")
    entry = FormEntry(session, form)
    group = next(g for g in entry.form.groups if "BLDVOL" in g.by_name)
    key = ItemKey(RowKey(form, group.name), "BLDVOL")
    for item, text in (("PERF", "Y"), ("SAMPDAT", "2027-03-10"), ("BLDVOL", "8.5")):
        owner = next(g for g in entry.form.groups if item in g.by_name)
        entry.type(ItemKey(RowKey(form, owner.name), item), text)
    entry.save(complete=False)
    return key


def test_f6_is_offered_to_who_may_answer_only(
    qtbot: QtBot, context: Context, clinic: Clinic
) -> None:
    with clinic.open("crc") as session:
        key = little_blood(session)
        assert "F6" in ways(Typist(qtbot, context, session, key.row.form), key)
    with clinic.open("cra") as monitor:
        Queries(monitor).open(str(key), "Which tube?")
        form = Typist(qtbot, context, monitor, key.row.form)
        form.go("BLDVOL")
        assert (
            len(told(form.entry.field(key), form.page.view.remarks.of(form.entry.field(key)))) == 2
        )
        assert "F6" not in ways(form, key) and "F2" not in ways(form, key)
        form.press(Key.Key_F6)
        assert form.page.answering.line.isHidden()
        assert form.page.foot.message.text() == "质疑由录入数据的人员答复。"
    with clinic.open("aud") as reader:
        assert "F6" not in ways(Typist(qtbot, context, reader, key.row.form), key)


def test_in_a_frozen_form_what_is_asked_may_still_be_answered(
    qtbot: QtBot, context: Context, clinic: Clinic
) -> None:
    with clinic.open("crc") as session:
        key = little_blood(session)
    with clinic.open("cra") as monitor:
        change_lock(monitor, key.row.form, LockAct.FREEZE, ChangeReason("OTHER", "synthetic"))
    with clinic.open("crc") as session:
        form = Typist(qtbot, context, session, key.row.form)
        assert ways(form, key) == "F6 答复"
        form.go("BLDVOL")
        form.press(Key.Key_F6)
        form.say("采血困难，已核对")
        form.press(Key.Key_Return)
        [query] = [q for q in Queries(session).all() if q.address == str(key)]
        assert query.state == "answered"
        assert "F6" not in ways(form, key)


def test_save_says_what_became_of_the_form(qtbot: QtBot, context: Context, crc: Session) -> None:
    consented(crc)
    form = Typist(qtbot, context, crc, form_key("PS"))
    said: list[Text] = []
    form.page.said.connect(said.append)
    form.type("1")
    form.type("20270310")
    form.type("1")
    form.press(Key.Key_S, CTRL)
    assert said[-1].zh.endswith(" · 3 项变更")
    form.press(Key.Key_Return, CTRL)
    assert said[-1].zh.startswith("体能状态 已保存 ")
    assert said[-1].zh.endswith(" · 现已完整") and said[-1].en.endswith(" · now complete")
    form.press(Key.Key_S, CTRL)
    assert said[-1].zh == "体能状态：内容无变化"


def test_a_form_saved_complete_at_once_says_both(
    qtbot: QtBot, context: Context, crc: Session
) -> None:
    consented(crc)
    form = Typist(qtbot, context, crc, form_key("PS"))
    said: list[Text] = []
    form.page.said.connect(said.append)
    form.type("1")
    form.type("20270310")
    form.type("1")
    form.press(Key.Key_Return, CTRL)
    assert said[-1].zh.endswith(" · 3 项变更 · 现已完整")


def test_a_form_that_is_not_complete_after_all_is_not_called_so(
    qtbot: QtBot, context: Context, crc: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    consented(crc)
    form = Typist(qtbot, context, crc, form_key("PS"))
    said: list[Text] = []
    form.page.said.connect(said.append)
    save = FormEntry.save

    def kept(entry: FormEntry, *, complete: bool, reason: ChangeReason | None = None) -> Saved:
        return replace(save(entry, complete=complete, reason=reason), state=FormState.INCOMPLETE)

    monkeypatch.setattr(FormEntry, "save", kept)
    form.type("1")
    form.type("20270310")
    form.type("1")
    form.press(Key.Key_Return, CTRL)
    assert said[-1].zh.endswith(" · 3 项变更")
