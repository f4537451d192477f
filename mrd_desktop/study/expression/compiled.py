"""Compiled expressions: what the definition holds and everybody evaluates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from mrd_desktop.study.catalogue import Catalogue, Place
from mrd_desktop.study.expression.compiler import Compiler
from mrd_desktop.study.expression.names import Scope
from mrd_desktop.study.expression.parser import parse
from mrd_desktop.study.expression.parts import FREE, WORDS, Frame, Part, Run, fit_codes
from mrd_desktop.study.expression.tokens import refused
from mrd_desktop.study.expression.types import BY_KIND, Type
from mrd_desktop.study.model import Kind, Selector

if TYPE_CHECKING:
    from mrd_desktop.study.reading import Typed
    from mrd_desktop.study.scene import Line
    from mrd_desktop.texts import Text

    Result: TypeAlias = Typed | Text | bool | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        source: its text.
        type: static type of its value.
        reads: OIDs of every item it may read, with the OIDs of forms and names of repeating
            groups whose rows or existence it looks at.
        codelist: OID of the code list its codes belong to, where known.
    """

    source: str
    type: Type
    reads: frozenset[str]
    codelist: str | None = None
    _run: Run = field(repr=False, compare=False, kw_only=True)
    _slots: int = field(repr=False, compare=False, kw_only=True)

    def value(self, line: Line, bound: Typed | None = None, item: str = "") -> Result:
        """Its value on a line; None is unknown.

        Args:
            bound: what VALUE stands for.
            item: what ITEM stands for.
        """
        frame: Frame = [line, bound, item]
        if self._slots > FREE:
            frame += [None] * (self._slots - FREE)
        return self._run(frame)  # type: ignore[no-any-return]

    def holds(self, line: Line, bound: Typed | None = None, item: str = "") -> bool:
        """Whether it is true, neither false nor unknown."""
        return self.value(line, bound, item) is True


def compile_expression(
    source: str,
    catalogue: Catalogue,
    *,
    on: str,
    gives: Type | None = None,
    selector: Selector | None = None,
) -> Expression:
    """Compile an expression of a check, a message or a condition.

    Args:
        on: where it is evaluated: a form OID, a repeating group's name, ``SUBJECT``,
            ``EVENTS``, ``ALL``, ``ITEMS``, ``REQUIRED``, or an item OID (the line that the
            item stands on).
        gives: the type it must have; None for any.
        selector: the items that a check on ``ITEMS`` visits; VALUE has their type.

    Raises:
        ExpressionError: it cannot be compiled; the message names the column.
    """
    compiler = Compiler(catalogue, _scope(catalogue, on, selector or Selector()))
    part = compiler.part(parse(source))
    if part.type is Type.LINE:
        raise refused(1, "an alias is no value")
    if gives is not None and part.type is not gives:
        raise refused(1, f"the expression gives {part.type} where {gives} is expected")
    return _expression(source, compiler, part)


def compile_derivation(source: str, catalogue: Catalogue, item: str) -> Expression:
    """Compile the expression that computes a derived item.

    Its type is the item's; true and false become Y and N for an item whose codes hold both.

    Raises:
        ExpressionError: it cannot be compiled or does not fit the item.
    """
    place = catalogue.places.get(item)
    if place is None:
        raise refused(1, f"there is no item {item}")
    compiler = Compiler(catalogue, _scope(catalogue, item, Selector()))
    part = _fitted(place, compiler.part(parse(source)))
    return _expression(source, compiler, part)


def _expression(source: str, compiler: Compiler, part: Part) -> Expression:
    return Expression(
        source,
        part.type,
        frozenset(compiler.names.reads),
        part.codelist,
        _run=part.run,
        _slots=compiler.names.slots,
    )


def _fitted(place: Place, part: Part) -> Part:
    wanted = BY_KIND[place.type.kind]
    if part.type is Type.BOOL and place.codes is not None and {"Y", "N"} <= place.codes:
        truth = part.run

        def answer(frame: Frame) -> str | None:
            holds = truth(frame)
            return None if holds is None else "Y" if holds else "N"

        return Part(Type.CODE, answer, codelist=place.codelist)
    if part.type is not wanted and not {part.type, wanted} <= WORDS:
        raise refused(1, f"the expression gives {part.type}, but {place.oid} is a {wanted}")
    if part.constants is not None and place.codes is not None:
        fit_codes(1, part.constants, place.codes)
    return part


def _scope(catalogue: Catalogue, on: str, selector: Selector) -> Scope:
    if on in catalogue.forms:
        return Scope(form=on)
    if on in catalogue.groups:
        return Scope(form=catalogue.groups[on], group=on)
    if on in catalogue.places:
        place = catalogue.places[on]
        return Scope(form=place.form, group=place.group if place.group_repeats else None)
    types = {BY_KIND[k] for k in _kinds(catalogue, selector)}
    only = next(iter(types)) if len(types) == 1 else None
    scopes = {
        "SUBJECT": Scope(event=False),
        "EVENTS": Scope(),
        "ALL": Scope(dynamic=True),
        "ITEMS": Scope(dynamic=True, value=only, item=True),
        "REQUIRED": Scope(dynamic=True, item=True),
    }
    if on not in scopes:
        raise refused(1, f"{on} is no form, section or item, nor one of {', '.join(scopes)}")
    return scopes[on]


def _kinds(catalogue: Catalogue, selector: Selector) -> set[Kind]:
    if selector.types:
        return set(selector.types)
    if selector.items:
        return {p.type.kind for o, p in catalogue.places.items() if o in selector.items}
    return {Kind.TEXT} if selector.free_text else set(Kind)
