"""A site at the end of its study, and its complete bundle."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.closing.kit import confirmed, hand, made
from tests.transfer.conftest import (  # noqa: F401  (fixtures)
    charted_route,
    charted_route_template,
)
from tests.transfer.route import Route


@pytest.fixture(scope="session")
def ready_template(
    charted_route_template: Route,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Route:
    route = charted_route_template.copy(tmp_path_factory.mktemp("ready"))
    confirmed(route)
    hand(route.clinic)
    return route


@pytest.fixture
def ready(ready_template: Route, tmp_path: Path) -> Route:
    """A site whose last full package is confirmed and whose keys are handed over."""
    return ready_template.copy(tmp_path / "ready")


@pytest.fixture(scope="session")
def whole_template(
    ready_template: Route, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Route, Path]:
    place = tmp_path_factory.mktemp("closeout")
    route = ready_template.copy(place / "route")
    return route, made(route, place).path


@pytest.fixture
def whole(whole_template: tuple[Route, Path], tmp_path: Path) -> Path:
    """A complete bundle on another medium."""
    place = tmp_path / "stick"
    shutil.copytree(whole_template[1], place)
    return place
