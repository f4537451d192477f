"""What every test may rely on: no screen needed, printed seeds, counts that soak runs in full."""

from __future__ import annotations

import os
import secrets
import zlib
from collections.abc import Callable

import pytest
from hypothesis import settings

# Without a display Qt ends the interpreter; chosen before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SOAK = bool(os.environ.get("MRD_SOAK"))

settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("soak", deadline=None, max_examples=5_000, print_blob=True)
settings.load_profile("soak" if SOAK else "suite")


@pytest.fixture
def seed(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> int:
    """The seed for whatever is random in a test, printed when it fails.

    In the suite it follows from the test's name, so that a run can be repeated; soak draws a new
    one each time. ``MRD_SEED`` sets it by hand.
    """
    given = os.environ.get("MRD_SEED")
    if given:
        chosen = int(given)
    elif SOAK:
        chosen = secrets.randbits(32)
    else:
        chosen = zlib.crc32(request.node.nodeid.encode())
    record_property("seed", chosen)
    print(f"MRD_SEED={chosen}")
    return chosen


@pytest.fixture
def fraction(record_property: Callable[[str, object], None]) -> Callable[[int, int], int]:
    """``fraction(full, short)``: the full count under ``dev.py soak``, else the short one."""

    def choose(full: int, short: int) -> int:
        chosen = full if SOAK else short
        record_property("count", chosen)
        return chosen

    return choose
