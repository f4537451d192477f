"""The missing end of the chain taken back from packages that this site made.

A package holds every header of its records, and the content that could leave. An older copy that
was put back takes both up again, as they are, before anything is written in their place: then the
chain here goes on from where the sponsor's copy ends. What no package holds (identities, what stays
at the site, what was withheld) is named as lost in ``restore.done``, and is entered again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head, genesis
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.verify import Watermark, verify_records
from mrd_desktop.record import projection, shapes
from mrd_desktop.record.echoes import drop_private, drop_repeating, form_of_address, texts_of
from mrd_desktop.record.errors import RecordError
from mrd_desktop.record.redactable import address_of
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checkpoint import backups_around
from mrd_desktop.transfer.container import (
    PACKAGE,
    Outer,
    Package,
    claimed,
    copy,
    for_whom,
    opened,
    signed_label,
)
from mrd_desktop.transfer.lines import NumberedOpening, joined
from mrd_desktop.transfer.loss import Lost, look, may_answer, released
from mrd_desktop.transfer.manifest import Manifest, Point
from mrd_desktop.vault import accounts, schema
from mrd_desktop.vault.identity import destroy_subkey
from mrd_desktop.vault.manifest import FolderKind, read_manifest
from mrd_desktop.vault.session import COMPACT_SETTING, Session, let_in
from mrd_desktop.vault.site_keys import known_keys

OUTSIDE: Final = frozenset(
    {
        Kind.CHAIN_CREATED, Kind.CHAIN_CONTINUED, Kind.USER_ADDED, Kind.USER_CLOSED,
        Kind.KEY_ENROLLED, Kind.KEY_ROTATED, Kind.VAULT_GRANTED, Kind.GENERATION_CHANGED,
        Kind.DEFINITION_INSTALLED, Kind.PACKAGE_RECEIVED, Kind.SUBJECT_HANDED,
        Kind.SUBJECT_RECEIVED,
    }
)  # fmt: skip
"""What such a record tells is more than the record: keys, slots, a definition, another computer's
records. A package does not bring these back; a backup does."""


class TailRefused(RecordError):
    """The missing records cannot be taken back like this."""

    code = "tail"
    template = Text("Nothing was taken back: {detail}", "未取回：{detail}")

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.text = Text(f"Nothing was taken back: {why.en}", f"未取回：{why.zh}")


@dataclass(frozen=True, slots=True)
class Tail:
    """Records that can be taken back.

    Attributes:
        first, last: their numbers.
        at: time of the last one (UTC); ``digest``: hexadecimal, of the same.
        packages: names of the files that hold them.
        without: records among them whose content none of the files holds.
    """

    first: int
    last: int
    at: str
    digest: str
    packages: tuple[str, ...]
    without: tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the packages around the folder give; ``why`` is said of the first that gives nothing."""

    tail: Tail | None
    why: Text | None


def offered(session: Session) -> Offer:
    """Verify the packages around the folder that follow the chain here; nothing is written.

    Raises:
        PermissionDenied: the role may not verify.
    """
    session.require("verify")
    with _read(session) as found:
        return Offer(found.tail(), found.why)


def take_back(session: Session, shown: Tail) -> Tail:
    """Take up the records that were offered, all of them in one transaction, or nothing.

    Raises:
        PermissionDenied: neither investigator nor who restores.
        RecordsAltered: data were changed outside the program.
        TailRefused: the packages give other records than were shown.
        TailWritten: something was recorded here meanwhile.
        StorageError: nothing was taken.
    """
    if not may_answer(session):
        session.deny("restore")
    session.require_sound("restore")
    with _read(session) as found:
        tail = found.tail()
        if tail is None:
            raise TailRefused(found.why or NOTHING)
        if tail != shown:
            raise TailRefused(OTHERS)
        try:
            session.take_back(found.adopt, lambda conn: found.entries(conn, session.user))
        except LedgerError as refused:
            raise TailRefused(refused.text) from refused
        gone = found.gone
    if gone:
        session.compact()
    released(session)
    return tail


