"""Two keyings of one form, compared data point by data point. Pure: it knows no disk and no user.

A data point counts where at least one of the two has an answer, a missing reason being an answer.
Rows of a repeating section are matched in their order, as they stand on the paper: the second
person cannot know that a row was once removed and its number never given out again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.model import Form, Item, ItemGroup, Phi


class Result(StrEnum):
    """What the comparison of a data point says."""

    EQUAL = "equal"
    DIFFERS = "differs"
    ONLY_FIRST = "only_first"
    ONLY_SECOND = "only_second"


@dataclass(frozen=True, slots=True)
class Keying:
    """One keying of a form: its standing rows and its answers."""

    rows: Collection[RowKey]
    answers: Mapping[ItemKey, Answer]


@dataclass(frozen=True, slots=True)
class Point:
    """One data point of both keyings.

    Attributes:
        key: its address in the first keying; in a row that the first has not, the one it would get.
        whole_row: one of the two has no such row.
    """

    key: ItemKey
    result: Result
    first: Answer | None
    second: Answer | None
    whole_row: bool = False


def compare(
    form: Form,
    key: FormKey,
    first: Keying,
    second: Keying,
    *,
    used: Collection[RowKey] = (),
    filled: Collection[ItemKey] = (),
) -> tuple[Point, ...]:
    """Every data point that either keying has, in the order of the form.

    Args:
        used: rows of the first that were ever given a number, removed ones included.
        filled: data points of the first that nobody keyed, but the program filled in; they count
            only where the second person keyed something.
    """
    return tuple(
        point
        for group in form.groups
        for one, other in _pairs(group, key, first, second, used)
        for item in group.items
        if is_keyed(item)
        for point in _point(item, one, other, first, second, filled)
    )


def is_keyed(item: Item) -> bool:
    """Whether a person keys the item, and more than one may know it."""
    return not item.derived and item.phi is not Phi.DIRECT


@dataclass(frozen=True, slots=True)
class _Side:
    """A row of one keying and where it stands in the first."""

    place: RowKey
    row: RowKey | None


def _pairs(
    group: ItemGroup,
    key: FormKey,
    first: Keying,
    second: Keying,
    used: Collection[RowKey],
) -> Iterator[tuple[_Side, _Side]]:
    if not group.repeating:
        row = RowKey(key, group.name)
        yield _Side(row, row), _Side(row, row)
        return
    ours = sorted(r for r in first.rows if r.group == group.name)
    theirs = sorted(r for r in second.rows if r.group == group.name)
    free = max((r.row for r in (*ours, *used) if r.group == group.name), default=0)
    for one, other in zip_longest(ours, theirs):
        place = one
        if place is None:
            free += 1
            place = RowKey(key, group.name, free)
        yield _Side(place, one), _Side(place, other)


def _point(
    item: Item,
    one: _Side,
    other: _Side,
    first: Keying,
    second: Keying,
    filled: Collection[ItemKey],
) -> Iterator[Point]:
    key = ItemKey(one.place, item.name)
    here = first.answers.get(ItemKey(one.row, item.name)) if one.row else None
    there = second.answers.get(ItemKey(other.row, item.name)) if other.row else None
    if (here is None and there is None) or (there is None and key in filled):
        return
    if here == there:
        result = Result.EQUAL
    elif here is None:
        result = Result.ONLY_SECOND
    else:
        result = Result.ONLY_FIRST if there is None else Result.DIFFERS
    yield Point(key, result, here, there, whole_row=one.row is None or other.row is None)
