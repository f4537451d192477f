"""What is worked out key by key equals what is worked out anew, on every form of the study."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from mrd_desktop.record.entry import FormEntry
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.study.model import Item, Kind
from tests.clinic import Clinic

FORMS = [f.oid for f in load_study().forms]
TEXTS = {
    Kind.INTEGER: ("0", "1", "7", "45", "180"),
    Kind.DECIMAL: ("0", "1.5", "36.7", "400"),
    Kind.DATE: ("2025-10-20", "2026-03-16", "2027-06-30", "2026-02-30"),
    Kind.PARTIAL_DATE: ("2025", "2026-03", "2026-03-16"),
    Kind.TIME: ("08:15", "23:59"),
    Kind.TEXT: ("synthetic", "文本"),
}


def a_text(item: Item, chance: Random) -> str:
    if item.codelist is not None and chance.random() < 0.9:
        return chance.choice(item.codelist.codes).code
    return chance.choice(("", *TEXTS.get(item.type.kind, ("?",))))


@pytest.mark.soak
@pytest.mark.parametrize("oid", FORMS)
def test_each_key_leaves_what_the_whole_would(
    charted: Clinic, oid: str, seed: int, fraction: Callable[[int, int], int]
) -> None:
    chance = Random(seed)
    with charted.open() as session:
        form = session.study.by_form[oid]
        event = EventKey("01-001", "LOG" if form.log else "M03")
        entry = FormEntry(session, FormKey(event, oid, 1))
        for _ in range(fraction(400, 25)):
            act(entry, chance)
            shown = shown_now(entry)
            told = told_now(entry)
            entry._refresh(None)
            assert shown == shown_now(entry)
            assert told == told_now(entry)


def act(entry: FormEntry, chance: Random) -> None:
    views = [f for g in entry.groups() for r in g.rows for f in r.fields]
    growing = [g.group.name for g in entry.groups() if g.can_add]
    typed = [v for v in views if v.shown and not v.derived]
    if growing and chance.random() < 0.1:
        entry.add_row(chance.choice(growing))
    elif typed and chance.random() < 0.1:
        entry.mark_missing(chance.choice(typed).key, "ND")
    elif typed:
        view = chance.choice(typed)
        entry.type(view.key, a_text(view.item, chance))


def shown_now(entry: FormEntry) -> set[object]:
    return {f.key for g in entry.groups() for r in g.rows for f in r.fields if f.shown}


def told_now(entry: FormEntry) -> set[tuple[str, str, str]]:
    return {(f.check.id, str(f.key), f.text.en) for f in entry.findings()}