def bring(site: Path, source: Path) -> tuple[Path, ...]:
    """Copy this site's packages from a folder into its archive, before anybody signs in.

    Whose they are is proven once they are read; here the label alone is asked.
    """
    chain, archive = read_manifest(site).chain, site / "archive"
    archive.mkdir(exist_ok=True)
    made: list[Path] = []
    for path in sorted(source.glob("*.mrdpkg")):
        with suppress(MrdError, OSError):
            if claimed(path, PACKAGE).chain == chain and not (archive / path.name).exists():
                made.append(copy(path, archive))
    return tuple(made)


def come_in(session: Session) -> Session:
    """Record that the user is here; where a package or backup is newer, compare before.

    The first record of whoever merely signs in would stand where the missing ones were. While work
    is held nothing is recorded of those who come and go. Only names of packages and the signed
    lists of backups are read for it.
    """
    try:
        if session.folder.kind is FolderKind.SITE and session.hold is None and _newer(session):
            look(session)
    except BaseException:
        session.close()
        raise
    return let_in(session)


def _newer(session: Session) -> bool:
    folder = session.folder
    with session.reading() as conn:
        end = store.head(conn, folder.chain).seq
        last = lineage.sent(conn, folder.chain).sealed or 0
    if any(head.seq > end for _, head in backups_around(session)):
        return True
    stem = f"{folder.site}-{folder.chain[:8]}-"
    for place in (folder.archive, folder.outbox):
        for path in place.glob(f"{stem}*.mrdpkg"):
            number = path.stem.removeprefix(stem)
            if number.isdecimal() and int(number) > last:
                return True
    return False


