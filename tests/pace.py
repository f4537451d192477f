"""Bounds of processor time that hold on a slow or busy computer too."""

from __future__ import annotations

import json
import time
from typing import Final

_MANY: Final = 20_000
_QUIET: Final = 0.08
"""Processor seconds of the work below on the reference computer when nothing else runs on it."""


def in_time(seconds: float, bound: float) -> bool:
    """Whether work took no more processor time than it may.

    Args:
        bound: generous, for the reference computer; what blows up takes many times as much. Where
            it is passed, this computer is measured as it is now, and as much more is granted.
    """
    return seconds < bound or seconds < bound * _slowness()


def _slowness() -> float:
    began = time.process_time()
    json.loads(json.dumps([{"number": n, "words": str(n), "more": [n]} for n in range(_MANY)]))
    return max(1.0, (time.process_time() - began) / _QUIET)
