"""What the installed program was found to be is recorded where it is new (R-AUD-10, R-VAL-06)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop import __version__
from mrd_desktop.installation import FILE, SIGNATURE, InstallationUnknown
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.vault import program_check, rota
from mrd_desktop.vault.session import Session
from tests.releasing import FILES, releaser
from tests.vault.kit import Site, note


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a released program."""
    return releaser(tmp_path, monkeypatch).program(tmp_path / "program")


def told(session: Session) -> list[tuple[object, ...]]:
    with session.reading() as conn:
        return [
            tuple(r.body.get(n) for n in ("user", "program", "result", "faults"))
            for r in store.records(conn, session.folder.chain)
            if r.opening is not None and r.kind is Kind.REVIEW_NOTED
        ]


def test_a_finding_is_recorded_once_and_again_where_it_is_another(
    site: Site, program: Path
) -> None:
    for user in ("crc", "auditor"):
        with site.open(user) as session:
            assert program_check.checked(session, program).faults == ()
    with site.open("crc") as session:
        assert told(session) == [("crc", "9.9", "as_released", 0)]
        (program / "mrd-desktop").write_bytes(b"synthetic prograM")
        assert program_check.checked(session, program).faults == ("mrd-desktop",)
        (program / "mrd-desktop").write_bytes(FILES["mrd-desktop"])
        (program / SIGNATURE).unlink()
        program_check.checked(session, program)
        (program / FILE).unlink()
        for _ in range(2):
            with pytest.raises(InstallationUnknown):
                program_check.checked(session, program)
        assert told(session)[1:] == [
            ("crc", "9.9", "altered", 1),
            ("crc", "9.9", "unsigned", 0),
            ("crc", __version__, "unknown", None),
        ]


def test_it_is_no_work_that_asks_for_a_backup(site: Site, program: Path, tmp_path: Path) -> None:
    with site.open("crc") as session:
        stick = tmp_path / "kept"
        stick.mkdir()
        rota.choose_target(session, stick)
        session.commit([note()])
        assert rota.back_up_on_leaving(session) is not None
        program_check.checked(session, program)
        assert len(told(session)) == 1
        assert not rota.owes_on_leaving(session)


def test_a_locked_session_is_told_all_the_same(site: Site, program: Path) -> None:
    with site.open("crc") as session:
        session.lock()
        assert program_check.checked(session, program).faults == ()
