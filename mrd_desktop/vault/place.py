"""Where a folder may lie: on a disk of this computer, in no directory that something else copies.

A drive that can be taken out goes while it is written to, and is lost or lent with all data on it.
A database whose write-ahead log is shared over a network, or whose files a synchronisation program
replaces one by one, is damaged sooner or later, and its locks hold nobody off.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Final

from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import LinkInside, PlaceRefused

_MOUNTS: Final = Path("/proc/self/mounts")
_REMOTE: Final = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "9p", "ceph", "glusterfs"),
        *("fuse.sshfs", "fuse.davfs", "davfs", "fuse.rclone", "fuse.s3fs", "fuse.gvfsd-fuse"),
        *("fuse.onedriver", "fuse.google-drive-ocamlfuse", "vboxsf", "fuse.vmhgfs-fuse", "lustre"),
    )
)
_SYNCED: Final = re.compile(
    r"onedrive( .*| - .*)?|dropbox( \(.*\))?|google ?drive|my drive|icloud ?drive|icloud~.*"
    r"|com~apple~clouddocs|nextcloud|owncloud|seafile|seadrive|synologydrive|synology drive"
    r"|nutstore( files)?|我的坚果云|坚果云|baidusyncdisk|baidunetdiskworkspace|百度网盘(同步空间)?"
    r"|wps云盘|wps ?drive|wps cloud files|微云|微云同步助手|weiyun|阿里云盘|adrive|115生活|megasync"
    r"|pcloud ?drive|box sync|tresorit|钉盘"
)
_MARKS: Final = (".dropbox", ".nextcloudsync.log", ".owncloudsync.log", ".stfolder", ".tresorit")
_DRIVE_REMOVABLE: Final = 2
_DRIVE_REMOTE: Final = 4
"""Types of drives that GetDriveTypeW tells."""
_SYS: Final = Path("/sys")
_BACKUPS: Final = "backups"
_JUNCTION: Final = 0xA0000003
"""IO_REPARSE_TAG_MOUNT_POINT."""


def check_place(path: Path, *, live: bool = False) -> None:
    """Go on only where a folder can be worked in.

    Args:
        live: it holds or will hold data of patients; a training site may lie on a stick.

    Raises:
        PlaceRefused: a network share, a synchronised directory or a drive that can be taken out;
            which one is named.
    """
    whole = path.absolute()
    kind = share_of(whole)
    if kind is not None:
        raise PlaceRefused(_NETWORK.filled(what=kind))
    name = synced_by(whole) or synced_by(whole.resolve())
    if name is not None:
        raise PlaceRefused(_CLOUD.filled(what=name))
    drive = removable_drive(whole) if live else None
    if drive is not None:
        raise PlaceRefused(_REMOVABLE.filled(what=drive))


def require_own(folder: Path) -> None:
    """Go on only in a folder whose files are its own: what is written there stays there.

    Beside the database nothing is a link and no file has a second name on the disk, for files are
    written in place there. Below, no folder is a link; a file may be one, for every file is made
    anew there and takes its name at the end. The folder of backups may lead to another disk.

    Raises:
        LinkInside: something is a link, or the other name of a file.
    """
    for entry in _entries(folder):
        path = Path(entry.path)
        if entry.name == _BACKUPS:
            continue
        if _leads_away(entry) or (entry.is_file() and path.lstat().st_nlink > 1):
            raise LinkInside(name=entry.name)
        found = next(_folders_away(path), None) if entry.is_dir() else None
        if found is not None:
            raise LinkInside(name=found.relative_to(folder).as_posix())


def _folders_away(folder: Path) -> Iterator[Path]:
    """The links to folders somewhere below."""
    for entry in _entries(folder):
        if entry.is_dir() and _leads_away(entry):
            yield Path(entry.path)
        elif entry.is_dir():
            yield from _folders_away(Path(entry.path))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder; what cannot be looked into is left."""
    with suppress(OSError), os.scandir(folder) as found:
        yield from found


def _leads_away(entry: os.DirEntry[str]) -> bool:
    """A symbolic link or, of Windows, a junction."""
    told = entry.stat(follow_symlinks=False)
    return entry.is_symlink() or getattr(told, "st_reparse_tag", 0) == _JUNCTION


def synced_by(path: PurePath) -> str | None:
    """The part of a path that a cloud program keeps, by its name or the marks left there."""
    for at, part in enumerate(path.parts):
        if _SYNCED.fullmatch(part.casefold()):
            return part
        above = Path(*path.parts[: at + 1])
        if any((above / mark).exists() for mark in _MARKS):
            return part
    return None


def share_of(path: Path) -> str | None:
    """The kind of network file system a path lies on; None for a disk of this computer."""
    if str(path).startswith(("\\\\", "//")) and not str(path).startswith(("\\\\?\\", "\\\\.\\")):
        return "\\\\"
    if sys.platform == "win32":
        drive = path.drive + "\\"
        return drive if _drive_type(drive) == _DRIVE_REMOTE else None
    return remote_mount(path.resolve(), _mounts())


def removable_drive(path: Path) -> str | None:
    """The drive a path lies on if it can be taken out, as far as the system tells; else None."""
    if sys.platform == "win32":
        drive = path.drive + "\\"
        return drive if _drive_type(drive) == _DRIVE_REMOVABLE else None
    there = next((p for p in (path, *path.parents) if p.exists()), None)
    if there is None or not _SYS.is_dir():
        return None
    system = {disk.name for disk in _disks(_block(Path("/")))}
    disks = _disks(_block(there))
    # What the computer itself runs from is not taken out while it runs.
    return next((d.name for d in disks if d.name not in system and _removable(d)), None)


def _block(path: Path) -> Path:
    device = path.stat().st_dev
    return _SYS / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"


def _disks(block: Path) -> Iterator[Path]:
    """The whole disks under a block device: of a partition, of encrypted and joined volumes."""
    if not block.is_dir():
        return
    here = block.resolve()
    under = sorted((here / "slaves").iterdir()) if (here / "slaves").is_dir() else []
    for part in under:
        yield from _disks(part)
    if not under:
        yield here.parent if (here / "partition").exists() else here


def _removable(disk: Path) -> bool:
    """Whether the medium can be taken out of the drive, or the drive with its cable."""
    try:
        told = (disk / "removable").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return False
    return told == "1" or any(re.fullmatch("usb[0-9]+", part) for part in disk.parts)


def _drive_type(drive: str) -> int:
    import ctypes  # noqa: PLC0415 - only where there are drive letters

    return int(ctypes.windll.kernel32.GetDriveTypeW(drive))  # type: ignore[attr-defined,unused-ignore]


def remote_mount(path: PurePath, mounts: str) -> str | None:
    """The type of the network mount a path lies on, from the text of the system's mount table."""
    found, depth = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = PurePath(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[1]))
        if path.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = fields[2], len(point.parts)
    return found if found in _REMOTE else None


def _mounts() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


_NETWORK: Final = Text("it lies on a network share ({what}).", "它位于网络共享（{what}）。")
_REMOVABLE: Final = Text(
    "it lies on a drive that can be taken out ({what}).", "它位于可移动存储介质（{what}）。"
)
_CLOUD: Final = Text(
    "it lies in a directory that a cloud program synchronises (“{what}”).",
    "它位于云同步目录（“{what}”）。",
)
