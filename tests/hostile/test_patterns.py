"""Every pattern of the core against texts that make careless ones run away: none takes long.

The texts are made of each pattern's own signs, alone and in pairs, with an end that does not fit.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator

import mrd_desktop
from mrd_desktop.study import headings
from tests.pace import in_time

BOUNDED = {
    "mrd_desktop.study.headings:_AFTER": 200,
    "mrd_desktop.record.importing.cells:_CLOCK": 60,
}
"""Patterns that see short texts only: their callers refuse longer ones."""
LONG = 1000
"""Characters: as many as the longest text that a form, a label or a message may hold."""


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in pkgutil.walk_packages(mrd_desktop.__path__, "mrd_desktop."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield f"{module.name}:{name}", value


def signs(pattern: str) -> list[str]:
    """Signs that a pattern may take: those written in it, and one of each kind."""
    written = [c for c in dict.fromkeys(pattern) if c.isalnum() or c in "<>=/-_.,:;()[]\"' "]
    return [*written[:12], "0", "a", "A", " ", "\n", "年", "(", ",", "x"]


def texts(pattern: str) -> Iterator[str]:
    own = list(dict.fromkeys(signs(pattern)))
    for one in own:
        yield one * LONG + "\0"
    for first in own[:4]:
        for second in own[:4]:
            yield (first + second) * (LONG // 2) + "\0"


def test_no_pattern_runs_away() -> None:
    slow, seen = [], 0
    for name, pattern in patterns():
        seen += 1
        for whole in texts(pattern.pattern):
            text = whole[-BOUNDED.get(name, LONG) :]
            began = time.process_time()
            for how in (pattern.search, pattern.fullmatch):
                how(text)
            took = time.process_time() - began
            if not in_time(took, 0.5):
                slow.append((name, text[:4], round(took, 2)))
    assert seen > 100
    assert not slow


def test_a_pattern_that_runs_away_is_seen() -> None:
    careless = re.compile(r"(0+)+x")
    began = time.process_time()
    careless.fullmatch("0" * 24 + "\0")
    assert time.process_time() - began > 0.1


def test_a_long_heading_is_compared_as_it_stands() -> None:
    began = time.process_time()
    assert len(list(headings.readings("a, " * 5000))) == 1
    assert in_time(time.process_time() - began, 0.5)
    assert ("WBC", "10^9/L") in set(headings.readings("WBC (10^9/L)"))
