"""The reserve of a live folder: laid where there is room, given up when the disk is full."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mrd_desktop.vault import ballast
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import DiskFull
from tests.vault.kit import Site, note


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    usage = shutil.disk_usage("/")._replace(free=size)
    monkeypatch.setattr(ballast.shutil, "disk_usage", lambda _: usage)


def test_it_is_laid_where_there_is_room_and_never_fills_a_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, ballast.SIZE + 1)
    assert not ballast.lay(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert ballast.lay(tmp_path)
    assert (tmp_path / ballast.FILE).stat().st_size == ballast.SIZE
    first = (tmp_path / ballast.FILE).stat().st_mtime_ns
    assert ballast.lay(tmp_path)
    assert (tmp_path / ballast.FILE).stat().st_mtime_ns == first
    (tmp_path / ballast.FILE).write_bytes(b"short")
    assert ballast.lay(tmp_path)
    assert (tmp_path / ballast.FILE).stat().st_size == ballast.SIZE


def test_it_goes_only_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast.lay(tmp_path)
    free(monkeypatch, ballast.NEEDED)
    assert not ballast.spend_if_full(tmp_path)
    free(monkeypatch, ballast.NEEDED - 1)
    assert ballast.spend_if_full(tmp_path)
    assert not ballast.spend_if_full(tmp_path)  # there is none any more


def test_a_session_tells_that_the_reserve_is_in_use(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("crc") as session:
        session.commit([note()])
        assert not session.reserve_spent
        ballast.lay(site.path)
        free(monkeypatch, 0)
        session.commit([note()])
        assert session.reserve_spent
        assert not (site.path / ballast.FILE).exists()


def test_a_quota_that_no_free_space_tells_makes_room_for_the_next_try(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.open("crc") as session:
        session.announce()
        ballast.lay(site.path)

        def full(_: Database) -> None:
            raise DiskFull

        with monkeypatch.context() as patch:
            patch.setattr(Database, "writing", full)
            with pytest.raises(DiskFull):
                session.commit([note()])
        assert session.reserve_spent
        session.commit([note()])
