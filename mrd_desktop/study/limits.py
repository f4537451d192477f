"""The highest value a number may have, read from the range checks of a definition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from mrd_desktop.study.model import Severity, Study


def highest_values(study: Study) -> Mapping[str, Decimal]:
    """Item OID → its highest legal value, where a hard range check of the item sets one.

    Only plain ranges count (``X < low or X > high``); a number typed into such an item is whole as
    soon as one more digit would pass its end.
    """
    found: dict[str, Decimal] = {}
    for check in study.checks:
        if check.severity is not Severity.HARD or check.at is None:
            continue
        oid = re.escape(check.at)
        ends = re.fullmatch(
            rf"(?:{oid} < -?[0-9.]+ or )?{oid} > (-?[0-9.]+)", check.fires.source.strip()
        )
        if ends:
            high = Decimal(ends[1])
            found[check.at] = min(high, found.get(check.at, high))
    return found
