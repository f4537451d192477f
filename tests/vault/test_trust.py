"""Public keys from outside, and password rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.keys import WEAK_KEYS, PublicKey, SigningKey, to_base64
from mrd_desktop.study.model import Study
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault import guessing, passwords, trust
from mrd_desktop.vault.errors import PasswordRefused, PermissionDenied, TrustError
from tests.vault.kit import PASSWORDS, Site, fold


@pytest.fixture
def sponsor(tmp_path: Path, study: Study) -> bytes:
    path = tmp_path / "store"
    folders.create_store(
        path, training=True, admin="dm", password="synthetic-dm-pw", study=study, fold=fold
    )
    return (path / "sponsor.pub").read_bytes()


def test_a_site_pins_a_sponsor_once(site: Site, sponsor: bytes) -> None:
    with site.open("admin") as session:
        identity = trust.pin(session, sponsor)
        seq = session.head().seq
        assert trust.pin(session, sponsor) == identity
        assert session.head().seq == seq
        (pin,) = trust.pins(session)
        assert (pin.sign, pin.age, pin.active) == (identity.sign, identity.age, True)
        with pytest.raises(TrustError):
            trust.pin(session, (site.path / "site.pub").read_bytes())


def test_only_who_manages_trust_pins(site: Site, sponsor: bytes) -> None:
    with site.open("crc") as session, pytest.raises(PermissionDenied):
        trust.pin(session, sponsor)


@pytest.mark.parametrize(
    "change",
    [{"training": False}, {"study": "NCT00000000"}, {"format": "mrd-sponsor/2"}, {"age": "age1x"},
     {"extra": "x"}, {"chain": "../x"}, {"sign": "AAAA"}, {"training": "yes"}],
)  # fmt: skip
def test_files_that_do_not_fit_are_refused(
    site: Site, sponsor: bytes, change: dict[str, object]
) -> None:
    with site.open("admin") as session:
        with pytest.raises(TrustError):
            trust.pin(session, json.dumps({**json.loads(sponsor), **change}).encode())
        assert trust.pins(session) == ()


def test_weak_keys_are_refused(sponsor: bytes) -> None:
    for weak in WEAK_KEYS:
        changed = {**json.loads(sponsor), "sign": to_base64(weak)}
        with pytest.raises(TrustError):
            trust.read_identity(json.dumps(changed).encode())


def test_another_key_needs_an_explicit_replacement(site: Site, sponsor: bytes) -> None:
    other = SigningKey.generate().public.to_base64()
    changed = json.dumps({**json.loads(sponsor), "sign": other}).encode()
    with site.open("admin") as session:
        first = trust.pin(session, sponsor)
        with pytest.raises(TrustError):
            trust.pin(session, changed)
        second = trust.pin(session, changed, replace=True)
        assert [(p.sign.id, p.active) for p in trust.pins(session)] == [
            (first.fingerprint, False),
            (second.fingerprint, True),
        ]
        with pytest.raises(TrustError):
            trust.pin(session, sponsor, replace=True)


def test_a_site_can_be_made_with_its_sponsor(tmp_path: Path, sponsor: bytes, study: Study) -> None:
    path = tmp_path / "new-site"
    folders.create_site(
        path, site="05", name="Synthetic", training=True, admin="admin",
        password=PASSWORDS["admin"], study=study, fold=fold, sponsor_key=sponsor,
    )  # fmt: skip
    with Site(path, study, "").open("admin") as session:
        assert len(trust.pins(session)) == 1


def test_nothing_is_left_of_a_site_that_could_not_be_made(
    tmp_path: Path, sponsor: bytes, study: Study
) -> None:
    live = json.dumps({**json.loads(sponsor), "training": False}).encode()
    with pytest.raises(TrustError):
        folders.create_site(
            tmp_path / "new-site", site="05", name="Synthetic", training=True, admin="admin",
            password=PASSWORDS["admin"], study=study, fold=fold, sponsor_key=live,
        )  # fmt: skip
    assert not (tmp_path / "new-site").exists()


def test_the_site_key_signs_for_ssh_keygen_and_age(site: Site) -> None:
    public = json.loads((site.path / "site.pub").read_text())
    with site.open("crc") as session:
        armored = session.sign_as_site("mrd-receipt-v1", b"synthetic")
        allowed = {PublicKey.from_base64(public["sign"]).raw}
        assert sshsig.verify(armored, b"synthetic", "mrd-receipt-v1", allowed) in allowed
        with pytest.raises(sshsig.SignatureRefused):
            sshsig.verify(armored, b"synthetic", "mrd-reply-v1", allowed)
        assert str(session.age_identity().to_public()) == public["age"]
        assert session.fingerprint() == PublicKey.from_base64(public["sign"]).id


@pytest.mark.parametrize(
    "password",
    ["x" * 14, "a" * 15, "passwordpassword1", "123456789012345", "Synthetic-hospital-1",
     "医院医院医院医院医院医院医院医院",
     "qwertyuiopasdfghjkl", "x9Q" * 43,
     # Chinese habits: a name and a birthday, a name and a telephone, pinyin of a sentence, 520
     "wangxiaoming19900101", "zhangsan1990-1-23", "zhangsan13812345678", "+8613800138000123",
     "woaibeijingtiananmen", "wo5201314aini1314", "p@ssw0rd19900101", "Qwer1234Asdf5678"],
)  # fmt: skip
def test_weak_live_passwords_are_refused(password: str) -> None:
    with pytest.raises(PasswordRefused):
        passwords.accepted(password, training=False, known_words=("synthetic",))


@pytest.mark.parametrize(
    "password",
    ["violet lantern orbit", "窗外细雨落在青石板路上的黄昏时分",
     "k" * 3 + "lmnop qrstu v", "z9 k4 " * 10, "shadow baseball dragon monkey"],
)  # fmt: skip
def test_good_live_passwords_are_taken(password: str) -> None:
    assert passwords.accepted(password, training=False) == password


def test_common_passwords_are_refused_however_often_one_is_typed() -> None:
    """Every thirtieth of the list is tried."""
    common = sorted(guessing.listed())
    assert len(common) >= 100_000
    for entry in common[::30]:
        typed = entry * (1 + passwords.SHORTEST_LIVE // len(entry))
        with pytest.raises(PasswordRefused):
            passwords.accepted(typed, training=False)


def test_training_takes_eight_characters() -> None:
    assert passwords.accepted("12345678", training=True) == "12345678"
    with pytest.raises(PasswordRefused):
        passwords.accepted("1234567", training=True)


def test_codes_have_120_bits_and_are_read_however_typed() -> None:
    codes = {passwords.one_time_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert len(code.replace("-", "")) * 5 == 120
        assert passwords.normal_code(f" {code.upper().replace('-', ' ')} ") == code
        misread = code.translate(str.maketrans("olb", "018"))
        assert passwords.normal_code(misread) == code
        assert passwords.is_code(misread)
