"""The memory an act needs is what it holds at its peak, whatever was held and given back before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.benchmarks.memory import needed

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a peak that can be set back"
)


@contextmanager
def _after_much(mib: int) -> Iterator[Callable[[], object]]:
    bytearray(b"\x01") * (200 << 20)
    yield lambda: bytearray(b"\x01") * (mib << 20)


@pytest.mark.parametrize("mib", [30, 100])
def test_only_the_act_counts(mib: int) -> None:
    measured = needed(partial(_after_much, mib))
    assert measured is not None
    assert mib * 0.9 <= measured <= mib * 1.1 + 2
