"""Late entry from paper: a form keyed later than it was observed keeps both dates.

The day on the paper record stands with the Save that transcribed it (``form.saved``); the moment
of entry is that record's own. A reference leads to the paper or its scan.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.record.errors import RecordError
from mrd_desktop.study.dates import parse_date
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.texts import Text

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")
NO_DAY: Final = Text(
    "Write the day on the paper record first, like 0316 or 2026-03-16.",
    "请先写纸质记录上的日期，如 0316 或 2026-03-16。",
)
TO_COME: Final = Text(
    "The paper record is dated later than today.", "纸质记录的日期晚于今天，请核对。"
)
BAD_REFERENCE: Final = Text(
    "A reference has up to 40 letters, digits and . _ / -, and no names.",
    "原件编号最多 40 位，仅限字母、数字和 . _ / -，不含姓名。",
)


class PaperRefused(RecordError):
    """What was said of a paper record makes no sense; nothing changed."""

    code = "paper"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, words: Text) -> None:
        super().__init__(reason_en=words.en, reason_zh=words.zh)


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper record that a form was transcribed from.

    Attributes:
        day: the day on the paper, ISO.
        reference: where it is filed, or the number of its scan; may be empty.
    """

    day: str
    reference: str = ""

    def payload(self) -> dict[str, JSON]:
        """As it stands in a payload."""
        return {"date": self.day, **({"reference": self.reference} if self.reference else {})}


def read_paper(text: str, today: date) -> Paper | None:
    """What a typed line says of the paper record: its day, then a reference; None for nothing.

    Raises:
        PaperRefused: it begins with no day, with one to come, or its reference is none.
    """
    first, _, rest = text.strip().partition(" ")
    if not first:
        return None
    try:
        day = parse_date(first, today=today).earliest
    except ValueRefused as refused:
        raise PaperRefused(NO_DAY) from refused
    if day > today:
        raise PaperRefused(TO_COME)
    reference = rest.strip()
    if reference and not _REFERENCE.fullmatch(reference):
        raise PaperRefused(BAD_REFERENCE)
    return Paper(day.isoformat(), reference)
