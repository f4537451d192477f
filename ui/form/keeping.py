"""What becomes of the typing: the draft, Save with its reason, the form declared complete."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from mrd_desktop.errors import MrdError
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, ChangedMeanwhile, SaveRefused, SignedMeanwhile
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.checks import Finding
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import SessionLocked
from ui.ask_line import ReasonLine
from ui.form import words
from ui.form.caret import Caret
from ui.form.hiding import Hiding
from ui.form.saying import SayingLine
from ui.form.view import FormView
from ui.theme import Ink, Size

_DRAFT_EVERY = 1500
_NAMED = 3
_CLOSES = frozenset(
    {Cause.LOCKED, Cause.FROZEN, Cause.NO_CONSENT, Cause.WITHDRAWN, Cause.FOLLOW_UP_ENDED}
    | {Cause.NO_SENSITIVE_CONSENT, Cause.NO_GENETIC_CONSENT, Cause.CLOSED}
)


class Keeping(QObject):
    """Draft and Save of one form.

    Attributes:
        line: where the reason for a change is given.

    Signals:
        said: something to stand in the status line (a ``Text``).
        saved: with what Save did, whether or not the form is complete.
        finished: the form was declared complete and saved; the next one may open.
        another: the same, and one more form of this kind is wanted.
        reopened: others were at the form, and it is shown as they left it.
    """

    said = Signal(object)
    saved = Signal(object)
    finished = Signal()
    another = Signal()
    reopened = Signal()

    def __init__(
        self, view: FormView, caret: Caret, hiding: Hiding, saying: Sequence[SayingLine]
    ) -> None:
        super().__init__(view)
        self._view = view
        self._entry = view.entry
        self._caret = caret
        self._hiding = hiding
        self._saying = saying
        self._finishing = False
        self._on: SignalInstance = self.finished
        self._rowless: set[str] = set()
        self.line = ReasonLine(view.context, view.entry.study.offered_reasons)
        self.line.hide()
        self.line.answered.connect(self._reason_given)
        self.line.left.connect(caret.return_here)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(_DRAFT_EVERY)
        self._clock.timeout.connect(self.keep_draft)
        view.changed.connect(self._changed)
        view.body.left.connect(self._left)
        view.foot.save_wanted.connect(self.save)
        view.foot.finish_wanted.connect(self.finish)
        view.foot.another_wanted.connect(self.finish_for_another)

    def keep_draft(self, *, front: bool = True) -> None:
        """Write the unsaved typing down, and whether its form is in front.

        A draft kept before of what was taken back since goes.
        """
        self._clock.stop()
        if self._entry.read_only is None and (self._entry.dirty or self._entry.draft_at):
            try:
                self._entry.keep_draft(self._caret.here, front=front)
            except SessionLocked:
                pass  # it was kept before the keys went, and the lock page asks for the password
            except MrdError as refused:  # no room on the disk
                self._view.say(refused.text, Ink.HARD)
        self._view.show_draft()
        self._view.head.state.show_state(self._entry.state)

    def save(self) -> None:
        """Ctrl+S: save the form as it is."""
        self._finishing = False
        if not self._all_said():
            return
        self._commit(complete=False)

    def finish(self) -> None:
        """Ctrl+Enter: declare the form complete, save it, and let the next one open."""
        if self._entry.read_only is not None:
            self.finished.emit()
        else:
            self._complete(self.finished)

    def finish_for_another(self) -> None:
        """Ctrl+Shift+Enter, where it is offered: the same, and let one more of this form open."""
        if not self._view.foot.another.isHidden():
            self._complete(self.another)

    def _complete(self, on: SignalInstance) -> None:
        if not self._all_said():
            return
        hard = self._entry.try_complete()
        self._view.sync()
        if hard or self._view.unread():
            self._say_open(hard)
            return
        if self._asks_for_rows():
            return
        self._finishing = True
        self._on = on
        self._commit(complete=True)

    def _all_said(self) -> bool:
        """Words that were typed in a line and not confirmed are taken first."""
        return all(saying.settled() for saying in self._saying)

    def _asks_for_rows(self) -> bool:
        """Ask once about each section that is expected to have rows and has none."""
        fresh = [g for g in self._entry.rowless() if g.name not in self._rowless]
        if not fresh:
            return False
        group = fresh[0]
        self._rowless.add(group.name)
        ask = words.ROWS_EXPECTED
        text = Text(ask.en.format(section=group.text.en), ask.zh.format(section=group.text.zh))
        self._view.say(text, Ink.SOFT)
        head = self._view.body.head(group.name)
        if head is not None:
            self._view.sheet.ensureWidgetVisible(head, Size.MARGIN, 2 * Size.FIELD)
        return True

    def show_reason(self) -> None:
        """Ask for a reason as soon as a recorded value differs, in a line, not in a box."""
        changed = len(self._entry.needs_reason())
        if changed:
            self.line.ask(words.WHY_CHANGED.filled(n=changed))
        elif self._struck_rows():
            self.line.ask(words.WHY_ROWS)
        else:
            self.line.hide()
            return
        if self.line.isHidden():
            self.line.show()
            QTimer.singleShot(0, self._caret, self._caret.into_sight)

    def _changed(self) -> None:
        self.show_reason()
        if not self._clock.isActive() and self._entry.dirty:
            self._clock.start()

    def _left(self, key: ItemKey) -> None:
        for told in self._entry.left(key).touched:
            self._view.refresh(told)
        filled = self._entry.take_offers()
        if filled.touched:
            self._view.apply(filled, anew=True)
            self._view.say(words.LIMITS_FILLED)
        if self._entry.dirty:
            QTimer.singleShot(0, self, self.keep_draft)

    def _struck_rows(self) -> bool:
        recorded = self._entry.recorded
        if recorded is None:
            return False
        now = {r.key: r.removed for g in self._entry.groups() for r in g.rows}
        return any(now.get(row, gone) != gone for row, gone in recorded.rows.items())

    def _say_open(self, hard: Sequence[Finding]) -> None:
        """As many places as F3 goes to, and the caret to the first; what has no field in words."""
        places = self._caret.blocking()
        if places:
            text = words.STILL_OPEN if hard else words.NOT_READ
            self._view.say(text.filled(n=len(places)), Ink.HARD)
            self._caret.focus(places[0])
        elif hard:
            self._view.say(hard[0].told, Ink.HARD)
        else:
            self._view.say(words.NOT_READ.filled(n=self._view.unread()), Ink.HARD)

    def _commit(self, *, complete: bool) -> None:
        if not self._hiding.settled():
            return
        if stuck := self._stuck():  # before a reason is asked for: Save would be refused
            self._view.say(words.STUCK_SAVE.filled(section=stuck), Ink.HARD)
            return
        reason = None
        if not self.line.isHidden():
            answer = self.line.answer()
            if answer is None:
                self._view.say(SaveRefused(Cause.NO_REASON).text, Ink.SOFT)
                self.line.take_focus()
                return
            reason = ChangeReason(*answer)
            if self._entry.names_a_person(reason.text):  # Save takes it; it would stay at the site
                self._view.say(NamesAPerson().text, Ink.HARD)
                self.line.words.setFocus()
                return
        before, dirty = self._entry.recorded, self._entry.dirty
        declared = before is not None and before.declared
        changed = sum(v.changed for v in self._view.body.views.values())
        try:
            saved = self._entry.save(complete=complete, reason=reason)
        except MrdError as refused:
            self._refused(refused)
            return
        self._clock.stop()
        self.line.clear()
        self._view.remarks.read()
        self._view.sync()
        self.show_reason()
        self._view.show_draft()
        unread = self._view.unread()
        if unread:
            self._view.say(words.NOT_READ.filled(n=unread), Ink.SOFT)
        else:
            time = self._view.context.hours.clock(saved.at)
            self._view.say(words.SAVED_SHORT.filled(time=time), Ink.GOOD)
        stands = saved.state is FormState.COMPLETE
        done = stands and not declared and not self._entry.blind
        told = self._told(saved.at, changed, done=done, same=not (dirty or done))
        self.said.emit(_with_closed(told, saved.closes))
        self.saved.emit(saved)
        if complete:
            self._on.emit()
        else:
            self._caret.return_here()

    def _stuck(self) -> Text | None:
        """The first section that is closed and holds typing, by its name."""
        closed = (g.group for g in self._entry.groups() if g.closed is not None)
        return next((g.text for g in closed if self._entry.stuck(g.name)), None)

    def _refused(self, refused: MrdError) -> None:
        """Say why nothing was saved; where others were at the form, show what they left."""
        text = refused.text
        locked = isinstance(refused, SaveRefused) and refused.cause in _CLOSES
        if locked or isinstance(refused, ChangedMeanwhile | SignedMeanwhile):
            self._clock.stop()
            self._view.reopen()
            self.show_reason()
            self.reopened.emit()
        if isinstance(refused, ChangedMeanwhile):
            text = words.REOPENED
        elif locked:
            kept = self._entry.waiting or self._entry.dirty
            text = self._view.why_quiet() or (words.TYPING_KEPT.filled(why=text) if kept else text)
        self._view.say(text, Ink.HARD)

    def _told(self, at: str, changed: int, *, done: bool, same: bool) -> Text:
        """What Save did: the form, its changes, that it is complete now; or that all was so."""
        form, time = self._entry.form.text, self._view.context.hours.clock(at)
        saved = words.SAVED_SAME if same else words.SAVED
        parts = [
            Text(saved.en.format(form=form.en, time=time), saved.zh.format(form=form.zh, time=time))
        ]
        parts += [words.CHANGES.filled(n=changed)] if changed else []
        parts += [words.NOW_COMPLETE] if done else []
        return Text(" · ".join(p.en for p in parts), " · ".join(p.zh for p in parts))

    def _reason_given(self) -> None:
        """Enter in the line of the reason goes on with what was asked for."""
        if self.line.answer() is None:
            self.line.take_focus()
        elif self._finishing:
            self.finish()
        else:
            self.save()


def _with_closed(told: Text, closes: Sequence[Text]) -> Text:
    """What Save did, and which forms and sections are closed since."""
    if not closes:
        return told
    closed = words.CLOSES_MANY
    if len(closes) <= _NAMED:
        names = Text(", ".join(x.en for x in closes), "、".join(x.zh for x in closes))
        closed = words.CLOSES.filled(names=names)
    return Text(f"{told.en} · {closed.en}", f"{told.zh} · {closed.zh}")
