"""Taking up a hand-over file: all of it in one transaction, or nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.canonical import JSON, loads
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.errors import LedgerError, SealBroken, SealLost
from mrd_desktop.ledger.record import KINDS, Entry, Kind, Opening, Record, RecordClass
from mrd_desktop.ledger.store import Sealed
from mrd_desktop.record import handing, projection, shapes
from mrd_desktop.record.echoes import drop_private, drop_repeating, form_of_address, texts_of
from mrd_desktop.record.names import NAMED, named_in
from mrd_desktop.record.owning import moved, moved_with, standing_of
from mrd_desktop.record.redactable import address_of
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Text
from mrd_desktop.transfer import definition, lineage
from mrd_desktop.transfer.container import (
    Outer,
    Package,
    claimed,
    for_whom,
    opened,
    signed_label,
)
from mrd_desktop.transfer.errors import (
    ComputerKeyReplaced,
    ComputerKeyUnknown,
    ComputerUnknown,
    Damaged,
    RecordsRefused,
    ReplyRefused,
    TrainingMismatch,
    UnknownKey,
    VaultNeeded,
    WrongStudy,
)
from mrd_desktop.transfer.handover.judging import (
    own_stretch,
    records_in,
    signed_by_its_key,
    verified,
)
from mrd_desktop.transfer.handover.manifest import (
    FORMAT,
    HANDOVER,
    HandoverManifest,
    Stretch,
    key_context,
    private_context,
)
from mrd_desktop.transfer.telling import Telling, Told, unheard
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import crypto, definitions, schema, trust
from mrd_desktop.vault.computers import computers, follow, vault_secret
from mrd_desktop.vault.errors import TrustError
from mrd_desktop.vault.identity import IdentityBox, destroy_subkey, link_destroyed
from mrd_desktop.vault.session import COMPACT_SETTING, Session
from mrd_desktop.vault.site_keys import rotations_of

_ERASING: Final = (Kind.REDACTION_DONE, Kind.LINK_DESTROYED)
NEW_KEY: Final = Text(
    "Computer {chain} has a new key, for which its former one signed: {key}.",
    "电脑 {chain} 已更换密钥，并由原密钥签名确认：{key}。",
)
_USED: Final = "SELECT DISTINCT definition FROM p_form WHERE definition IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file brought.

    Attributes:
        verdict: accepted; duplicate where all of it was here and nothing was to be taken.
        records: of other computers that are new here.
        subjects: owned by this computer from now on.
        apart: what other computers recorded about subjects that were not theirs.
        conflicts: subjects that two computers claim.
        differing: subjects that do not stand here as they were handed over; still on their way.
        keys: chain of each computer whose new key is trusted from now on, with its id.
    """

    verdict: Verdict
    chain: str
    records: int = 0
    subjects: tuple[str, ...] = ()
    apart: tuple[handing.Apart, ...] = ()
    conflicts: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()


def take(session: Session, path: Path, told: Told = unheard) -> Taken:
    """Take up a hand-over file: all of it, or nothing.

    Args:
        told: hears how far it is; where it raises, nothing was stored.

    Raises:
        PermissionDenied, VaultNeeded: the role may not, or cannot see identities.
        PackageError: the file is refused; nothing was stored.
        ComputerKeyReplaced: it is signed with a key that its computer has replaced since.
        HandoverGap: an earlier file is missing.
        OldCopy: it shows that this folder is an old copy, or that two copies were used.
        CopiedFolder: another computer's folder was used in two copies.
    """
    session.require("import")
    session.require("form.edit")
    if session.box is None:
        raise VaultNeeded
    folder = session.folder
    label = claimed(path, HANDOVER)
    if label.study != folder.study:
        raise WrongStudy(label.study)
    if label.training != folder.training:
        raise TrainingMismatch
    if label.site != folder.site or label.chain == folder.chain:
        raise ReplyRefused("it is meant for another site or computer")
    own = session.age_identities()
    try:
        with opened(path, HANDOVER, _trusted(session), own, folder.inbox) as package:
            for_whom(package, *session.age_recipients())
            if package.manifest.to != folder.chain:
                raise ReplyRefused("it is meant for another site or computer")
            total = sum(c.after.seq - c.before.seq for c in package.manifest.chains)
            return _Taking(session, package, Telling(told, 2 * total)).run()
    except UnknownKey:
        return _former(session, path)


def new_key_words(chain: str, key: str) -> Text:
    """Of one of :attr:`Taken.keys`."""
    return NEW_KEY.filled(chain=chain[:8], key=key)


def _trusted(session: Session) -> Callable[[Outer], tuple[bytes, ...]]:
    """The key known of a computer, and those that it signed for, as the label proves.

    Whether the chain inside tells the same, is asked before anything of it is stored.
    """

    def keys(outer: Outer) -> tuple[bytes, ...]:
        with session.reading() as conn:
            known = computers(conn, session.folder.chain)
        here = [c.sign for c in known if c.chain == outer.chain]
        return rotations.reached(here, outer.changes, outer.chain)

    return keys


