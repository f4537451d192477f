"""Soft findings that nobody has explained, as who signs sees them: a count, and each in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mrd_desktop.study.checks import Finding
from mrd_desktop.texts import Text
from ui.context import Context
from ui.icons import Glyph
from ui.theme import Ink, Type
from ui.widgets.listing import Cell
from ui.widgets.note import Note

FINDINGS: Final = Text("Findings", "核查提示")
OPEN: Final = Text("{n} unanswered", "{n} 条未答复")
TOLD: Final = Text("Unanswered findings: {said}", "未答复的核查提示：{said}")
MORE: Final = Text(
    " … and {n} more; Enter opens the form.", " ……另有 {n} 条，按 Enter 打开表单查看。"
)
_FEW: Final = 3


def findings_cell(found: Sequence[Finding]) -> Cell:
    """How many there are; nothing for none."""
    if not found:
        return Cell("", Ink.SECONDARY)
    return Cell(OPEN.filled(n=len(found)), Ink.SOFT, Glyph.WARNING)


def findings_note(context: Context) -> Note:
    """A line for the findings of the marked form, hidden until there are some."""
    note = Note(context, size=Type.NOTE, ink=Ink.SOFT, wrap=True)
    note.hide()
    return note


def show_findings(note: Note, found: Sequence[Finding]) -> None:
    """Tell the findings of the marked form in its words, the first of them if there are many."""
    note.setVisible(bool(found))
    if not found:
        return
    first = found[:_FEW]
    en = " · ".join(f"{f.check.id} {f.text.en}" for f in first)
    zh = " · ".join(f"{f.check.id} {f.text.zh}" for f in first)
    left = len(found) - len(first)
    more = MORE.filled(n=left) if left else Text("", "")
    note.show_text(Text(TOLD.en.format(said=en) + more.en, TOLD.zh.format(said=zh) + more.zh))
