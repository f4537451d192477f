"""Synthetic amendments: the shipped definition with a version and words of its own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mrd_desktop.study.load import shipped
from mrd_desktop.transfer import amending
from mrd_desktop.transfer.reply import ImportResult, import_reply, make_reply
from tests.transfer.route import Route

Edits = Sequence[tuple[str, str]]
SHIPPED_VERSION: Final = 'version: "0.1"'


def edition(to: Path, version: str, **files: Edits) -> Path:
    """A folder with the shipped definition changed.

    Args:
        files: replacements by the file's name without ending; forms are found by their OID.
    """
    shutil.copytree(shipped(), to)
    edits = {
        **files,
        "study": [(SHIPPED_VERSION, f'version: "{version}"'), *files.get("study", ())],
    }
    for name, changes in edits.items():
        path = next(to.rglob(f"{name}.yaml"))
        words = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in words, old
            words = words.replace(old, new, 1)
        path.write_text(words, encoding="utf-8")
    return to


def bring(route: Route, folder: Path, site: str = "01") -> ImportResult:
    """The sponsor amends, and the site receives the reply."""
    with route.store.open() as session:
        amending.amend(session, folder)
    return reply(route, site)


def reply(route: Route, site: str = "01") -> ImportResult:
    """The site receives what the sponsor has to say."""
    with route.store.open() as session:
        (made,) = make_reply(session, site, route.stick)
    with route.clinic.open("crc") as session:
        return import_reply(session, made.path)
