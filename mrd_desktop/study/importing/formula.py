"""Formal expressions of other systems in our language, where they are simple.

One grammar reads them all: REDCap's ``[sex] = '1' and [race(2)] = '1'``, ``!(Gender == "Female")``,
``I_SEX eq "1"``. What compares a question with a value, joins such comparisons, or computes with
numbers is translated; anything else (other functions, other subjects, dates of today) is not, and
the caller says so. Where other systems read an empty answer as an empty text, so does the
translation: *not equal* also holds where there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, NoReturn

from mrd_desktop.study.model import Kind

LONGEST: Final = 1_500
DEEPEST: Final = 20
MOST_POWERS: Final = 3
"""Powers are written out, so each multiplies what stands in it."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?(?![A-Za-z_0-9.])|\.[0-9]+)
      | (?P<string>'[^']*'|"[^"]*")
      | (?P<field>(?:\[[A-Za-z_][A-Za-z0-9_.-]*(?:\([A-Za-z0-9_.-]+\))?\])+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_.]*(?:[-/][A-Za-z_][A-Za-z0-9_.]*)*)
      | (?P<sign>&&|\|\||==|!=|<>|<=|>=|[-+*/^()<>=!,])
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)
_WORDS: Final = {
    "and": "and", "or": "or", "not": "not", "&&": "and", "||": "or", "!": "not",
    "eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "lte": "<=", "gte": ">=",
    "==": "=", "<>": "!=",
}  # fmt: skip
_COMPARES: Final = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""Comparisons with their opposites."""
_SWAPPED: Final = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_FUNCTIONS: Final = frozenset({"round", "abs", "sqrt"})
_NUMERIC: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_TRUTH: Final = {"true": "1", "false": "0", "yes": "1", "no": "0"}


class Untranslatable(Exception):
    """Why an expression has no equal here."""


@dataclass(frozen=True, slots=True)
class Target:
    """A question that an expression asks about.

    Attributes:
        codes: our code by the file's, where it has a list.
        truth: a choice of 1 and 0.
    """

    oid: str
    kind: Kind
    codes: Mapping[str, str] | None = None
    truth: bool = False


Resolve = Callable[[str], Target | None]


@dataclass(frozen=True, slots=True)
class _Value:
    """A literal, or a question; ``code`` picks one box of several."""

    text: str = ""
    number: bool = False
    target: Target | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Node:
    sign: str
    parts: tuple[_Node | _Value, ...]


_Tree = _Node | _Value


def condition(source: str, resolve: Resolve, *, negated: bool = False) -> str:
    """A condition of ours that holds where the file's does, or where it does not.

    Raises:
        Untranslatable: it says more than our language does.
    """
    return _truth(_Reader(source, resolve).whole(), negated)


def computation(source: str, resolve: Resolve) -> str:
    """What an item is computed from.

    Raises:
        Untranslatable: as :func:`condition`.
    """
    return _number(_Reader(source, resolve).whole())


def quoted(text: str) -> str:
    """A text as our language writes it.

    Raises:
        Untranslatable: it holds both kinds of quotes.
    """
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    raise Untranslatable("a text holds both kinds of quotes")


# -- reading


class _Reader:
    def __init__(self, source: str, resolve: Resolve) -> None:
        if len(source) > LONGEST:
            _stop(f"it has more than {LONGEST} characters")
        self._resolve = resolve
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while not self._tokens or self._tokens[-1][0] != "end":
            found = _TOKEN.match(source, at)
            if found is None:
                _stop(f"{source[at : at + 12].strip()!r} is not understood")
            sort = found.lastgroup or ""
            text = found[sort]
            if sort in ("name", "sign") and text.casefold() in _WORDS:
                sort, text = "sign", _WORDS[text.casefold()]
            self._tokens.append((sort, text))
            at = found.end()
        self._at = 0
        self._depth = 0
        self._powers = 0

    def whole(self) -> _Tree:
        tree = self._any("or")
        if self._next[0] != "end":
            _stop(f"{self._next[1]!r} does not belong there")
        return tree

    @property
    def _next(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self) -> str:
        text = self._next[1]
        self._at += 1
        return text

    def _is(self, *signs: str) -> bool:
        return self._next[0] == "sign" and self._next[1] in signs

    def _any(self, sign: str) -> _Tree:
        self._deeper()
        below: Callable[[], _Tree] = partial(self._any, "and") if sign == "or" else self._not
        parts = [below()]
        while self._is(sign):
            self._take()
            parts.append(below())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else _Node(sign, tuple(parts))

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            _stop("it is nested too deeply")

    def _not(self) -> _Tree:
        negations = 0
        while self._is("not"):
            self._take()
            negations += 1
        tree = self._comparison()
        return _Node("not", (tree,)) if negations % 2 else tree

    def _comparison(self) -> _Tree:
        left = self._sum()
        if not self._is(*_COMPARES):
            return left
        sign = self._take()
        return _Node(sign, (left, self._sum()))

    def _sum(self) -> _Tree:
        tree = self._product()
        while self._is("+", "-"):
            tree = _Node(self._take(), (tree, self._product()))
        return tree

    def _product(self) -> _Tree:
        tree = self._signed()
        while self._is("*", "/"):
            tree = _Node(self._take(), (tree, self._signed()))
        return tree

    def _signed(self) -> _Tree:
        if not self._is("-"):
            return self._power()
        self._take()
        self._deeper()
        tree = _Node("minus", (self._signed(),))
        self._depth -= 1
        return tree

    def _power(self) -> _Tree:
        base = self._atom()
        if not self._is("^"):
            return base
        self._take()
        self._powers += 1
        if self._powers > MOST_POWERS:
            _stop(f"it has more than {MOST_POWERS} powers")
        times = self._atom()
        if not (isinstance(times, _Value) and times.number and times.text in ("2", "3", "4")):
            _stop("a power other than 2, 3 or 4")
        tree = base
        for _ in range(int(times.text) - 1):
            tree = _Node("*", (tree, base))
        return tree

    def _atom(self) -> _Tree:
        sort, text = self._next
        if self._is("("):
            self._take()
            tree = self._any("or")
            self._close()
            return tree
        self._at += sort != "end"
        if sort == "number":
            return _Value(f"0{text}" if text.startswith(".") else text, number=True)
        if sort == "string":
            return _Value(text[1:-1].strip())
        if sort == "field":
            return self._field(text)
        if sort != "name":
            _stop("it ends too early" if sort == "end" else f"{text!r} is not understood")
        return self._named(text)

    def _close(self) -> None:
        if not self._is(")"):
            _stop("a parenthesis is not closed")
        self._take()

    def _field(self, text: str) -> _Value:
        last = text[text.rindex("[") + 1 : -1]
        if text.count("[") > 1:
            _stop(f"{text} asks about another event")
        name, _, code = last.partition("(")
        target = self._resolve(name)
        if target is None:
            _stop(f"[{name}] is no question of this study")
        return _Value(target=target, code=code.rstrip(")"))

    def _named(self, text: str) -> _Tree:
        if self._is("("):
            return self._call(text)
        target = self._resolve(text)
        if target is None and text.casefold() in _TRUTH:
            return _Value(text.casefold())
        for separator in ("-", "/"):
            if target is None and separator in text:
                target = self._resolve(text.rpartition(separator)[2])
        if target is None:
            _stop(f"{text} is no question of this study")
        return _Value(target=target)

    def _call(self, name: str) -> _Tree:
        if name.casefold() not in _FUNCTIONS:
            _stop(f"there is no function {name}() here")
        self._take()
        arguments = [self._any("or")]
        while self._is(","):
            self._take()
            arguments.append(self._any("or"))
        self._close()
        return _Node(name.casefold(), tuple(arguments))


def _stop(why: str) -> NoReturn:
    raise Untranslatable(why)


# -- writing


def _truth(tree: _Tree, negated: bool) -> str:
    if isinstance(tree, _Value):
        return _bare(tree, negated)
    if tree.sign == "not":
        return _truth(tree.parts[0], not negated)
    if tree.sign in ("and", "or"):
        sign = tree.sign if not negated else {"and": "or", "or": "and"}[tree.sign]
        return f" {sign} ".join(_grouped(_truth(p, negated)) for p in tree.parts)
    if tree.sign in _COMPARES:
        left, right = tree.parts
        sign = _COMPARES[tree.sign] if negated else tree.sign
        if isinstance(left, _Value) and left.target is None and isinstance(right, _Value):
            left, right, sign = right, left, _SWAPPED[sign]
        return _compared(left, sign, right)
    _stop("it gives a number where yes or no is wanted")


def _grouped(text: str) -> str:
    return f"({text})" if re.search(r" (?:and|or) ", text) and not _closed(text) else text


def _closed(text: str) -> bool:
    """The whole text stands in one pair of parentheses."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and at < len(text) - 1:
            return False
    return True


