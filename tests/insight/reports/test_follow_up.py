"""The follow-up letter tells the visit, its differences and what waits, by subject number only."""

from __future__ import annotations

from datetime import date

from mrd_desktop.insight.reports.follow_up import follow_up_letter
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import preview
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.review import Reviews
from mrd_desktop.record.sdv import SourceChecks
from tests.clinic import Clinic
from tests.record.test_entry import form, key
from tests.record.test_sdv import ECOG, PS, value

FIRST, LAST = date(2027, 6, 29), date(2027, 6, 30)


def test_the_letter_holds_what_was_done_and_found(charted: Clinic) -> None:
    with charted.open("cra") as session:
        checks = SourceChecks(session)
        checks.mark([value(session, f"{PS}/RSDAT")], verified=True)
        checks.mark([value(session, ECOG)], verified=False, words="synthetic difference")
        Queries(session).open(str(key(session, "01-001/SCR/VS/PULSE")), "synthetic question")
        locked = form(session, "01-001/SCR/IE")
        change_lock(session, locked, LockAct.LOCK, ChangeReason("OTHER", "synthetic reason"))
        visit = Reviews(session).note(FIRST, LAST, ["01-001"], "first <line>\nsecond line")
        letter = follow_up_letter(session, Reviews(session).work(visit))
        stamp = preview(session, letter)
        zh, en = (to_html(letter, stamp, t) for t in (Tongue.ZH, Tongue.EN))
    assert (letter.private, letter.about) == (False, "cra 2027-06-29 – 2027-06-30")
    for page in (zh, en):
        for told in (
            *("2027-06-29 – 2027-06-30", "cra", "01-001", "first &lt;line&gt;", "second line"),
            *("synthetic difference", "synthetic question"),
        ):
            assert told in page
    assert "体能状态" in zh
    assert "已锁定" in zh
    assert "Performance status" in en
    assert "待回复" in zh


def test_a_visit_on_which_nothing_was_done_says_so(charted: Clinic) -> None:
    with charted.open("cra") as session:
        visit = Reviews(session).note(LAST, LAST, [], "synthetic")
        letter = follow_up_letter(session, Reviews(session).work(visit))
        page = to_html(letter, preview(session, letter), Tongue.EN)
    assert letter.about == "cra 2027-06-30"
    assert page.count("None.") == 3
