"""The scenes of the demo: a month of a small clinic, and the sponsor at the other end."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from mrd_desktop.record import projection
from mrd_desktop.record.story import Value, load_story, read_story
from mrd_desktop.resources import resource
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer import asking, publish
from mrd_desktop.transfer.receive import Arrival, receive
from mrd_desktop.transfer.reply import make_reply
from mrd_desktop.vault import folder, trust
from mrd_desktop.vault.session import Session
from ui.app import Program, compose
from ui.demo.enter import enter
from ui.demo.hands import Hands, Key
from ui.demo.report import Scene, write_report
from ui.form.page import FormPage
from ui.pages.admin import AdminPage
from ui.pages.admin_custody import CustodyPart
from ui.pages.admin_trust import TrustPart
from ui.pages.admin_users import UsersPart
from ui.pages.coming import ComingPart
from ui.pages.leaving import LeavingPart
from ui.pages.queries import QueriesPage
from ui.pages.sign import SignPage
from ui.pages.subject import SubjectPage
from ui.pages.transfer import TransferPage
from ui.theme import Mode
from ui.work import Desk

PASSWORDS = {
    "admin01": "synthetic admin",
    "crc01": "synthetic coordinator",
    "inv01": "synthetic investigator",
    "sponsor": "synthetic sponsor",
}
OTHERS = ("01-001", "01-002", "01-003")
NEW = "01-004"
SIZE = (1366, 728)
_TYPED = {("IC", "SCR"), ("ID", "SCR"), ("SV", "SCR"), ("TM", "SCR"), ("TC", "C0")}
_ANSWER = "The patient was away for a family matter; the visit was moved by telephone."
_LATE: dict[str, Value] = {
    "STAT": "DONE",
    "VISDAT": "2026-10-08",
    "MODE": "IN PERSON",
    "AEYN": "Y",
    "CMYN": "N",
    "TXYN": "Y",
    "SYMPYN": "N",
}
_QUESTION = "Please confirm the sampling date against the laboratory report."


def at(day: str) -> datetime:
    """A morning in the clinic."""
    return datetime.fromisoformat(f"{day}T09:00:00+08:00")


@dataclass
class Played:
    """What the demo did, for the report."""

    scenes: list[Scene] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    package: dict[str, object] = field(default_factory=dict)
    verdict: str = ""
    reply: dict[str, object] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=list)


def play(out: Path, language: Language) -> None:
    """Play all scenes and write the report.

    Raises:
        TimeoutError: a scene did not come to its end.
    """
    began = time.monotonic()
    for name in ("screens", "package", "datasets"):
        (out / name).mkdir(parents=True, exist_ok=True)
    qInstallMessageHandler(_told)
    app = QApplication.instance() or QApplication(sys.argv[:1])
    program = compose(language, Mode.LIGHT, now=at("2026-10-07"), home=out)
    program.shell.resize(*SIZE)
    program.shell.show()
    stage = Stage(out, program, Hands(program, out / "screens"))
    try:
        for title, scene in stage.scenes():
            stage.begin(title)
            scene()
            stage.end()
    except BaseException:
        program.shell.grab().save(str(out / "screens" / "stopped-here.png"))
        raise
    finally:
        stage.close()
    seconds = round(time.monotonic() - began, 1)
    write_report(out, stage.played, stage.hands.keys, seconds)
    app.processEvents()


def _told(kind: QtMsgType, _: object, message: str) -> None:
    """Without a display Qt warns of what windows cannot do there; that is meant."""
    if not message.startswith("This plugin does not support"):
        print(f"{kind.name}: {message}", file=sys.stderr)


class Stage:
    """The clinic's window, and the sponsor's store behind the curtain."""

    def __init__(self, out: Path, program: Program, hands: Hands) -> None:
        self.out = out
        self.program = program
        self.hands = hands
        self.site = out / "MRD-training-01"
        self.store = out / "sponsor-store"
        self.study = load_study()
        self.played = Played()
        self._title = Text("", "")
        self._began = 0.0
        self._first = 0
        self._story = read_story(resource("demo", f"{NEW}.json"))

    def scenes(self) -> list[tuple[Text, Callable[[], None]]]:
        """The month, in order."""
        return [
            (Text("The sponsor makes a store", "申办方建立数据库"), self.make_store),
            (Text("A new training site", "新建培训中心"), self.make_site),
            (Text("The administrator adds users", "管理员添加用户"), self.add_users),
            (Text("The sponsor's key is trusted", "信任申办方密钥"), self.trust_sponsor),
            (Text("Three subjects are there already", "已有三例受试者"), self.load_others),
            (Text("The worklist of the morning", "早晨的今日工作"), self.see_today),
            (Text("A late visit, and its query", "超窗访视与质疑"), self.late_visit),
            (Text("A new subject, typed from paper", "新受试者：照原始资料录入"), self.new_subject),
            (Text("Locked, and back to the same field", "锁定后回到原处"), self.lock),
            (Text("Screening results and eligibility", "筛选结果与入选"), self.screening),
            (Text("The patient chooses", "治疗选择"), self.choice),
            (Text("The whole story in one picture", "病程图"), self.see_story),
            (Text("The investigator signs", "研究者签名"), self.sign),
            (Text("The package of the month", "月度导出"), self.export),
            (Text("The sponsor receives, asks, replies", "申办方接收、质疑并回复"), self.receive),
            (Text("The reply arrives", "接收回复"), self.take_reply),
            (Text("Backup and verification", "备份与校验"), self.care),
            (Text("Help and the sheet of keys", "帮助与按键"), self.help),
            (Text("Datasets at the sponsor", "申办方数据集"), self.datasets),
        ]

    # --- between the scenes -----------------------------------------------------------

    def begin(self, title: Text) -> None:
        """A scene begins."""
        self._title = title
        self._began = time.monotonic()
        self._first = len(self.hands.pictures)

    def end(self) -> None:
        """A scene is over: keep its pictures and its time."""
        pictures = tuple(self.hands.pictures[self._first :])
        seconds = round(time.monotonic() - self._began, 2)
        self.played.scenes.append(Scene(self._title, seconds, pictures))

    def close(self) -> None:
        """Leave nothing open."""
        self.program._end()
        self.program.shell.close()

    @property
    def desk(self) -> Desk:
        """The signed-in user's desk."""
        assert self.program.desk is not None
        return self.program.desk

    def sign_in(self, user: str, day: str) -> None:
        """A user comes in the morning of a day."""
        self.program.doors.now = at(day)
        hands = self.hands
        if self.program.desk is not None:
            self.program.sign_out()
        else:
            self.program.start(self.site)
        hands.until(lambda: self.program.shell.covered, "the sign-in page")
        hands.rest(30)
        hands.clear()
        hands.line(user)
        hands.line(PASSWORDS[user])
        hands.until(lambda: self.program.desk is not None, "the sign-in")
        self.settle()

    def settle(self) -> None:
        """Wait until lists are counted."""
        self.hands.until(lambda: not self.desk.census.counting, "the lists")

    def go(self, key: str) -> object:
        """A section, by its key on the keyboard."""
        page = self.program.shell.go(key)
        self.hands.rest(30)
        return page

    # --- scenes -----------------------------------------------------------------------

    def make_store(self) -> None:
        """The sponsor's side has no screen."""
        folder.create_store(
            self.store, training=True, admin="sponsor", password=PASSWORDS["sponsor"],
            study=self.study, fold=projection.fold, now=at("2026-10-06"),
        )  # fmt: skip

    def sponsor(self) -> Session:
        """The sponsor at the store."""
        return folder.open_folder(
            self.store, "sponsor", PASSWORDS["sponsor"], study=self.study, fold=projection.fold
        )

    def make_site(self) -> None:
        """The pages of the first run, by keyboard alone."""
        hands, program = self.hands, self.program
        program.start()
        hands.rest(60)
        hands.picture("start", dark=True)
        program.doors.show_new_site(True)
        hands.rest(30)
        hands.line("01")
        hands.line("示例医院（虚构）")
        hands.clear()
        hands.line(str(self.site))
        hands.line("admin01")
        hands.line(PASSWORDS["admin01"])
        hands.type(PASSWORDS["admin01"])
        hands.picture("new-site")
        page = program.shell
        hands.press(Key.Key_Return)
        hands.until(lambda: self.site.joinpath("site.json").exists(), "the new site")
        hands.until(lambda: "FirstUser" in type(page._cover).__name__, "the first user's page")
        hands.line("crc01")
        hands.line("协调员（虚构）")
        hands.line(PASSWORDS["crc01"])
        hands.type(PASSWORDS["crc01"])
        hands.picture("first-user")
        hands.press(Key.Key_Return)
        hands.until(lambda: "SignIn" in type(page._cover).__name__, "the sign-in page")
        hands.picture("sign-in")

    def add_users(self) -> None:
        """An investigator is added on the administrator's page."""
        self.sign_in("admin01", "2026-10-07")
        page = self.go("admin")
        assert isinstance(page, AdminPage)
        part = page.show_part("users")
        assert isinstance(part, UsersPart)
        part.name.line.setFocus()
        self.hands.type("inv01")
        part.role.setFocus()
        self.hands.press(Key.Key_Return)
        self.hands.picture("choose-role")
        self.hands.type("2")
        part.password.line.setFocus()
        self.hands.type(PASSWORDS["inv01"])
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: len(part.list.rows.rows) == 3, "the new user")
        self.hands.picture("users")

    def trust_sponsor(self) -> None:
        """The key is read, compared, pinned; the store pins the site's."""
        page = self.go("admin")
        assert isinstance(page, AdminPage)
        part = page.show_part("trust")
        assert isinstance(part, TrustPart)
        part.file.asked.line.setFocus()
        self.hands.line(str(self.store / trust.SPONSOR_PUB))
        self.hands.press(Key.Key_Space)
        self.hands.picture("trust")
        part.pin.setFocus()
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: bool(part.list.rows.rows), "the pin")
        with self.sponsor() as store:
            trust.pin(store, (self.site / trust.SITE_PUB).read_bytes())

    def load_others(self) -> None:
        """Stories of synthetic subjects come in through the same entry code as the screen."""
        self.sign_in("crc01", "2026-10-08")
        for name in OTHERS:
            load_story(self.desk.book, read_story(resource("demo", f"{name}.json")))
            self.hands.rest(5)
        self.desk.census.forget()
        self.settle()
        self.played.subjects = [line.subject for line in self.desk.census.lines]

    def see_today(self) -> None:
        """The worklist and the list of subjects."""
        self.go("today")
        self.settle()
        self.hands.picture("today", dark=True)
        self.go("subjects")
        self.hands.picture("subjects")
        self.program.shell.finder.summon()
        self.hands.type("002 m12")
        self.hands.picture("search")
        self.hands.press(Key.Key_Escape)

    def late_visit(self) -> None:
        """A visit after its window: a soft check opens a query, which is answered in place."""
        key = FormKey(EventKey("01-003", "M09"), "SV")
        self.desk.open_form(key)
        self.hands.fill(_LATE)
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: not self._at(key), "the next form")
        self.settle()
        page = self.go("queries")
        assert isinstance(page, QueriesPage)
        self.hands.until(lambda: page.list.current is not None, "a query")
        for row in range(len(page.list.rows.rows)):
            line = page.list.rows.at(row)
            if line is not None and line.subject == "01-003":
                page.list.selectRow(row)
                break
        page.list.setFocus()
        self.hands.press(Key.Key_A)
        self.hands.type(_ANSWER)
        self.hands.picture("query")
        self.hands.press(Key.Key_Return)
        self.settle()

    def new_subject(self) -> None:
        """Ctrl+N, then identity and consent key by key."""
        self.go("subjects")
        self.hands.press(Key.Key_N, ctrl=True)
        self.hands.picture("new-subject")
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: self._at(self._key("ID", "SCR")), "the form ID")
        self.hands.fill(self._items("ID"))
        self.hands.picture("form-id")
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: self._at(self._key("IC", "SCR")), "the form IC")
        self.hands.fill(self._items("IC"))
        self.hands.picture("form-ic", dark=True)
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: not self._at(self._key("IC", "SCR")), "the form after IC")
        self.played.subjects.append(NEW)

    def lock(self) -> None:
        """Half a form is typed, the window locked, the password given: nothing is lost."""
        key = self._key("SV", "SCR")
        self.desk.open_form(key)
        self.hands.until(lambda: self._at(key), "the form SV")
        self.hands.fill({k: v for k, v in self._items("SV").items() if k in ("VISIT", "STAT")})
        self.program.lock()
        self.hands.rest(60)
        self.hands.picture("locked")
        self.hands.line("crc01")
        self.hands.line(PASSWORDS["crc01"])
        self.hands.until(lambda: not self.program.shell.covered, "the unlocking")
        page = self.hands.form
        assert page.entry.dirty
        first = page.body.editor(page.body.order[0])
        first.setFocus(Qt.FocusReason.TabFocusReason)  # type: ignore[union-attr]
        self.hands.fill(self._items("SV"))
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: not self._at(key), "the form after SV")

    def screening(self) -> None:
        """Results come in; markers key by key, the rest through the same model."""
        self.sign_in("crc01", "2026-10-30")
        for record in self._story.records:
            if record.visit == "SCR" and (record.form, "SCR") not in _TYPED:
                enter(self.desk.book, NEW, record)
                self.hands.rest()
        key = self.desk.book.next_form(EventKey(NEW, "SCR"), "TM")
        self.desk.open_form(key)
        self.hands.fill(self._items("TM"))
        self.hands.picture("form-tm")
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: not self._at(key), "the form after TM")
        self.desk.open_form(self._key("IE", "SCR"))
        self.hands.rest(60)
        self.hands.picture("form-ie")

    def choice(self) -> None:
        """The choice of the patient, key by key."""
        self.sign_in("crc01", "2026-11-02")
        for record in self._story.records:
            if record.visit == "C0" and (record.form, "C0") not in _TYPED:
                enter(self.desk.book, NEW, record)
                self.hands.rest()
        key = self._key("TC", "C0")
        self.desk.open_form(key)
        self.hands.fill(self._items("TC", "C0"))
        self.hands.picture("form-tc")
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: not self._at(key), "the page after TC")

    def see_story(self) -> None:
        """Subject pages: one just enrolled, one with a year behind her."""
        self.desk.open_subject(NEW)
        self.hands.rest(60)
        self.hands.picture("subject-new")
        self.desk.open_subject("01-002")
        self.hands.rest(60)
        self.hands.press(Key.Key_L)
        self.hands.picture("subject-story", dark=True)
        self.hands.press(Key.Key_N)
        self.hands.picture("add")
        self.hands.press(Key.Key_Escape)
        key = FormKey(EventKey("01-002", "M09"), "MRD")
        self.desk.open_form(key)
        self.hands.rest(60)
        self.hands.picture("form-mrd")

    def sign(self) -> None:
        """The investigator signs the complete forms of the new subject."""
        self.sign_in("inv01", "2026-11-03")
        self.desk.open_subject(NEW)
        self.hands.rest(60)
        self.hands.press(Key.Key_S)
        page = self.program.shell.page
        assert isinstance(page, SignPage)
        self.hands.rest(30)
        self.hands.read_and_choose(page)
        page.signing.password.line.setFocus()
        self.hands.type(PASSWORDS["inv01"])
        self.hands.picture("sign")
        page.list.setFocus()
        self.hands.press(Key.Key_A)  # another language was another content, and took the marks off
        page.signing.password.line.setFocus()
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: isinstance(self.program.shell.page, SubjectPage), "the signatures")
        self.hands.rest(60)
        self.hands.picture("signed")

    def export(self) -> None:
        """The coordinator makes the package."""
        self.sign_in("crc01", "2026-11-06")
        whole = self.go("transfer")
        assert isinstance(whole, TransferPage)
        page = whole.parts["leave"]
        assert isinstance(page, LeavingPart)
        self.settle()
        self.hands.until(lambda: page.looked, "what would leave")
        page.folder.asked.line.setFocus()
        self.hands.clear()
        self.hands.type(str(self.out / "package"))
        self.hands.picture("export")
        self.hands.press(Key.Key_Return)
        self.hands.type(PASSWORDS["crc01"])
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: page.go.isEnabled() and page.made is not None, "the package")
        made = page.made
        assert made is not None
        self.played.package = {
            "name": made.path.name,
            "number": made.number,
            "records": made.records,
            "opened": made.opened,
            "withheld": dict(made.withheld),
            "manifest_sha256": made.manifest_sha256,
        }
        self.settle()
        self.hands.picture("exported", dark=True)

    def receive(self) -> None:
        """Behind the curtain: the package is verified and taken in, a question asked, a reply."""
        package = self.out / "package" / str(self.played.package["name"])
        with self.sponsor() as store:
            arrivals: tuple[Arrival, ...] = receive(store, [package])
            self.played.verdict = arrivals[0].verdict.value
            question = FormKey(EventKey("01-002", "M09"), "MRD")
            asking.ask(store, question, _QUESTION)
            made = make_reply(store, "01", self.out / "package")[0]
        self.played.reply = {
            "name": made.path.name,
            "receipts": made.receipts,
            "queries": made.queries,
        }

    def take_reply(self) -> None:
        """The reply is taken in; the sponsor's question stands in the list."""
        whole = self.program.shell.page
        assert isinstance(whole, TransferPage)
        page = whole.show_part("come")
        assert isinstance(page, ComingPart)
        self.hands.rest(60)
        page.file.asked.line.setFocus()
        self.hands.type(str(self.out / "package" / str(self.played.reply["name"])))
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: page.take.isEnabled() and not page.taken.isHidden(), "the reply")
        self.settle()
        self.hands.picture("reply")
        self.go("queries")
        self.settle()
        self.hands.picture("sponsor-query")

    def care(self) -> None:
        """A backup that is read back, and every check by its name."""
        page = self.go("admin")
        assert isinstance(page, AdminPage)
        part = page.show_part("custody")
        assert isinstance(part, CustodyPart)
        part.now.click()
        self.hands.until(part.now.isEnabled, "the backup")
        part.verify.click()
        self.hands.until(
            lambda: part.verify.isEnabled() and bool(part.list.rows.rows), "the checks"
        )
        self.hands.picture("verify")
        page.show_part("about")
        self.hands.picture("about")

    def help(self) -> None:
        """The keys."""
        self.go("help")
        self.hands.picture("help")

    def datasets(self) -> None:
        """Tables at the sponsor."""
        with self.sponsor() as store:
            written = publish.publish(store, self.out / "datasets")
        self.played.datasets = [f.name for f in written]
        shutil.copyfile(self.store / trust.SPONSOR_PUB, self.out / "package" / trust.SPONSOR_PUB)

    # --- inside -----------------------------------------------------------------------

    def _at(self, key: FormKey) -> bool:
        page = self.program.shell.page
        return isinstance(page, FormPage) and page.entry.key == key

    def _key(self, form: str, event: str) -> FormKey:
        return FormKey(EventKey(NEW, event), form)

    def _items(self, form: str, event: str = "SCR") -> dict[str, Value]:
        record = next(r for r in self._story.records if (r.form, r.visit) == (form, event))
        return record.items
