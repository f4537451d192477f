"""Encryption with age, streaming, with the header of a file read strictly before it is used.

Source: the age-encryption.org/v1 specification (C2SP).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyrage
from pyrage import x25519

from mrd_desktop.transfer.errors import Damaged, NotForUs, PackageError, TooLarge

MOST_RECIPIENTS = 8
LARGEST_HEADER = 64 * 1024
_INTRO = b"age-encryption.org/v1\n"
_STANZA = re.compile(rb"-> X25519 [A-Za-z0-9+/]{43}\n[A-Za-z0-9+/]{43}\n")
# The writer mixes in one stanza that means nothing, so that readers stay tolerant of new kinds.
_GREASE = re.compile(
    rb"-> [!-~]{1,40}-grease(?: [!-~]{1,60}){0,8}\n"
    rb"(?:[A-Za-z0-9+/]{64}\n){0,8}[A-Za-z0-9+/]{0,63}\n"
)
_MAC = re.compile(rb"--- [A-Za-z0-9+/]{43}\n")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


class _Pull(io.RawIOBase):
    """A readable file over chunks made on demand: memory stays flat, nothing waits on disk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = memoryview(b"")
        self.failure: BaseException | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        try:
            while not self._left:
                self._left = memoryview(next(self._chunks))
        except StopIteration:
            return 0
        except BaseException as failure:
            self.failure = failure  # pyrage would replace it by an error of its own
            raise
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


def is_recipient(text: str) -> bool:
    """Whether a text is the public half of an X25519 age key."""
    if not _RECIPIENT.fullmatch(text):
        return False
    try:
        x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def encrypt(chunks: Iterator[bytes], into: io.BufferedIOBase, recipients: Sequence[str]) -> None:
    """Encrypt a stream to up to eight recipients (``age1…``).

    Raises:
        TooLarge: more recipients than the format allows.
        Whatever ``chunks`` or ``into`` raise.
    """
    if len(recipients) > MOST_RECIPIENTS:
        raise TooLarge(f"{len(recipients)} recipients")
    source = _Pull(chunks)
    keys = [x25519.Recipient.from_str(r) for r in recipients]
    target = _Push(into)
    try:
        pyrage.encrypt_io(io.BufferedReader(source, 1 << 18), target, keys)
    except Exception as trouble:
        raise source.failure or target.failure or trouble from None


class _Push(io.RawIOBase):
    """A writable file that keeps the first error for the caller."""

    def __init__(self, into: io.BufferedIOBase) -> None:
        self._into = into
        self.failure: BaseException | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        try:
            return self._into.write(data)
        except BaseException as failure:
            self.failure = failure
            raise


def recipients_count(file: BinaryIO) -> int:
    """How many X25519 recipients the header of an age file has; leaves the position changed.

    Raises:
        Damaged: not an age file, or with recipients of another kind.
        TooLarge: a header over 64 kB or more than eight recipients.
    """
    head = file.read(LARGEST_HEADER)
    if not head.startswith(_INTRO):
        raise Damaged("the encrypted part")
    at, count = len(_INTRO), 0
    grease = 0
    while found := _STANZA.match(head, at) or _GREASE.match(head, at):
        at = found.end()
        grease += found.re is _GREASE
        count += found.re is _STANZA
        if count > MOST_RECIPIENTS or grease > 1:
            raise TooLarge("recipients")
    if not _MAC.match(head, at):
        raise Damaged("the recipients of the encrypted part")
    return count


def decrypt(source: BinaryIO, into: BinaryIO, identities: Sequence[str], limit: int) -> None:
    """Decrypt a stream with the first identity (``AGE-SECRET-KEY-1…``) that opens it.

    ``into`` holds part of the plain text when this raises: the caller discards it.

    Raises:
        NotForUs: no identity opens it.
        Damaged: changed or cut.
        TooLarge: more than ``limit`` bytes come out.
    """
    target = _Push(_Limited(into, limit))
    try:
        pyrage.decrypt_io(source, target, [x25519.Identity.from_str(i) for i in identities])
    except pyrage.DecryptError as trouble:
        if isinstance(target.failure, PackageError):
            raise target.failure from None
        if "No matching keys" in str(trouble):
            raise NotForUs from None
        raise Damaged("the encrypted part") from None
    except OSError:
        if target.failure is not None:
            raise target.failure from None
        raise Damaged("the encrypted part") from None


class _Limited(io.BufferedIOBase):
    def __init__(self, into: BinaryIO, limit: int) -> None:
        self._into = into
        self._left = limit

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge("the unpacked size")
        return self._into.write(data)
