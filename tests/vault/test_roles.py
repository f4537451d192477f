"""Who may do what: the table is complete, deny is the default, the vault opens to holders only."""

from __future__ import annotations

import itertools
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import mrd_desktop
from mrd_desktop.ledger import store
from mrd_desktop.ledger.errors import SealBroken
from mrd_desktop.ledger.record import Kind, RecordClass
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.study.model import Role, Study
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import (
    confirming,
    crypto,
    grants,
    new_sheet,
    roles,
    stating,
    training,
    users,
)
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault.crypto import Unopened
from mrd_desktop.vault.errors import (
    CommitUnsure,
    NoDocument,
    NotConfirmed,
    OwnAccount,
    PermissionDenied,
    RoleRefused,
    UserExists,
    UserNameRefused,
    UserUnknown,
    VaultClosed,
    WrongKey,
    WrongPassword,
)
from mrd_desktop.vault.keyring import open_slot
from mrd_desktop.vault.manifest import FolderKind, Manifest
from mrd_desktop.vault.session import Session
from tests.confirmed import confirmed
from tests.vault.kit import CANARY, LIVE_PASSWORD, PASSWORDS, Site, fold, note, private


def test_every_operation_asked_for_in_the_program_is_in_the_table() -> None:
    asked = set()
    for path in Path(mrd_desktop.__file__).parent.rglob("*.py"):
        asked |= set(re.findall(r'\.(?:require|allows)\(\s*"([^"]+)"', path.read_text("utf-8")))
    assert asked
    assert asked <= roles.OPERATIONS


def test_every_operation_has_a_role_and_every_role_known_operations(study: Study) -> None:
    site = roles.role_table(FolderKind.SITE, study)
    stored = roles.role_table(FolderKind.STORE, study)
    given = {o for r in (*site.values(), *stored.values()) for o in r.operations}
    assert given == roles.OPERATIONS
    assert not any(r.vault for r in stored.values())
    with pytest.raises(KeyError):
        roles.checked([Role("x", Text("x", "x"), frozenset({"form.tear"}))])


def test_duties_are_kept_apart(study: Study) -> None:
    table = roles.role_table(FolderKind.SITE, study)
    for role in table.values():
        assert not ({"user.manage"} & role.operations and {"form.edit"} & role.operations)
        assert role.vault == ("identity.see" in role.operations)
    assert "form.edit" not in table["monitor"].operations
    assert "form.sign" not in table["coordinator"].operations


@pytest.mark.parametrize(
    ("user", "operation"),
    [("cra", "form.edit"), ("admin", "subject.see"), ("crc", "user.manage"), ("auditor", "backup"),
     ("crc", "form.sign")],
)  # fmt: skip
def test_denied_operations(site: Site, user: str, operation: str) -> None:
    with site.open(user) as session:
        with pytest.raises(PermissionDenied):
            session.require(operation)
        with pytest.raises(KeyError):
            session.require("no.such.operation")


def test_only_who_manages_users_does(site: Site) -> None:
    with site.open("crc") as session:
        for act in (
            lambda: users.add_user(session, "new", "monitor", password="synthetic-pw"),
            lambda: users.grant_role(session, "cra", "coordinator"),
            lambda: users.close_user(session, "cra", "left"),
            lambda: users.reset_user(session, "cra", password="synthetic-pw"),
            lambda: confirming.confirm_user(session, "cra"),
        ):
            with pytest.raises(PermissionDenied):
                act()


@pytest.mark.parametrize("name", ["CRC", "ｃｒｃ", " crc ", "Crc"])
def test_names_are_never_used_twice(site: Site, name: str) -> None:
    with site.open("admin") as session:
        users.close_user(session, "crc", "left the site")
        with pytest.raises(UserExists):
            users.add_user(session, name, "monitor", password="synthetic-pw")


@pytest.mark.parametrize("name", ["сrc", "a b", "x", "", "a/b", "../x", "crc\u200b", "y" * 41])
def test_names_that_only_look_like_others_are_refused(site: Site, name: str) -> None:
    with site.open("admin") as session, pytest.raises(UserNameRefused):
        users.add_user(session, name, "monitor", password="synthetic-pw")


def test_a_closed_account_is_out_and_its_history_stays(site: Site) -> None:
    with site.open("cra") as session:
        session.commit([note("by the monitor")])
    slot_before = (site.path / "site.json").read_bytes()
    with site.open("admin") as session:
        users.close_user(session, "cra", "left the site")
        chain = session.folder.chain
        with session.reading() as conn:
            assert any(
                r.kind is Kind.NOTE_ADDED and r.body["text"] == "by the monitor"
                for r in store.records(conn, chain)
                if r.opening is not None
            )
    with pytest.raises(WrongPassword):
        site.open("cra")
    (site.path / "site.json").write_bytes(slot_before)
    with pytest.raises(WrongKey):
        site.open("cra")


def test_nobody_changes_the_own_role_or_closes_oneself(site: Site) -> None:
    with site.open("admin") as session:
        with pytest.raises(OwnAccount):
            users.grant_role(session, "admin", "coordinator")
        with pytest.raises(OwnAccount):
            users.close_user(session, "admin", "x")
        with pytest.raises(RoleRefused):
            users.add_user(session, "new", "emperor", password="synthetic-pw")


