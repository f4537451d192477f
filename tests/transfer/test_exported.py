"""Whoever takes datasets away stands in the store's own chain, and the same data stay the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.locating import locate
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.asking import ask
from mrd_desktop.transfer.publish import FORMATS, LISTING, publish
from mrd_desktop.vault import folder, users
from mrd_desktop.vault.errors import DiskFull, PermissionDenied
from mrd_desktop.vault.session import Session
from tests.faults.processes import sound
from tests.transfer.route import Route


def exported(session: Session) -> list[Mapping[str, JSON]]:
    with session.reading() as conn:
        found = lineage.of_kind(conn, session.folder.chain, Kind.DATASET_EXPORTED)
        return [record.body for record in found]


def files(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_an_export_is_recorded_and_changes_no_data(charted_route: Route, tmp_path: Path) -> None:
    charted_route.carry()
    with charted_route.store.open() as session:
        written = publish(session, tmp_path / "first", ("odm", "csv"))
        (record,) = exported(session)
    assert record["formats"] == ["csv", "odm"]
    assert record["to"] == str((tmp_path / "first").absolute())
    assert record["files"] == len(written)
    assert record["rows"] == sum(file.rows for file in written) > 10
    listing = (tmp_path / "first" / LISTING).read_bytes()
    assert record["listing"] == hashlib.sha256(listing).hexdigest()
    assert json.loads(listing)["heads"] == record["heads"]
    with charted_route.store.open() as session:
        publish(session, tmp_path / "second", ("odm", "csv"))
        assert files(tmp_path / "second") == files(tmp_path / "first")
        assert len(exported(session)) == 2
        # What changes the data changes the heads on which the tables rest.
        ask(session, locate(session.study, "01-001/SCR/DM/SEX"), "Synthetic question?")
        publish(session, tmp_path / "third", ("csv",))
        first, _, third = exported(session)
        assert first["heads"] != third["heads"]
        assert sound(session)


def test_who_exported_in_between_changes_nothing(charted_route: Route, tmp_path: Path) -> None:
    """Two users of the store, one after the other: the same data are the same bytes."""
    charted_route.carry()
    store = charted_route.store
    with store.open() as session:
        users.add_user(session, "second", "sponsor", password="synthetic-second-password")
        publish(session, tmp_path / "first", FORMATS)
    with folder.open_folder(
        store.path, "second", "synthetic-second-password", study=store.study, fold=projection.fold
    ) as session:
        publish(session, tmp_path / "between", FORMATS)
        assert len(exported(session)) == 2
    with store.open() as session:
        publish(session, tmp_path / "again", FORMATS)
    assert files(tmp_path / "between") == files(tmp_path / "first")
    assert files(tmp_path / "again") == files(tmp_path / "first")


def test_who_only_looks_takes_nothing_away(charted_route: Route, tmp_path: Path) -> None:
    store = charted_route.store
    with store.open() as session:
        users.add_user(session, "looker", "auditor", password="synthetic-auditor-password")
    with folder.open_folder(
        store.path, "looker", "synthetic-auditor-password", study=store.study, fold=projection.fold
    ) as session:
        with pytest.raises(PermissionDenied):
            publish(session, tmp_path / "out")
        assert exported(session) == []
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_recorded_is_not_whole(
    charted_route: Route, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charted_route.carry()

    def full(*_: object) -> None:
        raise DiskFull

    with charted_route.store.open() as session:
        with monkeypatch.context() as patch, pytest.raises(MrdError):
            patch.setattr(session, "commit", full)
            publish(session, tmp_path / "out")
        assert exported(session) == []
    assert not (tmp_path / "out" / LISTING).exists()
