"""One file that brings a new version of the program: signed, written once, read with no trust.

``*.mrdupdate`` is an uncompressed zip of ``update.json`` and its signature (SSHSIG, namespace
``mrd-update-v1``, by a release key), ``installed.json`` with its own, and ``program.zlib``: the
contents of the listed files, one after another in the order of their names, as one zlib stream.
The stream holds no names; where a file goes is said by the signed list alone, and judged there.
Described in docs/release.md.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from mrd_desktop import __version__, installation
from mrd_desktop.installation import FileList, InstallationUnknown
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import dumps
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.texts import Text
from mrd_desktop.transfer import stored
from mrd_desktop.transfer.errors import Damaged, NewerFormat, NotAPackage, PackageError, TooLarge
from mrd_desktop.transfer.fields import ANY, DIGEST, TIME, Fields
from mrd_desktop.vault.versions import parsed

SUFFIX: Final = ".mrdupdate"
STATEMENT: Final = "update.json"
SIGNATURE: Final = f"{STATEMENT}.sig"
ARCHIVE: Final = "program.zlib"
NAMES: Final = (STATEMENT, SIGNATURE, installation.FILE, installation.SIGNATURE, ARCHIVE)

_FORMAT: Final = "mrd-update/1"
_LIMITS: Final = {
    STATEMENT: 256 << 10, SIGNATURE: 1024, installation.FILE: 4 << 20,
    installation.SIGNATURE: 1024,
}  # fmt: skip
_VERSION: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,3}")
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
_COMMIT: Final = re.compile(r"[0-9a-z]{0,64}")
_CHUNK: Final = 1 << 18
_LEVEL: Final = 6
_MOST_FILES: Final = 50_000
_LARGEST_WHOLE: Final = 8 << 30
_LONGEST_NAME: Final = 200
_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


class UpdateRefused(PackageError):
    """An update that is not installed; the program that is there stays as it is."""

    code = "update_refused"
    template = Text(
        "The update is not installed: {reason_en} The program that is installed stays as it is.",
        "未安装更新：{reason_zh}已安装的程序保持不变。",
    )

    def __init__(self, reason: Text) -> None:
        self.reason = reason
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a release key signs of an update.

    Attributes:
        minimum: least version that it may follow.
        back: versions that it may follow although they are newer: an order to go back.
        why: words of such an order; empty without one.
        notes: what is new, for who installs it.
        list, archive: SHA-256 of the list of files and of the archive.
        whole: bytes of all files together, unpacked.
    """

    product: str
    version: str
    platform: str
    commit: str
    minimum: str
    back: tuple[str, ...]
    why: Text
    notes: Text
    list: str
    archive: str
    whole: int
    made: str

    def to_bytes(self) -> bytes:
        """Canonical JSON, which is what is signed."""
        return dumps(
            {
                "format": _FORMAT, "product": self.product, "version": self.version,
                "platform": self.platform, "commit": self.commit, "minimum": self.minimum,
                "back": list(self.back), "why": {"en": self.why.en, "zh": self.why.zh},
                "notes": {"en": self.notes.en, "zh": self.notes.zh}, "list": self.list,
                "archive": self.archive, "bytes": self.whole, "made": self.made,
            }
        )  # fmt: skip

    @classmethod
    def of(cls, data: bytes) -> Statement:
        """The inverse of :meth:`to_bytes`.

        Raises:
            Damaged, NewerFormat: another form.
        """
        fields = Fields.of(data, STATEMENT, _FORMAT)
        why, notes = fields.object("why"), fields.object("notes")
        made = cls(
            product=fields.text("product", _WORD),
            version=fields.text("version", _VERSION),
            platform=fields.text("platform", _WORD),
            commit=fields.text("commit", _COMMIT),
            minimum=fields.text("minimum", _VERSION),
            back=fields.texts("back", _VERSION),
            why=Text(why.text("en", ANY), why.text("zh", ANY)),
            notes=Text(notes.text("en", ANY), notes.text("zh", ANY)),
            list=fields.text("list", DIGEST),
            archive=fields.text("archive", DIGEST),
            whole=fields.number("bytes"),
            made=fields.text("made", TIME),
        )
        for inner in (why, notes, fields):
            inner.done()
        return made

    @property
    def name(self) -> str:
        """Of the file: ``mrd-desktop-0.2.0-linux-x86_64.mrdupdate``."""
        return f"{self.product}-{self.version}-{self.platform}{SUFFIX}"

    def is_back(self, own: str = __version__) -> bool:
        """Whether it leads from this version back to an older one, by order."""
        return parsed(self.version) < parsed(own) and own in self.back

    def fault(self, own: str = __version__) -> Text | None:
        """Why it is not for this program and computer; None where it is.

        That the same version is installed anew, where its files were altered, is no fault.
        """
        if self.product != installation.PRODUCT:
            return _PRODUCT.filled(product=self.product)
        if self.platform != installation.here():
            return _PLATFORM.filled(platform=self.platform, here=installation.here())
        if parsed(self.version) < parsed(own) and not self.is_back(own):
            return _OLDER.filled(version=self.version, own=own)
        if parsed(own) < parsed(self.minimum):
            return _MINIMUM.filled(minimum=self.minimum, own=own)
        return None


