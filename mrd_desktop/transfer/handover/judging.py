"""Whether the chains of a hand-over file may be stored: judged before anything is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Record
from mrd_desktop.ledger.verify import Watermark, verify_records
from mrd_desktop.record import shapes
from mrd_desktop.record.retold import Retold
from mrd_desktop.transfer.container import Package
from mrd_desktop.transfer.errors import CopiedFolder, HandoverGap, OldCopy, RecordsRefused
from mrd_desktop.transfer.handover.manifest import HandoverManifest, Stretch, point
from mrd_desktop.transfer.lines import joined
from mrd_desktop.transfer.telling import Telling


def own_stretch(conn: Connection, stretch: Stretch, head: Head) -> None:
    """What the sender holds of this computer must be what this computer holds.

    Raises:
        OldCopy: it is not.
    """
    if stretch.after.seq > head.seq or stretch.before.seq > head.seq:
        raise OldCopy
    for said in (stretch.before, stretch.after):
        if point(conn, stretch.chain, said.seq) != said:
            raise OldCopy


def verified(
    conn: Connection,
    package: Package[HandoverManifest],
    stretch: Stretch,
    head: Head,
    telling: Telling,
) -> None:
    """What a file says of another computer must follow what is held of it, and hold by itself.

    Args:
        telling: watches the records of the file.

    Raises:
        HandoverGap, CopiedFolder, RecordsRefused: it does not.
    """
    chain, before = stretch.chain, stretch.before
    if before.seq > head.seq:
        raise HandoverGap(chain[:8])
    if point(conn, chain, before.seq) != before:
        raise CopiedFolder(str(before.seq))
    held = store.records(conn, chain, before.seq, head.seq)
    retold = Retold(partial(store.held_before, conn, head))

    def fresh() -> Iterator[Record]:
        for record in telling.watched(records_in(package, chain)):
            seq = record.header.seq
            if seq > head.seq:
                fault = shapes.fault_in(record) or retold.step(record)
                if fault:
                    raise RecordsRefused(fault)
                yield record
                continue
            mine = next(held, None)
            if mine is None or (mine.header_bytes, mine.signature) != (
                record.header_bytes,
                record.signature,
            ):
                raise CopiedFolder(str(seq))

    mark = _walked(conn, head)
    # Complete: another computer of the site leaves out nothing but what was taken out.
    verdict = verify_records(fresh(), chain, private=False, complete=True, start=mark)
    if stretch.after.seq <= head.seq:
        if point(conn, chain, stretch.after.seq) != stretch.after:
            raise CopiedFolder(str(stretch.after.seq))
        return
    if not verdict.ok:
        fault = next(check for check in verdict.checks if check.ok is False)
        raise RecordsRefused(fault.detail.en)
    if verdict.head.digest.hex() != stretch.after.digest:
        raise RecordsRefused("its head is not what the manifest says")


def signed_by_its_key(package: Package[HandoverManifest], known: str) -> None:
    """A label may lead to a key that the chain of its computer does not tell of: it proves nothing.

    Args:
        known: id of the key that the records of the sender's chain end at.

    Raises:
        RecordsRefused: another key signed the file.
    """
    if PublicKey(package.signer).id != known:
        raise RecordsRefused("its computer's own records do not tell of the key that signed it")


def records_in(package: Package[HandoverManifest], chain: str) -> Iterator[Record]:
    """The records of one chain in a file."""
    openings = package.lines(f"openings.{chain}")
    return joined(package.lines(f"headers.{chain}"), openings)


def _walked(conn: Connection, head: Head) -> Watermark | None:
    if head.seq == 0:
        return None
    records = store.records(conn, head.chain)
    return verify_records(records, head.chain, private=False, complete=False).watermark
