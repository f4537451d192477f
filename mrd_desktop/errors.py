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

from typing import ClassVar

from mrd_desktop.texts import Language, Text


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
        self.text = self.template.filled(detail=detail, **params)
        super().__init__(self.text.en)

    def say(self, language: Language) -> str:
        """The sentence in one language."""
        return self.text.say(language)
