"""A package handed over once more: the copy in the site's archive, to another medium."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.transfer.container import PACKAGE, copy, opened
from mrd_desktop.transfer.errors import NoCopy
from mrd_desktop.transfer.export import ready
from mrd_desktop.transfer.manifest import file_name
from mrd_desktop.transfer.medium import require_room
from mrd_desktop.transfer.telling import Told, unheard
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys


def copy_again(session: Session, number: int, to: Path, told: Told = unheard) -> Path:
    """Copy a package that was made before into a folder; read back whole before it has its name.

    It is the same file: nothing leaves that has not left before, and the receiver takes it once.

    Args:
        told: hears how many bytes of how many are written; where it raises, no file is left.

    Raises:
        PermissionDenied: the role may not export.
        NoCopy: the archive does not hold it.
        WriteFailed, NoRoom: the medium failed or is too small; no file is left.
        PackageError: the copy in the archive is damaged.
    """
    session.require("export")
    kept = session.folder.archive / file_name(session.folder.site, session.folder.chain, number)
    if not kept.is_file():
        raise NoCopy(f"{number:04}")
    identity, keys = session.age_identities(), known_keys(session)

    def read_back(path: Path) -> None:
        with opened(path, PACKAGE, lambda _: keys, identity, session.folder.inbox):
            pass

    folder = ready(to)
    size = kept.stat().st_size
    require_room(folder, size)
    return copy(kept, folder, pulse=lambda done: told(done, size), verify=read_back)
