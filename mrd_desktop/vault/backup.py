"""Backups: a consistent copy of the database with the key slots, opened and walked after writing.

A backup is a folder ``<site>-<time>.mrdbackup`` with ``data.mrd``, ``site.json``, the public key
and ``backup.json`` (head, digests; no secrets). It is as encrypted as the original and opens with
the same passwords and recovery sheet on any computer.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop.errors import MrdError
from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger import rotations, sshsig, store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.ledger.verify import verify_records
from mrd_desktop.portable import require_portable
from mrd_desktop.texts import Text
from mrd_desktop.vault.clock import moment
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.errors import (
    CHAIN_BROKEN,
    BackupError,
    BackupNotMade,
    CommitUnsure,
    DiskFull,
    FolderExists,
    NoBackup,
    StorageError,
    WrongKey,
)
from mrd_desktop.vault.files import sync_folder, write_atomically
from mrd_desktop.vault.manifest import FolderKind, read_manifest
from mrd_desktop.vault.place import check_place
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.signin import BACKUP_FILE, RESTORED_FILE
from mrd_desktop.vault.site_keys import rotations_of
from mrd_desktop.vault.storage import storage_errors
from mrd_desktop.vault.trust import SITE_PUB, SPONSOR_PUB
from mrd_desktop.vault.vouching import (
    CHANGES,
    SIGNATURE,
    Voucher,
    latest,
    of_one_line,
    voucher,
)

SUFFIX: Final = ".mrdbackup"
_FORMAT: Final = "mrd-backup/1"
_NO_REPORT: Final = (
    OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError,
)  # fmt: skip
"""What comes of a report that holds anything but what it should."""
_MOST_CHANGES: Final = 100
_COPY, _CHECK, _WALK = 40, 10, 50
_WHOLE: Final = _COPY + _CHECK + _WALK
"""Steps of a hundred, about as long as copying, checking the pages and verifying take."""
_BLOCK: Final = 1 << 20
_HELD: Final = frozenset({DATA_FILE, *(k.file_name for k in FolderKind), SITE_PUB, SPONSOR_PUB})
"""Files that a backup may list: no other name becomes a path."""
_FOLDERS: Final = ("backups", "outbox", "inbox", "archive")


_OTHER: Final = Text(
    "its last record is not the one that is known elsewhere.", "其最后一条记录与别处所知的不一致。"
)
_CHANGED: Final = Text("{name} was changed.", "{name} 已被改动。")
_OLD_KEY: Final = Text(
    "it was made before the data key was changed; it opens with the passwords of that time.",
    "它是在数据密钥更换前制作的，只能用当时的密码打开。",
)
_FULL: Final = Text(
    "the medium is full. Make room on it or take another one.",
    "存储介质已满。请清理空间或更换介质。",
)
_REFUSES: Final = Text(
    "the medium cannot be written or read. Plug it in again or take another one.",
    "存储介质无法读写。请重新插入或更换介质。",
)
_SEVERAL: Final = Text(
    "backups of several sites or computers lie in this folder. Choose one of them.",
    "该文件夹中有多个中心或多台电脑的备份，请选定其中一份。",
)
_KEYS: Final = Text(
    "backups in this folder are signed with different keys, and none of these keys signed for the "
    "other: somebody else may have laid one there. Choose the one that you know.",
    "该文件夹中的备份由不同密钥签名，且这些密钥之间没有交接签名，其中可能有他人放入的备份。请选定您确知来源的一份。",
)
UNSIGNED: Final = Text(
    "No key signed the list of this backup: an old version made it, or somebody changed it. What "
    "it holds shows only after the sign-in. Take a signed one if there is one.",
    "此备份的清单没有有效签名：可能由旧版本制作，也可能被人改动。登录后才能确认其内容。如有已签名的备份，请改用。",
)
STRANGE: Final = Text(
    "Backups of the same data beside this one are signed with another key. One of them may be "
    "somebody else's: ask who made this one.",
    "旁边同一数据的备份由另一密钥签名，其中可能有他人放入的备份。请先确认此备份由谁制作。",
)
_NONE: Final = Text("{name} is no backup of this program.", "{name} 不是本程序的备份。")


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was read back and found whole.

    Attributes:
        head: last record in it.
        sha256: of its ``data.mrd``.
        size: bytes of its ``data.mrd``.
        apart: it lies on another file system than the folder itself.
        medium: id of the file system it lies on; empty where the system tells none.
    """

    path: Path
    head: Head
    sha256: str
    size: int
    apart: bool
    medium: str = ""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """A folder made from a backup; ``missing`` counts records known to have come after it.

    Attributes:
        signed: the list bears the signature of the key that lies beside it.
    """

    path: Path
    head: Head
    missing: int | None
    signed: bool = True


