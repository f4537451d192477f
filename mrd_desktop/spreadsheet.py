"""Texts that a spreadsheet program would compute, said to be texts.

Exact tables are never touched; only what is made to be opened in such a program passes here.
Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_UNSEEN: Final = "\\s\\x00-\\x1f\u00a0\u200b-\u200f\u2060\ufeff\"'"
"""What a program may pass over, or a separator take away, in front of a formula."""
_LEADS: Final = re.compile(rf"[{_UNSEEN}]*[{_SIGNS}]|[\t\r\n]")
_BREAKS_OUT: Final = re.compile(rf"([;\t]\s*)(?=[{_SIGNS}])")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?|-?\.[0-9]+")


def harmless(cell: str) -> str:
    """A cell with an apostrophe in front where a spreadsheet would compute it; numbers stay.

    Programs that divide at semicolons or tabs find the apostrophe behind these, too.
    """
    if cell[:1].isalnum() and ";" not in cell and "\t" not in cell:  # nearly every cell
        return cell
    if _NUMBER.fullmatch(cell):
        return cell
    led = f"'{cell}" if _LEADS.match(cell) else cell
    return _BREAKS_OUT.sub(r"\1'", led)
