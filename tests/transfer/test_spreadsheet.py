"""E-11: what is typed is computed by no spreadsheet program, and nothing exact is touched."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from mrd_desktop.insight.reports.trail_file import TrailForm, save_trail
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.spreadsheet import harmless
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer.publish import write_datasets
from tests.transfer.route import Route, values

SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BODIES = (
    "1+1", "SUM(1;2)", "HYPERLINK(\"x\";\"y\")", "cmd|'/c x'!A1", "DDE(\"x\";\"y\";\"z\")",
)  # fmt: skip
BEFORE = ("", " ", "\u00a0", "\ufeff", "\u200b", '"', "'", "\t", "\r", "\n", "\x00", "a;", "a\t")
PAYLOADS = [
    *(sign + body for sign, body in product(SIGNS, BODIES)),
    *(before + sign + "1+1" for before, sign in product(BEFORE[1:], SIGNS[:4])),
]
HARMLESS = (
    "", "-5", "-0.5", "12", "a=b", "1-2", "5 - 7", "x@y", "a, -b", "值+1", "a; b", "2027-03-10",
)  # fmt: skip


def computed(cell: str) -> bool:
    """Whether some program takes a cell for a formula, itself or what a separator leaves of it."""
    parts = cell.replace("\t", ";").split(";") if cell else []
    for part in parts:
        seen = part.strip(' \r\n\x00\u00a0\u200b\ufeff"')
        if seen.startswith(SIGNS) and not seen.removeprefix("-").replace(".", "", 1).isdigit():
            return True
    return False


def test_there_are_eighty_of_them() -> None:
    assert len(set(PAYLOADS)) >= 80
    assert all(computed(p) or p[:1] == "'" for p in PAYLOADS)


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_none_is_computed(payload: str) -> None:
    assert not computed(harmless(payload))
    assert payload == harmless(payload).replace("'", "") or "'" in payload  # nothing is lost


@pytest.mark.parametrize("text", HARMLESS)
def test_what_no_program_computes_stays(text: str) -> None:
    assert harmless(text) == text


def cells_of(path: Path) -> list[str]:
    """By the library's reader, and by another one that has to agree."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, header=None, encoding="utf-8-sig")
    assert frame.to_numpy().tolist() == rows
    return [cell for row in rows for cell in row]


def test_texts_typed_at_a_site_are_computed_in_no_sheet(
    charted_route: Route, tmp_path: Path
) -> None:
    route = charted_route
    with route.clinic.open() as session:
        place = next(a for a in values(session) if "/CR#" in a).split("/A#")[0]
        comment = locate(session.study, f"{place}/COMM")
        assert isinstance(comment, ItemKey)
        typed = []
        for payload in PAYLOADS:
            entry = FormEntry(session, comment.row.form)
            entry.type(comment, payload)
            if entry.field(comment).error is None:
                why = payload.replace("\x00", "")
                entry.save(complete=False, reason=ChangeReason("OTHER", why))
                recorded = FormEntry(session, comment.row.form).field(comment).recorded
                assert recorded is not None
                typed.append(recorded.text)
        assert len(set(typed)) >= 60
    with route.clinic.open("cra") as session:
        for payload in PAYLOADS:
            if "\x00" not in payload:
                Queries(session).open(str(comment), payload)
    with route.clinic.open() as session:
        for query in Queries(session).all(state="open"):
            Queries(session).answer(query.query, query.text.en)
        save_trail(session, tmp_path / "trail.csv", TrailForm.CSV, Language.EN)
    assert route.carry().fine
    with route.store.open() as session, session.reading() as conn:
        write_datasets(conn, session.study, tmp_path, ("csv", "sheet", "odm"))
    for path in tmp_path.glob("odm/*.xml"):
        etree.parse(path)
    exact = {cell for path in tmp_path.glob("csv/**/*.csv") for cell in cells_of(path)}
    assert set(typed) <= exact
    for path in (*tmp_path.glob("sheet/**/*.csv"), tmp_path / "trail.csv"):
        wrong = [cell for cell in cells_of(path) if computed(cell)]
        assert not wrong, (path.name, wrong[:5])
