"""What names a person stays at the site for good, also once the link to the person is destroyed."""

from __future__ import annotations

import pytest

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.incidents import Incidents
from mrd_desktop.record.names import NAMED
from mrd_desktop.record.notes import Notes
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.transfer.preview import preview
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_entry import key
from tests.record.test_incidents import local, named
from tests.record.test_redaction import pages, unlink
from tests.transfer.pair import SUBJECT, Pair
from tests.transfer.route import CONSENT, Route, fill

NAME = "合成某"
WORDS = "Synthetic words"


def written(session: Session) -> None:
    """A name that nobody knows yet: in a value, a note and an incident; and words of no harm."""
    entry = Casebook(session).open(key(session, f"{SUBJECT}/SCR/IC/ICVER").form)
    entry.type(key(session, f"{SUBJECT}/SCR/IC/ICVER"), f"{NAME} v1")
    entry.save(complete=False)
    Notes(session).add(key(session, f"{SUBJECT}/SCR/IC/ICVER"), f"as {NAME} said")
    for words in (f"Synthetic: {NAME} 的病历夹遗失", WORDS):
        Incidents(session).note("lost", local(session), "", words)
    named(session, NAME)


@pytest.mark.parametrize("sent", [True, False], ids=["after_a_package", "before_any"])
def test_words_that_name_somebody_stay_after_the_link_is_destroyed(
    route: Route, sent: bool
) -> None:
    with route.clinic.open() as session:
        Casebook(session).create_subject(SUBJECT)
        fill(session, f"{SUBJECT}/SCR/IC", {**CONSENT, "ICVER": ""})
        written(session)
    if sent:
        assert route.carry().verdict is Verdict.ACCEPTED
    with route.clinic.open("inv") as session:
        unlink(session)
        with session.reading() as conn:
            text = "SELECT CAST(payload AS TEXT) FROM ledger_opening WHERE payload LIKE ?"
            (link,) = conn.exec_driver_sql(text, ('%"link.destroyed"%',)).scalars()
        assert f'"{NAMED}":[' in link
        looked = preview(session)
        assert all(c.ok is not False for c in verify_folder(session))
    done = route.send()
    assert sent or done.withheld["free_text"] == looked.withheld["free_text"] == 3
    assert route.store.take(done.path)[0].verdict is Verdict.ACCEPTED
    full = route.send(full=True)
    assert full.withheld["free_text"] == 3
    assert route.store.take(full.path)[0].verdict is Verdict.ACCEPTED
    with route.store.open() as session:
        held = pages(session)
    assert NAME.encode() not in held
    assert WORDS.encode() in held


def test_another_computer_keeps_them_back_as_well(pair: Pair) -> None:
    with pair.a.open() as session:
        fill(session, f"{SUBJECT}/SCR/ID", {"PATNAME": "合成乙"}, complete=False)
    pair.move(pair.a, pair.b, SUBJECT)
    noted(pair.b)
    pair.move(pair.b, pair.a, SUBJECT)
    with pair.a.open("inv") as session:
        unlink(session, SUBJECT)
    pair.move(pair.a, pair.b)
    for clinic in (pair.a, pair.b):
        pair.send(clinic)
    with pair.store.open() as session:
        held = pages(session)
    assert "合成乙".encode() not in held
    assert WORDS.encode() in held


def noted(clinic: Clinic) -> None:
    """Whoever cannot see names writes one down."""
    with clinic.open("admin") as session:
        for words in ("Synthetic: 合成乙 的病历夹遗失", WORDS):
            Incidents(session).note("lost", local(session), "", words)
