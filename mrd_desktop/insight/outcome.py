"""What every time to an event is made of: days, how it ended, why, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Final

from mrd_desktop.study.scene import Scene
from mrd_desktop.texts import Text


class State(Enum):
    """How the time of a subject ended."""

    CENSORED = 0
    EVENT = 1
    COMPETING = 2


class Reason(Enum):
    """Why it ended on its date."""

    PROGRESSION = Text("progression", "疾病进展")
    DEATH = Text("death", "死亡")
    ASSESSMENT = Text("last adequate assessment", "末次充分肿瘤评价")
    NO_ASSESSMENT = Text("no adequate assessment after T0", "T0后无充分肿瘤评价")
    GAP = Text(
        "last adequate assessment before two or more missed ones",
        "连续缺失两次及以上评价之前的末次充分评价",
    )
    SWITCH = Text("treatment resumed or changed", "恢复治疗或换组")
    NEW_LINE = Text("new anti-cancer line", "开始新的抗肿瘤治疗")
    ALIVE = Text("last date known alive", "末次已知存活日期")
    CONVERSION = Text("MRD conversion", "MRD转阳")
    NEGATIVE = Text("last negative sample", "末次阴性样本")
    NO_SAMPLE = Text("no valid sample after T0", "T0后无有效样本")
    NEVER_NEGATIVE = Text(
        "positive after T0 and never negative: no conversion can be told",
        "T0后持续阳性，从未转阴，无法判断转阳",
    )
    PROGRESSION_FIRST = Text("progression before conversion", "转阳前疾病进展")
    DEATH_FIRST = Text("death before conversion", "转阳前死亡")
    RESUMPTION = Text("resumption", "恢复治疗")
    TREATMENT = Text("new treatment", "开始新治疗")
    CONTACT = Text("last contact", "末次联系")

    @property
    def text(self) -> Text:
        """The reason in words."""
        return self.value


@dataclass(frozen=True, slots=True)
class TimeToEvent:
    """A time to an event.

    Attributes:
        start, end: first and last day.
        days: length; with the first day counted where the rule says so (an event on T0 has 1).
        rule: section of the reference and version of the code, ``3.4/1``.
        case: number of the case of table 3.4, else None.
        imputed: ``D`` or ``M`` where day, or month and day, of the end were imputed.
    """

    start: date
    end: date
    days: int
    state: State
    reason: Reason
    rule: str
    case: int | None = None
    imputed: str | None = None

    @property
    def event(self) -> int:
        """1 for the event of interest, else 0 (a competing event ends the time without it)."""
        return int(self.state is State.EVENT)


@dataclass(frozen=True, slots=True)
class Problem:
    """Data that an endpoint cannot use: what and why. Nothing is left out without one.

    Attributes:
        subject: subject number.
        item: OID of the item at fault.
        used: the endpoint was computed all the same, without (or with) the item as the text says.
        address: where exactly, if a single data point or form is at fault; else empty.
    """

    subject: str
    item: str
    text: Text
    used: bool = field(default=False)
    address: str = ""


ONE_PLACE: Final = Decimal("0.1")


def months(scene: Scene, days: int) -> Decimal:
    """Days as months of 30.4375 days, one decimal, half up."""
    return (Decimal(days) / scene.parameter("MONTH")).quantize(ONE_PLACE, ROUND_HALF_UP)
