"""Definitions that a file brings: each is read before it is kept.

A definition is kept for good, and every table and form of its study is made from it. What this
program cannot read would stop all of them, so that the file is refused instead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from mrd_desktop.study.errors import DefinitionError, DefinitionOfNewerForm
from mrd_desktop.study.load import study_from_bytes
from mrd_desktop.transfer.container import Package
from mrd_desktop.transfer.errors import NewerDefinition, RecordsRefused, UnreadableDefinition
from mrd_desktop.transfer.manifest import PartEntry

_LARGEST: Final = 8 << 20
"""Bytes; a definition of a hundred forms has less than one million."""


def digests(package: Package[Any]) -> Iterator[tuple[str, PartEntry]]:
    """The definitions that a file says it brings, each with its part."""
    for part in package.manifest.parts:
        if part.name.startswith("definitions/"):
            yield part.name.removeprefix("definitions/").removesuffix(".json"), part


def brought(package: Package[Any]) -> Iterator[tuple[str, bytes]]:
    """The definitions in a file by their digests, each of them read.

    Raises:
        NewerDefinition: it has a form that this program does not know.
        UnreadableDefinition: it cannot be read.
        RecordsRefused: its bytes are not those of its name.
    """
    for digest, part in digests(package):
        if part.size > _LARGEST:
            raise UnreadableDefinition(digest[:12])
        data = b"".join(package.archive.chunks(part.name))
        if hashlib.sha256(data).hexdigest() != digest:
            raise RecordsRefused(f"definition {digest} is another")
        judge(digest, data)
        yield digest, data


def read(package: Package[Any]) -> None:
    """Read every definition of a file and keep none, so that nothing is stored where one fails.

    Raises:
        As :func:`brought`.
    """
    for _ in brought(package):
        pass


def judge(digest: str, data: bytes) -> None:
    """Refuse what this program could not show forms with.

    Raises:
        NewerDefinition, UnreadableDefinition: as :func:`brought`.
    """
    try:
        study_from_bytes(data)
    except DefinitionOfNewerForm as newer:
        raise NewerDefinition(version=newer.version or digest[:12], form=newer.form) from None
    except DefinitionError:
        raise UnreadableDefinition(digest[:12]) from None
