"""Faults that nobody foresaw: kept outside the database, which may be what failed (R-SEC-09).

``faults.log`` in the folder has one line per fault: incident number, time, version of the program,
kind of the fault, and file, line and function of the program where it was. No message and no
value: these may hold what was typed. The lines become records with the next transaction that can
be written. Whoever can write to the folder can write lines too, so that only what has the shape of
a line of ours is taken.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mrd_desktop import __version__
from mrd_desktop.faults import kind_and_places
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.storage import storage_errors

LOG_FILE: Final = "faults.log"
ACT: Final = "fault_met"
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 6
_LARGEST: Final = 256 * 1024
"""Bytes; a log that has grown so large begins anew."""
_AT_ONCE: Final = 50
"""Faults that become records in one transaction: the last ones."""
_NUMBER: Final = re.compile(r"[A-Z0-9-]{4,20}", re.ASCII)
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_PROGRAM: Final = re.compile(r"[\w.+-]{1,40}", re.ASCII)
_KIND: Final = re.compile(r"\w{1,80}", re.ASCII)
_PLACE: Final = re.compile(r"[\w.<> -]{1,80}:\d{1,7} [\w<>]{1,80}", re.ASCII)
_PLACES: Final = 8


@dataclass(frozen=True, slots=True)
class Met:
    """One fault.

    Attributes:
        number: what the window showed, to be told to who helps.
        kind: class of the fault.
        places: ``app.py:418 lock``, the deepest last.
    """

    number: str
    at: str
    program: str
    kind: str
    places: tuple[str, ...]

    def content(self) -> dict[str, JSON]:
        """For the ledger and for a line of the log."""
        return {
            "number": self.number, "at": self.at, "program": self.program, "fault": self.kind,
            "places": [*self.places],
        }  # fmt: skip


def met(fault: BaseException) -> Met:
    """A fault under a number of its own: the day, and six random letters."""
    now = datetime.now(UTC)
    kind, where = kind_and_places(fault)
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return Met(f"{now:%y%m%d}-{letters}", stamp(now), __version__, kind, where)


def keep(folder: Path, one: Met) -> None:
    """Write a line.

    Raises:
        StorageError: the disk is full, read-only or failing.
    """
    path = folder / LOG_FILE
    with storage_errors():
        mode = "wb" if path.is_file() and path.stat().st_size > _LARGEST else "ab"
        with path.open(mode) as file:
            # A line that a crash cut short does not take this one with it.
            file.write(b"\n" + dumps(one.content()) + b"\n")
            file.flush()
            os.fsync(file.fileno())


def after(folder: Path, last: str) -> tuple[Met, ...]:
    """The faults after the one of a number; all where it is not there. At most the last 50.

    Raises:
        StorageError: the log cannot be read.
    """
    path = folder / LOG_FILE
    if not path.is_file():
        return ()
    with storage_errors(), path.open("rb") as file:
        lines = file.read(2 * _LARGEST).splitlines()
    found = [one for one in map(_met, lines) if one is not None]
    at = next((n for n, one in enumerate(found) if one.number == last), -1)
    return tuple(found[at + 1 :][-_AT_ONCE:])


def is_fault(record: Record) -> bool:
    """Whether a record that can be read tells of a fault."""
    return record.kind is Kind.REVIEW_NOTED and record.body.get("act") == ACT


def _met(line: bytes) -> Met | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, Mapping):
        return None
    places = row.get("places")
    if not isinstance(places, list) or len(places) > _PLACES:
        return None
    shapes = ((_NUMBER, "number"), (_AT, "at"), (_PROGRAM, "program"), (_KIND, "fault"))
    said = [_shaped(shape, row.get(name)) for shape, name in shapes]
    where = [_shaped(_PLACE, place) for place in places]
    if None in said or None in where:
        return None
    number, at, program, kind = (str(x) for x in said)
    return Met(number, at, program, kind, tuple(str(x) for x in where))


def _shaped(shape: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and shape.fullmatch(value) else None
