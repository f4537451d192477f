"""What a reply may say: a closed list of messages with closed fields.

None of them can hold the value of a data point, so a reply can ask, confirm and announce, but never
enter, change or clear anything clinical.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.record import Kind
from mrd_desktop.study.address import parse_address
from mrd_desktop.study.errors import AddressError
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.errors import Damaged, ReplyRefused
from mrd_desktop.transfer.fields import ANY, DIGEST, SITE, TIME, Fields
from mrd_desktop.transfer.manifest import Point

RECEIPT_FORMAT: Final = "mrd-receipt/1"
_FILE: Final = re.compile(r"[^\x00]{1,65536}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A store's statement that it holds a package; signed by itself.

    Attributes:
        package: SHA-256 of the package's manifest.
        head: where the chain held by the store ended after it.
        received: UTC time.
        store: the store's own chain.
    """

    study: str
    site: str
    chain: str
    training: bool
    number: int
    package: str
    head: Point
    records: int
    opened: int
    received: str
    store: str

    def to_bytes(self) -> bytes:
        """Canonical JSON; these bytes are signed."""
        return dumps(
            {
                "chain": self.chain,
                "format": RECEIPT_FORMAT,
                "head": self.head.json(),
                "number": self.number,
                "opened": self.opened,
                "package": self.package,
                "received": self.received,
                "records": self.records,
                "site": self.site,
                "store": self.store,
                "study": self.study,
                "training": self.training,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Receipt:
        """Reads the inverse of :meth:`to_bytes`; raises Damaged or NewerFormat."""
        fields = Fields.of(data, "receipt", RECEIPT_FORMAT)
        receipt = cls(
            study=fields.text("study"),
            site=fields.text("site", SITE),
            chain=fields.text("chain", ID),
            training=fields.flag("training"),
            number=fields.number("number", 1),
            package=fields.text("package", DIGEST),
            head=Point.of(fields.object("head")),
            records=fields.number("records"),
            opened=fields.number("opened"),
            received=fields.text("received", TIME),
            store=fields.text("store", ID),
        )
        fields.done()
        return receipt


@dataclass(frozen=True, slots=True)
class ReceiptMessage:
    """A receipt with its signature, both as text that verifies by itself."""

    receipt: str
    signature: str

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        return {"type": "receipt", "receipt": self.receipt, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the sponsor about an address.

    Attributes:
        seq: of the sponsor's own record.
        about: chain and seq of the record it is about; None for what has no value.
    """

    seq: int
    query: str
    address: str
    en: str
    zh: str
    about: tuple[str, int] | None

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        about: JSON = None
        if self.about is not None:
            about = {"chain": self.about[0], "seq": self.about[1]}
        return {
            "type": "query.opened",
            "seq": self.seq,
            "query": self.query,
            "address": self.address,
            "en": self.en,
            "zh": self.zh,
            "about": about,
        }


@dataclass(frozen=True, slots=True)
class Settled:
    """A query that the sponsor closed or opened again; ``act`` is closed or reopened."""

    seq: int
    query: str
    act: str
    text: str

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        return {
            "type": f"query.{self.act}",
            "seq": self.seq,
            "query": self.query,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True)
class Amendment:
    """A definition that comes into force; its bytes stand in a part of their own."""

    seq: int
    digest: str
    version: str

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        return {
            "type": "definition",
            "seq": self.seq,
            "digest": self.digest,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class Approval:
    """An activation file that lets a live site go on under an amendment, as signed text."""

    seq: int
    file: str

    def json(self) -> Mapping[str, JSON]:
        """As it travels."""
        return {"type": "activation", "seq": self.seq, "file": self.file}


Message: TypeAlias = ReceiptMessage | Asked | Settled | Amendment | Approval


def line(message: Message) -> bytes:
    """One message as a line, line end included."""
    return dumps(message.json()) + b"\n"


def read(data: bytes) -> Message:
    """Reads one line.

    Raises:
        ReplyRefused: a message of another type.
        Damaged: one with other fields.
    """
    try:
        fields = Fields(loads(data), "a message")
    except CanonicalError:
        raise Damaged("a message") from None
    kind = fields.text("type")
    message = _of(kind, fields)
    fields.done()
    return message


def _of(kind: str, fields: Fields) -> Message:
    match kind:
        case "receipt":
            return ReceiptMessage(fields.text("receipt", ANY), fields.text("signature", ANY))
        case "query.opened":
            return _asked(fields)
        case "query.closed" | "query.reopened":
            act = kind.removeprefix("query.")
            return Settled(
                fields.number("seq", 1), fields.text("query"), act, fields.text("text", ANY)
            )
        case "definition":
            return Amendment(
                fields.number("seq", 1), fields.text("digest", DIGEST), fields.text("version")
            )
        case "activation":
            return Approval(fields.number("seq", 1), fields.text("file", _FILE))
        case _:
            raise ReplyRefused("it holds what a reply may not say")


def _asked(fields: Fields) -> Asked:
    inside = fields.object_or_none("about")
    about = None
    if inside is not None:
        about = (inside.text("chain", ID), inside.number("seq", 1))
        inside.done()
    address = fields.text("address")
    try:
        parse_address(address)
    except AddressError:
        raise Damaged("a message: address") from None
    return Asked(
        fields.number("seq", 1),
        fields.text("query"),
        address,
        fields.text("en", ANY),
        fields.text("zh", ANY),
        about,
    )


def adopted(conn: Connection, chain: str) -> Iterator[tuple[int, str, Message]]:
    """Every message of a reply: the record that adopted it, the store, and what it says."""
    for record in lineage.of_kind(conn, chain, Kind.REPLY_ADOPTED):
        said = record.body["messages"]
        assert isinstance(said, list)
        for message in said:
            yield record.header.seq, str(record.body["store"]), read(dumps(message))
