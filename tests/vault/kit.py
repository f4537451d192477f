"""Synthetic sites for the tests of the vault: names, passwords, entries, a projection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from mrd_desktop.ledger.record import Entry, Kind, Record, RecordClass
from mrd_desktop.study.model import Study
from mrd_desktop.vault import folder
from mrd_desktop.vault.session import Session

PASSWORDS = {
    "admin": "synthetic-admin-pw",
    "crc": "synthetic-crc-pw",
    "pi": "synthetic-pi-pw",
    "cra": "synthetic-cra-pw",
    "auditor": "synthetic-aud-pw",
}
ROLES = {"crc": "coordinator", "pi": "investigator", "cra": "monitor", "auditor": "auditor"}
LIVE_PASSWORD = "violet lantern orbit maple {}"
CANARY = "SYNTHETIC-NAME-张三丰-7731"


def fold(conn: Connection, records: Sequence[Record]) -> None:
    """A projection that counts records by kind."""
    conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS p_test (seq INTEGER, kind TEXT)")
    for record in records:
        conn.exec_driver_sql(
            "INSERT INTO p_test VALUES (?, ?)", (record.header.seq, str(record.kind))
        )


@dataclass(frozen=True)
class Site:
    """A site folder and what opens it."""

    path: Path
    study: Study
    sheet: str
    live: bool = False

    def open(self, user: str, password: str | None = None, **more: object) -> Session:
        secret = password or (LIVE_PASSWORD.format(user) if self.live else PASSWORDS[user])
        return folder.open_folder(
            self.path,
            user,
            secret,
            study=self.study,
            fold=fold,
            **more,  # type: ignore[arg-type]
        )


def note(text: str = "synthetic note") -> Entry:
    return Entry(Kind.NOTE_ADDED, RecordClass.CODED, {"text": text})


def private(subject: str, text: str) -> Entry:
    return Entry(Kind.ITEM_SET, RecordClass.PRIVATE, {"value": text}, owner=subject)
