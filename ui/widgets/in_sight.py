"""Which rows of a list stood on the screen long enough to be read."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QResizeEvent

from ui.widgets.listing import Heading, Listing

DWELL: Final = 300
"""Milliseconds a row has to stand still: what only flies past was not on the screen."""


class InSight(QObject):
    """Follows one list.

    Signals:
        grown: more rows were in sight.
        widened: the list is wider or narrower than before.

    Attributes:
        rows: numbers of the rows that were in sight since :meth:`anew`.
    """

    grown = Signal()
    widened = Signal()

    def __init__(self, listing: Listing[Any]) -> None:
        super().__init__(listing)
        self._list = listing
        self.rows: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DWELL)
        self._timer.timeout.connect(self._look)
        bar = listing.verticalScrollBar()
        bar.valueChanged.connect(lambda _: self._timer.start())
        bar.rangeChanged.connect(lambda *_: self._timer.start())
        listing.rows.modelReset.connect(self.anew)
        listing.viewport().installEventFilter(self)

    def anew(self) -> None:
        """Other rows stand there: none of them was in sight yet."""
        self.rows.clear()
        self._timer.start()

    @property
    def whole(self) -> bool:
        """Every row was in sight, and there are rows."""
        wanted = self._wanted()
        return bool(wanted) and wanted <= self.rows

    @property
    def next(self) -> int | None:
        """The first row that was not in sight yet."""
        return min(self._wanted() - self.rows, default=None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A list that is shown, or shown larger, is looked at anew."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Resize):
            self._timer.start()
        if isinstance(event, QResizeEvent) and event.size().width() != event.oldSize().width():
            self.widened.emit()
        return False

    def _wanted(self) -> set[int]:
        rows = enumerate(self._list.rows.rows)
        return {n for n, row in rows if not isinstance(row, Heading)}

    def _look(self) -> None:
        if not self._list.isVisible():
            return
        before, height = len(self.rows), self._list.viewport().height()
        for number in self._wanted():
            top = self._list.rowViewportPosition(number)
            if top >= 0 and top + self._list.rowHeight(number) <= height:
                self.rows.add(number)
        if len(self.rows) > before:
            self.grown.emit()
