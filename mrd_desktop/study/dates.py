"""Dates as people type them, always in the order year, month, day.

=============================  ==========================================================
typed                          means
=============================  ==========================================================
``16`` ``05``                   the latest 16th (5th) of a month that is not after today
``0316`` ``3-16`` ``3月16日``   the latest 16 March that is not after today
``260316``                     2026-03-16 (20YY, or 19YY where 20YY is over two years ahead)
``20260316`` ``2026-3-16``     2026-03-16; also with ``/``, ``.`` or ``年月日``
``16-MAR-2026``                2026-03-16
``t``  ``=``                   today; the visit date
``+13w`` ``-2d`` ``+3m``       from the visit date, or from today if there is none
=============================  ==========================================================

A day of one digit is no date: it is what is left of a longer text, or meant for another field.
Blanks stand beside ``年月日`` alone: ``1 3`` is no date either. Where the year may be any, as in a
history or a date of birth, a date without year would be a plausible wrong one: it is refused.

Items of type PD also take ``2017``, ``2017-06``, ``201706``, ``UN-JUN-2017``, ``UN-UNK-2017``,
``2017UNUN``, ``201706UN``,
``2017年UN月UN日`` and ``2017年6月UN日``. There six digits could be YYMMDD or YYYYMM. They
are YYYYMM if they begin with 19 or 20 and end with a month, else YYMMDD: ``201706`` is June 2017
(there is no month 17) and ``260316`` stays 2026-03-16. What can be both, as ``200312``, is refused.
A known day in an unknown month is refused. Full-width characters count as their ASCII twins.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.texts import Text

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
UNKNOWN = frozenset({"UN", "UNK", "UK"})
"""What stands for a day or month that is not known."""
_UNITS = {"": 1, "D": 1, "天": 1, "W": 7, "周": 7}

_PLAIN = re.compile(r"[0-9]+")
_OFFSET = re.compile(r"([+-])([0-9]{1,4})([DWMY天周月年]?)")
_DAY = re.compile(r"([0-9]{2})|([0-9]{1,2})日")
_GAP = re.compile(r"\s*([年月日])\s*")
_MONTH_DAY = re.compile(r"([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:年|[-/.])(?:([0-9]{1,2}|UNK?|UK)(?:(?:月|[-/.])(?:([0-9]{1,2}|UNK?|UK)日?)?|)?)?"
)
_UN_LAST = re.compile(r"([0-9]{4})([0-9]{2}|UN)(UN)")
_DAY_FIRST = re.compile(r"([0-9]{1,2}|UNK?|UK)-?([A-Z]{3}|UN)-?([0-9]{4})")

_SHAPE = Text(
    "This is no date. Type it like 20260316 or 2026-3-16; 0316 and 16 are enough in this year.",
    "不是日期。请按 20260316 或 2026-3-16 录入；本年可只录 0316 或 16。",
)
_PARTIAL_SHAPE = Text(
    "This is no date. Type it like 2017, 2017-6 or 2017-6-20.",
    "不是日期。请按 2017、2017-6 或 2017-6-20 录入。",
)
_WHOLE = Text(
    "The whole date is needed here: year, month and day.",
    "此处须录入完整日期（年、月、日）。",
)
_YEAR_TOO = Text(
    "The year is needed here too. Type it like 20170316 or 2017-3-16.",
    "此处须连年份一起录入，如 20170316 或 2017-3-16。",
)
_YEAR_TOO_PARTIAL = Text(
    "The year is needed here too. Type it like 20170316; 2017-3 or 2017 if that is all.",
    "此处须连年份一起录入，如 20170316；日或月不详时录 2017-3 或 2017。",
)
_ONE_DIGIT = Text(
    "One digit is no date. Type 05 for the 5th, or the whole date.",
    "一位数字不是日期。5 日请录 05，或录入完整日期。",
)
_BLANK = Text(
    "A date has no blank in it. Type it like 20260316 or 2026-3-16.",
    "日期中间不能有空格，请按 20260316 或 2026-3-16 录入。",
)
_NO_SUCH_DAY = Text(
    "There is no such day in the calendar. Check year, month and day.",
    "日历中没有这一天，请核对年、月、日。",
)
_NO_MONTH = Text(
    "A day needs its month. Leave the day out too if the month is unknown.",
    "有日必须有月；月份不详时请同时省略日。",
)
_NO_VISIT = Text(
    "There is no visit date yet. Type the date itself.",
    "尚无访视日期，请直接录入日期。",
)


def parse_date(
    text: str,
    *,
    today: date,
    visit_date: date | None = None,
    partial: bool = False,
    with_year: bool = False,
) -> PartialDate:
    """The date a typed text means; see the table above.

    Args:
        text: trimmed, full-width characters already ASCII.
        partial: year alone or year and month are accepted.
        with_year: a date without year is not accepted.

    Raises:
        ValueRefused: it means no date, not a full one where that is needed, or one of two.
    """
    typed = _GAP.sub(r"\1", text.strip()).upper()
    if re.search(r"\s", typed):
        raise ValueRefused(_BLANK)
    if len(typed) == 1 and _PLAIN.fullmatch(typed):
        raise ValueRefused(_ONE_DIGIT)
    short = _without_year(typed, today)
    if short is not None and with_year:
        raise ValueRefused(_YEAR_TOO_PARTIAL if partial else _YEAR_TOO)
    found = (
        _relative(typed, today, visit_date)
        or short
        or _digits(typed, today, partial=partial)
        or _written(typed)
    )
    if found is None:
        raise ValueRefused(_PARTIAL_SHAPE if partial else _SHAPE)
    if not partial and not found.full:
        raise ValueRefused(_WHOLE)
    return found


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month.

    Raises:
        ValueError: the year would lie outside the calendar.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _relative(typed: str, today: date, visit_date: date | None) -> PartialDate | None:
    if typed in ("T", "今天"):
        return PartialDate.of(today)
    if typed == "=":
        if visit_date is None:
            raise ValueRefused(_NO_VISIT)
        return PartialDate.of(visit_date)
    found = _OFFSET.fullmatch(typed)
    if found is None:
        return None
    count = int(found[1] + found[2])
    base = visit_date or today
    try:
        if found[3] in ("M", "月"):
            moved = add_months(base, count)
        elif found[3] in ("Y", "年"):
            moved = add_months(base, 12 * count)
        else:
            moved = base + timedelta(count * _UNITS[found[3]])
    except (ValueError, OverflowError):
        raise ValueRefused(_NO_SUCH_DAY) from None
    return _date(moved.year, moved.month, moved.day)


def _without_year(typed: str, today: date) -> PartialDate | None:
    if found := _DAY.fullmatch(typed):
        return _latest_day(int(found[1] or found[2]), today)
    found = _MONTH_DAY.fullmatch(typed)
    if found is None and len(typed) == 4 and _PLAIN.fullmatch(typed) and typed[:2] <= "12":
        return _latest(int(typed[:2]), int(typed[2:]), today)
    return _latest(int(found[1]), int(found[2]), today) if found else None


def _latest_day(day: int, today: date) -> PartialDate:
    for back in range(3):
        month = add_months(today.replace(day=1), -back)
        if 1 <= day <= calendar.monthrange(month.year, month.month)[1]:
            found = month.replace(day=day)
            if found <= today:
                return PartialDate.of(found)
    raise ValueRefused(_NO_SUCH_DAY)


def _latest(month: int, day: int, today: date) -> PartialDate:
    for year in range(today.year, today.year - 9, -1):
        found = _real(year, month, day)
        if found is not None and found <= today:
            return PartialDate.of(found)
    raise ValueRefused(_NO_SUCH_DAY)


def _digits(typed: str, today: date, *, partial: bool) -> PartialDate | None:
    if not _PLAIN.fullmatch(typed):
        return None
    if len(typed) == 8:
        return _date(int(typed[:4]), int(typed[4:6]), int(typed[6:]))
    if len(typed) == 4 and partial:
        return _date(int(typed))
    if len(typed) != 6:
        return None
    short = _two_digit_year(typed, today)
    month = partial and typed[:2] in ("19", "20") and 1 <= int(typed[4:]) <= 12
    if month and short is not None:
        raise ValueRefused(_either(typed, short))
    if month:
        return _date(int(typed[:4]), int(typed[4:]))
    if short is None:
        raise ValueRefused(_NO_SUCH_DAY)
    return PartialDate.of(short)


def _either(six: str, day: date) -> Text:
    """Both readings, each as it can be typed without the other."""
    whole, month = f"{day:%Y%m%d}", f"{six[:4]}-{six[4:]}"
    return Text(
        f"This can be a day or a month. Type {whole} for the day, {month} for the month alone.",
        f"可能是某日，也可能是某月。指某日请录 {whole}，只到月份请录 {month}。",
    )


def _two_digit_year(typed: str, today: date) -> date | None:
    year, month, day = 2000 + int(typed[:2]), int(typed[2:4]), int(typed[4:])
    late = _real(year, month, day)
    if late is not None and late <= add_months(today, 24):
        return late
    return _real(year - 100, month, day)


def _written(typed: str) -> PartialDate | None:
    year: str
    month: str | None
    day: str | None
    if found := _YEAR_FIRST.fullmatch(typed) or _UN_LAST.fullmatch(typed):
        year, month, day = found[1], found[2], found[3]
    elif found := _DAY_FIRST.fullmatch(typed):
        day, month, year = found[1], found[2], found[3]
        if month in _MONTHS:
            month = str(_MONTHS.index(month) + 1)
        elif month not in UNKNOWN:
            return None
    else:
        return None
    known_month = None if month is None or month in UNKNOWN else int(month)
    known_day = None if day is None or day in UNKNOWN else int(day)
    if known_day is not None and known_month is None:
        raise ValueRefused(_NO_MONTH)
    return _date(int(year), known_month, known_day)


def _date(year: int, month: int | None = None, day: int | None = None) -> PartialDate:
    text = f"{year:04}"
    if month is not None:
        text += f"-{month:02}"
    if day is not None:
        text += f"-{day:02}"
    try:
        return PartialDate.parse(text)
    except ValueError:
        raise ValueRefused(_NO_SUCH_DAY) from None


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
