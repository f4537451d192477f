"""Real processes that can be killed, small file systems that fill up, disks that lose power."""

from __future__ import annotations

import fcntl
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.vault.session import Session
from tests.clinic import STORIES, password_of
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD

ROOT = Path(__file__).parents[2]
SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN: from now on nothing reaches the disk."""
WITHOUT_LOG = (2).to_bytes(4, "little")
"""… and what the journal has not written yet is lost, as in a power cut."""


def command(which: str, *args: object) -> list[str]:
    """``mrd-desktop`` or ``mrd-sponsor`` (by module) in a process of its own."""
    code = f"import sys; from mrd_desktop.cli.{which} import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, args)]


def started(line: list[str]) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        line, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )


def signed_in(folder: Path, user: str = "crc") -> list[str]:
    """``--user … --password-file …``, the file beside the folder."""
    file = folder.parent / f"{user}.password"
    file.write_text(SPONSOR_PASSWORD if user == SPONSOR else password_of(user), encoding="utf-8")
    return ["--user", user, "--password-file", str(file)]


def renamed_story(folder: Path, subject: str, source: str = "01-001") -> Path:
    """A story file for another subject number."""
    body: dict[str, Any] = json.loads((STORIES / f"{source}.json").read_text(encoding="utf-8"))
    body["subject"] = subject
    file = folder / f"{subject}.json"
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def lines_until_killed(
    process: subprocess.Popen[bytes], chance: random.Random, after: int, within: float
) -> list[str]:
    """Whole lines a process told before it was killed, some moment after its nth line.

    Args:
        within: seconds; the moment is drawn from them.
    """
    assert process.stdout is not None
    told: list[str] = []
    for raw in process.stdout:
        told.append(raw.decode())
        if len(told) >= after:
            break
    try:
        process.wait(chance.uniform(0, within))
    except subprocess.TimeoutExpired:
        process.kill()
    told += [raw.decode() for raw in process.stdout]
    process.wait()
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()
    return [line for line in told if line.endswith("\n")]


def sound(session: Session) -> bool:
    """No check of ``verify`` fails."""
    wrong = [(c.name, c.detail.en) for c in verify_folder(session) if c.ok is False]
    assert wrong == []
    return True


@contextmanager
def mounted(kind: str, at: Path, megabytes: int) -> Iterator[Path]:
    """A small file system in memory (``tmpfs``); only root may."""
    at.mkdir()
    subprocess.run(
        ["mount", "-t", kind, "-o", f"size={megabytes}m", kind, str(at)],
        check=True,
        capture_output=True,
    )
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True, capture_output=True)


def fill(filler: Path, left: int) -> None:
    """Take the room of a disk with one file, until hardly more than so many bytes are left."""
    os.sync()  # what others wrote has its place
    size = 0
    with filler.open("wb") as file:
        for _ in range(_TRIES):
            room = os.statvfs(filler.parent)
            more = room.f_bavail * room.f_frsize - left
            if more <= 0:
                return
            try:
                os.posix_fallocate(file.fileno(), size, more)
            except OSError:  # the lists of blocks need some, too
                return
            size += more


_TRIES = 8


class Disk:
    """A small ext4 disk in a file, whose power can be cut."""

    def __init__(self, image: Path, at: Path, megabytes: int = 48) -> None:
        self._image = image
        self.at = at
        at.mkdir()
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", image)  # nothing is kept for root
        self.mount()

    def mount(self) -> None:
        _run("mount", "-o", "loop", self._image, self.at)

    def unmount(self) -> None:
        _run("umount", self.at)

    def cut(self) -> None:
        """Everything not on the disk yet is gone."""
        handle = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, SHUTDOWN, WITHOUT_LOG)
        finally:
            os.close(handle)


def can_mount() -> bool:
    """Root, and the system lets it mount (a container may not)."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    probe = ROOT / ".pytest_cache" / f"mount-{os.getpid()}"
    probe.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "tmpfs", str(probe)], check=False, capture_output=True
        )
        if done.returncode == 0:
            subprocess.run(["umount", str(probe)], check=False, capture_output=True)
    except OSError:
        return False
    finally:
        probe.rmdir()
    return done.returncode == 0


# Nobody but root mounts, and not on Windows or in a locked container: there is no real full disk
# to be had there. As root on Linux, as in continuous integration, none of them is skipped.
needs_mount = pytest.mark.skipif(
    not can_mount(), reason="needs root on Linux, to mount small file systems of its own"
)


def _run(*line: object) -> None:
    subprocess.run([str(x) for x in line], check=True, capture_output=True)
