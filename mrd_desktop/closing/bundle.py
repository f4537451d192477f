"""The close-out bundle: what a site hands over at the end, and a means to check and read it.

A folder with the whole history in lines, the definitions, tables with their dictionary, a certified
copy of each subject's records, the archive of packages and receipts, an encrypted backup, the
descriptions of the formats and a script that checks all of it with Python alone. The list of files
is signed by the site. What still lacks is named in it; nothing is left out silently (R-ARC-01).

It is the site's own: values that never leave it stand in it, identities only in the sealed backup.
Decision 0045.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyrage
from sqlalchemy import Connection

from mrd_desktop import __version__
from mrd_desktop.closing import bech32, keys
from mrd_desktop.closing.checking import check_bundle, incomplete
from mrd_desktop.closing.errors import BundleNotMade, NotCloseout
from mrd_desktop.closing.layout import DESCRIBED, FORMAT, LIST, SIGNATURE, SUMS
from mrd_desktop.errors import MrdError
from mrd_desktop.insight.reports import subject_copy
from mrd_desktop.insight.reports.certified import write_print
from mrd_desktop.insight.reports.html import to_html
from mrd_desktop.insight.reports.issue import issue
from mrd_desktop.insight.reports.model import Tongue
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.chain import Head
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.resources import described, resource
from mrd_desktop.texts import Language
from mrd_desktop.transfer import lineage, publish
from mrd_desktop.transfer.container import PACKAGE, label
from mrd_desktop.transfer.errors import Cancelled, write_failed
from mrd_desktop.transfer.lines import header_line, opening_line
from mrd_desktop.transfer.manifest import file_name
from mrd_desktop.transfer.messages import Receipt, ReceiptMessage
from mrd_desktop.transfer.reply import confirmations
from mrd_desktop.vault import backup, definitions, trust
from mrd_desktop.vault.errors import CommitUnsure, FolderExists
from mrd_desktop.vault.files import sync_folder, write_atomically
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from mrd_desktop.vault.storage import storage_errors

WHAT: Final = "closeout"
Told = Callable[[int, int], None]
"""Subjects done, subjects in all; what it raises ends the work, and nothing is left."""


@dataclass(frozen=True, slots=True)
class LastFull:
    """The last full package: what was sealed, its file's name, the sponsor's word for it."""

    number: int
    manifest: str
    file: str
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a bundle made now would hold.

    Attributes:
        missing: codes of :data:`layout.MISSING`; none where it is complete.
    """

    package: LastFull | None
    keys: keys.Handed | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written and read back."""

    path: Path
    files: int
    sha256: str
    missing: tuple[str, ...]


def may_close(session: Session) -> bool:
    """Whether this user makes the bundle: who exports and backs up, with every subject's copy."""
    return all(map(session.allows, ("export", "backup", "subject.see")))


def standing(session: Session) -> Standing:
    """What is there and what lacks; nothing is written."""
    chain = session.folder.chain
    with session.reading() as conn:
        sealed = [
            r for r in lineage.of_kind(conn, chain, Kind.PACKAGE_SEALED) if r.body.get("full")
        ]
        number, after = 0, 0
        if sealed:
            number = int(str(sealed[-1].body["number"]))
            after = lineage.end_of_package(conn, chain, number) or 0
        later = any(map(_counts, lineage.behind(conn, chain, after, *COUNTED)))
    held = keys.handed(session)
    missing = [] if held is not None and held.valid else ["keys"]
    if not sealed:
        return Standing(None, held, (*missing, "package"))
    manifest = str(sealed[-1].body["manifest"])
    receipt = next((r for _, r in _receipts(session) if r.package == manifest), None)
    name = file_name(session.folder.site, chain, number)
    missing += ["package"] if later else []
    missing += [] if _whole(session, session.folder.archive / name, manifest) else ["archive"]
    missing += [] if receipt is not None else ["receipt"]
    return Standing(LastFull(number, manifest, name, receipt), held, tuple(missing))


def _whole(session: Session, path: Path, manifest: str) -> bool:
    """Whether the package lies there as the site sealed it, under today's or its first key."""
    try:
        found, _ = label(path, PACKAGE, lambda _: known_keys(session))
    except (MrdError, OSError):
        return False
    return found.manifest == manifest


def _counts(record: Record) -> bool:
    """Whether a package made before a record would lack something of the trial."""
    body = record.body
    if record.kind is Kind.SIGNATURE_MADE:  # statements never leave; that of the keys ends a study
        return any(name in body for name in ("address", "review", "loss"))
    return record.kind is not Kind.REVIEW_NOTED or "act" not in body


