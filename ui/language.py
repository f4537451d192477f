"""The language the reader chose, handed to every widget; switching needs no restart."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator, Signal

from mrd_desktop.texts import Language, Text


class Speech(QObject):
    """Says texts in the reader's language.

    Signals:
        changed: another language was chosen; widgets say their texts anew and keep what is typed.
    """

    changed = Signal()

    def __init__(self, language: Language = Language.ZH) -> None:
        super().__init__()
        self._language = language
        self._standard = QTranslator(self)
        self._follow()

    @property
    def language(self) -> Language:
        """The language in force."""
        return self._language

    def say(self, text: Text, /, **params: object) -> str:
        """A text in the language in force, its placeholders filled."""
        return text.say(self._language, **params)

    def choose(self, language: Language) -> None:
        """Put another language in force at once."""
        if language is self._language:
            return
        self._language = language
        self._follow()
        self.changed.emit()

    def turn(self) -> None:
        """From Chinese to English or back."""
        self.choose(Language.EN if self._language is Language.ZH else Language.ZH)

    def _follow(self) -> None:
        # Qt's own dialogs (files, print) come in Chinese only through Qt's translation file.
        chinese = self._language is Language.ZH
        QLocale.setDefault(QLocale(QLocale.Language.Chinese if chinese else QLocale.Language.C))
        app = QCoreApplication.instance()
        if app is None:
            return
        app.removeTranslator(self._standard)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if chinese and self._standard.load("qtbase_zh_CN", folder):
            app.installTranslator(self._standard)
