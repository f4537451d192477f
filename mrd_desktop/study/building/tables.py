"""Tables beside the forms: drugs and CTCAE terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mrd_desktop.study.building.common import Mistakes, hint, text_of, unique
from mrd_desktop.study.document import Document
from mrd_desktop.study.model import CodeList, CtcaeTerm, Drug
from mrd_desktop.study.yaml_tree import Path


def drugs(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> Mapping[str, Drug]:
    """The drug dictionary by code."""
    found: dict[str, Drug] = {}
    drugs = document.drugs.drugs
    unique((d.code for d in drugs), ("drugs", "drugs"), "code", mistakes)
    for number, part in enumerate(drugs):
        for key, code, oid in (("code", part.code, "DRUG"), ("route", part.route, "ROUTE")):
            codes = codelists[oid].by_code if oid in codelists else {}
            if code not in codes:
                mistakes.add(
                    ("drugs", "drugs", number, key),
                    f"“{code}” is no code of the list {oid}; {hint(code, codes)}",
                )
        doses = tuple((d.low, d.high, d.unit) for d in part.doses)
        found[part.code] = Drug(part.code, part.class_, part.route, doses, part.approved)
    return found


def terms(
    document: Document, codelists: Mapping[str, CodeList], mistakes: Mistakes
) -> Iterator[CtcaeTerm]:
    """The CTCAE terms."""
    classes = codelists["AESOC"].by_code if "AESOC" in codelists else {}
    seen: set[str] = set()
    for soc, terms in document.ctcae.items():
        if soc not in classes:
            mistakes.add(
                ("ctcae", soc), f"“{soc}” is no code of the list AESOC; {hint(soc, classes)}"
            )
        for number, part in enumerate(terms):
            place: Path = ("ctcae", soc, number)
            if part.en in seen:
                mistakes.add((*place, "en"), f"“{part.en}” is given twice; keep one")
            seen.add(part.en)
            if list(part.grades) != sorted(set(part.grades) & {1, 2, 3, 4, 5}) or not part.grades:
                mistakes.add((*place, "grades"), "grades are 1 to 5 in rising order; correct them")
            yield CtcaeTerm(text_of(part), soc, part.grades)
