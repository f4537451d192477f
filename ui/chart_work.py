"""What the charts page has computed in the background: subjects, analyses and figures, kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from PySide6.QtPrintSupport import QPrinter

from mrd_desktop.insight.figures import catalogue, files
from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.catalogue import Choice
from mrd_desktop.insight.figures.model import Figure, Table
from mrd_desktop.insight.figures.sheet import Sheet
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.population import Analysed, Population, population
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.record.casebook import Casebook, SubjectLine
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from ui.figure_files import print_figure, save
from ui.jobs import Progress
from ui.print.printing import Printed


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown: which figure, of whom, as of when."""

    name: str
    choice: Choice
    day: date


@dataclass(frozen=True)
class Shown:
    """A figure laid out, with what could not be used."""

    wish: Wish
    figure: Figure
    table: Table
    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...]


class ChartWork:
    """Reads subjects again only after one of them changed; called from one worker at a time."""

    def __init__(self, session: Session, book: Casebook) -> None:
        self._session = session
        self._book = book
        self._lines: tuple[SubjectLine, ...] | None = None
        self._read: Population | None = None
        self._seen: dict[date, Analysed] = {}
        self._figures: dict[Wish, Figure] = {}

    def show(self, wish: Wish, size: Size, progress: Progress) -> Shown:
        """Make a figure and lay it out.

        Raises:
            PermissionDenied: the role may not see subjects.
            Stopped: the user went on to another one.
        """
        figure = self._figure(wish, progress)
        found = self._seen[wish.day].problems
        return Shown(wish, figure, figure.table, figure.sheets(size), found)

    def save(self, shown: Shown, path: Path, language: Language, progress: Progress) -> Stamp:
        """Record the print and write the file, or one for each page, by the path's ending.

        Raises:
            PermissionDenied: the role may not see subjects.
            StorageError: it cannot be written.
        """
        report = files.report_of(shown.wish.name, shown.figure.heading.title)
        return save(self._session, report, shown.figure, path, language, progress)

    def print(
        self, shown: Shown, printer: QPrinter, language: Language, progress: Progress
    ) -> Printed:
        """Record the print and give its pages to a printer.

        Raises:
            PermissionDenied: the role may not see subjects.
            NoPrinter: it does not take them; nothing is recorded.
        """
        report = files.report_of(shown.wish.name, shown.figure.heading.title)
        return print_figure(self._session, report, shown.figure, printer, language, progress)

    def _figure(self, wish: Wish, progress: Progress) -> Figure:
        lines = self._book.subjects()
        if self._read is None or lines != self._lines:
            with self._session.reading() as conn:
                self._read = population(
                    conn, self._session.study, self._session.today(), None, progress
                )
            self._lines, self._seen, self._figures = lines, {}, {}
        if wish.day not in self._seen:
            self._seen[wish.day] = self._read.at(wish.day, progress)
        if wish not in self._figures:
            self._figures[wish] = catalogue.figure(wish.name, self._seen[wish.day], wish.choice)
        return self._figures[wish]
