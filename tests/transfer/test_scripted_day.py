"""A day of a site and what its ledger tells of it: exactly this, in this order (R-AUD-10)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from mrd_desktop.insight.reports.issue import issue, note_look
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.sdv import SourceChecks
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import amending, asking
from mrd_desktop.transfer.amendment import install, try_out
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault import backup, confirming, program_check, users
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.releasing import releaser
from tests.transfer.edition import edition
from tests.transfer.route import CONSENT, Route, fill

PS = FormKey(EventKey("01-001", "SCR"), "PS")
"""The form that is corrected, asked about, compared, signed and locked."""
ECOG = "01-001/SCR#1/PS#1/A#1/ECOG"
NEW = "synthetic-new-password"
REASON = ChangeReason("OTHER", "synthetic reason")
HEART_RATE = (("en: Pulse\n        zh: 脉搏", "en: Heart rate\n        zh: 心率"),)
TOLD = ("why", "what", "act", "meaning", "role", "form", "drill", "result", "formats", "check")
"""Fields that say which of several events a kind stands for."""

DAY = """
crc session.opened coordinator
crc signin.failed
crc review.noted installation_checked as_released
crc session.closed lock
crc session.opened coordinator
crc signin.failed
crc identity.looked identification
crc review.noted password_changed
crc session.closed close
crc session.opened coordinator
crc subject.created
crc event.added
crc form.added
crc item.set
crc form.saved
crc item.set
crc form.saved
crc session.closed close
cra session.opened monitor
cra query.opened
cra session.closed close
crc session.opened coordinator
crc query.answered
crc session.closed close
cra session.opened monitor
cra query.reopened
cra query.closed
cra sdv.marked
cra session.closed close
inv vault.granted
inv session.opened investigator
inv signature.made review investigator
inv session.closed close
cra session.opened monitor
cra form.frozen
cra form.unlocked
cra signature.made unlocking monitor
cra form.locked
cra session.closed close
admin session.opened siteadmin
admin user.added
admin role.granted coordinator
admin key.enrolled
admin user.confirmed
admin role.revoked coordinator
admin role.granted monitor
admin key.rotated
admin user.confirmed
admin user.closed
admin generation.changed
admin session.closed close
crc session.opened coordinator
crc incident.noted lost
crc session.closed close
crc session.opened coordinator
crc printed subject paper
crc printed audit csv
crc session.closed close
crc session.opened coordinator
crc package.begun
crc package.sealed
crc session.closed close
crc session.opened coordinator
crc reply.adopted
crc query.opened
crc session.closed close
admin session.opened siteadmin
admin definition.installed
admin session.closed close
crc session.opened coordinator
crc backup.made
crc restore.done True
crc session.closed close
"""

RESTORED = """
admin restore.done
admin session.opened siteadmin
admin session.closed close
"""
"""At the first sign-in; the logs of failed sign-ins begin anew."""


def told(session: Session, after: int) -> Iterator[str]:
    """Each event after a record: who, what, and what tells it from others of its kind."""
    with session.reading() as conn:
        held = store.records(conn, session.folder.chain, box=session.box)
        records = [r for r in held if r.opening is not None]
    opened = (r for r in records if r.kind is Kind.SESSION_OPENED)
    who = {r.header.session: str(r.body["user"]) for r in opened}
    for record in (r for r in records if r.header.seq > after):
        said = (str(record.body[n]) for n in TOLD if isinstance(record.body.get(n), str | bool))
        yield " ".join((who[record.header.session], str(record.kind), *said))


def events(clinic: Clinic, after: int) -> list[str]:
    """What happened after a record; the same several times in a row is told once."""
    with clinic.open("crc") as session:
        return [line for line, _ in groupby(told(session, after))]


def test_the_events_of_a_day_are_exactly_these(charted_route: Route, tmp_path: Path) -> None:
    clinic = charted_route.clinic
    with clinic.open() as session:
        before = session.head().seq
    comes(clinic, tmp_path)
    enters(clinic)
    is_asked(clinic)
    signs(clinic)
    manages(clinic)
    prints(clinic)
    sends(charted_route, tmp_path)
    restored, known = keeps(clinic, tmp_path)
    assert events(clinic, before) == DAY.strip().splitlines()
    assert events(restored, known) == RESTORED.strip().splitlines()


def comes(clinic: Clinic, tmp_path: Path) -> None:
    """A wrong password and the right one, the program as installed, a lock."""
    with pytest.raises(WrongPassword):
        open_folder(
            clinic.path, "crc", "not the password", study=clinic.study, fold=projection.fold
        )
    with clinic.open() as session, pytest.MonkeyPatch.context() as patch:
        program = releaser(tmp_path, patch).program(tmp_path / "program")
        program_check.checked(session, program)
        session.lock()
        with pytest.raises(WrongPassword):
            session.unlock("crc", "not the password")
        session.unlock("crc", password_of("crc"))
        note_look(session, "identification")
        users.change_password(session, password_of("crc"), NEW)
        users.change_password(session, NEW, password_of("crc"))


def enters(clinic: Clinic) -> None:
    """A new subject, and a correction with its reason."""
    with clinic.open() as session:
        subject = Casebook(session).create_subject()
        fill(session, f"{subject}/SCR/IC", CONSENT)
        fill(session, f"{PS.event.subject}/SCR/PS", {"ECOG": "2"})


def is_asked(clinic: Clinic) -> None:
    """A question of the monitor, its answer, the comparison with the source."""
    with clinic.open("cra") as session:
        Queries(session).open(ECOG, "synthetic question")
    with clinic.open() as session:
        (asked,) = (q for q in Queries(session).all(state="open") if q.address.endswith("ECOG"))
        Queries(session).answer(asked.query, "synthetic answer")
    with clinic.open("cra") as session:
        Queries(session).reopen(asked.query, "synthetic doubt")
        Queries(session).close(asked.query)
        checks = SourceChecks(session)
        checks.mark(checks.form(PS), verified=True)


def signs(clinic: Clinic) -> None:
    """The signature; then the form is frozen, unlocked and locked."""
    with clinic.open("inv") as session:
        shown = show(session, PS, Language.ZH)
        sign_form(session, shown, password_of("inv"), language=Language.ZH)
    with clinic.open("cra") as session:
        for act in (LockAct.FREEZE, LockAct.UNLOCK, LockAct.LOCK):
            change_lock(session, PS, act, REASON, password_of("cra"))


def manages(clinic: Clinic) -> None:
    """An account is made, confirmed, moved to another role, reset, closed; an incident noted."""
    with clinic.open("admin") as session:
        users.add_user(session, "new", "coordinator", password=NEW)
        confirming.confirm_user(session, "new", "passport")
        users.grant_role(session, "new", "monitor")
        users.reset_user(session, "new", password=NEW + "er")
        users.close_user(session, "new", "LEFT")
    with clinic.open() as session:
        Incidents(session).note("lost", "2027-06-29 12:00", "1", "synthetic incident")


def prints(clinic: Clinic) -> None:
    """A report on paper, and the trail as a file."""
    with clinic.open() as session:
        title = Text("Synthetic", "合成")
        issue(session, Report("subject", title, (), subject="01-001"), form="paper")
        issue(session, Report("audit", title, ()), form="csv")


def sends(route: Route, tmp_path: Path) -> None:
    """A package, and the reply with a receipt, a question and an amendment, put in force."""
    with route.clinic.open() as session:
        package = export(session, route.stick).path
    assert [a.fine for a in route.store.take(package)] == [True]
    with route.store.open() as session:
        asking.ask(session, PS, "synthetic question of the sponsor")
        amending.amend(session, edition(tmp_path / "second", "0.2", VS=HEART_RATE))
        (made,) = make_reply(session, "01", route.stick)
    with route.clinic.open() as session:
        assert import_reply(session, made.path).receipts == 1
    with route.clinic.open("admin") as session:
        install(session, try_out(session).digest)


def keeps(clinic: Clinic, tmp_path: Path) -> tuple[Clinic, int]:
    """A backup, a drill with it, and the folder restored from it with the last record it knows."""
    with clinic.open() as session:
        made = backup.backup(session, tmp_path / "kept")
        backup.drill(session, made.path)
    backup.restore(made.path, tmp_path / "restored")
    restored = Clinic(tmp_path / "restored", clinic.study)
    with restored.open("admin") as session:
        session.come_in()
    return restored, made.head.seq
