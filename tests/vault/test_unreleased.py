"""A live site works with a whole release, or it only looks (R-VAL-06, decision 0062)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mrd_desktop import installation
from mrd_desktop.installation import FILE, SIGNATURE
from mrd_desktop.ledger import store
from mrd_desktop.ledger.record import Kind
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.errors import Cause
from mrd_desktop.record.saving import standing_refusal
from mrd_desktop.record.verifying import verify_folder
from mrd_desktop.study.load import load_study
from mrd_desktop.vault import backup, golive, program_check, rota, users
from mrd_desktop.vault.errors import ProgramNotReleased
from mrd_desktop.vault.roles import OPERATIONS, UNSOUND
from mrd_desktop.vault.session import Session
from tests.denials import denied
from tests.releasing import Releaser, releaser, started_from
from tests.vault.kit import Site
from tests.vault.live_kit import ANSWERS, Live, make_live
from tests.vault.test_activation import ETHICS

CODE = "_internal/a.pyc"


@pytest.fixture(scope="module")
def activated(tmp_path_factory: pytest.TempPathFactory) -> Live:
    live = make_live(tmp_path_factory.mktemp("unreleased"), load_study())
    with live.store.open() as sponsor:
        word = golive.make_activation(sponsor, "02", ethics=ETHICS)
    with live.open("admin") as admin:
        golive.install(admin, word, ANSWERS)
    return live


@pytest.fixture
def live(activated: Live, tmp_path: Path) -> Live:
    return activated.copy(tmp_path)


@pytest.fixture
def who(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Releaser:
    return releaser(tmp_path, monkeypatch)


@pytest.fixture
def program(tmp_path: Path, who: Releaser, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program that this process believes to be."""
    root = who.program(tmp_path / "program")
    started_from(root, monkeypatch)
    return root


def builds(session: Session) -> list[object]:
    """What the sessions of a chain say of the program's build."""
    with session.reading() as conn:
        return [
            r.body.get("build")
            for r in store.records(conn, session.folder.chain)
            if r.opening is not None and r.kind is Kind.SESSION_OPENED
        ]


FAULTS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "one byte": (lambda r: (r / CODE).write_bytes(b"synthetic cOde"), CODE, "altered"),
    "one less": (lambda r: (r / CODE).unlink(), CODE, "altered"),
    "one more": (lambda r: (r / "_internal/x.pyc").write_bytes(b""), "_internal/x.pyc", "altered"),
    "the list": (lambda r: (r / FILE).write_bytes((r / FILE).read_bytes() + b" "), FILE, "altered"),
    "no signature": (lambda r: (r / SIGNATURE).unlink(), "development build", "unsigned"),
    "no list": (lambda r: (r / FILE).unlink(), "list of its own files", "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_whole_release_takes_no_live_data(
    live: Live, program: Path, fault: str, tmp_path: Path
) -> None:
    act, named, build = FAULTS[fault]
    act(program)
    with live.open("crc") as crc:
        before = crc.head().seq
        with pytest.raises(ProgramNotReleased, match=named) as caught:
            Casebook(crc).create_subject()
        assert "Sign in with the released program" in caught.value.text.en
        assert "正式发布的程序登录" in caught.value.text.zh
        assert denied(crc, before) == ["subject.create"]
        assert standing_refusal(crc, None, None) is Cause.PROGRAM
        # Everything that only looks or keeps goes on.
        for operation in OPERATIONS - UNSOUND:
            assert crc.allows(operation) is (operation in crc.duties.operations)
        assert all(c.ok is not False for c in verify_folder(crc))
        (tmp_path / "stick").mkdir()
        assert backup.backup(crc, tmp_path / "stick").path.exists()
        assert builds(crc)[-1] == build
    with live.open("admin") as admin:
        assert users.add_user(admin, "crc2", "coordinator").code


def test_a_whole_release_works_and_so_does_one_installed_again(
    live: Live, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (program / CODE).read_bytes()
    (program / CODE).write_bytes(b"damaged")
    with live.open("crc") as crc, pytest.raises(ProgramNotReleased):
        Casebook(crc).create_subject()
    (program / CODE).write_bytes(whole)
    with live.open("crc") as crc:  # the same process: what it runs was read before
        assert crc.unreleased is not None
    started_from(program, monkeypatch)
    with live.open("crc") as crc:
        assert Casebook(crc).create_subject() == "02-001"
        assert builds(crc)[-1] == "as_released"
        assert all(c.ok is not False for c in verify_folder(crc))


def test_from_its_source_it_works_and_the_record_says_so(live: Live) -> None:
    with live.open("crc") as crc:
        Casebook(crc).create_subject()
        assert builds(crc)[-1] == installation.SOURCE


def test_damage_during_work_is_found_by_the_next_look(live: Live, program: Path) -> None:
    with live.open("crc") as crc:
        assert program_check.checked(crc, program).bar is None
        Casebook(crc).create_subject()
        (program / CODE).write_bytes(b"damaged")
        program_check.checked(crc, program)
        with pytest.raises(ProgramNotReleased):
            Casebook(crc).create_subject()
        crc.lock()
        crc.unlock("crc", "violet lantern orbit maple crc")
        with pytest.raises(ProgramNotReleased):
            crc.require("form.edit")


def test_no_backup_made_by_itself_pushes_a_good_one_out(
    live: Live, program: Path, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    with live.open("crc") as crc:
        rota.choose_target(crc, tmp_path / "kept")
        Casebook(crc).create_subject()
        assert rota.owes_on_leaving(crc)
        (program / CODE).write_bytes(b"damaged")
        program_check.checked(crc, program)
        assert not rota.owes_on_leaving(crc)
        assert rota.back_up_if_due(crc) is None
        assert list((tmp_path / "kept").iterdir()) == []
        assert backup.backup(crc, tmp_path / "kept").path.exists()


def test_training_goes_on_with_any_build(site: Site, program: Path) -> None:
    (program / CODE).write_bytes(b"damaged")
    with site.open("crc") as crc:
        assert program_check.checked(crc, program).faults == (CODE,)
        crc.require("form.edit")
        assert builds(crc)[-1] is None
