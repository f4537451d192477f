"""A mark of the monitor is bound to the version of the value; the plan says what wants one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import audit, projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.critical import unseen
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.errors import NotFound
from mrd_desktop.record.queries import NoWords, Queries
from mrd_desktop.record.sdv import (
    Mark,
    Progress,
    SourceChecks,
    SourceValue,
    ValueChanged,
    progress,
    whole,
)
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.model import SdvPlan
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.denials import denied
from tests.record.test_entry import form, key

TYPO = ChangeReason("TYPO")
PS = "01-001/SCR/PS"
ECOG = f"{PS}/ECOG"


def value(session: Session, address: str) -> SourceValue:
    wanted = key(session, address)
    return next(v for v in SourceChecks(session).form(wanted.form) if v.key == wanted)


def all_values(checks: SourceChecks) -> list[SourceValue]:
    return [v for values in checks.values("01-001").values() for v in values]


def save(session: Session, address: str, text: str) -> None:
    entry = Casebook(session).open(key(session, address).form)
    entry.type(key(session, address), text)
    entry.save(complete=True, reason=TYPO)


def test_a_mark_holds_until_its_value_changes_and_alters_no_data(charted: Clinic) -> None:
    with charted.open("cra") as session:
        before = Casebook(session).chart("01-001").data
        SourceChecks(session).mark([value(session, ECOG)], verified=True)
        assert Casebook(session).chart("01-001").data == before
        marked = value(session, ECOG)
        assert (marked.mark, marked.user) == (Mark.VERIFIED, "cra")
    with charted.open() as session:
        save(session, f"{PS}/RSDAT", "2027-03-03")
        assert value(session, ECOG).mark is Mark.VERIFIED
        save(session, ECOG, "2")
        assert value(session, ECOG).mark is Mark.VOID
    with charted.open("cra") as session:
        SourceChecks(session).mark([value(session, ECOG)], verified=True)
        assert value(session, ECOG).mark is Mark.VERIFIED
        marks = [line for line in audit.trail(session) if line.kind == Kind.SDV_MARKED]
        assert len(marks) == 2


def test_a_value_that_changed_since_it_was_shown_gets_no_mark(charted: Clinic) -> None:
    with charted.open("cra") as session:
        seen = [value(session, ECOG), value(session, f"{PS}/RSDAT")]
    with charted.open() as session:
        save(session, ECOG, "2")
    with charted.open("cra") as session:
        with pytest.raises(ValueChanged):
            SourceChecks(session).mark(seen, verified=True)
        assert value(session, f"{PS}/RSDAT").mark is Mark.NONE


def test_a_cleared_value_gets_no_mark(charted: Clinic) -> None:
    note = "01-001/SCR/VS/WEIGHT"
    with charted.open("cra") as session:
        seen = value(session, note)
    with charted.open() as session:
        entry = Casebook(session).open(key(session, note).form)
        entry.type(key(session, note), "")
        entry.save(complete=False, reason=TYPO)
    with charted.open("cra") as session, pytest.raises(NotFound):
        SourceChecks(session).mark([seen], verified=True)


def test_a_difference_wants_words_and_asks_them_as_a_query(charted: Clinic) -> None:
    with charted.open("cra") as session:
        checks = SourceChecks(session)
        with pytest.raises(NoWords):
            checks.mark([value(session, ECOG)], verified=False, words=" ")
        checks.mark([value(session, ECOG)], verified=False, words="synthetic: source says 2")
        assert value(session, ECOG).mark is Mark.DIFFERS
        (query,) = [q for q in Queries(session).all() if q.check is None]
        assert (query.address, query.state) == (str(key(session, ECOG)), "open")
        assert query.text.zh == "synthetic: source says 2"


@pytest.mark.parametrize("user", ["crc", "inv", "aud"])
def test_only_the_monitor_marks(charted: Clinic, user: str) -> None:
    with charted.open(user) as session:
        before = session.head().seq
        with pytest.raises(PermissionDenied):
            SourceChecks(session).mark([value(session, ECOG)], verified=True)
        assert denied(session, before) == ["sdv"]


def test_identity_derived_and_removed_values_want_no_mark(charted: Clinic) -> None:
    with charted.open() as session:
        Casebook(session).remove(form(session, "01-001/SCR/VS"), TYPO)
    with charted.open("cra") as session:
        forms = SourceChecks(session).values("01-001")
        assert {"ID", "VS"} & {k.form for k in forms} == set()
        items = {
            session.study.by_form[v.key.form.form].by_group[v.key.row.group].by_name[v.key.item]
            for values in forms.values()
            for v in values
        }
        assert [i.oid for i in items if i.derived] == []


def test_the_replay_knows_the_marks(charted: Clinic) -> None:
    with charted.open("cra") as session:
        SourceChecks(session).mark([value(session, ECOG)], verified=True)
        assert [c.name for c in verify_folder(session) if c.ok is False] == []
        with session.writing() as conn:
            conn.exec_driver_sql("UPDATE p_sdv SET of_seq = of_seq + 1")
            assert value(session, ECOG).mark is Mark.VERIFIED  # not yet written
        assert value(session, ECOG).mark is Mark.VOID
        with session.writing() as conn:
            told = projection.rebuild(conn)
        assert any("01-001/SCR#1/PS#1" in line for line in told)
        assert value(session, ECOG).mark is Mark.VERIFIED


@pytest.mark.parametrize("percent", [1, 7, 20, 33, 50, 70, 99, 100])
def test_the_share_of_whole_subjects_holds_at_every_hundred(percent: int) -> None:
    plan = SdvPlan(percent, "synthetic")
    chosen = [whole(plan, f"01-{n:03d}") for n in range(1, 301)]
    assert [sum(chosen[:n]) for n in (100, 200, 300)] == [percent, 2 * percent, 3 * percent]
    assert all(abs(sum(chosen[:n]) - n * percent / 100) <= 1 for n in range(1, 301))


def test_which_subjects_are_whole_follows_from_number_and_seed() -> None:
    numbers = [f"01-{n:03d}" for n in range(1, 101)]
    one = [whole(SdvPlan(20, "a"), s) for s in numbers]
    assert one == [whole(SdvPlan(20, "a"), s) for s in numbers]
    assert one != [whole(SdvPlan(20, "b"), s) for s in numbers]
    assert one != [whole(SdvPlan(20, "a"), s.replace("01-", "02-")) for s in numbers]
    assert not any(whole(SdvPlan(0, "a"), s) for s in numbers)


def test_the_plan_wants_critical_items_of_all_and_everything_of_some(charted: Clinic) -> None:
    with charted.open("cra") as session:
        study = session.study
        critical = {"IC.RFICDAT", "IE.INCL01", "TC.GROUP", "MRD.RESULT", "PD.BASIS", "DTH.CAUSE"}
        assert critical <= study.critical
        checks = SourceChecks(session)
        values = all_values(checks)
        oids = {f"{v.key.form.form}.{v.key.item}": v for v in values}
        assert oids["IC.RFICDAT"].critical
        assert not oids["PS.ECOG"].critical
        checks.study = replace(study, sdv=SdvPlan(100, ""))
        assert all(v.needed for v in all_values(checks))
        checks.study = replace(study, sdv=SdvPlan(0, ""))
        assert [v.needed for v in all_values(checks)] == [v.critical for v in values]


def test_progress_counts_what_is_needed(charted: Clinic) -> None:
    consent = "01-001/SCR/IC/RFICDAT"
    with charted.open("cra") as session:
        checks = SourceChecks(session)
        before = progress(checks.form(key(session, consent).form))
        assert before.verified == 0
        assert before.left == before.needed > 0
        checks.mark([value(session, consent)], verified=True)
        after = progress(checks.form(key(session, consent).form))
        assert after == Progress(before.needed, 1, 0, 0)
        assert after.plus(Progress(1, 0, 1, 0)).left == after.left
        values = checks.form(key(session, consent).form)
        assert progress(v for v in values if not v.needed) == Progress()


def test_critical_values_wait_until_somebody_else_has_compared_them_as_they_stand(
    charted: Clinic,
) -> None:
    consent = "01-001/SCR/IC/RFICDAT"

    def waiting(session: Session) -> dict[str, int]:
        with session.reading() as conn:
            return {str(one.key): one.values for one in unseen(conn, session.study)}

    with charted.open("cra") as session:
        place = str(key(session, consent).form)
        before = waiting(session)
        assert before[place] == 1
        assert str(key(session, ECOG).form) not in before, "nothing in it is critical"
        SourceChecks(session).mark([value(session, consent)], verified=True)
        assert waiting(session) == {k: n for k, n in before.items() if k != place}
        with session.reading() as conn:
            assert unseen(conn, session.study, "another chain") == ()
    with charted.open() as session:
        save(session, consent, "2027-02-26")
        assert waiting(session) == before
