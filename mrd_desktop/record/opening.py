"""What is read of a form, and of the subject around it, before somebody fills or looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from mrd_desktop.record import aside, drafts
from mrd_desktop.record.aside import Aside
from mrd_desktop.record.closing import Consulted, closed_before, consulted
from mrd_desktop.record.drafts import Draft
from mrd_desktop.record.editions import edition
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.labrange import KnownRange, known_ranges, measured
from mrd_desktop.record.owning import owned_here
from mrd_desktop.record.reading import RecordedForm, reads_samples, recorded_forms, subject_data
from mrd_desktop.record.saving import standing_refusal
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.data import SubjectData
from mrd_desktop.study.impact import newly_required
from mrd_desktop.study.model import Study
from mrd_desktop.study.scene import Scene
from mrd_desktop.vault.session import Session

Seen = Callable[[Iterable[RecordedForm]], tuple[RecordedForm, ...]]
"""Which recorded forms of the subject may be read meanwhile."""


@dataclass(frozen=True)
class Opened:
    """A form as it stands at one moment.

    Attributes:
        draft: the user's own unsaved typing; ``aside`` what was set aside with an amendment.
        newly: items that the definition in force asks for and the one it was saved under did not.
        consulted: how the forms stand that may close this one.
        read_only: why nothing may be typed; ``closed`` says it where consent does.
    """

    subject: SubjectData
    recorded: RecordedForm | None
    draft: Draft | None
    aside: Aside | None
    ranges: tuple[KnownRange, ...]
    newly: frozenset[str]
    consulted: Consulted
    read_only: Cause | None
    closed: SaveRefused | None


def open_form(
    session: Session, study: Study, key: FormKey, seen: Seen, *, former: bool, blind: bool
) -> Opened:
    """Read a form in one consistent view.

    Args:
        study: the definition it is shown under; ``former``: one that is in force no more.
        blind: a second entry, which sees nothing that is recorded of the form.
    """
    form, box = study.by_form[key.form], session.box if session.has_vault else None
    with session.reading() as conn:
        forms = seen(recorded_forms(conn, key.subject, box))
        samples = None if reads_samples(study, form) else ()
        today = session.today()
        subject = subject_data(conn, study, key.subject, today, box, forms, samples=samples)
        recorded = next((f for f in forms if f.key == key), None)
        draft = None if former else drafts.find(session, conn, key, second=blind)
        put_aside = None if former or blind else aside.find(session, conn, key, form, study)
        ranges = tuple(known_ranges(conn)) if measured(form) else ()
        newly = frozenset[str]() if recorded is None or former else _newly(conn, study, recorded)
        looked_at = consulted(conn, study, key)
        elsewhere = not owned_here(conn, key.subject, session.folder.chain)
    read_only: Cause | None = standing_refusal(session, form, recorded)
    if elsewhere and read_only in (None, Cause.LOCKED, Cause.FROZEN):
        read_only = Cause.ELSEWHERE
    if read_only is None and recorded and recorded.removed:
        read_only = Cause.REMOVED
    if read_only is None and former:
        read_only = Cause.FORMER
    closed = None
    if read_only is None:
        scene = Scene(study, subject, vault=session.has_vault)
        closed = closed_before(scene, key, live=not session.folder.training)
    return Opened(
        subject, recorded, draft, put_aside, ranges, newly, looked_at,
        closed.cause if closed else read_only, closed,
    )  # fmt: skip


def _newly(conn: Connection, study: Study, recorded: RecordedForm) -> frozenset[str]:
    before = edition(conn, recorded.definition, study)
    if before is study:
        return frozenset()
    own = frozenset(item.oid for item in study.by_form[recorded.key.form].items)
    return own & frozenset(newly_required(before, study))
