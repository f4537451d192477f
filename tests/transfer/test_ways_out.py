"""Ways by which data that are held could still leave: each is tried on a live site (E-26).

Every test makes a package, or hands one out again, as people do, and looks at the bytes that the
recipient can open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mrd_desktop.transfer.again import copy_again
from mrd_desktop.transfer.errors import Abroad, CopyForOthers, CopyHeld, PackageError
from tests.transfer.route import fill
from tests.transfer.test_jurisdictions import (
    AGREED,
    Act,
    another_store_in,
    at_work,
    away,
    send,
)
from tests.transfer.test_release import unpacked
from tests.vault.live_kit import Live

SECRET = "0.0777"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Live:
    return at_work(tmp_path_factory.mktemp("ways-out"))


@pytest.fixture
def live(template: Live, tmp_path: Path) -> Live:
    return template.copy(tmp_path)


def answers(form: str, **items: str) -> Act:
    """Somebody enters it for the subject that agreed to all."""

    def act(live: Live) -> None:
        with live.open("crc") as crc:
            fill(crc, f"{AGREED}/SCR/{form}", items, complete=False)

    return act


def leaves_with_its_data(live: Live) -> None:
    with live.open("crc") as crc:
        fill(
            crc,
            f"{AGREED}/EOS/EOS",
            {"DSDECOD": "WITHDRAWAL OF CONSENT", "DATAUSE": "N"},
            complete=False,
        )


# --- a file that left before --------------------------------------------------------------


def handed_out(live: Live, number: int) -> Path:
    to = live.path.parent / "again"
    to.mkdir(exist_ok=True)
    with live.open("crc") as crc:
        return copy_again(crc, number, to)


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (away("US", -1), Abroad),
        (away("US", 90), CopyHeld),
        (answers("IC", ICHGR="N"), CopyHeld),
        (answers("IC", ICDATA="N"), CopyHeld),
        (another_store_in("SG"), CopyForOthers),
    ],
    ids=[
        "approval ended",
        "approval narrowed",
        "genes refused",
        "consent refused",
        "another recipient",
    ],
)
def test_a_file_leaves_again_only_while_all_of_it_may(
    live: Live, act: Act, refusal: type[PackageError]
) -> None:
    away("US", 90, genes=True)(live)
    answers("MRD", MVAF=SECRET)(live)
    made = send(live)
    with live.open("crc") as crc:
        assert SECRET.encode() in unpacked(crc, made.path)
    copy = handed_out(live, made.number)
    assert copy.read_bytes() == made.path.read_bytes()
    copy.unlink()
    act(live)
    with pytest.raises(refusal):
        handed_out(live, made.number)
    assert not list(copy.parent.iterdir())
    if refusal is CopyHeld:
        assert "full package" in refusal.template.en
        whole = send(live, full=True)
        assert handed_out(live, whole.number).read_bytes() == whole.path.read_bytes()
