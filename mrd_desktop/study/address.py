"""Addresses: where a filled form and a data point stand.

``subject/event#n/form#n/group#n/item``, for example ``01-002/UNS#2/MRD#1/MRDV#3/VAF``. Repeat
numbers are given at creation, in creation order, and never reused. A group that does not repeat
is number 1. Keys are tuples, because they are hashed by the hundred thousand.
Source: formats of the project, section 4.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from mrd_desktop.study.errors import AddressError

_PART = re.compile(r"([A-Z0-9]+)#([1-9][0-9]{0,5})")
_SUBJECT = re.compile(r"[0-9]{2}-[0-9]{3,4}")
_ITEM = re.compile(r"[A-Z0-9]+")


class EventKey(NamedTuple):
    """One StudyEvent of a subject."""

    subject: str
    event: str
    repeat: int = 1

    def __str__(self) -> str:
        return f"{self.subject}/{self.event}#{self.repeat}"


class FormKey(NamedTuple):
    """One filled Form of an event."""

    event: EventKey
    form: str
    repeat: int = 1

    @property
    def subject(self) -> str:
        """The subject number."""
        return self.event.subject

    def __str__(self) -> str:
        return f"{self.event}/{self.form}#{self.repeat}"


class RowKey(NamedTuple):
    """One row of an ItemGroup; the only row of a group that does not repeat is 1."""

    form: FormKey
    group: str
    row: int = 1

    def __str__(self) -> str:
        return f"{self.form}/{self.group}#{self.row}"


class ItemKey(NamedTuple):
    """One data point."""

    row: RowKey
    item: str

    @property
    def form(self) -> FormKey:
        """The form it stands in."""
        return self.row.form

    @property
    def subject(self) -> str:
        """The subject number."""
        return self.row.form.event.subject

    def __str__(self) -> str:
        return f"{self.row}/{self.item}"


Key = str | EventKey | FormKey | RowKey | ItemKey
"""A subject number or the key of something inside the subject."""


def parse_address(text: str) -> Key:
    """The key that a full address names.

    Args:
        text: a subject number, or up to four parts after it.

    Raises:
        AddressError: the text has another shape.
    """
    found = _place(text) if text.count("/") < 4 else _item(text)
    if found is None:
        raise AddressError(text)
    return found


def _item(text: str) -> ItemKey | None:
    place, _, item = text.rpartition("/")
    row = _place(place)
    return ItemKey(row, item) if isinstance(row, RowKey) and _ITEM.fullmatch(item) else None


@lru_cache(maxsize=4096)  # records come form by form
def _place(text: str) -> str | EventKey | FormKey | RowKey | None:
    subject, *parts = text.split("/")
    if not _SUBJECT.fullmatch(subject) or len(parts) > 3:
        return None
    numbered = [found for part in parts if (found := _split(part))]
    if len(numbered) < len(parts):
        return None
    if not numbered:
        return subject
    event = EventKey(subject, *numbered[0])
    if len(numbered) == 1:
        return event
    form = FormKey(event, *numbered[1])
    return form if len(numbered) == 2 else RowKey(form, *numbered[2])


@lru_cache(maxsize=4096)  # the same few parts stand in the addresses of every subject
def _split(part: str) -> tuple[str, int] | None:
    found = _PART.fullmatch(part)
    return (found[1], int(found[2])) if found else None
