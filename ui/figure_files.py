"""A figure saved: where to is asked, the print is recorded, the file is written."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QFileDialog, QWidget

from mrd_desktop.insight.figures import files
from mrd_desktop.insight.figures.model import Figure
from mrd_desktop.insight.reports.issue import Stamp, issue
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session
from ui.context import Context
from ui.jobs import Progress
from ui.print.figure import PAINTERS, on_paper, page_layout
from ui.print.printing import Draw, Printed, print_out
from ui.print.sheet import LONG_SIDE

SAVE = Text("Save", "保存")
SAVED = Text("Saved: copy {n}. {path}", "已保存：第 {n} 份。{path}")
_FILTERS = "PDF (*.pdf);;PNG (*.png);;SVG (*.svg);;CSV (*.csv)"
_ENDINGS = tuple(part.partition(" ")[0].lower() for part in _FILTERS.split(";;"))


def ask_path(context: Context, parent: QWidget, stem: str) -> Path | None:
    """Ask where to save, and as what; None where the user thinks better of it."""
    start = str(Path.home() / f"{stem}.pdf")
    chosen, kind = QFileDialog.getSaveFileName(parent, context.say(SAVE), start, _FILTERS)
    if not chosen:
        return None
    path = Path(chosen)
    if path.suffix.lstrip(".").lower() in _ENDINGS:
        return path
    return path.with_name(f"{path.name}.{kind.partition(' ')[0].lower()}")


def save(
    session: Session,
    report: Report,
    figure: Figure,
    path: Path,
    language: Language,
    progress: Progress,
) -> Stamp:
    """Record the print and write the file, or one for each page, by the path's ending.

    Raises:
        PermissionDenied: the role may not see subjects.
        StorageError: it cannot be written.
    """
    ending = path.suffix.lstrip(".").lower()
    stamp = issue(session, report, form=ending)
    stamped = figure.stamped(files.stamp_text(report, stamp))
    if ending == "csv":
        contents = [files.csv_bytes(stamped.table, language)]
    else:
        painter = files.svg_files if ending == "svg" else PAINTERS[ending]
        contents = [*painter(files.pages(stamped, language), language)]
    for number, name in enumerate(files.names(path.stem, ending, len(contents))):
        progress.tell(number, len(contents))
        write_atomically(path.with_name(name), contents[number])
    return stamp


def print_figure(
    session: Session,
    report: Report,
    figure: Figure,
    printer: QPrinter,
    language: Language,
    progress: Progress,
) -> Printed:
    """Record the print and give its pages to a printer that was chosen.

    Raises:
        NoPrinter: it does not take them; nothing is recorded.
        PermissionDenied: the role may not see subjects.
    """

    def pages(stamp: Stamp) -> list[Draw]:
        stamped = figure.stamped(files.stamp_text(report, stamp))
        return [partial(on_paper, sheet=sheet) for sheet in files.pages(stamped, language)]

    return print_out(
        printer,
        page_layout(),
        LONG_SIDE,
        lambda: issue(session, report, form="paper"),
        pages,
        progress.tell,
    )
