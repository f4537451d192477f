"""Anatomic stage groups of breast cancer (AJCC Cancer Staging Manual, 8th edition)."""

from __future__ import annotations

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line

_STAGES = {
    ("TIS", "N0"): {"0"},
    ("T1", "N0"): {"IA"},
    # N1 holds micrometastasis (N1mi, IB) and more (IIA); the item does not tell them apart.
    ("T0", "N1"): {"IB", "IIA"},
    ("T1", "N1"): {"IB", "IIA"},
    ("T2", "N0"): {"IIA"},
    ("T2", "N1"): {"IIB"},
    ("T3", "N0"): {"IIB"},
    ("T0", "N2"): {"IIIA"},
    ("T1", "N2"): {"IIIA"},
    ("T2", "N2"): {"IIIA"},
    ("T3", "N1"): {"IIIA"},
    ("T3", "N2"): {"IIIA"},
    **{(t, n): {"IIIB"} for t in ("T4", "T4D") for n in ("N0", "N1", "N2")},
    **{(t, "N3"): {"IIIC"} for t in ("T0", "T1", "T2", "T3", "T4", "T4D")},
}


def possible_stages(t: str, n: str, m: str) -> set[str] | None:
    """The stages that fit T, N and M; None where the table has none (TX, NX, T0 N0)."""
    return {"IV"} if m == "M1" else _STAGES.get((t, n))


@rule(
    "stage_disagrees",
    gives=Type.BOOL,
    reads=("BCH.STAGE", "BCH.AJCCT", "BCH.AJCCN", "BCH.AJCCM"),
)
def stage_disagrees(line: Line) -> bool | None:
    """The stage does not follow from T, N and M."""
    stage, t, n, m = (line.text(f"BCH.{i}") for i in ("STAGE", "AJCCT", "AJCCN", "AJCCM"))
    if not (stage and t and n and m):
        return None
    fitting = possible_stages(t, n, m)
    return stage not in fitting if fitting else None
