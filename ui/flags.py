"""How each flag beside a subject's status looks: its ink, and its glyph in lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mrd_desktop.insight.status import Flag
from ui.icons import Glyph
from ui.theme import Ink

SIGNS: Final[Mapping[Flag, tuple[Ink, Glyph]]] = {
    Flag.UNSETTLED: (Ink.HARD, Glyph.WARNING),
    Flag.CONVERTED: (Ink.POSITIVE, Glyph.POSITIVE),
    Flag.CLEARED: (Ink.NEGATIVE, Glyph.NEGATIVE),
    Flag.OVERDUE: (Ink.HARD, Glyph.WARNING),
    Flag.WITHDRAWN: (Ink.HARD, Glyph.WARNING),
    Flag.LEFT: (Ink.SOFT, Glyph.WARNING),
    Flag.SENSITIVE: (Ink.HARD, Glyph.WARNING),
    Flag.GENES: (Ink.SOFT, Glyph.WARNING),
    Flag.STAYS: (Ink.SOFT, Glyph.TRANSFER),
}
