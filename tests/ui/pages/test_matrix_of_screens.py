"""The role matrix through the window (E-07): who is offered what, in each state of a form.

The same five sites as ``tests/record/test_matrix_of_states.py``. Each cell is a key in the real
window. Where role or state forbid the act nothing opens and no record of it is written; where they
allow it, it is offered or done. The table is written by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from tests.clinic import Clinic, password_of
from tests.once import Once
from tests.record.matrix_site import ASKED, ECOG, IDENTITY, PS, STATES, SUBJECT, in_states
from tests.ui.pages.kit import cover, line, ready, settled
from ui.app import Program
from ui.context import Context
from ui.form.page import FormPage
from ui.form.review import FormReview
from ui.page import Page
from ui.pages.admin import AdminPage
from ui.pages.erase import LinkPage, RedactPage
from ui.pages.queries import QueriesPage
from ui.pages.sign import SignPage
from ui.pages.sign_in import LockPage, SignInPage
from ui.pages.subject import SubjectPage
from ui.pages.visit_note import VisitNotePage

PEOPLE: Final = {"c": "crc", "i": "inv", "m": "cra", "s": "admin", "a": "aud"}
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE: Final = Qt.KeyboardModifier.NoModifier
Keys = tuple[Qt.Key, Qt.KeyboardModifier]
ShowTo = Callable[[Clinic, str, str], "Window"]
NO_ACT: Final = frozenset({Kind.ENTRY_REFUSED, Kind.SESSION_OPENED, Kind.SESSION_CLOSED})
"""Told of a try; no act itself. A denial is a ``review.noted`` that says so."""


class Window:
    """The window of one user at one site."""

    def __init__(self, qtbot: QtBot, program: Program, user: str) -> None:
        self.qtbot, self.program, self.user = qtbot, program, user
        self.page: Page | None = None

    def turn(self) -> None:
        """Let the window do what it put off."""
        for _ in range(4):
            QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        """One key to whatever has the focus."""
        popup = QApplication.activePopupWidget()
        target: QWidget | None = popup or QApplication.focusWidget()
        QTest.keyClick(target or self.program.shell, key, held)
        self.turn()

    def kinds(self, after: int) -> set[Kind]:
        """Kinds of the records behind one, denials and refusals left out."""
        desk = self.program.desk
        assert desk is not None
        with desk.session.database.reading() as conn:
            new = store.records(conn, desk.session.folder.chain, after=after)
            return {r.kind for r in new if not _beside(r)}

    def seq(self) -> int:
        """The last record."""
        desk = self.program.desk
        assert desk is not None
        with desk.session.database.reading() as conn:
            return store.head(conn, desk.session.folder.chain).seq

    def clear(self) -> bool:
        """Close a list that is open; whether one was."""
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
            self.turn()
        return popup is not None

    def says_why(self) -> bool:
        """The form says why nothing may be typed."""
        page = self.page
        return (
            isinstance(page, FormPage)
            and bool(page.entry.why_read_only)
            and bool(page.foot.message.text())
        )

    # --- where the keys are tried -----------------------------------------------------

    def at_subject(self) -> None:
        """The subject's page, its caret on the form; for who has no such page the one in front."""
        desk = self.program.desk
        assert desk is not None
        desk.open_subject(SUBJECT)
        page = self.program.shell.page
        if isinstance(page, SubjectPage):
            self.turn()
            page.grid.setFocus()
            _to_form(page)
        self.page = page

    def at_form(self) -> None:
        """The form, its caret on the field."""
        desk = self.program.desk
        assert desk is not None
        desk.open_form(PS, at=ECOG)
        page = self.program.shell.page
        if isinstance(page, FormPage):
            self.turn()
            # Without a draft, a form that was never saved does not ask it yet.
            editor = page.body.editor(ECOG) or page.body.editor(page.body.order[0])
            assert editor is not None
            editor.setFocus()
        self.page = page

    def at(self, section: str) -> None:
        """A section, its list in front; for who has no such section the page in front."""
        if section in self.program.shell._sections:
            self.program.shell.go(section)
            settled(self.qtbot, self.program)
        self.page = self.program.shell.page
        if isinstance(self.page, QueriesPage):
            rows = [getattr(r, "text", None) for r in self.page.list.rows.rows]
            self.page.list.setFocus()
            self.page.list.selectRow(next(n for n, t in enumerate(rows) if t and t.en == ASKED))


def _beside(record: Record) -> bool:
    denied = record.kind is Kind.REVIEW_NOTED and record.body.get("act") == "denied"
    return record.kind in NO_ACT or denied


