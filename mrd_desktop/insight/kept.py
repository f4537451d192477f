"""What lists knew of each subject, kept between sign-ins inside the encrypted database.

No record and no proof: the table can be thrown away at any time, and everything in it is worked
out again. What is kept counts as fresh only while all it was worked out from is the same: the
records about the subject, the day, the user's own drafts, sample ids shared with other subjects,
and the *ground*, which is the user with the rights, the chain, the definition and the program.
Anything else is older knowledge: it may be shown as such until the subject is read again.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, inspect

from mrd_desktop import __version__
from mrd_desktop.insight.overview import Overview, overview
from mrd_desktop.insight.overview_json import FORMAT, read, written
from mrd_desktop.ledger import store
from mrd_desktop.record import drafts
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.reading import shared_samples
from mrd_desktop.record.schema import kept_table
from mrd_desktop.record.touched import touched
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Reading:
    """An overview with what it was worked out from.

    Attributes:
        day: ISO date.
        seq: the head of the chain.
        beside: drafts and shared sample ids.
    """

    overview: Overview
    day: str
    seq: int
    beside: str


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at a sign-in.

    Attributes:
        overviews: by subject, fresh or older.
        older: subjects of whom an older state is known; ``changed``: those of them in whose
            record something happened since.
        seq: the head of the chain when it was looked up.
    """

    overviews: Mapping[str, Overview]
    older: frozenset[str]
    changed: frozenset[str]
    seq: int


class Reader:
    """Reads subjects of an open site one after the other, in a worker."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._book = Casebook(session)
        self._ground = ground(session)
        with session.reading() as conn:
            self._shared = shared_samples(conn)

    def read(self, subject: str) -> Reading:
        """A subject as it stands now."""
        session = self._session
        with session.reading() as conn:
            seq = store.head(conn, session.folder.chain).seq
            samples = self._shared.get(subject, frozenset())
            chart = self._book.chart_on(conn, subject, samples)
            mine = (drafts.addresses(conn, session.user, second=x) for x in (False, True))
            begun = _by_subject(*mine).get(subject, ())
        found = overview(session.study, chart)
        return Reading(found, str(chart.data.today), seq, _beside(begun, samples))

    def keep(self, readings: Iterable[Reading]) -> None:
        """Keep what was read for the next sign-in of the same user.

        Raises:
            StorageError: nothing of it is kept.
        """
        rows = [
            {
                "user": self._session.user,
                "subject": r.overview.subject,
                "ground": self._ground,
                "day": r.day,
                "seq": r.seq,
                "beside": r.beside,
                "content": written(r.overview),
            }
            for r in readings
        ]
        if not rows:
            return
        with self._session.writing() as conn:
            if not _is_there(conn):
                kept_table.drop(conn, checkfirst=True)
                kept_table.create(conn)
            conn.execute(kept_table.insert().prefix_with("OR REPLACE"), rows)


def known(session: Session) -> Known:
    """What was kept for this user, told apart into fresh and older."""
    chain, today = session.folder.chain, str(session.today())
    with session.reading() as conn:
        seq = store.head(conn, chain).seq
        if not _is_there(conn):
            return Known({}, frozenset(), frozenset(), seq)
        rows = conn.exec_driver_sql(
            "SELECT subject, day, seq, beside, content FROM kept_overview"
            " WHERE user = ? AND ground = ?",
            (session.user, ground(session)),
        ).all()
        since = touched(conn, chain, min((int(row.seq) for row in rows), default=seq))
        shared = shared_samples(conn)
        mine = (drafts.addresses(conn, session.user, second=x) for x in (False, True))
        begun = _by_subject(*mine)
    overviews: dict[str, Overview] = {}
    older: set[str] = set()
    changed: set[str] = set()
    with _all_stay():
        read_rows = [(*row[:4], read(session.study, row.content)) for row in rows]
    for subject, day, at, beside, found in read_rows:
        if found is None or found.subject != subject:
            continue
        overviews[subject] = found
        now = _beside(begun.get(subject, ()), shared.get(subject, ()))
        if since.get(subject, 0) > at or beside != now:
            changed.add(subject)
        if subject in changed or day != today:
            older.add(subject)
    return Known(overviews, frozenset(older), frozenset(changed), seq)


@contextmanager
def _all_stay() -> Iterator[None]:
    """No look for garbage while many objects are made of which none is any: half of the time."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def ground(session: Session) -> str:
    """A digest of what all overviews of a session rest on besides data and day."""
    parts = (
        FORMAT,
        __version__,
        session.study.digest,
        session.folder.chain,
        session.user,
        session.role,
        f"vault {session.has_vault}",
        f"edit {session.allows('form.edit')}",
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _is_there(conn: Connection) -> bool:
    """Whether the table is there in the shape of this program."""
    kept = inspect(conn)
    return kept.has_table(kept_table.name) and (
        [c["name"] for c in kept.get_columns(kept_table.name)]
        == [c.name for c in kept_table.columns]
    )


def _by_subject(*begun: Iterable[object]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind, keys in enumerate(begun):
        for key in keys:
            address = str(key)
            subject = address.partition("/")[0]
            found[subject] = (*found.get(subject, ()), f"{kind} {address}")
    return found


def _beside(begun: Collection[str], samples: Collection[str]) -> str:
    return "\n".join((*sorted(begun), "", *sorted(samples)))
