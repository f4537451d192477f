"""What all parts share: mistakes, texts, hints, compiled expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from mrd_desktop.study.catalogue import Catalogue
from mrd_desktop.study.document import Bilingual, Document, ItemPart
from mrd_desktop.study.errors import ExpressionError
from mrd_desktop.study.expression import (
    Expression,
    Type,
    compile_derivation,
    compile_expression,
)
from mrd_desktop.study.model import Selector
from mrd_desktop.study.yaml_tree import Path
from mrd_desktop.texts import Text


@dataclass(frozen=True)
class Mistakes:
    """Mistakes by the place in the document where they stand."""

    all: list[tuple[Path, str]] = field(default_factory=list)

    def add(self, place: Path, sentence: str) -> None:
        """Note one mistake."""
        self.all.append((place, sentence))


class Expressions:
    """Compiles the expressions of a definition; one that recurs is compiled only once."""

    def __init__(self, catalogue: Catalogue, mistakes: Mistakes) -> None:
        self._catalogue = catalogue
        self._mistakes = mistakes
        self._nothing = compile_expression("true", catalogue, on="SUBJECT")
        self._known: dict[tuple[str, str], Expression] = {}

    def condition(
        self, source: str, place: Path, on: str, selector: Selector | None = None
    ) -> Expression:
        """An expression that is true or false."""
        if (source, on) in self._known and selector is None:
            return self._known[source, on]
        found = self._try(
            place,
            lambda: compile_expression(
                source, self._catalogue, on=on, gives=Type.BOOL, selector=selector
            ),
        )
        if selector is None and found is not self._nothing:
            self._known[source, on] = found
        return found

    def opposite(self, source: str, place: Path, on: str) -> Expression:
        """What is true where a condition is false; a mistake is told by the condition's columns."""
        if self.condition(source, place, on) is self._nothing:
            return self._nothing
        return self.condition(f"not ({source})", place, on)

    def value(
        self, source: str, place: Path, on: str, selector: Selector | None = None
    ) -> Expression:
        """An expression of any type, for a message."""
        return self._try(
            place,
            lambda: compile_expression(source, self._catalogue, on=on, selector=selector),
        )

    def derivation(self, source: str, place: Path, item: str) -> Expression:
        """The expression that computes an item."""
        return self._try(place, lambda: compile_derivation(source, self._catalogue, item))

    def _try(self, place: Path, compiled: Callable[[], Expression]) -> Expression:
        try:
            return compiled()
        except ExpressionError as e:
            self._mistakes.add(place, e.detail)
            return self._nothing


def text_of(part: Bilingual) -> Text:
    """The text of a part in both languages."""
    return Text(part.en, part.zh)


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest of the names that exist, or what to do where none is near."""
    close = get_close_matches(name, list(known), 1, 0.6)
    return f"did you mean {close[0]}?" if close else "add it, or name one that exists"


def unique(names: Iterable[str], place: Path, key: str, mistakes: Mistakes) -> None:
    """Refuse names given twice; ``place`` is their list, ``key`` what holds the name."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            mistakes.add((*place, number, key), f"“{name}” is given twice; name it otherwise")
        seen.add(name)


def item_parts(document: Document) -> Iterator[tuple[ItemPart, Path, str]]:
    """Every item with its place and the line it is read on: its repeating group, or its form."""
    for f, form in enumerate(document.forms):
        for g, group in enumerate(form.groups):
            on = group.oid.rpartition(".")[2] if group.repeating else form.oid
            for i, item in enumerate(group.items):
                yield item, ("forms", f, "groups", g, "items", i), on