@dataclass
class _Found:
    """Packages that follow the chain here, open and verified.

    Attributes:
        head: where the chain here ends; ``mark``: where the packages end.
        digests: of the records that they add.
        held: coded records whose content the last package did not bring.
        gone: a record among them takes content out.
    """

    session: Session
    head: Head
    mark: Watermark
    held: frozenset[int]
    previous: str | None
    packages: list[tuple[Path, Package[Manifest], frozenset[int]]] = field(default_factory=list)
    digests: dict[int, bytes] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    without: dict[int, Lost] = field(default_factory=dict)
    why: Text | None = None
    gone: bool = False

    @property
    def chain(self) -> str:
        return self.head.chain

    def tail(self) -> Tail | None:
        if not self.packages:
            return None
        end = self.mark.head
        names = tuple(path.name for path, _, _ in self.packages)
        without = tuple(self.without[n] for n in sorted(self.without))
        return Tail(self.head.seq + 1, end.seq, end.at, end.digest.hex(), names, without)

    def add(self, conn: Connection, path: Path, package: Package[Manifest]) -> Text | None:
        """Verify a package against what was found so far; what keeps it from following."""
        if package.manifest.after.seq <= self.mark.head.seq:
            return None
        away = self._away(conn, path.name, package.manifest)
        if away is not None:
            return away
        step = _Step(self, conn, package, path.name)
        found = self._verified(step, package.manifest)
        if isinstance(found, Text):
            return found
        self.mark, self.previous = found, package.sha256
        self.held = step.held()
        self.digests |= step.digests
        self.people |= step.people
        self.without |= step.without
        for late in step.late:
            self.without.pop(late.seq, None)
        self.packages.append((path, package, self.held))
        return None

    def _away(self, conn: Connection, name: str, manifest: Manifest) -> Text | None:
        """Why a package does not begin where something known ends."""
        end, before = self.mark.head.seq, manifest.before
        if before.seq > end:
            return GAP.filled(name=name, seq=end)
        if self._digest(conn, before.seq).hex() != before.digest:
            return PARTED.filled(name=name)
        if not manifest.full and manifest.previous != self.previous:
            return GAP.filled(name=name, seq=end)
        return None

    def _verified(self, step: _Step, manifest: Manifest) -> Watermark | Text:
        """Walk the records that a package adds; what is wrong with them."""
        faults: list[str] = []
        verdict = verify_records(
            shapes.passing(step.fresh(), faults), self.chain, private=False, complete=False,
            start=self.mark,
        )  # fmt: skip
        if step.parted or verdict.head.digest.hex() != manifest.after.digest:
            return PARTED.filled(name=step.name)
        wrong = next((c.detail for c in verdict.checks if c.ok is False), None)
        if faults or verdict.watermark is None:
            return wrong or Text(faults[0], faults[0])
        if step.outside is not None:
            seq, kind = step.outside
            return MORE.filled(name=step.name, seq=seq, kind=kind.value)
        return verdict.watermark

    def _digest(self, conn: Connection, seq: int) -> bytes:
        if seq > self.head.seq:
            return self.digests[seq]
        return store.record(conn, self.chain, seq).digest if seq else genesis(self.chain).digest

    # --- taking up ------------------------------------------------------------------------

    def adopt(self, conn: Connection) -> str:
        """Store and project what was verified; the time of the last record."""
        chain, study = self.chain, self.session.study
        if store.head(conn, chain) != self.head:
            raise TailRefused(OTHERS)
        erasing: list[Record] = []
        for _, package, _ in self.packages:
            late: list[NumberedOpening] = []
            lines = joined(package.lines("headers"), package.lines("openings"), late)
            fresh = (r for r in lines if r.header.seq > self.head.seq)
            store.adopt(conn, chain, self._watched(conn, fresh, erasing))
            for one in late:
                store.open_later(conn, chain, one.seq, one.opening)
        for record in erasing:
            self.gone = True
            schema.put_setting(conn, COMPACT_SETTING, "1")
            if record.kind is Kind.LINK_DESTROYED:
                subject = str(record.body["subject"])
                store.erase(conn, chain, record.header.seq)
                drop_private(conn, subject, {f.oid for f in study.forms if f.private})
                destroy_subkey(conn, subject)
        end = store.head(conn, chain)
        if end != self.mark.head:
            raise TailRefused(OTHERS)
        accounts.fold(conn, store.records(conn, chain, self.head.seq), chain)
        projection.take_in(conn, store.records(conn, chain, self.head.seq))
        return end.at

    def _watched(
        self, conn: Connection, records: Iterator[Record], erasing: list[Record]
    ) -> Iterator[Record]:
        """Hand records on; unsaved typing that repeats what one of them erases goes with it."""
        for record in records:
            if record.opening is not None and record.kind in _ERASING:
                erasing.append(record)
                if record.kind is Kind.REDACTION_DONE:
                    self._drop(conn, record)
            yield record

    def _drop(self, conn: Connection, record: Record) -> None:
        for seq in _numbers(record.body):
            if not 0 < seq <= self.head.seq:
                continue
            held = store.record(conn, self.chain, seq)
            form = None if held.opening is None else form_of_address(address_of(conn, held))
            if form is not None:
                drop_repeating(conn, form, texts_of(held))

    def entries(self, conn: Connection, user: str) -> list[Entry]:
        """What is recorded behind them: that the packages were written, and what was taken back."""
        told = {
            str(r.body["manifest"])
            for r in lineage.of_kind(conn, self.chain, Kind.PACKAGE_SEALED)
        }  # fmt: skip
        made = [
            lineage.sealed(p.manifest, p.sha256, sorted(held))
            for _, p, held in self.packages
            if p.sha256 not in told
        ]
        end = self.mark.head
        unopened = [
            seq for seq, record in enumerate(
                store.records(conn, self.chain, self.head.seq, end.seq), self.head.seq + 1
            )
            if record.opening is None and store.erased_by(conn, self.chain, seq) is None
        ]  # fmt: skip
        back = lineage.taken_back(
            user, Point(end.seq, end.digest.hex()), self.head.seq + 1,
            [p.sha256 for _, p, _ in self.packages], unopened,
        )  # fmt: skip
        return [*made, back]


