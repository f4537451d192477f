"""The hand-over file: what one computer of a site gives another one to see, and subjects with it.

It carries every chain of the site that the sender holds, from what the receiver is known to hold.
The receiver verifies all of it, stores it in one transaction and takes what was handed to it. Why
it is so stands in docs/decisions/0034-several-pcs.md, the bytes in docs/package.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import chain as one_after_another
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import Head, genesis
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.record import Entry, Kind, Opening, Record, RecordClass
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.ledger.store import Sealed
from mrd_desktop.ledger.verify import Watermark, verify_records
from mrd_desktop.record import handing, projection
from mrd_desktop.record.owning import moved, moved_with, standing_of
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.archive import Part, split
from mrd_desktop.transfer.container import (
    Layout,
    Outer,
    Package,
    addressed,
    claimed,
    copy,
    for_whom,
    opened,
    write,
)
from mrd_desktop.transfer.errors import (
    ComputerUnknown,
    CopiedFolder,
    Damaged,
    HandoverGap,
    OldCopy,
    RecordsRefused,
    ReplyRefused,
    TrainingMismatch,
    VaultNeeded,
    WrongStudy,
)
from mrd_desktop.transfer.export import ready, sender_of
from mrd_desktop.transfer.fields import SITE, TIME, Fields
from mrd_desktop.transfer.lines import header_line, joined, opening_line
from mrd_desktop.transfer.manifest import RECIPIENT, PartEntry, Point
from mrd_desktop.transfer.verdict import Verdict
from mrd_desktop.vault import crypto, definitions, schema
from mrd_desktop.vault.computers import Computer, computers, vault_secret
from mrd_desktop.vault.identity import IdentityBox, destroy_subkey, link_destroyed
from mrd_desktop.vault.session import COMPACT_SETTING, Session

FORMAT: Final = "mrd-handover/1"
SUFFIX: Final = ".mrdhandover"
_ERASING: Final = (Kind.REDACTION_DONE, Kind.LINK_DESTROYED)
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
)


# --- writing ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handed:
    """A file that was written.

    Attributes:
        subjects: on their way with it, those of an earlier file that did not arrive included.
    """

    path: Path
    to: str
    subjects: tuple[str, ...]
    records: int


def hand_over(
    session: Session,
    to: str,
    folder: Path,
    subjects: Iterable[str] = (),
    *,
    full: bool = False,
) -> Handed:
    """Hand subjects to another computer and write the file for it; without any, let it see.

    Where the file cannot be written after the handing was recorded, the subjects are on their
    way: the same call without subjects writes the file again.

    Args:
        to: its chain, or the beginning of it.
        full: from the first record on, whatever it is known to hold.

    Raises:
        PermissionDenied, VaultNeeded: the role may not, or cannot see identities.
        ComputerUnknown: no computer of that chain is known.
        NotFound, OwnedElsewhere, UnsavedTyping: a subject cannot be handed over; nothing was done.
        WriteFailed: the medium.
    """
    session.require("export")
    if session.box is None:
        raise VaultNeeded
    own = session.folder.chain
    wanted = tuple(dict.fromkeys(subjects))
    if wanted:
        session.require("form.edit")
    with session.reading() as conn:
        receiver = _computer(conn, own, to)
    place = ready(folder)
    if wanted:
        session.commit(
            lambda conn: [handing.handed(session, conn, s, receiver.chain) for s in wanted]
        )
    return _write(session, receiver, place, full=full)


def _computer(conn: Connection, own: str, chain: str) -> Computer:
    found = [c for c in computers(conn, own) if chain and c.chain.startswith(chain)]
    if len(found) != 1:
        raise ComputerUnknown(chain)
    return found[0]


def _write(session: Session, receiver: Computer, folder: Path, *, full: bool) -> Handed:
    own, sender = session.folder.chain, sender_of(session)
    archive = session.folder.archive
    archive.mkdir(exist_ok=True)
    with session.reading() as conn:
        known = {} if full else _held_by(conn, own, receiver.chain)
        stretches = _stretches(conn, own, known)
        subjects = tuple(
            s for s in sorted(moved(conn))
            if (now := standing_of(conn, s)).on_its_way == receiver.chain
            and now.segments[-1].chain == own
        )  # fmt: skip
        head = store.head(conn, own)
        key = secrets.token_bytes(crypto.KEY_BYTES)
        sealed = crypto.seal(receiver.vault, key, _key_context(own, receiver.chain))

        def manifest(parts: tuple[PartEntry, ...]) -> HandoverManifest:
            return HandoverManifest(
                study=session.folder.study,
                site=session.folder.site,
                chain=own,
                to=receiver.chain,
                training=session.folder.training,
                number=head.seq,
                subjects=subjects,
                chains=stretches,
                key=base64.b64encode(sealed).decode(),
                parts=parts,
                recipients=addressed(sender, [receiver.age]),
                program=__version__,
                created=head.at,
            )

        parts = one_after_another(
            *(part for s in stretches for part in _parts(conn, session, s, key)),
            _definitions(conn),
        )
        done = write(archive, HANDOVER, parts, manifest, sender, recipients=[receiver.age])

    def read_back(copied: Path) -> None:
        with opened(copied, HANDOVER, lambda _: [sender.public], [sender.identity]):
            pass

    path = copy(done.path, folder, verify=read_back)
    records = sum(s.after.seq - s.before.seq for s in stretches)
    return Handed(path, receiver.chain, subjects, records)


def _stretches(conn: Connection, own: str, known: Mapping[str, int]) -> tuple[Stretch, ...]:
    """What of each chain of the site goes into a file, the own chain last."""
    others = [c.chain for c in computers(conn, own)]
    made = []
    for chain in (*others, own):
        head = store.head(conn, chain)
        if head.seq:
            after = min(known.get(chain, 0), head.seq)
            before = _point(conn, chain, after)
            made.append(Stretch(chain, before, Point(head.seq, head.digest.hex())))
    return tuple(made)


def _point(conn: Connection, chain: str, seq: int) -> Point:
    digest = store.record(conn, chain, seq).digest if seq else genesis(chain).digest
    return Point(seq, digest.hex())


def _parts(
    conn: Connection, session: Session, stretch: Stretch, key: bytes
) -> tuple[Iterator[Part], ...]:
    chain, first, last = stretch.chain, stretch.before.seq, stretch.after.seq

    def plain() -> Iterator[Record]:
        return store.records(conn, chain, first, last)

    openings = (opening_line(r.header.seq, r.opening) for r in plain() if r.opening is not None)
    return (
        split(f"headers.{chain}", (header_line(r) for r in plain())),
        split(f"openings.{chain}", openings),
        split(f"private.{chain}", _private(conn, session, stretch, key)),
    )


def _private(conn: Connection, session: Session, stretch: Stretch, key: bytes) -> Iterator[bytes]:
    """Private openings, each under the key of the file, bound to its place."""
    assert session.box is not None
    for row in store.sealed(conn, stretch.chain, stretch.before.seq):
        if row.seq > stretch.after.seq:
            break
        if link_destroyed(conn, row.owner):
            continue
        data = session.box.open(row.owner, stretch.chain, row.seq, row.data)
        context = _private_context(stretch.chain, row.owner, row.seq)
        line: dict[str, JSON] = {
            "seq": row.seq,
            "owner": row.owner,
            "data": base64.b64encode(crypto.wrap(key, data, context)).decode(),
        }
        yield dumps(line) + b"\n"


def _definitions(conn: Connection) -> Iterator[Part]:
    used = conn.exec_driver_sql(
        "SELECT DISTINCT definition FROM p_form WHERE definition IS NOT NULL ORDER BY 1"
    )
    kept = definitions.kept(conn)
    for (digest,) in used:
        if digest in kept:
            yield Part(f"definitions/{digest}.json", [kept[digest]])


def _key_context(sender: str, receiver: str) -> bytes:
    return dumps({"what": "handover", "from": sender, "to": receiver})


def _private_context(chain: str, owner: str, seq: int) -> bytes:
    return dumps({"what": "handover-private", "chain": chain, "owner": owner, "seq": seq})


# --- taking -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file brought.

    Attributes:
        verdict: accepted; duplicate where all of it was here and nothing was to be taken.
        records: of other computers that are new here.
        subjects: owned by this computer from now on.
        apart: what other computers recorded about subjects that were not theirs.
        conflicts: subjects that two computers claim.
    """

    verdict: Verdict
    chain: str
    records: int = 0
    subjects: tuple[str, ...] = ()
    apart: tuple[handing.Apart, ...] = ()
    conflicts: tuple[str, ...] = ()


