"""What can be taken back is offered, and taken up in one transaction, or nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.record import Entry, Kind, Record
from mrd_desktop.record import projection
from mrd_desktop.record.echoes import drop_private, drop_repeating, form_of_address, texts_of
from mrd_desktop.record.redactable import address_of
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checkpoint import backups_around
from mrd_desktop.transfer.lines import NumberedOpening, joined
from mrd_desktop.transfer.loss import may_answer, released
from mrd_desktop.transfer.manifest import Point
from mrd_desktop.transfer.tail.following import ERASING, Following, Tail, numbers, read
from mrd_desktop.transfer.tail.words import INSTEAD, NOTHING, OTHERS, TailRefused
from mrd_desktop.vault import accounts, schema
from mrd_desktop.vault.identity import destroy_subkey
from mrd_desktop.vault.session import COMPACT_SETTING, Session


@dataclass(frozen=True, slots=True)
class Offer:
    """What the packages around the folder give.

    Attributes:
        why: what is said of the first that gives nothing.
        instead: that a backup around the folder reaches as far as they do: it holds more.
        backup: that backup.
        restores: a backup is to be restored, that one or another.
    """

    tail: Tail | None
    why: Text | None
    instead: Text | None = None
    backup: Path | None = None
    restores: bool = False


def offered(session: Session) -> Offer:
    """Verify the packages around the folder that follow the chain here; nothing is written.

    Raises:
        PermissionDenied: the role may not verify.
    """
    session.require("verify")
    with read(session) as found:
        tail, why = found.tail(), found.why
        kept = [(head.seq, path) for path, head in backups_around(session)]
    last, backup = max(kept, default=(0, None))
    if backup is None or not found.head.seq < found.reach <= last:
        return Offer(tail, why, restores=tail is None and found.restores)
    # The one that reaches furthest, where it reaches as far as the packages.
    return Offer(tail, why, INSTEAD.filled(name=backup.name, last=last), backup, restores=True)


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
    with read(session) as found:
        tail = found.tail()
        if tail is None:
            raise TailRefused(found.why or NOTHING)
        if tail != shown:
            raise TailRefused(OTHERS)
        job = _Adoption(found)
        try:
            session.take_back(job.adopt, lambda conn: job.entries(conn, session.user))
        except LedgerError as refused:
            raise TailRefused(refused.text) from refused
    if job.gone:
        session.compact()
    released(session)
    return tail


class _Adoption:
    """Takes up what was found, and says what is recorded behind it.

    Attributes:
        gone: a record among them takes content out.
    """

    def __init__(self, found: Following) -> None:
        self._found: Final = found
        self.gone = False

    def adopt(self, conn: Connection) -> str:
        """Store and project what was verified; the time of the last record."""
        found = self._found
        chain, study = found.chain, found.session.study
        if store.head(conn, chain) != found.head:
            raise TailRefused(OTHERS)
        erasing: dict[int, Record] = {}
        for _, package, _ in found.packages:
            late: list[NumberedOpening] = []
            lines = joined(package.lines("headers"), package.lines("openings"), late)
            fresh = (r for r in lines if r.header.seq > found.head.seq)
            store.adopt(conn, chain, self._watched(conn, fresh, erasing))
            for one in late:
                if store.open_later(conn, chain, one.seq, one.opening):
                    self._watch(conn, store.record(conn, chain, one.seq), erasing)
        for seq, record in erasing.items():
            self.gone = True
            schema.put_setting(conn, COMPACT_SETTING, "1")
            store.erase(conn, chain, seq)
            if record.kind is Kind.LINK_DESTROYED:
                subject = str(record.body["subject"])
                drop_private(conn, subject, {f.oid for f in study.forms if f.private})
                destroy_subkey(conn, subject)
        end = store.head(conn, chain)
        if end != found.mark.head:
            raise TailRefused(OTHERS)
        accounts.fold(conn, store.records(conn, chain, found.head.seq), chain)
        projection.take_in(conn, store.records(conn, chain, found.head.seq))
        return end.at

    def _watched(
        self, conn: Connection, records: Iterator[Record], erasing: dict[int, Record]
    ) -> Iterator[Record]:
        """Hand records on, with an eye on each."""
        for record in records:
            self._watch(conn, record, erasing)
            yield record

    def _watch(self, conn: Connection, record: Record, erasing: dict[int, Record]) -> None:
        """Note what erases; unsaved typing that repeats what it takes out goes with it."""
        if record.opening is None or record.kind not in ERASING:
            return
        erasing[record.header.seq] = record
        if record.kind is Kind.REDACTION_DONE:
            self._drop(conn, record)

    def _drop(self, conn: Connection, record: Record) -> None:
        for seq in numbers(record.body):
            if not 0 < seq <= self._found.head.seq:
                continue
            held = store.record(conn, self._found.chain, seq)
            form = None if held.opening is None else form_of_address(address_of(conn, held))
            if form is not None:
                drop_repeating(conn, form, texts_of(held))

    def entries(self, conn: Connection, user: str) -> list[Entry]:
        """What is recorded behind them: that the packages were written, and what was taken back."""
        found, chain = self._found, self._found.chain
        told = {str(r.body["manifest"]) for r in lineage.of_kind(conn, chain, Kind.PACKAGE_SEALED)}
        made = [
            lineage.sealed(p.manifest, p.sha256, sorted(held))
            for _, p, held in found.packages
            if p.sha256 not in told
        ]
        end, before = found.mark.head, found.head.seq
        fresh = enumerate(store.records(conn, chain, before, end.seq), before + 1)
        unopened = [
            seq
            for seq, record in fresh
            if record.opening is None and store.erased_by(conn, chain, seq) is None
        ]
        back = lineage.taken_back(
            user, Point(end.seq, end.digest.hex()), before + 1,
            [p.sha256 for _, p, _ in found.packages], unopened,
        )  # fmt: skip
        return [*made, back]
