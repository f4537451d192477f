"""The one list of all screens: what is shown, to whom, and how it is reached."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from mrd_desktop.closing.destruction import Certificate
from mrd_desktop.insight.reports.blank_form import blank_form, blank_visit
from mrd_desktop.insight.reports.issue import local_time
from mrd_desktop.insight.reports.model import Report
from mrd_desktop.insight.reports.periodic import compile_pack, pack_report
from mrd_desktop.insight.reports.periodic_read import period
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.incidents import PROGRAM, Incidents
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Text
from mrd_desktop.transfer.words import Word
from mrd_desktop.vault import destroyed, own_key
from mrd_desktop.vault.backup import _FULL, RestoreReport
from mrd_desktop.vault.errors import (
    BackupNotMade,
    RecordsAltered,
    WrongPassword,
    WrongRecoverySheet,
)
from mrd_desktop.vault.manifest import read_manifest
from mrd_desktop.vault.recovery import _CHANGED
from tests.ui.pages.kit import secret
from tests.ui.pages.look.stage import Stage
from ui.form.page import FormPage
from ui.pages.all_lost import AllLostPage, WhatFollowsPage
from ui.pages.coming import ComingPart
from ui.pages.date_asked import DatePage
from ui.pages.ended import EndedPage
from ui.pages.farewell import FarewellPage
from ui.pages.fault import FaultPage
from ui.pages.help import PAGES, HelpPage
from ui.pages.new_site import CodePage, FirstUserPage, NewSitePage, SheetPage
from ui.pages.parted import PartedPage
from ui.pages.queries import QueriesPage
from ui.pages.restoring import RestoredPage, RestorePage
from ui.pages.sign import SignPage
from ui.pages.sign_in import FirstPasswordPage, LockPage, SignInPage
from ui.pages.subject import SubjectPage
from ui.pages.subjects import SubjectsPage
from ui.pages.takeover import FROM, TakeOverPage
from ui.pages.visit_note import VisitNotePage
from ui.print.preview import PreviewPage
from ui.theme import Ink
from ui.widgets.notice import About

Act = Callable[[Stage], object]

FILLED = "01-002"
FRESH = "01-009"
"""A subject of whom nothing is known yet."""


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes:
        anew: it says its texts when it opens, so it is opened again in each language.
        long: its page scrolls; it is judged at its whole length.
    """

    name: str
    show: Act
    anew: bool = False
    long: bool = False


@dataclass(frozen=True)
class Scene:
    """Screens that one user sees in one site.

    Attributes:
        user: who signs in; nobody before the sign-in.
        site: the name of a fixture that gives the folder with ``site`` in it.
    """

    name: str
    screens: tuple[Screen, ...]
    user: str = ""
    site: str = "place"


# --- before the sign-in -------------------------------------------------------------------------


def _new_site(stage: Stage, *, training: bool, refused: bool = False) -> None:
    stage.program.doors.show_new_site(training)
    if refused:
        page = stage.cover()
        assert isinstance(page, NewSitePage)
        page.submit()


def _sheet(stage: Stage) -> None:
    lines = [f"{n:02}  ABCD EFGH JKLM NPQR STUV" for n in range(1, 9)]
    stage.program.shell.cover(SheetPage(stage.program.context, "\n".join(lines)))


def _refused(stage: Stage) -> None:
    stage.program.start(stage.place / "site")
    page = stage.cover()
    assert isinstance(page, SignInPage)
    page.refuse(WrongPassword())


def _first_password(stage: Stage) -> None:
    manifest = read_manifest(stage.place / "site")
    stage.program.shell.cover(FirstPasswordPage(stage.program.context, manifest, "crc"))


def _fault(stage: Stage) -> None:
    stage.program.shell.cover(
        FaultPage(stage.program.context, ZeroDivisionError(), "261129-7K2QWM")
    )


def _first_user(stage: Stage, *, training: bool) -> None:
    stage.program.shell.cover(FirstUserPage(stage.program.context, training=training))


def _condemned(stage: Stage) -> None:
    """A mark of destruction lies in the folder, which nobody has checked."""
    file = stage.place / "site" / destroyed.MARK
    file.write_bytes(destroyed.Mark("synthetic", "{}", (), Path("-"), "-").to_bytes())
    stage.program.start(stage.place / "site")
    file.unlink()


