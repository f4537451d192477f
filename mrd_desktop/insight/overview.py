"""One subject in a line: status, next visit, what is to be done. The row of lists."""

from __future__ import annotations

from dataclasses import dataclass

from mrd_desktop.insight.plan import Due, next_visit
from mrd_desktop.insight.status import Standing, standing
from mrd_desktop.insight.worklist import Task, tasks
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.views import FormState
from mrd_desktop.study.model import Study


@dataclass(frozen=True, slots=True)
class Overview:
    """What lists show of a subject beyond its number.

    Attributes:
        incomplete: forms saved but not complete.
        unsigned: complete forms that nobody has signed, or that changed since.
    """

    subject: str
    standing: Standing
    due: Due | None
    tasks: tuple[Task, ...]
    incomplete: int
    unsigned: int


def overview(study: Study, chart: Chart) -> Overview:
    """The line of one subject as of the chart's day."""
    kept = [line for line in chart.forms if not line.removed]
    return Overview(
        subject=chart.data.subject,
        standing=standing(chart.scene),
        due=next_visit(chart),
        tasks=tasks(study, chart),
        incomplete=sum(line.state is FormState.INCOMPLETE for line in kept),
        unsigned=sum(
            line.state is FormState.COMPLETE and not study.by_form[line.key.form].private
            for line in kept
        ),
    )
