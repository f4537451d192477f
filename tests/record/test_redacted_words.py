"""Words that two people take out of records: reasons, questions, answers, second values, typing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import entries
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.echoes import repeats
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.redactable import Redactable
from mrd_desktop.record.redaction import NothingToRedact, NotSettled, redactable
from mrd_desktop.record.retold import Retold
from mrd_desktop.record.standin import MARK, record_as_read
from mrd_desktop.record.threads import thread
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_entry import TYPO, form, key
from tests.record.test_redaction import by_two, pages, sound

PLACE = "01-001/SCR/IC/ICVER"
SLIP = "Synthia Name 4711"


def found(session: Session, kind: Kind, place: str = PLACE) -> list[Redactable]:
    return [r for r in redactable(session, key(session, place)) if r.kind is kind]


def write(session: Session, value: str, reason: ChangeReason = TYPO) -> None:
    entry = Casebook(session).open(key(session, PLACE).form)
    entry.type(key(session, PLACE), value)
    entry.save(complete=True, reason=reason)


def test_a_reason_goes_and_the_value_in_force_stays(charted: Clinic) -> None:
    with charted.open() as session:
        write(session, "V1.1", ChangeReason("OTHER", f"as {SLIP} said"))
        before = Casebook(session).history(key(session, PLACE))
    with charted.open("inv") as session:
        (piece,) = [r for r in found(session, Kind.ITEM_SET) if SLIP in r.words]
        assert piece.in_force
        by_two(session, piece.seq, words_only=True)
        assert SLIP.encode() not in pages(session)
        after = Casebook(session).history(key(session, PLACE))
        assert [(v.seq, v.at, v.user, v.answer, v.redacted) for v in after] == [
            (v.seq, v.at, v.user, v.answer, None) for v in before
        ]
        (reason,) = {v.reason for v in after} - {v.reason for v in before}
        assert reason == ChangeReason("OTHER", MARK)
        assert sound(session)
        with pytest.raises(NothingToRedact):
            by_two(session, piece.seq, words_only=True)


def test_a_value_whose_reason_went_is_redacted_when_it_stands_no_longer(charted: Clinic) -> None:
    with charted.open() as session:
        write(session, SLIP, ChangeReason("OTHER", "words of a reason"))
    with charted.open("inv") as session:
        (first,) = [r for r in found(session, Kind.ITEM_SET) if r.words]
        by_two(session, first.seq, words_only=True)
        (told_again,) = [r for r in found(session, Kind.ITEM_SET) if SLIP in str(r.answer)]
        assert told_again.in_force
    with charted.open() as session:
        write(session, "V1.2")
    with charted.open("inv") as session:
        by_two(session, told_again.seq)
        assert SLIP.encode() not in pages(session)
        gone = [v.redacted for v in Casebook(session).history(key(session, PLACE))]
        assert gone.count("IDENTITY") == 1
        assert len(gone) == 3
        assert sound(session)


def test_words_of_a_question_and_its_answers_go_and_the_query_stays(charted: Clinic) -> None:
    with charted.open("cra") as session:
        Queries(session).open(str(key(session, PLACE)), f"Is {SLIP} right?")
        (asked,) = [q for q in Queries(session).all() if SLIP in q.text.en]
    with charted.open() as session:
        Queries(session).answer(asked.query, f"{SLIP} is not right")
    with charted.open("inv") as session:
        before = Queries(session).find(asked.query)
        turns = thread(session, before)
        pieces = [r for r in redactable(session, key(session, PLACE)) if SLIP in r.words]
        assert [r.kind for r in pieces] == [Kind.QUERY_OPENED, Kind.QUERY_ANSWERED]
        assert [r.user for r in pieces] == ["cra", "crc"]
        by_two(session, *(r.seq for r in pieces))
        assert SLIP.encode() not in pages(session)
        after = Queries(session).find(asked.query)
        assert (after.text.en, after.text.zh, after.answer) == (MARK, MARK, MARK)
        assert (after.state, after.opened_at, after.opened_by, after.changed_by) == (
            before.state, before.opened_at, before.opened_by, before.changed_by,
        )  # fmt: skip
        told = thread(session, after)
        assert [(t.at, t.user, t.act) for t in told] == [(t.at, t.user, t.act) for t in turns]
        assert SLIP not in str(told)
        assert sound(session)


def test_the_reason_of_an_act_on_a_form_goes_from_above_its_values(charted: Clinic) -> None:
    with charted.open() as session:
        book, place = Casebook(session), form(session, "01-001/SCR/IC")
        book.remove(place, ChangeReason("OTHER", SLIP))
        book.restore(place, TYPO)
    with charted.open("inv") as session:
        (piece,) = [r for r in redactable(session, key(session, PLACE)) if SLIP in r.words]
        assert piece.kind is Kind.FORM_REMOVED
        by_two(session, piece.seq)
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            body = record_as_read(conn, session.folder.chain, piece.seq).body
        assert body["reason"] == {"code": "OTHER", "text": MARK}
        assert sound(session)


def test_a_second_value_goes_once_the_difference_is_settled(charted: Clinic) -> None:
    with charted.open() as session:
        place, chain = key(session, PLACE), session.folder.chain
        with session.reading() as conn:
            saved = conn.execute(text("SELECT max(saved_seq) FROM p_form")).scalar()
        second = {"result": "differs", "keyer": "crc", "row": False}
        of = {"chain": chain, "seq": saved}
        note, superseded = Kind.NOTE_ADDED, Kind.ENTRY_SUPERSEDED
        coded = entries.RecordClass.CODED
        made = session.commit(
            [
                entries.Entry(note, coded, {"address": str(place.form), "text": "",
                                            "second": {"keyed": of}}),
                entries.Entry(superseded, coded, {"address": str(place), "check": "SECOND",
                                                  "value": SLIP, "second": second}),
            ]
        )  # fmt: skip
        seq = made[-1].header.seq
    with charted.open("inv") as session:
        with pytest.raises(NotSettled):
            by_two(session, seq)
        chosen = {"chosen": "first", "of": {"chain": chain, "seq": seq}}
        session.commit(
            [entries.Entry(note, coded, {"address": str(place), "text": "", "second": chosen})]
        )
        by_two(session, seq)
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            kept = conn.execute(text("SELECT seq, value, chosen FROM p_second_point")).one()
        assert tuple(kept) == (seq, None, "first")
        assert sound(session)


def test_typing_that_repeats_the_words_goes_with_them_and_other_typing_stays(
    charted: Clinic,
) -> None:
    with charted.open() as session:
        write(session, SLIP)
        write(session, "V1.1")
        Casebook(session).create_subject("01-002")
        for where, said in (("01-001/SCR/IC/ICVER", SLIP), ("01-002/SCR/IC/ICVER", "V9")):
            entry = Casebook(session).open(key(session, where).form)
            entry.type(key(session, where), said)
            entry.keep_draft()
    with charted.open("inv") as session:
        (piece,) = [r for r in found(session, Kind.ITEM_SET) if SLIP in str(r.answer)]
        by_two(session, piece.seq)
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            left = conn.execute(text("SELECT address FROM draft")).scalars().all()
        assert [a.partition("/")[0] for a in left] == ["01-002"]


def test_typing_that_repeats_nothing_stays(charted: Clinic) -> None:
    with charted.open() as session:
        write(session, "1")
        write(session, "V1.1")
        entry = Casebook(session).open(key(session, PLACE).form)
        entry.type(key(session, PLACE), "0")
        entry.keep_draft()
    with charted.open("inv") as session:
        (piece,) = [r for r in found(session, Kind.ITEM_SET) if r.answer and r.answer.value == "1"]
        by_two(session, piece.seq)
        with session.reading() as conn:
            assert conn.execute(text("SELECT count(*) FROM draft")).scalar() == 1


@pytest.mark.parametrize(
    ("said", "erased", "found"),
    [
        ("1", "1", True),
        (" 1 ", "1", True),
        ("10", "1", False),
        ("on 12", "12", False),
        ("as Jane said", "Jane", True),
        ("王", "王", True),
        ("王医生", "王", False),
        ("问王某即可", "王某", True),
        ("anything", "", False),
    ],
)
def test_words_of_some_length_are_found_within_others(said: str, erased: str, found: bool) -> None:
    assert repeats([said], {erased}) is found


def test_what_the_sponsor_wrote_stands_in_its_signed_reply_and_is_not_offered(
    charted: Clinic,
) -> None:
    with charted.open() as session:
        place = str(key(session, PLACE))
        said = {"address": place, "en": SLIP, "zh": SLIP, "query": "S-1", "actor": "sponsor"}
        session.commit([entries.Entry(Kind.QUERY_OPENED, entries.RecordClass.CODED, said)])
    with charted.open("inv") as session:
        assert not [r for r in redactable(session, key(session, PLACE)) if SLIP in r.words]


def test_two_people_sign_for_what_stands_on(charted: Clinic) -> None:
    with charted.open() as session:
        write(session, "V1.1", ChangeReason("OTHER", SLIP))
    with charted.open("inv") as session:
        (piece,) = [r for r in found(session, Kind.ITEM_SET) if SLIP in r.words]
        done = by_two(session, piece.seq, words_only=True)
        with session.reading() as conn:
            chain = session.folder.chain
            faults: list[str] = []
            assert list(Retold().passing(store.records(conn, chain), faults))
            assert faults == []
            gone = store.record(conn, chain, done.seq).body["gone"]
            assert isinstance(gone, list)
            assert isinstance(gone[0], dict)
            assert len(str(gone[0]["kept"])) == 64


def test_a_value_in_force_of_another_computer_with_the_same_number_is_another(
    charted: Clinic,
) -> None:
    with charted.open("inv") as session:
        (piece,) = [r for r in found(session, Kind.ITEM_SET) if r.in_force]
        with session.database.writing() as conn:
            conn.execute(
                text("UPDATE p_item SET chain = :other WHERE seq = :seq"),
                {"other": "b" * 26, "seq": piece.seq},
            )
        assert not any(r.in_force for r in found(session, Kind.ITEM_SET))
