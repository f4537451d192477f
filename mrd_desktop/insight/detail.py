"""Everything ``derive`` knows beyond its tables: intervals, sensitivity analyses, what is unusable.

No estimate stands here without its interval and its n. Shapes follow the typed results; numbers are
rounded as in :mod:`.derived`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from statistics import median
from typing import Any, Final

from mrd_desktop.insight import compliance as told
from mrd_desktop.insight.cohort import Cohort, Endpoint, comparison, curves, incidences
from mrd_desktop.insight.comparison import Comparison
from mrd_desktop.insight.course import Course
from mrd_desktop.insight.derived import share
from mrd_desktop.insight.intervals import OffTreatment, off_treatment
from mrd_desktop.insight.kaplan_meier import Curve
from mrd_desktop.insight.landmark import LANDMARKS, after_negative
from mrd_desktop.insight.mrd_time import Lead, lead_time, mrd_free_interval, since_conversion
from mrd_desktop.insight.outcome import Problem, TimeToEvent, months
from mrd_desktop.insight.outcome_group import decision_support, outcome_group
from mrd_desktop.insight.overall_survival import overall_survival
from mrd_desktop.insight.performance import Variant, performance
from mrd_desktop.insight.pfs import Analysis, progression_free_survival
from mrd_desktop.insight.proportion import Proportion
from mrd_desktop.study.scene import Scene

_THREE: Final = Decimal("0.001")


def detail(found: Cohort) -> Mapping[str, Any]:
    """All of it, for one cohort."""
    gone = [told.delays(scene) for scene, _ in found.members]
    breaks = {c.subject: off_treatment(s, c) for s, c in found.members}
    problems = [*found.problems]
    problems += [p for x in breaks.values() for p in x.problems]
    problems += [p for x in gone for p in x.problems]
    scenes = [scene for scene, _ in found.members]
    return {
        "problems": [problem_row(p) for p in problems],
        "removed": list(found.refused),
        "subjects": {c.subject: _subject(s, c, breaks[c.subject]) for s, c in found.members},
        "km": {name: _curves(found, endpoint) for name, endpoint in _endpoints()},
        "comparison": {name: _comparison(comparison(found, e)) for name, e in _endpoints()},
        "incidence": _incidence(found),
        "mrd_performance": {v.value: _performance(found, v) for v in Variant},
        "npv_after": {v: _curve(after_negative(found.members, v)) for v in LANDMARKS},
        "lead": _leads(scenes),
        "compliance": [_compliance(told.compliance(scenes, kind)) for kind in told.KINDS],
        "delays": {
            "report": _waiting([d for x in gone for d in x.report]),
            "decision": _waiting([d for x in gone for d in x.decision]),
            "restart": _waiting([d for x in gone for d in x.restart]),
        },
    }


def problems(found: Cohort) -> tuple[Problem, ...]:
    """What no endpoint can use, over all subjects."""
    breaks = (off_treatment(s, c).problems for s, c in found.members)
    return (*found.problems, *(p for many in breaks for p in many))


def times(
    scene: Scene, course: Course, breaks: OffTreatment | None = None
) -> Mapping[str, TimeToEvent | None]:
    """Every time to an event of one subject by name; None where it cannot be told.

    Args:
        breaks: the subject's time off treatment, if it is at hand.
    """
    found = breaks or off_treatment(scene, course)
    since = since_conversion(scene, course)
    return {
        **{name: endpoint(scene, course) for name, endpoint in _endpoints()},
        "SINCE_CONVERSION": since.time if since else None,
        "TFI1": found.first,
        "TFI_LASTDOSE": found.from_last_dose,
    }


def problem_row(problem: Problem) -> Mapping[str, Any]:
    """One problem: where, what, and whether the subject was used all the same."""
    return {
        "subject": problem.subject,
        "item": problem.item,
        "address": problem.address or None,
        "message_en": problem.text.en,
        "message_zh": problem.text.zh,
        "used": problem.used,
    }


def _endpoints() -> Iterable[tuple[str, Endpoint]]:
    for analysis in Analysis:
        name = "PFS" if analysis is Analysis.MAIN else f"PFS_{analysis.value}"
        yield name, _pfs(analysis)
    yield "OS", lambda _scene, course: overall_survival(course)
    yield "MRDFI", mrd_free_interval
    yield "MRDFI_ANY", _any_positive


def _pfs(analysis: Analysis) -> Endpoint:
    return lambda scene, course: progression_free_survival(scene, course, analysis)


def _any_positive(scene: Scene, course: Course) -> TimeToEvent | None:
    return mrd_free_interval(scene, course, any_positive=True)


def _subject(scene: Scene, course: Course, breaks: OffTreatment) -> Mapping[str, Any]:
    lead, since = lead_time(scene), since_conversion(scene, course)
    return {
        **{name: _time(scene, time) for name, time in times(scene, course, breaks).items()},
        "TREATED_BY_60": since.treated if since else None,
        "LEAD": {"days": lead.days, "category": lead.category.value.en} if lead else None,
        "TFI_LATER": [_time(scene, x) for x in breaks.later],
        "OFF_DAYS": breaks.days,
        "OFF_SHARE": _ratio(breaks.share),
        "LOCAL_THERAPY": breaks.local_therapy,
        "OUTGRP": outcome_group(scene, course),
        "DCSUP": decision_support(scene),
    }


def _time(scene: Scene, time: TimeToEvent | None) -> Mapping[str, Any] | None:
    if time is None:
        return None
    return {
        "start": time.start.isoformat(),
        "date": time.end.isoformat(),
        "days": time.days,
        "months": float(months(scene, time.days)),
        "state": time.state.name.lower(),
        "reason": time.reason.text.en,
        "case": time.case,
        "imputed": time.imputed,
        "rule": time.rule,
    }


def _curves(found: Cohort, endpoint: Endpoint) -> Mapping[str, Any]:
    return {group: _curve(curve) for group, curve in curves(found, endpoint).items()}


def _curve(curve: Curve) -> Mapping[str, Any]:
    return {
        "n": curve.n,
        "events": curve.events,
        "median": curve.median,
        "median_lower": curve.median_lower,
        "median_upper": curve.median_upper,
        "fewer_than_5_at_risk_from": curve.thin_from,
        "rows": [
            {
                "time": s.time,
                "at_risk": s.at_risk,
                "events": s.events,
                "censored": s.censored,
                "survival": share(s.survival),
                "error": None if s.error is None else share(s.error),
                "lower": None if s.lower is None else share(s.lower),
                "upper": None if s.upper is None else share(s.upper),
            }
            for s in curve.steps
        ],
    }


def _comparison(found: Comparison) -> Mapping[str, Any]:
    test, ratio = found.log_rank, found.hazard_ratio
    return {
        "n": found.n,
        "events": found.events,
        "fewer_than_10_events": found.too_few,
        "chi2": share(test.chi2) if test else None,
        "p": share(test.p) if test else None,
        "hazard_ratio": share(ratio.ratio) if ratio else None,
        "hazard_ratio_lower": share(ratio.lower) if ratio else None,
        "hazard_ratio_upper": share(ratio.upper) if ratio else None,
    }


def _incidence(found: Cohort) -> Mapping[str, Any]:
    return {
        group: [
            {
                "time": s.time,
                "at_risk": s.at_risk,
                "events": s.events,
                "competing": s.competing,
                "censored": s.censored,
                "incidence": share(s.incidence),
                "error": share(s.error),
                "lower": share(s.interval[0]) if s.interval else None,
                "upper": share(s.interval[1]) if s.interval else None,
                "competing_incidence": share(s.competing_incidence),
                "competing_lower": share(x[0]) if (x := s.competing_interval) else None,
                "competing_upper": share(x[1]) if (x := s.competing_interval) else None,
            }
            for s in steps
        ]
        for group, steps in incidences(found, mrd_free_interval).items()
    }


def _performance(found: Cohort, variant: Variant) -> Mapping[str, Any]:
    table = performance(found.members, variant)
    return {
        "sensitivity": _proportion(table.sensitivity),
        "specificity": _proportion(table.specificity),
        "ppv": _proportion(table.ppv),
        "npv": _proportion(table.npv),
        "not_classified": [
            {"subject": p.subject, "reason": p.reason.en if p.reason else None}
            for p in table.unplaced
        ],
        "rule": table.rule,
    }


def _proportion(found: Proportion | None) -> Mapping[str, Any] | None:
    if found is None:
        return None
    return {
        "hits": found.hits,
        "n": found.n,
        "value": share(found.value),
        "lower": share(found.lower),
        "upper": share(found.upper),
    }


def _leads(scenes: Sequence[Scene]) -> Mapping[str, Any]:
    """Median lead time of MRD first, never without the number of imaging first."""
    found = [lead for scene in scenes if (lead := lead_time(scene))]
    counts = Counter(lead.category for lead in found)
    ahead = [x.days for x in found if x.category is Lead.MRD and x.days is not None]
    return {
        "median_of_mrd_first": float(median(ahead)) if ahead else None,
        **{category.value.en: counts[category] for category in Lead},
    }


def _compliance(found: told.Compliance) -> Mapping[str, Any]:
    return {
        "form": found.kind,
        "expected": found.expected,
        "done": found.done,
        "missed": found.missed,
        "in_window": found.in_window,
        "done_share": _proportion(found.share_done),
        "in_window_share": _proportion(found.share_in_window),
    }


def _waiting(days: Sequence[int]) -> Mapping[str, Any]:
    found = told.waiting(days)
    return {"n": found.n, "median": _days(found.median), "p90": _days(found.ninetieth)}


def _days(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else float(value.quantize(_THREE, ROUND_HALF_UP))