Told = Callable[[int, int], None]
"""Told how many steps of how many are done; what it raises ends the work, and nothing is left."""


@dataclass(frozen=True, slots=True)
class FoundBackup:
    """A backup as its own files tell it, before anything of it is opened.

    Attributes:
        head: last record in it.
        newer: the last record in a backup of the same chain that lies beside it and knows more;
            None where there is none. Of a backup that is signed only such with a key of its line.
        doubt: why it may be somebody else's; None where its list is signed, and those beside it
            with the same key. Whose key that is nothing proves before the sign-in.
    """

    path: Path
    site: str
    name: str
    training: bool
    head: Head
    newer: Head | None = None
    doubt: Text | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    """A backup by its own list."""

    path: Path
    head: Head
    files: Mapping[str, str]
    voucher: Voucher | None


def backup(session: Session, to: Path, told: Told = lambda done, total: None) -> BackupReport:
    """Copy, read back and verify; recorded as ``backup.made`` once it stands.

    While records are missing it is made all the same: nobody should try what to do without a copy.

    Args:
        to: folder that receives the backup folder.
        told: how far it is.

    Raises:
        PermissionDenied: the role may not.
        BackupError: the medium refuses, or what was written does not verify; nothing is left at
            ``to``.
        StorageError: the site's own disk refuses; nothing is left at ``to``.
    """
    report = write(session, to, told)
    try:
        session.commit_or_keep([made(session, report)])
    except CommitUnsure:
        raise  # the record may be found again, and then names this backup
    except BaseException:
        _remove(report.path)  # nobody finds a backup of which somebody was told that it failed
        raise
    return report


def write(session: Session, to: Path, told: Told = lambda done, total: None) -> BackupReport:
    """As :func:`backup`; whoever calls it records :func:`made` once it stands for good.

    Raises:
        As :func:`backup`.
    """
    session.require("backup")
    if session.hold is None:
        session.announce()
    folder = session.folder
    taken = moment(session.now()).strftime("%Y%m%dT%H%M%S")
    target = to / f"{folder.stem}-{taken}-{secrets.token_hex(2)}{SUFFIX}"
    partial = target.with_name(f".{target.name}.tmp")
    with _medium_errors(), storage_errors():
        to.mkdir(parents=True, exist_ok=True)
        try:
            partial.mkdir()
            head = _copy(session, partial, told)
            sync_folder(partial)
            partial.rename(target)
            sync_folder(to)
        except BaseException:
            _remove(partial, target)
            raise
        data = target / DATA_FILE
        apart, medium = _apart(to, folder.path), medium_of(to)
    return BackupReport(target, head, _sha256(data), data.stat().st_size, apart, medium)


def made(session: Session, report: BackupReport) -> Entry:
    """The record of a backup that stands."""
    content: dict[str, JSON] = {
        "user": session.user,
        "head": {"seq": report.head.seq, "digest": report.head.digest.hex()},
        "sha256": report.sha256,
        "size": report.size,
        "apart": report.apart,
        "medium": report.medium,
    }
    return Entry(Kind.BACKUP_MADE, RecordClass.CODED, content)


