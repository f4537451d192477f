"""Names of files that mean the same on every system: a folder made here opens on Windows, too.

Windows takes some names for devices, drops dots and blanks at an end, and reads a colon as a drive
or as a stream of another file. Such a name is refused wherever something of ours would bear it, on
every system. Source: Naming Files, Paths, and Namespaces (Win32 documentation).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text

_DEVICES: Final = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])", re.IGNORECASE
)
_SIGNS: Final = re.compile('[<>:"/\\\\|?*\x00-\x1f]')
_LONGEST: Final = 255


class NameUnfit(MrdError):
    """A name that no file may have on some system."""

    code = "file_name"
    template = Text(
        "“{name}” cannot be the name of a file or folder here: Windows takes it for something "
        'else. Choose a name without any of < > : " / \\ | ? *, without a dot or blank at its '
        "end, that is no device (CON, NUL, COM1 …).",
        "“{name}”不能用作文件或文件夹名：Windows 会将其视为其他对象。"
        '请换一个名称：不含 < > : " / \\ | ? *，末尾没有点或空格，'
        "也不是设备名（CON、NUL、COM1 等）。",
    )


DEVICES: Final = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
)
"""Those that a form could be called."""


def is_device(name: str) -> bool:
    """Whether Windows takes a name, whatever its ending, for a device."""
    return _DEVICES.fullmatch(name.partition(".")[0].rstrip(" ")) is not None


def is_portable(name: str) -> bool:
    """Whether a name, not a path, names one and the same file on every system."""
    return (
        0 < len(os.fsencode(name)) <= _LONGEST
        and name not in (".", "..")
        and name[-1] not in ". "
        and _SIGNS.search(name) is None
        and not is_device(name)
    )


def require_portable(path: Path) -> None:
    """Go on only where the last part of a path can be a name on every system.

    Raises:
        NameUnfit: it cannot.
    """
    name = path.absolute().name
    if not is_portable(name):
        raise NameUnfit(name=name)
