"""Identity: resident identity number, sample IDs, identifiers in free text (EC-002, 003, 007, 041).

GB 11643-1999: six digits of the place, eight of the birth date, three of a sequence (odd for men)
and an ISO 7064 MOD 11-2 check character. None of these rules returns an identifier.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.identifiers import identifier_in
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line, Scene

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_SHAPE = re.compile(r"[0-9]{17}[0-9Xx]")

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
IDENTIFIERS = (
    "ID.PATNAME",
    "ID.KINNAME",
    "ID.IDNO",
    "ID.MRN",
    "ID.OPNO",
    "ID.INSNO",
    "ID.MOBILE",
    "ID.TEL2",
    "ID.WECHAT",
    "ID.ADDR",
    "ID.KINTEL",
    "ID.SRCLOC",
)
"""Items of form ID whose values must not stand in other texts."""
SHORTEST_HAN, SHORTEST = 2, 4
"""Values with fewer characters are found everywhere: two of Chinese, else four."""


@rule("valid_resident_id", gives=Type.BOOL, reads=(), takes=(Type.TEXT,))
def valid_resident_id(_line: Line, number: str | None) -> bool | None:
    """Eighteen characters with the right check character."""
    if number is None:
        return None
    if not _SHAPE.fullmatch(number):
        return False
    total = sum(int(d) * w for d, w in zip(number, _WEIGHTS, strict=False))
    return number[17].upper() == _CHECK[total % 11]


@rule("resident_id_birth", gives=Type.DATE, reads=(), takes=(Type.TEXT,))
def resident_id_birth(_line: Line, number: str | None) -> PartialDate | None:
    """The birth date in digits 7 to 14; None if the number has another shape or no such day."""
    if number is None or not _SHAPE.fullmatch(number):
        return None
    try:
        return PartialDate.parse(f"{number[6:10]}-{number[10:12]}-{number[12:14]}")
    except ValueError:
        return None


@rule("resident_id_sex", gives=Type.CODE, reads=(), takes=(Type.TEXT,), codelist="SEX")
def resident_id_sex(_line: Line, number: str | None) -> str | None:
    """The sex told by digit 17."""
    if number is None or not _SHAPE.fullmatch(number):
        return None
    return "M" if int(number[16]) % 2 else "F"


@rule("sample_id_refused", gives=Type.BOOL, reads=("MRD.SAMPID", "ID.MRN"))
def sample_id_refused(line: Line) -> bool:
    """The sample ID is used by another record or subject, is the hospital number, or holds Chinese
    characters."""
    sample = line.text("MRD.SAMPID")
    if sample is None:
        return False
    scene = line.scene
    person = scene.form("ID")
    others = (x for x in scene.forms("MRD") if x.form.key != line.form.key)
    return (
        any(x.text("MRD.SAMPID") == sample for x in others)
        or sample in scene.data.sample_ids
        or (person is not None and person.text("ID.MRN") == sample)
        or _HAN.search(sample) is not None
    )


@rule("holds_identifier", gives=Type.BOOL, reads=IDENTIFIERS, takes=(Type.TEXT,))
def holds_identifier(line: Line, text: str | None) -> bool | None:
    """A text holds a number or address that tells who a person is, or a value of form ID."""
    if text is None:
        return None
    plain = _plain(text)
    if identifier_in(plain):
        return True
    closed = _closed(plain)
    return any(_stands_in(value, plain, closed) for value in _known(line.scene))


def _known(scene: Scene) -> Iterator[str]:
    person = scene.form("ID")
    for item in IDENTIFIERS if person else ():
        value = person.text(item) if person else None
        if value:
            yield _plain(value)


def _stands_in(value: str, plain: str, closed: str) -> bool:
    if _HAN.search(value):
        return len(_closed(value)) >= SHORTEST_HAN and _closed(value) in closed
    if len(value) < SHORTEST:
        return False
    return re.search(rf"(?<![0-9a-z]){re.escape(value)}(?![0-9a-z])", plain) is not None


def _plain(text: str) -> str:
    """One form for full-width and compatibility characters, without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _closed(text: str) -> str:
    """Without the spaces that people put between Chinese characters."""
    return "".join(text.split())
