"""The signature under a package: who looked at what leaves and released it.

It is a record of its own in the transaction that begins the package, so that it travels with it
and is verified with every other signature of the chain.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault.session import Session, Signature

MEANING: Final = "package"
STATEMENT: Final = Text(
    "I have looked at what leaves with this package and what stays, and release it to the sponsor.",
    "本人已核对本次导出与保留的内容，同意将此数据包交给申办方。",
)


@dataclass(frozen=True, slots=True)
class Approval:
    """A signature about to be made, opened by the signer's password."""

    sign: Signature
    language: Language


def approve(session: Session, password: str, language: Language) -> Approval:
    """Ask for the password before anything is begun.

    Raises:
        PermissionDenied: the role may not export.
        WrongPassword, TryLater: nothing is signed.
    """
    session.require("export")
    return Approval(session.signer(password), language)


def signed(
    session: Session,
    conn: Connection,
    approval: Approval,
    number: int,
    *,
    full: bool,
    late: int = 0,
    back: int = 0,
) -> Entry:
    """The signature on everything up to the head as it stands, for one number.

    Args:
        late: how many records were held until now and leave.
        back: how many were sent and are deleted at the receiver.
    """
    head = store.head(conn, session.folder.chain)
    statement: dict[str, JSON] = {
        "at": session.now(),
        "definition": session.study.digest,
        "language": approval.language.value,
        "meaning": MEANING,
        "package": {
            "number": number,
            "full": full,
            "upto": head.seq,
            "head": head.digest.hex(),
            **({"late": late} if late else {}),
            **({"back": back} if back else {}),
        },
        "role": session.role,
        "text": STATEMENT.say(approval.language),
        "user": session.user,
        **session.signs_as(),
    }
    signature, key = approval.sign(dumps(statement))
    payload = {**statement, "key": key, "signature": base64.b64encode(signature).decode()}
    return Entry(Kind.SIGNATURE_MADE, RecordClass.CODED, payload)