def take(session: Session, path: Path) -> Taken:
    """Take up a hand-over file: all of it, or nothing.

    Raises:
        PermissionDenied, VaultNeeded: the role may not, or cannot see identities.
        PackageError: the file is refused; nothing was stored.
        HandoverGap: an earlier file is missing.
        OldCopy: it shows that this folder is an old copy, or that two copies were used.
        CopiedFolder: another computer's folder was used in two copies.
        StateDiffers: a subject does not stand here as it was handed over.
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
    identity = session.age_identity()
    with opened(path, HANDOVER, _trusted(session), [str(identity)], folder.inbox) as package:
        for_whom(package, str(identity.to_public()))
        if package.manifest.to != folder.chain:
            raise ReplyRefused("it is meant for another site or computer")
        return _Taking(session, package).run()


def _trusted(session: Session) -> Callable[[Outer], list[bytes]]:
    def keys(outer: Outer) -> list[bytes]:
        with session.reading() as conn:
            known = computers(conn, session.folder.chain)
        return [c.sign for c in known if c.chain == outer.chain]

    return keys


@dataclass
class _Taking:
    session: Session
    package: Package[HandoverManifest]
    records: int = 0
    erased: bool = False
    apart: tuple[handing.Apart, ...] = ()
    conflicts: tuple[str, ...] = ()
    heads: dict[str, Head] = field(default_factory=dict)

    def run(self) -> Taken:
        session, manifest = self.session, self.package.manifest
        own = session.folder.chain
        with session.reading() as conn:
            known = {c.chain for c in computers(conn, own)}
            for stretch in manifest.chains:
                head = self.heads[stretch.chain] = store.head(conn, stretch.chain)
                if stretch.chain == own:
                    self._own(conn, stretch, head)
                elif stretch.chain not in known:
                    raise ComputerUnknown(stretch.chain)
                else:
                    self._verify(conn, stretch, head)
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
        )

    def _own(self, conn: Connection, stretch: Stretch, head: Head) -> None:
        """What the sender holds of this computer must be what this computer holds."""
        if stretch.after.seq > head.seq or stretch.before.seq > head.seq:
            raise OldCopy
        for point in (stretch.before, stretch.after):
            if _point(conn, stretch.chain, point.seq) != point:
                raise OldCopy

    def _verify(self, conn: Connection, stretch: Stretch, head: Head) -> None:
        chain, before = stretch.chain, stretch.before
        if before.seq > head.seq:
            raise HandoverGap(chain[:8])
        if _point(conn, chain, before.seq) != before:
            raise CopiedFolder(str(before.seq))
        held = store.records(conn, chain, before.seq, head.seq)

        def fresh() -> Iterator[Record]:
            for record in self._lines(chain):
                seq = record.header.seq
                if seq > head.seq:
                    yield record
                    continue
                mine = next(held, None)
                if mine is None or (mine.header_bytes, mine.signature) != (
                    record.header_bytes,
                    record.signature,
                ):
                    raise CopiedFolder(str(seq))

        mark = _walked(conn, head)
        verdict = verify_records(fresh(), chain, private=False, complete=False, start=mark)
        if stretch.after.seq <= head.seq:
            if _point(conn, chain, stretch.after.seq) != stretch.after:
                raise CopiedFolder(str(stretch.after.seq))
            return
        if not verdict.ok:
            fault = next(check for check in verdict.checks if check.ok is False)
            raise RecordsRefused(fault.detail.en)
        if verdict.head.digest.hex() != stretch.after.digest:
            raise RecordsRefused("its head is not what the manifest says")

    def _lines(self, chain: str) -> Iterator[Record]:
        package = self.package
        openings = package.lines(f"openings.{chain}")
        return joined(package.lines(f"headers.{chain}"), openings)

    # --- storing --------------------------------------------------------------------------

    def _entries(self, conn: Connection) -> list[Entry]:
        session, manifest = self.session, self.package.manifest
        own = session.folder.chain
        box = IdentityBox(session.with_keys()[1] or b"", own, lambda: nullcontext(conn))
        self._keep_definitions(conn)
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
        made = handing.arriving(conn, own)
        if not self.records and not made:
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
        return [Entry(Kind.PACKAGE_RECEIVED, RecordClass.CODED, content), *made]

    def _keep_definitions(self, conn: Connection) -> None:
        for part in self.package.manifest.parts:
            if part.name.startswith("definitions/"):
                data = b"".join(self.package.archive.chunks(part.name))
                digest = part.name.removeprefix("definitions/").removesuffix(".json")
                if hashlib.sha256(data).hexdigest() != digest:
                    raise RecordsRefused(f"definition {digest} is another")
                definitions.keep(conn, digest, data)

    def _adopt(self, conn: Connection, stretch: Stretch, box: IdentityBox) -> int:
        chain, head = stretch.chain, self.heads[stretch.chain]
        private: dict[int, str] = {}
        gone: list[Record] = []

        def watched() -> Iterator[Record]:
            for record in self._lines(chain):
                if record.header.seq <= head.seq:
                    continue
                if record.header.cls is RecordClass.PRIVATE:
                    private[record.header.seq] = record.header.c
                elif record.opening is not None and record.kind in _ERASING:
                    gone.append(record)
                yield record

        new = store.adopt(conn, chain, watched()).records
        self.erased = self.erased or bool(gone)
        for record in gone:
            schema.put_setting(conn, COMPACT_SETTING, "1")
            if record.kind is not Kind.LINK_DESTROYED:
                continue
            store.erase(conn, chain, record.header.seq)
            destroy_subkey(conn, str(record.body["subject"]))
        store.adopt_sealed(conn, chain, self._resealed(conn, chain, private, box))
        projection.take_in(conn, store.records(conn, chain, head.seq))
        return new

    def _resealed(
        self,
        conn: Connection,
        chain: str,
        private: Mapping[int, str],
        box: IdentityBox,
    ) -> Iterator[Sealed]:
        """Private openings as this vault keeps them, each checked against its commitment."""
        manifest = self.package.manifest
        context = _key_context(manifest.chain, manifest.to)
        try:
            sealed = base64.b64decode(manifest.key, validate=True)
            key = crypto.unseal(vault_secret(self.session), sealed, context)
            for line in self.package.lines(f"private.{chain}"):
                said = json.loads(line)
                seq, owner = int(said["seq"]), str(said["owner"])
                if seq not in private or link_destroyed(conn, owner):
                    continue
                wrapped = base64.b64decode(said["data"], validate=True)
                data = crypto.unwrap(key, wrapped, _private_context(chain, owner, seq))
                if Opening(data[:32], data[32:]).commitment() != private[seq]:
                    raise RecordsRefused(f"record {seq} does not match its commitment")
                yield Sealed(seq, owner, box.seal(owner, chain, seq, data))
        except (crypto.Unopened, ValueError, KeyError, TypeError):
            raise Damaged("its private parts") from None


def _walked(conn: Connection, head: Head) -> Watermark | None:
    if head.seq == 0:
        return None
    records = store.records(conn, head.chain)
    return verify_records(records, head.chain, private=False, complete=False).watermark


def _held_by(conn: Connection, own: str, chain: str) -> Mapping[str, int]:
    """What another computer is known to hold, from the last file that came from it."""
    found: dict[str, int] = {}
    for record in lineage.of_kind(conn, own, Kind.PACKAGE_RECEIVED):
        body = record.body
        if body.get("format") == FORMAT and body.get("chain") == chain:
            heads = body["heads"]
            assert isinstance(heads, Mapping)
            found |= {str(c): int(str(n)) for c, n in heads.items()}
    return found
