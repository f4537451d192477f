"""A site and a store, made once and copied for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.study.model import Study
from mrd_desktop.vault import trust
from tests.clinic import Clinic, make_clinic
from tests.transfer.route import Route, acquaint, make_store


@pytest.fixture(scope="session")
def route_template(clinic_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Route:
    root = tmp_path_factory.mktemp("route")
    clinic = clinic_template.copy(root / "site")
    store = make_store(root / "store", clinic.study)
    acquaint(clinic, store)
    return Route(clinic, store, root)


@pytest.fixture
def route(route_template: Route, tmp_path: Path) -> Route:
    """A site without subjects and an empty store."""
    return route_template.copy(tmp_path / "route")


@pytest.fixture(scope="session")
def charted_route_template(
    charted_template: Clinic, route_template: Route, tmp_path_factory: pytest.TempPathFactory
) -> Route:
    root = tmp_path_factory.mktemp("charted-route")
    clinic = charted_template.copy(root / "site")
    store = make_store(root / "store", clinic.study)
    acquaint(clinic, store)
    return Route(clinic, store, root)


@pytest.fixture
def charted_route(charted_route_template: Route, tmp_path: Path) -> Route:
    """A site with subject 01-001 and an empty store."""
    return charted_route_template.copy(tmp_path / "charted-route")


@pytest.fixture(scope="session")
def stranger_template(route_template: Route, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """Another site 01 with a chain and key of its own, which trusts the sponsor one-sidedly."""
    stranger = make_clinic(tmp_path_factory.mktemp("stranger") / "site")
    with stranger.open("admin") as session:
        trust.pin(session, (route_template.store.path / trust.SPONSOR_PUB).read_bytes())
    return stranger


@pytest.fixture(scope="session")
def study(clinic_template: Clinic) -> Study:
    """The shipped definition."""
    return clinic_template.study
