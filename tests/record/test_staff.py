"""What is said of accounts names no subject, or the sponsor would not learn of what was done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import staff
from mrd_desktop.record.names import NamesAPerson
from mrd_desktop.vault.errors import PermissionDenied
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

BOTH = "coordinator+siteadmin"
PASSWORD = "another synthetic password"
Act = Callable[[Session, str], object]
ACTS: dict[str, tuple[Kind, str, Act]] = {
    "add": (
        Kind.ROLE_GRANTED, "exception",
        lambda s, said: staff.add_user(s, "both", BOTH, password=PASSWORD, exception=said),
    ),
    "role": (
        Kind.ROLE_GRANTED, "exception",
        lambda s, said: staff.grant_role(s, "cra", BOTH, exception=said),
    ),
    "name": (
        Kind.REVIEW_NOTED, "reason",
        lambda s, said: staff.name_user(s, "cra", "Synthetic Monitor", said),
    ),
    "delegation": (
        Kind.USER_CONFIRMED, "delegation",
        lambda s, said: staff.confirm_user(s, "cra", "passport", delegation=said),
    ),
    "close": (Kind.USER_CLOSED, "reason", lambda s, said: staff.close_user(s, "cra", said)),
}  # fmt: skip


def test_words_about_accounts_name_nobody(clinic: Clinic) -> None:
    number, fit = "call 13812345678", "log of 2026-03-02, line 2"
    with clinic.open("admin") as session:
        for kind, said, act in ACTS.values():
            head = session.head()
            with pytest.raises(NamesAPerson) as refused:
                act(session, number)
            assert refused.value.params["said"] == said
            assert session.head() == head
            act(session, fit)
            with session.reading() as conn:
                records = [r for r in store.records(conn, session.folder.chain) if r.opening]
            told = [r for r in records if r.header.seq > head.seq and r.kind is kind]
            assert [r.body[said] for r in told if said in r.body] == [fit]
    with clinic.open() as session, pytest.raises(PermissionDenied):
        staff.confirm_user(session, "inv", "passport", delegation=number)
