"""Lists that help to fill a text, though the item has no code list."""

from __future__ import annotations

from collections.abc import Mapping

from mrd_desktop.study import ctcae
from mrd_desktop.study.model import Item, ListedTerm, Study
from mrd_desktop.texts import Text
from ui.fields.symbol import symbol
from ui.widgets.picklist import Option


def term_lists(study: Study) -> Mapping[str, tuple[Option, ...]]:
    """Item OID → what may be picked: the CTCAE terms, and the lists of the definition."""
    listed = {oid: tuple(_option(t) for t in terms) for oid, terms in study.terms.items()}
    return listed | {ctcae.TERM: tuple(Option("", t.text, t.text.en) for t in study.ctcae)}


def as_typed(item: Item, text: str) -> str:
    """The value that a text outside such a list becomes."""
    return symbol(text) if item.capitals else text


def _option(listed: ListedTerm) -> Option:
    said = f"{listed.term}  {listed.also}".rstrip()
    return Option("", Text(said, said), listed.term)
