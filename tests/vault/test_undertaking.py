"""Nobody signs at a live site without the undertaking: with this key, in these words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.texts import Language
from mrd_desktop.vault import folder as folders
from mrd_desktop.vault import undertaking, users
from mrd_desktop.vault.errors import UndertakingMissing, WrongPassword
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import undertake
from mrd_desktop.vault.undertaking import Undertaking
from tests.confirmed import confirmed
from tests.vault.kit import LIVE_PASSWORD, PASSWORDS, Site, fold

ADMIN = LIVE_PASSWORD.format("admin")


def cannot_sign(session: Session, password: str) -> None:
    assert not session.undertaken
    with pytest.raises(UndertakingMissing) as refused:
        session.signer(password)
    with pytest.raises(UndertakingMissing):
        session.sign_with_password(password, b"{}")
    assert "undertake" in refused.value.text.en
    assert "承诺书" in refused.value.text.zh


def test_an_account_without_an_undertaking_signs_nothing(live: Site) -> None:
    with live.open("admin") as admin, pytest.raises(WrongPassword):
        undertake(admin, "synthetic-wrong-password", Language.ZH)
    with live.open("admin") as admin:
        cannot_sign(admin, ADMIN)
        undertake(admin, ADMIN, Language.ZH)
        admin.sign_with_password(ADMIN, b"{}")
    with live.open("admin") as admin:
        assert admin.undertaken
        with admin.reading() as conn:
            chain = admin.folder.chain
            signed = [r for r in store.records(conn, chain) if r.kind is Kind.SIGNATURE_MADE]
            assert verify_records(store.records(conn, chain), chain, private=False).ok
        assert len(signed) == 1
        assert signed[0].body["text"] == undertaking.words(Language.ZH)
        assert signed[0].body["undertaking"] == {
            "user": "admin",
            "version": undertaking.undertaking().version,
            "digest": undertaking.undertaking().digest,
        }


def test_other_words_ask_again(live: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with live.open("admin") as admin:
        undertake(admin, ADMIN, Language.EN)
    newer: Undertaking = replace(undertaking.undertaking(), version="synthetic-2")
    monkeypatch.setattr(undertaking, "undertaking", lambda: newer)
    with live.open("admin") as admin:
        cannot_sign(admin, ADMIN)
        undertake(admin, ADMIN, Language.EN)
    with live.open("admin") as admin:
        admin.signer(ADMIN)


def test_a_new_key_asks_again(live: Site) -> None:
    password = LIVE_PASSWORD.format("crc")
    with live.open("crc") as crc:
        undertake(crc, password, Language.EN)
    with live.open("admin") as admin:
        code = users.reset_user(admin, "crc").code
        confirmed(admin, "crc", "passport")
    assert code is not None
    folders.set_first_password(
        live.path, "crc", code, password, study=live.study, fold=fold
    ).close()
    with live.open("crc") as crc:
        cannot_sign(crc, password)


def test_a_second_person_needs_it_as_well(live: Site) -> None:
    with live.open("crc") as crc, pytest.raises(UndertakingMissing, match="admin"):
        crc.signer_of("admin", ADMIN)


def test_somebody_elses_word_and_a_table_are_no_undertaking(live: Site) -> None:
    with live.open("admin") as admin:
        undertake(admin, ADMIN, Language.EN)
        with admin.writing() as conn:
            conn.exec_driver_sql(
                "INSERT INTO vault_setting SELECT 'statement.undertaking.crc', value"
                " FROM vault_setting WHERE name = 'statement.undertaking.admin'"
            )
    with live.open("crc") as crc:
        cannot_sign(crc, LIVE_PASSWORD.format("crc"))


def test_training_asks_for_none(site: Site) -> None:
    with site.open("pi") as session:
        session.signer(PASSWORDS["pi"])


def test_both_languages_say_it_whole() -> None:
    words = undertaking.undertaking()
    assert len(words.paragraphs) >= 4
    assert all(p.en.strip() and p.zh.strip() for p in (words.title, *words.paragraphs))
