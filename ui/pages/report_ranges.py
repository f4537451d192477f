"""Laboratory ranges: what each laboratory calls normal, since when and for whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from mrd_desktop.errors import MrdError
from mrd_desktop.record.entries import ChangeReason, Reference
from mrd_desktop.record.errors import RangeRefused
from mrd_desktop.record.importing.cells import read_day
from mrd_desktop.record.labrange import (
    KnownRange,
    LabRange,
    LabRanges,
    checked_range,
    measured_items,
    sexes,
)
from mrd_desktop.study.errors import ValueRefused
from mrd_desktop.study.model import Item
from mrd_desktop.study.unit_words import unit_in_print
from mrd_desktop.texts import Text
from ui.ask_line import ReasonLine
from ui.context import Context
from ui.finder import fits
from ui.icons import Glyph
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.line import Line
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList
from ui.work import Desk

HEADING = Text("Laboratory ranges", "实验室参考范围")
EXPLAINED = Text(
    "Where laboratory, day, sex and age fit one range, its limits are filled into empty fields of "
    "the form. Values already filled stay when a range changes.",
    "实验室、采样日期、性别和年龄符合某一范围时，表单中空白的上下限自动带出；"
    "更改参考范围不影响已填的数据。",
)
SEARCH = Text("Laboratory, test…", "实验室、项目…")
NONE = Text("No range yet. Add the first one below.", "尚无参考范围，请在下方添加。")
LABORATORY = Text("Laboratory", "实验室")
TEST = Text("Test", "检验项目")
CHOOSE_TEST = Text("Choose a test", "选择检验项目")
SEX = Text("Sex", "性别")
BOTH = Text("Both sexes", "不分性别")
AGE = Text("Age", "年龄")
LIMITS = Text("Limits", "参考范围")
UNIT = Text("Unit", "单位")
VALID = Text("Sampled", "采样日期")
LOW = Text("Lower limit", "参考下限")
HIGH = Text("Upper limit", "参考上限")
FROM = Text("From", "起始日期")
TO = Text("To", "截止日期")
AGE_FROM = Text("Age from", "年龄自")
AGE_TO = Text("Age to", "年龄至")
NEW = Text("New range", "新增参考范围")
CHANGE = Text("Change", "更改")
WITHDRAW = Text("Withdraw", "撤销")
CANCEL = Text("Cancel", "取消")
ADD = Text("Add", "添加")
SAVE = Text("Save the change", "保存更改")
WHY = Text("Reason for the change", "更改原因")
WHY_WITHDRAW = Text("Reason for withdrawing", "撤销原因")
KEPT = Text("The range is recorded.", "参考范围已记录。")
GONE = Text("The range is withdrawn.", "参考范围已撤销。")
SINCE = Text("from {day}", "{day} 起")
NO_AGE = Text("Whole years, or nothing.", "请填整岁数，或留空。")
OPEN_END = Text("Empty: in force.", "留空表示仍在使用。")
_LABEL = 76
_FIELD = 116


class RangesPart(Page):
    """The list, and below it one range to add or change."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self.ranges = LabRanges(desk.session)
        self.tests = measured_items(desk.study)
        self.sexes = {"": BOTH, **sexes(desk.study)}
        self._known: tuple[KnownRange, ...] = ()
        self._changing: Reference | None = None
        self._item, self._sex, self._unit = "", "", ""
        self._act: Callable[[ChangeReason], object] | None = None
        self.search = Line(context)
        self.search.setFixedWidth(Size.POPUP - 2 * Size.MARGIN)
        self.search.textEdited.connect(lambda _: self._show())
        explained = Note(context, EXPLAINED, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        head = QHBoxLayout()
        head.setSpacing(Size.PAD)
        head.addWidget(explained, 1)
        head.addWidget(self.search)
        self.list: Listing[KnownRange] = Listing(context, self._columns(), HEADING)
        self.list.show_empty(NONE)
        self.list.opened.connect(self.begin_change)
        self.list.moved.connect(lambda _: self._offer())
        ground = Card(context)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.reason_line = ReasonLine(context, desk.study.offered_reasons)
        self.reason_line.answered.connect(self._reason_given)
        self.reason_line.left.connect(self._stop_asking)
        self.reason_line.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Size.GAP)
        column.addLayout(head)
        column.addWidget(ground, 1)
        column.addWidget(self._editor())
        column.addWidget(self.reason_line)
        self.retranslate()

    def title(self) -> Text:
        """Its name."""
        return HEADING

    def enter(self) -> None:
        """Read anew; the caret is in the list, or in the first field where it is empty."""
        if self.desk.session.locked:
            return
        self._known = self.ranges.all()
        self._show()
        (self.list if self._known else self.laboratory.line).setFocus()

    def retranslate(self) -> None:
        """Say the prompt anew."""
        self.search.setPlaceholderText(self.context.say(SEARCH))
        self.search.setAccessibleName(self.context.say(SEARCH))

    # --- building ---------------------------------------------------------------------

    def _columns(self) -> tuple[Column[KnownRange], ...]:
        return (
            Column(LABORATORY, lambda k: Cell(k.range.laboratory, strong=True), width=200),
            Column(TEST, lambda k: Cell(self._test_name(k.range.item))),
            Column(SEX, lambda k: Cell(self.sexes.get(k.range.sex, BOTH), small=True), width=96),
            Column(AGE, lambda k: Cell(span(k.range.age_from, k.range.age_to)), width=88),
            Column(LIMITS, lambda k: Cell(span(k.range.low, k.range.high)), width=128, right=True),
            Column(UNIT, lambda k: Cell(unit_in_print(k.range.unit), Ink.SECONDARY), width=96),
            Column(VALID, lambda k: Cell(_valid(k)), width=200),
        )

    def _editor(self) -> Card:
        context = self.context
        card = Card(context)
        self.heading = Note(context, NEW, strong=True)
        self.laboratory = Asked(context, LABORATORY, width=240, limit=60, label_width=_LABEL)
        self.low = Asked(context, LOW, width=_FIELD, limit=12, label_width=_LABEL)
        self.high = Asked(context, HIGH, width=_FIELD, limit=12, label_width=_LABEL)
        self.valid_from = Asked(context, FROM, width=_FIELD, limit=12, label_width=_LABEL)
        self.valid_to = Asked(
            context, TO, hint=OPEN_END, width=_FIELD, limit=12, label_width=_LABEL
        )
        self.age_from = Asked(context, AGE_FROM, width=_FIELD, limit=3, label_width=_LABEL)
        self.age_to = Asked(context, AGE_TO, width=_FIELD, limit=3, label_width=_LABEL)
        self.test = Button(context, CHOOSE_TEST, glyph=Glyph.DOWN)
        self.sex = Button(context, BOTH, glyph=Glyph.DOWN)
        self.unit = Button(context, UNIT, glyph=Glyph.DOWN)
        self.test.clicked.connect(self.ask_test)
        self.sex.clicked.connect(self.ask_sex)
        if len(self.sexes) == 1:
            self.sex.hide()
        self.unit.clicked.connect(self.ask_unit)
        self.wrong = Note(context, size=Type.NOTE, ink=Ink.HARD)
        self.withdraw = Button(context, WITHDRAW, key="Del")
        self.leave_change = Button(context, CANCEL, rank=Rank.QUIET, key="Esc")
        self.save = Button(context, ADD, rank=Rank.PRIMARY, key="Enter")
        self.withdraw.clicked.connect(self.ask_withdraw)
        self.leave_change.clicked.connect(self.begin_new)
        self.save.clicked.connect(self.submit)
        grid = QGridLayout()
        grid.setHorizontalSpacing(Size.MARGIN)
        grid.setVerticalSpacing(0)
        choices = QHBoxLayout()
        choices.setSpacing(Size.GAP)
        for button in (self.test, self.unit, self.sex):
            choices.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        choices.addStretch(1)
        grid.addWidget(self.laboratory, 0, 0)
        grid.addLayout(choices, 0, 1, 1, 3)
        for number, field in enumerate((self.low, self.high)):
            grid.addWidget(field, 1 + number, 0)
        for number, field in enumerate((self.valid_from, self.valid_to)):
            grid.addWidget(field, 1 + number, 1)
        for number, field in enumerate((self.age_from, self.age_to)):
            grid.addWidget(field, 1 + number, 2)
        grid.setColumnStretch(3, 1)
        acts = QHBoxLayout()
        acts.setSpacing(Size.GAP)
        acts.addWidget(self.heading)
        acts.addWidget(self.wrong, 1)
        for act in (self.withdraw, self.leave_change, self.save):
            acts.addWidget(act)
        column = QVBoxLayout(card)
        column.setContentsMargins(Size.PAD, Size.GAP, Size.PAD, Size.GAP)
        column.setSpacing(Size.GAP)
        column.addLayout(acts)
        column.addLayout(grid)
        if not self.desk.session.allows("form.edit"):
            card.hide()
        return card

    # --- acts -------------------------------------------------------------------------

    def begin_new(self) -> None:
        """An empty range, or what is typed of one."""
        self._changing = None
        self.wrong.show_text("")
        self.heading.show_text(NEW)
        self.save.show_text(ADD)
        self._stop_asking()

    def begin_change(self, known: KnownRange) -> None:
        """Put a range of the list into the fields."""
        if not self.desk.session.allows("form.edit"):
            return
        r = known.range
        self._changing = known.by
        self.choose_test(r.item)
        self.choose_sex(r.sex)
        self.choose_unit(r.unit)
        for field, value in (
            (self.laboratory, r.laboratory),
            (self.low, r.low),
            (self.high, r.high),
            (self.valid_from, r.valid_from),
            (self.valid_to, r.valid_to),
            (self.age_from, r.age_from),
            (self.age_to, r.age_to),
        ):
            field.line.setText("" if value is None else str(value))
        self.wrong.show_text("")
        self.heading.show_text(CHANGE)
        self.save.show_text(SAVE)
        self._offer()
        self.high.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.high.line.selectAll()

    def choose_test(self, oid: str) -> None:
        """The test; its unit follows."""
        self._item = oid
        self.test.show_text(self._test_name(oid))
        self.choose_unit(self._measured(oid).unit or "")

    def choose_sex(self, code: str) -> None:
        """For whom."""
        self._sex = code
        self.sex.show_text(self.sexes[code])

    def choose_unit(self, unit: str) -> None:
        """In which unit the limits are."""
        self._unit = unit
        shown = unit_in_print(unit)
        self.unit.show_text(Text(shown, shown))

    def ask_test(self) -> None:
        """Which test."""
        options = [Option("", self._test_name(oid), oid) for oid in self.tests]
        self._pick(TEST, options, self.test, self.choose_test)

    def ask_sex(self) -> None:
        """Which sex."""
        options = [Option(str(n), t, c) for n, (c, t) in enumerate(self.sexes.items())]
        self._pick(SEX, options, self.sex, self.choose_sex)

    def ask_unit(self) -> None:
        """Which unit."""
        if not self._item:
            self.ask_test()
            return
        study = self.desk.study
        own = self._measured(self._item).unit or ""
        units = [own, *(c.unit for c in study.conversions if c.item == self._item)]
        options = [Option("", Text(u, u), u) for u in units]
        self._pick(UNIT, options, self.unit, self.choose_unit)

    def submit(self) -> None:
        """Record the new range; of a changed one, ask why first."""
        try:
            typed = self._typed()
            checked_range(self.desk.study, typed)
        except ValueRefused as refused:
            self.wrong.show_text(refused.reason, Ink.HARD)
            return
        except RangeRefused as refused:
            self.wrong.show_text(refused.text, Ink.HARD)
            return
        by = self._changing
        if by is None:
            self._try(lambda: self.ranges.set(typed), KEPT)
            return
        self._ask(WHY, lambda reason: self.ranges.set(typed, replaces=by, reason=reason))

    def ask_withdraw(self) -> None:
        """Take the marked range out of force, with a reason."""
        known = self.list.current
        if known is not None and self.withdraw.isEnabled():
            by = known.by
            self._ask(WHY_WITHDRAW, lambda reason: self.ranges.withdraw(by, reason))

    def _typed(self) -> LabRange:
        return LabRange(
            laboratory=self.laboratory.text,
            item=self._item,
            valid_from=read_day(self.valid_from.text),
            unit=self._unit,
            low=self.low.text or None,
            high=self.high.text or None,
            sex=self._sex,
            age_from=_years(self.age_from.text),
            age_to=_years(self.age_to.text),
            valid_to=read_day(self.valid_to.text) if self.valid_to.text else None,
        )

    def _try(self, act: Callable[[], object], done: Text) -> None:
        try:
            act()
        except MrdError as refused:
            self.wrong.show_text(refused.text, Ink.HARD)
            return
        self.said.emit(done)
        self.reason_line.clear()
        for field in (self.low, self.high):
            field.line.clear()
        self.begin_new()
        self.enter()

    def _ask(self, prompt: Text, act: Callable[[ChangeReason], object]) -> None:
        self._act = act
        self.reason_line.ask(prompt)
        self.reason_line.show()
        self.reason_line.take_focus()

    def _reason_given(self) -> None:
        answer, act = self.reason_line.answer(), self._act
        if answer is None or act is None:
            self.reason_line.take_focus()
            return
        reason = ChangeReason(*answer)
        self.reason_line.hide()
        self._try(lambda: act(reason), GONE if self._changing is None else KEPT)

    def _stop_asking(self) -> None:
        self._act = None
        self.reason_line.hide()
        self._offer()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pick(
        self, title: Text, options: Sequence[Option], anchor: Button, act: Callable[[str], None]
    ) -> None:
        pick = PickList(self.context, title, options, anchor)
        pick.chosen.connect(act)
        pick.open_at(anchor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field records; Del in the list withdraws; Esc leaves a change."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        focused = self.focusWidget()
        if enter and isinstance(focused, Button):
            focused.click()
        elif enter and isinstance(focused, Line) and focused is not self.search:
            self.submit()
        elif event.key() == Qt.Key.Key_Delete and self.list.hasFocus():
            self.ask_withdraw()
        elif event.key() == Qt.Key.Key_Slash and self.list.hasFocus():
            self.search.setFocus()
        elif event.key() == Qt.Key.Key_Escape and self._changing is not None:
            self.begin_new()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Escape) and self.search.hasFocus():
            self.list.setFocus()
        else:
            super().keyPressEvent(event)

    # --- showing ----------------------------------------------------------------------

    def _show(self) -> None:
        typed = self.search.text().strip()
        shown = [
            k
            for k in self._known
            if fits(typed, k.range.laboratory, self._test_name(k.range.item), k.range.item)
        ]
        self.list.show_rows(shown, lambda k: (k.range.laboratory, k.range.item, k.range.sex))
        self._offer()

    def _offer(self) -> None:
        self.withdraw.setEnabled(self.list.current is not None and self._changing is None)
        self.leave_change.setVisible(self._changing is not None)

    def _measured(self, oid: str) -> Item:
        return self.tests[oid].item

    def _test_name(self, oid: str) -> Text:
        """The name of the test, without the word for its value."""
        found = self.tests.get(oid)
        if found is None:
            return Text(oid, oid)
        return found.group.text if len(found.group.items) <= 5 else found.item.text


def span(low: object, high: object) -> str:
    """Two ends of a range, one of them open perhaps."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"≤ {high}"
    return f"≥ {low}" if high is None else f"{low} – {high}"


def _valid(known: KnownRange) -> Text | str:
    since, until = known.range.valid_from, known.range.valid_to
    return SINCE.filled(day=since) if until is None else span(since, until)


def _years(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueRefused(NO_AGE)
    return int(text)