def _to_form(page: SubjectPage) -> None:
    model = page.grid.model()
    for row in range(model.rowCount()):
        for column in range(model.columnCount()):
            page.grid.setCurrentIndex(model.index(row, column))
            spot = page.grid.spot
            if spot is not None and (spot.event, spot.form) == (PS.event, "PS"):
                return
    raise AssertionError("the form has no place in the grid")


# --- what is looked for ------------------------------------------------------------------

Seen = Callable[[Window], bool]


def popup(w: Window) -> bool:
    """A list or a sheet opened."""
    return w.clear()


def page_of(kind: type[Page]) -> Seen:
    """A page of a kind opened; it is left again."""

    def seen(w: Window) -> bool:
        w.turn()
        opened = isinstance(w.program.shell.page, kind)
        if opened:
            w.program.shell.back()
            w.turn()
        return opened

    return seen


def asks(name: str) -> Seen:
    """A line of the page asks for words; it is left again."""

    def seen(w: Window) -> bool:
        found = w.page
        for part in name.split("."):
            found = getattr(found, part, None)
        asked = isinstance(found, QWidget) and found.isVisible()
        if asked:
            w.press(Qt.Key.Key_Escape)
        return asked

    return seen


def review_asks(w: Window) -> bool:
    """The monitor's line asks."""
    review = w.page.findChild(FormReview) if w.page is not None else None
    asked = review is not None and review.words.isVisible()
    if asked:
        w.press(Qt.Key.Key_Escape)
    return asked


def changed(w: Window) -> bool:
    """Something is typed and not saved."""
    page = w.page
    if not isinstance(page, FormPage) or not page.entry.dirty:
        return False
    return page.entry.recorded is None or bool(page.entry.needs_reason())


def nothing(_: Window) -> bool:
    """Only the records say it."""
    return False


@dataclass(frozen=True)
class Act:
    """One key.

    Attributes:
        who: letters of who is offered it where the state says nothing else.
        keys: pressed one after the other.
        seen: whether it opened something; put back afterwards.
        writes: the record that it leaves where it is allowed; None where it only opens something.
        states: who is offered it in one state.
        reason: where a reason is asked for, the first of the list is given.
    """

    who: str
    keys: tuple[Keys, ...]
    seen: Seen
    writes: Kind | None = None
    states: dict[str, str] = field(default_factory=dict)
    reason: bool = False

    def allowed(self, letter: str, state: str) -> bool:
        return letter in self.states.get(state, self.who)


def key(code: Qt.Key, held: Qt.KeyboardModifier = NONE) -> tuple[Keys, ...]:
    return ((code, held),)


