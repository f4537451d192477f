"""A signature is about what stood there: its digest is worked out anew, and a lie is named."""

from __future__ import annotations

from typing import Any

import pytest

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import shapes, signing
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.endorsing import to_sign
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.signing import saw, show, sign_form, sign_forms
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.record.test_entry import form, key

PS = "01-001/SCR/PS"
NEW = (
    "chain", "head", "name", "offset", "previous", "program", "records", "site", "study",
    "time_quality", "zone",
)  # fmt: skip


def sign(session: Session, address: str = PS) -> None:
    shown = show(session, form(session, address), Language.ZH)
    sign_form(session, shown, password_of("inv"), language=Language.ZH)


def verdict(session: Session) -> tuple[bool | None, str]:
    found = next(c for c in verify_folder(session) if c.name == "signatures")
    return found.ok, found.detail.en


def last(session: Session) -> Record:
    with session.reading() as conn:
        return next(
            r
            for r in reversed(list(store.records(conn, session.folder.chain)))
            if r.opening and r.kind is Kind.SIGNATURE_MADE
        )


def test_every_form_of_a_story_is_signed_changed_and_verified(charted: Clinic) -> None:
    with charted.open("inv") as session:
        waiting = [w.shown for w in to_sign(session, Language.ZH)]
        for shown in waiting:
            saw(session, shown)
        done = sign_forms(session, waiting, password_of("inv"), language=Language.ZH)
        assert len(done.signed) > 15
        assert verdict(session) == (True, "every transaction signed by its session")
        entry = Casebook(session).open(form(session, PS))
        entry.type(key(session, f"{PS}/ECOG"), "2")
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        assert verdict(session)[0] is True
        sign(session)
        assert verdict(session)[0] is True
    with charted.open("aud") as session:
        assert verdict(session)[0] is True


def test_a_signature_states_place_time_and_program(charted: Clinic) -> None:
    with charted.open("inv") as session:
        before = session.head()
        sign(session)
        first = last(session)
        body = first.body
        assert set(NEW) - {"name"} <= body.keys()
        assert (body["study"], body["site"]) == (session.folder.study, session.folder.site)
        head = body["head"]
        assert isinstance(head, dict)
        assert before.seq < int(head["seq"]) < first.header.seq
        assert body["zone"] == session.clock.zone.name
        assert body["previous"] is None
        sign(session)
        assert last(session).body["previous"] == {
            "chain": session.folder.chain,
            "seq": first.header.seq,
        }
        assert not shapes.fault_of(Kind.SIGNATURE_MADE, last(session).body)


def lying(monkeypatch: pytest.MonkeyPatch, session: Session, **said: JSON) -> None:
    """Make a signature, with the signer's own key, that says something else."""
    real = signing.dumps
    bodies: list[dict[str, JSON]] = []

    def dumps(statement: Any) -> bytes:
        if isinstance(statement, dict) and "meaning" in statement:
            for name, value in said.items():
                if value is None:
                    statement.pop(name, None)
                else:
                    statement[name] = value
            bodies.append(statement)
        return real(statement)

    with monkeypatch.context() as patch:
        patch.setattr(signing, "dumps", dumps)
        sign(session)
    assert bodies


OLD: dict[str, JSON] = dict.fromkeys(NEW)
LIES: dict[str, dict[str, JSON]] = {
    "content": {"content": "0" * 64},
    "content, old shape": {**OLD, "content": "0" * 64},
    "records": {"records": "0" * 64},
    "definition": {"definition": "0" * 64},
    "language": {"language": "en"},
    "chain": {"chain": "a" * 26},
    "study": {"study": "NCT00000000"},
    "site": {"site": "02"},
    "head": {"head": {"seq": 3, "digest": "0" * 64}},
    "head to come": {"head": {"seq": 10**6, "digest": "0" * 64}},
}


@pytest.mark.parametrize("said", LIES.values(), ids=LIES)
def test_a_signature_that_says_otherwise_is_named(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch, said: dict[str, JSON]
) -> None:
    with charted.open("inv") as session:
        lying(monkeypatch, session, **said)
        ok, detail = verdict(session)
        assert ok is False
        assert f"record {last(session).header.seq}: what inv signed at 01-001/SCR#1/PS#1" in detail


def test_a_signature_of_an_earlier_program_holds(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charted.open("inv") as session:
        lying(monkeypatch, session, **OLD)
        assert not set(NEW) & last(session).body.keys()
        assert verdict(session)[0] is True


@pytest.mark.parametrize("address", ["01-001/SCR/VS", "01-001/C0/TC"])
def test_a_signature_carried_to_another_form_is_named(
    charted: Clinic, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    with charted.open("inv") as session:
        lying(monkeypatch, session, address=str(form(session, address)))
        assert verdict(session)[0] is False
