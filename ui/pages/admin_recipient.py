"""Where data go: each recipient with what two people said of it, and the two who say it anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QVBoxLayout, QWidget

from mrd_desktop.texts import Text
from mrd_desktop.transfer import barred
from mrd_desktop.vault import abroad
from mrd_desktop.vault.abroad import (
    HOME,
    ApprovalRefused,
    CountryRefused,
    Place,
    PlaceRefused,
    PurposeRefused,
    Said,
    Standing,
)
from ui.context import Context
from ui.fingerprints import grouped
from ui.keys import ENTER, presses
from ui.notices import show_notice
from ui.page import Page
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.card import Card
from ui.widgets.chips import Chips, Choice
from ui.widgets.note import Note
from ui.widgets.scroll import Scroller
from ui.widgets.tick import Tick
from ui.widgets.two_people import TwoPeople
from ui.work import Desk

NAME = Text("Where data go", "数据接收方")
RECIPIENTS = Text("Recipients", "接收方")
SPONSOR = Text("Sponsor {chain}", "申办方 {chain}")
NOBODY = Text(
    "No sponsor's key is trusted yet. Read it under Sponsor key first.",
    "尚未信任申办方密钥。请先在“申办方密钥”中读取。",
)
PRACTICE = Text(
    "Packages are sealed for the practice recipient, who is nowhere.",
    "数据包加密给练习用接收方，无须登记所在地。",
)
TRAINING = Text(
    "Training site: practice data leave whatever is said here.",
    "培训中心：无论如何登记，练习数据均可导出。",
)
FACTS: Mapping[str, Text] = {
    "key": Text("Fingerprint", "密钥指纹"),
    "where": Text("Where", "所在地"),
    "purpose": Text("Purpose", "用途"),
    "approval": Text("Approval", "出境批准"),
    "people": Text("Said by", "登记人"),
    "state": Text("Packages", "数据包"),
}
AT_HOME = Text("CN, mainland China", "CN，中国大陆")
OUTSIDE = Text("{code}, outside mainland China", "{code}，中国大陆境外")
UNSAID = Text("nobody has said it yet", "尚未登记")
NONE = Text("none", "无")
NOT_NEEDED = Text("none needed in mainland China", "中国大陆境内无须批准")
APPROVAL_SAYS = Text("{number}, until {until}, {scope}", "{number}，截至 {until}，{scope}")
PEOPLE_SAY = Text("{user} and {second}, {at}", "{user}、{second} 于 {at}")
FORMER = Text(
    "{user} and {second}, {at}, of the key {key}, which signed for this one",
    "{user}、{second}，{at}，针对密钥 {key}，本密钥由其签名接续",
)
LEAVE = Text("leave", "可以导出")
LEAVE_CLINICAL = Text("leave without the genetic data", "可以导出，不含遗传数据")
ENDS = Text("leave; the approval ends on {until}", "可以导出；批准将于 {until} 到期")
ENDS_CLINICAL = Text(
    "leave without the genetic data; the approval ends on {until}",
    "可以导出，不含遗传数据；批准将于 {until} 到期",
)
STAY_UNSAID = Text(
    "none leaves until two people have said it below", "须由两人在下方登记后方可导出"
)
STAY_FOR_OTHERS = Text(
    "none leaves until the site administrator has signed in and said it here with a second person",
    "须由中心管理员登录，在此页与第二人共同登记后方可导出",
)
STAY = Text("no data leave: no approval runs today", "数据不能导出：当前没有有效的批准")
TOLD = Text(
    "{said}. Deletions of what was sent can go, under Export.",
    "{said}。已发出的内容仍可在“导出”中通知对方删除。",
)
SAY = Text("Say it anew", "重新登记")
FIRST = Text("Say it", "登记")
WHY = Text(
    "Two people who work here compare the fingerprint with what the sponsor gave on paper or reads "
    "out by telephone, then both sign with their own passwords. What was said before stays on "
    "record.",
    "由在此工作的两人，将上方指纹与申办方的纸质文件或电话告知内容核对，再各自输入密码签名。"
    "此前的登记保留在记录中。",
)
OTHERS = Text(
    "The site administrator signs in and says it here together with a second person, such as you: "
    "both compare the fingerprint and type their own passwords.",
    "由中心管理员登录后，在此页与第二人（可以是您）共同登记：两人核对指纹，并各自输入密码。",
)
COMPARED = Text(
    "Both of us have compared the fingerprint: it is the same", "两人均已核对指纹，一致"
)
COMPARE_FIRST = Text(
    "Compare the fingerprint first, both of you, and tick the box.", "请两人先核对指纹并勾选。"
)
WHERE = Text("Where the data lie", "数据所在地")
WHERE_HINT = Text(
    "Two letters: CN mainland China; HK, MO, TW, US, DE …",
    "两个字母：CN 为中国大陆；HK、MO、TW、US、DE 等。",
)
HOME_HINT = Text("Mainland China: no approval is needed.", "中国大陆：无须出境批准。")
AWAY_HINT = Text(
    "Outside mainland China: data leave only while an approval runs.",
    "中国大陆境外：仅在批准有效期内可以导出。",
)
PURPOSE = Text("Purpose", "用途")
PURPOSE_HINT = Text("Such as: analysis of the trial.", "如：试验数据分析。")
NUMBER = Text("Approval number", "批准号")
NUMBER_HINT = Text(
    "Of the security assessment, filing or approval. Empty without one.",
    "安全评估、备案或审批的编号；没有则留空。",
)
UNTIL = Text("Its last day", "截止日期")
UNTIL_HINT = Text("As 2026-12-31.", "如 2026-12-31。")
NO_DAY = Text("That is no day. Write 2026-12-31.", "不是日期，请写作 2026-12-31。")
PAST = Text(
    "That day is past: signed like this, no data leave. If it is so, go on and sign.",
    "该日期已过：如此登记后数据不能导出。确实如此请继续签名。",
)
SCOPE = Text("It covers", "批准范围")
CLINICAL = Text("clinical data only", "仅临床数据")
GENES = Text("genetic data too", "含人类遗传资源")
SCOPES = (Choice("clinical", CLINICAL), Choice("genetic", GENES))
SCOPE_HINT = Text(
    "Genetic: what the study marks so (MRD with its variants, receptors). If it is not covered, "
    "the next package also has it deleted at the sponsor.",
    "遗传数据指研究定义标记的部分（MRD 及变异、受体）。未获批准时不随数据包导出，"
    "申办方已有的部分也会在下次导出后删除。",
)
DECIDED = Text(
    "An approval for clinical data alone still sends what people decided because of a result, from "
    "which the result can be read: state and date of an MRD conversion, why treatment was resumed "
    "and whether MRD cleared, inclusion criterion 06, HER2 at progression.",
    "批准仅涵盖临床数据时，依据检测结果作出的判断仍会导出，由此可推知结果：MRD 转阳状态及复核采样"
    "日期、恢复治疗的触发原因及是否转阴（含日期）、入选标准 06、进展灶 HER2 状态。",
)
WHO = Text(
    "Anybody else with an account here who has compared it as well.",
    "在此有账户、同样核对过指纹的另一人。",
)
BUSY = Text("Signing…", "正在签名…")
DONE = Text("It is recorded, signed by both.", "已登记，由两人签名。")
_LABEL = 160
_NAME = 8
"""Letters of the place: a code, or mainland China by its name."""
_WIDE = 420
_FACT = 104


class RecipientPart(Page):
    """What stands, and below it the two people."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        self._found: tuple[Standing, ...] = ()
        self._told: tuple[Standing, ...] = ()
        self._may = desk.session.allows("trust.manage")
        self._warned: date | None = None
        inner = Page(context)
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, Size.GAP, 0)
        body.setSpacing(Size.PAD)
        body.addWidget(self._standing())
        self.saying = self._saying()
        body.addWidget(self.saying)
        body.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.scroller = Scroller(context, inner)
        whole.addWidget(self.scroller)

    # --- building ---------------------------------------------------------------------

    def _standing(self) -> Card:
        context = self.context
        card = Card(context)
        column = _column(card)
        self.none = Note(context, NOBODY, ink=Ink.SOFT, wrap=True)
        self.chips = Chips(context, RECIPIENTS)
        self.chips.chosen.connect(lambda _: self._choose())
        self.facts = {name: Note(context, wrap=True) for name in FACTS if name != "key"}
        self.facts["key"] = Note(context, size=Type.TITLE, strong=True)
        self.facts["key"].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = QWidget()
        grid = QGridLayout(self.table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Size.PAD)
        grid.setVerticalSpacing(Size.GRID)
        grid.setColumnMinimumWidth(0, _FACT)
        grid.setColumnStretch(1, 1)
        for row, (name, text) in enumerate(FACTS.items()):
            label = Note(context, text, ink=Ink.SECONDARY)
            middle = name == "key"  # beside larger letters
            at = Qt.AlignmentFlag.AlignVCenter if middle else Qt.AlignmentFlag.AlignTop
            grid.addWidget(label, row, 0, at)
            grid.addWidget(self.facts[name], row, 1)
        self.training = Note(context, TRAINING, size=Type.NOTE, ink=Ink.TRAINING, wrap=True)
        for widget in (self.none, self.chips, self.table, self.training):
            column.addWidget(widget)
        self.training.setVisible(self.desk.session.folder.training)
        return card

    def _saying(self) -> Card:
        context = self.context
        card = Card(context)
        column = _column(card)
        self.heading = Note(context, FIRST, strong=True)
        column.addWidget(self.heading)
        words = WHY if self._may else OTHERS
        column.addWidget(Note(context, words, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True))
        self.compared = Tick(context)
        self.wrong = Note(context, COMPARE_FIRST, size=Type.NOTE, ink=Ink.HARD, wrap=True)
        self.compared.toggled.connect(lambda _: self.wrong.hide())
        self.where = Asked(
            context, WHERE, hint=WHERE_HINT, limit=_NAME, width=96, label_width=_LABEL
        )
        self.where.line.textChanged.connect(self._typed)
        self.where.line.editingFinished.connect(self._left_place)
        self.purpose = Asked(
            context, PURPOSE, hint=PURPOSE_HINT, limit=200, width=_WIDE, label_width=_LABEL
        )
        self.number = Asked(
            context, NUMBER, hint=NUMBER_HINT, limit=200, width=_WIDE, label_width=_LABEL
        )
        self.until = Asked(context, UNTIL, hint=UNTIL_HINT, limit=10, width=128, label_width=_LABEL)
        self.until.line.editingFinished.connect(self._left_day)
        self.scope = Chips(context, SCOPE)
        self.scope.show_choices(SCOPES)
        self.covers = QWidget()
        grid = QGridLayout(self.covers)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Size.PAD)
        label = Note(context, SCOPE)
        label.setFixedWidth(_LABEL)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.scope, 0, 1)
        hint = Note(context, SCOPE_HINT, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        grid.addWidget(hint, 1, 1)
        grid.setColumnStretch(1, 1)
        self.decided = Note(context, DECIDED, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        if self._may:  # below the hint of the scope
            self.decided.setContentsMargins(_LABEL + Size.PAD, 0, 0, 0)
        self.people = TwoPeople(context, self.desk.session.user, {}, FIRST, busy=BUSY, who=WHO)
        self.people.wanted.connect(self.submit)
        fields = (
            *(self.compared, self.wrong, self.where, self.purpose, self.number, self.until),
            *(self.covers, self.decided, self.people),
        )
        for widget in fields:
            column.addWidget(widget)
            widget.setVisible(self._may and widget is not self.wrong)
        self.retranslate()
        return card

    # --- showing ----------------------------------------------------------------------

    def enter(self) -> None:
        """Read anew; the caret goes to what is to be done first."""
        session = self.desk.session
        if session.locked:
            return
        with session.reading() as conn:
            found = abroad.standings(conn, session.folder.chain, session.today())
            self._told = barred.told(conn, session.folder.chain, found)
        practice = any(one.pin.practice for one in found)
        self._found = tuple(one for one in found if not one.pin.practice)
        self.none.show_text(PRACTICE if practice else NOBODY)
        self.none.setVisible(not self._found)
        self.chips.setVisible(len(self._found) > 1)
        for widget in (self.table, self.saying):
            widget.setVisible(bool(self._found))
        if not self._found:
            return
        chosen = self.chips.key
        self.chips.show_choices(
            [Choice(s.pin.sign.id, SPONSOR.filled(chain=s.pin.chain[:8])) for s in self._found]
        )
        if chosen not in {s.pin.sign.id for s in self._found}:
            first = abroad.pressing(self._found) or self._found[0]
            self.chips.choose(first.pin.sign.id)
        self._choose()
        QTimer.singleShot(0, self, self._put_caret)

    def _put_caret(self) -> None:
        """To the first question; where there is none it stays where it is, if it is anywhere."""
        if self._may:
            self.compared.setFocus()
        elif QApplication.focusWidget() is None:
            self.setFocus()

    def retranslate(self) -> None:
        """Say the box anew, and the facts, which are sentences of parts."""
        self.compared.setText(self.context.say(COMPARED))
        if self._found and not self.desk.session.locked:
            self._show(self._one)

    @property
    def _one(self) -> Standing:
        return next(s for s in self._found if s.pin.sign.id == self.chips.key)

    def _choose(self) -> None:
        """Another recipient: its facts, and what was said of it stands in the fields."""
        if not self._found:
            return
        one = self._one
        self._show(one)
        known = one.said or one.former
        said = known.place if known is not None else Place("", "")
        self.compared.setChecked(False)
        self._warned = None
        self.where.line.setText(said.jurisdiction)
        self.purpose.line.setText(said.purpose)
        self.number.line.setText(said.approval)
        self.until.line.setText("" if said.until is None else said.until.isoformat())
        self.scope.choose("genetic" if said.genetic else "clinical")
        for field in (self.where, self.purpose, self.number, self.until):
            field.approve()
        self._typed()
        self.people.clear()
        act = FIRST if one.said is None else SAY
        self.heading.show_text(act)
        self.people.show_act(act, enabled=True)

    def _show(self, one: Standing) -> None:
        said, training = one.said, self.desk.session.folder.training
        self.facts["key"].show_text(grouped(one.pin.sign.id), Ink.TEXT)
        if said is None:
            self.facts["where"].show_text(UNSAID, Ink.SOFT)
            for name in ("purpose", "approval", "people"):
                self.facts[name].show_text("–", Ink.SECONDARY)
            if one.former is not None:
                self.facts["people"].show_text(self._people(one.former, one), Ink.SECONDARY)
        else:
            home = said.place.jurisdiction == HOME
            where = AT_HOME if home else OUTSIDE.filled(code=said.place.jurisdiction)
            self.facts["where"].show_text(where, Ink.TEXT)
            self.facts["purpose"].show_text(said.place.purpose, Ink.TEXT)
            self.facts["approval"].show_text(approval_words(said.place), Ink.TEXT)
            self.facts["people"].show_text(self._people(said, one), Ink.TEXT)
        said_of, ink = _state(one, training=training, may=self._may)
        if not (training or one.lets) and one in self._told:
            said_of = Text(TOLD.en.format(said=said_of.en), TOLD.zh.format(said=said_of.zh))
        self.facts["state"].show_text(said_of, ink)
        if not self._may:
            self.decided.setVisible(said is not None and _clinical(said.place))

    def _people(self, said: Said, one: Standing) -> Text:
        told = {
            "user": said.user,
            "second": said.second,
            "at": self.context.hours.moment(said.at),
            "key": said.key[:8],
        }
        return (PEOPLE_SAY if said.key == one.pin.sign.id else FORMER).filled(**told)

    def _typed(self) -> None:
        """Capital letters, and what the place means."""
        line = self.where.line
        if line.text() != line.text().upper():
            at = line.cursorPosition()
            line.setText(line.text().upper())
            line.setCursorPosition(at)
            return  # which comes here again
        code = self._code()
        away = code not in ("", HOME)
        hint = AWAY_HINT if away else HOME_HINT if code else WHERE_HINT
        self.where.set_hint(hint)
        if self._may:
            for widget in (self.number, self.until, self.covers, self.decided):
                widget.setVisible(away)

    def _code(self) -> str:
        """The country that is typed; none while it is no country."""
        try:
            return abroad.jurisdiction_of(self.where.text)
        except CountryRefused:
            return ""

    def _left_place(self) -> None:
        """What was typed is judged when the field is left."""
        if not self.where.text:
            return
        try:
            code = abroad.jurisdiction_of(self.where.text)
        except CountryRefused as refused:
            self.where.refuse(refused.text)
            return
        if self.where.text != code:
            self.where.line.setText(code)

    def _left_day(self) -> None:
        day, session = self._day(), self.desk.session
        if day is not None and not session.locked and day < session.today():
            self.until.warn(PAST)
        else:
            self.until.approve()

    def _day(self) -> date | None:
        try:
            return date.fromisoformat(self.until.text)
        except ValueError:
            return None

    # --- the act ----------------------------------------------------------------------

    def submit(self) -> None:
        """Both sign it, where everything is filled in."""
        if not self._found:
            return
        self.said.emit(Text("", ""))  # what was recorded before says nothing of this
        if not self.compared.isChecked():
            self.people.forget_second()
            self.wrong.show()
            self.compared.setFocus()
            return
        place = self._typed_place()
        if place is None or self._is_past(place):
            self.people.forget_second()
            return
        session, people, key = self.desk.session, self.people, self._one.pin.sign.id
        own, second, other = people.own.text, people.second.text, people.other.text
        job = self.desk.run(
            lambda _: abroad.state(session, key, place, own, second=second, second_password=other)
        )
        people.follow(job)
        job.finished.connect(lambda _: self._done())

    def _is_past(self, place: Place) -> bool:
        """An approval that has ended is signed only once that was told."""
        until = place.until
        if until is None or until >= self.desk.session.today() or until == self._warned:
            return False
        self._warned = until
        self.until.warn(PAST)
        self.until.line.setFocus()
        return True

    def _typed_place(self) -> Place | None:
        """What stands in the fields; None where something is missing, which is said there."""
        self._left_place()
        away = self.where.text != HOME
        until = None
        if away and self.until.text:
            try:
                until = date.fromisoformat(self.until.text)
            except ValueError:
                self._refuse(self.until, NO_DAY)
                return None
        place = Place(
            self.where.text,
            self.purpose.text,
            self.number.text if away else "",
            until,
            away and bool(self.number.text) and self.scope.key == "genetic",
        )
        try:
            abroad.check(place)
        except PlaceRefused as refused:
            self._refuse(self._field_of(refused, place), refused.text)
            return None
        for field in (self.where, self.purpose, self.number, self.until):
            field.approve()
        return place

    def _field_of(self, refused: PlaceRefused, place: Place) -> Asked:
        if isinstance(refused, PurposeRefused):
            return self.purpose
        if isinstance(refused, ApprovalRefused):
            return self.until if place.approval and place.until is None else self.number
        return self.where

    def _refuse(self, field: Asked, text: Text) -> None:
        field.refuse(text)
        field.line.setFocus()

    def _done(self) -> None:
        self.said.emit(DONE)
        self.setFocus()  # what has the caret is emptied
        self.enter()
        QTimer.singleShot(0, self, self._to_top)
        show_notice(self.desk)
        self.desk.census.refresh()

    def _to_top(self) -> None:
        """What stands now is read first; the caret waits at the box below."""
        self.scroller.verticalScrollBar().setValue(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes from field to field and acts on the last one; with Ctrl it acts at once."""
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        focused = self.focusWidget()
        lines = [f.line for f in (self.where, self.purpose, self.number, self.until)]
        if not self._may or event.key() not in ENTER:
            super().keyPressEvent(event)
        elif not held and (focused is self.compared or focused in lines):
            self.focusNextChild()
        elif not (self.people.takes(event) or presses(self, event)):
            super().keyPressEvent(event)


def approval_words(place: Place) -> Text:
    """The approval as people read it."""
    if place.jurisdiction == HOME:
        return NOT_NEEDED
    if not place.approval:
        return NONE
    scope = GENES if place.genetic else CLINICAL
    return APPROVAL_SAYS.filled(number=place.approval, until=place.until, scope=scope)


def _clinical(place: Place) -> bool:
    """Whether an approval lets clinical data alone leave the country."""
    return bool(place.approval) and place.jurisdiction != HOME and not place.genetic


def _state(one: Standing, *, training: bool, may: bool) -> tuple[Text, Ink]:
    if training:
        return LEAVE, Ink.GOOD
    if one.said is None:
        return STAY_UNSAID if may else STAY_FOR_OTHERS, Ink.HARD
    if not one.lets:
        return STAY, Ink.HARD
    if one.ends is not None:
        return (ENDS if one.lets_genes else ENDS_CLINICAL).filled(until=one.ends), Ink.SOFT
    return (LEAVE, Ink.GOOD) if one.lets_genes else (LEAVE_CLINICAL, Ink.SOFT)


def _column(card: Card) -> QVBoxLayout:
    column = QVBoxLayout(card)
    column.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.PAD)
    column.setSpacing(Size.GAP)
    return column