def _restore(stage: Stage, *, refused: bool = False) -> None:
    """A backup that is not the newest one beside it; or a folder without any."""
    stick = stage.place / "stick"
    if not stick.exists():
        for seq, name in ((1204, "old"), (1388, "new")):
            made = stick / f"01-{name}.mrdbackup"
            made.mkdir(parents=True)
            manifest = stage.place / "site" / "site.json"
            (made / "site.json").write_bytes(manifest.read_bytes())
            report = {"format": "mrd-backup/1", "chain": read_manifest(made).chain, "seq": seq,
                      "digest": "00" * 32, "at": "2026-10-07T09:00:00.000Z",
                      "files": {"data.mrd": "00"}}  # fmt: skip
            (made / "backup.json").write_text(json.dumps(report))
    stage.program.doors.show_restore(stick / "01-old.mrdbackup")
    if refused:
        page = stage.cover()
        assert isinstance(page, RestorePage)
        (stage.place / "01").mkdir(exist_ok=True)
        page.backup.set_path(stage.place / "01")
        page.submit()


def _restored(stage: Stage, *, missing: int | None) -> None:
    head = Head("chain", 1204, bytes(32), at="2026-10-07T09:00:00.000Z")
    report = RestoreReport(stage.place / "MRD-site-01", head, missing)
    stage.program.shell.cover(RestoredPage(stage.program.context, report))


def _all_lost(stage: Stage, *, refused: bool = False) -> None:
    stage.program.doors.show_recovery(stage.place / "site")
    if refused:
        page = stage.cover()
        assert isinstance(page, AllLostPage)
        stage.type(page.halves[0].line, "abc0")
        page.refuse(WrongRecoverySheet(_CHANGED))


def _what_follows(stage: Stage, role: str) -> None:
    manifest = read_manifest(stage.place / "site")
    stage.program.shell.cover(
        WhatFollowsPage(stage.program.context, load_study(), manifest, "crc", role)
    )


def _ended(stage: Stage) -> None:
    """With all that people may have to destroy themselves, and a long path."""
    away: dict[str, JSON] = {
        "medium": "3F2A-91C0",
        "backups": 3,
        "last": "2026-10-07T01:00:00.000Z",
    }
    said: dict[str, JSON] = {
        "site": "01", "backups": ["a", "b"], "bundles": 1, "sheet": "7K2Q",
        "elsewhere": [away, {**away, "medium": ""}],
    }  # fmt: skip
    place = Path("/media/coordinator/示例医院归档介质/2051/destruction/certificates")
    made = Certificate(place / "destruction-01-rhi6rwnk.json", said)
    stage.program.shell.cover(EndedPage(stage.program.context, made))


def _support(stage: Stage) -> None:
    """Before the sign-in: over the cover."""
    stage.program.start(stage.place / "site")
    stage.program.make_support()
    stage.settle()


DOORS = (
    Screen("support", _support),
    Screen("start", lambda s: s.program.doors.show_start()),
    Screen("start-refused", lambda s: s.program.start(s.place)),
    Screen("new-training", partial(_new_site, training=True)),
    Screen("new-live", partial(_new_site, training=False)),
    Screen("new-refused", partial(_new_site, training=False, refused=True)),
    Screen("first-user-training", partial(_first_user, training=True)),
    Screen("first-user-live", partial(_first_user, training=False)),
    Screen(
        "code",
        lambda s: s.program.shell.cover(
            CodePage(s.program.context, "crc", "abcd-efgh-ijkl-mnop-qrst-uvwx")
        ),
    ),
    Screen("recovery-sheet", _sheet),
    Screen("restore", _restore),
    Screen("restore-refused", partial(_restore, refused=True)),
    Screen("restored", partial(_restored, missing=None), anew=True),
    Screen("restored-missing", partial(_restored, missing=184), anew=True),
    Screen("all-lost", _all_lost),
    Screen("all-lost-refused", partial(_all_lost, refused=True)),
    Screen("what-follows", partial(_what_follows, role="siteadmin")),
    Screen("what-follows-coordinator", partial(_what_follows, role="coordinator")),
    Screen("sign-in", lambda s: s.program.start(s.place / "site")),
    Screen("sign-in-condemned", _condemned),
    Screen("sign-in-refused", _refused),
    Screen("first-password", _first_password),
    Screen("fault", _fault),
    Screen("ended", _ended),
)


# --- at work ------------------------------------------------------------------------------------


def _section(name: str, key: str = "") -> Screen:
    return Screen(name, lambda s: s.go(key or name))


