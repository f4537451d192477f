"""One measured number, held against another measured in the same run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """A measurement with the yardstick it is held against.

    Attributes:
        name: the act measured.
        measured: its figure, in ``unit``.
        against: the yardstick's figure in the same unit and run, or a fixed figure to hold.
        unit: of both, such as ``ms`` or ``records/s``.
        yardstick: what ``against`` is, in words.
        hold: the ratio measured/against to hold.
        slack: allowed on top, in ``unit``.
        at_least: whether ``hold`` is a floor (speeds) instead of a ceiling (times).
        shown: a cost to be known; there is nothing to hold.
    """

    name: str
    measured: float
    against: float
    unit: str
    yardstick: str
    hold: float = 1.0
    slack: float = 0.0
    at_least: bool = False
    shown: bool = False

    @property
    def ratio(self) -> float:
        """measured / against."""
        return self.measured / self.against

    @property
    def met(self) -> bool:
        """Whether the ratio holds."""
        if self.shown:
            return True
        bound = self.hold * self.against
        if self.at_least:
            return self.measured >= bound - self.slack
        return self.measured <= bound + self.slack

    @property
    def bound(self) -> str:
        """What is to hold, as printed."""
        if self.shown:
            return "–"
        slack = f" {'-' if self.at_least else '+'} {self.slack:g} {self.unit}" if self.slack else ""
        return f"{'≥' if self.at_least else '≤'} {self.hold:g} ×{slack}"


def table(ratios: list[Ratio]) -> str:
    """The ratios as a Markdown table."""
    return "\n".join((*HEAD, *(f"| {' | '.join(cells(r))} |" for r in ratios)))


HEAD = ("| name | measured | against | ratio | to hold | met |", "|---|---|---|---|---|---|")


def cells(ratio: Ratio) -> tuple[str, ...]:
    """One row of the table."""
    return (
        ratio.name,
        f"{ratio.measured:,.4g} {ratio.unit}",
        f"{ratio.against:,.4g} {ratio.unit} ({ratio.yardstick})",
        f"{ratio.ratio:.3g}",
        ratio.bound,
        ("–" if ratio.shown else "yes") if ratio.met else "NO",
    )
