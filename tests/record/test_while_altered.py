"""What a site whose data were changed outside the program still does: nothing that cannot be undone
or that vouches for the data (decision 0051)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from mrd_desktop.closing.bundle import close_out
from mrd_desktop.closing.destruction import condemn
from mrd_desktop.closing.keys import Handing, hand_keys
from mrd_desktop.insight.audit import review
from mrd_desktop.record import milestones
from mrd_desktop.record.redaction import destroy_link, has_link, may_redact, redact
from mrd_desktop.record.soundness import check
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer.export import export
from mrd_desktop.vault import account_review, own_key, users
from mrd_desktop.vault.errors import ProgramNotReleased, RecordsAltered
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.denials import denied
from tests.record.test_entry import key
from tests.record.test_soundness import edit, forge_cell

OWN, EN = password_of("inv"), Language.EN
TWO: Final = {"second": "admin", "second_password": password_of("admin")}


def review_trail(session: Session, _: Path) -> object:
    shown = review.survey(session)
    looked = frozenset(shown.open)
    return review.sign_off(session, shown, looked, "synthetic words", OWN, language=EN)


def take_out(session: Session, _: Path) -> object:
    place = key(session, "01-001/SCR/IC/ICVER")
    return redact(session, place, [1], "IDENTITY", OWN, **TWO)


def endorse(session: Session, _: Path) -> object:
    return milestones.endorse(session, milestones.Shown("END", 0, {}), OWN, language=EN)


def review_accounts(session: Session, _: Path) -> object:
    shown = account_review.survey(session)
    return account_review.sign_off(session, shown, OWN, language=EN)


ACTS: Final[dict[str, Callable[[Session, Path], object]]] = {
    "link": lambda s, _: destroy_link(s, "01-001", "WITHDRAWN", OWN, **TWO),
    "redaction": take_out,
    "trail": review_trail,
    "milestone": endorse,
    "accounts": review_accounts,
    "key": lambda s, _: own_key.rotate(s, "synthetic reason", OWN, **TWO),
    "package": export,
    "bundle": lambda s, to: close_out(s, to, language=EN),
    "keepers": lambda s, _: hand_keys(s, Handing("", "", "", ""), OWN, language=EN),
    "destruction": lambda s, to: condemn(s, to, OWN, **TWO),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_altered_site_destroys_and_vouches_for_nothing(
    charted: Clinic, act: str, tmp_path: Path
) -> None:
    edit(charted, forge_cell)
    with charted.open("inv") as session:
        assert check(session) is not None
    with charted.open("inv") as session:
        seq = session.head().seq
        with pytest.raises(RecordsAltered):
            ACTS[act](session, tmp_path)
        assert not may_redact(session)
        assert has_link(session, "01-001")
        assert len(denied(session, seq)) == 1  # that it was tried


@pytest.mark.parametrize("act", ACTS)
def test_a_program_that_is_no_release_destroys_and_vouches_for_nothing(
    charted: Clinic, act: str, tmp_path: Path
) -> None:
    with charted.open("inv") as session:
        session.unreleased = Text("synthetic.", "测试。")
        seq = session.head().seq
        with pytest.raises(ProgramNotReleased):
            ACTS[act](session, tmp_path)
        assert not may_redact(session)
        assert len(denied(session, seq)) == 1


def test_who_may_sign_in_is_managed_all_the_same(charted: Clinic) -> None:
    """Whoever did it is to be shut out; the trail is read, and everything can be verified."""
    edit(charted, forge_cell)
    with charted.open("admin") as session:
        assert check(session) is not None
        users.close_user(session, "cra", "synthetic reason")
    with charted.open("inv") as session:
        assert session.altered is not None
        assert review.survey(session).lines
        assert session.allows("verify")
        assert session.allows("audit.see")
