"""The rest of a story, entered through the same form model as the screen, without the keyboard."""

from __future__ import annotations

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.story import StoryRecord, Value
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey


def enter(book: Casebook, subject: str, record: StoryRecord) -> FormState:
    """Enter one record into a new form; its state after Save."""
    key: FormKey = book.next_form(EventKey(subject, record.visit), record.form)
    entry = book.open(key)
    for group in entry.form.groups:
        if not group.repeating:
            _row(entry, RowKey(key, group.name), record.items)
            continue
        prefix = group.items[0].oid.partition(".")[0]
        for values in record.rows.get(group.name) or record.rows.get(prefix) or []:
            entry.add_row(group.name)
            row = next(g.rows[-1].key for g in entry.groups() if g.group is group)
            _row(entry, row, values)
    return entry.save(complete=True).state


def _row(entry: FormEntry, row: RowKey, values: dict[str, Value]) -> None:
    for name in entry.form.by_group[row.group].by_name:
        value = values.get(name)
        if isinstance(value, dict):
            entry.mark_missing(ItemKey(row, name), value["missing"])
        elif value is not None:
            entry.type(ItemKey(row, name), ";".join(value) if isinstance(value, list) else value)
