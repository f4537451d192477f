"""Who was there while nothing could be written: a sealed log beside the chain (R-AUD-10).

A sign-in, a lock and an end are records. Where none can be written (the clock is behind, the disk
is full) or none is to be (records are missing here, so that the chain must not grow away from what
is known elsewhere; nobody has said that the date is right), they go into ``presence.log``, and so
does what was denied. The next session's first transaction makes records of them, which say so.

Lines are as in ``signin.log``: sealed to the site's log key and numbered, so that lines that are
cut out show as a gap. No key signs them: whoever can write to the folder can add one, but none that
says more than who came, went or was denied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.vault import attempts, crypto
from mrd_desktop.vault.attempts import Fields, Mark, SealedLog, is_name, is_time, is_word
from mrd_desktop.vault.clock import stamp
from mrd_desktop.vault.errors import ClockWentBack

LOG_FILE: Final = "presence.log"
ACT: Final = "presence"
"""The act of a record of what the log told."""
_CONTEXT: Final = b"mrd/presence-log/v1"


class What(StrEnum):
    """What happened."""

    IN = "in"
    LOCK = "lock"
    CLOSE = "close"
    DENIED = "denied"
    CODE = "code"


class Why(StrEnum):
    """Why it was no record at once."""

    CLOCK = "clock"
    DATE = "date"
    MISSING = "missing"
    REFUSED = "refused"
    UNOPENED = "unopened"


_FIELDS: Final = Fields(
    {"what": lambda value: value in tuple(What), "at": is_time, "user": is_name},
    {
        "why": lambda value: value in tuple(Why), "role": is_word,
        "session": lambda value: isinstance(value, str) and bool(not value or ID.fullmatch(value)),
        "operation": is_word, "cause": is_word,
    },
)  # fmt: skip


class PresenceLog(SealedLog):
    """The log of one folder."""

    def __init__(self, folder: Path, log_key: bytes) -> None:
        super().__init__(folder / LOG_FILE)
        self._log_key: Final = log_key

    def note(self, content: Mapping[str, JSON], now: datetime) -> None:
        """Write a line.

        Args:
            content: without the time, which is what the clock shows.

        Raises:
            StorageError: the disk is full, read-only or failing.
        """
        sealed = crypto.seal(self._log_key, dumps({**content, "at": stamp(now)}), _CONTEXT)
        self.append("", now, sealed)

    def untold(
        self, mark: Mark, private: Callable[[], bytes]
    ) -> tuple[tuple[Mapping[str, JSON], ...], Mark]:
        """As :func:`attempts.untold` tells of this log."""
        return attempts.untold(self, mark, private, _CONTEXT, _FIELDS)


def why(refused: MrdError) -> Why:
    """Why a record was refused."""
    return Why.CLOCK if isinstance(refused, ClockWentBack) else Why.REFUSED


def entries(told: Iterable[Mapping[str, JSON]], session: str) -> Iterator[Entry]:
    """The records of lines; that this session began its own record tells, which is in front."""
    for line in told:
        if (line.get("what"), line.get("session")) != (What.IN, session):
            said = {name: value for name, value in line.items() if value is not None}
            yield Entry(Kind.REVIEW_NOTED, RecordClass.CODED, {**said, "act": ACT})


def is_presence(record: Record) -> bool:
    """Whether a record that can be read tells what such a log told."""
    return record.kind is Kind.REVIEW_NOTED and record.body.get("act") == ACT
