"""Milestones: due by the study's policy, endorsed when all is signed, superseded by a change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mrd_desktop.insight.care import care
from mrd_desktop.insight.task import Urgency
from mrd_desktop.insight.worklist import mine, site_tasks
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import RecordClass
from mrd_desktop.record import milestones
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.milestones import EndorsementRefused, Standing
from mrd_desktop.record.signing import saw, sign_forms
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.transfer.export import overdue
from mrd_desktop.vault import statements
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of

PASSWORD = password_of("inv")
EN = Language.EN
WEIGHT = ItemKey(RowKey(FormKey(EventKey("01-001", "SCR"), "VS"), "A"), "WEIGHT")


def of(session: Session, oid: str) -> Standing:
    return next(s for s in milestones.standings(session) if s.milestone.oid == oid)


def sign_all(session: Session) -> None:
    shown = [w.shown for w in to_sign(session, EN)]
    for one in shown:
        saw(session, one)
    sign_forms(session, shown, PASSWORD, language=EN)


def endorse(session: Session, oid: str) -> None:
    milestones.endorse(session, milestones.show(session, oid, EN), PASSWORD, language=EN)


def change(clinic: Clinic, value: str) -> None:
    with clinic.open() as session:
        entry = Casebook(session).open(WEIGHT.form)
        entry.type(WEIGHT, value)
        entry.save(complete=True, reason=ChangeReason("TYPO"))


def test_an_overdue_milestone_is_told_until_it_is_endorsed(charted: Clinic) -> None:
    with charted.open("inv") as inv:
        found = of(inv, "END")
        assert (found.waiting, found.endorsed) == (("01-001",), None)
        assert found.due is not None and found.overdue(inv.today())
        assert "milestone END" in overdue(inv)
        (task,) = [t for t in site_tasks(care(inv)) if t.about == "END"]
        assert (task.urgency, task.until) == (Urgency.OVERDUE, found.due)
        assert mine([task], "form.sign".__eq__) and not mine([task], "form.edit".__eq__)
        with pytest.raises(EndorsementRefused, match="wait for a signature"):
            milestones.show(inv, "END", EN)
        sign_all(inv)
        endorse(inv, "END")
        done = of(inv, "END")
        assert (done.waiting, done.superseded, done.due) == ((), (), None)
        assert done.endorsed is not None and done.endorsed.forms > 10
        assert "milestone END" not in overdue(inv)
        assert not [t for t in site_tasks(care(inv)) if t.about == "END"]
        with pytest.raises(EndorsementRefused, match="no subject"):
            milestones.show(inv, "CHOICE", EN)  # the subject was never eligible


def test_an_interim_endorsement_comes_due_again(charted: Clinic) -> None:
    with charted.open("inv") as inv:
        first = of(inv, "INTERIM").due
        assert first == inv.today() + timedelta(days=92)  # the day of the first subject
        sign_all(inv)
        inv.clock.shift += timedelta(days=93)
        assert of(inv, "INTERIM").overdue(inv.today())
        endorse(inv, "INTERIM")
        assert of(inv, "INTERIM").due == inv.today() + timedelta(days=92)


def test_a_change_of_what_was_endorsed_supersedes_it_and_new_forms_do_not(charted: Clinic) -> None:
    with charted.open("inv") as inv:
        sign_all(inv)
        endorse(inv, "END")
    with charted.open() as crc:  # a form that was not there
        key = FormKey(EventKey("01-001", "LOG"), "CM", 90)
        entry = Casebook(crc).open(key)
        entry.save(complete=False)
    with charted.open("inv") as inv:
        assert of(inv, "END").superseded == ()
    change(charted, "61.5")
    with charted.open("inv") as inv:
        found = of(inv, "END")
        assert (found.waiting, found.superseded) == ((), ("01-001",))
        assert found.due == inv.today() + timedelta(days=30)
        (task,) = [t for t in site_tasks(care(inv)) if t.about == "END"]
        assert "changed after" in task.text.en
        sign_all(inv)
        assert of(inv, "END").superseded == ("01-001",)  # the form is signed, the rest is not
        endorse(inv, "END")
        assert of(inv, "END").due is None


def test_it_is_about_what_was_shown(charted: Clinic) -> None:
    with charted.open("inv") as inv:
        sign_all(inv)
        shown = milestones.show(inv, "END", EN)
        with pytest.raises(WrongPassword):
            milestones.endorse(inv, shown, "wrong", language=EN)
    change(charted, "61.5")
    with charted.open("inv") as inv:
        sign_all(inv)
        with pytest.raises(EndorsementRefused, match="changed"):
            milestones.endorse(inv, shown, PASSWORD, language=EN)
        with pytest.raises(EndorsementRefused, match="no such milestone"):
            milestones.show(inv, "NONE", EN)
    with charted.open() as crc, pytest.raises(PermissionDenied):
        milestones.show(crc, "END", EN)


def test_the_statement_names_the_heads_and_verifies(charted: Clinic) -> None:
    with charted.open("inv") as inv:
        sign_all(inv)
        with inv.reading() as conn:
            head = store.head(conn, inv.folder.chain)
        endorse(inv, "END")
        with inv.reading() as conn:
            record = statements.last(conn, inv.folder.chain, "milestone", "END")
        assert record is not None and record.header.cls is RecordClass.CODED
        said = statements.said(record)
        assert said["heads"] == [{"chain": head.chain, "seq": head.seq, "head": head.digest.hex()}]
        assert record.body["text"] == milestones.STATEMENT.en
        assert all(c.ok is not False for c in verify_folder(inv))


def test_a_day_that_is_not_known_whole_is_due_from_today(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milestones, "_day", lambda _: None)
    with charted.open("inv") as inv:
        assert of(inv, "END").due == inv.today() + timedelta(days=30)
