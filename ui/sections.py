"""What a signed-in user finds in the window: sections by role, search, counts, quiet notes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut

from mrd_desktop.insight.care import Care
from mrd_desktop.record.importing.mapping import importable
from mrd_desktop.record.incidents import may_write
from mrd_desktop.texts import Text
from mrd_desktop.vault.ballast import SPENT
from ui.finder import Found, fits
from ui.icons import Glyph
from ui.navigation import Identity, Section
from ui.notices import show_clock, show_notice
from ui.page import Page
from ui.pages.admin import AdminPage, offered
from ui.pages.admin_incidents import IncidentsPart
from ui.pages.calendar import CalendarPage
from ui.pages.charts import ChartsPage
from ui.pages.coming import RECEIVE
from ui.pages.help import REPORT, SUPPORT, HelpPage
from ui.pages.monitoring import MonitoringPage
from ui.pages.paper import PaperPage
from ui.pages.parted import PartedPage
from ui.pages.queries import QueriesPage
from ui.pages.reports import ReportsPage
from ui.pages.subject import SubjectPage
from ui.pages.subjects import SubjectsPage
from ui.pages.to_sign import ToSignPage
from ui.pages.today import TodayPage
from ui.pages.transfer import TransferPage
from ui.searching import Searching
from ui.synonyms import NONE, SYNONYMS
from ui.theme import Ink
from ui.widgets.notice import About
from ui.work import Desk

TODAY = Text("Today", "今日工作")
SUBJECTS = Text("Subjects", "受试者")
QUERIES = Text("Queries", "质疑")
TO_SIGN = Text("To sign", "待签名")
MONITOR = Text("Monitoring", "监查")
REPORTS = Text("Lab reports", "检验报告")
CHARTS = Text("Charts", "图表")
CALENDAR = Text("Calendar", "日历")
PAPER = Text("Paper", "打印")
TRANSFER = Text("Export and receive", "导出与接收")
ADMIN = Text("Administration", "管理")
HELP = Text("Help", "帮助")
LAST_PACKAGE = Text("Last package {n} days ago", "上次导出 {n} 天前")
PACKAGE_TODAY = Text("Exported today", "今天已导出")
NO_PACKAGE = Text("No package yet", "尚未导出")
LAST_BACKUP = Text("Backup {n} days ago", "备份 {n} 天前")
BACKUP_TODAY = Text("Backed up today", "今天已备份")
NO_BACKUP = Text("No backup yet", "尚未备份")
_EVERY = 10 * 60_000
_EACH = 5_000


class Sections(QObject):
    """The window of one session."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        desk.subject_page = partial(SubjectPage, desk.context, desk)
        desk.census.changed.connect(self._counted)
        desk.shell.finder.add_source(self._parts)  # before what offers to look further
        self.searching = Searching(desk)
        self._again = QTimer(self)
        self._again.timeout.connect(desk.census.refresh)
        self._again.start(_EVERY)
        self._offered: tuple[str, ...] = ()
        self._keys: list[QShortcut] = []

    def open(self) -> None:
        """Fill the window and show the first section."""
        desk = self.desk
        folder = desk.session.folder
        desk.shell.set_identity(
            Identity(
                site=folder.site,
                name=folder.name,
                user=desk.session.user,
                role=desk.session.duties.text,
                training=folder.training,
            )
        )
        sections = tuple(self._sections())
        desk.shell.say(Text("", ""))
        show_notice(desk)
        show_clock(desk)
        desk.shell.set_sections(sections)
        self._first = next(s.key for s in sections if s.key != "paper")
        self._clock = QTimer(self)
        self._clock.timeout.connect(lambda: show_clock(desk))
        self._clock.start(_EACH)
        self.begin()
        self._follow(sections)
        if not desk.census.counting:  # else the page in front has begun it
            desk.census.refresh()

    def _follow(self, sections: tuple[Section, ...]) -> None:
        """The keys of these sections, and of no others."""
        self._drop_keys()
        self._offered = tuple(s.key for s in sections)
        self._keys = [
            self._key(f"Alt+{n}", partial(self._go, section.key))
            for n, section in enumerate(sections[:9], 1)
        ]

    def _offer_more(self) -> None:
        """What the user has been allowed since, as signing is once nothing is missing."""
        sections = tuple(self._sections())
        if {s.key for s in sections} > set(self._offered):
            self.desk.shell.offer_more(sections)
            self._follow(sections)

    def begin(self) -> None:
        """Show the page where work begins."""
        self.desk.shell.go(self._first)

    def _sections(self) -> Iterator[Section]:
        desk, session = self.desk, self.desk.session
        context = desk.context
        if session.allows("subject.see"):
            yield Section("today", TODAY, Glyph.TODAY, lambda: TodayPage(context, desk))
            yield Section("subjects", SUBJECTS, Glyph.SUBJECTS, lambda: SubjectsPage(context, desk))
            yield Section("queries", QUERIES, Glyph.QUERIES, lambda: QueriesPage(context, desk))
            yield Section("calendar", CALENDAR, Glyph.CALENDAR, lambda: CalendarPage(context, desk))
        if session.allows("form.sign"):
            yield Section("sign", TO_SIGN, Glyph.SIGNED, lambda: ToSignPage(context, desk))
        if session.allows("sdv"):
            yield Section("monitor", MONITOR, Glyph.CHECK, lambda: MonitoringPage(context, desk))
        if session.allows("subject.see") and importable(desk.study):
            yield Section("reports", REPORTS, Glyph.FORM, lambda: ReportsPage(context, desk))
        if session.allows("subject.see"):
            yield Section("charts", CHARTS, Glyph.CHARTS, lambda: ChartsPage(context, desk))
        if session.allows("export") or session.allows("import"):
            yield Section("transfer", TRANSFER, Glyph.TRANSFER, lambda: TransferPage(context, desk))
        yield Section("paper", PAPER, Glyph.PRINT, lambda: PaperPage(context, desk))
        yield Section("admin", ADMIN, Glyph.ADMIN, lambda: AdminPage(context, desk))
        yield Section("help", HELP, Glyph.HELP, self._help)

    def _help(self) -> HelpPage:
        desk = self.desk
        page = HelpPage(desk.context, desk.session.allows, reports=may_write(desk.session))
        page.report_wanted.connect(self.report_program)
        return page

    def report_program(self) -> None:
        """Ask for a problem with the program, among the incidents."""
        page = self._turned("incidents", "admin")
        if isinstance(page, IncidentsPart):
            QTimer.singleShot(0, page, page.report_program)  # the page puts its own caret first

    def _parts(self, typed: str) -> list[Found]:
        """The parts of the administration that are named."""
        if not typed or self.desk.session.locked:
            return []
        found = [
            Found(name, ADMIN, partial(self.go_part, key), Glyph.ADMIN)
            for key, name, _ in offered(self.desk)
            if fits(typed, name, ADMIN, SYNONYMS.get(key, NONE))
        ]
        coming = partial(self.go_part, "come", "transfer")
        if self.desk.session.allows("import") and fits(typed, RECEIVE, SYNONYMS["come"]):
            found.insert(0, Found(RECEIVE, TRANSFER, coming, Glyph.TRANSFER))
        wanted = self.desk.shell.support_wanted.emit
        if fits(typed, SUPPORT, HELP, SYNONYMS["support"]):
            found.append(Found(SUPPORT, HELP, wanted, Glyph.HELP))
        if may_write(self.desk.session) and fits(typed, REPORT, HELP, SYNONYMS["report"]):
            found.append(Found(REPORT, HELP, self.report_program, Glyph.HELP))
        return found

    def go_part(self, part: str, section: str = "admin") -> None:
        """Turn to a part of the administration, or of another section, if the user has it."""
        self._turned(part, section)

    def _turned(self, part: str, section: str) -> Page | None:
        page = self._go(section)
        if isinstance(page, PartedPage) and part in page.parts:
            return page.show_part(part)
        return None

    def _key(self, keys: str, act: object) -> QShortcut:
        made = QShortcut(QKeySequence(keys), self.desk.shell)
        made.setContext(Qt.ShortcutContext.WindowShortcut)
        made.activated.connect(act)
        self.destroyed.connect(made.deleteLater)
        return made

    def _go(self, key: str) -> Page | None:
        return None if self.desk.shell.covered else self.desk.shell.go(key)

    def close(self) -> None:
        """Take the keys of this session away."""
        self._again.stop()
        self._clock.stop()
        self.searching.close()
        self.desk.shell.finder.drop_source(self._parts)
        self._drop_keys()

    def _drop_keys(self) -> None:
        for key in self._keys:
            key.setEnabled(False)
            key.deleteLater()
        self._keys = []

    # --- notes ------------------------------------------------------------------------

    def _counted(self) -> None:
        census, shell = self.desk.census, self.desk.shell
        if self.desk.session.locked:
            return
        self._offer_more()
        if self.desk.session.reserve_spent:
            shell.set_notice(About.RECORDS, SPENT, Ink.HARD)
        shell.set_count("today", len(census.tasks))
        if self.desk.session.allows("form.sign"):
            shell.set_count("sign", sum(o.unsigned for o in census.overviews.values()))
        shell.set_count("queries", sum(line.open_queries for line in census.lines))
        if census.care is not None:
            shell.set_note(package_words(census.care))
            shell.set_backup(backup_words(census.care))


def package_words(care: Care) -> Text:
    """How long ago data last left the site."""
    if care.package_days is None:
        return NO_PACKAGE
    return LAST_PACKAGE.filled(n=care.package_days) if care.package_days else PACKAGE_TODAY


def backup_words(care: Care) -> Text:
    """How long ago the site was last backed up."""
    if care.backup_days is None:
        return NO_BACKUP
    return LAST_BACKUP.filled(n=care.backup_days) if care.backup_days else BACKUP_TODAY
