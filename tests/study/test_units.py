"""Units: what is listed is converted, exactly; everything else is refused."""

from __future__ import annotations

import pytest

from mrd_desktop.study.errors import DefinitionError, ValueRefused
from mrd_desktop.study.load import definition_bytes, load_study, read_sources, shipped
from mrd_desktop.study.units import converted, factor, plain_unit


@pytest.mark.parametrize(
    ("item", "text", "unit", "gives"),
    [
        ("LAB.HGBVAL", "13.2", "g/dL", "132"),
        ("LAB.HGBVAL", "132.0", "g/L", "132.0"),
        ("LAB.CREATVAL", "0.87", "mg/dL", "76.908"),
        ("LAB.CREATVAL", "80", "μmol/L", "80"),
        ("LAB.CREATVAL", "80", "µmol / L", "80"),
        ("LAB.BILIVAL", "1.0", "mg/dL", "17.1"),
        ("LAB.WBCVAL", "4.50", "10^3/μL", "4.50"),
        ("LAB.TROPONIVAL", "0.012", "ng/mL", "12"),
        ("TM.CA153VAL", "12.3", "kU/L", "12.3"),
        ("TM.CEAVAL", "2.10", "μg/L", "2.10"),
    ],
)
def test_listed_units(item: str, text: str, unit: str, gives: str) -> None:
    study = load_study()
    assert converted(study, study.by_item[item], text, unit) == gives


@pytest.mark.parametrize(
    ("item", "unit"),
    [
        ("LAB.CREATVAL", "mmol/L"),
        ("LAB.KVAL", "mg/dL"),
        ("LAB.HGBVAL", "mg/dL"),
        ("LAB.HGBVAL", "G/L"),
        ("LAB.HGBVAL", ""),
        ("TM.CEAVAL", "U/mL"),
        ("MRD.ASSAY", "g/L"),
    ],
)
def test_any_other_unit_is_refused(item: str, unit: str) -> None:
    study = load_study()
    with pytest.raises(ValueRefused):
        factor(study, study.by_item[item], unit)


@pytest.mark.parametrize("text", ["abc", "<0.5", "NaN", "Infinity"])
def test_only_numbers_are_converted(text: str) -> None:
    study = load_study()
    with pytest.raises(ValueRefused):
        converted(study, study.by_item["LAB.HGBVAL"], text, "g/dL")


def test_every_unit_of_the_study_stands_in_its_plain_form() -> None:
    assert all(plain_unit(c.unit) == c.unit for c in load_study().conversions)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("  LAB.NOSUCH: [WBC]", "no item LAB.NOSUCH"),
        ("  LAB.WBCVAL: [白细胞]\n  LAB.HGBVAL: [白 细胞]", "names LAB.WBCVAL already"),
        ("  LAB.WBCVAL: [WBC]\nwith_unit:\n  LAB.WBCVAL: [wbc]", "names LAB.WBCVAL already"),
        ("  LAB.WBCVAL: [WBC]\nwith_unit:\n  LAB.LABNAM: [Lab]", "LAB.LABNAM has no unit"),
    ],
)
def test_a_wrong_heading_is_a_mistake_of_the_definition(written: str, says: str) -> None:
    sources = {**read_sources(shipped()), "headings.yaml": f"headings:\n{written}\n".encode()}
    with pytest.raises(DefinitionError) as refused:
        definition_bytes(sources)
    assert "headings.yaml:" in refused.value.detail
    assert says in refused.value.detail


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('- {items: [LAB.NOSUCH], from: {"g/dL": "10"}}', "no item LAB.NOSUCH"),
        ('- {items: [LAB.LABNAM], from: {"g/dL": "10"}}', "has no unit"),
        ('- {items: [LAB.HGBVAL], from: {"g/dL": "0"}}', "no factor"),
        ('- {items: [LAB.HGBVAL], from: {"g/L": "1"}}', "already"),
        ('- {items: [LAB.HGBVAL, LAB.HGBVAL], from: {"g/dL": "10"}}', "already"),
    ],
)
def test_a_wrong_conversion_is_a_mistake_of_the_definition(written: str, says: str) -> None:
    sources = {**read_sources(shipped()), "units.yaml": f"conversions:\n  {written}\n".encode()}
    with pytest.raises(DefinitionError) as refused:
        definition_bytes(sources)
    assert "units.yaml:2" in refused.value.detail
    assert says in refused.value.detail
