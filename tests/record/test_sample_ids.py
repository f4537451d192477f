"""Sample ids are unique over all subjects, whichever form is saved."""

from __future__ import annotations

from sqlalchemy import text

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic
from tests.record.test_entry import consent, form, key


def fires(session: Session, subject: str) -> list[int]:
    """What the last outcome of EC-041 says, as those without the vault key read it."""
    with session.reading() as conn:
        return list(
            conn.execute(
                text("SELECT fires FROM p_outcome WHERE check_id = 'EC-041' AND subject = :s"),
                {"s": subject},
            ).scalars()
        )


def test_a_later_change_of_identity_does_not_settle_a_sample_id_used_twice(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        for _ in range(2):
            subject = book.create_subject()
            consent(book, subject)
            entry = book.open(form(session, f"{subject}/SCR/MRD"))
            entry.type(key(session, f"{subject}/SCR/MRD/PERF"), "Y")
            entry.type(key(session, f"{subject}/SCR/MRD/SAMPID"), "S-0001")
            entry.save(complete=False)
        assert fires(session, subject) == [1]
        entry = book.open(form(session, f"{subject}/SCR/ID"))
        entry.type(key(session, f"{subject}/SCR/ID/MRN"), "INVENTED-77")
        entry.save(complete=False)
        assert fires(session, subject) == [1]
