"""Where a package is to be written: is it there, can it be written, is there room, whose is it."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.portable import NameUnfit, is_portable
from mrd_desktop.texts import Text
from mrd_desktop.transfer.errors import NoRoom
from mrd_desktop.vault.errors import FolderMoved
from mrd_desktop.vault.place import share_of, synced_by


@dataclass(frozen=True, slots=True)
class Medium:
    """What was found out about a folder.

    Attributes:
        problem: why a package cannot be written there now; None where it can.
        remarks: what to know before it is.
        free: bytes; None where the system does not tell.
        same: on the disk of the data themselves; nothing wrong, but no stick.
    """

    problem: Text | None
    remarks: tuple[Text, ...] = ()
    free: int | None = None
    same: bool = False


def look_at(to: Path, data: Path, needed: int) -> Medium:
    """Find out about a folder; a small file without a name is written to try.

    Args:
        data: the site's own folder, to tell another disk from the same.
        needed: no more bytes than this will be written.
    """
    if not data.is_dir():
        return Medium(FolderMoved(data).text)
    folder = to if to.is_dir() else to.parent
    if to.exists() and not to.is_dir():
        return Medium(_NO_FOLDER)
    if folder != to and not is_portable(to.name):
        return Medium(NameUnfit(name=to.name).text)
    try:
        if not folder.is_dir():
            return Medium(_ABSENT)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
        free = shutil.disk_usage(folder).free
        same = folder.stat().st_dev == data.stat().st_dev
    except OSError:
        return Medium(_PROTECTED)
    remarks = []
    if free < needed:
        remarks.append(_TIGHT.filled(free=size_words(free), needed=size_words(needed)))
    shared, synced = share_of(to), synced_by(to.absolute())
    if shared is not None:
        remarks.append(_SHARED.filled(what=shared))
    if synced is not None:
        remarks.append(_SYNCED.filled(what=synced))
    return Medium(None, tuple(remarks), free, same)


def require_room(folder: Path, size: int) -> None:
    """Go on only where a finished file fits.

    Raises:
        NoRoom: it does not; how much is free and needed is told.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return  # the writing itself tells what is wrong
    if free < size + _SPARE:
        raise NoRoom(free=size_words(free), needed=size_words(size + _SPARE))


def size_words(size: int) -> str:
    """A number of bytes as people read it."""
    if size >= 1 << 30:
        return f"{size / (1 << 30):.1f} GB"
    if size >= 10 << 20:
        return f"{-(-size // (1 << 20))} MB"
    return f"{-(-size // (1 << 10))} KB"


_SPARE: Final = 64 << 10
_ABSENT: Final = Text(
    "There is no such folder. Plug the medium in, or choose another folder.",
    "找不到该文件夹。请插入存储介质，或另选文件夹。",
)
_NO_FOLDER: Final = Text("This is a file. Choose a folder.", "这是一个文件，请选择文件夹。")
_PROTECTED: Final = Text(
    "Nothing can be written here. Take off the write protection, or choose another folder.",
    "此处无法写入。请解除写保护，或另选文件夹。",
)
_TIGHT: Final = Text(
    "Only {free} free; up to {needed} may be needed. Make room, or choose another medium.",
    "剩余空间 {free}，最多可能需要 {needed}。请腾出空间或更换介质。",
)
_SHARED: Final = Text(
    "This is a network share ({what}). The package is encrypted; ask whether your site allows it.",
    "此处为网络共享（{what}）。数据包已加密，请确认本中心是否允许。",
)
_SYNCED: Final = Text(
    "A cloud program keeps this folder (“{what}”). The package is encrypted; ask whether your site "
    "allows it.",
    "此文件夹由云同步程序管理（“{what}”）。数据包已加密，请确认本中心是否允许。",
)
