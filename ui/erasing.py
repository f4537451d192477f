"""Where an act of two people begins: at a value of a form, in an identity form, at a subject."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from mrd_desktop.record.redactable import Matters
from mrd_desktop.record.redaction import may_redact
from mrd_desktop.study.address import Key
from ui.form.keys import ERASE
from ui.pages.erase import LinkPage, RedactPage, place_in_coded_data

if TYPE_CHECKING:
    from ui.form.page import FormPage
    from ui.work import Desk


def erasing_on(page: FormPage, desk: Desk) -> None:
    """Ctrl+F8 on a form page, for who may ask for it."""
    if not may_redact(desk.session) or page.entry.blind:
        return
    private = page.entry.form.private
    page.offer(ERASE)
    page.offer_in_history(ERASE)

    def go() -> None:
        page.leave()
        place = page.entry.caret or page.entry.key
        if private:
            open_link(desk, page.entry.key.subject)
        else:
            open_redaction(desk, place)

    _key(page, go)


def erasing_on_subject(page: QWidget, desk: Desk, subject: str) -> None:
    """Ctrl+F8 on a subject's page: its link to the person."""
    if may_redact(desk.session):
        _key(page, lambda: open_link(desk, subject))


def erasing_on_list(page: QWidget, desk: Desk, place: Callable[[], Matters | None]) -> bool:
    """Ctrl+F8 on a list of requests or incidents, for who may ask for it; tells whether."""
    if not may_redact(desk.session):
        return False

    def go() -> None:
        found = place()
        if found is not None:
            open_redaction(desk, found)

    _key(page, go)
    return True


def open_redaction(desk: Desk, place: Key | Matters) -> None:
    """The page for a place in coded data, for requests, or for incidents."""
    found = place_in_coded_data(desk, place)
    if found is not None:
        desk.shell.open(RedactPage(desk.context, desk, found))


def open_link(desk: Desk, subject: str) -> None:
    """The page for the link of a subject."""
    desk.shell.open(LinkPage(desk.context, desk, subject))


def _key(page: QWidget, act: Callable[[], None]) -> None:
    made = QShortcut(QKeySequence(ERASE.key), page)
    made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    made.activated.connect(act)
