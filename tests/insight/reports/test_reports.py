"""The reports on a synthetic site: whole, about the right subject, open to the right people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mrd_desktop.insight.reports import catalogue
from mrd_desktop.insight.reports.catalogue import Wish
from mrd_desktop.insight.reports.delegation import OPERATIONS, duties
from mrd_desktop.insight.reports.errors import (
    ChoiceWanted,
    NoNextVisit,
    NotSerious,
    NoVisitNoted,
)
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import preview
from mrd_desktop.insight.reports.model import Cell, Report, Table, Tongue
from mrd_desktop.insight.reports.sae import Clock, ClockState
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.reading import recorded_forms
from mrd_desktop.record.review import Reviews
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.model import Item, Study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import confirming, users
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.roles import OPERATIONS as ALL_OPERATIONS
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.denials import denied

VITALS = FormKey(EventKey("01-001", "SCR"), "VS")
WEIGHT = ItemKey(RowKey(VITALS, "A"), "WEIGHT")
DAY = date(2027, 6, 30)


def rows(report: Report, number: int = 0) -> list[tuple[str, ...]]:
    tables = [b for b in report.blocks if isinstance(b, Table)]
    return [tuple(said(c) for c in row) for row in tables[number].rows]


def said(cell: Cell) -> str:
    return cell.text.en if isinstance(cell.text, Text) else cell.text


def kinds(session: Session) -> list[Kind]:
    with session.reading() as conn:
        return [r.kind for r in store.records(conn, session.folder.chain) if r.opening]


def html(session: Session, report: Report, tongue: Tongue = Tongue.BOTH) -> str:
    return to_html(report, preview(session, report), tongue)


def change_weight(session: Session, value: str) -> None:
    entry = Casebook(session).open(VITALS)
    entry.type(WEIGHT, value)
    entry.save(complete=True, reason=ChangeReason("TYPO"))


# --- screening ------------------------------------------------------------------------


def test_the_screening_log_tells_why_a_subject_was_not_enrolled(charted: Clinic) -> None:
    with charted.open("cra") as session:
        book = Casebook(session)
        (row,) = rows(catalogue.make(book, "screening", Wish()))
    assert row[:4] == ("01-001", "2025-10-09", "V1.0", "2025-10-31")
    assert row[4:8] == ("no", "", "", "not met: INCL06")
    assert row[8] == "Screen failure"


# --- identity -------------------------------------------------------------------------


def test_the_identification_list_is_recorded_before_it_is_read(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        report = catalogue.make(book, "identities", Wish())
        assert report.private
        (row,) = rows(report)
        assert row[0] == "01-001"
        assert row[1]
        assert kinds(session)[-1] is Kind.IDENTITY_LOOKED


def test_the_identification_list_is_closed_without_the_vault(charted: Clinic) -> None:
    for user in ("cra", "aud", "admin"):
        with charted.open(user) as session:
            before = session.head().seq
            with pytest.raises(PermissionDenied):
                catalogue.make(Casebook(session), "identities", Wish())
            assert len(denied(session, before)) == 1
            offered = {p.what for p in catalogue.printables(session)}
            assert "identities" not in offered


def test_no_other_report_holds_a_name(charted: Clinic) -> None:
    with charted.open("inv") as session:
        book = Casebook(session)
        person = book.data("01-001").of("ID")[0]
        private = {a.text for k, a in person.answers() if k.item in ("PATNAME", "MRN", "MOBILE")}
        assert len(private) == 3
        wish = Wish("01-001", "M12", "MRD", 1, DAY)
        for printable in catalogue.ALL:
            if printable.what in ("identities", "sae", "appointment", "follow_up"):
                continue  # the list itself; and what this subject has nothing for
            page = html(session, catalogue.make(book, printable.what, wish))
            assert not any(value in page for value in private), printable.what


# --- queries --------------------------------------------------------------------------


def test_the_query_list_holds_what_is_not_closed_with_room_to_write(charted: Clinic) -> None:
    with charted.open("cra") as session:
        for words in ("first", "second", "third"):
            Queries(session).open(str(WEIGHT), f"synthetic {words}")
        third, second, first = Queries(session).all(subject="01-001")[:3]
        Queries(session).close(third.query)
    with charted.open() as session:
        Queries(session).answer(second.query, "synthetic answer")
        report = catalogue.make(Casebook(session), "queries", Wish("01-001"))
    tables = [b for b in report.blocks if isinstance(b, Table)]
    waiting, answered = rows(report, 0), rows(report, 1)
    assert [row[0] for row in waiting] == [first.query]
    assert [row[0] for row in answered] == [second.query]
    assert waiting[0][1:3] == ("01-001 SCR Vital signs · Weight", "synthetic first")
    assert "cra" in waiting[0][3]
    assert answered[0][4] == "synthetic answer (crc)"
    assert (tables[0].tall, report.subject) == (True, "01-001")


# --- follow-up letter -----------------------------------------------------------------


def test_a_letter_is_made_of_the_latest_visit_or_of_the_one_that_is_named(
    charted: Clinic,
) -> None:
    with charted.open("cra") as session:
        book = Casebook(session)
        with pytest.raises(NoVisitNoted):
            catalogue.make(book, "follow_up", Wish())
        notes = Reviews(session)
        older = notes.note(DAY, DAY, ["01-001"], "synthetic older")
        notes.note(DAY, DAY, ["01-001"], "synthetic latest")
        assert "synthetic latest" in html(session, catalogue.make(book, "follow_up", Wish()))
        named = catalogue.make(book, "follow_up", Wish(number=older.seq))
        assert "synthetic older" in html(session, named)


# --- delegation -----------------------------------------------------------------------


def test_the_delegation_log_tells_from_when_to_when(charted: Clinic) -> None:
    with charted.open("admin") as session:
        users.grant_role(session, "cra", "auditor")
        users.close_user(session, "aud", "left the site")
        found = {(d.user, d.role): d for d in duties(session)}
        table = rows(catalogue.make(Casebook(session), "delegation", Wish()))
    monitor, auditor = found["cra", "monitor"], found["cra", "auditor"]
    assert monitor.end == auditor.start
    assert auditor.end is None
    assert found["aud", "auditor"].reason == "left the site"
    assert found["crc", "coordinator"].vault is not None
    assert found["inv", "investigator"].vault is None
    assert len(table) == 6


def test_every_operation_of_a_role_has_words() -> None:
    assert set(OPERATIONS) == set(ALL_OPERATIONS)


# --- serious events -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("aware", "reported", "today", "state"),
    [
        (None, None, 30, ClockState.UNKNOWN),
        (29, None, 30, ClockState.RUNNING),
        (28, None, 30, ClockState.OVERDUE),
        (28, 29, 30, ClockState.KEPT),
        (28, 30, 30, ClockState.LATE),
    ],
)
def test_the_clock(aware: int | None, reported: int | None, today: int, state: ClockState) -> None:
    def day(n: int | None) -> date | None:
        return None if n is None else date(2027, 6, n)

    assert Clock(day(aware), day(reported), date(2027, 6, today)).state is state


def test_a_serious_event_is_reported_from_its_form(charted: Clinic) -> None:
    key = FormKey(EventKey("01-001", "LOG"), "AE")
    with charted.open() as session:
        book = Casebook(session)
        with pytest.raises(NotFound):
            catalogue.make(book, "sae", Wish("01-001", number=1))
        entry = book.open(key)

        def put(group: str, item: str, value: str) -> None:
            entry.type(ItemKey(RowKey(key, group), item), value)

        put("A", "TERM", "Synthetic fever")
        put("C", "SER", "N")
        entry.save(complete=False)
        with pytest.raises(NotSerious):
            catalogue.make(book, "sae", Wish("01-001", number=1))
        entry = book.open(key)
        put("C", "SER", "Y")
        put("C", "AWDAT", "2027-06-27")
        entry.save(complete=False, reason=ChangeReason("TYPO"))
        page = html(session, catalogue.make(book, "sae", Wish("01-001", number=1)), Tongue.EN)
    assert "Synthetic fever" in page
    assert "2027-06-28, at the same hour" in page
    assert "overdue" in page


# --- appointment ----------------------------------------------------------------------


def test_a_slip_names_no_study_no_hospital_no_disease(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        with pytest.raises(NoNextVisit):
            catalogue.make(book, "appointment", Wish("01-001"))
        chart = book.chart("01-001")
        choice = book.open(FormKey(EventKey("01-001", "C0"), "TC"))
        choice.type(ItemKey(RowKey(choice.key, "A"), "TCDAT"), "2027-06-20")
        choice.save(complete=False)
        report = catalogue.make(book, "appointment", Wish("01-001", "M03"))
        page = html(session, report)
    assert chart.data.subject == "01-001"
    body = page[page.index("<body>") :]
    assert "2027-09-06" in body
    assert "2027-10-04" in body
    words = ("MRD", "DNA", "HER2", "cancer", "癌", "肿瘤", "研究", "study", "Synthetic", "NCT")
    assert not [w for w in words if w in body]


# --- copy -----------------------------------------------------------------------------


def test_a_copy_holds_every_value_history_row_and_signature(charted: Clinic) -> None:
    with charted.open() as session:
        change_weight(session, "61.5")
        change_weight(session, "62.0")
    with charted.open("admin") as session:
        confirming.confirm_user(session, "inv")
    with charted.open("inv") as session:
        shown = show(session, VITALS, Language.ZH)
        sign_form(session, shown, password_of("inv"), language=Language.ZH)
        book = Casebook(session)
        report = catalogue.make(book, "copy", Wish("01-001"))
        tables = [b for b in report.blocks if isinstance(b, Table)]
        *forms, history, _, _, signatures = tables
        values_shown = [r for t in forms for r in t.rows if said(r[0])]
        private = {f.oid for f in book.study.forms if f.private}
        entered = [r for r in values_shown if not book.study.by_item[said(r[0])].derived]
        with session.reading() as conn:
            recorded = recorded_forms(conn, "01-001")
        held = [k for f in recorded if f.key.form not in private for k in f.items]
        kept = [k for k in held if not item_of(book.study, k).derived]
        versions = book.history(WEIGHT)
    assert len(entered) == len(kept) > 100
    assert len(history.rows) == len(versions) == 3
    assert [said(r[2]) for r in history.rows][1:] == ["61.5 kg", "62.0 kg"]
    assert len(signatures.rows) == 1
    marked = [r for r in values_shown if r[2].mark]
    assert [(said(r[0]), r[2].mark) for r in marked] == [("VS.WEIGHT", "†1")]


def item_of(study: Study, key: ItemKey) -> Item:
    return study.by_form[key.form.form].by_group[key.row.group].by_name[key.item]


def test_a_copy_tells_first_records_from_what_was_transcribed(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charted.open() as session:
        study = session.study
        forms = tuple(
            replace(
                form,
                groups=tuple(
                    replace(
                        g, items=tuple(replace(i, original=i.oid == "VS.WEIGHT") for i in g.items)
                    )
                    for g in form.groups
                ),
            )
            for form in study.forms
        )
        monkeypatch.setattr(session, "study", replace(study, forms=forms))
        report = catalogue.make(Casebook(session), "copy", Wish("01-001"))
        rows = [r for b in report.blocks if isinstance(b, Table) for r in b.rows]
        marked = {said(r[0]) for r in rows if len(r) > 1 and "◇" in r[1].mark}
        assert marked == {"VS.WEIGHT"}


def test_a_copy_is_about_one_subject(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        other = book.create_subject()
        page = html(session, catalogue.make(book, "copy", Wish("01-001")))
        assert other not in page
        with pytest.raises(NotFound):
            catalogue.make(book, "copy", Wish("01-999"))


def test_identity_is_in_a_copy_only_when_asked_for_and_open(charted: Clinic) -> None:
    wish = Wish("01-001", identity=True)
    with charted.open() as session:
        book = Casebook(session)
        name = book.data("01-001").of("ID")[0].rows[0].answers["PATNAME"].text
        assert name in html(session, catalogue.make(book, "copy", wish))
        assert kinds(session)[-1] is Kind.IDENTITY_LOOKED
        assert name not in html(
            session, catalogue.make(book, "copy", replace(wish, identity=False))
        )
    with charted.open("cra") as session, pytest.raises(PermissionDenied):
        catalogue.make(Casebook(session), "copy", wish)


# --- choosing -------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["visit", "form", "appointment", "sae", "copy", "nothing"])
def test_what_has_to_be_named_is_asked_for(charted: Clinic, what: str) -> None:
    with charted.open() as session, pytest.raises(ChoiceWanted):
        catalogue.make(Casebook(session), what, Wish())


def test_who_sees_no_subject_prints_none(charted: Clinic) -> None:
    with charted.open("admin") as session:
        offered = {p.what for p in catalogue.printables(session)}
        said = {"visit", "form", "delegation", "incidents", "inventory", "accounts", "periodic"}
        assert offered == said
        book = Casebook(session)
        for what in ("screening", "copy", "worklist", "calendar"):
            with pytest.raises(PermissionDenied):
                catalogue.make(book, what, Wish("01-001"))
        with pytest.raises(PermissionDenied):
            catalogue.make(book, "visit", Wish("01-001", "M12"))
