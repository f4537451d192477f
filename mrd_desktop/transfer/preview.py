"""What the next package would bring and what would stay, list by list, before anything is made.

The whole chain is judged by the same rules as the export itself, for what was held may leave now,
and what was sent may have to be deleted at the receiver. Nothing here writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, Record
from mrd_desktop.record.critical import Unseen, unseen
from mrd_desktop.record.names import Names
from mrd_desktop.study.address import EventKey, FormKey, Key, parse_address
from mrd_desktop.study.model import Study
from mrd_desktop.transfer import barred, lineage
from mrd_desktop.transfer.barred import TELL_TO_DELETE, Barrier
from mrd_desktop.transfer.errors import VaultNeeded
from mrd_desktop.transfer.export import leaving, retracted
from mrd_desktop.transfer.release import Reason, Release, consents
from mrd_desktop.vault import abroad, trust
from mrd_desktop.vault.session import Session

OF_SUBJECT: Final = frozenset({Reason.CONSENT, Reason.WITHDRAWN})
"""Reasons that hold back a whole subject."""

_UNPLACED: Final = frozenset({Reason.PRIVATE, Reason.SITE, Reason.REDACTED, Reason.LOST})
"""Reasons that are counted only: what is always kept, and what is gone, has no list."""

_PULSE: Final = 2000
_FRAME: Final = 160
"""Bytes around a record in its lines."""
_AROUND: Final = 1 << 20
"""Bytes around all of them: a definition, the manifest, the layers of the file."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A form of which something new would leave; ``records`` says how much."""

    key: FormKey
    records: int


