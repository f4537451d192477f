"""The sample visit form of twenty answers, typed from paper: counted keys, no pointer.

The same form and counting rules as the published comparison of entry programs: every key press
counts, a held modifier counts as one more. The best of the others needs 44 keys and no pointer.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mrd_desktop.record import projection
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.views import FormState
from mrd_desktop.resources import resource
from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder, users
from tests.clinic import TODAY, Clinic, password_of
from tests.ui.form_kit import Typist, consented, form_key
from ui.context import Context
from ui.fields.advance import Advance

MOST_KEYS = 41
MOST_KEYS_DEFAULT = 49


@dataclass(frozen=True)
class Question:
    """An item of the sample form and what is typed for it, with and without ranges."""

    name: str
    definition: str
    typed: str
    by_default: str = ""


def number(type_: str, low: str, high: str) -> str:
    return f"type: {type_}, checks: [{{severity: hard, range: [{low}, {high}]}}]"


ENTER = "\r"
QUESTIONS = (
    Question("VISDAT", "type: D", "t"),
    Question("VISTYPE", "type: C, codelist: KSTYPE", "3"),
    Question("ECOG", "type: C, codelist: ECOG", "1"),
    Question(
        "WEIGHT", "type: F(4.1), checks: [{severity: hard, range: [30.0, 200.0]}]", "72.5", ENTER
    ),
    Question("SBP", "type: I(3), checks: [{severity: hard, range: [60, 300]}]", "128", ENTER),
    Question("DBP", "type: I(3), checks: [{severity: hard, range: [30, 300]}]", "76", ENTER),
    Question("PULSE", "type: I(3), checks: [{severity: hard, range: [30, 300]}]", "84", ENTER),
    Question(
        "TEMP", "type: F(3.1), checks: [{severity: hard, range: [34.0, 42.5]}]", "36.7", ENTER
    ),
    Question("HER2", "type: C, codelist: NY", "1"),
    Question("DOSEDAT", "type: D, show_when: \"KS.HER2 = 'Y'\"", "16" + ENTER),
    Question("LVEFYN", "type: C, codelist: NY", "1"),
    Question(
        "LVEF",
        "type: I(2), show_when: \"KS.LVEFYN = 'Y'\", checks: [{severity: hard, range: [10, 85]}]",
        "58",
        ENTER,
    ),
    Question("DRAWN", "type: C, codelist: NY", "1"),
    Question("DRAWDAT", "type: D, show_when: \"KS.DRAWN = 'Y'\"", "="),
    Question("TUBES", number("I(2)", "1", "10"), "2", ENTER),
    Question("RESULT", "type: C, codelist: KSRES", "2"),
    Question("VAF", number("F(5.3)", "0", "100"), "0.012", ENTER),
    Question("IMAGING", "type: C, codelist: NY", "2"),
    Question("IMGRESP", "type: C, codelist: NY, show_when: \"KS.IMAGING = 'Y'\"", ""),
    Question("IMGDAT", "type: D, show_when: \"KS.IMAGING = 'Y'\"", ""),
    Question("ANYAE", "type: C, codelist: NY", "2"),
    Question("NEXTDAT", "type: D", "+13w"),
)


def code_list(oid: str, name: str, codes: int) -> str:
    rows = "\n".join(f"  - {{code: {oid}{n}, en: Choice {n}, zh: 选项{n}}}" for n in range(codes))
    return f"oid: {oid}\nen: {name}\nzh: {name}\ncodes:\n{rows}\n"


def sample_definition(to: Path) -> Path:
    """The study's own definition with the sample form added."""
    shutil.copytree(resource("study"), to)
    (to / "codelists" / "KSTYPE.yaml").write_text(code_list("KSTYPE", "Visit type", 4), "utf-8")
    (to / "codelists" / "KSRES.yaml").write_text(code_list("KSRES", "Result", 4), "utf-8")
    items = "".join(
        f"      - {{oid: KS.{q.name}, en: {q.name}, zh: {q.name}, required: RC, {q.definition}}}\n"
        for q in QUESTIONS
    )
    (to / "forms" / "KS.yaml").write_text(
        "oid: KS\nen: Sample visit\nzh: 示例访视\ngroups:\n"
        f"  - oid: IG.KS.A\n    en: Visit\n    zh: 访视\n    items:\n{items}",
        "utf-8",
    )
    study = to / "study.yaml"
    text = study.read_text("utf-8")
    assert "EOS]" in text
    study.write_text(text.replace("EOS]", "EOS, KS]", 1), "utf-8")
    checks = to / "checks.yaml"
    text = checks.read_text("utf-8")
    assert "except: [TA.REIMG]" in text  # dates that may lie ahead
    checks.write_text(text.replace("[TA.REIMG]", "[TA.REIMG, KS.NEXTDAT]"), "utf-8")
    return to


@pytest.fixture(scope="module")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    place = tmp_path_factory.mktemp("keystrokes")
    study = load_study(sample_definition(place / "study"), cached=False)
    folder.create_site(
        place / "site",
        site="01",
        name="Synthetic site",
        training=True,
        admin="admin",
        password=password_of("admin"),
        study=study,
        fold=projection.fold,
        now=datetime.fromisoformat(TODAY),
    )
    clinic = Clinic(place / "site", study)
    with clinic.open("admin") as session:
        users.add_user(session, "crc", "coordinator", password=password_of("crc"))
    with clinic.open() as session:
        consented(session)
        visit = FormEntry(session, form_key("SV"))
        for item, text in (("STAT", "DONE"), ("VISDAT", "t")):
            visit.type(ItemKey(RowKey(visit.key, "A"), item), text)
        visit.save(complete=False)
    return clinic


class Counter(QObject):
    """Counts what a hand does: key presses, modifiers included, and pointer presses."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = 0
        self.pointer = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched.isWindowType():
            self.pointer += event.type() == QEvent.Type.MouseButtonPress
        return False


def fill(typist: Typist, *, ranges: bool) -> list[float]:
    """Type the whole form; returns the seconds from each key to the caret in the next field."""
    waits: list[float] = []
    for question in QUESTIONS:
        for letter in question.typed + ("" if ranges else question.by_default):
            before = typist.focus
            start = time.perf_counter()
            if letter == ENTER:
                typist.press(Qt.Key.Key_Return)
            else:
                typist.type(letter)
            if typist.focus is not before:
                waits.append(time.perf_counter() - start)
    typist.press(Qt.Key.Key_Return)  # the button after the last field
    return waits


@pytest.mark.parametrize(
    ("advance", "most"),
    [(Advance(numbers=True), MOST_KEYS), (Advance(), MOST_KEYS_DEFAULT)],
    ids=["ranges", "default"],
)
def test_the_sample_form_takes_few_keys_and_no_pointer(
    qtbot: QtBot,
    context: Context,
    sample_site: Clinic,
    tmp_path: Path,
    advance: Advance,
    most: int,
) -> None:
    site = sample_site.copy(tmp_path / "site")
    counter = Counter()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(counter)
    with site.open() as session:
        typist = Typist(qtbot, context, session, form_key("KS"), advance)
        waits = fill(typist, ranges=advance.numbers)
        assert typist.entry.state is FormState.COMPLETE, typist.page.foot.message.text()
        answers = {v.item.name: v.answer for v in typist.page.body.views.values() if v.shown}
    app.removeEventFilter(counter)
    assert len(answers) == 20
    assert all(answers.values())
    assert answers["DRAWDAT"] == answers["VISDAT"]
    print(f"{typist.keys} keys, slowest step {max(waits) * 1000:.1f} ms")
    assert typist.keys <= most
    assert counter.pointer == 0
