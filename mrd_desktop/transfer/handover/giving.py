"""Writing a hand-over file: every chain of the site that the sender holds, for one other computer.

It begins at what the receiver is known to hold; subjects that are handed over go with it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain as one_after_another
from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.record import handing
from mrd_desktop.record.owning import moved, standing_of
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.archive import Part, split
from mrd_desktop.transfer.container import addressed, copy, opened, write
from mrd_desktop.transfer.errors import ComputerUnknown, VaultNeeded
from mrd_desktop.transfer.export import ready, sender_of
from mrd_desktop.transfer.handover.manifest import (
    FORMAT,
    HANDOVER,
    HandoverManifest,
    Stretch,
    key_context,
    point,
    private_context,
)
from mrd_desktop.transfer.lines import header_line, opening_line
from mrd_desktop.transfer.manifest import PartEntry, Point
from mrd_desktop.transfer.telling import Telling, Told, unheard
from mrd_desktop.vault import crypto, definitions
from mrd_desktop.vault.computers import Computer, computers
from mrd_desktop.vault.identity import link_destroyed
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import rotations_of


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
    told: Told = unheard,
) -> Handed:
    """Hand subjects to another computer and write the file for it; without any, let it see.

    Where the file cannot be written after the handing was recorded, the subjects are on their
    way: the same call without subjects writes the file again.

    Args:
        to: its chain, or the beginning of it.
        full: from the first record on, whatever it is known to hold.
        told: hears how far it is. Where it raises no file is left; subjects whose handing is
            recorded are on their way all the same.

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
    return _write(session, receiver, place, told, full=full)


def _computer(conn: Connection, own: str, chain: str) -> Computer:
    found = [c for c in computers(conn, own) if chain and c.chain.startswith(chain)]
    if len(found) != 1:
        raise ComputerUnknown(chain)
    return found[0]


def _write(session: Session, receiver: Computer, folder: Path, told: Told, *, full: bool) -> Handed:
    own = session.folder.chain
    archive = session.folder.archive
    archive.mkdir(exist_ok=True)
    with session.reading() as conn:
        # Who knows a former key of this computer follows what it signed.
        sender = replace(sender_of(session), changes=tuple(rotations_of(conn, own)))
        known = {} if full else _held_by(conn, own, receiver.chain)
        stretches = _stretches(conn, own, known)
        records = sum(s.after.seq - s.before.seq for s in stretches)
        telling = Telling(told, 2 * records)
        subjects = tuple(
            s for s in sorted(moved(conn))
            if (now := standing_of(conn, s)).on_its_way == receiver.chain
            and now.segments[-1].chain == own
        )  # fmt: skip
        head = store.head(conn, own)
        key = secrets.token_bytes(crypto.KEY_BYTES)
        sealed = crypto.seal(receiver.vault, key, key_context(own, receiver.chain))

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
            *(part for s in stretches for part in _parts(conn, session, s, key, telling)),
            _definitions(conn),
        )
        done = write(archive, HANDOVER, parts, manifest, sender, recipients=[receiver.age])

    def read_back(copied: Path) -> None:
        with opened(copied, HANDOVER, lambda _: [sender.public], [sender.identity]):
            pass

    def pulse(_: int) -> None:
        told(2 * records, 2 * records)

    try:
        path = copy(done.path, folder, pulse=pulse, verify=read_back)
    except BaseException:
        done.path.unlink(missing_ok=True)
        raise
    return Handed(path, receiver.chain, subjects, records)


def _stretches(conn: Connection, own: str, known: Mapping[str, int]) -> tuple[Stretch, ...]:
    """What of each chain of the site goes into a file, the own chain last."""
    others = [c.chain for c in computers(conn, own)]
    made = []
    for chain in (*others, own):
        head = store.head(conn, chain)
        if head.seq:
            after = min(known.get(chain, 0), head.seq)
            before = point(conn, chain, after)
            made.append(Stretch(chain, before, Point(head.seq, head.digest.hex())))
    return tuple(made)


def _parts(
    conn: Connection, session: Session, stretch: Stretch, key: bytes, telling: Telling
) -> tuple[Iterator[Part], ...]:
    chain, first, last = stretch.chain, stretch.before.seq, stretch.after.seq

    def plain() -> Iterator[Record]:
        return telling.watched(store.records(conn, chain, first, last))

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
        context = private_context(stretch.chain, row.owner, row.seq)
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
