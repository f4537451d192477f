"""The scrolling part around a form: keys pass through it to the page."""

from __future__ import annotations

from PySide6.QtGui import QKeyEvent

from ui.widgets.scroll import Scroller


class FormScroller(Scroller):
    """PgUp and PgDn go by sections, not by screens."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """No key is taken here."""
        event.ignore()
