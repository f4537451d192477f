"""What lists know: each subject in a line, and all that is to be done at the site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mrd_desktop.insight.care import Care
from mrd_desktop.insight.consent import Consent, consent, renewals
from mrd_desktop.insight.drawn import KIND
from mrd_desktop.insight.plan import Due, next_visit
from mrd_desktop.insight.status import Standing, standing
from mrd_desktop.insight.task import Task
from mrd_desktop.insight.worklist import site_tasks, tasks
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.views import FormState
from mrd_desktop.study.model import Study


@dataclass(frozen=True, slots=True)
class Overview:
    """What lists show of a subject beyond its number.

    Attributes:
        incomplete: forms saved but not complete.
        unsigned: complete forms that nobody has signed, or that changed since; none with a draft.
        consent: the version signed; whether it is to be renewed only the whole site tells.
    """

    subject: str
    standing: Standing
    due: Due | None
    tasks: tuple[Task, ...]
    incomplete: int
    unsigned: int
    consent: Consent | None


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
            line.state is FormState.COMPLETE
            and not (line.drafted or study.by_form[line.key.form].private)
            for line in kept
        ),
        consent=consent(chart.scene),
    )


def everything(found: Iterable[Overview], cared: Care | None) -> tuple[Task, ...]:
    """All that is to be done at the site, by anybody: for each subject, between them, for all."""
    seen = tuple(found)
    consents = (o.consent for o in seen if o.consent)
    of_all = site_tasks(cared) if cared else ()
    settled = cared.samples if cared else frozenset[str]()
    own = (t for o in seen for t in o.tasks if t.kind != KIND or t.subject not in settled)
    return (*own, *renewals(consents), *of_all)
