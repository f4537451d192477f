"""What the sponsor says of the accounts here, on the pages Receive and Accounts."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt

from mrd_desktop.texts import Text
from mrd_desktop.vault.compared import Finding, words
from ui.context import Context
from ui.theme import Ink
from ui.widgets.note import Note


class ComparedNote(Note):
    """One line that accounts were compared, one for each that is not on the delegation log."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, wrap=True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def show_findings(self, found: Iterable[Finding]) -> None:
        """The last word of each store; nothing where none was told."""
        told = tuple(found)
        lines = [text for one in told for text in words(one)]
        worry = any(one.worrying for one in told)
        said = Text("\n".join(t.en for t in lines), "\n".join(t.zh for t in lines))
        self.show_text(said, Ink.HARD if worry else Ink.SECONDARY)
        self.setVisible(bool(lines))
