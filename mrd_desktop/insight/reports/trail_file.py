"""The audit trail as a file for use without the program: CSV, JSON lines, HTML to print.

It is for the site. What is sealed under the vault key is closed in it; all else stands as the site
keeps it, with exact values that leave only reduced and with notes that never leave. Its making is
recorded first, as of any print, and a copy number stands in it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Final, TypeAlias

from mrd_desktop.insight.audit.finding import fitting
from mrd_desktop.insight.audit.limits import limits
from mrd_desktop.insight.audit.rules import WORDS, Ground, flags
from mrd_desktop.insight.reports.html import STYLE, head_words, stamp_words
from mrd_desktop.insight.reports.issue import Stamp, issue
from mrd_desktop.insight.reports.model import Report, Tongue
from mrd_desktop.insight.reports.trail_rows import TITLES, Teller, TrailRow
from mrd_desktop.record.audit import TrailLine, trail
from mrd_desktop.spreadsheet import harmless
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.files import written_atomically
from mrd_desktop.vault.session import Session

WHAT: Final = "audit"
TITLE: Final = Text("Audit trail", "稽查轨迹")
ABOUT: Final = Text(
    "Every record in order. For the site; do not hand out: identity data are closed, but exact "
    "values that leave only reduced and notes of the site may stand here. A text that a table "
    "program would run as a formula has an apostrophe before it.",
    "按顺序列出全部记录。仅供本中心使用，请勿外传：身份信息不显示，但可能含外发时须简化的精确数据和仅留本中心的备注。"
    "可能被表格软件当作公式的文字前加有单引号。",
)
_STEP: Final = 500


class TrailForm(StrEnum):
    """The kind of file."""

    CSV = "csv"
    HTML = "html"
    JSONL = "jsonl"


def save_trail(
    session: Session,
    path: Path,
    form: TrailForm,
    language: Language,
    *,
    subject: str = "",
    typed: str = "",
    tell: Callable[[int, int], None] | None = None,
) -> int:
    """Write the trail, all of it or a part, each record with its flags; the records written.

    Args:
        subject: only what is about this one.
        typed: only what fits these words; see :func:`audit.finding.fitting`.

    Raises:
        PermissionDenied: the role may not see the trail.
        StorageError: it cannot be written there; nothing stands there.
    """
    session.require("audit.see")
    report = Report(WHAT, TITLE, (), subject=subject)
    stamp = issue(session, report, form=form.value)
    total = session.head().seq
    writer = _WRITERS[form]
    done = 0
    with written_atomically(path) as file:
        for piece in writer(_rows(session, language, subject, typed), report, stamp, language):
            file.write(piece.encode("utf-8"))
            done += 1
            if tell and done % _STEP == 0:
                tell(min(done, total), total)
    return done - _FRAME[form]


_FRAME: Final = {TrailForm.CSV: 1, TrailForm.HTML: 2, TrailForm.JSONL: 0}
"""Pieces of a file that are no record."""


_Told: TypeAlias = tuple[TrailLine, TrailRow]


def _rows(session: Session, language: Language, subject: str, typed: str) -> Iterator[_Told]:
    teller = Teller(session, language, whole=True)
    chain, zone = session.folder.chain, session.clock.zone
    ground = Ground(session.study, zone, limits())
    flagged = flags((x for x in trail(session, identity=False) if x.chain == chain), ground)
    with session.reading() as conn:
        lines = trail(session, subject=subject or None, identity=False)
        for line in fitting(lines, typed, session.study, zone):
            said = flagged.get(line.seq, ()) if line.chain == chain else ()
            words = ", ".join(WORDS[flag].say(language) for flag in said)
            yield line, replace(teller.row(conn, line), flags=words)


# --- files


def _cells(row: TrailRow) -> list[str]:
    return [getattr(row, f.name) for f in fields(row)]


def _titles(language: Language) -> list[str]:
    return [TITLES[f.name].say(language) for f in fields(TrailRow)]


def _csv(rows: Iterator[_Told], report: Report, stamp: Stamp, language: Language) -> Iterator[str]:
    """The byte-order mark makes the table programs of Chinese desktops read UTF-8."""
    yield "\ufeff" + _csv_line(_titles(language))
    for _, row in rows:
        yield _csv_line([harmless(c) for c in _cells(row)])


def _jsonl(
    rows: Iterator[_Told], report: Report, stamp: Stamp, language: Language
) -> Iterator[str]:
    """Each record as the program keeps it (UTC, kind, address, content), and as it is told."""
    for line, row in rows:
        told = {**line.as_json(), "told": asdict(row)}
        yield json.dumps(told, ensure_ascii=False, sort_keys=True) + "\n"


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _html(rows: Iterator[_Told], report: Report, stamp: Stamp, language: Language) -> Iterator[str]:
    tongue = Tongue(language.value)
    title = TITLE.say(language)
    head = " · ".join(head_words(stamp, tongue))
    foot = " · ".join(stamp_words(report, stamp, tongue))
    heads = "".join(f"<th>{escape(t)}</th>" for t in _titles(language))
    yield (
        f'<!DOCTYPE html>\n<html lang="{"en" if tongue is Tongue.EN else "zh-CN"}">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE % {'way': 'landscape', 'wide': 'none'}}\ntable {{ table-layout: auto; "
        "font-size: 8pt; }\n</style>\n</head>\n<body>\n"
        f'<div class="quiet">{escape(head)}</div>\n<h1>{escape(title)}</h1>\n'
        f'<p class="quiet">{escape(ABOUT.say(language))}</p>\n'
        f'<div class="stamp">{escape(foot)}</div>\n'
        f"<table><thead><tr>{heads}</tr></thead><tbody>\n"
    )
    for _, row in rows:
        yield "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in _cells(row)) + "</tr>\n"
    yield "</tbody></table>\n</body>\n</html>\n"


_WRITERS: Final = {TrailForm.CSV: _csv, TrailForm.HTML: _html, TrailForm.JSONL: _jsonl}
