"""Statements that users' own keys sign, and the entries that carry them.

A key is enrolled with a proof that its holder has the private half; at sign-in the user's key
certifies the session key; with an e-signature it signs a statement. The verifier rebuilds the
same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.keys import PublicKey, SigningKey, to_base64
from mrd_desktop.ledger.record import Entry, Kind, RecordClass

KEY_TAG: Final = b"MRD-KEY-v1\x00"
CERT_TAG: Final = b"MRD-CERT-v1\x00"
SIG_TAG: Final = b"MRD-SIG-v1\x00"

_BESIDE_STATEMENT: Final = frozenset({"kind", "key", "signature"})


def enrolment_statement(chain: str, user: str, key: PublicKey) -> bytes:
    """What a new key signs to prove possession, bound to one chain and one user id."""
    return KEY_TAG + dumps({"chain": chain, "key": key.to_base64(), "user": user})


def session_statement(
    chain: str, session: str, session_key: PublicKey, user: str, at: str
) -> bytes:
    """What a user's key signs at sign-in; ``at`` is the time of the session.opened record."""
    return CERT_TAG + dumps(
        {
            "at": at,
            "chain": chain,
            "session": session,
            "session_key": session_key.to_base64(),
            "user": user,
        }
    )


def signature_statement(statement: Mapping[str, JSON]) -> bytes:
    """What a user's key signs with an e-signature; ``statement`` names the ``user``.

    The payload of signature.made is the statement with ``key`` (the key's id) and ``signature``
    (base64) beside its fields.
    """
    return SIG_TAG + dumps(statement)


def key_enrolled(chain: str, user: str, key: SigningKey) -> Entry:
    """The entry for a user's first key on a chain."""
    return Entry(
        Kind.KEY_ENROLLED,
        RecordClass.CODED,
        {
            "user": user,
            "key": key.public.to_base64(),
            "proof": to_base64(key.sign(enrolment_statement(chain, user, key.public))),
        },
    )


def key_rotated(
    chain: str,
    user: str,
    old: PublicKey,
    key: SigningKey,
    *,
    reason: str,
    consent: SigningKey | None,
) -> Entry:
    """The entry for a later key of the same user; from its transaction on the old one is closed.

    Args:
        reason: a code of the caller, such as ``password_reset``.
        consent: the old private key where its holder still has it; None after a reset.
    """
    statement = enrolment_statement(chain, user, key.public)
    return Entry(
        Kind.KEY_ROTATED,
        RecordClass.CODED,
        {
            "user": user,
            "old": old.id,
            "key": key.public.to_base64(),
            "proof": to_base64(key.sign(statement)),
            "consent": None if consent is None else to_base64(consent.sign(statement)),
            "reason": reason,
        },
    )


def session_certificate(
    user_key: SigningKey,
    chain: str,
    session: str,
    *,
    session_key: PublicKey,
    user: str,
    at: str,
) -> str:
    """The ``cert`` of session.opened in base64; the user's key may be closed afterwards."""
    return to_base64(user_key.sign(session_statement(chain, session, session_key, user, at)))


def signed_fields(payload: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The statement inside the payload of signature.made: all but kind, key and signature."""
    return {name: payload[name] for name in payload.keys() - _BESIDE_STATEMENT}
