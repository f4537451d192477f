"""Texts in the two languages of the program.

One mechanism serves core and screens: a :class:`Text` carries both languages and the reader's
language is chosen where the text is shown, so that a switch of language needs no restart.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Languages every text exists in."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """A text in English and Simplified Chinese; ``{name}`` marks what is filled in."""

    en: str
    zh: str

    def say(self, language: Language, /, **params: object) -> str:
        """The text in one language with its placeholders filled; unknown ones stay visible.

        A text that is filled in is said in the same language.
        """
        template = self.zh if language is Language.ZH else self.en
        if not params:
            return template
        said = {k: v.say(language) if isinstance(v, Text) else v for k, v in params.items()}
        return template.format_map(_Visible(said))

    def filled(self, **params: object) -> Text:
        """Both languages filled at once."""
        return Text(self.say(Language.EN, **params), self.say(Language.ZH, **params))


class _Visible(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
