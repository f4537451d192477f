"""A synthetic story of five years, with as much on it as a picture will ever hold."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from mrd_desktop.insight.story import (
    Adverse,
    Ejection,
    Level,
    MrdPoint,
    Scan,
    Story,
    Turn,
    TurnPoint,
    VisitPoint,
)
from mrd_desktop.study.rules.treatment_status import Period
from mrd_desktop.study.schedule import Window

T0 = date(2022, 1, 10)


def day(n: int) -> date:
    return T0 + timedelta(days=n)


def crowded() -> Story:
    """Five years, sixty adverse events, forty visits; synthetic."""
    windows = [Window(day(46 * n), day(46 * n - 14), day(46 * n + 14)) for n in range(40)]
    return Story(
        subject="01-999", today=day(1800), first=day(-40), last=day(1840), t0=T0,
        treatments=(Period("INTERMISSION", T0, day(340)), Period("RESUMED", day(340), None)),
        mrd=tuple(MrdPoint(day(45 * n), "POSITIVE" if n % 5 == 2 else None) for n in range(40)),
        marker=tuple(Level(day(45 * n), Decimal(n % 17) / 9) for n in range(40)),
        scans=tuple(Scan(day(60 * n), "CR" if n % 2 else None) for n in range(30)),
        lvef=tuple(Ejection(day(90 * n), 60) for n in range(20)),
        adverse=tuple(
            Adverse(day(37 * n % 1800), None, 1 + n % 5, n % 9 == 0, f"Synthetic {n}")
            for n in range(60)
        ),
        visits=tuple(
            VisitPoint(f"M{n:02d}", w.target, w, True, False) for n, w in enumerate(windows)
        ),
        turns=(TurnPoint(T0, Turn.CHOICE, "INTERMISSION"), TurnPoint(day(1760), Turn.PROGRESSION)),
        ended=None,
    )  # fmt: skip
