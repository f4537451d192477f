"""The manifest: what a package says of itself. A package *is* the SHA-256 of these bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.ids import ID
from mrd_desktop.transfer.errors import Damaged
from mrd_desktop.transfer.fields import DIGEST, SITE, TIME, Fields

FORMAT: Final = "mrd-package/1"
NUMBER_LIMIT: Final = 9999
RECIPIENT: Final = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_PART = re.compile(r"[a-z0-9A-Z_./-]{1,120}")


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a chain: the record number and its digest (hexadecimal); 0 is the genesis."""

    seq: int
    digest: str

    def json(self) -> JSON:
        """As it stands in a manifest."""
        return {"digest": self.digest, "seq": self.seq}

    @classmethod
    def of(cls, fields: Fields) -> Point:
        """Reads the inverse of :meth:`json`."""
        point = cls(fields.number("seq"), fields.text("digest", DIGEST))
        fields.done()
        return point


@dataclass(frozen=True, slots=True)
class PartEntry:
    """One part of a package: name in the archive, bytes unpacked, SHA-256 (hexadecimal)."""

    name: str
    size: int
    sha256: str

    def json(self) -> JSON:
        """As it stands in a manifest."""
        return {"name": self.name, "sha256": self.sha256, "size": self.size}

    @classmethod
    def of(cls, fields: Fields) -> PartEntry:
        """Reads the inverse of :meth:`json`."""
        part = cls(fields.text("name", _PART), fields.number("size"), fields.text("sha256", DIGEST))
        fields.done()
        return part


@dataclass(frozen=True, slots=True)
class Counts:
    """What the receiver counts again.

    Attributes:
        records: headers in the package.
        opened: openings of these records.
        late: openings of records that travelled in an earlier package.
        kinds: openings by kind of record, late ones included.
        withheld: records of this package whose opening stays at the site, by reason.
    """

    records: int = 0
    opened: int = 0
    late: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)

    def json(self) -> JSON:
        """As it stands in a manifest."""
        return {
            "kinds": self.kinds,
            "late": self.late,
            "opened": self.opened,
            "records": self.records,
            "withheld": self.withheld,
        }

    @classmethod
    def of(cls, fields: Fields) -> Counts:
        """Reads the inverse of :meth:`json`."""
        counts = cls(
            fields.number("records"),
            fields.number("opened"),
            fields.number("late"),
            fields.numbers("kinds"),
            fields.numbers("withheld"),
        )
        fields.done()
        return counts


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of ``manifest.json`` of a package.

    Attributes:
        number: running number on this chain, 1 to 9999.
        full: from genesis, whatever was sent before.
        previous: SHA-256 of the previous package's manifest; None for the first. It orders.
        before, after: where the records of the package begin (exclusive) and end (inclusive).
        definitions: digests of every study definition under which a form in it was saved.
        recipients: the age keys it is encrypted to. An age recipient is its own fingerprint.
        created: time of the record at ``after``, so that the same content has the same bytes.
    """

    study: str
    site: str
    chain: str
    training: bool
    number: int
    full: bool
    previous: str | None
    before: Point
    after: Point
    counts: Counts
    parts: tuple[PartEntry, ...]
    definitions: tuple[str, ...]
    recipients: tuple[str, ...]
    program: str
    created: str

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return dumps(
            {
                "after": self.after.json(),
                "before": self.before.json(),
                "chain": self.chain,
                "counts": self.counts.json(),
                "created": self.created,
                "definitions": self.definitions,
                "format": FORMAT,
                "full": self.full,
                "number": self.number,
                "parts": [part.json() for part in self.parts],
                "previous": self.previous,
                "program": self.program,
                "recipients": self.recipients,
                "site": self.site,
                "study": self.study,
                "training": self.training,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Reads the inverse of :meth:`to_bytes`.

        Raises:
            Damaged: not exactly such bytes, or fields that contradict each other.
            NewerFormat: a package of another major version.
        """
        fields = Fields.of(data, "manifest.json", FORMAT)
        manifest = cls(
            study=fields.text("study"),
            site=fields.text("site", SITE),
            chain=fields.text("chain", ID),
            training=fields.flag("training"),
            number=fields.number("number", 1),
            full=fields.flag("full"),
            previous=fields.text_or_none("previous", DIGEST),
            before=Point.of(fields.object("before")),
            after=Point.of(fields.object("after")),
            counts=Counts.of(fields.object("counts")),
            parts=tuple(PartEntry.of(Fields(p, "parts")) for p in fields.list("parts")),
            definitions=fields.texts("definitions", DIGEST),
            recipients=fields.texts("recipients", RECIPIENT),
            program=fields.text("program"),
            created=fields.text("created", TIME),
        )
        fields.done()
        manifest._check()
        return manifest

    def _check(self) -> None:
        records = self.after.seq - self.before.seq
        names = [part.name for part in self.parts]
        sound = (
            self.number <= NUMBER_LIMIT
            and records == self.counts.records > 0
            and (not self.full or self.before.seq == 0)
            and len(set(names)) == len(names)
            and self.counts.opened + sum(self.counts.withheld.values()) == records
            and sum(self.counts.kinds.values()) == self.counts.opened + self.counts.late
        )
        if not sound:
            raise Damaged("manifest.json: its counts")

    @property
    def sha256(self) -> str:
        """What the package is called in lineage and receipts."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def file_name(self) -> str:
        """``<site>-<chain, 8 characters>-<number, 4 digits>.mrdpkg``."""
        return file_name(self.site, self.chain, self.number)


def file_name(site: str, chain: str, number: int) -> str:
    """The name of a package's file."""
    return f"{site}-{chain[:8]}-{number:04}.mrdpkg"
