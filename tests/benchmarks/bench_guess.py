"""What a guess at a password costs whoever copied the folder away (E-06): one core, one slot."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mrd_desktop.vault import crypto
from mrd_desktop.vault.crypto import KdfParameters
from tests.benchmarks.ratio import Ratio

GUESSES = 5


def run() -> list[Ratio]:
    """Guess at slots of a live folder made here, and of a training folder."""
    with one_core():
        chosen = crypto.calibrated()
        live, floor = seconds_each(chosen), seconds_each(crypto.FLOOR)
    at = f"guess at a live folder of this computer, {chosen.memory >> 10} MiB, one core"
    least = f"guess at the least that is allowed, {crypto.FLOOR.memory >> 10} MiB, one core"
    wanted = crypto.GUESS_SECONDS * 1000
    return [
        Ratio(at, live * 1000, wanted, "ms", "fixed", at_least=True),
        Ratio(least, floor * 1000, wanted, "ms", "what a live folder asks", shown=True),
    ]


def seconds_each(parameters: KdfParameters) -> float:
    """Core seconds of a wrong guess: nothing shorter than Argon2id tells that it is wrong."""
    spent = []
    for n in range(GUESSES):
        begun = time.process_time()
        crypto.derive(f"guess {n}", bytes(crypto.SALT_BYTES), parameters)
        spent.append(time.process_time() - begun)
    return statistics.median(spent)


@contextmanager
def one_core() -> Iterator[None]:
    """Where the system can: on one core alone."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
