"""Recursive descent from text to tree.

expression  = conjunction {"or" conjunction}
conjunction = negation {"and" negation}
negation    = "not" negation | comparison
comparison  = sum [("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") sum
                  | ["not"] "in" members | "overlaps" members]
members     = "(" sum {"," sum} ")" | sum
sum         = product {("+" | "-") product}
product     = factor {("*" | "/") factor}
factor      = "-" factor | number | text | "true" | "false" | name
            | name "(" [arguments | quantified] ")" | "(" expression ")"
quantified  = alias "in" name ":" expression ["by" sum] ["if" expression]
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from mrd_desktop.study.expression.tokens import Sort, Token, refused, tokens
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

MOST_NODES = 300
DEEPEST = 40
Operand: TypeAlias = Callable[[], Node]
_COMPARISONS = frozenset({"=", "==", "!=", "<", "<=", ">", ">="})


def parse(source: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: it does not follow the grammar, or is too long, too large or too deep.
    """
    return _Parser(tokens(source)).whole()


class _Parser:
    def __init__(self, found: tuple[Token, ...]) -> None:
        self._tokens = found
        self._at = 0
        self._nodes = 0
        self._depth = 0

    def whole(self) -> Node:
        tree = self._expression()
        if self._next.sort is not Sort.END:
            raise refused(self._next.column, f"{self._next.text!r} does not belong here")
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _is(self, *texts: str) -> bool:
        return self._next.sort in (Sort.SIGN, Sort.WORD) and self._next.text in texts

    def _need(self, text: str) -> Token:
        if not self._is(text):
            there = self._next.text or "the end"
            raise refused(self._next.column, f"{text!r} is expected before {there!r}")
        return self._take()

    def _count(self, column: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise refused(column, f"an expression has at most {MOST_NODES} parts")

    def _deeper(self, column: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise refused(column, f"an expression is at most {DEEPEST} levels deep")

    def _expression(self) -> Node:
        self._deeper(self._next.column)
        tree = self._chain("or", lambda: self._chain("and", self._negation))
        self._depth -= 1
        return tree

    def _chain(self, word: str, operand: Operand) -> Node:
        first = operand()
        if not self._is(word):
            return first
        column = self._next.column
        operands = [first]
        while self._is(word):
            self._take()
            self._count(column)
            operands.append(operand())
        return Logic(column, word, tuple(operands))

    def _negation(self) -> Node:
        if not self._is("not"):
            return self._comparison()
        token = self._take()
        self._count(token.column)
        self._deeper(token.column)
        tree = Unary(token.column, "not", self._negation())
        self._depth -= 1
        return tree

    def _comparison(self) -> Node:
        left = self._sum()
        token = self._next
        if token.sort is Sort.SIGN and token.text in _COMPARISONS:
            self._take()
            self._count(token.column)
            sign = "=" if token.text == "==" else token.text
            tree: Node = Binary(token.column, sign, left, self._sum())
        elif self._is("not", "in"):
            negated = self._is("not")
            if negated:
                self._take()
            self._need("in")
            self._count(token.column)
            tree = In(token.column, left, self._members(), negated)
        elif self._is("overlaps"):
            self._take()
            self._count(token.column)
            tree = Binary(token.column, "overlaps", left, self._members())
        else:
            return left
        if self._next.text in _COMPARISONS or self._is("in", "overlaps"):
            raise refused(self._next.column, "join comparisons with 'and' ('a < b and b < c')")
        return tree

    def _members(self) -> Node:
        if not self._is("("):
            return self._sum()
        column = self._take().column
        items = [self._sum()]
        while self._is(","):
            self._take()
            items.append(self._sum())
        self._need(")")
        return Members(column, tuple(items))

    def _sum(self) -> Node:
        return self._left("+", "-", self._product)

    def _product(self) -> Node:
        return self._left("*", "/", self._factor)

    def _left(self, one: str, other: str, operand: Operand) -> Node:
        tree = operand()
        while self._is(one, other):
            token = self._take()
            self._count(token.column)
            tree = Binary(token.column, token.text, tree, operand())
        return tree

    def _factor(self) -> Node:
        token = self._take()
        self._count(token.column)
        if token.sort is Sort.NUMBER:
            return Literal(token.column, Decimal(token.text))
        if token.sort is Sort.STRING:
            return Literal(token.column, token.text[1:-1])
        if token.sort is Sort.NAME:
            return self._call(token) if self._is("(") else Name(token.column, token.text)
        if token.sort is Sort.WORD and token.text in ("true", "false"):
            return Literal(token.column, token.text == "true")
        if token.sort is Sort.SIGN and token.text == "(":
            tree = self._expression()
            self._need(")")
            return tree
        if token.sort is Sort.SIGN and token.text == "-":
            self._deeper(token.column)
            tree = Unary(token.column, "-", self._factor())
            self._depth -= 1
            return tree
        there = f"{token.text!r} stands" if token.text else "the expression ends"
        raise refused(token.column, f"{there} where a value is expected")

    def _call(self, name: Token) -> Node:
        self._take()
        if self._next.sort is Sort.NAME and self._tokens[self._at + 1].text == "in":
            quantified = self._quantified(name)
            if quantified is not None:
                return quantified
        args: list[Node] = []
        while not self._is(")"):
            if args:
                self._need(",")
            args.append(self._expression())
        self._take()
        return Call(name.column, name.text, tuple(args))

    def _quantified(self, name: Token) -> Node | None:
        start = self._at
        alias = self._take()
        self._take()
        source = self._take()
        if source.sort is not Sort.NAME or not self._is(":"):
            self._at = start
            return None
        if alias.text != alias.text.lower() or "." in alias.text:
            raise refused(alias.column, "an alias is one word in lower case")
        self._take()
        body = self._expression()
        key = condition = None
        if self._is("by"):
            self._take()
            key = self._sum()
        if self._is("if"):
            self._take()
            condition = self._expression()
        self._need(")")
        where = Name(source.column, source.text)
        return Quantifier(name.column, name.text, alias.text, where, body, key, condition)
