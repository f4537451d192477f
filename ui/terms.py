"""Lists that help to fill a text, though the item has no code list."""

from __future__ import annotations

from collections.abc import Mapping

from mrd_desktop.study.model import Study
from ui.widgets.picklist import Option

ADVERSE_EVENT = "AE.CTC"
ORGAN_CLASS = "SOC"


def term_lists(study: Study) -> Mapping[str, tuple[Option, ...]]:
    """Item OID → what may be picked for it: the CTCAE terms for an adverse event."""
    return {ADVERSE_EVENT: tuple(Option("", t.text, t.text.en) for t in study.ctcae)}


def organ_class(study: Study, term: str) -> str | None:
    """The system organ class a CTCAE term belongs to."""
    return next((t.soc for t in study.ctcae if t.text.en == term), None)
