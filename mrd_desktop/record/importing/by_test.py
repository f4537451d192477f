"""Reports with one row for each test: turned into one row for each sample, a column for each test.

What belongs to a sample (subject, dates, visit, what is alike in all of its rows) stays a column.
Every test becomes a column named as the report names it, with its unit in a column beside it; one
that a sample has in two units, as counts and percentages of cells, becomes a column for each. What
differs from test to test, such as printed ranges, is left out and named. A test that a sample has
twice with two results stays two rows, of which the second is refused later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mrd_desktop.record.importing.guess import UNIT_NAMES, guess_mapping, means
from mrd_desktop.record.importing.mapping import fillable, importable
from mrd_desktop.record.importing.table import ReportTable, TableRow, read_table, unique
from mrd_desktop.study.headings import plain_heading
from mrd_desktop.study.model import Form, Study

_UNIT: Final = "单位"


def _plain(*names: str) -> frozenset[str]:
    return frozenset(map(plain_heading, names))


TESTS: Final = _plain(
    *(
        "项目",
        "项目名称",
        "项目代码",
        "项目简称",
        "检验项目",
        "检验项目名称",
        "检查项目",
        "检测项目",
    ),
    *("test", "test name", "test code", "analyte", "lbtest", "lbtestcd"),
)
"""Headings of a column that names a test in each row."""
_RESULTS: Final = _plain(
    *("结果", "检验结果", "检测结果", "检查结果", "结果值", "测定结果", "测定值", "数值"),
    *("result", "results", "result value", "value", "lborres"),
)
_UNITS: Final = UNIT_NAMES | _plain("结果单位", "result unit", "lborresu")


@dataclass(frozen=True, slots=True)
class _Shape:
    """The columns of a report by test; ``unit`` is ``""`` where it has none."""

    test: str
    result: str
    unit: str
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """What one row says; ``""`` where it says nothing."""

    test: str
    value: str
    unit: str

    def name(self, *, split: bool) -> str:
        """The column it goes to; with its unit where the test is split by units."""
        return f"{self.test} ({self.unit})" if split and self.unit else self.test


_Sample = tuple[str, ...]
_NOTHING: Final = _Result("", "", "")


def read_report(study: Study, path: Path) -> ReportTable:
    """The table of a file, with a row for each sample whichever way it was written.

    Raises:
        ReportUnreadable, OSError: as :func:`read_table`.
    """
    return by_sample(study, read_table(path))


def by_sample(study: Study, table: ReportTable) -> ReportTable:
    """A table as it is, or one of tests turned into one of samples."""
    shape = _shape(study, table)
    if shape is None:
        return table
    samples: dict[_Sample, list[TableRow]] = {}
    for row in table.rows:
        samples.setdefault(tuple(table.cell(row, c) for c in shape.sample), []).append(row)
    own = {shape.test, shape.result, shape.unit}
    rest = [c for c in table.columns if c not in own]
    kept = [c for c in rest if all(_alike(table, rows, c) for rows in samples.values())]
    results = {row.number: _result(table, shape, row) for row in table.rows}
    twofold = {t for rows in samples.values() for t in _twofold(results[r.number] for r in rows)}
    named = {n: r.name(split=r.test in twofold) for n, r in results.items()}
    tests = list(dict.fromkeys(name for name in named.values() if name))
    rows: list[TableRow] = []
    for of_it in samples.values():
        once = tuple(table.cell(of_it[0], c) for c in kept)
        for number, said in _lines((r.number, named[r.number], results[r.number]) for r in of_it):
            cells = (said.get(t, _NOTHING) for t in tests)
            wide = (x for r in cells for x in ((r.value, r.unit) if shape.unit else (r.value,)))
            rows.append(TableRow(number, (*once, *wide)))
    columns = [*kept, *(name for t in tests for name in (t, *([t + _UNIT] if shape.unit else [])))]
    return replace(
        table,
        columns=tuple(unique(columns)),
        rows=tuple(sorted(rows, key=lambda r: r.number)),
        tests=frozenset(tests),
        left_out=tuple(c for c in rest if c not in kept),
    )


def _shape(study: Study, table: ReportTable) -> _Shape | None:
    """Where a table says test and result; None where it is no report by test."""
    result = _named(table, _RESULTS)
    named = [c for c in table.columns if plain_heading(c) in TESTS]
    known = [(_known(study, form, table, c), c, form) for form in importable(study) for c in named]
    most, test, form = max(known, key=lambda k: k[0], default=(0, "", None))
    if result is None or form is None or most < 2:
        return None
    found = guess_mapping(study, form, table)
    if not found.subject or not found.date:
        return None
    sample = (found.subject, found.date, *([found.event] if found.event else []))
    return _Shape(test, result, _named(table, _UNITS) or "", sample)


def _named(table: ReportTable, names: frozenset[str]) -> str | None:
    return next((c for c in table.columns if plain_heading(c) in names), None)


def _known(study: Study, form: Form, table: ReportTable, column: str) -> int:
    """How many tests of a column a form has items for."""
    items = fillable(form)
    tests = {table.cell(row, column) for row in table.rows} - {""}
    return sum(any(means(study, item, test) for item in items) for test in tests)


def _alike(table: ReportTable, rows: Sequence[TableRow], column: str) -> bool:
    return len({table.cell(r, column) for r in rows}) == 1


def _result(table: ReportTable, shape: _Shape, row: TableRow) -> _Result:
    unit = table.cell(row, shape.unit) if shape.unit else ""
    return _Result(table.cell(row, shape.test), table.cell(row, shape.result), unit)


def _twofold(results: Iterable[_Result]) -> set[str]:
    """The tests that one sample has in more than one unit."""
    units: dict[str, set[str]] = {}
    for result in results:
        units.setdefault(result.test, set()).add(result.unit)
    return {test for test, said in units.items() if len(said) > 1}


def _lines(
    results: Iterable[tuple[int, str, _Result]],
) -> Iterator[tuple[int, dict[str, _Result]]]:
    """The results of a sample by column; a second one of a column begins another line.

    Args:
        results: number of the row, name of the column, result.
    """
    lines: list[tuple[int, dict[str, _Result]]] = []
    for number, name, result in results:
        line = next((said for _, said in lines if said.get(name, result) == result), None)
        if line is None:
            line = {}
            lines.append((number, line))
        line[name] = result
    yield from lines
