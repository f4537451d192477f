"""Section 5.6 of the reference to the last digit, the shapes of ``derive``, and its options."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrd_desktop.cli.desktop import main
from mrd_desktop.cli.sponsor import main as sponsor
from mrd_desktop.insight import derived
from mrd_desktop.insight.cohort import cohort
from mrd_desktop.insight.detail import detail
from mrd_desktop.insight.frames import frame
from mrd_desktop.insight.kaplan_meier import Observation, kaplan_meier
from mrd_desktop.ledger import store
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.transfer.export import export
from tests.clinic import Clinic, password_of
from tests.insight.cases import CONTINUED, FAILURE, PAUSED, died, ended, progressed, seen
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Store, acquaint, make_store

CENSORED = "last adequate assessment"
TIMES: dict[str, dict[str, Any]] = {
    PAUSED: {
        "PFS": (550, 0, "2027-04-22", CENSORED),
        "OS": (599, 0, "2027-06-10", "last date known alive"),
        "MRDFI": (275, 1, "2026-07-21", "MRD conversion"),
        "MRDFI_ANY": (275, 1, "2026-07-21", "MRD conversion"),
        "TFI1": (304, 1, "2026-08-20", "resumption"),
    },
    CONTINUED: {
        "PFS": (548, 0, "2027-06-03", CENSORED),
        "OS": (548, 0, "2027-06-03", "last date known alive"),
        "MRDFI": (548, 0, "2027-06-03", "last negative sample"),
        "MRDFI_ANY": (184, 1, "2026-06-04", "MRD conversion"),
        "TFI1": None,
    },
}
OTHER: dict[str, dict[str, Any]] = {
    FAILURE: {
        "GROUP": None,
        "T0": None,
        "STATUS": "SCREEN_FAILURE",
        "AGE": 52,
        "CRDUR": None,
        "HER2CALC": ["POSITIVE", "POSITIVE"],
        "ISHGRP": [None, None],
        "CA153REL": 0.728,
        "LVEF": {"base": 64, "lowest": 64, "largest_drop": 0},
        "IE_AUTO": "NOT ELIGIBLE",
        "LEAD": None,
        "OUTGRP": None,
        "VISITS": None,
    },
    PAUSED: {
        "GROUP": "INTERMISSION",
        "T0": "2025-10-20",
        "STATUS": "RESUMED",
        "AGE": 47,
        "CRDUR": 36.1,
        "HER2CALC": ["POSITIVE"],
        "ISHGRP": [1],
        "CA153REL": 0.452,
        "LVEF": {"base": 65, "lowest": 62, "largest_drop": 3},
        "IE_AUTO": "ELIGIBLE",
        "LEAD": None,
        "OUTGRP": "B",
        "VISITS": {"expected": 7, "done": 7, "in_window": 6},
    },
    CONTINUED: {
        "GROUP": "CONTINUE",
        "T0": "2025-12-03",
        "STATUS": "INTERMISSION",
        "AGE": 43,
        "CRDUR": 35.4,
        "HER2CALC": ["POSITIVE"],
        "ISHGRP": [None],
        "CA153REL": 0.392,
        "LVEF": {"base": 62, "lowest": 47, "largest_drop": 15},
        "IE_AUTO": "ELIGIBLE",
        "LEAD": None,
        "OUTGRP": None,
        "VISITS": {"expected": 7, "done": 7, "in_window": 7},
    },
}


def expected(subject: str) -> dict[str, Any]:
    names = ("days", "event", "date", "reason")
    times = TIMES.get(subject, dict.fromkeys(TIMES[PAUSED]))
    rows = {k: v and dict(zip(names, v, strict=True)) for k, v in times.items()}
    return OTHER[subject] | rows


@dataclass(frozen=True)
class Site:
    clinic: Clinic
    passwords: Path

    def derive(self, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, Any, str]:
        capsys.readouterr()
        code = main(
            [
                *("derive", str(self.clinic.path), "--user", "crc", "--json", *more),
                *("--password-file", str(self.passwords)),
            ]
        )
        out, err = capsys.readouterr()
        return code, json.loads(out), err


@pytest.fixture(scope="module")
def site(stories_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("derive")
    clinic = stories_template.copy(folder / "site")
    secret = folder / "password"
    secret.write_text(password_of("crc"), "utf-8")
    return Site(clinic, secret)


CUT = ("--as-of", "2027-06-30")


def test_derive_gives_the_expected_results(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, err = site.derive(capsys, *CUT)
    assert (code, err) == (0, "")
    assert list(told) == ["as_of", "definition", "subjects", "windows", "km", "mrd_performance"]
    assert told["subjects"] == {s: expected(s) for s in (FAILURE, PAUSED, CONTINUED)}
    assert len(told["windows"]) == 2 * 15
    assert told["windows"][5] == {
        "subject": PAUSED,
        "visit": "M15",
        "target": "2027-01-20",
        "opens": "2027-01-06",
        "closes": "2027-02-03",
        "done": "2027-02-08",
        "in_window": False,
    }
    step = {"at_risk": 1, "events": 0, "censored": 1, "survival": 1.0}
    assert told["km"] == {
        "PFS": {
            "INTERMISSION": {"rows": [{"time": 550, **step}], "median": None},
            "CONTINUE": {"rows": [{"time": 548, **step}], "median": None},
        },
        "OS": {
            "INTERMISSION": {"rows": [{"time": 599, **step}], "median": None},
            "CONTINUE": {"rows": [{"time": 548, **step}], "median": None},
        },
    }
    names = ("tp", "fp", "tn", "fn", "sensitivity", "specificity", "ppv", "npv")
    assert {k: tuple(v[n] for n in names) for k, v in told["mrd_performance"].items()} == {
        "main": (0, 0, 1, 0, None, 1.0, None, 1.0),
        "a": (0, 1, 1, 0, None, 0.5, 0.0, 1.0),
        "b": (1, 0, 1, 0, 1.0, 1.0, 1.0, 1.0),
        "c": (0, 0, 0, 0, None, None, None, None),
    }


def test_an_earlier_day_sees_only_what_was_dated_by_then(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told, _ = site.derive(capsys, "--as-of", "2026-07-30")
    paused = told["subjects"][PAUSED]
    assert paused["STATUS"] == "INTERMISSION"
    assert paused["MRDFI"]["event"] == 0
    assert paused["VISITS"] == {"expected": 4, "done": 4, "in_window": 4}


def test_the_record_can_be_read_as_it_stood(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Site(site.clinic.copy(tmp_path / "site"), site.passwords)
    with own.clinic.open() as session:
        with session.reading() as conn:
            before = store.head(conn, session.folder.chain).seq
        book = Casebook(session)
        scan = next(
            f.key
            for f in book.chart(PAUSED).forms
            if f.key.form == "TA" and f.key.event.event == "M18"
        )
        book.remove(scan, ChangeReason("TYPO"))
    _, now, _ = own.derive(capsys, *CUT)
    assert now["subjects"][PAUSED]["PFS"]["date"] == "2027-02-09"
    _, then, _ = own.derive(capsys, *CUT, "--at-seq", str(before))
    _, first, _ = site.derive(capsys, *CUT)
    assert then == first
    _, start, _ = own.derive(capsys, *CUT, "--at-seq", "2")
    assert start["subjects"] == {}


def test_what_cannot_be_used_is_counted_on_standard_error(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Site(site.clinic.copy(tmp_path / "site"), site.passwords)
    address = "01-002/C0#1/TC#1/C#1/INTSTDAT"
    who = ("--user", "crc", "--password-file", str(own.passwords))
    assert main(["set", str(own.clinic.path), address, "2026-08-25", "--reason", "TYPO", *who]) == 0
    code, told, err = own.derive(capsys, *CUT, "--detail")
    assert code == 0
    assert told["subjects"][PAUSED]["TFI1"] is None
    assert [(p["subject"], p["item"]) for p in told["detail"]["problems"]] == [
        (PAUSED, "TC.INTSTDAT")
    ]
    assert err.startswith(("Data points that cannot be used as they stand: 1.", "有1处数据"))


def test_the_record_can_be_read_as_a_package_left_it(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = Site(site.clinic.copy(tmp_path / "site"), site.passwords)
    store = make_store(tmp_path / "store", own.clinic.study)
    acquaint(own.clinic, store)
    with own.clinic.open() as session:
        sent = export(session, tmp_path)
        with session.reading() as conn:
            mine = frame(conn, session.study, "TA", as_of=date(2027, 6, 30))
        book = Casebook(session)
        book.remove(book.chart(CONTINUED).forms[-1].key, ChangeReason("TYPO"))
    _, then, _ = own.derive(capsys, *CUT, "--at-package", str(sent.number))
    _, first, _ = site.derive(capsys, *CUT)
    assert then == first
    assert store.take(sent.path)[0].verdict == "accepted"
    with store.open() as session, session.reading() as conn:
        theirs = frame(conn, session.study, "TA", as_of=date(2027, 6, 30))
    assert len(theirs) == 13
    assert mine.equals(theirs)
    assert of_sponsor(store, tmp_path, capsys) == first


def of_sponsor(store: Store, folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    secret = folder / "sponsor-password"
    secret.write_text(SPONSOR_PASSWORD, "utf-8")
    who = ("--user", SPONSOR, "--password-file", str(secret))
    assert sponsor(["derive", str(store.path), *CUT, *who, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("point", [("--at-seq", "999999"), ("--at-package", "7")])
def test_a_point_that_is_not_there_is_refused(
    site: Site, capsys: pytest.CaptureFixture[str], point: tuple[str, str]
) -> None:
    code, told, _ = site.derive(capsys, *CUT, *point)
    assert code == 1
    assert told["error"]["code"] == "no_such_point"


def test_detail_holds_an_interval_and_an_n_for_every_estimate(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told, _ = site.derive(capsys, *CUT, "--detail")
    more = told["detail"]
    assert more["problems"] == []
    assert more["removed"] == []
    assert more["subjects"][PAUSED]["PFS_S2"]["date"] == "2026-08-20"
    assert more["subjects"][PAUSED]["PFS"]["months"] == 18.1
    assert more["comparison"]["PFS"] == {
        "n": 2,
        "events": 0,
        "fewer_than_10_events": True,
        "cannot_be_told_apart": False,
        "chi2": None,
        "p": None,
        "hazard_ratio": None,
        "hazard_ratio_lower": None,
        "hazard_ratio_upper": None,
    }
    assert more["mrd_performance"]["main"]["specificity"] == {
        "hits": 1,
        "n": 1,
        "value": 1.0,
        "lower": 0.025,
        "upper": 1.0,
    }
    (left,) = more["mrd_performance"]["main"]["not_classified"]
    assert left["subject"] == PAUSED
    assert more["km"]["PFS"]["INTERMISSION"]["fewer_than_5_at_risk_from"] == 550


def test_who_refused_the_use_of_the_data_is_in_nothing() -> None:
    refused = ended("2027-06-20", "WITHDRAWAL OF CONSENT", use="N")
    found = cohort([seen(PAUSED, refused), seen(CONTINUED)])
    assert found.refused == (PAUSED,)
    assert [c.subject for _, c in found.members] == [CONTINUED]
    later = cohort([seen(PAUSED, refused, "TODAY=2027-06-01")], frozenset({PAUSED}))
    assert later.members == ()


def test_off_treatment_is_compared_with_nobody() -> None:
    told = detail(cohort([seen(PAUSED), seen(CONTINUED)]))
    assert "PFS_S2" in told["km"]
    assert set(told["km"]) - set(told["comparison"]) == {"PFS_S2"}


def test_who_converts_after_progression_is_no_converter() -> None:
    first, second = (
        detail(cohort([seen(PAUSED, *more)]))["conversion"]["days_of_converters"]
        for more in ((), (progressed("2026-04-01"),))
    )
    assert first["n"] == 1
    assert second is None


def test_problems_stand_in_the_detail_and_the_subject_in_no_curve() -> None:
    found = cohort([seen(PAUSED, progressed("2025-01-01")), seen(CONTINUED)])
    told = detail(found)
    assert [(p["subject"], p["item"]) for p in told["problems"]] == [(PAUSED, "PD.PDDAT")]
    assert derived.km_tables(found)["PFS"]["INTERMISSION"]["rows"] == []
    missing = cohort([seen(PAUSED, "TC.TCDAT=")])
    assert [p.item for p in missing.problems] == ["TC.TCDAT"]


@pytest.mark.parametrize(
    ("events", "n", "value"), [(2, 3, 0.333333), (1, 3, 0.666667), (1, 7, 0.857143)]
)
def test_survival_has_six_decimals_half_up(events: int, n: int, value: float) -> None:
    known = [Observation(5, True)] * events + [Observation(9, False)] * (n - events)
    assert derived.share(kaplan_meier(known).at(5)) == value
    assert derived.share(Fraction(1, 2_000_000)) == 0.000001


LATER = (
    "+SV@UNS VISIT=UNS; STAT=DONE; VISDAT={}; TXYN=Y",
    "+MRD@UNS PERF=Y; SAMPDAT={}; RESULT=POSITIVE; RPTDAT={}",
    "+TA@UNS PERF=Y; STDAT={}; ENDAT={}; OVRL=PD",
    "+RES@LOG RESDAT={}; TRIG=MARKER",
    "+GS@LOG GSDAT={}; FROM=CONTINUE; TO=INTERMISSION",
    "+TX@LOG CAT=NEXT; DRUG=TDXD; STDAT={}",
    "+PST@LOG LINENO=3; DRUGS=[TDXD]; STDAT={}",
    "+SS@SFU SSDAT={}; SURV=ALIVE; LSTALV={}; NEWTX=Y",
)


@settings(max_examples=40)
@given(
    st.sampled_from([PAUSED, CONTINUED]),
    st.dates(date(2025, 9, 25), date(2027, 6, 29)),
    st.lists(st.tuples(st.sampled_from(range(len(LATER) + 3)), st.integers(1, 400)), max_size=6),
)
def test_what_comes_later_never_changes_an_earlier_day(
    subject: str, day: date, later: list[tuple[int, int]]
) -> None:
    edits = []
    for kind, after in later:
        on = (day + timedelta(days=after)).isoformat()
        once = (progressed(on), died(on), ended(on, "LOST TO FOLLOW-UP", day.isoformat()))
        edits.append(LATER[kind].replace("{}", on) if kind < len(LATER) else once[kind - 8])
    plain, fuller = seen(subject, f"TODAY={day}"), seen(subject, *edits, f"TODAY={day}")
    assert derived.subject_values(fuller) == derived.subject_values(plain)
    assert list(derived.window_rows(fuller)) == list(derived.window_rows(plain))
    assert detail(cohort([fuller])) == detail(cohort([plain]))
