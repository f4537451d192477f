"""Whether a form was on the screen as a whole: what an investigator opened and read may be signed.

A part of the form that stands still for a moment was in sight. When all parts were, the content is
noted for signing (:func:`mrd_desktop.record.signing.show`), unless it changed since the form was
opened: then what is on the screen is not what would be signed. What was in sight is a region of the
content, so it counts for one layout: a content of another size is looked at anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QTimer
from PySide6.QtGui import QRegion

from mrd_desktop.errors import MrdError
from mrd_desktop.record.signing import show
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.record.views import FormState
from mrd_desktop.texts import Text
from ui.form.page import FormPage
from ui.theme import Size
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
        self._seen = QRegion()
        self._size = (0, 0)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DWELL)
        self._timer.timeout.connect(self._look)
        for bar in (page.view.sheet.verticalScrollBar(), page.view.sheet.horizontalScrollBar()):
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
        self._seen = QRegion()
        self._timer.start()

    def _look(self) -> None:
        page, sheet = self._page, self._page.view.sheet
        content = sheet.widget()
        if not sheet.isVisible() or content is None or self._session.locked:
            return
        size = (content.width(), content.height())
        if size != self._size:  # other places of the same lines, or more of them
            self._size, self._seen = size, QRegion()
        corner = QPoint(sheet.horizontalScrollBar().value(), sheet.verticalScrollBar().value())
        self._seen = self._seen.united(QRect(corner, sheet.viewport().size()))
        if _whole(self._seen, content.rect()) and not page.entry.dirty:
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
        self._seen = QRegion()
        noted = (str(shown.key), shown.digest)
        if noted != self._noted and page.entry.state is FormState.COMPLETE:
            self._say(SEEN)
        self._noted = noted


def _whole(seen: QRegion, content: QRect) -> bool:
    """Nothing of the content was out of sight but the blank margin at its right."""
    return QRegion(content.adjusted(0, 0, -Size.MARGIN, 0)).subtracted(seen).isEmpty()
