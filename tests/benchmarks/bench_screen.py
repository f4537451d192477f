"""From a key to the picture: typing through the largest form, opening it, and coming back to it.

Everything runs in the program's own window, drawn without a display.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.day import begin_day
from mrd_desktop.study.model import Kind
from mrd_desktop.texts import Language
from mrd_desktop.vault import crypto
from tests.benchmarks.ratio import Ratio
from tests.benchmarks.sites import form_key, grown, in_turn, milliseconds, scratch
from tests.clinic import Clinic, password_of
from ui.app import Program, compose
from ui.census import Before, count
from ui.fields.editor import Editor
from ui.form.page import FormPage
from ui.jobs import Progress
from ui.searching import VALUE
from ui.theme import Mode

LAB = form_key("LAB")
OTHER = form_key("VS")
FEW, MANY = 50, 5_000
ROUNDS = 4
PATIENCE, LONG = 30.0, 900.0


def run() -> list[Ratio]:
    """Measure in one window with few subjects, then open the same form among few and many."""
    app = QApplication.instance() or QApplication([])
    watch = PaintWatch()
    app.installEventFilter(watch)
    with scratch() as folder:
        small, large = grown(folder, FEW), grown(folder, MANY)
        cold = counted(small), counted(large)
        with window(small, folder) as few, window(large, folder) as many:
            settle(few)
            settle(many)
            opened, opened_many = in_turn(
                9,
                lambda: open_form(few, watch),
                lambda: open_form(many, watch),
                before=lambda: (leave_form(few), leave_form(many)),
            )
            waits = typed_through(few, watch)
            with counting(few):
                busy = typed_through(few, watch)
            back = milliseconds(lambda: locked_and_back(few), 3)
            listed, valued, turn_of_window = searched(many, watch)
        argon = milliseconds(lambda: crypto.derive("synthetic", bytes(16), crypto.FLOOR), 3)
        worklist = statistics.median(reached_worklist(large, folder) for _ in range(3))
    app.removeEventFilter(watch)
    slow, usual = p99(waits), statistics.median(waits)
    return [
        Ratio(f"key to caret painted, p99 of {len(waits)}", slow, 50, "ms", "fixed"),
        Ratio("the same, median", usual, 50, "ms", "fixed"),
        Ratio("p99 while the lists are counted", p99(busy), slow, "ms", "while nothing is", 2),
        Ratio(f"LAB opened and painted, {FEW} subjects", opened, 150, "ms", "fixed"),
        Ratio(f"the same with {MANY:,}", opened_many, opened, "ms", f"with {FEW}", 1.1),
        Ratio("unlock to the caret in the half-typed field", back, 2_000, "ms", "fixed"),
        Ratio(f"first count, a subject of {MANY:,}", cold[1], cold[0], "ms", f"of {FEW}", 1.3),
        Ratio(f"password to the worklist, {MANY:,}", worklist, argon, "ms", "Argon2id", 1, 1_000),
        Ratio(f"key to the list of Ctrl+K, {MANY:,}", listed, 300, "ms", "fixed"),
        Ratio("from there to the first data", valued, 300, "ms", "fixed"),
        Ratio("the longest turn of the window then", turn_of_window, 100, "ms", "fixed"),
    ]


def counted(clinic: Clinic) -> float:
    """The first count of a day, as it runs behind the window: milliseconds a subject.

    What only time makes is asked before, so that later sign-ins find the day begun.
    """
    with clinic.open("crc") as session:
        begin_day(session)
        lines = Casebook(session).subjects()
        begun = time.perf_counter()
        before = Before({}, frozenset(), None)
        count(session, before, Progress(lambda *_: None), lambda _: None)
        return (time.perf_counter() - begun) * 1000 / len(lines)


def p99(waits: Sequence[float]) -> float:
    """What one in a hundred exceeds."""
    return sorted(waits)[math.ceil(0.99 * len(waits)) - 1]


class PaintWatch(QObject):
    """Notes which widgets were painted since it was last asked."""

    def __init__(self) -> None:
        super().__init__()
        self._painted: set[QObject] = set()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note a painting; pass everything on."""
        if event.type() == QEvent.Type.Paint:
            self._painted.add(watched)
        return False

    def forget(self) -> None:
        """Begin anew."""
        self._painted.clear()

    def has(self, widget: QWidget | None) -> bool:
        """Whether a widget was painted."""
        return widget is not None and widget in self._painted


@contextmanager
def window(clinic: Clinic, home: Path) -> Iterator[Program]:
    """The program at work in a window of the usual size."""
    program = signed_in(clinic, home)
    try:
        yield program
    finally:
        program.switch_user()
        program.shell.close()


def signed_in(clinic: Clinic, home: Path) -> Program:
    """From the password to the worklist; what it knows from before stands there."""
    program = compose(Language.ZH, Mode.LIGHT, home=home)
    program.shell.resize(1366, 728)
    program.shell.show()
    program.doors.show_sign_in(clinic.path, "crc")
    turn()
    type_line(password_of("crc"))
    until(lambda: program.desk is not None and bool(program.desk.census.tasks), LONG)
    turn()
    return program


def settle(program: Program) -> None:
    """Until nothing goes on behind the window: the first count and the beginning of the day."""
    assert program.desk is not None
    census = program.desk.census
    until(lambda: not census.counting and not program.jobs._jobs, LONG)


