"""The values a number may have, read from the range checks of a definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mrd_desktop.study.model import Severity, Study

_NUMBER = r"-?[0-9.]+"


@dataclass(frozen=True, slots=True)
class Range:
    """Lowest and highest legal value; None where there is no end."""

    low: Decimal | None = None
    high: Decimal | None = None

    def meets(self, low: Decimal, high: Decimal) -> bool:
        """Some number from ``low`` to ``high`` is legal."""
        return (self.high is None or low <= self.high) and (self.low is None or high >= self.low)

    def mirrored(self) -> Range:
        """The range of the numbers with the other sign."""
        return Range(
            None if self.high is None else -self.high, None if self.low is None else -self.low
        )

    def within(self, other: Range) -> Range:
        """What lies in both."""
        lows = [e for e in (self.low, other.low) if e is not None]
        highs = [e for e in (self.high, other.high) if e is not None]
        return Range(max(lows, default=None), min(highs, default=None))


ANY = Range()


def legal_ranges(study: Study) -> Mapping[str, Range]:
    """Item OID → its legal range, where hard range checks of the item set one.

    Only plain ranges count (``X < low or X > high``, or one of both); a number typed into such an
    item is whole as soon as nothing more could be typed that would be legal.
    """
    found: dict[str, Range] = {}
    for check in study.checks:
        if check.severity is not Severity.HARD or check.at is None:
            continue
        oid = re.escape(check.at)
        ends = re.fullmatch(
            rf"(?:{oid} < ({_NUMBER}))?(?: or )?(?:{oid} > ({_NUMBER}))?",
            check.fires.source.strip(),
        )
        if ends and (ends[1] or ends[2]):
            low, high = (Decimal(e) if e else None for e in ends.groups())
            found[check.at] = Range(low, high).within(found.get(check.at, ANY))
    return found
