"""One file that carries parts from one party to another: signed, encrypted, signed.

The file is an uncompressed zip of ``package.age``, ``outer.json`` and ``outer.json.sig``. Inside
the encryption stands a zip of parts with ``manifest.json`` and ``manifest.json.sig``. The bytes
are described in docs/package.md and frozen by tests/vectors/package.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Generic, Protocol, TypeVar, cast

from mrd_desktop.ledger import rotations, sshsig
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.texts import Text
from mrd_desktop.transfer import age, stored
from mrd_desktop.transfer.archive import MOST_PARTS, Archive, Part, Writer
from mrd_desktop.transfer.errors import (
    Damaged,
    Forged,
    NoRecipient,
    NotAPackage,
    NotForUs,
    OtherKind,
    TooLarge,
    UnknownKey,
    WriteFailed,
    write_failed,
)
from mrd_desktop.transfer.fields import DIGEST, SITE, Fields
from mrd_desktop.transfer.manifest import FORMAT, Manifest, PartEntry

SEALED: Final = "package.age"
OUTER: Final = "outer.json"
OUTER_SIGNATURE: Final = "outer.json.sig"
MANIFEST: Final = "manifest.json"
MANIFEST_SIGNATURE: Final = "manifest.json.sig"
PARTIAL: Final = ".partial"

_SMALL: Final = 64 * 1024
_LARGEST_MANIFEST: Final = 4 << 20
_CHUNK: Final = 1 << 20
_IN_MEMORY: Final = 64 << 20
_CHANGES: Final = "rotations"
_MOST_CHANGES: Final = 16


@dataclass(frozen=True)
class Sender:
    """Who writes: its signing key and its own archive key.

    Attributes:
        sign: namespace and message to armored SSHSIG.
        public: the 32 bytes of the signing key, to check what was written.
        recipient, identity: the archive's age key (``age1…`` and ``AGE-SECRET-KEY-1…``).
        changes: those of its key, in order; the last ones stand on a label that tells them.
    """

    sign: Callable[[str, bytes], str]
    public: bytes
    recipient: str
    identity: str
    changes: tuple[Rotation, ...] = ()


class Letter(Protocol):
    """What every manifest says."""

    @property
    def study(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def chain(self) -> str: ...
    @property
    def training(self) -> bool: ...
    @property
    def number(self) -> int: ...
    @property
    def parts(self) -> tuple[PartEntry, ...]: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def file_name(self) -> str: ...
    def to_bytes(self) -> bytes: ...


L = TypeVar("L", bound=Letter)


@dataclass(frozen=True, slots=True)
class Layout(Generic[L]):
    """What tells one kind of file from another.

    Attributes:
        parts: shape of the names of parts; anything else is refused.
        parse: reads ``manifest.json``.
        tells: the label may say how the sender's key was changed, for who knows a former one.
    """

    format: str
    inner: Namespace
    outer: Namespace
    parts: re.Pattern[str]
    parse: Callable[[bytes], L]
    tells: bool = False


PACKAGE: Final = Layout(
    FORMAT,
    Namespace.PACKAGE_INNER,
    Namespace.PACKAGE_OUTER,
    re.compile(
        r"(headers|openings)-[0-9]{4}\.jsonl|definitions/[0-9a-f]{64}\.json"
        r"|snapshot/csv/[A-Z0-9_]{1,40}\.csv|snapshot/odm/snapshot\.xml"
    ),
    Manifest.from_bytes,
)


@dataclass(frozen=True, slots=True)
class Outer:
    """The clear label on the outside, so that a courier can check without a key to read.

    Attributes:
        manifest: SHA-256 of the manifest inside.
        size, sha256: of the encrypted part.
        changes: of the sender's key, each signed by the one before it.
    """

    format: str
    study: str
    site: str
    chain: str
    training: bool
    number: int
    manifest: str
    size: int
    sha256: str
    changes: tuple[Rotation, ...] = ()

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        said: dict[str, JSON] = {
            "chain": self.chain,
            "format": self.format,
            "manifest": self.manifest,
            "number": self.number,
            "sha256": self.sha256,
            "site": self.site,
            "size": self.size,
            "study": self.study,
            "training": self.training,
        }
        if self.changes:
            said[_CHANGES] = [change.signed() for change in self.changes]
        return dumps(said)

    @classmethod
    def from_bytes(cls, data: bytes, form: str, *, tells: bool = False) -> Outer:
        """Reads the inverse of :meth:`to_bytes`; raises Damaged or NewerFormat.

        Args:
            tells: changes of the sender's key may stand there.
        """
        fields = Fields.of(data, OUTER, form)
        outer = cls(
            format=form,
            study=fields.text("study"),
            site=fields.text("site", SITE),
            chain=fields.text("chain", ID),
            training=fields.flag("training"),
            number=fields.number("number", 1),
            manifest=fields.text("manifest", DIGEST),
            size=fields.number("size"),
            sha256=fields.text("sha256", DIGEST),
            changes=_changes(fields) if tells else (),
        )
        fields.done()
        return outer


def _changes(fields: Fields) -> tuple[Rotation, ...]:
    """Whether a key that is known signed for the first one, the caller asks."""
    told = fields.list_or_none(_CHANGES)
    if told is None:
        return ()
    try:
        found = [rotations.read(said) for said in told if isinstance(said, Mapping)]
    except NoRotation:
        found = []
    if not 0 < len(found) <= _MOST_CHANGES or [f.signed() for f in found] != list(told):
        raise Damaged(f"{OUTER}: {_CHANGES}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Written(Generic[L]):
    """A finished file and its manifest."""

    path: Path
    manifest: L
    sha256: str


Trusted = Callable[[Outer], Collection[bytes]]
"""The signing keys (32 bytes each) trusted for what a label says; the label is not proven yet."""


def write(
    folder: Path,
    layout: Layout[L],
    parts: Iterable[Part],
    manifest: Callable[[tuple[PartEntry, ...]], L],
    sender: Sender,
    *,
    recipients: Sequence[str],
) -> Written[L]:
    """Write a file into ``folder`` under the name its manifest gives.

    Nothing has that name before the whole file is on the medium, was read back from it, opened
    with the sender's own archive key and compared.

    Args:
        manifest: makes the manifest once all parts are written and counted.
        recipients: age recipients besides the sender's own archive. The manifest must name
            exactly :func:`addressed` of them.

    Raises:
        WriteFailed: the medium is full, gone or protected, or gives back other bytes.
        NoRecipient: nobody but the sender.
        TooLarge: over a limit of the format.
        Whatever making the parts raises; then no file is left.
    """
    if not recipients:
        raise NoRecipient
    partial: Path | None = None
    try:
        handle, name = tempfile.mkstemp(PARTIAL, ".mrd-", folder)
        partial = Path(name)
        with os.fdopen(handle, "w+b") as file:
            made = _write(file, layout, parts, manifest, (sender, addressed(sender, recipients)))
            _to_medium(file)
        with opened(partial, layout, lambda _: [sender.public], [sender.identity]) as package:
            if package.manifest != made or made.recipients != addressed(sender, recipients):
                raise WriteFailed("the medium gives back other bytes")
        target = folder / made.file_name
        partial.replace(target)
        partial = None
        _sync_folder(folder)
    except OSError as trouble:
        raise write_failed(trouble) from trouble
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()
    return Written(target, made, hashlib.sha256(made.to_bytes()).hexdigest())


def addressed(sender: Sender, recipients: Sequence[str]) -> tuple[str, ...]:
    """Everybody a file is encrypted to, sorted: the recipients and the sender's own archive."""
    return tuple(sorted({*recipients, sender.recipient}))


