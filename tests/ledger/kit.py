"""A synthetic site's ledger for tests: users, sessions, and a forger who follows no rule."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType

import sqlcipher3.dbapi2 as sqlcipher
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.certificates import (
    key_enrolled,
    session_certificate,
    signature_statement,
)
from mrd_desktop.ledger.chain import Head, genesis, transaction_statement
from mrd_desktop.ledger.errors import SealBroken, SealLost
from mrd_desktop.ledger.ids import new_chain_id, new_session_id
from mrd_desktop.ledger.keys import SigningKey, to_base64
from mrd_desktop.ledger.record import Entry, Header, Kind, Opening, Record, RecordClass

DRIVERS = (sqlite3, sqlcipher)
AT = "2026-03-16T08:15:30.123Z"


@contextmanager
def database(driver: ModuleType = sqlite3, *, recursive: bool = True) -> Iterator[Connection]:
    """An empty ledger in memory."""
    engine = create_engine(
        "sqlite+pysqlite://",
        module=driver,
        creator=lambda: driver.connect(":memory:", isolation_level=None),
        poolclass=StaticPool,
    )
    with engine.connect() as conn:
        conn.exec_driver_sql(f"PRAGMA recursive_triggers = {int(recursive)}")
        store.create(conn)
        yield conn
    engine.dispose()


@dataclass
class User:
    """A synthetic user."""

    name: str
    key: SigningKey = field(default_factory=SigningKey.generate)


@dataclass
class SessionKey:
    """A session as the ledger's Signer."""

    user: User
    session: str = field(default_factory=new_session_id)
    key: SigningKey = field(default_factory=SigningKey.generate)

    def sign(self, message: bytes, /) -> bytes:
        return self.key.sign(message)

    def opened(self, chain: str, at: str = AT, changed: Mapping[str, JSON] | None = None) -> Entry:
        """The session.opened entry."""
        certificate = session_certificate(
            self.user.key,
            chain,
            self.session,
            session_key=self.key.public,
            user=self.user.name,
            at=at,
        )
        payload: dict[str, JSON] = {
            "user": self.user.name,
            "at": at,
            "role": "coordinator",
            "organisation": "01",
            "session_key": self.key.public.to_base64(),
            "user_key": self.user.key.public.id,
            "cert": certificate,
            "program": "9.9.9",
            "definition": "0" * 64,
            "workstation": "synthetic",
            "zone": "Asia/Shanghai",
            "offset": 480,
            "time_quality": "local",
        }
        return Entry(Kind.SESSION_OPENED, RecordClass.CODED, {**payload, **(changed or {})})


class Box:
    """A private box under one key, as simple as a real one may be."""

    def __init__(self) -> None:
        self.key = ChaCha20Poly1305(secrets.token_bytes(32))
        self.destroyed: set[str] = set()

    def seal(self, owner: str, chain: str, seq: int, data: bytes, /) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self.key.encrypt(nonce, data, f"{owner}/{chain}/{seq}".encode())

    def open(self, owner: str, chain: str, seq: int, data: bytes, /) -> bytes:
        if owner in self.destroyed:
            raise SealLost(str(seq))
        try:
            return self.key.decrypt(data[:12], data[12:], f"{owner}/{chain}/{seq}".encode())
        except InvalidTag:
            raise SealBroken(str(seq)) from None


def item(value: str = "12.5") -> Entry:
    """A coded value."""
    payload = {"address": "01-002/MRD#1/A#1/VAF", "source": "entry", "value": value}
    return Entry(Kind.ITEM_SET, RecordClass.CODED, payload)


def name(owner: str = "01-002") -> Entry:
    """A private value; synthetic."""
    payload = {"address": f"{owner}/ID#1/NAME", "source": "entry", "value": "测试甲"}
    return Entry(Kind.ITEM_SET, RecordClass.PRIVATE, payload, owner)


def redaction(*seqs: int, kind: Kind = Kind.REDACTION_DONE) -> Entry:
    """The erasure of openings."""
    payload: dict[str, JSON] = {"seqs": list(seqs), "cause": "typed_by_mistake", "second": "b"}
    return Entry(kind, RecordClass.CODED, payload)


def esignature(user: User, changed: Mapping[str, JSON] | None = None) -> Entry:
    """An e-signature by a user's own key."""
    statement: dict[str, JSON] = {"user": user.name, "meaning": "review", "content": "0" * 64}
    signature = to_base64(user.key.sign(signature_statement(statement)))
    payload = {**statement, "key": user.key.public.id, "signature": signature, **(changed or {})}
    return Entry(Kind.SIGNATURE_MADE, RecordClass.CODED, payload)


@dataclass
class Site:
    """A chain in a database, begun by a user with a session."""

    conn: Connection
    chain: str = field(default_factory=new_chain_id)
    user: User = field(default_factory=lambda: User("a"))
    box: Box = field(default_factory=Box)
    at: str = AT

    def __post_init__(self) -> None:
        self.session = SessionKey(self.user)
        self.write(
            Entry(Kind.CHAIN_CREATED, RecordClass.CODED, {"program": "9.9.9"}),
            key_enrolled(self.chain, self.user.name, self.user.key),
            self.session.opened(self.chain),
        )

    def write(self, *entries: Entry, by: SessionKey | None = None) -> tuple[Record, ...]:
        """One transaction."""
        return store.append(self.conn, self.chain, entries, by or self.session, self.at, self.box)

    def records(self, *, private: bool = True) -> list[Record]:
        """All records, private openings opened or not."""
        return list(store.records(self.conn, self.chain, box=self.box if private else None))


class Forger:
    """Writes any bytes it is told to as the next record, correct where nothing is told."""

    def __init__(self, head: Head, session: SessionKey) -> None:
        self.head = head
        self.session = session
        self.open = False
        self.records: list[Record] = []

    @classmethod
    def fresh(cls, chain: str, session: SessionKey) -> Forger:
        """At the very beginning of a chain."""
        return cls(genesis(chain), session)

    def add(
        self,
        entry: Entry | bytes,
        *,
        end: bool = True,
        signed: bool | None = None,
        salt: bytes | None = None,
        raw: bytes | None = None,
        **changed: object,
    ) -> Record:
        """Adds a record.

        Args:
            entry: an entry, or raw payload bytes.
            signed: whether it bears a signature; None for as ``end`` says.
            raw: header bytes instead of the ones made.
            changed: header fields to set otherwise.
        """
        is_entry = isinstance(entry, Entry)
        payload = (
            dumps({**entry.payload, "kind": entry.kind}) if isinstance(entry, Entry) else entry
        )
        if salt is None:
            salt = hashlib.sha256(payload + str(self.head.seq).encode()).digest()
        opening = Opening(salt, payload)
        txn = self.head.txn + (not self.open)
        made = Header(
            1,
            1,
            self.head.chain,
            self.head.seq + 1,
            txn,
            end,
            entry.cls if is_entry and isinstance(entry, Entry) else RecordClass.CODED,
            self.head.at or AT,
            self.session.session,
            opening.commitment(),
            self.head.digest.hex(),
        )._replace(**changed)  # type: ignore[arg-type]
        header = made.to_bytes() if raw is None else raw
        record = Record(header, None, opening)
        if end if signed is None else signed:
            sign = self.session.sign(transaction_statement(record.digest))
            record = Record(header, sign, opening)
        self.head = Head(made.chain, made.seq, record.digest, made.txn, made.at)
        self.open = not end
        self.records.append(record)
        return record
