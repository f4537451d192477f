"""Whether an item is shown, and whether a section takes rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from mrd_desktop.study.catalogue import EVENT_ITEM
from mrd_desktop.study.model import Item, Study

if TYPE_CHECKING:
    from mrd_desktop.study.scene import Line


def is_shown(line: Line, item: Item) -> bool:
    """Whether an item is shown on its line: its form, or its row of a repeating group.

    An unknown condition hides the item; so does a condition that only looks at forms that are
    not filled. In a repeating group the first item's condition decides about all rows.
    """
    _, group, _ = line.scene.study.places[item.oid]
    if group.repeating and item is not group.items[0] and not _holds(line, group.items[0]):
        return False
    return _holds(line, item)


def takes_rows(line: Line, group: str) -> bool:
    """Whether rows may be added to a repeating group of the line's form."""
    section = line.scene.study.by_form[line.form.form].by_group[group]
    return _holds(line, section.items[0])


def _holds(line: Line, item: Item) -> bool:
    condition = item.show_when
    if condition is None:
        return True
    if not condition.holds(line):
        return False
    elsewhere = _elsewhere(line.scene.study).get(item.oid)
    return elsewhere is None or any(line.scene.forms(oid) for oid in elsewhere)


@lru_cache(maxsize=8)
def _elsewhere(study: Study) -> Mapping[str, frozenset[str]]:
    """The forms an item's condition looks at, for conditions that only look at other forms."""
    found = {}
    for form, _, item in study.places.values():
        reads = item.show_when.reads if item.show_when else ()
        forms = frozenset(study.form_of[oid].oid for oid in reads if oid in study.form_of)
        if forms and form.oid not in forms and EVENT_ITEM not in reads:
            found[item.oid] = forms
    return found
