"""Failed sign-ins: kept outside the database, which is still shut when they happen.

``signin.log`` has one line per event. Content is sealed to the site's log key, so that the file
shows a thief no names; slot and time stand open, for the growing delay must be known before
anything opens. Whoever can write to the folder can cut the file: the gap against the last merged
number then shows in the ledger, but the delay is lost. Against somebody who copies the folder
away, only Argon2id and the password count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Final

from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.keys import from_base64, to_base64
from mrd_desktop.vault import crypto
from mrd_desktop.vault.clock import moment, stamp
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import TryLater
from mrd_desktop.vault.storage import storage_errors

LOG_FILE: Final = "signin.log"
FREE: Final = 3
"""Failures in a row after which nobody waits yet."""
_LONGEST: Final = 900
_CONTEXT: Final = b"mrd/signin-log/v1"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line: number, slot, time, and the sealed content of a failure (None for a success)."""

    number: int
    slot: str
    at: str
    sealed: bytes | None


def delay(failures: int) -> int:
    """Seconds to wait after so many failures in a row: 0, 0, 0, 1, 2, 4 … 900."""
    if failures <= FREE:
        return 0
    return min(_LONGEST, 1 << min(failures - FREE - 1, 10))


class SealedLog:
    """Numbered lines beside the database, of which the content may be sealed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def exists(self) -> bool:
        """Whether anything was ever written."""
        return self._path.exists()

    def read(self) -> tuple[Attempt, ...]:
        """All lines; a line cut short by a crash is passed over.

        Raises:
            StorageError: the log cannot be read.
        """
        return tuple(a for a in map(_attempt, self._bytes().splitlines()) if a is not None)

    def append(self, slot: str, now: datetime, sealed: bytes | None) -> None:
        """Write a line, on the disk when this returns.

        Raises:
            StorageError: the disk is full, read-only or failing.
        """
        written = self._bytes()
        number = 0
        for known in map(_attempt, written.splitlines()):
            # A line that cannot be read keeps its number: the gap is told at the next sign-in.
            number = number + 1 if known is None else known.number
        line = dumps(
            {
                "n": number + 1,
                "slot": slot,
                "at": stamp(now),
                "sealed": None if sealed is None else to_base64(sealed),
            }
        )
        with storage_errors(), self._path.open("ab") as file:
            cut = not written.endswith(b"\n") and written != b""
            file.write((b"\n" if cut else b"") + line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _bytes(self) -> bytes:
        if not self._path.exists():
            return b""
        with storage_errors():
            return self._path.read_bytes()


class AttemptLog(SealedLog):
    """The log of one folder. ``slow`` is off on training folders: no delay there."""

    def __init__(self, folder: Path, log_key: bytes, *, slow: bool) -> None:
        super().__init__(folder / LOG_FILE)
        self._log_key = log_key
        self._slow = slow

    def check(self, slot: str, now: datetime) -> None:
        """Refuse a try that comes too early.

        Raises:
            TryLater: with the seconds left.
        """
        recent = [a for a in self.read() if a.slot == slot]
        failures = 0
        for attempt in reversed(recent):
            if attempt.sealed is None:
                break
            failures += 1
        wait = delay(failures) if self._slow else 0
        if not wait:
            return
        passed = (now - moment(recent[-1].at)).total_seconds()
        # A clock set back makes nobody wait longer than the whole delay, nor less.
        left = wait - max(0.0, passed)
        if left > 0:
            raise TryLater(seconds=int(left) + 1)

    def failed(self, slot: str, user: str | None, now: datetime) -> None:
        """Note a failure; ``user`` is None for unknown names, which may be a mistyped password."""
        content = dumps({"at": stamp(now), "user": user})
        self.append(slot, now, crypto.seal(self._log_key, content, _CONTEXT))

    def succeeded(self, slot: str, now: datetime) -> tuple[str, ...]:
        """End a row of failures; writes nothing where there was none.

        Returns:
            When the failures were that this ends: the user is told (R-ACC-09).
        """
        recent = [a for a in self.read() if a.slot == slot]
        ended = tuple(takewhile(lambda a: a.sealed is not None, reversed(recent)))
        if ended:
            self.append(slot, now, None)
        return tuple(a.at for a in reversed(ended))


def opened(
    attempts: tuple[Attempt, ...], private: bytes, context: bytes = _CONTEXT
) -> tuple[Mapping[str, JSON], ...]:
    """The contents of failures, for the ledger; one that does not open is named as damaged."""
    found: list[Mapping[str, JSON]] = []
    for attempt in attempts:
        if attempt.sealed is None:
            continue
        try:
            content = loads(crypto.unseal(private, attempt.sealed, context))
        except (Unopened, CanonicalError):
            content = {"at": attempt.at, "user": None, "damaged": True}
        assert isinstance(content, Mapping)
        found.append({**content, "n": attempt.number})
    return tuple(found)


def since(
    lines: tuple[Attempt, ...], merged: int, private: bytes, context: bytes = _CONTEXT
) -> Iterator[Mapping[str, JSON]]:
    """What the ledger is told: failures after the last merged line, and lines that are gone."""
    if not lines or lines[-1].number < merged:
        found = lines[-1].number if lines else 0
        yield {"gap": True, "expected": merged, "found": found}
        return
    last = merged
    for attempt in (a for a in lines if a.number > merged):
        if attempt.number != last + 1:
            yield {"gap": True, "expected": last + 1, "found": attempt.number}
        last = attempt.number
        yield from opened((attempt,), private, context)


def _attempt(line: bytes) -> Attempt | None:
    try:
        row = json.loads(line)
        sealed = row["sealed"]
        data = None if sealed is None else from_base64(str(sealed))
        if sealed is not None and data is None:
            return None
        moment(str(row["at"]))
        return Attempt(int(row["n"]), str(row["slot"]), str(row["at"]), data)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
