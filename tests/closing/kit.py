"""What the tests of the end of a study share: a site that is ready for it, and its bundle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mrd_desktop.closing.bundle import Bundle, close_out
from mrd_desktop.closing.checking import check_bundle
from mrd_desktop.closing.keys import Handing, hand_keys
from mrd_desktop.texts import Language
from mrd_desktop.transfer.reply import import_reply, make_reply
from mrd_desktop.vault.session import Session
from tests.clinic import Clinic, password_of
from tests.transfer.route import Route

FIRST, SECOND = "Synthetic A, archive, safe 3", "Synthetic B, GCP office"
PLACE = "Synthetic C, archive, box 12"


def here(session: Session) -> Handing:
    return Handing(session.manifest.recovery.serial, FIRST, SECOND, PLACE)


def hand(clinic: Clinic) -> None:
    with clinic.open("inv") as session:
        hand_keys(session, here(session), password_of("inv"), language=Language.ZH)


def confirmed(route: Route) -> None:
    """A full package, received, and its receipt."""
    route.carry(full=True)
    with route.store.open() as store:
        (reply,) = make_reply(store, "01", route.stick)
    with route.clinic.open() as session:
        import_reply(session, reply.path)


def made(route: Route, to: Path, user: str = "inv") -> Bundle:
    with route.clinic.open(user) as session:
        return close_out(session, to, language=Language.EN)


def script(place: Path) -> subprocess.CompletedProcess[str]:
    """The bundle's own script in a bare interpreter: no program of ours is in its path."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(place / "verify.py")],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip


def failed(place: Path) -> set[str]:
    return {c.name for c in check_bundle(place) if c.ok is False}
