"""What the foot counts as open is what F3 goes to, over forms of whole stories left half empty."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.model import Kind
from tests.clinic import Clinic
from tests.ui.form_kit import CTRL, Typist
from ui.context import Context
from ui.form import words

FORMS = 45
SEED = 20261129
_COUNTED = re.compile(r"还有 (\d+) 处|^(\d+) 处")


def spoil(form: Typist, random: Random) -> None:
    """Empty some fields and write into others what is no value, as a tired person does."""
    for key in list(form.page.body.order):
        if key not in form.page.body.order:
            continue  # what stood above no longer asks for it
        lot, kind = random.random(), form.page.body.views[key].item.type.kind
        if lot < 0.2:
            form.page.view.apply(form.entry.type(key, ""))
        elif lot < 0.35 and kind is not Kind.TEXT:
            form.page.view.apply(form.entry.type(key, "?!"))


def round_trip(form: Typist) -> list[ItemKey]:
    """Where F3 goes until it comes to where it was before."""
    stops: list[ItemKey] = []
    while True:
        form.press(Qt.Key.Key_F3)
        here = form.page.caret.here
        assert here is not None
        if here in stops:
            assert here == stops[0], "round and round, in the order of the page"
            return stops
        stops.append(here)


def test_the_foot_counts_what_f3_goes_to(
    qtbot: QtBot, context: Context, stories_template: Clinic, tmp_path: Path
) -> None:
    random, counted, differ = Random(SEED), 0, 0
    with stories_template.copy(tmp_path / "site").open() as session:
        book = Casebook(session)
        keys = [f.key for s in book.subjects() for f in book.chart(s.subject).forms]
        for key in random.sample(keys, FORMS):
            form = Typist(qtbot, context, session, key)
            spoil(form, random)
            form.press(Qt.Key.Key_Return, CTRL)
            found = _COUNTED.search(form.page.foot.message.text())
            if found is not None:
                stops = round_trip(form)
                assert int(found[1] or found[2]) == len(stops), (
                    f"{key}: {form.page.foot.message.text()}"
                )
                differ += len(form.entry.try_complete()) != len(stops)
                counted += 1
            form.page.close()
            form.page.deleteLater()
    assert counted > FORMS // 2
    assert differ, "two findings at one field, or a text that is no value"


def test_what_has_no_field_here_is_told_in_words(
    qtbot: QtBot, context: Context, stories_template: Clinic, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with stories_template.copy(tmp_path / "site").open() as session:
        book = Casebook(session)
        keys = [f.key for f in book.chart("01-001").forms if f.key.form == "PS"]
        form = Typist(qtbot, context, session, keys[0])
        monkeypatch.setattr(form.page.caret, "blocking", list)
        form.page.view.apply(form.entry.type(form.page.body.order[0], ""))
        hard = form.entry.try_complete()
        assert hard
        form.press(Qt.Key.Key_Return, CTRL)
        assert form.page.foot.message.text() == hard[0].told.zh
        assert words.STILL_OPEN.zh[:3] not in form.page.foot.message.text()
