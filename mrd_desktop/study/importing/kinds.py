"""ODM data types as ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrd_desktop.texts import Text

TEXT_LENGTH, LONG_TEXT, LONGEST_TEXT = 200, 2_000, 9_999
DIGITS, MOST_DIGITS = 10, 18
DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """One item of ours for an item of the file; a date with time becomes two.

    Attributes:
        type: as a definition writes it.
        suffix: after the item's name.
        says: what is added to the question.
        note: what is not as the file says.
    """

    type: str
    suffix: str = ""
    says: Text | None = None
    note: Text | None = None


_DATE: Final = Text("date", "日期")
_CLOCK: Final = Text("time", "时间")
_SPLIT: Final = Text(
    "date and time are kept as two items, the time to the minute",
    "日期时间拆分为日期、时间两项，时间精确到分",
)
_MINUTES: Final = Text("the time is kept to the minute", "时间精确到分")
_AS_TEXT: Final = Text("kept as text; its format is not checked", "按文本保存，不检查格式")
_YES_NO: Final = Text("kept as a choice of 1 (yes) and 0 (no)", "按选项 1（是）、0（否）保存")
_FULL, _PART, _TIME = "D", "PD", "TM"

BOOLEAN: Final = "boolean"
_SIMPLE: Final = {
    "date": (Choice(_FULL),),
    "partialdate": (Choice(_PART),),
    "incompletedate": (Choice(_PART),),
    "time": (Choice(_TIME, note=_MINUTES),),
    "partialtime": (Choice(_TIME, note=_MINUTES),),
    "incompletetime": (Choice(_TIME, note=_MINUTES),),
    "datetime": (Choice(_FULL, "", _DATE, _SPLIT), Choice(_TIME, "TM", _CLOCK)),
    "partialdatetime": (Choice(_PART, "", _DATE, _SPLIT), Choice(_TIME, "TM", _CLOCK)),
    "incompletedatetime": (Choice(_PART, "", _DATE, _SPLIT), Choice(_TIME, "TM", _CLOCK)),
    BOOLEAN: (Choice("C", note=_YES_NO),),
}
_TEXTS: Final = frozenset({"text", "string"})
_ODD: Final = frozenset(
    {"durationdatetime", "intervaldatetime", "uri", "hexbinary", "base64binary", "hexfloat",
     "base64float"}
)  # fmt: skip


def choices(
    data_type: str,
    length: str,
    digits: str,
    *,
    long: bool = False,
    least_digits: int = 0,
    bounded: bool = False,
) -> tuple[Choice, ...]:
    """Our items for a data type.

    Args:
        length: as the file says, or empty; a length that says nothing (999 digits) is not taken.
        digits: SignificantDigits as the file says, or empty.
        long: a text of several lines.
        least_digits: digits before the point that the values of its ranges have.
        bounded: both ends of its range are known, so that it needs no more than them.
    """
    kind = data_type.casefold()
    usual_digits = least_digits if bounded and least_digits else DIGITS
    size = _whole(length)
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    if kind == "integer" or (kind in ("float", "double", "decimal") and _whole(digits) == 0):
        whole = max(size if 0 < size <= MOST_DIGITS else usual_digits, least_digits)
        return (Choice(f"I({min(whole, MOST_DIGITS)})"),)
    if kind in ("float", "double", "decimal"):
        after = _whole(digits)
        after = min(after, 9) if after > 0 else DECIMALS
        total = size if after < size <= MOST_DIGITS else usual_digits + after
        total = min(max(total, least_digits + after), MOST_DIGITS + after)
        return (Choice(f"F({total}.{after})"),)
    usual = LONG_TEXT if long else TEXT_LENGTH
    length_kept = min(size, LONGEST_TEXT) if size > 0 else usual
    odd = kind in _ODD
    known = odd or kind in _TEXTS
    note = _AS_TEXT if odd else None
    if not known:
        note = Text(
            f"the data type {data_type[:40] or '–'} is not known; {_AS_TEXT.en}",
            f"未知的数据类型 {data_type[:40] or '–'}，{_AS_TEXT.zh}",
        )
    return (Choice(f"T({max(length_kept, usual) if odd else length_kept})", note=note),)


def _whole(text: str) -> int:
    """A whole number of sane size; -1 for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else -1
