"""Subjects go from one computer of a site to the other by file; only the owner writes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from mrd_desktop.cli.desktop import main
from mrd_desktop.insight.kept import Reader, known
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import handing, projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.day import begin_day
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, NumberOfOther, SaveRefused
from mrd_desktop.record.locating import locate
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.owning import OwnedElsewhere, standing_of
from mrd_desktop.record.paper import Paper
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.reading import private_items
from mrd_desktop.record.redaction import has_link, redactable
from mrd_desktop.record.requests import Outcome, RequestRefused, Requests
from mrd_desktop.record.touched import subjects_touched
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import FormKey, ItemKey, parse_address
from mrd_desktop.transfer import asking
from mrd_desktop.transfer.archive import Part
from mrd_desktop.transfer.errors import (
    ComputerUnknown,
    CopiedFolder,
    HandoverGap,
    NotForUs,
    OldCopy,
    PackageError,
    RecordsRefused,
    ReplyRefused,
    TrainingMismatch,
    UnknownKey,
    WrongStudy,
)
from mrd_desktop.transfer.handover import giving
from mrd_desktop.transfer.handover.taking import take
from mrd_desktop.transfer.overview import status
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import computers
from mrd_desktop.vault.errors import NoSecondPerson, TrustError
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.identity import destroy_subkey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_entry import key
from tests.record.test_redaction import by_two, pages, unlink
from tests.transfer.pair import (
    SUBJECT,
    Pair,
    chain_of,
    introduce,
    make_second,
    numbers,
    owned,
    taken,
)
from tests.transfer.parcel import SITE_KEY
from tests.transfer.route import TYPO, fill, values
from tests.vectors.handover.make import card, statement

CONSENT = f"{SUBJECT}/SCR/IC"
VERSION = f"{CONSENT}/A/ICVER"
SLIP = "Synthia slip 4711"
WHY = "Disk of the other computer is broken"


def seen(clinic: Clinic) -> dict[str, object]:
    """Every value of the subject as a computer sees it, identity included."""
    with clinic.open("crc") as session:
        chart = Casebook(session).chart(SUBJECT)
        return {str(k): r.answer for f in chart.recorded.values() for k, r in f.items.items()}


def sound(clinic: Clinic) -> None:
    """The tables are what the ledger says."""
    with clinic.open("crc") as session, session.reading() as conn:
        assert list(projection.differences(conn)) == []


def write(clinic: Clinic, version: str) -> None:
    """Change one value of the consent form."""
    with clinic.open("crc") as session:
        fill(session, CONSENT, {"ICVER": version})


def version(clinic: Clinic) -> str | None:
    with clinic.open("crc") as session:
        return next(v for k, v in values(session).items() if k.endswith("/ICVER"))


def rename(clinic: Clinic, name: str) -> str:
    """Correct an identity item; what is read of it afterwards."""
    with clinic.open("crc") as session:
        fill(session, f"{SUBJECT}/SCR/ID", {"PATNAME": name})
    return named(clinic)


def named(clinic: Clinic) -> str:
    with clinic.open("crc") as session, session.reading() as conn:
        assert session.box is not None
        items = private_items(conn, SUBJECT, session.box)
    return next(r.answer.text for k, r in items.items() if k.item == "PATNAME" and r.answer)


def claim(clinic: Clinic, reason: str = WHY, second: str = "admin") -> None:
    with clinic.open("crc") as session:
        handing.claim(
            session, SUBJECT, reason, password_of("crc"),
            second=second, second_password=password_of(second),
        )  # fmt: skip


def test_there_and_back_both_see_everything_and_only_the_owner_writes(pair: Pair) -> None:
    before = seen(pair.a)
    came = pair.move(pair.a, pair.b, SUBJECT)
    assert (came.verdict, came.subjects) == (Verdict.ACCEPTED, (SUBJECT,))
    assert owned(pair.b) == chain_of(pair.b)
    assert seen(pair.b) == before
    assert any("/ID#1/" in key for key in before)

    with pytest.raises(SaveRefused) as refused:
        write(pair.a, "V1.1")
    assert refused.value.cause is Cause.ELSEWHERE
    write(pair.b, "V2.0")
    assert rename(pair.b, "合成乙") == "合成乙"
    with pair.b.open("inv") as session:
        chart = Casebook(session).chart(SUBJECT)
    assert any(f.state.value != "signed" for f in chart.forms)

    back = pair.move(pair.b, pair.a, SUBJECT)
    assert back.subjects == (SUBJECT,)
    assert version(pair.a) == "V2.0"
    assert named(pair.a) == "合成乙"
    write(pair.a, "V3.0")
    assert rename(pair.a, "合成丙") == "合成丙"
    with pytest.raises(SaveRefused):
        write(pair.b, "V4.0")
    pair.move(pair.a, pair.b)
    assert seen(pair.b) == seen(pair.a)
    assert version(pair.b) == "V3.0"
    assert named(pair.b) == "合成丙"
    sound(pair.a)
    sound(pair.b)


def test_lists_read_anew_what_came_by_file(pair: Pair) -> None:
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.a.open("crc") as session:
        reader = Reader(session)
        reader.keep([reader.read(SUBJECT)])
        before = session.head().seq
        assert (known(session).older, subjects_touched(session, before)) == (set(), set())
    write(pair.b, "V2.0")
    assert pair.move(pair.b, pair.a).records
    with pair.a.open("crc") as session:
        assert (known(session).changed, subjects_touched(session, before)) == ({SUBJECT}, {SUBJECT})


def test_nothing_is_written_about_a_subject_of_the_other_computer(pair: Pair) -> None:
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.a.open("crc") as session:
        book = Casebook(session)
        form = parse_address("01-001/SCR#1/IC#1")
        assert isinstance(form, FormKey)
        assert book.open(form).read_only is Cause.ELSEWHERE
        item = locate(session.study, VERSION)
        assert isinstance(item, ItemKey)
        head = session.head().seq
        for act in (
            lambda: Notes(session).add(item, "synthetic words"),
            lambda: book.remove(form, TYPO),
        ):
            with pytest.raises((OwnedElsewhere, SaveRefused)):
                act()
        waiting = Queries(session).all(subject=SUBJECT, state="open")
        for query in waiting[:1]:
            with pytest.raises(OwnedElsewhere):
                Queries(session).answer(query.query, "synthetic words")
        assert begin_day(session) == 0
        with session.reading() as conn:
            said = conn.execute(text("SELECT count(*) FROM ledger_header")).scalar()
        assert session.head().seq >= head and said
    with pair.a.open("cra") as session, pytest.raises(OwnedElsewhere):
        Queries(session).open(str(form), "synthetic question")
    assert seen(pair.a) == seen(pair.b)


def test_a_file_taken_before_changes_nothing(pair: Pair) -> None:
    first = pair.hand(pair.a, pair.b, SUBJECT)
    old = pair.stick / "old.mrdhandover"
    shutil.copy(first.path, old)
    taken(pair.b, first.path)
    pair.move(pair.b, pair.a, SUBJECT)
    write(pair.a, "V2.0")
    again = taken(pair.b, old)
    assert (again.verdict, again.subjects) == (Verdict.DUPLICATE, ())
    assert owned(pair.a) == chain_of(pair.a)
    assert owned(pair.b) is None


def test_an_altered_file_is_refused_whole(pair: Pair) -> None:
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    data = path.read_bytes()
    for at in range(0, len(data), len(data) // 40):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(PackageError):
            taken(pair.b, path)
    assert numbers(pair.b) == ()


def test_what_stands_otherwise_stays_on_its_way_until_it_is_handed_over_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(handing, "state", lambda *_: "0" * 64)
        path = pair.hand(pair.a, pair.b, SUBJECT).path
    came = taken(pair.b, path)
    assert (came.verdict, came.subjects, came.differing) == (Verdict.ACCEPTED, (), (SUBJECT,))
    assert came.records
    assert (numbers(pair.b), owned(pair.b)) == ((SUBJECT,), None)
    assert pair.move(pair.b, pair.a).differing == ()
    with pytest.raises(OwnedElsewhere), pair.a.open("crc") as session:
        session.commit(lambda conn: [handing.handed(session, conn, SUBJECT, "b" * 26)])
    came = pair.move(pair.a, pair.b, SUBJECT)
    assert (came.subjects, came.differing) == ((SUBJECT,), ())
    pair.move(pair.b, pair.a)
    assert owned(pair.a) == owned(pair.b) == chain_of(pair.b)
    sound(pair.a)
    sound(pair.b)


def _without_an_opening(pair: Pair, patched: pytest.MonkeyPatch) -> None:
    line, last = giving.opening_line, head_of(pair.a)
    patched.setattr(giving, "opening_line", lambda n, o: b"" if n == last else line(n, o))


def _with_a_definition_more(_: Pair, patched: pytest.MonkeyPatch) -> None:
    data = b"{}"
    name = f"definitions/{hashlib.sha256(data).hexdigest()}.json"
    patched.setattr(giving, "_definitions", lambda _: iter([Part(name, [data])]))


def _with_a_stray_stand_in(pair: Pair, _: pytest.MonkeyPatch) -> None:
    with pair.a.open("crc") as session:
        instead = {"chain": session.folder.chain, "seq": 2}
        body = {"address": f"{SUBJECT}/SCR#1/IC#1", "check": "EC-001", "text": "synthetic"}
        coded = RecordClass.CODED
        session.commit([Entry(Kind.CHECK_ANSWERED, coded, {**body, "instead": instead})])


def _with_a_link_that_takes_values_along(pair: Pair, patched: pytest.MonkeyPatch) -> None:
    with pair.a.open("inv") as session:
        value = Casebook(session).history(key(session, VERSION))[-1].seq
        patched.setattr(store, "owned", lambda *_: (value,))
        patched.setattr(store, "erase", lambda *_: 0)
        unlink(session)
    patched.undo()


@pytest.mark.parametrize(
    "spoil",
    [
        _without_an_opening,
        _with_a_definition_more,
        _with_a_stray_stand_in,
        _with_a_link_that_takes_values_along,
    ],
)
def test_a_file_that_another_computer_would_not_write_is_refused(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Pair, pytest.MonkeyPatch], None],
) -> None:
    with monkeypatch.context() as patched:
        spoil(pair, patched)
        path = pair.hand(pair.a, pair.b).path
    with pytest.raises(RecordsRefused):
        taken(pair.b, path)
    assert numbers(pair.b) == ()


def head_of(clinic: Clinic) -> int:
    with clinic.open("crc") as session:
        return session.head().seq


def test_the_former_owner_redacts_and_the_words_are_gone_at_the_other_one(pair: Pair) -> None:
    place = "01-001/SCR/IC/ICVER"
    with pair.a.open("crc") as session:
        for value, words in ((SLIP, "synthetic"), ("V1.1", SLIP)):
            entry = Casebook(session).open(key(session, place).form)
            entry.type(key(session, place), value)
            entry.save(complete=True, reason=ChangeReason("OTHER", words))
    pair.move(pair.a, pair.b, SUBJECT)
    for clinic in (pair.a, pair.b):
        pair.send(clinic)
    with pair.b.open("crc") as session:
        entry = Casebook(session).open(key(session, place).form)
        entry.type(key(session, place), f"as {SLIP}")
        entry.keep_draft()
    with pair.a.open("inv") as session:
        for words_only in (True, False):
            held = redactable(session, key(session, place))
            by_two(
                session,
                *(r.seq for r in held if SLIP in (r.words if words_only else str(r.answer))),
                words_only=words_only,
            )
        assert SLIP.encode() not in pages(session)
    assert SLIP in str(seen_history(pair.b, place))
    pair.send(pair.a)
    with pair.store.open() as session:
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            assert list(projection.differences(conn)) == []
    pair.move(pair.a, pair.b)
    assert seen_history(pair.b, place) == seen_history(pair.a, place)
    with pair.b.open("crc") as session:
        assert SLIP.encode() not in pages(session)
        with session.reading() as conn:
            assert conn.execute(text("SELECT count(*) FROM draft")).scalar() == 0
    sound(pair.a)
    sound(pair.b)
    assert pair.move(pair.b, pair.a, SUBJECT).subjects == (SUBJECT,)


def seen_history(clinic: Clinic, place: str) -> list[object]:
    with clinic.open("inv") as session:
        told = Casebook(session).history(key(session, place))
        return [(v.seq, v.at, v.user, v.answer, v.reason, v.redacted) for v in told]


def test_a_file_for_another_is_refused(pair: Pair, tmp_path: Path) -> None:
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    with pytest.raises(PackageError):
        taken(pair.a, path)
    third = make_second(tmp_path / "third", pair.a.study, "301-400")
    with pytest.raises(UnknownKey):
        taken(third, path)
    introduce((pair.a, pair.b, third))
    with pytest.raises((NotForUs, PackageError)):
        taken(third, path)
    with pair.a.open("crc") as session, pytest.raises(ComputerUnknown):
        giving.hand_over(session, "2222", tmp_path, [SUBJECT])


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"study": "NCT00000000"}, WrongStudy),
        ({"site": "02"}, ReplyRefused),
        ({"training": False}, TrainingMismatch),
    ],
    ids=["study", "site", "mode"],
)
def test_a_file_of_another_study_site_or_mode_is_refused(
    pair: Pair,
    other: dict[str, Any],
    refusal: type[PackageError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = pair.hand(pair.a, pair.b).path
    monkeypatch.setattr(Session, "require", lambda *_, **_named: None)  # live and activated
    with pair.b.open("crc") as session:
        folder = session.folder
        session.folder = replace(folder, **other)  # type: ignore[misc]
        with pytest.raises(refusal):
            take(session, path)
        session.folder = folder  # type: ignore[misc]


def test_a_card_of_another_study_site_or_mode_is_refused(pair: Pair) -> None:
    with pair.b.open("crc") as session:
        own = json.loads(computers.card(session))["statement"]
    identity = json.loads(json.loads(own)["identity"])
    with pair.a.open("admin") as session:
        here = {"chain": session.folder.chain}
        others = ({"study": "NCT00000000"}, {"site": "02"}, {"training": False}, here)
        for other in others:
            changed = {**identity, **other, "sign": SITE_KEY.public.to_base64()}
            text = json.dumps(changed, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            with pytest.raises(TrustError):
                computers.add(session, card(dumps(statement(identity=text, numbers=[1, 2]))))


def test_three_computers_pass_a_subject_on(pair: Pair, tmp_path: Path) -> None:
    third = make_second(tmp_path / "third", pair.a.study, "301-400")
    introduce((pair.a, pair.b, third))
    pair.move(pair.a, pair.b, SUBJECT)
    write(pair.b, "V2.0")
    pair.move(pair.b, third, SUBJECT)
    write(third, "V3.0")
    pair.move(third, pair.a, SUBJECT)
    assert version(pair.a) == "V3.0"
    sound(pair.a)
    sound(third)


def test_a_copied_folder_is_named_as_a_fork(pair: Pair, tmp_path: Path) -> None:
    copied = pair.a.copy(tmp_path / "copied")
    with pair.a.open("crc") as session:
        Casebook(session).create_subject()
    with copied.open("crc") as session:
        Casebook(session).create_subject()
        Casebook(session).create_subject()
    pair.move(pair.a, pair.b)
    with pytest.raises(CopiedFolder):
        taken(pair.b, pair.hand(copied, pair.b).path)
    pair_file = pair.hand(pair.b, pair.a).path
    with pytest.raises(OldCopy):
        taken(copied, pair_file)


def test_a_missing_file_is_a_gap_and_a_full_one_closes_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {chain_of(pair.a): 30}
    with monkeypatch.context() as patched:
        patched.setattr(giving, "_held_by", lambda *_: held)
        path = pair.hand(pair.a, pair.b).path
    with pytest.raises(HandoverGap):
        taken(pair.b, path)
    assert taken(pair.b, pair.hand(pair.a, pair.b, full=True).path).verdict is Verdict.ACCEPTED


def test_the_sponsor_has_what_one_computer_would_have_given(pair: Pair, tmp_path: Path) -> None:
    alone = pair.copy(tmp_path / "alone")
    steps = [(pair.a, pair.b, "V2.0"), (pair.b, pair.a, "V3.0"), (pair.a, pair.b, "V4.0")]
    pair.send(pair.a)
    for source, to, word in steps:
        write(source, word)
        write(alone.a, word)
        pair.move(source, to, SUBJECT)
    write(pair.b, "V5.0")
    write(alone.a, "V5.0")
    pair.send(pair.b)
    with pair.store.open() as session:
        waits = [s for s in status(session) if s.awaited]
        assert [s.awaited for s in waits] == [(SUBJECT,)]
    pair.send(pair.a)
    alone.send(alone.a)
    with pair.store.open() as session, alone.store.open() as other:
        assert values(session) == values(other)
        assert not any(s.awaited or s.apart or s.conflicts for s in status(session))
        with session.reading() as conn:
            assert list(projection.differences(conn)) == []
            assert _doubles(conn) == []


def _doubles(conn: Connection) -> list[object]:
    rows = conn.execute(
        text(
            "SELECT subject, event, event_repeat, form, form_repeat, count(*) FROM p_form"
            " GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1"
        )
    )
    return list(rows)


def test_a_question_goes_to_the_owner_and_is_asked_once(pair: Pair) -> None:
    pair.send(pair.a)
    with pair.store.open() as session:
        asked = asking.ask(session, locate(session.study, VERSION), "Which?")
        for made in make_reply(session, "01", pair.stick):
            target = pair.a if made.reply.startswith(f"01-{chain_of(pair.a)[:8]}") else pair.b
            with target.open("crc") as site:
                import_reply(site, made.path)
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.b.open("crc") as session:
        assert Queries(session).find(asked).state == "open"
        Queries(session).answer(asked, "synthetic answer")
    pair.send(pair.a)
    pair.send(pair.b)
    with pair.store.open() as session:
        asking.close(session, asked, "thanks")
        made = make_reply(session, "01", pair.stick)
    for reply in made:
        target = pair.a if reply.reply.startswith(f"01-{chain_of(pair.a)[:8]}") else pair.b
        with target.open("crc") as session:
            import_reply(session, reply.path)
    with pair.b.open("crc") as session:
        assert Queries(session).find(asked).state == "closed"
        assert len([q for q in Queries(session).all() if q.query == asked]) == 1
    sound(pair.b)
    sound(pair.a)


def test_the_last_word_of_the_store_is_on_its_way_until_the_owner_hears_it(pair: Pair) -> None:
    def told(session: Session, clinic: Clinic) -> None:
        for made in make_reply(session, "01", pair.stick):
            if made.reply.startswith(f"01-{chain_of(clinic)[:8]}"):
                with clinic.open("crc") as site:
                    import_reply(site, made.path)

    def state() -> tuple[str, bool]:
        with pair.store.open() as session:
            (query,) = (q for q in asking.queries(session) if q.query == asked)
        return query.state, query.on_its_way

    pair.send(pair.a)
    with pair.store.open() as session:
        asked = asking.ask(session, locate(session.study, VERSION), "Which?")
        told(session, pair.a)
    pair.send(pair.a)
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.store.open() as session:  # which has not learnt that
        asking.close(session, asked, "settled")
        told(session, pair.a)
    assert state() == ("closed", True)
    pair.send(pair.a)  # it took the word up, and has no say any more
    assert state() == ("closed", True)
    pair.send(pair.b)
    with pair.store.open() as session:
        told(session, pair.b)
    pair.send(pair.b)
    assert state() == ("closed", False)


# --- by force -----------------------------------------------------------------------------


def test_a_subject_is_taken_by_force_by_two_people_with_a_reason(pair: Pair) -> None:
    pair.move(pair.a, pair.b)
    with pytest.raises(handing.NoReasonGiven):
        claim(pair.b, "broken")
    with pytest.raises(NoSecondPerson):
        claim(pair.b, second="inv")
    claim(pair.b)
    assert owned(pair.b) == chain_of(pair.b)
    write(pair.b, "V2.0")
    with pytest.raises(handing.OwnedHere):
        claim(pair.b)


def test_what_the_old_computer_wrote_after_that_is_named_and_kept_apart(pair: Pair) -> None:
    pair.move(pair.a, pair.b)
    pair.send(pair.a)
    claim(pair.b)
    write(pair.b, "V2.0")
    write(pair.a, "V9.9")
    came = pair.move(pair.a, pair.b)
    assert [(a.subject, a.chain) for a in came.apart] == [(SUBJECT, chain_of(pair.a))]
    assert version(pair.b) == "V2.0"
    sound(pair.b)

    back = pair.move(pair.b, pair.a)
    assert back.apart[0].chain == chain_of(pair.a)
    assert version(pair.a) == "V2.0"
    with pytest.raises(SaveRefused):
        write(pair.a, "V10.0")
    sound(pair.a)

    pair.send(pair.a)
    pair.send(pair.b)
    with pair.store.open() as session:
        got = {k: v for k, v in values(session).items() if k.endswith("/ICVER")}
        assert set(got.values()) == {"V2.0"}
        apart = [s.apart for s in status(session) if s.chain == chain_of(pair.a)]
        assert apart[0][0].subject == SUBJECT
        with session.reading() as conn:
            assert list(projection.differences(conn)) == []
        assert WHY.encode() not in pages(session)
    with pair.a.open("crc") as session, session.reading() as conn:
        (why,) = [
            r for r in store.records(conn, chain_of(pair.b))
            if r.opening is not None and r.kind is Kind.INCIDENT_NOTED
        ]  # fmt: skip
        assert (why.header.cls, why.body["text"]) == (RecordClass.SITE, WHY)


def test_what_was_received_before_it_was_taken_back_stays_with_the_receiver(pair: Pair) -> None:
    pair.move(pair.a, pair.b, SUBJECT)  # B's answer does not come
    later = datetime.fromisoformat("2027-06-30T18:00:00+08:00")
    with open_folder(
        pair.a.path, "crc", password_of("crc"),
        study=pair.a.study, fold=projection.fold, now=later,
    ) as session:  # fmt: skip
        handing.claim(
            session, SUBJECT, "The file seemed to be lost", password_of("crc"),
            second="admin", second_password=password_of("admin"),
        )  # fmt: skip
        fill(session, CONSENT, {"ICVER": "V3.0"})
    assert version(pair.a) == "V3.0"
    came = pair.move(pair.b, pair.a)
    assert came.conflicts == (SUBJECT,)
    assert chain_of(pair.a) in [a.chain for a in came.apart]
    assert owned(pair.a) == chain_of(pair.b)
    assert version(pair.a) != "V3.0"


def test_what_the_later_owner_did_follows_what_the_former_one_did(pair: Pair) -> None:
    """Counted on the chains alone, the later owner's records would come first."""
    with pair.a.open("crc") as session:
        entry = Casebook(session).open(key(session, VERSION).form)
        entry.transcribe("2027-06-20 P-3")
        entry.save(complete=True, reason=TYPO)
        requests = Requests(session)
        requests.receive(SUBJECT, "correction", session.today(), "Synthetic: version is wrong")
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.b.open("crc") as session:
        requests = Requests(session)
        (request,) = requests.all(SUBJECT)
        Notes(session).add(key(session, f"{SUBJECT}/SCR/ID/PATNAME"), "synthetic")
        with pytest.raises(RequestRefused):
            requests.answer(request, Outcome.DONE, "")
        entry = Casebook(session).open(key(session, VERSION).form)
        entry.type(key(session, VERSION), "V2.0")
        entry.transcribe("2027-06-21 P-4")
        entry.save(complete=True, reason=TYPO)
        requests.answer(request, Outcome.DONE, "")
        again = Casebook(session).open(key(session, VERSION).form)
        assert again.paper == Paper("2027-06-21", "P-4")