class _Step:
    """What the reading of one package learns."""

    def __init__(
        self, found: _Found, conn: Connection, package: Package[Manifest], name: str
    ) -> None:
        self.name: Final = name
        self._found: Final = found
        self._conn: Final = conn
        self._package: Final = package
        self._unopened: set[int] = set()
        self._back: set[int] = set()
        self.late: list[NumberedOpening] = []
        self.digests: dict[int, bytes] = {}
        self.people: dict[str, str] = {}
        self.without: dict[int, Lost] = {}
        self.outside: tuple[int, Kind] | None = None
        self.parted = False

    def held(self) -> frozenset[int]:
        """Coded records up to its end whose content was not sent, as the site knew it then."""
        before = frozenset() if self._package.manifest.full else self._found.held
        return (before | self._unopened | self._back) - {n.seq for n in self.late}

    def fresh(self) -> Iterator[Record]:
        """The records behind what was found so far; those before must be the same bytes."""
        found, package = self._found, self._package
        end, before = found.mark.head.seq, package.manifest.before.seq
        mine = store.records(self._conn, found.chain, before, found.head.seq)
        lines = joined(package.lines("headers"), package.lines("openings"), self.late)
        for record in lines:
            header = record.header
            if record.opening is None and header.cls is RecordClass.CODED:
                self._unopened.add(header.seq)
            if header.seq <= end:
                self.parted |= record.digest != self._known(header.seq, mine)
                continue
            self._note(record)
            yield record

    def _known(self, seq: int, mine: Iterator[Record]) -> bytes:
        if seq > self._found.head.seq:
            return self._found.digests[seq]
        held = next(mine, None)
        return b"" if held is None else held.digest

    def _note(self, record: Record) -> None:
        header = record.header
        self.digests[header.seq] = record.digest
        if record.opening is None:
            people = {**self._found.people, **self.people}
            user = people.get(header.session, "")
            self.without[header.seq] = Lost(header.seq, None, None, user, header.at, self.name)
            return
        kind, body = record.kind, record.body
        if kind is Kind.SESSION_OPENED:
            self.people[header.session] = str(body.get("user", ""))
        elif kind is Kind.SUBJECT_WITHHELD:
            self._back.update(_numbers(body))
        elif kind in _ERASING:
            for seq in _numbers(body):
                self.without.pop(seq, None)
        if self.outside is None and kind in OUTSIDE:
            self.outside = header.seq, kind


def _numbers(body: Mapping[str, JSON]) -> Iterator[int]:
    """The records that one names in ``seqs``."""
    seqs = body.get("seqs")
    return (n for n in seqs if isinstance(n, int)) if isinstance(seqs, Sequence) else iter(())


_ERASING: Final = (Kind.REDACTION_DONE, Kind.LINK_DESTROYED)


@contextmanager
def _read(session: Session) -> Iterator[_Found]:
    """The packages around the folder that follow the chain, open while they are looked at."""
    own = session.age_identities()
    recipients, keys = session.age_recipients(), known_keys(session)
    session.folder.inbox.mkdir(exist_ok=True)
    with ExitStack() as stack:
        with session.reading() as conn:
            found = _begun(session, conn)
            if found is None:
                raise TailRefused(ALTERED)
            for path in _packages(session, conn, keys):
                try:
                    package = stack.enter_context(
                        opened(path, PACKAGE, lambda _: keys, own, session.folder.inbox)
                    )
                    for_whom(package, *recipients)
                    why = found.add(conn, path, package)
                except (MrdError, OSError) as refused:
                    said = refused.text if isinstance(refused, MrdError) else _UNREAD
                    why = Text(f"{path.name}: {said.en}", f"{path.name}：{said.zh}")
                if why is not None:
                    found.why = found.why or why
        yield found


def _begun(session: Session, conn: Connection) -> _Found | None:
    """The chain here, walked whole: only what follows a sound one is taken up."""
    chain = session.folder.chain
    verdict = verify_records(store.records(conn, chain), chain, private=False)
    if verdict.watermark is None:
        return None
    sent = lineage.sent(conn, chain)
    rows = conn.exec_driver_sql("SELECT session, user FROM p_session")
    people = {str(s): str(u) for s, u in rows}
    found = _Found(session, verdict.head, verdict.watermark, sent.held, sent.manifest)
    found.people = people
    return found


