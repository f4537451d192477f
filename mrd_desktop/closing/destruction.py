"""The end of a site's records: by an investigator and a site administrator, after the retention.

Everything is signed and the certificate lies outside before anything goes. Then the folder is
marked (:mod:`mrd_desktop.vault.destroyed`), and from there the end is finished however often it is
cut off. The certificate is signed by the site's key, which the sponsor has pinned, and names both
people with signatures of their own keys, the last record, the backups that went, and media on which
others may lie. Decision 0046.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mrd_desktop import __version__
from mrd_desktop.closing import bundle
from mrd_desktop.closing.errors import (
    CertificateAbsent,
    CertificatePlace,
    CertificateRefused,
    TooEarly,
)
from mrd_desktop.closing.keys import SIGNS
from mrd_desktop.closing.retention import Retention, retention
from mrd_desktop.errors import MrdError
from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Kind
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.texts import Text
from mrd_desktop.transfer import lineage
from mrd_desktop.transfer.checkpoint import backup_places
from mrd_desktop.vault import condemned, destroyed, rota, trust
from mrd_desktop.vault.backup import SUFFIX, report_of, signed_head
from mrd_desktop.vault.condemned import FORMAT
from mrd_desktop.vault.database import DATA_FILE
from mrd_desktop.vault.destroyed import Mark
from mrd_desktop.vault.errors import BackupError, StorageError
from mrd_desktop.vault.files import write_atomically
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.site_keys import known_keys
from mrd_desktop.vault.storage import storage_errors
from mrd_desktop.vault.witness import witness

STATEMENT: Final = Text(
    "We destroy the records of this site for good: no key opens them any more. Their time of "
    "retention is over.",
    "我们永久销毁本中心的记录：此后任何密钥均无法打开。其保存期限已满。",
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Backups that were made on a medium and are not at the places looked at: people destroy them.

    Attributes:
        medium: id of the volume, perhaps that of the folder itself; empty where none was told.
        backups: how many are not found; ``last`` when (UTC).
    """

    medium: str
    backups: int
    last: str

    def json(self) -> JSON:
        """For the certificate."""
        return {"medium": self.medium, "backups": self.backups, "last": self.last}


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be destroyed, and what people have to destroy themselves.

    Attributes:
        backups: at the places that are at hand.
        elsewhere: every other one on record that did not make room for a later one.
        bundles: how many close-out bundles were made; each holds a backup.
        missing: what the hand-over lacks (:data:`bundle.MISSING`).
    """

    retention: Retention
    backups: tuple[Path, ...]
    elsewhere: tuple[Elsewhere, ...]
    bundles: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of destruction.

    Attributes:
        said: what both have signed.
        path: its file.
    """

    path: Path
    said: Mapping[str, JSON]

    def text(self, name: str) -> str:
        """A field as text."""
        return str(self.said.get(name, ""))


@dataclass(frozen=True, slots=True)
class Condemned:
    """A folder with its mark: the certificate, and what :func:`destroyed.finish` goes by."""

    certificate: Certificate
    mark: Mark


def may_begin(session: Session) -> bool:
    """Whether this user begins it: an investigator; who manages users confirms."""
    return SIGNS in session.duties.operations


def plan(session: Session) -> Plan:
    """What would be destroyed; nothing is written.

    Raises:
        PermissionDenied: not an investigator. PasswordStale, NotTrained, UndertakingMissing,
            NotConfirmed, RecordsMissing: not yet, as for every signature.
    """
    session.require(SIGNS, at_end=True)
    chain, own = session.folder.chain, _own(session)
    elsewhere = _elsewhere(session, own)
    with session.reading() as conn:
        printed = lineage.of_kind(conn, chain, Kind.PRINTED)
        bundles = sum(r.body.get("what") == bundle.WHAT for r in printed)
    lacks = bundle.standing(session).missing
    return Plan(retention(session), own, elsewhere, bundles, lacks)


def _own(session: Session) -> tuple[Path, ...]:
    """The backups of this chain at the places that are at hand."""
    own = set()
    for path in _all_backups(session):
        with suppress(BackupError):
            if report_of(path).chain == session.folder.chain:
                own.add(path)
    return tuple(sorted(own))


