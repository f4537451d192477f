"""What is changed outside the program is found before anybody signs it, works on or sends it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.day import begin_day
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.signing import saw, show, sign_form, sign_forms
from mrd_desktop.record.soundness import check, check_daily, hold
from mrd_desktop.study.address import parse_address
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import rota, schema, soundness
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.errors import RecordsAltered
from mrd_desktop.vault.keyring import open_slot
from mrd_desktop.vault.manifest import read_manifest
from tests.clinic import Clinic, password_of
from tests.record.test_entry import form, key

PS = "01-001/SCR/PS"
ECOG = "01-001/SCR#1/PS#1/A#1/ECOG"


def edit(clinic: Clinic, act: Callable[[Connection], object]) -> None:
    """Change the file as somebody may who holds the data key and a tool of his own."""
    tamper(clinic.path, password_of("crc"), act)


def tamper(path: Path, password: str, act: Callable[[Connection], object]) -> None:
    """The same, with the coordinator's password."""
    manifest = read_manifest(path)
    ring = open_slot(manifest, manifest.slot_name("crc"), password)
    database = Database(path / DATA_FILE, ring.data[0])
    try:
        with database.writing() as conn:
            act(conn)
    finally:
        database.close()


def forge_cell(conn: Connection) -> None:
    """The data table alone."""
    changed = conn.exec_driver_sql(
        "UPDATE p_item SET value = '4' WHERE item = 'ECOG' AND form_id IN"
        " (SELECT form_id FROM p_form WHERE subject = '01-001' AND event = 'SCR')"
    )
    assert changed.rowcount == 1


def _drop_guards(conn: Connection) -> list[str]:
    guards = conn.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).all()
    for name, _ in guards:
        conn.exec_driver_sql(f"DROP TRIGGER {name}")
    return [str(sql) for _, sql in guards]


def drop_guards(conn: Connection) -> None:
    """Every trigger of the ledger."""
    assert _drop_guards(conn)


def _alter_opening(conn: Connection, *, again: bool) -> None:
    guards = _drop_guards(conn)
    (chain,) = store.chains(conn)
    found = next(
        r
        for r in store.records(conn, chain)
        if r.opening and r.kind is Kind.ITEM_SET and r.body["address"] == ECOG
    )
    body = dumps({**found.body, "value": "4"})
    conn.exec_driver_sql(
        "UPDATE ledger_opening SET payload = ? WHERE seq = ?", (body, found.header.seq)
    )
    if again:  # the traces are covered: guards set again, tables folded anew
        for sql in guards:
            conn.exec_driver_sql(sql)
        projection.rebuild(conn)


def alter_opening(conn: Connection) -> None:
    """The guards dropped, a value of the ledger changed."""
    _alter_opening(conn, again=False)


def alter_and_cover(conn: Connection) -> None:
    """A value of the ledger changed, the guards set again and the tables folded anew."""
    _alter_opening(conn, again=True)


def sign(clinic: Clinic) -> None:
    with clinic.open("inv") as session:
        shown = show(session, form(session, PS), Language.ZH)
        sign_form(session, shown, password_of("inv"), language=Language.ZH)


def signatures(clinic: Clinic) -> int:
    with clinic.open("aud") as session, session.reading() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM p_signature").scalar_one())


def test_a_sound_site_is_sound_and_is_signed(charted: Clinic) -> None:
    with charted.open() as session:
        assert session.altered is None
        assert check_daily(session) is None
        with session.reading() as conn:
            mark = soundness.mark_of(conn, session.folder.chain)
            assert mark is not None
            assert mark.head.seq == session.head().seq
            assert not list(projection.differences_of(conn, ["01-001"]))
    sign(charted)
    assert signatures(charted) == 1


@pytest.mark.parametrize("attack", [forge_cell, alter_opening, alter_and_cover])
def test_nobody_signs_what_was_forged(
    charted: Clinic, attack: Callable[[Connection], None]
) -> None:
    edit(charted, attack)
    with pytest.raises(RecordsAltered):
        sign(charted)
    assert signatures(charted) == 0
    with charted.open("inv") as session:  # and the finding stays
        assert session.altered is not None
        assert not session.allows("form.sign")
        assert not session.allows("export")
        assert session.allows("verify")


def test_a_batch_of_forms_is_not_signed_either(charted: Clinic) -> None:
    edit(charted, forge_cell)
    with charted.open("inv") as session:
        waiting = [w.shown for w in to_sign(session, Language.ZH)]
        for shown in waiting:
            saw(session, shown)
        assert len(waiting) > 1
        with pytest.raises(RecordsAltered) as refused:
            sign_forms(session, waiting, password_of("inv"), language=Language.ZH)
        assert ECOG in refused.value.details.en
        assert ECOG not in refused.value.text.en, "what people read first names no table"
    assert signatures(charted) == 0


