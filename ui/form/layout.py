"""How the sections of a form are laid out: fields, tables, or one table over like sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from mrd_desktop.study.model import DataType, Form, Item, ItemGroup, Kind
from mrd_desktop.texts import Text

_LEAST_LIKE = 3
_MOST_COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Fields:
    """One field below the other."""

    group: ItemGroup


@dataclass(frozen=True, slots=True)
class Table:
    """A repeating section as a table: a row a line, an item a column."""

    group: ItemGroup


@dataclass(frozen=True, slots=True)
class Cards:
    """A repeating section with more items than a line holds: fields below each other, per row."""

    group: ItemGroup


@dataclass(frozen=True, slots=True)
class Matrix:
    """Sections that ask the same of several things: a section a line, a question a column."""

    groups: tuple[ItemGroup, ...]
    columns: tuple[Text, ...]


Block: TypeAlias = Fields | Table | Cards | Matrix


def lay_out(form: Form) -> tuple[Block, ...]:
    """The blocks of a form, in the order of its sections."""
    blocks: list[Block] = []
    for shape, run in groupby(form.groups, _shape):
        groups = tuple(run)
        if shape and len(groups) >= _LEAST_LIKE:
            columns = tuple(_question(i.text) for i in groups[0].items)
            blocks.append(Matrix(groups, columns))
        else:
            blocks += [_alone(g) for g in groups]
    return tuple(blocks)


def _alone(group: ItemGroup) -> Block:
    if not group.repeating:
        return Fields(group)
    return Table(group) if len(group.items) <= _MOST_COLUMNS else Cards(group)


def _shape(group: ItemGroup) -> tuple[tuple[DataType, str, Text], ...]:
    """What makes two sections alike: types, code lists and the questions after the colon."""
    if group.repeating or any(_question(i.text) == i.text for i in group.items):
        return ()
    return tuple(
        (i.type, i.codelist.oid if i.codelist else "", _question(i.text)) for i in group.items
    )


def _question(text: Text) -> Text:
    """``Value`` of ``Leukocytes: value``; the whole text where there is no colon."""
    en = text.en.rpartition(":")[2].strip()
    zh = text.zh.replace("：", ":").rpartition(":")[2].strip()
    return Text(en[:1].upper() + en[1:], zh) if ":" in text.en else text


def common_unit(items: Sequence[Item]) -> str:
    """The unit of a line of a matrix: that of its numbers, if they share one."""
    units = {i.unit for i in items if i.type.kind in (Kind.INTEGER, Kind.DECIMAL) and i.unit}
    return units.pop() if len(units) == 1 else ""
