"""Sites whose definition asks for second entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clinic import Clinic
from tests.second import make_second_clinic


@pytest.fixture(scope="session")
def second_template(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """Made once; copy it, never change it."""
    return make_second_clinic(tmp_path_factory.mktemp("second"))


@pytest.fixture
def twice(second_template: Clinic, tmp_path: Path) -> Clinic:
    """A site of one's own."""
    return second_template.copy(tmp_path / "site")
