"""Every act on a subject names it as touched; acts on nobody name none."""

from __future__ import annotations

from datetime import date

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.review import Reviews
from mrd_desktop.record.sdv import SourceChecks
from mrd_desktop.record.touched import subjects_touched
from tests.clinic import Clinic
from tests.record.test_entry import form, key
from tests.record.test_sdv import ECOG, PS, value

TOUCHED = frozenset({"01-001"})


def test_acts_on_a_subject_touch_it(charted: Clinic) -> None:
    with charted.open() as session:
        seq = session.head().seq
        entry = Casebook(session).open(form(session, PS))
        entry.type(key(session, ECOG), "2")
        entry.keep_draft(None)
        assert subjects_touched(session, seq) == frozenset()
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        assert subjects_touched(session, seq) == TOUCHED
        seq = session.head().seq
        assert Casebook(session).create_subject() == "01-002"
        assert subjects_touched(session, seq) == {"01-002"}
        seq = session.head().seq
        entry = Casebook(session).open(form(session, "01-001/SCR/ID"))
        entry.type(key(session, "01-001/SCR/ID/MRN"), "S-0001")
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        assert subjects_touched(session, seq) == TOUCHED
    with charted.open("cra") as session:
        for act in (
            lambda: SourceChecks(session).mark([value(session, ECOG)], verified=True),
            lambda: change_lock(
                session, form(session, PS), LockAct.FREEZE, ChangeReason("OTHER", "synthetic")
            ),
            lambda: Queries(session).open(f"{form(session, PS)}", "synthetic"),
            lambda: Queries(session).close(Queries(session).all(state="open")[0].query),
        ):
            seq = session.head().seq
            act()
            assert subjects_touched(session, seq) == TOUCHED
        seq = session.head().seq
        Reviews(session).note(date(2027, 6, 30), date(2027, 6, 30), ["01-001"], "synthetic")
        assert subjects_touched(session, seq) == frozenset()
