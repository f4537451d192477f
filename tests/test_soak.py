"""Whatever has a full count is run in full by ``dev.py soak``: it bears the mark by that name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import is_hypothesis_test

TESTS = Path(__file__).parent


def test_what_takes_a_fraction_is_soaked(request: pytest.FixtureRequest) -> None:
    """Of the tests collected: in a run of the suite all of them."""
    without = [
        item.nodeid
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and ("fraction" in item.fixturenames or is_hypothesis_test(item.obj))
        and item.get_closest_marker("soak") is None
    ]
    assert not without, "\n".join(("pytest.mark.soak is missing at", *without))


def named(tree: ast.AST) -> set[str]:
    """Names that a piece of source uses."""
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def marked(decorators: list[ast.expr]) -> bool:
    return any("mark.soak" in ast.unparse(d) for d in decorators)


def asking(source: str) -> Iterator[tuple[str, bool]]:
    """Tests that ask whether the long counts run, by a function of their module too."""
    functions = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
    asks = {"SOAK"}
    while more := {f.name for f in functions if named(f) & asks} - asks:
        asks |= more
    for function in functions:
        if function.name in asks and function.name.startswith("test_"):
            yield function.name, marked(function.decorator_list)


def test_what_asks_for_the_long_counts_is_soaked() -> None:
    told = {
        f"{path.relative_to(TESTS)}::{name}": soaked
        for path in sorted(TESTS.rglob("test_*.py"))
        if path != Path(__file__) and "SOAK" in (source := path.read_text("utf-8"))
        for name, soaked in asking(source)
    }
    assert told
    assert all(told.values()), [name for name, soaked in told.items() if not soaked]


def test_a_test_that_asks_is_seen() -> None:
    source = """
def few():
    return [1] if SOAK else [2]

@pytest.mark.parametrize("n", few())
def test_one(n): ...

@pytest.mark.soak
def test_two():
    assert SOAK

def test_three(): ...
"""
    assert dict(asking(source)) == {"test_one": False, "test_two": True}
