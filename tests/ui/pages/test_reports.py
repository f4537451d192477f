"""Reports and ranges by keyboard: from the file to saved forms, with nothing written before."""

from __future__ import annotations

from pathlib import Path

import openpyxl
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.importing.guess import guess_mapping
from mrd_desktop.record.importing.mapping import Mappings
from mrd_desktop.record.importing.run import import_report
from mrd_desktop.record.importing.table import read_table
from mrd_desktop.record.labrange import LabRanges
from mrd_desktop.study.address import FormKey, ItemKey, RowKey
from mrd_desktop.vault.session import Session
from tests.ui.pages.kit import SignIn, focus, line, press, settled
from tests.ui.pages.look.glance import check
from ui.app import Program
from ui.form.history import version_line
from ui.pages.report_import import ImportPart
from ui.pages.report_ranges import RangesPart
from ui.pages.reports import ReportsPage

LAB = "合成检验科"


def lab_form(session: Session) -> tuple[FormKey, str]:
    found = Casebook(session).chart("01-001").scene.forms("LAB")[0]
    return found.form.key, str(found.day("LAB.LBDAT"))


def recorded(session: Session, key: FormKey, item: str) -> str:
    forms = Casebook(session).data("01-001").by_key[key]
    return next(a.text for k, a in forms.answers() if k.item == item)


def verdicts(part: ImportPart) -> list[str]:
    return [r.verdict.value for r in part.trial.rows] if part.trial else []


def reports(program: Program, part: str) -> ReportsPage:
    page = program.shell.go("reports")
    assert isinstance(page, ReportsPage)
    page.show_part(part)
    return page


