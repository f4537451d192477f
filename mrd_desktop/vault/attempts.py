"""Failed sign-ins: kept outside the database, which is still shut when they happen.

``signin.log`` has one line per event. Content is sealed to the site's log key, so that the file
shows a thief no names; slot and time stand open, for the growing delay must be known before
anything opens. Whoever can write to the folder can cut the file: the gap against the last merged
number then shows in the ledger, but the delay is lost. Against somebody who copies the folder
away, only Argon2id and the password count. A clock that is set forward shortens no delay: a line
also says what :func:`clock.steady` showed, which nobody sets. Where the computer was started anew
since, that clock began anew too, and the one on the wall counts.

Whoever can write to the folder can add a line as well, for the log key is public. So what a line
says is judged before it becomes a record that somebody else signs: a closed list of fields, each of
a shape and length of its own. A log that cannot be read, or that says anything else, is told as
just that, and stops nobody.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Final

from mrd_desktop.ledger.canonical import INTEGER_LIMIT, JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.keys import from_base64, to_base64
from mrd_desktop.vault import accounts, crypto
from mrd_desktop.vault.clock import moment, stamp, steady
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import StorageError, StorageFault, TryLater
from mrd_desktop.vault.storage import storage_errors

LOG_FILE: Final = "signin.log"
FREE: Final = 3
"""Failures in a row after which nobody waits yet."""
_LONGEST: Final = 900
_CONTEXT: Final = b"mrd/signin-log/v1"
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes; years of lines. A larger log is not read."""
_LAST: Final = INTEGER_LIMIT - 2
"""The largest number that a line may have: records can still say the one behind it."""
_AT_ONCE: Final = 5000
"""Lines that become records in one transaction: the last ones; a gap stands for those before."""
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_WORD: Final = re.compile(r"[\w.-]{1,64}")

Test = Callable[[JSON], bool]


def is_name(value: JSON) -> bool:
    """Whether it is a user name in the one spelling that names have."""
    return isinstance(value, str) and accounts.is_folded(value)


def is_word(value: JSON) -> bool:
    """Whether it can be the id of a role or an operation, or the code of a refusal."""
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def is_time(value: JSON) -> bool:
    """Whether it is a :func:`stamp`."""
    if not isinstance(value, str) or _AT.fullmatch(value) is None:
        return False
    try:
        return bool(moment(value))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Fields:
    """What a sealed content may say; one that says anything else is damaged.

    Attributes:
        needs: fields that must be there, each with what it must be.
        may: fields that may be there.
    """

    needs: Mapping[str, Test]
    may: Mapping[str, Test]

    def fit(self, content: JSON) -> bool:
        """Whether it says these fields, and nothing else."""
        if not isinstance(content, Mapping) or not self.needs.keys() <= content.keys():
            return False
        known = {**self.needs, **self.may}
        return all(name in known and known[name](value) for name, value in content.items())


