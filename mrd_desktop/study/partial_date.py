"""Dates as people know them: a year, a year and month, or a day.

Stored as ISO 8601 cut from the right (``2017``, ``2017-06``, ``2017-06-20``) and compared as the
interval [earliest, latest] they stand for. Nothing is ever imputed. Source: section 2.2 of the
forms reference.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_SHAPE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date known to the day, the month or the year.

    Attributes:
        text: canonical ISO 8601 text.
        earliest, latest: the first and last day it may mean (equal for a full date).
    """

    text: str
    earliest: date
    latest: date

    @classmethod
    @lru_cache(maxsize=20_000)  # about 50 years of days, for all subjects
    def parse(cls, text: str) -> PartialDate:
        """The partial date of a canonical text.

        Raises:
            ValueError: the text is not a calendar date, month or year from 1800 to 2199.
        """
        found = _SHAPE.fullmatch(text)
        if not found:
            raise ValueError("not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")
        year = int(found[1])
        if not 1800 <= year <= 2199:
            raise ValueError("the year is outside 1800 to 2199")
        if found[2] is None:
            return cls(text, date(year, 1, 1), date(year, 12, 31))
        month = int(found[2])
        if not 1 <= month <= 12:
            raise ValueError("there is no such month")
        last = calendar.monthrange(year, month)[1]
        if found[3] is None:
            return cls(text, date(year, month, 1), date(year, month, last))
        day = date(year, month, int(found[3]))
        return cls(text, day, day)

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """The full date of a day."""
        return cls(day.isoformat(), day, day)

    @property
    def full(self) -> bool:
        """Known to the day."""
        return self.earliest == self.latest

    @property
    def unknown(self) -> str | None:
        """What is not known of it: ``D`` the day, ``M`` month and day, None nothing."""
        if self.full:
            return None
        return "D" if self.earliest.month == self.latest.month else "M"
