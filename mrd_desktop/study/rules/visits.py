"""Visits: target dates, windows, order, overdue and incomplete visits (CRF reference 2.4)."""

from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.address import EventKey
from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.reading import full, joined
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line
from mrd_desktop.study.schedule import Window, day_zero, follow_up_end, planned_forms, window
from mrd_desktop.texts import Text

WATCHED_FORMS = frozenset({"MRD", "TM", "TA"})
"""The forms that EC-088 looks for at a visit that took place."""

_WINDOW = ("TC.TCDAT",)
_ORDER = ("SV.VISDAT", "SV.STAT")
_PLAN = ("SV.STAT", "SV.VISDAT", "TC.TCDAT", "TC.GROUP", "GS", "RES", "MRD", "TM", "TA", "IC.ICHGR")


def due(line: Line) -> Window | None:
    """When the visit of a line's event is due; None without a target or before T0 is known."""
    start = day_zero(line.scene)
    return window(line.scene.study.by_event[line.event.event], start) if start else None


@rule("visit_target", gives=Type.DATE, reads=_WINDOW)
def visit_target(line: Line) -> PartialDate | None:
    """Target date of the visit."""
    found = due(line)
    return full(found.target) if found else None


@rule("visit_opens", gives=Type.DATE, reads=_WINDOW)
def visit_opens(line: Line) -> PartialDate | None:
    """First day of the visit's window."""
    found = due(line)
    return full(found.opens) if found else None


@rule("visit_closes", gives=Type.DATE, reads=_WINDOW)
def visit_closes(line: Line) -> PartialDate | None:
    """Last day of the visit's window."""
    found = due(line)
    return full(found.closes) if found else None


@rule("visit_in_window", gives=Type.CODE, reads=(*_WINDOW, "SV.VISDAT"), codelist="NYNA")
def visit_in_window(line: Line) -> str | None:
    """Y or N for a visit with a date, NA for one without a target (unscheduled visits)."""
    event = line.scene.study.by_event[line.event.event]
    if event.offset_days is None and event.offset_months is None:
        return "NA"
    found, day = due(line), line.day("SV.VISDAT")
    if found is None or day is None:
        return None
    return "N" if found.days_outside(day) else "Y"


@rule("days_outside_window", gives=Type.NUMBER, reads=(*_WINDOW, "SV.VISDAT"))
def days_outside_window(line: Line) -> Decimal | None:
    """Days by which a visit lies before or after its window."""
    found, day = due(line), line.day("SV.VISDAT")
    return Decimal(found.days_outside(day)) if found and day else None


@rule("visit_out_of_order", gives=Type.BOOL, reads=_ORDER)
def visit_out_of_order(line: Line) -> bool:
    """Another scheduled visit has the wrong order of dates with this one, or is the same visit."""
    places = {e.oid: n for n, e in enumerate(line.scene.study.events) if not e.repeating}
    place, day = places.get(line.event.event), line.day("SV.VISDAT")
    if place is None:
        return False
    for other in line.scene.forms("SV"):
        there, then = places.get(other.event.event), other.day("SV.VISDAT")
        if other.form.key == line.form.key or there is None:
            continue
        if there == place:
            return True
        if day and then and ((then > day) if there < place else (then < day)):
            return True
    return False


@rule("visit_named_here", gives=Type.BOOL, reads=("SV.VISIT",))
def visit_named_here(line: Line) -> bool | None:
    """The visit that was answered is the one the form stands in; all else reads the latter."""
    _, group, item = line.scene.study.places["SV.VISIT"]
    row = line.form.row(group.name)
    answer = row.answers.get(item.name) if row else None
    return None if answer is None or answer.value is None else answer.value == line.event.event


@rule(
    "visit_overdue",
    gives=Type.BOOL,
    reads=(*_WINDOW, *_ORDER, "TC.ENRYN", "PD.PDDAT", "DTH.DTHDAT", "EOS.DSSTDAT"),
)
def visit_overdue(line: Line) -> bool:
    """The window of this event's visit has closed and nothing was recorded for it.

    Only of enrolled subjects, and only for windows that closed before progression, death or the end
    of study (3.11). A visit recorded as missed is not overdue.
    """
    scene, event = line.scene, line.event.event
    choice, found = scene.form("TC"), due(line)
    if choice is None or choice.text("TC.ENRYN") != "Y" or found is None:
        return False
    key = EventKey(scene.data.subject, event)
    visits = [x for x in scene.forms("SV") if x.event == key]
    if any(x.text("SV.STAT") or x.date("SV.VISDAT") for x in visits):
        return False
    return found.closes < follow_up_end(scene)


def _missing_forms(line: Line) -> list[str]:
    scene, event = line.scene, line.event
    wanted = [f for f in planned_forms(scene, event) if f in WATCHED_FORMS]
    consent = scene.form("IC")
    if consent is not None and consent.text("IC.ICHGR") == "N" and "MRD" in wanted:
        wanted.remove("MRD")  # it cannot be started (EC-006), so nobody can mend that it is missing
    return [
        oid
        for oid in wanted
        if not any(row.answers for x in scene.forms(oid) if x.event == event for row in x.form.rows)
    ]


@rule("visit_incomplete", gives=Type.BOOL, reads=_PLAN)
def visit_incomplete(line: Line) -> bool:
    """MRD, TM or TA is planned for this visit, and neither filled nor marked not done (EC-088).

    Not MRD where genetic testing was refused.
    """
    return bool(_missing_forms(line))


@rule("forms_missing_at_visit", gives=Type.LABEL, reads=_PLAN)
def forms_missing_at_visit(line: Line) -> Text | None:
    """The names of these forms."""
    return joined([line.scene.study.by_form[oid].text for oid in _missing_forms(line)])
