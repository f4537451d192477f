"""Installing an update: a new folder beside the old one, whole or not at all.

Files go into a folder of another name, are held against the signed list as an installation is, and
the folder gets its own name last. Then the two people's record is written, and then the launcher
points there. Whatever stops it in between leaves the old version as it was, and the same file
installs on. The old version's folder is never touched.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop import __version__, installation
from mrd_desktop.installation import Installation, InstallationUnknown
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.texts import Text
from mrd_desktop.transfer.update import Update, UpdateRefused, of_the_disk, opened
from mrd_desktop.vault import versions
from mrd_desktop.vault.files import sync_folder
from mrd_desktop.vault.lock import Alone
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.updating import confirmed

PROGRAM: Final = "mrd-desktop"
LAUNCHER: Final = f"{PROGRAM}-start"
_PARTIAL: Final = f".{PROGRAM}.partial-"
_RESERVE: Final = 64 << 20
"""Bytes that stay free on the disk."""
_LOCK: Final = f".{PROGRAM}.lock"
_SCRIPT: Final = """#!/bin/sh
here=$0
while [ -L "$here" ]; do
  to=$(readlink "$here")
  case $to in
    /*) here=$to ;;
    *) here=$(dirname "$here")/$to ;;
  esac
done
exec "$(dirname "$here")/{folder}/mrd-desktop" "$@"
"""
"""It may be started through links; ``readlink`` without options is on every system."""
_COMMANDS: Final = '@start "" "%~dp0{folder}\\mrd-desktop.exe" %*\r\n'


@dataclass(frozen=True, slots=True)
class Installed:
    """What was done.

    Attributes:
        folder: of the new version. launcher: what starts it.
        former: folder of the version that installed it; None where there was none.
    """

    folder: Path
    launcher: Path
    former: Path | None


def install(
    update: Update,
    beside: Path | None = None,
    *,
    record: Callable[[Mapping[str, JSON]], object] = lambda _: None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Installed:
    """Lay the new version beside the one that runs, record it, and let the launcher start it.

    Args:
        beside: the folder that holds versions; by default the one in which this program lies.
        record: writes down that it lies there (:func:`mrd_desktop.vault.updating.confirmed`).
        told: bytes unpacked, of how many.

    Raises:
        UpdateRefused: it is not for this program, something in it does not hold, or the disk
            refuses.
        Others: as ``record``; the launcher starts the version that it started before.
    """
    running = installation.place()
    if beside is None:
        if running is None:
            raise UpdateRefused(_SOURCE)
        beside = running.parent
    judge(update, running)
    with _alone(beside):
        with of_the_disk():
            folder = _there(update, beside) or _laid(update, beside, told)
        record(said(update))
        with of_the_disk():
            return Installed(folder, _point(beside, folder.name), running)


def look(path: Path, session: Session) -> Update:
    """An update that may follow the version that runs; it is closed again, to be shown.

    Raises:
        UpdateRefused: it may not, something in it does not hold, or this program runs from its
            source.
    """
    if installation.place() is None:
        raise UpdateRefused(_WITH_SOURCE)
    with opened(path) as found:
        judge(found, installation.place())
        judge_at(session, found)
        return found


def by_two(
    session: Session,
    path: Path,
    shown: Update,
    password: str,
    *,
    second: str,
    second_password: str,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Installed:
    """Install what was shown, confirmed by two people of the site and on its record.

    Raises:
        UpdateRefused: as :func:`install`, or it is another file now.
        PermissionDenied, NoSecondPerson, WrongPassword, TryLater, UndertakingMissing, NotConfirmed:
            nothing was laid.
        StorageError, ClockWentBack: it lies there, nothing is recorded and nothing starts it.
    """
    with opened(path) as found:
        if found.digest != shown.digest:
            raise UpdateRefused(_ANOTHER)
        judge_at(session, found)
        record = confirmed(session, password, second=second, second_password=second_password)
        return install(found, record=record, told=told)


def judge(update: Update, running: Path | None) -> None:
    """Whether it may follow the version that runs.

    Raises:
        UpdateRefused: another product or platform, an older version, the same one in good order.
    """
    fault = update.statement.fault()
    if fault is not None:
        raise UpdateRefused(fault)
    if update.statement.version == __version__ and running is not None:
        found = _looked(running)
        if found is not None and found.bar is None:
            raise UpdateRefused(_SAME.filled(version=__version__))


def judge_at(session: Session, update: Update) -> None:
    """Whether a folder may go on with it.

    Raises:
        UpdateRefused: an order led this live folder back from that very version.
    """
    if session.folder.training or update.statement.is_back():
        return
    with session.reading() as conn:
        if versions.is_withdrawn(conn, update.statement.version):
            raise UpdateRefused(_WITHDRAWN.filled(version=update.statement.version))


def unapproved(session: Session, update: Update) -> Text | None:
    """What people are to know before they sign: the sponsor's approval does not cover the version.

    None where it does, or where nothing was approved yet, and in training.
    """
    given, version = session.activation, update.statement.version
    if session.folder.training or given is None or version in given.programs:
        return None
    return _UNAPPROVED.filled(version=version, programs=", ".join(given.programs))


def said(update: Update) -> dict[str, JSON]:
    """What the record says of an update."""
    statement = update.statement
    back: dict[str, JSON] = {"back": True} if statement.is_back() else {}
    return {
        "from": __version__, "version": statement.version, "commit": statement.commit,
        "platform": statement.platform, "list": statement.list, "update": update.digest,
        "key": update.signer, **back,
    }  # fmt: skip


def _there(update: Update, beside: Path) -> Path | None:
    """Where this very version lies whole already: an installation that was cut off goes on."""
    for folder in sorted(beside.glob(f"{PROGRAM}-*")):
        found = _looked(folder) if folder.is_dir() and not folder.is_symlink() else None
        if found is not None and found.bar is None and found.digest == update.statement.list:
            return folder
    return None


def _looked(folder: Path) -> Installation | None:
    try:
        return installation.inspect(folder)
    except (InstallationUnknown, OSError):
        return None


@contextmanager
def _alone(beside: Path) -> Iterator[None]:
    """One installation at a time: another one would clear away what this one has not named yet."""
    with of_the_disk():
        held = Alone(beside / _LOCK)
    if not held.taken:
        raise UpdateRefused(_BUSY)
    try:
        yield
    finally:
        held.release()


def _laid(update: Update, beside: Path, told: Callable[[int, int], None]) -> Path:
    for left in beside.glob(f"{_PARTIAL}*"):  # of one that was cut off
        shutil.rmtree(left, ignore_errors=True)
    if update.statement.whole + _RESERVE > shutil.disk_usage(beside).free:
        needed = (update.statement.whole + _RESERVE) // 1_000_000
        raise UpdateRefused(_NO_ROOM.filled(needed=needed))
    with _partial(beside) as partial:
        _unpack(update, partial, told)
        found = _looked(partial)
        if found is None or found.bar is not None or found.digest != update.statement.list:
            raise UpdateRefused(_NOT_WHOLE)
        _sync()
        folder = _free(beside, update.statement.version)
        partial.rename(folder)
    sync_folder(beside)
    found = _looked(folder)  # under the name that it is started by
    if found is None or found.bar is not None or found.digest != update.statement.list:
        shutil.rmtree(folder, ignore_errors=True)
        raise UpdateRefused(_NOT_WHOLE)
    return folder


@contextmanager
def _partial(beside: Path) -> Iterator[Path]:
    partial = beside / f"{_PARTIAL}{secrets.token_hex(4)}"
    partial.mkdir(mode=0o755)
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _unpack(update: Update, root: Path, told: Callable[[int, int], None]) -> None:
    done = 0
    for name, chunks in update.contents():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                done += len(chunk)
                told(done, update.statement.whole)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o755 if update.files.files[name].runs else 0o644)
    # Links come last, so that no file is written through one.
    for name, listed in update.files.files.items():
        if listed.link:
            (root / name).parent.mkdir(parents=True, exist_ok=True, mode=0o755)
            (root / name).symlink_to(listed.link)
    for name, data in ((installation.FILE, update.raw), (installation.SIGNATURE, update.seal)):
        with (root / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        (root / name).chmod(0o644)
    # Whoever installs may keep what is made from others; the clinic starts this.
    for folder in (root, *(p for p in root.rglob("*") if p.is_dir() and not p.is_symlink())):
        folder.chmod(0o755)


def _free(beside: Path, version: str) -> Path:
    """A name that nothing has: a version whose files were altered keeps its folder."""
    names = (f"{PROGRAM}-{version}" + (f"-{n}" if n else "") for n in range(1000))
    return next(p for p in (beside / name for name in names) if not p.exists())


def _point(beside: Path, folder: str) -> Path:
    """Let the launcher start a version; it starts the one before until this very moment."""
    windows = sys.platform == "win32"
    launcher = beside / (f"{LAUNCHER}.cmd" if windows else LAUNCHER)
    words = (_COMMANDS if windows else _SCRIPT).format(folder=folder)
    temporary = launcher.with_name(f".{launcher.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(words.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o755)
        temporary.replace(launcher)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(beside)
    return launcher


def _sync() -> None:
    """The folders lie on the disk, as each file does, before a name points to them."""
    if sys.platform != "win32":
        os.sync()


_ANOTHER: Final = Text(
    "it is another file than the one that was shown. Look at it again.",
    "该文件已不是刚才查看的文件，请重新查看。",
)
_WITHDRAWN: Final = Text(
    "by order of the sponsor this folder was led back from version {version}. Ask for a later one.",
    "按申办方指令，此文件夹已从 {version} 版退回，请索取更新的版本。",
)
_UNAPPROVED: Final = Text(
    "The sponsor's approval of this site covers {programs}, not {version}. Until a new approval "
    "comes, version {version} enters and signs nothing here; the version before goes on working.",
    "申办方对本中心的批准仅覆盖 {programs}，不含 {version}。"
    "收到新批准前，{version} 版不能录入和签名；原版本可继续使用。",
)
_WITH_SOURCE: Final = Text(
    "this program runs from its source, and a new version comes with that.",
    "本程序从源代码运行，随源代码更新。",
)
_SOURCE: Final = Text(
    "this program runs from its source. Name a folder with --to.",
    "本程序从源代码运行，请用 --to 指定文件夹。",
)
_SAME: Final = Text(
    "version {version} is the one that runs, and its files are as released.",
    "当前运行的就是 {version} 版，且文件与发布时一致。",
)
_BUSY: Final = Text(
    "another installation is under way on this computer. Wait until it is over.",
    "本机正在进行另一次安装，请等待其完成。",
)
_NO_ROOM: Final = Text(
    "the disk has not the {needed} MB that it needs. Make room first.",
    "磁盘空间不足，需要 {needed} MB，请先清理。",
)
_NOT_WHOLE: Final = Text(
    "what was unpacked is not what was signed. Look at the disk, then try again.",
    "解包后的文件与签名不符，请检查磁盘后重试。",
)
