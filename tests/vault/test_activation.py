"""Live mode opens only by the sponsor's signed word, and closes again when that no longer fits."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mrd_desktop.insight.reports.delegation import delegation_log
from mrd_desktop.insight.reports.trail_file import TrailForm, save_trail
from mrd_desktop.ledger.canonical import dumps, loads
from mrd_desktop.ledger.sshsig import Namespace, public_line
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault import accounts, computers, folder, golive, session, trust, users
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.errors import (
    ActivationRefused,
    DutiesApart,
    NotActivated,
    PermissionDenied,
    RoleRefused,
    TrustError,
)
from mrd_desktop.vault.roles import CLINICAL
from mrd_desktop.vault.trust import Holder, PublicIdentity
from tests.denials import denied
from tests.transfer.parcel import CHAIN, SITE_KEY, SPONSOR, recipient
from tests.vault.live_kit import ANSWERS, PASSWORD, Live, make_live
from tests.vectors.handover.make import card, statement

ETHICS = Ethics("SYN-2026-014", "2026-02-03")


@pytest.fixture(scope="module")
def live_route(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return make_live(tmp_path_factory.mktemp("live-route"), load_study())


@pytest.fixture
def live(live_route: Live, tmp_path: Path) -> Live:
    return live_route.copy(tmp_path)


@pytest.fixture(scope="module")
def word(live_route: Live) -> bytes:
    """The activation file of the site."""
    with live_route.store.open() as sponsor:
        return golive.make_activation(sponsor, "02", ethics=ETHICS)


def activated(live: Live, data: bytes) -> Live:
    with live.open("admin") as admin:
        golive.install(admin, data, ANSWERS)
    return live


def consent(live: Live) -> FormKey:
    """A subject with a consent form that is open."""
    with live.open("crc") as crc:
        subject = Casebook(crc).create_subject()
    return FormKey(EventKey(subject, "SCR"), "IC")


def reason(live: Live, data: bytes, **more: object) -> str:
    """Why the site refuses a file."""
    with live.open("admin") as admin, pytest.raises(ActivationRefused) as caught:
        golive.install(admin, data, ANSWERS, **more)  # type: ignore[arg-type]
    assert caught.value.text.zh != caught.value.text.en
    return caught.value.text.en


def test_without_it_a_live_site_takes_no_clinical_data(live: Live) -> None:
    with live.open("crc") as crc:
        before = crc.head().seq
        with pytest.raises(NotActivated) as caught:
            Casebook(crc).create_subject()
        assert "activation file" in caught.value.text.en
        assert "启用文件" in caught.value.text.zh
        assert not any(crc.allows(operation) for operation in CLINICAL)
        for operation in CLINICAL & crc.duties.operations:
            with pytest.raises(NotActivated):
                crc.require(operation)
        with pytest.raises(PermissionDenied):  # not for want of an activation
            crc.require("sdv")
        assert crc.allows("subject.see")
        assert crc.allows("export")
        assert set(denied(crc, before)) == CLINICAL & crc.duties.operations | {"sdv"}


def test_without_it_not_even_a_note_is_written(live: Live) -> None:
    weight = ItemKey(RowKey(FormKey(EventKey("02-001", "SCR"), "VS"), "A"), "WEIGHT")
    with live.open("crc") as crc:
        assert "note.add" in crc.duties.operations
        with pytest.raises(NotActivated):
            Notes(crc).add(weight, "synthetic note")


def test_with_it_the_site_is_live_and_everything_it_binds_is_on_record(
    live: Live, word: bytes
) -> None:
    activated(live, word)
    key = consent(live)
    with live.open("crc") as crc:
        entry = Casebook(crc).open(key)
        assert entry.read_only is None
        found = golive.state(crc)
        assert found.fault is None
        assert found.ethics == ETHICS
        assert found.activation is not None
        assert found.activation.programs == (session.__version__,)
        assert found.activation.versions == (live.study.version,)
        assert found.activation.protocol == live.study.protocol
        assert all(c.ok is not False for c in verify_folder(crc))


def test_the_signed_file_stays_out_of_the_printed_trail(
    live: Live, word: bytes, tmp_path: Path
) -> None:
    activated(live, word)
    path = tmp_path / "trail.html"
    with live.open("crc") as crc:
        save_trail(crc, path, TrailForm.HTML, Language.EN)
    text = path.read_text("utf-8")
    assert "SYN-2026-014" in text
    assert "SSH SIGNATURE" not in text
    assert "file: " not in text


def test_a_training_site_needs_none(tmp_path: Path) -> None:
    study = load_study()
    folder.create_site(
        tmp_path / "site", site="01", name="Synthetic", training=True, admin="admin",
        password="synthetic admin", study=study, fold=projection.fold,
    )  # fmt: skip
    with folder.open_folder(
        tmp_path / "site", "admin", "synthetic admin", study=study, fold=projection.fold
    ) as admin:
        assert admin.not_live is None


def test_only_who_manages_trust_installs_it(live: Live, word: bytes) -> None:
    with live.open("crc") as crc, pytest.raises(PermissionDenied):
        golive.install(crc, word, ANSWERS)


def test_every_byte_of_it_is_signed(live: Live, word: bytes) -> None:
    with live.open("admin") as admin:
        for at in range(len(word) - 1):
            changed = bytearray(word)
            changed[at] ^= 1
            with pytest.raises(ActivationRefused):
                golive.look(admin, bytes(changed))


def test_ssh_keygen_checks_it_too(live: Live, word: bytes, tmp_path: Path) -> None:
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        return
    value = json.loads(word)
    (tmp_path / "sig").write_text(value["signature"])
    raw = trust.read_identity((live.store.path / trust.SPONSOR_PUB).read_bytes()).sign.raw
    (tmp_path / "allowed").write_text("sponsor " + public_line(raw) + "\n")
    run = subprocess.run(
        [
            *(keygen, "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", "sponsor"),
            *("-n", Namespace.ACTIVATION.value, "-s", str(tmp_path / "sig")),
        ],
        input=value["statement"].encode(),
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def signed(live: Live, **changes: object) -> bytes:
    """A file that the sponsor signed, with other content."""
    with live.store.open() as sponsor:
        held = golive.make_activation(sponsor, "02", ethics=ETHICS)
        statement = loads(loads(held.removesuffix(b"\n"))["statement"].encode())  # type: ignore[call-overload,index,union-attr]
        text = dumps({**statement, **changes})  # type: ignore[dict-item]
        signature = sponsor.sign_as_site(Namespace.ACTIVATION, text)
    return dumps({"format": "mrd-activation/1", "statement": text.decode(), "signature": signature})


def test_what_does_not_fit_is_named(live: Live) -> None:
    with live.open("admin") as admin:
        chain = admin.folder.chain
    stranger = {chain: "a" * 26}
    cases = {
        "another study": {"study": "NCT00000000"},
        "for site 07, this is site 02": {"site": "07"},
        "another computer": {"computers": {}},
        "older key": {"computers": stranger},
        "training and live": {"training": True},
        "protocol version": {"versions": ["9.9"]},
        "approval covers 9.9": {"protocol": live.study.protocol, "versions": ["9.9"]},
        "program version": {"programs": ["99.0"]},
        "ended on 2026-01-31": {"expires": "2026-01-31"},
        "no activation file": {"surplus": 1},
    }
    for words, changes in cases.items():
        assert words in reason(live, signed(live, **changes))
    newer = dumps({"format": "mrd-activation/2", "statement": "", "signature": ""})
    assert "newer program version" in reason(live, newer)
    assert "no activation file" in reason(live, b"{}")
    assert "no activation file" in reason(live, b"")


def test_a_strangers_file_is_refused(live: Live, tmp_path: Path, word: bytes) -> None:
    other = make_live(tmp_path / "other", live.study)
    with other.store.open() as sponsor:
        theirs = golive.make_activation(sponsor, "02", ethics=ETHICS)
    assert "not trusted here" in reason(live, theirs)
    assert "not trusted here" in reason(other, word)


def test_a_training_store_activates_no_live_site(live: Live, tmp_path: Path) -> None:
    """The two are trust domains of their own: neither pins the other's key."""
    from tests.transfer.route import make_store

    training = make_store(tmp_path / "training", live.study)
    with training.open() as sponsor:
        with pytest.raises(ActivationRefused):
            golive.make_activation(sponsor, "02", ethics=ETHICS)
        with pytest.raises(trust.TrustError):
            trust.pin(sponsor, (live.path / trust.SITE_PUB).read_bytes())


