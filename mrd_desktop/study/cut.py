"""A subject's data as they stood on a day: the data cut-off.

A form counts when the date of its act is not after the cut-off (of most forms the earliest date);
so does a row of a repeating group, by its earliest date. Dates after the cut-off are left out
wherever they stand (an end that is yet to come). An MRD result reported after the cut-off is
awaited. A form without any date is kept. Source: sections 3.4 (case 13) and 3.13 (case 13) of the
study reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from mrd_desktop.study.address import RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.data import FormData, RowData, SubjectData
from mrd_desktop.study.model import Form, Study
from mrd_desktop.study.partial_date import PartialDate

_ACT: Final = {"IC": "RFICDAT", "TC": "TCDAT", "EOS": "DSSTDAT", "SS": "SSDAT"}
"""The date of the act, for forms that also tell of earlier days."""
_SAMPLE, _REPORTED, _RESULT, _REPORT = "MRD", "RPTDAT", "RESULT", ("C", "MRDV")
"""The form whose result is known from its report on, and the groups of the report."""


def cut(study: Study, data: SubjectData) -> SubjectData:
    """The data without what is dated after ``data.today``."""
    kept = (_form(study.by_form[f.form], f, data.today) for f in data.forms)
    return replace(data, forms=tuple(f for f in kept if f is not None))


def _form(definition: Form, form: FormData, day: date) -> FormData | None:
    alone = [r for r in form.rows if not definition.by_group[r.key.group].repeating]
    if _begins_after(definition, alone, day):
        return None
    if definition.oid == _SAMPLE and _reported_after(alone, day):
        form = _awaited(form)
    rows = [
        r
        for r in form.rows
        if not definition.by_group[r.key.group].repeating or not _begins_after(definition, [r], day)
    ]
    return replace(form, rows=tuple(_without_later(definition, r, day) for r in rows))


def _begins_after(definition: Form, rows: list[RowData], day: date) -> bool:
    dated = [(name, d) for r in rows for name, d in _dates(definition, r)]
    acts = [d for name, d in dated if name == _ACT.get(definition.oid)]
    dates = acts or [d for _, d in dated]
    return bool(dates) and min(d.earliest for d in dates) > day


def _reported_after(rows: list[RowData], day: date) -> bool:
    reported = [a for r in rows if (a := r.answers.get(_REPORTED)) and _plain(a)]
    return any(PartialDate.parse(a.text).earliest > day for a in reported)


def _awaited(form: FormData) -> FormData:
    """The sample without its report: the result is pending."""
    row = RowData(RowKey(form.key, _REPORT[0]), {_RESULT: Answer(missing="PEND")})
    return replace(form, rows=(*(r for r in form.rows if r.key.group not in _REPORT), row))


def _without_later(definition: Form, row: RowData, day: date) -> RowData:
    later = {name for name, d in _dates(definition, row) if d.earliest > day}
    if not later:
        return row
    return replace(row, answers={k: a for k, a in row.answers.items() if k not in later})


def _dates(definition: Form, row: RowData) -> Iterator[tuple[str, PartialDate]]:
    for name in definition.by_group[row.key.group].dates:
        answer = row.answers.get(name)
        if answer is not None and _plain(answer):
            yield name, PartialDate.parse(answer.text)


def _plain(answer: Answer) -> bool:
    return isinstance(answer.value, str)
