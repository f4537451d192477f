"""The pick list: narrowed in either language and by pinyin, open to other texts where allowed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.study.ctcae import TERM as ADVERSE_EVENT
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.choices import Choices
from ui.form.terms import as_typed, term_lists
from ui.widgets.picklist import Option, PickList

GENE = "MRDV.GENE"
TITLE = Text("List", "列表")


@pytest.fixture(scope="module")
def study() -> Study:
    return load_study()


class Picked:
    """An open list, what is typed into it and what it gives."""

    def __init__(self, qtbot: QtBot, context: Context, options: tuple[Option, ...], **how: object):
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        self.values: list[str] = []
        self.list = PickList(context, TITLE, options, self.window, **how)  # type: ignore[arg-type]
        self.list.chosen.connect(self.values.append)
        self.list.open_at(self.window)

    def type(self, text: str) -> list[str]:
        line = self.list.focusProxy()
        assert isinstance(line, QLineEdit)
        line.setText(text)
        return [o.value for o in self.list._rows.options]

    def enter(self) -> str:
        line = self.list.focusProxy()
        assert line is not None
        QTest.keyClick(line, Qt.Key.Key_Return)
        return self.values[-1]


def drugs(study: Study) -> tuple[Option, ...]:
    choices = Choices(study.codelists["DRUG"])
    return tuple(Option(c.key, c.text, c.code.code) for c in choices.all)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *(("qtzdk", "TRAS"), ("ptzdk", "PERT"), ("dqtz", "TDXD"), ("bltn", "PYRO")),
        *(("吡咯", "PYRO"), ("T-DXd", "TDXD"), ("pyro", "PYRO"), ("kapeita", "CAPE")),
    ],
)
def test_drugs_are_found_by_name_code_and_pinyin(
    qtbot: QtBot, context: Context, study: Study, typed: str, code: str
) -> None:
    picked = Picked(qtbot, context, drugs(study))
    assert code in picked.type(typed)
    assert picked.enter() == code


@pytest.mark.parametrize(
    ("typed", "term"),
    [
        *(("fuxie", "Diarrhea"), ("fx", "Diarrhea"), ("腹泻", "Diarrhea"), ("diarr", "Diarrhea")),
        *(("zxlxbjs", "Neutrophil count decreased"), ("neut count", "Neutrophil count decreased")),
    ],
)
def test_adverse_event_terms_are_found_in_both_languages_and_by_pinyin(
    qtbot: QtBot, context: Context, study: Study, typed: str, term: str
) -> None:
    picked = Picked(qtbot, context, term_lists(study)[ADVERSE_EVENT])
    assert term in picked.type(typed)


def test_what_begins_as_typed_comes_first(qtbot: QtBot, context: Context, study: Study) -> None:
    picked = Picked(qtbot, context, term_lists(study)[ADVERSE_EVENT])
    found = picked.type("fx")
    assert set(found[:3]) == {"Diarrhea", "Non-cardiac chest pain", "Pulmonary fibrosis"}
    assert len(found) > 3, "others have it inside"
    assert picked.type("pain")[0] == "Pain"
    assert picked.type("gxy")[:1] == ["Hypertension"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("ex", "Nausea"), ("EX", "Nausea"), ("恶", None), ("ext", "External ear pain")],
)
def test_initials_of_a_whole_term_come_before_english(
    qtbot: QtBot, context: Context, study: Study, typed: str, first: str | None
) -> None:
    picked = Picked(qtbot, context, term_lists(study)[ADVERSE_EVENT])
    found = picked.type(typed)
    assert found[0] == first if first else "Nausea" in found[:3]


def test_what_narrows_the_list_at_first_is_replaced_by_typing(
    qtbot: QtBot, context: Context, study: Study
) -> None:
    picked = Picked(qtbot, context, term_lists(study)[GENE], typed="BRCA")
    line = picked.list.focusProxy()
    assert isinstance(line, QLineEdit)
    QTest.keyClicks(line, "tp53")
    assert line.text() == "tp53"


def test_genes_are_found_by_symbol_and_by_other_names(
    qtbot: QtBot, context: Context, study: Study
) -> None:
    picked = Picked(qtbot, context, term_lists(study)[GENE])
    assert picked.type("her2") == ["ERBB2"]
    assert picked.type("pik3ca")[0] == "PIK3CA"
    assert picked.type("p53") == ["TP53"]


def test_every_listed_gene_is_a_symbol_the_form_takes(study: Study) -> None:
    listed = [t.term for t in study.terms[GENE]]
    assert len(listed) > 150
    assert {"ERBB2", "PIK3CA", "TP53", "ESR1", "BRCA1", "BRCA2", "PTEN"} <= set(listed)
    item = study.by_item[GENE]
    assert [as_typed(item, term) for term in listed] == listed


def test_a_symbol_that_is_not_listed_is_taken_as_typed(
    qtbot: QtBot, context: Context, study: Study
) -> None:
    item = study.by_item[GENE]

    def free(text: str) -> str:
        return as_typed(item, text)

    options = term_lists(study)[GENE]
    assert Picked(qtbot, context, options).type("abcb1") == [], "a closed list takes nothing else"
    picked = Picked(qtbot, context, options, free=free)
    assert picked.type("ａbcb1") == ["ABCB1"]
    assert picked.enter() == "ABCB1"
    assert Picked(qtbot, context, options, free=free).type("tp53") == ["TP53"], "no second row"


def test_a_list_may_open_narrowed(qtbot: QtBot, context: Context, study: Study) -> None:
    options = term_lists(study)[ADVERSE_EVENT]
    picked = Picked(qtbot, context, options, typed="febrile")
    assert [o.value for o in picked.list._rows.options] == ["Febrile neutropenia"]
    assert picked.enter() == "Febrile neutropenia"
    again = Picked(qtbot, context, drugs(study), typed="7")
    assert not again.values, "digits alone would choose before anybody looked"
