"""The colours of figures in files; the same as those of the screen, which a test compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mrd_desktop.insight.figures.sheet import Tone

LIGHT: Final[Mapping[Tone, str]] = {
    Tone.SURFACE: "#FFFFFF",
    Tone.TEXT: "#1A1F27",
    Tone.SECONDARY: "#5A6472",
    Tone.LINE: "#DDE1E7",
    Tone.EDGE: "#868F9B",
    Tone.ACCENT: "#1F6FB2",
    Tone.TINT: "#E6F0F9",
    Tone.HOVER: "#EEF1F5",
    Tone.HARD: "#B3261E",
    Tone.SOFT: "#8F6000",
    Tone.GOOD: "#1E7B4F",
    Tone.NEGATIVE: "#216FA5",
    Tone.POSITIVE: "#C0364A",
    Tone.NO_RESULT: "#7F8896",
    Tone.INTERMISSION: "#7FB7A6",
    Tone.INTERMISSION_LINE: "#2F7A66",
    Tone.CONTINUED: "#5B6FA8",
    Tone.RESUMED: "#C7925B",
    Tone.RESUMED_LINE: "#8F5E2A",
}
FONTS: Final = (
    "'Noto Sans', 'Segoe UI', Arial, 'Noto Sans CJK SC', 'Noto Sans SC', 'Microsoft YaHei',"
    " 'PingFang SC', sans-serif"
)
