"""Records are missing here: whatever anybody tries leaves no record, so that they can come back."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record import projection
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import Cause, SaveRefused
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.texts import Language
from mrd_desktop.transfer.export import export
from mrd_desktop.transfer.tail import coming, taking
from mrd_desktop.vault import clock_note, folder, new_sheet, program_check, stating, users
from mrd_desktop.vault.backup import backup
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.errors import RecordsMissing
from mrd_desktop.vault.session import Session, let_in
from tests.clinic import Clinic, password_of
from tests.once import Once
from tests.record.matrix_acts import ACTS, Go, Try
from tests.record.matrix_site import ANSWERED, ASKED, backup_of, in_states, query
from tests.record.test_matrix_of_states import DONE, PRINCIPALS, TABLE

WORDS: Final = "synthetic words"
POSSIBLE: Final = frozenset({"draft", "backup", "backup place"})
"""What is done all the same; a draft of a form that takes nothing now is not kept."""


def more(t: Try) -> dict[str, Go]:
    """What no operation of the matrix stands for, and what the program does by itself."""
    session, secret = t.session, t.password
    return {
        "password": lambda: users.change_password(session, secret, "synthetic-other-password"),
        "sheet": lambda: new_sheet.replace_sheet(
            session, "lost", secret, second="admin", second_password=password_of("admin")
        ),
        "program": lambda: program_check.note(session, None),
        "faults": session.note_faults,
        "any record": lambda: session.commit([]),
    }


@pytest.fixture
def older(clinic_template: Clinic, once: Once, tmp_path: Path) -> Clinic:
    """A site whose archive holds a package that its data do not know."""
    state = in_states(clinic_template, once)["saved"]
    shutil.copytree(backup_of(state), tmp_path / "saved-kept" / backup_of(state).name)
    clinic = state.copy(tmp_path / "saved")
    with clinic.open("inv") as inv:
        made = new_sheet.replace_sheet(
            inv, "lost", password_of("inv"), second="admin", second_password=password_of("admin")
        )
    (tmp_path / "sheet.txt").write_text(made.sheet)
    whole = {name: (clinic.path / name).read_bytes() for name in (DATA_FILE, "site.json")}
    (tmp_path / "stick").mkdir()
    with clinic.open() as crc:
        Casebook(crc).create_subject()
        export(crc, tmp_path / "stick")
    for name, data in whole.items():
        (clinic.path / name).write_bytes(data)
    return clinic


def enter(clinic: Clinic, user: str = "inv") -> Session:
    """Sign in by a door of the program."""
    return let_in(
        folder.open_folder(
            clinic.path, user, password_of(user), study=clinic.study, fold=projection.fold,
            before=coming.compare,
        )
    )  # fmt: skip


def take_back(session: Session) -> None:
    offer = taking.offered(session)
    assert offer.tail is not None, offer.why
    taking.take_back(session, offer.tail)
    assert session.hold is None
    assert all(check.ok is not False for check in verify_folder(session))


def refusal(go: Go) -> MrdError | Cause | None:
    """Why something was not done; None where it was."""
    try:
        go()
    except SaveRefused as refused:
        return refused.cause
    except MrdError as refused:
        return refused
    return None


@pytest.mark.parametrize("letter", "cimsa")
def test_nothing_that_anybody_tries_stands_in_their_place(
    older: Clinic, tmp_path: Path, letter: str
) -> None:
    user, out = PRINCIPALS[letter], tmp_path / "out"
    out.mkdir()
    with enter(older) as inv:
        asked, answered = query(inv, ASKED), query(inv, ANSWERED)
    with enter(older, user) as session:
        before, manifest = session.head(), session.manifest
        t = Try(session, out, backup_of(older), asked, answered)
        for act in (*ACTS, *more(t)):
            said = refusal(lambda act=act: (more(t)[act] if act in more(t) else ACTS[act](t))())
            assert session.head() == before, act
            may = act in TABLE and letter in TABLE[act].who and TABLE[act].does == DONE
            if may and act not in POSSIBLE:
                missing = isinstance(said, RecordsMissing) or said is Cause.RECORDS_MISSING
                assert missing, f"{act}: {said}"
        assert session.manifest == manifest
    with enter(older) as inv:
        assert inv.head() == before, "nor do those who came and went"
        take_back(inv)


def test_who_answers_says_first_why_the_clock_is_behind_and_undertakes(older: Clinic) -> None:
    """What must be possible waits for the first record, behind what comes back."""
    with enter(older) as inv:
        before = inv.head()
        inv.undertaken = False
        inv.clock.shift -= timedelta(days=1)
        assert clock_note.behind(inv) is not None
        clock_note.note_clock(inv, WORDS, password_of("inv"), language=Language.EN)
        stating.undertake(inv, password_of("inv"), Language.EN)
        made = backup(inv, inv.folder.backups)
        assert made.head == inv.head() == before
        take_back(inv)
        with inv.reading() as conn:
            kinds = [r.kind for r in store.records(conn, inv.folder.chain, before.seq)
                     if r.opening is not None]  # fmt: skip
    told = [Kind.CLOCK_NOTED, Kind.SIGNATURE_MADE, Kind.SIGNATURE_MADE, Kind.BACKUP_MADE]
    at = kinds.index(Kind.CLOCK_NOTED)
    assert kinds[at : at + 4] == told
    assert Kind.RESTORE_DONE in kinds[at:]


def test_whoever_opens_with_the_recovery_sheet_records_nothing_first(
    older: Clinic, tmp_path: Path
) -> None:
    """All passwords of the older copy are forgotten: the sheet still leads to taking back."""
    secret = "synthetic-new-password"
    sheet = (tmp_path / "sheet.txt").read_text()
    with older.open() as crc:
        before = crc.head()
    with folder.recover(
        older.path, sheet, user="admin", role="", password=secret, study=older.study,
        fold=projection.fold, before=coming.compare,
    ) as admin:  # fmt: skip
        assert admin.head() == before
    with folder.open_folder(
        older.path, "admin", secret, study=older.study, fold=projection.fold, before=coming.compare
    ) as admin:
        assert admin.head() == before
        take_back(admin)
        with admin.reading() as conn:
            kinds = [r.kind for r in store.records(conn, admin.folder.chain, before.seq)
                     if r.opening is not None]  # fmt: skip
    assert Kind.KEY_ROTATED in kinds
