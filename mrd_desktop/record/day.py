"""The day's first sign-in: queries that only the passing of time makes or settles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import questions
from mrd_desktop.record.owning import moved, owned_here
from mrd_desktop.record.reading import shared_samples, subject_data
from mrd_desktop.study.scene import Scene
from mrd_desktop.vault.schema import put_setting, setting
from mrd_desktop.vault.session import Session

LAST_DAY: Final = "record.last_day"

_TOGETHER: Final = 25
"""So many subjects about whom something is to be written share a transaction."""


def begin_day(
    session: Session,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Run every check of every subject once a day, by the first user who may edit forms.

    Subjects are looked at without locking the file; only those about whom something is to be
    written are looked at again where it is written. The day counts as begun when all are done.

    Args:
        progress: told (done, total) after each subject.
        cancelled: asked before each subject; True stops, and the next sign-in starts again.

    Returns:
        How many entries were written; 0 on any later sign-in of the day.
    """
    if not session.allows("form.edit"):
        return 0
    today = session.today().isoformat()
    with session.reading() as conn:
        if setting(conn, LAST_DAY) == today:
            return 0
        subjects = [r[0] for r in conn.execute(text("SELECT subject FROM p_subject"))]
        elsewhere = {s for s in moved(conn) if not owned_here(conn, s, session.folder.chain)}
        subjects = [s for s in subjects if s not in elsewhere]
        shared = shared_samples(conn)
    written = 0
    waiting: list[str] = []
    for done, subject in enumerate(subjects, start=1):
        if cancelled and cancelled():
            return written + _write(session, waiting, shared)
        with session.reading() as conn:
            if _entries(session, conn, subject, shared):
                waiting.append(subject)
        if len(waiting) >= _TOGETHER:
            written += _write(session, waiting, shared)
            waiting.clear()
        if progress:
            progress(done, len(subjects))
    written += _write(session, waiting, shared)
    with session.writing() as conn:
        put_setting(conn, LAST_DAY, today)
    return written


Shared = Mapping[str, Collection[str]]


def _write(session: Session, subjects: Collection[str], shared: Shared) -> int:
    """What is to be written about these subjects as they stand now; how much it was."""
    if not subjects:
        return 0

    def build(conn: Connection) -> list[Entry]:
        return [e for subject in subjects for e in _entries(session, conn, subject, shared)]

    return len(session.commit(build))


def _entries(session: Session, conn: Connection, subject: str, shared: Shared) -> list[Entry]:
    samples = shared.get(subject, ())
    data = subject_data(conn, session.study, subject, session.today(), session.box, samples=samples)
    return list(questions.daily(conn, Scene(session.study, data, vault=session.has_vault)))
