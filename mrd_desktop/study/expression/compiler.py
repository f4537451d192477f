"""From tree to closures, with static types.

Every closure takes one *frame*: a list whose slot 0 is the current line, slot 1 the bound VALUE,
slot 2 the OID of its item, and the slots after it the lines of the quantifiers around it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from mrd_desktop.study.catalogue import Catalogue, Place
from mrd_desktop.study.errors import ExpressionError
from mrd_desktop.study.expression import logic
from mrd_desktop.study.expression.functions import FUNCTIONS
from mrd_desktop.study.expression.patterns import pattern
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
from mrd_desktop.study.expression.types import BY_KIND, Type
from mrd_desktop.study.partial_date import PartialDate
from mrd_desktop.study.reading import READERS

if TYPE_CHECKING:
    from mrd_desktop.study.scene import Line

Frame: TypeAlias = list[Any]
Run: TypeAlias = Callable[[Frame], Any]

EVENT_ITEM = "SV.VISIT"
"""Reads as the OID of the line's event, whether or not the visit form is filled."""

LINE, VALUE, ITEM, FREE = 0, 1, 2, 3
"""Slots of a frame; quantifiers use slots from FREE on."""

WORDS = frozenset({Type.TEXT, Type.CODE})
_ORDERED = frozenset({Type.NUMBER, Type.DATE, Type.TIME})
_QUANTIFIERS = frozenset({"any", "all", "count", "min", "max", "sum", "latest", "earliest"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands.

    Attributes:
        form: OID of the current form; None where it is not known before evaluation.
        group: name of the repeating group whose row is the current line.
        event: the current line has an event.
        dynamic: the current form is known only when evaluated.
        value: static type of VALUE; None where there is none.
        item: an item stands behind VALUE.
    """

    form: str | None = None
    group: str | None = None
    event: bool = True
    dynamic: bool = False
    value: Type | None = None
    item: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled piece.

    Attributes:
        type: its static type.
        run: its closure.
        constants: the texts it can yield, where they are written in the expression itself.
        codes: the codes it can hold, where known.
        codelist: OID of their list.
        literal: its value, where the piece is one literal.
    """

    type: Type
    run: Run
    constants: frozenset[str] | None = None
    codes: frozenset[str] | None = None
    codelist: str | None = None
    literal: Decimal | str | bool | None = None


@dataclass(frozen=True, slots=True)
class _Alias:
    slot: int
    form: str
    group: str | None


class Compiler:
    """Compiles the tree of one expression; ``reads`` and ``slots`` are filled while it works."""

    def __init__(self, catalogue: Catalogue, scope: Scope) -> None:
        self.reads: set[str] = set()
        self.slots = FREE
        self._catalogue = catalogue
        self._scope = scope
        self._aliases: dict[str, _Alias] = {}

    def part(self, node: Node) -> Part:  # noqa: PLR0911  (one per sort of node)
        """A piece of any type.

        Raises:
            ExpressionError: names, types or limits do not fit.
        """
        match node:
            case Literal():
                return _literal(node)
            case Name():
                return self._name(node)
            case Call():
                return self._call(node)
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
        return self._typed(node, Type.BOOL).run

    def _typed(self, node: Node, *types: Type) -> Part:
        part = self.part(node)
        if part.type not in types:
            raise _mismatch(node, part, types)
        return part

    # -- names

    def _name(self, node: Name) -> Part:
        head, point, tail = node.text.partition(".")
        if not point:
            return self._word(node)
        if head == "P":
            value = self._catalogue.parameters.get(tail)
            if value is None:
                raise refused(node.column, f"there is no parameter {node.text}")
            return Part(Type.NUMBER, lambda frame: value)
        if head in self._aliases:
            alias = self._aliases[head]
            if tail == "EVENT":
                return self._event(alias.slot)
            place = self._catalogue.inside(alias.form, alias.group, tail)
            if place is None:
                raise refused(node.column, f"{alias.group or alias.form} has no item {tail}")
            return self._item(place, _own(place, alias.slot))
        place = self._place(node)
        return self._item(place, self._reach(place, node))

    def _word(self, node: Name) -> Part:
        if node.text == "TODAY":
            return Part(Type.DATE, lambda frame: frame[LINE].scene.now)
        if node.text == "EVENT":
            if not (self._scope.event or self._scope.dynamic):
                raise refused(node.column, "there is no current event here")
            return self._event(LINE)
        if node.text == "VALUE" and self._scope.item:
            if self._scope.value is None:
                raise refused(
                    node.column, "VALUE has no single type here; select items of one type"
                )
            return Part(self._scope.value, lambda frame: frame[VALUE])
        if node.text == "ITEM" and self._scope.item:
            return Part(Type.TEXT, lambda frame: frame[ITEM])
        if node.text in _ABOUT:
            return _ABOUT[node.text]
        if node.text in self._aliases:
            slot = self._aliases[node.text].slot
            return Part(Type.LINE, lambda frame: frame[slot])
        raise refused(node.column, f"there is nothing named {node.text!r} here")

    def _event(self, slot: int) -> Part:
        visit = self._catalogue.places.get(EVENT_ITEM)
        return Part(
            Type.CODE,
            lambda frame: frame[slot].event.event,
            codes=self._catalogue.events,
            codelist=visit.codelist if visit else None,
        )

    def _place(self, node: Name) -> Place:
        place = self._catalogue.places.get(node.text)
        if place is None:
            raise refused(node.column, f"there is no item {node.text}")
        return place

    def _item(self, place: Place, run: Run) -> Part:
        self.reads.add(place.oid)
        kind = BY_KIND[place.type.kind]
        return Part(kind, run, codes=place.codes, codelist=place.codelist)

    def _reach(self, place: Place, node: Name) -> Run:
        """How an item is read from the current line; see the package's docstring."""
        scope = self._scope
        if place.oid == EVENT_ITEM and (scope.event or scope.dynamic):
            return lambda frame: frame[LINE].event.event
        if place.group_repeats and not (place.form == scope.form and place.group == scope.group):
            raise refused(
                node.column,
                f"{place.oid} stands in rows; write any(r in {place.group}: r.{place.name} ...)",
            )
        if place.form == scope.form:
            return _own(place, LINE)
        if not place.form_repeats:
            return _elsewhere(place, lambda line: line.scene.form(place.form))
        if scope.dynamic:
            return _elsewhere(
                place,
                lambda line: (
                    line if line.form.form == place.form else line.scene.at(line.event, place.form)
                ),
            )
        if not scope.event:
            raise refused(
                node.column,
                f"a subject may have several {place.form}; write any(f in {place.form}: "
                f"f.{place.name} ...)",
            )
        return _elsewhere(place, lambda line: line.scene.at(line.event, place.form))

    # -- logic

    def _logic(self, node: Logic) -> Part:
        runs = tuple(self.truth(x) for x in node.operands)
        if node.sign == "and":
            return Part(Type.BOOL, _conjunction(runs))
        return Part(Type.BOOL, _disjunction(runs))

    def _unary(self, node: Unary) -> Part:
        if node.sign == "not":
            truth = self.truth(node.operand)
            return Part(Type.BOOL, lambda frame: logic.negate(truth(frame)))
        number = self._typed(node.operand, Type.NUMBER).run

        def minus(frame: Frame) -> Decimal | None:
            value = number(frame)
            return None if value is None else -value

        return Part(Type.NUMBER, minus)

    # -- comparisons and arithmetic

    def _binary(self, node: Binary) -> Part:
        if node.sign in logic.VALUES:
            return self._comparison(node)
        if node.sign == "overlaps":
            left = self._typed(node.left, Type.CODES)
            right = self._members(node.right, left)
            return Part(Type.BOOL, _both(left.run, right, lambda a, b: not a.isdisjoint(b)))
        return self._arithmetic(node)

    def _comparison(self, node: Binary) -> Part:
        left, right = self.part(node.left), self.part(node.right)
        for one, other in ((left, right), (right, left)):
            if one.literal == "" and node.sign in ("=", "!="):
                return self._emptiness(node, other)
        left, right = _fitted(node.left, left, right), _fitted(node.right, right, left)
        both = {left.type, right.type}
        if Type.CODES in both:
            raise refused(node.column, "use 'in', 'overlaps' or size() with several codes")
        if len(both) > 1 and not both <= WORDS:
            raise refused(node.column, f"{left.type} and {right.type} cannot be compared")
        if node.sign not in ("=", "!=") and not both <= _ORDERED:
            raise refused(node.column, f"{left.type} has no order; number() makes a code a number")
        if not both <= WORDS | _ORDERED | {Type.BOOL}:
            raise refused(node.column, f"{left.type} cannot be compared")
        compare = (logic.DATES if Type.DATE in both else logic.VALUES)[node.sign]
        if right.literal is not None:
            return Part(Type.BOOL, _against(left.run, right.run([]), compare))
        return Part(Type.BOOL, _both(left.run, right.run, compare))

    def _emptiness(self, node: Binary, part: Part) -> Part:
        if part.type not in WORDS | _ORDERED | {Type.CODES}:
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
        return Part(gives, _both(left.run, right.run, function))

    def _in(self, node: In) -> Part:
        item = self.part(node.item)
        if isinstance(node.members, Members):
            if item.type is Type.CODES:
                raise refused(node.column, "use 'overlaps' with several codes")
            members = self._members(node.members, item)
        else:
            codes = self._typed(node.members, Type.CODES)
            item = _fitted(node.item, item, codes)
            if item.type not in WORDS:
                raise refused(node.column, f"a {item.type} is never among codes")
            members = codes.run
        if node.negated:
            return Part(Type.BOOL, _both(item.run, members, lambda a, b: a not in b))
        return Part(Type.BOOL, _both(item.run, members, lambda a, b: a in b))

    def _members(self, node: Node, item: Part) -> Run:
        """The set on the right of ``in`` or ``overlaps``."""
        if not isinstance(node, Members):
            return self._typed(node, Type.CODES).run
        values = []
        for member in node.items:
            part = self.part(member)
            if part.literal is None:
                raise refused(member.column, "a list holds literals only")
            part = _fitted(member, part, item)
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
        if node.alias in self._aliases:
            raise refused(node.column, f"{node.alias!r} is in use; take another letter")
        source, form, group = self._source(node.source)
        slot = self.slots
        self.slots += 1
        self._aliases[node.alias] = _Alias(slot, form, group)
        try:
            return self._through(node, source, slot)
        finally:
            del self._aliases[node.alias]

    def _source(self, name: Name) -> tuple[Callable[[Frame], Sequence[Line]], str, str | None]:
        head, point, tail = name.text.partition(".")
        catalogue, scope = self._catalogue, self._scope
        what = tail if point else head
        if point and head not in ("this", "others") and head not in self._aliases:
            raise refused(name.column, f"{head!r} is no alias; write this.{tail} or others.{tail}")
        if what not in catalogue.forms and what not in catalogue.groups:
            raise refused(name.column, f"there is no form or repeating section {what}")
        self.reads.add(what)
        if what in catalogue.forms:
            if point and head != "others":
                raise refused(name.column, f"{what} is a form, not a section of one")
            if not point:
                return (lambda frame: frame[LINE].scene.forms(what)), what, None
            if scope.form != what:
                raise refused(name.column, f"the current form is not {what}")
            return (
                lambda frame: [
                    x for x in frame[LINE].scene.forms(what) if x.form is not frame[LINE].form
                ],
                what,
                None,
            )
        form = catalogue.groups[what]
        if not point:
            return (lambda frame: frame[LINE].scene.rows(what)), form, what
        if head in self._aliases:
            alias = self._aliases[head]
            if alias.form != form:
                raise refused(name.column, f"{what} is no section of {alias.form}")
            return (lambda frame: frame[alias.slot].rows(what)), form, what
        if head == "this":
            if scope.form != form:
                raise refused(name.column, f"{what} is no section of the current form")
            return (lambda frame: frame[LINE].rows(what)), form, what
        if scope.group != what:
            raise refused(name.column, f"the current line is no row of {what}")
        return (
            lambda frame: [x for x in frame[LINE].scene.rows(what) if x.row is not frame[LINE].row],
            form,
            what,
        )

    def _through(
        self, node: Quantifier, source: Callable[[Frame], Sequence[Line]], slot: int
    ) -> Part:
        kind = node.kind
        if (node.key is not None) != (kind in ("latest", "earliest")):
            raise refused(node.column, "'by' belongs to latest() and earliest(), which need it")
        if kind in ("any", "all", "count"):
            if node.condition is not None:
                raise refused(node.condition.column, f"join the condition of {kind}() with 'and'")
            truth = self.truth(node.body)
            return _counted(kind, source, slot, truth)
        body = self.part(node.body)
        condition = None if node.condition is None else self.truth(node.condition)
        chosen = _filtered(source, slot, condition)
        if kind == "sum":
            if body.type is not Type.NUMBER:
                raise _mismatch(node.body, body, (Type.NUMBER,))
            return Part(Type.NUMBER, _sum(chosen, slot, body.run))
        if kind in ("min", "max"):
            if body.type not in _ORDERED:
                raise _mismatch(node.body, body, tuple(_ORDERED))
            pick = _extreme(chosen, slot, body.run, body.run, last=kind == "max")
            return Part(body.type, pick)
        assert node.key is not None
        if body.type in (Type.LINE, Type.ITEM, Type.LABEL):
            raise refused(node.body.column, f"{kind}() yields a value, not a {body.type}")
        key = self._typed(node.key, *_ORDERED)
        pick = _extreme(chosen, slot, body.run, key.run, last=kind == "latest")
        return Part(body.type, pick, codes=body.codes, codelist=body.codelist)

    # -- calls

    def _call(self, node: Call) -> Part:
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
        if node.name in self._catalogue.rules:
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
        head, _, tail = name.text.partition(".")
        if head in self._aliases:
            alias = self._aliases[head]
            place = self._catalogue.inside(alias.form, alias.group, tail)
            if place is None:
                raise refused(name.column, f"{alias.group or alias.form} has no item {tail}")
            slot = alias.slot

            def reach(frame: Frame) -> Line | None:
                return frame[slot]  # type: ignore[no-any-return]
        else:
            place = self._place(name)
            self._reach(place, name)

            def reach(frame: Frame) -> Line | None:
                return frame[LINE].beside(place.oid)  # type: ignore[no-any-return]

        self.reads.add(place.oid)
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
        if not isinstance(name, Name) or name.text not in self._catalogue.forms:
            raise refused(name.column, f"{node.name}() asks about a form")
        form = name.text
        self.reads.add(form)
        if node.name == "filled":
            return Part(
                Type.BOOL, lambda frame: any(x.filled for x in frame[LINE].scene.forms(form))
            )
        if not (self._scope.event or self._scope.dynamic):
            raise refused(node.column, "there is no current event here")

        def here(frame: Frame) -> bool:
            line = frame[LINE]
            return any(x.filled for x in line.scene.forms(form) if x.event == line.event)

        return Part(Type.BOOL, here)

    def _matches(self, node: Call) -> Part:
        self._arity(node, 2)
        text = self._typed(node.args[0], *WORDS).run
        expected = self.part(node.args[1]).literal
        if not isinstance(expected, str):
            raise refused(node.args[1].column, "the pattern of matches() is a literal text")
        test = pattern(expected, node.args[1].column).fullmatch

        def run(frame: Frame) -> bool | None:
            value = text(frame)
            return None if value is None else test(value) is not None

        return Part(Type.BOOL, run)

    def _round(self, node: Call) -> Part:
        self._arity(node, 2)
        number = self._typed(node.args[0], Type.NUMBER).run
        places = self.part(node.args[1]).literal
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
        conditions = [self.truth(x) for x in node.args[:-1:2]]
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

        return _joined(values, run)

    def _first(self, node: Call) -> Part:
        if len(node.args) < 2:
            raise refused(node.column, "first() takes two values or more")
        values = self._alike(node.args)
        runs = tuple(p.run for p in values)

        def run(frame: Frame) -> Any:
            return next((v for v in (r(frame) for r in runs) if v is not None), None)

        return _joined(values, run)

    def _least(self, node: Call) -> Part:
        if len(node.args) < 2:
            raise refused(
                node.column, f"{node.name}() takes two values or more, or alias in source: ..."
            )
        values = self._alike(node.args)
        kind = values[0].type
        if kind not in _ORDERED:
            raise _mismatch(node.args[0], values[0], tuple(_ORDERED))
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
        parts = [self.part(x) for x in nodes]
        lead = next((p for p in parts if p.literal is None), parts[0])
        parts = [_fitted(n, p, lead) for n, p in zip(nodes, parts, strict=True)]
        for node, part in zip(nodes, parts, strict=True):
            if part.type is not lead.type and not {part.type, lead.type} <= WORDS:
                raise _mismatch(node, part, (lead.type,))
        return parts

    def _function(self, node: Call) -> Part:
        function = FUNCTIONS[node.name]
        self._arity(node, len(function.takes))
        runs = []
        for arg, types in zip(node.args, function.takes, strict=True):
            part = self.part(arg)
            if part.constants is not None and types == {Type.DATE}:
                part = _as_date(arg, part)
            if part.type not in types:
                raise _mismatch(arg, part, tuple(sorted(types)))
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
        rule = self._catalogue.rules[node.name]
        self._arity(node, len(rule.takes))
        for name in rule.reads:
            reads = self._catalogue.within(name)
            if not reads:
                raise refused(node.column, f"rule {rule.name} reads {name}, which does not exist")
            self.reads |= reads
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
            if isinstance(node, Name) and node.text == "ITEM" and self._scope.item:
                return lambda frame: frame[ITEM]
            if not isinstance(node, Name):
                raise refused(node.column, "the name of an item is expected")
            place = self._place(node)
            self.reads.add(place.oid)
            return lambda frame: place.oid
        part = self.part(node)
        if part.constants is not None and kind is Type.DATE:
            part = _as_date(node, part)
        if part.type is not kind and not {part.type, kind} <= WORDS:
            raise _mismatch(node, part, (kind,))
        return part.run


_ABOUT: Mapping[str, Part] = {
    "SUBJECT": Part(Type.TEXT, lambda frame: frame[LINE].form.key.subject),
    "SITE": Part(Type.TEXT, lambda frame: frame[LINE].scene.data.site),
    "REPEAT": Part(Type.NUMBER, lambda frame: Decimal(frame[LINE].form.key.repeat)),
    "ROW": Part(
        Type.NUMBER,
        lambda frame: Decimal(frame[LINE].row.key.row if frame[LINE].row else 1),
    ),
}
"""Names of the line itself."""


# -- literals and types


def _literal(node: Literal) -> Part:
    value = node.value
    if isinstance(value, bool):
        return Part(Type.BOOL, lambda frame: value, literal=value)
    if isinstance(value, str):
        return Part(Type.TEXT, lambda frame: value, constants=frozenset({value}), literal=value)
    return Part(Type.NUMBER, lambda frame: value, literal=value)


def fit_codes(column: int, constants: Collection[str], codes: Collection[str]) -> None:
    """Refuse texts of an expression that are no codes of the list they are compared with.

    Raises:
        ExpressionError: one of them is not a code.
    """
    for text in sorted(constants):
        if text not in codes:
            raise refused(
                column, f"{text!r} is not one of the codes {', '.join(sorted(codes)[:12])}"
            )


def _fitted(node: Node, part: Part, other: Part) -> Part:
    """A part of literal texts, read as the type that it meets."""
    if part.constants is None:
        return part
    if other.type is Type.DATE:
        return _as_date(node, part)
    if other.type is Type.TIME:
        return _as_time(node, part)
    if other.codes is not None:
        fit_codes(node.column, part.constants, other.codes)
    return part


def _as_date(node: Node, part: Part) -> Part:
    if not isinstance(part.literal, str):
        raise refused(node.column, "a date is expected")
    try:
        value = PartialDate.parse(part.literal)
    except ValueError as mistake:
        raise refused(node.column, f"{part.literal!r}: {mistake}") from mistake
    return Part(Type.DATE, lambda frame: value, literal=part.literal)


def _as_time(node: Node, part: Part) -> Part:
    try:
        value = time.fromisoformat(str(part.literal))
    except ValueError:
        raise refused(node.column, f"{part.literal!r} is not a time like '08:30'") from None
    return Part(Type.TIME, lambda frame: value, literal=part.literal)


def _mismatch(node: Node, part: Part, types: Collection[Type]) -> ExpressionError:
    return refused(node.column, f"{' or '.join(sorted(types))} is expected, not {part.type}")


def _joined(values: Sequence[Part], run: Run) -> Part:
    """A part that yields one of several."""
    constants: frozenset[str] | None = frozenset()
    codelist: str | None = None
    for part in values:
        if part.constants is None:
            constants = None
            codelist = codelist or part.codelist
        elif constants is not None:
            constants |= part.constants
    types = {p.type for p in values}
    kind = Type.CODE if types == WORDS else values[0].type
    return Part(kind, run, constants=constants if kind is Type.TEXT else None, codelist=codelist)


_ARITHMETIC: Mapping[tuple[Type, str, Type], tuple[Type, Callable[[Any, Any], Any]]] = {
    (Type.NUMBER, "+", Type.NUMBER): (Type.NUMBER, lambda a, b: a + b),
    (Type.NUMBER, "-", Type.NUMBER): (Type.NUMBER, lambda a, b: a - b),
    (Type.NUMBER, "*", Type.NUMBER): (Type.NUMBER, lambda a, b: a * b),
    (Type.NUMBER, "/", Type.NUMBER): (Type.NUMBER, logic.divide),
    (Type.DATE, "-", Type.DATE): (Type.NUMBER, logic.days_between),
    (Type.DATE, "+", Type.NUMBER): (Type.DATE, logic.shift),
    (Type.DATE, "-", Type.NUMBER): (Type.DATE, lambda a, b: logic.shift(a, -b)),
}


# -- closures


def _own(place: Place, slot: int) -> Run:
    """Reads an item from the line in a slot, whose form (and row) it belongs to."""
    if place.derived or place.oid == EVENT_ITEM:
        oid = place.oid
        return lambda frame: frame[slot][oid]
    name, group, read = place.name, place.group, READERS[place.type.kind]
    if place.group_repeats:

        def of_row(frame: Frame) -> Any:
            answer = frame[slot].row.answers.get(name)
            return None if answer is None or answer.value is None else read(answer.value)

        return of_row

    def of_form(frame: Frame) -> Any:
        row = frame[slot].form.row(group)
        answer = None if row is None else row.answers.get(name)
        return None if answer is None or answer.value is None else read(answer.value)

    return of_form


def _elsewhere(place: Place, find: Callable[[Line], Line | None]) -> Run:
    """Reads an item from another form, found from the current line."""
    oid = place.oid

    def run(frame: Frame) -> Any:
        line = find(frame[LINE])
        return None if line is None else line[oid]

    return run


def _against(left: Run, constant: Any, compare: Callable[[Any, Any], Any]) -> Run:
    def run(frame: Frame) -> Any:
        value = left(frame)
        return None if value is None else compare(value, constant)

    return run


def _both(left: Run, right: Run, function: Callable[[Any, Any], Any]) -> Run:
    def run(frame: Frame) -> Any:
        a = left(frame)
        if a is None:
            return None
        b = right(frame)
        return None if b is None else function(a, b)

    return run


def _conjunction(runs: tuple[Run, ...]) -> Run:
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


def _disjunction(runs: tuple[Run, ...]) -> Run:
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


def _counted(kind: str, source: Callable[[Frame], Sequence[Line]], slot: int, truth: Run) -> Part:
    def truths(frame: Frame) -> Any:
        for line in source(frame):
            frame[slot] = line
            yield truth(frame)

    if kind == "any":
        return Part(Type.BOOL, lambda frame: any(truths(frame)))
    if kind == "all":
        return Part(Type.BOOL, lambda frame: logic.every(truths(frame)))
    return Part(Type.NUMBER, lambda frame: Decimal(sum(1 for t in truths(frame) if t)))


def _filtered(
    source: Callable[[Frame], Sequence[Line]], slot: int, condition: Run | None
) -> Callable[[Frame], list[Line]]:
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


def _sum(chosen: Callable[[Frame], list[Line]], slot: int, body: Run) -> Run:
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


def _extreme(
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
