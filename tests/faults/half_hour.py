"""Half an hour of a coordinator's work in the real window, sped up; then the process is aborted.

Run by ``test_leaks``: what is to be typed comes by standard input, and standard output gets numbers
alone. ``HOME``, the folder for temporary files and the working directory are the test's own.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from mrd_desktop.dumps import leave_no_dumps
from mrd_desktop.insight.reports.identification import identification_list
from mrd_desktop.last_site import of_computer
from mrd_desktop.record import projection
from mrd_desktop.study.address import FormKey
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import folder, trust, users
from tests.sabotage.plugin import throw_named
from ui.app import Program, catch_faults, compose
from ui.demo.hands import Hands, Key
from ui.form.page import FormPage
from ui.pages.admin import AdminPage
from ui.pages.admin_custody import CustodyPart
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.leaving import LeavingPart
from ui.pages.sign import SignPage
from ui.pages.sign_in import LockPage
from ui.pages.support import SupportPage
from ui.pages.transfer import TransferPage
from ui.print.preview import PreviewPage
from ui.work import Desk

NOW = datetime.fromisoformat("2026-10-08T09:00:00+08:00")
ROLES = {"crc": "coordinator", "inv": "investigator"}
CONSENT = {
    "RFICDAT": "2026-10-07", "ICVER": "V1.0", "ICVERDAT": "2025-08-01", "ICBY": "SUBJECT",
    "ICCOPY": "Y", "ICDATA": "Y", "ICHGR": "Y", "ICBANK": "Y", "ICSENS": "Y",
}  # fmt: skip
OFTEN = 6
"""Every so many participants something else is done as well."""


class HalfHour:
    """One window, and what is typed into it."""

    def __init__(self, place: Path, program: Program, told: dict[str, Any]) -> None:
        self.place = place
        self.site = place / "site"
        self.program = program
        self.hands = Hands(program, place / "pictures")
        self.people: list[dict[str, Any]] = told["people"]
        self.passwords: dict[str, str] = told["passwords"]
        self.wrong: list[str] = told["wrong"]
        self.acts = self.copied = self.left_behind = 0

    @property
    def desk(self) -> Desk:
        assert self.program.desk is not None
        return self.program.desk

    # --- the half hour ----------------------------------------------------------------

    def make(self) -> None:
        """A training site and the store that it sends to."""
        study, fold = load_study(), projection.fold
        folder.create_store(
            self.place / "store", training=True, admin="sponsor",
            password=self.passwords["sponsor"], study=study, fold=fold, now=NOW,
        )  # fmt: skip
        folder.create_site(
            self.site, site="01", name="示例医院", training=True, admin="admin",
            password=self.passwords["admin"], study=study, fold=fold, now=NOW,
            sponsor_key=(self.place / "store" / trust.SPONSOR_PUB).read_bytes(),
        )  # fmt: skip
        with folder.open_folder(
            self.site, "admin", self.passwords["admin"], study=study, fold=fold
        ) as session:
            for user, role in ROLES.items():
                users.add_user(session, user, role, password=self.passwords[user])

    def work(self) -> None:
        """Everything, up to the last form, which is left half typed."""
        self.sign_in("crc", self.wrong[0])
        *others, last = self.people
        for n, one in enumerate(others):
            self.enrol(one)
            self.acts += 1
            if n % OFTEN == 0:
                self.aside(one, n)
            if n == len(others) // 2:
                shutil.copytree(self.site, self.place / "while-open")
        self.look()
        self.send()
        self.keep()
        self.sign_in("inv")
        self.sign()
        self.sign_in("crc")
        self.ask_for_help(last)
        self.enrol(last, whole=False)

    def enrol(self, one: dict[str, Any], *, whole: bool = True) -> None:
        """A new participant: identity, consent, a correction with its reason, a note, a draft."""
        hands = self.hands
        self.program.shell.go("subjects")
        hands.rest(30)
        hands.press(Key.Key_N, ctrl=True)
        hands.press(Key.Key_Return)
        hands.until(lambda: self.at("ID"), "the form ID")
        identity = {**one["identity"], "IDTYPE": "RESID", "BRTHDAT": one["born"]}
        hands.fill({**identity, "KINREL": "SPOUSE"})
        if not whole:
            return
        self.complete("ID")
        hands.until(lambda: self.at("IC"), "the form IC")
        key = self.hands.form.entry.key
        hands.fill({**CONSENT, "ICSTAFF": one["staff"]})
        self.complete("IC")
        self.correct(key, one)
        if one is not self.people[0]:  # whose form is signed
            self.draft(one)

    def complete(self, form: str) -> None:
        """Ctrl+Enter, and what comes after the form."""
        self.hands.press(Key.Key_Return, ctrl=True)
        self.hands.until(lambda: not self.at(form), f"what comes after {form}")

    def correct(self, key: FormKey, one: dict[str, Any]) -> None:
        """Another version of the paper, with a reason in words; then a note at the field."""
        hands = self.hands
        self.desk.open_form(key)
        hands.until(lambda: self.at(key.form), f"the form {key.form}")
        self.focus("ICVER")
        hands.clear()
        hands.type("V1.1")
        hands.press(Key.Key_Return, ctrl=True)
        reasons = hands.form.keeping.line
        other = reasons.choices.of("OTHER")
        assert other is not None
        hands.until(lambda: self.holds(reasons), "the line of the reason")
        hands.line(other.key)
        hands.line(one["reason"])
        hands.until(lambda: not self.at(key.form), "the correction")
        self.desk.open_form(key)
        hands.until(lambda: self.at(key.form), f"the form {key.form}")
        self.focus("ICVER")
        hands.press(Key.Key_F5)
        hands.line(one["note"])
        hands.until(hands.form.noting.line.isHidden, "the note")

    def draft(self, one: dict[str, Any]) -> None:
        """A note that is typed and not confirmed stays with the draft."""
        self.focus("ICVER")
        self.hands.press(Key.Key_F5)
        self.hands.type(one["draft"])
        self.program.shell.go("subjects")
        self.hands.rest(30)

    def aside(self, one: dict[str, Any], n: int) -> None:
        """Searching, copying, a lock with a wrong password, and something that breaks."""
        hands, shell = self.hands, self.program.shell
        shell.finder.summon()
        hands.type(one["identity"]["PATNAME"])
        hands.press(Key.Key_A, ctrl=True)
        hands.press(Key.Key_C, ctrl=True)
        board = QApplication.clipboard()
        self.copied += board.text() == one["identity"]["PATNAME"]
        hands.press(Key.Key_Escape)
        self.lock(self.wrong[1 + n % (len(self.wrong) - 1)])
        self.left_behind += bool(board.text())
        self.break_down(one["identity"]["IDNO"])

    def lock(self, wrong: str) -> None:
        """Lock, a wrong password, the right one."""
        hands = self.hands
        self.program.lock()
        hands.rest(60)
        page: Any = self.program.shell._cover
        hands.line("crc")
        hands.line(wrong)
        hands.until(lambda: not page.password.line.text() and page.go.isEnabled(), "the refusal")
        hands.rest(60)
        hands.line(self.passwords["crc"])
        hands.until(lambda: not self.program.shell.covered, "the unlocking")

    def break_down(self, value: str) -> None:
        """A fault whose message holds what was typed."""
        QTimer.singleShot(0, self.program, lambda: int(f"{value}?"))
        shell = self.program.shell
        self.hands.until(lambda: shell.covered, "the page of the fault")
        self.hands.rest(60)
        self.hands.press(Key.Key_Return)
        self.hands.until(lambda: isinstance(shell._cover, LockPage), "the lock after a fault")
        self.hands.rest(60)
        self.hands.line("crc")
        self.hands.line(self.passwords["crc"])
        self.hands.until(lambda: not shell.covered, "the way back")

    def send(self) -> None:
        """The package to the stick."""
        hands = self.hands
        whole = self.program.shell.go("transfer")
        assert isinstance(whole, TransferPage)
        page = whole.parts["leave"]
        assert isinstance(page, LeavingPart)
        self.settle()
        hands.until(lambda: page.looked, "what would leave")
        (self.place / "stick").mkdir()
        page.folder.asked.line.setFocus()
        hands.clear()
        hands.type(str(self.place / "stick"))
        hands.press(Key.Key_Return)
        hands.line(self.passwords["crc"])
        hands.until(lambda: page.go.isEnabled() and page.made is not None, "the package")
        self.acts += 1

    def keep(self) -> None:
        """A backup, and every check."""
        page = self.program.shell.go("admin")
        assert isinstance(page, AdminPage)
        part = page.show_part("custody")
        assert isinstance(part, CustodyPart)
        part.now.click()
        self.hands.until(part.now.isEnabled, "the backup")
        part.verify.click()
        self.hands.until(part.verify.isEnabled, "the checks")
        self.acts += 2

    def ask_for_help(self, one: dict[str, Any]) -> None:
        """A problem is reported, and two files for support are made: at work and behind the lock.

        They are unpacked where the search finds them.
        """
        hands, shell = self.hands, self.program.shell
        shell.go("help")
        hands.rest(30)
        hands.press(Key.Key_R)
        part = shell.page
        assert isinstance(part, AdminPage)
        incidents = part.parts["incidents"]
        assert isinstance(incidents, IncidentsPart)
        hands.until(incidents.words.line.hasFocus, "the words of a report")
        hands.line(f"Synthetic {one['reason']}")
        hands.until(lambda: bool(incidents.incidents.all()), "the report")
        shell.go("help")
        hands.rest(30)
        hands.press(Key.Key_S)
        page = shell.page
        assert isinstance(page, SupportPage)
        self.unpack(page, "at-work")
        assert page.boxes, "the words were offered, and not ticked"
        self.program.lock()
        hands.rest(60)
        hands.press(Key.Key_F1)
        hands.press(Key.Key_S)
        cover: Any = shell._cover
        self.unpack(cover._laid.page, "locked")
        hands.press(Key.Key_Escape)
        hands.rest(30)
        hands.line("crc")
        hands.line(self.passwords["crc"])
        hands.until(lambda: not shell.covered, "the unlocking")
        self.acts += 3

    def unpack(self, page: SupportPage, name: str) -> None:
        """Save what the page shows, and lay it down as whoever helps would read it."""
        self.hands.until(lambda: page.found is not None, "the file for support")
        place = self.place / "support" / name
        place.mkdir(parents=True)
        page.save_to(place / "support.zip")
        with zipfile.ZipFile(place / "support.zip") as archive:
            archive.extractall(place)

    def look(self) -> None:
        """Today, queries, and the list of who is who, as it would be printed."""
        for section in ("today", "queries"):
            self.program.shell.go(section)
            self.settle()
        report = identification_list(self.desk.book)
        self.program.shell.open(PreviewPage(self.program.context, self.desk.session, report))
        self.hands.rest(200)
        self.acts += 3

    def sign(self) -> None:
        """The investigator signs what is complete."""
        hands = self.hands
        self.desk.open_subject("01-001")
        hands.rest(60)
        hands.press(Key.Key_S)
        page = self.program.shell.page
        assert isinstance(page, SignPage)
        hands.rest(30)
        hands.read_and_choose(page)
        page.signing.password.line.setFocus()
        hands.line(self.passwords["inv"])
        hands.until(lambda: self.program.shell.page is not page, "the signatures")
        self.acts += 1

    # --- inside -----------------------------------------------------------------------

    def sign_in(self, user: str, wrong: str = "") -> None:
        """Somebody comes, after a wrong password if one is given."""
        hands, program = self.hands, self.program
        if program.desk is not None:
            program.sign_out()
            hands.until(lambda: program.desk is None, "the way out")
        else:
            program.start(self.site)
        hands.until(lambda: program.shell.covered, "the sign-in")
        for password in filter(None, (wrong, self.passwords[user])):
            page: Any = program.shell._cover
            hands.rest(60)
            page.user.line.setFocus()
            hands.clear()
            hands.line(user)
            hands.line(password)
            if password == wrong:
                hands.until(lambda p=page: p.go.isEnabled() and not p.password.line.text(), "no")
        hands.until(lambda: program.desk is not None, "the sign-in")
        self.settle()
        self.acts += 1

    def settle(self) -> None:
        self.hands.until(lambda: not self.desk.census.counting, "the lists")

    def at(self, form: str) -> bool:
        page = self.program.shell.page
        return isinstance(page, FormPage) and page.entry.key.form == form

    def focus(self, item: str) -> None:
        page = self.hands.form
        key = next(k for k in page.body.order if k.item == item)
        page.body.editor(key).setFocus(Qt.FocusReason.TabFocusReason)
        self.hands.rest(10)

    @staticmethod
    def holds(widget: QWidget) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and widget.isAncestorOf(focused)


def main() -> None:
    """Work, tell numbers, and end as a crash does."""
    throw_named()
    told = json.load(sys.stdin)
    place = Path(told["place"])
    leave_no_dumps()
    app = QApplication([])
    app.setApplicationName("MRD Desktop")
    program = compose(now=NOW, home=place, last=of_computer())
    catch_faults(app, program)
    program.shell.resize(1366, 728)
    program.shell.show()
    work = HalfHour(place, program, told)
    work.make()
    work.work()
    numbers = {"keys": work.hands.keys, "acts": work.acts, "copied": work.copied}
    print(json.dumps({**numbers, "left": work.left_behind}), flush=True)
    os.abort()


if __name__ == "__main__":
    main()
