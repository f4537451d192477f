"""Records that are known elsewhere and not here: told, listed by place, answered for, recorded.

After an older copy was put back, or the end of the chain cut off, a folder knows less than its
slips, backups or packages. Work is held until somebody who may has seen what is missing and signs
for it; the signature stands in the chain and travels. What the record says is not brought back.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import JSON, dumps, loads
from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.record.errors import RecordError
from mrd_desktop.texts import Language, Text
from mrd_desktop.transfer.checkpoint import (
    Finding,
    Verdict,
    answered,
    answered_for,
    backups_around,
    compare,
    outside,
)
from mrd_desktop.transfer.errors import ReplyBeyond
from mrd_desktop.transfer.reply import ImportResult, import_reply
from mrd_desktop.transfer.telling import Told, unheard
from mrd_desktop.vault import schema
from mrd_desktop.vault.backup import unpacked
from mrd_desktop.vault.database import DATA_FILE, Database
from mrd_desktop.vault.errors import BackupError, StorageError, WrongKey
from mrd_desktop.vault.session import HOLD_SETTING, Session

MEANING: Final = "loss"
STATEMENT: Final = Text(
    "I know that the records listed are missing here and answer for work going on without them.",
    "本人已知悉所列记录在此缺失，并对在缺少这些记录的情况下继续工作负责。",
)
_SHORTEST: Final = 4


class NotAnswered(RecordError):
    """What is missing cannot be answered for like this."""

    code = "loss"
    template = Text("Nothing was signed: {detail}", "未签署：{detail}")

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.text = Text(f"Nothing was signed: {why.en}", f"未签署：{why.zh}")


NO_WORDS: Final = Text(
    "say what happened and how the records are entered again.", "请说明经过以及如何补录。"
)
OTHERS: Final = Text(
    "more is missing than was shown. Look again.", "缺失内容与显示时不同，请重新查看。"
)


AGAIN: Final = Text(
    "But first type it once more from the paper: a wrong line looks the same. If it says the same "
    "again, no clinical data are entered until somebody has answered for it.",
    "请先对照纸质核对单再输入一次：看错行也会如此。若结果相同，将暂停录入临床数据，直至有人签署负责。",
)
OTHERS_HOLD: Final = Text(
    "Have a coordinator, an investigator or the administrator type it, too: that holds the work.",
    "请协调员、研究者或管理员也输入一次，届时将暂停录入。",
)


@dataclass(frozen=True, slots=True)
class Lost:
    """One record that is missing here.

    Attributes:
        seq: its number where it is known.
        kind, place: None where its content is sealed or not held there either.
        user, at: who wrote it, and when (UTC).
        source: the backup that knows it.
    """

    seq: int
    kind: Kind | None
    place: str | None
    user: str
    at: str
    source: str


def look(session: Session) -> tuple[Finding, ...]:
    """Compare with everything around the folder; while something is missing, work is held."""
    found = outside(session)
    if found:
        hold(session, found)
    return found


def take_up(session: Session, path: Path, told: Told = unheard) -> ImportResult:
    """As :func:`reply.import_reply`; where the reply tells of missing records, work is held."""
    try:
        return import_reply(session, path, told)
    except ReplyBeyond:
        look(session)
        raise


def hold(session: Session, found: Sequence[Finding]) -> None:
    """Hold work for findings that nobody has answered for, over sign-ins; a slip's among them."""
    with session.reading() as conn:
        known = answered(conn, session.folder.chain)
    held = [f for f in found if f.verdict in _HOLDING and not answered_for(f, known)]
    if not held:
        return
    session.hold = held[0].text
    kept: dict[str, JSON] = {
        "en": held[0].text.en,
        "zh": held[0].text.zh,
        "slips": [f.key for f in held if f.source == "slip"],
    }
    with session.writing() as conn:
        schema.put_setting(conn, HOLD_SETTING, dumps(kept).decode())


def released(session: Session) -> None:
    """Let work go on where records came back and nothing is missing any longer."""
    found = outside(session)
    if found:
        hold(session, found)
        return
    with session.reading() as conn:
        slips = [key.split(" ") for key in _slips(session)]
        heads = [compare(conn, session.folder.chain, int(n), code, _A_SLIP) for _, n, code in slips]
    if any(head.verdict is not Verdict.SAME for head in heads):
        return
    with session.writing() as conn:
        schema.put_setting(conn, HOLD_SETTING, "")
    session.hold = None


def may_hold(session: Session) -> bool:
    """Whether a slip that this user types holds work: who runs the site, not who looks at it."""
    return may_answer(session) or "backup" in session.duties.operations


def compared(session: Session, found: Finding, before: Finding | None) -> Text:
    """What is said of a slip that was typed; the second typing that says the same holds work.

    Args:
        before: what was found when it was typed the last time.
    """
    if found.verdict not in _HOLDING:
        return found.text
    if before is None or before.key != found.key:
        return _with(found.text, AGAIN)
    if not may_hold(session):
        return _with(found.text, OTHERS_HOLD)
    hold(session, [found])
    return found.text


def _with(text: Text, more: Text) -> Text:
    return Text(f"{text.en} {more.en}", f"{text.zh}{more.zh}")


