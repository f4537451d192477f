"""Before anything is written where missing records may still come back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checkpoint import backups_around
from mrd_desktop.transfer.container import PACKAGE, claimed, copy
from mrd_desktop.transfer.loss import look
from mrd_desktop.vault.manifest import FolderKind, read_manifest
from mrd_desktop.vault.session import Session


def bring(site: Path, source: Path) -> tuple[Path, ...]:
    """Copy this site's packages from a folder into its archive, before anybody signs in.

    Whose they are is proven once they are read; here the label alone is asked.
    """
    chain, archive = read_manifest(site).chain, site / "archive"
    archive.mkdir(exist_ok=True)
    made: list[Path] = []
    for path in sorted(source.glob("*.mrdpkg")):
        with suppress(MrdError, OSError):
            if claimed(path, PACKAGE).chain == chain and not (archive / path.name).exists():
                made.append(copy(path, archive))
    return tuple(made)


def compare(session: Session) -> None:
    """Hold the work of a sign-in where a package or backup is newer, before it records anything.

    The first record of whoever merely signs in would stand where the missing ones were. Only names
    of packages and the signed lists of backups are read for it.
    """
    if session.folder.kind is FolderKind.SITE and session.hold is None and _newer(session):
        look(session)


def _newer(session: Session) -> bool:
    folder = session.folder
    with session.reading() as conn:
        end = store.head(conn, folder.chain).seq
        last = lineage.sent(conn, folder.chain).sealed or 0
    if any(head.seq > end for _, head in backups_around(session)):
        return True
    stem = f"{folder.site}-{folder.chain[:8]}-"
    for place in (folder.archive, folder.outbox):
        for path in place.glob(f"{stem}*.mrdpkg"):
            number = path.stem.removeprefix(stem)
            if number.isdecimal() and int(number) > last:
                return True
    return False
