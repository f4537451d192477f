"""What a store holds that the definition cannot read: told with its place and reason, left out.

Entry lets no such value in; a store may still hold one, from another program or another version of
the definition. An analysis that skipped it in silence would be wrong without anybody knowing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mrd_desktop.insight.outcome import Problem
from mrd_desktop.record.reading import Recorded, RecordedForm
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Item, Kind, Study
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import READERS
from mrd_desktop.texts import Text

_SHOWN: Final = 20
"""Characters of an unknown code that are repeated."""
_UNKNOWN_FORM: Final = Text("the study has no such form", "本研究没有此表单")
_UNKNOWN_ITEM: Final = Text("the form has no such item", "此表单没有该条目")
_UNKNOWN_CODE: Final = Text("unknown code {code}", "未知编码 {code}")
_UNKNOWN_REASON: Final = Text("unknown missing reason {code}", "未知缺失原因 {code}")
_NO_NUMBER: Final = Text("not a number", "不是数字")
_NO_DATE: Final = Text("not a possible date", "不是有效日期")
_PART_DATE: Final = Text("a full date is needed", "须为完整日期")
_NO_TIME: Final = Text("not a time", "不是时间")
_NO_TEXT: Final = Text("not a text", "不是文本")
_MISREAD: Final = {
    Kind.INTEGER: _NO_NUMBER,
    Kind.DECIMAL: _NO_NUMBER,
    Kind.DATE: _NO_DATE,
    Kind.PARTIAL_DATE: _NO_DATE,
    Kind.TIME: _NO_TIME,
    Kind.TEXT: _NO_TEXT,
}


def readable(study: Study, form: RecordedForm) -> tuple[RecordedForm | None, tuple[Problem, ...]]:
    """The form with what can be read, None for a form that the study does not know."""
    subject, oid = form.key.event.subject, form.key.form
    definition = study.by_form.get(oid)
    if definition is None:
        return None, (Problem(subject, oid, _UNKNOWN_FORM, used=True, address=str(form.key)),)
    problems: list[Problem] = []
    kept: dict[ItemKey, Recorded] = {}
    for key, recorded in form.items.items():
        group = definition.by_group.get(key.row.group)
        item = group.by_name.get(key.item) if group else None
        reason = _fault(study, item, recorded.answer)
        if reason is None:
            kept[key] = recorded
        elif not form.rows.get(key.row):
            name = item.oid if item else f"{oid}.{key.item}"
            problems.append(Problem(subject, name, reason, used=True, address=str(key)))
    return (replace(form, items=kept) if problems else form), tuple(problems)


def _fault(study: Study, item: Item | None, answer: Answer | None) -> Text | None:
    if answer is None:
        return None
    if item is None:
        return _UNKNOWN_ITEM
    if answer.missing is not None:
        known = answer.missing in study.codelists["MISS"].by_code
        return None if known else _UNKNOWN_REASON.filled(code=answer.missing[:_SHOWN])
    return _misread(item, answer)


def _misread(item: Item, answer: Answer) -> Text | None:
    kind, raw = item.type.kind, answer.value
    assert raw is not None
    if kind in (Kind.CODE, Kind.CODES):
        if item.codelist is None:
            return None
        unknown = next((c for c in answer.codes if c not in item.codelist.by_code), None)
        return None if unknown is None else _UNKNOWN_CODE.filled(code=unknown[:_SHOWN])
    value = READERS[kind](raw)
    if value is None:
        return _MISREAD[kind]
    if kind is Kind.DATE and isinstance(value, PartialDate) and not value.full:
        return _PART_DATE
    return None
