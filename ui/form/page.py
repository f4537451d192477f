"""The page on which one form is filled: it puts the parts of a form together and shares the keys.

What a value means, what is shown and what is wrong is the business of the :class:`FormEntry`; the
parts know where the caret is (:mod:`ui.form.caret`), what is picked (:mod:`ui.form.picking`), said
(:mod:`ui.form.answering`), done to rows (:mod:`ui.form.row_acts`) and kept
(:mod:`ui.form.keeping`).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.insight.plan import Turn
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.second.standing import Act, SecondPlace
from mrd_desktop.study.address import ItemKey, Key
from mrd_desktop.texts import Text
from ui.context import Context
from ui.fields.advance import Advance
from ui.form import keys, words
from ui.form.answering import Answering
from ui.form.caret import Caret
from ui.form.discarding import Discarding
from ui.form.hiding import Hiding
from ui.form.history import History, show_history
from ui.form.jumping import Jumping
from ui.form.keeping import Keeping
from ui.form.masking import Masking
from ui.form.noting import Noting
from ui.form.paper import FromPaper
from ui.form.picking import Picking
from ui.form.row_acts import RowActs
from ui.form.shut import Shut
from ui.form.taking import Taking
from ui.form.view import FormView
from ui.key_lines import KeyLine, usable
from ui.keys import ENTER
from ui.page import Page
from ui.widgets.sheet import Sheet, SheetLine

_CTRL = Qt.KeyboardModifier.ControlModifier
_TURNS = {
    _CTRL: Turn.FORM,
    Qt.KeyboardModifier.AltModifier: Turn.VISIT,
    _CTRL | Qt.KeyboardModifier.ShiftModifier: Turn.SUBJECT,
}
_PAGES = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
_Acts = dict[Qt.Key, Callable[[], None]]


class FormPage(Page):
    """One form being filled.

    Args:
        entry: the form.
        history: every state of a data point (``Casebook.history``).
        advance: which fields are left by themselves.

    Signals:
        saved: with what Save did, whether or not the form is complete.
        finished: the form was declared complete and saved; the next one may open.
        another: the same, and one more form of this kind is wanted; see :meth:`offer_another`.
        turn_wanted: to the form, visit or subject (a ``Turn``) after (+1) or before (-1) this one.
        place_wanted: to another data point (an ``ItemKey``).
        take_wanted: the form is looked at as it was saved and is to be taken up.
    """

    section = "subjects"

    saved = Signal(object)
    finished = Signal()
    another = Signal()
    turn_wanted = Signal(object, int)
    place_wanted = Signal(object)
    take_wanted = Signal()

    def __init__(
        self,
        context: Context,
        entry: FormEntry,
        history: History,
        *,
        advance: Advance | None = None,
    ) -> None:
        super().__init__(context)
        self.entry = entry
        self._history = history
        self._offered: dict[str, KeyLine] = {}
        self._below_history: KeyLine | None = None
        self.view = view = FormView(context, entry, advance, self)
        self.caret = caret = Caret(view)
        self.picking = Picking(view, caret)
        self.answering = Answering(view, caret)
        self.jumping = Jumping(view, caret)
        self.rows = RowActs(view, caret)
        self.noting = Noting(view, caret)
        self.paper = FromPaper(view, caret)
        self.hiding = Hiding(view, caret)
        self.taking = Taking(view)
        self.shut = Shut(view)
        self._saying = (self.answering, self.noting, self.paper)
        self.discarding = Discarding(view, caret, self._saying)
        self.keeping = Keeping(view, caret, self.hiding, self._saying)
        self.head, self.body, self.foot = view.head, view.body, view.foot
        self.masking = Masking(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(view.signature)
        column.addWidget(self.masking.cover, 1)
        column.addWidget(view.sheet, 1)
        for bar in (
            *(s.line for s in self._saying),
            self.hiding.line,
            self.discarding.line,
            self.keeping.line,
            self.foot,
        ):
            column.addWidget(bar)
        self._connect()
        view.sync()
        self.keeping.show_reason()
        view.show_standing()
        self.taking.show()
        self.offer(keys.TAKE, self.taking.possible)
        self._show_discard()

    # --- a page -----------------------------------------------------------------------

    def title(self) -> Text:
        """Subject, event and form."""
        form, event = self.entry.form.text, self.view.visit
        subject = self.entry.key.subject
        return Text(f"{subject} · {event.en} · {form.en}", f"{subject} · {event.zh} · {form.zh}")

    def place(self) -> Key | SecondPlace:
        """The value at the caret; of a second entry its keying, for the form shows the first."""
        if self.entry.blind:
            return SecondPlace(self.entry.key, Act.KEY)
        return self.entry.caret or self.entry.key

    def retranslate(self) -> None:
        """Say everything anew; what is typed stays."""
        self.body.retranslate()
        self.view.show_progress()
        self.view.show_draft()

    def enter(self) -> None:
        """Put the caret where it was, else into the first field that is empty."""
        if self.entry.consent_changed():
            self.view.reopen()
            self.keeping.show_reason()
            self._show_discard()
        self.view.refresh_remarks()
        self.masking.hide_them()
        if not self.masking.covered:
            self.caret.begin()
        for saying in self._saying:
            saying.resume()
        QTimer.singleShot(0, self, self.keeping.keep_draft)  # it is in front again

    def leave(self) -> None:
        """Keep the draft; identities are covered until somebody looks again."""
        self.keeping.keep_draft()
        self.masking.hide_them()

    def turned(self) -> None:
        """Another page was turned to: after a break this form need not come back by itself."""
        self.keeping.keep_draft(front=False)

    def offer(self, line: KeyLine, on: bool = True) -> None:
        """Show a key in the list of keys that another part gives the page, or no longer."""
        self._offered.pop(line.key, None)
        if on:
            self._offered[line.key] = line

    def offer_in_history(self, line: KeyLine) -> None:
        """Name a key below the history of a field as well."""
        self._below_history = line

    # --- acts -------------------------------------------------------------------------

    def offer_another(self) -> None:
        """Offer to complete this form and open one more of its kind."""
        self.foot.another.setVisible(self.entry.read_only is None)

    def _typed(self, key: ItemKey, text: str) -> None:
        self.caret.meant()
        self.view.apply(self.entry.type(key, text))

    def _undo(self, *, forward: bool = False) -> None:
        before = {v.key: v.text for v in self.body.views.values()}
        change = self.entry.redo() if forward else self.entry.undo()
        self.view.apply(change, anew=True)
        moved = [k for k in self.body.order if before.get(k) != self.body.views[k].text]
        if moved:
            self.caret.focus(moved[0])

    def _ended(self) -> None:
        """After the last field: the reason where one is asked for, else the way to be done."""
        if self.keeping.line.isVisible():
            self.keeping.line.take_focus()
        elif self.foot.finish.isVisible():
            self.foot.finish.setFocus(Qt.FocusReason.TabFocusReason)
            self.rows.say_end()

    def _escape(self) -> None:
        """What is asked in a line is left first, then the page."""
        open_one = next((s for s in self._saying if not s.line.isHidden()), None)
        if open_one is not None:
            open_one.stop()
        elif not self.hiding.line.isHidden():
            self.hiding.take_back()
        elif not self.discarding.line.isHidden():
            self.discarding.stop()
        elif not self.picking.dismiss():
            self.back.emit()

    def _show_keys(self) -> None:
        shown = usable((*keys.FORM_KEYS, *self._offered.values()), self._may)
        lines = [SheetLine(key, self.context.say(text)) for key, text in shown]
        sheet = Sheet(
            self.context, words.HELP, lines, self.head.help, empty=words.HELP, most=len(lines)
        )
        sheet.open_at(self.head.help, right=True)

    def _may(self, operation: str) -> bool:
        """Whether an operation is possible in this form as it stands."""
        if operation == keys.EDIT:
            return self.entry.read_only is None
        if operation == keys.NOTE:
            return self.noting.allowed
        return self.entry.session.allows(operation)

    def _show_discard(self) -> None:
        """Where the form may not be changed its list of keys has the way to give typing up."""
        self.discarding.show()
        self.offer(keys.DISCARD_WAITING, self.entry.waiting is not None)

    def _show_history(self) -> None:
        show_history(self.view, self._history, self._below_history)

    # --- keys -------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Every key that no editor took."""
        if self.masking.takes(event):
            return
        self.caret.meant()
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in _PAGES and held in _TURNS:
            self.turn_wanted.emit(_TURNS[held], _PAGES[key])
            return
        acts: dict[Qt.KeyboardModifier, Callable[[], _Acts]] = {
            Qt.KeyboardModifier.NoModifier: self._plain,
            _CTRL: self._with_ctrl,
            _CTRL | Qt.KeyboardModifier.ShiftModifier: self._with_both,
        }
        act = acts[held]().get(key) if held in acts else None
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Back from the first button is the last field; Qt would leave the page."""
        first = next((b for b in (self.foot.save, self.foot.finish) if b.isVisible()), None)
        if not forward and self.focusWidget() is first and self.body.order:
            self.caret.focus(self.body.order[-1])
            return True
        return super().focusNextPrevChild(forward)

    def _plain(self) -> _Acts:
        return {
            Qt.Key.Key_F1: self._show_keys,
            Qt.Key.Key_F2: self.picking.ask_missing,
            Qt.Key.Key_F3: self.caret.next_problem,
            Qt.Key.Key_F4: self.picking.pick,
            Qt.Key.Key_F5: self.noting.ask,
            Qt.Key.Key_F6: self.answering.ask,
            Qt.Key.Key_F8: self._show_history,
            Qt.Key.Key_F11: self.paper.ask,
            Qt.Key.Key_PageDown: lambda: self.caret.section(1),
            Qt.Key.Key_PageUp: lambda: self.caret.section(-1),
            Qt.Key.Key_Escape: self._escape,
        }

    def _with_ctrl(self) -> _Acts:
        return {
            Qt.Key.Key_S: self.keeping.save,
            Qt.Key.Key_E: self.taking.take,
            Qt.Key.Key_Return: self.keeping.finish,
            Qt.Key.Key_Enter: self.keeping.finish,
            Qt.Key.Key_Z: self._undo,
            Qt.Key.Key_Y: lambda: self._undo(forward=True),
            Qt.Key.Key_G: self.jumping.go,
            Qt.Key.Key_N: self.rows.add,
            Qt.Key.Key_D: self.rows.add_like,
            Qt.Key.Key_Delete: self.rows.remove,
        }

    def _with_both(self) -> _Acts:
        discard = {Qt.Key.Key_Delete: self.discarding.ask}
        return dict.fromkeys(ENTER, self.keeping.finish_for_another) | discard

    def _connect(self) -> None:
        self.body.typed.connect(self._typed)
        self.body.pick_wanted.connect(lambda _: self.caret.meant())
        self.caret.ended.connect(self._ended)
        self.jumping.place_wanted.connect(self.place_wanted)
        self.taking.wanted.connect(self.take_wanted)
        self.head.note.setVisible(self.noting.allowed)
        self.head.note_wanted.connect(self.noting.ask)
        self.head.missing_wanted.connect(self.picking.ask_missing)
        self.head.history_wanted.connect(self._show_history)
        self.head.help_wanted.connect(self._show_keys)
        self.discarding.discarded.connect(self._show_discard)
        self.keeping.reopened.connect(self._show_discard)
        self.keeping.said.connect(self.said)
        self.keeping.saved.connect(self.saved)
        self.keeping.finished.connect(self.finished)
        self.keeping.another.connect(self.another)
