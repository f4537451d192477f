"""A form as it is typed so far: every act makes a new one, so that undo is a step back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mrd_desktop.record.drafts import Draft, Saying
from mrd_desktop.record.entries import Reference
from mrd_desktop.record.paper import Paper
from mrd_desktop.record.reading import RecordedForm
from mrd_desktop.record.unsaved import parted
from mrd_desktop.study import values
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Form, ItemGroup
from mrd_desktop.texts import Text


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one editor: the text, and the answer or the error it makes."""

    text: str = ""
    answer: Answer | None = None
    error: Text | None = None

    @property
    def is_missing(self) -> bool:
        """A reason stands in place of a value."""
        return self.answer is not None and self.answer.missing is not None


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that could be filled into an empty field, and where it comes from.

    Attributes:
        by: the ``labrange.set`` record.
        source: the same in words.
    """

    key: ItemKey
    text: str
    by: Reference
    source: Text


Shown = Mapping[tuple[ItemKey, str], Answer]
"""What a finding was shown about, by data point and check."""


@dataclass(frozen=True)
class Working:
    """The texts and rows of a form.

    Attributes:
        rows: every row, struck ones included; ``removed`` are those.
        answers: explanations of findings, by check and address.
        taken: offers that were filled in.
    """

    cells: Mapping[ItemKey, Cell] = field(default_factory=dict)
    rows: tuple[RowKey, ...] = ()
    removed: frozenset[RowKey] = frozenset()
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    taken: Mapping[ItemKey, Offer] = field(default_factory=dict)
    paper: Paper | None = None

    @classmethod
    def of(cls, form: Form, key: FormKey, recorded: RecordedForm | None) -> Working:
        """A form as it is recorded."""
        rows = [RowKey(key, g.name) for g in form.groups if not g.repeating]
        if recorded is None:
            return cls(rows=tuple(rows))
        cells = {
            k: Cell(
                values.entry_text(form.by_group[k.row.group].by_name[k.item], r.answer), r.answer
            )
            for k, r in recorded.items.items()
            if r.answer
        }
        struck = frozenset(row for row, gone in recorded.rows.items() if gone)
        return cls(cells, (*rows, *sorted(recorded.rows)), struck)

    # Reading.

    def rows_of(self, group: str) -> tuple[RowKey, ...]:
        """The rows of a section, struck ones included."""
        return tuple(r for r in self.rows if r.group == group)

    @property
    def live(self) -> tuple[RowKey, ...]:
        """The rows that are not struck."""
        return tuple(r for r in self.rows if r not in self.removed)

    def offered(self, key: ItemKey) -> Offer | None:
        """The offer that stands in a field as it was offered."""
        offer, cell = self.taken.get(key), self.cells.get(key)
        return offer if offer and cell and cell.text == offer.text else None

    def changed(self, key: ItemKey, base: Working) -> bool:
        """A data point has another answer than before."""
        now, then = self.cells.get(key), base.cells.get(key)
        return (now.answer if now else None) != (then.answer if then else None)

    def differs(self, base: Working) -> bool:
        """Something is typed that is not there before."""
        return (
            self.rows != base.rows
            or self.removed != base.removed
            or bool(self.answers)
            or self.paper is not None
            or any(self.changed(k, base) or c.error for k, c in self.cells.items())
        )

    def draft(self, base: Working, shown: Shown, saying: Saying | None) -> Draft:
        """What is typed on top of what is recorded."""
        changed = {k: c for k, c in self.cells.items() if c != base.cells.get(k)}
        return Draft(
            texts={k: c.text for k, c in changed.items() if not c.is_missing},
            missing={
                k: c.answer.missing for k, c in changed.items() if c.answer and c.answer.missing
            },
            rows=tuple(r for r in self.rows if r not in base.rows),
            removed=tuple(self.removed - base.removed),
            restored=tuple(base.removed - self.removed),
            shown=shown,
            answers=self.answers,
            taken=tuple(k for k in self.taken if self.offered(k)),
            paper=self.paper,
            saying=saying,
        )

    # Acts.

    def put(self, cells: Mapping[ItemKey, Cell]) -> Working:
        """Other texts in some fields."""
        return replace(self, cells={**self.cells, **cells})

    def with_row(self, form: FormKey, group: ItemGroup, like: RowKey | None) -> Working:
        """A further row, with the answers that carry over from one like it."""
        row = RowKey(
            form, group.name, max((r.row for r in self.rows_of(group.name)), default=0) + 1
        )
        carried = {
            ItemKey(row, item.name): cell
            for item in (group.items if like else ())
            if like and item.carry and (cell := self.cells.get(ItemKey(like, item.name)))
            if cell.answer is not None
        }
        return replace(self.put(carried), rows=(*self.rows, row))

    def without_row(self, row: RowKey, base: Working) -> Working:
        """A new row goes; one that is recorded is struck."""
        if row in base.rows:
            return replace(self, removed=self.removed | {row})
        cells = {k: c for k, c in self.cells.items() if k.row != row}
        return replace(self, cells=cells, rows=tuple(r for r in self.rows if r != row))

    def with_row_back(self, row: RowKey) -> Working:
        """A struck row stands again."""
        return replace(self, removed=self.removed - {row})

    def explained(self, check: str, at: str, words: str) -> Working:
        """A finding explained; without words the explanation goes."""
        answers = {place: said for place, said in self.answers.items() if place != (check, at)}
        if words.strip():
            answers[check, at] = words.strip()
        return replace(self, answers=answers)

    def offers_taken(
        self, cells: Mapping[ItemKey, Cell], offers: Mapping[ItemKey, Offer], stale: set[ItemKey]
    ) -> Working:
        """Offers filled in as these texts, and what earlier ones filled in and no longer stands."""
        kept = {k: c for k, c in self.cells.items() if k not in stale}
        taken = {k: o for k, o in self.taken.items() if k not in stale}
        return replace(self, cells=kept | dict(cells), taken=taken | dict(offers))

    def cleared(self, shut: Callable[[RowKey], bool], base: Working) -> Working:
        """What is typed in some rows forgotten, with what was said about it."""
        said = parted(self.draft(base, {}, None), shut).answers
        cells = {k: c for k, c in self.cells.items() if not shut(k.row)}
        cells |= {k: c for k, c in base.cells.items() if shut(k.row)}
        return replace(
            self,
            cells=cells,
            rows=tuple(r for r in self.rows if r in base.rows or not shut(r)),
            removed=self.removed | {r for r in base.removed if shut(r)},
            answers={at: words for at, words in self.answers.items() if at not in said},
            taken={k: o for k, o in self.taken.items() if not shut(k.row)},
        )