def test_a_file_that_was_lost_is_made_again_or_the_subject_taken_back(pair: Pair) -> None:
    pair.hand(pair.a, pair.b, SUBJECT).path.unlink()
    assert owned(pair.a) is None
    again = pair.hand(pair.a, pair.b)
    assert again.subjects == (SUBJECT,)
    claim(pair.a, "The stick was lost on the way")
    assert owned(pair.a) == chain_of(pair.a)
    write(pair.a, "V2.0")

    late = taken(pair.b, again.path)
    assert late.subjects == (SUBJECT,)
    write(pair.b, "V7.0")
    came = pair.move(pair.a, pair.b)
    assert came.conflicts == (SUBJECT,)
    assert version(pair.b) == "V2.0"
    with pair.b.open("crc") as session, session.reading() as conn:
        assert standing_of(conn, SUBJECT).owner == chain_of(pair.a)
    sound(pair.b)


# --- a link that is destroyed --------------------------------------------------------------


def linked(clinic: Clinic) -> bool:
    with clinic.open("inv") as session:
        return has_link(session, SUBJECT)


def test_a_link_whose_identity_came_from_the_other_computer_is_destroyed_on_both(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = pair.hand(pair.a, pair.b, full=True).path
    old = pair.stick / "early.mrdhandover"
    shutil.copy(early, old)
    pair.move(pair.a, pair.b, SUBJECT)
    with pair.b.open("inv") as session:
        assert has_link(session, SUBJECT)
        unlink(session, SUBJECT)
    assert not linked(pair.b)
    compacted: list[bool] = []
    compact = Session.compact
    monkeypatch.setattr(Session, "compact", lambda s: compacted.append(compact(s)))
    back = pair.move(pair.b, pair.a, SUBJECT)
    assert back.subjects == (SUBJECT,)
    assert compacted == [True]
    assert not linked(pair.a)
    taken(pair.b, old)
    with pair.a.open("inv") as session:
        assert [c for c in verify_folder(session) if c.ok is False] == []
    taken(pair.b, pair.hand(pair.a, pair.b, full=True).path)
    sound(pair.a)
    sound(pair.b)


def test_no_other_identity_is_closed_behind_a_link_that_is_gone(pair: Pair) -> None:
    """Neither under a false owner nor by deleting it: both are seen."""
    with pair.a.open("crc") as session:
        Casebook(session).create_subject("01-002")
        fill(session, "01-002/SCR/ID", {"PATNAME": "合成乙"}, complete=False)
    pair.move(pair.a, pair.b)
    with pair.b.open("inv") as session:
        unlink(session, SUBJECT)
    pair.move(pair.b, pair.a)
    with pair.a.open("inv") as session:
        assert private_of(session) is True
        with session.database.writing() as conn:
            conn.exec_driver_sql("DROP TRIGGER ledger_private_update")
            conn.exec_driver_sql("DROP TRIGGER ledger_private_delete")
            other = conn.exec_driver_sql(
                "UPDATE ledger_private SET owner = ? WHERE owner = '01-002'", (SUBJECT,)
            )
            assert other.rowcount
        assert private_of(session) is False
        with session.database.writing() as conn:
            conn.exec_driver_sql("DELETE FROM ledger_private")
        assert private_of(session) is False


def private_of(session: Session) -> bool | None:
    return next(c.ok for c in verify_folder(session) if c.name == "private")


def test_a_file_with_identity_of_a_link_that_is_gone_here_is_taken_without_it(pair: Pair) -> None:
    path = pair.hand(pair.a, pair.b, SUBJECT).path
    with pair.b.open("crc") as session, session.database.writing() as conn:
        destroy_subkey(conn, SUBJECT)
    assert taken(pair.b, path).subjects == (SUBJECT,)
    assert not linked(pair.b)


# --- cards and numbers --------------------------------------------------------------------


def test_two_computers_never_give_out_the_same_number(pair: Pair) -> None:
    pair.move(pair.a, pair.b)
    with pair.b.open("crc") as session:
        book = Casebook(session)
        assert book.create_subject() == "01-501"
        with pytest.raises(NumberOfOther):
            book.create_subject("01-002")
    pair.move(pair.b, pair.a)
    with pair.a.open("crc") as session:
        book = Casebook(session)
        assert book.next_number() == "01-002"
        with pytest.raises(NumberOfOther):
            book.create_subject("01-502")


def test_a_card_whose_block_is_not_free_is_refused(pair: Pair, tmp_path: Path) -> None:
    for block in ("501-600", "001-100"):
        other = make_second(tmp_path / block, pair.a.study, block)
        with other.open("crc") as session:
            card = computers.card(session)
        with pair.a.open("admin") as session, pytest.raises(TrustError):
            computers.add(session, card)


def test_a_card_is_added_where_a_number_was_written_in_another_way(
    pair: Pair, tmp_path: Path
) -> None:
    with pair.a.open("crc") as session, session.database.writing() as conn:
        conn.execute(text("UPDATE p_subject SET subject = '01-X1'"))
    other = make_second(tmp_path / "other", pair.a.study, "301-400")
    with other.open("crc") as session:
        card = computers.card(session)
    with pair.a.open("admin") as session:
        computers.add(session, card)


def test_a_changed_card_is_refused(pair: Pair) -> None:
    with pair.b.open("crc") as session:
        card = computers.card(session)
    with pair.a.open("admin") as session, pytest.raises(TrustError):
        computers.add(session, card.replace(b"501,999", b"401,999"))


def test_the_command_line_hands_over_takes_and_refuses(
    pair: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(password_of("crc"), encoding="utf-8")
    other = tmp_path / "other"
    other.write_text(password_of("admin"), encoding="utf-8")

    def run(clinic: Clinic, command: str, *args: str) -> tuple[int, Any]:
        who = ("--user", "crc", "--password-file", str(secret), "--json")
        code = main([command, str(clinic.path), *args, *who])
        return code, json.loads(capsys.readouterr().out)

    to = ("--computer", chain_of(pair.b)[:8], "--to", str(pair.stick))
    code, made = run(pair.a, "subject", "hand-over", SUBJECT, *to)
    assert (code, made["subjects"]) == (0, [SUBJECT])
    code, took = run(pair.b, "subject", "take", made["path"])
    assert (code, took["verdict"], took["subjects"]) == (0, "accepted", [SUBJECT])
    code, said = run(pair.a, "set", VERSION, "V8.0", "--reason", "TYPO")
    assert (code, said["error"]["code"]) == (1, "save_refused")
    code, listed = run(pair.a, "subject", "list")
    assert (listed[0]["here"], listed[0]["on_its_way"]) == (False, chain_of(pair.b))
    again = ("--second", "admin", "--second-password-file", str(other), "--reason", WHY)
    code, now = run(pair.a, "subject", "take-over", SUBJECT, *again)
    assert (code, now["owner"]) == (0, chain_of(pair.a))
    code, known = run(pair.a, "computer", "list")
    assert [k["numbers"] for k in known] == [None, "501-999"]
