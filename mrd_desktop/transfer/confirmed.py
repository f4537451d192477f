"""Heads that the sponsor has confirmed: in receipts that are recorded here, and in replies kept.

A receipt is signed by the sponsor, so a history that was rewritten up to it does not agree with it.
A reply that lies beside the data and was never adopted here, as far as this copy knows, tells of an
older copy that was put back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.transfer import lineage, messages
from mrd_desktop.transfer.container import label, opened
from mrd_desktop.transfer.messages import Receipt, ReceiptMessage
from mrd_desktop.transfer.reply import REPLY, receipts
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.trust import Holder, pins_on


def heads(session: Session, conn: Connection) -> Iterator[tuple[str, Receipt]]:
    """Every receipt that is known for this chain, with what knows it: each head once.

    A file that is damaged, of others, or not signed by a sponsor that is trusted proves nothing.
    """
    seen: set[tuple[int, str]] = set()
    every = ((f"receipt {r.number}", r) for r in receipts(session))
    for source, receipt in (*every, *_kept(session, conn)):
        point = (receipt.head.seq, receipt.head.digest)
        if receipt.chain == session.folder.chain and point not in seen:
            seen.add(point)
            yield source, receipt


def _kept(session: Session, conn: Connection) -> Iterator[tuple[str, Receipt]]:
    folder = session.folder
    sponsors = [p.sign.raw for p in pins_on(conn) if p.holder is Holder.SPONSOR]
    adopted = {
        str(r.body["reply"]) for r in lineage.of_kind(conn, folder.chain, Kind.REPLY_ADOPTED)
    }
    for path in sorted({p for d in (folder.archive, folder.inbox) for p in d.glob("*.mrdreply")}):
        try:
            outer = label(path, REPLY, lambda _: sponsors)[0]
            if outer.chain == folder.chain and outer.manifest not in adopted:
                yield from [(path.name, r) for r in _inside(session, path, sponsors)]
        except (MrdError, OSError):
            continue


def _inside(session: Session, path: Path, sponsors: Sequence[bytes]) -> Iterator[Receipt]:
    identity = str(session.age_identity())
    with opened(path, REPLY, lambda _: list(sponsors), [identity], session.folder.inbox) as reply:
        for line in reply.lines("messages"):
            message = messages.read(line)
            if isinstance(message, ReceiptMessage):
                data = message.receipt.encode()
                sshsig.verify(message.signature, data, Namespace.RECEIPT, [reply.signer])
                yield Receipt.from_bytes(data)