K = Qt.Key
SHUT: Final = {"locked": "", "withdrawn": ""}
UNSAVED: Final = {"draft": ""}
ON_SUBJECT: Final = {
    "add": Act("ci", key(K.Key_N), popup),
    "sign": Act("i", key(K.Key_S), page_of(SignPage)),
    "ask": Act("m", key(K.Key_Q), asks("words_line")),
    "remove": Act("ci", key(K.Key_Delete), asks("reason_line")),
    "link": Act("i", key(K.Key_F8, CTRL), page_of(LinkPage)),
    "queries": Act("cima", key(K.Key_J), page_of(QueriesPage)),
}
ON_FORM: Final = {
    "history": Act("cima", key(K.Key_F8), popup),
    "missing": Act("ci", key(K.Key_F2), popup, states=SHUT),
    "pick": Act("ci", key(K.Key_F4), popup, states=SHUT),
    "note": Act("cim", key(K.Key_F5), asks("noting.line"), states=UNSAVED),
    "paper": Act("ci", key(K.Key_F11), asks("paper.line"), states=SHUT),
    "redact": Act("i", key(K.Key_F8, CTRL), page_of(RedactPage)),
    "lock": Act("m", key(K.Key_F9), popup, states=UNSAVED),
    "differs": Act("m", key(K.Key_F7, SHIFT), review_asks, states=UNSAVED),
    "agrees": Act("m", key(K.Key_F7), nothing, Kind.SDV_MARKED, states=UNSAVED),
    "type": Act("ci", key(K.Key_3), changed, states=SHUT),
    "save": Act("ci", key(K.Key_S, CTRL), nothing, Kind.FORM_SAVED, states=SHUT, reason=True),
    "complete": Act("ci", key(K.Key_Return, CTRL), nothing, Kind.FORM_SAVED, states=SHUT),
}
ON_QUERIES: Final = {
    "answer": Act("ci", key(K.Key_A), asks("words_line")),
    "close": Act("m", key(K.Key_C), nothing, Kind.QUERY_CLOSED),
}
ON_SUBJECTS: Final = {"new": Act("ci", key(K.Key_N, CTRL), asks("_ask"))}
ON_MONITORING: Final = {"visit": Act("m", key(K.Key_N), page_of(VisitNotePage))}
SECTIONS: Final = {
    "today": "cima", "subjects": "cima", "queries": "cima", "calendar": "cima", "sign": "i",
    "monitor": "m", "reports": "cima", "charts": "cima", "transfer": "ci", "paper": "cimsa",
    "admin": "cimsa", "help": "cimsa",
}  # fmt: skip
PARTS: Final = {
    "users": "s", "accounts": "is", "trust": "s", "recipient": "cis", "live": "s",
    "definition": "s", "trail": "cima", "milestones": "i", "custody": "cimsa", "slip": "cimsa",
    "clock": "cis", "requests": "cima", "incidents": "cimsa", "closing": "ci", "vault": "ci",
    "typing": "ci", "key": "cis", "datakey": "s",
}  # fmt: skip
BUTTONS: Final = {
    ("subjects", "new"): ("ci", {}),
    ("subject", "add"): ("ci", {}),
    ("subject", "sign"): ("i", {}),
    ("form", "foot.save"): ("ci", SHUT),
    ("form", "head.note"): ("cim", {}),
    ("queries", "answer"): ("ci", {}),
    ("queries", "shut"): ("m", {}),
}
"""Buttons of pages, and who sees them."""
GROUPS: Final[tuple[tuple[str, dict[str, Act]], ...]] = (
    ("subject", ON_SUBJECT),
    ("subjects", ON_SUBJECTS),
    ("monitor", ON_MONITORING),
    ("form", ON_FORM),
    ("queries", ON_QUERIES),
)
BARE: Final = tuple(k for _, acts in GROUPS for a in acts.values() for k in a.keys)
"""Keys that are tried while nobody is signed in, and behind the lock."""


IN_A_WINDOW: Final = (
    sum(len(acts) for _, acts in GROUPS) + len(BUTTONS) + len(SECTIONS) + len(PARTS) + 1
)
"""Tries in one window: keys, buttons, sections, parts and the identity form."""


def cells() -> int:
    """How many there are."""
    return len(STATES) * (len(PEOPLE) * IN_A_WINDOW + 2 * len(BARE))


def test_there_are_three_hundred_cells_and_more() -> None:
    by_key = sum(len(acts) for _, acts in GROUPS)
    assert len(STATES) * (len(PEOPLE) * by_key + 2 * len(BARE)) >= 300
    assert cells() >= 1_000


# --- the tries ---------------------------------------------------------------------------


def try_key(w: Window, act: Act, *, allowed: bool) -> Iterator[str]:
    """One key; what is wrong with what it did."""
    before, front = w.seq(), w.program.shell.page
    for code, held in act.keys:
        w.press(code, held)
    if act.reason and isinstance(w.page, FormPage) and w.page.keeping.line.isVisible():
        QTest.keyClicks(QApplication.focusWidget() or w.program.shell, "1")
        w.press(Qt.Key.Key_Return)
    seen, kinds = act.seen(w), w.kinds(before)
    if act.writes is None and seen is not allowed:
        yield "opened nothing" if allowed else "opened something"
    if act.writes is not None and (act.writes in kinds) is not allowed:
        yield "wrote nothing" if allowed else "was done"
    if kinds and not (allowed and act.writes in kinds):
        yield f"wrote {sorted(kinds)}"
    if not allowed and act.writes is None and w.program.shell.page is not front:
        yield "turned the page"


def go(w: Window, where: str) -> None:
    """To the place of a group."""
    if where == "subject":
        w.at_subject()
    elif where == "form":
        w.at_form()
    else:
        w.at(where)
    w.turn()


def shown(w: Window, name: str) -> bool:
    """Whether a button of the page is there to be pressed."""
    found: object = w.page
    for part in name.split("."):
        found = getattr(found, part, None)
    return isinstance(found, QWidget) and found.isVisible()