def test_many_subjects_are_compared_in_one_reading(charted: Clinic) -> None:
    edit(charted, forge_cell)
    many = ["01-001", "01-901", "01-902", "01-903"]
    with charted.open("inv") as session, session.reading() as conn:
        assert list(projection.differences_of(conn, many)) == [f"{ECOG} differs"]
        assert list(projection.differences_of(conn, many[1:])) == []


@pytest.mark.parametrize("attack", [drop_guards, alter_opening])
def test_a_sign_in_tells_that_a_guard_is_missing(
    charted: Clinic, attack: Callable[[Connection], None]
) -> None:
    edit(charted, attack)
    with charted.open() as session:
        assert session.altered is not None
        assert "ledger_" in session.altered.en
        with pytest.raises(RecordsAltered):
            session.require("export")
        entry = Casebook(session).open(form(session, PS))
        entry.type(key(session, f"{PS}/ECOG"), "2")
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=True)
        assert refused.value.cause is Cause.RECORDS_ALTERED


def test_a_sign_in_walks_what_came_since_the_last_check(charted: Clinic) -> None:
    with charted.open() as session:
        assert check(session) is None
        entry = Casebook(session).open(form(session, "01-001/SCR/VS"))
        assert entry is not None
        Casebook(session).create_subject()

    def forge(conn: Connection) -> None:
        guards = _drop_guards(conn)
        last = conn.exec_driver_sql("SELECT max(seq) FROM ledger_opening").scalar_one()
        conn.exec_driver_sql("UPDATE ledger_opening SET salt = zeroblob(16) WHERE seq = ?", (last,))
        for sql in guards:
            conn.exec_driver_sql(sql)

    edit(charted, forge)
    with charted.open("inv") as session:
        assert session.altered is not None
        assert "commitment" in session.altered.en


@pytest.mark.parametrize("attack", [forge_cell, alter_and_cover])
def test_the_daily_check_holds_work_until_all_is_well(
    charted: Clinic, attack: Callable[[Connection], None], tmp_path: Path
) -> None:
    shutil.copytree(charted.path, tmp_path / "before")
    edit(charted, attack)
    with charted.open() as session:
        rota.choose_target(session, tmp_path)
        assert check_daily(session) == session.altered is not None
        assert begin_day(session) == 0
        assert not rota.owes_on_leaving(session)
    with charted.open() as session:
        assert session.altered is not None
        assert check_daily(session) is not None
    shutil.rmtree(charted.path)
    shutil.copytree(tmp_path / "before", charted.path)
    with charted.open() as session:
        assert check_daily(session) is None
        assert session.allows("form.edit")


def test_tables_folded_anew_let_work_go_on(charted: Clinic) -> None:
    edit(charted, forge_cell)
    with charted.open() as session:
        assert check_daily(session) is not None
        with session.writing() as conn:
            assert projection.rebuild(conn) == [f"{ECOG} differs"]
        assert check_daily(session) is None
        assert session.allows("form.edit")
    with charted.open() as session:
        assert session.altered is None


def test_it_is_done_once_a_day_and_gives_way(charted: Clinic) -> None:
    seen: list[tuple[int, int]] = []
    with charted.open() as session:
        check_daily(session, lambda done, total: seen.append((done, total)), lambda: bool(seen))
        with session.reading() as conn:
            assert schema.setting(conn, soundness.DAY) is None
        seen.clear()
        check_daily(session, lambda done, total: seen.append((done, total)))
        assert seen
        assert all(done <= total for done, total in seen)
        seen.clear()
        check_daily(session, lambda done, total: seen.append((done, total)))
        assert not seen


def test_the_place_is_named(charted: Clinic) -> None:
    edit(charted, forge_cell)
    with charted.open() as session:
        found = check(session)
        assert found is not None
        assert ECOG in found.en
        assert ECOG in found.zh
        assert parse_address(ECOG)


def test_a_whole_check_lifts_only_what_stood_when_it_began(charted: Clinic) -> None:
    """It reads the file as it was then; what a signature finds meanwhile it has not seen."""
    found = Text("synthetic finding", "合成发现")
    with charted.open() as session:
        assert check(session, lambda _done, _total: hold(session, found)) == found
        assert session.altered == found
        with session.reading() as conn:
            assert soundness.kept(conn) == found
            assert soundness.mark_of(conn, session.folder.chain) is None
    with charted.open() as session:
        assert session.altered == found
        assert check(session) is None  # one that begins after it does lift it
        assert session.altered is None
