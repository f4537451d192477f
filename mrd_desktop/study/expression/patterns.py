"""Patterns of ``matches()``: the part of regular expressions that cannot run away."""

from __future__ import annotations

import re

from mrd_desktop.study.expression.tokens import refused

_UNBOUNDED = re.compile(r"[*+]|\{[0-9]*,\}")


def pattern(source: str, column: int) -> re.Pattern[str]:
    """The compiled pattern, which must match the whole text.

    A group may be optional but not repeated, at most three parts may be unbounded, and there
    are no look-arounds or back references: the time is bounded by a small power of the length.

    Raises:
        ExpressionError: the pattern is none, or uses more than that.
    """
    plain = re.sub(r"\\[^0-9]", "x", source)
    plain = re.sub(r"\[[^\]]*\]", "x", plain)
    if re.search(r"\\[0-9]|\(\?(?!:)|\)[*+{]", plain):
        raise refused(
            column, "the pattern uses a repeated group, a look-around or a back reference"
        )
    if len(_UNBOUNDED.findall(plain)) > 3:
        raise refused(column, "the pattern has more than three unbounded parts")
    try:
        return re.compile(source)
    except re.error as mistake:
        raise refused(column, f"the pattern is not valid: {mistake.msg}") from mistake
