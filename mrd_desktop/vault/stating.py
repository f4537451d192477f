"""Making a statement: a signature without a form; the first of them is the undertaking."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import undertaking
from mrd_desktop.vault.session import Session, Signature


def stated(
    session: Session,
    sign: Signature,
    meaning: str,
    text: Text,
    language: Language,
    said: Mapping[str, JSON],
) -> Entry:
    """The record of a statement; ``said`` is the object named like its meaning."""
    statement: dict[str, JSON] = {
        "at": session.now(),
        "definition": session.study.digest,
        "language": language.value,
        "meaning": meaning,
        meaning: dict(said),
        "role": session.role,
        "text": text.say(language),
        "user": session.user,
        **session.signs_as(),
    }
    signature, key = sign(dumps(statement))
    payload = {**statement, "key": key, "signature": base64.b64encode(signature).decode()}
    return Entry(Kind.SIGNATURE_MADE, RecordClass.CODED, payload)


def undertake(session: Session, password: str, language: Language) -> None:
    """Sign the undertaking, as :func:`undertaking.words` says it in this language.

    Raises:
        WrongPassword, TryLater: nothing was signed.
    """
    now = undertaking.undertaking()
    said: dict[str, JSON] = {"user": session.user, "version": now.version, "digest": now.digest}
    sign = session.first_signer(password)
    session.commit_or_keep([stated(session, sign, undertaking.MEANING, now.text, language, said)])
    session.undertaken = True