def reached_worklist(clinic: Clinic, home: Path) -> float:
    """Milliseconds from the password to the first page of the worklist; then out again."""
    begun = time.perf_counter()
    with window(clinic, home):
        return (time.perf_counter() - begun) * 1000


@contextmanager
def counting(program: Program) -> Iterator[None]:
    """All subjects are read again and again behind the window."""
    assert program.desk is not None
    census = program.desk.census
    census.changed.connect(census.forget)
    census.forget()
    try:
        yield
    finally:
        census.changed.disconnect(census.forget)


def open_form(program: Program, watch: PaintWatch) -> None:
    """Open the largest form and wait until its caret is painted."""
    assert program.desk is not None
    program.shell.activateWindow()
    watch.forget()
    page = program.desk.open_form(LAB)
    assert page is not None
    until(lambda: editing(page) is not None and watch.has(editing(page)))


def searched(program: Program, watch: PaintWatch) -> tuple[float, float, float]:
    """Search by Ctrl+K for a subject far down, then for a value.

    Returns:
        Milliseconds from a key to the painted list, from the last key to the first value of the
        data, and of the longest turn of the window meanwhile.
    """
    finder = program.shell.finder
    finder.summon()
    waits: list[float] = []
    valued = 0.0

    def search() -> None:
        nonlocal valued
        for words in ("01-40", "shaix", "xyz", "mrd 2027"):
            finder.clear()
            for letter in words:
                watch.forget()
                begun = time.perf_counter()
                QTest.keyClicks(finder, letter)
                until(lambda: watch.has(finder._list))
                waits.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        until(lambda: any(f.kind is VALUE for f in finder._list._found))
        valued = (time.perf_counter() - begun) * 1000

    longest = slowest_turn(search)
    finder.clear()
    finder._return()
    return max(waits), valued, longest


def slowest_turn(act: Callable[[], object]) -> float:
    """The milliseconds of the longest turn of the event loop during an act."""
    _turns.clear()
    act()
    return max(_turns, default=0.0)


_turns: list[float] = []


def leave_form(program: Program) -> None:
    """Go to another form, so that the next opening is a new one."""
    assert program.desk is not None
    program.desk.open_form(OTHER)
    turn()


def typed_through(program: Program, watch: PaintWatch) -> list[float]:
    """Type a digit and Enter through the whole form, some times over.

    Returns:
        Milliseconds from each key to the painted text or, after Enter, to the painted field that
        has the caret now.
    """
    open_form(program, watch)
    page = program.shell.page
    assert isinstance(page, FormPage)
    waits: list[float] = []
    for n in range(ROUNDS):
        page.body.editor(page.body.order[0]).setFocus()  # type: ignore[union-attr]
        turn()
        for _ in range(len(page.body.order) - 1):
            editor = editing(page)
            assert editor is not None
            if editor.item.type.kind in (Kind.INTEGER, Kind.DECIMAL):
                waits.append(key(watch, str(1 + n), lambda here=editor: here))
            if editing(page) is editor:
                waits.append(key(watch, "\r", lambda: editing(page), before=editor))
            turn()
    page.entry.discard()
    return waits


def key(
    watch: PaintWatch,
    letter: str,
    painted: Callable[[], QWidget | None],
    before: QWidget | None = None,
) -> float:
    """Press a key; the milliseconds until the widget is painted that should change."""
    focus = QApplication.focusWidget()
    watch.forget()
    begun = time.perf_counter()
    if letter == "\r":
        QTest.keyClick(focus, Qt.Key.Key_Return)
    else:
        QTest.keyClicks(focus, letter)
    until(lambda: painted() is not before and watch.has(painted()))
    return (time.perf_counter() - begun) * 1000


def locked_and_back(program: Program) -> None:
    """Half-typed text, lock, password: until the same text stands under the caret again."""
    assert program.desk is not None
    page = program.shell.page
    if not isinstance(page, FormPage):
        page = program.desk.open_form(LAB)
        assert page is not None
    until(lambda: editing(page) is not None)
    editor = editing(page)
    assert isinstance(editor, QLineEdit)
    program.lock()
    turn()
    type_line(password_of("crc"))
    until(lambda: QApplication.focusWidget() is editor)


def editing(page: FormPage) -> Editor | None:
    """The editor of the page that has the caret."""
    focus = QApplication.focusWidget()
    return focus if isinstance(focus, Editor) and page.isAncestorOf(focus) else None


def type_line(text: str) -> None:
    """A text and Enter."""
    until(lambda: isinstance(QApplication.focusWidget(), QLineEdit))
    QTest.keyClicks(QApplication.focusWidget(), text)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)


def turn() -> None:
    """Let the window do what waits."""
    for _ in range(4):
        _one_turn()


def until(done: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Let the window work until something holds.

    Raises:
        TimeoutError: it does not in time.
    """
    end = time.monotonic() + patience
    while not done():
        _one_turn()
        time.sleep(0.0005)  # a loop that never sleeps takes the workers' time
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")


def _one_turn() -> None:
    begun = time.perf_counter()
    QCoreApplication.processEvents()
    _turns.append((time.perf_counter() - begun) * 1000)