def _write(
    file: BinaryIO,
    layout: Layout[L],
    parts: Iterable[Part],
    manifest: Callable[[tuple[PartEntry, ...]], L],
    to: tuple[Sender, tuple[str, ...]],
) -> L:
    sender, recipients = to
    made: list[L] = []

    def inner() -> Iterator[bytes]:
        archive = Writer()
        for part in parts:
            if not layout.parts.fullmatch(part.name) or len(archive.entries) >= MOST_PARTS - 2:
                raise TooLarge(part.name)
            yield from archive.part(part)
        letter = manifest(tuple(archive.entries))
        made.append(letter)
        data = letter.to_bytes()
        yield from archive.part(Part(MANIFEST, [data]))
        yield from archive.part(
            Part(MANIFEST_SIGNATURE, [sender.sign(layout.inner, data).encode()])
        )
        yield archive.finish()

    outermost = stored.Writer(file)
    with outermost.begin(SEALED) as stream:
        sealed = _Hashing(stream)
        age.encrypt(inner(), sealed, recipients)
    letter = made[0]
    label = Outer(
        layout.format,
        letter.study,
        letter.site,
        letter.chain,
        letter.training,
        letter.number,
        hashlib.sha256(letter.to_bytes()).hexdigest(),
        sealed.size,
        sealed.digest.hexdigest(),
        sender.changes[-_MOST_CHANGES:] if layout.tells else (),
    ).to_bytes()
    outermost.add(OUTER, label)
    outermost.add(OUTER_SIGNATURE, sender.sign(layout.outer, label).encode())
    outermost.finish()
    return letter


