"""Whether a mark of destruction holds: asked of the open database, never of files beside it.

It holds where the folder's own key, which lies in the database, signed it, and where an
investigator and somebody who manages users signed the certificate in it, each with a key that the
folder's chain has enrolled for that person.
It is void where records came after the certificate: nobody has condemned those (R-ARC-02).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import sshsig, store
from mrd_desktop.ledger.canonical import JSON, loads
from mrd_desktop.ledger.certificates import signature_statement
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.keys import PublicKey, from_base64
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.ledger.sshsig import Namespace
from mrd_desktop.study.model import Study
from mrd_desktop.vault.destroyed import FORMAT as MARKED
from mrd_desktop.vault.destroyed import Mark
from mrd_desktop.vault.errors import RoleRefused
from mrd_desktop.vault.manifest import FolderKind, Manifest
from mrd_desktop.vault.roles import MANAGING, role_of

FORMAT: Final = "mrd-destruction/1"
BEGINS: Final = "form.sign"
"""What an investigator may do and nobody else."""

ABOUT_PEOPLE: Final = (
    Kind.KEY_ENROLLED, Kind.KEY_ROTATED, Kind.ROLE_GRANTED, Kind.ROLE_REVOKED, Kind.USER_CLOSED
)  # fmt: skip
"""The records of a chain that say who signed and who might."""

_AFTERWARDS: Final = frozenset({Kind.SESSION_OPENED, Kind.SESSION_CLOSED, Kind.SIGNIN_FAILED})
"""What may stand behind the certificate: the end of the act itself, and who came until then."""


def holds(conn: Connection, manifest: Manifest, study: Study, key: bytes, mark: Mark) -> bool:
    """Whether a folder was condemned by its own people.

    Args:
        study: the definition in force, whose roles say who may.
        key: the folder's public signing key (32 bytes), from its database.
    """
    chain = manifest.chain
    if manifest.kind is not FolderKind.SITE or mark.chain != chain or not mark.signed_by(key):
        return False
    try:
        said = read(mark.certificate.encode(), [key])
        named = (said["chain"], said["study"], said["site"])
        seq, digest = head_of(said)
        return (
            named == (chain, manifest.study, manifest.site)
            and by_its_people(_about_people(conn, chain), said, study)
            and store.record(conn, chain, seq).digest.hex() == digest
            and all(
                r.opening is not None and r.kind in _AFTERWARDS
                for r in store.records(conn, chain, seq)
            )
        )
    except (LedgerError, ValueError, KeyError, TypeError, AssertionError):
        return False


def by_its_people(records: Sequence[Record], said: Mapping[str, JSON], study: Study) -> bool:
    """Whether both signed, and might.

    Args:
        records: :data:`ABOUT_PEOPLE` of the chain that the certificate names, in order.
        study: whose roles the site works by.
    """
    both = signers(records, said) == {said["user"], said["second"]}
    return both and had_duties(records, said, study)


def _about_people(conn: Connection, chain: str) -> tuple[Record, ...]:
    records = store.records(conn, chain)
    return tuple(r for r in records if r.opening is not None and r.kind in ABOUT_PEOPLE)


def read(data: bytes, known: Collection[bytes]) -> Mapping[str, JSON]:
    """What a certificate says, once one of the keys (32 bytes each) is found to have signed it.

    Args:
        data: the certificate, or a mark, which holds it.

    Raises:
        SignatureRefused: none of them has.
        ValueError, KeyError, TypeError, AssertionError, CanonicalError: it is no certificate.
    """
    outer = loads(data.removesuffix(b"\n"))
    assert isinstance(outer, Mapping)
    if outer["format"] == MARKED:
        outer = loads(str(outer["certificate"]).removesuffix("\n").encode())
        assert isinstance(outer, Mapping)
    statement = str(outer["statement"]).encode()
    said = loads(statement)
    assert isinstance(said, Mapping)
    sshsig.verify(str(outer["signature"]), statement, Namespace.DESTRUCTION, known)
    if said["format"] != FORMAT or said["user"] == said["second"]:
        raise ValueError
    return said


def head_of(said: Mapping[str, JSON]) -> tuple[int, str]:
    """Number and digest (hexadecimal) of the last record that a certificate names.

    Raises:
        ValueError, KeyError, AssertionError: it names none.
    """
    head = said["head"]
    assert isinstance(head, Mapping)
    return int(str(head["seq"])), str(head["digest"])


def signers(records: Iterable[Record], said: Mapping[str, JSON]) -> set[JSON]:
    """Who has signed, each under a key that the chain has enrolled for that person.

    Args:
        records: :data:`ABOUT_PEOPLE`, of the chain that the certificate names.

    Raises:
        KeyError, TypeError, AssertionError: its list of signatures is none.
    """
    enrolled = (Kind.KEY_ENROLLED, Kind.KEY_ROTATED)
    keys = {
        (str(r.body["user"]), PublicKey.from_base64(str(r.body["key"])))
        for r in records
        if r.kind in enrolled and "folder" not in r.body  # the folder's own key is nobody's
    }
    signed = said["signed"]
    assert isinstance(signed, list)
    statement = signature_statement({k: v for k, v in said.items() if k != "signed"})
    people: set[JSON] = set()
    for one in signed:
        assert isinstance(one, Mapping)
        raw = from_base64(str(one["signature"])) or b""
        for user, key in keys:
            if user == one["user"] and key.id == one["key"] and key.verify(raw, statement):
                people.add(user)
    return people


def had_duties(records: Iterable[Record], said: Mapping[str, JSON], study: Study) -> bool:
    """Whether an investigator began and somebody who managed users confirmed, at its last record.

    Args:
        records: as of :func:`signers`, in order.
        study: whose roles the site works by.
    """
    seq, _ = head_of(said)
    held: dict[str, str] = {}
    for record in records:
        user = str(record.body.get("user"))
        if record.header.seq > seq:
            break
        if record.kind is Kind.ROLE_GRANTED:
            held[user] = str(record.body.get("role"))
        elif record.kind in (Kind.ROLE_REVOKED, Kind.USER_CLOSED):
            held.pop(user, None)
    for name, operation in (("user", BEGINS), ("second", MANAGING)):
        role = held.get(str(said[name]))
        try:
            if role is None or operation not in role_of(FolderKind.SITE, study, role).operations:
                return False
        except RoleRefused:
            return False
    return True
