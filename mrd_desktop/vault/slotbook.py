"""What the database knows of the key slots beside it, so that a change of any byte is named.

A wrap is bound to its slot, but only its owner can open it: without this, nobody else would see
that it was damaged or put back from an older file. The database keeps a digest of each slot, of the
sealed recovery key and of the generation. A change is written down before the file is replaced and
settled afterwards, so that a crash in between leaves either state acceptable.

Each act writes down what it changed and nothing else: what somebody else did to the file stays a
fault, though a colleague's slot beside it is renewed, until the part is made anew as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

from sqlalchemy import Connection

from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.keys import to_base64
from mrd_desktop.vault import schema
from mrd_desktop.vault.database import Database
from mrd_desktop.vault.errors import StorageError
from mrd_desktop.vault.manifest import Manifest, read_manifest, slot_json

SETTING: Final = "manifest.slots"
RECOVERY: Final = "recovery"
GENERATION: Final = "generation"
TRAINING: Final = "training"
_NOW, _NEXT = "now", "next"

Book = Mapping[str, Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class Kept:
    """How the file stood before an act, and what was known of it: where the act is taken back."""

    manifest: Manifest
    known: Mapping[str, str] | None


def digests(manifest: Manifest) -> dict[str, str]:
    """The digest of each slot by its name, and of what stands beside the slots."""
    sealed = manifest.recovery
    parts: dict[str, JSON] = {name: slot_json(slot) for name, slot in manifest.slots.items()}
    parts[RECOVERY] = [
        sealed.serial, *(v and to_base64(v) for v in (sealed.data, sealed.next_data, sealed.vault))
    ]  # fmt: skip
    parts[GENERATION] = [manifest.generation, manifest.next_generation]
    parts[TRAINING] = manifest.training_vault and to_base64(manifest.training_vault)
    return {name: sha256(dumps(part)).hexdigest() for name, part in parts.items()}


def keep(conn: Connection, manifest: Manifest) -> None:
    """This is how the file stands."""
    _put(conn, {_NOW: digests(manifest), _NEXT: None})


def kept(conn: Connection, manifest: Manifest) -> Kept:
    """What is known of the file, of which a session holds this manifest."""
    return Kept(manifest, _settled(_book(conn), manifest))


def replace(
    database: Database,
    folder: Path,
    before: Manifest,
    manifest: Manifest,
    back: Kept | None = None,
) -> None:
    """Replace the file, and what the database knows of what is another in it.

    Args:
        before: the manifest that the new one was made of.
        back: an act is taken back: what was a fault before it is one again.

    Raises:
        StorageError: the old file still stands, or the disk failed behind the rename and the new
            one does: the book allows either.
    """
    with database.writing() as conn:
        if unsettled(conn):  # the disk refused the last file, which may stand for all that
            before = read_manifest(folder)
            settle(conn, before)
        now = _book(conn).get(_NOW)
        since = Kept(before, now) if back is None else back
        following = _following(since.known, since.manifest, manifest)
        _put(conn, {_NOW: now, _NEXT: following})
    manifest.write(folder)
    try:
        with database.writing() as conn:
            _put(conn, {_NOW: following, _NEXT: None})
    except StorageError:
        return  # the file stands, and the book allows it; the next sign-in settles


def _following(
    now: Mapping[str, str] | None, before: Manifest, manifest: Manifest
) -> Mapping[str, str]:
    """What is known of each part once one manifest has taken the place of another."""
    had, has = digests(before), digests(manifest)
    if now is None:
        return has
    # Who took a part out of the file from outside has not ended it.
    known = {name: digest for name, digest in now.items() if name in has or name not in had}
    for name, digest in has.items():
        sound = had.get(name) == now.get(name)
        if had.get(name) != digest and (sound or _anew(name, before, manifest)):
            known[name] = digest
    return known


def _anew(name: str, before: Manifest, manifest: Manifest) -> bool:
    """Whether nothing of a part of before is in it: a slot of another salt, another sheet.

    Nor is there where somebody took a slot out of the file from outside: a reset makes another.
    """
    old, new = before.slots.get(name), manifest.slots.get(name)
    if new is not None:
        return old is None or old.salt != new.salt
    return name == RECOVERY and before.recovery.serial != manifest.recovery.serial


def settle(conn: Connection, manifest: Manifest) -> None:
    """After a crash between file and database: each part keeps the one of the two states it has."""
    book = _book(conn)
    if book.get(_NEXT) is not None:
        _put(conn, {_NOW: _settled(book, manifest), _NEXT: None})


def _settled(book: Book, manifest: Manifest) -> Mapping[str, str] | None:
    now, following = book.get(_NOW), book.get(_NEXT)
    if following is None:
        return now
    found, known = digests(manifest), dict(now or {})
    for name in known.keys() - following.keys() - found.keys():
        del known[name]
    return known | {name: digest for name, digest in found.items() if digest == following.get(name)}


def unsettled(conn: Connection) -> bool:
    """Whether a change was cut off before it was settled."""
    return _book(conn).get(_NEXT) is not None


def faults(conn: Connection, manifest: Manifest) -> Iterator[str]:
    """The names of what is not as it was last written; nothing in a folder that keeps no book."""
    book = _book(conn)
    known = [state for state in (book.get(_NOW), book.get(_NEXT)) if state is not None]
    if not known:
        return
    found = digests(manifest)
    for name in sorted({*found, *(n for state in known for n in state)}):
        if found.get(name) not in {state.get(name) for state in known}:
            yield name


def _book(conn: Connection) -> Book:
    text = schema.setting(conn, SETTING)
    return {} if text is None else cast(Book, loads(text.encode()))


def _put(conn: Connection, book: Book) -> None:
    schema.put_setting(conn, SETTING, dumps(cast(JSON, book)).decode())