def _elsewhere(session: Session, own: Iterable[Path]) -> tuple[Elsewhere, ...]:
    """Every backup on record that is neither found nor removed for a later one, by its medium.

    One is found by the head that its report names under the site's signature, else by its bytes.
    """
    keys, known, files = known_keys(session), set(rota.removed(session)), set()
    for path in own:
        head = signed_head(path, keys)
        if head is not None:
            known.add(head.digest.hex())
        elif (path / DATA_FILE).is_file():
            with (path / DATA_FILE).open("rb") as file:
                files.add(hashlib.file_digest(file, "sha256").hexdigest())
    media: dict[str, list[str]] = {}
    with session.reading() as conn:
        for record in lineage.of_kind(conn, session.folder.chain, Kind.BACKUP_MADE):
            head_of = record.body.get("head")
            digest = head_of.get("digest") if isinstance(head_of, Mapping) else None
            if digest not in known and record.body.get("sha256") not in files:
                medium = str(record.body.get("medium", ""))
                media.setdefault(medium, []).append(record.header.at)
    return tuple(Elsewhere(m, len(at), max(at)) for m, at in sorted(media.items()))


def condemn(
    session: Session, certificate: Path, password: str, *, second: str, second_password: str
) -> Condemned:
    """Sign the certificate, lay it into a folder, and mark this one.

    After it the session is to be closed and :func:`destroyed.finish` called; otherwise the next
    sign-in finishes it.

    Args:
        certificate: a folder outside this one.

    Raises:
        PermissionDenied and others: as :func:`plan`.
        TooEarly: the records are still to be kept.
        CertificateAbsent, CertificatePlace: as :func:`certificate_in`.
        NoSecondPerson, WrongPassword, TryLater, NotConfirmed, UndertakingMissing: nothing happened.
        StorageError: nothing happened; what may lie there as ``.pending`` is void.
    """
    found = plan(session)
    if not found.retention.over(session.today()):
        raise TooEarly(until=found.retention.until.isoformat())
    folder = session.folder
    path = certificate_in(session, certificate)
    own = session.signer(password)
    other = witness(session, second, second_password)
    session.announce()
    with session.reading() as conn:
        head = store.head(conn, folder.chain)
        subjects = conn.exec_driver_sql("SELECT count(*) FROM p_subject").scalar()
    said: dict[str, JSON] = {
        "format": FORMAT,
        "study": folder.study,
        "site": folder.site,
        "name": folder.name,
        "chain": folder.chain,
        "training": folder.training,
        "program": __version__,
        "text": STATEMENT.en,
        "at": session.now(),
        "user": session.user,
        "second": other.user,
        "head": {"seq": head.seq, "digest": head.digest.hex()},
        "subjects": int(subjects or 0),
        "last": found.retention.last.isoformat(),
        "retained_until": found.retention.until.isoformat(),
        "sheet": session.manifest.recovery.serial,
        "slots": len(session.manifest.slots),
        "backups": [p.name for p in found.backups],
        "elsewhere": [e.json() for e in found.elsewhere],
        "bundles": found.bundles,
        "missing": list(found.missing),
    }
    statement, signed = dumps(said), []
    for user, sign in ((session.user, own), (other.user, other.sign)):
        signature, key = sign(statement)
        raw = base64.b64encode(signature).decode()
        signed.append({"user": user, "key": key, "signature": raw})
    whole = dumps({**said, "signed": signed})
    outer: dict[str, JSON] = {
        "format": FORMAT,
        "statement": whole.decode(),
        "signature": session.sign_as_site(Namespace.DESTRUCTION, whole),
    }
    data = dumps(outer) + b"\n"
    mark = _mark(session, path, data.decode())
    pending = destroyed.pending(path)
    _lay(pending, data)
    try:
        write_atomically(folder.path / destroyed.MARK, mark.to_bytes())  # the point of no return
    except BaseException as refused:
        if destroyed.marked(folder.path) != mark:
            pending.unlink(missing_ok=True)  # of a site that goes on nothing says that it went
            raise
        if not isinstance(refused, StorageError):
            raise
    destroyed.hand_out(mark)
    return Condemned(Certificate(path, said), mark)


def _lay(pending: Path, data: bytes) -> None:
    write_atomically(pending, data)
    with storage_errors():
        same = pending.read_bytes() == data
    if not same:
        pending.unlink(missing_ok=True)
        raise CertificatePlace


def _mark(session: Session, file: Path, certificate: str) -> Mark:
    chain, file = session.folder.chain, file.resolve()
    places = tuple(p.resolve() for p in backup_places(session))
    said = destroyed.content(chain, certificate, places, file)
    signature = session.sign_as_site(Namespace.DESTRUCTION, said)
    return Mark(chain, certificate, places, file, signature)


