"""A site and a store, made once and copied for each test."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from mrd_desktop.study.model import Study
from mrd_desktop.vault import trust
from tests.clinic import Clinic, make_clinic
from tests.conftest import SOAK
from tests.once import Once
from tests.transfer.busy import keep_busy
from tests.transfer.pair import Pair, make_pair
from tests.transfer.route import Route, Store, route_of
from tests.transfer.teams import Teamed

ONE_IN = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tests of the store run on its folder, and again with a team's tables in PostgreSQL.

    In the suite one in some does so, chosen by its name; ``dev.py soak`` runs all.
    """
    if metafunc.definition.get_closest_marker("both_stores") is None:
        return
    if "store_kind" in metafunc.fixturenames:
        again = SOAK or zlib.crc32(metafunc.definition.nodeid.encode()) % ONE_IN == 0
        teams = [pytest.param("team", marks=pytest.mark.soak)] if again else []
        metafunc.parametrize("store_kind", ["folder", *teams])


@pytest.fixture(scope="session")
def route_template(clinic_template: Clinic, once: Once) -> Route:
    return route_of("route", clinic_template, once)


@pytest.fixture
def route(route_template: Route, tmp_path: Path, teamed: Teamed) -> Route:
    """A site without subjects and an empty store."""
    return teamed(route_template.copy(tmp_path / "route"))


@pytest.fixture(scope="session")
def charted_route_template(charted_template: Clinic, once: Once) -> Route:
    return route_of("charted-route", charted_template, once)


@pytest.fixture(scope="session")
def busy_route_template(charted_route_template: Route, once: Once) -> Route:
    """A site and a store that know changes, removals, queries of both sides and a signature."""

    def make(root: Path) -> None:
        keep_busy(charted_route_template.copy(root))

    root, study = once.made("busy-route", make), charted_route_template.store.study
    return Route(Clinic(root / "site", study), Store(root / "store", study), root)


@pytest.fixture
def charted_route(charted_route_template: Route, tmp_path: Path, teamed: Teamed) -> Route:
    """A site with subject 01-001 and an empty store."""
    return teamed(charted_route_template.copy(tmp_path / "charted-route"))


@pytest.fixture(scope="session")
def stranger_template(route_template: Route, once: Once) -> Clinic:
    """Another site 01 with a chain and key of its own, which trusts the sponsor one-sidedly."""

    def make(path: Path) -> None:
        with make_clinic(path).open("admin") as session:
            trust.pin(session, (route_template.store.path / trust.SPONSOR_PUB).read_bytes())

    return Clinic(once.made("stranger", make), route_template.clinic.study)


@pytest.fixture(scope="session")
def study(clinic_template: Clinic) -> Study:
    """The shipped definition."""
    return clinic_template.study


@pytest.fixture(scope="session")
def pair_template(charted_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(charted_template, tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(pair_template: Pair, tmp_path: Path) -> Pair:
    return pair_template.copy(tmp_path / "pair")
