"""The walk along a chain: nothing is trusted but the stored bytes.

Four checks: *chain* (order, forerunners, transactions, time, known versions and kinds),
*commitments* (openings are what the headers committed to, and none is missing without leave),
*signatures* (see :mod:`trust`) and *private* (the same as commitments for the sealed openings;
None where no vault key was at hand).

What the walk cannot show stands in docs/ledger.md: a tail cut off at the end of a transaction and
the last own entries after the last head that left the computer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, cast

from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.chain import Head, genesis, is_time, transaction_statement
from mrd_desktop.ledger.errors import LedgerError, NewerFormat, reader_of
from mrd_desktop.ledger.record import (
    PAYLOAD_TAG,
    SALT_BYTES,
    Header,
    Kind,
    Opening,
    Record,
    RecordClass,
)
from mrd_desktop.ledger.trust import SIGNED_KINDS, Mistrust, Trust
from mrd_desktop.texts import Text

CHAIN: Final = "chain"
COMMITMENTS: Final = "commitments"
SIGNATURES: Final = "signatures"
PRIVATE: Final = "private"

_ERASURES: Final = (Kind.REDACTION_DONE, Kind.LINK_DESTROYED)
_BEGINNINGS: Final = (Kind.CHAIN_CREATED, Kind.CHAIN_CONTINUED)

_UNREADABLE: Final = Text("cannot be read", "无法读取")
_FOREIGN: Final = Text("belongs to another chain", "属于另一条链")
_MISPLACED: Final = Text("does not have the next number", "编号不连续")
_UNLINKED: Final = Text("does not name the record before it", "未指向它前面的那条记录")
_BACKDATED: Final = Text("is earlier than the record before it", "时间早于前一条记录")
_NO_DAY: Final = Text("is of a day that does not exist", "日期不存在")
_TRANSACTION: Final = Text("has the wrong transaction number", "事务编号不正确")
_OTHER_SESSION: Final = Text("changes the session inside a transaction", "在同一事务内更换了会话")
_NO_BEGINNING: Final = Text("does not begin a chain", "不是链的起始记录")
_NO_END: Final = Text("is the last one but ends no transaction", "是最后一条记录，但事务未结束")
_EMPTY: Final = Text("is not there: the chain is empty", "不存在：链为空")
_MISMATCH: Final = Text("does not match its commitment", "内容与其承诺值不符")
_NOT_CANONICAL: Final = Text("has content that is not canonical", "内容不是规范格式")
_MISSING: Final = Text(
    "lacks its content, and no redaction names it", "缺少内容，且没有遮蔽记录说明"
)
_UNSIGNED: Final = Text("ends a transaction without a signature", "结束事务但没有签名")
_OVERSIGNED: Final = Text("bears a signature inside a transaction", "在事务中间带有签名")
_NO_SESSION: Final = Text("is signed under a session that is not open", "签名所属会话未打开")
_FORGED: Final = Text("was not signed by its session", "并非由其会话签名")


@dataclass(frozen=True, slots=True)
class Check:
    """One named result.

    Attributes:
        ok: None where it could not be judged.
        detail: what was found, naming the seq of the first fault.
        seq: of the first fault.
    """

    name: str
    ok: bool | None
    detail: Text
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a chain was verified, and what is needed to go on from there.

    It saves time at opening; whoever can write it can also write the chain, so the whole walk is
    repeated daily and before a package.
    """

    head: Head
    trust: Mapping[str, JSON]

    def to_bytes(self) -> bytes:
        """Canonical JSON, to be kept in the database."""
        head = self.head
        return dumps(
            {
                "chain": head.chain,
                "seq": head.seq,
                "digest": head.digest.hex(),
                "txn": head.txn,
                "at": head.at,
                "trust": self.trust,
            }
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Watermark:
        """The inverse of :meth:`to_bytes`.

        Raises:
            CanonicalError: the bytes are not canonical JSON.
        """
        fields = cast(dict[str, Any], loads(data))
        head = Head(
            fields["chain"],
            fields["seq"],
            bytes.fromhex(fields["digest"]),
            fields["txn"],
            fields["at"],
        )
        return cls(head, fields["trust"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the walk found.

    Attributes:
        head: where the chain ends.
        records: how many records were walked.
        missing: how many openings are not held, redacted ones included.
        watermark: where the next walk may start; None unless everything judged is well.
    """

    head: Head
    records: int
    missing: int
    checks: tuple[Check, ...]
    watermark: Watermark | None

    @property
    def ok(self) -> bool:
        """No check failed."""
        return all(check.ok is not False for check in self.checks)

    def check(self, name: str) -> Check:
        """One check by name."""
        return next(check for check in self.checks if check.name == name)


def verify_records(
    records: Iterable[Record],
    chain: str,
    private: bool,
    *,
    complete: bool = True,
    unlinked: frozenset[int] = frozenset(),
    start: Watermark | None = None,
    erased: Collection[int] = (),
) -> Verdict:
    """Walks a chain from genesis, or from a watermark.

    Args:
        records: in order; read once, none is kept.
        private: their private openings were opened with the vault key and are judged.
        unlinked: private records whose link another chain's link.destroyed destroyed, as the chain
            itself says (package.received).
        complete: every coded and site opening is to be there (a site); False for a sponsor, who
            holds what was released.
        erased: records that a redaction behind the ones given names.
    """
    walk = _Walk(chain, private=private, complete=complete, start=start, unlinked=unlinked)
    walk.excuse(erased)
    try:
        for record in records:
            walk.step(record)
    except LedgerError as e:
        walk.fault(CHAIN, walk.seq + 1, e.text)
    return walk.finish()


class _Faults:
    """The first fault of a check, and how many there are."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.text = Text("", "")
        self.count = 0

    def add(self, seq: int, text: Text) -> None:
        if self.count == 0:
            self.seq, self.text = seq, text
        self.count += 1

    def check(self, name: str, well: Text) -> Check:
        if self.count == 0:
            return Check(name, True, well)
        told = Text(
            "record {seq} {what} (faults: {count})", "记录 {seq}：{what}（问题数：{count}）"
        )
        en = told.filled(seq=self.seq, what=self.text.en, count=self.count).en
        zh = told.filled(seq=self.seq, what=self.text.zh, count=self.count).zh
        return Check(name, False, Text(en, zh), self.seq)


class _Walk:
    """State between two records. Speed counts here: a step stays below 20 microseconds."""

    def __init__(
        self,
        chain: str,
        *,
        private: bool,
        complete: bool,
        start: Watermark | None,
        unlinked: frozenset[int],
    ) -> None:
        head = genesis(chain) if start is None else start.head
        self.seq = head.seq
        self._first: Final = head.seq
        self._chain: Final = chain
        self._digest = head.digest
        self._prev = head.digest.hex()
        self._txn = head.txn
        self._at = head.at
        self._day = ""
        self._ended = True
        self._session = ""
        self._run = head.seq + 1
        self._private: Final = private
        self._complete: Final = complete
        self._unlinked: Final = unlinked
        self._trust: Final = Trust(chain) if start is None else Trust.from_json(chain, start.trust)
        self._faults: Final = {n: _Faults() for n in (CHAIN, COMMITMENTS, SIGNATURES, PRIVATE)}
        self._missing: Final[dict[str, set[int]]] = {COMMITMENTS: set(), PRIVATE: set()}
        self._held_back = 0
        self._erased: Final[dict[str, set[int]]] = {COMMITMENTS: set(), PRIVATE: set()}

    def excuse(self, erased: Collection[int]) -> None:
        """Takes what later records name for erasure as named."""
        for named in self._erased.values():
            named.update(erased)

    def fault(self, name: str, seq: int, text: Text) -> None:
        """Notes a fault."""
        self._faults[name].add(seq, text)

    def step(self, record: Record) -> None:
        """Takes in the next record."""
        try:
            header = record.header
        except LedgerError as e:
            self.fault(CHAIN, self.seq + 1, e.text if isinstance(e, NewerFormat) else _UNREADABLE)
            self.seq += 1
            self._digest = record.digest
            self._prev = self._digest.hex()
            return
        if (
            header.seq != self.seq + 1
            or header.prev != self._prev
            or header.chain != self._chain
            or header.at < self._at
            or header.txn != self._txn + self._ended
            or (header.session != self._session and not self._ended)
            or header.at[:10] != self._day
        ):
            self._explain(header)
        self.seq, self._txn, self._at, self._ended = header.seq, header.txn, header.at, header.end
        if header.session != self._session:
            self._session, self._run = header.session, header.seq
        self._digest = record.digest
        self._prev = self._digest.hex()
        opening = record.opening
        if opening is None:
            self._without(header)
        else:
            self._open(header, opening, record)
        if header.end:
            self._sign(header, record.signature)
        elif record.signature is not None:
            self.fault(SIGNATURES, header.seq, _OVERSIGNED)

    def finish(self) -> Verdict:
        """The verdict on all that was walked."""
        if not self._ended:
            self.fault(CHAIN, self.seq, _NO_END)
        if self.seq == 0:
            self.fault(CHAIN, 1, _EMPTY)
        for name, missing in self._missing.items():
            for seq in sorted(missing - self._erased[name]):
                self.fault(name, seq, _MISSING)
        walked = self.seq - self._first
        gone = sum(len(missing) for missing in self._missing.values()) + self._held_back
        checks = self._checks(walked, gone)
        head = Head(self._chain, self.seq, self._digest, self._txn, self._at)
        well = all(check.ok is not False for check in checks)
        mark = Watermark(head, self._trust.to_json()) if well else None
        return Verdict(head, walked, gone, checks, mark)

    def _checks(self, walked: int, gone: int) -> tuple[Check, ...]:
        counts = {"walked": walked, "head": self.seq, "gone": gone}
        linked = Text("{walked} records up to {head}", "共 {walked} 条记录，至第 {head} 条")
        opened = Text(
            "content as committed; {gone} not held here", "内容与承诺值一致；{gone} 条内容不在此处"
        )
        signed = Text("every transaction signed by its session", "每个事务均由其会话签名")
        private = (
            self._faults[PRIVATE].check(PRIVATE, Text("as committed", "与承诺值一致"))
            if self._private
            else Check(PRIVATE, None, Text("not judged: no vault key", "未核验：没有保险库密钥"))
        )
        return (
            self._faults[CHAIN].check(CHAIN, linked.filled(**counts)),
            self._faults[COMMITMENTS].check(COMMITMENTS, opened.filled(**counts)),
            self._faults[SIGNATURES].check(SIGNATURES, signed),
            private,
        )

    def _explain(self, header: Header) -> None:
        """Says which rules a header breaks; a new day alone breaks none."""
        day = header.at[:10]
        following = header.seq == self.seq + 1
        rules = (
            (header.chain == self._chain, _FOREIGN),
            (following, _MISPLACED),
            (header.prev == self._prev or not following, _UNLINKED),
            (header.at >= self._at, _BACKDATED),
            (header.txn == self._txn + self._ended, _TRANSACTION),
            (header.session == self._session or self._ended, _OTHER_SESSION),
            (day == self._day or is_time(header.at), _NO_DAY),
        )
        for kept, text in rules:
            if not kept:
                self.fault(CHAIN, header.seq, text)
        self._day = day

    def _without(self, header: Header) -> None:
        """Notes an opening that is not held."""
        if header.cls is RecordClass.PRIVATE:
            if self._private and header.seq not in self._unlinked:
                self._missing[PRIVATE].add(header.seq)
        elif self._complete:
            self._missing[COMMITMENTS].add(header.seq)
        else:
            self._held_back += 1

    def _open(self, header: Header, opening: Opening, record: Record) -> None:
        seq = header.seq
        name = PRIVATE if header.cls is RecordClass.PRIVATE else COMMITMENTS
        salt, payload = opening
        if len(salt) != SALT_BYTES or sha256(PAYLOAD_TAG + salt + payload).hexdigest() != header.c:
            self.fault(name, seq, _MISMATCH)
            return
        try:
            kind = record.kind
        except NewerFormat as e:
            session = self._trust.session(header.session)
            known = e if session is None else NewerFormat(e.detail, reader_of(session.program))
            self.fault(CHAIN, seq, known.text)
            return
        except LedgerError:
            self.fault(name, seq, _NOT_CANONICAL)
            return
        if seq == 1 and kind not in _BEGINNINGS:
            self.fault(CHAIN, seq, _NO_BEGINNING)
        if kind in _ERASURES:
            seqs = record.body.get("seqs")
            if isinstance(seqs, list):
                named = [n for n in seqs if isinstance(n, int) and n < seq]
                self._erased[PRIVATE].update(named)
                if kind is Kind.REDACTION_DONE:
                    self._erased[COMMITMENTS].update(named)
        if kind is Kind.RESTORE_DONE:
            self._taken_back(record.body.get("tail"))
        if kind in SIGNED_KINDS:
            try:
                self._trust.learn(kind, header, record.body)
            except Mistrust as e:
                self.fault(SIGNATURES, seq, e.text)

    def _taken_back(self, tail: object) -> None:
        """Excuses what packages did not hold of records that were taken back from them.

        Only of the run that ends where the session that took it back began: nothing that was
        written here can be made away with under the same excuse.
        """
        if not isinstance(tail, Mapping):
            return
        first, last, runs = tail.get("first"), tail.get("last"), tail.get("unopened")
        if not isinstance(first, int) or last != self._run - 1 or not isinstance(runs, list):
            return
        for run in runs:
            if isinstance(run, list) and len(run) == 2 and first <= run[0] <= run[1] <= last:
                self.excuse(range(run[0], run[1] + 1))

    def _sign(self, header: Header, signature: bytes | None) -> None:
        session = self._trust.session(header.session)
        if signature is None:
            self.fault(SIGNATURES, header.seq, _UNSIGNED)
        elif session is None:
            self.fault(SIGNATURES, header.seq, _NO_SESSION)
        elif not session.key.verify(signature, transaction_statement(self._digest)):
            self.fault(SIGNATURES, header.seq, _FORGED)
        self._trust.end_transaction()