def _part(section: str, key: str, *, long: bool = False) -> Screen:
    def show(stage: Stage) -> None:
        page = stage.go(section)
        assert isinstance(page, PartedPage)
        page.show_part(key)
        stage.settle()

    return Screen(f"{section}-{key}", show, long=long)


def _help(key: str) -> Screen:
    def show(stage: Stage) -> None:
        page = stage.go("help")
        assert isinstance(page, HelpPage)
        page.chips.choose(key)

    return Screen(f"help-{key}", show)


def _new_subject(stage: Stage) -> None:
    page = stage.go("subjects")
    assert isinstance(page, SubjectsPage)
    page.ask_new()


def _find(stage: Stage, typed: str) -> None:
    stage.go("today")
    stage.program.shell.finder.summon()
    stage.type(stage.program.shell.finder, typed)


def _answer(stage: Stage) -> None:
    page = stage.go("queries")
    assert isinstance(page, QueriesPage)
    page.ask_answer()


def _subject(stage: Stage, subject: str) -> SubjectPage:
    stage.desk.open_subject(subject)
    stage.settle()
    page = stage.front()
    assert isinstance(page, SubjectPage)
    return page


def _fresh(stage: Stage) -> None:
    if FRESH not in [x.subject for x in stage.desk.book.subjects()]:
        stage.desk.book.create_subject(FRESH)
    _subject(stage, FRESH)


def _lock(stage: Stage) -> None:
    stage.program.lock()


def _farewell(stage: Stage, *, refused: bool = False) -> None:
    page = FarewellPage(stage.program.context, stage.desk)
    stage.program.shell.cover(page)
    if refused:
        page._refuse(BackupNotMade(_FULL))
    else:
        page.bar.show()
        page.bar.tell(40, 100)


def _take_over(stage: Stage) -> None:
    """As it stands where another computer owns the subject."""
    page = TakeOverPage(stage.program.context, stage.desk, FILLED)
    stage.program.shell.open(page)
    page.begins.show_text(
        FROM.filled(subject=FILLED, chain="23456723", at="2026-10-08 09:00"), Ink.SOFT
    )
    page.reason.show()
    page.people.show()


def _unread(stage: Stage) -> None:
    """The sponsor wrote more than is shown at once, and at length."""
    part = _coming(stage)
    text = "20270305 " * 50  # words are the sponsor's own, in the sponsor's language
    written = [
        ("store", Word(n, f"2026-10-0{n}T01:00:00.000Z", "sponsor", text)) for n in range(1, 8)
    ]
    part.words.show_words(written, {("store", n) for n in range(1, 8)})


def _coming(stage: Stage) -> ComingPart:
    page = stage.go("transfer")
    assert isinstance(page, PartedPage)
    part = page.show_part("come")
    assert isinstance(part, ComingPart)
    stage.settle()
    return part


def _reported(stage: Stage) -> None:
    """At work, with more reports than boxes are seen at once."""
    incidents = Incidents(stage.desk.session)
    if not incidents.all():
        for n in range(4):
            at = local_time(stage.desk.session, stage.desk.session.now())
            incidents.note(PROGRAM, at, "0", f"20270305 {n} " * 12)
    stage.program.make_support()
    stage.settle()


def _altered(stage: Stage) -> None:
    """Data were changed outside the program, and what was found is shown."""
    shell = stage.program.shell
    where = Text(
        "the tables do not agree with the records (01-001/SCR#1/PS#1/A#1/ECOG)",
        "数据表与记录不一致（01-001/SCR#1/PS#1/A#1/ECOG）",
    )
    stage.go("today")
    found = RecordsAltered(where)
    shell.set_notice(About.RECORDS, found.text, Ink.HARD, found.details)
    if shell._notice.details.isHidden():
        shell._notice.more.click()
    stage.later.append(lambda: shell.set_notice(About.RECORDS, None))


def _lock_refused(stage: Stage) -> None:
    page = stage.cover()
    assert isinstance(page, LockPage)
    page.refuse(WrongPassword())


