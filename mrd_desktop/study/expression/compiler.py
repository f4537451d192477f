"""From tree to closures, with static types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from mrd_desktop.study.catalogue import Catalogue
from mrd_desktop.study.expression import logic
from mrd_desktop.study.expression.calls import Calls
from mrd_desktop.study.expression.closures import (
    Source,
    against,
    both,
    conjunction,
    counted,
    disjunction,
    extreme,
    filtered,
    summed,
)
from mrd_desktop.study.expression.names import Names, Scope
from mrd_desktop.study.expression.parts import (
    ORDERED,
    WORDS,
    Frame,
    Part,
    Run,
    fitted,
    literal,
    mismatch,
)
from mrd_desktop.study.expression.tokens import refused
from mrd_desktop.study.expression.tree import (
    Binary,
    Call,
    In,
    Literal,
    Logic,
    Members,
    Name,
    Node,
    Quantifier,
    Unary,
)
from mrd_desktop.study.expression.types import Type

_QUANTIFIERS = frozenset({"any", "all", "count", "min", "max", "sum", "latest", "earliest"})


class Compiler:
    """Compiles the tree of one expression.

    Attributes:
        names: what its names mean, and which items they read.
    """

    def __init__(self, catalogue: Catalogue, scope: Scope) -> None:
        self.names = Names(catalogue, scope)
        self._calls = Calls(self, self.names)

    def part(self, node: Node) -> Part:  # noqa: PLR0911  (one per sort of node)
        """A piece of any type.

        Raises:
            ExpressionError: names, types or limits do not fit.
        """
        match node:
            case Literal():
                return literal(node)
            case Name():
                return self.names.part(node)
            case Call():
                return self._calls.part(node)
            case Quantifier():
                return self._quantifier(node)
            case Unary():
                return self._unary(node)
            case In():
                return self._in(node)
            case Logic():
                return self._logic(node)
            case Binary():
                return self._binary(node)
            case Members():
                raise refused(node.column, "a list stands only after 'in' or 'overlaps'")

    def truth(self, node: Node) -> Run:
        """A piece that must be true, false or unknown."""
        return self.typed(node, Type.BOOL).run

    def typed(self, node: Node, *types: Type) -> Part:
        """A piece of one of some types."""
        part = self.part(node)
        if part.type not in types:
            raise mismatch(node, part, types)
        return part

    # -- logic

    def _logic(self, node: Logic) -> Part:
        runs = tuple(self.truth(x) for x in node.operands)
        if node.sign == "and":
            return Part(Type.BOOL, conjunction(runs))
        return Part(Type.BOOL, disjunction(runs))

    def _unary(self, node: Unary) -> Part:
        if node.sign == "not":
            truth = self.truth(node.operand)
            return Part(Type.BOOL, lambda frame: logic.negate(truth(frame)))
        number = self.typed(node.operand, Type.NUMBER).run

        def minus(frame: Frame) -> Decimal | None:
            value = number(frame)
            return None if value is None else -value

        return Part(Type.NUMBER, minus)

    # -- comparisons and arithmetic

    def _binary(self, node: Binary) -> Part:
        if node.sign in logic.VALUES:
            return self._comparison(node)
        if node.sign == "overlaps":
            left = self.typed(node.left, Type.CODES)
            right = self._members(node.right, left)
            return Part(Type.BOOL, both(left.run, right, lambda a, b: not a.isdisjoint(b)))
        return self._arithmetic(node)

    def _comparison(self, node: Binary) -> Part:
        left, right = self.part(node.left), self.part(node.right)
        for one, other in ((left, right), (right, left)):
            if one.literal == "" and node.sign in ("=", "!="):
                return self._emptiness(node, other)
        left, right = fitted(node.left, left, right), fitted(node.right, right, left)
        types = {left.type, right.type}
        if Type.CODES in types:
            raise refused(node.column, "use 'in', 'overlaps' or size() with several codes")
        if len(types) > 1 and not types <= WORDS:
            raise refused(node.column, f"{left.type} and {right.type} cannot be compared")
        if node.sign not in ("=", "!=") and not types <= ORDERED:
            raise refused(node.column, f"{left.type} has no order; number() makes a code a number")
        if not types <= WORDS | ORDERED | {Type.BOOL}:
            raise refused(node.column, f"{left.type} cannot be compared")
        compare = (logic.DATES if Type.DATE in types else logic.VALUES)[node.sign]
        if right.literal is not None:
            return Part(Type.BOOL, against(left.run, right.run([]), compare))
        return Part(Type.BOOL, both(left.run, right.run, compare))

    def _emptiness(self, node: Binary, part: Part) -> Part:
        if part.type not in WORDS | ORDERED | {Type.CODES}:
            raise refused(node.column, f"{part.type} is never empty")
        run = part.run
        if node.sign == "=":
            return Part(Type.BOOL, lambda frame: run(frame) is None)
        return Part(Type.BOOL, lambda frame: run(frame) is not None)

    def _arithmetic(self, node: Binary) -> Part:
        left, right = self.part(node.left), self.part(node.right)
        types = (left.type, node.sign, right.type)
        found = _ARITHMETIC.get(types)
        if found is None:
            raise refused(node.column, f"{left.type} {node.sign} {right.type} is not possible")
        gives, function = found
        return Part(gives, both(left.run, right.run, function))

    def _in(self, node: In) -> Part:
        item = self.part(node.item)
        if isinstance(node.members, Members):
            if item.type is Type.CODES:
                raise refused(node.column, "use 'overlaps' with several codes")
            members = self._members(node.members, item)
        else:
            codes = self.typed(node.members, Type.CODES)
            item = fitted(node.item, item, codes)
            if item.type not in WORDS:
                raise refused(node.column, f"a {item.type} is never among codes")
            members = codes.run
        if node.negated:
            return Part(Type.BOOL, both(item.run, members, lambda a, b: a not in b))
        return Part(Type.BOOL, both(item.run, members, lambda a, b: a in b))

    def _members(self, node: Node, item: Part) -> Run:
        """The set on the right of ``in`` or ``overlaps``."""
        if not isinstance(node, Members):
            return self.typed(node, Type.CODES).run
        values = []
        for member in node.items:
            part = self.part(member)
            if part.literal is None:
                raise refused(member.column, "a list holds literals only")
            part = fitted(member, part, item)
            if part.type is not item.type and not {part.type, item.type} <= WORDS | {Type.CODES}:
                raise refused(member.column, f"{item.type} and {part.type} cannot be compared")
            if part.type is Type.DATE:
                raise refused(member.column, "compare dates with = and <")
            values.append(part.run([]))
        found = frozenset(values)
        return lambda frame: found

    # -- quantifiers

    def _quantifier(self, node: Quantifier) -> Part:
        if node.kind not in _QUANTIFIERS:
            raise refused(node.column, f"{node.kind}() does not go through forms or rows")
        source, form, group = self.names.source(node.source)
        with self.names.alias(node.alias, node.column, form, group) as slot:
            return self._through(node, source, slot)

    def _through(self, node: Quantifier, source: Source, slot: int) -> Part:
        kind = node.kind
        if (node.key is not None) != (kind in ("latest", "earliest")):
            raise refused(node.column, "'by' belongs to latest() and earliest(), which need it")
        if kind in ("any", "all", "count"):
            if node.condition is not None:
                raise refused(node.condition.column, f"join the condition of {kind}() with 'and'")
            truth = self.truth(node.body)
            return counted(kind, source, slot, truth)
        body = self.part(node.body)
        condition = None if node.condition is None else self.truth(node.condition)
        chosen = filtered(source, slot, condition)
        if kind == "sum":
            if body.type is not Type.NUMBER:
                raise mismatch(node.body, body, (Type.NUMBER,))
            return Part(Type.NUMBER, summed(chosen, slot, body.run))
        if kind in ("min", "max"):
            if body.type not in ORDERED:
                raise mismatch(node.body, body, tuple(ORDERED))
            pick = extreme(chosen, slot, body.run, body.run, last=kind == "max")
            return Part(body.type, pick)
        assert node.key is not None
        if body.type in (Type.LINE, Type.ITEM, Type.LABEL):
            raise refused(node.body.column, f"{kind}() yields a value, not a {body.type}")
        key = self.typed(node.key, *ORDERED)
        pick = extreme(chosen, slot, body.run, key.run, last=kind == "latest")
        return Part(body.type, pick, codes=body.codes, codelist=body.codelist)


_ARITHMETIC: Mapping[tuple[Type, str, Type], tuple[Type, Callable[[Any, Any], Any]]] = {
    (Type.NUMBER, "+", Type.NUMBER): (Type.NUMBER, lambda a, b: a + b),
    (Type.NUMBER, "-", Type.NUMBER): (Type.NUMBER, lambda a, b: a - b),
    (Type.NUMBER, "*", Type.NUMBER): (Type.NUMBER, lambda a, b: a * b),
    (Type.NUMBER, "/", Type.NUMBER): (Type.NUMBER, logic.divide),
    (Type.DATE, "-", Type.DATE): (Type.NUMBER, logic.days_between),
    (Type.DATE, "+", Type.NUMBER): (Type.DATE, logic.shift),
    (Type.DATE, "-", Type.NUMBER): (Type.DATE, lambda a, b: logic.shift(a, -b)),
}
