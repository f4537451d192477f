"""A package handed over once more: the copy in the site's archive, to another medium.

What left before may be what may not leave today: an approval has ended or was narrowed, a consent
was taken back, the sponsor's key was replaced. So a live site's file is judged anew, by the rules
of today, before it leaves again.
"""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.ledger import store
from mrd_desktop.record.names import Names
from mrd_desktop.transfer import barred
from mrd_desktop.transfer.barred import Barrier
from mrd_desktop.transfer.container import PACKAGE, Package, copy, opened
from mrd_desktop.transfer.errors import CopyForOthers, CopyHeld, Forged, NoCopy, VaultNeeded
from mrd_desktop.transfer.export import ready
from mrd_desktop.transfer.lines import read_opening
from mrd_desktop.transfer.manifest import Manifest, file_name
from mrd_desktop.transfer.medium import require_room
from mrd_desktop.transfer.release import Reason, Release
from mrd_desktop.transfer.telling import Told, unheard
from mrd_desktop.vault import abroad
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys


def copy_again(session: Session, number: int, to: Path, told: Told = unheard) -> Path:
    """Copy a package that was made before into a folder; read back whole before it has its name.

    It is the same file, which the receiver takes once. On a live site it is copied only while all
    of it may leave today, to the recipients of today; while nothing may, one of headers and
    deletions alone.

    Args:
        told: hears how many bytes of how many are written; where it raises, no file is left.

    Raises:
        PermissionDenied: the role may not export.
        NoCopy: the archive does not hold it.
        Abroad, PlaceUnsaid: nothing leaves a live site today.
        CopyForOthers: it was made for keys of the sponsor that are not those of today.
        CopyHeld: something in it may not leave today.
        VaultNeeded: without the vault key nobody can tell what a text gives away.
        WriteFailed, NoRoom: the medium failed or is too small; no file is left.
        PackageError: the copy in the archive is damaged.
    """
    session.require("export")
    kept = session.folder.archive / file_name(session.folder.site, session.folder.chain, number)
    if not kept.is_file():
        raise NoCopy(f"{number:04}")
    identity, keys = session.age_identities(), known_keys(session)
    own = (lambda _: keys, identity, session.folder.inbox)
    judged = "" if session.folder.training else _judged(session, kept, number)

    def read_back(path: Path) -> None:
        with opened(path, PACKAGE, *own) as package:
            if judged not in ("", package.sha256):
                raise Forged("the copy in the archive")

    folder = ready(to)
    size = kept.stat().st_size
    require_room(folder, size)
    return copy(kept, folder, pulse=lambda done: told(done, size), verify=read_back)


def _judged(session: Session, kept: Path, number: int) -> str:
    """SHA-256 of the manifest of a file all of which may leave today."""
    if session.box is None:
        raise VaultNeeded
    own = (lambda _: known_keys(session), session.age_identities(), session.folder.inbox)
    with opened(kept, PACKAGE, *own) as package:
        _require_today(session, package, number)
        return package.sha256


def _require_today(session: Session, package: Package[Manifest], number: int) -> None:
    """Refuse a file that would not be made so today."""
    box, chain = session.box, session.folder.chain
    assert box is not None
    with session.reading() as conn:
        watched = abroad.guarded(session, conn)
        away = abroad.barred(watched) is not None
        whom = barred.require(conn, chain, watched) if away else watched
        now = {one.pin.age for one in whom}
        if set(package.manifest.recipients) - set(session.age_recipients()) != now:
            raise CopyForOthers(f"{number:04}")
        names, genes = Names.of(conn, box), barred.genes_stand(whom)
        first, last = package.manifest.before.seq, package.manifest.after.seq
        barrier = Barrier(first) if away else None
        release = Release(conn, session.study, names, genes=genes, barrier=barrier)
        for _ in release.passing(store.records(conn, chain)):
            pass
        for line in package.lines("openings"):
            seq = read_opening(line).seq
            reason = release.decision.reason(seq) if seq <= last else None
            if away and (seq <= first or reason is Reason.APPROVAL):
                barred.refuse(conn, chain, watched)
            if seq > last or reason is not None:
                raise CopyHeld(f"{number:04}")
