"""Values that change and records that say so are the same, and nothing else writes (R-AUD-01, 04).

Nobody can switch that off: there is no setting for it, and one place writes each table.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

import mrd_desktop
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.transfer.route import CONSENT, fill

ROOT = Path(mrd_desktop.__file__).parents[1]
WRITERS = {
    "ledger": {"mrd_desktop/ledger/store.py", "mrd_desktop/ledger/schema.py"},
    "p": {"mrd_desktop/record/projection.py", "mrd_desktop/record/second/folding.py"},
}
"""Who may write the tables of the ledger, and those that are folded from it."""
_DML = re.compile(
    r"\b(?:INSERT(?: OR \w+)? INTO|REPLACE INTO|UPDATE(?: OR \w+)?|DELETE FROM)\s+\W?"
    r"(ledger|p)_",
    re.IGNORECASE,
)

Values = dict[tuple[object, ...], tuple[object, ...]]


def values(conn: Connection) -> Values:
    """Every value that stands in the tables."""
    rows = conn.exec_driver_sql(
        "SELECT f.subject, f.event, f.event_repeat, f.form, f.form_repeat, i.grp, i.row, i.item,"
        " i.value, i.missing FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
    ).all()
    return {tuple(r[:8]): tuple(r[8:]) for r in rows}


def changed(before: Values, after: Values) -> int:
    return sum(before.get(k) != after.get(k) for k in {*before, *after})


STEPS: tuple[dict[str, str], ...] = (
    {"PERF": "Y", "VSDAT": "2027-06-02", "WEIGHT": "61.5", "HEIGHT": "160"},
    {"WEIGHT": "62.5", "HEIGHT": "161", "TEMP": "36.5"},
    {"TEMP": "", "PULSE": "70"},
    {"PERF": "N"},  # takes what is hidden then along
)


def saved(session: Session) -> Iterator[tuple[dict[str, str], Values, int]]:
    """Save by save: what was typed, and how values and chain stood before."""
    book = Casebook(session)
    subject = book.create_subject()
    fill(session, f"{subject}/SCR/IC", CONSENT)
    reasons = [r for r in session.study.offered_reasons if not r.needs_text]
    for n, step in enumerate(STEPS):
        before, seq = stands(session)
        form = locate(session.study, f"{subject}/SCR/VS")
        assert isinstance(form, FormKey)
        entry = book.open(form)
        for name, value in step.items():
            item = locate(session.study, f"{form}/{name}")
            assert isinstance(item, ItemKey)
            entry.type(item, value)
        entry.save(complete=False, reason=ChangeReason(reasons[n % len(reasons)].code))
        yield step, before, seq


@pytest.mark.parametrize("user", ["crc", "inv"])
def test_values_that_change_are_as_many_as_their_records(clinic: Clinic, user: str) -> None:
    with clinic.open(user) as session:
        for step, before, seq in saved(session):
            after, _ = stands(session)
            with session.reading() as conn:
                told = [
                    r for r in store.records(conn, session.folder.chain, after=seq)
                    if r.kind is Kind.ITEM_SET
                ]  # fmt: skip
            assert len(told) == changed(before, after) >= len(step)
            assert len({str(r.body["address"]) for r in told}) == len(told)


def test_the_tables_say_what_the_records_say_after_each_save(clinic: Clinic) -> None:
    with clinic.open() as session:
        for _ in saved(session):
            with session.reading() as conn:
                assert [*projection.differences(conn)] == []


def stands(session: Session) -> tuple[Values, int]:
    session.announce()
    with session.reading() as conn:
        return values(conn), store.head(conn, session.folder.chain).seq


def statements(path: Path) -> Iterator[str]:
    """Which tables the strings of a source write."""
    source = path.read_text("utf-8")
    if not _DML.search(source):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (m.lower() for m in _DML.findall(node.value))


def test_one_place_alone_writes_each_table() -> None:
    found: dict[str, set[str]] = {kind: set() for kind in WRITERS}
    for package in ("mrd_desktop", "ui"):
        for path in (ROOT / package).rglob("*.py"):
            for kind in statements(path):
                found[kind].add(path.relative_to(ROOT).as_posix())
    assert found["ledger"] <= WRITERS["ledger"]
    assert "mrd_desktop/ledger/store.py" in found["ledger"]
    assert found["p"] == WRITERS["p"]
