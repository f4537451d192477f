"""System numbers: they follow from where a record stands and never shift (recorded at Save)."""

from __future__ import annotations

from decimal import Decimal

from mrd_desktop.study.expression.types import Type
from mrd_desktop.study.rules.registry import rule
from mrd_desktop.study.scene import Line


@rule("subject_number", gives=Type.TEXT, reads=())
def subject_number(line: Line) -> str:
    """Subject number, ``01-002``."""
    return line.scene.data.subject


@rule("site_number", gives=Type.TEXT, reads=())
def site_number(line: Line) -> str:
    """Site number, ``01``."""
    return line.scene.data.site


@rule("specimen_number", gives=Type.TEXT, reads=())
def specimen_number(line: Line) -> str | None:
    """Number of a specimen row, ``P01``: row numbers are never reused."""
    return f"P{line.row.key.row:02}" if line.row else None


@rule("treatment_line_number", gives=Type.TEXT, reads=())
def treatment_line_number(line: Line) -> str:
    """Number of an earlier treatment line, ``L01``."""
    return f"L{line.form.key.repeat:02}"


@rule("form_number", gives=Type.NUMBER, reads=())
def form_number(line: Line) -> Decimal:
    """Number of a repeating form within its event, 1 for the first."""
    return Decimal(line.form.key.repeat)
