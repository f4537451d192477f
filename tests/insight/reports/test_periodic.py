"""The periodic review: every section stands in it, and each tells what the site's records say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.insight.audit import review
from mrd_desktop.insight.reports import catalogue, periodic
from mrd_desktop.insight.reports.catalogue import Wish
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue, preview
from mrd_desktop.insight.reports.model import Heading, Tongue
from mrd_desktop.insight.reports.periodic import SECTIONS, Pack, compile_pack, pack_report
from mrd_desktop.insight.reports.periodic_read import Period, PeriodRefused, following, period
from mrd_desktop.known_issues import known_issues
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.incidents import PROGRAM, Incidents
from mrd_desktop.texts import Language
from mrd_desktop.vault import account_review, backup, folder, users
from mrd_desktop.vault.clock_note import note_clock
from mrd_desktop.vault.errors import PermissionDenied, WrongPassword
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_incidents import local

GOLDEN = (
    "1. Versions of program and definition",
    "2. Changes of configuration",
    "3. Users and roles",
    "4. Failed sign-ins",
    "5. Clock",
    "6. Backups and restore drills",
    "7. Open issues of the program",
    "8. Incidents",
    "9. Reviews of the audit trail",
    "10. Reviews of accounts",
    "11. Conclusion",
)
"""What R-VAL-08 asks for. Nothing may go from this list without a decision."""
WHY = "Synthetic: the battery of the board was changed"


def seeded(clinic: Clinic, media: Path) -> None:
    """One of everything that a section is about."""
    for name in ("crc", "nobody"):
        with pytest.raises(WrongPassword):
            folder.open_folder(
                clinic.path, name, "synthetic wrong", study=clinic.study, fold=projection.fold
            )
    with clinic.open("admin") as session:
        users.add_user(session, "nurse", "coordinator", password=password_of("nurse"))
        users.close_user(session, "nurse", "Synthetic: has left")
        session.announce()
        session.clock.shift -= timedelta(minutes=10)
        note_clock(session, WHY, password_of("admin"), language=Language.EN)
        session.clock.shift += timedelta(minutes=10)
        made = backup.backup(session, media)
        backup.drill(session, made.path)
        Incidents(session).note("lost", local(session, 1), "", "Synthetic: a stick is missing")
        shown = account_review.survey(session)
        account_review.sign_off(
            session, shown, password_of("admin"), language=Language.EN, words="Synthetic: all here"
        )
    with clinic.open("inv") as session:
        found = review.survey(session)
        review.sign_off(
            session, found, frozenset(found.open), "Synthetic: looked at", password_of("inv"),
            language=Language.EN,
        )  # fmt: skip


def whole(session: Session) -> Pack:
    return compile_pack(session, period(session, None, None))


def headings(pack: Pack) -> tuple[str, ...]:
    texts = [b.text for b in pack_report(pack).blocks if isinstance(b, Heading)]
    return tuple(t if isinstance(t, str) else t.en for t in texts)


def test_every_section_stands_in_the_document(clinic: Clinic) -> None:
    with clinic.open("inv") as session:
        assert headings(whole(session)) == GOLDEN


@pytest.mark.parametrize("gone", SECTIONS, ids=lambda s: s.oid)
def test_a_section_that_is_left_out_is_noticed(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, gone: periodic.Section
) -> None:
    monkeypatch.setattr(periodic, "SECTIONS", tuple(s for s in SECTIONS if s is not gone))
    with clinic.open("inv") as session:
        assert headings(whole(session)) != GOLDEN


def test_each_section_tells_what_was_recorded(clinic: Clinic, tmp_path: Path) -> None:
    seeded(clinic, tmp_path / "media")
    with clinic.open("inv") as session:
        pack = whole(session)
        counted = {s.oid: m.entries for s, m in pack.made}
        assert all(n for n in counted.values()), counted
        assert counted["sign_ins"] == 2
        assert counted["issues"] == len(known_issues())
        assert (counted["clock"], counted["incidents"]) == (1, 1)
        assert (counted["trail"], counted["accounts"]) == (1, 1)
        assert counted["backups"] == 2
        said = to_html(pack_report(pack), preview(session, pack_report(pack)), Tongue.EN)
        for words in (
            WHY, "Synthetic: has left", "name not known here", "nurse", "restore drill",
            "Synthetic: a stick is missing", "Synthetic: looked at", "Synthetic: all here",
            session.study.digest[:12], "records begun", "data key 2: a user was closed",
        ):  # fmt: skip
            assert words in said, words
        both = to_html(pack_report(pack), preview(session, pack_report(pack)), Tongue.BOTH)
        assert "登录失败" in both
        assert "Failed sign-ins" in both


def test_nothing_of_a_subject_stands_in_it(charted: Clinic) -> None:
    with charted.open("cra") as session:
        report = pack_report(whole(session))
        assert "01-001" not in to_html(report, preview(session, report), Tongue.BOTH)


@pytest.mark.parametrize("user", ["crc", "inv", "cra", "aud", "admin"])
def test_who_sees_the_trail_or_manages_users_makes_it(clinic: Clinic, user: str) -> None:
    with clinic.open(user) as session:
        assert headings(whole(session)) == GOLDEN
        named = [p.what for p in catalogue.printables(session)]
        assert periodic.WHAT in named


def test_nobody_else_does(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    with clinic.open("aud") as session:
        asked: Callable[[str], bool] = lambda o: o not in ("audit.see", "user.manage")  # noqa: E731
        monkeypatch.setattr(session, "allows", asked)
        with pytest.raises(PermissionDenied):
            whole(session)


def test_the_next_pack_begins_where_the_last_one_ended(clinic: Clinic) -> None:
    with clinic.open("inv") as session:
        today = session.today()
        first = period(session, None, None)
        assert first == Period(today, today)  # the records began today
        issue(session, pack_report(compile_pack(session, first)), form="pdf")
        assert following(session) == today, "never in the future"
        session.clock.shift += timedelta(days=40)
        assert period(session, None, None) == Period(today, today + timedelta(days=40))
        report = catalogue.make(Casebook(session), periodic.WHAT, Wish())
        assert report.about == f"{today}/{today + timedelta(days=40)}"


def test_what_comes_after_a_pack_on_its_last_day_is_in_the_next(
    clinic: Clinic, tmp_path: Path
) -> None:
    def counts(pack: Pack) -> dict[str, int]:
        return {s.oid: m.entries for s, m in pack.made}

    with clinic.open("inv") as session:
        first = whole(session)
        assert (counts(first)["sign_ins"], counts(first)["clock"]) == (0, 0)
        issue(session, pack_report(first), form="pdf")
    seeded(clinic, tmp_path / "media")  # still on that day
    with clinic.open("inv") as session:
        session.clock.shift += timedelta(days=184)
        later = counts(whole(session))
        assert (later["sign_ins"], later["clock"], later["trail"]) == (2, 1, 1)


def test_only_the_period_counts(clinic: Clinic, tmp_path: Path) -> None:
    seeded(clinic, tmp_path / "media")
    with clinic.open("inv") as session:
        session.clock.shift += timedelta(days=40)
        today = session.today()
        pack = compile_pack(session, Period(today - timedelta(days=9), today))
        counted = {s.oid: m.entries for s, m in pack.made}
        assert counted["incidents"] == 1, "it is still open"
        assert counted["users"] == 5, "who is here"
        # The definition that goes on being in force, nothing else.
        assert counted["versions"] == 1
        for oid in ("configuration", "sign_ins", "clock", "backups", "trail", "accounts"):
            assert counted[oid] == 0, oid
        said = to_html(pack_report(pack), preview(session, pack_report(pack)), Tongue.EN)
        assert "The last one before this period: 2027-06-30" in said


@pytest.mark.parametrize("days", [(1, 0), (0, 1)])
def test_a_period_that_cannot_be_is_refused(clinic: Clinic, days: tuple[int, int]) -> None:
    with clinic.open("inv") as session:
        first, last = (session.today() + timedelta(days=d) for d in days)
        with pytest.raises(PeriodRefused):
            period(session, first, last)


def test_a_problem_that_a_user_reported_stands_in_it_by_its_number(clinic: Clinic) -> None:
    """Until it is closed, and not among the incidents (R-DOC-04)."""
    words = "Synthetic: the chart stays white"
    with clinic.open() as session:
        number = Incidents(session).note(PROGRAM, local(session), "", words)
        made = {s.oid: m for s, m in whole(session).made}
        assert made["issues"].entries == len(known_issues()) + 1
        assert made["incidents"].entries == 0
        rows = repr(made["issues"].blocks)
        assert words in rows and f"'{number}'" in rows
