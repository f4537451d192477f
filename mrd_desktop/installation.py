"""Whether what is installed is what was released (R-VAL-06): every file beside the program.

The build writes ``installed.json`` into the program's folder: product, version, commit, platform
and the SHA-256 of each file; a release has a signature over it (``installed.json.sig``, SSHSIG)
by a key of ``resources/release_signers``. What has none is a development build. Live work asks for
a release that is whole (decision 0062); a program that runs from its source says so in the record.

It finds damage, what was left out or put in, and whoever alters a file and the list with it. It
finds nobody who alters the very code that looks: for that the signature is checked from outside,
with ``ssh-keygen -Y verify`` (``docs/security.md``).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.resources import resource
from mrd_desktop.texts import Text

PRODUCT: Final = "mrd-desktop"
FILE: Final = "installed.json"
SIGNATURE: Final = f"{FILE}.sig"
SOURCE: Final = "source"
_OWN: Final = (FILE, SIGNATURE)
_FORMAT: Final = "mrd-installed/2"
_LARGEST: Final = 4 << 20
_SIGNERS: Final = "release_signers"


class InstallationUnknown(MrdError):
    """No list of files, or one that cannot be read."""

    code = "installation_unknown"
    template = Text(
        "The program's list of its own files is missing or damaged. Install the program again.",
        "程序自身的文件清单缺失或损坏。请重新安装程序。",
    )


class Seal(StrEnum):
    """What the signature over the list says."""

    RELEASED = "released"
    UNSIGNED = "unsigned"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of the list.

    Attributes:
        sha256: hexadecimal digest of the content; empty of a link.
        size: bytes.
        runs: it may be executed.
        link: what a symbolic link says; empty of a file.
    """

    sha256: str
    size: int
    runs: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class FileList:
    """What ``installed.json`` says.

    Attributes:
        digest: SHA-256 of its bytes.
        files: by path inside the folder, with ``/``.
    """

    product: str
    version: str
    commit: str
    platform: str
    digest: str
    files: Mapping[str, Listed]


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation held against its list.

    Attributes:
        digest: SHA-256 of the list itself.
        files: how many the list names.
        changed, missing, added: paths inside the folder, with ``/``. The list itself is among
            the changed ones where its signature does not hold.
        seal: whether the list is signed.
        stray: files that a system's file manager left; nothing loads them, and they bar nothing.
        signer: fingerprint of the release key that signed it; empty where none did.
    """

    root: Path
    version: str
    commit: str
    digest: str
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    seal: Seal
    signer: str
    stray: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """All that is not as it was released."""
        return (*self.changed, *self.missing, *self.added)

    @property
    def result(self) -> str:
        """One word: ``as_released``, ``altered``, or ``unsigned`` of a whole development build."""
        if self.faults:
            return "altered"
        return "as_released" if self.seal is Seal.RELEASED else "unsigned"

    @property
    def bar(self) -> Text | None:
        """Why no live work is done with it; None where it is a whole release."""
        if self.faults:
            return altered(self)
        return None if self.seal is Seal.RELEASED else UNSIGNED


def place() -> Path | None:
    """The folder of an installed program; None where it runs from its source."""
    return Path(sys.executable).resolve().parent if getattr(sys, "frozen", False) else None


def started() -> tuple[str, Text | None]:
    """What the program was when it was first asked: a word for the record, and why it is barred.

    The files are read once in a process, by whoever asks first; others wait for it. The word is
    ``source``, ``unknown`` (no list of files) or what :attr:`Installation.result` says.
    """
    root = place()
    if root is None:
        return SOURCE, None
    with _ASKED:
        return _at_start(root)


_ASKED: Final = threading.Lock()


@cache
def _at_start(root: Path) -> tuple[str, Text | None]:
    try:
        found = inspect(root)
    except InstallationUnknown as unknown:
        return "unknown", unknown.text
    except OSError:  # whatever it was: nobody is kept from reading the data
        return "unknown", InstallationUnknown().text
    return found.result, found.bar


def release_keys() -> Mapping[bytes, str]:
    """The public keys (32 bytes) that sign releases, each with its fingerprint.

    A line is a name, ``ssh-ed25519``, the key, and words that nobody reads. Options
    (``valid-before=``, ``namespaces=``, ``cert-authority``) mean something to ``ssh-keygen`` and
    nothing here; a line that has some is refused, so that both say the same.

    Raises:
        ValueError: a line that is no key or has options; the program's own file is damaged.
    """
    text = resource(_SIGNERS).read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if line.strip() and line[0] != "#")
    keys = [_key_of(words) for words in lines]
    return {key: sshsig.fingerprint(key) for key in keys}


def _key_of(words: list[str]) -> bytes:
    if len(words) < 3 or words[1] != "ssh-ed25519":
        raise ValueError("a line of release_signers is no plain key")
    return sshsig.public_of(words[2])


def here() -> str:
    """The platform that this program runs on, as a list names it: ``linux-x86_64``."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)
    return f"{system}-{machine}"


