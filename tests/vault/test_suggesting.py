"""Suggested passwords: strong, accepted everywhere, readable on paper (C.7)."""

from __future__ import annotations

import math
import re

from mrd_desktop.vault.passwords import accepted
from mrd_desktop.vault.suggesting import BITS, count, suggested, syllables


def test_a_suggestion_is_strong_and_readable() -> None:
    assert len(syllables()) == len(set(syllables())) > 350
    assert count() * math.log2(len(syllables())) >= BITS
    made = {suggested() for _ in range(300)}
    assert len(made) == 300
    for text in made:
        assert re.fullmatch(r"[a-z]{2,6}(-[a-z]{2,6})+", text)
        assert len(text.split("-")) == count()
        assert accepted(text, training=False, known_words=("crc", "hospital")) == text
        assert 15 <= len(text) <= 64
