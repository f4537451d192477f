"""Receivers in processes of their own, begun warm, so that a thousand of them cost minutes."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from mrd_desktop.record import projection
from mrd_desktop.study.model import Study
from mrd_desktop.transfer import team
from mrd_desktop.transfer.receive import receive
from mrd_desktop.vault.folder import open_folder
from tests.transfer.route import SPONSOR, SPONSOR_PASSWORD, Store

PATIENCE = 300.0
"""Seconds that a receiver waits for those before it."""


def begun(store: Store, packages: Sequence[Path], told: Path) -> BaseProcess:
    """A receiver at work; it writes the verdicts to a file when it is done."""
    made = _context().Process(  # type: ignore[attr-defined]
        target=_receive, args=(store.path, store.study, tuple(packages), told)
    )
    made.start()
    return made  # type: ignore[no-any-return]


def verdicts(told: Path) -> list[str]:
    """What a receiver that came to its end said of its packages, in order."""
    found: list[str] = json.loads(told.read_text())
    return found


def _context() -> BaseContext:
    warm = "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if warm else "spawn")


def _receive(store: Path, study: Study, packages: Sequence[Path], told: Path) -> None:
    with open_folder(
        store, SPONSOR, SPONSOR_PASSWORD, study=study, fold=projection.fold, patience=PATIENCE
    ) as session:
        found = [a.verdict.value for a in receive(session, packages)]
        team.follow(session)
    told.write_text(json.dumps(found))
