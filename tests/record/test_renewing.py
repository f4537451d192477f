"""The reason of a new key travels with the next package: it names nobody."""

from __future__ import annotations

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.renewing import renew, renew_data_key
from tests.clinic import Clinic, password_of


def test_a_reason_that_names_somebody_renews_nothing(charted: Clinic) -> None:
    with charted.open() as session:
        person = Casebook(session).data("01-001").of("ID")[0]
        (name,) = (a.text for k, a in person.answers() if k.item == "PATNAME")
        before, head = session.fingerprint(), session.head()

        def replace(reason: str) -> None:
            renew(
                session, reason, password_of("crc"),
                second="admin", second_password=password_of("admin"),
            )  # fmt: skip

        for reason in (f"{name}离职后更换", "call 13812345678"):
            with pytest.raises(NamesAPerson):
                replace(reason)
        assert (session.fingerprint(), session.head()) == (before, head)
        replace("yearly change")
        assert session.fingerprint() != before


def test_words_of_a_suspected_leak_name_nobody(charted: Clinic) -> None:
    with charted.open("admin") as session:
        for words in ("call 13812345678", "张三的病历号 30112233 外泄，电话 13812345678"):
            with pytest.raises(NamesAPerson):
                renew_data_key(session, "leak_suspected", password_of("admin"), words)
        assert session.manifest.generation == 1
        made = renew_data_key(session, "leak_suspected", password_of("admin"), "synthetic words")
        assert made.generation == session.manifest.generation == 2
