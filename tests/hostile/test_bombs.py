"""Archives and texts made to grow: refused in plain words, soon, in little room, nothing left.

Each is read in a process of its own whose whole peak counts, with what the libraries take too.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from mrd_desktop.closing import checking
from mrd_desktop.foreign import first_bytes
from mrd_desktop.record.errors import StoryError
from mrd_desktop.record.importing.errors import ReportUnreadable
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.record.story import read_story
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.load import study_from_bytes
from mrd_desktop.vault.backup import report_of, restore
from mrd_desktop.vault.errors import BackupError
from tests.hostile.bombs import _HEAD, _TAIL, _TWO, BOMBS, _cell, _entities, _slots, _workbook
from tests.pace import in_time

ROOT = Path(__file__).parents[2]
SECONDS, MIB = 2, 256
READERS = {
    "package", "reply", "hand-over", "activation", "certificate", "card", "public key", "backup",
    "close-out", "table", "metadata", "definition", "story", "mapping",
    "update",
}  # fmt: skip


def test_there_are_enough_of_them_for_every_reader() -> None:
    assert len(BOMBS) >= 45
    assert {b.reader for b in BOMBS} == READERS
    assert len({(b.reader, b.name) for b in BOMBS}) == len(BOMBS)


@pytest.mark.soak
def test_a_bomb_is_refused_soon_and_in_little_room(
    fraction: Callable[[int, int], int], seed: int
) -> None:
    count = fraction(len(BOMBS), 4)
    chosen = sorted(Random(seed).sample(range(len(BOMBS)), count))
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile", *map(str, chosen)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == len(chosen), done.stderr
    for one in told:
        assert one["said"] is not None, one
        english, chinese = one["said"]
        assert english and chinese and english[0] not in "{<", one
        assert in_time(one["seconds"], SECONDS), one
        assert one["mib"] < MIB, one
        assert not one["left"], one


def test_a_backup_lists_its_own_files_only(tmp_path: Path) -> None:
    """A name of its list becomes a path, under Windows with other signs than a slash."""
    good = {"data.mrd": "00" * 32}
    for name in ("..\\evil", "C:evil", "..", "evil.exe", "data.mrd:x", "NUL"):
        path = backup_saying(tmp_path, {**good, name: "00" * 32})
        with pytest.raises(BackupError, match="no backup"):
            report_of(path)
    assert report_of(backup_saying(tmp_path, good)).seq == 1


def test_a_link_in_a_backup_is_not_followed(tmp_path: Path) -> None:
    """It may have no end, and what it holds lies somewhere else."""
    path = backup_saying(tmp_path, {"data.mrd": hashlib.sha256(b"x").hexdigest()})
    _slots(path)
    (tmp_path / "elsewhere").write_bytes(b"x")
    (path / "data.mrd").unlink(missing_ok=True)
    (path / "data.mrd").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match=r"data\.mrd was changed"):
        restore(path, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    (path / "data.mrd").unlink()
    (path / "data.mrd").write_bytes(b"x")
    assert restore(path, tmp_path / "restored").head.seq == 1


def backup_saying(folder: Path, files: Mapping[str, str]) -> Path:
    path = folder / "said.mrdbackup"
    path.mkdir(exist_ok=True)
    said = {
        "format": "mrd-backup/1", "chain": "a" * 26, "seq": 1, "digest": "00" * 32,
        "at": "2027-03-10T08:00:00.000Z", "files": files,
    }  # fmt: skip
    (path / "backup.json").write_text(json.dumps(said))
    return path


@pytest.mark.parametrize("name", ["../out.mrdpkg", "/out.mrdpkg", "..\\out.mrdpkg", "a/../../b"])
def test_a_bundle_names_files_of_its_own(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=name.rpartition("/")[2].rpartition("\\")[2]):
        checking._inside(tmp_path, name)
    assert checking._inside(tmp_path, "receipts/a.json") == tmp_path / "receipts" / "a.json"
    with pytest.raises(ValueError, match="x"):
        checking._chain("../x")


def test_a_workbook_that_declares_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(_workbook(_HEAD + _TWO + _cell(b"x") + _TAIL))
    assert read_table(path).rows[0].cells == ("x", "x")
    path.write_bytes(_workbook(_entities(1) + _HEAD + _TWO + _cell(b"&e0;") + _TAIL))
    with pytest.raises(ReportUnreadable):
        read_table(path)


def test_no_more_of_a_file_is_read_than_its_reader_may_take(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 100)
    assert first_bytes(path, 100) == b"x" * 100
    assert first_bytes(path, 10) == b"x" * 11


def test_a_definition_and_a_story_too_deep_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(b'{"records":' + b"[" * 100_000)
    with pytest.raises(StoryError):
        read_story(path)
    with pytest.raises(DefinitionError):
        study_from_bytes(path.read_bytes())
