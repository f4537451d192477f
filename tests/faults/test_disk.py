"""A full disk, a protected folder, a cut of the power: a clear sentence, and nothing lost."""

from __future__ import annotations

import json
import os
import resource
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault import ballast
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import DiskFull
from mrd_desktop.vault.schema import VERSION
from tests.cli.shell import Said, Shell
from tests.faults.processes import (
    ROOT,
    Disk,
    command,
    mounted,
    needs_mount,
    renamed_story,
    signed_in,
    sound,
    started,
)
from tests.transfer.route import Route, values

Fraction = Callable[[int, int], int]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    folder = tmp_path / "passwords"
    folder.mkdir()
    return Shell(capsys, folder)


@pytest.fixture
def small(charted_route: Route, tmp_path: Path) -> Iterator[tuple[Route, Callable[[], None]]]:
    """Site, store and stick on one small disk; the function fills it to the last byte."""
    package = charted_route.send().path
    with mounted("tmpfs", tmp_path / "small", 24) as disk:
        route = charted_route.copy(disk / "route")
        (route.stick / package.name).write_bytes(package.read_bytes())
        filler = disk / "filler"

        def fill() -> None:
            with filler.open("wb", buffering=0) as file:
                for size in (1 << 20, 4096, 1):
                    try:
                        while True:
                            file.write(bytes(size))
                    except OSError:
                        continue

        yield route, fill


def clear(said: Said) -> None:
    """A sentence that says the disk is full; neither a trace nor a half answer."""
    assert said.code == 1, said.out
    if "error" in said.data:
        assert said.error["code"] in ("disk_full", "medium_full", "backup")
    assert said.err.count("\n") == 1
    assert "full" in said.err or "space" in said.err.lower()


@needs_mount
def test_a_full_disk_loses_nothing(
    shell: Shell, small: tuple[Route, Callable[[], None]], tmp_path: Path
) -> None:
    route, fill = small
    site, sponsor, stick = route.clinic.path, route.store.path, route.stick
    with route.clinic.open() as session:
        before = values(session)
    (package,) = stick.glob("*.mrdpkg")
    acts: dict[str, Callable[[], Said]] = {
        "save": lambda: shell.desktop(
            "set", site, "01-001/SCR/VS/WEIGHT", "61.5", "--reason", "TYPO"
        ),
        "export": lambda: shell.desktop("export", site, "--to", stick),
        "receive": lambda: shell.sponsor("receive", sponsor, package),
        "backup": lambda: shell.desktop("backup", site, "--to", stick / "safe", user="admin"),
    }
    listed = sorted(p.relative_to(route.stick) for p in stick.rglob("*"))
    for name, act in acts.items():
        fill()
        clear(act())
        (stick.parent.parent / "filler").unlink()
        assert sorted(p.relative_to(stick) for p in stick.rglob("*")) == listed, name
        with route.clinic.open() as session:
            assert sound(session)
            assert values(session) == before, name
        with route.store.open() as session:
            assert sound(session)
            assert values(session) == {}, name
    for name, act in acts.items():
        assert act().code == 0, name


@needs_mount
def test_a_protected_folder_says_so(shell: Shell, small: tuple[Route, Callable[[], None]]) -> None:
    route, _ = small
    disk = route.stick.parent.parent
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        said = shell.desktop("set", route.clinic.path, "01-001/SCR/VS/WEIGHT", "61.5")
        assert (said.code, said.error["code"]) == (1, "read_only")
        out = shell.desktop("backup", route.clinic.path, "--to", disk / "safe", user="admin")
        assert (out.code, out.error["code"]) == (1, "read_only")
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    with route.clinic.open() as session:
        assert sound(session)


def test_a_limit_on_file_size_is_a_full_disk(charted_route: Route) -> None:
    """What anybody can try without root: the files may not grow."""
    site = charted_route.clinic.path
    size = (site / "data.mrd").stat().st_size
    line = command("desktop", "load", site, renamed_story(charted_route.stick, "01-0050"))

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = subprocess.run(
        [*line, *signed_in(site), "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        preexec_fn=limited,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["error"]["code"] in (
        "disk_full",
        "storage_fault",
        "commit_unsure",
    )
    assert done.stderr.count(b"\n") == 1
    with charted_route.clinic.open() as session:
        assert sound(session)


@needs_mount
@pytest.mark.soak
def test_a_cut_of_the_power_loses_no_acknowledged_save(
    charted_route: Route, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    chance = Random(seed)
    disk = Disk(tmp_path / "disk.img", tmp_path / "disk")
    try:
        clinic = charted_route.clinic.copy(disk.at / "site")
        who = signed_in(charted_route.clinic.path)
        os.sync()
        acknowledged: set[int] = set()
        for n in range(fraction(100, 2)):
            story = renamed_story(tmp_path, f"01-{n + 100:04d}")
            process = started(command("desktop", "load", clinic.path, story, "--jsonl", *who))
            assert process.stdout is not None
            for _ in range(chance.randint(1, 12)):
                acknowledged.add(json.loads(process.stdout.readline())["seq"])
            disk.cut()
            process.kill()
            process.communicate()
            disk.unmount()
            disk.mount()
            with clinic.open() as session:
                assert sound(session)
                with session.reading() as conn:
                    kept = {r.header.seq for r in store.records(conn, session.folder.chain)}
            assert acknowledged <= kept
    finally:
        disk.unmount()


@needs_mount
def test_with_the_reserve_a_full_disk_still_takes_the_save_and_the_sign_out(
    shell: Shell, small: tuple[Route, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    route, fill = small
    site = route.clinic.path
    monkeypatch.setattr(ballast, "_ROOM", ballast.SIZE)
    assert ballast.lay(site)
    fill()
    said = shell.desktop("set", site, "01-001/SCR/VS/WEIGHT", "61.5", "--reason", "TYPO")
    assert said.code == 0, said.err
    assert not (site / ballast.FILE).exists()
    with route.clinic.open() as session:
        assert values(session)["01-001/SCR#1/VS#1/A#1/WEIGHT"] == "61.5"
        with session.reading() as conn:
            closed = [
                r for r in store.records(conn, session.folder.chain)
                if r.opening is not None and r.kind is Kind.SESSION_CLOSED
            ]  # fmt: skip
        assert closed[-1].body["user"] == "crc"


@needs_mount
def test_no_room_for_a_new_key_is_a_full_disk_and_work_goes_on(tmp_path: Path) -> None:
    """SQLCipher ends its change of key without an error where the disk was full."""
    key, row = secrets.token_bytes(32), "INSERT INTO kept VALUES (?)"
    with mounted("tmpfs", tmp_path / "small", 16) as disk:
        database = Database(disk / "data.mrd", key, create=True)
        with database.writing() as conn:
            conn.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
            conn.exec_driver_sql("CREATE TABLE kept (x BLOB)")
            conn.exec_driver_sql(row, [(secrets.token_bytes(2000),) for _ in range(500)])
        database.close()
        database = Database(disk / "data.mrd", key)
        room = os.statvfs(disk)
        (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - (512 << 10)))
        with pytest.raises(DiskFull):
            database.rekey(secrets.token_bytes(32))
        with database.writing() as conn:
            conn.exec_driver_sql(row, (b"more",))
        database.close()
        again = Database(disk / "data.mrd", key)
        assert again.damaged_pages() == ()
        with again.reading() as conn:
            assert conn.exec_driver_sql("SELECT count(*) FROM kept").scalar() == 501
        again.close()
