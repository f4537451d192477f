"""The site folder that was opened last on this computer: its path alone, and nothing about people.

The file stands with the settings of the computer's user. Where it cannot be read or written, the
program starts as if there were none.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

APPLICATION = "MRD Desktop"
_NAME = "last-site.json"
_FOLDER = "folder"
_LARGEST = 8_192


def of_computer() -> LastSite:
    """The one of whoever is signed in to the computer."""
    return LastSite(settings_folder() / _NAME)


def settings_folder() -> Path:
    """Where the system keeps the settings of an application; Qt calls it AppConfigLocation."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Preferences"
    else:
        named = os.environ.get("XDG_CONFIG_HOME", "")
        base = Path(named) if named.startswith("/") else home / ".config"
    return base / APPLICATION


class LastSite:
    """Remembers a folder between starts."""

    def __init__(self, file: Path) -> None:
        """Reads and writes this file; its folder is made when it is needed."""
        self._file = file

    def folder(self) -> Path | None:
        """The folder, whether it is there now or not."""
        try:
            if self._file.stat().st_size > _LARGEST:
                return None
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        path = kept.get(_FOLDER) if isinstance(kept, dict) else None
        return Path(path) if isinstance(path, str) and path else None

    def keep(self, path: Path) -> None:
        """Remember a folder; the former one is forgotten."""
        whole = path.absolute()
        if self.folder() == whole:
            return
        temporary = ""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=self._file.parent)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({_FOLDER: str(whole)}, file)  # a name that is no UTF-8, too
            Path(temporary).replace(self._file)
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