def find_backup(chosen: Path) -> FoundBackup:
    """The backup that a folder is, or of several in it the one that knows most.

    How much one knows only its list tells. So those that are signed go before those that are not,
    and those of the folder's last key before those of keys that signed for it.

    Raises:
        BackupError: there is none, or there are some of several chains or of keys that have nothing
            to do with each other: one is to be named.
        SiteError: its list of key slots cannot be read.
    """
    found = _listed(chosen) if is_backup(chosen) else _best(chosen)
    manifest = read_manifest(found.path)
    beside = [x for x in _beside(found.path.parent) if x.head.chain == found.head.chain]
    signed = [x for x in beside if x.voucher is not None]
    own, doubt = found.voucher, None
    if own is None:
        doubt, known = UNSIGNED, signed or beside
    else:
        known = [x for x in signed if x.voucher is not None and of_one_line(own, x.voucher)]
        doubt = STRANGE if len(known) < len(signed) else None
    later = [x.head for x in known if x.head.seq > found.head.seq]
    newer = max(later, key=lambda h: h.seq, default=None)
    return FoundBackup(
        found.path, manifest.site, manifest.name, manifest.training, found.head, newer, doubt
    )


def _best(folder: Path) -> _Listed:
    inside = _beside(folder)
    if not inside:
        raise NoBackup(folder.name)
    if len({x.head.chain for x in inside}) > 1:
        raise BackupError(_SEVERAL)
    signed = [x for x in inside if x.voucher is not None]
    last = latest(x.voucher for x in signed if x.voucher is not None)
    if len(last) > 1:
        raise BackupError(_KEYS)
    mine = [x for x in signed if x.voucher is not None and x.voucher.key in last]
    return max(mine or inside, key=lambda x: (x.head.seq, x.path))


def _beside(folder: Path) -> list[_Listed]:
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        with suppress(BackupError):
            found.append(_listed(path))
    return found


