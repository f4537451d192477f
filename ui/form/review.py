"""What a monitor does on a form: values compared with the source; freeze, lock, unlock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locking import (
    LOCK_WORDS,
    UNLOCK_STATEMENT,
    LockAct,
    NoLockReason,
    acts,
    change_lock,
    lock_history,
)
from mrd_desktop.record.saving import good_reason
from mrd_desktop.record.sdv import Mark, SourceChecks, SourceValue, progress
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.texts import Text
from ui.ask_line import PASSWORD_OF, PasswordLine, WordsLine
from ui.form import keys
from ui.form.page import FormPage
from ui.icons import Glyph
from ui.jobs import Job, Progress, Work
from ui.key_lines import KeyLine
from ui.theme import Ink
from ui.widgets.button import Button, Rank
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList

AGREES = Text("Agrees with source", "与原始记录一致")
LOCK = Text("Freeze, lock", "冻结与锁定")
COMPARED = Text("{done}/{needed} compared", "已核对 {done}/{needed}")
SOME_DIFFER = Text("{done}/{needed} compared · {n} differ", "已核对 {done}/{needed} · {n} 项不一致")
WHAT_DIFFERS = Text("{label}: what says the source?", "{label}：原始记录为")
WHY = Text("{act}: why?", "{act}，原因：")
ACTS = {
    LockAct.FREEZE: Text("Freeze: no entry for now", "冻结：暂停录入"),
    LockAct.LOCK: Text("Lock: the form is done", "锁定：表单已定稿"),
    LockAct.UNLOCK: Text("Unlock: open for entry again", "解锁：重新开放录入"),
}
ACT_NAMES = {
    LockAct.FREEZE: Text("Freeze", "冻结"),
    LockAct.LOCK: Text("Lock", "锁定"),
    LockAct.UNLOCK: Text("Unlock", "解锁"),
}
MARKS = {
    Mark.VERIFIED: (Text("Agrees with the source · {who}", "与原始记录一致 · {who}"), Ink.GOOD),
    Mark.DIFFERS: (Text("Differs from the source · {who}", "与原始记录不一致 · {who}"), Ink.HARD),
    Mark.VOID: (
        Text(
            "Changed since it was compared ({who}): compare again",
            "核对（{who}）后已更改，请重新核对",
        ),
        Ink.SOFT,
    ),
}
WANTED = Text("To be compared with the source", "需与原始记录核对")
CRITICAL = Text("Critical item: to be compared with the source", "关键项，需与原始记录核对")
NO_VALUE = Text("No entered value stands here.", "此项没有录入数据。")
ALL_DONE = Text("{n} values are marked as agreeing.", "已标记 {n} 项一致。")
NOTHING_LEFT = Text("Nothing is left to compare here.", "此表单没有待核对的数据。")
ASKED = Text("Marked as differing; a query is open.", "已标记为不一致，并已发出质疑。")
STANDS = Text("The form is {state}.", "表单{state}。")
STANDS_WHY = Text("The form is {state}: {why}", "表单{state}：{why}")


Run = Callable[[Work[object]], Job[object]]


def review_on(page: FormPage, run: Run) -> FormReview | None:
    """Give a form page the monitor's acts, where the user may do any of them.

    Args:
        run: begins a job; an unlocking is signed in one.
    """
    session = page.entry.session
    seen = not page.entry.form.private and page.entry.recorded is not None
    if seen and (session.allows("sdv") or session.allows("form.lock")):
        return FormReview(page, run)
    return None


class FormReview(QObject):
    """The acts on one form page.

    Signals:
        asked: a difference became a query.
    """

    asked = Signal()

    def __init__(self, page: FormPage, run: Run) -> None:
        super().__init__(page)
        self._run = run
        self._sign: Callable[[], None] = _unasked
        self.page = page
        self.session = page.entry.session
        self.checks = SourceChecks(self.session)
        self.values: Mapping[ItemKey, SourceValue] = {}
        self._given: Callable[[str], None] = _nothing
        recorded = page.entry.recorded
        self._locked = recorded.lock if recorded else ""
        context = page.context
        self.words = WordsLine(context)
        self.words.hide()
        self.words.answered.connect(self._answered)
        self.words.left.connect(self._stop)
        column = page.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.count() - 1, self.words)
        self.proof = PasswordLine(context, UNLOCK_STATEMENT)
        self.proof.hide()
        self.proof.answered.connect(self._proving)
        self.proof.left.connect(self._stop)
        column.insertWidget(column.count() - 1, self.proof)
        self.count = Note(context, ink=Ink.SECONDARY)
        self.agree = Button(
            context, AGREES, rank=Rank.QUIET, glyph=Glyph.CHECK, key=keys.AGREES.key
        )
        self.lock = Button(context, LOCK, rank=Rank.QUIET, glyph=Glyph.LOCKED, key=keys.LOCK.key)
        self.agree.clicked.connect(self.mark_agrees)
        self.lock.clicked.connect(self.ask_lock)
        allows = self.session.allows
        acts_by_key: Sequence[tuple[KeyLine, Callable[[], None]]] = (
            (keys.AGREES, self.mark_agrees),
            (keys.DIFFERS, self.ask_difference),
            (keys.REST_AGREES, self.mark_all),
            (keys.LOCK, self.ask_lock),
        )
        for line, act in acts_by_key:
            if line.said(allows) is not None:
                made = QShortcut(QKeySequence(line.key), page)
                made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                made.activated.connect(act)
                page.offer(line)
        for widget in (self.count, self.agree, self.lock):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            page.head.add(widget)
        self.agree.setVisible(allows("sdv"))
        self.lock.setVisible(allows("form.lock"))
        page.body.entered.connect(self._tell)
        self.read()
        self._say_lock()

    def read(self) -> None:
        """Read the marks of the form."""
        values = self.checks.form(self.page.entry.key)
        self.values = {v.key: v for v in values}
        count = progress(values)
        if count.needed:
            done, needed = count.needed - count.left, count.needed
            if count.differs:
                text = SOME_DIFFER.filled(done=done, needed=needed, n=count.differs)
                self.count.show_text(text, Ink.HARD)
            else:
                text = COMPARED.filled(done=done, needed=needed)
                self.count.show_text(text, Ink.SECONDARY if count.left else Ink.GOOD)

    # --- values -----------------------------------------------------------------------

    def mark_agrees(self) -> None:
        """F7: the value at the caret agrees with the source; on to the next one to compare."""
        value = self._here()
        if value is None:
            self._say(NO_VALUE, Ink.SECONDARY)
        elif self._do(lambda: self.checks.mark([value], verified=True)):
            self.read()
            self._next(value.key)

    def mark_all(self) -> None:
        """Ctrl+F7: all values that are still to be compared agree."""
        wanted = [v for v in self.values.values() if v.needed and _open(v)]
        if not wanted:
            self._say(NOTHING_LEFT, Ink.SECONDARY)
        elif self._do(lambda: self.checks.mark(wanted, verified=True)):
            self.read()
            self._say(ALL_DONE.filled(n=len(wanted)), Ink.GOOD)

    def ask_difference(self) -> None:
        """Shift+F7: the value at the caret differs; what the source says becomes a query."""
        value = self._here()
        if value is None:
            self._say(NO_VALUE, Ink.SECONDARY)
            return
        self._given = lambda said: self._differs(value, said)
        label = self.page.entry.field(value.key).item.text
        self.words.ask(
            Text(WHAT_DIFFERS.en.format(label=label.en), WHAT_DIFFERS.zh.format(label=label.zh)), ""
        )

    def _differs(self, value: SourceValue, said: str) -> None:
        if self._do(lambda: self.checks.mark([value], verified=False, words=said)):
            self.read()
            self._stop()
            page = self.page
            page.view.refresh_remarks()
            self._say(ASKED, Ink.SOFT)
            self.asked.emit()

    def _here(self) -> SourceValue | None:
        caret = self.page.entry.caret
        return self.values.get(caret) if caret is not None else None

    def _next(self, key: ItemKey) -> None:
        order = self.page.body.order
        place = order.index(key) if key in order else -1
        after = [k for k in (*order[place + 1 :], *order[:place]) if k in self.values]
        following = next(
            (k for k in after if self.values[k].needed and _open(self.values[k])), None
        )
        editor = self.page.body.editor(following) if following is not None else None
        if editor is not None:
            editor.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self._tell(key)

    def _tell(self, key: ItemKey) -> None:
        """Say in the foot where the comparison of a value stands."""
        value = self.values.get(key)
        if value is None or not (value.needed or value.mark in MARKS):
            self._say_lock()
        elif value.mark in MARKS:
            text, ink = MARKS[value.mark]
            day = self.page.context.hours.day(value.at)
            self._say(text.filled(who=f"{value.user} {day}"), ink)
        else:
            self._say(CRITICAL if value.critical else WANTED, Ink.ACCENT)

    # --- locks ------------------------------------------------------------------------

    def ask_lock(self) -> None:
        """F9: what is to be done with the form."""
        possible = acts(self._locked)
        options = [Option(str(n), ACTS[act], act.value) for n, act in enumerate(possible, 1)]
        pick = PickList(self.page.context, LOCK, options, self.lock)
        pick.chosen.connect(self._ask_why)
        pick.open_at(self.lock)

    def _ask_why(self, chosen: str) -> None:
        act = LockAct(chosen)
        self._given = lambda said: self._change_lock(act, said)
        name = ACT_NAMES[act]
        self.words.ask(Text(WHY.en.format(act=name.en), WHY.zh.format(act=name.zh)), "")

    def _change_lock(self, act: LockAct, said: str) -> None:
        key = self.page.entry.key
        other = next(r.code for r in self.session.study.offered_reasons if r.needs_text)
        reason = ChangeReason(other, said)
        if act is LockAct.UNLOCK:
            self._sign_unlock(key, reason)
        elif self._do(lambda: change_lock(self.session, key, act, reason)):
            self._lock_changed(act)

    def _sign_unlock(self, key: FormKey, reason: ChangeReason) -> None:
        """Opening a form again is signed: the password is asked each time."""
        session, language = self.session, self.page.context.speech.language

        def sign() -> None:
            typed = self.proof.line.text()
            if not typed:
                return

            def work(_: Progress) -> object:
                change_lock(session, key, LockAct.UNLOCK, reason, typed, language=language)
                return None

            self.proof.prove(self._run(work), lambda _: self._lock_changed(LockAct.UNLOCK))

        if not good_reason(session, reason):
            self._say(NoLockReason().text, Ink.HARD)
            return
        self.words.hide()
        self._sign = sign
        self.proof.ask(PASSWORD_OF.filled(user=session.user))

    def _proving(self) -> None:
        self._sign()

    def _lock_changed(self, act: LockAct) -> None:
        self._locked = "" if act is LockAct.UNLOCK else act.value
        self._stop()
        self._say_lock()
        key = self.page.entry.key
        self.page.head.state.show_state(Casebook(self.session).open(key).state)

    def _say_lock(self) -> None:
        """Say that the form is frozen or locked, and why."""
        if not self._locked:
            self._say(Text("", ""))
            return
        last = lock_history(self.session, self.page.entry.key)[-1]
        words, why = LOCK_WORDS[self._locked], last.reason.text if last.reason else ""
        template = STANDS_WHY if why else STANDS
        self._say(
            Text(
                template.en.format(state=words.en, why=why),
                template.zh.format(state=words.zh, why=why),
            ),
            Ink.SECONDARY,
        )

    # --- asking -----------------------------------------------------------------------

    def _answered(self) -> None:
        self._given(self.words.words())

    def _stop(self) -> None:
        self._given = _nothing
        self.words.hide()
        self.proof.put_away()
        caret = self.page.entry.caret
        editor = self.page.body.editor(caret) if caret is not None else None
        if editor is not None:
            editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _do(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except MrdError as refused:
            self._say(refused.text, Ink.HARD)
            return False
        return True

    def _say(self, text: Text, ink: Ink = Ink.TEXT) -> None:
        self.page.foot.say(text, ink)


def _open(value: SourceValue) -> bool:
    return value.mark in (Mark.NONE, Mark.VOID)


def _unasked() -> None:
    """No password is asked for."""


def _nothing(_: str) -> None:
    """Nothing is asked."""