class _Hashing(io.BufferedIOBase):
    def __init__(self, into: io.BufferedIOBase) -> None:
        self._into = into
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.digest.update(data)
        self.size += len(data)
        return self._into.write(data)


def copy(
    source: Path,
    folder: Path,
    name: str | None = None,
    *,
    pulse: Callable[[int], None] | None = None,
    verify: Callable[[Path], None] | None = None,
) -> Path:
    """A second copy of a finished file, as careful as the first.

    Args:
        name: of the copy; without one that of the source. What came from somebody else bears
            whatever name it was given on the way, and is kept under the one that it says itself.
        pulse: told how many bytes are written; it may raise to stop.
        verify: looks at the copy as the medium gives it back, before it has its name.

    Raises:
        WriteFailed: the medium is full, gone or protected, or gives back other bytes.
        Whatever ``pulse`` and ``verify`` raise; then no file is left.
    """
    partial: Path | None = None
    try:
        handle, temporary = tempfile.mkstemp(PARTIAL, ".mrd-", folder)
        partial = Path(temporary)
        digest = hashlib.sha256()
        with os.fdopen(handle, "w+b") as into, source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                into.write(chunk)
                if pulse is not None:
                    pulse(into.tell())
            _to_medium(into)
        with partial.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != digest.digest():
                raise WriteFailed("the medium gives back other bytes")
        if verify is not None:
            verify(partial)
        target = folder / (name or source.name)
        partial.replace(target)
        partial = None
        _sync_folder(folder)
    except OSError as trouble:
        raise write_failed(trouble) from trouble
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()
    return target


def _to_medium(file: BinaryIO) -> None:
    """Flush, and forget what is cached, so that reading back reads the medium."""
    file.flush()
    os.fsync(file.fileno())
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _sync_folder(folder: Path) -> None:
    # A stick formatted for Windows refuses to sync a folder; its file was synced already.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True)
class Package(Generic[L]):
    """A file whose every byte was checked.

    Attributes:
        sha256: of the manifest; what the package is called.
        signer: the key under which both signatures hold.
    """

    outer: Outer
    manifest: L
    sha256: str
    signer: bytes
    archive: Archive

    def lines(self, stem: str) -> Iterator[bytes]:
        """The lines of the parts ``<stem>-0001.jsonl`` … without line ends.

        Raises:
            Damaged: a last line without its end, or a line over 16 MiB.
        """
        rest = b""
        for part in self.manifest.parts:
            if part.name.startswith(stem + "-"):
                for chunk in self.archive.chunks(part.name):
                    *whole, rest = (rest + chunk).split(b"\n")
                    yield from whole
                    if len(rest) > _LONGEST_LINE:
                        raise TooLarge(part.name)
                if rest:
                    raise Damaged(f"{part.name}: its last line")


