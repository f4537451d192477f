"""One bit changed anywhere (E-04): detected, or proven without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.vault import attempts, backup, schema, secrets_store, slotbook
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.errors import StorageError
from mrd_desktop.vault.manifest import read_manifest
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.signin import RECOVERY_SETTING, binding
from mrd_desktop.vault.storage import storage_errors
from tests.clinic import Clinic
from tests.transfer.route import Route

Fraction = Callable[[int, int], int]
pytestmark = pytest.mark.soak


@pytest.fixture
def site(short_route_template: Route, quick_path: Path) -> Clinic:
    return short_route_template.copy(quick_path / "route").clinic


def flipped(file: Path, chance: Random, count: int) -> Iterator[tuple[int, int]]:
    """Flip one random bit, let it be looked at, and put it back."""
    whole = file.read_bytes()
    for _ in range(count):
        place, bit = chance.randrange(len(whole)), chance.randrange(8)
        with file.open("rb+", buffering=0) as raw:
            raw.seek(place)
            raw.write(bytes([whole[place] ^ 1 << bit]))
            yield place, bit
            raw.seek(place)
            raw.write(whole[place : place + 1])
    assert file.read_bytes() == whole


def damaged(file: Path, key: bytes) -> bool:
    """The database does not open, or names a page."""
    try:
        found = Database(file, key, read_only=True)
    except StorageError:
        return True
    try:
        return bool(found.damaged_pages())
    except StorageError:
        return True
    finally:
        found.close()


def test_of_the_database(site: Clinic, seed: int, fraction: Fraction) -> None:
    with site.open() as session:
        key, _ = session.with_keys()
    file = site.path / DATA_FILE
    assert not damaged(file, key)
    for where in flipped(file, Random(seed), fraction(8000, 40)):
        assert damaged(file, key), where


def test_of_the_slots(site: Clinic, seed: int, fraction: Fraction) -> None:
    with site.open() as session:
        file = site.path / session.folder.kind.file_name
        before = read_manifest(site.path)
        for where in flipped(file, Random(seed), fraction(6000, 150)):
            assert told(session, site.path) or read_manifest(site.path) == before, where
        assert not told(session, site.path)


def told(session: Session, folder: Path) -> bool:
    """The file is refused, its content is not what the database knows, or it opens for nobody."""
    try:
        with storage_errors():
            found = read_manifest(folder)
    except MrdError:
        return True
    if found.slot_name(session.user) not in found.slots:
        return True
    with session.reading() as conn:
        known = schema.setting(conn, RECOVERY_SETTING)
        return known != binding(found) or bool(list(slotbook.faults(conn, found)))


def test_of_a_backup(site: Clinic, quick_path: Path, seed: int, fraction: Fraction) -> None:
    chance = Random(seed)
    with site.open() as session:
        made = backup.backup(session, quick_path / "kept").path
        key = session.site_key()
    head = backup.signed_head(made, key)
    assert head is not None
    for file in sorted(made.iterdir()):
        report = file.name == backup.BACKUP_FILE
        for where in flipped(file, chance, fraction(2000 if report else 500, 25 if report else 5)):
            if report:  # signed by the site
                assert backup.signed_head(made, key) is None, where
            else:  # digests in the report
                with pytest.raises(MrdError):
                    backup.restore(made, quick_path / "again")
                assert not (quick_path / "again").exists(), where


def test_of_a_sealed_draft(site: Clinic, seed: int, fraction: Fraction) -> None:
    chance = Random(seed)
    with site.open() as session:
        plain = b"synthetic draft of an identity form"
        sealed = session.seal_private("01-001", plain)
        assert session.open_private("01-001", sealed) == plain
        for _ in range(fraction(2000, 50)):
            place, bit = chance.randrange(len(sealed)), chance.randrange(8)
            wrong = bytearray(sealed)
            wrong[place] ^= 1 << bit
            with pytest.raises(MrdError):
                session.open_private("01-001", bytes(wrong))


def test_of_the_side_log(site: Clinic, seed: int, fraction: Fraction) -> None:
    """What becomes a record is as it was sealed; a line that is gone is named."""
    with site.open() as session:
        log = session.attempt_log()
        now = session.clock.wall()
        slot = session.manifest.slot_name("crc")
        for n in range(6):
            log.failed(slot, "crc", now + timedelta(seconds=n))
        with session.reading() as conn:
            private = secrets_store.get(conn, session.with_keys()[0], secrets_store.LOG)
    file = site.path / attempts.LOG_FILE
    size = file.stat().st_size
    first = log.read()[0].number - 1

    def merged() -> list[object]:
        return list(attempts.since(log.read(), attempts.Mark(first), private))

    whole = merged()
    assert len(whole) == 6
    for where in flipped(file, Random(seed), fraction(2500, 150)):
        if merged() == whole or named(merged()):
            continue
        log.failed(slot, "crc", now)  # the last lines are gone: the next one cannot hide it
        assert named(merged()), where
        file.write_bytes(file.read_bytes()[:size])


def named(found: list[object]) -> bool:
    return any(isinstance(x, dict) and bool(x.get("gap") or x.get("damaged")) for x in found)
