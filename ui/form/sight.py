"""Whether a form was on the screen as a whole: what an investigator opened and read may be signed.

A part of the form that stands still for a moment was in sight. When all parts were, the content is
noted for signing (:func:`mrd_desktop.record.signing.show`), unless it changed since the form was
opened: then what is on the screen is not what would be signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer

from mrd_desktop.errors import MrdError
from mrd_desktop.record.signing import show
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.record.views import FormState
from mrd_desktop.texts import Text
from ui.form.page import FormPage
from ui.widgets.in_sight import DWELL

SEEN: Final = Text("All of the form was shown: it may be signed.", "表单已全部显示，可以签名。")


def sight_on(page: FormPage, say: Callable[[Text], None]) -> FormSight | None:
    """Follow a form page, where the user may sign the form."""
    entry = page.entry
    if entry.form.private or entry.blind or entry.recorded is None:
        return None
    taken_up = not entry.former and entry.recorded.definition != entry.study.digest
    if taken_up or not entry.session.allows("form.sign"):
        return None
    return FormSight(page, say)


class FormSight(QObject):
    """Follows what of one form page was in sight.

    Args:
        say: told once when all of it was.
    """

    def __init__(self, page: FormPage, say: Callable[[Text], None]) -> None:
        super().__init__(page)
        self._page, self._say = page, say
        self._session = page.entry.session
        self._at = self._session.head().seq
        self._noted = ("", "")
        self._parts: list[tuple[int, int]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DWELL)
        self._timer.timeout.connect(self._look)
        bar = page.view.sheet.verticalScrollBar()
        bar.valueChanged.connect(lambda _: self._timer.start())
        bar.rangeChanged.connect(lambda *_: self._timer.start())
        page.view.sheet.viewport().installEventFilter(self)
        page.saved.connect(lambda _: self._anew())
        page.context.speech.changed.connect(self._anew)
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A form that is shown, or shown larger, is looked at anew."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Resize):
            self._timer.start()
        return False

    def _anew(self) -> None:
        """Another content, or another language: nothing of it was in sight yet."""
        if not self._session.locked:
            self._at = self._session.head().seq
        self._parts.clear()
        self._timer.start()

    def _look(self) -> None:
        page, sheet = self._page, self._page.view.sheet
        content = sheet.widget()
        if not sheet.isVisible() or content is None or self._session.locked:
            return
        top = sheet.verticalScrollBar().value()
        self._parts = _joined([*self._parts, (top, top + sheet.viewport().height())])
        first, last = self._parts[0]
        if first <= 0 and last >= content.height() and not page.entry.dirty:
            self._note()

    def _note(self) -> None:
        page, session = self._page, self._session
        key = page.entry.key
        if session.head().seq > self._at and key.subject in subjects_touched(session, self._at):
            return
        try:
            shown = show(session, key, page.context.speech.language)
        except MrdError:  # it is there no more: signing refuses it by itself
            return
        self._parts.clear()
        noted = (str(shown.key), shown.digest)
        if noted != self._noted and page.entry.state is FormState.COMPLETE:
            self._say(SEEN)
        self._noted = noted


def _joined(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches that touch are one."""
    found: list[tuple[int, int]] = []
    for top, bottom in sorted(parts):
        if found and top <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], bottom))
        else:
            found.append((top, bottom))
    return found
