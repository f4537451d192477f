"""Synthetic reports and mappings for the charted subject 01-001."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.record.importing.mapping import ColumnUse, ReportMapping
from mrd_desktop.record.importing.run import Imported, import_report
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.record.importing.trial import Trial, try_report
from mrd_desktop.vault.session import Session

LAB = ReportMapping(
    name="synthetic lab",
    form="LAB",
    subject="no",
    date="day",
    event="visit",
    columns=(
        ColumnUse(column="WBC", item="LAB.WBCVAL", unit="10^9/L"),
        ColumnUse(column="Hb", item="LAB.HGBVAL", unit_column="Hb unit"),
    ),
    constants={"LAB.PERF": "Y", "LAB.LABNAM": "Synthetic laboratory"},
)
HEAD = "no,day,visit,WBC,Hb,Hb unit"


def report(folder: Path, *lines: str, head: str = HEAD, name: str = "report.csv") -> Path:
    """A CSV file of these lines."""
    path = folder / name
    path.write_text("\n".join((head, *lines)) + "\n", encoding="utf-8")
    return path


def tried(session: Session, path: Path, mapping: ReportMapping = LAB) -> Trial:
    """The dry run of a file."""
    return try_report(session, read_table(path), mapping)


def taken(session: Session, path: Path, mapping: ReportMapping = LAB, **how: object) -> Imported:
    """The run of a file."""
    return import_report(session, read_table(path), mapping, **how)  # type: ignore[arg-type]
