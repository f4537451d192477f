"""Units as they are read, on the screen and on paper."""

from __future__ import annotations

import re

from mrd_desktop.texts import Text

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_WORDS = {
    "C": Text("°C", "℃"),
    "YEARS": Text("years", "岁"),
    "beats/min": Text("beats/min", "次/分"),
    "breaths/min": Text("breaths/min", "次/分"),
    "cells": Text("cells", "个"),
    "copies": Text("copies", ""),
    "cycles": Text("cycles", "个"),
    "days": Text("days", "天"),
    "kg/m2": Text("kg/m²", "kg/m²"),
    "m2": Text("m²", "m²"),
    "mg/m2": Text("mg/m²", "mg/m²"),
    "months": Text("months", "月"),
    "points": Text("points", ""),
    "ratio": Text("ratio", ""),
    "signals/cell": Text("signals/cell", "信号/细胞"),
    "tubes": Text("tubes", "管"),
    "variants": Text("variants", "个"),
}
"""Units of the definition that are words, or are printed otherwise than written.

Where the Chinese label names the unit already, nothing is added to it.
"""


def unit_in_print(unit: str | None) -> str:
    """A unit as it is printed: ``10⁹/L`` of ``10^9/L``, ``μmol/L`` of ``umol/L``."""
    raised = re.sub(r"\^(-?[0-9]+)", lambda found: found[1].translate(_RAISED), unit or "")
    return re.sub(r"\bu(?=mol|g\b|L\b)", "μ", raised)


def unit_text(unit: str | None) -> Text:
    """A unit as it is read in either language: ``次/分`` of ``beats/min``."""
    printed = unit_in_print(unit)
    return _WORDS.get(unit or "", Text(printed, printed))
