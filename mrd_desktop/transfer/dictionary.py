"""What stands beside plain tables: a data dictionary and a view for spreadsheets.

The dictionary, in both languages, says of each column what it means, its unit and code list and
what it is asked for. The
spreadsheet view protects cells that a spreadsheet would take for a formula; it is for looking at.
Exact values are in the tables themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mrd_desktop.spreadsheet import harmless
from mrd_desktop.study.model import Study
from mrd_desktop.transfer.datasets import Source, column_of, lines
from mrd_desktop.transfer.listings import AUDIT, FOLDER, QUERIES, VISITS

COLUMNS: Final = (
    "TABLE", "COLUMN", "ITEM", "LABEL_EN", "LABEL_ZH", "TYPE", "LENGTH", "DECIMALS", "UNIT",
    "CODELIST", "DERIVED", "PURPOSE_EN", "PURPOSE_ZH", "PROTOCOL",
)  # fmt: skip
CODES: Final = ("CODELIST", "CODE", "LABEL_EN", "LABEL_ZH", "NCIT")
VERSIONS: Final = ("VERSION", "KIND", "NAME", "CODE", "LABEL_EN", "LABEL_ZH")
FORMS: Final = ("SUBJID", "EVENT", "EVENTREP", "FORM", "FORMREP", "VERSION")
_UNDER: Final = (
    "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat FROM p_form f"
    " JOIN p_event e ON e.subject = f.subject AND e.event = f.event"
    "  AND e.event_repeat = f.event_repeat AND e.removed = 0"
    " WHERE f.definition = ? AND f.removed = 0 AND f.saved_seq IS NOT NULL"
    " ORDER BY f.subject, f.event, f.event_repeat, f.form, f.form_repeat"
)
BOM: Final = b"\xef\xbb\xbf"


def columns(source: Source) -> Iterator[tuple[str, ...]]:
    """A row for each item of each table, and for each column of a listing."""
    for table in source.tables():
        for _, item, _at in table.places():
            kind, purpose = item.type, source.study.purpose_of(item.oid)
            what = ("", "") if purpose is None else (purpose.text.en, purpose.text.zh)
            yield (
                table.name, column_of(item), item.oid, item.text.en, item.text.zh, kind.kind.value,
                str(kind.length or ""), str(kind.decimals or ""), item.unit or "",
                item.codelist.oid if item.codelist else "", "Y" if item.derived else "",
                *what, "" if purpose is None else purpose.protocol,
            )  # fmt: skip
    for listing in (VISITS, QUERIES, AUDIT):
        for name, text in listing.columns:
            yield (f"{FOLDER}/{listing.name}", name, "", text.en, text.zh, "T", *("",) * 8)


def codes(study: Study) -> Iterator[tuple[str, ...]]:
    """A row for each code of each list; the list ``MISS`` holds the reasons."""
    for codelist in study.codelists.values():
        for code in codelist.codes:
            yield (codelist.oid, code.code, code.text.en, code.text.zh, code.ncit or "")


def versions(source: Source) -> Iterator[tuple[str, ...]]:
    """A row for each text that a former version said otherwise, in the words of that version."""
    for study in source.former.values():
        for item in study.by_item.values():
            now = source.study.by_item.get(item.oid)
            if now is None or now.text != item.text:
                yield (study.version, "ITEM", item.oid, "", item.text.en, item.text.zh)
        for codelist in study.codelists.values():
            current = source.study.codelists.get(codelist.oid)
            for code in codelist.codes:
                held = current.by_code.get(code.code) if current else None
                if held is None or held.text != code.text:
                    text = code.text
                    yield (study.version, "CODE", codelist.oid, code.code, text.en, text.zh)


def forms(source: Source) -> Iterator[tuple[str, ...]]:
    """A row for each form that stands under a former version."""
    for study in source.former.values():
        for row in source.conn.exec_driver_sql(_UNDER, (study.digest,)):
            form = source.study.by_form.get(str(row[3]))
            if form is not None and not form.private:
                yield (*(str(cell) for cell in row), study.version)


def sheet(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A table for a spreadsheet program: a byte order mark, so that it is read as UTF-8."""
    yield BOM
    yield from lines(columns, (tuple(map(harmless, row)) for row in rows))
