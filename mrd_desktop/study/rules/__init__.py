"""Rules of the study that no expression can say; see :mod:`.registry`."""

from __future__ import annotations

from collections.abc import Mapping

from mrd_desktop.study.rules import (
    body_sites,
    dates,
    disposition,
    doses,
    eligibility,
    her2,
    identity,
    lvef,
    markers,
    mrd_sequence,
    numbering,
    overall_response,
    safety,
    staging,
    treatment_status,
    visits,
)
from mrd_desktop.study.rules.registry import Rule, collect

RULES: Mapping[str, Rule] = collect(
    body_sites,
    dates,
    disposition,
    doses,
    eligibility,
    her2,
    identity,
    lvef,
    markers,
    mrd_sequence,
    numbering,
    overall_response,
    safety,
    staging,
    treatment_status,
    visits,
)
"""Every rule by the name that expressions use."""