_LONGEST_LINE: Final = 16 << 20


def label(path: Path, layout: Layout[L], trusted: Trusted) -> tuple[Outer, bytes]:
    """Check the outside alone (signature and digest of the encrypted part) and read the label.

    Returns:
        The label and the key that signed it.

    Raises:
        As :func:`opened`, up to the encryption.
    """
    with _reading(path) as file:
        outer, _, signer = _outside(file, layout, trusted)
    return outer, signer


def signed_label(path: Path, layout: Layout[L]) -> tuple[Outer, bytes]:
    """As :func:`label` under whatever key signed; whose key that is, the caller asks."""
    signature = outer_signature(path, layout)
    key = sshsig.signer_of(signature, layout.outer)
    return label(path, layout, lambda _: [key])


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except IsADirectoryError:
        raise NotAPackage from None


def claimed(path: Path, layout: Layout[L]) -> Outer:
    """The label as it stands, proven by nothing; for choosing keys and for messages only."""
    with _reading(path) as file:
        return _label(file, layout)[0]


def outer_signature(path: Path, layout: Layout[L]) -> str:
    """The signature outside as it stands, proven by nothing."""
    with _reading(path) as file:
        return _label(file, layout)[2]


def _label(file: BinaryIO, layout: Layout[L]) -> tuple[Outer, bytes, str, stored.Member]:
    limits = {OUTER: _SMALL, OUTER_SIGNATURE: _SMALL}
    members = stored.read(file, (SEALED, OUTER, OUTER_SIGNATURE), limits)
    data = _member(file, members[OUTER])
    try:
        signature = _member(file, members[OUTER_SIGNATURE]).decode("ascii")
    except UnicodeDecodeError:
        raise Damaged(OUTER_SIGNATURE) from None
    _of_this_kind(data, layout.format)
    return (
        Outer.from_bytes(data, layout.format, tells=layout.tells),
        data,
        signature,
        members[SEALED],
    )


_KINDS: Final[Mapping[str, Text]] = {
    "mrd-package": Text("a transfer package of a site (.mrdpkg)", "中心发出的传输包（.mrdpkg）"),
    "mrd-reply": Text("a reply of the sponsor (.mrdreply)", "申办方的回复（.mrdreply）"),
    "mrd-handover": Text(
        "a hand-over from another computer (.mrdhandover)", "其他电脑的移交文件（.mrdhandover）"
    ),
}


def _of_this_kind(label: bytes, form: str) -> None:
    """Tell a whole file of another kind from a damaged one; it is judged by its label alone."""
    try:
        said = loads(label)
    except CanonicalError:
        return
    found = str(said.get("format")).partition("/")[0] if isinstance(said, Mapping) else ""
    wanted = form.partition("/")[0]
    if found in _KINDS and wanted in _KINDS and found != wanted:
        raise OtherKind(_KINDS[found], _KINDS[wanted])


def _outside(
    file: BinaryIO, layout: Layout[L], trusted: Trusted
) -> tuple[Outer, stored.Member, bytes]:
    outer, data, signature, sealed = _label(file, layout)
    allowed = trusted(outer)
    try:
        claims = sshsig.signer_of(signature, layout.outer)
        if claims not in allowed:
            raise UnknownKey(site=outer.site)
        signer = sshsig.verify(signature, data, layout.outer, allowed)
    except SignatureRefused:
        raise Forged(OUTER) from None
    if sealed.size != outer.size or _digest(file, sealed) != outer.sha256:
        raise Forged(SEALED)
    return outer, sealed, signer


def _member(file: BinaryIO, member: stored.Member) -> bytes:
    file.seek(member.offset)
    return file.read(member.size)


