"""Drugs and doses (CRF reference 2.6, EC-027, EC-101 to EC-106)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.model import Study
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.reading import dated
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line, Scene

ALLOWANCE = Decimal("0.1")
"""Share by which a dose may leave the usual range: vials are rounded."""
CYCLE_DAYS = {
    "EVERY WEEK": 7,
    "EVERY 2 WEEKS": 14,
    "EVERY 3 WEEKS": 21,
    "D1-14 Q3W": 21,
    "EVERY 4 WEEKS": 28,
    "EVERY 12 WEEKS": 84,
}
_MILLIGRAMS = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}

ANTICANCER_NAMES = re.compile(
    "trastuzumab|pertuzumab|inetetamab|margetuximab|zanidatamab|disitamab|pyrotinib|lapatinib|"
    "neratinib|tucatinib|paclitaxel|docetaxel|capecitabine|vinorelbine|gemcitabine|carboplatin|"
    "cisplatin|eribulin|utidelone|doxorubicin|epirubicin|pirarubicin|cyclophosphamide|"
    "fluorouracil|methotrexate|t-?dm1|t-?dxd|shr-?a1811|rc-?48|hlx02|herceptin|enhertu|kadcyla|perjeta|"
    "曲妥珠|帕妥珠|伊尼妥|马吉妥昔|泽尼达妥|维迪西妥|吡咯替尼|拉帕替尼|奈拉替尼|图卡替尼|妥卡替尼|"
    "紫杉醇|多西他赛|卡培他滨|长春瑞滨|吉西他滨|卡铂|顺铂|艾立布林|优替德隆|多柔比星|表柔比星|"
    "吡柔比星|阿霉素|蒽环|环磷酰胺|氟尿嘧啶|甲氨蝶呤|赫赛汀|汉曲优|优赫得|帕捷特|赫赛莱|艾瑞妮",
    re.IGNORECASE,
)
"""Names of anti-HER2 and cytotoxic drugs as people write them in a medication list."""


def is_anti_her2(study: Study, drug: str | None) -> bool:
    """The drug stands in the dictionary of anti-HER2 drugs."""
    return drug in study.drugs


@rule("anti_her2_on_cr_line", gives=Type.BOOL, reads=("PRT.CRLINE", "PRTD.DRUG"))
def anti_her2_on_cr_line(line: Line) -> bool:
    """An anti-HER2 drug is recorded on the line that led to CR."""
    scene = line.scene
    return any(
        is_anti_her2(scene.study, row.text("PRTD.DRUG"))
        for row in scene.rows("PRTD")
        if row.text("PRT.CRLINE") == "Y"
    )


@rule("before_approval", gives=Type.BOOL, reads=("PRT.STDAT", "PRTD.DRUG"))
def before_approval(line: Line) -> bool:
    """The line of this drug began before the drug was on the Chinese market, and no row of the line
    marks a trial drug."""
    drug = line.scene.study.drugs.get(line.text("PRTD.DRUG") or "")
    start = line.date("PRT.STDAT")
    rows = Line(line.scene, line.form).rows("PRTD")
    if drug is None or drug.approved is None or start is None:
        return False
    if any(row.text("PRTD.DRUG") == "TRIAL" for row in rows):
        return False
    return start.latest < PartialDate.parse(drug.approved).earliest


def _weight(scene: Scene, day: date) -> Decimal | None:
    found = [
        weight
        for on, x in dated(scene.forms("VS"), "VS.VSDAT")
        if on <= day and (weight := x.number("VS.WEIGHT"))
    ]
    return found[-1] if found else None


@rule(
    "dose_unusual",
    gives=Type.BOOL,
    reads=("TX.DRUG", "TX.DOSE", "TX.DOSU", "TX.STDAT", "VS.WEIGHT", "VS.VSDAT"),
)
def dose_unusual(line: Line) -> bool | None:
    """The dose lies outside every usual range of the drug by more than the allowance; mg/kg by the
    last weight. None where the drug has no range or the unit cannot be compared."""
    drug = line.scene.study.drugs.get(line.text("TX.DRUG") or "")
    dose, unit, day = line.number("TX.DOSE"), line.text("TX.DOSU"), line.day("TX.STDAT")
    if drug is None or not drug.doses or dose is None or day is None:
        return None
    weight = _weight(line.scene, day)
    compared = False
    for low, high, per in drug.doses:
        given = _in_unit(dose, unit, per, weight)
        if given is None:
            continue
        compared = True
        if low * (1 - ALLOWANCE) <= given <= high * (1 + ALLOWANCE):
            return False
    return True if compared else None


def _in_unit(
    dose: Decimal, unit: str | None, wanted: str, weight: Decimal | None
) -> Decimal | None:
    """A dose in mg or mg/kg."""
    if unit == wanted:
        return dose
    if unit in _MILLIGRAMS:
        milligrams = dose * _MILLIGRAMS[unit]
        if wanted == "mg":
            return milligrams
        return milligrams / weight if weight else None
    if unit == "mg/kg" and wanted == "mg" and weight:
        return dose * weight
    return None


@rule("dose_with_unit", gives=Type.TEXT, reads=("TX.DOSE", "TX.DOSU"))
def dose_with_unit(line: Line) -> str | None:
    """The dose as written, with its unit."""
    dose = line.number("TX.DOSE")
    return None if dose is None else f"{dose:f} {line.text('TX.DOSU') or ''}".strip()


@rule(
    "cycle_delay",
    gives=Type.NUMBER,
    reads=("TX.DRUG", "TX.LINENO", "TX.CAT", "TX.FREQ", "TX.STDAT", "RES.RESDAT", "GS.GSDAT"),
)
def cycle_delay(line: Line) -> Decimal | None:
    """Days beyond the planned interval since the former dose of the drug in this line and phase.

    None for the first dose, for one without a fixed interval, and where a resumption or a group
    change lies between: the pause was a decision, no delay.
    """
    day, planned = line.day("TX.STDAT"), CYCLE_DAYS.get(line.text("TX.FREQ") or "")
    if day is None or planned is None:
        return None
    scene = line.scene
    same = ("TX.DRUG", "TX.LINENO", "TX.CAT")
    former = [
        on
        for on, x in dated(scene.forms("TX"), "TX.STDAT")
        if on < day and all(x[item] == line[item] for item in same)
    ]
    decisions = [d for d, _ in dated(scene.forms("RES"), "RES.RESDAT")]
    decisions += [d for d, _ in dated(scene.forms("GS"), "GS.GSDAT")]
    if not former or any(former[-1] < d <= day for d in decisions):
        return None
    return Decimal((day - former[-1]).days - planned)


@rule("names_anticancer_drug", gives=Type.BOOL, reads=(), takes=(Type.TEXT,))
def names_anticancer_drug(_line: Line, name: str | None) -> bool | None:
    """A medication is named like an anti-HER2 or cytotoxic drug."""
    return None if name is None else ANTICANCER_NAMES.search(name) is not None
