"""Heads that the sponsor has confirmed: in receipts that are recorded here, and in replies kept.

A receipt is signed by the sponsor, so a history that was rewritten up to it does not agree with it.
A reply that lies beside the data and was never adopted here, as far as this copy knows, tells of an
older copy that was put back. So does one that the key of this copy does not open, or whose signer
it does not know although it was taken up here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import lineage, messages
from mrd_desktop.transfer.container import Outer, Package, opened, signed_label
from mrd_desktop.transfer.errors import NotForUs
from mrd_desktop.transfer.messages import Receipt, ReceiptMessage
from mrd_desktop.transfer.refusals import Refusal
from mrd_desktop.transfer.reply import REPLY, ReplyManifest, notices, receipts
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, pins_on

BY_RECEIPT: Final = "receipt "


def heads(session: Session, conn: Connection) -> Iterator[tuple[str, Receipt]]:
    """Every receipt that is known for this chain, with what knows it: each head once.

    A file that is damaged, of others, or not signed by a sponsor that is trusted proves nothing.
    """
    seen: set[tuple[int, str]] = set()
    every = ((_named(r), r) for r in receipts(session))
    for source, receipt in (*every, *_kept(session, conn)):
        point = (receipt.head.seq, receipt.head.digest)
        if receipt.chain == session.folder.chain and point not in seen:
            seen.add(point)
            yield source, receipt


def _named(receipt: Receipt) -> str:
    """By what it is known again, in whichever reply it comes: each repeats all before it."""
    return f"{BY_RECEIPT}{receipt.number}"


def _kept(session: Session, conn: Connection) -> Iterator[tuple[str, Receipt]]:
    sponsors = _sponsors(conn)
    for path, _, signer in _unknown(session, conn):
        if signer not in sponsors:
            continue
        try:
            yield from [(_named(r), r) for r in _inside(session, path, sponsors)]
        except (MrdError, OSError):
            continue


def unread(session: Session, conn: Connection) -> Iterator[tuple[str, Outer]]:
    """Replies to this chain under keys that this copy does not know, by their names.

    In the archive lies only what was taken up here: whose signer is not known was trusted later.
    One of a sponsor that is trusted is sealed to a key of this folder, so it opens.
    """
    sponsors = _sponsors(conn)
    for path, outer, signer in _unknown(session, conn):
        if signer not in sponsors:
            if path.parent == session.folder.archive:
                yield path.name, outer
            continue
        try:
            list(_inside(session, path, sponsors))
        except NotForUs:
            yield path.name, outer
        except (MrdError, OSError):
            continue


def turned_away(session: Session) -> tuple[Refusal, ...]:
    """Packages that were not taken, as replies tell that lie here and do not fit this copy.

    A folder that an older copy was put back into takes no reply up, and hears all the same why.
    """
    found: dict[tuple[int, str | None], Refusal] = {}
    with session.reading() as conn:
        sponsors = _sponsors(conn)
        for path, _, signer in _unknown(session, conn):
            if signer in sponsors:
                with suppress(MrdError, OSError), _open(session, path, sponsors) as reply:
                    found |= {(r.number, r.package): r for r in notices(reply, {})}
    return tuple(sorted(found.values(), key=lambda r: (r.number, r.seq)))


def _sponsors(conn: Connection) -> list[bytes]:
    return [p.sign.raw for p in pins_on(conn) if p.holder is Holder.SPONSOR]


def _unknown(session: Session, conn: Connection) -> Iterator[tuple[Path, Outer, bytes]]:
    """Replies to this chain beside the data that were not adopted here, with who signed each."""
    folder = session.folder
    adopted = {
        str(r.body["reply"]) for r in lineage.of_kind(conn, folder.chain, Kind.REPLY_ADOPTED)
    }
    for path in sorted({p for d in (folder.archive, folder.inbox) for p in d.glob("*.mrdreply")}):
        try:
            outer, signer = signed_label(path, REPLY)
        except (MrdError, OSError):
            continue
        if outer.chain == folder.chain and outer.manifest not in adopted:
            yield path, outer, signer


def _open(
    session: Session, path: Path, sponsors: Sequence[bytes]
) -> AbstractContextManager[Package[ReplyManifest]]:
    identity = str(session.age_identity())
    return opened(path, REPLY, lambda _: list(sponsors), [identity], session.folder.inbox)


def _inside(session: Session, path: Path, sponsors: Sequence[bytes]) -> Iterator[Receipt]:
    with _open(session, path, sponsors) as reply:
        for line in reply.lines("messages"):
            message = messages.read(line)
            if isinstance(message, ReceiptMessage):
                data = message.receipt.encode()
                sshsig.verify(message.signature, data, Namespace.RECEIPT, [reply.signer])
                yield Receipt.from_bytes(data)
