"""The closures that compiled expressions are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from mrd_desktop.study.catalogue import EVENT_ITEM, Place
from mrd_desktop.study.expression import logic
from mrd_desktop.study.expression.parts import LINE, Frame, Part, Run
from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import READERS

if TYPE_CHECKING:
    from mrd_desktop.study.scene import Line

Source: TypeAlias = "Callable[[Frame], Sequence[Line]]"


def own(place: Place, slot: int) -> Run:
    """Reads an item from the line in a slot, whose form (and row) it belongs to."""
    if place.derived or place.oid == EVENT_ITEM:
        oid = place.oid
        return lambda frame: frame[slot][oid]
    name, read = place.name, READERS[place.type.kind]
    if place.group_repeats:

        def of_row(frame: Frame) -> Any:
            answer = frame[slot].row.answers.get(name)
            return None if answer is None or answer.value is None else read(answer.value)

        return of_row

    # Most of what is ever read is read here: the key of the row is made once.
    key = (place.group, 1)

    def of_form(frame: Frame) -> Any:
        row = frame[slot].form.by_row.get(key)
        answer = None if row is None else row.answers.get(name)
        return None if answer is None or answer.value is None else read(answer.value)

    return of_form


def elsewhere(place: Place, find: Callable[[Line], Line | None]) -> Run:
    """Reads an item from another form, found from the current line."""
    oid = place.oid

    def run(frame: Frame) -> Any:
        line = find(frame[LINE])
        return None if line is None else line[oid]

    return run


def against(left: Run, constant: Any, compare: Callable[[Any, Any], Any]) -> Run:
    """Compares with a constant."""

    def run(frame: Frame) -> Any:
        value = left(frame)
        return None if value is None else compare(value, constant)

    return run


def both(left: Run, right: Run, function: Callable[[Any, Any], Any]) -> Run:
    """A function of two parts, unknown where either is."""

    def run(frame: Frame) -> Any:
        a = left(frame)
        if a is None:
            return None
        b = right(frame)
        return None if b is None else function(a, b)

    return run


def conjunction(runs: tuple[Run, ...]) -> Run:
    """Kleene's and."""

    def run(frame: Frame) -> bool | None:
        result: bool | None = True
        for truth in runs:
            holds = truth(frame)
            if holds is False:
                return False
            if holds is None:
                result = None
        return result

    return run


def disjunction(runs: tuple[Run, ...]) -> Run:
    """Kleene's or."""

    def run(frame: Frame) -> bool | None:
        result: bool | None = False
        for truth in runs:
            holds = truth(frame)
            if holds is True:
                return True
            if holds is None:
                result = None
        return result

    return run


def counted(kind: str, source: Source, slot: int, truth: Run) -> Part:
    """``any``, ``all`` and ``count``: an unknown line does not count, but leaves all() unknown."""

    def truths(frame: Frame) -> Any:
        for line in source(frame):
            frame[slot] = line
            yield truth(frame)

    if kind == "any":
        return Part(Type.BOOL, lambda frame: any(truths(frame)))
    if kind == "all":
        return Part(Type.BOOL, lambda frame: logic.every(truths(frame)))
    return Part(Type.NUMBER, lambda frame: Decimal(sum(1 for t in truths(frame) if t)))


def filtered(source: Source, slot: int, condition: Run | None) -> Callable[[Frame], list[Line]]:
    """The lines of a source that hold a condition."""

    def run(frame: Frame) -> list[Line]:
        lines = source(frame)
        if condition is None:
            return list(lines)
        found = []
        for line in lines:
            frame[slot] = line
            if condition(frame):
                found.append(line)
        return found

    return run


def summed(chosen: Callable[[Frame], list[Line]], slot: int, body: Run) -> Run:
    """The sum over lines; unknown if one of them is."""

    def run(frame: Frame) -> Decimal | None:
        total = Decimal(0)
        for line in chosen(frame):
            frame[slot] = line
            value = body(frame)
            if value is None:
                return None
            total += value
        return total

    return run


def extreme(
    chosen: Callable[[Frame], list[Line]], slot: int, body: Run, key: Run, *, last: bool
) -> Run:
    """The body of the line with the largest (or smallest) known key; ties: the later line."""

    def order(value: Any) -> Any:
        if isinstance(value, PartialDate):
            return (value.latest, value.earliest) if last else (value.earliest, value.latest)
        return value

    def run(frame: Frame) -> Any:
        best: Any = None
        result: Any = None
        for line in chosen(frame):
            frame[slot] = line
            found = key(frame)
            if found is None:
                continue
            rank = order(found)
            if best is None or (rank >= best if last else rank < best):
                best = rank
                result = body(frame)
        return result

    return run
