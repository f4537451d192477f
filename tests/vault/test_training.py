"""Clinical work at a live site waits for training: exercises, a certificate, a word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mrd_desktop.ledger.canonical import dumps, loads
from mrd_desktop.ledger.record import Entry, RecordClass
from mrd_desktop.record.errors import Cause
from mrd_desktop.record.saving import standing_refusal
from mrd_desktop.study.load import load_study
from mrd_desktop.texts import Language
from mrd_desktop.vault import exercises, golive, training, users
from mrd_desktop.vault.activation import Ethics
from mrd_desktop.vault.errors import (
    CertificateRefused,
    ExercisesOpen,
    NotTrained,
    PermissionDenied,
    TrainingRefused,
    UndertakingMissing,
)
from mrd_desktop.vault.exercises import Plan
from mrd_desktop.vault.roles import TRAINED
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import undertake
from tests.vault.kit import PASSWORDS, Site
from tests.vault.live_kit import ANSWERS, PASSWORD, Live, make_live

ADMIN = PASSWORD.format("admin")


@pytest.fixture(scope="module")
def activated(tmp_path_factory: pytest.TempPathFactory) -> Live:
    """An activated site; the coordinator became a monitor and so is trained for another role."""
    live = make_live(tmp_path_factory.mktemp("live-training"), load_study())
    with live.store.open() as sponsor:
        data = golive.make_activation(sponsor, "02", ethics=Ethics("SYN-1", "2026-02-03"))
    with live.open("admin") as admin:
        golive.install(admin, data, ANSWERS)
        users.grant_role(admin, "crc", "monitor")
    return live


@pytest.fixture
def live(activated: Live, tmp_path: Path) -> Live:
    return activated.copy(tmp_path / "live")


def test_accounts_of_before_training_was_asked_for_find_the_way(live: Live) -> None:
    """An activated site whose people never undertook anything: as the former program left it."""
    with live.open("admin") as admin:
        users.grant_role(admin, "crc", "coordinator")
        with admin.writing() as conn:  # the settings of statements that nobody made
            conn.exec_driver_sql("DELETE FROM vault_setting WHERE name LIKE 'statement.%'")
    with live.open("crc") as crc:
        assert crc.allows("subject.see")
        with pytest.raises(UndertakingMissing):
            crc.signer(PASSWORD.format("crc"))
        with pytest.raises(NotTrained) as refused:
            crc.require("form.edit")
        assert standing_refusal(crc, None, None) is Cause.NOT_TRAINED
        assert "管理 → 用户" in refused.value.text.zh
        undertake(crc, PASSWORD.format("crc"), Language.EN)
    with live.open("admin") as admin:
        undertake(admin, ADMIN, Language.EN)
        attest(admin, "crc", words="synthetic training")
    with live.open("crc") as crc:
        crc.require("form.edit")


@pytest.fixture
def admin(live: Live) -> Iterator[Session]:
    with live.open("admin") as session:
        yield session


def attest(session: Session, user: str, **more: object) -> None:
    training.attest(session, user, ADMIN, language=Language.EN, **more)  # type: ignore[arg-type]


def done(site: Site, user: str) -> bytes:
    """The certificate of a user who has done the exercises, as far as records can tell."""
    with site.open(user) as session:
        for left in exercises.progress(session):
            if not left.finished:
                one = Entry(left.exercise.kind, RecordClass.CODED, {"text": "synthetic"})
                session.commit([one] * left.exercise.times)
    with site.open(user) as session:
        return exercises.certify(session, PASSWORDS[user], Language.ZH)


def test_untrained_people_do_no_clinical_work(live: Live) -> None:
    with live.open("crc") as crc:
        assert not crc.trained
        assert not any(crc.allows(operation) for operation in TRAINED)
        with pytest.raises(NotTrained) as refused:
            crc.require("sdv")
        assert "certificate" in refused.value.text.en
        assert "证书" in refused.value.text.zh
        assert crc.allows("subject.see")
    with live.open("admin") as admin:
        attest(admin, "crc", words="synthetic course")
    with live.open("crc") as crc:
        crc.require("sdv")


def test_a_release_that_asks_for_it_and_another_role_ask_again(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live.open("admin") as admin:
        attest(admin, "crc", words="synthetic course")
        assert not training.needs(admin, _account(admin, "crc"))
    newer: Plan = replace(exercises.plan(), version="synthetic-2")
    for module in (exercises, training):
        monkeypatch.setattr(module, "plan", lambda: newer)
    with live.open("crc") as crc, pytest.raises(NotTrained):
        crc.require("sdv")
    with live.open("admin") as admin:
        assert training.needs(admin, _account(admin, "crc"))
        attest(admin, "crc", words="synthetic course again")
    with live.open("crc") as crc:
        crc.require("sdv")
    with live.open("admin") as admin:
        users.grant_role(admin, "crc", "coordinator")
    with live.open("crc") as crc, pytest.raises(NotTrained):
        crc.require("form.edit")


def test_a_certificate_tells_of_exercises_done_by_oneself(site: Site, admin: Session) -> None:
    with site.open("cra") as session:
        assert [p.done for p in exercises.progress(session)] == [0, 0, 0]
        with pytest.raises(ExercisesOpen) as left:
            exercises.certify(session, PASSWORDS["cra"], Language.EN)
        assert "three values" in left.value.text.en
    users.grant_role(admin, "crc", "siteadmin")
    with pytest.raises(TrainingRefused):
        attest(admin, "crc")
    certificate = done(site, "admin")
    with pytest.raises(TrainingRefused, match="another user"):
        attest(admin, "crc", certificate=certificate)
    attest(admin, "crc", certificate=certificate, words="same person, other name")
    found = exercises.read_certificate(certificate)
    assert (found.user, found.role) == ("admin", "siteadmin")
    assert found.exercises == {"user": 4, "backup": 1}


def test_a_certificate_is_held_to_role_study_version_and_signature(
    site: Site, admin: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = done(site, "admin")
    with pytest.raises(CertificateRefused, match="Compare three values"):
        attest(admin, "crc", certificate=certificate)
    outer = loads(certificate.strip())
    assert isinstance(outer, dict)
    altered = dumps({**outer, "statement": str(outer["statement"]).replace("admin", "other")})
    with pytest.raises(CertificateRefused, match="changed"):
        attest(admin, "crc", certificate=altered)
    for wrong in (b"", b"{}", b"no certificate"):
        with pytest.raises(CertificateRefused, match="no training certificate"):
            attest(admin, "crc", certificate=wrong)
    newer = replace(exercises.plan(), version="synthetic-2")
    monkeypatch.setattr(training, "plan", lambda: newer)
    with pytest.raises(CertificateRefused, match="synthetic-2"):
        attest(admin, "crc", certificate=certificate)
    with site.open("admin") as session, pytest.raises(TrainingRefused, match="live site"):
        training.attest(session, "crc", PASSWORDS["admin"], language=Language.EN, words="here")


def test_one_answers_for_oneself_only_where_nobody_else_can(live: Live, admin: Session) -> None:
    with pytest.raises(TrainingRefused, match="nobody else"):
        attest(admin, "admin")
    attest(admin, "admin", words="two-person clinic")
    users.grant_role(admin, "crc", "coordinator+siteadmin", exception="two-person clinic")
    with pytest.raises(TrainingRefused, match="another person"):
        attest(admin, "admin", words="two-person clinic")


def test_only_who_manages_users_signs_for_training(live: Live) -> None:
    with live.open("crc") as crc, pytest.raises(PermissionDenied):
        attest(crc, "crc", words="synthetic course")


def _account(session: Session, user: str) -> users.Account:
    return next(a for a in users.list_users(session) if a.user == user)
