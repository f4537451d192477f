"""Whose signature stands on a form, when it was made, what it means, and what superseded it.

21 CFR 11.50(a) and (b): a signed record shows the printed name of the signer, date and time, and
the meaning, on the screen, in print and in what is handed out. Name and local time are those that
were signed. A signature without them shows the user name, and the time of the place where its
session worked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Record
from mrd_desktop.record.endorsing import Changed, changes_since_signature
from mrd_desktop.record.owning import placing
from mrd_desktop.record.reading import RecordedForm
from mrd_desktop.record.signing import MEANINGS
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Manifested:
    """One signature as it is shown.

    Attributes:
        name: the printed name; the user name where none was signed.
        role: OID of the role.
        local: day, time and distance from UTC at the place of signing:
            ``2026-03-16 16:15:30 +08:00``.
        text: the statement as it was signed, in the language of signing.
        key: id of the key.
    """

    user: str
    name: str
    role: str
    local: str
    meaning: str
    text: str
    definition: str
    address: str
    key: str

    @property
    def who(self) -> str:
        """``Name (user)``; the user name alone where there is no other."""
        return self.user if self.name == self.user else f"{self.name} ({self.user})"

    def says(self) -> Text:
        """The statement in both languages where the program still knows its words."""
        known = MEANINGS.get(self.meaning)
        signed_words = known is not None and self.text in (known.en, known.zh)
        return known if known is not None and signed_words else Text(self.text, self.text)


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest signature on a form, and the change that superseded it; None while it stands."""

    by: Manifested
    superseded: Changed | None


def manifested(conn: Connection, record: Record) -> Manifested:
    """A signature on a form, as it is shown."""
    body = record.body
    user = str(body["user"])
    offset = str(body.get("offset") or _offset(conn, record))
    return Manifested(
        user=user,
        name=str(body.get("name") or user),
        role=str(body["role"]),
        local=local(record.header.at, offset),
        meaning=str(body["meaning"]),
        text=str(body["text"]),
        definition=str(body["definition"]),
        address=str(body["address"]),
        key=str(body["key"]),
    )


def standing(session: Session, form: RecordedForm | None) -> Standing | None:
    """The latest signature on a form; None where it was never signed."""
    if form is None or form.signed_at is None:
        return None
    with session.reading() as conn:
        place = placing(conn, form.key.subject)
        rows = conn.execute(
            text("SELECT chain, seq FROM p_signature WHERE form_id = :form"),
            {"form": form.form_id},
        ).all()
        chain, seq = max(rows, key=lambda r: place(r.chain, r.seq))
        changes: Iterable[Changed] = ()
        if form.superseded:
            changes = changes_since_signature(conn, form, session.box)
        last = manifested(conn, store.record(conn, chain, seq))
        return Standing(last, next(iter(changes), None))


def local(at: str, offset: str) -> str:
    """A UTC time as clocks showed it at a distance from UTC such as ``+08:00``, with that."""
    sign = -1 if offset.startswith("-") else 1
    hours, minutes = (int(part) for part in offset[1:].split(":"))
    there = timezone(sign * timedelta(hours=hours, minutes=minutes))
    moment = datetime.fromisoformat(at).astimezone(there)
    return f"{moment.strftime('%Y-%m-%d %H:%M:%S')} {offset}"


def _offset(conn: Connection, record: Record) -> str:
    found = conn.execute(
        text('SELECT "offset" FROM p_session WHERE session = :session'),
        {"session": record.header.session},
    ).scalar()
    return str(found or "+00:00")
