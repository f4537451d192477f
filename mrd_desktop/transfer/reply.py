"""Replies: what a store sends back to a site, in the same kind of container.

A reply repeats everything that the store has ever said to a chain, so a lost one is never missed;
the site takes up what is new to it. Each is numbered and names the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import rotations, sshsig, store
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.ledger.wording import carried
from mrd_desktop.record.entries import AskedOn
from mrd_desktop.record.owning import OPENED_ON, moved, owned_here, standing_of
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.load import study_from_bytes
from mrd_desktop.texts import Text
from mrd_desktop.transfer import branches, delegation, lineage, messages, refusals, words
from mrd_desktop.transfer.archive import Part, split
from mrd_desktop.transfer.container import (
    Layout,
    Outer,
    Package,
    Sender,
    addressed,
    claimed,
    copy,
    for_whom,
    opened,
    write,
)
from mrd_desktop.transfer.errors import (
    Forged,
    ReplyBeyond,
    ReplyRefused,
    SiteUnknown,
    TrainingMismatch,
    WriteFailed,
    WrongStudy,
)
from mrd_desktop.transfer.export import ready, sender_of
from mrd_desktop.transfer.fields import DIGEST, SITE, TIME, Fields
from mrd_desktop.transfer.manifest import NUMBER_LIMIT, RECIPIENT, PartEntry
from mrd_desktop.transfer.messages import (
    Amendment,
    Approval,
    Asked,
    Message,
    Receipt,
    ReceiptMessage,
    Settled,
)
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.telling import Telling, Told, unheard
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.transfer.words import Word
from mrd_desktop.vault import definitions, own_key, roster, schema
from mrd_desktop.vault.accounts import CLOCK_CONFIRMED, CLOCK_PASSED
from mrd_desktop.vault.activation import read_activation
from mrd_desktop.vault.compared import FIELD, SAME_HERE, Comparison, Finding, finding, is_ours, last
from mrd_desktop.vault.errors import ActivationRefused, CommitUnsure, TrustError
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import rotations_of
from mrd_desktop.vault.trust import Holder, Pin, ancestors, followed, pins_on

FORMAT: Final = "mrd-reply/1"
ASKER: Final = "sponsor"
"""Who opened a query that came with a reply; not whoever took the reply in."""


@dataclass(frozen=True, slots=True)
class ReplyManifest:
    """The content of ``manifest.json`` of a reply.

    Attributes:
        site, chain: whom it is for.
        store: the sender's own chain; ``upto`` the last of its records that the reply covers.
        number: running number of replies to this chain; ``previous`` digest of the one before.
    """

    study: str
    site: str
    chain: str
    training: bool
    number: int
    previous: str | None
    store: str
    upto: int
    parts: tuple[PartEntry, ...]
    recipients: tuple[str, ...]
    program: str
    created: str

    def to_bytes(self) -> bytes:
        """Canonical JSON."""
        return dumps(
            {
                "chain": self.chain,
                "created": self.created,
                "format": FORMAT,
                "number": self.number,
                "parts": [part.json() for part in self.parts],
                "previous": self.previous,
                "program": self.program,
                "recipients": self.recipients,
                "site": self.site,
                "store": self.store,
                "study": self.study,
                "training": self.training,
                "upto": self.upto,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> ReplyManifest:
        """Reads the inverse of :meth:`to_bytes`; raises Damaged or NewerFormat."""
        fields = Fields.of(data, "manifest.json", FORMAT)
        manifest = cls(
            study=fields.text("study"),
            site=fields.text("site", SITE),
            chain=fields.text("chain", ID),
            training=fields.flag("training"),
            number=fields.number("number", 1),
            previous=fields.text_or_none("previous", DIGEST),
            store=fields.text("store", ID),
            upto=fields.number("upto", 1),
            parts=tuple(PartEntry.of(Fields(p, "parts")) for p in fields.list("parts")),
            recipients=fields.texts("recipients", RECIPIENT),
            program=fields.text("program"),
            created=fields.text("created", TIME),
        )
        fields.done()
        return manifest

    @property
    def file_name(self) -> str:
        """``<site>-<chain, 8 characters>-<number, 4 digits>.mrdreply``."""
        return f"{self.site}-{self.chain[:8]}-{self.number:04}.mrdreply"


REPLY: Final = Layout(
    FORMAT,
    Namespace.REPLY,
    Namespace.REPLY,
    re.compile(r"messages-[0-9]{4}\.jsonl|definitions/[0-9a-f]{64}\.json"),
    ReplyManifest.from_bytes,
)


@dataclass(frozen=True, slots=True)
class ReplyResult:
    """A reply that was written."""

    reply: str
    number: int
    path: Path
    manifest_sha256: str
    receipts: int
    queries: int
    definition: str | None
    refusals: int = 0


# --- the sponsor's side -------------------------------------------------------------------


def make_reply(session: Session, site: str, to: Path) -> tuple[ReplyResult, ...]:
    """Write a reply for each chain of a site.

    Raises:
        PermissionDenied: the role may not export.
        SiteUnknown: no key of this site is trusted.
        WriteFailed: the medium.
    """
    session.require("export")
    with session.reading() as conn:
        pins = [p for p in pins_on(conn) if p.active and p.holder is Holder.SITE and p.site == site]
    if not pins:
        raise SiteUnknown(site)
    folder = ready(to)
    return tuple(_reply(session, pin, folder) for pin in pins)


def _reply(session: Session, pin: Pin, folder: Path) -> ReplyResult:
    own = session.folder.chain
    with session.reading() as conn:
        last = pin.chain in untold(conn, own)
    sender = sender_of(session, last=last)
    with session.reading() as conn:
        head = store.head(conn, own)
        number, previous = _last_reply(conn, own, pin.chain)
        said = [*_receipts(session, conn, pin, sender), *_said(conn, own, pin)]
        changes = tuple(rotations_of(conn, own))
        written = words.said(conn, own, pin.site)
        refused = branches.answered(conn, own, pin.chain)
        compared = delegation.last(conn, own, pin.chain)
        kept = definitions.kept(conn)
    amendments = [m for m in said if isinstance(m, Amendment)]

    def manifest(parts: tuple[PartEntry, ...]) -> ReplyManifest:
        return ReplyManifest(
            study=session.folder.study,
            site=pin.site,
            chain=pin.chain,
            training=session.folder.training,
            number=number + 1,
            previous=previous,
            store=own,
            upto=head.seq,
            parts=parts,
            recipients=addressed(sender, [pin.age]),
            program=__version__,
            created=head.at,
        )

    def parts() -> Iterator[Part]:
        yield from split("messages", (messages.line(m) for m in said))
        for digest in dict.fromkeys(a.digest for a in amendments):
            yield Part(f"definitions/{digest}.json", [kept[digest]])
        if refused:
            notice = refusals.notice(refused)
            yield Part(f"definitions/{sha256(notice).hexdigest()}.json", [notice])
        if written:
            notice = words.notice(written)
            yield Part(f"definitions/{sha256(notice).hexdigest()}.json", [notice])
        if compared:
            notice = delegation.notice(compared)
            yield Part(f"definitions/{sha256(notice).hexdigest()}.json", [notice])
        for change in changes:
            told = change.to_bytes()
            yield Part(f"definitions/{sha256(told).hexdigest()}.json", [told])

    archive = session.folder.archive
    archive.mkdir(exist_ok=True)
    done = write(archive, REPLY, parts(), manifest, sender, recipients=[pin.age])
    try:
        path = copy(done.path, folder)
        content: dict[str, JSON] = {
            "format": FORMAT,
            "site": pin.site,
            "chain": pin.chain,
            "number": number + 1,
            "manifest": done.sha256,
            "upto": head.seq,
        }
        entry = Entry(Kind.PACKAGE_SEALED, RecordClass.CODED, content)
        session.commit(partial(_sealed, own, entry))
    except CommitUnsure:
        raise  # the record may be found again, and then this is its reply
    except BaseException:
        done.path.unlink(missing_ok=True)
        raise
    return ReplyResult(
        done.path.name,
        number + 1,
        path,
        done.sha256,
        sum(isinstance(m, ReceiptMessage) for m in said),
        sum(isinstance(m, Asked | Settled) for m in said),
        amendments[-1].digest if amendments else None,
        len(refused),
    )


def _sealed(own: str, entry: Entry, conn: Connection) -> list[Entry]:
    if own_key.since(conn) is not None and untold(conn, own) <= {str(entry.payload["chain"])}:
        own_key.told(conn)
    return [entry]


def untold(conn: Connection, own: str) -> frozenset[str]:
    """The chains to which the store's former key has still to say which one follows it.

    They are those that were trusted, and so came to trust it, before the change, and had no reply.
    """
    since = own_key.since(conn)
    if since is None:
        return frozenset()
    rows = conn.exec_driver_sql(
        "SELECT chain FROM vault_pin WHERE active AND holder = ?", (Holder.SITE.value,)
    )
    active = {str(chain) for chain in rows.scalars()}
    first: dict[str, int] = {}
    for record in lineage.of_kind(conn, own, Kind.TRUST_PINNED):
        first.setdefault(str(record.body["chain"]), record.header.seq)
    had = {
        str(record.body["chain"])
        for record in lineage.of_kind(conn, own, Kind.PACKAGE_SEALED)
        if record.body.get("format") == FORMAT and record.header.seq > since
    }
    return frozenset(c for c in active - had if first.get(c, since) < since)


def _last_reply(conn: Connection, own: str, chain: str) -> tuple[int, str | None]:
    number, digest = 0, None
    for record in lineage.of_kind(conn, own, Kind.PACKAGE_SEALED):
        if record.body.get("format") == FORMAT and record.body.get("chain") == chain:
            number, digest = int(str(record.body["number"])), str(record.body["manifest"])
    if number >= NUMBER_LIMIT:
        raise ReplyRefused("all numbers of replies to this site are used")
    return number, digest


def _receipts(session: Session, conn: Connection, pin: Pin, sender: Sender) -> Iterator[Message]:
    for came in lineage.received(conn, session.folder.chain, pin.chain):
        data = Receipt(
            session.folder.study,
            pin.site,
            pin.chain,
            session.folder.training,
            came.number,
            came.package,
            came.after,
            came.records,
            came.opened,
            came.at,
            session.folder.chain,
        ).to_bytes()
        yield ReceiptMessage(data.decode(), sender.sign(Namespace.RECEIPT, data))


_SPOKEN: Final = (
    Kind.QUERY_OPENED,
    Kind.QUERY_CLOSED,
    Kind.QUERY_REOPENED,
    Kind.DEFINITION_INSTALLED,
    Kind.ACTIVATION_INSTALLED,
)


def _said(conn: Connection, own: str, pin: Pin) -> Iterator[Message]:
    """What the store's own chain asks, amends and approves that concerns this chain of a site."""
    subjects = owned(conn, pin.chain)
    kept = definitions.kept(conn)
    concern: set[str] = set()
    for record in lineage.of_kind(conn, own, *_SPOKEN):
        body, seq = record.body, record.header.seq
        if record.kind is Kind.DEFINITION_INSTALLED:
            digest = str(body["digest"])
            if body.get("amends") is True and digest in kept:
                yield Amendment(seq, digest, str(body["version"]))
        elif record.kind is Kind.ACTIVATION_INSTALLED:
            if "continues" in body and body.get("site") == pin.site:
                yield Approval(seq, str(body["file"]))
        elif record.kind is Kind.QUERY_OPENED:
            address, query = str(body["address"]), str(body["query"])
            if address.partition("/")[0] in subjects:
                concern.add(query)
                about = body.get("about")
                place = (
                    (str(about["chain"]), int(str(about["seq"])))
                    if isinstance(about, Mapping)
                    else None
                )
                yield Asked(seq, query, address, str(body["en"]), str(body["zh"]), place)
        elif body["query"] in concern or body.get("chain") == pin.chain:
            act = str(record.kind).removeprefix("query.")
            yield Settled(seq, str(body["query"]), act, str(body.get("text", "")))