@dataclass(frozen=True, slots=True)
class Update:
    """An update whose signatures hold, open to be unpacked.

    Attributes:
        digest: SHA-256 of its statement.
        signer: fingerprint of the release key.
        raw, seal: the list of files as it stands in it, and its signature.
    """

    statement: Statement
    files: FileList
    digest: str
    signer: str
    raw: bytes
    seal: bytes
    _file: BinaryIO
    _archive: stored.Member

    def contents(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Name and content of each file; a content is taken whole before the next one is asked.

        Raises:
            UpdateRefused: the archive has not what the list says.
        """
        stream = _Stream(self._file, self._archive)
        for name, listed in sorted(self.files.files.items()):
            if not listed.link:
                yield name, _whole(name, stream.take(listed.size), listed.sha256)
        stream.done()


@contextmanager
def opened(path: Path) -> Iterator[Update]:
    """Open an update, everything judged but the contents of the files.

    The order: layout; signature under the statement; the list's digest and signature; the
    archive's digest; names and links of the list. Whether it is for this program says
    :meth:`Statement.fault`.

    Raises:
        UpdateRefused: in words that say why.
    """
    with of_the_disk():
        file = path.open("rb")
    with file:
        try:
            members = stored.read(file, NAMES, _LIMITS)
        except NotAPackage:
            raise UpdateRefused(_FOREIGN) from None
        except (Damaged, TooLarge):
            raise UpdateRefused(_DAMAGED) from None
        said, signature = _bytes(file, members[STATEMENT]), _bytes(file, members[SIGNATURE])
        signer = _signer(said, signature, Namespace.UPDATE)
        try:
            statement = Statement.of(said)
        except NewerFormat:
            raise UpdateRefused(_NEWER) from None
        except Damaged:
            raise UpdateRefused(_DAMAGED) from None
        raw, seal = (_bytes(file, members[n]) for n in NAMES[2:4])
        if hashlib.sha256(raw).hexdigest() != statement.list:
            raise UpdateRefused(_OTHER_LIST)
        _signer(raw, seal, Namespace.RELEASE)
        try:
            files = installation.read_list(raw)
        except InstallationUnknown:
            raise UpdateRefused(_OTHER_LIST) from None
        _agree(statement, files)
        if _digest(file, members[ARCHIVE]) != statement.archive:
            raise UpdateRefused(_DAMAGED)
        digest = hashlib.sha256(said).hexdigest()
        yield Update(statement, files, digest, signer, raw, seal, file, members[ARCHIVE])


def write(
    root: Path,
    to: Path,
    *,
    minimum: str,
    notes: Text,
    sign: Callable[[bytes], str],
    back: Sequence[str] = (),
    why: Text = Text("", ""),  # noqa: B008 - immutable
) -> Path:
    """Write the update of a program that a release key has signed; the file.

    Args:
        root: the program's folder, whole. to: a folder.
        sign: armored SSHSIG of the statement, namespace ``mrd-update-v1``.

    Raises:
        UpdateRefused: the folder is no whole release, or the file would be refused.
        ValueError: a version is none.
        OSError: it cannot be written.
    """
    found = installation.inspect(root)
    if found.bar is not None:
        raise UpdateRefused(found.bar)
    raw = (root / installation.FILE).read_bytes()
    files = installation.read_list(raw)
    parsed(minimum)
    with tempfile.TemporaryFile() as packed:
        whole, archive = _pack(root, files, packed)
        statement = Statement(
            product=files.product, version=files.version, platform=files.platform,
            commit=files.commit, minimum=minimum, back=tuple(sorted(set(back))), why=why,
            notes=notes, list=found.digest, archive=archive, whole=whole, made=_now(),
        )  # fmt: skip
        said = statement.to_bytes()
        _agree(Statement.of(said), files)
        path = to / statement.name
        with path.open("xb") as file, _or_nothing(path):
            writer = stored.Writer(file)
            writer.add(STATEMENT, said)
            writer.add(SIGNATURE, sign(said).encode("ascii"))
            writer.add(installation.FILE, raw)
            writer.add(installation.SIGNATURE, (root / installation.SIGNATURE).read_bytes())
            with writer.begin(ARCHIVE) as stream:
                packed.seek(0)
                while chunk := packed.read(_CHUNK):
                    stream.write(chunk)
            writer.finish()
    with _or_nothing(path), opened(path):
        return path


@contextmanager
def of_the_disk() -> Iterator[None]:
    """What the disk refuses, in words: UpdateRefused."""
    try:
        yield
    except OSError as error:
        raise UpdateRefused(_DISK.filled(why=error.strerror or str(error))) from None


@contextmanager
def _or_nothing(path: Path) -> Iterator[None]:
    """A file that cannot be finished is not left behind."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def misplaced(files: FileList) -> str | None:
    """The first name of a list that no file of a program has; None where all are in order.

    A name stays inside the folder on every system, means one file on each, and is reached through
    no link; a link leads to something of the same list.
    """
    folded: dict[str, str] = {}
    parents = {str(p) for name in files.files for p in PurePosixPath(name).parents}
    for name, listed in files.files.items():
        parts = name.split("/")
        sound = (
            len(name) <= _LONGEST_NAME
            and not _UNFIT.search(name)
            and all(p not in ("", ".", "..") and p[-1] not in ". " for p in parts)
            and not any(_DEVICE.fullmatch(p) for p in parts)
            and name not in parents
            and name.casefold() not in folded
            and name not in (installation.FILE, installation.SIGNATURE)
        )
        if not sound or (listed.link and not _leads_inside(name, listed.link, files, parents)):
            return name
        folded[name.casefold()] = name
    folders = {p.casefold(): p for p in parents}
    twice = (p for p in parents if folders[p.casefold()] != p or p.casefold() in folded)
    return next(twice, None)


def _leads_inside(name: str, link: str, files: FileList, parents: set[str]) -> bool:
    """Whether a link is relative and leads to a file or folder of the list."""
    if link.startswith("/") or _UNFIT.search(link):
        return False
    at = list(PurePosixPath(name).parent.parts)
    for part in link.split("/"):
        if part == "..":
            if not at:
                return False
            at.pop()
        elif part in ("", "."):
            return False
        else:
            at.append(part)
    target = "/".join(at)
    return target in files.files or (target in parents and target != ".")


def _agree(statement: Statement, files: FileList) -> None:
    whole = sum(listed.size for listed in files.files.values())
    same = (statement.product, statement.version, statement.platform, statement.commit) == (
        files.product, files.version, files.platform, files.commit,
    )  # fmt: skip
    if not same or whole != statement.whole or not files.files:
        raise UpdateRefused(_OTHER_LIST)
    if whole > _LARGEST_WHOLE or len(files.files) > _MOST_FILES:
        raise UpdateRefused(_TOO_LARGE)
    wrong = misplaced(files)
    if wrong is not None:
        raise UpdateRefused(_NAME.filled(name=json.dumps(wrong)))


def _signer(message: bytes, signature: bytes, namespace: Namespace) -> str:
    try:
        keys = installation.release_keys()
        return keys[sshsig.verify(signature.decode("ascii"), message, namespace, keys)]
    except (LedgerError, ValueError):  # UnicodeDecodeError is one; keys that cannot be read, too
        raise UpdateRefused(_UNSIGNED) from None


def _pack(root: Path, files: FileList, to: BinaryIO) -> tuple[int, str]:
    """Write the archive: bytes unpacked, and its SHA-256."""
    packer, digest, whole = zlib.compressobj(_LEVEL), hashlib.sha256(), 0
    for name, listed in sorted(files.files.items()):
        if listed.link:
            continue
        with (root / name).open("rb") as file:
            while chunk := file.read(_CHUNK):
                whole += len(chunk)
                piece = packer.compress(chunk)
                digest.update(piece)
                to.write(piece)
    last = packer.flush()
    digest.update(last)
    to.write(last)
    return whole, digest.hexdigest()


def _whole(name: str, chunks: Iterator[bytes], sha256: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise UpdateRefused(_CONTENT.filled(name=json.dumps(name)))


class _Stream:
    """The archive unpacked as far as it is asked for, and no further."""

    def __init__(self, file: BinaryIO, member: stored.Member) -> None:
        self._file = file
        self._left = member.size
        self._at = member.offset
        self._opener = zlib.decompressobj()
        self._held = b""

    def take(self, size: int) -> Iterator[bytes]:
        while size:
            made = self._next(min(size, _CHUNK))
            if not made:
                raise UpdateRefused(_DAMAGED)
            size -= len(made)
            yield made

    def done(self) -> None:
        """Nothing may be left, neither to unpack nor behind it."""
        if self._next(1) or not self._opener.eof or self._opener.unused_data or self._left:
            raise UpdateRefused(_DAMAGED)

    def _next(self, most: int) -> bytes:
        while not self._opener.eof:
            if not self._held:
                self._file.seek(self._at)
                self._held = self._file.read(min(_CHUNK, self._left))
                self._at += len(self._held)
                self._left -= len(self._held)
            ended = not self._held
            try:
                made = self._opener.decompress(self._held, most)
            except zlib.error:
                raise UpdateRefused(_DAMAGED) from None
            self._held = self._opener.unconsumed_tail
            if made or ended:
                return made
        return b""


def _bytes(file: BinaryIO, member: stored.Member) -> bytes:
    file.seek(member.offset)
    return file.read(member.size)


def _digest(file: BinaryIO, member: stored.Member) -> str:
    digest, left = hashlib.sha256(), member.size
    file.seek(member.offset)
    while left and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


_DISK: Final = Text(
    "the disk or medium refuses ({why}). Whoever installs has to have the right to write the "
    "program's folder, and there has to be room.",
    "磁盘或介质拒绝操作（{why}）。安装者须有程序文件夹的写入权限，且磁盘空间充足。",
)
_FOREIGN: Final = Text(
    "the file is no update of MRD Desktop. Choose one that ends in .mrdupdate.",
    "该文件不是 MRD Desktop 的更新文件，请选择扩展名为 .mrdupdate 的文件。",
)
_DAMAGED: Final = Text(
    "the file is damaged. Copy it again from the original.", "文件已损坏，请从原件重新复制。"
)
_NEWER: Final = Text(
    "it is of a newer form than this version reads. Install an earlier update first.",
    "其格式较新，本版本无法读取，请先安装较早的更新。",
)
_UNSIGNED: Final = Text(
    "no release key that this program trusts has signed it. Ask the sponsor where it comes from.",
    "未经本程序信任的发布密钥签名，请向申办方核实其来源。",
)
_OTHER_LIST: Final = Text(
    "its list of files is another one than the release key signed it with. Ask for a new file.",
    "其文件清单与发布密钥所签名的不一致，请重新索取。",
)
_TOO_LARGE: Final = Text("it is larger than any program is.", "其体积超出限制。")
_NAME: Final = Text(
    "it would lay a file where none belongs ({name}). Tell the sponsor.",
    "其中的文件位置不允许（{name}），请告知申办方。",
)
_CONTENT: Final = Text(
    "a file in it is not the one that was signed ({name}). Copy it again from the original.",
    "其中的文件与签名不符（{name}），请从原件重新复制。",
)
_PRODUCT: Final = Text("it is an update of {product}.", "这是 {product} 的更新文件。")
_PLATFORM: Final = Text(
    "it is for {platform}; this computer is {here}. Ask for the file for {here}.",
    "它适用于 {platform}，而本机为 {here}，请索取 {here} 版本。",
)
_OLDER: Final = Text(
    "it is version {version}, older than {own}. The way back needs an update that orders it.",
    "其版本 {version} 比当前 {own} 旧；退回旧版本需要带退回指令的更新文件。",
)
_MINIMUM: Final = Text(
    "it follows version {minimum} or newer; this is {own}. Install {minimum} first.",
    "须先升级到 {minimum} 或更高版本（当前为 {own}），请先安装 {minimum}。",
)
