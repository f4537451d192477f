"""What fuzzing found once is read again in every run, and a little further from there."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.corpus import kept
from tests.fuzz.targets import TARGETS, Target

AROUND = 150
"""Changed inputs tried beside those that are kept."""


@pytest.mark.parametrize("target", TARGETS, ids=[t.name for t in TARGETS])
def test_every_reader_answers_or_refuses_with_words(target: Target) -> None:
    inputs = [*target.seeds(), *kept(target.name)]
    assert inputs
    for data in inputs:
        target.run(data)
    chance = random.Random(target.name)
    for _ in range(AROUND):
        data = bytearray(chance.choice(inputs)[: target.largest])
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(data) + 1)
            data[at : at + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
        target.run(bytes(data))
