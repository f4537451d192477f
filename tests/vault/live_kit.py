"""A synthetic live site and its sponsor's store, which trust each other; no activation yet.

Its users have signed the undertaking, and the administrator has signed for their training.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mrd_desktop.record import projection
from mrd_desktop.study.model import Study
from mrd_desktop.texts import Language
from mrd_desktop.vault import abroad, computers, crypto, folder, initiation, training, trust, users
from mrd_desktop.vault.abroad import Place
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import undertake
from tests.confirmed import confirmed
from tests.transfer.route import Store, make_store

PASSWORD = "violet lantern orbit maple {}"
ANSWERS = {q.oid: initiation.YES for q in initiation.questions()}


@dataclass(frozen=True)
class Live:
    """A live site with administrator ``admin`` and coordinator ``crc``, and a live store."""

    path: Path
    store: Store
    study: Study

    def open(self, user: str) -> Session:
        return folder.open_folder(
            self.path, user, PASSWORD.format(user), study=self.study, fold=projection.fold
        )

    def copy(self, to: Path) -> Live:
        shutil.copytree(self.path, to / "site")
        shutil.copytree(self.store.path, to / "store")
        return Live(to / "site", Store(to / "store", self.study), self.study)


HOME = Place("CN", "analysis of the trial")


def make_live(
    root: Path, study: Study, *, exception: str = "", stated: bool = True, placed: bool = False
) -> Live:
    """The site and the store; Argon2id at its floor.

    Args:
        stated: people have signed what is asked of them before they work.
        placed: the coordinator's account is confirmed, and both have said where the sponsor is, so
            that packages leave.
    """
    store = make_store(root / "store", study, training=False)
    live = _site(Live(root / "site", store, study), exception=exception)
    return _staffed(live, stated=stated, placed=placed)


def another(live: Live, path: Path) -> Live:
    """A further computer of the same site, with its block of subject numbers."""
    further = _site(replace(live, path=path), numbers=computers.block_of("501-999"))
    return _staffed(further, stated=True, placed=False)


def _site(live: Live, *, exception: str = "", numbers: computers.Block | None = None) -> Live:
    patch = pytest.MonkeyPatch()
    patch.setattr(crypto, "calibrated", lambda: crypto.FLOOR)
    folder.create_site(
        live.path, site="02", name="Synthetic live", training=False, admin="admin",
        password=PASSWORD.format("admin"), study=live.study, fold=projection.fold,
        sponsor_key=(live.store.path / trust.SPONSOR_PUB).read_bytes(), exception=exception,
        numbers=numbers,
    )  # fmt: skip
    patch.undo()
    return live


def _staffed(live: Live, *, stated: bool, placed: bool) -> Live:
    study = live.study
    with live.store.open() as session:
        trust.pin(session, (live.path / trust.SITE_PUB).read_bytes())
    with live.open("admin") as session:
        code = users.add_user(session, "crc", "coordinator").code
    assert code is not None
    folder.set_first_password(
        live.path, "crc", code, PASSWORD.format("crc"), study=study, fold=projection.fold
    ).close()
    if stated:
        for user in ("admin", "crc"):
            with live.open(user) as session:
                undertake(session, PASSWORD.format(user), Language.EN)
        train(live, "crc")
    if placed:
        with live.open("admin") as session:
            confirmed(session, "crc", "passport")
            place(session, HOME)
    return live


def place(session: Session, said: Place, *, second: str = "crc", password: str = "") -> None:
    """The user and a second person say where the site's only sponsor is."""
    (pin,) = trust.recipients(trust.pins(session))
    abroad.state(
        session, pin.sign.id, said, PASSWORD.format(session.user),
        second=second, second_password=password or PASSWORD.format(second),
    )  # fmt: skip


def train(live: Live, user: str) -> None:
    """The administrator signs for a user's training."""
    with live.open("admin") as session:
        training.attest(
            session, user, PASSWORD.format("admin"), language=Language.EN,
            words="synthetic training",
        )  # fmt: skip
