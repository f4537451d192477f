"""What a form being filled shows: plain values that a screen draws and a script prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mrd_desktop.study.address import ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.checks import Finding
from mrd_desktop.study.model import Item, ItemGroup
from mrd_desktop.texts import Text


class FormState(StrEnum):
    """States of a form (section 2.1 of the forms reference)."""

    EMPTY = "empty"
    DRAFT = "draft"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"
    SIGNED = "signed"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One data point of the open form.

    Attributes:
        text: what stands in the editor, finished or half typed.
        answer: the value it means, None while it is empty or no value.
        missing: code of the missing reason that stands in place of a value.
        echo: what the value means (code meaning, full date and weekday).
        error: why the text is no value of this type; the draft keeps it, Save leaves it out.
        recorded: what the ledger holds now (None: never answered, or cleared).
        changed: differs from what is recorded.
        origin: where an offered value that was taken comes from; shown beside the field.
    """

    key: ItemKey
    item: Item
    text: str
    answer: Answer | None
    missing: str | None
    echo: Text | None
    shown: bool
    required: bool
    error: Text | None
    findings: tuple[Finding, ...]
    recorded: Answer | None
    changed: bool
    origin: Text | None = None

    @property
    def derived(self) -> bool:
        """Set by the system, read-only."""
        return self.item.derived


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a group."""

    key: RowKey
    fields: tuple[FieldView, ...]
    removed: bool = False
    new: bool = False


@dataclass(frozen=True, slots=True)
class GroupView:
    """One section of the form.

    Attributes:
        closed: why nothing may be filled in here; None where it may.
    """

    group: ItemGroup
    rows: tuple[RowView, ...]
    can_add: bool
    closed: Text | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an act on the open form changed.

    Attributes:
        touched: data points whose view may differ now.
        structure: rows came or went, or items were shown or hidden.
        hides: filled data points that are hidden now and will be cleared by Save.
    """

    touched: frozenset[ItemKey] = frozenset()
    structure: bool = False
    hides: tuple[ItemKey, ...] = ()