def test_the_checklist_is_answered_whole(live: Live, word: bytes) -> None:
    with live.open("admin") as admin:
        for answers, words in (
            ({}, "fingerprint"),
            ({**ANSWERS, "disk": "no"}, "disk"),
            ({**ANSWERS, "sofa": "yes"}, "sofa"),
        ):
            with pytest.raises(ActivationRefused, match=words):
                golive.install(admin, word, answers)
        assert admin.not_live is not None
        golive.install(admin, word, {**ANSWERS, "disk": "encrypted by the hospital"})
        assert admin.not_live is None


def test_an_approval_is_stated_by_the_sponsor_or_else_by_the_site(live: Live) -> None:
    with live.store.open() as sponsor:
        silent = golive.make_activation(sponsor, "02")
    assert "ethics approval" in reason(live, silent)
    assert "no date" in reason(live, silent, ethics=Ethics("SYN-1", "3 February"))
    with live.open("admin") as admin:
        golive.install(admin, silent, ANSWERS, ethics=ETHICS)
        assert golive.state(admin).ethics == ETHICS


def test_it_closes_when_it_ends_or_the_program_or_protocol_changes(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live.store.open() as sponsor:
        until = (sponsor.today() + timedelta(days=1)).isoformat()
        data = golive.make_activation(sponsor, "02", ethics=ETHICS, expires=until)
    activated(live, data)
    key = consent(live)
    with live.open("crc") as crc:
        assert crc.allows("form.edit")
        tomorrow = crc.today() + timedelta(days=2)
        monkeypatch.setattr(crc.clock, "today", lambda: tomorrow)
        assert not crc.allows("form.edit")
        entry = Casebook(crc).open(key)
        assert entry.read_only is Cause.NOT_ACTIVATED
        with pytest.raises(SaveRefused) as caught:
            entry.save(complete=False)
        assert caught.value.cause is Cause.NOT_ACTIVATED
    monkeypatch.undo()
    with monkeypatch.context() as patch:
        patch.setattr(session, "__version__", "99.0")
        with live.open("crc") as crc:
            assert crc.not_live is not None
            assert "99.0" in crc.not_live.en
    amended = replace(live, study=replace(live.study, version="9.9"))
    with amended.open("crc") as crc:
        assert crc.not_live is not None
        assert "9.9" in crc.not_live.en


def test_no_table_opens_live_mode(live: Live, word: bytes) -> None:
    """A setting that points at another record, or at none, opens nothing."""
    with live.open("admin") as admin, admin.writing() as conn:
        for seq in ("1", "999999"):
            conn.exec_driver_sql(
                "INSERT OR REPLACE INTO vault_setting VALUES ('activation.seq', ?)", (seq,)
            )
            assert golive.installed(conn, admin.folder.chain) is None
    with live.open("crc") as crc:
        assert crc.not_live is not None


def test_a_rebuild_keeps_it(live: Live, word: bytes) -> None:
    activated(live, word)
    with live.open("admin") as admin, admin.writing() as conn:
        conn.exec_driver_sql("DELETE FROM vault_setting WHERE name = 'activation.seq'")
        accounts.rebuild(conn, admin.folder.chain)
    with live.open("crc") as crc:
        assert crc.not_live is None


def test_duties_are_joined_only_with_a_reason_and_only_these(live: Live) -> None:
    joint = "coordinator+siteadmin"
    with live.open("admin") as admin:
        for why in ("", "  no "):
            with pytest.raises(DutiesApart):
                users.add_user(admin, "wang", joint, exception=why)
            with pytest.raises(DutiesApart):
                users.grant_role(admin, "crc", joint, exception=why)
        for role in ("investigator+siteadmin", "monitor+siteadmin", "siteadmin+coordinator"):
            with pytest.raises(RoleRefused):
                users.add_user(admin, "wang", role, exception="two-person clinic")
        users.grant_role(admin, "crc", joint, exception="two-person clinic")
        assert "two-person clinic" in str(delegation_log(admin).blocks)
    with live.open("crc") as crc:
        assert crc.allows("user.manage")


def test_two_people_share_the_duties_only_by_a_recorded_exception(tmp_path: Path) -> None:
    live = make_live(tmp_path, load_study(), exception="two-person clinic")
    with live.open("admin") as admin:
        assert admin.role == "coordinator+siteadmin"
        assert admin.has_vault
        assert admin.allows("user.manage")
        assert "form.edit" in admin.duties.operations
        assert not admin.allows("form.sign")
    assert PASSWORD.format("admin") not in (live.path / "site.json").read_text()


def test_a_forgotten_password_is_reset_on_a_live_site(live: Live) -> None:
    with live.open("admin") as admin:
        made = users.reset_user(admin, "crc")
    assert made.code is not None
    chosen = "another violet lantern orbit"
    folder.set_first_password(
        live.path, "crc", made.code, chosen, study=live.study, fold=projection.fold
    ).close()
    with live.open("admin") as admin:
        assert all(c.ok is not False for c in verify_folder(admin))


def test_with_a_real_patient_nothing_is_entered_before_the_separate_consents(
    live: Live, word: bytes
) -> None:
    activated(live, word)
    key = consent(live)
    subject, screening = key.subject, key.event

    def answer(book: Casebook, name: str, value: str) -> None:
        entry = book.open(key)
        group = next(g for g in entry.form.groups if name in g.by_name)
        entry.type(ItemKey(RowKey(key, group.name), name), value)
        entry.save(complete=False)

    with live.open("crc") as crc:
        book = Casebook(crc)
        before = book.open(FormKey(screening, "PS"))
        assert before.read_only is Cause.NO_SENSITIVE_CONSENT, "nor typed before"
        assert [str(p.key) for p in before.closers()] == [f"{key}/B#1/ICSENS"]
        answer(book, "RFICDAT", "2026-01-05")
        assert book.open(FormKey(screening, "PS")).read_only is Cause.NO_SENSITIVE_CONSENT
        entry = book.open(FormKey(screening, "PS"))
        with pytest.raises(SaveRefused) as refused:
            entry.save(complete=False)
        assert refused.value.cause is Cause.NO_SENSITIVE_CONSENT
        answer(book, "ICSENS", "Y")
        assert book.open(FormKey(screening, "PS")).read_only is None
        assert book.open(FormKey(screening, "MRD")).read_only is Cause.NO_GENETIC_CONSENT
        answer(book, "ICHGR", "Y")
        assert book.open(FormKey(screening, "MRD")).read_only is None
        assert book.open(FormKey(EventKey(subject, "EOS"), "EOS")).read_only is None


def test_a_live_site_knows_only_computers_that_the_sponsor_names(live: Live, word: bytes) -> None:
    identity = PublicIdentity(
        Holder.SITE, live.study.oid, "02", "Synthetic live", False, CHAIN, SITE_KEY.public,
        recipient(SPONSOR),
    )  # fmt: skip
    text = identity.to_bytes()
    data = card(dumps(statement(identity=text.decode())))

    def add() -> str:
        with live.open("admin") as admin:
            return computers.add(admin, data).identity.chain

    activated(live, word)
    with pytest.raises(TrustError) as refused:
        add()
    assert "does not name this computer" in refused.value.text.en
    with live.open("admin") as admin:
        own = {admin.folder.chain: admin.fingerprint()}
    activated(live, signed(live, computers={**own, CHAIN: "a" * 26}))
    with pytest.raises(TrustError):
        add()
    activated(live, signed(live, computers={**own, CHAIN: identity.fingerprint}))
    assert add() == CHAIN
