"""Copies neither lose nor alter content: generated records, there and out again (R-REC-05)."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as use_seed
from hypothesis import strategies as st

from mrd_desktop.ledger import store as ledger
from mrd_desktop.ledger.record import Record, RecordClass
from mrd_desktop.record.entries import item_set, note_added
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import ItemKey
from mrd_desktop.study.data import Answer
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.publish import AUDIT, CSV, write_datasets
from mrd_desktop.transfer.receive import receive
from mrd_desktop.vault.session import Session
from tests.transfer.route import Route
from tests.transfer.test_receive import new_subject, same_tables

Fraction = Callable[[int, int], int]
AT_ONCE = 500
LONG = 32 * 1024

# What a keyboard or a paste gives; other control characters are refused where they are typed.
LETTER = st.one_of(
    st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs")),
    st.sampled_from("\n\r\t\u2028\u3000"),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E),
    st.characters(min_codepoint=0x20000, max_codepoint=0x2A6DF),
)
LINES = st.sampled_from(
    ["a\r\nb", "a\rb", "a\n", "\n", "\r\n", "a\n\n\nb", '"a", b\n"', "'", "，；"]
)
ZEROS = st.sampled_from(
    ["-0", "-0.0", "0.0", "000", "007", "0.10", "1e5", "１２．５", "－０", "+1", ".5", "5.", "NaN"]
)
# Without digits: a run of them is held back as a telephone number, as it should be.
LETTERS = "患者自述乏力头晕ＡＢＣ，。；abc \n\"'\U00020000"
LONG_TEXT = st.builds(
    lambda drawn, end: "".join(Random(drawn).choices(LETTERS, k=LONG // 2)) + end,
    st.integers(min_value=0, max_value=1 << 32),
    st.sampled_from(["", "\n", "终"]),
)
# Most are short, for the long ones are slow.
TEXT = st.one_of(
    *[st.text(LETTER, min_size=1, max_size=30)] * 8, *[LINES] * 3, *[ZEROS] * 4, LONG_TEXT
)
WHAT = st.sampled_from(["note", "value", "codes"])


@pytest.mark.soak
def test_ten_thousand_generated_records_come_out_as_they_went_in(
    route: Route, tmp_path: Path, seed: int, fraction: Fraction
) -> None:
    """In the store byte for byte, in its tables and in the CSV files character for character."""
    count = fraction(10_000, 160)
    generated = generate(seed, count)
    texts = [text for _, text in generated]
    assert len(texts) == count
    assert any(len(text.encode()) >= LONG for text in texts)
    assert any("\r" in text for text in texts)
    assert {"-0", "007", "－０"} & set(texts)
    subject = new_subject(route)
    assert route.carry().fine
    with route.clinic.open() as site, route.store.open() as store:
        place = locate(site.study, f"{subject}/SCR/IC/ICVER")
        assert isinstance(place, ItemKey)
        for begin in range(0, count, AT_ONCE):
            made = generated[begin : begin + AT_ONCE]
            before = site.head().seq
            site.commit([entry(place, what, text) for what, text in made])
            (arrival,) = receive(store, [export(site, route.stick).path])
            assert arrival.fine, arrival.reason
            assert _same_records(site, store, before) >= len(made)
            with store.reading() as conn:
                write_datasets(conn, store.study, tmp_path / "out", (CSV, AUDIT))
            assert _audited(tmp_path / "out", before) == [told(*one) for one in made]
            _last_stands(tmp_path / "out", made)
    assert same_tables(route)


def generate(seed: int, count: int) -> list[tuple[str, str]]:
    """What kind of record, and its text; the same for the same seed."""
    found: list[tuple[str, str]] = []

    @use_seed(seed)
    @settings(
        max_examples=count, derandomize=False, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), deadline=None,
    )  # fmt: skip
    @given(st.tuples(WHAT, TEXT))
    def one(made: tuple[str, str]) -> None:
        found.append(made)

    while len(found) < count:
        one()
    return found[:count]


def entry(place: ItemKey, what: str, text: str) -> object:
    if what == "note":
        return note_added(place, text, RecordClass.CODED)
    value = text if what == "value" else (text, unicodedata.normalize("NFD", text))
    return item_set(place, Answer(value=value))


def _same_records(site: Session, store: Session, after: int) -> int:
    chain = site.folder.chain
    with site.reading() as here, store.reading() as there:
        head = ledger.head(there, chain).seq
        assert head == ledger.head(here, chain).seq - 1  # the record of this very package
        pairs = zip(
            ledger.records(here, chain, after, head),
            ledger.records(there, chain, after),
            strict=True,
        )
        seen = 0
        for mine, theirs in pairs:
            assert _bytes(mine) == _bytes(theirs)
            assert mine.digest == theirs.digest
            seen += 1
        return seen


def _bytes(record: Record) -> tuple[bytes, bytes | None, object]:
    opening = record.opening and (record.opening.salt, record.opening.payload)
    return record.header_bytes, record.signature, opening


def _audited(folder: Path, after: int) -> list[str]:
    csv.field_size_limit(1 << 24)
    with (folder / "csv" / "listings" / "audit.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if int(r["SEQ"]) > after]
    return [r["TEXT"] or r["VALUE"] for r in rows if r["WHAT"] in ("item.set", "note.added")]


def told(what: str, text: str) -> str:
    """How a cell holds it: several codes with a semicolon between."""
    return ";".join((text, unicodedata.normalize("NFD", text))) if what == "codes" else text


def _last_stands(folder: Path, made: Sequence[tuple[str, str]]) -> None:
    values = [(what, text) for what, text in made if what != "note"]
    if values:
        with (folder / "csv" / "IC.csv").open(encoding="utf-8", newline="") as file:
            (row,) = csv.DictReader(file)
        assert row["ICVER"] == told(*values[-1])
