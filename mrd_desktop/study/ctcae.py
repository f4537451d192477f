"""The CTCAE terms: where one is kept, and what is known of it."""

from __future__ import annotations

from mrd_desktop.study.model import CtcaeTerm, Study

TERM = "AE.CTC"
ORGAN_CLASS = "AE.SOC"
VERBATIM = "AE.TERM"


def term_of(study: Study, text: str) -> CtcaeTerm | None:
    """The term that a recorded text is; None for any other text."""
    return next((t for t in study.ctcae if t.text.en == text), None)