def owned(conn: Connection, chain: str) -> frozenset[str]:
    """The subjects whose questions go to a computer of a site: that owns them, or will."""
    went = moved(conn)
    rows = conn.exec_driver_sql("SELECT subject FROM p_subject WHERE chain = ?", (chain,))
    stayed = {str(s) for s in rows.scalars()} - went
    now = {s: standing_of(conn, s) for s in went}
    return frozenset(stayed | {s for s, n in now.items() if chain in (n.owner, n.on_its_way)})


# --- the site's side ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What a reply brought.

    Attributes:
        verdict: accepted, or duplicate where nothing in it was new.
        code, reason: stable code and sentence for people; None where it was accepted.
        queries: acts on queries that were new; ``receipts``: packages newly confirmed.
        definition: digest of the last amendment in it that waits to be installed.
        refused: packages of this site that the sponsor did not take, newly told.
        key: id of the sponsor's new key, for which the one trusted before has signed.
        words: what the sponsor wrote, newly told.
        compared: what the sponsor says of the accounts here, newly told.
    """

    verdict: Verdict
    code: str | None = None
    reason: Text | None = None
    queries: int = 0
    receipts: int = 0
    definition: str | None = None
    refused: tuple[Refusal, ...] = ()
    key: str | None = None
    words: tuple[Word, ...] = ()
    compared: Finding | None = None


NEW_KEY: Final = Text(
    "The sponsor has a new key, {key}; the key trusted until now has signed for it, and it is "
    "trusted from here on.",
    "申办方已更换密钥，新密钥为 {key}；此前受信任的密钥已为其签名，今后信任新密钥。",
)
_NOTHING_NEW: Final = Text(
    "This reply holds nothing new: it was imported before, or nothing has happened at the sponsor "
    "since. Nothing was changed.",
    "该回复没有新内容：此前已导入，或申办方此后没有新内容。未作任何更改。",
)


def _keep(path: Path, archive: Path, name: str) -> None:
    """Keep a reply that was taken up; that it came tells an older copy of the data (checkpoint)."""
    if path.parent.resolve() == archive.resolve():
        return
    with suppress(WriteFailed, OSError):
        if (archive / name).exists():
            digest = sha256(path.read_bytes()).hexdigest()
            if sha256((archive / name).read_bytes()).hexdigest() == digest:
                return
            name = f"{Path(name).stem}-{digest[:8]}{Path(name).suffix}"  # another store's
        archive.mkdir(exist_ok=True)
        copy(path, archive, name)


def import_reply(session: Session, path: Path, told: Told = unheard) -> ImportResult:
    """Take up a reply at the site it is for; all of it or nothing.

    Args:
        told: hears how much is read and judged; where it raises, nothing was stored.

    Raises:
        PermissionDenied: the role may not import.
        PackageError: the file is refused; see :func:`container.opened`.
        ReplyBeyond: it confirms records that are not here. It is kept in the archive, where the
            comparison finds it, and what it tells of refused packages stands in the refusal.
        RecordsMissing: nothing is taken up before somebody has answered for them.
        ReplyRefused: it is for another site, or says what a reply may not say.
    """
    session.require("import", reads=True)
    folder = session.folder
    label = claimed(path, REPLY)
    if label.study != folder.study:
        raise WrongStudy(label.study)
    if label.training != folder.training:
        raise TrainingMismatch
    if (label.site, label.chain) != (folder.site, folder.chain):
        raise ReplyRefused("it is meant for another site or computer")

    def trusted(_: Outer) -> list[bytes]:
        with session.reading() as conn:
            return [p.sign.raw for p in pins_on(conn) if p.active and p.holder is Holder.SPONSOR]

    with opened(path, REPLY, trusted, session.age_identities(), folder.inbox) as reply:
        for_whom(reply, *session.age_recipients())
        with session.reading() as conn:
            speaks_for_itself(pins_on(conn), reply.signer, reply.manifest.store)
        said = []
        for line in reply.lines("messages"):
            said.append(messages.read(line))
            told(len(said), 2 * len(said))
        bodies = _definitions(reply, said, folder.study)
        refused = notices(reply, bodies)
        with session.reading() as conn:
            beyond = _beyond(conn, folder.chain, said, reply.signer)
        if beyond:
            _keep(path, folder.archive, reply.manifest.file_name)
            raise ReplyBeyond(r.text for r in refused)
        session.require("import")
        telling = Telling(lambda done, total: told(total + done, 2 * total), len(said))
        keys = changes(reply, bodies)
        job = _Adoption(
            session, reply, said, bodies, refused, telling, keys,
            written(reply, bodies), rosters(reply, bodies),
        )  # fmt: skip
        session.commit(job.entries)
    _keep(path, folder.archive, reply.manifest.file_name)
    return job.result()


def _beyond(conn: Connection, chain: str, said: Iterable[Message], signer: bytes) -> bool:
    """Whether a reply confirms records of this chain that are not here."""
    every = (receipt_of(m, signer) for m in said if isinstance(m, ReceiptMessage))
    return any(r.chain == chain and _here(conn, r) is None for r in every)


def _here(conn: Connection, receipt: Receipt) -> Record | None:
    """The last record that a receipt confirms; None where another one or none stands here."""
    seq, digest = receipt.head.seq, receipt.head.digest
    if seq > store.head(conn, receipt.chain).seq:
        return None
    found = store.record(conn, receipt.chain, seq)
    return found if found.digest.hex() == digest else None


def speaks_for_itself(held: Iterable[Pin], signer: bytes, store_chain: str) -> None:
    """Of several stores that a site trusts none speaks in another one's name.

    Raises:
        Forged: the signer is no key in force of the store that the reply names.
    """
    named = (p.sign.raw for p in held
             if p.active and p.holder is Holder.SPONSOR and p.chain == store_chain)  # fmt: skip
    if signer not in named:
        raise Forged("whose store it is")


def _definitions(
    reply: Package[ReplyManifest], said: Iterable[Message], study: str
) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for message in said:
        if isinstance(message, Amendment):
            data = b"".join(reply.archive.chunks(f"definitions/{message.digest}.json"))
            try:
                amended = study_from_bytes(data)
            except DefinitionError:
                raise ReplyRefused("its definition needs another version of the program") from None
            if (amended.digest, amended.oid) != (message.digest, study):
                raise Forged("its definition")
            found[message.digest] = data
    return found


_LARGEST_NOTICE: Final = 1 << 20


def notices(reply: Package[ReplyManifest], bodies: Mapping[str, bytes]) -> tuple[Refusal, ...]:
    """What a part says that no message names; a part of any other format is passed over.

    Notices travel under the name of a definition, because the first readers of replies refuse any
    other name, and pass over a definition that no message names.
    """
    found: list[Refusal] = []
    for data in _beside(reply, bodies, refusals.FORMAT):
        found.extend(refusals.read(data))
    return tuple(found)


def changes(reply: Package[ReplyManifest], bodies: Mapping[str, bytes]) -> tuple[Rotation, ...]:
    """The changes of the store's own key that a reply tells of, both signatures checked."""
    try:
        found = tuple(map(rotations.from_bytes, _beside(reply, bodies, rotations.FORMAT)))
    except NoRotation:
        raise Forged("a new key") from None
    if any(change.chain != reply.manifest.store for change in found):
        raise Forged("a new key")
    return found


