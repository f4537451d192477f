"""Computed eligibility (CRF reference 2.5): each criterion from the other forms, and IE.AUTO.

Windows are counted from T0; before it is known the decision date IE.IEDAT stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeAlias

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.doses import is_anti_her2
from mrd_desktop.study.rules.reading import dated, joined
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line, Scene
from mrd_desktop.study.schedule import day_zero
from mrd_desktop.texts import Text

ELIGIBLE, NOT_ELIGIBLE, PENDING = "ELIGIBLE", "NOT ELIGIBLE", "PENDING"
INCLUSION = tuple(f"INCL{n:02}" for n in range(1, 11))
EXCLUSION = tuple(f"EXCL{n:02}" for n in range(1, 6))
ADULT_YEARS = 18

Computation: TypeAlias = Callable[[Scene], str | None]

_ANSWERS = tuple(f"IE.{c}" for c in (*INCLUSION, *EXCLUSION))
_SOURCES = (
    "DM.AGE",
    "PATH.HER2CALC",
    "PATH.HER2STAT",
    "PATH.ISHYN",
    "BCH.ADVTYPE",
    "PRT.CRLINE",
    "PRTD.DRUG",
    "CR.CRYN",
    "CR.SCRRES",
    "CR.SCRIMGD",
    "CR.CNSRES",
    "MRD.RESULT",
    "MRD.SAMPDAT",
    "MRD.SAMPTIM",
    "TM.CA153NEG",
    "TM.LBDAT",
    "PS.ECOG",
    "IC.RFICDAT",
    "MH.SECMAL",
    "LAB.HCGRES",
    "TC.TCDAT",
    "IE.IEDAT",
)


def reference_day(scene: Scene) -> date | None:
    """T0, or the decision date until T0 is known."""
    decision = scene.form("IE")
    return day_zero(scene) or (decision.day("IE.IEDAT") if decision else None)


def computed(scene: Scene, criterion: str) -> str | None:
    """Y or N for a criterion (``INCL05``), None while data are missing or nothing computes it.

    The exclusions are hints: they yield Y or nothing, the judgement is the investigator's.
    """
    compute = _COMPUTED.get(criterion)
    return compute(scene) if compute else None


def automatic(line: Line) -> str:
    """Computed eligibility from the answers of form IE and the computed criteria."""
    answers = {c: line.text(f"IE.{c}") for c in (*INCLUSION, *EXCLUSION)}
    if any(answers[c] == "N" for c in INCLUSION) or any(answers[c] == "Y" for c in EXCLUSION):
        return NOT_ELIGIBLE
    waiting = any(computed(line.scene, c) is None for c in INCLUSION if c in _COMPUTED)
    return PENDING if waiting or None in answers.values() else ELIGIBLE


def disagreeing(line: Line) -> list[str]:
    """Criteria whose answer differs from the computed value."""
    found = []
    for criterion in (*INCLUSION, *EXCLUSION):
        answer, value = line.text(f"IE.{criterion}"), computed(line.scene, criterion)
        if answer is not None and value is not None and answer != value:
            found.append(criterion)
    return found


def unmet(line: Line) -> list[str]:
    """Criteria answered against inclusion."""
    return [c for c in INCLUSION if line.text(f"IE.{c}") == "N"] + [
        c for c in EXCLUSION if line.text(f"IE.{c}") == "Y"
    ]


def _yes(met: bool) -> str:
    return "Y" if met else "N"


def _age(scene: Scene) -> str | None:
    person = scene.form("DM")
    answer = person.answer("DM.AGE") if person else None
    if answer and answer.text.startswith(">"):  # what leaves of a very high age (2.13)
        return "Y"
    age = person.number("DM.AGE") if person else None
    return None if age is None else _yes(age >= ADULT_YEARS)


def _her2(scene: Scene) -> str | None:
    """A specimen counts if the rule says POSITIVE, or if the report does and the rule lacks numbers
    of an ISH that was done. IHC 2+ without any ISH is not "2+ with amplification"."""
    found = [
        (x.text("PATH.HER2CALC"), x.text("PATH.HER2STAT"), x.text("PATH.ISHYN"))
        for x in scene.rows("PATH")
    ]
    if any(c == "POSITIVE" or (c, s, i) == ("UNDET", "POSITIVE", "Y") for c, s, i in found):
        return "Y"
    return "N" if any(c is not None for c, _, _ in found) else None


def _advanced(scene: Scene) -> str | None:
    history = scene.form("BCH")
    return "Y" if history and history.text("BCH.ADVTYPE") else None


def _salvage(scene: Scene) -> str | None:
    lines = [x for x in scene.forms("PRT") if x.text("PRT.CRLINE") == "Y"]
    if not lines:
        return None
    drugs = [d.text("PRTD.DRUG") for x in lines for d in x.rows("PRTD")]
    return _yes(any(is_anti_her2(scene.study, d) for d in drugs))


def _response(scene: Scene) -> str | None:
    record, day = scene.form("CR"), reference_day(scene)
    if record is None:
        return None
    reached, result = record.text("CR.CRYN"), record.text("CR.SCRRES")
    if reached == "N" or (result is not None and result != "CR"):
        return "N"
    scan = record.day("CR.SCRIMGD")
    if reached is None or result is None or scan is None or day is None:
        return None
    return _yes((day - scan).days <= scene.parameter("IMGWIN"))


def _mrd(scene: Scene) -> str | None:
    day = reference_day(scene)
    results = [
        (d, r)
        for d, x in dated(scene.forms("MRD"), "MRD.SAMPDAT", "MRD.SAMPTIM")
        if (r := x.text("MRD.RESULT")) in ("POSITIVE", "NEGATIVE") and day and d <= day
    ]
    if not results or day is None:
        return None
    sample, result = results[-1]
    return _yes(result == "NEGATIVE" and (day - sample).days <= scene.parameter("MRDWIN"))


def _marker(scene: Scene) -> str | None:
    day = reference_day(scene)
    values = [
        (d, n)
        for d, x in dated(scene.forms("TM"), "TM.LBDAT")
        if (n := x.text("TM.CA153NEG")) and day and d <= day
    ]
    if not values or day is None:
        return None
    sample, negative = values[-1]
    return _yes(negative == "Y" and (day - sample).days <= scene.parameter("CAWIN"))


def _performance(scene: Scene) -> str | None:
    scores = [s for x in scene.forms("PS") if x.event.event == "SCR" and (s := x.text("PS.ECOG"))]
    return _yes(scores[-1] in ("0", "1", "2")) if scores else None


def _consent(scene: Scene) -> str | None:
    consent = scene.form("IC")
    return "Y" if consent and consent.date("IC.RFICDAT") else None


def _malignancy(scene: Scene) -> str | None:
    history = scene.form("MH")
    return "Y" if history and history.text("MH.SECMAL") == "Y" else None


def _brain(scene: Scene) -> str | None:
    record = scene.form("CR")
    return "Y" if record and record.text("CR.CNSRES") in ("PD", "EQUIVOCAL") else None


_COMPUTED: Mapping[str, Computation] = {
    "INCL01": _age,
    "INCL02": _her2,
    "INCL03": _advanced,
    "INCL04": _salvage,
    "INCL05": _response,
    "INCL06": _mrd,
    "INCL07": _marker,
    "INCL08": _performance,
    "INCL09": _consent,
    "EXCL01": _malignancy,
    "EXCL02": _brain,
    # EXCL03 (pregnancy test) has a check of its own, EC-126, that needs no comment to clear it.
}


@rule("eligibility", gives=Type.TEXT, reads=(*_ANSWERS, *_SOURCES))
def eligibility(line: Line) -> str:
    """IE.AUTO: ELIGIBLE, NOT ELIGIBLE or PENDING."""
    return automatic(line)


@rule(
    "eligibility_disagrees",
    gives=Type.BOOL,
    reads=(*_ANSWERS, *_SOURCES, "IE.AUTO", "IE.IEYN", "IE.INVCOMM"),
)
def eligibility_disagrees(line: Line) -> bool:
    """The decision does not follow from IE.AUTO, or an answer differs from its computed value and
    the investigator wrote no comment (EC-070)."""
    return bool(_disagreements(line))


@rule(
    "disagreeing_criteria",
    gives=Type.LABEL,
    reads=(*_ANSWERS, *_SOURCES, "IE.AUTO", "IE.IEYN", "IE.INVCOMM"),
)
def disagreeing_criteria(line: Line) -> Text | None:
    """The labels of what EC-070 is about."""
    study = line.scene.study
    return joined([study.by_item[f"IE.{name}"].text for name in _disagreements(line)])


def _disagreements(line: Line) -> list[str]:
    found = [] if line.text("IE.INVCOMM") else disagreeing(line)
    decision, auto = line.text("IE.IEYN"), line.text("IE.AUTO")
    if decision is not None and {"Y": ELIGIBLE, "N": NOT_ELIGIBLE}[decision] != auto:
        found.append("IEYN")
    return found


@rule("enrolled_against_criterion", gives=Type.BOOL, reads=(*_ANSWERS, *_SOURCES, "IE.INVCOMM"))
def enrolled_against_criterion(line: Line) -> bool:
    """A criterion is answered as not met, or EC-070 was overridden by a comment (EC-161)."""
    decision = line.scene.form("IE")
    if decision is None:
        return False
    return bool(unmet(decision)) or bool(decision.text("IE.INVCOMM") and disagreeing(decision))


@rule("failed_criteria", gives=Type.TEXT, reads=_ANSWERS)
def failed_criteria(line: Line) -> str | None:
    """Codes of the criteria not met, as many as the item can hold (EOS.SFCRIT)."""
    decision = line.scene.form("IE")
    codes = unmet(decision) if decision else []
    length = line.scene.study.by_item["EOS.SFCRIT"].type.length
    text = ";".join(codes)
    while len(text) > length:
        text = text.rpartition(";")[0]
    return text or None
