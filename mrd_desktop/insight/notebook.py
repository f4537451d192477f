"""A site folder or a sponsor's store opened for a notebook: ``open_store(path).frame("MRD")``."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mrd_desktop.insight import frames
from mrd_desktop.insight.population import Analysed, population
from mrd_desktop.record import projection
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Study
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Session, let_in

if TYPE_CHECKING:
    import pandas as pd


class Store:
    """What a statistician reads. Use it with ``with``, or :meth:`close` it.

    Nothing is written, and identity items are not read. Tables are as of ``as_of``; without one,
    of the day that counts as today in the folder.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: dict[date, Analysed] = {}

    @property
    def study(self) -> Study:
        """The definition in force."""
        return self._session.study

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms that have a frame."""
        return tuple(f.oid for f in self.study.forms if not f.private)

    def frame(
        self, form: str, *, section: str | None = None, as_of: date | None = None
    ) -> pd.DataFrame:
        """One row for each filled form of a kind, or each row of one of its repeating sections.

        Raises:
            KeyError: the study has no such form or section, or the form holds identity items.
        """
        return frames.form_frame(self.analysed(as_of), self.study, form, section)

    def results(self, *, as_of: date | None = None) -> pd.DataFrame:
        """Every time to an event of every enrolled subject, one row each."""
        return frames.result_frame(self.analysed(as_of))

    def problems(self, *, as_of: date | None = None) -> pd.DataFrame:
        """What could not be read or used, each with its reason. Look at it first."""
        return frames.problem_frame(self.analysed(as_of))

    def analysed(self, as_of: date | None = None) -> Analysed:
        """The typed subjects behind the frames, read once for each day."""
        day = as_of or self._session.today()
        if day not in self._seen:
            with self._session.reading() as conn:
                whole = population(conn, self.study, self._session.today())
            self._seen[day] = whole.at(day)
        return self._seen[day]

    def close(self) -> None:
        """Give the folder free."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(path: str | Path, user: str | None = None, password: str | None = None) -> Store:
    """Sign in to a site folder or a sponsor's store, to read.

    Args:
        user: asked for where it is not given, as is the password: keep it out of notebooks.

    Raises:
        PermissionDenied: the role may not see subjects.
        MrdError: the folder cannot be opened; the message says why.
    """
    name = user or input("User: ")
    secret = getpass.getpass("Password: ") if password is None else password
    session = open_folder(Path(path), name, secret, study=load_study(), fold=projection.fold)
    let_in(session)
    try:
        session.require("subject.see")
    except BaseException:
        session.close()
        raise
    return Store(session)
