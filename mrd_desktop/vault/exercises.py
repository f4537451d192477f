"""Exercises on a training site, and the certificate of having done them.

What a user did is read from the user's own records; nothing is ticked off by hand. The certificate
is signed twice: by the user, in the training site's ledger, and by the training site, as a file
that a live site takes in (:mod:`mrd_desktop.vault.training`). Decision 0037.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, cast

from ruamel.yaml import YAML
from sqlalchemy import Connection

from mrd_desktop.ledger import sshsig, store
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError
from mrd_desktop.ledger.ids import key_id
from mrd_desktop.ledger.record import Kind, Record
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused
from mrd_desktop.resources import resource
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import statements
from mrd_desktop.vault.accounts import Account
from mrd_desktop.vault.errors import CertificateRefused, ExercisesOpen
from mrd_desktop.vault.manifest import FolderKind
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated

MEANING: Final = "exercises"
ATTESTED: Final = "training"
FORMAT: Final = "mrd-training/1"
STATEMENT: Final = Text(
    "I did these exercises on the training site myself.", "本人亲自在培训中心完成了这些练习。"
)
_LARGEST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Exercise:
    """What is to be done so many times, by users of some roles."""

    oid: str
    roles: tuple[str, ...]
    kind: Kind
    field: str
    times: int
    text: Text


@dataclass(frozen=True, slots=True)
class Plan:
    """All exercises, and the version that training counts for."""

    version: str
    exercises: tuple[Exercise, ...]

    def of(self, role: str) -> tuple[Exercise, ...]:
        """Those of a role; of both where a person has two."""
        parts = role.split("+")
        return tuple(e for e in self.exercises if any(p in e.roles for p in parts))


@dataclass(frozen=True, slots=True)
class Progress:
    """An exercise, and how often it was done."""

    exercise: Exercise
    done: int

    @property
    def finished(self) -> bool:
        """Often enough."""
        return self.done >= self.exercise.times


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a training site says about one person.

    Attributes:
        signer: id of the training site's key.
        digest: SHA-256 (hex) of the file.
    """

    study: str
    chain: str
    user: str
    name: str
    role: str
    version: str
    at: str
    exercises: Mapping[str, int]
    signer: str
    digest: str


@cache
def plan() -> Plan:
    """The exercises of this program."""
    value = YAML(typ="safe", pure=True).load(resource("training.yaml").read_text(encoding="utf-8"))
    return Plan(
        value["version"],
        tuple(
            Exercise(
                r["oid"], tuple(r["roles"]), Kind(r["kind"]), r.get("with", ""), r["times"],
                Text(r["en"], r["zh"]),
            )
            for r in value["exercises"]
        ),
    )  # fmt: skip


def trained(conn: Connection, chain: str, account: Account) -> bool:
    """Whether somebody has signed for the training of a user, in the role and version of today."""
    record = statements.last(conn, chain, ATTESTED, account.user)
    if record is None:
        return False
    said = statements.said(record)
    covered = str(said.get("role", "")).split("+")
    return said.get("version") == plan().version and set(account.role.split("+")) <= set(covered)


def progress(session: Session) -> tuple[Progress, ...]:
    """How far the signed-in user is with the exercises of the own role.

    Raises:
        PermissionDenied: this is no training site.
    """
    _training(session)
    wanted = plan().of(session.role)
    counted: Counter[str] = Counter()
    own: set[str] = set()
    with session.reading() as conn:
        for record in store.records(conn, session.folder.chain):
            if record.opening is None:
                continue
            if record.kind is Kind.SESSION_OPENED and record.body.get("user") == session.user:
                own.add(record.header.session)
            if record.header.session in own:
                counted.update(e.oid for e in wanted if _is(record, e))
    return tuple(Progress(e, counted[e.oid]) for e in wanted)


def certify(session: Session, password: str, language: Language) -> bytes:
    """The certificate file, once all exercises of the role are done; the user signs for it.

    Raises:
        PermissionDenied: this is no training site.
        ExercisesOpen: something is still to be done.
        WrongPassword, TryLater: nothing was signed.
    """
    found = progress(session)
    left = [p.exercise.text for p in found if not p.finished]
    if left or not found:
        raise ExercisesOpen(left)
    done: dict[str, JSON] = {p.exercise.oid: p.done for p in found}
    said: dict[str, JSON] = {
        "user": session.user, "role": session.role, "version": plan().version, "done": done,
    }  # fmt: skip
    entry = stated(session, session.signer(password), MEANING, STATEMENT, language, said)
    session.commit([entry])
    folder = session.folder
    statement = dumps(
        {
            "format": FORMAT,
            "study": folder.study,
            "chain": folder.chain,
            "training": True,
            "user": session.user,
            "name": session.account.name,
            "role": session.role,
            "version": plan().version,
            "at": str(entry.payload["at"]),
            "done": done,
        }
    )
    signature = session.sign_as_site(Namespace.TRAINING, statement)
    key = base64.b64encode(session.site_key()).decode()
    return dumps({"statement": statement.decode(), "signature": signature, "key": key}) + b"\n"


def read_certificate(data: bytes) -> Certificate:
    """A certificate whose signature holds. Whose key it is, who takes it in has to know.

    Raises:
        CertificateRefused: no such file, or changed after it was signed.
    """
    outer = _object(data.removesuffix(b"\n"))
    try:
        statement, signature = str(outer["statement"]), str(outer["signature"])
        public = base64.b64decode(str(outer["key"]), validate=True)
        sshsig.verify(signature, statement.encode(), Namespace.TRAINING, [public])
    except (KeyError, ValueError):
        raise CertificateRefused(_NO_FILE) from None
    except SignatureRefused:
        raise CertificateRefused(_CHANGED) from None
    inner = _object(statement.encode())
    if inner.get("format") != FORMAT or inner.get("training") is not True:
        raise CertificateRefused(_NO_FILE)
    try:
        done = cast(Mapping[str, int], inner["done"])
        names = ("study", "chain", "user", "name", "role", "version", "at")
        return Certificate(
            **{name: str(inner[name]) for name in names},
            exercises=dict(done),
            signer=key_id(public),
            digest=hashlib.sha256(data).hexdigest(),
        )
    except (KeyError, TypeError, ValueError):
        raise CertificateRefused(_NO_FILE) from None


def _is(record: Record, exercise: Exercise) -> bool:
    return record.kind is exercise.kind and (
        not exercise.field or record.body.get(exercise.field) is not None
    )


def _training(session: Session) -> None:
    if not session.folder.training or session.folder.kind is not FolderKind.SITE:
        session.deny("exercises")


def _object(data: bytes) -> Mapping[str, JSON]:
    try:
        value = loads(data) if len(data) <= _LARGEST else None
    except CanonicalError:
        value = None
    if not isinstance(value, Mapping):
        raise CertificateRefused(_NO_FILE)
    return value


_NO_FILE: Final = Text(
    "it is no training certificate of this program. Make it again on the training site.",
    "它不是本程序的培训证书，请在培训中心重新生成。",
)
_CHANGED: Final = Text(
    "it was changed after it was signed. Make it again on the training site.",
    "它在签名后被改动，请在培训中心重新生成。",
)
