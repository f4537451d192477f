"""The memory that an act needs above the idle program, measured where nothing else ever ran."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.benchmarks.ratio import Ratio

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")
MIB = 1024


def needed(idle: Callable[[], AbstractContextManager[Callable[[], object]]]) -> float | None:
    """The peak of an act above the memory held before it, in MiB; None where Linux is not asked.

    The act runs in a process of its own: what the measuring process held earlier and gave back to
    nobody would else be used again and look like nothing. The peak is set back once the program is
    idle, for a sign-in takes more than most acts.

    Args:
        idle: opens what the act needs and yields the act; it and what it holds can be pickled.
    """
    if not sys.platform.startswith("linux"):
        return None
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (idle,))


def memory(name: str, needed: float | None, held: float, yardstick: str) -> list[Ratio]:
    """The row of a table, in MiB; none where nothing could be measured."""
    return [] if needed is None else [Ratio(name, needed, held, "MiB", yardstick)]


def _measure(idle: Callable[[], AbstractContextManager[Callable[[], object]]]) -> float:
    with idle() as act:
        RESET.write_text("5", "ascii")
        before = _kib("VmRSS")
        act()
        return (_kib("VmHWM") - before) / MIB


def _kib(name: str) -> int:
    for line in STATUS.read_text("ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise RuntimeError(f"{STATUS} tells no {name}")
