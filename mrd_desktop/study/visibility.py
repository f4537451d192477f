"""Whether an item is shown, and whether a section takes rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mrd_desktop.study.model import Item

if TYPE_CHECKING:
    from mrd_desktop.study.expression import Expression
    from mrd_desktop.study.scene import Line


def is_shown(line: Line, item: Item) -> bool:
    """Whether an item is shown on its line: its form, or its row of a repeating group.

    An unknown condition hides the item; so does a condition that only looks at forms that are
    not filled. In a repeating group the first item's condition decides about all rows.
    """
    _, group, _ = line.scene.study.places[item.oid]
    if group.repeating and not takes_rows(line, group.name):
        return False
    return item.show_when is None or _holds(item.show_when, line)


def takes_rows(line: Line, group: str) -> bool:
    """Whether rows may be added to a repeating group of the line's form."""
    section = line.scene.study.by_form[line.form.form].by_group[group]
    condition = section.items[0].show_when
    return condition is None or _holds(condition, line)


def _holds(condition: Expression, line: Line) -> bool:
    if not condition.holds(line):
        return False
    form_of = line.scene.study.form_of
    forms = {form_of[oid].oid for oid in condition.reads if oid in form_of}
    if not forms or line.form.form in forms:
        return True
    return any(line.scene.forms(oid) for oid in forms)