def _bare(value: _Value, negated: bool) -> str:
    target = value.target
    if target is None:
        _stop("a value stands where yes or no is wanted")
    if value.code or target.truth:
        return _compared(value, "!=" if negated else "=", _Value("1"))
    return f"{'empty' if negated else 'answered'}({target.oid})"


def _compared(left: _Tree, sign: str, right: _Tree) -> str:
    if isinstance(left, _Value) and left.target and isinstance(right, _Value) and not right.target:
        return _question(left, left.target, sign, right)
    return f"{_number(left)} {sign} {_number(right)}"


def _question(left: _Value, target: Target, sign: str, right: _Value) -> str:
    """A question compared with a value."""
    oid = target.oid
    if right.text == "":
        if sign not in ("=", "!="):
            _stop("an empty text is compared by order")
        return f"{'empty' if sign == '=' else 'answered'}({oid})"
    if left.code or target.kind is Kind.CODES:
        return _box(left, target, sign, right)
    if target.kind in (Kind.INTEGER, Kind.DECIMAL):
        if not _NUMERIC.fullmatch(right.text):
            _stop(f"{right.text!r} is no number")
        value, asked = right.text, oid
    elif sign in ("=", "!="):
        value, asked = quoted(_code(target, right.text)), oid
    elif target.kind in (Kind.CODE, Kind.TEXT) and _NUMERIC.fullmatch(right.text):
        value, asked = right.text, f"number({oid})"
    else:
        value, asked = quoted(right.text), oid
    if sign == "!=":
        return f"(empty({oid}) or {asked} != {value})"
    return f"{asked} {sign} {value}"


