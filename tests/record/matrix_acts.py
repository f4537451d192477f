"""The acts of the matrix: each is what a page or a command does, in two parts.

The first part is what comes before the act (the form is opened, the list is shown), the second the
act itself: a session may be locked between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.audit import review as trail_reviews
from mrd_desktop.insight.people import find_people, note_form_look, reveal_name
from mrd_desktop.insight.reports.calendar_file import write_calendar
from mrd_desktop.insight.reports.delegation import delegation_log
from mrd_desktop.insight.reports.identification import identification_list
from mrd_desktop.insight.reports.subject_copy import subject_copy
from mrd_desktop.insight.reports.trail_file import TrailForm, save_trail
from mrd_desktop.record import audit, milestones
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.finding import find
from mrd_desktop.record.handing import claim
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.labrange import LabRange, LabRanges
from mrd_desktop.record.locking import LockAct, change_lock, lock_history
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.redaction import destroy_link, redact, redactable
from mrd_desktop.record.renewing import renew_data_key
from mrd_desktop.record.requests import Requests
from mrd_desktop.record.review import Reviews, UnderWay
from mrd_desktop.record.sdv import SourceChecks, SourceValue
from mrd_desktop.record.signing import Shown, show, sign_form
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer import amendment, checkpoint, preview
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.reply import import_reply
from mrd_desktop.vault import account_review, backup, computers, confirming, rota, trust, users
from mrd_desktop.vault.session import Session
from tests.clinic import password_of
from tests.record.matrix_site import (
    BARE,
    ECOG,
    GONE,
    IDENTITY,
    NAME,
    PS,
    SCREENING,
    SPARE,
    SUBJECT,
    TYPO,
    VS,
)

EN: Final = Language.EN
WORDS: Final = "synthetic words"
RANGE: Final = LabRange("Synthetic lab", "LAB.WBCVAL", date(2026, 1, 1), "10^9/L", "3.5", "9.5")


@dataclass(frozen=True)
class Try:
    """Where an act is tried.

    Attributes:
        out: an empty folder for what is written.
        kept: a backup of the site; ``site_key``, ``sponsor_key``: files of public keys.
        asked, answered: queries on record.
    """

    session: Session
    out: Path
    kept: Path
    asked: str
    answered: str

    @property
    def password(self) -> str:
        return password_of(self.session.user)

    @property
    def book(self) -> Casebook:
        return Casebook(self.session)


Go = Callable[[], object]
Act = Callable[[Try], Go]


def _entry(key: FormKey = PS, item: str = "ECOG", text: str = "3") -> Callable[[Try], object]:
    def opened(t: Try) -> object:
        entry = t.book.open(key)
        entry.type(next(f.key for g in entry.groups() for r in g.rows for f in r.fields
                        if f.key.item == item), text)  # fmt: skip
        return entry

    return opened


def _save(*, complete: bool) -> Act:
    def act(t: Try) -> Go:
        entry = t.book.open(PS)
        entry.type(ECOG, "3")
        return lambda: entry.save(complete=complete, reason=TYPO)

    return act


def _draft(t: Try) -> Go:
    entry = t.book.open(PS)
    entry.type(ECOG, "3")
    return entry.keep_draft


def _identity(t: Try) -> Go:
    entry = t.book.open(IDENTITY)
    entry.type(NAME, "测试乙")
    return lambda: entry.save(complete=True, reason=TYPO)


def _sign(t: Try) -> Go:
    try:
        shown = show(t.session, PS, EN)
    except MrdError:  # who is shown nothing tries all the same
        shown = Shown(PS, "0" * 64)
    return lambda: sign_form(t.session, shown, t.password, language=EN)


def _lock(what: LockAct) -> Act:
    return lambda t: lambda: change_lock(t.session, PS, what, TYPO, t.password)


def _values(t: Try) -> tuple[SourceValue, ...]:
    try:
        return SourceChecks(t.session).form(PS)
    except MrdError:
        return ()


def _mark(*, verified: bool) -> Act:
    def act(t: Try) -> Go:
        seen = _values(t)
        words = "" if verified else WORDS
        return lambda: SourceChecks(t.session).mark(seen, verified=verified, words=words)

    return act


def _redact(t: Try) -> Go:
    try:
        held = [r.seq for r in redactable(t.session, ECOG) if r.whole and r.waits is None][:1]
    except MrdError:
        held = [1]
    return lambda: redact(
        t.session, ECOG, held, "IDENTITY", t.password,
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip


def _unlink(t: Try) -> Go:
    return lambda: destroy_link(
        t.session, SUBJECT, "WITHDRAWN", t.password,
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip


def _claim(t: Try) -> Go:
    return lambda: claim(
        t.session, SUBJECT, "synthetic: the computer is lost", t.password,
        second="admin", second_password=password_of("admin"),
    )  # fmt: skip


def _trail_review(t: Try) -> Go:
    try:
        shown = trail_reviews.survey(t.session)
    except MrdError:
        shown = trail_reviews.Survey((), {}, t.session.head(), 0, "")
    looked = frozenset(shown.open)
    return lambda: trail_reviews.sign_off(
        t.session, shown, looked, "synthetic: all compared", t.password, language=EN
    )


def _account_review(t: Try) -> Go:
    try:
        shown = account_review.survey(t.session)
    except MrdError:
        shown = account_review.Survey((), "0" * 64)
    return lambda: account_review.sign_off(t.session, shown, t.password, language=EN)


def _every(found: Iterable[object]) -> list[object]:
    return list(found)


ACTS: Final[dict[str, Act]] = {
    # what is read
    "subjects": lambda t: t.book.subjects,
    "chart": lambda t: lambda: t.book.chart(SUBJECT),
    "findings": lambda t: lambda: t.book.findings(SUBJECT),
    "form": lambda t: lambda: t.book.look(PS),
    "history": lambda t: lambda: t.book.history(ECOG),
    "lock history": lambda t: lambda: lock_history(t.session, PS),
    "notes": lambda t: lambda: Notes(t.session).of_form(PS),
    "queries": lambda t: Queries(t.session).all,
    "compared": lambda t: lambda: SourceChecks(t.session).form(PS),
    "visits": lambda t: Reviews(t.session).all,
    "search": lambda t: lambda: find(t.session, "ECOG"),
    "ranges": lambda t: LabRanges(t.session).all,
    "copy": lambda t: lambda: subject_copy(t.book, SUBJECT),
    "trail": lambda t: lambda: _every(audit.trail(t.session)),
    "trail reviews": lambda t: lambda: trail_reviews.reviews(t.session),
    "delegation": lambda t: lambda: delegation_log(t.session),
    "verify": lambda t: lambda: verify_folder(t.session),
    "slip compared": lambda t: lambda: checkpoint.read_slip(t.session, "1 " + "0" * 40),
    "requests": lambda t: Requests(t.session).all,
    "incidents": lambda t: Incidents(t.session).all,
    "preview": lambda t: lambda: preview.preview(t.session),
    "redactable": lambda t: lambda: redactable(t.session, ECOG),
    # a form
    "draft": _draft,
    "save": _save(complete=False),
    "complete": _save(complete=True),
    "remove form": lambda t: lambda: t.book.remove(PS, TYPO),
    "restore form": lambda t: lambda: t.book.restore(VS, TYPO),
    "remove visit": lambda t: lambda: t.book.remove(SCREENING, TYPO),
    "restore visit": lambda t: lambda: t.book.restore(GONE, TYPO),
    "remove bare visit": lambda t: lambda: t.book.remove(BARE, TYPO),
    "sign": _sign,
    "freeze": _lock(LockAct.FREEZE),
    "lock": _lock(LockAct.LOCK),
    "unlock": _lock(LockAct.UNLOCK),
    "note": lambda t: lambda: Notes(t.session).add(ECOG, WORDS),
    "ask": lambda t: lambda: Queries(t.session).open(str(ECOG), WORDS),
    "answer": lambda t: lambda: Queries(t.session).answer(t.asked, WORDS),
    "close query": lambda t: lambda: Queries(t.session).close(t.answered),
    "reopen query": lambda t: lambda: Queries(t.session).reopen(t.answered, WORDS),
    "compare": _mark(verified=True),
    "differs": _mark(verified=False),
    "redact": _redact,
    # a subject
    "new subject": lambda t: t.book.create_subject,
    "see identity": lambda t: lambda: t.book.open(IDENTITY),
    "edit identity": _identity,
    "identity history": lambda t: lambda: t.book.history(NAME),
    "note identity": lambda t: lambda: Notes(t.session).add(NAME, WORDS),
    "look at identity": lambda t: lambda: note_form_look(t.session, SUBJECT),
    "find person": lambda t: lambda: find_people(t.session, "测试"),
    "name": lambda t: lambda: reveal_name(t.session, SUBJECT),
    "identification list": lambda t: lambda: identification_list(t.book),
    "identity copy": lambda t: lambda: subject_copy(t.book, SUBJECT, identity=True),
    "destroy link": _unlink,
    "claim": _claim,
    "request": lambda t: (
        lambda: Requests(t.session).receive(SUBJECT, "copy", t.session.today(), WORDS)
    ),
    # the site
    "range": lambda t: lambda: LabRanges(t.session).set(RANGE),
    "visit note": lambda t: (
        lambda: Reviews(t.session).note(t.session.today(), t.session.today(), [SUBJECT], WORDS)
    ),
    "visit begun": lambda t: lambda: Reviews(t.session).keep(UnderWay(text=WORDS)),
    "milestone": lambda t: lambda: milestones.show(t.session, "INTERIM", EN),
    "incident": lambda t: lambda: Incidents(t.session).note("lost", "2027-06-29 12:00", "1", WORDS),
    "trail file": lambda t: lambda: save_trail(t.session, t.out / "trail.csv", TrailForm.CSV, EN),
    "calendar file": lambda t: lambda: write_calendar(t.session, (), t.out / "c.ics", EN),
    "review trail": _trail_review,
    "review accounts": _account_review,
    "slip": lambda t: lambda: checkpoint.take_slip(t.session),
    "export": lambda t: lambda: export(t.session, t.out),
    "import": lambda t: lambda: import_reply(t.session, t.kept),
    "card": lambda t: lambda: computers.card(t.session),
    "backup": lambda t: lambda: backup.backup(t.session, t.out),
    "drill": lambda t: lambda: backup.drill(t.session, t.kept),
    "backup place": lambda t: lambda: rota.choose_target(t.session, t.out),
    "add user": lambda t: (
        lambda: users.add_user(t.session, "another", "auditor", password=password_of("another"))
    ),
    "confirm user": lambda t: lambda: confirming.confirm_user(t.session, SPARE, "passport"),
    "give role": lambda t: lambda: users.grant_role(t.session, SPARE, "auditor"),
    "last day": lambda t: lambda: users.set_last_day(t.session, SPARE, date(2027, 12, 31)),
    "reset user": lambda t: (
        lambda: users.reset_user(t.session, SPARE, password=password_of("another"))
    ),
    "close user": lambda t: lambda: users.close_user(t.session, SPARE, "LEFT"),
    "data key": lambda t: lambda: renew_data_key(t.session, "yearly", t.password),
    "give vault": lambda t: lambda: users.grant_vault(t.session, SPARE),
    "pin": lambda t: (
        lambda: trust.pin(
            t.session, trust.practice_recipient(t.session.study.oid).to_bytes(), replace=True
        )
    ),
    "install": lambda t: lambda: amendment.install(t.session, "0" * 64),
    "roll back": lambda t: lambda: amendment.roll_back(t.session),
}
