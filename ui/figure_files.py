"""A figure saved: where to is asked, the print is recorded, the file is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QPainter
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QFileDialog, QWidget

from mrd_desktop.errors import MrdError
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
from ui.print.sheet import LONG_SIDE

SAVE = Text("Save", "保存")
SAVED = Text("Saved: copy {n}. {path}", "已保存：第 {n} 份。{path}")
_FILTERS = "PDF (*.pdf);;PNG (*.png);;SVG (*.svg);;CSV (*.csv)"
_ENDINGS = tuple(part.partition(" ")[0].lower() for part in _FILTERS.split(";;"))


class NoPrinter(MrdError):
    """The printer does not take the pages."""

    code = "no_printer"
    template = Text(
        "No printer answers. Save as PDF with Ctrl+S.",
        "没有可用的打印机。可按 Ctrl+S 存为 PDF。",
    )


@dataclass(frozen=True, slots=True)
class Printed:
    """A print that was given to a printer."""

    copy: int
    pages: int


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


def print_out(
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
    printer.setPageLayout(page_layout())
    printer.setFullPage(True)
    painter = QPainter()
    if not painter.begin(printer):
        raise NoPrinter
    try:
        stamp = issue(session, report, form="paper")
    except MrdError:
        printer.abort()
        painter.end()
        raise
    pages = files.pages(figure.stamped(files.stamp_text(report, stamp)), language)
    scale = printer.pageLayout().fullRectPixels(printer.resolution()).width() / LONG_SIDE
    for number, sheet in enumerate(pages):
        progress.tell(number, len(pages))
        if number:
            printer.newPage()
        painter.save()
        painter.scale(scale, scale)
        on_paper(painter, sheet)
        painter.restore()
    painter.end()
    return Printed(stamp.copy, len(pages))
