"""An export is practised in a training site that knows no sponsor; nobody can take the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.preview import preview
from mrd_desktop.vault import trust
from mrd_desktop.vault.errors import TrustError
from tests.clinic import Clinic
from tests.transfer.route import Route, acquaint, make_store


def practising(clinic: Clinic) -> None:
    with clinic.open("admin") as session:
        trust.pin(session, trust.practice_recipient(clinic.study.oid).to_bytes())


def test_a_practice_package_is_made_and_taken_by_nobody(charted: Clinic, tmp_path: Path) -> None:
    practising(charted)
    stick = tmp_path / "stick"
    with charted.open() as session:
        made = export(session, stick)
    assert made.opened > 100
    stores = {
        "training_mismatch": make_store(tmp_path / "live", charted.study, training=False),
        "unknown_key": make_store(tmp_path / "stranger", charted.study),
        "not_for_us": make_store(tmp_path / "known", charted.study),
    }
    with stores["not_for_us"].open() as session:
        trust.pin(session, (charted.path / trust.SITE_PUB).read_bytes())
    for code, store in stores.items():
        (arrival,) = store.take(made.path)
        assert (arrival.fine, arrival.code) == (False, code)


def test_the_sponsor_takes_the_place_of_the_practice_recipient(route: Route) -> None:
    practising(route.clinic)
    with route.clinic.open() as session:
        (one,) = trust.recipients(trust.pins(session))
        assert not one.practice
        assert sum(p.practice for p in trust.pins(session)) == 1
    assert route.carry().fine


def test_a_sponsor_trusted_after_packages_were_sealed_gets_all_of_them(
    charted: Clinic, tmp_path: Path
) -> None:
    practising(charted)
    with charted.open() as session:
        export(session, tmp_path / "practised")
        assert not preview(session).fresh
    store = make_store(tmp_path / "store", charted.study)
    acquaint(charted, store)
    with charted.open() as session:
        seen = preview(session)
        assert seen.whole
        assert seen.after == 0
        assert seen.fresh
        made = export(session, tmp_path / "stick")
    (arrival,) = store.take(made.path)
    assert arrival.fine
    with charted.open() as session:
        assert not preview(session).whole
        more = export(session, tmp_path / "stick")
    assert more.records < made.records
    (arrival,) = store.take(more.path)
    assert arrival.fine


def test_a_live_folder_never_pins_it(clinic: Clinic) -> None:
    identity = trust.practice_recipient(clinic.study.oid)
    with clinic.open("admin") as session:
        assert trust.pinned(session.folder, identity, ())
        live = replace(session.folder, training=False)
        for said in (identity, replace(identity, training=False)):
            with pytest.raises(TrustError):
                trust.pinned(live, said, ())


def test_each_practice_recipient_has_keys_of_its_own(clinic: Clinic) -> None:
    one, other = (trust.practice_recipient(clinic.study.oid) for _ in range(2))
    assert one.sign != other.sign and one.age != other.age
    assert trust.read_identity(one.to_bytes()) == one
