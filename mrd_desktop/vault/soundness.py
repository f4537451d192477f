"""Whether the database is what the program wrote: what is kept of it, and what a sign-in looks at.

A sign-in looks at the guards of the ledger and walks the records behind the last verified one; the
whole walk and the replay are done by :mod:`mrd_desktop.record.soundness`. What is kept here saves
time and carries a finding over sign-ins. Whoever can write the file can write it too, so signing
replays its own subjects and an export the whole, whatever stands here. Source: formats of the
project, section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection

from mrd_desktop.ledger import store
from mrd_desktop.ledger.canonical import dumps, loads
from mrd_desktop.ledger.errors import LedgerError
from mrd_desktop.ledger.schema import schema_faults
from mrd_desktop.ledger.verify import Verdict, Watermark, verify_records
from mrd_desktop.texts import Text
from mrd_desktop.vault import schema

ALTERED: Final = "verified.altered"
MARK: Final = "verified.mark"
DAY: Final = "verified.day"

_GUARDS: Final = Text(
    "a guard of the records is missing or is another one ({name})",
    "记录的保护机制缺失或被改动（{name}）",
)
_CHAIN: Final = Text("the chain of records does not verify: {fault}", "记录链未通过校验：{fault}")


def at_opening(conn: Connection, chain: str) -> Text | None:
    """What is wrong as far as a sign-in looks, or what was found before; None where nothing is."""
    return guards(conn) or kept(conn) or _behind_mark(conn, chain)


def guards(conn: Connection) -> Text | None:
    """The first guard or table of the ledger that is missing, altered or extra."""
    return next((_GUARDS.filled(name=fault) for fault in schema_faults(conn)), None)


def chain_fault(verdict: Verdict) -> Text | None:
    """What a walk along the chain found, in one sentence."""
    for check in verdict.checks:
        if check.ok is False:
            return Text(
                _CHAIN.en.format(fault=check.detail.en), _CHAIN.zh.format(fault=check.detail.zh)
            )
    return None


def kept(conn: Connection) -> Text | None:
    """What a check found and no whole check has taken back since."""
    stored = schema.setting(conn, ALTERED)
    if not stored:
        return None
    said = loads(stored.encode())
    assert isinstance(said, Mapping)
    return Text(str(said["en"]), str(said["zh"]))


def keep(conn: Connection, found: Text) -> None:
    """Carry a finding over sign-ins."""
    schema.put_setting(conn, ALTERED, dumps({"en": found.en, "zh": found.zh}).decode())


def keep_whole(conn: Connection, mark: Watermark, day: str) -> None:
    """A whole check of this day found nothing: the next sign-in goes on behind this record."""
    schema.put_setting(conn, ALTERED, "")
    schema.put_setting(conn, MARK, mark.to_bytes().decode())
    schema.put_setting(conn, DAY, day)


def mark_of(conn: Connection, chain: str) -> Watermark | None:
    """The last verified record; None where nothing readable is kept."""
    stored = schema.setting(conn, MARK)
    if not stored:
        return None
    try:
        mark = Watermark.from_bytes(stored.encode())
    except (LedgerError, KeyError, TypeError, ValueError):
        return None
    return mark if mark.head.chain == chain else None


def _behind_mark(conn: Connection, chain: str) -> Text | None:
    mark = mark_of(conn, chain)
    if mark is None:  # the whole walk is due, and is done behind the window
        return None
    records = store.records(conn, chain, after=mark.head.seq)
    if store.head(conn, chain).seq < mark.head.seq:
        return _CUT.filled(seq=mark.head.seq)
    try:
        return chain_fault(verify_records(records, chain, private=False, start=mark))
    except (LedgerError, KeyError, TypeError, ValueError):
        return None  # what is kept is no state of a walk


_CUT: Final = Text(
    "record {seq} was verified here and is gone", "第 {seq} 条记录曾在此通过校验，现已不存在"
)
