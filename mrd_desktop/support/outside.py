"""What is told without a key: program, computer, and what of a folder lies open anyway."""

from __future__ import annotations

import locale
import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from mrd_desktop import __version__, installation
from mrd_desktop.errors import MrdError
from mrd_desktop.support.content import (
    Computer,
    Count,
    Fault,
    File,
    Library,
    Outside,
    Program,
)
from mrd_desktop.support.fields import (
    Chain,
    Code,
    Digest,
    FaultKind,
    FaultNumber,
    Locale,
    Moment,
    Offset,
    Place,
    SiteNumber,
    Version,
)
from mrd_desktop.vault import attempts, ballast, faultlog, presence
from mrd_desktop.vault.clock import Zone
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.destroyed import MARK
from mrd_desktop.vault.manifest import FolderKind, Manifest, SlotKind, read_manifest
from mrd_desktop.vault.place import removable_drive, share_of, synced_by

LIBRARIES: Final = (
    "PySide6-Essentials", "SQLAlchemy", "cryptography", "lxml", "pandas", "pydantic", "pyrage",
    "ruamel.yaml", "sqlcipher3",
)  # fmt: skip
_FILES: Final = (
    DATA_FILE, f"{DATA_FILE}-wal", *(k.file_name for k in FolderKind), attempts.LOG_FILE,
    presence.LOG_FILE, faultlog.LOG_FILE, ballast.FILE,
)  # fmt: skip
_FOLDERS: Final = ("backups", "outbox", "inbox", "archive")
_MACHINES: Final = ("x86_64", "arm64")
_SYSTEMS: Final = ("linux", "windows", "macos")
_CHAIN: Final = 8
_COMMIT: Final = 12


def program() -> Program:
    """Version and installation of the program, and the versions of what it stands on."""
    word, _ = installation.started()
    found = _installed()
    return Program(
        version=Version.of(__version__),
        installation=Code.of(word),
        changed=None if found is None else len(found.changed),
        missing=None if found is None else len(found.missing),
        added=None if found is None else len(found.added),
        commit=None if found is None else Digest.of(found.commit[:_COMMIT]),
        list_digest=None if found is None else Digest.of(found.digest),
        libraries=tuple(Library(Code.of(name), _version(name)) for name in LIBRARIES),
    )


def _installed() -> installation.Installation | None:
    root = installation.place()
    try:
        return None if root is None else installation.inspect(root)
    except (installation.InstallationUnknown, OSError):
        return None


def _version(name: str) -> Version | None:
    try:
        return Version.of(version(name))
    except PackageNotFoundError:
        return None


def computer() -> Computer:
    """System, machine, language and distance from UTC; no name of the computer or of its user."""
    system, _, machine = installation.here().partition("-")
    release = ".".join(_digits(platform.version() if os.name == "nt" else platform.release()))
    return Computer(
        system=Code.of(system if system in _SYSTEMS else "other"),
        release=Version.of(release or "0"),
        machine=Code.of(machine if machine in _MACHINES else "other"),
        python=Version.of(platform.python_version()),
        processors=os.cpu_count() or 0,
        locale=Locale.of(_spoken()),
        utc_offset=Offset.of(Zone.of_computer().offset),
    )


def _digits(release: str) -> Iterator[str]:
    """``6.1.0-13-amd64`` begins with digits; what whoever built the system added is theirs."""
    for part in release.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if digits:
            yield digits
        if digits != part:
            return


def _spoken() -> str:
    said = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or "C"
    return said.partition(".")[0].partition("@")[0]


def outside(folder: Path) -> Outside:
    """A folder as it lies there: what its own file says, sizes, and where it lies."""
    refused, manifest = _manifest(folder)
    free, total = _room(folder)
    slots = [] if manifest is None else list(manifest.slots.values())
    return Outside(
        refused=None if refused is None else Code.of(refused),
        kind=None if manifest is None else Code.of(manifest.kind.name.lower()),
        training=None if manifest is None else manifest.training,
        site=None if manifest is None else SiteNumber.of(manifest.site),
        chain=None if manifest is None else Chain.of(manifest.chain[:_CHAIN]),
        generation=None if manifest is None else manifest.generation,
        next_generation=None if manifest is None else manifest.next_generation is not None,
        accounts=None if manifest is None else len(slots),
        codes=None if manifest is None else sum(s.kind is SlotKind.CODE for s in slots),
        condemned=(folder / MARK).exists(),
        network=share_of(folder.absolute()) is not None,
        synced=synced_by(folder.absolute()) is not None,
        removable=removable_drive(folder.absolute()) is not None,
        files=tuple(File(Code.of(name), _size(folder / name)) for name in _FILES),
        beside=tuple(Count(Code.of(name), _entries(folder / name)) for name in _FOLDERS),
        free=free,
        total=total,
    )


def _manifest(folder: Path) -> tuple[str | None, Manifest | None]:
    try:
        return None, read_manifest(folder)
    except MrdError as refused:
        return refused.code, None
    except OSError:
        return "file", None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _entries(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def _room(folder: Path) -> tuple[int | None, int | None]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None, None
    return usage.free, usage.total


def faults(folder: Path | None, last: faultlog.Met | None = None) -> tuple[Fault, ...]:
    """The faults that the folder's log tells, and the last one where no log could take it."""
    found: tuple[faultlog.Met, ...] = ()
    if folder is not None:
        try:
            found = faultlog.after(folder, "")
        except (MrdError, OSError):
            found = ()
    if last is not None and last.number and last not in found:
        found = (*found, last)
    return tuple(
        Fault(
            FaultNumber.of(one.number),
            Moment.of(one.at),
            Version.of(one.program),
            FaultKind.of(one.kind),
            tuple(Place.of(place) for place in one.places),
        )
        for one in found
    )
