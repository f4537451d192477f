"""Typing that was set aside with an amendment, as the form it belongs to tells and takes it up.

What fits the definition in force can be taken up as typing of one's own; what only the other
definition can show stays aside until that comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mrd_desktop.record import drafts
from mrd_desktop.record.drafts import Draft
from mrd_desktop.record.editions import edition
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.model import Form, Study
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Aside:
    """What is set aside of a form.

    Attributes:
        version: of the definition it was typed under; ``at`` the UTC time it was kept.
        digest: of that definition.
        fits: what the definition in force can show of it.
        waits: the rest.
    """

    version: str
    at: str
    digest: str
    fits: Draft
    waits: Draft

    @property
    def count(self) -> int:
        """How many values could be taken up."""
        return _count(self.fits)

    @property
    def left(self) -> int:
        """How many values wait for the other definition."""
        return _count(self.waits)


def find(session: Session, conn: Connection, key: FormKey, form: Form, held: Study) -> Aside | None:
    """What this user typed in a form and what was set aside, if anything."""
    found = drafts.put_aside(session, conn, key)
    if found is None:
        return None
    digest, draft = found
    return Aside(
        edition(conn, digest, held).version,
        draft.at,
        digest,
        _part(draft, lambda place: _stands(form, place)),
        _part(draft, lambda place: not _stands(form, place)),
    )


def leave(session: Session, key: FormKey, aside: Aside, *, private: bool) -> None:
    """After what fits was taken up: only the rest stays aside."""
    rest = aside.waits if aside.left or aside.waits.rows else None
    drafts.leave_aside(session, key, aside.digest, rest, private=private)


def _stands(form: Form, place: RowKey | ItemKey) -> bool:
    row = place.row if isinstance(place, ItemKey) else place
    group = form.by_group.get(row.group)
    return group is not None and (isinstance(place, RowKey) or place.item in group.by_name)


def _part(draft: Draft, keeps: Callable[[RowKey | ItemKey], bool]) -> Draft:
    return replace(
        draft,
        texts={k: v for k, v in draft.texts.items() if keeps(k)},
        missing={k: v for k, v in draft.missing.items() if keeps(k)},
        rows=tuple(r for r in draft.rows if keeps(r)),
        removed=tuple(r for r in draft.removed if keeps(r)),
        restored=tuple(r for r in draft.restored if keeps(r)),
        taken=tuple(k for k in draft.taken if keeps(k)),
        shown={(k, check): a for (k, check), a in draft.shown.items() if keeps(k)},
        answers={},
        saying=None,
        caret=draft.caret if draft.caret and keeps(draft.caret) else None,
        front=False,
    )


def _count(draft: Draft) -> int:
    return len(draft.texts) + len(draft.missing)
