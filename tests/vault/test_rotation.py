"""Who has left is really out: a new data key, and cuts at every step of changing it."""

from __future__ import annotations

import json

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault import database, rotation, users
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.errors import DiskFull, WrongKey, WrongPassword
from mrd_desktop.vault.manifest import Manifest
from mrd_desktop.vault.session import Session
from tests.vault.kit import LIVE_PASSWORD, Site, fold, note, private


def test_a_kept_slot_opens_nothing_after_its_user_has_left(site: Site) -> None:
    path = site.path / "site.json"
    before = json.loads(path.read_text())
    with site.open("cra") as session:
        name = session.manifest.slot_name("cra")
        old_key, _ = session.with_keys()
    with site.open("admin") as session:
        users.close_user(session, "cra", "left the site")
        assert session.with_keys()[0] != old_key
        session.sign_as_site("mrd-study-v1", b"x")
        session.commit([note("after the change")])
    with pytest.raises(WrongKey):
        database.Database(site.path / "data.mrd", old_key)
    after = json.loads(path.read_text())
    for generation in (before["slots"][name]["generation"], after["generation"]):
        kept = {**before["slots"][name], "generation": generation}
        changed = {**after, "slots": {**after["slots"], name: kept}}
        path.write_text(json.dumps(changed, sort_keys=True, separators=(",", ":")) + "\n")
        with pytest.raises(WrongPassword):
            site.open("cra")


def test_those_who_were_away_come_in_and_are_renewed(site: Site) -> None:
    for leaver in ("cra", "auditor"):
        with site.open("admin") as session:
            users.close_user(session, leaver, "left the site")
    for _ in range(2):
        with site.open("crc") as session:
            assert session.has_vault
            session.commit([private("01-001", "still here")])
            session.sign_as_site("mrd-study-v1", b"x")
            slot = session.manifest.slots[session.manifest.slot_name("crc")]
            assert (slot.generation, slot.next_data) == (3, None)
    with folders.recover(
        site.path, site.sheet, user="new", role="coordinator", password="synthetic-new-pw",
        study=site.study, fold=fold,
    ) as session:  # fmt: skip
        assert session.has_vault


def test_the_live_vault_outlives_a_change_and_unused_codes_do_not(live: Site) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "later", "monitor").code
        assert users.close_user(session, "cra", "left the site") == ("later",)
    assert code is not None
    with pytest.raises(WrongPassword):
        folders.set_first_password(
            live.path, "later", code, LIVE_PASSWORD.format("later"), study=live.study, fold=fold
        )
    with live.open("crc") as session:
        assert session.has_vault
    with live.open("admin") as session:
        assert users.reset_user(session, "later").code


@pytest.mark.parametrize("cut", ["before", "after", "half-way", "before the manifest"])
@pytest.mark.parametrize("user", ["crc", "admin"])
def test_a_cut_anywhere_in_the_change_is_mended(
    site: Site, cut: str, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        pass

    def stop(*_: object) -> Manifest:
        raise Cut

    move = Session.move_to_key

    def move_and_stop(self: Session, key: bytes) -> None:
        if cut == "half-way":
            move(self, key)
        raise Cut

    with site.open("crc") as session:
        session.commit([private("01-001", "x")])
        head = session.head()
    with monkeypatch.context() as patch, site.open("admin") as session:
        if cut == "before" or cut == "half-way":
            patch.setattr(Session, "move_to_key", move_and_stop)
        elif cut == "before the manifest":
            patch.setattr(rotation, "finished", stop)
        else:
            rotation.change_data_key(session, "test")
        if cut != "after":
            with pytest.raises(Cut):
                rotation.change_data_key(session, "test")
    with site.open(user) as session:
        assert session.manifest.next_generation is None
        assert session.manifest.generation == (1 if cut == "before" else 2)
        session.sign_as_site("mrd-study-v1", b"x")
        session.commit([note()])
        assert session.head().seq > head.seq
    for other in ("crc", "admin", "pi"):
        with site.open(other) as session:
            assert session.has_vault == (other != "admin")


def test_a_change_that_the_disk_refuses_leaves_the_old_key(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull

    with site.open("admin") as session:
        old, _ = session.with_keys()
        with monkeypatch.context() as patch:
            patch.setattr(database.Database, "rekey", full)
            with pytest.raises(DiskFull):
                rotation.change_data_key(session, "test")
        assert session.with_keys()[0] == old
        session.commit([note()])
        rotation.change_data_key(session, "test")
        with session.reading() as conn:
            records = store.records(conn, session.folder.chain)
            kinds = [r.kind for r in records if r.opening is not None]
    assert kinds.count(Kind.GENERATION_CHANGED) == 1
    site.open("crc").close()


class Cut(BaseException):
    """The power fails."""


def _cut(*_: object) -> None:
    raise Cut


@pytest.mark.parametrize("cut", ["before the key", "before its record"])
def test_who_is_out_is_out_of_the_key_too_though_the_power_failed_in_between(
    site: Site, cut: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = "change_data_key" if cut == "before the key" else "_told"
    with monkeypatch.context() as patch, site.open("admin") as session:
        patch.setattr(users if at == "change_data_key" else rotation, at, _cut)
        old_key, _ = session.with_keys()
        with pytest.raises(Cut):
            users.close_user(session, "cra", "left the site")
    with pytest.raises(WrongPassword):
        site.open("cra")
    for _ in range(2):  # once is enough
        with site.open("crc") as session:
            assert session.manifest.generation == 2
            assert session.manifest.slot_name("cra") not in session.manifest.slots
            assert session.with_keys()[0] != old_key
            with session.reading() as conn:
                kinds = [r.kind for r in store.records(conn, session.folder.chain) if r.opening]
            assert kinds.count(Kind.GENERATION_CHANGED) == 1


def test_a_full_disk_closes_the_account_and_owes_the_key(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull

    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            patch.setattr(database.Database, "rekey", full)
            users.close_user(session, "cra", "left the site")
        session.sign_as_site("mrd-study-v1", b"x")
        assert session.manifest.generation == 1
    with site.open("crc") as session:
        assert session.manifest.generation == 2


def test_after_a_change_that_was_cut_off_the_same_session_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull

    with site.open("admin") as session:
        with monkeypatch.context() as patch:
            patch.setattr(rotation, "_told", full)
            users.close_user(session, "cra", "left the site")
        session.sign_as_site("mrd-study-v1", b"x")
        session.commit([note()])
        users.close_user(session, "auditor", "left the site")
    with site.open("crc") as session:
        assert session.manifest.generation == 3
        assert not {session.manifest.slot_name(u) for u in ("cra", "auditor")} & set(
            session.manifest.slots
        )
        session.sign_as_site("mrd-study-v1", b"x")
