"""Where a folder may lie: on a disk of this computer, in no directory that something else copies.

A database whose write-ahead log is shared over a network, or whose files a synchronisation program
replaces one by one, is damaged sooner or later, and its locks hold nobody off.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePath
from typing import Final

from mrd_desktop.texts import Text
from mrd_desktop.vault.errors import PlaceRefused

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
_DRIVE_REMOTE: Final = 4


def check_place(path: Path) -> None:
    """Go on only where a folder can be worked in.

    Raises:
        PlaceRefused: a network share or a synchronised directory; which one is named.
    """
    whole = path.absolute()
    kind = share_of(whole)
    if kind is not None:
        raise PlaceRefused(_NETWORK.filled(what=kind))
    name = synced_by(whole) or synced_by(whole.resolve())
    if name is not None:
        raise PlaceRefused(_CLOUD.filled(what=name))


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
        import ctypes  # noqa: PLC0415 - only where there are drive letters

        drive = path.drive + "\\"
        return drive if ctypes.windll.kernel32.GetDriveTypeW(drive) == _DRIVE_REMOTE else None
    return remote_mount(path.resolve(), _mounts())


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
_CLOUD: Final = Text(
    "it lies in a directory that a cloud program synchronises (“{what}”).",
    "它位于云同步目录（“{what}”）。",
)
