"""E-signatures on forms: bound to exactly what was shown.

The content digest covers the sorted (address, chain, seq, commitment) of the form's current
records, the derived values shown, the definition and the language. Source: formats of the project,
section 7; 21 CFR 11.50 and 11.70.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.casebook import Casebook
from mrd_desktop.record.entry import FormEntry
from mrd_desktop.record.errors import RecordError
from mrd_desktop.record.views import FormState
from mrd_desktop.study.address import FormKey
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session

MEANINGS = {
    "review": Text(
        "I have reviewed this form and confirm that it agrees with the source records.",
        "本人已审阅此表单,确认其与原始记录一致。",
    ),
}
"""What a signature states; the text is part of the signed bytes."""


class NotSignable(RecordError):
    """Only a complete form is signed."""

    code = "not_signable"
    template = Text(
        "{detail} is not complete yet, so it cannot be signed. Complete it first.",
        "{detail} 尚未完整,不能签名,请先补全。",
    )


def sign_form(
    session: Session,
    key: FormKey,
    password: str,
    *,
    language: Language,
    meaning: str = "review",
) -> None:
    """Sign a complete form with the user's own key.

    Raises:
        PermissionDenied: the role may not sign.
        NotSignable: the form is empty, incomplete or has unsaved typing.
        WrongPassword: nothing was signed.
    """
    session.require("form.sign")
    entry = Casebook(session).open(key)
    if entry.state not in (FormState.COMPLETE, FormState.SIGNED):
        raise NotSignable(str(key))

    def build(conn: Connection) -> list[Entry]:
        statement: dict[str, JSON] = {
            "address": str(key),
            "content": content_digest(conn, entry, language),
            "definition": session.study.digest,
            "language": language.value,
            "meaning": meaning,
            "text": MEANINGS[meaning].say(language),
            "user": session.user,
            "role": session.role,
            "at": session.now(),
        }
        signature, key_id = session.sign_with_password(password, dumps(statement))
        payload = {
            **statement,
            "key": key_id,
            "signature": base64.b64encode(signature).decode(),
        }
        return [Entry(Kind("signature.made"), RecordClass.CODED, payload)]

    session.commit(build)


def content_digest(conn: Connection, entry: FormEntry, language: Language) -> str:
    """SHA-256 (hex) of everything a signature on this form is about."""
    recorded = entry.recorded
    assert recorded is not None
    current: list[JSON] = [
        [
            str(key),
            item.by.chain,
            item.by.seq,
            store.record(conn, item.by.chain, item.by.seq).header.c,
        ]
        for key, item in sorted(recorded.items.items())
    ]
    body: dict[str, JSON] = {
        "records": current,
        "derived": list(_derived(entry)),
        "definition": entry.study.digest,
        "language": language.value,
    }
    return hashlib.sha256(dumps(body)).hexdigest()


def _derived(entry: FormEntry) -> Iterator[JSON]:
    for group in entry.groups():
        for row in group.rows:
            for view in row.fields:
                if view.derived and view.answer:
                    yield [str(view.key), view.answer.text]
