"""The record of what the installed program was found to be, in the site it works in (R-AUD-10).

Installed files are held against the list of the release at each sign-in. It becomes a record where
it is another finding than the last one of this computer: after an installation, an update, damage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.errors import MrdError
from mrd_desktop.installation import Installation, InstallationUnknown, inspect
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.vault import schema
from mrd_desktop.vault.session import Session, workstation

ACT: Final = "installation_checked"
_SETTING: Final = "installation"
_NAMED: Final = 20
"""Files that are named; of more only the number is told."""


def checked(
    session: Session, root: Path, told: Callable[[int, int], None] = lambda done, total: None
) -> Installation:
    """Hold the program against its list and record what is new about it.

    Where it is no whole release any more, live work waits from here on. A record that cannot be
    written now is tried at the next sign-in.

    Raises:
        InstallationUnknown: there is no list, or it cannot be read; that is recorded, too.
    """
    try:
        try:
            found = inspect(root, told)
        except OSError:
            raise InstallationUnknown from None
    except InstallationUnknown as unknown:
        with suppress(MrdError):
            note(session, None)
        _bar(session, unknown.text)
        raise
    _bar(session, found.bar)
    with suppress(MrdError):
        note(session, found)
    return found


def _bar(session: Session, why: Text | None) -> None:
    """Nothing lifts it in this session: code that was altered may be at work already."""
    if why is not None and not session.folder.training:
        session.unreleased = why


def note(session: Session, found: Installation | None) -> bool:
    """Record a finding, where it is not the last one of this computer; whether that was done.

    Args:
        found: None where there is no list of files to compare with, or none that can be read.

    Raises:
        StorageError, ClockWentBack, SessionLocked: nothing was recorded.
    """
    said = _said(found)
    place = f"{_SETTING}.{workstation(session.folder.chain)}"
    digest = hashlib.sha256(dumps(said)).hexdigest()

    def entries(conn: Connection) -> Sequence[Entry]:
        if schema.setting(conn, place) == digest:
            return ()
        schema.put_setting(conn, place, digest)
        content = {"act": ACT, "user": session.user, **said}
        return (Entry(Kind.REVIEW_NOTED, RecordClass.CODED, content),)

    return bool(session.commit(entries))


def is_check(record: Record) -> bool:
    """Whether a record that can be read is such a finding."""
    return record.kind is Kind.REVIEW_NOTED and record.body.get("act") == ACT


def _said(found: Installation | None) -> dict[str, JSON]:
    if found is None:
        return {"program": __version__, "result": "unknown"}
    faults: list[JSON] = [*found.faults[:_NAMED]]
    return {
        "program": found.version,
        "result": found.result,
        **({"key": found.signer} if found.signer else {}),
        "commit": found.commit,
        "list": found.digest,
        "files": found.files,
        "faults": len(found.faults),
        "named": faults,
    }
