"""The keys that a folder's own chain names as the folder's: what an older one signed is genuine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.foreign import first_bytes
from mrd_desktop.ledger import rotations, store
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Record
from mrd_desktop.ledger.rotations import NoRotation, Rotation
from mrd_desktop.vault.session import Session

SUFFIX: Final = ".mrdrotation"
"""Of a file with the statement of one change."""

_ROTATED = (
    "SELECT o.seq FROM ledger_chain c JOIN ledger_opening o ON o.chain_no = c.no"
    " WHERE c.chain = ? AND instr(CAST(o.payload AS TEXT), '\"key.rotated\"') > 0"
    " AND json_extract(CAST(o.payload AS TEXT), '$.kind') = 'key.rotated'"
    " AND json_extract(CAST(o.payload AS TEXT), '$.folder') IS NOT NULL ORDER BY o.seq"
)


def known_keys(session: Session) -> tuple[bytes, ...]:
    """The folder's signing keys (32 bytes each): today's, then those that its chain tells of.

    They tell what this folder made before; what it makes now is signed with today's alone.
    """
    chain = session.folder.chain
    with session.reading() as conn:
        first = store.record(conn, chain, 1)
        changes = tuple(rotations_of(conn, chain))
    began = first.body.get("sign") if first.opening is not None else None
    keys = [session.site_key(), *(key.raw for r in reversed(changes) for key in (r.key, r.old))]
    if isinstance(began, str):
        keys.append(PublicKey.from_base64(began).raw)
    return tuple(dict.fromkeys(keys))


def changes_kept(session: Session) -> tuple[tuple[Path, Rotation], ...]:
    """The changes of this folder's key whose statements lie in its archive.

    An older copy that was put back learns from them which keys follow the ones it knows. Whether
    a key it knows signed for one of them, :func:`rotations.reached` says.
    """
    folder = session.folder
    found: list[tuple[Path, Rotation]] = []
    for path in sorted(folder.archive.glob(f"*{SUFFIX}")):
        with suppress(NoRotation, OSError):
            change = rotations.from_bytes(first_bytes(path))
            if change.chain == folder.chain:
                found.append((path, change))
    return tuple(found)


def rotations_of(conn: Connection, chain: str) -> Iterator[Rotation]:
    """The changes of a folder's own key that its chain tells of, in order."""
    for _, change in told_changes(conn, chain):
        yield change


def told_changes(conn: Connection, chain: str) -> Iterator[tuple[Record, Rotation]]:
    """As :func:`rotations_of`, each with its record."""
    seqs = conn.exec_driver_sql(_ROTATED, (chain,)).scalars().all()
    for seq in seqs:
        record = store.record(conn, chain, int(seq))
        try:
            yield record, rotations.of_record(record.body)
        except NoRotation:
            continue
