"""Studies that no one here wrote, in the window: every form opens, and every page stays calm."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.insight.reports.catalogue import Needs, Wish, make, printables
from mrd_desktop.insight.reports.errors import NotDefined
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from tests.clinic import password_of
from tests.foreign import fill, foreign_route, places, shown
from tests.study.importing.vectors import imported
from tests.transfer.route import Route
from tests.ui.form_kit import SUBJECT, Typist
from tests.ui.pages.kit import line, ready, settled
from ui.app import Program
from ui.context import Context

STUDIES = ("openclinica", "redcap")
SECTIONS = (
    "today",
    "subjects",
    "queries",
    "calendar",
    "charts",
    "transfer",
    "paper",
    "admin",
)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Route]:
    """A site for each study, with one subject whose first visit is filled."""
    found = {}
    for name in STUDIES:
        made = imported(name)
        route = foreign_route(made, tmp_path_factory.mktemp(name))
        with route.clinic.open("crc") as session:
            Casebook(session).create_subject(SUBJECT)
            for form in made.study.events[0].planned:
                fill(session, FormKey(EventKey(SUBJECT, made.study.events[0].oid), form),
                     random.Random(1))  # fmt: skip
        found[name] = route
    return found


@pytest.fixture
def program(qtbot: QtBot, context: Context, tmp_path: Path) -> Iterator[Program]:
    """The program, which knows its own study only."""
    made = Program(context, load_study(), home=tmp_path)
    qtbot.addWidget(made.shell)
    made.shell.resize(1366, 728)
    made.shell.show()
    qtbot.waitExposed(made.shell)
    yield made
    made._end()


@pytest.mark.parametrize("name", STUDIES)
def test_every_page_opens(
    qtbot: QtBot, program: Program, routes: dict[str, Route], name: str, tmp_path: Path
) -> None:
    program.start(routes[name].clinic.copy(tmp_path / "site").path)
    ready(qtbot)
    line(qtbot, "crc")
    line(qtbot, password_of("crc"))
    qtbot.waitUntil(lambda: program.desk is not None, timeout=20_000)
    settled(qtbot, program)
    desk = program.desk
    assert desk is not None
    assert desk.session.study.digest == imported(name).study.digest
    for section in SECTIONS:
        program.shell.go(section)
        settled(qtbot, program)
    desk.open_subject(SUBJECT)
    settled(qtbot, program)
    for key in places(desk.session.study, SUBJECT):
        assert desk.open_form(key) is not None
        settled(qtbot, program)
    offered = printables(desk.session)
    assert not {"sae", "screening", "delay"} & {p.what for p in offered}
    for report in offered:
        if report.needs == Needs.NOTHING:
            assert make(desk.book, report.what, Wish()).title
    with pytest.raises(NotDefined, match="defines no EOS"):
        make(desk.book, "screening", Wish())


def test_every_form_opens_and_one_is_typed(
    qtbot: QtBot, context: Context, routes: dict[str, Route], tmp_path: Path
) -> None:
    for name in STUDIES:
        clinic = routes[name].clinic.copy(tmp_path / name)
        with clinic.open("crc") as session:
            for key in places(session.study, SUBJECT):
                typist = Typist(qtbot, context, session, key)
                wanted = {f.key for f in shown(typist.entry) if not f.derived}
                assert wanted <= {*typist.page.body.order}
                typist.page.close()
    with clinic.open("crc") as session:  # REDCap's
        key = FormKey(EventKey(SUBJECT, "FOLLOWUP"), "KNEESCOR")
        typist = Typist(qtbot, context, session, key)
        for item, text in (("PAINWALKING", "2"), ("PAINSTAIRS", "1"), ("PAINVAS", "70")):
            assert typist.here == item
            typist.type(text)
            typist.press(Qt.Key.Key_Return)
        typist.entry.save(complete=True)
        again = Casebook(session).open(key)
        said = {f.item.name: f.text for f in shown(again) if f.text}
        assert said == {"PAINWALKING": "2", "PAINSTAIRS": "1", "PAINVAS": "70"}
        assert again.state is FormState.COMPLETE
