from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.limits import highest_values
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Kind


def test_ends_of_hard_ranges_are_known() -> None:
    study = load_study()
    highest = highest_values(study)
    assert highest["CV.LVEF"] == Decimal(85)
    assert highest["MRD.TUBEN"] == Decimal(10)
    assert "CM.DOSE" not in highest, "greater than 0 has no upper end"
    kinds = {study.by_item[oid].type.kind for oid in highest}
    assert kinds <= {Kind.INTEGER, Kind.DECIMAL}


def test_a_soft_range_is_no_limit() -> None:
    study = load_study()
    soft = {c.at for c in study.checks if c.id.endswith(".S")} - {
        c.at for c in study.checks if c.id.endswith(".H")
    }
    assert soft, "the study has items with a soft range only"
    assert not soft & set(highest_values(study))
