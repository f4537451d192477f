"""The hand-over file's manifest, and what binds its sealed parts to their place.

The bytes are described in docs/package.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import genesis
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer.container import Layout
from mrd_desktop.transfer.errors import Damaged
from mrd_desktop.transfer.fields import SITE, TIME, Fields
from mrd_desktop.transfer.manifest import RECIPIENT, PartEntry, Point

FORMAT: Final = "mrd-handover/1"
SUFFIX: Final = ".mrdhandover"
_KEY: Final = re.compile(r"[A-Za-z0-9+/]{1,400}={0,2}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """The records of one chain in a file: after ``before`` up to ``after``."""

    chain: str
    before: Point
    after: Point

    def json(self) -> JSON:
        """As it stands in a manifest."""
        return {"chain": self.chain, "before": self.before.json(), "after": self.after.json()}

    @classmethod
    def of(cls, fields: Fields) -> Stretch:
        """Reads the inverse of :meth:`json`."""
        made = cls(
            fields.text("chain", ID),
            Point.of(fields.object("before")),
            Point.of(fields.object("after")),
        )
        fields.done()
        if made.after.seq < made.before.seq:
            raise Damaged("manifest.json: chains")
        return made


@dataclass(frozen=True, slots=True)
class HandoverManifest:
    """The content of ``manifest.json`` of a hand-over file.

    Attributes:
        chain: the sender's own chain; ``to`` the receiver's.
        number: of the sender's last record in it.
        subjects: what the sender has handed to the receiver and not seen received.
        chains: the records in it, the sender's own chain last.
        key: what opens the private parts, sealed to the receiver's identity vault.
    """

    study: str
    site: str
    chain: str
    to: str
    training: bool
    number: int
    subjects: tuple[str, ...]
    chains: tuple[Stretch, ...]
    key: str
    parts: tuple[PartEntry, ...]
    recipients: tuple[str, ...]
    program: str
    created: str

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return dumps(
            {
                "chain": self.chain,
                "chains": [c.json() for c in self.chains],
                "created": self.created,
                "format": FORMAT,
                "key": self.key,
                "number": self.number,
                "parts": [part.json() for part in self.parts],
                "program": self.program,
                "recipients": self.recipients,
                "site": self.site,
                "study": self.study,
                "subjects": self.subjects,
                "to": self.to,
                "training": self.training,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> HandoverManifest:
        """Reads the inverse of :meth:`to_bytes`; raises Damaged or NewerFormat."""
        fields = Fields.of(data, "manifest.json", FORMAT)
        made = cls(
            study=fields.text("study"),
            site=fields.text("site", SITE),
            chain=fields.text("chain", ID),
            to=fields.text("to", ID),
            training=fields.flag("training"),
            number=fields.number("number", 1),
            subjects=fields.texts("subjects"),
            chains=tuple(Stretch.of(Fields(c, "chains")) for c in fields.list("chains")),
            key=fields.text("key", _KEY),
            parts=tuple(PartEntry.of(Fields(p, "parts")) for p in fields.list("parts")),
            recipients=fields.texts("recipients", RECIPIENT),
            program=fields.text("program"),
            created=fields.text("created", TIME),
        )
        fields.done()
        if len({c.chain for c in made.chains}) != len(made.chains):
            raise Damaged("manifest.json: chains")
        return made

    @property
    def file_name(self) -> str:
        """``<site>-<chain, 8 characters>-<receiver, 8 characters>-<number>.mrdhandover``."""
        return f"{self.site}-{self.chain[:8]}-{self.to[:8]}-{self.number:06}{SUFFIX}"


HANDOVER: Final = Layout(
    FORMAT,
    Namespace.HANDOVER,
    Namespace.HANDOVER,
    re.compile(
        r"(headers|openings|private)\.[a-z2-7]{26}-[0-9]{4}\.jsonl|definitions/[0-9a-f]{64}\.json"
    ),
    HandoverManifest.from_bytes,
    tells=True,
)


def key_context(sender: str, receiver: str) -> bytes:
    """What the key of a file is sealed for."""
    return dumps({"what": "handover", "from": sender, "to": receiver})


def private_context(chain: str, owner: str, seq: int) -> bytes:
    """What a private opening is wrapped for."""
    return dumps({"what": "handover-private", "chain": chain, "owner": owner, "seq": seq})


def point(conn: Connection, chain: str, seq: int) -> Point:
    """Where a chain stands here after a record."""
    digest = store.record(conn, chain, seq).digest if seq else genesis(chain).digest
    return Point(seq, digest.hex())