def _packages(session: Session, conn: Connection, keys: Sequence[bytes]) -> Iterator[Path]:
    """Packages of this chain with later numbers than were sealed here, each once, in order."""
    folder = session.folder
    last = lineage.sent(conn, folder.chain).sealed or 0
    seen: dict[str, tuple[Path, Outer]] = {}
    for path in sorted({p for d in (folder.archive, folder.outbox) for p in d.glob("*.mrdpkg")}):
        with suppress(MrdError, OSError):
            outer, signer = signed_label(path, PACKAGE)
            if outer.chain == folder.chain and signer in keys and outer.number > last:
                seen.setdefault(outer.manifest, (path, outer))
    for path, _ in sorted(seen.values(), key=lambda one: one[1].number):
        yield path


NOTHING: Final = Text(
    "no package here follows the records of this folder.",
    "此处没有可接在本文件夹记录之后的数据包。",
)
OTHERS: Final = Text(
    "the packages give other records than were shown. Look again.",
    "数据包中的记录与显示时不同，请重新查看。",
)
ALTERED: Final = Text(
    "the records of this folder are not sound; verify it first.",
    "本文件夹的记录未通过校验，请先校验。",
)
GAP: Final = Text(
    "{name} begins behind record {seq}, where this folder ends: an earlier package is missing. Lay "
    "it into the folder archive.",
    "{name} 的起点在本文件夹最后的第 {seq} 条记录之后：缺少更早的数据包，"
    "请将其放入 archive 文件夹。",
)
PARTED: Final = Text(
    "{name} does not follow the records of this folder: others were written in their place. "
    "Restore the backup once more into a new folder, lay the packages into its folder archive "
    "before anybody signs in, and take them back there.",
    "{name} 接不上本文件夹的记录：其位置已写入其他记录。请将备份重新恢复到新文件夹，"
    "在任何人登录之前把数据包放入其 archive 文件夹，再在那里取回。",
)
MORE: Final = Text(
    "{name} cannot be taken back: record {seq} ({kind}) changed accounts, keys, the definition or "
    "what another computer holds, and a package does not bring that back. Restore a backup made "
    "after it, or call the sponsor.",
    "{name} 无法取回：第 {seq} 条记录（{kind}）更改了账户、密钥、研究定义或涉及其他电脑，而数据包"
    "不含这些内容。请恢复此后制作的备份，或联系申办方。",
)
_UNREAD: Final = Text("it cannot be read", "无法读取")
OFFERED: Final = Text(
    "Records {first} to {last} can be taken back from {packages}. Do this before anything else is "
    "done here: then the site goes on where the sponsor's copy ends. Signed for without it, this "
    "folder can send nothing any more.",
    "可从 {packages} 取回第 {first} 至 {last} 条记录。请先取回再做其他操作：之后本中心将从"
    "申办方所持记录的末尾继续。若不取回就签署，此文件夹将无法再发送数据。",
)
TAKEN: Final = Text(
    "Records {first} to {last} are back, from {packages}.",
    "已从 {packages} 取回第 {first} 至 {last} 条记录。",
)
WITHOUT: Final = Text(
    "Of {n} of them the packages do not hold the content (identities, what stays at the site, what "
    "was not to leave). Enter that again from paper; a subject that is gone first of all, under "
    "its own number.",
    "其中 {n} 条的内容不在数据包内（身份信息、仅供中心使用的内容、未获准外发的内容），"
    "请按纸质记录补录；若有受试者缺失，请先按其原编号补录。",
)
NONE: Final = Text("Nothing is missing.", "没有缺失记录。")


def told(tail: Tail, words: Text) -> Text:
    """:data:`OFFERED` or :data:`TAKEN`, filled."""
    return words.filled(first=tail.first, last=tail.last, packages=", ".join(tail.packages))


NEVER_AGAIN: Final = Text(
    "If the sponsor received packages that are missing here, it takes nothing more from this "
    "folder once something is recorded in their place, and the signature is recorded. First lay "
    "those packages into this site's folder archive (copies from the old computer or the sponsor) "
    "and look again. Where there are none, a further computer of the site takes the subjects over.",
    "若申办方已收到此处缺失的数据包，一旦在其位置写入新记录（签署即写入），申办方将不再接受此文件夹的数据。"
    "请先将这些数据包（来自旧电脑或申办方的副本）放入本中心的 archive 文件夹，再重新查看。若没有，"
    "则由本中心另一台电脑接管受试者。",
)
