"""Records: a small signed header with a salted commitment, and the opening that it commits to."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, cast

from mrd_desktop import __version__
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import HeaderError, NewerFormat, OpeningMissing, later_than

VERSION: Final = 1
SUITE: Final = 1
SALT_BYTES: Final = 32

PAYLOAD_TAG: Final = b"MRD-PAYLOAD-v1\x00"
RECORD_TAG: Final = b"MRD-RECORD-v1\x00"
TXN_TAG: Final = b"MRD-TXN-v1\x00"


class RecordClass(StrEnum):
    """Where an opening may go: to the sponsor, nowhere, or nowhere and sealed under the vault."""

    CODED = "coded"
    SITE = "site"
    PRIVATE = "private"


class Kind(StrEnum):
    """What can happen; a closed list. A reader refuses any other kind."""

    CHAIN_CREATED = "chain.created"
    CHAIN_CONTINUED = "chain.continued"
    SESSION_OPENED = "session.opened"
    SESSION_CLOSED = "session.closed"
    SIGNIN_FAILED = "signin.failed"
    USER_ADDED = "user.added"
    USER_CONFIRMED = "user.confirmed"
    USER_CLOSED = "user.closed"
    KEY_ENROLLED = "key.enrolled"
    KEY_ROTATED = "key.rotated"
    ROLE_GRANTED = "role.granted"
    ROLE_REVOKED = "role.revoked"
    VAULT_GRANTED = "vault.granted"
    GENERATION_CHANGED = "generation.changed"
    CLOCK_NOTED = "clock.noted"
    DEFINITION_INSTALLED = "definition.installed"
    ACTIVATION_INSTALLED = "activation.installed"
    SUBJECT_CREATED = "subject.created"
    SUBJECT_WITHHELD = "subject.withheld"
    SUBJECT_HANDED = "subject.handed"
    SUBJECT_RECEIVED = "subject.received"
    EVENT_ADDED = "event.added"
    EVENT_REMOVED = "event.removed"
    EVENT_RESTORED = "event.restored"
    FORM_ADDED = "form.added"
    FORM_REMOVED = "form.removed"
    FORM_RESTORED = "form.restored"
    ROW_ADDED = "row.added"
    ROW_REMOVED = "row.removed"
    ROW_RESTORED = "row.restored"
    FORM_SAVED = "form.saved"
    FORM_FROZEN = "form.frozen"
    FORM_LOCKED = "form.locked"
    FORM_UNLOCKED = "form.unlocked"
    ITEM_SET = "item.set"
    ENTRY_REFUSED = "entry.refused"
    ENTRY_SUPERSEDED = "entry.superseded"
    CHECK_OUTCOME = "check.outcome"
    CHECK_ANSWERED = "check.answered"
    QUERY_OPENED = "query.opened"
    QUERY_ANSWERED = "query.answered"
    QUERY_CLOSED = "query.closed"
    QUERY_REOPENED = "query.reopened"
    SDV_MARKED = "sdv.marked"
    SIGNATURE_MADE = "signature.made"
    NOTE_ADDED = "note.added"
    REVIEW_NOTED = "review.noted"
    LABRANGE_SET = "labrange.set"
    FILE_ATTACHED = "file.attached"
    IDENTITY_LOOKED = "identity.looked"
    PRINTED = "printed"
    PACKAGE_BEGUN = "package.begun"
    PACKAGE_SEALED = "package.sealed"
    PACKAGE_VOIDED = "package.voided"
    PACKAGE_RECEIVED = "package.received"
    BRANCH_RESOLVED = "branch.resolved"
    TRUST_PINNED = "trust.pinned"
    DATASET_EXPORTED = "dataset.exported"
    REPLY_ADOPTED = "reply.adopted"
    BACKUP_MADE = "backup.made"
    RESTORE_DONE = "restore.done"
    REDACTION_DONE = "redaction.done"
    LINK_DESTROYED = "link.destroyed"
    INCIDENT_NOTED = "incident.noted"


#: Kinds that the verification of signatures reads: always coded, never erased.
TRUST_KINDS: Final = frozenset(
    {
        Kind.KEY_ENROLLED,
        Kind.KEY_ROTATED,
        Kind.USER_CLOSED,
        Kind.SESSION_OPENED,
        Kind.SESSION_CLOSED,
        Kind.SIGNATURE_MADE,
    }
)

KINDS: Final[Mapping[str, Kind]] = {kind.value: kind for kind in Kind}
_CLASSES: Final[Mapping[str, RecordClass]] = {cls.value: cls for cls in RecordClass}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a caller wants recorded.

    Attributes:
        payload: fields of the kind (docs/ledger.md), without ``kind`` itself.
        owner: the subject whose vault sub-key seals a private entry; None otherwise.
    """

    kind: Kind
    cls: RecordClass
    payload: Mapping[str, JSON] = field(default_factory=dict)
    owner: str | None = None


class Opening(NamedTuple):
    """Salt (32 bytes) and payload (canonical JSON with its ``kind``) behind a commitment."""

    salt: bytes
    payload: bytes

    def commitment(self) -> str:
        """SHA-256 of tag, salt and payload in hexadecimal; the header's ``c``."""
        return hashlib.sha256(PAYLOAD_TAG + self.salt + self.payload).hexdigest()


#: Stands where sealed bytes could not be opened because they were altered; matches no commitment.
BROKEN: Final = Opening(b"", b"")


