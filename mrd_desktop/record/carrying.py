"""Drafts over a change of definition: they go on where they fit, else they are set aside whole.

An amendment removes and moves nothing, so that every draft fits the next version. The way back is
another matter: what was typed in an item that the former version does not have is set aside under
the digest it was typed under, and comes back when that definition does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from mrd_desktop.record.drafts import ASIDE, SECOND
from mrd_desktop.study.address import FormKey, ItemKey, Key, RowKey, parse_address
from mrd_desktop.study.model import Study

_KEYS: Final = ("texts", "missing", "rows", "removed", "restored", "taken")


@dataclass(frozen=True, slots=True)
class Kept:
    """One draft, whoever typed it.

    Attributes:
        fits: every place it is about is one of the definition asked about.
    """

    user: str
    form: FormKey
    fits: bool


def fates(conn: Connection, study: Study, before: Study) -> tuple[Kept, ...]:
    """Every draft with whether it fits a definition.

    Args:
        before: the definition it was typed under. A sealed draft cannot be looked into and fits
            where its form has the same items in both.
    """
    return tuple(
        Kept(user, form, fits) for user, _, form, fits in _drafts(conn, study, before) if form
    )


def set_aside(conn: Connection, study: Study, before: Study) -> tuple[Kept, ...]:
    """Put away the drafts that do not fit a definition, and tell which."""
    gone = []
    for user, address, form, fits in list(_drafts(conn, study, before)):
        if not fits:
            _move(conn, user, address, f"{ASIDE}{before.digest}:{address}")
            gone.append(Kept(user, form, fits))
    return tuple(gone)


def bring_back(conn: Connection, study: Study) -> None:
    """Bring back what was set aside under this definition, where nothing was typed since."""
    prefix = f"{ASIDE}{study.digest}:"
    rows = conn.execute(
        text(
            "SELECT user, address FROM draft d WHERE address LIKE :like AND NOT EXISTS"
            " (SELECT 1 FROM draft k WHERE k.user = d.user"
            "  AND k.address = substr(d.address, :length + 1))"
        ),
        {"like": f"{prefix}%", "length": len(prefix)},
    )
    for user, address in rows.all():
        _move(conn, str(user), str(address), str(address).removeprefix(prefix))


def aside(conn: Connection) -> tuple[tuple[str, FormKey], ...]:
    """What is set aside: whose, and the form."""
    rows = conn.execute(
        text("SELECT user, address FROM draft WHERE address LIKE :like ORDER BY user, address"),
        {"like": f"{ASIDE}%"},
    )
    return tuple((str(user), _form(str(address).split(":", 2)[2])) for user, address in rows)


def _drafts(
    conn: Connection, study: Study, before: Study
) -> Iterator[tuple[str, str, FormKey, bool]]:
    rows = conn.execute(
        text("SELECT user, address, sealed, content FROM draft WHERE address NOT LIKE :like"),
        {"like": f"{ASIDE}%"},
    )
    for user, address, sealed, kept in rows:
        form = _form(str(address))
        if sealed:
            fits = _shape(before, form.form) <= _shape(study, form.form)
        else:
            fits = all(_stands(study, key) for key in (form, *_places(json.loads(kept))))
        yield str(user), str(address), form, fits


def _places(body: dict[str, Any]) -> Iterator[Key]:
    for name in _KEYS:
        yield from (parse_address(address) for address in body.get(name) or ())
    yield from (parse_address(address) for _, address, _ in body.get("shown") or ())
    if body.get("caret"):
        yield parse_address(body["caret"])


def _stands(study: Study, key: Key) -> bool:
    """Whether a definition has the place that a key names."""
    match key:
        case FormKey():
            return key.form in study.by_form
        case RowKey():
            return _stands(study, key.form) and key.group in study.by_form[key.form.form].by_group
        case ItemKey():
            form = key.form
            return _stands(study, key.row) and (
                key.item in study.by_form[form.form].by_group[key.row.group].by_name
            )
        case _:
            return True


def _shape(study: Study, form: str) -> frozenset[tuple[str, str]]:
    found = study.by_form.get(form)
    return (
        frozenset((g.name, i.name) for g in found.groups for i in g.items) if found else frozenset()
    )


def _form(address: str) -> FormKey:
    key = parse_address(address.removeprefix(SECOND))
    assert isinstance(key, FormKey)
    return key


def _move(conn: Connection, user: str, address: str, to: str) -> None:
    conn.execute(
        text("UPDATE draft SET address = :to WHERE user = :user AND address = :address"),
        {"to": to, "user": user, "address": address},
    )
