"""A folder's own key replaced by another one: the statement that both keys signed.

The old key's signature lets whoever trusted it follow without comparing fingerprints anew; the new
key's shows that somebody has it. The statement stands in a record ``key.rotated`` with ``folder``,
travels with packages and replies, and is a file of its own (docs/package.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mrd_desktop.ledger import sshsig
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.errors import CanonicalError, WeakKeyError
from mrd_desktop.ledger.ids import ID
from mrd_desktop.ledger.keys import PublicKey, SigningKey
from mrd_desktop.ledger.sshsig import Namespace, SignatureRefused

FORMAT: Final = "mrd-rotation/1"
FOLDER: Final = "folder"
"""The field of ``key.rotated`` that tells a folder's key from a person's: the folder's chain."""
_SIGNED: Final = ("statement", "consent", "proof")
_TEXTS: Final = ("holder", "study", "site", "chain", "old", "key", "recipient", "at")
_LARGEST: Final = 16_384


class NoRotation(Exception):
    """What is no rotation, or not signed by both keys."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What both keys signed.

    Attributes:
        holder: ``mrd-site/1`` or ``mrd-sponsor/1``; ``site`` is empty for a sponsor.
        old, key: the key that was replaced, and the one instead.
        recipient: age recipient of the new key.
        statement: the text that was signed; ``consent`` by the old key, ``proof`` by the new one.
    """

    holder: str
    study: str
    site: str
    training: bool
    chain: str
    old: PublicKey
    key: PublicKey
    recipient: str
    at: str
    statement: str
    consent: str
    proof: str

    def signed(self) -> Mapping[str, JSON]:
        """What proves it: the statement with both signatures."""
        return {"statement": self.statement, "consent": self.consent, "proof": self.proof}

    def to_bytes(self) -> bytes:
        """As a file, and as a part of a reply."""
        return dumps({"format": FORMAT, **self.signed()})

    def entry(self) -> Mapping[str, JSON]:
        """The fields of ``key.rotated`` that it fills."""
        return {
            FOLDER: self.chain,
            "old": self.old.id,
            "key": self.key.to_base64(),
            **self.signed(),
        }


def made(said: Mapping[str, JSON], old: SigningKey, new: SigningKey) -> Rotation:
    """A rotation, signed.

    Args:
        said: ``holder, study, site, training, chain, recipient, at``.
    """
    content: dict[str, JSON] = {
        "format": FORMAT,
        **said,
        "old": old.public.to_base64(),
        "key": new.public.to_base64(),
    }
    statement = dumps(content)
    consent, proof = (
        sshsig.make(Namespace.ROTATION, statement, key.public.raw, key.sign) for key in (old, new)
    )
    return read({"statement": statement.decode(), "consent": consent, "proof": proof})


def read(signed: Mapping[str, JSON]) -> Rotation:
    """A rotation whose two signatures hold; whose old key it is, the caller asks.

    Raises:
        NoRotation: something else, or changed.
    """
    texts = [signed.get(name) for name in _SIGNED]
    if not all(isinstance(text, str) and len(text) <= _LARGEST for text in texts):
        raise NoRotation
    statement, consent, proof = map(str, texts)
    try:
        said = loads(statement.encode())
        if not isinstance(said, Mapping) or said.get("format") != FORMAT:
            raise NoRotation
        training = said.get("training")
        named = {name: said.get(name) for name in _TEXTS}
        whole = set(said) == {"format", "training", *_TEXTS} and isinstance(training, bool)
        if not whole or not all(isinstance(v, str) for v in named.values()):
            raise NoRotation
        told = {name: str(value) for name, value in named.items()}
        if ID.fullmatch(told["chain"]) is None:
            raise NoRotation
        old, key = PublicKey.from_base64(told["old"]), PublicKey.from_base64(told["key"])
        sshsig.verify(consent, statement.encode(), Namespace.ROTATION, [old.raw])
        sshsig.verify(proof, statement.encode(), Namespace.ROTATION, [key.raw])
    except (CanonicalError, WeakKeyError, SignatureRefused):
        raise NoRotation from None
    if old.raw == key.raw:
        raise NoRotation
    return Rotation(
        told["holder"], told["study"], told["site"], training is True, told["chain"], old, key,
        told["recipient"], told["at"], statement, consent, proof,
    )  # fmt: skip


def from_bytes(data: bytes) -> Rotation:
    """The inverse of :meth:`Rotation.to_bytes`; raises NoRotation."""
    try:
        whole = loads(data.removesuffix(b"\n")) if len(data) <= 2 * _LARGEST else None
    except CanonicalError:
        raise NoRotation from None
    if not isinstance(whole, Mapping) or set(whole) != {"format", *_SIGNED}:
        raise NoRotation
    if whole["format"] != FORMAT:
        raise NoRotation
    return read(whole)


def reached(keys: Iterable[bytes], changes: Iterable[Rotation], chain: str) -> tuple[bytes, ...]:
    """Keys (32 bytes each), then those that a line of signatures from one of them leads to.

    Args:
        chain: the folder whose keys they are; a change of another one leads nowhere.
    """
    found = list(dict.fromkeys(keys))
    after: dict[bytes, list[bytes]] = {}
    for change in changes:
        if change.chain == chain:
            after.setdefault(change.old.raw, []).append(change.key.raw)
    for key in found:  # grows as it goes
        found += [later for later in after.get(key, ()) if later not in found]
    return tuple(found)


def of_record(body: Mapping[str, JSON]) -> Rotation:
    """The rotation in a ``key.rotated`` with ``folder``, its fields as it says them.

    Raises:
        NoRotation: it is none, or its fields say something else.
    """
    found = read(body)
    if any(body.get(name) != value for name, value in found.entry().items()):
        raise NoRotation
    return found