def destroy(
    session: Session, certificate: Path, password: str, *, second: str, second_password: str
) -> Certificate:
    """As :func:`condemn`, then the end itself; the session is closed.

    Raises:
        As :func:`condemn`; StorageError, FolderInUse: the next sign-in finishes it.
    """
    made = condemn(session, certificate, password, second=second, second_password=second_password)
    session.close()
    destroyed.finish(session.folder.path, made.mark)
    return made.certificate


def read_certificate(session: Session, path: Path) -> Certificate:
    """Check a certificate at a store: by the site's pinned key, and by both people's own keys.

    A mark is taken as well, for the certificate in it.

    Raises:
        PermissionDenied: the role may not verify.
        CertificateRefused: it does not hold, is of no site that is trusted here, or records of the
            site came after it.
    """
    session.require("verify")
    pins = trust.pins(session)
    try:
        data = path.read_bytes()
        said = condemned.read(data, [p.sign.raw for p in pins])
        chain = str(said["chain"])
        said = condemned.read(data, [p.sign.raw for p in pins if p.chain == chain])
        with session.reading() as conn:
            records = tuple(lineage.of_kind(conn, chain, *condemned.ABOUT_PEOPLE))
            people = condemned.signers(records, said)
            held, last = store.head(conn, chain), condemned.head_of(said)
    except SignatureRefused as refused:
        raise CertificateRefused(_OTHER_KEY) from refused
    except (MrdError, OSError, ValueError, KeyError, TypeError, AssertionError):
        raise CertificateRefused(_FOREIGN) from None
    if said["study"] != session.folder.study:
        raise CertificateRefused(_FOREIGN)
    if people != {said["user"], said["second"]}:
        raise CertificateRefused(_NOT_TWO)
    if not condemned.had_duties(records, said, session.study):
        raise CertificateRefused(_NOT_THEIRS)
    if path.name.endswith(destroyed.PENDING):
        raise CertificateRefused(_PENDING)
    if held.seq > last[0] or (held.seq == last[0] and held.digest.hex() != last[1]):
        raise CertificateRefused(_LATER)
    return Certificate(path, said)


def certificate_in(session: Session, place: Path) -> Path:
    """The file that a certificate will be in a folder.

    Raises:
        CertificateAbsent: there is no such folder.
        CertificatePlace: the folder goes with the rest, or holds such a certificate of another act.
    """
    if not place.is_dir():
        raise CertificateAbsent
    folder = session.folder
    path = place / f"destruction-{folder.site}-{folder.chain[:8]}.json"
    inside = [folder.path.resolve(), *(p.resolve() for p in _all_backups(session))]
    real = place.resolve()
    files = (path, destroyed.pending(path))
    foreign = any(p.exists() and not _is_ours(p, folder.chain) for p in files)
    if foreign or any(real.is_relative_to(p) for p in inside):
        raise CertificatePlace
    return path


def _is_ours(path: Path, chain: str) -> bool:
    """A certificate of this very folder, of an act that was cut off before it took hold."""
    try:
        return bool(json.loads(json.loads(path.read_bytes())["statement"])["chain"] == chain)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False


def _all_backups(session: Session) -> tuple[Path, ...]:
    places = [p for p in backup_places(session) if p.is_dir()]
    return tuple(p for place in places for p in place.glob(f"*{SUFFIX}"))


_FOREIGN: Final = Text("it is no certificate of this study", "它不是本研究的销毁证明")
_OTHER_KEY: Final = Text(
    "it is not signed with a key of a site that is trusted here", "它不是由此处信任的中心密钥签名"
)
_NOT_TWO: Final = Text(
    "it does not bear the signatures of two people of the site", "缺少中心两人的有效签名"
)
_NOT_THEIRS: Final = Text(
    "those who signed it were not an investigator and somebody who manages users then",
    "签署人当时并非研究者和可管理用户者",
)
_PENDING: Final = Text(
    "it was signed, but the destruction did not begin; the site says whether it was done",
    "证明已签署，但销毁尚未开始；请向中心确认是否已完成",
)
_LATER: Final = Text(
    "records of the site came after it; the site was not destroyed then, ask the site",
    "此证明之后又收到该中心的记录，当时并未销毁；请向中心询问",
)
