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
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault.roles import OPERATIONS
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.ui.form_kit import Typist, consented, form_key
from ui.context import Context
from ui.form.keys import EDIT, FORM_KEYS
from ui.form.review import review_on
from ui.jobs import Job
from ui.keymap import MAP, tables
from ui.pages.help import keys_page
from ui.widgets.sheet import Sheet

PAGES = Path(__file__).parents[2] / "ui" / "pages"
HAN = re.compile(r"[\u4e00-\u9fff]")
NAMES = {"Slash": "/", "Delete": "Del", "PageUp": "PgUp", "PageDown": "PgDn", "Escape": "Esc"}
ALIKE = {"Return": "Enter"}


ROLES = {r.oid: r.operations for r in load_study().roles}


def everything(_: str) -> bool:
    return True


def named(heading_of: str = "", role: str = "") -> set[str]:
    """The single keys on the map of a role, else of who may do everything."""
    allows = ROLES[role].__contains__ if role else everything
    found = [t.keys for t in tables(allows) if heading_of in t.heading.en]
    return {word for keys in found for key, _ in keys for word in key.split()}


def sheet_keys(qtbot: QtBot, context: Context, session: Session) -> list[str]:
    """What F1 lists in a form."""
    form = Typist(qtbot, context, session, form_key("IC"))
    review_on(form.page, Job)
    form.press(Qt.Key.Key_F1)
    sheet = form.popup()
    assert isinstance(sheet, Sheet)
    form.press(Qt.Key.Key_Escape)
    return [line.first for line in sheet.lines]


def word(key: Qt.Key, held: str = "") -> str:
    name = key.name.removeprefix("Key_")
    name = NAMES.get(name, ALIKE.get(name, name))
    return f"{held}{name}"


def test_every_act_of_a_form_is_on_the_map(qtbot: QtBot, context: Context, crc: Session) -> None:
    consented(crc)
    page = Typist(qtbot, context, crc, form_key("VS")).page
    acts = {word(key) for key in page._plain()}
    acts |= {word(key, "Ctrl+") for key in page._with_ctrl()}
    acts |= {word(key, "Ctrl+Shift+") for key in page._with_both()}
    on_map = named("In a form") | named("Everywhere")
    assert not acts - on_map


def on_page(page: str) -> set[str]:
    """The keys on the map that act on one page."""
    lines = [(k, p) for p in MAP for k in p.lines if not p.form]
    found = [k.key for k, p in lines if page in (k.pages or p.pages)]
    return {word.removeprefix("Ctrl+") for keys in found for word in keys.split()}


@pytest.mark.parametrize("file", sorted(PAGES.glob("*.py")), ids=lambda p: p.stem)
def test_every_key_of_a_page_is_on_the_map_of_that_page(file: Path) -> None:
    """A letter that another page has does not count: each line names its pages."""
    source = file.read_text(encoding="utf-8")
    keys = re.findall(r"Qt\.Key\.Key_([A-Z]|[0-9]|F[0-9]+|Slash|Delete|Space)\b", source)
    shortcuts = re.findall(r'QKeySequence\("Ctrl\+(\w+)"\)', source)
    words = {NAMES.get(k, ALIKE.get(k, k)) for k in (*keys, *shortcuts)}
    assert not words - on_page(file.stem), "add it to the map (ui/keymap.py)"


def test_the_map_names_pages_that_there_are() -> None:
    named = {n for p in MAP for k in p.lines for n in (k.pages or p.pages)}
    assert named <= {f.stem for f in PAGES.glob("*.py")}
    assert {"Space", "A", "/", "E", "Enter"} <= on_page("admin_trail")
    assert {"K", "O", "Enter"} <= on_page("report_import")


def test_no_key_of_a_form_means_two_things() -> None:
    keys = [line.key for place in MAP if place.form for line in place.lines]
    words = Counter(w for key in keys for w in key.split() if re.search("[A-Z]", w) and w != "UN")
    assert not {w: n for w, n in words.items() if n > 1}


def test_the_map_speaks_both_languages() -> None:
    for place in MAP:
        said = [text for x in place.lines for text in (x.text, x.reading) if text is not None]
        for text in (place.heading, *said):
            assert text.en and not HAN.search(text.en)
            assert HAN.search(text.zh)


def test_every_operation_a_key_needs_exists() -> None:
    needed = {n for place in MAP for line in place.lines for n in line.needs}
    needed |= {place.needs for place in MAP if place.needs}
    assert needed <= OPERATIONS


def test_who_compares_is_shown_his_keys_and_not_those_of_entry() -> None:
    monitor, clerk = named("In a form", "monitor"), named("In a form", "coordinator")
    reviewing = {"F7", "Shift+F7", "Ctrl+F7", "F9"}
    entering = {"F2", "F4", "F6", "F11", "Ctrl+N", "Ctrl+D", "Ctrl+Del", "Ctrl+Z", "Ctrl+S"}
    assert reviewing <= monitor and not entering & monitor
    assert entering <= clerk and not reviewing & clerk
    assert {"F3", "F8", "Ctrl+G", "Ctrl+Enter", "Esc"} <= monitor & clerk
    assert not reviewing & named("In a form", "auditor")
    assert {"Ctrl+N", "A"} <= named("In lists", "coordinator") - named("In lists", "monitor")
    assert {"C", "R"} <= named("In lists", "monitor") - named("In lists", "coordinator")


def test_who_sees_no_subject_is_shown_no_keys_of_subjects() -> None:
    shown = tables(ROLES["siteadmin"].__contains__)
    assert [t.heading.en for t in shown] == ["Everywhere", "In lists"]
    assert [key for key, _ in shown[1].keys] == ["↑ ↓  PgUp PgDn  Home End", "Enter"]


def test_help_and_paper_say_the_same() -> None:
    for operations in ROLES.values():
        shown = tables(operations.__contains__)
        report = keyboard_map([(t.heading, t.keys) for t in shown])
        printed = [
            (str(row[0].text), row[1].text)
            for block in report.blocks
            if isinstance(block, Table)
            for row in block.rows
        ]
        assert printed == [pair for t in shown for pair in t.keys]
        for language in Language:
            page = keys_page(operations.__contains__, language, "#000000")
            for _, text in printed:
                assert text.say(language).split("；")[0].split("<")[0] in page


def test_f1_in_a_form_lists_the_keys_that_work_there(
    qtbot: QtBot, context: Context, clinic: Clinic
) -> None:
    with clinic.open("crc") as session:
        consented(session)
        listed = sheet_keys(qtbot, context, session)
        assert listed == [line.key for line in FORM_KEYS]
    with clinic.open("cra") as session:
        listed = sheet_keys(qtbot, context, session)
        assert listed[-4:] == ["F7", "Shift+F7", "Ctrl+F7", "F9"]
        assert not [
            x for x in FORM_KEYS if x.needs == (EDIT,) and not x.reading and x.key in listed
        ]
        assert {"F3", "F5", "Ctrl+Enter"} <= set(listed)
        change_lock(session, form_key("IC"), LockAct.LOCK, ChangeReason("OTHER", "synthetic"))
    with clinic.open("crc") as session:
        locked = sheet_keys(qtbot, context, session)
        assert "Ctrl+S" not in locked and "F2" not in locked and "F8" in locked