def _former(session: Session, path: Path) -> Taken:
    """A file under a key that is not trusted now: one that was taken before changes nothing.

    Raises:
        ComputerKeyReplaced, ComputerKeyUnknown: any other one; nothing of it was read.
    """
    said, signer = signed_label(path, HANDOVER)
    with session.reading() as conn:
        held = [p for p in trust.pins_on(conn) if p.chain == said.chain]
        came = lineage.of_kind(conn, session.folder.chain, Kind.PACKAGE_RECEIVED)
        known = any(r.body.get("manifest") == said.manifest for r in came)
    if all(p.sign.raw != signer for p in held):
        raise ComputerKeyUnknown(site=said.site)
    if not known:
        raise ComputerKeyReplaced(site=said.site)
    return Taken(Verdict.DUPLICATE, said.chain)


@dataclass
class _Taking:
    session: Session
    package: Package[HandoverManifest]
    telling: Telling
    records: int = 0
    erased: bool = False
    apart: tuple[handing.Apart, ...] = ()
    conflicts: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    unlinked: set[int] = field(default_factory=set)
    naming: set[int] = field(default_factory=set)
    echoes: list[tuple[FormKey, set[str]]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    heads: dict[str, Head] = field(default_factory=dict)
    keys: tuple[tuple[str, str], ...] = ()

    def run(self) -> Taken:
        session, manifest = self.session, self.package.manifest
        own = session.folder.chain
        with session.reading() as conn:
            known = {c.chain for c in computers(conn, own)}
            for stretch in manifest.chains:
                head = self.heads[stretch.chain] = store.head(conn, stretch.chain)
                if stretch.chain == own:
                    own_stretch(conn, stretch, head)
                elif stretch.chain not in known:
                    raise ComputerUnknown(stretch.chain)
                else:
                    verified(conn, self.package, stretch, head, self.telling)
        made = session.commit(self._entries)
        if self.erased:
            session.compact()
        subjects = tuple(str(r.body["subject"]) for r in made if r.kind is Kind.SUBJECT_RECEIVED)
        return Taken(
            Verdict.ACCEPTED if made else Verdict.DUPLICATE,
            manifest.chain,
            self.records,
            subjects,
            self.apart,
            self.conflicts,
            self.differing,
            self.keys,
        )

    def _entries(self, conn: Connection) -> list[Entry]:
        session, manifest = self.session, self.package.manifest
        own = session.folder.chain
        box = IdentityBox(session.with_keys()[1] or b"", own, lambda: nullcontext(conn))
        known: set[str] = set()
        for stretch in manifest.chains:
            if stretch.chain == own:
                continue
            if store.head(conn, stretch.chain) != self.heads[stretch.chain]:
                raise RecordsRefused("another file was taken at the same time")
            self.records += self._adopt(conn, stretch, box)
            known |= moved_with(conn, stretch.chain)
        projection.settle(conn, known)
        self.apart = tuple(handing.apart(conn))
        self.conflicts = tuple(
            s for s in sorted(moved(conn))
            if standing_of(conn, s).conflict
        )  # fmt: skip
        self._keep_definitions(conn)
        arrived = handing.arriving(conn, own)
        self.differing = arrived.differing
        followed = self._follow(conn)
        if not self.records and not arrived.taken and not followed:
            return []
        content: dict[str, JSON] = {
            "format": FORMAT,
            "verdict": Verdict.ACCEPTED.value,
            "site": manifest.site,
            "number": manifest.number,
            "manifest": self.package.sha256,
            "chain": manifest.chain,
            "heads": {c.chain: c.after.seq for c in manifest.chains},
        }
        if self.unlinked:
            content["unlinked"] = sorted(self.unlinked)
        if self.naming:
            content[NAMED] = sorted(self.naming)
        received = Entry(Kind.PACKAGE_RECEIVED, RecordClass.CODED, content)
        return [received, *followed, *arrived.taken]

    def _follow(self, conn: Connection) -> tuple[Entry, ...]:
        """Trust the keys that computers known here signed for, as their own chains tell.

        The key that signed the file is the one that its computer's chain ends at.
        """
        own, manifest = self.session.folder.chain, self.package.manifest
        chains = [c.chain for c in manifest.chains if c.chain != own]
        changes = [change for chain in chains for change in rotations_of(conn, chain)]
        try:
            made = follow(conn, self.session.folder, changes)
        except TrustError:
            raise RecordsRefused("it names a new key that is not the computer's") from None
        self.keys = tuple((str(e.payload["chain"]), str(e.payload["key"])) for e in made)
        known = {c.chain: c.fingerprint for c in computers(conn, own)} | dict(self.keys)
        signed_by_its_key(self.package, known[manifest.chain])
        return made

    def _keep_definitions(self, conn: Connection) -> None:
        """Keep the definitions that came, each named by a record that is here."""
        named = self.named | set(conn.exec_driver_sql(_USED).scalars())
        named |= definitions.kept(conn).keys()
        for digest, _ in definition.digests(self.package):
            if digest not in named:
                raise RecordsRefused(f"definition {digest} is named by no record")
        for digest, data in definition.brought(self.package):
            definitions.keep(conn, digest, data)

    def _adopt(self, conn: Connection, stretch: Stretch, box: IdentityBox) -> int:
        chain, head = stretch.chain, self.heads[stretch.chain]
        private: dict[int, str] = {}
        gone: list[Record] = []

        def watched() -> Iterator[Record]:
            for record in self.telling.watched(records_in(self.package, chain)):
                if record.header.seq <= head.seq:
                    continue
                if record.header.cls is RecordClass.PRIVATE:
                    private[record.header.seq] = record.header.c
                elif record.opening is not None:
                    self._note(conn, record, gone)
                yield record

        new = store.adopt(conn, chain, watched()).records
        for form, texts in self.echoes:
            drop_repeating(conn, form, texts)
        self.erased = self.erased or bool(gone)
        for record in gone:
            schema.put_setting(conn, COMPACT_SETTING, "1")
            if record.kind is not Kind.LINK_DESTROYED:
                continue
            subject = str(record.body["subject"])
            own, study = self.session.folder.chain, self.session.study
            self.naming |= set(named_in(conn, study, own, subject, box))  # nobody knows afterwards
            try:
                store.erase(conn, chain, record.header.seq)
            except LedgerError as refused:
                raise RecordsRefused(refused.detail) from None
            drop_private(conn, subject, {f.oid for f in self.session.study.forms if f.private})
            self.unlinked |= self._opening(conn, subject, box)
            destroy_subkey(conn, subject)
        store.adopt_sealed(conn, chain, self._resealed(conn, chain, private, box))
        projection.take_in(conn, store.records(conn, chain, head.seq))
        return new

    def _opening(self, conn: Connection, subject: str, box: IdentityBox) -> set[int]:
        """The private records of this computer that a link opened until now.

        They are named in its own chain: no other one may be closed and pass for one of them.
        """
        own, found = self.session.folder.chain, set[int]()
        for row in store.sealed(conn, own, 0):
            if row.owner == subject:
                with suppress(SealBroken, SealLost):
                    box.open(subject, own, row.seq, row.data)
                    found.add(row.seq)
        return found

    def _note(self, conn: Connection, record: Record, gone: list[Record]) -> None:
        """What a new record names: a definition, or content that goes while it is held here."""
        kind, body = record.kind, record.body
        if kind is Kind.FORM_SAVED:
            self.named.add(str(body["definition"]))
        elif kind is Kind.DEFINITION_INSTALLED:
            self.named.add(str(body["digest"]))
        if kind in _ERASING:
            gone.append(record)
        if kind is not Kind.REDACTION_DONE:
            return
        seqs, chain = body.get("seqs"), record.header.chain
        for seq in seqs if isinstance(seqs, Sequence) else ():
            if not isinstance(seq, int) or not 0 < seq <= self.heads[chain].seq:
                continue
            held = store.record(conn, chain, seq)
            form = None if held.opening is None else form_of_address(address_of(conn, held))
            if form is not None:
                self.echoes.append((form, texts_of(held)))

    def _resealed(
        self,
        conn: Connection,
        chain: str,
        private: Mapping[int, str],
        box: IdentityBox,
    ) -> Iterator[Sealed]:
        """Private openings as this vault keeps them, each checked against its commitment."""
        manifest = self.package.manifest
        context = key_context(manifest.chain, manifest.to)
        try:
            sealed = base64.b64decode(manifest.key, validate=True)
            key = crypto.unseal(vault_secret(self.session), sealed, context)
            for line in self.package.lines(f"private.{chain}"):
                said = json.loads(line)
                seq, owner = int(said["seq"]), str(said["owner"])
                if seq not in private or link_destroyed(conn, owner):
                    continue
                wrapped = base64.b64decode(said["data"], validate=True)
                data = crypto.unwrap(key, wrapped, private_context(chain, owner, seq))
                if Opening(data[:32], data[32:]).commitment() != private[seq]:
                    raise RecordsRefused(f"record {seq} does not match its commitment")
                _judge(seq, data[32:])
                yield Sealed(seq, owner, box.seal(owner, chain, seq, data))
        except (crypto.Unopened, ValueError, KeyError, TypeError):
            raise Damaged("its private parts") from None


def _judge(seq: int, payload: bytes) -> None:
    """What was sealed is written as its kind is."""
    body = loads(payload)
    kind = KINDS.get(str(body.get("kind"))) if isinstance(body, Mapping) else None
    if kind is None or not isinstance(body, Mapping):
        raise RecordsRefused(f"record {seq} is of no known kind")
    fault = shapes.fault_of(kind, body)
    if fault:
        raise RecordsRefused(f"record {seq} {fault}")
