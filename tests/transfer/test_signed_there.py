"""The sponsor holds signatures against the records that came, as far as they came."""

from __future__ import annotations

import pytest

from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.signing import saw, sign_forms
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from tests.clinic import password_of
from tests.record.test_signed import lying
from tests.transfer.route import Route


def _signatures(route: Route) -> tuple[bool | None, str]:
    with route.store.open() as session:
        found = next(c for c in verify_folder(session) if c.name == "signatures")
    return found.ok, found.detail.en


def test_signatures_hold_at_the_sponsor(charted_route: Route) -> None:
    with charted_route.clinic.open("inv") as session:
        waiting = [w.shown for w in to_sign(session, Language.ZH)]
        for shown in waiting:
            saw(session, shown)
        assert sign_forms(session, waiting, password_of("inv"), language=Language.ZH).signed
    assert charted_route.carry().code is None
    ok, detail = _signatures(charted_route)
    assert ok is True, detail


def test_a_signature_that_says_otherwise_is_named_there(
    charted_route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charted_route.clinic.open("inv") as session:
        lying(monkeypatch, session, content="0" * 64)
    assert charted_route.carry().code is None
    ok, detail = _signatures(charted_route)
    assert ok is False
    assert "what inv signed at 01-001/SCR#1/PS#1" in detail
