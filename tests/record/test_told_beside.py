"""A finding of one form is told at an item of another where the way out may lie."""

from __future__ import annotations

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.locating import locate
from mrd_desktop.study.address import FormKey, ItemKey
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic

SEX = "01-001/SCR/DM/SEX"


def key(session: Session, address: str) -> ItemKey:
    found = locate(session.study, address)
    assert isinstance(found, ItemKey)
    return found


def form(session: Session, address: str) -> FormEntry:
    found = locate(session.study, address)
    assert isinstance(found, FormKey)
    return Casebook(session).open(found)


def test_a_sex_that_contradicts_the_identity_number_is_told_at_it(charted: Clinic) -> None:
    with charted.open() as session:
        entry = form(session, "01-001/SCR/DM")
        sex = key(session, SEX)
        assert entry.field(sex).findings == ()
        entry.type(sex, "M")
        (finding,) = entry.field(sex).findings
        assert finding.check.id == "EC-003"
        said = f"{finding.told.en} {finding.told.zh} {entry.elsewhere(finding)}"
        assert "990101197304180147" not in said and "1973" not in said
        assert entry.findings() == (), "it counts at the form it stands at alone"
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        found = Casebook(session).findings("01-001")
        assert [str(f.key) for f in found if f.check.id == "EC-003"] == [
            "01-001/SCR#1/ID#1/A#1/IDNO"
        ]
        entry.type(sex, "F")
        assert entry.field(sex).findings == ()


def test_a_birth_date_that_does_not_fit_is_no_matter_of_the_sex(charted: Clinic) -> None:
    with charted.open() as session:
        entry = form(session, "01-001/SCR/ID")
        entry.type(key(session, "01-001/SCR/ID/BRTHDAT"), "1973-04-19")
        entry.save(complete=True, reason=ChangeReason("TYPO"))
        assert "EC-003" in {f.check.id for f in Casebook(session).findings("01-001")}
        assert form(session, "01-001/SCR/DM").field(key(session, SEX)).findings == ()


def test_who_holds_no_vault_key_is_not_told(charted: Clinic) -> None:
    with charted.open() as session:
        entry = form(session, "01-001/SCR/DM")
        entry.type(key(session, SEX), "M")
        entry.save(complete=True, reason=ChangeReason("TYPO"))
    with charted.open("cra") as session:
        assert form(session, "01-001/SCR/DM").field(key(session, SEX)).findings == ()
