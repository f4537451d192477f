"""Language and light or dark as each user likes them: in the encrypted file, back at sign-in."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.preferences import prefer, preference
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.theme import Mode

_LANGUAGE = "language"
_MODE = "mode"


class Liking(QObject):
    """Follows what the signed-in user turns, and keeps it.

    Signals:
        refused: a choice could not be kept; the sentence that says why (a ``Text``).
    """

    refused = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._session: Session | None = None
        self._kept = self._chosen
        context.speech.changed.connect(self.keep)
        context.theme.changed.connect(self.keep)

    def take_up(self, session: Session) -> None:
        """Put in force what the user chose before; what was never chosen stays as it is."""
        self._session = None  # putting it in force is no new choice
        language, mode = preference(session, _LANGUAGE), preference(session, _MODE)
        if language in list(Language):
            self._context.speech.choose(Language(language))
        if mode in list(Mode):
            self._context.theme.choose(Mode(mode))
        self._kept = self._chosen
        self._session = session

    def leave(self) -> None:
        """Nobody is signed in: what is turned now is nobody's choice."""
        self._session = None

    def keep(self) -> None:
        """Keep what has changed; while the file is locked it waits until it is open again."""
        session, chosen = self._session, self._chosen
        if session is None or session.locked or chosen == self._kept:
            return
        try:
            for name, value in chosen.items():
                if value != self._kept[name]:
                    prefer(session, name, value)
        except MrdError as refused:
            said: Text = refused.text
            self.refused.emit(said)
            return
        self._kept = chosen

    @property
    def _chosen(self) -> dict[str, str]:
        speech, theme = self._context.speech, self._context.theme
        return {_LANGUAGE: speech.language.value, _MODE: theme.mode.value}
