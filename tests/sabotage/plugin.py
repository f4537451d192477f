"""Switches one rule off before any test module is imported: ``MRD_SABOTAGE`` names it."""

from __future__ import annotations

import importlib
import os

import pytest

from tests.sabotage.switches import SWITCHES, Switch


def throw(switch: Switch) -> None:
    """Replace the target; raises AttributeError where it is gone, so that no switch rusts."""
    module, _, path = switch.target.partition(":")
    place: object = importlib.import_module(module)
    *owners, name = path.split(".")
    for owner in owners:
        place = getattr(place, owner)
    setattr(place, name, switch.off(getattr(place, name)))


def throw_named() -> None:
    """Throw the switch that is named; for processes that a test starts."""
    name = os.environ.get("MRD_SABOTAGE")
    if name:
        throw(next(s for s in SWITCHES if s.name == name))


def pytest_configure(config: pytest.Config) -> None:
    """Throw the switch that is named."""
    throw_named()
