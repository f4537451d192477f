"""Heads that have left the database: the day-end slip, and the comparison with what lies outside.

The chain alone cannot show that its end was cut off or that an older copy was put back. A head that
is known elsewhere can: on a slip in the binder, in a package, in the report of a backup. Here such
heads are compared with the chain, and what does not agree is said in plain words.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import segno
from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Text
from mrd_desktop.transfer import confirmed, lineage
from mrd_desktop.transfer.container import PACKAGE, Outer, signed_label
from mrd_desktop.vault import rota
from mrd_desktop.vault.backup import SUFFIX as BACKUPS
from mrd_desktop.vault.backup import signed_head, signed_report
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import changes_kept, known_keys

WHAT: Final = "checkpoint"
LENGTH: Final = 20
_LABEL: Final = "MRD1"
_REPLY_FILE: Final = ".mrdreply"
_TYPED: Final = re.compile(
    r"(?:MRD1\s+(?P<site>[0-9]{2})\s+(?P<chain>[a-z2-7]{26})\s+)?"
    r"(?P<seq>[0-9]{1,12})[\s:,#]+(?P<code>[a-z2-7][a-z2-7\s-]*)"
)


class Verdict(StrEnum):
    """How a head known elsewhere agrees with the chain here."""

    SAME = "same"
    MISSING = "missing"
    FORK = "fork"
    UNKNOWN = "unknown"
    OTHER = "other"
    TYPO = "typo"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a comparison says.

    Attributes:
        missing: how many records are not here, at least.
        source: what knows the head: a slip, a backup or package by its name.
        point: number and digest (or its first characters) that it knows.
    """

    verdict: Verdict
    text: Text
    missing: int = 0
    source: str = ""
    point: str = ""

    @property
    def key(self) -> str:
        """By what it is known again."""
        return f"{self.source} {self.point}"


@dataclass(frozen=True, slots=True)
class Slip:
    """The day-end slip.

    Attributes:
        seq, code: number of the last record and 20 characters (100 bits) of its digest.
        at: local time with its zone.
        subjects, forms, today: how many stand here; records written today.
    """

    site: str
    name: str
    chain: str
    seq: int
    code: str
    at: str
    subjects: int
    forms: int
    today: int

    @property
    def grouped(self) -> str:
        """The code in fours, as it is read out."""
        return in_fours(self.code)

    @property
    def qr(self) -> str:
        """What stands in the QR code; :func:`read_slip` takes it as it takes typing."""
        return qr_text(self.site, self.chain, self.seq, self.code)

    def modules(self) -> tuple[bytes, ...]:
        """The QR code row by row, 1 for dark, without its quiet zone."""
        return qr_modules(self.qr)


