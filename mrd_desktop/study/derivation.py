"""Derived items: computed from the rest, never stored over what was entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from mrd_desktop.study.answer import Answer
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.model import Derivation, Item, Study
from mrd_desktop.study.reading import written
from mrd_desktop.study.visibility import is_shown
from mrd_desktop.texts import Text

if TYPE_CHECKING:
    from mrd_desktop.study.scene import Line

Compute: TypeAlias = "Callable[[Line], Answer | None]"


def derive(line: Line, item: Item) -> Answer | None:
    """The answer of a derived item on a line, in the canonical text of the item's type.

    None if it is hidden, unknown, does not fit the type, or is computed nowhere (system numbers
    are recorded, not derived).
    """
    derivation = line.scene.study.by_derived.get(item.oid)
    if derivation is None or not is_shown(line, item):
        return None
    value = derivation.value.value(line)
    if value is None or isinstance(value, bool | Text):
        return None
    raw = written(item.type, value)
    return None if raw is None else Answer(raw)


def computations(study: Study) -> Mapping[str, Compute]:
    """How each derived item is computed, by item OID."""
    return {d.item: partial(derive, item=study.by_item[d.item]) for d in study.derivations}


def refuse_cycles(items: Mapping[str, Item], derivations: Iterable[Derivation]) -> None:
    """Refuse derived items that depend on themselves.

    Args:
        items: the study's items by OID; the condition of a derived item counts as read.

    Raises:
        DefinitionError: names the items of a circle.
    """
    derivations = tuple(derivations)
    reads: dict[str, frozenset[str]] = {}
    for derivation in derivations:
        condition = items[derivation.item].show_when
        shown = condition.reads if condition else frozenset[str]()
        reads[derivation.item] = derivation.value.reads | shown
    done: set[str] = set()
    for start in reads:
        _walk(start, reads, done, [])


def _walk(oid: str, reads: Mapping[str, frozenset[str]], done: set[str], path: list[str]) -> None:
    if oid in path:
        circle = " → ".join([*path[path.index(oid) :], oid])
        raise DefinitionError(f"derived items depend on themselves: {circle}")
    if oid in done or oid not in reads:
        return
    path.append(oid)
    for other in sorted(reads[oid]):
        _walk(other, reads, done, path)
    path.pop()
    done.add(oid)