def written(reply: Package[ReplyManifest], bodies: Mapping[str, bytes]) -> tuple[Word, ...]:
    """What people at the store wrote to the site."""
    return tuple(word for data in _beside(reply, bodies, words.FORMAT) for word in words.read(data))


def rosters(reply: Package[ReplyManifest], bodies: Mapping[str, bytes]) -> tuple[Comparison, ...]:
    """What people at the store say of the accounts of the site."""
    return tuple(map(delegation.read, _beside(reply, bodies, roster.FORMAT)))


def _beside(
    reply: Package[ReplyManifest], bodies: Mapping[str, bytes], form: str
) -> Iterator[bytes]:
    for part in reply.manifest.parts:
        digest = part.name.removeprefix("definitions/").removesuffix(".json")
        if part.name.startswith("messages") or digest in bodies or part.size > _LARGEST_NOTICE:
            continue
        data = reply.archive.read(part.name, _LARGEST_NOTICE)
        if _format_of(data) == form:
            yield data


def _format_of(data: bytes) -> JSON:
    try:
        value = loads(data)
    except CanonicalError:
        return None
    return value.get("format") if isinstance(value, Mapping) else None


_NOT_HELD: Final = "it confirms records that this site does not hold"
_NOT_LISTED: Final = "it speaks of accounts in records that this site does not hold"


