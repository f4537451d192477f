"""SSHSIG: signatures over files that ``ssh-keygen -Y verify`` checks on any computer.

One form only is written and read: version 1, Ed25519, SHA-512, armored in lines of 70 characters
with LF. Whatever else means the same is refused, so a signature has exactly one text.

Source: PROTOCOL.sshsig of OpenSSH.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Collection
from enum import StrEnum

from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.keys import PublicKey
from mrd_desktop.texts import Text

_MAGIC = b"SSHSIG"
_VERSION = (1).to_bytes(4, "big")
_KEY_TYPE = b"ssh-ed25519"
_HASH = b"sha512"
_BEGIN = "-----BEGIN SSH SIGNATURE-----\n"
_END = "\n-----END SSH SIGNATURE-----\n"
_WIDTH = 70
_LONGEST = 1024


class Namespace(StrEnum):
    """What a signature is for; one made for one purpose proves nothing for another."""

    PACKAGE_INNER = "mrd-package-inner-v1"
    PACKAGE_OUTER = "mrd-package-outer-v1"
    RECEIPT = "mrd-receipt-v1"
    REPLY = "mrd-reply-v1"
    STUDY = "mrd-study-v1"
    ACTIVATION = "mrd-activation-v1"
    BACKUP = "mrd-backup-v1"
    TRAINING = "mrd-training-v1"
    COMPUTER = "mrd-computer-v1"
    HANDOVER = "mrd-handover-v1"
    COPY = "mrd-copy-v1"
    CLOSEOUT = "mrd-closeout-v1"
    DESTRUCTION = "mrd-destruction-v1"
    ROTATION = "mrd-rotation-v1"
    RELEASE = "mrd-release-v1"
    UPDATE = "mrd-update-v1"


class SignatureRefused(LedgerError):
    """A detached signature that does not hold."""

    code = "signature"
    template = Text(
        "The signature does not hold: {detail}. Ask for the file again from its sender.",
        "签名无效：{detail}。请向发送方重新索取该文件。",
    )


def make(namespace: str, message: bytes, public: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The armored signature of a message.

    Args:
        public: the 32 bytes of the Ed25519 public key.
        sign: gives the 64-byte Ed25519 signature of its argument under that key.
    """
    return _armored(namespace, public, sign(_signed(namespace, message)))


def verify(armored: str, message: bytes, namespace: str, allowed: Collection[bytes]) -> bytes:
    """Check a signature and say whose it is.

    Args:
        allowed: public keys (32 bytes each) that are trusted for this purpose.

    Returns:
        The public key that signed.

    Raises:
        SignatureRefused: malformed, of another namespace, by a key not allowed, or wrong.
        WeakKeyError: an allowed key is one under which anybody can sign.
    """
    public, signature = _parts(armored, namespace)
    if public not in allowed:
        raise SignatureRefused("it was made with a key that is not trusted here")
    if not PublicKey(public).verify(signature, _signed(namespace, message)):
        raise SignatureRefused("the signed content was changed")
    return public


def signer_of(armored: str, namespace: str) -> bytes:
    """The public key a signature *claims*, without checking anything but its form."""
    return _parts(armored, namespace)[0]


def public_line(public: bytes, comment: str = "") -> str:
    """A public key as one line of an OpenSSH ``.pub`` file, without line end."""
    blob = base64.b64encode(_string(_KEY_TYPE) + _string(public)).decode()
    return f"{_KEY_TYPE.decode()} {blob} {comment}".rstrip()


def public_of(blob: str) -> bytes:
    """The 32 bytes of a public key, from what stands after ``ssh-ed25519`` in a ``.pub`` file.

    Raises:
        ValueError: it is no Ed25519 key.
    """
    try:
        raw = base64.b64decode(blob, validate=True)
    except binascii.Error:
        raise ValueError(blob) from None
    public = raw[-32:]
    if raw != _string(_KEY_TYPE) + _string(public):
        raise ValueError(blob)
    return public


def fingerprint(public: bytes) -> str:
    """What ``ssh-keygen -l`` shows of a public key: ``SHA256:`` and 43 characters of base64."""
    digest = hashlib.sha256(_string(_KEY_TYPE) + _string(public)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _signed(namespace: str, message: bytes) -> bytes:
    digest = hashlib.sha512(message).digest()
    fields = (namespace.encode("ascii"), b"", _HASH, digest)
    return _MAGIC + b"".join(_string(f) for f in fields)


def _armored(namespace: str, public: bytes, signature: bytes) -> str:
    key = _string(_KEY_TYPE) + _string(public)
    signed = _string(_KEY_TYPE) + _string(signature)
    fields = (key, namespace.encode("ascii"), b"", _HASH, signed)
    blob = _MAGIC + _VERSION + b"".join(_string(f) for f in fields)
    text = base64.b64encode(blob).decode()
    lines = (text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH))
    return _BEGIN + "\n".join(lines) + _END


def _parts(armored: str, namespace: str) -> tuple[bytes, bytes]:
    malformed = SignatureRefused("it is not an Ed25519 signature of OpenSSH")
    if len(armored) > _LONGEST or not armored.startswith(_BEGIN) or not armored.endswith(_END):
        raise malformed
    try:
        blob = base64.b64decode(armored[len(_BEGIN) : -len(_END)].replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise malformed from None
    key_at = len(_MAGIC) + len(_VERSION) + 4 + 4 + len(_KEY_TYPE) + 4
    public, signature = blob[key_at : key_at + 32], blob[-64:]
    # Made again from its parts, the only accepted form must come out.
    if len(public) == 32 and len(signature) == 64:
        if _armored(namespace, public, signature) == armored:
            return public, signature
        other = next((n for n in Namespace if _armored(n, public, signature) == armored), None)
        if other is not None:
            raise SignatureRefused(f"it was made for another purpose ({other})")
    raise malformed
