"""Texts of an ODM file in the two languages of a definition: one line, no markup, both filled."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from mrd_desktop.study.importing.report import Report, shortened
from mrd_desktop.study.importing.xml_tree import Element
from mrd_desktop.texts import Text

LONGEST: Final = 1_000
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,400}>")
_HAN: Final = re.compile("[㐀-䶿一-鿿\U00020000-\U0003ffff]")


def plain(text: str) -> str:
    """One line in composed form without markup, control characters and outer blanks."""
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", html.unescape(text)))
    text = "".join(
        " " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c) not in ("Cs", "Cn", "Co")
    )
    return unicodedata.normalize("NFC", " ".join(text.split()))


class Wording:
    """Reads texts and remembers which languages stood in for another."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.substituted: dict[str, int] = {}
        """How many texts of a language stood in for a missing one, by language."""
        self.unread: dict[str, int] = {}
        """How many texts of other languages were left out, by language."""

    def of(self, holder: Element | None, *names: str) -> Text | None:
        """The text of the first child of some names that holds one."""
        for name in names:
            part = holder.first(name) if holder is not None else None
            if part is not None and (found := self._read(part)) is not None:
                return found
        return None

    def bare(self, text: str, at: Element | None = None) -> Text | None:
        """A text without a language, such as a name, for both."""
        return self._both({"": plain(text)}, at)

    def _read(self, part: Element) -> Text | None:
        said: dict[str, str] = {}
        translated = [*part.all("TranslatedText"), *part.all("FormattedTranslatedText")]
        for one in translated:
            words = plain(one.text or " ".join(c.text for c in one.children))
            language = one.get("xml:lang", "lang").replace("_", "-").casefold()
            if words:
                said.setdefault(language, words)
        if not translated and (words := plain(part.text)):
            said[""] = words
        return self._both(said, part)

    def _both(self, said: dict[str, str], at: Element | None) -> Text | None:
        en = _of_language(said, "en")
        zh = _of_language(said, "zh-hans", "zh-cn", "zh-sg", "zh")
        unnamed = said.get("", "")
        if unnamed and not zh and _HAN.search(unnamed):
            zh = unnamed
        elif unnamed and not en:
            en = unnamed
        taken = {en, zh}
        if not en and not zh:
            language, en = next(iter(said.items()), ("", ""))
            taken.add(en)
            if en:
                self.substituted[language or "?"] = self.substituted.get(language or "?", 0) + 1
        for language, words in said.items():
            if words not in taken:
                self.unread[language] = self.unread.get(language, 0) + 1
        if not (en or zh):
            return None
        if not en or not zh:
            standing = "en" if en else "zh"
            self.substituted[standing] = self.substituted.get(standing, 0) + 1
        return Text(self._cut(en or zh, at), self._cut(zh or en, at))

    def _cut(self, text: str, at: Element | None) -> str:
        if len(text) > LONGEST:
            self._report.changed(
                "long_text",
                at,
                Text(
                    f"the text has {len(text)} characters and is cut at {LONGEST}",
                    f"文本长 {len(text)} 个字符，截至 {LONGEST} 个",
                ),
            )
        return shortened(text, LONGEST)

    def tell(self) -> None:
        """Remark which languages stood in, and which were left out."""
        for language, count in sorted(self.substituted.items()):
            other = {"en": ("Chinese", "中文"), "zh": ("English", "英文")}.get(
                language, ("English and Chinese", "中英文")
            )
            self._report.added(
                "language",
                None,
                Text(
                    f"{count} texts have no {other[0]} wording; what stands there in “{language}” "
                    "is shown instead. Translate them in the files",
                    f"{count} 处文本没有{other[1]}，以“{language}”文本代替，请在文件中翻译",
                ),
            )
        for language, count in sorted(self.unread.items()):
            self._report.left(
                "other_language",
                None,
                Text(
                    f"{count} texts in “{language}” have no place; a definition speaks English and "
                    "Chinese",
                    f"{count} 处“{language}”文本未导入，研究定义只含中英文",
                ),
            )


def _of_language(said: dict[str, str], *wanted: str) -> str:
    for language in wanted:
        for key in sorted(said):
            if key == language or key.startswith(f"{language}-"):
                return said[key]
    return ""


def joined(texts: Iterable[str]) -> str:
    """Several remarks of a form's author as one line, each once."""
    return "; ".join(dict.fromkeys(filter(None, (plain(t) for t in texts))))
