"""Figures as files: a page of SVG each, the data as CSV, and one HTML page that shows them all.

A painter of images and PDF is handed in by who has one; the core has none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

from mrd_desktop.insight.figures.board import Size
from mrd_desktop.insight.figures.model import Cell, Figure, Table
from mrd_desktop.insight.figures.sheet import Sheet
from mrd_desktop.insight.figures.svg import svg_bytes, svg_element
from mrd_desktop.insight.outcome import Problem
from mrd_desktop.insight.reports.html import TRAINING, stamp_words
from mrd_desktop.insight.reports.issue import Stamp
from mrd_desktop.insight.reports.model import Report, Tongue
from mrd_desktop.texts import Language, Text

WIDE, HIGH = 1100.0, 760.0
"""Size of a sheet in a file: that of an A4 page that lies."""

Painter = Callable[[Sequence[Sheet], Language], Sequence[bytes]]
"""Makes the files of a kind from the pages: one for all, or one for each."""

PROBLEM_COLUMNS: Final = (
    Text("Subject", "受试者"),
    Text("Item", "条目"),
    Text("Address", "位置"),
    Text("Reason", "原因"),
    Text("Used all the same", "仍纳入分析"),
)
PROBLEMS: Final = Text("Could not be used as it stands", "无法按现状使用的数据")
FIGURES: Final = Text("Figures as of {day}", "图表（截至 {day}）")
MORE: Final = Text(
    "{n} pages in all; the others are files of their own.", "共 {n} 页，其余各页见单独文件。"
)
DATA: Final = Text("Data", "数据")
NO_PROBLEM: Final = Text("Everything recorded could be used.", "全部数据均可使用。")
YES: Final = Text("yes", "是")
NO: Final = Text("no", "否")


def report_of(name: str, title: Text, subject: str = "") -> Report:
    """A figure as what its print is recorded under.

    Args:
        subject: whose it is, where it shows one alone.
    """
    return Report("figure", title, (), about=name, subject=subject)


def stamp_text(report: Report, stamp: Stamp) -> Text:
    """Training or not, who made it, when, which copy, of which records: the foot of a figure."""
    mark = (TRAINING.en, TRAINING.zh) if stamp.training else ("", "")
    told = (stamp_words(report, stamp, tongue) for tongue in (Tongue.EN, Tongue.ZH))
    lines = ((first, *words) for first, words in zip(mark, told, strict=True))
    return Text(*(" · ".join(filter(None, words)) for words in lines))


def pages(figure: Figure, language: Language) -> tuple[Sheet, ...]:
    """The sheets of a file."""
    return figure.sheets(Size(WIDE, HIGH, language))


def svg_files(sheets: Sequence[Sheet], language: Language) -> Sequence[bytes]:
    """One SVG for each page."""
    return [svg_bytes(sheet, language) for sheet in sheets]


def names(stem: str, ending: str, count: int) -> list[str]:
    """Names of files: a number where there are several."""
    if count == 1:
        return [f"{stem}.{ending}"]
    wide = len(str(count))
    return [f"{stem}-{n:0{wide}d}.{ending}" for n in range(1, count + 1)]


def csv_bytes(table: Table, language: Language) -> bytes:
    """The data: UTF-8, LF, the first row naming the columns."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([c.say(language) for c in table.columns])
    writer.writerows([_said(cell, language) for cell in row] for row in table.rows)
    return buffer.getvalue().encode()


def problem_table(problems: Sequence[Problem]) -> Table:
    """What could not be used, each with its reason."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (p.subject, p.item, p.address, p.text, YES if p.used else NO) for p in problems
    )
    return Table(PROBLEM_COLUMNS, rows)


def html_bytes(
    figures: Mapping[str, tuple[Figure, Sequence[Sheet]]],
    problems: Sequence[Problem],
    day: str,
    language: Language,
    stamp: Text,
) -> bytes:
    """One page with the first sheet of every figure, its words and its data."""
    title = FIGURES.filled(day=day).say(language)
    speech = "zh-CN" if language is Language.ZH else "en"
    parts = [
        f'<!DOCTYPE html>\n<html lang="{speech}"><head><meta charset="utf-8">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1><p>{escape(stamp.say(language))}</p>",
    ]
    for name, (figure, sheets) in figures.items():
        heading = figure.heading.title.say(language)
        parts.append(f'<section id="{escape(name)}"><h2>{escape(heading)}</h2>')
        parts.append(svg_element(sheets[0], language))
        parts.append(f"<p>{escape(sheets[0].description)}</p>")
        if len(sheets) > 1:
            parts.append(f"<p>{escape(MORE.filled(n=len(sheets)).say(language))}</p>")
        parts.append(f'<p><a href="{name}.csv">{escape(DATA.say(language))}</a></p></section>')
    parts.append(f"<section><h2>{escape(PROBLEMS.say(language))}</h2>")
    if problems:
        parts.append(_html_table(problem_table(problems), language))
    else:
        parts.append(f"<p>{escape(NO_PROBLEM.say(language))}</p>")
    parts.append("</section></body></html>\n")
    return "\n".join(parts).encode()


_STYLE: Final = (
    "body{font-family:'Noto Sans','Segoe UI','Noto Sans CJK SC','Microsoft YaHei',sans-serif;"
    "max-width:1140px;margin:2em auto;color:#1A1F27}svg{max-width:100%;height:auto}"
    "table{border-collapse:collapse}td,th{border-bottom:1px solid #DDE1E7;padding:4px 12px;"
    "text-align:left}section{break-inside:avoid;margin-bottom:2.5em}"
)


def _html_table(table: Table, language: Language) -> str:
    head = "".join(f"<th>{escape(c.say(language))}</th>" for c in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_said(c, language))}</td>" for c in row) + "</tr>"
        for row in table.rows
    )
    return f"<table><tr>{head}</tr>{rows}</table>"


def _said(cell: Cell, language: Language) -> str:
    return cell if isinstance(cell, str) else cell.say(language)
