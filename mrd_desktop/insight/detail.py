"""Everything ``derive`` knows beyond its tables: intervals, sensitivity analyses, what is unusable.

No estimate stands here without its interval and its n. Shapes follow the typed results; numbers are
rounded as in :mod:`.derived`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any, Final

from mrd_desktop.insight import as_treated as treated
from mrd_desktop.insight import baseline as baselines
from mrd_desktop.insight import competing, intervals, landmark, mrd_time, pfs, samples
from mrd_desktop.insight import compliance as told
from mrd_desktop.insight import kaplan_meier as kaplan
from mrd_desktop.insight import outcome_group as groups
from mrd_desktop.insight import overall_survival as overall
from mrd_desktop.insight import performance as proportions
from mrd_desktop.insight.as_treated import Rate, rates
from mrd_desktop.insight.baseline import baseline, marker_conversion
from mrd_desktop.insight.cohort import Cohort, Endpoint, comparison, curves, incidences
from mrd_desktop.insight.comparison import Comparison
from mrd_desktop.insight.competing import Ended, IncidenceStep, cumulative_incidence
from mrd_desktop.insight.course import Course
from mrd_desktop.insight.derived import share
from mrd_desktop.insight.intervals import OffTreatment, off_treatment
from mrd_desktop.insight.kaplan_meier import Curve, Observation, kaplan_meier
from mrd_desktop.insight.landmark import LANDMARKS, after_negative
from mrd_desktop.insight.mrd_time import (
    LANDMARK,
    Lead,
    conversion,
    lead_time,
    mrd_free_interval,
    since_conversion,
)
from mrd_desktop.insight.order import Quantile, quantile
from mrd_desktop.insight.outcome import Problem, State, TimeToEvent, months
from mrd_desktop.insight.outcome_group import decision_support, outcome_group
from mrd_desktop.insight.overall_survival import overall_survival
from mrd_desktop.insight.performance import Variant, performance
from mrd_desktop.insight.pfs import Analysis, progression_free_survival
from mrd_desktop.insight.proportion import Proportion
from mrd_desktop.insight.samples import Share, sample_level
from mrd_desktop.study.rules.mrd_sequence import NEGATIVE, POSITIVE, valid_results
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.scene import Scene

_THREE: Final = Decimal("0.001")
RULES: Final = {
    "STATUS": "3.2/2",
    "MRD_SEQUENCE": "3.3/3",
    "PFS": pfs.RULE,
    "OS": overall.RULE,
    "MRDFI": mrd_time.RULE,
    "LEAD": mrd_time.LEAD_RULE,
    "MRD_PERFORMANCE": proportions.RULE,
    "MRD_SAMPLES": samples.RULE,
    "NPV_AFTER": landmark.RULE,
    "TFI": intervals.RULE,
    "KM": kaplan.RULE,
    "INCIDENCE": competing.RULE,
    "COMPLIANCE": told.RULE,
    "BASELINE": baselines.RULE,
    "OUTGRP": groups.RULE,
    "AS_TREATED": treated.RULE,
}
"""Section of the reference and version of the code behind each derivation."""


def detail(found: Cohort) -> Mapping[str, Any]:
    """All of it, for one cohort."""
    gone = [told.delays(scene) for scene, _ in found.members]
    breaks = {c.subject: off_treatment(s, c) for s, c in found.members}
    scenes = [scene for scene, _ in found.members]
    return {
        "problems": [problem_row(p) for p in problems(found)],
        "removed": list(found.refused),
        "subjects": {c.subject: _subject(s, c, breaks[c.subject]) for s, c in found.members},
        "rules": RULES,
        "km": {name: _curves(found, endpoint) for name, endpoint in _endpoints()},
        "comparison": {
            name: _comparison(comparison(found, e))
            for name, e in _endpoints()
            if name != _OFF_TREATMENT
        },
        "incidence": _incidence(found),
        "mrd_performance": {v.value: _performance(found, v) for v in Variant},
        "npv_after": {v: _curve(after_negative(found.members, v)) for v in LANDMARKS},
        "mrd_samples": _samples(found),
        "as_treated": [_rate(r) for r in rates(found.members)],
        "conversion": _conversions(found),
        "tfi1": _restarts(found, breaks),
        "lead": _leads(found.members),
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
    gone = (told.delays(s).problems for s, _ in found.members)
    return (*found.problems, *chain.from_iterable(breaks), *chain.from_iterable(gone))


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


_OFF_TREATMENT: Final = f"PFS_{Analysis.OFF_TREATMENT.value}"
"""Of the intermission group only (3.4): nothing to compare it with."""


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
    lead, since = lead_time(scene, course), since_conversion(scene, course)
    return {
        **{name: _time(scene, time) for name, time in times(scene, course, breaks).items()},
        "TREATED_BY_60": since.treated if since else None,
        "LEAD": {"days": lead.days, "category": lead.category.value.en} if lead else None,
        "TFI_LATER": [_time(scene, x) for x in breaks.later],
        "OFF_DAYS": breaks.days,
        "OFF_SHARE": _ratio(breaks.share),
        "LOCAL_THERAPY": breaks.local_therapy,
        "CONVERSION": _conversion(scene),
        "NO_VALID_RESULT": _no_result(scene, course),
        **_baseline(scene, course),
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
        "cannot_be_told_apart": not found.too_few and test is None,
        "chi2": share(test.chi2) if test else None,
        "p": share(test.p) if test else None,
        "hazard_ratio": share(ratio.ratio) if ratio else None,
        "hazard_ratio_lower": share(ratio.lower) if ratio else None,
        "hazard_ratio_upper": share(ratio.upper) if ratio else None,
    }


def _incidence(found: Cohort) -> Mapping[str, Any]:
    return {
        group: [_step(s) for s in steps]
        for group, steps in incidences(found, mrd_free_interval).items()
    }


def _step(step: IncidenceStep) -> Mapping[str, Any]:
    own, other = step.interval or (None, None), step.competing_interval or (None, None)
    limits = (*own, *other)
    names = ("lower", "upper", "competing_lower", "competing_upper")
    return {
        "time": step.time,
        "at_risk": step.at_risk,
        "events": step.events,
        "competing": step.competing,
        "censored": step.censored,
        "incidence": share(step.incidence),
        "error": share(step.error),
        "competing_incidence": share(step.competing_incidence),
        **{k: None if v is None else share(v) for k, v in zip(names, limits, strict=True)},
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


def _leads(members: Iterable[tuple[Scene, Course]]) -> Mapping[str, Any]:
    """Median lead time of MRD first, never without the number of imaging first."""
    found = [lead for scene, course in members if (lead := lead_time(scene, course))]
    counts = Counter(lead.category for lead in found)
    ahead = [x.days for x in found if x.category is Lead.MRD and x.days is not None]
    return {
        "median_of_mrd_first": _quantile(quantile(ahead)),
        **{category.value.en: counts[category] for category in Lead},
    }


def _baseline(scene: Scene, course: Course) -> Mapping[str, Any]:
    at_t0, rise = baseline(scene, course.t0), marker_conversion(scene, course.t0)
    return {
        "DFI": None if at_t0.disease_free is None else float(at_t0.disease_free),
        "NLINES": at_t0.lines,
        "ANTIHER2DUR": at_t0.anti_her2_days,
        "OLIGO": at_t0.oligo,
        "HR": at_t0.hormone_receptor,
        "CA153CONV": {"date": rise.day.isoformat(), "confirmed": rise.confirmed} if rise else None,
    }


def _conversion(scene: Scene) -> Mapping[str, Any] | None:
    """The true conversion lies after the last negative sample, up to the first positive one."""
    event = conversion(scene)
    if event is None:
        return None
    before = next(x for d, r, x in reversed(valid_results(scene))
                  if d == event.last_negative and r == NEGATIVE)  # fmt: skip
    return {
        "after": event.last_negative.isoformat(),
        "date": event.day.isoformat(),
        "status": event.status,
        "assay_changed": any(
            before.text(item) != event.first.text(item)
            for item in ("MRD.LABNAM", "MRD.ASSAY", "MRD.APPR")
        ),
    }


def _no_result(scene: Scene, course: Course) -> Sequence[Mapping[str, Any]]:
    """Samples after T0 without a valid result: neither event nor evidence of absence."""
    return [
        {"date": day.isoformat(), "result": line.text("MRD.RESULT") or line.missing("MRD.RESULT")}
        for day, line in dated(scene.forms("MRD"), "MRD.SAMPDAT", "MRD.SAMPTIM")
        if day > course.t0 and line.text("MRD.RESULT") not in (POSITIVE, NEGATIVE)
    ]


def _conversions(found: Cohort) -> Mapping[str, Any]:
    """Converters: time to conversion; time from it to progression by what was done in 60 days."""
    days = []
    since: dict[bool, list[Observation]] = {True: [], False: []}
    for scene, course in found.members:
        free, later = mrd_free_interval(scene, course), since_conversion(scene, course)
        if free and free.state is State.EVENT:
            days.append(free.days)
        if later and later.treated is not None:
            left = later.time.days - LANDMARK.days
            since[later.treated].append(Observation(left, later.time.event == 1))
    return {
        "days_of_converters": _quantile(quantile(days)),
        "after_60_days": {
            "treated": _curve(kaplan_meier(since[True])),
            "not_treated": _curve(kaplan_meier(since[False])),
        },
    }


def _restarts(found: Cohort, breaks: Mapping[str, OffTreatment]) -> Sequence[Mapping[str, Any]]:
    """Cumulative incidence of treatment after the first intermission; death competes."""
    firsts = (breaks[course.subject].first for _, course in found.members)
    ends = [Ended(t.days, t.state) for t in firsts if t is not None]
    return [_step(s) for s in cumulative_incidence(ends)]


def _samples(found: Cohort) -> Mapping[str, Any]:
    table = sample_level(found.members)

    def share_row(of: Share | None) -> Mapping[str, Any] | None:
        if of is None:
            return None
        limits = {"lower": share(of.lower), "upper": share(of.upper)}
        return {"n": of.n, "value": share(of.value), **limits}

    return {
        **{name: getattr(table, name) for name in ("tp", "fp", "tn", "fn", "subjects", "rule")},
        "sensitivity": share_row(table.sensitivity),
        "specificity": share_row(table.specificity),
        "ppv": share_row(table.ppv),
        "npv": share_row(table.npv),
    }


def _rate(found: Rate) -> Mapping[str, Any]:
    numbers = (found.per_100_years, found.lower, found.upper)
    names = ("per_100_years", "lower", "upper")
    return {
        "status": found.status,
        "days": found.days,
        "events": found.events,
        **{k: None if v is None else share(v) for k, v in zip(names, numbers, strict=True)},
        "rule": found.rule,
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
    return {"n": found.n, "median": _quantile(found.median), "p90": _quantile(found.ninetieth)}


def _quantile(found: Quantile | None) -> Mapping[str, Any] | None:
    if found is None:
        return None
    value = float(found.value)
    return {"n": found.n, "value": value, "lower": found.lower, "upper": found.upper}


def _ratio(value: Decimal | None) -> float | None:
    return None if value is None else float(value.quantize(_THREE, ROUND_HALF_UP))