def list_files(root: Path, version: str, commit: str) -> bytes:
    """What the build writes as ``installed.json``; the same content gives the same bytes.

    Raises:
        OSError: something there cannot be read.
    """
    files = {name: _told(root / name) for name in _names(root)}
    said = {
        "format": _FORMAT, "product": PRODUCT, "version": version, "commit": commit,
        "platform": here(), "files": files,
    }  # fmt: skip
    return json.dumps(said, indent=1, sort_keys=True).encode()


def read_list(raw: bytes) -> FileList:
    """What a list says; nothing is compared.

    Raises:
        InstallationUnknown: it is none that this program reads.
    """
    try:
        value = json.loads(raw)
        if value["format"] != _FORMAT:
            raise InstallationUnknown
        files = {str(name): _listed(said) for name, said in value["files"].items()}
        return FileList(
            product=str(value["product"]),
            version=str(value["version"]),
            commit=str(value["commit"]),
            platform=str(value["platform"]),
            digest=hashlib.sha256(raw).hexdigest(),
            files=files,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InstallationUnknown from None


def inspect(
    root: Path, told: Callable[[int, int], None] = lambda done, total: None
) -> Installation:
    """Hold every file of an installed program against its list, and the list to its signature.

    Args:
        told: how many files of how many were read.

    Raises:
        InstallationUnknown: there is no list, or it cannot be read.
    """
    try:
        raw = first_bytes(root / FILE, _LARGEST)
    except OSError:
        raise InstallationUnknown from None
    listed = read_list(raw)
    seal, signer = _sealed(root, raw)
    here = tuple(_names(root))
    changed = [FILE] if seal is Seal.FORGED else []
    for n, name in enumerate(here):
        if name in listed.files and not _is(root / name, listed.files[name]):
            changed.append(name)
        told(n + 1, len(here))
    added = sorted(set(here) - listed.files.keys())
    stray = tuple(name for name in added if _is_stray(root / name))
    return Installation(
        root, listed.version, listed.commit, listed.digest, len(listed.files), tuple(changed),
        missing=tuple(sorted(listed.files.keys() - set(here))),
        added=tuple(name for name in added if name not in stray),
        seal=seal, signer=signer, stray=stray,
    )  # fmt: skip


def seal_of(raw: bytes, signature: str, keys: Collection[bytes]) -> bytes:
    """Whose signature stands under a list.

    Raises:
        SignatureRefused, WeakKeyError: nobody's who signs releases.
    """
    return sshsig.verify(signature, raw, Namespace.RELEASE, keys)


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
UNSIGNED: Final = Text(
    "This is a development build: no release key has signed it, so it is for training only. "
    "Install a released one for live work.",
    "这是开发版本，未经发布密钥签名，仅可用于培训。正式录入请安装正式发布的版本。",
)


def _sealed(root: Path, raw: bytes) -> tuple[Seal, str]:
    try:
        signature = first_bytes(root / SIGNATURE, 4096).decode("ascii")
    except FileNotFoundError:
        return Seal.UNSIGNED, ""
    except (OSError, UnicodeDecodeError):
        return Seal.FORGED, ""
    try:
        keys = release_keys()
        return Seal.RELEASED, keys[seal_of(raw, signature, keys)]
    except (LedgerError, ValueError, OSError):
        return Seal.FORGED, ""


def _names(root: Path) -> Iterator[str]:
    """Everything in the folder that is no folder; what a link leads to is not looked into.

    A folder that cannot be listed or entered is named itself: what it hides is loaded all the same.
    """
    for name in sorted(_walked(root, "")):
        if name not in _OWN:
            yield name


_STRAY: Final = frozenset({".DS_Store", "desktop.ini", "Thumbs.db"})
"""By exact name: what Finder and Explorer lay into a folder that is looked at."""


def _is_stray(path: Path) -> bool:
    try:
        return path.name in _STRAY and stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _walked(folder: Path, before: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            found = [(e.name, stat.S_ISDIR(os.lstat(e.path).st_mode)) for e in entries]
    except OSError:
        yield before.rstrip("/") or "."
        return
    for name, below in found:
        if below and not _leads_away(folder / name):
            yield from _walked(folder / name, f"{before}{name}/")
        else:
            yield f"{before}{name}"


def _leads_away(folder: Path) -> bool:
    """A junction of Windows, which is no link and yet leads elsewhere."""
    try:
        tag = getattr(folder.lstat(), "st_reparse_tag", 0)
    except OSError:
        return False
    return tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


def _told(path: Path) -> dict[str, object]:
    if path.is_symlink():
        return {"link": path.readlink().as_posix()}
    size, runs = path.stat().st_size, bool(path.stat().st_mode & stat.S_IXUSR)
    if not path.is_file():
        raise OSError(f"{path} is no file that could be listed")
    return {"sha256": _sha256(path), "bytes": size, **({"runs": True} if runs else {})}


def _listed(said: Mapping[str, object]) -> Listed:
    if "link" in said:
        return Listed("", 0, link=str(said["link"]))
    size = said["bytes"]
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(size)
    return Listed(str(said["sha256"]), size, bool(said.get("runs", False)))


def _is(path: Path, listed: Listed) -> bool:
    try:
        if path.is_symlink() or listed.link:
            return path.is_symlink() and path.readlink().as_posix() == listed.link
    except OSError:
        return False
    return _sha256(path) == listed.sha256


def _sha256(path: Path) -> str:
    """The digest of a file; empty where it is none, or cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
