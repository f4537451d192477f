"""Canonical JSON: one byte string for one value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mrd_desktop.ledger.canonical import INTEGER_LIMIT, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
INTEGERS = st.integers(-INTEGER_LIMIT + 1, INTEGER_LIMIT - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    data = dumps(value)  # type: ignore[arg-type]
    assert loads(data) == value
    assert json.loads(data) == value
    assert dumps(loads(data)) == data


@given(VALUES, st.data())
def test_other_spellings_of_a_value_are_refused(value: object, data: st.DataObject) -> None:
    """Whatever bytes are read are the one spelling of what was read."""
    written = bytearray(dumps(value))  # type: ignore[arg-type]
    at = data.draw(st.integers(0, len(written)))
    written[at:at] = data.draw(st.sampled_from([b" ", b"\n", b"0", b"-", b'"', b",", b"\\", b"e"]))
    try:
        other = loads(bytes(written))
    except CanonicalError:
        return
    assert dumps(other) == bytes(written)


def test_depth_is_bounded() -> None:
    assert loads(b"[" * 64 + b"]" * 64)
    for levels in (65, 100_000):
        with pytest.raises(CanonicalError):
            loads(b"[" * levels + b"]" * levels)
    deep: list[object] = []
    for _ in range(64):
        deep = [deep]
    with pytest.raises(CanonicalError):
        dumps(deep)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), {"a": 1.5}, {"é": 1}, {1: 2}, b"x", {"a": {1, 2}}, "\ud800",
     INTEGER_LIMIT, -INTEGER_LIMIT],
)  # fmt: skip
def test_values_without_a_form_are_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        dumps(value)  # type: ignore[arg-type]


def test_refusals_do_not_repeat_the_value() -> None:
    with pytest.raises(CanonicalError) as caught:
        loads('{"name": "测试甲"}'.encode())
    assert "测试甲" not in str(caught.value)
    assert "测试甲" not in caught.value.text.zh
