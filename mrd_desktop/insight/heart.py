"""When the next LVEF is due: more often on anti-HER2 therapy than in an intermission."""

from __future__ import annotations

from datetime import date, timedelta

from mrd_desktop.insight.places import where_to_enter
from mrd_desktop.insight.task import Task, by_day
from mrd_desktop.record.casebook import Chart
from mrd_desktop.study.rules.lvef import measured
from mrd_desktop.study.rules.treatment_starts import treated_periods
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import follow_up_end
from mrd_desktop.texts import Text

ON = Text(
    "LVEF due by {until}: {n} days at most between tests on treatment",
    "LVEF应于{until}前复查（治疗期间间隔不超过{n}天）",
)
OFF = Text(
    "LVEF due by {until}: {n} days at most between tests in the intermission",
    "LVEF应于{until}前复查（间歇期间隔不超过{n}天）",
)
_SOON = timedelta(days=14)


def heart_due(scene: Scene) -> tuple[date, bool, int] | None:
    """The last day for the next LVEF, whether treatment is given, and the longest gap in days.

    Counted from the last test; on treatment from its start where that came later (EC-131). None
    before T0 and once scheduled visits have ended.
    """
    spans = treated_periods(scene)
    if not spans or follow_up_end(scene) < scene.today:
        return None
    now, tests = spans[-1], [day for day, _ in measured(scene)]
    limit = int(scene.parameter("LVEFON" if now.treated else "LVEFOFF"))
    since = max(tests, default=now.start)
    if now.treated:
        since = max(since, now.start)
    return since + timedelta(days=limit), now.treated, limit


def heart_task(chart: Chart) -> Task | None:
    """The line of the worklist, two weeks ahead."""
    due = heart_due(chart.scene)
    if due is None:
        return None
    until, treated, limit = due
    today, subject = chart.data.today, chart.data.subject
    if until - today > _SOON:
        return None
    text = (ON if treated else OFF).filled(until=until, n=limit)
    place = where_to_enter(chart, "CV", today)
    return Task("lvef", by_day(until, today), subject, text, until, place, f"{subject} {until}")
