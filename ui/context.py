"""What every widget is handed: the reader's language, the look, the hours of the place.

Nothing is global.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtGui import QColor, QFont

from mrd_desktop.texts import Text
from ui.language import Speech
from ui.moments import Hours
from ui.theme import Ink, Theme, Tokens, Type


@dataclass(frozen=True, slots=True)
class Context:
    """Language, look and hours, passed down explicitly."""

    speech: Speech
    theme: Theme
    hours: Hours = field(default_factory=Hours)

    def say(self, text: Text, /, **params: object) -> str:
        """A text in the reader's language."""
        return self.speech.say(text, **params)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self.theme.tokens

    def font(self, size: int = Type.BODY, *, strong: bool = False) -> QFont:
        """The type of the program."""
        return self.theme.font(size, strong=strong)

    def ink(self, ink: Ink) -> QColor:
        """A colour by its name."""
        return self.theme.tokens[ink]
