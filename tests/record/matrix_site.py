"""The site of the matrix: one form in each of five states, and everything that an act needs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entries import ChangeReason
from mrd_desktop.record.locking import LockAct, change_lock
from mrd_desktop.record.queries import Queries
from mrd_desktop.record.signing import show, sign_form
from mrd_desktop.study.address import EventKey, FormKey, ItemKey, RowKey
from mrd_desktop.texts import Language
from mrd_desktop.vault import backup, trust, users
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.once import Once
from tests.transfer.route import CONSENT, fill

STATES: Final = ("draft", "saved", "signed", "locked", "withdrawn")
TYPO: Final = ChangeReason("TYPO")
SUBJECT: Final = "01-001"
SCREENING: Final = EventKey(SUBJECT, "SCR")
PS: Final = FormKey(SCREENING, "PS")
"""The form whose state the columns of the matrix are about."""
ECOG: Final = ItemKey(RowKey(PS, "A"), "ECOG")
VS: Final = FormKey(SCREENING, "VS")
"""A form that was removed."""
GONE: Final = EventKey(SUBJECT, "M06")
"""A visit that was removed."""
BARE: Final = EventKey(SUBJECT, "M03")
"""A visit whose only form was removed."""
IDENTITY: Final = FormKey(SCREENING, "ID")
NAME: Final = ItemKey(RowKey(IDENTITY, "A"), "PATNAME")
PERSON: Final = {
    "PATNAME": "测试甲", "IDTYPE": "RESID", "IDNO": "990101197304180147", "BRTHDAT": "1973-04-18",
    "MRN": "SYN0001", "MOBILE": "13000000000",
}  # fmt: skip
VITAL: Final = {"PERF": "Y", "RSDAT": "2027-06-02", "ECOG": "1"}
ASKED, ANSWERED = "synthetic: open", "synthetic: answered"
SPARE: Final = "spare"
"""An account that waits for the vault."""


def query(session: Session, words: str) -> str:
    """The id of a query by its words."""
    return next(q.query for q in Queries(session).all() if q.text.en == words)


def _entered(clinic: Clinic) -> None:
    with clinic.open() as session:
        book = Casebook(session)
        assert book.create_subject() == SUBJECT
        fill(session, f"{SUBJECT}/SCR/IC", CONSENT)
        fill(session, f"{SUBJECT}/SCR/ID", PERSON)
        for address in (f"{SUBJECT}/SCR/VS", f"{SUBJECT}/M03/PS", f"{SUBJECT}/M06/PS"):
            fill(session, address, {"PERF": "N"}, complete=False)
        for key in (VS, GONE, FormKey(BARE, "PS")):
            book.remove(key, TYPO)
    with clinic.open("cra") as session:
        for words in (ASKED, ANSWERED):
            Queries(session).open(f"{SUBJECT}/SCR#1/IC#1", words)
    with clinic.open() as session:
        Queries(session).answer(query(session, ANSWERED), "synthetic answer")
    with clinic.open("inv") as session:
        session.announce()  # the vault that was given to the account is on record from here on
    with clinic.open("admin") as session:
        trust.pin(session, trust.practice_recipient(clinic.study.oid).to_bytes())
        users.add_user(session, SPARE, "coordinator", password=password_of(SPARE))


def _drafted(clinic: Clinic) -> None:
    for user in ("crc", "inv"):
        with clinic.open(user) as session:
            entry = Casebook(session).open(PS)
            for name, text in VITAL.items():
                entry.type(ItemKey(ECOG.row, name), text)
            assert entry.keep_draft()


def _brought_to(clinic: Clinic, state: str) -> None:
    if state == "draft":
        _drafted(clinic)
        return
    with clinic.open() as session:  # a former value, which may be redacted
        fill(session, str(PS).replace("#1", ""), {**VITAL, "ECOG": "2"})
        fill(session, str(PS).replace("#1", ""), VITAL)
        if state == "withdrawn":
            fill(
                session, f"{SUBJECT}/EOS/EOS",
                {"DSDECOD": "WITHDRAWAL OF CONSENT", "DSSTDAT": "2027-06-20"}, complete=False,
            )  # fmt: skip
    if state == "signed":
        with clinic.open("inv") as session:
            shown = show(session, PS, Language.EN)
            sign_form(session, shown, password_of("inv"), language=Language.EN)
    if state == "locked":
        with clinic.open("cra") as session:
            change_lock(session, PS, LockAct.LOCK, TYPO)


def in_states(template: Clinic, once: Once) -> dict[str, Clinic]:
    """One site a state with a backup beside it, made once a run; copy them, never change them."""

    def make(root: Path) -> None:
        root.mkdir()
        common = template.copy(root / "common")
        _entered(common)
        for state in STATES:
            clinic = common.copy(root / state)
            _brought_to(clinic, state)
            with clinic.open() as session:
                backup.backup(session, root / f"{state}-kept")

    root = once.made("matrix", make)
    return {state: Clinic(root / state, template.study) for state in STATES}


def backup_of(clinic: Clinic) -> Path:
    """The backup that was made of a prepared site."""
    (found,) = clinic.path.with_name(f"{clinic.path.name}-kept").glob("*.mrdbackup")
    return found
