"""Whether what is installed is what was released (R-VAL-06): every file beside the program.

The build writes ``installed.json`` into the program's folder: version, commit and the SHA-256 of
each file. It finds damage and what was added; it carries no signature, so that somebody who alters
a file and the list with it is found by the digest of the list alone, which the release notes name.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.texts import Text

FILE: Final = "installed.json"
_FORMAT: Final = "mrd-installed/1"


class InstallationUnknown(MrdError):
    """No list of files, or one that cannot be read."""

    code = "installation_unknown"
    template = Text(
        "The program's list of its own files is missing or damaged. Install the program again.",
        "程序自身的文件清单缺失或损坏。请重新安装程序。",
    )


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation held against its list.

    Attributes:
        digest: SHA-256 of the list itself.
        files: how many the list names.
        changed, missing, added: paths inside the folder, with ``/``.
    """

    root: Path
    version: str
    commit: str
    digest: str
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """All that is not as it was released."""
        return (*self.changed, *self.missing, *self.added)


def place() -> Path | None:
    """The folder of an installed program; None where it runs from its source."""
    return Path(sys.executable).resolve().parent if getattr(sys, "frozen", False) else None


def list_files(root: Path, version: str, commit: str) -> bytes:
    """What the build writes as ``installed.json``."""
    files = {name: _sha256(root / name) for name in _names(root)}
    said = {"format": _FORMAT, "version": version, "commit": commit, "files": files}
    return json.dumps(said, indent=1, sort_keys=True).encode()


def inspect(
    root: Path, told: Callable[[int, int], None] = lambda done, total: None
) -> Installation:
    """Hold every file of an installed program against its list.

    Args:
        told: how many files of how many were read.

    Raises:
        InstallationUnknown: there is no list, or it cannot be read.
    """
    try:
        raw = (root / FILE).read_bytes()
        value = json.loads(raw)
        if value["format"] != _FORMAT:
            raise InstallationUnknown
        listed = {str(k): str(v) for k, v in value["files"].items()}
        version, commit = str(value["version"]), str(value["commit"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InstallationUnknown from None
    here, changed = tuple(_names(root)), []
    for n, name in enumerate(here):
        if name in listed and _sha256(root / name) != listed[name]:
            changed.append(name)
        told(n + 1, len(here))
    return Installation(
        root, version, commit, hashlib.sha256(raw).hexdigest(), len(listed), tuple(changed),
        missing=tuple(sorted(listed.keys() - set(here))),
        added=tuple(sorted(set(here) - listed.keys())),
    )  # fmt: skip


def altered(found: Installation) -> Text:
    """What to tell a user of an installation with faults."""
    names = ", ".join(found.faults[:_NAMED]) + (" …" if len(found.faults) > _NAMED else "")
    return _ALTERED.filled(n=len(found.faults), names=names)


_NAMED: Final = 3
_ALTERED: Final = Text(
    "{n} files of the program are not as they were released ({names}). Do not go on working with "
    "it; install it again.",
    "程序有 {n} 个文件与发布时不一致（{names}）。请停止使用并重新安装程序。",
)


def _names(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and path != root / FILE:
            yield path.relative_to(root).as_posix()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
