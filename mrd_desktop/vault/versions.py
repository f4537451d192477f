"""Versions of the program: which one a live folder has worked with, and that it goes not back.

The newest version that wrote in a folder is a setting, put with each session's record. An older one
looks and keeps, but takes no live data (R-SEC-06): what a newer one repaired would be open again.
The way back is an update that a release key signed as one, installed by two people
(:mod:`mrd_desktop.transfer.updating`).
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.texts import Text
from mrd_desktop.vault import schema

_NEWEST: Final = "program.newest"
_VERSION: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}")
OLDER: Final = Text(
    "This folder has worked with version {newest} of the program; {own} is older. Start the newer "
    "one.",
    "此文件夹已使用过程序 {newest} 版，而 {own} 版较旧，请启动较新的版本。",
)


def parsed(text: str) -> tuple[int, ...]:
    """A version as numbers that compare: ``1.10`` comes after ``1.9``, ``1.0.0`` is ``1.0``.

    Raises:
        ValueError: it is none.
    """
    if _VERSION.fullmatch(text) is None:
        raise ValueError(text)
    numbers = [int(n) for n in text.split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def too_old(conn: Connection) -> Text | None:
    """Why this version takes no live data in a folder; None where it is the newest there."""
    newest = schema.setting(conn, _NEWEST)
    if newest is None or not _is_older(__version__, newest):
        return None
    return OLDER.filled(newest=newest, own=__version__)


def note(conn: Connection, own: str) -> None:
    """Keep that a version writes here, where it is the newest so far."""
    newest = schema.setting(conn, _NEWEST)
    if newest is None or _is_older(newest, own):
        schema.put_setting(conn, _NEWEST, own)


def go_back(conn: Connection, version: str) -> None:
    """An older version is the one to work with from now on; callers have asked two people."""
    schema.put_setting(conn, _NEWEST, version)


def _is_older(one: str, other: str) -> bool:
    try:
        return parsed(one) < parsed(other)
    except ValueError:
        return False
