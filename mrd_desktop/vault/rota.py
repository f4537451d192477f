"""Automatic backups: where they go, when one is due (daily, after work), which old ones go.

The place is a second medium, chosen once by somebody who may make backups. Every backup is read
back and its chain walked as it is written (:mod:`backup`); only then do older ones of this same
chain make room: those of the last days stay, then one a week, then one a month.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from mrd_desktop.ledger import store
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.texts import Text
from mrd_desktop.vault import faultlog, presence, program_check, schema
from mrd_desktop.vault.backup import (
    SUFFIX,
    BackupReport,
    Told,
    backup,
    report_of,
    signed_head,
)
from mrd_desktop.vault.errors import BackupError, BackupNotMade
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys

TARGET: Final = "backup.target"
LAST: Final = "backup.last"
LAST_APART: Final = "backup.apart"
LAST_SEQ: Final = "backup.seq"
REMOVED: Final = "backup.removed"
EVERY: Final = timedelta(hours=20)
LATE: Final = timedelta(hours=25)
VERY_LATE: Final = timedelta(hours=72)
DAYS, WEEKS, MONTHS = 7, 5, 12
_NAMED: Final = re.compile(r"-([0-9]{4})([0-9]{2})([0-9]{2})T[0-9]{6}-")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the automatic backups of a site stand.

    Attributes:
        target: where they go; None before it was chosen.
        present: the medium is there now.
        last: UTC time of the last one that was written and read back; empty before the first.
        due: one is to be made now. late, very_late: over 25 and 72 hours without one; on a live
            site one on the same disk as the data does not count.
        apart: the last one lies on another disk than the data.
    """

    target: Path | None
    present: bool
    last: str
    due: bool
    late: bool
    very_late: bool
    apart: bool


def choose_target(session: Session, target: Path | None) -> None:
    """Choose the folder, on a second medium, to which backups go by themselves; None for nowhere.

    Raises:
        PermissionDenied: the role may not make backups.
        BackupError: no folder, or it lies inside the site's own.
    """
    session.require("backup")
    if target is not None:
        if not target.is_dir():
            raise BackupNotMade(_NO_FOLDER)
        if target.resolve().is_relative_to(session.folder.path.resolve()):
            raise BackupNotMade(_INSIDE)
    with session.writing() as conn:
        schema.put_setting(conn, TARGET, "" if target is None else str(target.resolve()))


def standing(session: Session) -> Standing:
    """How automatic backups stand now; nothing is written."""
    with session.reading() as conn:
        target = schema.setting(conn, TARGET)
        last = schema.setting(conn, LAST) or ""
        apart = schema.setting(conn, LAST_APART) or ""
    place = Path(target) if target else None
    age = _age(session, last)
    counted = age if session.folder.training else _age(session, apart)
    return Standing(
        place,
        place is not None and _is_there(place),
        last,
        age is None or age >= EVERY,
        counted is None or counted >= LATE,
        counted is None or counted >= VERY_LATE,
        bool(last) and last == apart,
    )


def back_up_if_due(session: Session, told: Told = lambda done, total: None) -> BackupReport | None:
    """Make the backup that is due, and let older ones of this chain go; None where none is due.

    Work that no backup holds, as the one on leaving was refused or left out, makes one due. While
    something is missing here, data were altered, or the program is no whole release, none is made,
    so that no good one is pushed out.

    Args:
        told: how far it is.

    Raises:
        BackupError: the medium is not there or refuses, or what was written does not verify. No
            older backup was touched.
        StorageError: the site's own disk refuses.
    """
    found = standing(session)
    if _doubtful(session):
        return None
    if found.target is None or not session.allows("backup"):
        return None
    if not found.due and not _worked(session):
        return None
    if not found.present:
        raise BackupNotMade(_ABSENT)
    return _made(session, found.target, told)


def _doubtful(session: Session) -> bool:
    """Whether a backup made by itself could push a good one out; by hand it is made anyway."""
    return any(x is not None for x in (session.hold, session.altered, session.unreleased))


def owes_on_leaving(session: Session) -> bool:
    """Whether data were written since the last backup, and a place for backups is chosen.

    A folder that knows less than its backups makes none, nor does one that was altered.
    """
    if session.locked or _doubtful(session) or not session.allows("backup"):
        return False
    return standing(session).target is not None and _worked(session)


def back_up_on_leaving(
    session: Session, told: Told = lambda done, total: None
) -> BackupReport | None:
    """Make a backup at the end of a session that owes one; None where there is nothing to do.

    Args:
        told: how far it is.

    Raises:
        BackupError, StorageError: as :func:`back_up_if_due`.
    """
    found = standing(session)
    if found.target is None or not owes_on_leaving(session):
        return None
    if not found.present:
        raise BackupNotMade(_ABSENT)
    return _made(session, found.target, told)