def _box(left: _Value, target: Target, sign: str, right: _Value) -> str:
    """One box of several: ticked, or not."""
    if sign not in ("=", "!=") or target.kind is not Kind.CODES:
        _stop(f"{target.oid} is not asked whether a box is ticked")
    ticked = sign == "="
    code = right.text
    if left.code:
        code, state = left.code, _TRUTH.get(right.text.casefold(), right.text)
        if state not in ("0", "1"):
            _stop(f"a box is 1 or 0, not {right.text!r}")
        ticked = ticked == (state == "1")
    holds = f"{quoted(_code(target, code))} in {target.oid}"
    return holds if ticked else f"(empty({target.oid}) or not ({holds}))"


def _code(target: Target, text: str) -> str:
    if target.truth:
        text = _TRUTH.get(text.casefold(), text)
    if target.codes is None:
        return text
    if text not in target.codes:
        _stop(f"{text!r} is no code of {target.oid}")
    return target.codes[text]


def _number(tree: _Tree) -> str:
    if isinstance(tree, _Value):
        if tree.target is None:
            if not _NUMERIC.fullmatch(tree.text):
                _stop(f"{tree.text!r} is no number")
            return tree.text
        if tree.code or tree.target.kind is Kind.CODES:
            _stop("boxes are counted")
        if tree.target.kind in (Kind.CODE, Kind.TEXT):
            return f"number({tree.target.oid})"
        return tree.target.oid
    if tree.sign == "minus":
        return f"-{_number(tree.parts[0])}"
    if tree.sign in _FUNCTIONS:
        arguments = ", ".join(_number(p) for p in tree.parts)
        if tree.sign == "round" and len(tree.parts) == 1:
            arguments += ", 0"
        return f"{tree.sign}({arguments})"
    if tree.sign in ("+", "-", "*", "/"):
        left, right = (_number(p) for p in tree.parts)
        return f"({left} {tree.sign} {right})"
    _stop("it gives yes or no where a number is wanted")