def lost(session: Session) -> tuple[Lost, ...]:
    """Records that a backup around the folder knows and that are not here, each told once.

    Backups from before the data key was changed cannot be read and tell nothing.

    Raises:
        PermissionDenied: the role may not verify.
    """
    session.require("verify")
    found: dict[str, Lost] = {}
    for path, head in backups_around(session):
        if _is_here(session, head.seq, head.digest):
            continue
        try:
            for digest, entry in _beyond(session, path):
                found.setdefault(digest, entry)
        except (BackupError, StorageError, WrongKey):
            continue
    return tuple(sorted(found.values(), key=lambda entry: (entry.seq, entry.source)))


def may_answer(session: Session) -> bool:
    """Whether this user may sign for what is missing: an investigator, or who restores."""
    signs = "form.sign" in session.duties.operations and session.account.confirmed
    return signs or "restore" in session.duties.operations


def answer(
    session: Session, shown: Sequence[Finding], words: str, password: str, *, language: Language
) -> None:
    """Sign for what is missing; work goes on.

    Args:
        shown: the findings as they were shown.
        words: what happened, and how the records come back.

    Raises:
        PermissionDenied: neither investigator nor who restores.
        UndertakingMissing, NotConfirmed: the user makes no signatures yet; whoever opened the
            folder with the recovery sheet does.
        NotAnswered: something else is missing by now, or no words.
        WrongPassword, TryLater: nothing was signed.
    """
    if not may_answer(session):
        session.deny("restore")
    said = words.strip()
    if len(said) < _SHORTEST:
        raise NotAnswered(NO_WORDS)
    keys = sorted({*(f.key for f in shown), *_slips(session)})
    if {f.key for f in outside(session)} - set(keys):
        raise NotAnswered(OTHERS)
    # Where nobody else can sign in, whoever showed the sheet answers, as for the clock.
    sign = session.first_signer(password) if session.by_sheet else session.signer(password)
    head = session.head()
    statement: dict[str, JSON] = {
        "at": session.now(),
        "content": hashlib.sha256(dumps({"known": list(keys), "words": said})).hexdigest(),
        "definition": session.study.digest,
        "language": language.value,
        "meaning": MEANING,
        "loss": {
            "head": {"seq": head.seq, "digest": head.digest.hex()},
            "known": list(keys),
            "missing": max((f.missing for f in shown), default=0),
        },
        "role": session.role,
        "text": STATEMENT.say(language),
        "user": session.user,
        **session.signs_as(),
    }
    signature, key = sign(dumps(statement))
    signed = {**statement, "key": key, "signature": base64.b64encode(signature).decode()}
    happened: dict[str, JSON] = {"what": MEANING, "text": said, "user": session.user}

    def build(conn: Connection) -> list[Entry]:
        schema.put_setting(conn, HOLD_SETTING, "")
        return [
            Entry(Kind.INCIDENT_NOTED, RecordClass.SITE, happened),
            Entry(Kind.SIGNATURE_MADE, RecordClass.CODED, signed),
        ]

    session.release(build)


_A_SLIP: Final = Text("the slip", "核对单")
_HOLDING: Final = (Verdict.MISSING, Verdict.FORK, Verdict.UNKNOWN)


def _slips(session: Session) -> tuple[str, ...]:
    """Slips that disagreed when they were typed; they lie nowhere in the folder."""
    with session.reading() as conn:
        stored = schema.setting(conn, HOLD_SETTING)
    if not stored:
        return ()
    said = loads(stored.encode())
    assert isinstance(said, Mapping)
    slips = said["slips"]
    assert isinstance(slips, Sequence)
    return tuple(str(key) for key in slips)


def _is_here(session: Session, seq: int, digest: bytes) -> bool:
    with session.reading() as conn:
        return seq <= store.head(conn, session.folder.chain).seq and (
            store.record(conn, session.folder.chain, seq).digest == digest
        )


def _beyond(session: Session, path: Path) -> Iterator[tuple[str, Lost]]:
    """The records of a backup behind the last one that is also here."""
    data_key, _ = session.with_keys()
    chain = session.folder.chain
    with unpacked(path) as folder, session.reading() as here:
        there = Database(folder / DATA_FILE, data_key, read_only=True)
        try:
            with there.reading() as conn:
                common = _common(here, conn, chain)
                people = {
                    str(s): str(u)
                    for s, u in conn.exec_driver_sql("SELECT session, user FROM p_session")
                }
                for record in store.records(conn, chain, after=common):
                    yield record.digest.hex(), _told(record, people, path.name)
        finally:
            there.close()


def _common(here: Connection, there: Connection, chain: str) -> int:
    """The last record that both have; below it the chains are the same."""
    low, high = 0, min(store.head(here, chain).seq, store.head(there, chain).seq)
    while low < high:
        middle = (low + high + 1) // 2
        if store.record(here, chain, middle).digest == store.record(there, chain, middle).digest:
            low = middle
        else:
            high = middle - 1
    return low


def _told(record: Record, people: dict[str, str], source: str) -> Lost:
    header = record.header
    user = people.get(header.session, "")
    if record.opening is None:
        return Lost(header.seq, None, None, user, header.at, source)
    place = record.body.get("address") or record.body.get("subject")
    said = None if place is None else str(place)
    return Lost(header.seq, record.kind, said, user, header.at, source)
