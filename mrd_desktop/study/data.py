"""What is known of one subject, read-only: the input of every check and derivation.

The record package folds its tables into these objects; nothing here knows where they come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer

SAMPLE_ITEM: Final = "MRD.SAMPID"
"""The item whose values must be unique over all subjects of a site (EC-041)."""


@dataclass(frozen=True)
class RowData:
    """One row of a group: answers by item name (``"RESULT"``); unanswered items are absent."""

    key: RowKey
    answers: Mapping[str, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class FormData:
    """One filled form, removed rows left out. Groups that do not repeat have one row.

    Attributes:
        declared: the user declared it complete at the last save.
        entered: the day of its first save, None for a form not saved yet.
    """

    key: FormKey
    rows: tuple[RowData, ...] = ()
    declared: bool = False
    entered: date | None = None

    @property
    def form(self) -> str:
        """OID of the form."""
        return self.key.form

    @property
    def event(self) -> EventKey:
        """The event it belongs to."""
        return self.key.event

    @cached_property
    def by_row(self) -> Mapping[tuple[str, int], RowData]:
        """Rows by group and number."""
        return {(r.key.group, r.key.row): r for r in self.rows}

    def group(self, name: str) -> tuple[RowData, ...]:
        """The rows of a group, by row number."""
        return tuple(r for r in self.rows if r.key.group == name)

    def row(self, group: str, row: int = 1) -> RowData | None:
        """One row, or None."""
        return self.by_row.get((group, row))

    def answers(self) -> Iterator[tuple[ItemKey, Answer]]:
        """Every answer with its key."""
        for row in self.rows:
            for item, answer in row.answers.items():
                yield ItemKey(row.key, item), answer


@dataclass(frozen=True)
class SubjectData:
    """All filled forms of one subject as of a day.

    Attributes:
        today: the day that counts as today for checks and windows (the data cut-off).
        forms: removed forms left out; ordered by event opening, then form repeat.
        sample_ids: MRD sample ids used by *other* subjects of the site (for EC-041).
    """

    subject: str
    today: date
    forms: tuple[FormData, ...] = ()
    sample_ids: frozenset[str] = frozenset()

    @property
    def site(self) -> str:
        """Site number: the part of the subject number before the hyphen."""
        return self.subject.partition("-")[0]

    @cached_property
    def by_key(self) -> Mapping[FormKey, FormData]:
        """Filled forms by key."""
        return {f.key: f for f in self.forms}

    @cached_property
    def _by_form(self) -> Mapping[str, tuple[FormData, ...]]:
        found: dict[str, list[FormData]] = {}
        for form in self.forms:
            found.setdefault(form.form, []).append(form)
        return {k: tuple(v) for k, v in found.items()}

    def of(self, form: str) -> tuple[FormData, ...]:
        """The filled forms of one OID, in creation order."""
        return self._by_form.get(form, ())

    def at(self, event: EventKey, form: str) -> FormData | None:
        """The first form of that OID at an event, or None."""
        return next((f for f in self.of(form) if f.event == event), None)

    def with_form(self, form: FormData) -> SubjectData:
        """The same subject with one form replaced or added (used while a form is typed)."""
        forms = [f for f in self.forms if f.key != form.key]
        at = next((n for n, f in enumerate(self.forms) if f.key == form.key), len(forms))
        forms.insert(at, form)
        return SubjectData(self.subject, self.today, tuple(forms), self.sample_ids)
