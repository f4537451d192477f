"""What a code list looks like to somebody who types: a short key for every code."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mrd_desktop.study.model import Code, CodeList
from mrd_desktop.texts import Text

_LEADING = re.compile(r"[0-9]+")
_BETWEEN = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """A code with the key that is typed for it."""

    key: str
    code: Code

    @property
    def text(self) -> Text:
        """What the code means."""
        return self.code.text


def narrow(text: str) -> str:
    """Full-width letters and digits as plain ones, outer blanks off."""
    return unicodedata.normalize("NFKC", text).replace("。", ".").strip()


class Choices:
    """The choices of a code list.

    Keys are numbers in the list's order. Where codes begin with digits themselves (``0``, ``1+``)
    a number must never mean another code than it seems to: there the digits of the code are its
    key, and codes without digits are typed as they are.
    """

    def __init__(self, codelist: CodeList) -> None:
        self.all: tuple[Choice, ...] = _keyed(codelist)
        self._by_code = {c.code.code.casefold(): c for c in self.all}
        self._by_key = {c.key.casefold(): c for c in self.all}

    def find(self, typed: str) -> Choice | None:
        """The choice a text stands for: a code, a key, or the only code it begins."""
        text = narrow(typed).casefold()
        if not text:
            return None
        exact = self._by_code.get(text) or self._by_key.get(text)
        if exact:
            return exact
        begun = [c for c in self.all if c.code.code.casefold().startswith(text)]
        return begun[0] if len(begun) == 1 else None

    def of(self, code: str) -> Choice | None:
        """The choice of a code as stored."""
        return self._by_code.get(code.casefold())

    def is_full(self, typed: str) -> bool:
        """The text names a choice and no further character could be legal."""
        text = narrow(typed).casefold()
        if self._by_code.get(text) is None and self._by_key.get(text) is None:
            return False
        return not any(
            name.startswith(text) and name != text
            for c in self.all
            for name in (c.key.casefold(), c.code.code.casefold())
        )

    def begins(self, typed: str) -> bool:
        """The text is a choice's key or code, or the beginning of one."""
        text = narrow(typed).casefold()
        names = (n for c in self.all for n in (c.key, c.code.code))
        return any(n.casefold().startswith(text) for n in names)

    def split(self, typed: str) -> tuple[str, ...]:
        """The parts of a text that names several choices."""
        return tuple(p for p in _BETWEEN.split(narrow(typed)) if p)

    def codes(self, typed: str) -> str:
        """A text of several keys or codes as codes joined by ``;``; unknown parts stay as typed."""
        whole = self.of(narrow(typed))  # a code may hold a blank: “CHEST WALL”
        if whole:
            return whole.code.code
        if ";" in typed or "；" in typed:
            parts = tuple(p.strip() for p in narrow(typed).split(";") if p.strip())
        else:
            parts = self.split(typed)
        found = (self.find(p) for p in parts)
        return ";".join(c.code.code if c else p for c, p in zip(found, parts, strict=True))

    def keys(self, codes: str) -> str:
        """Codes joined by ``;`` as their keys in the list's order; unknown parts stand last."""
        parts = [p for p in codes.split(";") if p]
        found = [self.of(p) for p in parts]
        known = [c.key for c in self.all if c in found]
        return " ".join(known + [p for p, c in zip(parts, found, strict=True) if c is None])


def _keyed(codelist: CodeList) -> tuple[Choice, ...]:
    codes = codelist.codes
    if not any(c.code[:1].isdigit() for c in codes):
        return tuple(Choice(str(n), c) for n, c in enumerate(codes, 1))
    leading = [found[0] if (found := _LEADING.match(c.code)) else c.code for c in codes]
    unique = len(set(leading)) == len(leading)
    return tuple(Choice(k if unique else c.code, c) for k, c in zip(leading, codes, strict=True))
