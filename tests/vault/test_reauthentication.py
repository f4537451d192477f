"""What nobody does at another's open seat asks for a password typed lately (C.8, ASVS 7.5.1)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.transfer import amendment
from mrd_desktop.vault import backup, computers, confirming, golive, trust, users
from mrd_desktop.vault.errors import PasswordAsked, SessionLocked, WrongPassword
from mrd_desktop.vault.session import FRESH_MINUTES, Session
from tests.vault.kit import PASSWORDS, Site

NOWHERE = Path("no such backup")
ACTS: dict[str, tuple[str, Callable[[Session], object]]] = {
    "add": ("admin", lambda s: users.add_user(s, "aud2", "auditor", password="synthetic aud2")),
    "confirm": ("admin", lambda s: confirming.confirm_user(s, "crc")),
    "role": ("admin", lambda s: users.grant_role(s, "cra", "auditor")),
    "last day": ("admin", lambda s: users.set_last_day(s, "cra", None)),
    "reset": ("admin", lambda s: users.reset_user(s, "cra", password="synthetic reset")),
    "close": ("admin", lambda s: users.close_user(s, "cra", "synthetic")),
    "vault": ("crc", lambda s: users.grant_vault(s, "inv")),
    "trust": ("admin", lambda s: trust.pin(s, b"")),
    "computer": ("admin", lambda s: computers.add(s, b"")),
    "activation": ("admin", lambda s: golive.install(s, b"", {})),
    "amendment": ("admin", lambda s: amendment.install(s, "")),
    "former": ("admin", amendment.roll_back),
    "drill": ("admin", lambda s: backup.drill(s, NOWHERE)),
}


def grow_old(session: Session) -> None:
    """The password was given so long ago that it stands for nothing any more."""
    session._proved -= FRESH_MINUTES * 60 + 1


@pytest.mark.parametrize("act", ACTS)
def test_the_act_waits_for_the_password(site: Site, act: str) -> None:
    user, do = ACTS[act]
    with site.open(user) as session:
        session.announce()
        before, manifest = session.head(), session.manifest
        grow_old(session)
        assert not session.fresh
        with pytest.raises(WrongPassword):
            session.verify_password("not the password")
        with pytest.raises(PasswordAsked):
            do(session)
        assert session.head() == before, "nothing happened, and it is no denial"
        assert session.manifest is manifest
        session.verify_password(PASSWORDS[user])
        try:
            do(session)
        except MrdError as refused:
            assert not isinstance(refused, PasswordAsked)


def test_sign_in_and_unlocking_give_it_and_a_lock_takes_it(site: Site) -> None:
    with site.open("admin") as session:
        assert session.fresh
        session.lock()
        assert not session.fresh
        with pytest.raises(SessionLocked):
            session.require_fresh()
        session.unlock("admin", PASSWORDS["admin"])
        assert session.fresh


def test_the_password_of_another_person_at_the_computer_gives_nothing(site: Site) -> None:
    with site.open("admin") as session:
        grow_old(session)
        session.signer_of("crc", PASSWORDS["crc"])
        assert not session.fresh