def close_out(
    session: Session,
    to: Path,
    *,
    language: Language,
    told: Told = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Bundle:
    """Write the bundle into a new folder below ``to``.

    Raises:
        PermissionDenied: the role may not export, make backups or see subjects.
        FolderExists: one of the same day lies there.
        Cancelled: nothing is left.
        BundleNotMade: what was written does not verify; nothing is left.
        StorageError, WriteFailed, BackupError: the medium refuses; nothing is left.
    """
    for operation in ("export", "backup", "subject.see"):
        session.require(operation)
    folder = session.folder
    name = f"closeout-{folder.site}-{folder.chain[:8]}-{session.today()}"
    target, partial = to / name, to / f".{name}.tmp"
    if target.exists():
        raise FolderExists(name)
    stands = False
    try:
        with storage_errors():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            found, kept = _fill(session, partial, language, told, cancelled)
            _read_back(session, partial, found)
            partial.rename(target)
            stands = True
            sync_folder(to)
    except BaseException as trouble:
        shutil.rmtree(target if stands else partial, ignore_errors=True)
        if isinstance(trouble, OSError):  # the medium was taken out, or refuses the name
            raise write_failed(trouble) from trouble
        raise
    made = Bundle(target, found.files, found.sha256, found.missing)
    content: dict[str, JSON] = {
        "what": WHAT,
        "form": "folder",
        "user": session.user,
        "sha256": made.sha256,
        "files": made.files,
        "missing": list(made.missing),
    }
    try:
        session.commit(
            [backup.made(session, kept), Entry(Kind.PRINTED, RecordClass.CODED, content)]
        )
    except CommitUnsure:
        raise  # the records may be found again, and then name this bundle
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return made


def _read_back(session: Session, place: Path, made: Bundle) -> None:
    """Bring everything to the medium and check it as anybody else would."""
    with storage_errors():
        for path in place.rglob("*"):
            if path.is_file():
                with path.open("rb+") as file:
                    os.fsync(file.fileno())
        for path in (place, *(p for p in place.rglob("*") if p.is_dir())):
            sync_folder(path)
        try:
            checks = check_bundle(place, {session.folder.chain: session.site_key()})
        except NotCloseout:
            raise BundleNotMade(LIST) from None
    lacks = incomplete(made.missing)
    wrong = [c for c in checks if c.ok is False and c.detail != lacks]
    if wrong:
        raise BundleNotMade("; ".join(f"{c.name}: {c.detail.en}" for c in wrong))


def _fill(
    session: Session,
    place: Path,
    language: Language,
    told: Told,
    cancelled: Callable[[], bool],
) -> tuple[Bundle, backup.BackupReport]:
    """What writes records comes first, so that the history holds it; the backup writes none yet."""
    _copies(session, place / "copies", told, cancelled)
    publish.publish(session, place / "tables", (publish.CSV, publish.ODM), language)
    kept = backup.write(session, place / "backup")
    stands = standing(session)
    with session.reading() as conn:
        heads = [store.head(conn, chain) for chain in store.chains(conn)]
        (place / "ledger").mkdir()
        for head in heads:
            _lines(conn, head, place / "ledger")
        for digest, data in definitions.kept(conn).items():
            _put(place / "definitions" / f"{digest}.json", data)
    _archive(session, place)
    _means(session, place)
    listed = tuple(_listed(place))
    last = stands.package
    said: dict[str, JSON] = {
        "format": FORMAT,
        "study": session.folder.study,
        "site": session.folder.site,
        "name": session.folder.name,
        "chain": session.folder.chain,
        "training": session.folder.training,
        "program": __version__,
        "definition": session.study.digest,
        "at": session.now(),
        "by": session.user,
        "heads": [{"chain": h.chain, "seq": h.seq, "digest": h.digest.hex()} for h in heads],
        "package": None
        if last is None
        else {
            "number": last.number,
            "manifest": last.manifest,
            "file": f"archive/{last.file}",
            "receipt": None if last.receipt is None else _receipt_name(last.receipt),
        },
        "keys": None
        if stands.keys is None or not stands.keys.valid
        else {"seq": stands.keys.seq, "user": stands.keys.user, "at": stands.keys.at},
        "missing": list(stands.missing),
        "files": [{"name": n, "size": size, "sha256": digest} for n, size, digest in listed],
    }
    data = dumps(said)
    _put(place / LIST, data)
    _put(place / SIGNATURE, session.sign_as_site(Namespace.CLOSEOUT, data).encode("ascii"))
    own = hashlib.sha256(data).hexdigest()
    sums = "".join(f"{digest}  {n}\n" for n, _, digest in (*listed, (LIST, 0, own)))
    _put(place / SUMS, sums.encode())
    return Bundle(place, len(listed), own, stands.missing), kept


def _lines(conn: Connection, head: Head, place: Path) -> None:
    """The records of a chain up to its head, each read and written once; none is kept."""
    with (
        (place / f"headers.{head.chain}.jsonl").open("wb") as headers,
        (place / f"openings.{head.chain}.jsonl").open("wb") as openings,
    ):
        for record in store.records(conn, head.chain, upto=head.seq):
            headers.write(header_line(record))
            if record.opening is not None and record.header.cls is not RecordClass.PRIVATE:
                openings.write(opening_line(record.header.seq, record.opening))


def _copies(session: Session, place: Path, told: Told, cancelled: Callable[[], bool]) -> None:
    """A certified copy of each subject's records, in both languages; each print is recorded."""
    book = Casebook(session)
    subjects = book.subjects()
    place.mkdir()
    for done, line in enumerate(subjects):
        if cancelled():
            raise Cancelled
        told(done, len(subjects))
        report = subject_copy.subject_copy(book, line.subject)
        stamp = issue(session, report, form="html")
        data = to_html(report, stamp, Tongue.BOTH).encode()
        write_print(session, report, place / f"{line.subject}.html", data)


def _archive(session: Session, place: Path) -> None:
    """What was sent and received, and what the sponsor confirmed."""
    folder = session.folder
    for path in sorted(folder.archive.iterdir()) if folder.archive.is_dir() else ():
        if path.is_file() and not path.name.startswith("."):
            (place / "archive").mkdir(exist_ok=True)
            with storage_errors():
                shutil.copyfile(path, place / "archive" / path.name)
    (place / "receipts").mkdir()
    for message, receipt in _receipts(session):
        path = place / _receipt_name(receipt)
        _put(path, message.receipt.encode())
        _put(path.with_name(f"{path.name}.sig"), message.signature.encode())


def _means(session: Session, place: Path) -> None:
    """Keys to check with, the key of the archive under the recovery sheet, formats, the script."""
    (place / "keys").mkdir()
    # Not the file of this name in the folder, which anybody could have altered.
    sign, age = PublicKey(session.site_key()), str(session.age_identity().to_public())
    _put(place / "keys" / trust.SITE_PUB, trust.identity_of(session.folder, sign, age).to_bytes())
    for n, pin in enumerate(trust.pins(session), 1):
        if pin.practice:
            continue
        kind = "sponsor" if pin.holder is trust.Holder.SPONSOR else "site"
        known: dict[str, JSON] = {
            "holder": pin.holder.value,
            "site": pin.site,
            "chain": pin.chain,
            "sign": pin.sign.to_base64(),
            "age": pin.age,
            "active": pin.active,
        }
        _put(place / "keys" / f"{kind}-{n}.pub", dumps(known))
    sheet = pyrage.x25519.Recipient.from_str(bech32.recipient(session.manifest.recovery.public))
    secret = "".join(f"{one}\n" for one in session.age_identities()).encode()
    _put(place / "keys" / "archive-key.age", bytes(pyrage.encrypt(secret, [sheet])))
    for name in DESCRIBED:
        _put(place / "formats" / name, described(name).read_bytes())
    for name in ("verify.py", "README.txt"):
        _put(place / name, resource("closeout", name).read_bytes())


def _receipts(session: Session) -> Iterator[tuple[ReceiptMessage, Receipt]]:
    for message in confirmations(session):
        yield message, Receipt.from_bytes(message.receipt.encode())


def _receipt_name(receipt: Receipt) -> str:
    return f"receipts/{receipt.number:04}-{receipt.package[:8]}.json"


def _listed(place: Path) -> Iterator[tuple[str, int, str]]:
    for path in sorted(p for p in place.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield path.relative_to(place).as_posix(), path.stat().st_size, digest


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, data)


_ROUND_ABOUT: Final = frozenset({
    Kind.SESSION_OPENED, Kind.SESSION_CLOSED, Kind.SIGNIN_FAILED, Kind.CLOCK_NOTED,
    Kind.PACKAGE_BEGUN, Kind.PACKAGE_SEALED, Kind.PACKAGE_VOIDED, Kind.PACKAGE_RECEIVED,
    Kind.VAULT_GRANTED, Kind.GENERATION_CHANGED, Kind.REPLY_ADOPTED, Kind.BACKUP_MADE,
    Kind.RESTORE_DONE, Kind.DATASET_EXPORTED, Kind.PRINTED, Kind.IDENTITY_LOOKED,
    Kind.FILE_ATTACHED,
})  # fmt: skip
"""What signing in, sending and handing over write themselves, and what never leaves."""
COUNTED: Final = tuple(kind for kind in Kind if kind not in _ROUND_ABOUT)
"""What a package made before it would lack; a new kind counts until somebody says otherwise."""
