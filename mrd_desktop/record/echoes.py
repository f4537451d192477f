"""Unsaved typing that repeats what was erased: it goes with it, whoever typed it."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.entries import answer_of
from mrd_desktop.record.redactable import Place
from mrd_desktop.record.standin import words_of
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.errors import AddressError


def texts_of(record: Record) -> set[str]:
    """What a person wrote into a record: words and values."""
    body, kind = record.body, record.kind
    found = set(words_of(kind, body))
    if kind is Kind.NOTE_ADDED:
        found.add(str(body.get("text", "")))
    if kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED):
        found |= set(values_of(answer_of(body)))
    return found


def values_of(answer: Answer | None) -> tuple[str, ...]:
    """The texts of a value."""
    value = answer.value if answer else None
    return value if isinstance(value, tuple) else (value,) if value else ()


def form_of_place(place: Place) -> FormKey | None:
    """The form that a place stands in; None for a visit."""
    if isinstance(place, ItemKey | RowKey):
        return place.form
    return place if isinstance(place, FormKey) else None


def form_of_address(address: str) -> FormKey | None:
    """The form in which an address stands; None where it is none of a form's."""
    try:
        key = parse_address(address)
    except AddressError:
        return None
    return None if isinstance(key, str) else form_of_place(key)


def drop_repeating(conn: Connection, form: FormKey, texts: Collection[str]) -> None:
    """Forget unsaved typing in a form that repeats one of some texts."""
    quoted = _quoted({t for t in texts if t})
    drafts = text("SELECT user, address, content FROM draft WHERE sealed = 0")
    for user, place, content in conn.execute(drafts).all():
        if place.rpartition(":")[2] == str(form) and any(t in content for t in quoted):
            conn.execute(
                text("DELETE FROM draft WHERE user = :user AND address = :place"),
                {"user": user, "place": place},
            )


def drop_private(conn: Connection, subject: str, private: Collection[str]) -> None:
    """Forget unsaved typing in the identity forms of a subject."""
    for (place,) in conn.execute(text("SELECT DISTINCT address FROM draft")).all():
        key = parse_address(place.rpartition(":")[2])
        if isinstance(key, FormKey) and key.subject == subject and key.form in private:
            conn.execute(text("DELETE FROM draft WHERE address = :place"), {"place": place})


def _quoted(texts: Collection[str]) -> set[str]:
    """Words as they may stand inside JSON."""
    return {json.dumps(t, ensure_ascii=a)[1:-1] for t in texts for a in (True, False)}
