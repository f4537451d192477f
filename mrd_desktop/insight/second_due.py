"""Second entries on the worklist: for whoever may key or settle them, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.record.casebook import Chart
from mrd_desktop.record.second.standing import Act, SecondPlace, State
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Text

KIND: Final = "second"
DUE = Text("{place}: second entry due", "{place}：待第二次录入")
BEGUN = Text("{place}: second entry begun", "{place}：第二次录入未完成")
DIFFER = Text(
    "{place}: the two entries differ in {n} items", "{place}：两次录入有 {n} 项差异待处理"
)


def second_tasks(study: Study, chart: Chart) -> Iterator[Task]:
    """What this user may do about second entries of one subject.

    A form is due once it was declared complete; one that merely changed since its second entry
    asks for nothing by itself.
    """
    for line in chart.forms:
        second, act = line.second, line.second_act
        if second is None or act is None:
            continue
        words, subject = place_words(study, line.key), line.key.subject
        place = SecondPlace(line.key, act)
        if act is Act.SETTLE:
            text = DIFFER.filled(place=words, n=len(second.open))
            yield Task(KIND, Urgency.OPEN, subject, text, None, place)
        elif second.drafted:
            yield Task(KIND, Urgency.DUE, subject, BEGUN.filled(place=words), None, place)
        elif second.state is State.DUE and second.declared:
            yield Task(KIND, Urgency.OPEN, subject, DUE.filled(place=words), None, place)
