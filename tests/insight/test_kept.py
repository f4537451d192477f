"""What is kept of subjects between sign-ins never passes for fresh when something has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from mrd_desktop.insight import kept
from mrd_desktop.insight.consent import Consent, Renewal
from mrd_desktop.insight.kept import Known, Reader, known
from mrd_desktop.insight.overview_json import read, written
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.second.standing import Act, SecondPlace
from mrd_desktop.study.address import EventKey, FormKey
from mrd_desktop.vault import backup, rotation
from mrd_desktop.vault.folder import open_folder
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_entry import TYPO, form, key
from tests.record.test_sdv import ECOG, PS

ONE, TWO = "01-001", "01-002"
BOTH = frozenset({ONE, TWO})
PS_FORM = FormKey(EventKey(ONE, "SCR"), "PS")


@pytest.fixture(scope="module")
def known_template(both_template: Clinic, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    """A site with two subjects, kept as crc knows them."""
    made = both_template.copy(tmp_path_factory.mktemp("pair") / "site")
    with made.open() as session:
        assert known(session).overviews == {}
        count(session)
    return made


@pytest.fixture
def pair(known_template: Clinic, tmp_path: Path) -> Clinic:
    """A copy of it."""
    return known_template.copy(tmp_path / "site")


def count(session: Session, *subjects: str) -> None:
    """Read subjects and keep what was read."""
    reader = Reader(session)
    reader.keep([reader.read(s) for s in subjects or BOTH])


def held(session: Session) -> Known:
    """What is known, with the proof that nothing else is given out as fresh."""
    found = known(session)
    reader = Reader(session)
    for subject in set(found.overviews) - found.older:
        assert found.overviews[subject] == reader.read(subject).overview
    assert found.changed <= found.older
    return found


def type_ecog(session: Session, text: str) -> None:
    entry = Casebook(session).open(form(session, PS))
    entry.type(key(session, ECOG), text)
    entry.save(complete=False, reason=TYPO)


def test_what_was_read_is_known_at_the_next_sign_in(pair: Clinic) -> None:
    with pair.open() as session:
        found = held(session)
        assert (set(found.overviews), found.older) == (BOTH, frozenset())


ACTS: dict[str, tuple[str, Callable[[Session], object]]] = {
    "save": ("crc", lambda s: type_ecog(s, "2")),
    "draft": (
        "crc",
        lambda s: (
            (entry := Casebook(s).open(form(s, PS))).type(key(s, ECOG), "2"),
            entry.keep_draft(None),
        ),
    ),
    "lock": ("cra", lambda s: change_lock(s, form(s, PS), LockAct.FREEZE, TYPO)),
    "query": ("cra", lambda s: Queries(s).open(str(form(s, PS)), "synthetic")),
    "removal": ("crc", lambda s: Casebook(s).remove(form(s, PS), TYPO)),
}


@pytest.mark.parametrize("act", ACTS)
def test_what_happens_to_a_subject_makes_its_row_older_and_no_other(pair: Clinic, act: str) -> None:
    user, do = ACTS[act]
    with pair.open(user) as session:
        do(session)
    with pair.open() as session:
        found = held(session)
        assert (found.older, found.changed) == ({ONE}, {ONE})
        count(session, ONE)
        assert held(session).older == frozenset()
        Casebook(session).open(form(session, PS)).discard()
        assert held(session).older == ({ONE} if act == "draft" else frozenset())


def test_a_sample_id_that_another_subject_takes_makes_both_rows_older(pair: Clinic) -> None:
    with pair.open() as session, session.reading() as conn:
        used = conn.exec_driver_sql(
            "SELECT f.subject, i.value FROM p_item i JOIN p_form f ON f.form_id = i.form_id"
            " WHERE i.item = 'SAMPID' AND i.value IS NOT NULL ORDER BY f.subject, i.value"
        ).all()
    taken = next(value for subject, value in used if subject == TWO)
    with pair.open() as session:
        entry = Casebook(session).open(form(session, f"{ONE}/SCR/MRD"))
        entry.type(key(session, f"{ONE}/SCR/MRD/SAMPID"), taken)
        entry.save(complete=False, reason=TYPO)
    with pair.open() as session:
        assert held(session).changed == BOTH


def test_another_day_makes_every_row_older_but_none_changed(pair: Clinic) -> None:
    later = datetime.fromisoformat("2027-08-20T08:00:00+08:00")
    with open_folder(
        pair.path, "crc", password_of("crc"), study=pair.study, fold=projection.fold, now=later
    ) as session:
        found = held(session)
        assert (found.older, found.changed) == (BOTH, frozenset())
        assert set(found.overviews) == BOTH
        count(session)
        assert held(session).older == frozenset()


def test_nobody_is_given_what_another_user_knows(pair: Clinic) -> None:
    for user in ("inv", "cra", "aud"):
        with pair.open(user) as session:
            assert held(session).overviews == {}
            count(session)
            assert set(held(session).overviews) == BOTH
    with pair.open() as session:
        assert held(session).older == frozenset()


@pytest.mark.parametrize("name", ["__version__", "FORMAT"])
def test_another_program_knows_nothing(
    pair: Clinic, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, name, "0.0.0")
    with pair.open() as session:
        assert known(session).overviews == {}


def test_the_ground_is_another_under_another_definition_chain_or_right(
    pair: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pair.open() as session:
        grounds = [kept.ground(session)]
        for attribute, other in (
            ("study", replace(session.study, digest="0" * 64)),
            ("folder", replace(session.folder, chain="a" * 26)),
            ("duties", replace(session.duties, oid="other")),
            ("duties", replace(session.duties, operations=frozenset({"subject.see"}))),
            ("account", replace(session.account, user="other")),
            ("_vault_key", None),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(session, attribute, other)
                grounds.append(kept.ground(session))
        assert len(set(grounds)) == len(grounds)


def test_a_changed_definition_knows_nothing(pair: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    with pair.open() as session:
        monkeypatch.setattr(session, "study", replace(session.study, digest="0" * 64))
        assert known(session).overviews == {}


def test_a_changed_data_key_keeps_rows_and_their_age(pair: Clinic) -> None:
    with pair.open() as session:
        type_ecog(session, "2")
    with pair.open("admin") as session:
        rotation.change_data_key(session, "synthetic")
    with pair.open() as session:
        assert held(session).older == {ONE}


def test_a_restored_backup_knows_what_it_knew_itself(pair: Clinic, tmp_path: Path) -> None:
    with pair.open() as session:
        report = backup.backup(session, tmp_path / "stick")
        type_ecog(session, "3")
        count(session)
        assert held(session).older == frozenset()
    backup.restore(report.path, tmp_path / "again")
    with Clinic(tmp_path / "again", pair.study).open() as session:
        found = held(session)
        assert set(found.overviews) == BOTH


def rows_left(clinic: Clinic) -> int:
    with clinic.open() as session, session.reading() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM kept_overview").scalar_one())


def test_an_erasure_throws_away_what_was_kept_whosever_it_is(pair: Clinic) -> None:
    with pair.open("cra") as session:
        count(session)
    with pair.open() as session:
        with session.reading() as conn:
            typed = [
                r.header.seq
                for r in store.records(conn, session.folder.chain)
                if r.opening is not None and r.kind is Kind.ITEM_SET
            ]
        payload = {"seqs": typed[:1], "cause": "typed_by_mistake", "second": "admin"}
        session.commit([Entry(Kind.REDACTION_DONE, RecordClass.CODED, payload)])
    assert rows_left(pair) == 0


DAMAGED = (
    "", "null", "{}", "[]", "[1,2,3,4,5,6,7]", "cos\nsystem\n(S'true'\ntR.",
    '["01-001",["NEW",null,[]],null,[],0,0]',
    '["01-001",["NO",null,[]],null,[],0,0,null]',
    '["01-001",["NEW",null,[]],["V99","2027-01-01","2027-01-01","2027-01-01"],[],0,0,null]',
    '["01-001",["NEW",null,[]],null,[],"0",0,null]',
    '["01-001",["NEW",null,[]],null,[["rm",0,"a","b",null,"01-001",null,""]],0,0,null]',
    '["01-001",["NEW",null,[]],null,[["visit",9,"a","b",null,"01-001",null,""]],0,0,null]',
    '["01-001",["NEW",null,[]],null,[["visit",0,["a"],"b",null,"01-001",null,""]],0,0,null]',
    '["01-001",["NEW",null,[]],null,[["visit",0,"a","b","soon","01-001",null,""]],0,0,null]',
    '["01-001",["NEW",null,[]],null,[["visit",0,"a","b",null,"../x",null,""]],0,0,null]',
    '["01-001",["NEW",null,[]],null,[["visit",0,"a","b",null,"01-001","key",""]],0,0,null]',
    '["01-001",["NEW",null,[]],null,[],0,0,["1","2027-01-01",[],"yes","01-001/SCR#1/IC#1"]]',
    '["01-002",["NEW",null,[]],null,[],0,0,null]',
)  # fmt: skip


def test_a_row_that_is_not_whole_is_not_known(pair: Clinic) -> None:
    with pair.open() as session:
        for content in DAMAGED:
            with session.writing() as conn:
                conn.exec_driver_sql(
                    "UPDATE kept_overview SET content = ? WHERE subject = ?", (content, ONE)
                )
            assert set(known(session).overviews) == {TWO}, content
        count(session, ONE)
        assert set(held(session).overviews) == BOTH


def test_a_table_of_another_shape_is_made_anew(pair: Clinic) -> None:
    with pair.open() as session:
        with session.writing() as conn:
            conn.exec_driver_sql("DROP TABLE kept_overview")
            conn.exec_driver_sql("CREATE TABLE kept_overview (subject TEXT)")
        assert known(session).overviews == {}
        count(session)
        assert set(held(session).overviews) == BOTH


def test_the_table_is_no_part_of_the_projection_nor_of_its_proof(pair: Clinic) -> None:
    with pair.open() as session, session.reading() as conn:
        assert list(projection.differences(conn)) == []


def test_what_was_made_from_damaged_tables_goes_with_them(pair: Clinic) -> None:
    with pair.open() as session:
        assert known(session).overviews
        with session.writing() as conn:
            projection.rebuild(conn)
        assert known(session).overviews == {}


def test_what_another_program_made_goes_with_its_tables(pair: Clinic) -> None:
    with pair.open() as session, session.writing() as conn:
        conn.exec_driver_sql("ALTER TABLE p_form ADD COLUMN other TEXT")
    assert rows_left(pair) == 0


def test_an_overview_comes_back_as_it_was(pair: Clinic) -> None:
    with pair.open() as session:
        reader = Reader(session)
        told = [reader.read(subject).overview for subject in sorted(BOTH)]
        assert any(o.due for o in told)
        second = SecondPlace(form(session, PS), Act.SETTLE)
        for place in (second, PS_FORM.event, PS_FORM, ONE):
            tasks = tuple(replace(t, place=place) for t in told[0].tasks)
            renewed = (Renewal("2.0", date(2027, 1, 2)), Renewal("3.0", None))
            signed = Consent(ONE, "1.0", date(2026, 1, 2), renewed, True, PS_FORM)
            one = replace(told[0], tasks=tasks, consent=signed)
            assert one.tasks
            assert read(session.study, written(one)) == one
        assert [read(session.study, written(o)) for o in told] == told