class Header(NamedTuple):
    """The eleven fields of a header. A tuple, because a walk reads tens of thousands a second.

    ``at`` is UTC with milliseconds, ``c`` and ``prev`` are hexadecimal.
    """

    v: int
    suite: int
    chain: str
    seq: int
    txn: int
    end: bool
    cls: RecordClass
    at: str
    session: str
    c: str
    prev: str

    def to_bytes(self) -> bytes:
        """The canonical bytes; they are what is hashed, stored and sent."""
        end = "true" if self.end else "false"
        return (
            f'{{"at":"{self.at}","c":"{self.c}","chain":"{self.chain}","class":"{self.cls}",'
            f'"end":{end},"prev":"{self.prev}","seq":{self.seq},"session":"{self.session}",'
            f'"suite":{self.suite},"txn":{self.txn},"v":{self.v}}}'
        ).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Header:
        """Reads header bytes; only the exact canonical form of version 1 passes.

        Raises:
            NewerFormat: a well-formed header of a newer major version or suite.
            HeaderError: anything else.
        """
        try:
            match = _HEADER(data.decode("ascii"))
        except UnicodeDecodeError:
            match = None
        if match is None:
            raise _why_refused(data)
        at, c, chain, kind, end, prev, seq, session, txn = match.groups()
        return cls(
            VERSION,
            SUITE,
            chain,
            int(seq),
            int(txn),
            end == "true",
            _CLASSES[kind],
            at,
            session,
            c,
            prev,
        )


class Record:
    """One link of a chain as it is stored: bytes first, everything else is read from them.

    Attributes:
        header_bytes: exact stored bytes of the header.
        signature: 64 bytes on the last record of a transaction, else None.
        opening: salt and payload where they are held, else None.
    """

    __slots__ = ("_body", "_digest", "_header", "header_bytes", "opening", "signature")

    def __init__(
        self, header_bytes: bytes, signature: bytes | None = None, opening: Opening | None = None
    ) -> None:
        self.header_bytes: Final = header_bytes
        self.signature: Final = signature
        self.opening: Final = opening
        self._header: Header | None = None
        self._digest: bytes | None = None
        self._body: Mapping[str, JSON] | None = None

    @property
    def header(self) -> Header:
        """The header; raises HeaderError or NewerFormat where it cannot be read."""
        if self._header is None:
            self._header = Header.from_bytes(self.header_bytes)
        return self._header

    @property
    def digest(self) -> bytes:
        """SHA-256 of tag and header bytes; the next record's ``prev``."""
        if self._digest is None:
            self._digest = hashlib.sha256(RECORD_TAG + self.header_bytes).digest()
        return self._digest

    @property
    def body(self) -> Mapping[str, JSON]:
        """The payload, ``kind`` included.

        Raises:
            OpeningMissing: only the commitment is held.
            CanonicalError: the payload is not canonical JSON.
            HeaderError: it is no object.
        """
        if self._body is None:
            if self.opening is None:
                raise OpeningMissing(str(self.header.seq))
            body = loads(self.opening.payload)
            if not isinstance(body, Mapping):
                raise HeaderError(f"record {self.header.seq}: the content is no object")
            self._body = body
        return self._body

    @property
    def kind(self) -> Kind:
        """What happened.

        Raises:
            OpeningMissing: only the commitment is held.
            CanonicalError, HeaderError: as :attr:`body`.
            NewerFormat: a kind this program does not know.
        """
        name = self.body.get("kind")
        kind = KINDS.get(name) if isinstance(name, str) else None
        if kind is None:
            shown = name if isinstance(name, str) and _KIND(name) else "?"
            raise NewerFormat(f"record {self.header.seq} ({shown})", later_than(__version__))
        return kind

    def without_opening(self) -> Record:
        """The same record as somebody sees it who may not see its content."""
        return Record(self.header_bytes, self.signature)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Record)
            and self.header_bytes == other.header_bytes
            and self.signature == other.signature
            and self.opening == other.opening
        )

    def __hash__(self) -> int:
        return hash(self.header_bytes)

    def __repr__(self) -> str:
        return f"Record({len(self.header_bytes)} bytes, signed={self.signature is not None})"


def payload_bytes(entry: Entry) -> bytes:
    """The canonical payload of an entry, its kind included."""
    return dumps({**entry.payload, "kind": entry.kind.value})


_KIND = re.compile(r"[a-z]{1,20}(?:\.[a-z]{1,20})?").fullmatch
_NUMBER = r"([1-9][0-9]{0,14})"
_ID = r"([a-z2-7]{25}[aeimquy4])"
_HASH = r"([0-9a-f]{64})"
_TIME = (
    r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}\.[0-9]{3}Z)"
)
_HEADER = re.compile(
    r'\{"at":"' + _TIME + r'","c":"' + _HASH + r'","chain":"' + _ID
    + r'","class":"(coded|site|private)","end":(true|false),"prev":"' + _HASH
    + r'","seq":' + _NUMBER + r',"session":"' + _ID
    + r'","suite":1,"txn":' + _NUMBER + r',"v":1\}'
).fullmatch  # fmt: skip


def _why_refused(data: bytes) -> HeaderError | NewerFormat:
    """Tells a newer header from a damaged one."""
    try:
        fields = cast(object, json.loads(data))
    except (ValueError, RecursionError):
        return HeaderError("it cannot be read")
    if isinstance(fields, dict):
        for name, known in (("v", VERSION), ("suite", SUITE)):
            number = fields.get(name)
            if type(number) is int and number > known:
                return NewerFormat(f"mrd-ledger/{number} ({name})", later_than(__version__))
    return HeaderError("it is not written in the canonical way")