def test_a_reset_makes_a_new_key_and_closes_the_old(site: Site) -> None:
    with site.open("crc") as session:
        old = session.account.key
    with site.open("admin") as session:
        users.reset_user(session, "crc", password="synthetic-second")
    with pytest.raises(WrongPassword):
        site.open("crc")
    with site.open("crc", "synthetic-second") as session:
        assert session.account.key != old
        session.commit([note()])
        chain = session.folder.chain
        with session.reading() as conn:
            assert verify_records(store.records(conn, chain), chain, False).ok


def test_a_change_of_password_keeps_the_keys(site: Site) -> None:
    with site.open("pi") as session:
        key = session.account.key
        users.change_password(session, PASSWORDS["pi"], "synthetic-changed")
    with pytest.raises(WrongPassword):
        site.open("pi")
    with site.open("pi", "synthetic-changed") as session:
        assert session.account.key == key
        _, signer = session.sign_with_password("synthetic-changed", b"{}")
        assert signer


def test_private_content_is_for_holders(site: Site) -> None:
    with site.open("crc") as session:
        assert session.has_vault
        assert CANARY in _private_texts(session)
        sealed = session.seal_private("01-001", b"draft")
        assert session.open_private("01-001", sealed) == b"draft"
        with pytest.raises(SealBroken):
            session.open_private("01-002", sealed)
    with site.open("pi") as session:
        assert session.open_private("01-001", sealed) == b"draft"
    for user in ("cra", "admin", "auditor"):
        with site.open(user) as session:
            assert not session.has_vault
            assert session.box is None
            for act in (
                lambda: session.seal_private("01-001", b"x"),
                lambda: session.open_private("01-001", sealed),
                lambda: session.commit([private("01-001", "x")]),
                lambda: users.grant_vault(session, "admin"),
            ):
                with pytest.raises(VaultClosed):
                    act()


def test_private_bytes_are_bound_to_their_place(site: Site) -> None:
    with site.open("crc") as session:
        first, second = session.commit([private("01-001", "a"), private("01-002", "b")])
        chain = session.folder.chain
        with session.writing() as conn:
            sealed = conn.exec_driver_sql(
                "SELECT sealed FROM ledger_private WHERE seq = ?", (first.header.seq,)
            ).scalar_one()
        assert session.box is not None
        session.box.open("01-001", chain, first.header.seq, sealed)
        for owner, seq in (("01-001", second.header.seq), ("01-002", first.header.seq)):
            with pytest.raises(SealBroken):
                session.box.open(owner, chain, seq, sealed)


def test_no_key_ring_of_a_monitor_or_administrator_opens_the_vault(live: Site) -> None:
    """With everything their password opens, and the whole file, the vault stays shut."""
    with live.open("crc") as session:
        assert session.has_vault
    for user in ("admin", "cra"):
        with live.open(user) as session:
            manifest = session.manifest
            data_key, vault_key = session.with_keys()
            assert vault_key is None
            ring = open_slot(manifest, manifest.slot_name(user), LIVE_PASSWORD.format(user))
            assert ring.vault is None
            assert manifest.training_vault is None
            assert manifest.recovery.vault is not None
            assert ring.box is not None
            for private_key in (data_key, ring.box, ring.sign.to_bytes() if ring.sign else b""):
                with pytest.raises(Unopened):
                    crypto.unseal(
                        private_key,
                        manifest.recovery.vault,
                        manifest.sealed_context("recovery-vault"),
                    )
            role = session.study.roles
            holder = next(r for r in role if r.vault)
            assert grants.vault_key(manifest, ring, data_key, holder) is None


def test_an_invented_coordinator_gets_no_vault_until_a_holder_gives_it(live: Site) -> None:
    with live.open("admin") as session:
        code = users.add_user(session, "invented", "coordinator").code
    assert code is not None
    password = LIVE_PASSWORD.format("invented")
    folders.set_first_password(
        live.path, "invented", code, password, study=live.study, fold=fold
    ).close()
    live.open("crc").close()
    with live.open("invented") as session:
        assert not session.has_vault
        with pytest.raises(VaultClosed):
            session.commit([private("02-001", "x")])
    with live.open("admin") as session, pytest.raises(VaultClosed):
        users.grant_vault(session, "invented")
    with live.open("crc") as session:
        session.commit([private("02-001", CANARY)])
        assert [a.user for a in users.waiting_for_vault(session)] == ["invented"]
        with pytest.raises(UserUnknown):
            users.grant_vault(session, "cra")
        users.grant_vault(session, "invented")
    with live.open("invented") as session:
        assert session.has_vault
        assert CANARY in _private_texts(session)
    with live.open("invented") as session:
        assert session.manifest.slots[session.manifest.slot_name("invented")].next_vault is None


def test_a_new_role_takes_the_vault_away(live: Site) -> None:
    with live.open("admin") as session:
        users.grant_role(session, "crc", "monitor")
    with live.open("crc") as session:
        assert session.role == "monitor"
        assert not session.has_vault
        assert session.manifest.slots[session.manifest.slot_name("crc")].vault is None


