"""What is said as a key is confirmed names no subject, or the sponsor would not learn of it."""

from __future__ import annotations

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.record.vouching import confirm_user
from mrd_desktop.vault.errors import PermissionDenied
from tests.clinic import Clinic


def test_words_of_a_confirmation_name_nobody(clinic: Clinic) -> None:
    number = "call 13812345678"
    with clinic.open("admin") as session:
        head = session.head()
        for said in ({"delegation": number}, {"exception": number}):
            with pytest.raises(NamesAPerson) as refused:
                confirm_user(session, "cra", "passport", **said)
            assert refused.value.params["said"] in said
        assert session.head() == head
        confirm_user(session, "cra", "passport", delegation="2026-03-02, line 2")
        with session.reading() as conn:
            last = list(store.records(conn, session.folder.chain))[-1]
        assert (last.kind, last.body["delegation"]) == (Kind.USER_CONFIRMED, "2026-03-02, line 2")
    with clinic.open() as session, pytest.raises(PermissionDenied):
        confirm_user(session, "cra", "passport", delegation=number)
