"""The worklist: what is to be done, until when, where, and by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mrd_desktop.insight.care import Care
from mrd_desktop.insight.consent import consent, renewals
from mrd_desktop.insight.overview import everything, overview
from mrd_desktop.insight.plan import next_visit
from mrd_desktop.insight.task import Task, Urgency
from mrd_desktop.insight.worklist import mine, site_tasks, tasks
from mrd_desktop.record.queries import QueryLine
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, parse_address
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text
from tests.insight.cases import CONTINUED, PAUSED, ended
from tests.insight.charts import charted

WITHOUT_CONFIRMATION = (
    *("-MRD@UNS", "-MRD@UNS", "-MRD@M12", "-MRD@M15", "-MRD@M18"),
    *("-SV@UNS", "-SV@UNS", "-TM@UNS", "-TM@UNS", "-TA@UNS", "-CV@UNS", "-*CONV", "-*RES", "-*TX"),
)
CONVERTED = date(2026, 7, 21)


def found(kind: str, subject: str, *edits: str) -> list[Task]:
    chart = charted(subject, *edits)
    return [t for t in tasks(load_study(), chart) if t.kind == kind]


def one(kind: str, subject: str, *edits: str) -> Task:
    (task,) = found(kind, subject, *edits)
    return task


def test_a_withdrawal_that_does_not_say_what_may_be_used_is_asked_about() -> None:
    unsaid = ended("2027-06-20", "WITHDRAWAL OF CONSENT")
    task = one("consent", PAUSED, unsaid)
    assert task.urgency is Urgency.OVERDUE
    assert isinstance(task.place, ItemKey)
    assert (task.place.form.form, task.place.item) == ("EOS", "DATAUSE")
    for use in ("Y", "N"):
        assert not found("consent", PAUSED, ended("2027-06-20", "WITHDRAWAL OF CONSENT", use=use))
    assert not found("consent", PAUSED, ended("2027-06-20", "WITHDRAWAL BY SUBJECT"))


def test_nobody_is_asked_for_what_consent_has_closed() -> None:
    day = "TODAY=2026-10-10"
    undated = "+EOS@EOS DSDECOD=WITHDRAWAL OF CONSENT"
    assert found("visit", PAUSED, "-SV@M12", day)
    chart = charted(PAUSED, "-SV@M12", day, undated)
    kinds = {t.kind for t in tasks(load_study(), chart)}
    assert not kinds & {"visit", "missed", "report", "confirm", "imaging", "lvef"}
    assert next_visit(charted(PAUSED, "-SV@M12", day)) is not None
    assert next_visit(chart) is None


def test_a_report_that_consent_has_closed_is_not_awaited() -> None:
    pending = "MRD@M12.RESULT=?PEND"
    assert found("report", PAUSED, pending)
    assert not found("report", PAUSED, pending, "IC.ICHGR=N")


def test_the_draft_of_a_closed_form_says_so() -> None:
    for edit, told in (("IC.ICHGR=N", True), ("IC.ICHGR=Y", False)):
        chart = charted(PAUSED, edit)
        lines = [replace(x, drafted=x.key.form == "MRD") for x in chart.forms]
        drafts = tasks(load_study(), replace(chart, forms=tuple(lines)))
        texts = [t.text.zh for t in drafts if t.kind == "draft"]
        assert texts and all(("表单现已关闭" in text) is told for text in texts)


# --- visits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "kind", "urgency"),
    [
        ("2026-09-28", None, None),  # eight days before the window opens
        ("2026-09-29", "visit", Urgency.SOON),
        ("2026-10-06", "visit", Urgency.DUE),
        ("2026-11-03", "visit", Urgency.DUE),
        ("2026-11-04", "visit", Urgency.OVERDUE),
        ("2027-01-05", "visit", Urgency.OVERDUE),
        ("2027-01-06", "missed", Urgency.OVERDUE),  # the window of M15 opens
    ],
)
def test_a_visit_comes_near_is_due_overdue_and_at_last_missed(
    day: str, kind: str | None, urgency: Urgency | None
) -> None:
    chart = charted(PAUSED, "-SV@M12", f"TODAY={day}")
    lines = [t for t in tasks(load_study(), chart) if "12" in t.text.zh and "访视" in t.text.zh]
    assert [(t.kind, t.urgency) for t in lines] == ([(kind, urgency)] if kind else [])


def test_a_missed_visit_leads_to_the_field_that_says_so() -> None:
    task = one("missed", PAUSED, "-SV@M12", "TODAY=2027-01-10")
    assert isinstance(task.place, ItemKey)
    assert (task.place.form, task.place.item) == (FormKey(EventKey(PAUSED, "M12"), "SV"), "STAT")


def test_a_visit_recorded_as_missed_is_asked_for_no_more() -> None:
    assert not found("missed", PAUSED, "SV@M12.STAT=MISSED", "TODAY=2027-01-20")


# --- after a conversion -----------------------------------------------------------------------


def test_a_conversion_asks_for_form_confirming_sample_and_imaging() -> None:
    edits = (*WITHOUT_CONFIRMATION, "-TA@M09", "TODAY=2026-08-10")
    form = one("conversion", PAUSED, *edits)
    assert form.place == FormKey(EventKey(PAUSED, "LOG"), "CONV", 1)
    sample = one("confirm", PAUSED, *edits)
    assert sample.until == date(2026, 8, 18)  # four weeks after the first positive
    assert sample.urgency is Urgency.DUE
    imaging = one("imaging", PAUSED, *edits)
    assert imaging.until is not None
    assert imaging.until > sample.until  # counted from the report
    assert {sample.key, imaging.key, form.key} == {
        f"{k} {PAUSED} {CONVERTED}" for k in ("confirm", "imaging", "conversion")
    }


def test_what_a_conversion_asks_for_grows_overdue() -> None:
    edits = (*WITHOUT_CONFIRMATION, "-TA@M09", "TODAY=2026-08-31")
    assert one("confirm", PAUSED, *edits).urgency is Urgency.OVERDUE
    edits = (*WITHOUT_CONFIRMATION, "-TA@M09", "TODAY=2026-09-15")
    assert one("imaging", PAUSED, *edits).urgency is Urgency.OVERDUE


def test_the_confirming_sample_is_entered_at_the_visit_opened_for_it() -> None:
    new = one("confirm", PAUSED, *WITHOUT_CONFIRMATION, "TODAY=2026-08-10")
    # M09 is over and the window of M12 not yet open
    assert new.place == FormKey(EventKey(PAUSED, "UNS", 1), "SV")
    opened = one(
        "confirm",
        PAUSED,
        *WITHOUT_CONFIRMATION,
        "+SV@UNS VISIT=UNS; STAT=DONE; VISDAT=2026-08-09; MODE=IN PERSON",
        "TODAY=2026-08-10",
    )
    assert opened.place == FormKey(EventKey(PAUSED, "UNS", 1), "MRD")


def test_a_sample_whose_result_is_awaited_is_not_asked_for_again() -> None:
    taken = "+MRD@UNS PERF=Y; SAMPDAT=2026-08-09; RESULT=?PEND"
    edits = (*WITHOUT_CONFIRMATION, taken, "TODAY=2026-08-10")
    assert not found("confirm", PAUSED, *edits)
    report = one("report", PAUSED, *edits)
    assert isinstance(report.place, ItemKey)
    assert report.place.item == "RESULT"


def test_imaging_done_or_explained_is_not_asked_for() -> None:
    edits = (*WITHOUT_CONFIRMATION, "TODAY=2026-08-10")
    assert not found("imaging", PAUSED, *edits)  # the scan of month 9 answers it
    explained = "+CONV@LOG IMGYN=N; INFDAT=2026-08-05"
    assert not found("imaging", PAUSED, *edits, "-TA@M09", explained)


def test_the_form_of_a_conversion_is_asked_for_until_it_is_there() -> None:
    edits = (*WITHOUT_CONFIRMATION, "TODAY=2026-08-10")
    assert found("conversion", PAUSED, *edits)
    assert not found("conversion", PAUSED, *edits, "+CONV@LOG INFDAT=2026-08-05")


# --- LVEF -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "urgency"),
    [
        ("2027-07-17", None),
        ("2027-07-18", Urgency.OPEN),  # two weeks before
        ("2027-07-25", Urgency.DUE),
        ("2027-08-01", Urgency.DUE),  # 100 days after the test of 2027-04-23
        ("2027-08-02", Urgency.OVERDUE),
    ],
)
def test_lvef_is_due_a_hundred_days_after_the_last_test_on_treatment(
    day: str, urgency: Urgency | None
) -> None:
    lines = found("lvef", PAUSED, f"TODAY={day}")
    assert [t.urgency for t in lines] == ([urgency] if urgency else [])
    assert all(t.until == date(2027, 8, 1) for t in lines)


def test_lvef_is_due_later_in_an_intermission() -> None:
    edits = (*WITHOUT_CONFIRMATION, "-CV@M12", "-CV@M15", "-CV@M18")
    task = one("lvef", PAUSED, *edits, "TODAY=2026-11-01")
    assert task.until == date(2026, 11, 8)  # 200 days after the test of 2026-04-22
    assert task.place == FormKey(EventKey(PAUSED, "M12"), "CV")  # its window is open


def test_a_dose_in_an_intermission_brings_lvef_forward() -> None:
    """Treated since the dose of 2026-08-20, though no resumption is recorded."""
    edits = ("-*RES", "-*CONV", "-CV@M12", "-CV@M15", "-CV@M18")
    assert one("lvef", PAUSED, *edits, "TODAY=2026-11-20").until == date(2026, 11, 28)


def test_nobody_is_asked_for_lvef_after_progression() -> None:
    gone = "+PD@LOG PDDAT=2027-05-01; BASIS=[NEWLES]; SITES=[LIVER]; WHEN=ON; EVAL=INVESTIGATOR"
    assert not found("lvef", PAUSED, gone, "TODAY=2027-10-01")


# --- forms, queries, signatures ---------------------------------------------------------------


def test_an_incomplete_form_leads_to_the_field_that_holds_it_up() -> None:
    chart = charted(PAUSED, "CR.CRYN=")
    blocking = next(f.key for f in chart.findings if f.check.blocks)
    assert isinstance(blocking, ItemKey)
    lines = tuple(
        replace(x, state=FormState.INCOMPLETE) if x.key == blocking.form else x for x in chart.forms
    )
    (task,) = (
        t for t in tasks(load_study(), replace(chart, forms=lines)) if t.kind == "incomplete"
    )
    assert task.place == blocking


def query(state: str) -> QueryLine:
    address = f"{PAUSED}/M12#1/TM#1/B#1/CA153VAL"
    return QueryLine(
        "Q1", PAUSED, address, None, Text("Really?", "属实吗？"), state,
        "Yes" if state == "answered" else None, "", "cra", "", "cra",
    )  # fmt: skip


def test_a_query_leads_to_its_value() -> None:
    chart = replace(charted(PAUSED), queries=(query("open"),))
    (task,) = (t for t in tasks(load_study(), chart) if t.kind == "query")
    assert task.place == parse_address(query("open").address)
    assert task.text.zh.endswith("：属实吗？")


def test_complete_forms_wait_for_a_signature_in_one_line() -> None:
    (task,) = (t for t in tasks(load_study(), charted(CONTINUED)) if t.kind == "unsigned")
    assert task.place == CONTINUED
    chart = charted(CONTINUED)
    private = [x for x in chart.forms if x.key.form == "ID"]
    assert private
    assert task.text.en.startswith(f"{len(chart.forms) - len(private)} complete forms")


def test_samples_that_were_drawn_before_testing_was_refused_are_asked_about() -> None:
    """Decision 0043: the forms are closed, and the blood lies at the laboratory."""
    assert not found("samples", PAUSED)
    task = one("samples", PAUSED, "IC.ICHGR=N")
    taken = [d for m in charted(PAUSED).scene.forms("MRD") if (d := m.day("MRD.SAMPDAT"))]
    assert task.subject == task.place == PAUSED
    assert f"blood samples: {len(taken)}, the last of {max(taken)}" in task.text.en
    assert "组织" in task.text.zh, "the tissue that the test was designed from"
    assert one("samples", PAUSED, ended("2027-06-20", "WITHDRAWAL OF CONSENT")) == task
    assert not found("samples", PAUSED, ended("2027-06-20", "WITHDRAWAL BY SUBJECT"))
    tissue = one("samples", PAUSED, "IC.ICHGR=N", "-*MRD")
    assert "blood" not in tissue.text.en
    assert not found("samples", PAUSED, "IC.ICHGR=N", "-*MRD", "-BCH/PATH"), "nothing was drawn"


def test_samples_are_asked_about_until_a_request_says_what_becomes_of_them() -> None:
    seen = overview(load_study(), charted(PAUSED, "IC.ICHGR=N"))
    none = Care(None, None, None, None)
    for cared, asked in (
        (none, True), (replace(none, samples=frozenset({"01-009"})), True),
        (replace(none, samples=frozenset({PAUSED})), False),
    ):  # fmt: skip
        assert ("samples" in {t.kind for t in everything([seen], cared)}) is asked


# --- whose it is ------------------------------------------------------------------------------


def kinds_for(*operations: str) -> set[str]:
    waiting = (query("open"), replace(query("answered"), query="Q2"))
    chart = replace(charted(PAUSED, "TODAY=2027-08-02"), queries=waiting)
    seen = overview(load_study(), chart)
    all_ = everything([seen], Care(None, None, None, None))
    return {t.kind for t in mine(all_, lambda operation: operation in operations)}


def test_a_line_is_shown_to_who_may_do_what_it_asks() -> None:
    assert kinds_for("query.close") == {"answered"}
    assert kinds_for("query.answer") == {"query"}
    assert kinds_for("export", "backup") == {"package", "backup"}
    assert kinds_for("subject.see") == set()
    assert {"lvef", "unsigned", "visit"} <= kinds_for("form.edit")


def test_the_site_is_asked_to_export_and_back_up_in_time() -> None:
    fresh = Care("x", "x", 31, 7)
    assert not list(site_tasks(fresh))
    assert [t.kind for t in site_tasks(replace(fresh, package_days=32))] == ["package"]
    assert [t.kind for t in site_tasks(replace(fresh, backup_days=8))] == ["backup"]
    assert not list(site_tasks(replace(fresh, receipt_days=14)))
    assert [t.kind for t in site_tasks(replace(fresh, receipt_days=15))] == ["receipt"]
    assert [t.kind for t in site_tasks(replace(fresh, key_waits=True))] == ["newkey"]
    assert [t.kind for t in site_tasks(replace(fresh, key_saved=False))] == ["backup"]
    assert len(list(site_tasks(replace(fresh, key_saved=False, backup_days=8)))) == 1
    refused = replace(fresh, receipt_days=15, refused=7)
    assert [(t.kind, "第 7 号" in t.text.zh) for t in site_tasks(refused)] == [("refused", True)]


def test_a_package_is_overdue_from_day_thirty_six() -> None:
    fresh = Care("x", "x", 35, 7)
    assert [t.urgency for t in site_tasks(fresh)] == [Urgency.DUE]
    assert [t.urgency for t in site_tasks(replace(fresh, package_days=36))] == [Urgency.OVERDUE]


# --- consent ----------------------------------------------------------------------------------


def renewed(*edits: str) -> list[str]:
    old = consent(charted(PAUSED).scene)
    new = consent(charted(CONTINUED, *edits).scene)
    assert old is not None
    assert new is not None
    return [t.subject for t in renewals((old, new))]


NEWER = ("IC.ICVER=V2.0", "IC.ICVERDAT=2026-09-01")


def test_a_newer_version_of_the_consent_is_to_be_signed_by_all() -> None:
    assert renewed("IC.ICVERDAT=2025-08-01") == []
    assert renewed(*NEWER) == [PAUSED]


def test_who_signed_the_newer_version_since_is_not_asked() -> None:
    again = ("IC/R#1.RECDAT=2026-10-22", "IC/R#1.RECVER=V2.0")
    signed = consent(charted(PAUSED, *again).scene)
    new = consent(charted(CONTINUED, *NEWER).scene)
    assert signed is not None
    assert new is not None
    assert not list(renewals((signed, new)))


def test_a_version_that_was_only_renewed_with_is_the_newest_too() -> None:
    again = ("IC/R#1.RECDAT=2026-10-22", "IC/R#1.RECVER=V2.0")
    assert renewed(*again) == [PAUSED]
    assert renewed("IC/R#1.RECDAT=2026-10", "IC/R#1.RECVER=V2.0") == []


def test_who_has_left_the_study_is_not_asked_for_consent() -> None:
    gone = "+DTH@LOG DTHDAT=2027-03-01; CAUSE=BC; SRC=FAMILY; PDYN=N"
    left = consent(charted(PAUSED, gone).scene)
    new = consent(charted(CONTINUED, *NEWER).scene)
    assert left is not None
    assert new is not None
    assert not list(renewals((left, new)))
