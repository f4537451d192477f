"""Drafts: unsaved typing, kept encrypted for the user who typed it; never records.

A draft belongs to one user and one form and comes back after a crash, a lock or a power cut. The
draft of a private form is sealed under the vault key. A second entry has a draft of its own beside
the ordinary one. Source: formats of the project, section 5.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, text

from mrd_desktop.record.entries import answer_of, content, values_of
from mrd_desktop.record.paper import Paper
from mrd_desktop.study.address import FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.study.answer import Answer
from mrd_desktop.vault.session import Session

SECOND: Final = "second:"
"""Stands before the address of a second entry's draft."""
ASIDE: Final = "aside:"
"""Stands, with a definition's digest, before the address of what only that definition can show."""


class Line(StrEnum):
    """The lines of a form in which words are typed that belong to no field."""

    NOTE = "note"
    ANSWER = "answer"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Saying:
    """Words that are being typed in a line, about the field of the caret."""

    line: Line
    words: str


@dataclass(frozen=True)
class Draft:
    """Half-typed content of one form.

    Attributes:
        texts: text of each data point that differs from what is recorded.
        missing: missing reason of each data point that has one unsaved.
        rows: rows added and not saved yet; ``removed`` and ``restored``: recorded rows struck or
            brought back and not saved yet.
        answers: explanations of soft findings by (check, address).
        taken: data points whose text was filled from the laboratory ranges.
        shown: what stood in a data point when the finding of a check was shown about it.
        paper: the paper record that is being transcribed.
        saying: words that were being typed in a line.
        caret: where the user was.
        front: its form was in front when it was kept, so that it is what comes back first.
        at: UTC time it was kept.
    """

    texts: Mapping[ItemKey, str] = field(default_factory=dict)
    missing: Mapping[ItemKey, str] = field(default_factory=dict)
    rows: tuple[RowKey, ...] = ()
    removed: tuple[RowKey, ...] = ()
    restored: tuple[RowKey, ...] = ()
    answers: Mapping[tuple[str, str], str] = field(default_factory=dict)
    taken: tuple[ItemKey, ...] = ()
    shown: Mapping[tuple[ItemKey, str], Answer] = field(default_factory=dict)
    paper: Paper | None = None
    saying: Saying | None = None
    caret: ItemKey | None = None
    front: bool = False
    at: str = ""

    def beside(self, recorded: Collection[RowKey]) -> Draft:
        """The same draft with its new rows after rows that others have recorded meanwhile."""
        used = set(recorded)
        place: dict[RowKey, RowKey] = {}
        for row in self.rows:
            free = row
            if row in used:
                last = max(r.row for r in used if (r.form, r.group) == (row.form, row.group))
                free = row._replace(row=last + 1)
            used.add(free)
            place[row] = free

        def moved(key: ItemKey) -> ItemKey:
            return ItemKey(place.get(key.row, key.row), key.item)

        def named(address: str) -> str:
            key = parse_address(address)
            if isinstance(key, RowKey):
                return str(place.get(key, key))
            return str(moved(key)) if isinstance(key, ItemKey) else address

        return replace(
            self,
            texts={moved(k): v for k, v in self.texts.items()},
            missing={moved(k): v for k, v in self.missing.items()},
            rows=tuple(place.values()),
            answers={(check, named(at)): words for (check, at), words in self.answers.items()},
            taken=tuple(moved(k) for k in self.taken),
            shown={(moved(k), check): answer for (k, check), answer in self.shown.items()},
            caret=moved(self.caret) if self.caret else None,
        )


def keep(
    session: Session, key: FormKey, draft: Draft, *, private: bool, second: bool = False
) -> str:
    """Write the draft of a form, or of its second entry; returns the UTC time it carries."""
    return _write(session, _place(key, second=second), key, draft, private=private)


def _write(session: Session, address: str, key: FormKey, draft: Draft, *, private: bool) -> str:
    at = session.now()
    body = json.dumps(
        {
            "texts": {str(k): v for k, v in draft.texts.items()},
            "missing": {str(k): v for k, v in draft.missing.items()},
            "rows": [str(r) for r in draft.rows],
            "removed": [str(r) for r in draft.removed],
            "restored": [str(r) for r in draft.restored],
            "answers": [[c, a, t] for (c, a), t in draft.answers.items()],
            "shown": [[c, str(k), content(a)] for (k, c), a in draft.shown.items()],
            "taken": [str(k) for k in draft.taken],
            "paper": [draft.paper.day, draft.paper.reference] if draft.paper else None,
            "saying": [draft.saying.line, draft.saying.words] if draft.saying else None,
            "caret": str(draft.caret) if draft.caret else None,
            "front": draft.front,
        }
    )  # in ASCII: half a sign, as copying brings it, is kept too and refused in its field
    if private:
        body = base64.b64encode(session.seal_private(key.subject, body.encode())).decode()
    with session.writing() as conn:
        conn.execute(
            text(
                "INSERT INTO draft (user, address, at, sealed, content)"
                " VALUES (:user, :address, :at, :sealed, :content)"
                " ON CONFLICT (user, address) DO UPDATE SET at = excluded.at,"
                " sealed = excluded.sealed, content = excluded.content"
            ),
            {
                "user": session.user,
                "address": address,
                "at": at,
                "sealed": int(private),
                "content": body,
            },
        )
    return at


