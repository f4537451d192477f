"""What is made once a run, whichever of its workers needs it first."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.vault.lock import FolderLock

_PATIENCE = 600.0


class Once:
    """A folder that all workers of a run share."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        base = factory.getbasetemp()
        root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        self._root = root / "once"
        self._root.mkdir(exist_ok=True)

    def made(self, name: str, make: Callable[[Path], object]) -> Path:
        """A folder to be copied from and never changed.

        Args:
            make: makes it, at the place that it is given; the other workers wait.
        """
        place = self._root / name
        place.mkdir(exist_ok=True)
        lock = FolderLock(place, _PATIENCE)
        try:
            done, begun = place / "made", place / "begun"
            if not done.exists():
                shutil.rmtree(begun, ignore_errors=True)  # by a worker that failed
                make(begun)
                begun.rename(done)
        finally:
            lock.release()
        return done

    def worked_out(self, asked: object, work: Callable[[], bytes]) -> bytes:
        """A result that costs time and is the same for the same question."""
        place = self._root / hashlib.sha256(repr(asked).encode()).hexdigest()
        if place.exists():
            return place.read_bytes()
        found = work()
        begun = place.with_suffix(f".{os.getpid()}")
        begun.write_bytes(found)
        begun.replace(place)
        return found