def _made(session: Session, target: Path, told: Told) -> BackupReport:
    made = backup(session, target, told)
    now, before = session.now(), _heads(target)
    with session.writing() as conn:
        schema.put_setting(conn, LAST, now)
        schema.put_setting(conn, LAST_SEQ, str(made.head.seq))
        if made.apart:
            schema.put_setting(conn, LAST_APART, now)
    gone = make_room(session, target, made)
    if gone:
        with session.writing() as conn:
            known = (schema.setting(conn, REMOVED) or "").split()
            told_of = " ".join([*known, *(before[p].digest.hex() for p in gone)])
            schema.put_setting(conn, REMOVED, told_of)
    return made


def removed(session: Session) -> frozenset[str]:
    """The backups that made room for later ones, by the digests (hexadecimal) of their heads."""
    with session.reading() as conn:
        return frozenset((schema.setting(conn, REMOVED) or "").split())


def _heads(target: Path) -> dict[Path, Head]:
    found = {}
    for path in target.glob(f"*{SUFFIX}"):
        with suppress(BackupError):
            found[path] = report_of(path)
    return found


def _worked(session: Session) -> bool:
    """Whether a record other than of coming, going and looking has come since the last backup."""
    with session.reading() as conn:
        after = int(schema.setting(conn, LAST_SEQ) or 0)
        records = store.records(conn, session.folder.chain, after=after)
        return any(r.opening is None or not _idle(r) for r in records)


def _idle(record: Record) -> bool:
    told = (program_check.is_check, faultlog.is_fault, presence.is_presence)
    return record.kind in _IDLE or any(is_told(record) for is_told in told)


_IDLE: Final = frozenset(
    {
        Kind.SESSION_OPENED,
        Kind.SESSION_CLOSED,
        Kind.SIGNIN_FAILED,
        Kind.BACKUP_MADE,
        Kind.RESTORE_DONE,
        Kind.PRINTED,
        Kind.IDENTITY_LOOKED,
    }
)


def latest(session: Session, place: Path) -> Path | None:
    """The backup of this chain in a folder that knows most; None where there is none."""
    ours: list[tuple[int, Path]] = []
    for path in sorted(place.glob(f"*{SUFFIX}")):
        try:
            head = report_of(path)
        except BackupError:
            continue
        if head.chain == session.folder.chain:
            ours.append((head.seq, path))
    return max(ours)[1] if ours else None


def make_room(session: Session, target: Path, newest: BackupReport) -> tuple[Path, ...]:
    """Remove backups of the same chain that the rota no longer keeps; the ones removed.

    Only one that a key of this folder signed goes, and whose last record is the one that stands
    here under its number: whatever else, or whatever it knows more, is never touched.
    """
    own = known_keys(session)
    ours: list[tuple[date, Head, Path]] = []
    for path in sorted(target.glob(f"*{SUFFIX}")):
        if path.is_symlink():
            continue  # what it leads to is somebody else's to remove
        head = signed_head(path, own)
        if head is None or head.chain != newest.head.chain or head.seq > newest.head.seq:
            continue
        if _stands_here(session, head):
            ours.append((_taken(path, head), head, path))
    ours.sort(key=lambda found: (found[1].seq, found[2] == newest.path))
    kept = keeps(day for day, _, _ in ours)
    gone = [p for n, (_, _, p) in enumerate(ours) if n not in kept and p != newest.path]
    for path in gone:
        shutil.rmtree(path)
    return tuple(gone)


def _stands_here(session: Session, head: Head) -> bool:
    with session.reading() as conn:
        last = store.head(conn, session.folder.chain).seq
        return 0 < head.seq <= last and (
            store.record(conn, session.folder.chain, head.seq).digest == head.digest
        )


def keeps(days: Iterable[date]) -> frozenset[int]:
    """Which of backups in order of time stay: the last of each late day, week and month."""
    last: dict[tuple[str, object], int] = {}
    for n, day in enumerate(days):
        year, week, _ = day.isocalendar()
        for name, span in (("day", day), ("week", (year, week)), ("month", (day.year, day.month))):
            last[name, span] = n
    kept: set[int] = set()
    for name, count in (("day", DAYS), ("week", WEEKS), ("month", MONTHS)):
        kept |= set(sorted(n for (kind, _), n in last.items() if kind == name)[-count:])
    return frozenset(kept)


def _taken(path: Path, head: Head) -> date:
    """The day a backup was made, as its name says; its last record may be older."""
    found = _NAMED.search(path.name)
    text = head.at[:10] if found is None else "-".join(found.groups())
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.fromisoformat(head.at[:10])


def _is_there(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError:  # a medium that fails is as good as gone
        return False


def _age(session: Session, last: str) -> timedelta | None:
    if not last:
        return None
    return datetime.fromisoformat(session.now()) - datetime.fromisoformat(last)


_NO_FOLDER: Final = Text("there is no such folder.", "没有此文件夹。")
_INSIDE: Final = Text(
    "it would lie inside the site's own folder. Choose a second medium.",
    "它位于中心文件夹之内。请选择另一存储介质。",
)
_ABSENT: Final = Text(
    "its medium is not there. Plug the stick in; the next sign-in tries again.",
    "存储介质不在。请插入 U 盘，下次登录会再次尝试。",
)
