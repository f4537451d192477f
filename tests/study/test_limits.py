from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.limits import ANY, Range, legal_ranges
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Kind


def test_ends_of_hard_ranges_are_known() -> None:
    study = load_study()
    legal = legal_ranges(study)
    assert legal["CV.LVEF"] == Range(Decimal(10), Decimal(85))
    assert legal["CV.GLS"] == Range(Decimal(-35), Decimal(0))
    assert legal["TX.CYCLE"] == Range(low=Decimal(1)), "one end alone"
    assert "CM.DOSE" not in legal, "greater than 0 is no plain range"
    kinds = {study.by_item[oid].type.kind for oid in legal}
    assert kinds <= {Kind.INTEGER, Kind.DECIMAL}


def test_a_soft_range_is_no_limit() -> None:
    study = load_study()
    soft = {c.at for c in study.checks if c.id.endswith(".S")} - {
        c.at for c in study.checks if c.id.endswith(".H")
    }
    assert soft, "the study has items with a soft range only"
    assert not soft & set(legal_ranges(study))


def test_ranges_meet_turn_and_narrow() -> None:
    one, two = Decimal(1), Decimal(2)
    assert Range(one, two).meets(two, Decimal(9))
    assert not Range(one, two).meets(Decimal(3), Decimal(9))
    assert not Range(one, two).meets(Decimal(0), Decimal("0.9"))
    assert ANY.meets(one, one)
    assert Range(one, None).mirrored() == Range(None, -one)
    assert Range(one, None).within(Range(None, two)) == Range(one, two)
    assert Range(one, two).within(ANY) == Range(one, two)