@dataclass(frozen=True, slots=True)
class Held:
    """What would stay: a subject, or a form or value of one, with the reason and how much."""

    key: Key
    reason: Reason
    records: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The next package before it is made.

    Attributes:
        after: the last record that was sent, 0 where everything leaves; ``upto`` the last one now.
        last, last_at: number and time of the last package, None before the first.
        fresh: forms with something new that would leave.
        held: subjects and values of which something would stay.
        withheld: records of which the content would stay, by reason, as the manifest will count.
        late: what was held until now and leaves with it, how much by subject ('' for none).
        back: what was sent, may no longer be held, and is deleted at the receiver.
        erased: how many records that were sent are deleted there for what is recorded already: a
            redaction, or what a package was to tell that was cut off or is not confirmed yet.
        size: no more bytes than this would be written.
        whole: a recipient got none of the packages before: everything leaves once more.
        barred: the recipient for whose sake no whole package leaves today; None where one may.
        deletions: a package of headers and deletions alone may leave meanwhile: it is the one that
            is looked at here. Where it may not either, the lists are those of a whole package.
        genes: human genetic resources may leave. Where they may not, what the sponsor holds of
            them is deleted there with the package.
        recipients: for whom a live site's package is sealed, with what was said of each;
            deletions alone are for those that got packages before.
        unseen: forms with critical values that nobody but who entered them has looked at.
    """

    after: int
    upto: int
    last: int | None
    last_at: str | None
    fresh: tuple[Fresh, ...]
    held: tuple[Held, ...]
    withheld: Mapping[str, int]
    size: int
    whole: bool = False
    barred: abroad.Standing | None = None
    genes: bool = True
    recipients: tuple[abroad.Standing, ...] = ()
    late: tuple[tuple[str, int], ...] = ()
    back: tuple[Held, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    deletions: bool = False
    erased: int = 0

    @property
    def deleted(self) -> int:
        """Records that are deleted at the receiver."""
        return self.erased + sum(one.records for one in self.back)

    @property
    def tells(self) -> bool:
        """Headers and deletions alone may leave, and there is something to delete."""
        return self.deletions and self.deleted > 0

    @property
    def records(self) -> int:
        """Records since the last package."""
        return self.upto - self.after


def preview(session: Session, told: Callable[[int, int], None] | None = None) -> Preview:
    """Look at what the next package would bring.

    Args:
        told: records done and in all, now and then; it may raise to stop.

    Raises:
        PermissionDenied: the role may not export.
        VaultNeeded: without the vault key nobody can tell what a text gives away.
    """
    session.require("export")
    box = session.box
    if box is None:
        raise VaultNeeded
    chain = session.folder.chain
    with session.reading() as conn:
        sent = lineage.sent(conn, chain)
        watched = abroad.guarded(session, conn)
        away = abroad.barred(watched)
        whom = () if away is None else barred.told(conn, chain, watched)
        alone = bool(whom)
        stores = [p.chain for p in trust.recipients(trust.pins_on(conn))]
        whole = not alone and lineage.owes_all(conn, chain, stores)
        after = sent.after.seq if sent.after is not None and not whole else 0
        upto = store.head(conn, chain).seq
        names = Names.of(conn, box)
        genes = barred.genes_stand(whom or watched) if alone or away is None else True
        barrier = Barrier.of(sent) if alone else None
        release = Release(conn, session.study, names, genes=genes, barrier=barrier)
        look = _Look(session.study, release, sent, alone=alone)
        mark = 0 if sent.after is None else sent.after.seq
        for record in store.records(conn, chain, 0, upto):
            done = record.header.seq
            if told is not None and done % _PULSE == 1:
                told(done, upto)
            if done > after:
                look.at(record)
            else:
                release.step(record)
            if done == mark:
                release.settle()
                look.go_back(retracted(release.decision, sent))
                if whom:
                    first = barred.begins(
                        conn, chain, sent, whom, lambda n: release.decision.reason(n) is None
                    )
                    look.repeat(store.records(conn, chain, first.seq, mark), first.seq)
        settled = (seq for seq in release.settle() if seq > after)
        look.settle(store.record(conn, chain, seq) for seq in settled)
        look.leave_late(
            store.record(conn, chain, seq) for seq in leaving(release.decision, sent, after)
        )
        for subject, found in consents(conn, session.study).items():
            refused = found.refuses()
            if refused is not None:
                look.held.setdefault((subject, refused), 0)
        critical = unseen(conn, session.study)
    return Preview(
        after, upto, sent.sealed, sent.at,
        look.new_forms(), look.held_back(), dict(look.withheld), look.size, whole,
        away, genes, whom or watched, look.left_late(), look.went_back(),
        critical, alone, look.erased,
    )  # fmt: skip


class _Look:
    """Adds up while records go by."""

    def __init__(self, study: Study, release: Release, sent: lineage.Sent, *, alone: bool) -> None:
        self._study = study
        self._release = release
        self._sent = sent
        self._whole_subjects = OF_SUBJECT | ({Reason.APPROVAL} if alone else set())
        self.erased = 0
        self._forms: Counter[str] = Counter()
        self._late: Counter[str] = Counter()
        self._back: dict[tuple[str, Reason], int] = {}
        self.held: dict[tuple[str, Reason], int] = {}
        self.withheld: Counter[str] = Counter()
        self.size = _AROUND

    def at(self, record: Record) -> None:
        """Take in the next record."""
        self._release.step(record)
        self.size += len(record.header_bytes) + _FRAME
        reason = self._release.decision.reason(record.header.seq)
        if reason is not None:
            self._stays(record, reason, 1)
            return
        assert record.opening is not None
        self.size += len(record.opening.payload) + _FRAME
        if record.kind in TELL_TO_DELETE:
            self._erase(record)
        form = _form(record.body)
        if form is not None:
            self._forms[form] += 1

    def _erase(self, record: Record) -> None:
        """Count what the receiver holds of what is to be deleted there."""
        after, seqs = self._sent.after, record.body.get("seqs")
        if after is None or not isinstance(seqs, list) or record.header.seq <= after.seq:
            return
        there = [s for s in seqs if isinstance(s, int) and s <= after.seq]
        # What was not sent is never taken back, but may be redacted.
        told = record.kind is Kind.SUBJECT_WITHHELD
        self.erased += sum(told or s not in self._sent.held for s in there)

    def settle(self, records: Iterator[Record]) -> None:
        """Move what a check found identifying later in the same span."""
        for record in records:
            reason = self._release.decision.reason(record.header.seq)
            assert reason is not None
            form = _form(record.body)
            if form is not None:
                self._forms[form] -= 1
            self._stays(record, reason, 1)

    def _stays(self, record: Record, reason: Reason, by: int) -> None:
        self.withheld[reason.value] += by
        if reason in _UNPLACED or record.opening is None:
            return
        body = record.body
        address = body.get("address")
        subject = self._release.subject_of(body, record.header.chain)
        if subject is None:
            subject = self._release.decision.replies.get(record.header.seq)
        place = (
            subject if reason in self._whole_subjects or not isinstance(address, str) else address
        )
        if place is not None:
            self.held[place, reason] = self.held.get((place, reason), 0) + by

    def go_back(self, entries: Iterable[Entry]) -> None:
        """Add what the receiver is told to delete."""
        for entry in entries:
            place = str(entry.payload["subject"]), Reason(str(entry.payload["cause"]))
            seqs = entry.payload["seqs"]
            assert isinstance(seqs, list)
            self._back[place] = len(seqs)
            self.size += len(dumps(entry.payload)) + _FRAME

    def repeat(self, records: Iterator[Record], confirmed: int) -> None:
        """Add what goes once more, for nobody has confirmed it."""
        for record in records:
            seqs = record.body.get("seqs") if record.opening is not None else None
            if isinstance(seqs, list) and record.kind in TELL_TO_DELETE:
                self.erased += sum(isinstance(s, int) and s <= confirmed for s in seqs)
            self.size += len(record.header_bytes) + _FRAME
            reason = self._release.decision.reason(record.header.seq)
            if reason is not None:
                self.withheld[reason.value] += 1
            elif record.opening is not None:
                self.size += len(record.opening.payload) + _FRAME

    def leave_late(self, records: Iterator[Record]) -> None:
        """Add what was held until now."""
        for record in records:
            assert record.opening is not None
            self.size += len(record.opening.payload) + _FRAME
            self._late[self._release.subject_of(record.body, record.header.chain) or ""] += 1

    def left_late(self) -> tuple[tuple[str, int], ...]:
        """How much of whom was held until now and leaves."""
        return tuple(sorted(self._late.items()))

    def went_back(self) -> tuple[Held, ...]:
        """How much of whom is deleted at the receiver."""
        order = sorted(self._back.items(), key=lambda one: (one[0][0], one[0][1].value))
        return tuple(Held(subject, why, n) for (subject, why), n in order)

    def new_forms(self) -> tuple[Fresh, ...]:
        """Forms with something new, by subject and in the order of the study."""
        keys = ((_key(text), n) for text, n in self._forms.items() if n > 0)
        # Of a form of identities its bare records leave, and nothing that anybody entered.
        found = [(key, n) for key, n in keys if not self._study.by_form[key.form].private]
        events = {event.oid: n for n, event in enumerate(self._study.events)}
        forms = {form.oid: n for n, form in enumerate(self._study.forms)}

        def place(one: tuple[FormKey, int]) -> tuple[object, ...]:
            key = one[0]
            event: EventKey = key.event
            return (
                event.subject, events.get(event.event, 0), event.repeat,
                forms.get(key.form, 0), key.repeat,
            )  # fmt: skip

        return tuple(Fresh(key, n) for key, n in sorted(found, key=place))

    def held_back(self) -> tuple[Held, ...]:
        """What would stay, by subject."""
        order = sorted(self.held.items(), key=lambda one: (one[0][0], one[0][1].value))
        return tuple(Held(parse_address(text), why, n) for (text, why), n in order)


def _form(body: Mapping[str, JSON]) -> str | None:
    """The address of the form that a record is about, None where it is about none."""
    address = body.get("address")
    if not isinstance(address, str) or body["kind"] in _NOT_OF_A_FORM:
        return None
    parts = address.split("/", 3)
    return "/".join(parts[:3]) if len(parts) > 2 else None


_NOT_OF_A_FORM: Final = frozenset({Kind.CHECK_OUTCOME.value})
"""What the program notes by itself is nothing new that anybody entered."""


def _key(text: str) -> FormKey:
    key = parse_address(text)
    assert isinstance(key, FormKey)
    return key
