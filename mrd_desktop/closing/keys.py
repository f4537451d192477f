"""Where the keys are when the study ends: the investigator's signed word (R-ARC-01).

The keys themselves stay on paper and in the folder; the record says who keeps which half of the
recovery sheet, and where the folder or its last backup is. It names the sheet by its number, so
that a sheet made later makes the record void.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mrd_desktop.closing.errors import NO_PLACE, ONE_KEEPER, WRONG_SERIAL, KeysRefused
from mrd_desktop.ledger.canonical import JSON
from mrd_desktop.ledger.record import Record
from mrd_desktop.texts import Language, Text
from mrd_desktop.vault import statements
from mrd_desktop.vault.session import Session
from mrd_desktop.vault.stating import stated

MEANING: Final = "keys"
SIGNS: Final = "form.sign"
STATEMENT: Final = Text(
    "I have handed over the keys of this site as written here: both halves of the recovery sheet "
    "are sealed, kept by different persons, and open the data together.",
    "本人已按所列方式交接本中心的密钥：恢复单两半分别密封、由不同人员保管，合并后可打开数据。",
)
SHORTEST: Final = 4


@dataclass(frozen=True, slots=True)
class Handing:
    """Where the keys are.

    Attributes:
        sheet: serial of the recovery sheet.
        first, second: who keeps half A and half B, and where.
        folder: who keeps the folder or its last backup, and where.
    """

    sheet: str
    first: str
    second: str
    folder: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A signed record; ``valid`` while the sheet that it names is the one in force."""

    seq: int
    at: str
    user: str
    handing: Handing
    valid: bool


def hand_keys(session: Session, what: Handing, password: str, *, language: Language) -> Handed:
    """Sign where the keys are.

    Raises:
        PermissionDenied: not an investigator. PasswordStale, NotTrained, UndertakingMissing,
            NotConfirmed, RecordsMissing: not yet, as for every signature.
        KeysRefused: another sheet is in force, a place is missing, or one person keeps both halves.
        WrongPassword, TryLater: nothing was signed.
    """
    session.require(SIGNS, at_end=True)
    cut = Handing(*(v.strip() for v in (what.sheet, what.first, what.second, what.folder)))
    if cut.sheet.upper() != session.manifest.recovery.serial:
        raise KeysRefused(WRONG_SERIAL)
    if any(len(place) < SHORTEST for place in (cut.first, cut.second, cut.folder)):
        raise KeysRefused(NO_PLACE)
    if cut.first.casefold() == cut.second.casefold():
        raise KeysRefused(ONE_KEEPER)
    said: dict[str, JSON] = {
        "sheet": session.manifest.recovery.serial,
        "first": cut.first,
        "second": cut.second,
        "folder": cut.folder,
    }
    sign = session.signer(password)
    session.commit([stated(session, sign, MEANING, STATEMENT, language, said)])
    found = handed(session)
    assert found is not None
    return found


def handed(session: Session) -> Handed | None:
    """The last record of this folder; None where the keys were never handed over."""
    record = record_of(session)
    if record is None:
        return None
    said = statements.said(record)
    names = ("sheet", "first", "second", "folder")
    handing = Handing(*(str(said.get(name, "")) for name in names))
    valid = handing.sheet == session.manifest.recovery.serial
    return Handed(record.header.seq, record.header.at, str(record.body["user"]), handing, valid)


def record_of(session: Session) -> Record | None:
    """The record itself."""
    with session.reading() as conn:
        return statements.last(conn, session.folder.chain, MEANING)
