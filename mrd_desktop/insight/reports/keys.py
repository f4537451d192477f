"""Code lists as they are typed: the digits that stand for each code, as the screen takes them."""

from __future__ import annotations

import re

from mrd_desktop.insight.reports.model import Option
from mrd_desktop.study.model import CodeList

_LEADING = re.compile(r"[0-9]+")


def options(codelist: CodeList) -> tuple[Option, ...]:
    """The codes with their keys: the position in the list, or the digits a code begins with.

    Where some codes begin with digits, a position would seem to mean another code; there the
    leading digits are the key, and a code without digits is its own.
    """
    codes = codelist.codes
    if not any(c.code[:1].isdigit() for c in codes):
        return tuple(Option(str(n), c.text) for n, c in enumerate(codes, 1))
    leading = [found[0] if (found := _LEADING.match(c.code)) else c.code for c in codes]
    if len(set(leading)) < len(leading):
        leading = [c.code for c in codes]
    return tuple(Option(key, c.text) for key, c in zip(leading, codes, strict=True))
