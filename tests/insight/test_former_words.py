"""After an amendment a form keeps the words of the version it was saved under, everywhere."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mrd_desktop.insight.places import place_words
from mrd_desktop.insight.reports.catalogue import Wish, make
from mrd_desktop.insight.reports.follow_up import follow_up_letter
from mrd_desktop.insight.reports.model import Report, Table
from mrd_desktop.insight.reports.query_list import query_list
from mrd_desktop.insight.reports.subject_copy import subject_copy
from mrd_desktop.insight.reports.trail_rows import Teller, TrailRow
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.audit import trail
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.editions import Editions
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.finding import find
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.review import Visit, VisitWork
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey, parse_address
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.amended import put_in_force, second_edition
from tests.transfer.route import fill

TYPO = ChangeReason("TYPO")
SCR = EventKey("01-001", "SCR")
VS, MRD, PS = (FormKey(SCR, form) for form in ("VS", "MRD", "PS"))
AE = FormKey(EventKey("01-001", "LOG"), "AE")


def item(form: FormKey, name: str) -> ItemKey:
    return ItemKey(RowKey(form, "A", 1), name)


@pytest.fixture(scope="module")
def amended_template(charted_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """Vital signs with a query and a changed MRD form of 0.1; then 0.2 came into force."""
    root = tmp_path_factory.mktemp("amended")
    clinic = charted_template.copy(root / "site")
    with clinic.open() as session:
        save(session, VS, PULSE="120")
        save(session, MRD, ROUTINE="Y")
        fill(session, str(AE), {"TERM": "Synthetic", "SER": "Y"}, complete=False)
    with clinic.open("admin") as session:
        put_in_force(session, second_edition(root / "second"))
    return clinic


@pytest.fixture
def amended(amended_template: Clinic, tmp_path: Path) -> Clinic:
    return amended_template.copy(tmp_path / "site")


def save(session: Session, form: FormKey, **answers: str) -> None:
    entry = Casebook(session).open(form)
    for name, value in answers.items():
        entry.type(item(form, name), value)
    entry.save(complete=True, reason=TYPO)


def test_a_form_shows_as_it_was_saved_until_it_is_taken_up(amended_template: Clinic) -> None:
    with amended_template.open() as session:
        book = Casebook(session)
        entry = book.look(VS)
        assert (entry.study.version, entry.former, entry.read_only) == ("0.1", True, Cause.FORMER)
        assert entry.form.text.en == "Vital signs"
        pulse, perf = entry.field(item(VS, "PULSE")), entry.field(item(VS, "PERF"))
        assert (pulse.item.text.zh, pulse.text) == ("脉搏", "120")
        assert perf.echo is not None
        assert "done" not in perf.echo.en
        assert not entry.holds(item(VS, "PAIN"))
        assert "Value is unusual" in " ".join(f.told.en for f in entry.findings())
        assert (entry.asks, entry.state) == (1, FormState.INCOMPLETE)
        assert not entry.dirty
        taken = book.open(VS)
        assert (taken.study.version, taken.former) == ("0.2", False)
        assert taken.field(item(VS, "PULSE")).item.text.zh == "心率"
        assert not book.look(FormKey(SCR, "VS", 2)).former  # nothing is saved there


def test_what_the_amendment_asks_for_leads_the_findings(amended_template: Clinic) -> None:
    with amended_template.open() as session:
        entry = Casebook(session).open(VS)
        entry.type(item(VS, "SYSBP"), "")
        first, *others = entry.findings()
        assert (first.key, first.check.blocks) == (item(VS, "PAIN"), True)
        assert any(f.check.blocks for f in others)
        assert entry.newly == {"VS.PAIN"}
        assert entry.first_new() == item(VS, "PAIN")


def test_saving_takes_the_whole_form_to_the_version_in_force(amended: Clinic) -> None:
    with amended.open() as session:
        book = Casebook(session)
        with pytest.raises(SaveRefused) as caught:
            book.look(VS).save(complete=True)
        assert caught.value.cause is Cause.OLD_VERSION
        save(session, VS, PAIN="2", PULSE="98")
        entry = book.look(VS)
        assert (entry.study.version, entry.former) == ("0.2", False)
        recorded = entry.recorded
        assert recorded is not None
        assert recorded.definition == session.study.digest
        assert entry.field(item(VS, "TEMP")).text == "36.5"
        versions = book.history(item(VS, "PULSE"))
        words = [book.words_at(v.definition).by_item["VS.PULSE"].text.en for v in versions]
        assert words == ["Pulse", "Pulse", "Heart rate"]
        assert [v.definition for v in book.history(item(VS, "TEMP"))] == [versions[0].definition]


def test_typing_that_is_kept_shows_under_the_version_in_force(amended: Clinic) -> None:
    with amended.open() as session:
        entry = Casebook(session).open(VS)
        entry.type(item(VS, "PAIN"), "3")
        entry.keep_draft()
        again = Casebook(session).look(VS)
        assert (again.former, again.field(item(VS, "PAIN")).text) == (False, "3")


def test_who_may_not_change_it_sees_its_own_words_too(amended: Clinic) -> None:
    with amended.open("cra") as session:
        entry = Casebook(session).look(VS)
        assert (entry.former, entry.read_only) == (True, Cause.PERMISSION)
        change_lock(session, PS, LockAct.FREEZE, TYPO)
    with amended.open() as session:
        entry = Casebook(session).look(PS)
        assert (entry.former, entry.read_only) == (True, Cause.FROZEN)


def printed(report: Report) -> str:
    return str(report.blocks)


def test_the_copy_of_a_subject_says_each_form_in_its_own_words(amended: Clinic) -> None:
    with amended.open() as session:
        said = printed(subject_copy(Casebook(session), "01-001"))
        assert "Pulse" in said
        assert "Heart rate" not in said
        assert "Vital signs at rest" not in said
        assert "Yes, done" not in said
        save(session, VS, PAIN="2")
        save(session, MRD, ROUTINE="N")
        copy = subject_copy(Casebook(session), "01-001")
        said = printed(copy)
        assert "Vital signs at rest" in said
        assert "Heart rate" in said
        history = [b for b in copy.blocks if isinstance(b, Table)][-4]
        routine = [str(r[2].text) for r in history.rows if len(r) == 6]
        assert any("'Yes'" in text for text in routine)  # as it was said under 0.1
        assert not any("'Yes, done'" in text for text in routine)


def rows(session: Session) -> list[TrailRow]:
    teller = Teller(session, Language.EN)
    with session.reading() as conn:
        return [teller.row(conn, line) for line in trail(session, subject="01-001")]


def test_the_trail_says_each_record_in_the_words_of_its_time(amended: Clinic) -> None:
    with amended.open() as session:
        save(session, VS, PAIN="2", PULSE="98")
        said = [r for r in rows(session) if r.item == "VS.PULSE" and r.after]
        places = [r.place for r in said if r.place.startswith("SCR")]
        assert places == [
            "SCR · Vital signs · Pulse",
            "SCR · Vital signs · Pulse",
            "SCR · Vital signs at rest · Heart rate",
        ]


def test_a_query_keeps_its_question_and_the_name_of_its_place(amended_template: Clinic) -> None:
    with amended_template.open() as session:
        (asked,) = [q for q in Queries(session).all() if q.address == str(item(VS, "PULSE"))]
        assert asked.text.en == "Value is unusual. Please confirm."
        assert "Rate is unusual" in str(Casebook(session).findings("01-001"))
        key = parse_address(asked.address)
        assert isinstance(key, ItemKey)
        editions = Editions(session)
        assert place_words(editions.of(key), key).en == "SCR · Vital signs · Pulse"
        assert place_words(session.study, key).en == "SCR · Vital signs at rest · Heart rate"
        for strange in (FormKey(SCR, "VS", 2), item(VS, "PAIN"), "01-001"):
            assert editions.of(strange) is session.study


def test_a_signature_is_about_the_words_that_were_shown(amended: Clinic) -> None:
    with amended.open("inv") as session:
        entry = Casebook(session).look(PS)
        assert (entry.former, entry.state, entry.asks) == (True, FormState.COMPLETE, 0)
        shown = show(session, PS, Language.ZH)
        sign_form(session, shown, password_of("inv"), language=Language.ZH)
        with session.reading() as conn:
            (made,) = [
                r.body
                for r in store.records(conn, session.folder.chain)
                if r.opening and r.kind is Kind.SIGNATURE_MADE
            ]
        assert made["definition"] == entry.study.digest != session.study.digest
        assert Casebook(session).look(PS).state is FormState.SIGNED
        copy = printed(subject_copy(Casebook(session), "01-001"))
        assert str(made["text"]) in copy


def test_a_version_that_is_not_kept_shows_under_the_one_in_force(amended: Clinic) -> None:
    with amended.open() as session:
        with session.writing() as conn:
            conn.exec_driver_sql(
                "UPDATE definition SET bytes = NULL WHERE digest <> ?", (session.study.digest,)
            )
        assert Casebook(session).look(VS).study is session.study


def found(session: Session, typed: str) -> dict[str, str]:
    """What a search finds, by place, in English."""
    return {str(hit.place): hit.value.en for hit in find(session, typed)}


def test_a_search_knows_each_form_by_its_own_words(amended: Clinic) -> None:
    old = str(item(VS, "PULSE"))
    with amended.open() as session:
        routine = str(item(MRD, "ROUTINE"))
        assert found(session, "01-001 scr 脉搏 120") == {old: "120 beats/min"}
        assert found(session, "01-001 scr 心率 120") == {}
        assert str(VS) in found(session, "01-001 scr vital")
        assert found(session, "01-001 scr vital rest") == {}
        assert routine not in found(session, "scr mrd done")
        assert found(session, "scr mrd yes")[routine] == "Yes"
        save(session, VS, PAIN="2")
        assert found(session, "01-001 scr 心率 120") == {old: "120 beats/min"}
        assert found(session, "01-001 scr 脉搏 120") == {}


def test_reports_and_lists_say_each_form_in_its_own_words(amended: Clinic) -> None:
    with amended.open() as session:
        book = Casebook(session)
        waiting = [q for q in Queries(session).all() if q.address == str(item(VS, "PULSE"))]
        assert "Vital signs · Pulse" in printed(query_list(session, waiting))
        day = date(2027, 6, 2)
        visit = Visit(1, day, day, ("01-001",), "Synthetic.", "cra", "")
        letter = printed(follow_up_letter(session, VisitWork(visit, (), tuple(waiting), (), ())))
        assert "Vital signs · Pulse" in letter
        assert "Heart rate" not in letter
        assert "'Yes'" in printed(make(book, "sae", Wish(subject="01-001", number=1)))
        assert "Yes, done" not in printed(make(book, "sae", Wish(subject="01-001", number=1)))
