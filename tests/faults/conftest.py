"""Sites and stores of the transfer tests, and one with as little in it as every act needs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.acts import short_story
from tests.transfer.conftest import (  # noqa: F401  (fixtures)
    charted_route,
    charted_route_template,
    route,
    route_template,
)
from tests.transfer.route import Route

_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def short_route_template(
    route_template: Route,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Route:
    """A site with the first forms of subject 01-001, and a store; copy it, never change it."""
    made = route_template.copy(tmp_path_factory.mktemp("short") / "route")
    short_story(made)
    return made


@pytest.fixture(scope="module")
def quick_folder() -> Iterator[Path]:
    """A folder of a module that costs no waiting for the disk, where the system has one.

    What a killed process wrote is the same there; what a cut of the power leaves is not asked.
    """
    made = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def quick_path(quick_folder: Path) -> Path:
    """A folder of one test there."""
    return Path(tempfile.mkdtemp(dir=quick_folder))
