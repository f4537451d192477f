"""Who was in is recorded, whatever was done: at once, or beside the chain (R-AUD-10)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.texts import Language
from mrd_desktop.vault import clock_note, presence, rota, schema, users
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import PermissionDenied, RecordsMissing, StorageFault
from mrd_desktop.vault.presence import LOG_FILE, is_presence
from mrd_desktop.vault.session import HOLD_SETTING, Session
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, note

MONTH = timedelta(days=30)


def came(site: Site, user: str, **more: object) -> Session:
    """As a door of the program lets somebody in."""
    session = site.open(user, **more)
    session.come_in()
    return session


def records(session: Session, after: int = 0) -> list[Record]:
    with session.reading() as conn:
        found = list(store.records(conn, session.folder.chain))
    assert verify_records(found, session.folder.chain, private=False).ok
    return [r for r in found if r.header.seq > after and r.opening is not None]


def said(session: Session, after: int = 0) -> Iterator[str]:
    """Comings and goings, each with who and how."""
    for r in records(session, after):
        if is_presence(r):
            names = ("user", "what", "why", "operation", "gap", "damaged")
            yield " ".join(["later", *(str(r.body[n]) for n in names if n in r.body)])
        elif r.kind in (Kind.SESSION_OPENED, Kind.SESSION_CLOSED):
            what = r.kind.value.partition(".")[2]
            yield f"{what} {r.body['user']} {r.body.get('why', '')}".strip()


def head(site: Site) -> int:
    with site.open("crc") as session:
        return session.head().seq


@pytest.mark.parametrize("user", ["cra", "auditor", "insp"])
def test_who_only_looks_leaves_coming_lock_return_and_end(site: Site, user: str) -> None:
    with site.open("admin") as admin:
        last = admin.today() + timedelta(days=3)
        PASSWORDS["insp"] = "synthetic-insp-pw"
        users.add_user(admin, "insp", "auditor", password=PASSWORDS["insp"], until=last)
    before = head(site)
    with came(site, user) as session:
        assert list(said(session, before)) == [f"opened {user}"]
        assert not session.allows("form.edit")
        session.lock()
        session.unlock(user, PASSWORDS[user])
    with site.open("crc") as session:
        told = [f"opened {user}", f"closed {user} lock", f"opened {user}", f"closed {user} close"]
        assert list(said(session, before)) == told
    assert not (site.path / LOG_FILE).exists()


def test_coming_in_twice_is_one_record(site: Site) -> None:
    before = head(site)
    with came(site, "auditor") as session:
        session.come_in()
        assert list(said(session, before)) == ["opened auditor"]


def test_a_session_that_no_door_opened_writes_with_its_first_record(site: Site) -> None:
    before = head(site)
    site.open("auditor").close()
    assert head(site) == before


def behind(site: Site) -> Session:
    """Somebody's clock ran ahead; whoever comes now finds the right one, and nothing is written."""
    with site.open("admin") as session:
        session.clock.shift += MONTH
        session.commit([note()])
    return came(site, "cra", now=datetime.now(UTC))


def test_behind_the_clock_coming_denial_and_end_are_told_later(site: Site) -> None:
    with behind(site) as session:
        before = session.head().seq
        for operation in ("form.edit", "user.manage"):
            with pytest.raises(PermissionDenied):
                session.require(operation)
        shown = session.clock.wall()
        assert session.head().seq == before
    raw = (site.path / LOG_FILE).read_bytes()
    assert len(raw.splitlines()) == 4
    assert b"cra" not in raw and b"form.edit" not in raw
    with came(site, "crc", now=datetime.now(UTC)) as session:
        assert session.head().seq == before
        clock_note.note_clock(session, "synthetic", PASSWORDS["crc"], language=Language.EN)
        told = list(said(session, before))
        assert told == [
            "opened crc",
            "later cra in clock",
            "later cra denied clock form.edit",
            "later cra denied clock user.manage",
            "later cra close clock",
        ]
        found = [r.body for r in records(session, before) if is_presence(r)]
        times = [datetime.fromisoformat(str(body["at"])) for body in found]
        assert times == sorted(times)
        assert abs(times[-1] - shown) < timedelta(minutes=1)
        assert {body["role"] for body in found} == {"monitor"}
        assert {body["cause"] for body in found if "cause" in body} == {"permission_denied"}
    with came(site, "crc") as session:
        assert list(said(session, before)).count("later cra in clock") == 1