DESK = (
    _section("today"),
    _section("subjects"),
    Screen("subject-new", _new_subject),
    _section("queries"),
    Screen("query-answer", _answer, anew=True),
    _section("calendar"),
    _part("reports", "import"),
    _part("reports", "ranges"),
    _section("charts"),
    _section("transfer"),
    _part("transfer", "come"),
    _part("transfer", "hand"),
    Screen("take-over", _take_over, anew=True),
    Screen("sponsor-words", _unread),
    Screen("altered", _altered),
    _section("paper"),
    _part("admin", "typing"),
    _part("admin", "vault"),
    _part("admin", "exercises"),
    _part("admin", "undertaking"),
    _part("admin", "requests"),
    _part("admin", "password"),
    _part("admin", "about"),
    Screen("support-reports", _reported),
    Screen("finder", partial(_find, typed="01")),
    Screen("finder-deep", partial(_find, typed="01-002 MRD")),
    Screen("finder-nothing", partial(_find, typed="01-777")),
    *(_help(key) for key, _ in PAGES),
)

SUBJECT = (
    Screen("subject", lambda s: _subject(s, FILLED)),
    Screen("subject-legend", lambda s: _subject(s, FILLED)._turn_legend()),
    Screen("subject-add", lambda s: _subject(s, FILLED).ask_what(), anew=True),
    Screen("subject-withdrawn", lambda s: _subject(s, "01-001")),
    Screen("subject-fresh", _fresh),
    Screen("farewell", _farewell),
    Screen("farewell-refused", partial(_farewell, refused=True)),
    Screen("lock", _lock),
    Screen("lock-refused", _lock_refused),
)


# --- forms --------------------------------------------------------------------------------------


def _form(oid: str) -> Screen:
    return Screen(f"form-{oid}", lambda s: s.form(FILLED, oid), long=True)


FORMS = tuple(_form(f.oid) for f in load_study().forms)


def _key(page: FormPage, key: Qt.Key, stage: Stage) -> None:
    stage.qtbot.keyClick(QApplication.focusWidget() or page, key)
    QApplication.processEvents()


def _open_and(stage: Stage, oid: str, item: str, key: Qt.Key) -> None:
    page = stage.form(FILLED, oid)
    stage.caret(page, item)
    _key(page, key, stage)


def _typed(stage: Stage, oid: str, event: str, values: dict[str, str]) -> FormPage:
    """A form with values that were typed and not saved."""
    page = stage.form_at(FormKey(EventKey(FILLED, event), oid))
    for item, text in values.items():
        stage.type(stage.caret(page, item), text)
    return page


def _changed(stage: Stage) -> None:
    page = stage.form(FILLED, "VS")
    assert page.entry.state is not FormState.EMPTY
    stage.type(stage.caret(page, "WEIGHT"), "66")
    stage.caret(page, "HEIGHT")


def _findings(stage: Stage) -> FormPage:
    """Hard and soft findings and a text that cannot be read."""
    page = _typed(stage, "VS", "SCR", {"HEIGHT": "7", "WEIGHT": "399"})
    stage.caret(page, "TEMP")
    return page


def _explain(stage: Stage) -> None:
    page = _findings(stage)
    stage.caret(page, "WEIGHT")
    _key(page, Qt.Key.Key_F6, stage)


OVERLAYS = (
    Screen("reason-line", _changed),
    Screen("findings", _findings),
    Screen("words-line", _explain, anew=True),
    Screen(
        "missing-reasons",
        lambda s: _open_and(s, "VS", "HEIGHT", Qt.Key.Key_F2),
        anew=True,
    ),
    Screen("history", lambda s: _open_and(s, "VS", "WEIGHT", Qt.Key.Key_F8), anew=True),
    Screen("keys", lambda s: _open_and(s, "VS", "WEIGHT", Qt.Key.Key_F1), anew=True),
    Screen("pick-list", lambda s: _open_and(s, "DM", "CETHNIC", Qt.Key.Key_F4), anew=True),
)


# --- what consent has closed --------------------------------------------------------------------


def _value(stage: Stage, oid: str, event: str, group: str, item: str) -> tuple[FormEntry, ItemKey]:
    entry = stage.desk.book.open(FormKey(EventKey(FILLED, event), oid))
    return entry, ItemKey(RowKey(entry.key, group), item)


def _record(stage: Stage, oid: str, event: str, item: str, text: str) -> None:
    """Save one value of the first section, where it does not stand already."""
    group = "B" if item == "ICHGR" else "A"
    entry, key = _value(stage, oid, event, group, item)
    if entry.field(key).text != text:
        entry.type(key, text)
        entry.save(complete=False, reason=ChangeReason("NEWINFO"))