class _Adoption:
    """Decides under the write lock what of a reply is new, and makes the entries for it."""

    def __init__(
        self,
        session: Session,
        reply: Package[ReplyManifest],
        said: list[Message],
        bodies: Mapping[str, bytes],
        refused: Sequence[Refusal],
        telling: Telling,
        changes: Sequence[Rotation],
        written: Sequence[Word],
        compared: Sequence[Comparison],
    ) -> None:
        self._session: Final = session
        self._reply: Final = reply
        self._said: Final = said
        self._bodies: Final = bodies
        self._refused: Final = refused
        self._telling: Final = telling
        self._changes: Final = changes
        self._written: Final = written
        self._compared: Final = compared
        self._finding: Finding | None = None
        self._words: tuple[Word, ...] = ()
        self._key: str | None = None
        self._told: tuple[Refusal, ...] = ()
        self._queries = 0
        self._receipts = 0
        self._received = ""
        self._passed = ""
        self._definition: str | None = None
        self._anything = False

    def result(self) -> ImportResult:
        """After :meth:`entries` ran."""
        if not self._anything:
            return ImportResult(Verdict.DUPLICATE, "duplicate", _NOTHING_NEW)
        clock = self._session.clock
        clock.confirmed = max(clock.confirmed, self._received)
        clock.passed = max(clock.passed, self._passed)
        return ImportResult(
            Verdict.ACCEPTED,
            queries=self._queries,
            receipts=self._receipts,
            definition=self._definition,
            refused=self._told,
            key=self._key,
            words=self._words,
            compared=self._finding,
        )

    def entries(self, conn: Connection) -> list[Entry]:
        """``reply.adopted`` with the sponsor's signed bytes, then what follows from them."""
        own, store_chain = self._session.folder.chain, self._reply.manifest.store
        seen = _taken_up(conn, own, store_chain)
        new = [m for m in self._said if _mark(m) not in seen]
        made = [
            entry for message in self._telling.watched(new) for entry in self._follow(conn, message)
        ]
        known = {refusal.seq for _, refusal in refusals.told(conn, own, store_chain)}
        self._told = tuple(r for r in self._refused if r.seq not in known)
        keys = self._new_keys(conn)
        heard = {word.seq for sender, word in words.told(conn, own) if sender == store_chain}
        self._words = tuple(w for w in self._written if w.seq not in heard)
        compared = self._new_comparison(conn)
        if not new and not self._told and not keys and not self._words and not compared:
            return []
        self._anything = True
        manifest = self._reply.manifest
        content: dict[str, JSON] = {
            "reply": self._reply.sha256,
            "number": manifest.number,
            "store": manifest.store,
            "manifest": manifest.to_bytes().decode(),
            "signature": self._reply.archive.read("manifest.json.sig", 1 << 16).decode(),
            "messages": [m.json() for m in new],
        }
        if self._told:  # all of them, so that they are the bytes that were signed
            content[refusals.FIELD] = [r.json() for r in self._refused]
        if self._words:
            content[words.FIELD] = [w.json() for w in self._written]
        if compared and self._finding:
            content |= {FIELD: compared.json(), SAME_HERE: self._finding.same}
        return [Entry(Kind.REPLY_ADOPTED, RecordClass.CODED, content), *made, *keys]

    def _new_comparison(self, conn: Connection) -> Comparison | None:
        """The comparison of accounts that this reply tells first; the last one counts."""
        head = store.head(conn, self._session.folder.chain)
        if any(said.upto > head.seq for said in self._compared):
            raise ReplyRefused(_NOT_LISTED)
        heard = last(conn, head.chain, self._reply.manifest.store)
        since = 0 if heard is None else heard.seq
        new = max((c for c in self._compared if c.seq > since), key=lambda c: c.seq, default=None)
        self._finding = None
        if new is not None:
            self._finding = finding(conn, new, same=is_ours(conn, head, new))
        return new

    def _new_keys(self, conn: Connection) -> list[Entry]:
        """Trust the key for which the signer of this reply has signed, trusted here until now."""
        made: list[Entry] = []
        for change in self._changes:
            if change.old.raw != self._reply.signer:
                continue  # followed before; the signer is the one after it
            try:
                found = followed(self._session.folder, change, pins_on(conn))
            except TrustError:
                raise Forged("a new key") from None
            made += found
            self._key = change.key.id if found else self._key
        return made

    def _follow(self, conn: Connection, message: Message) -> Iterator[Entry]:
        match message:
            case ReceiptMessage():
                self._confirm(conn, message)
            case Asked():
                if self._asked_on(conn, message.query) is None:
                    self._queries += 1
                    yield from self._ask(conn, message)
            case Settled():
                self._queries += 1
                payload: dict[str, JSON] = {"query": message.query, "reply": self._reply.sha256}
                asked, own = self._asked_on(conn, message.query), self._session.folder.chain
                if asked is not None and not owned_here(conn, asked.subject, own):
                    return  # the computer that owns the subject is told
                if asked is not None and asked.chain != own:
                    payload |= {OPENED_ON: asked.chain, "subject": asked.subject}
                if message.text:
                    payload["text"] = carried(message.text)
                yield Entry(Kind(f"query.{message.act}"), RecordClass.CODED, payload)
            case Amendment():
                if message.digest != self._session.study.digest:
                    definitions.keep(conn, message.digest, self._bodies[message.digest])
                    self._definition = message.digest
            case Approval():
                self._approved(conn, message)

    def _approved(self, conn: Connection, message: Approval) -> None:
        """An approval counts when the amendment is installed; here it must be the sponsor's."""
        signers = ancestors(conn, self._session.folder.chain, self._reply.signer)
        try:
            said = read_activation(message.file.encode(), signers)
        except ActivationRefused:
            raise Forged("an approval") from None
        folder = self._session.folder
        if (said.study, said.site, said.training) != (folder.study, folder.site, folder.training):
            raise ReplyRefused("an approval in it is for another site")

    def _confirm(self, conn: Connection, message: ReceiptMessage) -> None:
        receipt = receipt_of(message, self._reply.signer)
        folder = self._session.folder
        ours = (folder.study, folder.site, folder.chain, folder.training)
        if (receipt.study, receipt.site, receipt.chain, receipt.training) != ours:
            raise ReplyRefused("a receipt in it is for another site")
        last = _here(conn, receipt)
        if last is None:
            raise ReplyRefused(_NOT_HELD)
        self._receipts += 1
        self._received = max(self._received, receipt.received)
        before = schema.setting(conn, CLOCK_CONFIRMED) or ""
        schema.put_setting(conn, CLOCK_CONFIRMED, max(before, receipt.received))
        if receipt.received > last.header.at:
            self._passed = max(self._passed, last.header.at)
            before = schema.setting(conn, CLOCK_PASSED) or ""
            schema.put_setting(conn, CLOCK_PASSED, max(before, last.header.at))

    def _asked_on(self, conn: Connection, query: str) -> AskedOn | None:
        """Where a query stands already: this computer's own, or the sponsor's on any chain."""
        row = conn.exec_driver_sql(
            "SELECT chain, subject FROM p_query"
            " WHERE query = ? AND (chain = ? OR query LIKE 'S-%')",
            (query, self._session.folder.chain),
        ).first()
        return None if row is None else AskedOn(str(row[0]), str(row[1]))

    def _ask(self, conn: Connection, message: Asked) -> Iterator[Entry]:
        subject = message.address.partition("/")[0]
        found = conn.exec_driver_sql("SELECT 1 FROM p_subject WHERE subject = ?", (subject,))
        if found.first() is None:
            raise ReplyRefused("a question in it is about a subject that is not here")
        if not owned_here(conn, subject, self._session.folder.chain):
            return  # it was handed over meanwhile; the sponsor asks its owner when it learns that
        payload: dict[str, JSON] = {
            "query": message.query,
            "address": message.address,
            "en": carried(message.en),
            "zh": carried(message.zh),
            "reply": self._reply.sha256,
            "actor": ASKER,
        }
        if message.about is not None:
            payload["about"] = {"chain": message.about[0], "seq": message.about[1]}
        yield Entry(Kind.QUERY_OPENED, RecordClass.CODED, payload)