def in_fours(code: str) -> str:
    """Characters in fours, as they are read out."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def qr_text(site: str, chain: str, seq: int, code: str) -> str:
    """What stands in the QR code of a head."""
    return f"{_LABEL} {site} {chain} {seq} {code}"


def qr_modules(said: str) -> tuple[bytes, ...]:
    """A QR code row by row, 1 for dark, without its quiet zone."""
    made = segno.make_qr(said, error="m")
    return tuple(bytes(bool(m) for m in row) for row in made.matrix)


class SlipUnreadable(MrdError):
    """Typing that is no slip."""

    code = "slip"
    template = Text(
        "This is not what a day-end slip says. Type the number of the record and the 20 "
        "characters.",
        "这不是日终核对单的内容。请输入记录编号和 20 位核对码。",
    )


def code_of(digest: bytes) -> str:
    """The first 100 bits of a digest in 20 base32 characters."""
    return base64.b32encode(digest).decode().lower()[:LENGTH]


def take_slip(session: Session) -> Slip:
    """The slip of the chain as it stands; that it was given out is recorded behind it.

    Raises:
        PermissionDenied: the role neither verifies nor makes backups.
    """
    session.require("verify")
    session.announce()
    folder, zone = session.folder, session.clock.zone.tz
    now = datetime.fromisoformat(session.now()).astimezone(zone)
    midnight = datetime.combine(now.date(), datetime.min.time(), zone)
    with session.reading() as conn:
        head = store.head(conn, folder.chain)
        subjects = _count(conn, "SELECT count(*) FROM p_subject")
        forms = _count(conn, "SELECT count(*) FROM p_form WHERE saved_seq IS NOT NULL")
        today = _since(conn, folder.chain, head.seq, midnight)
    slip = Slip(
        folder.site, folder.name, folder.chain, head.seq, code_of(head.digest),
        now.isoformat(" ", "minutes"), subjects, forms, today,
    )  # fmt: skip
    content: dict[str, JSON] = {
        "what": WHAT,
        "user": session.user,
        "head": {"seq": head.seq, "digest": head.digest.hex()},
    }
    session.commit([Entry(Kind.PRINTED, RecordClass.CODED, content)])
    return slip


def read_slip(session: Session, typed: str) -> Finding:
    """Compare what was typed or scanned from a slip; nothing is written.

    Raises:
        PermissionDenied: the role may not verify.
        SlipUnreadable: it is no slip.
    """
    session.require("verify")
    found = _TYPED.fullmatch(typed.strip().lower().replace("mrd1", _LABEL))
    code = re.sub(r"[\s-]", "", found["code"]) if found else ""
    if found is None or len(code) != LENGTH:
        raise SlipUnreadable
    if found["chain"] not in (None, session.folder.chain):
        return Finding(Verdict.OTHER, _OTHER)
    with session.reading() as conn:
        seq = int(found["seq"])
        finding = compare(conn, session.folder.chain, seq, code, _SLIP)
        if finding.verdict in (Verdict.MISSING, Verdict.FORK):
            return _mistyped(conn, session.folder.chain, seq, code) or finding
        return finding


def outside(session: Session) -> tuple[Finding, ...]:
    """Compare every head that is known besides: of backups, own packages, and receipts.

    What nobody signed, what names another chain and what is damaged is passed over: it proves
    nothing. So is what somebody has answered for (:mod:`loss`). What is of this chain and signed
    with a key that this copy does not know is told: the key may have changed after the copy.
    """
    if session.folder.kind is not FolderKind.SITE:
        return ()
    with session.reading() as conn:
        known = answered(conn, session.folder.chain)
        every = (
            *_of_keys(session),
            *_of_backups(session, conn),
            *_of_packages(session, conn),
            *_of_receipts(session, conn),
            *_of_replies(session, conn),
        )
    found = [f for f in every if not answered_for(f, known)]
    return tuple(sorted(found, key=lambda f: (f.verdict is not Verdict.FORK, -f.missing)))


def answered(conn: Connection, chain: str) -> frozenset[str]:
    """Findings that somebody has signed for, by their keys."""
    return frozenset(
        str(key)
        for r in lineage.of_kind(conn, chain, Kind.SIGNATURE_MADE)
        if isinstance(loss := r.body.get("loss"), Mapping)
        for key in _list(loss["known"])
    )


def answered_for(found: Finding, known: Collection[str]) -> bool:
    """Whether somebody has signed for a finding, by its key.

    Earlier versions named a receipt by the file of its reply where no record held it: the head that
    it confirms, number and code, is the same.
    """
    if found.key in known:
        return True
    former = f"{_REPLY_FILE} {found.point}"
    return found.source.startswith(confirmed.BY_RECEIPT) and any(k.endswith(former) for k in known)


def backup_places(session: Session) -> tuple[Path, ...]:
    """Where backups of this folder may lie: beside the data, and where daily ones go."""
    target = rota.standing(session).target
    return (session.folder.backups, *((target,) if target is not None else ()))


def backups_around(session: Session) -> Iterator[tuple[Path, Head]]:
    """Backups of this chain whose report this site signed, with a key that changed since too."""
    return ((path, head) for path, head, known in _backups(session) if known)


def _backups(session: Session) -> Iterator[tuple[Path, Head, bool]]:
    """Backups of this chain whose report is signed, and whether by a key of this site."""
    chain, own, kept = session.folder.chain, known_keys(session), _kept_changes(session)
    for path in sorted({p for d in backup_places(session) for p in d.glob(f"*{BACKUPS}")}):
        head, known = signed_head(path, own), True
        if head is None and (report := signed_report(path)) is not None:
            head = report.head
            known = report.key in rotations.reached(own, (*kept, *report.changes), chain)
        if head is not None and head.chain == chain:
            yield path, head, known


def _kept_changes(session: Session) -> tuple[rotations.Rotation, ...]:
    return tuple(change for _, change in changes_kept(session))


def _of_keys(session: Session) -> Iterator[Finding]:
    """Changes of this folder's key that a key known here signed for, and that are not known here.

    The statement is written after the record, so a copy without the record is older than it.
    """
    own, kept = known_keys(session), changes_kept(session)
    proven = rotations.reached(own, _kept_changes(session), session.folder.chain)
    for path, change in kept:
        if change.key.raw in proven and change.key.raw not in own:
            text = _ROTATED.filled(name=path.name, at=change.at[:10])
            yield Finding(Verdict.MISSING, text, 1, path.name, change.key.id)


def _of_backups(session: Session, conn: Connection) -> Iterator[Finding]:
    for path, head, known in _backups(session):
        said = _BACKUP.filled(name=path.name)
        finding = compare(conn, head.chain, head.seq, code_of(head.digest), said, path.name)
        if finding.verdict is Verdict.SAME:
            continue
        yield finding if known else _under_unknown(said, path.name, finding.point)


def _of_packages(session: Session, conn: Connection) -> Iterator[Finding]:
    folder = session.folder
    own = rotations.reached(known_keys(session), _kept_changes(session), folder.chain)
    known = {
        int(str(r.body["number"])): str(r.body["manifest"])
        for r in lineage.of_kind(conn, folder.chain, Kind.PACKAGE_SEALED)
    }
    last = max(known, default=0)
    voided = {
        int(str(r.body["number"])) for r in lineage.of_kind(conn, folder.chain, Kind.PACKAGE_VOIDED)
    }
    for path in sorted({p for d in (folder.archive, folder.outbox) for p in d.glob("*.mrdpkg")}):
        found = _label(path)
        if found is None or found[0].chain != folder.chain:
            continue
        outer, signer = found
        if known.get(outer.number) == outer.manifest:
            continue
        if signer not in own:
            yield _under_unknown(_PACKAGE.filled(name=path.name), path.name, outer.manifest)
        elif outer.number in voided:
            continue
        elif outer.number > last:
            text = _LATER.filled(name=path.name, number=outer.number, last=last)
            yield Finding(Verdict.MISSING, text, 0, path.name, outer.manifest)
        else:
            text = _OTHER_PACKAGE.filled(name=path.name, number=outer.number)
            yield Finding(Verdict.FORK, text, 0, path.name, outer.manifest)


def _of_receipts(session: Session, conn: Connection) -> Iterator[Finding]:
    for name, receipt in confirmed.heads(session, conn):
        said = _RECEIPT.filled(number=receipt.number)
        code = code_of(bytes.fromhex(receipt.head.digest))
        finding = compare(conn, receipt.chain, receipt.head.seq, code, said, name)
        if finding.verdict is not Verdict.SAME:
            yield finding


def _of_replies(session: Session, conn: Connection) -> Iterator[Finding]:
    for name, outer in confirmed.unread(session, conn):
        yield _under_unknown(_REPLY.filled(name=name), name, outer.manifest)


def _under_unknown(source: Text, name: str, point: str) -> Finding:
    text = Text(_UNKNOWN.en.format(source=source.en), _UNKNOWN.zh.format(source=source.zh))
    return Finding(Verdict.UNKNOWN, text, 0, name, point)


def _label(path: Path) -> tuple[Outer, bytes] | None:
    try:
        return signed_label(path, PACKAGE)
    except (MrdError, OSError):
        return None


def compare(
    conn: Connection, chain: str, seq: int, code: str, source: Text, name: str = "slip"
) -> Finding:
    """Hold a head known elsewhere against the chain here.

    Args:
        source: what knows it, for the sentence.
        name: what knows it, for good.
    """
    point = f"{seq} {code}"
    head = store.head(conn, chain)
    if seq > head.seq:
        text = Text(
            _MISSING.en.format(source=source.en, seq=seq, head=head.seq, n=seq - head.seq),
            _MISSING.zh.format(source=source.zh, seq=seq, head=head.seq, n=seq - head.seq),
        )
        return Finding(Verdict.MISSING, text, seq - head.seq, name, point)
    if seq < 1 or code_of(store.record(conn, chain, seq).digest) != code:
        text = Text(
            _FORK.en.format(source=source.en, seq=seq), _FORK.zh.format(source=source.zh, seq=seq)
        )
        return Finding(Verdict.FORK, text, 0, name, point)
    after = head.seq - seq
    return Finding(
        Verdict.SAME,
        Text(_SAME.en.format(seq=seq, n=after), _SAME.zh.format(seq=seq, n=after)),
        0,
        name,
        point,
    )


def _mistyped(conn: Connection, chain: str, seq: int, code: str) -> Finding | None:
    """The finding for a slip of the finger; None where typing alone does not explain it.

    No other record's code agrees in nearly all characters: whoever rewrote a record would have to
    try more than 2^70 of them. And the code of a record here under another number is of that one.
    """
    last = store.head(conn, chain).seq
    if 1 <= seq <= last:
        own = in_fours(code_of(store.record(conn, chain, seq).digest)).split(" ")
        typed = in_fours(code).split(" ")
        wrong = sum(a != b for a, b in zip("".join(own), code, strict=True))
        if 0 < wrong <= _SLIPS_OF_THE_FINGER:
            groups = [t for o, t in zip(own, typed, strict=True) if o != t]
            return Finding(
                Verdict.TYPO,
                Text(
                    _TYPO.en.format(groups=", ".join(groups)),
                    _TYPO.zh.format(groups="、".join(groups)),
                ),
            )
    for record in store.records(conn, chain):
        if code_of(record.digest) == code:
            text = _NUMBER.filled(typed=seq, seq=record.header.seq)
            return Finding(Verdict.TYPO, text)
    return None


def _list(value: JSON) -> Sequence[JSON]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _count(conn: Connection, sql: str) -> int:
    return int(conn.exec_driver_sql(sql).scalar_one())


def _since(conn: Connection, chain: str, seq: int, start: datetime) -> int:
    """How many records are not older than a moment; the chain is in order of time."""
    low, high = 1, seq + 1
    while low < high:
        middle = (low + high) // 2
        if datetime.fromisoformat(store.record(conn, chain, middle).header.at) < start:
            low = middle + 1
        else:
            high = middle
    return seq + 1 - low


_SLIP: Final = Text("the slip", "核对单")
_RECEIPT: Final = Text(
    "the sponsor's receipt of package {number}", "申办方对第 {number} 号数据包的回执"
)
_BACKUP: Final = Text("the backup {name}", "备份 {name}")
_SAME: Final = Text(
    "Agrees: record {seq} is here as it was, with {n} records after it.",
    "一致：第 {seq} 条记录与当时相同，其后新增 {n} 条。",
)
_MISSING: Final = Text(
    "Records are missing: {source} knows record {seq}, this folder ends at {head}. At least {n} "
    "records were cut off, or an older copy was put back. Do not work on; keep the folder and "
    "call the sponsor.",
    "记录缺失：{source}含第 {seq} 条记录，而此文件夹止于第 {head} 条。至少有 {n} 条记录被截去，"
    "或被换回旧副本。请勿继续使用，保留文件夹并联系申办方。",
)
_FORK: Final = Text(
    "The history differs: record {seq} is not the one that {source} knows. It was rewritten, or "
    "two copies of this site were worked in. Do not work on; keep the folder and call the sponsor.",
    "历史不一致：第 {seq} 条记录与{source}所载不同。记录曾被改写，或本中心存在两个分别使用的副本。"
    "请勿继续使用，保留文件夹并联系申办方。",
)
_UNKNOWN: Final = Text(
    "A key that is not known: {source} belongs to this site, but was made under a key that this "
    "copy does not know. It is probably newer, and an older copy was put back. Do not work on and "
    "delete nothing; keep the folder and call the sponsor.",
    "密钥未知：{source}属于本中心，但其所用密钥不为此副本所知；它很可能更新，而此处被换回旧副本。"
    "请勿继续使用，勿删除任何文件，保留文件夹并联系申办方。",
)
_ROTATED: Final = Text(
    "Records are missing: the key of this site was changed on {at} ({name}), and this copy does "
    "not know it. An older copy was put back. Do not work on; keep the folder and call the "
    "sponsor.",
    "记录缺失：本中心密钥已于 {at} 更换（{name}），而此副本不知此事，说明被换回旧副本。"
    "请勿继续使用，保留文件夹并联系申办方。",
)
_PACKAGE: Final = Text("package {name}", "数据包 {name}")
_REPLY: Final = Text("the sponsor's reply {name}", "申办方回复 {name}")
_SLIPS_OF_THE_FINGER: Final = 3
_TYPO: Final = Text(
    "Mistyped: {groups} differs from this record's code by a character or two, all else agrees. "
    "Look at the slip and type it again.",
    "输入有误：{groups} 与该记录的核对码仅差个别字符，其余一致。请对照核对单重新输入。",
)
_NUMBER: Final = Text(
    "Mistyped: this is the code of record {seq}, not of record {typed}. Look at the slip and type "
    "it again.",
    "输入有误：此核对码属于第 {seq} 条记录，而不是第 {typed} 条。请对照核对单重新输入。",
)
_LATER: Final = Text(
    "Records are missing: package {number} ({name}) was made here, but this folder knows packages "
    "up to {last} only. An older copy was put back. Do not work on; keep the folder and call the "
    "sponsor.",
    "记录缺失：第 {number} 号数据包（{name}）由本中心生成，而此文件夹只记到第 {last} 号，说明被换回"
    "旧副本。请勿继续使用，保留文件夹并联系申办方。",
)
_OTHER_PACKAGE: Final = Text(
    "The history differs: package {number} ({name}) is not the one that this folder knows. Two "
    "copies of this site were worked in. Do not work on; keep the folder and call the sponsor.",
    "历史不一致：第 {number} 号数据包（{name}）与此文件夹所记不同，本中心存在两个分别使用的副本。"
    "请勿继续使用，保留文件夹并联系申办方。",
)
_OTHER: Final = Text(
    "This slip is of another folder: another site, another computer, or a new chain.",
    "此核对单属于另一文件夹：其他中心、其他电脑或新的记录链。",
)
