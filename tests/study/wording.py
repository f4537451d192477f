"""Comparing Chinese texts with the reference, which writes their punctuation half width."""

from __future__ import annotations

import re
from typing import Any

FULL = "，；：？！（）"
HALF = ",;:?!()"
_NARROW = str.maketrans(FULL, HALF)
_HAN = "[\u3400-\u9fff]"
NARROW_BESIDE_HAN = re.compile(rf"{_HAN}\s*[,;:?!.()]|[,;:?!()]\s*{_HAN}")


def narrow(text: str) -> str:
    """A Chinese text with its stops, commas and brackets half width and nothing else changed."""
    return text.translate(_NARROW)


def narrowed(told: Any) -> Any:
    """A structure of the reference or of ours with each of its Chinese texts narrowed."""
    if isinstance(told, dict):
        return {
            k: narrow(v) if k == "zh" and isinstance(v, str) else narrowed(v)
            for k, v in told.items()
        }
    return [narrowed(v) for v in told] if isinstance(told, list) else told