def receipt_of(message: ReceiptMessage, signer: bytes) -> Receipt:
    """What a receipt says, once its own signature is checked.

    Args:
        signer: the key that signed the reply.

    Raises:
        Forged: another key signed it, or for another purpose.
        Damaged, NewerFormat: it is no receipt.
    """
    data = message.receipt.encode()
    try:
        sshsig.verify(message.signature, data, Namespace.RECEIPT, [signer])
    except SignatureRefused:
        raise Forged("a receipt") from None
    return Receipt.from_bytes(data)


def _mark(message: Message) -> str:
    """What a message is known by: a receipt by its package, others by the sponsor's record."""
    if isinstance(message, ReceiptMessage):
        return "receipt " + Receipt.from_bytes(message.receipt.encode()).package
    return str(message.seq)


def _taken_up(conn: Connection, chain: str, sponsor: str) -> frozenset[str]:
    """What a chain of a site took up of a store's replies, by the numbers of the store's records.

    Receipts stand under ``receipt`` and the digest of their package.
    """
    return frozenset(
        _mark(message)
        for _, store_chain, message in messages.adopted(conn, chain)
        if store_chain == sponsor
    )


def carried_out(conn: Connection, chain: str, sponsor: str) -> frozenset[int]:
    """What a store said about queries that a chain did as it said, by the store's own records.

    A computer that has handed a subject over takes such a word up, too, and leaves it to the owner.
    """
    done = {
        (str(r.body["query"]), str(r.body["reply"]))
        for r in lineage.of_kind(conn, chain, Kind.QUERY_CLOSED, Kind.QUERY_REOPENED)
        if "reply" in r.body
    }
    found: set[int] = set()
    for record in lineage.of_kind(conn, chain, Kind.REPLY_ADOPTED):
        said, reply = record.body["messages"], str(record.body["reply"])
        assert isinstance(said, list)
        if record.body["store"] == sponsor:
            settled = (m for m in map(messages.read, map(dumps, said)) if isinstance(m, Settled))
            found.update(m.seq for m in settled if (m.query, reply) in done)
    return frozenset(found)


def receipts(session: Session) -> tuple[Receipt, ...]:
    """What the sponsor has confirmed to hold, in the order in which the site learned it."""
    return tuple(Receipt.from_bytes(m.receipt.encode()) for m in confirmations(session))


def confirmations(session: Session) -> tuple[ReceiptMessage, ...]:
    """The same as the sponsor signed them."""
    with session.reading() as conn:
        return tuple(
            message
            for _, _, message in messages.adopted(conn, session.folder.chain)
            if isinstance(message, ReceiptMessage)
        )


def refused(session: Session) -> tuple[Refusal, ...]:
    """Packages of this site that the sponsor did not take, and after which nothing was confirmed.

    The latest answer counts where a package was refused more than once.
    """
    with session.reading() as conn:
        told = tuple(refusals.told(conn, session.folder.chain))
        confirmed = [
            (adopted, Receipt.from_bytes(message.receipt.encode()))
            for adopted, _, message in messages.adopted(conn, session.folder.chain)
            if isinstance(message, ReceiptMessage)
        ]
    latest = {(r.number, r.package): r for r in refusals.unsettled(told, confirmed)}
    return tuple(sorted(latest.values(), key=lambda r: (r.number, r.seq)))
