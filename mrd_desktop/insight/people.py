"""Finding a person by name, record number or telephone, for those who hold the vault key.

Identity data are opened in memory, subject by subject, and dropped again: no index, nothing kept,
nothing written. What comes back is the subject number and which field fits. A look is recorded
when a name is shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mrd_desktop.insight.reports.issue import note_look
from mrd_desktop.record.reading import private_items, subject_numbers
from mrd_desktop.study.address import ItemKey
from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import VaultClosed
from mrd_desktop.vault.session import Session

WHAT: Final = "search"
FORM: Final = "form"
NAME: Final = "ID.PATNAME"
SOUGHT: Final = (NAME, "ID.MRN", "ID.OPNO", "ID.MOBILE", "ID.TEL2")
"""What a person is found by."""
LEAST: Final = 2
"""Fewer characters fit too many people to be an honest question."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Person:
    """A subject that fits, and by which fields; what stands in them is not carried."""

    subject: str
    by: tuple[Text, ...]


def may_find(session: Session) -> bool:
    """Whether this user may find people."""
    return session.allows("identity.see") and session.has_vault


def find_people(
    session: Session, typed: str, progress: Progress = lambda done, total: None
) -> tuple[Person, ...]:
    """Subjects whose name, record number or telephone holds what is typed. Writes nothing.

    Args:
        progress: told (done, total) before each subject; what it raises ends the search.

    Raises:
        PermissionDenied: the role may not see identity data.
        VaultClosed: the user does not hold the vault key.
    """
    _require(session)
    sought = plain(typed)
    if len(sought) < LEAST:
        return ()
    with session.reading() as conn:
        subjects = subject_numbers(conn)
    found = []
    for done, subject in enumerate(subjects):
        progress(done, len(subjects))
        by = tuple(
            session.study.by_item[oid].text
            for oid, value in _identity(session, subject)
            if sought in plain(value)
        )
        if by:
            found.append(Person(subject, by))
    return tuple(found)


def reveal_name(session: Session, subject: str) -> str:
    """The name of a subject; that it was looked at is recorded before it is read.

    Raises:
        PermissionDenied, VaultClosed: as above.
    """
    _require(session)
    note_look(session, WHAT, subject)
    return next((value for oid, value in _identity(session, subject) if oid == NAME), "")


def note_form_look(session: Session, subject: str) -> None:
    """Record that the identity form of a subject is looked at; before it is shown.

    Raises:
        PermissionDenied, VaultClosed: as above.
    """
    _require(session)
    note_look(session, FORM, subject)


def plain(text: str) -> str:
    """Without case, width, spaces and hyphens: as a number is dictated and a name is typed."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and c not in "-‐–—()+·.")


def _require(session: Session) -> None:
    session.require("identity.see")
    if not session.has_vault:
        session.deny("identity.see", VaultClosed())


def _identity(session: Session, subject: str) -> Iterator[tuple[str, str]]:
    box = session.box
    assert box is not None
    names: Mapping[tuple[str, str, str], str] = {
        (form.oid, group.name, item.name): oid
        for oid, (form, group, item) in session.study.places.items()
        if oid in SOUGHT
    }
    with session.reading() as conn:
        items = private_items(conn, subject, box)
    for key, recorded in items.items():
        oid = names.get(_place(key))
        if oid and recorded.answer is not None and isinstance(recorded.answer.value, str):
            yield oid, recorded.answer.value


def _place(key: ItemKey) -> tuple[str, str, str]:
    return key.form.form, key.row.group, key.item
