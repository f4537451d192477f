"""The list itself: every switch has a place to act on, tests that exist, and a name of its own."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.sabotage.switches import SWITCHES, Switch

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("switch", SWITCHES, ids=[s.name for s in SWITCHES])
def test_a_switch_acts_on_what_is_there(switch: Switch) -> None:
    module, _, path = switch.target.partition(":")
    place: object = importlib.import_module(module)
    for name in path.split("."):
        place = getattr(place, name)
    assert switch.off(place) is not place
    assert all((ROOT / t).is_file() for t in switch.tests if t.startswith("tests/"))


def test_names_are_unique() -> None:
    assert len({s.name for s in SWITCHES}) == len(SWITCHES)
