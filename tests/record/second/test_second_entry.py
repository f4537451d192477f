"""Second entry: who keys, blind; what is recorded; how it is settled; when it goes stale."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Record
from mrd_desktop.record import drafts, entries, projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.critical import unseen
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, ChangedMeanwhile, SaveRefused, UnsavedTyping
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.second import keying as keying_module
from mrd_desktop.record.second.compare import Result
from mrd_desktop.record.second.errors import (
    DifferencesOpen,
    NoChoice,
    NoSecondEntry,
    NotAsked,
    SameHand,
    Unread,
)
from mrd_desktop.record.second.keying import SecondKeying
from mrd_desktop.record.second.settling import Settling
from mrd_desktop.record.second.standing import Act, Choice, SecondEntry, SecondPlace, State
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.texts import Language
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.second import SUBJECT, form_key, item_key, key_again, type_again

VS, PRT, MRD, DM = (form_key(f) for f in ("VS", "PRT", "MRD", "DM"))
TYPO = ChangeReason("TYPO")


def standing(session: Session, key: FormKey) -> SecondEntry:
    chart = Casebook(session).chart(SUBJECT)
    second = next(f.second for f in chart.forms if f.key == key)
    assert second is not None
    return second


def act(session: Session, key: FormKey) -> Act | None:
    chart = Casebook(session).chart(SUBJECT)
    return next(f.second_act for f in chart.forms if f.key == key)


def records(session: Session, after: int) -> list[Record]:
    with session.reading() as conn:
        found = list(store.records(conn, session.folder.chain, after=after))
    aside = ("session.opened", "session.closed", "vault.granted")
    return [r for r in found if r.kind.value not in aside]


def rebuilt_is_equal(session: Session) -> None:
    with session.writing() as conn:
        assert list(projection.differences(conn)) == []
        assert projection.rebuild(conn) == []


# --- who ------------------------------------------------------------------------------


def test_who_keyed_a_form_does_not_key_it_again(twice: Clinic) -> None:
    with twice.open("crc") as session:
        assert act(session, VS) is None
        with pytest.raises(SameHand):
            SecondKeying(session, VS)
    with twice.open("crc2") as session:
        assert act(session, VS) is Act.KEY
        SecondKeying(session, VS)


def test_one_value_is_enough_to_be_a_first_hand(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        entry = FormEntry(session, VS)
        entry.type(item_key(VS, "PULSE"), "81")
        entry.save(complete=True, reason=TYPO)
    with twice.open("crc") as session:
        entry = FormEntry(session, VS)
        entry.type(item_key(VS, "RESP"), "17")
        entry.save(complete=True, reason=TYPO)
    with twice.open("crc2") as session, pytest.raises(SameHand):
        SecondKeying(session, VS)
    with twice.open("inv") as session:
        SecondKeying(session, VS)


def test_it_is_found_out_again_when_the_keying_is_finished(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, VS)
        keying.type(item_key(VS, "PERF"), "Y")
        entry = FormEntry(session, VS)
        entry.type(item_key(VS, "PULSE"), "81")
        entry.save(complete=True, reason=TYPO)
        head = session.head().seq
        with pytest.raises(SameHand):
            keying.save(complete=True)
        assert records(session, head) == []


def consent_to_testing(session: Session, answer: str) -> None:
    entry = FormEntry(session, form_key("IC"))
    group = next(g.name for g in entry.form.groups if "ICHGR" in g.by_name)
    entry.type(item_key(entry.key, "ICHGR", group), answer)
    entry.save(complete=True, reason=TYPO)


def test_what_consent_closes_is_not_keyed_again(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, MRD)
        type_again(keying, FormEntry(session, MRD), {("A", 1, "COMM"): "Synthetic"})
        consent_to_testing(session, "N")
        head = session.head().seq
        with pytest.raises(SaveRefused) as found:
            keying.save(complete=True)
        assert found.value.cause is Cause.NO_GENETIC_CONSENT
        assert records(session, head) == []
        assert SecondKeying(session, MRD).read_only is Cause.NO_GENETIC_CONSENT
        consent_to_testing(session, "Y")
        SecondKeying(session, MRD).save(complete=True)
        assert records(session, head)


@pytest.mark.parametrize("closed", [False, True])
def test_a_section_that_consent_closes_is_not_compared(
    twice: Clinic, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    why = {"MRDV": SaveRefused(Cause.NO_GENETIC_CONSENT)} if closed else {}
    with twice.open("crc2") as session:
        monkeypatch.setattr(keying_module, "sections_closed", lambda *_, **__: why)
        before = session.head().seq
        key_again(session, MRD, {("MRDV", 2, "VAF"): "0.03"})
        said = json.dumps([r.body for r in records(session, before)])
        assert ("MRDV" in said) is not closed


@pytest.mark.parametrize("user", ["cra", "aud", "admin"])
def test_who_enters_no_data_keys_and_settles_nothing(twice: Clinic, user: str) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
    with twice.open(user) as session:
        with pytest.raises(PermissionDenied):
            SecondKeying(session, PRT)
        if session.allows("subject.see"):
            assert act(session, PRT) is None
            assert act(session, VS) is None
            settling = Settling(session, VS)
            assert settling.refusal is not None
            settling.choose(item_key(VS, "PULSE"), Choice.FIRST)
            with pytest.raises(PermissionDenied):
                settling.save()
        else:
            with pytest.raises(PermissionDenied):
                Settling(session, VS)


def test_only_marked_and_saved_forms_and_only_once(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        for key in (form_key("CR"), form_key("VS", "M24")):
            with pytest.raises(NoSecondEntry):
                SecondKeying(session, key)
        with pytest.raises(NoSecondEntry):
            Settling(session, VS)
        key_again(session, VS)
        with pytest.raises(NoSecondEntry):
            SecondKeying(session, VS)
    with twice.open("cra") as session:
        change_lock(session, PRT, LockAct.LOCK, ChangeReason("OTHER", "synthetic"))
    with twice.open("crc2") as session:
        assert act(session, PRT) is None
        with pytest.raises(SaveRefused):
            SecondKeying(session, PRT)


# --- blind ----------------------------------------------------------------------------


def test_nothing_of_the_first_keying_is_seen(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        for key in (VS, PRT, MRD, DM):
            keying = SecondKeying(session, key)
            assert keying.recorded is None
            assert not keying.dirty
            assert keying.state is FormState.EMPTY
            assert keying.findings() == tuple(
                f for f in keying.findings() if f.check.on == "REQUIRED"
            )
            for group in keying.groups():
                assert not group.group.repeating or group.rows == ()
                for row in group.rows:
                    for view in row.fields:
                        empty = (view.text, view.answer, view.recorded, view.findings)
                        assert view.derived or empty == ("", None, None, ())
            assert keying.offers() == ()
            assert keying.needs_reason() == ()


def test_a_finding_reads_the_second_values_alone(twice: Clinic) -> None:
    with twice.open("crc") as session:
        entry = FormEntry(session, VS)
        entry.type(item_key(VS, "SYSBP"), "70")
        entry.save(complete=False, reason=TYPO)
    with twice.open("crc2") as session:
        keying = SecondKeying(session, VS)
        keying.type(item_key(VS, "PERF"), "Y")
        keying.type(item_key(VS, "DIABP"), "80")
        assert "EC-120" not in [f.check.id for f in keying.findings()]
        keying.type(item_key(VS, "SYSBP"), "75")
        assert "EC-120" in [f.check.id for f in keying.findings()]
        assert keying.try_complete() == ()


# --- the draft ------------------------------------------------------------------------


def test_the_draft_is_its_own_and_comes_back_to_its_user(twice: Clinic) -> None:
    pulse = item_key(VS, "PULSE")
    with twice.open("crc2") as session:
        head = session.head().seq
        keying = SecondKeying(session, VS)
        keying.type(item_key(VS, "PERF"), "Y")
        keying.type(pulse, "8x")
        saved = keying.save(complete=False)
        assert saved.records == 0
        assert saved.at == keying.draft_at
        assert session.head().seq == head
    with twice.open("crc2") as session:
        assert SecondKeying(session, VS).field(pulse).text == "8x"
        assert not FormEntry(session, VS).dirty
        chart = Casebook(session).chart(SUBJECT)
        assert not any(f.drafted for f in chart.forms)
        assert standing(session, VS).drafted
    with twice.open("inv") as session:
        assert SecondKeying(session, VS).field(pulse).text == ""
        assert not standing(session, VS).drafted


def test_after_a_break_the_keying_comes_back_and_not_the_form(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, VS)
        keying.type(PULSE, "99")
        keying.keep_draft(PULSE, front=True)
    with twice.open("crc2") as session:
        assert Casebook(session).unfinished() == SecondPlace(VS, Act.KEY)
        assert SecondKeying(session, VS).caret == PULSE


def test_a_draft_of_each_kind_beside_the_other(twice: Clinic) -> None:
    pulse = item_key(VS, "PULSE")
    with twice.open("crc2") as session:
        ordinary, second = FormEntry(session, VS), SecondKeying(session, VS)
        ordinary.type(pulse, "77")
        ordinary.keep_draft()
        second.type(pulse, "99")
        second.keep_draft()
        assert FormEntry(session, VS).field(pulse).text == "77"
        assert SecondKeying(session, VS).field(pulse).text == "99"
        with session.reading() as conn:
            assert drafts.addresses(conn, "crc2") == (VS,)
            assert drafts.addresses(conn, "crc2", second=True) == (VS,)
        second.discard()
        assert FormEntry(session, VS).field(pulse).text == "77"


def test_text_that_is_no_value_is_not_compared(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, VS)
        keying.type(item_key(VS, "PERF"), "Y")
        keying.type(item_key(VS, "PULSE"), "8x")
        head = session.head().seq
        with pytest.raises(Unread):
            keying.save(complete=True)
        assert session.head().seq == head


# --- comparing ------------------------------------------------------------------------


def test_two_equal_entries_agree_and_change_nothing(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        assert standing(session, VS).state is State.DUE
        before = Casebook(session).chart(SUBJECT).recorded[VS]
        head = session.head().seq
        key_again(session, VS)
        entry = standing(session, VS)
        assert (entry.state, entry.differences, entry.user) == (State.AGREED, (), "crc2")
        keyed = [i for g in FormEntry(session, VS).groups() for r in g.rows for i in r.fields]
        assert entry.compared == sum(v.recorded is not None and not v.derived for v in keyed) > 5
        assert Casebook(session).chart(SUBJECT).recorded[VS] == before
        assert {r.kind.value for r in records(session, head)} == {"note.added"}
        assert SecondKeying.blind
        with session.reading() as conn:
            assert drafts.addresses(conn, "crc2", second=True) == ()
        rebuilt_is_equal(session)


OTHERWISE = {("A", 1, "PULSE"): "99", ("A", 1, "WEIGHT"): "", ("A", 1, "RESP"): "17"}
PULSE, WEIGHT, RESP = (item_key(VS, i) for i in ("PULSE", "WEIGHT", "RESP"))


def test_each_result_is_told(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, OTHERWISE)
        entry = standing(session, VS)
        assert entry.state is State.OPEN
        assert entry.compared == 9
        assert {d.key: (d.result, d.now, d.second, d.keyer) for d in entry.differences} == {
            PULSE: (Result.DIFFERS, Answer("76"), Answer("99"), "crc"),
            RESP: (Result.ONLY_SECOND, None, Answer("17"), "crc"),
            WEIGHT: (Result.ONLY_FIRST, Answer("58.5"), None, "crc"),
        }
        rebuilt_is_equal(session)


def test_a_missing_reason_is_an_answer(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, VS)
        type_again(keying, FormEntry(session, VS), {})
        keying.mark_missing(PULSE, "ND")
        keying.save(complete=True)
        (found,) = standing(session, VS).differences
        assert (found.key, found.result) == (PULSE, Result.DIFFERS)
        assert found.second == Answer(missing="ND")


def test_rows_are_matched_in_their_order(twice: Clinic) -> None:
    row = ("PRTD", 2)
    with twice.open("crc") as session:
        entry = FormEntry(session, PRT)
        entry.remove_row(item_key(PRT, "DRUG", *row).row)
        entry.save(complete=True, reason=TYPO)
    with twice.open("crc2") as session:
        key_again(session, PRT)
        assert standing(session, PRT).state is State.AGREED


def test_a_row_more_and_a_row_less_are_listed_whole(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, PRT)
        type_again(keying, FormEntry(session, PRT), {})
        keying.add_row("PRTD")
        keying.type(item_key(PRT, "DRUG", "PRTD", 5), "PERT")
        keying.save(complete=True)
        more = form_key("PRT", repeat=2)
        keying = SecondKeying(session, more)
        type_again(keying, FormEntry(session, more), {})
        keying.remove_row(item_key(more, "DRUG", "PRTD", 3).row)
        keying.save(complete=True)
        (extra,) = standing(session, PRT).differences
        assert (extra.key, extra.result) == (
            item_key(PRT, "DRUG", "PRTD", 5),
            Result.ONLY_SECOND,
        )
        (lacking,) = standing(session, more).differences
        assert (lacking.key.row.row, lacking.result) == (3, Result.ONLY_FIRST)
        assert extra.whole_row
        assert lacking.whole_row
        rebuilt_is_equal(session)


def test_what_nobody_keyed_is_not_compared(twice: Clinic) -> None:
    """Derived values are no keying: DM holds AGE, which the program records."""
    with twice.open("crc2") as session:
        assert item_key(DM, "AGE") in Casebook(session).chart(SUBJECT).recorded[DM].items
        key_again(session, DM)
        entry = standing(session, DM)
        assert (entry.state, entry.compared) == (State.AGREED, 5)


# --- settling -------------------------------------------------------------------------


def test_settling_goes_the_way_of_every_save(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, OTHERWISE)
        settling = Settling(session, VS)
        assert [x.key for x in settling.lines()] == [PULSE, RESP, WEIGHT]
        assert len(settling.lines(everything=True)) == 9
        assert (settling.left, settling.asks_reason, settling.refusal) == (3, False, None)
        with pytest.raises(NoChoice):
            settling.save(TYPO)
        settling.choose(PULSE, Choice.SECOND)
        settling.choose(RESP, Choice.SECOND)
        settling.choose(WEIGHT, Choice.FIRST)
        assert settling.asks_reason
        head = session.head().seq
        with pytest.raises(SaveRefused):
            settling.save()
        assert [r.kind.value for r in records(session, head)] == ["entry.refused"]
        head = session.head().seq
        assert settling.save(TYPO) == 3
        made = records(session, head)
        assert len({r.header.txn for r in made}) == 1
        changed = [r.body for r in made if r.kind.value == "item.set"]
        assert {(str(b["address"]), b["value"]) for b in changed} >= {
            (str(PULSE), "99"),
            (str(RESP), "17"),
        }
        pulse = next(b for b in changed if b["address"] == str(PULSE))
        assert pulse["reason"] == {"code": "TYPO"}
        assert pulse["source"] == "entry"
        assert [v.user for v in Casebook(session).history(PULSE)] == ["crc", "crc2"]
        entry = standing(session, VS)
        assert {d.key: d.chosen for d in entry.differences} == {
            PULSE: Choice.SECOND,
            RESP: Choice.SECOND,
            WEIGHT: Choice.FIRST,
        }
        assert entry.state is State.AGREED
        assert settling.left == 0
        rebuilt_is_equal(session)


def test_keeping_the_first_value_is_recorded_and_changes_nothing(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
        before = Casebook(session).chart(SUBJECT).recorded[VS]
        head = session.head().seq
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.FIRST)
        assert not settling.asks_reason
        settling.save()
        assert {r.kind.value for r in records(session, head)} == {"note.added"}
        assert Casebook(session).chart(SUBJECT).recorded[VS] == before
        assert standing(session, VS).state is State.AGREED
        rebuilt_is_equal(session)


def test_a_third_value_from_the_paper(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, OTHERWISE)
        settling = Settling(session, VS)
        settling.type(PULSE, "8x")
        assert settling.line(PULSE).error is not None
        with pytest.raises(Unread):
            settling.save(TYPO)
        settling.type(PULSE, "86")
        settling.type(RESP, "")  # the paper says nothing: the first was right
        settling.mark_missing(WEIGHT, "ND")
        settling.save(TYPO)
        entry = FormEntry(session, VS)
        assert entry.field(PULSE).text == "86"
        assert entry.field(RESP).answer is None
        assert entry.field(WEIGHT).missing == "ND"
        assert {d.key: d.chosen for d in standing(session, VS).differences} == {
            PULSE: Choice.OTHER,
            RESP: Choice.FIRST,
            WEIGHT: Choice.OTHER,
        }


def test_the_first_hand_does_not_settle_but_a_third_person_does(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
        assert act(session, VS) is Act.SETTLE
    with twice.open("crc") as session:
        assert act(session, VS) is None
        settling = Settling(session, VS)
        assert settling.refusal is not None
        settling.choose(PULSE, Choice.FIRST)
        head = session.head().seq
        with pytest.raises(SameHand):
            settling.save()
        assert records(session, head) == []
    with twice.open("inv") as session:
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.SECOND)
        settling.save(TYPO)
        (found,) = standing(session, VS).differences
        assert (found.chosen, found.chosen_by) == (Choice.SECOND, "inv")


def test_what_is_left_stays_open_and_is_settled_later(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, OTHERWISE)
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.SECOND)
        settling.save(TYPO)
        entry = standing(session, VS)
        assert entry.state is State.OPEN
        assert [d.key for d in entry.open] == [RESP, WEIGHT]
        settling.choose(RESP, Choice.FIRST)
        settling.choose(WEIGHT, Choice.SECOND)
        settling.save(TYPO)
        assert standing(session, VS).state is State.AGREED
        rebuilt_is_equal(session)


def test_rows_are_taken_and_left_whole(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, PRT)
        type_again(keying, FormEntry(session, PRT), {})
        keying.add_row("PRTD")
        for item, said in {"DRUG": "TRASB", "BRAND": "HLX02"}.items():
            keying.type(item_key(PRT, item, "PRTD", 5), said)
        keying.save(complete=True)
        settling = Settling(session, PRT)
        drug, brand = (item_key(PRT, i, "PRTD", 5) for i in ("DRUG", "BRAND"))
        settling.type(drug, "PERT")
        assert settling.chosen == ()
        assert set(settling.choose(brand, Choice.SECOND)) == {drug, brand}
        settling.save()
        assert FormEntry(session, PRT).field(brand).text == "HLX02"
        assert standing(session, PRT).state is State.AGREED
        more = form_key("PRT", repeat=2)
        keying = SecondKeying(session, more)
        type_again(keying, FormEntry(session, more), {})
        keying.remove_row(item_key(more, "DRUG", "PRTD", 3).row)
        keying.save(complete=True)
        settling = Settling(session, more)
        settling.choose(item_key(more, "DRUG", "PRTD", 3), Choice.SECOND)
        assert settling.asks_reason
        settling.save(TYPO)
        rows = Casebook(session).chart(SUBJECT).recorded[more].rows
        assert [r.row for r, gone in rows.items() if gone] == [3]
        assert standing(session, more).state is State.AGREED
        rebuilt_is_equal(session)


def test_a_choice_that_hides_another_is_refused(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        keying = SecondKeying(session, VS)
        keying.type(item_key(VS, "PERF"), "N")
        keying.save(complete=True)
        settling = Settling(session, VS)
        settling.choose(item_key(VS, "PERF"), Choice.SECOND)
        settling.choose(PULSE, Choice.FIRST)
        head = session.head().seq
        with pytest.raises(NotAsked):
            settling.save(TYPO)
        assert records(session, head) == []
        for line in settling.lines():
            settling.choose(line.key, Choice.SECOND)
        settling.save(TYPO)
        assert FormEntry(session, VS).field(PULSE).answer is None
        assert standing(session, VS).state is State.AGREED


def test_the_second_person_s_own_draft_is_not_saved_along(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
        entry = FormEntry(session, VS)
        entry.type(RESP, "18")
        entry.keep_draft()
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.SECOND)
        with pytest.raises(UnsavedTyping):
            settling.save(TYPO)


def test_what_was_changed_behind_the_view_is_not_settled(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
        for choice in (Choice.FIRST, Choice.SECOND):
            settling = Settling(session, VS)
            settling.choose(PULSE, choice)
            entry = FormEntry(session, VS)
            entry.type(item_key(VS, "SYSBP"), "121" if choice is Choice.FIRST else "122")
            entry.save(complete=True, reason=TYPO)
            with pytest.raises(ChangedMeanwhile):
                settling.save(TYPO)


@pytest.mark.parametrize("choice", [Choice.FIRST, Choice.SECOND])
def test_a_form_that_was_locked_behind_the_view_is_not_settled(
    twice: Clinic, choice: Choice
) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
        settling = Settling(session, VS)
        settling.choose(PULSE, choice)
        session.commit([entries.form_state("frozen", VS, ChangeReason("OTHER", "synthetic"))])
        head = session.head().seq
        with pytest.raises(SaveRefused) as caught:
            settling.save(TYPO)
        assert caught.value.cause is Cause.FROZEN
        assert [r.kind.value for r in records(session, head)] == ["entry.refused"]


def test_while_two_entries_differ_the_form_is_neither_signed_nor_locked(twice: Clinic) -> None:
    secret = password_of("inv")
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
    with twice.open("inv") as session, pytest.raises(DifferencesOpen):
        sign_form(session, show(session, VS, Language.EN), secret, language=Language.EN)
    with twice.open("cra") as session, pytest.raises(DifferencesOpen):
        change_lock(session, VS, LockAct.LOCK, ChangeReason("OTHER", "synthetic"))
    with twice.open("crc2") as session:
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.FIRST)
        settling.save()
    with twice.open("inv") as session:
        sign_form(session, show(session, VS, Language.EN), secret, language=Language.EN)
    with twice.open("cra") as session:
        change_lock(session, VS, LockAct.LOCK, ChangeReason("OTHER", "synthetic"))


def test_a_critical_value_keyed_alike_by_two_people_had_its_second_look(twice: Clinic) -> None:
    def waiting(session: Session) -> set[FormKey]:
        with session.reading() as conn:
            return {one.key for one in unseen(conn, session.study)}

    with twice.open("crc2") as session:
        assert MRD in waiting(session)
        key_again(session, MRD, {("MRDV", 2, "VAF"): "0.03"})
        assert MRD in waiting(session), "they differ"
        settling = Settling(session, MRD)
        settling.choose(item_key(MRD, "VAF", "MRDV", 2), Choice.FIRST)
        settling.save()
        assert MRD not in waiting(session)


# --- stale ----------------------------------------------------------------------------


def test_a_later_change_makes_it_stale(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS)
        entry = FormEntry(session, VS)
        entry.save(complete=True)
        assert standing(session, VS).state is State.AGREED  # saved again, nothing changed
        entry.type(PULSE, "81")
        entry.save(complete=True, reason=TYPO)
        assert standing(session, VS).state is State.CHANGED
        rebuilt_is_equal(session)
    with twice.open("inv") as session:
        assert act(session, VS) is Act.KEY
        key_again(session, VS)
        assert standing(session, VS).state is State.AGREED


def test_a_later_row_makes_it_stale(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, PRT)
        entry = FormEntry(session, PRT)
        entry.remove_row(item_key(PRT, "DRUG", "PRTD", 2).row)
        entry.save(complete=True, reason=TYPO)
        assert standing(session, PRT).state is State.CHANGED


def test_a_change_between_keying_and_settling_is_not_covered_by_it(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
        entry = FormEntry(session, VS)
        entry.type(item_key(VS, "SYSBP"), "121")
        entry.save(complete=True, reason=TYPO)
        settling = Settling(session, VS)
        settling.choose(PULSE, Choice.SECOND)
        settling.save(TYPO)
        assert standing(session, VS).state is State.CHANGED
        rebuilt_is_equal(session)


def test_a_first_value_corrected_to_the_second_is_settled_by_that(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS, {("A", 1, "PULSE"): "99"})
    with twice.open("crc") as session:
        entry = FormEntry(session, VS)
        entry.type(PULSE, "99")
        entry.save(complete=True, reason=TYPO)
        assert standing(session, VS).state is State.AGREED


# --- what is recorded -----------------------------------------------------------------


def test_only_what_differs_enters_the_ledger(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        head = session.head().seq
        key_again(session, VS, OTHERWISE)
        made = records(session, head)
        bodies = [dict(r.body) for r in made]
        assert {r.header.cls for r in made} == {"coded"}
        second = {str(b["address"]): b for b in bodies if b["kind"] == "entry.superseded"}
        assert second[str(PULSE)] == {
            "kind": "entry.superseded",
            "address": str(PULSE),
            "check": "SECOND",
            "value": "99",
            "second": {"result": "differs", "keyer": "crc"},
        }
        assert second[str(WEIGHT)]["cleared"] is True
        assert len(second) == 3
        notes = [b for b in bodies if b["kind"] == "note.added"]
        assert all(b["text"] == "" for b in notes)
        saved = Casebook(session).chart(SUBJECT).recorded[VS].saved_seq
        assert [b["second"] for b in notes] == [
            {"keyed": {"chain": session.folder.chain, "seq": saved}},
            {
                "compared": [
                    {
                        "user": "crc",
                        "items": dict.fromkeys(
                            (
                                *("PERF", "VSDAT", "TEMP", "SYSBP", "DIABP", "PULSE", "RESP"),
                                *("WEIGHT", "HEIGHT"),
                            ),
                            1,
                        ),
                    }
                ]
            },
        ]


def test_a_value_that_leaves_only_reduced_stays(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        head = session.head().seq
        key_again(session, DM, {("A", 1, "CETHNIC"): "HUI"})
        made = [r for r in records(session, head) if r.kind.value == "entry.superseded"]
        assert [r.header.cls for r in made] == ["site"]


def test_the_note_of_a_section_stands_at_the_section(twice: Clinic) -> None:
    """So that what tells of gene variants stays where the variants stay."""
    with twice.open("crc2") as session:
        head = session.head().seq
        key_again(session, MRD)
        notes = [r.body for r in records(session, head)]
        variants = [b for b in notes if "MRDV" in json.dumps(b)]
        assert [str(b["address"]).split("/")[3] for b in variants] == ["MRDV#1"]


def test_the_tables_hold_no_second_value_that_agrees(twice: Clinic) -> None:
    with twice.open("crc2") as session:
        key_again(session, VS)
        with session.reading() as conn:
            assert conn.execute(text("SELECT count(*) FROM p_second_point")).scalar() == 0
