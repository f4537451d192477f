"""UTC moments as people of the place read them."""

from __future__ import annotations

from datetime import datetime


def clock(at: str) -> str:
    """The local time of day of a UTC moment: ``10:42``."""
    return datetime.fromisoformat(at).astimezone().strftime("%H:%M")


def moment(at: str) -> str:
    """The local day and time of a UTC moment."""
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