_FIELDS: Final = Fields(
    {"at": is_time, "user": lambda value: value is None or is_name(value)}, {"cause": is_word}
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line: number, slot, time, and the sealed content of a failure (None for a success).

    Attributes:
        digest: of the whole line, by which it is known again.
        run: milliseconds that :func:`clock.steady` showed; None where the line does not say.
    """

    number: int
    slot: str
    at: str
    sealed: bytes | None
    digest: str = ""
    run: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a log was told.

    Attributes:
        number: of the last line that became a record; 0 before there was one.
        digest: of the same line; numbers begin anew in a new file. Former versions kept none.
        unread: it was told that the log cannot be read.
    """

    number: int = 0
    digest: str = ""
    unread: bool = False

    @classmethod
    def of_texts(cls, number: str | None, line: str | None) -> Mark:
        """The inverse of :meth:`texts`; nothing stands where no line was told yet."""
        line = line or ""
        return cls(int(number or 0), line.removeprefix(_UNREAD), line.startswith(_UNREAD))

    def texts(self) -> tuple[str, str]:
        """As the database keeps it: the number, and the line."""
        return str(self.number), f"{_UNREAD if self.unread else ''}{self.digest}"


_UNREAD: Final = "?"


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
                # Only somebody else writes so large a number; the break is told like any other.
                "n": number + 1 if number < _LAST else 1,
                "slot": slot,
                "at": stamp(now),
                "sealed": None if sealed is None else to_base64(sealed),
                "run": _run(),
            }
        )
        with storage_errors(), self._path.open("ab") as file:
            cut = not written.endswith(b"\n") and written != b""
            file.write((b"\n" if cut else b"") + line + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _bytes(self) -> bytes:
        try:
            with storage_errors():
                if not self._path.exists():
                    return b""
                # A directory, or a pipe that nobody writes to, is no log.
                if not self._path.is_file() or self._path.stat().st_size > _LARGEST:
                    raise StorageFault(self._path.name)
                return self._path.read_bytes()
        except OSError:
            raise StorageFault(self._path.name) from None


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
        recent = self._of(slot)
        failures = 0
        for attempt in reversed(recent):
            if attempt.sealed is None:
                break
            failures += 1
        wait = delay(failures) if self._slow else 0
        if not wait:
            return
        passed = (now - moment(recent[-1].at)).total_seconds()
        run = recent[-1].run
        if run is not None and run <= _run():  # a clock set forward shortens nothing
            passed = min(passed, (_run() - run) / 1000)
        # A clock set back makes nobody wait longer than the whole delay, nor less.
        left = wait - max(0.0, passed)
        if left > 0:
            raise TryLater(seconds=int(left) + 1)

    def failed(self, slot: str, user: str | None, now: datetime, cause: str = "") -> None:
        """Note a failure; ``user`` is None for unknown names, which may be a mistyped password.

        Args:
            cause: code of the refusal, where it was not for a wrong name or password.
        """
        why: dict[str, JSON] = {"cause": cause} if cause else {}
        content = dumps({"at": stamp(now), "user": user, **why})
        self.append(slot, now, crypto.seal(self._log_key, content, _CONTEXT))

    def succeeded(self, slot: str, now: datetime) -> tuple[str, ...]:
        """End a row of failures; writes nothing where there was none.

        Returns:
            When the failures were that this ends: the user is told (R-ACC-09).
        """
        recent = self._of(slot)
        ended = tuple(takewhile(lambda a: a.sealed is not None, reversed(recent)))
        if ended:
            self.append(slot, now, None)
        return tuple(a.at for a in reversed(ended))

    def _of(self, slot: str) -> list[Attempt]:
        """The lines of a slot. A log that cannot be read stops nobody: its lines could as well be
        cut out."""
        with suppress(StorageError):
            return [a for a in self.read() if a.slot == slot]
        return []

    def untold(
        self, mark: Mark, private: Callable[[], bytes]
    ) -> tuple[tuple[Mapping[str, JSON], ...], Mark]:
        """As :func:`untold` tells of this log."""
        return untold(self, mark, private, _CONTEXT, _FIELDS)


def untold(
    log: SealedLog, mark: Mark, private: Callable[[], bytes], context: bytes, fields: Fields
) -> tuple[tuple[Mapping[str, JSON], ...], Mark]:
    """What the ledger is to be told of a log, and how far it is told then.

    Args:
        private: gives the log's private key; asked only where there is something to open.
    """
    try:
        lines = log.read()
    except StorageError:
        if mark.unread:
            return (), mark
        gap = {**_gap(mark.number, 0), "damaged": True}
        return (gap,), replace(mark, unread=True)
    last = Mark(lines[-1].number, lines[-1].digest) if lines else Mark()
    if last == mark:
        return (), mark
    if lines and not mark.digest and mark.number == last.number:  # of a former version
        return (), last
    return tuple(since(lines, mark, private(), context, fields)), last


def since(
    lines: tuple[Attempt, ...],
    mark: Mark,
    private: bytes,
    context: bytes = _CONTEXT,
    fields: Fields = _FIELDS,
) -> Iterator[Mapping[str, JSON]]:
    """What is behind the last line that was told, with the numbers that are not there.

    Where that line itself is gone nobody knows which were told: whatever is there is told.
    """
    begin = _told(lines, mark)
    last: int | None = mark.number
    if begin is None:
        yield _gap(mark.number, lines[-1].number if lines else 0)
        begin, last = 0, None
    pending = lines[begin:]
    for attempt in pending[-_AT_ONCE:]:
        if last is not None and attempt.number != last + 1:
            yield _gap(last + 1, attempt.number)
        last = attempt.number
        if attempt.sealed is not None:
            yield _content(attempt, private, context, fields)


def _told(lines: tuple[Attempt, ...], mark: Mark) -> int | None:
    """How many lines were told; None where the last one of them is not there."""
    if not mark.number:
        return 0
    for at in range(len(lines) - 1, -1, -1):
        line = lines[at]
        if line.digest == mark.digest if mark.digest else line.number == mark.number:
            return at + 1
    return None


def _gap(expected: int, found: int) -> dict[str, JSON]:
    return {"gap": True, "expected": expected, "found": found}


def _content(
    attempt: Attempt, private: bytes, context: bytes, fields: Fields
) -> Mapping[str, JSON]:
    """What a line says; one that does not open, or says what no line of ours does, is damaged."""
    assert attempt.sealed is not None
    try:
        content = loads(crypto.unseal(private, attempt.sealed, context))
    except (Unopened, CanonicalError):
        content = None
    if not isinstance(content, Mapping) or not fields.fit(content):
        content = {"at": attempt.at, "user": None, "damaged": True}
    return {**content, "n": attempt.number}


def _attempt(line: bytes) -> Attempt | None:
    try:
        row = json.loads(line)
        number, slot, at, sealed = (row[name] for name in ("n", "slot", "at", "sealed"))
        data = None if sealed is None else from_base64(str(sealed))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return None
    if sealed is not None and data is None:
        return None
    if not _counts(number) or not isinstance(slot, str) or not is_time(at):
        return None
    run = row.get("run")
    digest = hashlib.sha256(line).hexdigest()
    return Attempt(number, slot, at, data, digest, run if _counts(run) else None)


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LAST


def _run() -> int:
    return int(steady() * 1000)
