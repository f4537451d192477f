"""Verification of a package file: from the outside, at the site, at the store."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.record.verifying import NAMES, Checked
from mrd_desktop.transfer.inspect import verify_package
from tests.transfer.route import Route
from tests.transfer.test_receive import new_subject


def told(checks: tuple[Checked, ...]) -> dict[str, bool | None]:
    assert tuple(c.name for c in checks) == NAMES
    return {c.name: c.ok for c in checks if c.ok is not None}


def test_a_package_is_verified_where_it_was_made_and_where_it_goes(route: Route) -> None:
    new_subject(route)
    first = route.send()
    assert route.store.take(first.path)[0].fine
    new_subject(route)
    second = route.send()
    well = dict.fromkeys(
        ("manifest", "chain", "commitments", "signatures", "heads", "definition", "lineage"), True
    )
    for path in (first.path, second.path, route.clinic.path / "archive" / second.package):
        with route.clinic.open() as session:
            assert told(verify_package(path, session)) == well
        with route.store.open() as session:
            assert told(verify_package(path, session)) == well


def test_without_a_key_the_outside_is_checked(route: Route, tmp_path: Path) -> None:
    path = route.send().path
    checks = verify_package(path)
    assert told(checks) == {"signatures": True}
    with route.clinic.open() as session:
        detail = next(c.detail.en for c in checks if c.name == "signatures")
        assert session.fingerprint() in detail
    data = path.read_bytes()
    at = data.index(b'"number":1')
    damaged = tmp_path / "damaged.mrdpkg"
    damaged.write_bytes(data[:at] + b'"number":7' + data[at + 10 :])
    assert told(verify_package(damaged)) == {"manifest": False}


def test_faults_are_told_by_the_name_of_the_check(route: Route, tmp_path: Path) -> None:
    new_subject(route)
    done = route.send()
    foreign = tmp_path / "foreign.mrdpkg"
    foreign.write_bytes(bytes(4000))
    with route.store.open() as session:
        assert told(verify_package(foreign, session)) == {"manifest": False}
        with session.writing() as conn:
            conn.exec_driver_sql("DELETE FROM vault_pin")
        assert told(verify_package(done.path, session)) == {"signatures": False}
