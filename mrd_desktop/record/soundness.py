"""Whether tables and records are what the program wrote: daily, before signing, before an export.

The chain shows what was changed in the records, and a replay what was changed in the tables alone.
A finding holds work: nothing is entered, signed or sent until a whole check finds nothing, for
nobody can answer for data that were changed outside the program. Source: formats of the project,
section 6; R-VAL-02, R-AUD-06.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Record
from mrd_desktop.ledger.verify import Watermark, verify_records
from mrd_desktop.record import projection
from mrd_desktop.record.projection import Watch
from mrd_desktop.texts import Text
from mrd_desktop.vault import schema, soundness
from mrd_desktop.vault.errors import RecordsAltered
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session

_TABLES: Final = Text(
    "the tables do not agree with the records ({place})", "数据表与记录不一致（{place}）"
)
_RECORD: Final = Text("a record is not what it was ({what})", "有记录与当初写入的不一致（{what}）")
_ENDINGS: Final = (" is missing", " is extra", " differs")
_PULSE: Final = 250


class _Stopped(Exception):
    """The check was asked to stop: it has found nothing out."""


def check_daily(
    session: Session,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Text | None:
    """Walk and replay a site once a day, and at each sign-in while something is wrong.

    Args:
        progress: told (done, total) now and then, in records.
        cancelled: asked as often; True stops, and the next sign-in starts again.

    Returns:
        What is wrong, as it is held; None where nothing is known to be.
    """
    if session.folder.kind is not FolderKind.SITE:
        return session.altered
    with session.reading() as conn:
        done = schema.setting(conn, soundness.DAY) == session.today().isoformat()
        whole = done and soundness.mark_of(conn, session.folder.chain) is not None
    if whole and session.altered is None:
        return None
    return check(session, progress, cancelled)


def check(
    session: Session,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Text | None:
    """Walk and replay the whole folder; hold work for what is wrong, or let it go on.

    What was found while it went, by a signature, stands: this reads the folder as it was before.

    Args:
        progress, cancelled: as :func:`check_daily`.

    Returns:
        As :func:`check_daily`.
    """
    chain, stood = session.folder.chain, session.altered
    with session.reading() as conn:
        watch = _watching(2 * store.head(conn, chain).seq, progress, cancelled)
        try:
            verdict = verify_records(
                watch(store.records(conn, chain, box=session.box)),
                chain,
                private=False,
            )
            found = soundness.guards(conn) or soundness.chain_fault(verdict)
            found = found or disagreement(projection.differences(conn, watch=watch))
        except _Stopped:
            return session.altered
    if found is not None:
        hold(session, found)
        return found
    _lift(session, stood, verdict.watermark)
    return session.altered


def _lift(session: Session, stood: Text | None, mark: Watermark | None) -> None:
    """Let work go on, where nothing else was found since the check began."""
    with session.writing() as conn:  # one at a time with what holds it
        if session.altered is not stood:
            return
        session.altered = None
        if mark is not None:
            soundness.keep_whole(conn, mark, session.today().isoformat())


def hold(session: Session, found: Text) -> None:
    """Hold work for what is wrong, over sign-ins."""
    session.altered = found
    with suppress(MrdError), session.writing() as conn:  # held all the same on a full disk
        session.altered = found
        soundness.keep(conn, found)


def disagreement(differing: Iterator[str]) -> Text | None:
    """The first of what a replay finds, in words; None where tables and records agree.

    Args:
        differing: of :func:`projection.differences`, or of some subjects.
    """
    try:
        line = next(differing, None)
    except LedgerError as fault:
        return _RECORD.filled(what=fault.detail)
    if line is None:
        return None
    for ending in _ENDINGS:
        line = line.removesuffix(ending)
    return _TABLES.filled(place=line)


def require_agreement(conn: Connection, subjects: Collection[str]) -> None:
    """Go on only where what is shown of some subjects is what their records say.

    Raises:
        RecordsAltered: it is not; the caller holds work with :func:`hold`.
    """
    found = soundness.guards(conn)
    found = found or disagreement(projection.differences_of(conn, subjects))
    if found is not None:
        raise RecordsAltered(found)


def _watching(
    total: int,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Watch:
    done = 0

    def watch(records: Iterator[Record]) -> Iterator[Record]:
        nonlocal done
        for record in records:
            if done % _PULSE == 0:
                if cancelled and cancelled():
                    raise _Stopped
                if progress:
                    progress(done, total)
            done += 1
            yield record

    return watch
