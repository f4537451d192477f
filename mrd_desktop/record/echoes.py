"""Unsaved typing that repeats what was erased: it goes with it, whoever typed it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.drafts import said_in
from mrd_desktop.record.entries import answer_of, values_of
from mrd_desktop.record.redactable import Place
from mrd_desktop.record.standin import words_of
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.errors import AddressError


def texts_of(record: Record) -> set[str]:
    """What a person wrote into a record: words and values."""
    body, kind = record.body, record.kind
    found = set(words_of(kind, body))
    if kind in (Kind.ITEM_SET, Kind.ENTRY_SUPERSEDED):
        found |= set(values_of(answer_of(body)))
    return found


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
    """Forget unsaved typing in a form that repeats one of some texts.

    A field or a line that says just that repeats it; words of some length are found within others.
    """
    kept = text("SELECT user, address, content FROM draft WHERE sealed = 0")
    for user, place, content in conn.execute(kept).all():
        if place.rpartition(":")[2] == str(form) and repeats(said_in(content), texts):
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


def repeats(said: Collection[str], texts: Collection[str]) -> bool:
    """Whether something said is one of some texts, or has one of some length within it."""
    whole = {t.strip() for t in texts} - {""}
    within = {t for t in whole if len(t) >= _LONG or len(_HAN.findall(t)) >= _LONG_HAN}
    return any(s.strip() in whole or any(t in s for t in within) for s in said)


_LONG: Final = 4
_LONG_HAN: Final = 2
_HAN: Final = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