def tried(w: Window, letter: str, state: str) -> Iterator[str]:
    """Every cell of one window."""
    shell = w.program.shell
    for section, who in SECTIONS.items():
        if (section in shell._sections) is not (letter in who):
            yield f"section {section}"
    for where, acts in GROUPS:
        for name, act in acts.items():
            if act.writes is None or name == "agrees":
                go(w, where)
            allowed = act.allowed(letter, state)
            if name == "save" and letter in "ci" and not allowed and not w.says_why():
                yield f"{where}: does not say why"
            yield from (f"{where}, {name}: {x}" for x in try_key(w, act, allowed=allowed))
        for (place, button), (who, states) in BUTTONS.items():
            if place == where:
                go(w, where)
                if shown(w, button) is not (letter in states.get(state, who)):
                    yield f"{where}, button {button}"
    desk = w.program.desk
    assert desk is not None
    opened = desk.open_form(IDENTITY) is not None
    if opened is not (letter in "ci"):
        yield "identity form"
    admin = shell.go("admin")
    assert isinstance(admin, AdminPage)
    for part, who in PARTS.items():
        if (part in admin.parts) is not (letter in who):
            yield f"administration, {part}"


def bare(w: Window, kind: type[Page]) -> Iterator[str]:
    """Keys at a page that covers the window: nothing lies open behind it."""
    for code, held in BARE:
        w.press(code, held)
        if not isinstance(cover(w.program), kind):
            yield f"{code} opened the window"
        if QApplication.activePopupWidget() is not None:
            yield f"{code} opened a list"
            w.clear()


@pytest.fixture(scope="session")
def sites(clinic_template: Clinic, once: Once) -> dict[str, Clinic]:
    """The five sites; copy them, never change them."""
    return in_states(clinic_template, once)


def sign_in(w: Window) -> None:
    """By keyboard, from the sign-in page."""
    ready(w.qtbot)
    line(w.qtbot, w.user)
    line(w.qtbot, password_of(w.user))
    w.qtbot.waitUntil(lambda: w.program.desk is not None, timeout=20_000)
    assert w.program.desk is not None
    w.program.desk.session.announce()  # what the first record of a session brings along
    settled(w.qtbot, w.program)


@pytest.fixture
def shown_to(qtbot: QtBot, context: Context, tmp_path: Path) -> Iterator[ShowTo]:
    """Show the sign-in of a copied site to somebody; the window before goes."""
    programs: list[Program] = []

    def end() -> None:
        for program in programs:
            program._end()
            program.shell.close()
        programs.clear()

    def show(site: Clinic, user: str, name: str) -> Window:
        end()
        program = Program(context, site.study, home=tmp_path)
        programs.append(program)
        qtbot.addWidget(program.shell)
        program.shell.resize(1366, 728)
        program.shell.show()
        qtbot.waitExposed(program.shell)
        program.start(site.copy(tmp_path / name).path)
        return Window(qtbot, program, user)

    yield show
    end()


@pytest.mark.soak
@pytest.mark.parametrize("letter", list(PEOPLE))
def test_the_window_offers_to_each_role_what_the_table_says(
    sites: dict[str, Clinic], shown_to: ShowTo, seed: int, fraction: Callable[[int, int], int],
    record_property: Callable[[str, object], None], letter: str,
) -> None:  # fmt: skip
    wrong = []
    for state in Random(seed).sample(STATES, fraction(len(STATES), 1)):
        w = shown_to(sites[state], PEOPLE[letter], state)
        sign_in(w)
        wrong += [f"{PEOPLE[letter]}, {state}: {said}" for said in tried(w, letter, state)]
        record_property("count", f"{state}: {IN_A_WINDOW} tries")
    assert not wrong, "\n".join(wrong)


@pytest.mark.soak
def test_no_key_does_anything_before_the_sign_in_or_behind_the_lock(
    sites: dict[str, Clinic], shown_to: ShowTo, tmp_path: Path, seed: int,
    fraction: Callable[[int, int], int], record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    for state in Random(seed).sample(STATES, fraction(len(STATES), 1)):
        with sites[state].copy(tmp_path / f"{state}-before").open("inv") as session:
            before = session.head().seq
        w = shown_to(sites[state], "inv", state)
        ready(w.qtbot)
        assert list(bare(w, SignInPage)) == []
        page = cover(w.program)
        assert isinstance(page, SignInPage)
        page.user.line.clear()
        page.password.line.clear()
        page.user.line.setFocus()
        sign_in(w)
        assert w.kinds(before) <= {Kind.SIGNIN_FAILED}, "Enter alone is a wrong password"
        w.at_form()
        w.program.lock()
        settled(w.qtbot, w.program)
        assert list(bare(w, LockPage)) == []
        assert w.kinds(before) <= {Kind.SIGNIN_FAILED}, "Enter alone is a wrong password"
        record_property("count", f"{state}: {2 * len(BARE)} tries")
