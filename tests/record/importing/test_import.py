"""Reports taken in: tried in words first, then all of it or nothing, like typing it by hand."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import ChangedMeanwhile, SaveRefused
from mrd_desktop.record.importing import run
from mrd_desktop.record.importing.mapping import ColumnUse, ReportMapping
from mrd_desktop.record.importing.trial import Trial, Verdict, try_report
from mrd_desktop.record.labrange import LabRange, LabRanges
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.scene import Scene
from mrd_desktop.study.schedule import window
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.importing.kit import HEAD, LAB, report, taken, tried

SOURCE = ChangeReason("SOURCE")


def verdicts(trial: Trial) -> list[str]:
    return [r.verdict.value for r in trial.rows]


def value(session: Session, key: FormKey, item: str) -> str | None:
    entry = Casebook(session).open(key)
    found = next(v for g in entry.groups() for r in g.rows for v in r.fields if v.key.item == item)
    return found.recorded.text if found.recorded else None


def lab_day(session: Session, event: str = "SCR") -> tuple[FormKey, str]:
    """A laboratory form of the charted subject and its day."""
    chart = Casebook(session).chart("01-001")
    line = next(x for x in chart.scene.forms("LAB") if x.event.event == event)
    day = line.day("LAB.LBDAT")
    assert day is not None
    return line.form.key, day.isoformat()


def test_a_dry_run_tells_each_row_and_writes_nothing(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        session.announce()
        key, day = lab_day(session)
        wbc, hgb = value(session, key, "WBCVAL"), value(session, key, "HGBVAL")
        before = session.head()
        path = report(
            tmp_path,
            f"01-001,{day},SCR,{wbc},{hgb},g/L",
            "01-001,2027-06-20,,5.1,120,g/L",
            "01-999,2027-06-20,SCR,5.1,120,g/L",
            "Some Name,2027-06-20,SCR,5.1,120,g/L",
        )
        mapping = LAB.model_copy(update={"constants": {}})
        trial = tried(session, path, mapping)
        assert verdicts(trial) == ["same", "refused", "refused", "refused"]
        assert [r.row for r in trial.rows] == [2, 3, 4, 5]
        assert trial.rows[0].key == key
        assert trial.rows[3].subject == ""
        assert "Some Name" not in str(trial.rows[3].reason)
        assert session.head() == before


def test_a_row_whose_unit_contradicts_the_heading_is_refused(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open() as session:
        _, day = lab_day(session)
        both = ColumnUse(column="Hb", item="LAB.HGBVAL", unit="g/dL", unit_column="Hb unit")
        mapping = LAB.model_copy(update={"columns": (both,), "constants": {}})
        for unit, refused in (("g/L", True), ("mmol/L", True), ("g/dl", True), ("g/dL", False)):
            path = report(tmp_path, f"01-001,{day},SCR,5.1,13.1,{unit}")
            trial = tried(session, path, mapping)
            said = trial.rows[0].reason
            assert ("Hb unit" in said.en and "改选" in said.zh) is refused, unit
        path = report(tmp_path, f"01-001,{day},SCR,5.1,13.1,")
        assert "Hb unit" not in tried(session, path, mapping).rows[0].reason.en


def test_a_new_report_makes_a_form_that_names_file_and_row(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        after = session.head().seq
        path = report(tmp_path, "01-001,2027-06-20,UNS#9,5.10,12.0,g/dL")
        open_unscheduled(session)
        done = taken(session, path)
        assert verdicts(done.trial) == ["new"]
        assert done.forms == 1
        key = done.trial.rows[0].key
        assert key is not None
        assert value(session, key, "WBCVAL") == "5.10"
        assert value(session, key, "HGBVAL") == "120"
        with session.reading() as conn:
            records = list(store.records(conn, session.folder.chain, after=after))
        sources = [r.body["report"] for r in records if r.body.get("source") == "import"]
        assert sources == [{"row": 2, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}] * 5
        assert "report.csv" not in str([r.body for r in records])
        with session.writing() as conn:
            assert list(projection.differences(conn)) == []


def open_unscheduled(session: Session, number: int = 9) -> None:
    """An unscheduled visit of the charted subject."""
    entry = Casebook(session).open(FormKey(EventKey("01-001", "UNS", number), "PS"))
    entry.type(ItemKey(RowKey(entry.key, "A"), "PERF"), "N")
    entry.save(complete=False)


def test_a_changed_value_needs_one_reason_for_the_run(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        session.announce()
        key, day = lab_day(session)
        old = value(session, key, "WBCVAL")
        mapping = LAB.model_copy(update={"constants": {}})
        path = report(tmp_path, f"01-001,{day},SCR,7.77,,")
        assert verdicts(tried(session, path, mapping)) == ["different"]
        before = session.head()
        for bad in (None, ChangeReason("NOSUCH"), ChangeReason("OTHER", "x")):
            for skip in (False, True):
                done = taken(session, path, mapping, reason=bad, skip_refused=skip)
                assert verdicts(done.trial) == ["refused"]
                assert done.forms == 0
        assert session.head() == before
        assert value(session, key, "WBCVAL") == old
        done = taken(session, path, mapping, reason=SOURCE)
        assert verdicts(done.trial) == ["different"]
        assert value(session, key, "WBCVAL") == "7.77"
        item = ItemKey(RowKey(key, "WBC"), "WBCVAL")
        assert Casebook(session).history(item)[-1].reason == SOURCE
        assert verdicts(taken(session, path, mapping).trial) == ["same"]


def test_one_refused_row_keeps_everything_out(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        before = session.head()
        path = report(
            tmp_path,
            "01-001,2027-06-20,UNS#9,5.1,120,g/L",
            "01-001,2027-06-21,M03,abc,120,g/L",
        )
        done = taken(session, path)
        assert (verdicts(done.trial), done.forms) == (["new", "refused"], 0)
        assert session.head() == before
        done = taken(session, path, skip_refused=True)
        assert done.forms == 1


def test_all_forms_of_a_run_are_one_transaction(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        book = Casebook(session)
        path = report(
            tmp_path,
            "01-001,2027-06-20,UNS#9,5.1,120,g/L",
            f"{consented(session)},2027-06-20,SCR,350,120,g/L",
        )
        open_unscheduled(session)
        before = session.head()
        done = taken(session, path)
        assert done.forms == 2
        with session.reading() as conn:
            records = list(store.records(conn, session.folder.chain, after=before.seq))
        assert len(records) == done.records
        assert sum(r.header.end for r in records) == 1
        assert [r.header.end for r in records][-1]
        with session.writing() as conn:
            assert list(projection.differences(conn)) == []
        for row in done.trial.rows:
            assert row.key is not None
            assert book.open(row.key).state is FormState.INCOMPLETE


def consented(session: Session) -> str:
    """A synthetic subject with a consent date."""
    subject = Casebook(session).create_subject()
    entry = Casebook(session).open(FormKey(EventKey(subject, "SCR"), "IC"))
    entry.type(ItemKey(RowKey(entry.key, "A"), "RFICDAT"), "2027-06-01")
    entry.save(complete=False)
    return subject


def test_what_save_refuses_the_run_refuses_too(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        subject = Casebook(session).create_subject()
        path = report(tmp_path, f"{subject},2027-06-20,SCR,5.1,120,g/L")
        trial = tried(session, path)
        assert verdicts(trial) == ["refused"]
        assert "consent" in trial.rows[0].reason.en


def test_checks_open_their_queries_as_after_typing(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        done = taken(session, report(tmp_path, "01-001,2027-06-20,UNS#9,45,120,g/L"))
        assert done.trial.rows[0].remarks
        key = done.trial.rows[0].key
        found = [q for q in Queries(session).all(subject="01-001") if str(key) in q.address]
        assert [q.check for q in found] == ["LAB.WBCVAL.S"]


def test_queries_of_a_subject_open_once_though_two_forms_are_saved(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open() as session:
        for number in (9, 10):
            open_unscheduled(session, number)
        path = report(
            tmp_path,
            "01-001,2027-06-20,UNS#9,45,120,g/L",
            "01-001,2027-06-21,UNS#10,45,120,g/L",
        )
        taken(session, path)
        places = [(q.check, q.address) for q in Queries(session).all()]
        assert sum(check == "LAB.WBCVAL.S" for check, _ in places) == 2
        assert len(places) == len(set(places))


def test_the_visit_is_found_by_its_window(charted: Clinic, tmp_path: Path) -> None:
    mapping = LAB.model_copy(update={"event": None, "constants": {}})
    with charted.open() as session:
        key, day = lab_day(session)
        assert tried(session, report(tmp_path, f"01-001,{day},,5,,"), mapping).rows[0].key == key
        subject = consented(session)
        for written, event in (("2027-06-20", "SCR"), ("2027-05-01", None), ("2027-07-20", None)):
            row = tried(session, report(tmp_path, f"{subject},{written},,5,,"), mapping).rows[0]
            assert (row.key.event.event if row.key else None) == event, written


def test_a_visit_with_a_form_of_another_day_is_refused(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        _, day = lab_day(session)
        path = report(tmp_path, "01-001,2026-01-01,SCR,5.1,120,g/L")
        assert day != "2026-01-01"
        assert verdicts(tried(session, path)) == ["refused"]


def test_two_rows_do_not_fill_one_form(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        line = "01-001,2027-06-20,UNS#9,5.1,120,g/L"
        trial = tried(session, report(tmp_path, line, line))
        assert verdicts(trial) == ["new", "refused"]
        assert "Row 2" in trial.rows[1].reason.en


@pytest.mark.parametrize("visit", ["UNS", "UNS#7", "M99", ""])
def test_a_visit_that_is_not_there_is_refused(charted: Clinic, tmp_path: Path, visit: str) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        trial = tried(session, report(tmp_path, f"01-001,2027-06-20,{visit},5.1,120,g/L"))
        assert verdicts(trial) == ["refused"]


def test_the_users_own_draft_is_not_saved_by_a_run(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        key, day = lab_day(session)
        entry = Casebook(session).open(key)
        entry.type(ItemKey(RowKey(key, "WBC"), "WBCVAL"), "9.9")
        entry.keep_draft()
        trial = tried(session, report(tmp_path, f"01-001,{day},SCR,5.1,120,g/L"))
        assert verdicts(trial) == ["refused"]


def test_a_value_that_does_not_apply_is_refused(charted: Clinic, tmp_path: Path) -> None:
    mapping = LAB.model_copy(update={"constants": {"LAB.PERF": "N"}})
    with charted.open() as session:
        open_unscheduled(session)
        path = report(tmp_path, "01-001,2027-06-20,UNS#9,5.1,,")
        assert verdicts(tried(session, path, mapping)) == ["refused"]


def test_a_value_that_would_be_cleared_counts_as_different(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        mapping = ReportMapping(
            name="x",
            form="TM",
            subject="no",
            date="day",
            event="visit",
            constants={"TM.CEAPERF": "N"},
        )
        chart = Casebook(session).chart("01-001")
        line = next(x for x in chart.scene.forms("TM") if x.number("TM.CEAVAL") is not None)
        day = str(line.day("TM.LBDAT"))
        path = report(tmp_path, f"01-001,{day},{line.event.event},,,")
        assert verdicts(tried(session, path, mapping)) == ["different"]


def test_a_value_that_another_form_has_hidden_is_not_cleared_without_a_reason(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        person = FormKey(EventKey("01-001", "SCR"), "DM")
        lab = FormKey(EventKey("01-001", "UNS", 9), "LAB")
        group = session.study.by_form["DM"].group_of["DM.MENOSTAT"].name
        for form, row, name, text_ in (
            (person, group, "MENOSTAT", "PREMENOPAUSAL"),
            (lab, "A", "LBDAT", "2027-06-20"),
            (lab, "A", "PERF", "Y"),
            (lab, "A", "HCGRES", "NEGATIVE"),
            (person, group, "MENOSTAT", "POSTMENOPAUSAL"),
        ):
            entry = Casebook(session).open(form)
            entry.type(ItemKey(RowKey(form, row), name), text_)
            entry.save(complete=False, reason=SOURCE)
        mapping = LAB.model_copy(update={"constants": {}})
        path = report(tmp_path, "01-001,2027-06-20,UNS#9,5.1,,")
        trial = tried(session, path, mapping)
        assert verdicts(trial) == ["different"]
        assert "Pregnancy" in trial.rows[0].reason.en
        assert taken(session, path, mapping).forms == 0
        assert value(session, lab, "HCGRES") == "NEGATIVE"


def test_trailing_zeros_that_a_workbook_drops_are_no_difference(
    charted: Clinic, tmp_path: Path
) -> None:
    mapping = LAB.model_copy(update={"constants": {}})
    with charted.open() as session:
        key, day = lab_day(session)
        wbc = value(session, key, "WBCVAL")
        path = report(tmp_path, f"01-001,{day},SCR,{wbc}00,,")
        assert verdicts(tried(session, path, mapping)) == ["same"]


def test_empty_cells_clear_nothing(charted: Clinic, tmp_path: Path) -> None:
    mapping = LAB.model_copy(update={"constants": {}})
    with charted.open() as session:
        _, day = lab_day(session)
        assert verdicts(tried(session, report(tmp_path, f"01-001,{day},SCR,,,"), mapping)) == [
            "same"
        ]


def test_limits_are_filled_from_the_ranges(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        LabRanges(session).set(
            LabRange("Synthetic laboratory", "LAB.WBCVAL", date(2026, 1, 1), "10^9/L", "3.5", "9.5")
        )
        done = taken(session, report(tmp_path, "01-001,2027-06-20,UNS#9,5.1,120,g/L"))
        key = done.trial.rows[0].key
        assert key is not None
        assert value(session, key, "WBCULN") == "9.5"
        with session.reading() as conn:
            told = conn.execute(
                text("SELECT source FROM p_item WHERE item = 'WBCULN' ORDER BY seq DESC LIMIT 1")
            ).scalar()
        assert told == "labrange"


def test_a_sample_is_known_by_its_number_before_its_day(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        chart = Casebook(session).chart("01-001")
        line = next(x for x in chart.scene.forms("MRD") if x.text("MRD.SAMPID"))
        mapping = ReportMapping(
            name="synthetic MRD",
            form="MRD",
            subject="no",
            date="day",
            columns=(ColumnUse(column="visit", item="MRD.SAMPID"),),
        )
        day = str(line.day("MRD.SAMPDAT"))
        sample = line.text("MRD.SAMPID")
        found = tried(session, report(tmp_path, f"01-001,{day},{sample},,,"), mapping).rows[0]
        assert (found.verdict, found.key) == (Verdict.SAME, line.form.key)
        other = tried(session, report(tmp_path, f"01-001,{day},SYN-OTHER,,,"), mapping).rows[0]
        assert other.verdict is Verdict.REFUSED, "the day's form belongs to another sample"
        moved = tried(session, report(tmp_path, f"01-001,2026-01-02,{sample},,,"), mapping).rows[0]
        assert (moved.verdict, moved.key) == (Verdict.DIFFERENT, line.form.key)


def test_a_form_saved_by_hand_meanwhile_stops_the_run(
    charted: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = LAB.model_copy(update={"constants": {}})
    with charted.open() as session:
        key, day = lab_day(session)
        path = report(tmp_path, f"01-001,{day},SCR,7.77,,")

        def saved_meanwhile(*args: object) -> Trial:
            trial = try_report(*args)  # type: ignore[arg-type]
            entry = Casebook(session).open(key)
            entry.type(ItemKey(RowKey(key, "WBC"), "WBCVAL"), "6.66")
            entry.save(complete=False, reason=SOURCE)
            return trial

        monkeypatch.setattr(run, "try_report", saved_meanwhile)
        with pytest.raises(ChangedMeanwhile):
            taken(session, path, mapping, reason=SOURCE)
        assert value(session, key, "WBCVAL") == "6.66"


def test_only_who_enters_data_imports(charted: Clinic, tmp_path: Path) -> None:
    path = report(tmp_path, "01-001,2027-06-20,UNS#9,5.1,120,g/L")
    with charted.open("cra") as session, pytest.raises(SaveRefused):
        tried(session, path)


# --- a row of the report for each variant -----------------------------------------------

VARIANTS = ReportMapping(
    name="synthetic variants",
    form="MRD",
    subject="no",
    date="day",
    event="visit",
    columns=(
        ColumnUse(column="barcode", item="MRD.SAMPID"),
        ColumnUse(column="result", item="MRD.RESULT"),
        ColumnUse(column="gene", item="MRDV.GENE"),
        ColumnUse(column="class", item="MRDV.CLASS"),
        ColumnUse(column="vaf", item="MRDV.VAF", unit="%"),
    ),
    constants={"MRD.PERF": "Y", "MRD.LABNAM": "Synthetic laboratory"},
)
VARIANT_HEAD = "no,day,visit,barcode,result,gene,class,vaf"
SAMPLE = "01-001,2027-06-20,UNS#9,SYN-777,POSITIVE"


def variants(folder: Path, *lines: str) -> Path:
    return report(folder, *(f"{SAMPLE},{line}" for line in lines), head=VARIANT_HEAD)


def recorded_list(session: Session) -> list[tuple[str, str]]:
    scene = Casebook(session).chart("01-001").scene
    form = next(x for x in scene.forms("MRD") if x.text("MRD.SAMPID") == "SYN-777")
    return [(r.text("MRDV.GENE") or "", str(r.number("MRDV.VAF"))) for r in form.rows("MRDV")]


def test_the_rows_of_a_sample_fill_one_form_with_its_list(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        path = variants(tmp_path, "TP53,SNV,0.12%", "ERBB2,SNV,0.5")
        assert verdicts(tried(session, path, VARIANTS)) == ["new", "new"]
        done = taken(session, path, VARIANTS)
        assert done.forms == 1
        assert recorded_list(session) == [("TP53", "0.12"), ("ERBB2", "0.5")]
        with session.reading() as conn:
            records = list(store.records(conn, session.folder.chain))
        rows = {
            r.body["value"]: r.body["report"]["row"]  # type: ignore[index,call-overload]
            for r in records
            if r.opening
            and r.kind is Kind.ITEM_SET
            and "/GENE" in str(r.body["address"])
            and "report" in r.body
        }
        assert rows == {"TP53": 2, "ERBB2": 3}


def test_a_list_is_taken_in_once_and_never_added_to(charted: Clinic, tmp_path: Path) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        path = variants(tmp_path, "TP53,SNV,0.12", "ERBB2,SNV,0.5")
        taken(session, path, VARIANTS)
        head = session.head()
        assert verdicts(tried(session, path, VARIANTS)) == ["same", "same"]
        assert taken(session, path, VARIANTS).forms == 0
        assert session.head() == head
        other = tried(session, variants(tmp_path, "TP53,SNV,0.9", "ERBB2,SNV,0.5"), VARIANTS)
        assert verdicts(other) == ["refused", "refused"]
        assert "列表已有记录" in other.rows[0].reason.zh
        more = tried(session, variants(tmp_path, "TP53,SNV,0.12", "KRAS,SNV,1"), VARIANTS)
        assert verdicts(more) == ["refused", "refused"]


def test_rows_that_contradict_each_other_about_a_sample_are_refused_together(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        lines = (f"{SAMPLE},TP53,SNV,0.12", f"{SAMPLE.replace('POSITIVE', '')},ERBB2,SNV,0.5")
        trial = tried(session, report(tmp_path, *lines, head=VARIANT_HEAD), VARIANTS)
        assert verdicts(trial) == ["refused", "refused"]
        assert "第 3 行" in trial.rows[0].reason.zh


def test_a_list_of_a_negative_sample_is_refused_not_dropped(
    charted: Clinic, tmp_path: Path
) -> None:
    with charted.open() as session:
        open_unscheduled(session)
        negative = SAMPLE.replace("POSITIVE", "NEGATIVE")
        path = report(tmp_path, f"{negative},TP53,SNV,0.12", head=VARIANT_HEAD)
        assert verdicts(tried(session, path, VARIANTS)) == ["refused"]
        path = report(tmp_path, f"{negative},,,", head=VARIANT_HEAD)
        assert verdicts(tried(session, path, VARIANTS)) == ["new"]


def test_a_file_with_a_row_for_each_test_is_told_so_and_nothing_is_to_be_deleted(
    charted: Clinic, tmp_path: Path
) -> None:
    reasons = []
    with charted.open() as session:
        open_unscheduled(session)
        line = "01-001,2027-06-20,UNS#9,5.1,120,g/L,synthetic"
        for column in ("note", "项目"):
            path = report(tmp_path, line, line, head=f"{HEAD},{column}")
            reasons.append(tried(session, path).rows[1].reason.zh)
    plain, by_test = reasons
    assert "请保留一行" in plain
    assert "请勿删行" in by_test


def test_a_day_in_the_window_of_a_visit_without_the_form_names_visit_and_way(
    charted: Clinic, tmp_path: Path
) -> None:
    mapping = LAB.model_copy(update={"event": None, "constants": {}})
    with charted.open() as session:
        subject = consented(session)
        scene = Scene(session.study, Casebook(session).data(subject), vault=False)
        visit = next(
            e
            for e in session.study.events
            if not e.repeating and window(e, scene.today) and "LAB" not in (*e.planned, *e.optional)
        )
        due = window(visit, scene.today)
        assert due is not None
        row = tried(session, report(tmp_path, f"{subject},{due.target},,5,,"), mapping).rows[0]
    assert row.verdict is Verdict.REFUSED
    assert visit.text.zh in row.reason.zh
    assert "计划外访视" in row.reason.zh