def test_a_copy_that_lacks_records_does_not_grow_by_who_looks(site: Site) -> None:
    with site.open("crc") as session, session.writing() as conn:
        text = dumps({"en": "missing", "zh": "缺失", "slips": []}).decode()
        schema.put_setting(conn, HOLD_SETTING, text)
    before = head(site)
    with came(site, "auditor") as session:
        session.lock()
        session.unlock("auditor", PASSWORDS["auditor"])
    assert head(site) == before
    with came(site, "crc") as session:
        with pytest.raises(RecordsMissing):
            session.commit([note()])
        session.release([note()])
        assert list(said(session, before)) == [
            "opened crc",
            "later auditor in missing",
            "later auditor lock missing",
            "later auditor in missing",
            "later auditor close missing",
        ]


def set_forward(session: Session, by: timedelta) -> None:
    wall = session.clock._wall
    session.clock._wall = lambda: wall() + by


def test_a_date_that_nobody_confirmed_does_not_reach_the_chain_by_coming(live: Site) -> None:
    before = head(live)
    session = live.open("crc")
    session.clock.carried = "unconfirmed"
    session.come_in()
    assert session.head().seq == before
    clock_note.affirm(session)
    assert list(said(session, before)) == ["opened crc"]
    (opened,) = (r for r in records(session, before) if r.kind is Kind.SESSION_OPENED)
    assert opened.body["time_quality"] == "confirmed"
    session.close()
    session = live.open("cra")
    session.clock.carried = "unconfirmed"
    session.come_in()
    session.close()
    with came(live, "crc") as session:
        told = ["opened crc", "closed crc close", "opened crc", "later cra in date"]
        assert list(said(session, before)) == [*told, "later cra close date"]


def test_the_end_under_a_clock_that_was_set_forward_does_not_bound_it(live: Site) -> None:
    session = came(live, "cra")
    set_forward(session, MONTH)
    session.close()
    with came(live, "crc") as session:
        assert clock_note.behind(session) is None
        assert list(said(session))[-2:] == ["opened crc", "later cra close date"]


def test_what_the_disk_refuses_is_kept_beside_or_nowhere(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise StorageFault

    before = head(site)
    session = site.open("auditor")
    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", refuses)
        session.come_in()
        session.close()
    session = site.open("auditor")
    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", refuses)
        patch.setattr(presence.PresenceLog, "append", refuses)
        session.come_in()
        session.close()
    with came(site, "crc") as session:
        told = ["opened crc", "later auditor in refused", "later auditor close refused"]
        assert list(said(session, before)) == told


def test_a_folder_that_is_gone_holds_up_no_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise StorageFault

    session = came(site, "cra")
    monkeypatch.setattr(Database, "writing", refuses)
    shutil.rmtree(site.path)
    with pytest.raises(PermissionDenied):
        session.require("form.edit")
    session.lock()
    session.close()
    assert session.locked
    assert not site.path.exists()


def test_lines_that_are_gone_or_changed_are_told(site: Site) -> None:
    behind(site).close()
    file = site.path / LOG_FILE
    lines = file.read_bytes().splitlines()
    file.write_bytes(lines[1].replace(b'"sealed":"', b'"sealed":"AAAA') + b"\n")
    with came(site, "crc", now=datetime.now(UTC)) as session:
        clock_note.note_clock(session, "synthetic", PASSWORDS["crc"], language=Language.EN)
        assert list(said(session))[-2:] == ["later True", "later True"]
    file.unlink()
    with came(site, "crc") as session:
        assert list(said(session))[-1] == "later True"
    with came(site, "crc") as session:
        assert list(said(session))[-1] == "opened crc"


def test_coming_and_going_owes_no_backup(site: Site) -> None:
    behind(site).close()
    with came(site, "crc", now=datetime.now(UTC)) as session:
        clock_note.note_clock(session, "synthetic", PASSWORDS["crc"], language=Language.EN)
        with session.writing() as conn:
            schema.put_setting(conn, rota.LAST_SEQ, str(session.head().seq))
    with came(site, "cra") as session:
        session.clock._wall = lambda: datetime(2020, 1, 1, tzinfo=UTC)
        session.note_denial("form.edit")
    with came(site, "crc") as session:
        assert "later cra denied clock form.edit" in list(said(session))
        assert not rota._worked(session)


def test_on_a_live_site_it_is_the_same(live: Site) -> None:
    before = head(live)
    with came(live, "cra") as session:
        session.lock()
        session.unlock("cra", LIVE_PASSWORD.format("cra"))
        assert list(said(session, before)) == ["opened cra", "closed cra lock", "opened cra"]