def find(session: Session, conn: Connection, key: FormKey, *, second: bool = False) -> Draft | None:
    """The user's own draft of a form, or of its second entry."""
    return _read(session, conn, key, _place(key, second=second))


def _read(session: Session, conn: Connection, key: FormKey, address: str) -> Draft | None:
    row = conn.execute(
        text("SELECT at, sealed, content FROM draft WHERE user = :user AND address = :address"),
        {"user": session.user, "address": address},
    ).one_or_none()
    if row is None:
        return None
    kept = row.content
    if row.sealed:
        if not session.has_vault:
            return None
        kept = session.open_private(key.subject, base64.b64decode(kept)).decode()
    body = json.loads(kept)
    return Draft(
        texts={_item(k): v for k, v in body["texts"].items()},
        missing={_item(k): v for k, v in body["missing"].items()},
        rows=tuple(_row(r) for r in body["rows"]),
        removed=tuple(_row(r) for r in body["removed"]),
        restored=tuple(_row(r) for r in body.get("restored", [])),
        answers={(c, a): t for c, a, t in body["answers"]},
        shown={
            (_item(k), c): answer
            for c, k, said in body.get("shown", [])
            if (answer := answer_of(said)) is not None
        },
        taken=tuple(_item(k) for k in body.get("taken", [])),
        caret=_item(body["caret"]) if body["caret"] else None,
        paper=Paper(*body["paper"]) if body.get("paper") else None,
        saying=_saying(body.get("saying")),
        front=bool(body.get("front")),
        at=row.at,
    )


def said_in(kept: str) -> tuple[str, ...]:
    """What a person typed or answered in an unsealed draft as it is kept, and values shown to it.

    Addresses, codes of checks and of missing reasons are no words of anybody.
    """
    body = json.loads(kept)
    shown = (answer_of(said) for _, _, said in body.get("shown", []))
    words = [
        *body["texts"].values(),
        *(words for _, _, words in body["answers"]),
        *(value for answer in shown for value in values_of(answer)),
        *(body.get("paper") or ()),
        *(body.get("saying") or ())[1:],
    ]
    return tuple(w for w in words if w)


def put_aside(session: Session, conn: Connection, key: FormKey) -> tuple[str, Draft] | None:
    """What this user typed in a form that only another definition can show, with its digest."""
    rows = conn.execute(
        text(
            "SELECT address FROM draft WHERE user = :user AND address LIKE :like ORDER BY at DESC"
        ),
        {"user": session.user, "like": f"{ASIDE}%:{key}"},
    )
    for (address,) in rows.all():
        draft = _read(session, conn, key, address)
        if draft is not None:
            return str(address).split(":", 2)[1], draft
    return None


def leave_aside(
    session: Session, key: FormKey, digest: str, draft: Draft | None, *, private: bool
) -> None:
    """Keep aside only this of what was put aside; nothing where it is None."""
    address = f"{ASIDE}{digest}:{key}"
    if draft is not None:
        _write(session, address, key, draft, private=private)
        return
    with session.writing() as conn:
        conn.execute(
            text("DELETE FROM draft WHERE user = :user AND address = :address"),
            {"user": session.user, "address": address},
        )


def drop(conn: Connection, user: str, key: FormKey, *, second: bool = False) -> None:
    """Forget the user's draft of a form, or of its second entry."""
    conn.execute(
        text("DELETE FROM draft WHERE user = :user AND address = :address"),
        {"user": user, "address": _place(key, second=second)},
    )


def addresses(conn: Connection, user: str, *, second: bool = False) -> tuple[FormKey, ...]:
    """The forms of which a user has drafts, or drafts of a second entry, latest first."""
    rows = conn.execute(
        text("SELECT address FROM draft WHERE user = :user ORDER BY at DESC"), {"user": user}
    )
    named = [a for (a,) in rows if not a.startswith(ASIDE)]
    mine = [a.removeprefix(SECOND) for a in named if a.startswith(SECOND) is second]
    keys = (parse_address(a) for a in mine)
    return tuple(k for k in keys if isinstance(k, FormKey))


def in_front(session: Session, conn: Connection, *, second: bool = False) -> FormKey | None:
    """The form with unsaved typing that was in front of this user when work ended, if any."""
    for key in addresses(conn, session.user, second=second):
        draft = find(session, conn, key, second=second)
        if draft is not None and draft.front:
            return key
    return None


def _place(key: FormKey, *, second: bool) -> str:
    return f"{SECOND}{key}" if second else str(key)


def _item(address: str) -> ItemKey:
    key = parse_address(address)
    assert isinstance(key, ItemKey)
    return key


def _row(address: str) -> RowKey:
    key = parse_address(address)
    assert isinstance(key, RowKey)
    return key


def _saying(kept: list[str] | None) -> Saying | None:
    return Saying(Line(kept[0]), kept[1]) if kept else None
