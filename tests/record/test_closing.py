"""What a subject did not agree to, or took back, closes the forms it covers and loses nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.record import drafts
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.locating import locate
from mrd_desktop.record.reading import recorded_forms
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.study.answer import Answer
from mrd_desktop.study.catalogue import Catalogue
from mrd_desktop.study.expression import compile_expression
from mrd_desktop.study.model import Section, Study
from mrd_desktop.texts import Text
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

TYPO = ChangeReason("TYPO")
WITHDRAWN = {"DSDECOD": "WITHDRAWAL OF CONSENT", "DSSTDAT": "2027-06-20"}
LEFT = {"DSDECOD": "WITHDRAWAL BY SUBJECT", "DSSTDAT": "2027-06-20"}


def opened(session: Session, address: str) -> FormEntry:
    found = locate(session.study, f"01-001/{address}")
    assert isinstance(found, FormKey)
    return Casebook(session).open(found)


def point(entry: FormEntry, name: str, row: int = 1) -> ItemKey:
    group = next(g for g in entry.form.groups if name in g.by_name)
    return ItemKey(RowKey(entry.key, group.name, row), name)


def save(session: Session, address: str, answers: dict[str, str]) -> FormEntry:
    entry = opened(session, address)
    for name, value in answers.items():
        entry.type(point(entry, name), value)
    entry.save(complete=False, reason=TYPO)
    return entry


def refused(session: Session, address: str, answers: dict[str, str]) -> SaveRefused | None:
    try:
        save(session, address, answers)
    except SaveRefused as found:
        return found
    return None


def cause(session: Session, address: str, answers: dict[str, str]) -> Cause | None:
    found = refused(session, address, answers)
    return found.cause if found else None


def last(session: Session) -> dict[str, object]:
    with session.reading() as conn:
        return dict(store.record(conn, session.folder.chain, session.head().seq).body)


def test_refused_genetic_consent_closes_what_is_marked_genetic(charted: Clinic) -> None:
    with charted.open() as session:
        test = opened(session, "SCR/MRD")
        stood = {v.key: v.text for g in test.groups() for r in g.rows for v in r.fields if v.text}
        save(session, "SCR/IC", {"ICHGR": "N"})
        test = opened(session, "SCR/MRD")
        assert test.read_only is Cause.NO_GENETIC_CONSENT
        assert test.why_read_only is not None
        assert "Informed consent" in test.why_read_only.en
        assert "知情同意" in test.why_read_only.zh
        assert {k: test.field(k).text for k in stood} == stood, "what is recorded stays"
        assert cause(session, "SCR/MRD", {"COMM": "x"}) is Cause.NO_GENETIC_CONSENT
        assert last(session)["cause"] == "no_genetic_consent"

        history = opened(session, "SCR/BCH")
        assert history.read_only is None
        paths = next(g for g in history.groups() if g.group.name == "PATH")
        assert paths.closed is not None
        assert not paths.can_add
        assert {g.group.name for g in history.groups() if g.closed} == {"PATH"}
        save(session, "SCR/BCH", {"HGRADE": "GRADE 2"})
        assert cause(session, "SCR/BCH", {"KI67": "33"}) is Cause.NO_GENETIC_CONSENT
        history = opened(session, "SCR/BCH")
        history.add_row("PATH")
        with pytest.raises(SaveRefused):
            history.save(complete=False, reason=TYPO)
        history.discard()
        history.remove_row(RowKey(history.key, "PATH", 1))
        history.save(complete=False, reason=TYPO)
        history.restore_row(RowKey(history.key, "PATH", 1))
        with pytest.raises(SaveRefused):
            history.save(complete=False, reason=TYPO)

        save(session, "SCR/IC", {"ICHGR": "Y"})
        assert opened(session, "SCR/MRD").read_only is None
        assert not any(g.closed for g in opened(session, "SCR/BCH").groups())


def test_save_tells_what_it_has_closed(charted: Clinic) -> None:
    with charted.open() as session:
        consent = opened(session, "SCR/IC")

        def closes(name: str, value: str) -> list[str]:
            consent.type(point(consent, name), value)
            return [x.en for x in consent.save(complete=False, reason=TYPO).closes]

        assert closes("ICHGR", "N") == ["Pathology specimens (receptors)", "ctDNA-MRD test"]
        assert closes("ICVER", "V1.1") == [], "only what was open before"
        assert closes("ICHGR", "Y") == []
        assert "Vital signs" in closes("ICSENS", "N")
        end = opened(session, "EOS/EOS")
        assert end.save(complete=False, reason=TYPO).closes == ()


def test_before_the_consent_form_a_form_is_typed_and_waits(clinic: Clinic) -> None:
    with clinic.open() as session:
        Casebook(session).create_subject()
        typed = opened(session, "SCR/PS")
        assert typed.read_only is None
        typed.type(point(typed, "PERF"), "Y")
        assert typed.keep_draft()
        with pytest.raises(SaveRefused) as refused_save:
            typed.save(complete=False)
        assert refused_save.value.cause is Cause.NO_CONSENT


def test_refused_processing_closes_every_clinical_form(charted: Clinic) -> None:
    with charted.open() as session:
        save(session, "SCR/IC", {"ICSENS": "N"})
        for address in ("SCR/DM", "SCR/MRD", "SCR/PS", "LOG/AE", "SCR/VS"):
            assert opened(session, address).read_only is Cause.NO_SENSITIVE_CONSENT, address
        for address in ("SCR/ID", "SCR/IC", "EOS/EOS", "LOG/DV"):
            assert opened(session, address).read_only is None, address
        assert cause(session, "SCR/PS", {"ECOG": "2"}) is Cause.NO_SENSITIVE_CONSENT
        save(session, "SCR/IC", {"ICSENS": "Y", "ICDATA": "N"})
        assert cause(session, "SCR/PS", {"ECOG": "2"}) is None, "transfer closes no form"


def test_typing_waits_for_the_consent_it_needs(charted: Clinic) -> None:
    with charted.open() as session:
        typed = opened(session, "SCR/PS")
        typed.type(point(typed, "ECOG"), "2")
        typed.keep_draft()
        save(session, "SCR/IC", {"ICSENS": "N"})
        with pytest.raises(SaveRefused):
            typed.save(complete=False, reason=TYPO)
        closed = opened(session, "SCR/PS")
        assert closed.read_only is Cause.NO_SENSITIVE_CONSENT
        assert closed.field(point(closed, "ECOG")).text == "0"
        save(session, "SCR/IC", {"ICSENS": "Y"})
        again = opened(session, "SCR/PS")
        assert again.field(point(again, "ECOG")).text == "2"
        assert again.dirty


def drafted(session: Session) -> list[str]:
    with session.reading() as conn:
        return [str(key) for key in drafts.addresses(conn, session.user)]


def test_typing_that_waits_in_a_closed_form_can_be_given_up(charted: Clinic) -> None:
    with charted.open() as session:
        typed = opened(session, "SCR/PS")
        typed.type(point(typed, "ECOG"), "2")
        typed.keep_draft()
        save(session, "SCR/IC", {"ICSENS": "N"})
        closed = opened(session, "SCR/PS")
        assert closed.unsaved().keys == (point(typed, "ECOG"),)
        assert not closed.dirty
        head = session.head().seq
        closed.discard()
        assert not closed.unsaved()
        assert drafted(session) == []
        assert session.head().seq == head, "typing is no record, nor is that it was given up"
        save(session, "SCR/IC", {"ICSENS": "Y"})
        again = opened(session, "SCR/PS")
        assert again.field(point(again, "ECOG")).answer == Answer("0"), "what was saved stays"
        assert not again.dirty


def test_typing_in_a_closed_section_is_given_up_and_the_rest_is_saved(charted: Clinic) -> None:
    with charted.open() as session:
        typed = opened(session, "SCR/BCH")
        score, grade = point(typed, "KI67"), point(typed, "HGRADE")
        stood = typed.field(score).answer
        typed.type(score, "150")
        typed.left(score)  # a finding is shown about it
        typed.type(grade, "GRADE 2")
        typed.add_row("PATH")
        typed.keep_draft()
        save(session, "SCR/IC", {"ICHGR": "N"})
        history = opened(session, "SCR/BCH")
        assert history.stuck().keys == (score,)
        assert history.stuck().rows == 1
        assert history.unsaved().keys == (grade, score)
        with pytest.raises(SaveRefused):
            history.save(complete=False, reason=TYPO)
        change = history.discard_stuck()
        assert score in change.touched
        assert history.field(score).answer == stood
        assert not history.stuck()
        assert history.unsaved().keys == (grade,)
        history.undo()
        assert history.field(score).answer == stood, "what was given up does not come back"
        head = session.head().seq
        opened(session, "SCR/BCH").save(complete=False, reason=TYPO)
        assert drafted(session) == []
        with session.reading() as conn:
            chain = session.folder.chain
            new = [r.body for r in store.records(conn, chain, head, session.head().seq)]
        assert [b["value"] for b in new if b["kind"] == "item.set"] == ["GRADE 2"]
        assert not [b for b in new if b["kind"] == "entry.superseded"]
        assert opened(session, "SCR/BCH").field(score).answer == stood


@pytest.mark.parametrize(
    ("scope", "open_forms"),
    [
        ({"DATAUSE": "Y"}, {"SCR/ID", "EOS/EOS", "LOG/AE", "LOG/DTH", "LOG/DV"}),
        ({"DATAUSE": "N"}, {"SCR/ID", "EOS/EOS"}),
        ({}, {"SCR/ID", "EOS/EOS"}),
    ],
)
def test_withdrawn_consent_leaves_open_what_its_scope_allows(
    charted: Clinic, scope: dict[str, str], open_forms: set[str]
) -> None:
    places = {"SCR/PS", "SCR/IC", "SCR/MRD", "LOG/CM", "SFU/SS", *open_forms}
    places |= {"LOG/AE", "LOG/DTH", "LOG/DV"}
    with charted.open() as session:
        recorded = opened(session, "SCR/PS").field(point(opened(session, "SCR/PS"), "ECOG")).answer
        save(session, "EOS/EOS", WITHDRAWN | scope)
        found = {a: opened(session, a).read_only for a in places}
        assert {a for a, closed in found.items() if closed is None} == open_forms
        assert set(found.values()) == {None, Cause.WITHDRAWN}
        assert cause(session, "SCR/PS", {"ECOG": "2"}) is Cause.WITHDRAWN
        expected = None if scope.get("DATAUSE") == "Y" else Cause.WITHDRAWN
        assert cause(session, "LOG/AE", {"TERM": "Synthetic"}) is expected
        entry = opened(session, "SCR/PS")
        assert entry.field(point(entry, "ECOG")).answer == recorded == Answer("0")
        save(session, "EOS/EOS", {"DSDECOD": "COMPLETED"})
        assert opened(session, "SCR/PS").read_only is None, "a mistake can be corrected"


def test_leaving_follow_up_closes_later_visits_and_no_earlier_one(charted: Clinic) -> None:
    with charted.open() as session:
        save(session, "UNS/SV", {"STAT": "DONE", "VISDAT": "2027-06-25"})
        save(session, "EOS/EOS", LEFT | {"SURVOK": "N"})
        assert opened(session, "SCR/PS").read_only is None
        assert cause(session, "SCR/PS", {"ECOG": "2"}) is None
        assert opened(session, "UNS/PS").read_only is Cause.FOLLOW_UP_ENDED
        assert cause(session, "UNS/PS", {"ECOG": "2"}) is Cause.FOLLOW_UP_ENDED
        contact = {"SSDAT": "2027-06-28", "SURV": "ALIVE"}
        assert cause(session, "SFU/SS", contact) is Cause.FOLLOW_UP_ENDED
        assert cause(session, "SFU/SS", contact | {"SSDAT": "2027-06-19"}) is None
        save(session, "EOS/EOS", {"SURVOK": "Y"})
        assert cause(session, "SFU#2/SS", contact) is None
        save(session, "UNS/SV", {"STAT": "DONE", "VISDAT": "2027-06-15"})  # a wrong date is mended
        assert opened(session, "UNS/PS").read_only is None


def test_a_visit_without_a_date_waits_for_it_after_follow_up_ended(charted: Clinic) -> None:
    with charted.open() as session:
        save(session, "EOS/EOS", LEFT | {"SURVOK": "N"})
        for address in ("UNS/PS", "M03/LAB", "M03/MRD", "C0/TC"):
            assert opened(session, address).read_only is Cause.FOLLOW_UP_ENDED, address
        found = refused(session, "UNS/PS", {"ECOG": "2"})
        assert found is not None
        assert "visit date" not in found.text.en and "form Visit first" in found.text.en
        assert "请先在“访视”表中填写访视日期" in found.text.zh
        for address in ("LOG/CM", "LOG/AE", "SCR/PS", "UNS/SV"):
            assert opened(session, address).read_only is None, address
        assert cause(session, "UNS/SV", {"STAT": "DONE"}) is None, "the date may still be open"
        assert opened(session, "UNS/PS").read_only is Cause.FOLLOW_UP_ENDED
        later = {"STAT": "DONE", "VISDAT": "2027-06-25"}
        assert cause(session, "UNS/SV", later) is Cause.FOLLOW_UP_ENDED
        assert cause(session, "UNS/SV", later | {"VISDAT": "2027-06-15"}) is None
        assert cause(session, "UNS/PS", {"ECOG": "2"}) is None
        nothing = {"SURV": "ALIVE"}
        assert cause(session, "SFU/SS", nothing) is Cause.FOLLOW_UP_ENDED
        assert cause(session, "SFU/SS", nothing | {"SSDAT": "2027-06-19"}) is None


def test_a_day_of_leaving_that_is_not_known_closes_every_visit(charted: Clinic) -> None:
    with charted.open() as session:
        save(session, "EOS/EOS", LEFT | {"SURVOK": "N", "DSSTDAT": ""})
        for address in ("SCR/PS", "UNS/SV", "SFU/SS"):
            closed = opened(session, address)
            assert closed.read_only is Cause.FOLLOW_UP_ENDED, address
            assert closed.why_read_only is not None
            assert "End of study first" in closed.why_read_only.en
        for address in ("EOS/EOS", "LOG/CM", "LOG/AE", "SCR/IC"):
            assert opened(session, address).read_only is None, address
        save(session, "EOS/EOS", {"SURVOK": "Y"})
        assert opened(session, "SFU/SS").read_only is None
        save(session, "EOS/EOS", {"DSSTDAT": LEFT["DSSTDAT"]})
        assert opened(session, "SCR/PS").read_only is None


def closes_only(session: Session, *sections: Section) -> Study:
    """The study with one rule: refused genetic testing closes these sections."""
    rules = session.study.save_rules
    first = next(r for r in rules if r.refuses.source == "IC.ICHGR = 'N'")
    own = replace(first, forms=frozenset(), sections=frozenset(sections))
    return replace(session.study, save_rules=(own,))


def test_a_section_is_closed_in_its_form_whatever_others_are_called(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charted.open() as session:
        monkeypatch.setattr(session, "study", closes_only(session, Section("MRD", "A")))
        save(session, "SCR/IC", {"ICHGR": "N"})
        closed = {f: {g.group.name for g in opened(session, f"SCR/{f}").groups() if g.closed}
                  for f in ("MRD", "BCH", "PS")}  # fmt: skip
        assert closed == {"MRD": {"A"}, "BCH": set(), "PS": set()}, "each has a section A"
        assert cause(session, "SCR/PS", {"ECOG": "2"}) is None


def test_what_is_cleared_because_it_no_longer_applies_is_no_entry_in_a_closed_section(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charted.open() as session:
        monkeypatch.setattr(session, "study", closes_only(session, Section("MRD", "B")))
        test = opened(session, "SCR/MRD")
        rows = (r for g in test.groups() if g.group.name == "B" for r in g.rows)
        typed = (v for r in rows for v in r.fields if not v.item.derived)
        stood = {v.key for v in typed if v.recorded}
        assert stood
        save(session, "SCR/IC", {"ICHGR": "N"})
        assert cause(session, "SCR/MRD", {min(stood).item: ""}) is Cause.NO_GENETIC_CONSENT
        opened(session, "SCR/MRD").discard()
        assert cause(session, "SCR/MRD", {"PERF": "N"}) is None
        test = opened(session, "SCR/MRD")
        assert not any(test.field(k).recorded for k in stood)


def test_a_rule_that_reads_rows_is_asked_again_after_they_were_saved(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charted.open() as session:
        study = session.study
        names = Catalogue.of(study.forms, parameters={}, events=study.by_event, rules={})
        refuses = compile_expression("any(p in PATH: true)", names, on="ALL")
        rule = replace(study.save_rules[0], forms=frozenset({"PS"}), refuses=refuses)
        monkeypatch.setattr(session, "study", replace(study, save_rules=(rule,)))
        history = opened(session, "SCR/BCH")
        rows = [r.key for g in history.groups() if g.group.name == "PATH" for r in g.rows]
        for row in rows:
            history.remove_row(row)
        history.save(complete=False, reason=TYPO)
        typed = opened(session, "SCR/PS")
        typed.type(point(typed, "ECOG"), "2")
        assert typed.read_only is None
        history.restore_row(rows[0])
        history.save(complete=False, reason=TYPO)
        with pytest.raises(SaveRefused):
            typed.save(complete=False, reason=TYPO)


def there(session: Session) -> set[str]:
    with session.reading() as conn:
        return {str(f.key) for f in recorded_forms(conn, "01-001", session.box) if not f.removed}


def test_a_closed_form_does_not_come_back(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        test, history = opened(session, "SCR/MRD").key, opened(session, "SCR/BCH").key
        book.remove(test, TYPO)
        book.remove(history, TYPO)
        save(session, "SCR/IC", {"ICHGR": "N"})
        stood, head = there(session), session.head().seq
        for key in (test, history):  # the history holds pathology, which is closed
            with pytest.raises(SaveRefused) as found:
                book.restore(key, TYPO)
            assert found.value.cause is Cause.NO_GENETIC_CONSENT
        assert (there(session), session.head().seq) == (stood, head)
        save(session, "SCR/IC", {"ICHGR": "Y"})
        book.restore(test, TYPO)
        book.restore(history, TYPO)
        assert there(session) == stood | {str(test), str(history)}


def test_a_visit_comes_back_without_what_is_closed(charted: Clinic) -> None:
    with charted.open() as session:
        book = Casebook(session)
        test, history = opened(session, "SCR/MRD").key, opened(session, "SCR/BCH").key
        save(session, "SCR/IC", {"ICHGR": "N"})
        stood = there(session)
        book.remove(test.event, TYPO)
        book.restore(test.event, TYPO)
        assert stood - there(session) == {str(test), str(history)}
        save(session, "SCR/IC", {"ICHGR": "Y"})
        book.restore(test, TYPO)
        book.restore(history, TYPO)
        assert there(session) == stood


def test_a_rule_of_the_study_brings_its_own_cause_and_words(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Text("Synthetic: ask for the consent.", "示例：请取得同意。")
    with charted.open() as session:
        rules = session.study.save_rules
        first = next(r for r in rules if r.refuses.source == "IC.ICSENS = 'N'")
        own = replace(first, cause="no_transfer_abroad", forms=frozenset({"QOL"}), text=words)
        study = replace(session.study, save_rules=(own,))
        monkeypatch.setattr(session, "study", study)
        save(session, "SCR/IC", {"ICSENS": "N"})
        found = refused(session, "M03/QOL", {})
        assert found is not None
        assert (found.cause, found.text) == (Cause.CLOSED, words)
        assert last(session)["cause"] == "no_transfer_abroad"
