"""The root of every refusal that a person reads.

Each package of the core has its own ``errors`` module of subclasses; a subclass names a stable
``code`` (scripts rely on it) and a :class:`~mrd_desktop.texts.Text` that says what to do next.

    MrdError
    ├── study.errors   DefinitionError, ExpressionError, ValueRefused, AddressError
    ├── ledger.errors  LedgerError, CanonicalError, WeakKeyError
    ├── vault.errors   SiteError, WrongPassword, PermissionDenied, StorageError …
    ├── record.errors  SaveRefused, RecordError
    └── transfer.errors  PackageError, PackageRefused, ReplyRefused …
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from mrd_desktop.texts import Language, Text

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """A text, often a name of a file, whose signs that do not print are told by their number.

    Such a sign turns what is read around (U+202E), ends a line or steers a terminal.
    """
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class MrdError(Exception):
    """A refusal with a stable code and a sentence in both languages.

    Attributes:
        code: stable, lower-case with underscores.
        text: what happened and the way out; never holds a clinical or identifying value.
    """

    code: ClassVar[str] = "error"
    template: ClassVar[Text] = Text("The act could not be done.", "操作未能完成。")

    def __init__(self, detail: str = "", /, **params: object) -> None:
        self.detail = detail
        self.params = params
        shown = {k: printable(v) if isinstance(v, str) else v for k, v in params.items()}
        self.text = self.template.filled(detail=printable(detail), **shown)
        super().__init__(self.text.en)

    def say(self, language: Language) -> str:
        """The sentence in one language."""
        return self.text.say(language)