def _digest(file: BinaryIO, member: stored.Member) -> str:
    digest = hashlib.sha256()
    for chunk in _Window(file, member).pieces():
        digest.update(chunk)
    return digest.hexdigest()


class _Window(io.RawIOBase):
    """The bytes of one member as a file of its own."""

    def __init__(self, file: BinaryIO, member: stored.Member) -> None:
        self._file = file
        self._left = member.size
        file.seek(member.offset)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = self._file.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        while data := self._file.read(min(_CHUNK, self._left)):
            self._left -= len(data)
            yield data


@contextmanager
def opened(
    path: Path,
    layout: Layout[L],
    trusted: Trusted,
    identities: Sequence[str],
    work: Path | None = None,
) -> Iterator[Package[L]]:
    """Open a file, everything checked before anything of it is handed out.

    The order: size and layout; signature outside; digest of the encrypted part; its header;
    decryption; layout inside; manifest and its signature by the same key; that label and
    manifest agree; every part against the manifest.

    Args:
        trusted: the keys allowed for what the label says.
        identities: age identities to try.
        work: folder for what is unpacked beyond 64 MiB; it has no name there and is gone with
            the program, however that ends.

    Raises:
        NotAPackage, Damaged, TooLarge, NewerFormat, UnknownKey, Forged, NotForUs.
    """
    with _reading(path) as file:
        outer, sealed, signer = _outside(file, layout, trusted)
        count = age.recipients_count(cast(BinaryIO, io.BufferedReader(_Window(file, sealed))))
        with tempfile.SpooledTemporaryFile(
            _IN_MEMORY, dir=None if work is None else str(work)
        ) as plain:
            inside = cast(BinaryIO, plain)
            source = io.BufferedReader(_Window(file, sealed), _CHUNK)
            age.decrypt(cast(BinaryIO, source), inside, identities, stored.LARGEST)
            archive = Archive(inside)
            try:
                yield _inside(archive, outer, layout, signer, count)
            finally:
                archive.close()


def _inside(
    archive: Archive, outer: Outer, layout: Layout[L], signer: bytes, recipients: int
) -> Package[L]:
    *names, last, signature_name = archive.names or ("", "")
    if (last, signature_name) != (MANIFEST, MANIFEST_SIGNATURE):
        raise Damaged(MANIFEST)
    data = archive.read(MANIFEST, _LARGEST_MANIFEST)
    try:
        signature = archive.read(MANIFEST_SIGNATURE, _SMALL).decode("ascii")
        sshsig.verify(signature, data, layout.inner, [signer])
    except (SignatureRefused, UnicodeDecodeError):
        raise Forged(MANIFEST) from None
    manifest = layout.parse(data)
    digest = hashlib.sha256(data).hexdigest()
    said = (manifest.study, manifest.site, manifest.chain, manifest.training, manifest.number)
    if said != (outer.study, outer.site, outer.chain, outer.training, outer.number) or (
        digest != outer.manifest
    ):
        raise Forged(OUTER)
    if recipients != len(manifest.recipients):
        raise Forged("its recipients")
    if names != [part.name for part in manifest.parts] or not all(
        layout.parts.fullmatch(name) for name in names
    ):
        raise Damaged("its parts")
    for part in manifest.parts:
        archive.check(part)
    return Package(outer, manifest, digest, signer, archive)


def for_whom(package: Package[L], *own: str) -> None:
    """Refuse a package that its signer did not address to one of the reader's own recipients.

    Encryption alone would let a reader pass it on as if it had been sent to somebody else.

    Raises:
        NotForUs: the signed list of recipients names none of them.
    """
    if not set(own) & set(package.manifest.recipients):
        raise NotForUs


__all__ = [
    "PACKAGE",
    "Layout",
    "Letter",
    "Outer",
    "Package",
    "Sender",
    "Trusted",
    "Written",
    "addressed",
    "claimed",
    "copy",
    "for_whom",
    "label",
    "opened",
    "outer_signature",
    "write",
]
