"""The investigator's day: forms that wait for a signature, and what changed since the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.store import PrivateBox
from mrd_desktop.record import questions
from mrd_desktop.record.casebook import Casebook, Chart, Version, form_of, versions_of
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.owning import Placing, placing
from mrd_desktop.record.reading import RecordedForm
from mrd_desktop.record.signing import Shown, content_digest, derived_answers, shown_under
from mrd_desktop.record.standin import record_as_read
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.checks import Finding
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a form after it was signed.

    Attributes:
        key: a data point, or a row that was added, removed or restored.
        before: the answer that was signed; None where there was none.
        after: the answer now.
        act: ``added``, ``removed`` or ``restored`` for a row, ``""`` for a data point.
    """

    key: ItemKey | RowKey
    before: Answer | None
    after: Answer | None
    at: str
    user: str
    reason: ChangeReason | None
    act: str = ""


@dataclass(frozen=True, slots=True)
class ToSign:
    """A complete form without a signature on what it says now.

    Attributes:
        shown: the form with the digest of its content, to be handed over when signing.
        signed_at: UTC time of its last signature, None if it was never signed.
        signed_by: printed name and user of who made it.
        changes: what changed since then, in the order of the record.
        unanswered: soft findings of the form that nobody has explained, of its visit on the form
            they are told at, whether or not their query is asked yet.
    """

    shown: Shown
    saved_at: str
    saved_by: str
    signed_at: str | None
    changes: tuple[Changed, ...]
    unanswered: tuple[Finding, ...] = ()
    signed_by: str = ""


def to_sign(
    session: Session,
    language: Language,
    subjects: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[ToSign, ...]:
    """Every form that waits for a signature: signed once and changed since, or never signed.

    Args:
        subjects: only of these; all by default.
        progress: told (done, total) before each subject.

    Raises:
        PermissionDenied: the role may not sign.
    """
    session.require("form.sign")
    book = Casebook(session)
    named = [line.subject for line in book.subjects()] if subjects is None else subjects
    found: list[ToSign] = []
    for done, subject in enumerate(named):
        if progress:
            progress(done, len(named))
        with session.reading() as conn:
            found += _of_subject(session, conn, book.chart_on(conn, subject), language)
    return tuple(found)


def _of_subject(
    session: Session, conn: Connection, chart: Chart, language: Language
) -> Iterator[ToSign]:
    open_ones = questions.unanswered(conn, chart.data.subject, chart.findings)
    for line in chart.forms:
        if line.state is not FormState.COMPLETE or line.removed or line.drafted:
            continue
        if session.study.by_form[line.key.form].private:  # its signature would tell of it outside
            continue
        form = chart.recorded[line.key]
        at, by = _signed(conn, form)
        yield ToSign(
            shown=Shown(line.key, content_digest(conn, chart, line.key, language)),
            saved_at=form.saved_at or "",
            saved_by=form.saved_by or "",
            signed_at=at,
            signed_by=by,
            changes=changes_since_signature(conn, form, session.box),
            unanswered=tuple(f for f in open_ones if _stands_at(f, line.key)),
        )


def all_values(session: Session, key: FormKey) -> tuple[Changed, ...]:
    """All that a first signature on a form is about, in the order of the form.

    Values of removed rows are no part of it. A calculated value has neither user nor time.

    Raises:
        PermissionDenied: the role may not sign.
        NotFound: there is no such subject.
    """
    session.require("form.sign")
    with session.reading() as conn:
        chart = Casebook(session).chart_on(conn, key.subject)
        return tuple(_content(conn, chart, chart.recorded[key], session.box))


def _content(
    conn: Connection, chart: Chart, form: RecordedForm, box: PrivateBox | None
) -> Iterator[Changed]:
    study = shown_under(conn, chart, form.key)
    words = study.by_form[form.key.form]
    gone = {row for row, removed in form.rows.items() if removed}
    found: dict[ItemKey, Changed] = {}
    for key, recorded in form.items.items():
        if key.row not in gone:
            last = next(versions_of(conn, recorded.by, box))
            found[key] = Changed(key, None, last.answer, last.at, last.user, last.reason)
    for key, answer in derived_answers(chart.scene, form.key, study):
        found.setdefault(key, Changed(key, None, answer, "", "", None))
    groups = [g.name for g in words.groups]
    items = {(g.name, item.name): n for g in words.groups for n, item in enumerate(g.items)}

    def place(key: ItemKey) -> tuple[int, int, int]:
        group = key.row.group
        return groups.index(group), key.row.row, items[group, key.item]

    yield from (found[key] for key in sorted(found, key=place))


def _stands_at(finding: Finding, form: FormKey) -> bool:
    if isinstance(finding.key, EventKey):
        at = finding.check.at
        return finding.key == form.event and at is not None and at.startswith(f"{form.form}.")
    return not isinstance(finding.key, str) and form_of(finding.key) == form


def changes_since_signature(
    conn: Connection, form: RecordedForm, box: PrivateBox | None
) -> tuple[Changed, ...]:
    """What changed in a form since its last signature: nothing where it was never signed."""
    signed = form.signed_at
    if signed is None:
        return ()
    place = placing(conn, form.key.subject)
    found: list[tuple[tuple[int, int], Changed]] = []
    for key, recorded in form.items.items():
        at = place(recorded.by.chain, recorded.by.seq)
        if at > signed:
            versions = list(versions_of(conn, recorded.by, box))
            found.append((at, _change(key, versions, lambda v: place(v.chain, v.seq) <= signed)))
    found += _rows(conn, form, place)
    return tuple(change for _, change in sorted(found, key=lambda pair: pair[0]))


def _change(
    key: ItemKey, versions: Sequence[Version], signed: Callable[[Version], bool]
) -> Changed:
    """What a data point said when it was signed, and what it says now (versions latest first)."""
    now = versions[0]
    before = next((v.answer for v in versions if signed(v)), None)
    return Changed(key, before, now.answer, now.at, now.user, now.reason)


def _rows(
    conn: Connection, form: RecordedForm, place: Placing
) -> Iterator[tuple[tuple[int, int], Changed]]:
    assert form.signed_at is not None
    rows = conn.execute(
        text("SELECT grp, row, seq, chain FROM p_row WHERE form_id = :form"),
        {"form": form.form_id},
    ).all()
    for group, row, seq, chain in rows:
        if place(chain, seq) <= form.signed_at:
            continue
        record = record_as_read(conn, chain, seq)
        if record.opening is None:
            continue
        who = conn.execute(
            text("SELECT user FROM p_session WHERE session = :s"), {"s": record.header.session}
        ).scalar()
        reason = record.body.get("reason")
        yield (
            place(chain, seq),
            Changed(
                RowKey(form.key, group, row),
                None,
                None,
                record.header.at,
                str(who or ""),
                ChangeReason(str(reason["code"]), str(reason.get("text", "")))
                if isinstance(reason, dict)
                else None,
                record.kind.value.removeprefix("row."),
            ),
        )


def _signed(conn: Connection, form: RecordedForm) -> tuple[str | None, str]:
    """When a form was signed last, and by whom."""
    found = conn.execute(
        text("SELECT chain, seq, at FROM p_signature WHERE form_id = :form ORDER BY at DESC, seq"),
        {"form": form.form_id},
    ).first()
    if found is None:
        return None, ""
    body = store.record(conn, found.chain, found.seq).body
    user, name = str(body["user"]), str(body.get("name", ""))
    return str(found.at), f"{name} ({user})" if name else user
