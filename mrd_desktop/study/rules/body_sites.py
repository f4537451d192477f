"""Body sites: the regions that show them, spread of disease (CRF reference 2.11.4, EC-036)."""

from __future__ import annotations

from collections.abc import Iterable

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.reading import joined
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line
from mrd_desktop.texts import Text

VISCERAL = frozenset(
    {
        "LUNG",
        "PLEURA",
        "LIVER",
        "BRAIN",
        "LEPTOMENINGES",
        "PERITONEUM",
        "OVARY",
        "ADRENAL GLAND",
        "SPLEEN",
        "PERICARDIUM",
    }
)
OLIGO_LIMIT = 5
REGIONS: dict[str, tuple[str, ...]] = {
    "BREAST": ("BREAST", "CHEST"),
    "CHEST WALL": ("CHEST", "BREAST"),
    "AXILLARY LYMPH NODE": ("BREAST", "CHEST"),
    "SUPRACLAVICULAR LYMPH NODE": ("NECK", "BREAST"),
    "INFRACLAVICULAR LYMPH NODE": ("CHEST", "BREAST", "NECK"),
    "INTERNAL MAMMARY LYMPH NODE": ("CHEST", "BREAST"),
    "CERVICAL LYMPH NODE": ("NECK",),
    "MEDIASTINAL LYMPH NODE": ("CHEST",),
    "HILAR LYMPH NODE": ("CHEST",),
    "ABDOMINAL LYMPH NODE": ("ABD",),
    "RETROPERITONEAL LYMPH NODE": ("ABD",),
    "INGUINAL LYMPH NODE": ("PELVIS",),
    "LUNG": ("CHEST",),
    "PLEURA": ("CHEST",),
    "PERICARDIUM": ("CHEST",),
    "LIVER": ("ABD",),
    "SPLEEN": ("ABD",),
    "ADRENAL GLAND": ("ABD",),
    "PERITONEUM": ("ABD", "PELVIS"),
    "OVARY": ("PELVIS",),
    "BONE": ("BONE",),
    "BONE MARROW": ("BONE",),
    "BRAIN": ("BRAIN",),
    "LEPTOMENINGES": ("BRAIN",),
}
"""Regions of which any one shows a site, the usual one first (general knowledge, proposed). Skin,
soft tissue and other sites have no region of their own and are not checked."""
WHOLE_BODY = "WB"
"""Whole-body PET shows every region but the brain."""

_SITES = ("CR.REGION", "TA.REGION", "MET.LOC", "CRL.LOC")


def uncovered(sites: Iterable[str | None], imaged: frozenset[str]) -> list[str]:
    """The usual region of each site that no imaged region shows, each once."""
    found: list[str] = []
    for site in sites:
        regions = REGIONS.get(site or "", ())
        whole = WHOLE_BODY in imaged and "BRAIN" not in regions
        if regions and not whole and not imaged & set(regions) and regions[0] not in found:
            found.append(regions[0])
    return found


def missing_regions(line: Line) -> list[str]:
    """Regions of former disease that a CR record or an assessment did not image: on CR by its MET
    and CRL rows, on TA by the CRL rows; none while no region is stated."""
    imaged = line.codes(f"{line.form.form}.REGION")
    sites = [x.text("CRL.LOC") for x in line.scene.rows("CRL")]
    if line.form.form == "CR":
        sites += [x.text("MET.LOC") for x in line.scene.rows("MET")]
    return uncovered(sites, imaged) if imaged else []


@rule("former_site_not_imaged", gives=Type.BOOL, reads=_SITES)
def former_site_not_imaged(line: Line) -> bool:
    """A site of former disease lies outside the regions imaged (EC-036, EC-092)."""
    return bool(missing_regions(line))


@rule("regions_not_imaged", gives=Type.LABEL, reads=_SITES)
def regions_not_imaged(line: Line) -> Text | None:
    """The names of these regions."""
    names = line.scene.study.codelists["BODYREG"].by_code
    return joined([names[r].text for r in missing_regions(line)])


@rule("oligometastatic", gives=Type.CODE, reads=("MET.NLES", "BCH.METYN"), codelist="NY")
def oligometastatic(line: Line) -> str | None:
    """One to five lesions in all MET rows, none diffuse or more than five (OLIGO of 3.12)."""
    counts = [x.text("MET.NLES") for x in line.rows("MET")]
    if not counts:
        return "N" if line.text("BCH.METYN") == "N" else None
    if any(c in ("GT5", "DIFF") for c in counts):
        return "N"
    known = [int(c) for c in counts if c]
    if sum(known) > OLIGO_LIMIT:
        return "N"
    return "Y" if len(known) == len(counts) else None


@rule("visceral", gives=Type.CODE, reads=("MET.LOC", "BCH.METYN"), codelist="NY")
def visceral(line: Line) -> str | None:
    """A metastasis stands in a visceral organ."""
    sites = [x.text("MET.LOC") for x in line.rows("MET")]
    if VISCERAL & set(sites):
        return "Y"
    return "N" if any(sites) or line.text("BCH.METYN") == "N" else None
