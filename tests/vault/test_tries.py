"""Failed sign-ins are told to the user and to who manages users (R-ACC-09)."""

from __future__ import annotations

import pytest

from mrd_desktop.vault import attempts, tries
from mrd_desktop.vault.errors import WrongPassword
from mrd_desktop.vault.session import Session
from tests.vault.kit import PASSWORDS, Site, note


def fail(site: Site, user: str, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            site.open(user, "not the password at all")


def names(session: Session) -> list[tuple[str, int]]:
    return [(t.user, len(t.times)) for t in tries.since_last(session).many]


def test_a_user_is_told_once_when_somebody_failed_with_the_own_name(site: Site) -> None:
    fail(site, "crc", 2)
    fail(site, "pi", 1)
    with site.open("crc") as session:
        assert len(session.own_tries) == 2
        assert session.own_tries == tuple(sorted(session.own_tries))
    with site.open("crc") as session:
        assert session.own_tries == ()
    with site.open("pi") as session:
        assert len(session.own_tries) == 1


def test_tries_behind_the_lock_are_told_to_who_opens_it(site: Site) -> None:
    with site.open("crc") as session:
        with pytest.raises(WrongPassword):
            session.verify_password("the own mistake while at work")
        session.lock()
        for _ in range(3):
            with pytest.raises(WrongPassword):
                session.unlock("crc", "not the password at all")
        assert session.own_tries == ()
        session.unlock("crc", PASSWORDS["crc"])
        assert len(session.own_tries) == 4
        session.verify_password(PASSWORDS["crc"])
        assert len(session.own_tries) == 4, "a password in between takes nothing away"
        session.lock()
        session.unlock("crc", PASSWORDS["crc"])
        assert session.own_tries == ()


def test_who_manages_users_is_told_of_many_tries_since_the_last_session(site: Site) -> None:
    with site.open("admin") as session:
        session.commit([note()])
    fail(site, "crc", tries.MANY)
    fail(site, "pi", tries.MANY - 1)
    with site.open("cra") as session:  # somebody else's session makes records of them
        session.commit([note()])
    fail(site, "nobody-here", tries.MANY + 1)
    with site.open("admin") as session:
        assert names(session) == [("", tries.MANY + 1), ("crc", tries.MANY)]
        session.commit([note()])
        assert names(session) == [("", tries.MANY + 1), ("crc", tries.MANY)], "records by now"
    with site.open("admin") as session:
        assert names(session) == []


def test_a_log_that_was_cut_is_told(site: Site) -> None:
    fail(site, "crc", 1)
    with site.open("admin") as session:
        session.commit([note()])
        assert not tries.since_last(session).cut
    (site.path / attempts.LOG_FILE).unlink()
    with site.open("admin") as session:
        assert tries.since_last(session).cut


def test_they_are_counted_behind_a_record(site: Site) -> None:
    fail(site, "crc", 6)
    with site.open("admin") as session:
        session.commit([note()])
        with session.reading() as conn:
            chain, end = session.folder.chain, session.head().seq
            assert tries.counted(conn, chain, 0) == 6
            assert tries.counted(conn, chain, end) == 0