def _refuse_genes(stage: Stage) -> None:
    """Type into a sample and a history, then let the patient refuse genetic testing."""
    drafts = (("MRD", "C", "COMM", "synthetic"), ("BCH", "PATH", "KI67", "77"))
    for oid, group, item, text in drafts:
        entry, key = _value(stage, oid, "SCR", group, item)
        if entry.read_only is None:
            entry.type(key, text)
            entry.keep_draft()
    _record(stage, "IC", "SCR", "ICHGR", "2")


def _closed_form(stage: Stage) -> FormPage:
    _refuse_genes(stage)
    return stage.form_at(FormKey(EventKey(FILLED, "SCR"), "MRD"))


def _closed_section(stage: Stage, *, save: bool = False) -> FormPage:
    _refuse_genes(stage)
    page = stage.form_at(FormKey(EventKey(FILLED, "SCR"), "BCH"))
    stage.caret(page, "KI67")
    if save:
        page.keeping.save()
    return page


def _late_visit(stage: Stage) -> None:
    """Follow-up has ended, and the visit has no date yet."""
    _record(stage, "EOS", "EOS", "DSDECOD", "5")
    _record(stage, "EOS", "EOS", "DSSTDAT", "2026-09-20")
    stage.form_at(FormKey(EventKey(FILLED, "M21"), "LAB"))


CLOSED = (
    Screen("closed-form", _closed_form, long=True),
    Screen("closed-form-ask", lambda s: _closed_form(s).discarding.ask(), anew=True, long=True),
    Screen("closed-section", _closed_section, long=True),
    Screen("closed-section-save", partial(_closed_section, save=True), anew=True, long=True),
    Screen(
        "closed-section-ask", lambda s: _closed_section(s).discarding.ask(), anew=True, long=True
    ),
    Screen("closed-visit", _late_visit),
)


# --- review, administration, paper --------------------------------------------------------------


def _sign(stage: Stage) -> None:
    keys = [FormKey(EventKey(FILLED, event), "SV") for event in ("C0", "M03")]
    stage.program.shell.open(SignPage(stage.program.context, stage.desk, FILLED, keys))


def _visit_note(stage: Stage) -> None:
    monitoring = stage.go("monitor")
    page = VisitNotePage(stage.program.context, stage.desk, monitoring.reviews)  # type: ignore[attr-defined]
    stage.program.shell.open(page)


def _periodic(stage: Stage) -> None:
    session = stage.desk.session
    _preview(stage, pack_report(compile_pack(session, period(session, None, None))))


def _destruction(stage: Stage, days: int) -> None:
    """Where the day is to come, and where it is over; the clock goes back afterwards."""
    clock, page = stage.desk.session.clock, stage.go("admin")
    assert isinstance(page, PartedPage)
    page.show_part("trail")
    before = clock.shift
    clock.shift += timedelta(days=days)
    stage.later.append(partial(setattr, clock, "shift", before))
    page.show_part("destruction")
    stage.settle()


def _date(stage: Stage) -> None:
    program = stage.program
    assert program.desk is not None
    program.shell.cover(DatePage(program.context, program.desk))
    stage.later.append(program.shell.uncover)


def _behind(stage: Stage) -> None:
    session = stage.program.session
    assert session is not None
    before, session.clock.shift = session.clock.shift, session.clock.shift - timedelta(days=46)
    shell = stage.program.shell
    stage.later.append(lambda: shell.set_notice(About.CLOCK, None))
    stage.later.append(partial(setattr, session.clock, "shift", before))
    page = shell.go("admin")
    assert isinstance(page, PartedPage)
    page.show_part("clock").enter()


def _new_key(stage: Stage) -> None:
    """The site's key was replaced, and the next package is to tell of it."""
    session = stage.desk.session
    own_key.rotate(
        session, "SOP 7.3", secret("pi"), second="admin", second_password=secret("admin")
    )
    page = stage.go("admin")
    assert isinstance(page, PartedPage)
    page.show_part("key").enter()


