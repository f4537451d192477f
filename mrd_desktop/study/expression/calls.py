"""Calls: functions about items and forms, functions of values, registered rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mrd_desktop.study.expression import logic
from mrd_desktop.study.expression.functions import FUNCTIONS
from mrd_desktop.study.expression.names import Names
from mrd_desktop.study.expression.parts import (
    ITEM,
    LINE,
    ORDERED,
    WORDS,
    Frame,
    Part,
    Run,
    as_date,
    fitted,
    joined,
    mismatch,
)
from mrd_desktop.study.expression.patterns import pattern
from mrd_desktop.study.expression.tokens import refused
from mrd_desktop.study.expression.tree import Call, Name, Node
from mrd_desktop.study.expression.types import Type

if TYPE_CHECKING:
    from mrd_desktop.study.expression.compiler import Compiler


class Calls:
    """Compiles the calls of one expression."""

    def __init__(self, compiler: Compiler, names: Names) -> None:
        self._compiler = compiler
        self._names = names

    def part(self, node: Call) -> Part:
        """The part of a call.

        Raises:
            ExpressionError: there is no such function, or its arguments do not fit.
        """
        special: Mapping[str, Callable[[Call], Part]] = {
            "missing": self._state,
            "empty": self._state,
            "answered": self._state,
            "filled": self._filled,
            "filled_here": self._filled,
            "matches": self._matches,
            "round": self._round,
            "choose": self._choose,
            "first": self._first,
            "min": self._least,
            "max": self._least,
        }
        if node.name in special:
            return special[node.name](node)
        if node.name in FUNCTIONS:
            return self._function(node)
        if node.name in self._names.catalogue.rules:
            return self._rule(node)
        raise refused(node.column, f"there is no function or rule {node.name}()")

    def _arity(self, node: Call, count: int) -> None:
        if len(node.args) != count:
            raise refused(node.column, f"{node.name}() takes {count} argument{'s' * (count != 1)}")

    def _state(self, node: Call) -> Part:
        self._arity(node, 1)
        name = node.args[0]
        if not isinstance(name, Name) or "." not in name.text:
            raise refused(name.column, f"{node.name}() asks about an item")
        place, reach = self._names.holder(name)
        oid, asked = place.oid, node.name

        def state(frame: Frame) -> bool:
            line = reach(frame)
            answer = None if line is None else line.answer(oid)
            if asked == "missing":
                return answer is not None and answer.missing is not None
            return (answer is None) == (asked == "empty")

        return Part(Type.BOOL, state)

    def _filled(self, node: Call) -> Part:
        self._arity(node, 1)
        name = node.args[0]
        if not isinstance(name, Name) or name.text not in self._names.catalogue.forms:
            raise refused(name.column, f"{node.name}() asks about a form")
        form = name.text
        self._names.reads.add(form)
        if node.name == "filled":
            return Part(
                Type.BOOL, lambda frame: any(x.filled for x in frame[LINE].scene.forms(form))
            )
        self._names.need_event(node.column)

        def here(frame: Frame) -> bool:
            line = frame[LINE]
            return any(x.filled for x in line.scene.forms(form) if x.event == line.event)

        return Part(Type.BOOL, here)

    def _matches(self, node: Call) -> Part:
        self._arity(node, 2)
        text = self._compiler.typed(node.args[0], *WORDS).run
        expected = self._compiler.part(node.args[1]).literal
        if not isinstance(expected, str):
            raise refused(node.args[1].column, "the pattern of matches() is a literal text")
        test = pattern(expected, node.args[1].column).fullmatch

        def run(frame: Frame) -> bool | None:
            value = text(frame)
            return None if value is None else test(value) is not None

        return Part(Type.BOOL, run)

    def _round(self, node: Call) -> Part:
        self._arity(node, 2)
        number = self._compiler.typed(node.args[0], Type.NUMBER).run
        places = self._compiler.part(node.args[1]).literal
        if not isinstance(places, Decimal) or places not in range(10):
            raise refused(node.args[1].column, "round() takes a literal number of decimals, 0 to 9")
        digits = int(places)

        def run(frame: Frame) -> Decimal | None:
            value = number(frame)
            return None if value is None else logic.rounded(value, digits)

        return Part(Type.NUMBER, run)

    def _choose(self, node: Call) -> Part:
        if len(node.args) < 3 or len(node.args) % 2 == 0:
            raise refused(node.column, "choose() takes condition, value, … and the value otherwise")
        conditions = [self._compiler.truth(x) for x in node.args[:-1:2]]
        values = self._alike((*node.args[1:-1:2], node.args[-1]))
        cases = tuple(zip(conditions, (p.run for p in values), strict=False))
        otherwise = values[-1].run

        def run(frame: Frame) -> Any:
            for condition, value in cases:
                holds = condition(frame)
                if holds is None:
                    return None
                if holds:
                    return value(frame)
            return otherwise(frame)

        return joined(values, run)

    def _first(self, node: Call) -> Part:
        if len(node.args) < 2:
            raise refused(node.column, "first() takes two values or more")
        values = self._alike(node.args)
        runs = tuple(p.run for p in values)

        def run(frame: Frame) -> Any:
            return next((v for v in (r(frame) for r in runs) if v is not None), None)

        return joined(values, run)

    def _least(self, node: Call) -> Part:
        if len(node.args) < 2:
            raise refused(
                node.column, f"{node.name}() takes two values or more, or alias in source: ..."
            )
        values = self._alike(node.args)
        kind = values[0].type
        if kind not in ORDERED:
            raise mismatch(node.args[0], values[0], tuple(ORDERED))
        before = (logic.DATES if kind is Type.DATE else logic.VALUES)[
            "<=" if node.name == "min" else ">="
        ]
        runs = tuple(p.run for p in values)

        def run(frame: Frame) -> Any:
            found = [r(frame) for r in runs]
            if any(v is None for v in found):
                return None
            return next((a for a in found if all(before(a, b) for b in found)), None)

        return Part(kind, run)

    def _alike(self, nodes: Sequence[Node]) -> list[Part]:
        parts = [self._compiler.part(x) for x in nodes]
        lead = next((p for p in parts if p.literal is None), parts[0])
        parts = [fitted(n, p, lead) for n, p in zip(nodes, parts, strict=True)]
        for node, part in zip(nodes, parts, strict=True):
            if part.type is not lead.type and not {part.type, lead.type} <= WORDS:
                raise mismatch(node, part, (lead.type,))
        return parts

    def _function(self, node: Call) -> Part:
        function = FUNCTIONS[node.name]
        self._arity(node, len(function.takes))
        runs = []
        for arg, types in zip(node.args, function.takes, strict=True):
            part = self._compiler.part(arg)
            if part.constants is not None and types == {Type.DATE}:
                part = as_date(arg, part)
            if part.type not in types:
                raise mismatch(arg, part, tuple(sorted(types)))
            runs.append(part.run)
        call = function.run
        if len(runs) == 1:
            only = runs[0]

            def one(frame: Frame) -> Any:
                value = only(frame)
                return None if value is None else call(value)

            return Part(function.gives, one)

        def several(frame: Frame) -> Any:
            values = [r(frame) for r in runs]
            return None if any(v is None for v in values) else call(*values)

        return Part(function.gives, several)

    def _rule(self, node: Call) -> Part:
        rule = self._names.catalogue.rules[node.name]
        self._arity(node, len(rule.takes))
        for name in rule.reads:
            reads = self._names.catalogue.within(name)
            if not reads:
                raise refused(node.column, f"rule {rule.name} reads {name}, which does not exist")
            self._names.reads |= reads
        runs = tuple(
            self._argument(arg, kind) for arg, kind in zip(node.args, rule.takes, strict=True)
        )
        function = rule.function
        return Part(
            rule.gives,
            lambda frame: function(frame[LINE], *[r(frame) for r in runs]),
            codelist=rule.codelist,
        )

    def _argument(self, node: Node, kind: Type) -> Run:
        if kind is Type.ITEM:
            if isinstance(node, Name) and node.text == "ITEM" and self._names.scope.item:
                return lambda frame: frame[ITEM]
            if not isinstance(node, Name):
                raise refused(node.column, "the name of an item is expected")
            place = self._names.place(node)
            self._names.reads.add(place.oid)
            return lambda frame: place.oid
        part = self._compiler.part(node)
        if part.constants is not None and kind is Type.DATE:
            part = as_date(node, part)
        if part.type is not kind and not {part.type, kind} <= WORDS:
            raise mismatch(node, part, (kind,))
        return part.run
