"""CSV tables of a whole large study, and how time, memory and size grow with it.

``MRD_BENCH_FORMS=132000`` measures the whole; without it a tenth is written and held against a
twentieth, at the same number of forms a second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from math import isqrt
from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop.record.importing.mapping import NUMBERS
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Form, Item, Study
from mrd_desktop.transfer.publish import write_datasets
from tests.benchmarks.memory import memory, needed
from tests.benchmarks.ratio import Ratio
from tests.benchmarks.sites import charted, scratch, seconds
from tests.transfer.route import Store, make_store

WHOLE, EACH, SECONDS = 132_000, 60, 60.0
FORM, EVENT, VISITS, LABORATORIES = "LAB", "UNS", 50, 3
FORMS = int(os.environ.get("MRD_BENCH_FORMS", WHOLE // 10))
HALF = FORMS // 2
_FIRST = 10_000_000


def run() -> list[Ratio]:
    """One store of two sizes; its rows are copies of one form, put straight into the tables."""
    took: dict[int, float] = {}
    size: dict[int, int] = {}
    with scratch() as folder:
        study = charted(folder, 1).study
        store = make_store(folder / "store", study)
        with store.open() as session:
            for first, forms in ((0, HALF), (HALF, FORMS)):
                with session.database.writing() as conn:
                    _fill(conn, study, first, forms)
                to = folder / f"tables-{forms}"
                with session.reading() as conn:
                    took[forms] = seconds(partial(write_datasets, conn, study, to, ["csv"]))
                size[forms] = sum(path.stat().st_size for path in to.rglob("*.csv"))
        grown = needed(partial(_writing, store.path, folder / "once-more"))
    return [
        Ratio(
            f"CSV of {FORMS:,} forms of {EACH} items",
            FORMS / took[FORMS],
            WHOLE / SECONDS,
            "forms/s",
            f"{WHOLE:,} in {SECONDS:.0f} s",
            at_least=True,
        ),
        Ratio("time against half as many", took[FORMS], 2 * took[HALF], "s", "linear", 1.25),
        Ratio("size against half as many", size[FORMS], 2 * size[HALF], "B", "linear", 1.02),
        *memory("memory above idle", grown, 300, "fixed, whatever the size"),
    ]


@contextmanager
def _writing(path: Path, to: Path) -> Iterator[Callable[[], object]]:
    """A store where somebody has signed in, and the tables of all it holds."""
    store = Store(path, load_study())
    with store.open() as session, session.reading() as conn:
        yield partial(write_datasets, conn, store.study, to, ["csv"])


def _fill(conn: Connection, study: Study, first: int, end: int) -> None:
    """Forms ``first`` up to ``end`` of a lot, each with its visit and all its items."""
    counted = (
        f"WITH RECURSIVE n(k) AS (SELECT {first} UNION ALL SELECT k + 1 FROM n WHERE k + 1 < {end})"
    )
    subject, visit = f"printf('01-%05d', k / {VISITS})", f"k % {VISITS} + 1"
    conn.exec_driver_sql(
        f"{counted} INSERT INTO p_event (subject, event, event_repeat, chain, seq, removed)"
        f" SELECT {subject}, '{EVENT}', {visit}, 'synthetic', k, 0 FROM n"
    )
    conn.exec_driver_sql(
        f"{counted} INSERT INTO p_form (form_id, subject, event, event_repeat, form, form_repeat,"
        " chain, entered, saved_chain, saved_seq, saved_at, saved_by, declared, definition, lock,"
        f" removed) SELECT {_FIRST} + k, {subject}, '{EVENT}', {visit}, '{FORM}', 1, 'synthetic',"
        " '2027-06-30', 'synthetic', k + 1, '2027-06-30T08:00:00.000Z', 'synthetic', 0,"
        f" '{study.digest}', '', 0 FROM n"
    )
    # Form by form, as they are kept: item by item every page of the file would be written anew.
    answers = _answers(study.by_form[FORM])
    given = ", ".join("(?, ?, ?, ?)" for _ in answers)
    conn.exec_driver_sql(
        f"{counted}, a(grp, item, value, steps) AS (VALUES {given})"
        " INSERT INTO p_item (form_id, grp, row, item, value, many, missing, chain, seq, source)"
        f" SELECT {_FIRST} + k, grp, 1, item,"
        "  CASE WHEN steps THEN CAST(value + k % steps AS TEXT) ELSE value END,"
        "  0, NULL, 'synthetic', k, 'typed'"
        " FROM n CROSS JOIN a",
        tuple(part for answer in answers for part in answer),
    )


def _answers(form: Form) -> list[tuple[str, str, str, int]]:
    """Group, item and a value for the first items that people enter; numbers take so many steps.

    The steps of two results have no common factor, so that no two forms in reach are alike. Limits
    of normal are those of a few laboratories, as they are for a site.
    """
    entered = [(g, i) for g in form.groups if not g.repeating for i in g.items if not i.derived]
    steps = iter(_primes())

    def changing(item: Item) -> int:
        if item.type.kind not in NUMBERS:
            return 0
        return LABORATORIES if item.name.endswith(("LLN", "ULN")) else next(steps)

    return [
        (g.name, i.name, i.codelist.codes[0].code, 0)
        if i.codelist
        else (g.name, i.name, "5", changing(i))
        for g, i in entered[:EACH]
    ]


def _primes() -> Iterator[int]:
    return (n for n in count(101) if all(n % d for d in range(2, 1 + isqrt(n))))