def test_who_loses_the_vault_key_by_a_role_that_came_to_nothing_is_given_it_anew(
    live: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is taken out of the slot before the role is recorded."""

    def unsure(*_: object) -> None:
        raise CommitUnsure("EIO")

    with live.open("admin") as session:
        with monkeypatch.context() as patch, pytest.raises(CommitUnsure):
            patch.setattr(Session, "commit", unsure)
            users.grant_role(session, "crc", "investigator")
        assert [a.user for a in users.waiting_for_vault(session)] == ["crc"]
    with live.open("crc") as session:
        assert (session.role, session.has_vault) == ("coordinator", False)
    with folders.recover(
        live.path, live.sheet, user="later", role="coordinator",
        password=LIVE_PASSWORD.format("later"), study=live.study, fold=fold,
    ) as session:  # fmt: skip
        users.grant_vault(session, "crc")
        assert users.waiting_for_vault(session) == ()
    with live.open("crc") as session:
        assert session.has_vault


def test_the_first_holder_of_the_vault_key_has_it_though_the_power_fails(
    live: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes to the recovery sheet and into the holder's slot at one stroke."""

    class Cut(BaseException):
        pass

    write, calls = Manifest.write, itertools.count(1)

    def once(manifest: Manifest, folder: Path) -> None:
        if next(calls) > 1:
            raise Cut
        write(manifest, folder)

    with live.open("admin") as session:  # as before a coordinator came
        manifest, name = session.manifest, session.manifest.slot_name("crc")
        bare = replace(manifest.slots[name], vault=None)
        recovery = replace(manifest.recovery, vault=None)
        session.replace_manifest(
            replace(manifest, recovery=recovery, slots={**manifest.slots, name: bare})
        )
    with monkeypatch.context() as patch, suppress(Cut):
        patch.setattr(Manifest, "write", once)
        live.open("crc").close()
    with live.open("crc") as session:
        assert session.has_vault
        new_sheet.check_sheet(session, live.sheet)


def test_live_users_sign_only_when_confirmed(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "not_live", None)  # as on a site that is activated
    with live.open("admin") as session:
        code = users.add_user(session, "pi", "investigator").code
        with pytest.raises(UserUnknown):
            confirming.confirm_user(session, "pi", "id_card")
    assert code is not None
    password = LIVE_PASSWORD.format("pi")
    with folders.set_first_password(
        live.path, "pi", code, password, study=live.study, fold=fold
    ) as session:
        assert not session.allows("form.sign")
        stating.undertake(session, password, Language.EN)
        with pytest.raises(NotConfirmed):
            session.signer(password)
    with live.open("admin") as session:
        with pytest.raises(NoDocument):
            confirming.confirm_user(session, "pi")
        stating.undertake(session, LIVE_PASSWORD.format("admin"), Language.EN)
        training.attest(
            session, "pi", LIVE_PASSWORD.format("admin"), language=Language.EN, words="synthetic"
        )
        confirmed(session, "pi", "id_card")
    with live.open("pi") as session:
        assert session.allows("form.sign")


def test_a_sponsor_store_has_its_own_roles(tmp_path: Path, study: Study) -> None:
    path = tmp_path / "store"
    folders.create_store(
        path, training=True, admin="dm", password="synthetic-dm-pw", study=study, fold=fold,
        now=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    assert (path / "sponsor.pub").is_file()
    with folders.open_folder(path, "dm", "synthetic-dm-pw", study=study, fold=fold) as session:
        assert session.role == "sponsor"
        assert session.allows("query.open")
        assert not session.allows("form.edit")
        assert not session.has_vault
        with pytest.raises(RoleRefused):
            users.add_user(session, "x2", "coordinator", password="synthetic-pw")


def _private_texts(session: Session) -> list[str]:
    with session.reading() as conn:
        return [
            str(r.body["value"])
            for r in store.records(conn, session.folder.chain, box=session.box)
            if r.header.cls is RecordClass.PRIVATE
        ]


REFUSED_TO = {
    "vault": ("cra", lambda s: users.grant_vault(s, "pi"), "identity.see", "vault_closed"),
    "own role": ("admin", lambda s: users.grant_role(s, "admin", "monitor"), "user.manage",
                 "own_account"),
    "own end": ("admin", lambda s: users.close_user(s, "admin", "x"), "user.manage",
                "own_account"),
}  # fmt: skip


@pytest.mark.parametrize("act", REFUSED_TO)
def test_what_no_role_but_a_key_or_another_person_is_missing_for_is_recorded(
    site: Site, act: str
) -> None:
    user, go, operation, cause = REFUSED_TO[act]
    with site.open(user) as session:
        with pytest.raises((VaultClosed, OwnAccount)):
            go(session)
        with session.reading() as conn:
            last = list(store.records(conn, session.folder.chain))[-1]
        said = {name: last.body[name] for name in ("act", "user", "operation", "cause")}
        assert said == {"act": "denied", "user": user, "operation": operation, "cause": cause}
