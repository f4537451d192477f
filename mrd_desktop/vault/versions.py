"""Versions of the program: which one a live folder has worked with, and that it goes not back.

The newest version that clinical data were written with is folded from the records: who only
looks, or may not work, moves nothing. An older one looks and keeps, but takes no live data
(R-SEC-06): what a newer one repaired would be open again. The way back is an update that a release
key signed as one, installed by two people (:mod:`mrd_desktop.transfer.updating`); the version that
it leads back from takes no live data in that folder from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.ledger.trust import PROGRAM_UPDATED
from mrd_desktop.texts import Text
from mrd_desktop.vault import schema

_NEWEST: Final = "program.newest"
_WORKS: Final = "program.works"
"""Session that was opened last, and the version that it says."""
_WITHDRAWN: Final = "program.withdrawn"
_CLINICAL: Final = frozenset(
    {
        Kind.SUBJECT_CREATED, Kind.EVENT_ADDED, Kind.EVENT_REMOVED, Kind.EVENT_RESTORED,
        Kind.FORM_ADDED, Kind.FORM_REMOVED, Kind.FORM_RESTORED, Kind.ROW_ADDED, Kind.ROW_REMOVED,
        Kind.ROW_RESTORED, Kind.FORM_SAVED, Kind.FORM_FROZEN, Kind.FORM_LOCKED, Kind.FORM_UNLOCKED,
        Kind.ITEM_SET, Kind.QUERY_OPENED, Kind.QUERY_ANSWERED, Kind.QUERY_CLOSED,
        Kind.QUERY_REOPENED, Kind.SDV_MARKED, Kind.NOTE_ADDED,
    }
)  # fmt: skip
"""What only a program can write that takes live data: see :data:`mrd_desktop.vault.roles.CLINICAL`.
"""
_VERSION: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}")
OLDER: Final = Text(
    "This folder has worked with version {newest} of the program; {own} is older. Start the newer "
    "one.",
    "此文件夹已使用过程序 {newest} 版，而 {own} 版较旧，请启动较新的版本。",
)
WITHDRAWN: Final = Text(
    "By order of the sponsor two people led this folder back from version {own} of the program. "
    "Start version {newest}.",
    "按申办方指令，两人已将此文件夹从程序 {own} 版退回。请启动 {newest} 版。",
)
UNCOUNTED: Final = Text(
    "This folder has worked with version {newest} of the program; whether {own} is newer cannot be "
    "told. Start a released version.",
    "此文件夹已使用过程序 {newest} 版，无法判断 {own} 版是否较新。请启动正式发布的版本。",
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
    newest = _newest(conn)
    own = _counted(__version__)
    if newest is None or own is None:
        why = None if newest is None else UNCOUNTED
    elif is_withdrawn(conn, __version__):
        why = WITHDRAWN
    else:
        why = OLDER if own < parsed(newest) else None
    return why and why.filled(newest=newest or "", own=__version__)


def is_withdrawn(conn: Connection, version: str) -> bool:
    """Whether an order led this folder back from a version."""
    return _counted(version) in [_counted(v) for v in _withdrawn(conn)]


def fold(conn: Connection, records: Iterable[Record]) -> None:
    """Fold records of a folder's own chain that can be read: what it works with from now on."""
    noted = ""
    for record in records:
        session = record.header.session
        if record.kind is Kind.SESSION_OPENED:
            schema.put_setting(conn, _WORKS, f"{session} {record.body.get('program', '')}")
        elif record.kind is Kind.REVIEW_NOTED:
            if record.body.get("act") == PROGRAM_UPDATED and record.body.get("back") is True:
                _go_back(conn, str(record.body["from"]), str(record.body["version"]))
        elif record.kind in _CLINICAL and session != noted:
            noted = session
            works, _, version = (schema.setting(conn, _WORKS) or "").partition(" ")
            if works == session:
                _note(conn, version)


def _note(conn: Connection, own: str) -> None:
    """Clinical data were written with a version: it counts where it is the newest so far."""
    newest, counted = _newest(conn), _counted(own)
    if counted is None or is_withdrawn(conn, own):
        return
    if newest is None or parsed(newest) < counted:
        schema.put_setting(conn, _NEWEST, own)


def _go_back(conn: Connection, former: str, version: str) -> None:
    """Two people have led the folder back, as the release key ordered it.

    The order is about ``former``: where the folder has worked with a newer one, that one still is
    the newest.
    """
    newest, left, to = _newest(conn), _counted(former), _counted(version)
    if left is None or to is None:
        return
    if newest is None or parsed(newest) <= left:
        schema.put_setting(conn, _NEWEST, version)
    left_behind = {*_withdrawn(conn), former} - {version}
    schema.put_setting(conn, _WITHDRAWN, " ".join(sorted(left_behind)))


def _newest(conn: Connection) -> str | None:
    """The newest version on record; one that does not compare would switch the rule off."""
    newest = schema.setting(conn, _NEWEST) or ""
    return None if _counted(newest) is None else newest


def _withdrawn(conn: Connection) -> Sequence[str]:
    return (schema.setting(conn, _WITHDRAWN) or "").split()


def _counted(text: str) -> tuple[int, ...] | None:
    try:
        return parsed(text)
    except ValueError:
        return None