CLOCK = (Screen("clock-behind", _behind), Screen("date-asked", _date))
KEY = (_part("admin", "key", long=True), Screen("after-admin-key", _new_key, long=True))
INVESTIGATOR = (
    _section("to-sign", "sign"),
    Screen("sign", _sign),
    Screen("form-investigator", lambda s: s.form(FILLED, "IE"), long=True),
    _part("admin", "trail"),
    _part("admin", "milestones"),
    _part("admin", "closing", long=True),
    Screen("admin-destruction", partial(_destruction, days=0)),
    Screen("after-admin-destruction", partial(_destruction, days=9_500), long=True),
    Screen("print-periodic", _periodic, anew=True),
    *KEY,
)
MONITOR = (
    _section("monitor"),
    Screen("visit-note", _visit_note),
    Screen("form-monitor", lambda s: s.form(FILLED, "VS")),
    _section("monitor-queries", "queries"),
)
ADMIN = (
    tuple(
        _part("admin", key)
        for key in (
            "users",
            "accounts",
            "trust",
            "recipient",
            "datakey",
            "sheet",
            "live",
            "definition",
            "custody",
            "periodic",
            "slip",
            "loss",
            "clock",
            "incidents",
            "password",
            "update",
            "about",
        )
    )
    + CLOCK
)

# --- much of everything -------------------------------------------------------------------------

SUBJECTS = 400
ROWS = 30
LONG_ZH = (
    "此处为长度达到六十个汉字的中文条目名称用来检查标签换行后是否仍然完整可读"
    "并且不会与下方输入框及其提示文字相互重叠或者被截断的情形"
)
LONG_EN = "A label of the same length in English, to see whether it is broken and read in full"


def _many(stage: Stage, key: str) -> None:
    book = stage.desk.book
    known = {x.subject for x in book.subjects()}
    for number in range(1, SUBJECTS + 1):
        subject = f"01-{number:03}"
        if subject not in known:
            book.create_subject(subject)
    stage.desk.census.refresh()
    stage.go(key)


def _shown(stage: Stage, entry: FormEntry) -> FormPage:
    page = FormPage(stage.program.context, entry, stage.desk.book.history)
    stage.program.shell.open(page)
    stage.settle()
    return page


def _rows(stage: Stage) -> None:
    entry = stage.desk.book.open(FormKey(EventKey(FILLED, "SCR"), "MH"))
    group = next(g for g in entry.form.groups if g.repeating)
    for _ in range(ROWS):
        entry.add_row(group.name)
    _shown(stage, entry)


def _alarms(stage: Stage) -> None:
    entry = stage.desk.book.open(FormKey(EventKey(FILLED, "SCR"), "LAB"))
    page = _shown(stage, entry)
    keys = [k for k in page.body.order if k.item != "PERF"]  # which hides the others
    for key in keys:
        entry.type(key, "??")
    wrong = sum(entry.field(k).error is not None for k in keys if k in page.body.views)
    assert wrong >= len(keys) - 1
    page.view.sync()


def _long_labels(stage: Stage) -> None:
    entry = stage.desk.book.open(FormKey(EventKey(FILLED, "SCR"), "VS"))
    for item in (i for g in entry.form.groups for i in g.items):
        before = item.text
        stage.later.append(partial(object.__setattr__, item, "text", before))
        object.__setattr__(item, "text", Text(LONG_EN, LONG_ZH))
    _shown(stage, entry)


CROWDED = (
    Screen("rows-30", _rows, long=True),
    Screen("findings-everywhere", _alarms, long=True),
    Screen("labels-60", _long_labels, long=True),
    Screen("subjects-400", partial(_many, key="subjects")),
    Screen("today-400", partial(_many, key="today")),
    Screen("finder-400", partial(_find, typed="01-3")),
)
PAPER = (
    Screen("print-visit", lambda s: _preview(s, blank_visit(s.desk.study, "M12")), anew=True),
    Screen("print-form", lambda s: _preview(s, blank_form(s.desk.study, "LAB")), anew=True),
)


def _preview(stage: Stage, report: Report) -> None:
    stage.program.shell.open(PreviewPage(stage.program.context, stage.desk.session, report))


EMPTY = tuple(
    _section(f"empty-{key}", key)
    for key in ("today", "subjects", "queries", "calendar", "transfer", "paper")
)

SCENES = (
    Scene("doors", DOORS),
    Scene("desk", DESK, "crc"),
    Scene("subject", SUBJECT, "crc"),
    Scene("forms-1", FORMS[::2], "crc"),
    Scene("forms-2", FORMS[1::2], "crc"),
    Scene("overlays", OVERLAYS, "crc"),
    Scene("closed", CLOSED, "crc"),
    Scene("investigator", INVESTIGATOR, "pi"),
    Scene("monitor", MONITOR, "cra"),
    Scene("admin", ADMIN, "admin"),
    Scene("crowded", CROWDED, "crc"),
    Scene("paper", PAPER, "crc"),
    Scene("empty", EMPTY, "crc", site="empty_place"),
)