def restore(
    source: Path,
    to: Path,
    *,
    known: Head | None = None,
    told: Told = lambda done, total: None,
) -> RestoreReport:
    """Make a folder from a backup. The first sign-in verifies its chain and records the restore.

    Args:
        known: the latest head known from elsewhere (a receipt, a printed head), to be compared.
        told: how far it is, in bytes.

    Raises:
        FolderExists: something stands at ``to``.
        NameUnfit: no folder may be called so.
        BackupError: no backup, or not the bytes that were written.
        StorageError: the disk refuses; nothing is left at ``to``.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise FolderExists(to.name)
    require_portable(to)
    listed = _listed(source)
    head, digests = listed.head, listed.files
    check_place(to, live=not read_manifest(source).training)
    missing = None
    if known is not None and known.chain == head.chain:
        missing = max(0, known.seq - head.seq)
        if known.seq == head.seq and known.digest != head.digest:
            raise BackupError(_OTHER)
    partial, made = to.with_name(f".{to.name}.{secrets.token_hex(4)}.tmp"), False
    with storage_errors():
        try:
            partial.mkdir(parents=True)
            whole, before = _size(source, digests, partial), 0
            for name, digest in digests.items():
                before += _take(source / name, partial / name, digest, before, whole, told)
            for name in _FOLDERS:
                (partial / name).mkdir()
            note: dict[str, JSON] = {
                "head": {"seq": head.seq, "digest": head.digest.hex()},
                "missing": missing,
            }
            write_atomically(partial / RESTORED_FILE, dumps(note))
            if to.exists():
                to.rmdir()
            partial.rename(to)
            made = True
            sync_folder(to.parent)
        except BaseException:
            _remove(partial, *([to] if made else ()))
            raise
    return RestoreReport(to, head, missing, signed=listed.voucher is not None)


def medium_of(path: Path) -> str:
    """An id of the file system that a path lies on, as far as the system tells one.

    It is made from the volume's own id and its size, and says nothing that would name it.
    """
    try:
        place = path.resolve()
        used = shutil.disk_usage(place)
        told = os.statvfs(place).f_fsid if hasattr(os, "statvfs") else place.stat().st_dev
    except OSError:
        return ""
    return hashlib.sha256(f"{told} {used.total}".encode()).hexdigest()[:16]


def signed_head(path: Path, keys: Collection[bytes]) -> Head | None:
    """The head that a backup's report names under a signature of this site; None otherwise.

    A report without it (of an older version, or somebody else's) proves nothing.
    """
    found = signed_report(path)
    return found.head if found is not None and found.key in keys else None


@dataclass(frozen=True, slots=True)
class SignedReport:
    """What a backup's report says under a signature that holds, whoever made it.

    Attributes:
        key: the key that signed (32 bytes).
        changes: the changes of the folder's key that it tells of, each signed by both keys.
    """

    head: Head
    key: bytes
    changes: tuple[Rotation, ...]


def signed_report(path: Path) -> SignedReport | None:
    """A backup's report with the key that signed it; None where no signature holds."""
    try:
        value = json.loads(first_bytes(path / BACKUP_FILE))
        armored = str(value.pop(SIGNATURE))
        claimed = sshsig.signer_of(armored, Namespace.BACKUP)
        key = sshsig.verify(armored, dumps(value), Namespace.BACKUP, [claimed])
        return SignedReport(_listed(path).head, key, tuple(_changes(value.get(CHANGES))))
    except (*_NO_REPORT, MrdError):
        return None


def _changes(told: object) -> Iterator[Rotation]:
    for signed in told[:_MOST_CHANGES] if isinstance(told, list) else ():
        if isinstance(signed, Mapping):
            with suppress(NoRotation):
                yield rotations.read(signed)


def _apart(to: Path, folder: Path) -> bool:
    return os.stat(to).st_dev != os.stat(folder).st_dev  # noqa: PTH116 - st_dev only


def report_of(path: Path) -> Head:
    """The head that a backup's own report names.

    Raises:
        BackupError: no backup.
    """
    return _listed(path).head


@dataclass(frozen=True, slots=True)
class DrillReport:
    """A backup that was restored for trial.

    Attributes:
        head: last record in it; ``behind`` records have come since.
    """

    head: Head
    behind: int


def drill(session: Session, source: Path) -> DrillReport:
    """Restore a backup into a temporary folder, compare everything, and record that it was done.

    Raises:
        PermissionDenied: the role may not make backups.
        PasswordAsked: once the password is given.
        BackupError: no backup of this chain, not the bytes that were written, made before the last
            change of the data key, or not the history that stands here.
        StorageError: the disk refuses.
    """
    session.require("backup")
    session.require_all("backup")
    session.require_fresh()
    folder = session.folder
    with unpacked(source) as copy:
        data_key, _ = session.with_keys()
        try:
            head = _verified(copy, data_key, folder.chain)
        except WrongKey:
            raise BackupError(_OLD_KEY) from None
        told = report_of(source)
    with session.reading() as conn:
        here = store.head(conn, folder.chain)
        same = 0 < head.seq <= here.seq and (
            store.record(conn, folder.chain, head.seq).digest == head.digest
        )
    if not same or (told.seq, told.digest) != (head.seq, head.digest):
        raise BackupError(_OTHER)
    content: dict[str, JSON] = {
        "user": session.user,
        "drill": True,
        "head": {"seq": head.seq, "digest": head.digest.hex()},
        "missing": here.seq - head.seq,
    }
    session.commit([Entry(Kind.RESTORE_DONE, RecordClass.CODED, content)])
    return DrillReport(head, here.seq - head.seq)


def is_backup(path: Path) -> bool:
    """Whether a folder is a backup of this program."""
    return (path / BACKUP_FILE).is_file()


@contextmanager
def unpacked(source: Path) -> Iterator[Path]:
    """A working copy of a backup in a temporary folder, to sign in to and look at.

    The backup itself is only read; the copy is as encrypted as the backup.

    Raises:
        BackupError: not the bytes that were written.
    """
    with tempfile.TemporaryDirectory(prefix="mrd-") as scratch:
        yield restore(source, Path(scratch) / "folder").path


def _copy(session: Session, partial: Path, told: Told) -> Head:
    """Write the backup's files and prove that they read back."""
    folder = session.folder
    slots = folder.kind.file_name
    while True:
        keys = _slots(session)
        data_key, _ = session.with_keys()
        session.database.copy_to(
            partial / DATA_FILE,
            data_key,
            lambda done, total: told(_COPY * done // max(total, 1), _WHOLE),
        )
        if _slots(session) == keys:
            break
        # Somebody chose a password or changed the data key meanwhile: the two are no pair.
        (partial / DATA_FILE).unlink()
    (partial / slots).write_bytes(keys)
    names = [n for n in (SITE_PUB, SPONSOR_PUB) if (folder.path / n).is_file()]
    for name in names:
        shutil.copyfile(folder.path / name, partial / name)
    head = _verified(partial, data_key, folder.chain, told)
    digests: dict[str, JSON] = {n: _sha256(partial / n) for n in (DATA_FILE, slots, *names)}
    report: dict[str, JSON] = {
        "format": _FORMAT,
        "chain": head.chain,
        "seq": head.seq,
        "digest": head.digest.hex(),
        "at": head.at,
        "files": digests,
        "medium": medium_of(partial),
        "apart": _apart(partial, folder.path),
    }
    with session.reading() as conn:
        changes: list[JSON] = [c.signed() for c in rotations_of(conn, head.chain)]
    if changes:  # so that an older copy, which knows the key before, can tell whose this is
        report[CHANGES] = changes[-_MOST_CHANGES:]
    report[SIGNATURE] = session.sign_as_site(Namespace.BACKUP, dumps(report))
    write_atomically(partial / BACKUP_FILE, dumps(report))
    for path in partial.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    return head


def _slots(session: Session) -> bytes:
    """The key slots as they stand beside the data now."""
    folder = session.folder
    return (folder.path / folder.kind.file_name).read_bytes()


def _verified(
    partial: Path, data_key: bytes, chain: str, told: Told = lambda done, total: None
) -> Head:
    read_manifest(partial)
    copy = Database(partial / DATA_FILE, data_key, read_only=True)
    try:
        damaged = copy.damaged_pages()
        if damaged:
            raise BackupError(_CHANGED.filled(name=DATA_FILE))
        told(_COPY + _CHECK, _WHOLE)
        with copy.reading() as conn:
            head = store.head(conn, chain)
            verdict = verify_records(
                _walked(store.records(conn, chain), head.seq, told), chain, private=False,
                complete=True,
            )  # fmt: skip
    finally:
        copy.close()
    if not verdict.ok:
        raise BackupError(CHAIN_BROKEN)
    return head


@contextmanager
def _medium_errors() -> Iterator[None]:
    """Say of the medium what else would be said of the site's own disk."""
    try:
        yield
    except DiskFull as refused:
        raise BackupNotMade(_FULL) from refused
    except StorageError as refused:
        raise BackupNotMade(_REFUSES) from refused


def _walked(records: Iterable[Record], many: int, told: Told) -> Iterator[Record]:
    """The records, telling every hundredth part that was verified."""
    part = max(many // _WALK, 1)
    for n, record in enumerate(records):
        if n % part == 0:
            told(_COPY + _CHECK + min(n // part, _WALK), _WHOLE)
        yield record


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _size(source: Path, names: Iterable[str], to: Path) -> int:
    """Bytes of a backup's files, for which there is room.

    A link or a device is refused: it may have no end, and lies somewhere else.
    """
    whole = 0
    for name in names:
        told = (source / name).lstat()
        if not stat.S_ISREG(told.st_mode):
            raise BackupError(_CHANGED.filled(name=name))
        whole += told.st_size
    if whole > shutil.disk_usage(to).free:
        raise DiskFull
    return whole


def _take(source: Path, target: Path, digest: str, before: int, whole: int, told: Told) -> int:
    """Copy a file and prove it; its size."""
    done = 0
    with source.open("rb") as there, target.open("xb") as here:
        while block := there.read(_BLOCK):
            here.write(block)
            done += len(block)
            told(before + done, whole)
    if _sha256(target) != digest:
        raise BackupError(_CHANGED.filled(name=source.name))
    return done


def _listed(source: Path) -> _Listed:
    try:
        value = json.loads(first_bytes(source / BACKUP_FILE))
        files = {str(k): str(v) for k, v in value["files"].items()}
        head = Head(
            str(value["chain"]), int(value["seq"]), bytes.fromhex(value["digest"]),
            at=str(value["at"]),
        )  # fmt: skip
        ours = value["format"] == _FORMAT
    except _NO_REPORT:
        raise BackupError(_NONE.filled(name=source.name)) from None
    if not ours or DATA_FILE not in files or files.keys() - _HELD:
        raise BackupError(_NONE.filled(name=source.name))
    return _Listed(source, head, files, voucher(source, value, files))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
