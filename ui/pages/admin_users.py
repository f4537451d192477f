"""Users: added, moved between roles, confirmed, reset, closed. Every act is a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports.accounts import BY_ONE
from mrd_desktop.record import staff
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.texts import Text
from mrd_desktop.vault import confirming, users
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.confirming import Needs
from mrd_desktop.vault.readiness import WAY_OUT, WORDS, Bar, bars
from mrd_desktop.vault.roles import combined, is_combined, role_table
from ui.ask_line import PasswordLine, WordsLine
from ui.context import Context
from ui.icons import Glyph
from ui.jobs import Progress
from ui.notices import show_notice
from ui.page import Page
from ui.pages.admin_confirm import CONFIRM, DONE, ConfirmFoot
from ui.pages.admin_training import TrainingFoot
from ui.pages.new_site import CODE, CODE_WHY, FULL_NAME, FULL_NAME_HINT
from ui.pages.sign_in import password_rule, tell_length
from ui.theme import Ink, Size, Type
from ui.widgets.asked import Asked
from ui.widgets.button import Button, Rank
from ui.widgets.card import Card
from ui.widgets.listing import Cell, Column, Listing
from ui.widgets.note import Note
from ui.widgets.picklist import Option, PickList
from ui.widgets.scroll import Scroller
from ui.work import Desk

NAME = Text("User name", "用户名")
ROLE = Text("Role", "角色")
STATE = Text("State", "状态")
VAULT = Text("Identities", "身份信息")
KEY = Text("Key", "密钥")
USERS = Text("Users", "用户")
ADD = Text("Add", "添加")
NEW = Text("New user", "新用户")
PASSWORD = Text("Password", "初始密码")
CHOOSE_ROLE = Text("Choose a role", "选择角色")
CHANGE_ROLE = Text("Change role", "更改角色")
RESET = Text("Reset", "重置密码")
NAME_IT = Text("Name…", "姓名…")
NAME_OF = Text("Full name of {user}, as printed", "{user} 的姓名（打印用）")
NAME_WHY = Text("Why {user} is named so", "登记或更改 {user} 姓名的原因")
NAMED = Text(
    "{user} signs as {name} from the next sign-in on.", "{user} 下次登录起以 {name} 签名。"
)
CLOSE = Text("Close", "关闭账户")
SEEN = Text("Document looked at", "核对的证件")
TRAIN = Text("Training…", "培训…")
TRAIN_ALL = Text("Train all…", "全部培训…")
LAST_DAY = Text("Last day", "最后一天")
LAST_DAY_OF = Text(
    "Last day of {user} (2026-12-31; empty: none)", "{user} 的最后一天（如 2026-12-31，空为不限）"
)
LAST_DAY_HINT = Text("2026-12-31; may stay empty", "如 2026-12-31，可不填")
NO_DAY = Text("Write the day as 2026-12-31, not before today.", "请写作 2026-12-31，且不早于今天。")
ENDS = Text("{user} may sign in until {day}.", "{user} 可登录至 {day}。")
ENDLESS = Text("{user} may sign in without a last day.", "{user} 的账户不设最后一天。")
WHY = Text("Close {user} for good, because", "永久关闭 {user}，原因")
EXCEPTION = Text(
    "One person for both duties, as an exception that the sponsor sees, because",
    "由一人兼任两项职责（例外，申办方可见），原因",
)
ADDED = Text("{user} is added.", "已添加 {user}。")
MOVED = Text("{user} works as {role} from the next sign-in on.", "{user} 下次登录起为{role}。")
CLOSED = Text("{user} is closed; what they did stays.", "{user} 已关闭，其操作记录保留。")
FRESH = Text("New password of {user}", "{user} 的新密码")
WAS_RESET = Text("The password of {user} is reset.", "{user} 的密码已重置。")
NEEDS_PASSWORD = Text("Type a first password.", "请填写初始密码。")
OPEN = Text("active", "使用中")
HOLDS = Text("may see", "可查看")
ALONE = Text(
    "One person confirmed the key, as an exception: “{why}”.", "密钥由一人确认（例外：“{why}”）。"
)
AGAIN = Text(
    "A second person can confirm it now: Confirm key.", "现已有第二人，请点“确认密钥”共同确认。"
)
ALL_WELL = Text("Nothing keeps {user} from work.", "{user} 可以正常工作。")
_GLYPHS = {
    Bar.ENDED: Glyph.CLOSE,
    Bar.NO_UNDERTAKING: Glyph.SIGNED,
    Bar.UNTRAINED: Glyph.FORM,
}
_KEY = 12
_FIELD, _LABEL = 184, 72
_LIST = 140
"""The least height of the list; a low window scrolls."""


class UsersPart(Page):
    """The accounts of the site."""

    def __init__(self, context: Context, desk: Desk) -> None:
        super().__init__(context)
        self.desk = desk
        table = role_table(desk.session.folder.kind, desk.study)
        self._roles = {r.oid: r.text for r in (*table.values(), *combined(table))}
        self._role = ""
        self._why: Callable[[str], None] = lambda _: None
        self._empty = False
        self._resetting = ""
        self._ends: dict[str, str] = {}
        self._bars: dict[str, tuple[Bar, ...]] = {}
        self._alone: Mapping[str, str] = {}
        columns: tuple[Column[Account], ...] = (
            Column(NAME, lambda a: Cell(a.name, _ink(a), strong=True), width=112),
            Column(FULL_NAME, lambda a: Cell(a.full_name, _ink(a)), width=144),
            Column(
                ROLE, lambda a: Cell(self._roles.get(a.role, Text("–", "–")), _ink(a)), width=160
            ),
            Column(STATE, self._state),
            Column(LAST_DAY, lambda a: Cell(self._ends.get(a.user, ""), _ink(a)), width=112),
            Column(VAULT, lambda a: Cell(HOLDS if a.vault else "–", _ink(a)), width=120),
            Column(KEY, lambda a: Cell(a.key[:_KEY], Ink.SECONDARY), width=136),
        )
        self.list: Listing[Account] = Listing(context, columns, USERS)
        self.list.moved.connect(lambda _: self._offer())
        ground = Card(context)
        ground.setMinimumHeight(_LIST)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(1, Size.GRID, 1, Size.GRID)
        inside.addWidget(self.list)
        self.about = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        acts = self._acts()
        self._code = Note(context, size=Type.TITLE, strong=True)
        self._code_why = Note(context, size=Type.NOTE, ink=Ink.SECONDARY, wrap=True)
        for note in (self._code, self._code_why):
            note.hide()
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words_line = WordsLine(context)
        self.words_line.hide()
        self.words_line.answered.connect(self._answered)
        self.words_line.left.connect(self.words_line.hide)
        self.fresh = PasswordLine(context, password_rule(desk.session.folder.training))
        self.fresh.hide()
        self.fresh.answered.connect(self._reset_to)
        self.fresh.left.connect(self._keep_password)
        self._feet()
        self.newcomer = self._new()
        inner = Page(context)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, Size.GAP, 0)
        column.setSpacing(Size.PAD)
        column.addWidget(ground, 1)
        for note in (self._code, self._code_why, self.about):
            column.addWidget(note)
        column.addLayout(acts)
        feet = (self.fresh, self.looked, self.training, self.newcomer, self.words_line)
        for foot in feet:
            column.addWidget(foot)
        self.scroller = Scroller(context, inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.scroller)

    def _feet(self) -> None:
        """What is asked before a training or a key is signed for."""
        self.training = TrainingFoot(self.context, self.desk)
        self.training.hide()
        self.training.done.connect(self._trained)
        self.training.left.connect(self.training.hide)
        self.looked = ConfirmFoot(self.context, self.desk)
        self.looked.hide()
        self.looked.done.connect(self._confirmed)
        self.looked.left.connect(self._looked_up)

    def _acts(self) -> QHBoxLayout:
        context = self.context
        self.move_ = Button(context, CHANGE_ROLE)
        self.confirm = Button(context, CONFIRM)
        self.train = Button(context, TRAIN)
        self.train_all = Button(context, TRAIN_ALL)
        self.train_all.clicked.connect(lambda: self.training.ask(self._untrained()))
        self.train_all.hide()
        self.call = Button(context, NAME_IT)
        self.call.clicked.connect(self._ask_name)
        self.ends = Button(context, LAST_DAY)
        self.reset = Button(context, RESET)
        self.shut = Button(context, CLOSE, ink=Ink.HARD)
        self.move_.clicked.connect(self.ask_role)
        self.confirm.clicked.connect(self._ask_document)
        self.train.clicked.connect(self._ask_training)
        if self.desk.session.folder.training:
            self.train.hide()
        self.ends.clicked.connect(self._ask_last_day)
        self.reset.clicked.connect(self.ask_reset)
        self.shut.clicked.connect(self._ask_close)
        acts = QHBoxLayout()
        acts.setSpacing(Size.GAP)
        for button in (
            *(self.move_, self.call, self.confirm, self.train, self.train_all),
            *(self.ends, self.reset, self.shut),
        ):
            acts.addWidget(button)
        acts.addStretch(1)
        return acts

    def _new(self) -> Card:
        context = self.context
        training = self.desk.session.folder.training
        card = Card(context)
        field = partial(Asked, context, width=_FIELD, label_width=_LABEL)
        self.name = field(NAME, limit=40)
        self.full_name = field(FULL_NAME, hint=FULL_NAME_HINT, limit=80)
        self.password = field(PASSWORD, secret=True, hint=password_rule(training))
        self.password.line.textEdited.connect(lambda: tell_length(self.password, training))
        self.until = field(LAST_DAY, hint=LAST_DAY_HINT, limit=10)
        self.role = Button(context, CHOOSE_ROLE, glyph=Glyph.DOWN)
        self.role.clicked.connect(self._pick_role)
        self.add = Button(context, ADD, rank=Rank.PRIMARY)
        self.add.clicked.connect(self.submit)
        grid = QGridLayout(card)
        grid.setContentsMargins(Size.MARGIN, Size.PAD, Size.MARGIN, Size.GAP)
        grid.setHorizontalSpacing(Size.PAD)
        grid.setVerticalSpacing(Size.GRID)
        grid.addWidget(Note(context, NEW, strong=True), 0, 0)
        below = (self.password, self.until) if training else (self.until, self.password)
        for row, fields in enumerate(((self.name, self.full_name), below), 1):
            for at, asked in enumerate(fields):
                grid.addWidget(asked, row, at, Qt.AlignmentFlag.AlignTop)
        if not training:
            self.password.hide()
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        grid.addWidget(self.role, 1, 2, corner)
        grid.addWidget(self.add, 2, 2, corner)
        for at in (0, 1):
            grid.setColumnStretch(at, 1)
        order = (self.name.line, self.full_name.line, self.role, self.password.line)
        for before, after in pairwise((*order, self.until.line, self.add)):
            QWidget.setTabOrder(before, after)
        return card

    def enter(self) -> None:
        """Read anew."""
        if not self.desk.session.locked:
            session = self.desk.session
            found = users.list_users(session)
            ends = users.last_days(session)
            self._ends = {u: day.isoformat() for u, day in ends.items()}
            self._bars = {a.user: bars(session, a, ends.get(a.user)) for a in found}
            self._alone = confirming.exceptions(session)
            self.list.show_rows(found, lambda a: a.user)
            self._offer()
            self.list.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the new user's fields adds."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        focused = self.focusWidget()
        if enter and isinstance(focused, Button):
            focused.click()
        elif enter and focused in (
            *(self.name.line, self.full_name.line, self.password.line, self.until.line),
        ):
            self.submit()
        else:
            super().keyPressEvent(event)

    # --- acts -------------------------------------------------------------------------

    def choose_role(self, oid: str) -> None:
        """The role of the new user."""
        self._role = oid
        self.role.show_text(self._roles[oid])

    def submit(self) -> None:
        """Add the new user."""
        if not self._role:
            self._pick_role()
            return
        session, name, role = self.desk.session, self.name.text, self._role
        in_training = session.folder.training
        if in_training and not self.password.text:
            self.password.refuse(NEEDS_PASSWORD)
            self.password.line.setFocus()
            return
        password = self.password.text if in_training else None
        try:
            until = self._day(self.until.text)
        except ValueError:
            self.until.refuse(NO_DAY)
            self.until.line.setFocus()
            return
        self.until.approve()
        self.full_name.approve()
        full_name = self.full_name.text
        self._with_exception(
            role,
            lambda why: staff.add_user(
                session,
                name,
                role,
                password=password,
                exception=why,
                until=until,
                full_name=full_name,
            ),
            self._added,
        )

    def ask_role(self) -> None:
        """Another role for the marked user."""
        account = self.list.current
        if account is None:
            return

        def move(oid: str) -> None:
            session = self.desk.session
            role = self._roles[oid]
            done = Text(
                MOVED.en.format(user=account.user, role=role.en),
                MOVED.zh.format(user=account.user, role=role.zh),
            )
            self._with_exception(
                oid,
                lambda why: staff.grant_role(session, account.user, oid, exception=why),
                lambda _: self._did(done),
            )

        self._pick(self.move_, move)

    def _with_exception(
        self, oid: str, act: Callable[[str], object], then: Callable[..., None]
    ) -> None:
        """A combined role asks for the reason of the exception first."""
        if is_combined(oid):
            self._why, self._empty = lambda why: self._run(lambda: act(why), then), False
            self.words_line.ask(EXCEPTION, "")
        else:
            self._run(lambda: act(""), then)

    def _answered(self) -> None:
        words = self.words_line.words()
        if words or self._empty:
            self._empty = False
            self.words_line.hide()
            self._why(words)

    def _pick_role(self) -> None:
        self._pick(self.role, self.choose_role)

    def _pick(self, anchor: Button, act: Callable[[str], None]) -> None:
        options = [
            Option(str(n), text, oid) for n, (oid, text) in enumerate(self._roles.items(), 1)
        ]
        pick = PickList(self.context, ROLE, options, anchor)
        pick.chosen.connect(act)
        pick.open_at(anchor)

    def _added(self, made: users.NewUser) -> None:
        self._show_code(made)
        self.name.line.clear()
        self.full_name.line.clear()
        self.password.line.clear()
        self.password.approve()
        self.until.line.clear()
        self._role = ""
        self.role.show_text(CHOOSE_ROLE)
        self._did(ADDED.filled(user=made.user))
        self.name.line.setFocus()  # the next user is typed at once

    def ask_reset(self) -> None:
        """Reset the marked user: with a new password where one is given, else with a code."""
        account = self.list.current
        if account is None:
            return
        self._resetting = account.user
        if self.desk.session.folder.training:
            self.fresh.ask(FRESH.filled(user=account.user))
        else:
            self._do_reset(None)

    def _reset_to(self) -> None:
        if not self.fresh.line.text():
            self.fresh.refuse(NEEDS_PASSWORD)
        else:
            self._do_reset(self.fresh.line.text())

    def _do_reset(self, password: str | None) -> None:
        session, user = self.desk.session, self._resetting

        def act() -> object:
            return users.reset_user(session, user, password=password)

        self._run(act, self._is_reset, self.fresh if password else None)

    def _is_reset(self, made: users.NewUser) -> None:
        self.fresh.line.clear()
        self.fresh.hide()
        self._show_code(made)
        self._did(WAS_RESET.filled(user=made.user))

    def _keep_password(self) -> None:
        self.fresh.line.clear()
        self.fresh.hide()
        self.list.setFocus()

    def _ask_document(self) -> None:
        """Live: which document was looked at; a training site asks for none."""
        account = self.list.current
        if account is None:
            return
        if self.desk.session.folder.training:
            session, done = self.desk.session, DONE.filled(user=account.user)
            self._run(lambda: staff.confirm_user(session, account.user), lambda _: self._did(done))
            return
        documents = enumerate(confirming.DOCUMENTS.items(), 1)
        options = [Option(str(n), text, code) for n, (code, text) in documents]
        pick = PickList(self.context, SEEN, options, self.confirm)
        pick.chosen.connect(lambda document: self._look(account, document))
        pick.open_at(self.confirm)

    def _look(self, account: Account, document: str) -> None:
        """What else is asked takes the place of the new user, so that the list stays in sight."""
        self.newcomer.hide()
        self.training.hide()
        self.looked.ask(account, document)

    def _looked_up(self) -> None:
        self.looked.hide()
        self.newcomer.show()
        self.list.setFocus()

    def _confirmed(self, text: Text) -> None:
        self._looked_up()
        self._did(text)

    def _ask_training(self) -> None:
        account = self.list.current
        if account is not None:
            self.training.ask([account.user])

    def _untrained(self) -> list[str]:
        """Whom this user may sign for at once: not oneself, where somebody else manages users."""
        alone = not users.others_manage(self.desk.session)
        own = self.desk.session.user
        return [u for u, b in self._bars.items() if Bar.UNTRAINED in b and (alone or u != own)]

    def _tell(self, account: Account | None, held: tuple[Bar, ...]) -> None:
        """What is to be done about the marked user."""
        if account is None:
            self.about.show_text("")
            return
        words = [WAY_OUT[bar] for bar in held] or [ALL_WELL.filled(user=account.name)]
        if account.user in self._alone:
            words.append(ALONE.filled(why=self._alone[account.user]))
            words += [AGAIN] if self._now_by_two(account) else []
        self.about.show_text(Text(" ".join(w.en for w in words), "".join(w.zh for w in words)))

    def _state(self, account: Account) -> Cell:
        """The first of what keeps a person from work, or an exception that stands open."""
        held = self._bars.get(account.user, ())
        if not held and account.user in self._alone:
            return Cell(BY_ONE, Ink.SOFT, Glyph.KEY)
        if not held:
            return Cell(OPEN, Ink.GOOD, Glyph.CHECK)
        first = held[0]
        if first is Bar.CLOSED:
            return Cell(WORDS[first], Ink.SECONDARY, Glyph.CLOSE)
        return Cell(WORDS[first], Ink.SOFT, _GLYPHS.get(first, Glyph.KEY))

    def _now_by_two(self, account: Account) -> bool:
        """One person confirmed the key, and somebody else can look at it now."""
        alone = account.user in self._alone
        return alone and confirming.needs(self.desk.session, account.user) is not Needs.REASON

    def _trained(self, text: Text) -> None:
        self.training.hide()
        self._did(text)

    def _ask_name(self) -> None:
        """The printed name of the marked user, then why."""
        account = self.list.current
        if account is None:
            return
        session, user = self.desk.session, account.user

        def why(name: str) -> None:
            done = NAMED.filled(user=user, name=name)
            self._why = lambda reason: self._run(
                lambda: staff.name_user(session, user, name, reason), lambda _: self._did(done)
            )
            self.words_line.ask(NAME_WHY.filled(user=user), "")

        self._why, self._empty = why, False
        self.words_line.ask(NAME_OF.filled(user=user), account.full_name)

    def _ask_last_day(self) -> None:
        account = self.list.current
        if account is None:
            return
        session, user = self.desk.session, account.user

        def act(typed: str) -> None:
            try:
                until = self._day(typed)
            except ValueError:
                self.said.emit(NO_DAY)
                return
            done = ENDLESS.filled(user=user) if until is None else ENDS.filled(user=user, day=until)
            self._run(lambda: users.set_last_day(session, user, until), lambda _: self._did(done))

        self._why = act
        self._empty = True
        self.words_line.ask(LAST_DAY_OF.filled(user=user), self._ends.get(user, ""))

    def _day(self, typed: str) -> date | None:
        """A day as it is typed, None where nothing is; ValueError where it is none or past."""
        if not typed.strip():
            return None
        day = date.fromisoformat(typed.strip())
        if day < self.desk.session.today():
            raise ValueError
        return day

    def _ask_close(self) -> None:
        account = self.list.current
        if account is not None:
            session, user = self.desk.session, account.user
            done = CLOSED.filled(user=user)
            self._why, self._empty = (
                lambda reason: self._run(
                    lambda: staff.close_user(session, user, reason), lambda _: self._did(done)
                ),
                False,
            )
            self.words_line.ask(WHY.filled(user=user), "")

    def _run(
        self,
        act: Callable[[], object],
        then: Callable[..., None],
        asked: PasswordLine | None = None,
    ) -> None:
        """Acts on accounts work on passwords and take a moment: in a worker.

        Args:
            asked: where the password was typed, if not for a new user.
        """

        def work(_: Progress) -> object:
            return act()

        def begin() -> None:
            job = self.desk.run(work)
            job.finished.connect(then)
            job.refused.connect(lambda refused: self._refused(refused, asked))

        self.desk.sure(begin)

    def _did(self, text: Text) -> None:
        self.said.emit(text)
        if not self.desk.session.locked:
            show_notice(self.desk)
        self.enter()

    def _refused(self, refused: MrdError, asked: PasswordLine | None) -> None:
        if asked is not None:
            asked.refuse(refused.text)
        elif refused.code == "password_refused":
            self.password.ask_anew(refused.text)
        elif refused.code == "full_name" and self.full_name.text:
            self.full_name.refuse(refused.text)
        elif refused.code in ("user_exists", "user_name"):
            self.name.refuse(refused.text)
        else:
            self.said.emit(refused.text)
            if isinstance(refused, NamesAPerson):  # what was typed stands there to be mended
                self.words_line.show()
                self.words_line.line.setFocus()

    def _show_code(self, made: users.NewUser) -> None:
        shown = made.code is not None
        self._code.setVisible(shown)
        self._code_why.setVisible(shown)
        if made.code is not None:
            head = CODE.filled(user=made.user)
            self._code.show_text(Text(f"{head.en}: {made.code}", f"{head.zh}：{made.code}"))
            self._code_why.show_text(CODE_WHY.filled(user=made.user))
            QTimer.singleShot(0, self._code, self._show_whole_code)

    def _show_whole_code(self) -> None:
        """It is told once: a low window shows it, whatever else it scrolls to."""
        for note in (self._code, self._code_why):
            self.scroller.ensureWidgetVisible(note)

    def _offer(self) -> None:
        account = self.list.current
        other = (
            account is not None and not account.closed and (account.user != self.desk.session.user)
        )
        for button in (self.move_, self.ends, self.reset, self.shut):
            button.setEnabled(other)
        self.call.setEnabled(account is not None and not account.closed)
        held = () if account is None else self._bars.get(account.user, ())
        self.train.setEnabled(Bar.UNTRAINED in held)
        waiting = self._untrained()
        self.train_all.setVisible(len(waiting) > 1)
        self._tell(account, held)
        waits = account is not None and bool(account.key) and not account.confirmed
        waits = waits or (account is not None and self._now_by_two(account))
        alone = not users.others_manage(self.desk.session)
        self.confirm.setEnabled(waits and (other or alone))


def _ink(account: Account) -> Ink:
    return Ink.SECONDARY if account.closed else Ink.TEXT
