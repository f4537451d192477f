"""Synthetic sites for the measurements: copied whole, never measured while they are made."""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

from mrd_desktop.insight.synthetic import stories
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.story import load_story
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.model import Study
from tests.clinic import Clinic, make_clinic

TODAY = date(2027, 6, 30)
SUBJECT = "01-001"
VITALS: Mapping[str, str] = {
    **{"PERF": "Y", "VSDAT": "2027-06-01", "HEIGHT": "160", "WEIGHT": "60", "TEMP": "36.5"},
    **{"PULSE": "70", "RESP": "16", "SYSBP": "120", "DIABP": "80"},
}


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder."""
    with tempfile.TemporaryDirectory(prefix="mrd-bench-") as name:
        yield Path(name)


@cache
def _master(folder: Path) -> Clinic:
    return make_clinic(folder / "empty")


def charted(folder: Path, subjects: int) -> Clinic:
    """A site with synthetic subjects, entered through the code of the screen."""
    to = folder / f"site-{subjects}"
    if to.exists():
        return Clinic(to, _master(folder).study)
    clinic = _master(folder).copy(to)
    with clinic.open() as session:
        book = Casebook(session)
        for story in stories("01", TODAY, subjects, 1, SUBJECT):
            load_story(book, story)
    return clinic


def grown(folder: Path, subjects: int) -> Clinic:
    """A site with one synthetic subject and copies of some of its forms, that many in all."""
    clinic = charted(folder, 1).copy(folder / f"grown-{subjects}")
    multiply(clinic, subjects - 1, forms=FEW_FORMS)
    return clinic


def multiply(
    clinic: Clinic, copies: int, first: int = 101, forms: Collection[str] = frozenset()
) -> None:
    """More subjects with the coded records of the first one, many in a transaction.

    Args:
        forms: only these forms, so that thousands of subjects are made in a few minutes.
    """
    with clinic.open() as session:
        with session.reading() as conn:
            given = [
                Entry(r.kind, RecordClass.CODED, {k: v for k, v in r.body.items() if k != "kind"})
                for r in store.records(conn, session.folder.chain)
                if r.opening is not None
                and r.header.cls is RecordClass.CODED
                and r.kind in _COPIED
                and _copied(r.body, forms)
            ]
        numbers = range(first, first + copies)
        for at in range(0, copies, _TOGETHER):
            session.commit(
                [
                    replace(e, payload=_moved(e.payload, f"01-{n:04d}"))
                    for n in numbers[at : at + _TOGETHER]
                    for e in given
                ]
            )


def _copied(body: Mapping[str, JSON], forms: Collection[str]) -> bool:
    subject, *parts = str(body.get("address") or body.get("subject")).split("/")
    wanted = not forms or len(parts) < 2 or parts[1].partition("#")[0] in forms
    return subject == SUBJECT and wanted


_TOGETHER = 50
FEW_FORMS = ("IC", "DM", "SV", "PS", "MRD")
"""Some 75 records of the 260 of a subject."""
_COPIED = (
    Kind.SUBJECT_CREATED,
    Kind.EVENT_ADDED,
    Kind.FORM_ADDED,
    Kind.ROW_ADDED,
    Kind.ITEM_SET,
    Kind.FORM_SAVED,
)


def _moved(payload: Mapping[str, JSON], subject: str) -> dict[str, JSON]:
    moved = dict(payload)
    if "subject" in moved:
        moved["subject"] = subject
    if "address" in moved:
        moved["address"] = subject + str(moved["address"])[len(SUBJECT) :]
    return moved


def item(study: Study, form: FormKey, name: str) -> ItemKey:
    """An item of a section that does not repeat."""
    groups = study.by_form[form.form].groups
    return ItemKey(
        RowKey(form, next(g.name for g in groups if not g.repeating and name in g.by_name)), name
    )


def form_key(form: str, event: str = "SCR", subject: str = SUBJECT, repeat: int = 1) -> FormKey:
    """Address of a form."""
    return FormKey(EventKey(subject, event), form, repeat)


def milliseconds(act: Callable[[], object], times: int) -> float:
    """The median of some runs."""
    return in_turn(times, act)[0]


def in_turn(
    times: int, *acts: Callable[[], object], before: Callable[[], object] | None = None
) -> list[float]:
    """The medians of acts in milliseconds, measured in turn, so that what else the computer does
    weighs on all of them alike.

    Args:
        before: done before each round, and not measured.
    """
    taken: list[list[float]] = [[] for _ in acts]
    for _ in range(times):
        if before:
            before()
        for act, mine in zip(acts, taken, strict=True):
            gc.collect()
            begun = time.perf_counter()
            act()
            mine.append((time.perf_counter() - begun) * 1000)
    return [statistics.median(mine) for mine in taken]


def seconds(act: Callable[[], object]) -> float:
    """One run."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def least(act: Callable[[], object], times: int = 3) -> float:
    """The quickest of some runs: what else the computer did meanwhile is no cost of the act."""
    return min(seconds(act) for _ in range(times))
