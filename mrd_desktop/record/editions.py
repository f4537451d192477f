"""The definitions that forms were saved under: their words stay with them after an amendment.

A form belongs to the definition that its last Save names, as a whole; saving it again takes it to
the one in force. What a value was recorded under is named by the Save of its transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record.reading import RecordedForm
from mrd_desktop.study.address import FormKey, ItemKey, Key, RowKey
from mrd_desktop.study.load import study_from_bytes
from mrd_desktop.study.model import Study
from mrd_desktop.vault.session import Session

_OF_FORM: Final = text(
    "SELECT definition FROM p_form WHERE subject = :subject AND event = :event"
    " AND event_repeat = :event_repeat AND form = :form AND form_repeat = :form_repeat"
)
WordsOf: TypeAlias = Callable[[Key], Study]
"""The definition in whose words a place is said."""
_AHEAD: Final = 32
"""How many records are read at once; most transactions are not longer."""
_USED: Final = text("SELECT DISTINCT definition FROM p_form WHERE definition IS NOT NULL")


def edition(conn: Connection, digest: str | None, held: Study) -> Study:
    """The definition of a digest; the one in force where that is it, or where it is not kept."""
    if digest in (None, held.digest):
        return held
    found = conn.execute(
        text("SELECT bytes FROM definition WHERE digest = :digest"), {"digest": digest}
    ).scalar()
    data = None if found is None else bytes(found)
    if data is None or hashlib.sha256(data).hexdigest() != digest:
        return held
    study = study_from_bytes(data)
    return study if study.oid == held.oid else held


def used(conn: Connection) -> frozenset[str]:
    """Digests of the definitions that forms stand saved under."""
    return frozenset(str(d) for d in conn.execute(_USED).scalars())


def former(conn: Connection, held: Study) -> Mapping[str, Study]:
    """By digest, the definitions besides the one in force that forms stand saved under."""
    digests = sorted(used(conn) - {held.digest})
    found = {digest: edition(conn, digest, held) for digest in digests}
    return {digest: study for digest, study in found.items() if study is not held}


def saved_under(conn: Connection, record: Record) -> str | None:
    """The digest of the definition in whose words a value was recorded; None where none is named.

    It is named by the Save of the same transaction.
    """
    for one in _transaction(conn, record):
        if one.opening is not None and one.kind is Kind.FORM_SAVED:
            return str(one.body["definition"])
    return None


def _transaction(conn: Connection, record: Record) -> Iterator[Record]:
    """The records of a transaction: from one of them to its end, then from there back."""
    header = record.header
    after = header.seq - 1
    ended = False
    while not ended:
        for one in store.records(conn, header.chain, after, after + _AHEAD):
            yield one
            if one.header.end:
                ended = True
                break
        after += _AHEAD
    upto = header.seq - 1
    while upto > 0:
        for one in reversed(tuple(store.records(conn, header.chain, upto - _AHEAD, upto))):
            if one.header.txn != header.txn:
                return
            yield one
        upto -= _AHEAD


def within(study: Study, form: RecordedForm) -> RecordedForm | None:
    """A form as far as a definition knows it: later items left out; None where it does not."""
    known = study.by_form.get(form.key.form)
    if known is None or form.key.event.event not in study.by_event:
        return None

    def stands(row: RowKey) -> bool:
        return row.group in known.by_group

    def asked(key: ItemKey) -> bool:
        return stands(key.row) and key.item in known.by_group[key.row.group].by_name

    items = {k: v for k, v in form.items.items() if asked(k)}
    return replace(form, items=items, rows={r: gone for r, gone in form.rows.items() if stands(r)})


class Editions:
    """Which words go with which form, for a list of them; read once, when it is made."""

    def __init__(self, session: Session) -> None:
        self._session: Final = session
        self._known: Final[dict[FormKey, Study]] = {}
        with session.reading() as conn:
            self._one: Final = used(conn) <= {session.study.digest}

    def of(self, key: Key) -> Study:
        """The definition a place's form was saved under; the one in force where it is not in it."""
        held = self._session.study
        form = key if isinstance(key, FormKey) else None
        if isinstance(key, RowKey | ItemKey):
            form = key.form
        if self._one or form is None:
            return held
        if form not in self._known:
            with self._session.reading() as conn:
                self._known[form] = edition(conn, _digest(conn, form), held)
        found = self._known[form]
        return found if _knows(found, key) else held


def _knows(study: Study, key: Key) -> bool:
    """Whether a definition has a place of a form."""
    if isinstance(key, FormKey):
        return key.form in study.by_form
    assert isinstance(key, RowKey | ItemKey)
    row = key.row if isinstance(key, ItemKey) else key
    form = study.by_form.get(row.form.form)
    group = form.by_group.get(row.group) if form else None
    return group is not None and (isinstance(key, RowKey) or key.item in group.by_name)


def _digest(conn: Connection, key: FormKey) -> str | None:
    event = key.event
    named: Mapping[str, str | int] = {
        "subject": key.subject,
        "event": event.event,
        "event_repeat": event.repeat,
        "form": key.form,
        "form_repeat": key.repeat,
    }
    found = conn.execute(_OF_FORM, named).scalar()
    return None if found is None else str(found)
