"""The sponsor sees how many sign-ins failed at a site between two packages (R-ACC-09)."""

from __future__ import annotations

import pytest

from mrd_desktop.record import projection
from mrd_desktop.transfer.overview import SiteStatus, status
from mrd_desktop.vault import folder
from mrd_desktop.vault.errors import WrongPassword
from tests.transfer.route import Route


def told(route: Route) -> SiteStatus:
    with route.store.open() as session:
        (found,) = status(session)
    return found


def test_failed_sign_ins_are_counted_in_the_package(route: Route) -> None:
    route.carry()
    before = told(route).failed
    for _ in range(6):
        with pytest.raises(WrongPassword):
            folder.open_folder(
                route.clinic.path, "crc", "not the password", study=route.clinic.study,
                fold=projection.fold,
            )  # fmt: skip
    route.carry()
    assert before == 0
    found = told(route)
    assert found.failed == 6
    assert found.json()["failed_sign_ins"] == 6
    route.carry()
    assert told(route).failed == 0, "since the package before"
