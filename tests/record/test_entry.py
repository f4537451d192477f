"""Filling a form: typing is pure, Save is one transaction, refusals record nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import audit, drafts, entries
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, ChangedMeanwhile, SaveRefused
from mrd_desktop.record.locating import locate
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.saving import HIDDEN, save_form
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

TYPO = ChangeReason("TYPO")


def key(session: Session, address: str) -> ItemKey:
    found = locate(session.study, address)
    assert isinstance(found, ItemKey)
    return found


def form(session: Session, address: str) -> FormKey:
    found = locate(session.study, address)
    assert isinstance(found, FormKey)
    return found


def consent(book: Casebook, subject: str) -> None:
    """A complete consent form of a synthetic subject."""
    entry = book.open(form(book.session, f"{subject}/SCR/IC"))
    answers = {
        "RFICDAT": "2027-06-01",
        "ICVER": "V1.0",
        "ICVERDAT": "2025-08-01",
        "ICBY": "SUBJECT",
        "ICSTAFF": "INV01",
        "ICCOPY": "Y",
        "ICDATA": "Y",
        "ICHGR": "Y",
        "ICBANK": "Y",
        "ICSENS": "Y",
    }
    for name, value in answers.items():
        entry.type(key(book.session, f"{subject}/SCR/IC/{name}"), value)
    assert entry.save(complete=True).state is FormState.COMPLETE


def kinds_since(session: Session, seq: int) -> list[str]:
    with session.reading() as conn:
        records = store.records(conn, session.folder.chain, after=seq)
        return [r.kind.value for r in records]


def test_one_record_for_each_changed_item_and_nothing_for_the_rest(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        before = session.head().seq
        entry = book.open(form(session, f"{subject}/SCR/PS"))
        entry.type(key(session, f"{subject}/SCR/PS/PERF"), "Y")
        entry.type(key(session, f"{subject}/SCR/PS/RSDAT"), "2027-06-02")
        entry.type(key(session, f"{subject}/SCR/PS/ECOG"), "1")
        entry.save(complete=True)
        assert kinds_since(session, before) == [
            "form.added",
            "item.set",
            "item.set",
            "item.set",
            "form.saved",
        ]
        before = session.head().seq
        entry.type(key(session, f"{subject}/SCR/PS/ECOG"), "2")
        entry.save(complete=True, reason=TYPO)
        assert kinds_since(session, before) == ["item.set", "form.saved"]


def test_typing_writes_nothing(charted: Clinic) -> None:
    with charted.open() as session:
        session.announce()
        entry = Casebook(session).open(form(session, "01-001/SCR/TM"))
        before = session.head()
        entry.type(key(session, "01-001/SCR/TM/CA153VAL"), "99.9")
        assert entry.dirty
        assert session.head() == before
        with session.reading() as conn:
            assert drafts.addresses(conn, "crc") == ()


def test_a_changed_value_needs_a_reason_and_names_what_it_replaced(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        entry = book.open(form(session, "01-001/SCR/TM"))
        item = key(session, "01-001/SCR/TM/CA153VAL")
        entry.type(item, "18.9")
        assert entry.needs_reason() == (item,)
        for bad in (None, ChangeReason("OTHER", "x"), ChangeReason("NOSUCH"), HIDDEN):
            with pytest.raises(SaveRefused) as refused:
                entry.save(complete=True, reason=bad)
            assert refused.value.cause is Cause.NO_REASON
        assert book.history(item)[-1].answer == Answer("18.2")
        entry.save(complete=True, reason=ChangeReason("OTHER", "synthetic correction"))
        first, second = book.history(item)
        assert (first.answer, second.answer) == (Answer("18.2"), Answer("18.9"))
        assert first.reason is None
        assert second.reason == ChangeReason("OTHER", "synthetic correction")
        with session.reading() as conn:
            record = store.record(conn, session.folder.chain, second.seq)
        assert record.body["was"] == {"chain": session.folder.chain, "seq": first.seq}
        assert b"18.2" not in (record.opening.payload if record.opening else b"")


def test_a_refused_save_records_only_the_refusal(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        entry = book.open(form(session, f"{subject}/SCR/PS"))
        entry.type(key(session, f"{subject}/SCR/PS/PERF"), "N")
        before = session.head().seq
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=False)
        assert refused.value.cause is Cause.NO_CONSENT
        assert kinds_since(session, before) == ["entry.refused"]
        assert entry.field(key(session, f"{subject}/SCR/PS/PERF")).text == "N"


@pytest.mark.parametrize("verb", ["locked", "frozen"])
def test_a_locked_or_frozen_form_is_not_saved(charted: Clinic, verb: str) -> None:
    with charted.open() as session:
        ps = form(session, "01-001/SCR/PS")
        session.commit([entries.form_state(verb, ps, None)])
        entry = Casebook(session).open(ps)
        assert entry.read_only is Cause(verb)
        entry.type(key(session, "01-001/SCR/PS/ECOG"), "2")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True, reason=TYPO)
        assert refused.value.cause is Cause(verb)


def test_only_who_may_edit_saves(charted: Clinic) -> None:
    for user in ("cra", "aud"):
        with charted.open(user) as session:
            entry = Casebook(session).open(form(session, "01-001/SCR/PS"))
            entry.type(key(session, "01-001/SCR/PS/ECOG"), "2")
            with pytest.raises(SaveRefused) as refused:
                entry.save(complete=True, reason=TYPO)
            assert refused.value.cause is Cause.PERMISSION


def test_withdrawn_consent_stops_entry(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        end = book.open(form(session, "01-001/EOS/EOS"))
        end.type(key(session, "01-001/EOS/EOS/DSDECOD"), "WITHDRAWAL OF CONSENT")
        end.type(key(session, "01-001/EOS/EOS/DATAUSE"), "N")
        end.save(complete=False, reason=TYPO)
        entry = book.open(form(session, "01-001/SCR/PS"))
        entry.type(key(session, "01-001/SCR/PS/ECOG"), "2")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True, reason=TYPO)
        assert refused.value.cause is Cause.WITHDRAWN


def test_without_consent_to_genetic_testing_no_mrd_record_starts(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        ic = book.open(form(session, f"{subject}/SCR/IC"))
        ic.type(key(session, f"{subject}/SCR/IC/ICHGR"), "N")
        ic.save(complete=True, reason=TYPO)
        entry = book.open(form(session, f"{subject}/SCR/MRD"))
        entry.type(key(session, f"{subject}/SCR/MRD/PERF"), "Y")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=False)
        assert refused.value.cause is Cause.NO_GENETIC_CONSENT


def test_hiding_a_filled_item_is_told_and_save_clears_it(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        entry = book.open(form(session, "01-001/SCR/TM"))
        item = key(session, "01-001/SCR/TM/CA153VAL")
        change = entry.type(key(session, "01-001/SCR/TM/CA153PERF"), "N")
        assert item in change.hides
        entry.save(complete=True, reason=TYPO)
        assert book.history(item)[-1].answer is None
        assert book.history(item)[-1].source == "hidden"
        assert not entry.field(item).shown


def test_text_that_is_no_value_stays_a_draft_while_the_rest_is_saved(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        entry = book.open(form(session, "01-001/SCR/VS"))
        weight, pulse = (key(session, f"01-001/SCR/VS/{n}") for n in ("WEIGHT", "PULSE"))
        entry.type(weight, "6x")
        entry.type(pulse, "71")
        entry.save(complete=True, reason=TYPO)
        assert book.history(pulse)[-1].answer == Answer("71")
        assert len(book.history(weight)) == 1
        again = book.open(entry.key)
        assert again.field(weight).text == "6x"
        assert again.field(weight).error is not None


def test_a_draft_belongs_to_its_user_and_comes_back_with_caret(charted: Clinic) -> None:
    ps = "01-001/SCR/PS"
    with charted.open() as session:
        entry = Casebook(session).open(form(session, ps))
        entry.type(key(session, f"{ps}/ECOG"), "2")
        entry.keep_draft(key(session, f"{ps}/ECOG"))
        session.database.close()  # as after a crash: nothing is tidied up
        session._folder_lock.release()
    with charted.open("inv") as session:
        assert not Casebook(session).open(form(session, ps)).dirty
    with charted.open() as session:
        entry = Casebook(session).open(form(session, ps))
        assert entry.field(key(session, f"{ps}/ECOG")).text == "2"
        assert entry.caret == key(session, f"{ps}/ECOG")
        entry.save(complete=True, reason=TYPO)
        with session.reading() as conn:
            assert drafts.addresses(conn, "crc") == ()


def test_the_draft_of_an_identity_form_is_sealed(charted: Clinic) -> None:
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/ADDR"), "SYNTHETIC STREET 7")
        entry.keep_draft()
        with session.reading() as conn:
            content = conn.execute(text("SELECT content FROM draft")).scalar_one()
        assert "SYNTHETIC" not in content
        again = Casebook(session).open(form(session, "01-001/SCR/ID"))
        assert again.field(key(session, "01-001/SCR/ID/ADDR")).text == "SYNTHETIC STREET 7"


def test_identity_stays_out_of_tables_and_openings(charted: Clinic) -> None:
    with charted.open() as session, session.reading() as conn:
        for table in ("p_item", "p_query", "ledger_opening", "draft"):
            for row in conn.execute(text(f"SELECT * FROM {table}")):
                assert "990101197304180147" not in str(row)
                assert "测试甲" not in str(row)


def test_system_numbers_and_age_are_recorded_and_only_han_leaves_as_it_is(
    clinic: Clinic,
) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        ident = book.open(form(session, f"{subject}/SCR/ID"))
        ident.type(key(session, f"{subject}/SCR/ID/BRTHDAT"), "1930-01-02")
        ident.save(complete=False)
        consent(book, subject)
        dm = book.open(form(session, f"{subject}/SCR/DM"))
        dm.type(key(session, f"{subject}/SCR/DM/CETHNIC"), "YAO")
        dm.save(complete=False)
        with session.reading() as conn:
            told = {
                (str(r.body["address"]).rpartition("/")[2], r.header.cls): r.body.get("value")
                for r in store.records(conn, session.folder.chain)
                if r.opening and r.kind is Kind.ITEM_SET and "/DM#1/" in str(r.body["address"])
            }
        assert told["SUBJID", "coded"] == subject
        assert told["CETHNIC", "site"] == "YAO"
        assert told["CETHNIC", "coded"] == "OTHER"
        assert told["AGE", "site"] == "97"
        assert told["AGE", "coded"] == ">89"
        assert told["BRTHYR", "coded"] == "1930"


def test_a_corrected_value_that_leaves_only_reduced_stays_at_the_site(charted: Clinic) -> None:
    with charted.open() as session:
        ethnic = key(session, "01-001/SCR/DM/CETHNIC")
        weight = key(session, "01-001/SCR/VS/WEIGHT")
        seen = {}
        for place, said in ((ethnic, "YAO"), (weight, "61.5")):
            entry = Casebook(session).open(place.row.form)
            entry.type(place, said)
            intent = entry.intent(complete=False, reason=TYPO)
            save_form(session, replace(intent, superseded=((place, Answer(said), "EC-999"),)))
        with session.reading() as conn:
            for r in store.records(conn, session.folder.chain):
                if r.opening and r.kind is Kind.ENTRY_SUPERSEDED:
                    seen[str(r.body["address"])] = r.header.cls
        assert seen == {str(ethnic): "site", str(weight): "coded"}


def test_a_corrected_finding_leaves_its_first_value_in_the_trail(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        entry = book.open(form(session, "01-001/SCR/VS"))
        pulse = key(session, "01-001/SCR/VS/PULSE")
        entry.type(pulse, "999")
        entry.left(pulse)
        entry.type(pulse, "99")
        entry.left(pulse)
        entry.save(complete=True, reason=TYPO)
        lines = [x for x in audit.trail(session) if x.kind == "entry.superseded"]
        told = {((x.content or {})["check"], (x.content or {})["value"]) for x in lines}
        assert told == {("VS.PULSE.H", "999"), ("VS.PULSE.S", "999")}


def test_a_refusal_of_transfer_is_told_and_the_consent_form_is_complete(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        ic = book.open(form(session, f"{subject}/SCR/IC"))
        ic.type(key(session, f"{subject}/SCR/IC/ICDATA"), "N")
        saved = ic.save(complete=True, reason=TYPO)
        assert [f.check.id for f in saved.findings] == ["EC-005"]
        assert saved.state is FormState.COMPLETE


def test_a_form_saved_meanwhile_is_not_overwritten(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        ecog = key(session, "01-001/SCR/PS/ECOG")
        first, second = book.open(ecog.form), book.open(ecog.form)
        first.type(ecog, "1")
        first.save(complete=True, reason=TYPO)
        second.type(ecog, "2")
        with pytest.raises(ChangedMeanwhile):
            second.save(complete=True, reason=TYPO)
        assert book.history(ecog)[-1].answer == Answer("1")
        assert second.field(ecog).text == "2"


def test_undo_and_redo(charted: Clinic) -> None:
    with charted.open() as session:
        entry = Casebook(session).open(form(session, "01-001/SCR/PS"))
        ecog = key(session, "01-001/SCR/PS/ECOG")
        before = entry.field(ecog).text
        entry.type(ecog, "2")
        entry.mark_missing(ecog, "UNK")
        entry.undo()
        assert entry.field(ecog).text == "2"
        entry.undo()
        assert entry.field(ecog).text == before
        assert not entry.dirty
        entry.redo()
        assert entry.field(ecog).text == "2"


def test_rows_are_removed_with_a_reason_and_restored(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        row = locate(session.study, "01-001/SCR/BCH/PATH#2")
        assert not isinstance(row, str | ItemKey)
        book.remove(row, TYPO)
        data = book.data("01-001")
        bch = data.by_key[form(session, "01-001/SCR/BCH")]
        assert [r.key.row for r in bch.group("PATH")] == [1]
        book.restore(row, TYPO)
        bch = book.data("01-001").by_key[form(session, "01-001/SCR/BCH")]
        assert [r.key.row for r in bch.group("PATH")] == [1, 2]
        added = book.open(bch.key)
        added.add_row("PATH")
        assert added.groups()[-1].rows[-1].key.row == 3


def test_a_form_is_removed_and_restored_and_its_findings_follow(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        tm = form(session, "01-001/SCR/TM")
        with pytest.raises(SaveRefused) as refused:
            book.remove(tm, ChangeReason("NOSUCH"))
        assert refused.value.cause is Cause.NO_REASON
        book.remove(tm, TYPO)
        assert tm not in book.data("01-001").by_key
        assert {f.check.id for f in book.findings("01-001")} >= {"EC-088"}
        line = next(x for x in book.chart("01-001").forms if x.key == tm)
        assert line.removed
        book.restore(tm, TYPO)
        assert tm in book.data("01-001").by_key
        assert book.findings("01-001") == ()
        assert [q for q in Queries(session).all() if q.state == "open"] == []
        session.commit([entries.form_state("locked", tm, None)])
        with pytest.raises(SaveRefused) as refused:
            book.remove(tm, TYPO)
        assert refused.value.cause is Cause.LOCKED


def test_removing_a_visit_removes_its_forms(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        event = locate(session.study, "01-001/EOS")
        assert isinstance(event, EventKey)
        book.remove(event, TYPO)
        assert not book.data("01-001").of("EOS")
        assert event not in book.chart("01-001").events
        book.restore(event, TYPO)
        assert book.data("01-001").of("EOS")


def test_unread_text_in_a_field_that_no_longer_applies_bars_no_completion(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        entry = book.open(form(session, f"{subject}/SCR/PS"))
        done = key(session, f"{subject}/SCR/PS/PERF")
        day = key(session, f"{subject}/SCR/PS/RSDAT")
        entry.type(done, "Y")
        entry.type(day, "2026,9,3")
        assert entry.field(day).error is not None
        change = entry.type(done, "N")
        assert (change.hides, entry.hidden()) == ((day,), (day,))
        assert entry.field(day).error is None
        assert entry.intent(complete=True).kept == frozenset()
        assert entry.save(complete=True).state is FormState.COMPLETE
        assert not entry.dirty
        entry = book.open(form(session, f"{subject}/SCR/PS"))
        assert entry.field(day).text == ""


def test_unread_text_where_it_applies_stays_a_draft(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        entry = book.open(form(session, f"{subject}/SCR/PS"))
        day = key(session, f"{subject}/SCR/PS/RSDAT")
        entry.type(key(session, f"{subject}/SCR/PS/PERF"), "Y")
        entry.type(day, "2026,9,3")
        entry.save(complete=False)
        assert entry.field(day).text == "2026,9,3"
        assert entry.dirty


def test_a_recorded_value_under_unread_text_is_cleared_once_it_no_longer_applies(
    clinic: Clinic,
) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        done = key(session, f"{subject}/SCR/PS/PERF")
        day = key(session, f"{subject}/SCR/PS/RSDAT")
        entry = book.open(form(session, f"{subject}/SCR/PS"))
        entry.type(done, "Y")
        entry.type(day, "2027-06-02")
        entry.save(complete=False)
        entry.type(day, "2026,9,3")
        entry.type(done, "N")
        assert set(entry.needs_reason()) == {done, day}
        entry.save(complete=True, reason=TYPO)
        assert entry.recorded is not None
        assert entry.recorded.items[day].answer is None
