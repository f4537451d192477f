"""Import reports: choose a file, say what its columns fill, look at every row, take them in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mrd_desktop.errors import MrdError
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.importing.by_test import read_report
from mrd_desktop.record.importing.errors import MappingRefused, ReportUnreadable
from mrd_desktop.record.importing.guess import guess_mapping, likely_form
from mrd_desktop.record.importing.mapping import (
    Mappings,
    ReportMapping,
    check_mapping,
    importable,
    unmapped_tests,
)
from mrd_desktop.record.importing.run import Imported, import_report
from mrd_desktop.record.importing.table import ReportTable
from mrd_desktop.record.importing.trial import VERDICTS, RowResult, Trial, Verdict, try_report
from mrd_desktop.study.model import Form
from mrd_desktop.texts import Text
from ui.ask_line import ReasonLine, WordsLine
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Job, Progress
from ui.page import Page
from ui.pages import report_columns as columns
from ui.pages.report_columns import ColumnRow
from ui.theme import Ink, Size, Type
from ui.widgets.bar import Bar
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.folder_field import FolderField
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList
from ui.widgets.tick import Tick
from ui.work import Desk

FILE = Text("Report", "报告文件")
FILE_HINT = Text(
    "A table of the laboratory, CSV or XLSX, its first row naming the columns. Enter reads it.",
    "检验科导出的表格（CSV 或 XLSX），首行为列标题。按 Enter 读取。",
)
_FILES = "CSV, XLSX (*.csv *.txt *.tsv *.xlsx)"
FORM = Text("Fills form: {form}", "填入表单：{form}")
MAPPINGS = Text("Remembered columns…", "已存的列对应…")
KEEP = Text("Remember", "记住列对应")
KEEP_AS = Text("Remember these columns as", "列对应的名称")
KEPT = Text("Remembered as “{name}”.", "已记住列对应“{name}”。")
VIEWS = Text("View", "显示")
COLUMNS = Text("Columns", "列对应")
ALL = Text("All rows", "全部行")
COLUMN = Text("Column of the file", "文件中的列")
EXAMPLE = Text("First value", "首个值")
FILLS = Text("Fills", "填入")
UNIT = Text("Unit", "单位")
ROW = Text("Row", "行")
SUBJECT = Text("Subject", "受试者")
PLACE = Text("Visit", "访视")
VERDICT = Text("Verdict", "结果")
WHY = Text("What it does, or why not", "说明")
REMARKS = Text("Findings", "核查提示")
GUESSED = Text(
    "By its headings this report fills “{form}”: {n} columns. K chooses another form.",
    "按列标题判断，本报告填入“{form}”（{n} 列）。如不符，按 K 改选表单。",
)
UNKNOWN_KIND = Text(
    "No heading is known, so the form stays “{form}”. K chooses another form, Enter says what a "
    "column fills.",
    "未识别出列标题，表单仍为“{form}”。按 K 改选表单，按 Enter 逐列设置。",
)
BY_MAPPING = Text(
    "Read as remembered under “{name}”: fills “{form}”. K chooses another form.",
    "按已存的列对应“{name}”读取，填入“{form}”。按 K 改选表单。",
)
OTHER_FILE = Text("Other file", "另选文件")
NO_FILE = Text("Choose a report first.", "请先选择报告文件。")
GONE = Text(
    "No file can be read there. Check the name, and that the medium is in place.",
    "无法读取该文件，请核对文件名，并确认存储介质已插好。",
)
NO_ROWS = Text("No rows of this kind.", "没有此类行。")
PICK_TARGET = Text("What does this column fill?", "该列填入哪个条目？")
PICK_UNIT = Text("Which unit has this column?", "该列的单位？")
PICK_ITEM = Text("Which item has one value in every row?", "哪个条目每行取同一值？")
VALUE = Text("Value of “{item}” in every row", "每行“{item}”的值")
FIXED = Text("Value for every row", "每行固定值")
SET_UNIT = Text("Unit", "单位")
TRY = Text("Check the rows", "逐行核对")
TAKE = Text("Take in", "导入")
SKIP = Text("Leave refused rows out", "略过被拒绝的行")
SKIP_HINT = Text(
    "{n} refused rows keep everything out. Correct them, or leave them out (S).",
    "有 {n} 行被拒绝，暂不能导入。请更正，或略过这些行（S）。",
)
CHECKING = Text("Checking row {done} of {total}", "正在核对：{done} / {total} 行")
TRIED = Text(
    "Nothing is written yet: {new} new, {same} same, {different} different, {refused} refused.",
    "尚未写入：新增 {new} 行，相同 {same} 行，不同 {different} 行，拒绝 {refused} 行。",
)
NOTHING_TO_DO = Text("Nothing of it is new.", "没有新内容可导入。")
WHY_CHANGE = Text(
    "Forms that hold other values: {n}. Reason for the change", "{n} 份表单已有不同数据，更改原因"
)
DONE = Text(
    "Taken in: {forms} forms, {records} records. They wait incomplete for your look.",
    "已导入 {forms} 份表单（{records} 条记录），状态为未完整，请逐份复核。",
)
STOPPED = Text("Cancelled; nothing was written.", "已取消，未写入任何数据。")
CANCEL = Text("Cancel", "取消")
_LOOKS = {
    Verdict.NEW: (Glyph.ADD, Ink.GOOD),
    Verdict.SAME: (Glyph.CHECK, Ink.SECONDARY),
    Verdict.DIFFERENT: (Glyph.WARNING, Ink.SOFT),
    Verdict.REFUSED: (Glyph.CLOSE, Ink.HARD),
}
_COLUMNS = "columns"


class ImportPart(Page):
    """The whole way of one report on one page."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.table: ReportTable | None = None
        self.form: Form = importable(desk.study)[-1]
        self.mapping = ReportMapping(name="-", form=self.form.oid, subject="", date="")
        self.trial: Trial | None = None
        self._how: Text | None = None
        self._job: Job[object] | None = None
        self._again = False
        self._asked: Callable[[str], None] | None = None
        self.columns = self._column_list()
        self.rows = self._row_list()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.columns)
        self.stack.addWidget(self.rows)
        self.chips = Chips(context, VIEWS)
        self.chips.chosen.connect(self._turn)
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.stack)
        self.reason_line = ReasonLine(context, desk.study.offered_reasons)
        self.reason_line.answered.connect(self._reason_given)
        self.reason_line.left.connect(self._stop_asking)
        self.reason_line.hide()
        self.words_line = WordsLine(context)
        self.words_line.answered.connect(self._words_given)
        self.words_line.left.connect(self._stop_asking)
        self.words_line.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addWidget(self._source())
        column.addWidget(self.chips)
        column.addWidget(ground, 1)
        column.addLayout(self._acts())
        column.addWidget(self.reason_line)
        column.addWidget(self.words_line)
        key = QShortcut(QKeySequence("Ctrl+Return"), self)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.start_taking)
        self._show()

    def title(self) -> Text:
        """Its name."""
        return Text("Import reports", "导入报告")

    def enter(self) -> None:
        """The caret goes to the file, or to the list where a file is open."""
        spot = self.file.asked.line if self.table is None else self._list
        spot.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        """Say what stands on buttons that name something."""
        self._show()

    @property
    def _list(self) -> QWidget:
        return self.columns if self.chips.key == _COLUMNS else self.rows

    # --- building ---------------------------------------------------------------------

    def _source(self) -> Card:
        context = self.context
        card = Card(context)
        self.file = FolderField(
            context, FILE, hint=FILE_HINT, files=_FILES, label_width=72, width=420
        )
        self.file.asked.line.textChanged.connect(lambda _: self.file.asked.approve())
        self.pick_form = Button(context, FORM, glyph=Glyph.DOWN, key="K")
        self.pick_form.clicked.connect(self.ask_form)
        self.known = Button(context, MAPPINGS, glyph=Glyph.DOWN)
        self.known.clicked.connect(self.ask_mapping)
        self.keep = Button(context, KEEP)
        self.keep.clicked.connect(self.ask_name)
        self.read_as = Note(context, size=Type.NOTE)
        self.read_as.setWordWrap(True)
        self.read_as.hide()
        self.other = Button(context, OTHER_FILE, rank=Rank.QUIET, key="O")
        self.other.clicked.connect(self.other_file)
        row = QHBoxLayout()
        row.setSpacing(Size.GAP)
        for button in (self.pick_form, self.known, self.keep):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.other)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.PAD, Size.PAD, Size.PAD, Size.PAD)
        column.setSpacing(Size.GRID)
        column.addWidget(self.file)
        column.addLayout(row)
        column.addWidget(self.read_as)
        return card

    def _acts(self) -> QHBoxLayout:
        context = self.context
        self.target = Button(context, FILLS, key="Enter")
        self.unit = Button(context, SET_UNIT, key="U")
        self.fixed = Button(context, FIXED, key="F")
        self.try_rows = Button(context, TRY, key="T")
        self.take = Button(context, TAKE, rank=Rank.PRIMARY, key="Ctrl+Enter")
        self.stop = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.target.clicked.connect(self.ask_target)
        self.unit.clicked.connect(self.ask_unit)
        self.fixed.clicked.connect(self.ask_fixed)
        self.try_rows.clicked.connect(self.start_trial)
        self.take.clicked.connect(self.start_taking)
        self.stop.clicked.connect(self.cancel)
        self.skip = Tick(context)
        self.skip.toggled.connect(lambda _: self._show())
        self.skip_name = Note(context, SKIP)
        self.skip_name.setBuddy(self.skip)
        self.note = Note(context, size=Type.NOTE, ink=Ink.SECONDARY)
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = Bar()
        row = QHBoxLayout()
        row.setSpacing(Size.GAP)
        for button in (self.target, self.unit, self.fixed):
            row.addWidget(button)
        row.addWidget(self.note, 1)
        row.addWidget(self.bar, 1)
        for widget in (self.skip, self.skip_name, self.stop, self.try_rows, self.take):
            row.addWidget(widget)
        return row

    def _column_list(self) -> Listing[ColumnRow]:
        made: tuple[Column[ColumnRow], ...] = (
            Column(COLUMN, _column_cell, width=220),
            Column(EXAMPLE, lambda c: Cell(c.example, Ink.SECONDARY), width=200),
            Column(FILLS, lambda c: c.cell),
            Column(UNIT, lambda c: Cell(c.unit), width=180),
        )
        found = Listing(self.context, made, COLUMNS)
        found.show_empty(NO_FILE)
        found.opened.connect(lambda _: self.ask_target())
        found.moved.connect(lambda _: self._offer())
        return found

    def _row_list(self) -> Listing[RowResult]:
        made: tuple[Column[RowResult], ...] = (
            Column(ROW, lambda r: Cell(str(r.row), Ink.SECONDARY), width=56, right=True),
            Column(SUBJECT, lambda r: Cell(r.subject, strong=True), width=96),
            Column(PLACE, _place_cell, width=96),
            Column(VERDICT, _verdict_cell, width=104),
            Column(WHY, lambda r: Cell(r.reason)),
            Column(REMARKS, _remarks_cell, width=96, right=True),
        )
        found = Listing(self.context, made, ALL)
        found.show_empty(NO_ROWS)
        found.opened.connect(self._jump)
        return found

    # --- file and mapping -------------------------------------------------------------

    def open_file(self) -> None:
        """Read the file that stands in the field and propose what its columns fill."""
        path = self.file.path
        if path is None:
            self.file.asked.refuse(NO_FILE)
            return
        try:
            self.table = read_report(self.desk.study, path)
        except ReportUnreadable as refused:
            self.file.asked.refuse(refused.text)
            return
        except OSError:
            self.file.asked.refuse(GONE)
            return
        self.file.asked.approve()
        self.trial = None
        fitting = [m for m in Mappings(self.desk.session).all() if self._fits(m)]
        if fitting:
            self.use(fitting[0])
            how = BY_MAPPING
        else:
            how = self._guess(self.table)
        self._how = how
        self._show()
        self.chips.choose(_COLUMNS)
        self.columns.setFocus(Qt.FocusReason.OtherFocusReason)
        remarks = (self.table.remark, unmapped_tests(self.mapping, self.table))
        said = [r for r in remarks if r is not None]
        if said:
            self.said.emit(Text(" ".join(t.en for t in said), "".join(t.zh for t in said)))

    def _guess(self, table: ReportTable) -> Text:
        """Fill the form of which the file names the most items, the chosen one if it names none."""
        study = self.desk.study
        likely = likely_form(study, table)
        self.choose_form((likely or self.form).oid)
        return GUESSED if likely else UNKNOWN_KIND

    def _fits(self, mapping: ReportMapping) -> bool:
        assert self.table is not None
        try:
            check_mapping(self.desk.study, mapping, self.table)
        except MappingRefused:
            return False
        return True

    def use(self, mapping: ReportMapping) -> None:
        """Read the columns so; what was tried before counts no more."""
        self.mapping = mapping
        self.form = self.desk.study.by_form[mapping.form]
        self.trial = None
        self._show()

    def choose_form(self, oid: str) -> None:
        """Fill another form: the columns are proposed anew."""
        form = self.desk.study.by_form[oid]
        if self.table is None:
            self.use(self.mapping.model_copy(update={"form": oid, "columns": (), "constants": {}}))
        else:
            self.use(guess_mapping(self.desk.study, form, self.table))

    def ask_form(self) -> None:
        """Which form the report fills."""
        forms = importable(self.desk.study)
        options = [Option(str(n), f.text, f.oid) for n, f in enumerate(forms, 1)]

        def act(oid: str) -> None:
            self._how = None
            self.choose_form(oid)

        self._pick(FILLS, options, self.pick_form, act, current=self.form.oid)

    def other_file(self) -> None:
        """Back to the file box, its text marked to be typed over."""
        self.file.asked.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.file.asked.line.selectAll()

    def ask_mapping(self) -> None:
        """Which of the remembered mappings to use."""
        known = {m.name: m for m in Mappings(self.desk.session).all()}
        options = [Option(str(n), Text(m, m), m) for n, m in enumerate(known, 1)]
        self._pick(MAPPINGS, options, self.known, lambda name: self.use(known[name]))

    def ask_name(self) -> None:
        """Remember the columns under a name."""
        name = "" if self.mapping.name == "-" else self.mapping.name
        self._ask(KEEP_AS, name, self._keep)

    def _keep(self, name: str) -> None:
        if not name:
            return
        mapping = self.mapping.model_copy(update={"name": name[:60]})
        try:
            Mappings(self.desk.session).keep(mapping)
        except MrdError as refused:
            self.said.emit(refused.text)
            return
        self.mapping = mapping
        self.said.emit(KEPT.filled(name=mapping.name))

    def ask_target(self) -> None:
        """What the marked column fills; of a value for every row, which value."""
        row = self.columns.current
        if self.table is None or row is None:
            return
        if not row.column:
            self._ask_value(row.target)
            return

        def act(target: str) -> None:
            self.use(columns.assigned(self.form, self.mapping, row.column, target))

        options = columns.targets(self.form)
        self._pick(PICK_TARGET, options, self.target, act, current=row.target)

    def ask_unit(self) -> None:
        """Which unit the marked column has."""
        row = self.columns.current
        if self.table is None or row is None or not row.unit or not row.column:
            return
        item = self.desk.study.by_item[row.target]

        def act(unit: str) -> None:
            self.use(columns.with_unit(self.mapping, row.column, unit))

        options = columns.units(self.desk.study, item, self.table)
        self._pick(PICK_UNIT, options, self.unit, act)

    def ask_fixed(self) -> None:
        """A value that every row has, though no column says it."""
        if self.table is not None:
            self._pick(PICK_ITEM, columns.items(self.form), self.fixed, self._ask_value)

    def _ask_value(self, oid: str) -> None:
        item = self.desk.study.by_item[oid].text
        prompt = Text(VALUE.en.format(item=item.en), VALUE.zh.format(item=item.zh))
        standing = self.mapping.constants.get(oid, "")
        self._ask(
            prompt, standing, lambda text: self.use(columns.with_constant(self.mapping, oid, text))
        )

    # --- trial and run ----------------------------------------------------------------

    def start_trial(self) -> None:
        """Check every row, in a worker; nothing is written."""
        table, mapping, session = self.table, self.mapping, self.desk.session
        if table is None or self._job is not None:
            return
        self._run(lambda tell: try_report(session, table, mapping, tell), self._tried)

    def _tried(self, trial: Trial) -> None:
        self.trial = trial
        self.skip.setChecked(False)
        self._show()
        worst = next((v for v in (Verdict.REFUSED, Verdict.DIFFERENT) if trial.count(v)), "all")
        self.chips.choose(str(worst))
        self._turn(self.chips.key)
        self.rows.setFocus(Qt.FocusReason.OtherFocusReason)

    def start_taking(self) -> None:
        """Take the rows in; asks for the reason first where recorded values change."""
        if not self.take.isEnabled() or self.trial is None:
            return
        different = self.trial.count(Verdict.DIFFERENT)
        if different:
            self.reason_line.ask(WHY_CHANGE.filled(n=different))
            self.reason_line.show()
            self.reason_line.take_focus()
        else:
            self._take(None)

    def _take(self, reason: ChangeReason | None) -> None:
        table, mapping, session = self.table, self.mapping, self.desk.session
        skip = self.skip.isChecked()
        if table is None or self._job is not None:
            return
        self._run(
            lambda tell: import_report(
                session, table, mapping, reason=reason, skip_refused=skip, tell=tell
            ),
            self._taken,
        )

    def _taken(self, done: Imported) -> None:
        if done.forms:
            self.said.emit(DONE.filled(forms=done.forms, records=done.records))
            self.desk.census.refresh()
        self.reason_line.clear()
        self.trial = done.trial
        self._again = bool(done.forms)

    def cancel(self) -> None:
        """Stop checking; nothing was written yet."""
        if self._job is not None:
            self._job.cancel()

    def _run(self, work: Callable[[Progress], object], then: Callable[..., None]) -> None:
        job = self.desk.run(work)
        self._job = job
        self.bar.follow(job)
        self._show()
        job.progressed.connect(self._progressed)
        job.ended.connect(self._over)
        job.finished.connect(then)
        job.refused.connect(self.say_refused)
        job.stopped.connect(lambda: self.said.emit(STOPPED))

    def _progressed(self, done: int, total: int) -> None:
        self.note.show_text(CHECKING.filled(done=done, total=total))

    def _over(self) -> None:
        self._job = None
        self._show()
        if self._again:  # checked anew, the rows show what stands now
            self._again = False
            self.start_trial()

    # --- asking -----------------------------------------------------------------------

    def _pick(
        self,
        title: Text,
        options: Sequence[Option],
        anchor: QWidget,
        act: Callable[[str], None],
        *,
        current: str = "",
    ) -> None:
        pick = PickList(self.context, title, options, anchor, current=current)
        pick.chosen.connect(act)
        pick.closed.connect(self.enter)
        pick.open_at(anchor)

    def _ask(self, prompt: Text, standing: str, act: Callable[[str], None]) -> None:
        self._asked = act
        self.words_line.ask(prompt, standing)

    def _words_given(self) -> None:
        act = self._asked
        self._stop_asking()
        if act is not None:
            act(self.words_line.words())

    def _reason_given(self) -> None:
        answer = self.reason_line.answer()
        if answer is None:
            self.reason_line.take_focus()
            return
        self._stop_asking()
        self._take(ChangeReason(*answer))

    def _stop_asking(self) -> None:
        self._asked = None
        self.words_line.hide()
        self.reason_line.hide()
        self.enter()

    # --- showing ----------------------------------------------------------------------

    def _show(self) -> None:
        self._show_chips()
        name = self.form.text
        self.pick_form.show_text(Text(FORM.en.format(form=name.en), FORM.zh.format(form=name.zh)))
        self.skip.setAccessibleName(self.context.say(SKIP))
        if self.table is not None:
            rows = columns.column_rows(self.desk.study, self.table, self.mapping)
            self.columns.show_rows(rows, lambda c: c.column or c.target)
        self._show_rows()
        self._offer()

    def _show_chips(self) -> None:
        filled = len(self.mapping.columns) + len(self.mapping.constants)
        choices = [Choice(_COLUMNS, COLUMNS, filled if self.table else None)]
        if self.trial is not None:
            choices.append(Choice("all", ALL, len(self.trial.rows)))
            choices += [Choice(v.value, VERDICTS[v], self.trial.count(v)) for v in Verdict]
        self.chips.show_choices(choices)
        self._turn(self.chips.key)

    def _turn(self, _: str) -> None:
        self.stack.setCurrentWidget(self._list)
        self._show_rows()
        self._offer()

    def _show_rows(self) -> None:
        if self.trial is not None:
            key = self.chips.key
            shown = [r for r in self.trial.rows if key in ("all", r.verdict.value)]
            self.rows.show_rows(shown, lambda r: r.row)

    def _offer(self) -> None:
        """What may be done now, and what keeps the rest from being done."""
        busy, trial = self._job is not None, self.trial
        at_columns = self.stack.currentWidget() is self.columns
        row = self.columns.current
        for button in (self.target, self.unit, self.fixed):
            button.setVisible(at_columns and self.table is not None)
        self.unit.setEnabled(row is not None and bool(row.unit) and bool(row.column))
        refused = trial.count(Verdict.REFUSED) if trial else 0
        changes = trial is not None and any(r.intent for r in trial.rows)
        self.skip.setVisible(bool(refused))
        self.skip_name.setVisible(bool(refused))
        self.keep.setEnabled(self.table is not None)
        self.try_rows.setEnabled(self.table is not None and not busy)
        self.take.setEnabled(not busy and changes and (not refused or self.skip.isChecked()))
        self.stop.setVisible(busy)
        self.read_as.show_text(self._read_as())
        self.read_as.setVisible(self._how is not None and trial is None)
        if trial is None or busy:
            self.note.show_text("")
        elif not changes:
            self.note.show_text(NOTHING_TO_DO)
        elif refused and not self.skip.isChecked():
            self.note.show_text(SKIP_HINT.filled(n=refused), Ink.SOFT)
        else:
            counts = {v.value: trial.count(v) for v in Verdict}
            self.note.show_text(TRIED.filled(**counts), Ink.SECONDARY)

    def _read_as(self) -> Text:
        """How the kind of report was found, as long as nothing is tried."""
        if self._how is None or self.table is None:
            return Text("", "")
        form, how = self.form.text, self._how
        facts = {"n": str(len(self.mapping.columns)), "name": self.mapping.name}
        return Text(how.en.format(form=form.en, **facts), how.zh.format(form=form.zh, **facts))

    def _jump(self, row: RowResult) -> None:
        if row.key is not None:
            self.desk.go(row.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter reads the file; letters act on the lists."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        in_list = self.columns.hasFocus() or self.rows.hasFocus()
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_U: self.ask_unit,
            Qt.Key.Key_F: self.ask_fixed,
            Qt.Key.Key_T: self.start_trial,
            Qt.Key.Key_S: self.skip.toggle,
            Qt.Key.Key_K: self.ask_form,
            Qt.Key.Key_O: self.other_file,
            Qt.Key.Key_Right: lambda: self.chips.step(1),
            Qt.Key.Key_Left: lambda: self.chips.step(-1),
            Qt.Key.Key_Escape: self.cancel if self._job is not None else self.other_file,
        }
        act = acts.get(event.key())
        focused = self.focusWidget()
        if enter and focused is self.file.asked.line:
            self.open_file()
        elif enter and isinstance(focused, Button):
            focused.click()
        elif act is not None and in_list and not event.modifiers():
            act()
        else:
            super().keyPressEvent(event)


def _column_cell(row: ColumnRow) -> Cell:
    if row.column:
        return Cell(row.column, strong=True)
    return Cell(columns.EVERY_ROW, Ink.SECONDARY)


def _place_cell(row: RowResult) -> Cell:
    if row.key is None:
        return Cell("")
    event = row.key.event
    return Cell(f"{event.event} {event.repeat}" if event.repeat > 1 else event.event)


def _verdict_cell(row: RowResult) -> Cell:
    glyph, ink = _LOOKS[row.verdict]
    return Cell(VERDICTS[row.verdict], ink, glyph)


def _remarks_cell(row: RowResult) -> Cell:
    return Cell(str(row.remarks), Ink.SOFT) if row.remarks else Cell("")
