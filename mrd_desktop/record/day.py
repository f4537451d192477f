"""The day's first sign-in: queries that only the passing of time makes or settles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Entry
from mrd_desktop.record import questions
from mrd_desktop.record.reading import shared_samples, subject_data
from mrd_desktop.study.scene import Scene
from mrd_desktop.vault.schema import put_setting, setting
from mrd_desktop.vault.session import Session

LAST_DAY: Final = "record.last_day"


def begin_day(
    session: Session,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> int:
    """Run every check of every subject once a day, by the first user who may edit forms.

    Each subject is a transaction of its own; the day counts as begun when all are done.

    Args:
        progress: told (done, total) after each subject.
        cancelled: asked before each subject; True stops, and the next sign-in starts again.

    Returns:
        How many entries were written; 0 on any later sign-in of the day.
    """
    if not session.allows("form.edit"):
        return 0
    today = session.today()
    with session.reading() as conn:
        if setting(conn, LAST_DAY) == today.isoformat():
            return 0
        subjects = [r[0] for r in conn.execute(text("SELECT subject FROM p_subject"))]
        shared = shared_samples(conn)
    written = 0
    for done, subject in enumerate(subjects, start=1):
        if cancelled and cancelled():
            return written

        def build(conn: Connection, subject: str = subject) -> list[Entry]:
            samples = shared.get(subject, ())
            data = subject_data(conn, session.study, subject, today, session.box, samples=samples)
            scene = Scene(session.study, data, vault=session.has_vault)
            return list(questions.daily(conn, scene))

        written += len(session.commit(build))
        if progress:
            progress(done, len(subjects))
    with session.writing() as conn:
        put_setting(conn, LAST_DAY, today.isoformat())
    return written
