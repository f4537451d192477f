"""Laboratory ranges: recorded, replayed, and offered only where exactly one fits for certain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, RangeRefused, SaveRefused
from mrd_desktop.record.labrange import (
    LabRange,
    LabRanges,
    checked_range,
    measured_items,
    sexes,
)
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_entry import consent

LAB = "Synthetic laboratory"
WBC = LabRange(LAB, "LAB.WBCVAL", date(2026, 1, 1), "10^9/L", "3.5", "9.5")
HGB = LabRange(LAB, "LAB.HGBVAL", date(2026, 1, 1), "g/dL", "11.5", "15.0", sex="F")
TYPO = ChangeReason("TYPO")


def lab_form(session: Session, day: str = "2027-06-20", laboratory: str = LAB) -> FormEntry:
    """A new laboratory form of the charted subject (a woman) with its head typed."""
    entry = Casebook(session).open(FormKey(EventKey("01-001", "UNS", 9), "LAB", 1))
    head = RowKey(entry.key, "A")
    for name, value in (("PERF", "Y"), ("LBDAT", day), ("LABNAM", laboratory)):
        entry.type(ItemKey(head, name), value)
    return entry


def at(entry: FormEntry, item: str) -> ItemKey:
    group = item.removesuffix("LLN").removesuffix("ULN").removesuffix("VAL")
    return ItemKey(RowKey(entry.key, group), item)


def offered(entry: FormEntry) -> dict[str, str]:
    return {o.key.item: o.text for o in entry.offers()}


def test_limits_are_offered_in_the_unit_of_the_form_and_show_their_source(charted: Clinic) -> None:
    with charted.open() as session:
        LabRanges(session).set(WBC)
        LabRanges(session).set(HGB)
        entry = lab_form(session, laboratory=" synthetic  Laboratory")
        assert offered(entry) == {
            "WBCLLN": "3.5",
            "WBCULN": "9.5",
            "HGBLLN": "115",
            "HGBULN": "150",
        }
        entry.take_offers()
        view = entry.field(at(entry, "HGBULN"))
        assert view.text == "150"
        assert view.origin is not None
        assert LAB in view.origin.en
        assert not entry.offers()


def test_what_was_filled_names_the_range_it_came_from(charted: Clinic) -> None:
    with charted.open() as session:
        known = LabRanges(session).set(WBC)
        entry = lab_form(session)
        entry.take_offers()
        entry.type(at(entry, "WBCULN"), "10.0")
        entry.save(complete=False)
        with session.reading() as conn:
            records = store.records(conn, session.folder.chain, after=known.by.seq)
            bodies = [r.body for r in records if r.kind.value == "item.set"]
        told = {str(b["address"]).rpartition("/")[2]: b for b in bodies}
        assert told["WBCLLN"]["source"] == "labrange"
        assert told["WBCLLN"]["labrange"] == known.by.payload()
        assert told["WBCULN"]["source"] == "entry"
        assert "labrange" not in told["WBCULN"]


@pytest.mark.parametrize(
    "change",
    [
        {"laboratory": "Another synthetic laboratory"},
        {"valid_from": date(2027, 6, 21)},
        {"valid_to": date(2027, 6, 19)},
        {"sex": "M"},
        {"age_from": 90},
        {"age_to": 18},
    ],
)
def test_a_range_of_others_is_not_offered(charted: Clinic, change: dict[str, object]) -> None:
    with charted.open() as session:
        LabRanges(session).set(replace(WBC, **change))  # type: ignore[arg-type]
        assert offered(lab_form(session)) == {}


def test_an_age_that_the_year_of_birth_cannot_tell_offers_nothing(charted: Clinic) -> None:
    with charted.open() as session:
        person = Casebook(session).data("01-001").of("DM")[0]
        born = int(next(a.text for k, a in person.answers() if k.item == "BRTHYR"))
        ranges = LabRanges(session)
        split = ranges.set(replace(WBC, age_from=2027 - born))
        assert offered(lab_form(session)) == {}
        ranges.set(replace(WBC, age_from=2026 - born), replaces=split.by, reason=TYPO)
        assert "WBCULN" in offered(lab_form(session))


def test_a_range_of_another_age_does_not_stand_in_the_way(charted: Clinic) -> None:
    with charted.open() as session:
        ranges = LabRanges(session)
        ranges.set(replace(WBC, age_to=80))
        ranges.set(replace(WBC, age_from=81, high="12"))
        assert offered(lab_form(session))["WBCULN"] == "9.5"


def test_an_unknown_sex_offers_nothing_where_sex_matters(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        subject = book.create_subject()
        consent(book, subject)
        LabRanges(session).set(HGB)
        LabRanges(session).set(replace(HGB, sex="M", low="13", high="17"))
        LabRanges(session).set(WBC)
        entry = Casebook(session).open(FormKey(EventKey(subject, "SCR"), "LAB"))
        head = RowKey(entry.key, "A")
        for name, value in (("PERF", "Y"), ("LBDAT", "2027-06-20"), ("LABNAM", LAB)):
            entry.type(ItemKey(head, name), value)
        assert set(offered(entry)) == {"WBCLLN", "WBCULN"}


def test_nothing_that_stands_is_ever_replaced(charted: Clinic) -> None:
    with charted.open() as session:
        LabRanges(session).set(WBC)
        entry = lab_form(session)
        entry.type(at(entry, "WBCLLN"), "4.0")
        entry.mark_missing(at(entry, "WBCULN"), "UNK")
        assert offered(entry) == {}
        entry.type(at(entry, "WBCLLN"), "")
        assert offered(entry) == {}, "what was cleared in this sitting stays clear"


def test_a_filled_limit_follows_the_laboratory_until_it_is_typed_over(charted: Clinic) -> None:
    with charted.open() as session:
        LabRanges(session).set(WBC)
        LabRanges(session).set(replace(WBC, laboratory="Second synthetic lab", high="10"))
        entry = lab_form(session)
        entry.take_offers()
        entry.type(at(entry, "WBCLLN"), "3.6")
        head = RowKey(entry.key, "A")
        entry.type(ItemKey(head, "LABNAM"), "Second synthetic lab")
        entry.take_offers()
        assert entry.field(at(entry, "WBCULN")).text == "10"
        assert entry.field(at(entry, "WBCLLN")).text == "3.6"
        entry.type(ItemKey(head, "LABNAM"), "A lab without ranges")
        entry.take_offers()
        assert entry.field(at(entry, "WBCULN")).text == ""
        assert entry.field(at(entry, "WBCLLN")).text == "3.6"


def test_a_draft_remembers_what_was_filled(charted: Clinic) -> None:
    with charted.open() as session:
        LabRanges(session).set(WBC)
        entry = lab_form(session)
        entry.take_offers()
        entry.keep_draft()
        again = Casebook(session).open(entry.key)
        assert again.field(at(again, "WBCULN")).origin is not None
        assert again.intent(complete=False).offered


def test_a_change_of_a_range_needs_a_reason_and_names_what_it_replaced(charted: Clinic) -> None:
    with charted.open() as session:
        ranges = LabRanges(session)
        first = ranges.set(WBC)
        for bad in (None, ChangeReason("NOSUCH"), ChangeReason("OTHER", "")):
            with pytest.raises(SaveRefused) as refused:
                ranges.set(replace(WBC, high="9.9"), replaces=first.by, reason=bad)
            assert refused.value.cause is Cause.NO_REASON
            with pytest.raises(SaveRefused):
                ranges.withdraw(first.by, bad)  # type: ignore[arg-type]
        second = ranges.set(replace(WBC, high="9.9"), replaces=first.by, reason=TYPO)
        assert [k.by for k in ranges.all()] == [second.by]
        with session.reading() as conn:
            body = store.record(conn, second.by.chain, second.by.seq, None).body
        assert body["was"] == first.by.payload()
        assert body["reason"] == {"code": "TYPO"}
        with pytest.raises(RangeRefused):
            ranges.set(WBC, replaces=first.by, reason=TYPO)
        ranges.withdraw(second.by, TYPO)
        assert ranges.all() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"laboratory": "  "},
        {"item": "LAB.WBCULN"},
        {"unit": "mg/dL"},
        {"low": None, "high": None},
        {"low": "9.5", "high": "3.5"},
        {"low": "abc"},
        {"valid_to": date(2025, 12, 31)},
        {"age_from": 60, "age_to": 50},
        {"sex": "X"},
    ],
)
def test_a_range_that_makes_no_sense_is_refused(clinic: Clinic, change: dict[str, object]) -> None:
    with clinic.open() as session, pytest.raises(RangeRefused):
        LabRanges(session).set(replace(WBC, **change))  # type: ignore[arg-type]


def test_a_study_that_asks_for_no_sex_has_ranges_for_everybody(clinic: Clinic) -> None:
    study = replace(
        clinic.study, forms=tuple(f for f in clinic.study.forms if f.oid not in ("DM", "TC"))
    )
    assert sexes(study) == {}
    assert checked_range(study, WBC).sex == ""
    with pytest.raises(RangeRefused):
        checked_range(study, replace(WBC, sex="F"))
    assert {*sexes(clinic.study)} == {"F", "M"}


def test_ranges_may_not_overlap(clinic: Clinic) -> None:
    with clinic.open() as session:
        ranges = LabRanges(session)
        ranges.set(replace(WBC, valid_to=date(2026, 12, 31)))
        with pytest.raises(RangeRefused):
            ranges.set(replace(WBC, valid_from=date(2026, 12, 31), sex="F"))
        ranges.set(replace(WBC, valid_from=date(2027, 1, 1)))
        assert len(ranges.all()) == 2


def test_only_who_enters_data_sets_ranges(clinic: Clinic) -> None:
    with clinic.open("cra") as session, pytest.raises(SaveRefused):
        LabRanges(session).set(WBC)


def test_ranges_replay(charted: Clinic) -> None:
    with charted.open() as session:
        ranges = LabRanges(session)
        first = ranges.set(WBC)
        ranges.set(replace(WBC, high="9.9"), replaces=first.by, reason=TYPO)
        gone = ranges.set(HGB)
        ranges.withdraw(gone.by, TYPO)
        kept = ranges.all()
        with session.writing() as conn:
            assert list(projection.differences(conn)) == []
            projection.rebuild(conn)
        assert ranges.all() == kept
        assert [k.range.high for k in kept] == ["9.9"]


def test_every_limit_of_the_study_is_found_by_its_name(charted: Clinic) -> None:
    known = measured_items(charted.study)
    limits = {i.oid for m in known.values() for i in (m.low, m.high) if i}
    named = {o for o in charted.study.by_item if o.endswith(("LLN", "ULN")) and o != "CV.LLN"}
    assert limits == named


def test_a_limit_that_was_once_recorded_is_never_offered_again(charted: Clinic) -> None:
    with charted.open() as session:
        LabRanges(session).set(WBC)
        entry = lab_form(session)
        entry.type(at(entry, "WBCLLN"), "4.0")
        entry.save(complete=False)
        entry.type(at(entry, "WBCLLN"), "")
        entry.save(complete=False, reason=TYPO)
        again = Casebook(session).open(entry.key)
        assert set(offered(again)) == {"WBCULN"}
