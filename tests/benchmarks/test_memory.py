"""The memory an act needs is what it holds at its peak, whatever was held and given back before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.benchmarks.memory import needed


@contextmanager
def _after_much(mib: int) -> Iterator[Callable[[], object]]:
    bytearray(b"\x01") * (200 << 20)
    yield lambda: bytearray(b"\x01") * (mib << 20)


@pytest.mark.parametrize("mib", [30, 100])
def test_only_the_act_counts(mib: int) -> None:
    measured = needed(partial(_after_much, mib))
    if not sys.platform.startswith("linux"):  # nothing else tells a peak that can be set back
        assert measured is None
        return
    assert measured is not None
    assert mib * 0.9 <= measured <= mib * 1.1 + 2