def test_a_report_from_file_to_form(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    desk = program.desk
    assert desk is not None
    session = desk.session
    key, day = lab_form(session)
    file = tmp_path / "report.csv"
    file.write_text(f"编号,采样日期,白细胞计数\n01-001,{day},7.77\n01-099,{day},5\n", "gb18030")
    page = reports(program, "import")
    part = page.parts["import"]
    assert isinstance(part, ImportPart)
    qtbot.waitUntil(lambda: focus() is part.file.asked.line)
    before = session.head()
    line(qtbot, str(file))
    assert focus() is part.columns
    check(qtbot, program, "columns")
    press(qtbot, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: part.trial is not None and part._job is None, timeout=10_000)
    check(qtbot, program, "rows")
    assert part.chips.key == "refused"
    assert not part.take.isEnabled(), "a refused row keeps everything out"
    press(qtbot, Qt.Key.Key_S)
    assert part.take.isEnabled()
    assert session.head() == before
    press(qtbot, Qt.Key.Key_Return, ctrl=True)
    assert part.reason_line.isVisible(), "a recorded value changes only with a reason"
    check(qtbot, program, "reason")
    line(qtbot, "2")
    qtbot.waitUntil(lambda: recorded(session, key, "WBCVAL") == "7.77", timeout=10_000)
    qtbot.waitUntil(lambda: verdicts(part) == ["same", "refused"], timeout=10_000)
    qtbot.waitUntil(lambda: part._job is None, timeout=10_000)
    settled(qtbot, program)


def test_columns_are_changed_and_remembered(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    desk = program.desk
    assert desk is not None
    file = tmp_path / "report.csv"
    file.write_text("no,day,x\n01-001,2027-01-01,13.1\n", "utf-8")
    page = reports(program, "import")
    part = page.parts["import"]
    assert isinstance(part, ImportPart)
    part.choose_form("LAB")
    qtbot.waitUntil(lambda: focus() is part.file.asked.line)
    line(qtbot, str(file))
    part.choose_form("LAB")
    part.columns.selectRow(2)
    press(qtbot, Qt.Key.Key_Return)
    line(qtbot, "LAB.HGBVAL")
    press(qtbot, Qt.Key.Key_U)
    line(qtbot, "g/dL")
    press(qtbot, Qt.Key.Key_F)
    line(qtbot, "LAB.PERF")
    line(qtbot, "Y")
    part.ask_name()
    line(qtbot, "hb")
    kept = Mappings(desk.session).find("hb")
    assert [(u.column, u.item, u.unit) for u in kept.columns] == [("x", "LAB.HGBVAL", "g/dL")]
    assert kept.constants == {"LAB.PERF": "Y"}
    part.use(kept.model_copy(update={"columns": ()}))
    part.open_file()
    assert part.mapping == kept, "the remembered columns come back with a file they fit"


def test_the_kind_of_report_is_told_and_changed_by_key(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = reports(program, "import").parts["import"]
    assert isinstance(part, ImportPart)
    qtbot.waitUntil(lambda: focus() is part.file.asked.line)
    file = tmp_path / "report.csv"
    file.write_text("编号,采样日期,白细胞,血小板\n01-001,2027-01-01,5,200\n", "utf-8")
    line(qtbot, str(file))
    assert part.form.oid == "LAB"
    assert part.read_as.isVisible()
    assert "实验室检查" in part.read_as.text() and "2 列" in part.read_as.text()
    check(qtbot, program, "kind told")
    press(qtbot, Qt.Key.Key_K)
    line(qtbot, "zlbz")
    assert part.form.oid == "TM"
    assert not part.read_as.isVisible(), "what a person chose was not guessed"
    qtbot.waitUntil(lambda: focus() is part.columns)
    press(qtbot, Qt.Key.Key_O)
    assert focus() is part.file.asked.line
    file.write_text("编号,采样日期,x\n01-001,2027-01-01,5\n", "utf-8")
    press(qtbot, Qt.Key.Key_Return)
    assert part.form.oid == "TM", "a report of unknown headings changes no form"
    assert "未识别" in part.read_as.text()
    press(qtbot, Qt.Key.Key_Escape)
    assert focus() is part.file.asked.line


def test_a_file_that_is_no_table_is_refused_in_place(
    qtbot: QtBot, sign_in: SignIn, tmp_path: Path
) -> None:
    program = sign_in("crc")
    part = reports(program, "import").parts["import"]
    assert isinstance(part, ImportPart)
    for name, data in (("a.xls", b"\xd0\xcf\x11\xe0old"), ("b.csv", b"one\n")):
        (tmp_path / name).write_bytes(data)
        part.file.set_path(tmp_path / name)
        part.open_file()
        assert part.table is None
    part.file.set_path(tmp_path / "nothing.csv")
    part.open_file()
    assert part.table is None
    check(qtbot, program, "refused file")


def test_sheets_that_are_not_read_are_named(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    part = reports(program, "import").parts["import"]
    assert isinstance(part, ImportPart)
    book = openpyxl.Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("六月")):
        sheet.append(["编号", "白细胞计数"])
        sheet.append(["01-001", 5])
    book.save(tmp_path / "two.xlsx")
    part.file.set_path(tmp_path / "two.xlsx")
    with qtbot.waitSignal(part.said) as told:
        part.open_file()
    assert "六月" in told.args[0].zh
    assert part.table is not None


def test_ranges_are_added_changed_and_withdrawn(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("crc")
    desk = program.desk
    assert desk is not None
    ranges = LabRanges(desk.session)
    part = reports(program, "ranges").parts["ranges"]
    assert isinstance(part, RangesPart)
    part.choose_test("LAB.WBCVAL")
    for field, text in ((part.laboratory, LAB), (part.low, "9.5"), (part.high, "3.5")):
        field.line.setText(text)
    part.valid_from.line.setText("2026-01-01")
    part.submit()
    assert ranges.all() == (), "crossed limits are refused"
    assert part.wrong.text()
    part.low.line.setText("3.5")
    part.high.line.setText("9.5")
    part.high.line.setFocus()
    press(qtbot, Qt.Key.Key_Return)
    assert [k.range.high for k in ranges.all()] == ["9.5"]
    qtbot.waitUntil(lambda: focus() is part.list)
    check(qtbot, program, "ranges")
    press(qtbot, Qt.Key.Key_Return)
    assert focus() is part.high.line
    line(qtbot, "9.9")
    assert part.reason_line.isVisible()
    check(qtbot, program, "range changed")
    line(qtbot, "1")
    assert [k.range.high for k in ranges.all()] == ["9.9"]
    qtbot.waitUntil(lambda: focus() is part.list)
    press(qtbot, Qt.Key.Key_Delete)
    line(qtbot, "1")
    assert ranges.all() == ()


def test_a_monitor_sees_ranges_and_changes_none(qtbot: QtBot, sign_in: SignIn) -> None:
    program = sign_in("cra")
    page = reports(program, "ranges")
    assert list(page.parts) == ["ranges"]
    part = page.parts["ranges"]
    assert isinstance(part, RangesPart)
    assert not part.save.isVisible()
    check(qtbot, program, "monitor")


def test_history_says_what_was_imported(qtbot: QtBot, sign_in: SignIn, tmp_path: Path) -> None:
    program = sign_in("crc")
    desk = program.desk
    assert desk is not None
    key, day = lab_form(desk.session)
    file = tmp_path / "report.csv"
    file.write_text(f"编号,采样日期,白细胞计数\n01-001,{day},7.77\n", "utf-8")
    table = read_table(file)
    mapping = guess_mapping(desk.study, desk.study.by_form["LAB"], table)
    import_report(desk.session, table, mapping, reason=ChangeReason("SOURCE"))
    item = ItemKey(RowKey(key, "WBC"), "WBCVAL")
    page = desk.open_form(key, at=item)
    assert page is not None
    newest, oldest = (
        version_line(page.view, item, v).first for v in reversed(desk.book.history(item))
    )
    assert "导入" in newest
    assert "导入" not in oldest
