"""What stands in a data point: a value or the reason why there is none, never both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Raw: TypeAlias = str | tuple[str, ...]
"""A value as text in its canonical form; several codes as a sorted tuple."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The content of one data point.

    Attributes:
        value: canonical text, or a sorted tuple of codes for an item of type M; None if none.
        missing: code of CL.MISS when a reason stands in place of a value.

    A data point without an answer (never entered, or cleared) has no ``Answer`` at all.
    """

    value: Raw | None = None
    missing: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.missing is None):
            raise ValueError("an answer is a value or a missing reason")

    @property
    def codes(self) -> tuple[str, ...]:
        """The value as codes (empty when missing)."""
        if self.value is None:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def text(self) -> str:
        """The value as one text, several codes joined by ``;`` (empty when missing)."""
        return ";".join(self.codes)
