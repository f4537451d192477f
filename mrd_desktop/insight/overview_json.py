"""An overview as canonical JSON and back: typed, so that what is damaged or unknown is refused."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from mrd_desktop.insight.consent import Consent, Renewal
from mrd_desktop.insight.overview import Overview
from mrd_desktop.insight.plan import Due
from mrd_desktop.insight.status import Flag, Standing, Status
from mrd_desktop.insight.task import Place, Task, Urgency
from mrd_desktop.insight.worklist import NEEDS
from mrd_desktop.record.second.standing import Act, SecondPlace
from mrd_desktop.study.address import FormKey, parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.study.model import Study
from mrd_desktop.study.schedule import Window
from mrd_desktop.texts import Text

FORMAT: Final = "1"
"""Changes with the shape of what is written."""

_URGENCY: Final = {u.value: u for u in Urgency}
_FAULTS: Final = (ValueError, KeyError, TypeError, IndexError, AttributeError, AddressError)


def written(found: Overview) -> str:
    """The overview as text."""
    standing, due, signed = found.standing, found.due, found.consent
    return json.dumps(
        [
            found.subject,
            [
                standing.status.name,
                standing.group.name if standing.group else None,
                [flag.name for flag in standing.flags],
            ],
            [due.event.oid, *_days(due.window)] if due else None,
            [_task(task) for task in found.tasks],
            found.incomplete,
            found.unsigned,
            _consent(signed) if signed else None,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read(study: Study, kept: str) -> Overview | None:
    """The overview that a text tells; None where it is not whole or not of this program."""
    try:
        subject, standing, due, tasks, incomplete, unsigned, signed = json.loads(kept)
        status, group, flags = standing
        return Overview(
            subject=_str(subject),
            standing=Standing(
                Status[status], Status[group] if group else None, tuple(Flag[f] for f in flags)
            ),
            due=_due(study, due) if due else None,
            tasks=tuple([_read_task(subject, *task) for task in tasks]),
            incomplete=_int(incomplete),
            unsigned=_int(unsigned),
            consent=_read_consent(subject, *signed) if signed else None,
        )
    except _FAULTS:
        return None


def _days(window: Window) -> tuple[str, str, str]:
    return str(window.target), str(window.opens), str(window.closes)


def _task(task: Task) -> list[object]:
    place = task.place
    act = place.act.value if isinstance(place, SecondPlace) else None
    return [
        task.kind,
        task.urgency.value,
        task.text.en,
        task.text.zh,
        str(task.until) if task.until else None,
        str(place.form if isinstance(place, SecondPlace) else place),
        act,
        task.about,
    ]


def _consent(found: Consent) -> list[object]:
    renewed = [[r.version, str(r.signed) if r.signed else None] for r in found.renewed]
    return [found.version, str(found.dated), renewed, found.active, str(found.place)]


def _read_task(
    subject: str, kind: str, urgency: int, en: str, zh: str, until: str | None,
    address: str, act: str | None, about: str,
) -> Task:  # fmt: skip
    if kind not in NEEDS:
        raise KeyError(kind)
    return Task(
        kind,
        _URGENCY[urgency],
        subject,
        Text(_str(en), _str(zh)),
        date.fromisoformat(until) if until else None,
        _place(address, act),
        _str(about),
    )


def _place(address: str, act: str | None) -> Place:
    key = parse_address(address)
    return key if act is None else SecondPlace(_form(key), Act(act))


def _due(study: Study, kept: list[Any]) -> Due:
    event, target, opens, closes = kept
    day = date.fromisoformat
    return Due(study.by_event[event], Window(day(target), day(opens), day(closes)))


def _read_consent(
    subject: str, version: str, dated: str, renewed: list[Any], active: object, place: str
) -> Consent:
    again = tuple(Renewal(_str(v), date.fromisoformat(d) if d else None) for v, d in renewed)
    if not isinstance(active, bool):
        raise TypeError(active)
    day = date.fromisoformat(dated)
    return Consent(subject, _str(version), day, again, active, _form(parse_address(place)))


def _form(key: object) -> FormKey:
    if not isinstance(key, FormKey):
        raise TypeError(key)
    return key


def _str(value: object) -> str:
    if type(value) is not str:
        raise TypeError(value)
    return value


def _int(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value
